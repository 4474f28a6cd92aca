"""Three gates to move by hand, on a page that needs no kernel and no network once it has been shown."""

PAGE = """<div class="gates">
<style>
.gates { box-sizing: border-box; max-width: 34em; padding: 0.6em 1em; border-radius: 6px; background: #fff;
  color: #1f2933; color-scheme: light; font: 15px/1.5 sans-serif }
.gates label { display: grid; grid-template-columns: 8em 1fr 3em; gap: 0.8em; align-items: center }
.gates svg { display: block; width: 100%; height: auto; margin: 0.4em 0 }
.gates text { font: 12px sans-serif; fill: #1f2933 }
.gates p { margin: 0.3em 0 }
</style>
<label>forget gate <input type="range" min="0" max="1" step="0.01" value="0.9" data-gate="f"><span>0.90</span></label>
<label>update gate <input type="range" min="0" max="1" step="0.01" value="1" data-gate="i"><span>1.00</span></label>
<label>output gate <input type="range" min="0" max="1" step="0.01" value="0.5" data-gate="o"><span>0.50</span></label>
<svg viewBox="0 0 440 170" role="img" aria-label="cell state and hidden state over 20 steps">
<path d="M40 10V140H420" fill="none" stroke="#52606d"/>
<text x="30" y="14" text-anchor="end">1</text><text x="30" y="144" text-anchor="end">0</text>
<text x="78" y="158" text-anchor="middle">2</text><text x="420" y="158" text-anchor="middle">20</text>
<text x="240" y="158" text-anchor="middle">step</text>
<polyline data-line="c" fill="none" stroke="#83336b" stroke-width="3"/>
<polyline data-line="a" fill="none" stroke="#00694e" stroke-width="2.5" stroke-dasharray="6 4"/></svg>
<p>Solid: cell state c. Dashed: hidden state a.</p>
<p><output aria-live="polite"></output></p>
</div>
<script>
for (const root of document.querySelectorAll(".gates:not([data-ready])")) {
  root.dataset.ready = "yes";
  const draw = () => {
    const gate = {};
    for (const input of root.querySelectorAll("input")) {
      gate[input.dataset.gate] = +input.value;
      input.nextElementSibling.textContent = (+input.value).toFixed(2);
    }
    let c = 0;
    const points = {c: [], a: []};
    for (let t = 1; t <= 20; t++) {
      c = gate.f * c + gate.i * (t === 2 ? 1 : 0);
      const a = gate.o * Math.tanh(c);
      points.c.push(`${40 + 19 * t},${140 - 130 * c}`);
      points.a.push(`${40 + 19 * t},${140 - 130 * a}`);
    }
    for (const line of root.querySelectorAll("polyline")) {
      line.setAttribute("points", points[line.dataset.line].join(" "));
    }
    const a = gate.o * Math.tanh(c);
    root.querySelector("output").textContent =
      `Written at step 2: ${gate.i.toFixed(2)}. At step 20 the cell state is ${c.toFixed(3)}, `
      + `and the hidden state shows ${a.toFixed(3)}.`;
  };
  root.addEventListener("input", draw);
  draw();
}
</script>"""

WORDS = """Three sliders, for the forget, the update and the output gate, move two curves over 20 steps. This page
cannot show them. Written at step 2, with the update gate at 1, the cell state at step 20 is 1 with a forget gate
of 1, 0.835 with 0.99, 0.150 with 0.9, and 0.000 with 0.5."""


class Slider:
    """The page, where HTML is shown; else its outcome in words."""

    def __repr__(self):
        return WORDS

    def _repr_html_(self):
        return PAGE
