"""The figures: drawn by the script, referred to by a notebook, described in words, readable, and computed right."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rnn_utils import sigmoid

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted([*ROOT.glob("source/*/*.ipynb"), *ROOT.glob("notebooks/*.ipynb")])
IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
TAG = re.compile(r"<img\b[^>]*>", re.IGNORECASE)


def images(notebook):
    """Every image in a notebook's prose: alternative text and path."""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            text = "".join(cell["source"])
            yield from IMAGE.findall(text)
            for tag in TAG.findall(text):
                found = dict(re.findall(r'\b(alt|src)="([^"]*)"', tag))
                yield found.get("alt", ""), found.get("src", "")


@pytest.fixture(scope="module")
def figures():
    """The modules of figures/, which is a folder of scripts and no package."""
    sys.path.insert(0, str(ROOT / "figures"))
    try:
        import draw
        import forgetting
    finally:
        sys.path.remove(str(ROOT / "figures"))
    return {"draw": draw, "forgetting": forgetting}


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_image_exists_and_is_described(notebook):
    """An image is a file of the course, and its alternative text says in words what is seen."""
    for words, path in images(notebook):
        assert (notebook.parent / path).is_file(), f"{notebook.name} refers to {path}, which is not there"
        assert len(words.strip()) >= 20, f"{notebook.name}: {path} needs alternative text, and has {words!r}"


FOLDERS = sorted(ROOT.glob("source/*/figures")) + [ROOT / "notebooks" / "figures"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_every_figure_is_shown(folder):
    """No figure lies about unseen."""
    shown = {path for notebook in folder.parent.glob("*.ipynb") for _, path in images(notebook)}
    assert set() == {f"figures/{file.name}" for file in folder.iterdir()} - shown


def test_script_draws_the_committed_bytes(tmp_path):
    """Drawing again, in a fresh process, gives the same files, byte for byte, and no others."""
    subprocess.run([sys.executable, "-W", "error", "figures/draw.py", "--into", str(tmp_path)], cwd=ROOT, check=True,
                   capture_output=True)
    drawn = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*.svg")}
    committed = {path.relative_to(ROOT): path.read_bytes() for folder in FOLDERS for path in folder.glob("*")}
    assert sorted(committed) == sorted(drawn)
    assert [str(path) for path in committed if committed[path] != drawn[path]] == []


def test_check_says_what_is_out_of_date(figures, tmp_path, capsys):
    """With --check nothing is written, each stale file is named, and the exit code is 1; else 0."""
    draw = figures["draw"]
    assert draw.main(["--into", str(tmp_path)]) == 0
    assert draw.main(["--check", "--into", str(tmp_path)]) == 0
    stale = tmp_path / "notebooks/figures/map.svg"
    stale.write_bytes(b"old")
    capsys.readouterr()
    assert draw.main(["--check", "--into", str(tmp_path)]) == 1
    assert "out of date: notebooks/figures/map.svg" in capsys.readouterr().out
    assert stale.read_bytes() == b"old"


def test_figures_are_readable(figures):
    """No letters below 9 points, none outside the page, none on top of others; a white page, at most 7 x 4 inches."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    drawings = {name: draw for folder in figures["draw"].FIGURES.values() for name, draw in folder.items()}
    for name, draw in drawings.items():
        figure = draw().figure
        with matplotlib.rc_context({"mathtext.fontset": "cm"}):
            canvas = FigureCanvasAgg(figure)
            canvas.draw()
            texts = [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]
            boxes = [(text.get_text(), text.get_window_extent(canvas.get_renderer())) for text in texts]
        width, height = figure.get_size_inches()
        assert width <= 7 and height <= 4, name
        assert figure.get_facecolor() == (1, 1, 1, 1), name
        assert min(text.get_fontsize() for text in texts) >= 9, name
        for i, (words, box) in enumerate(boxes):
            inside = box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.width and box.y1 <= figure.bbox.height
            assert inside, f"{name}: {words!r} leaves the page"
            for others, other in boxes[i + 1 :]:
                assert not box.overlaps(other), f"{name}: {words!r} and {others!r} overlap"


# ---- the one figure that is computed: against finite differences ------------------------------------------

SIZES = {"n_x": 2, "n_a": 3, "m": 1, "steps": 5}


def numeric_norm(function, at, eps=1e-6):
    """Norm of a function's gradient by central differences, scaled so that the identity has norm 1."""
    columns = []
    for k in range(at.size):
        step = np.zeros(at.shape)
        step[k] = eps
        columns.append((function(at + step) - function(at - step)) / (2 * eps))
    return np.sqrt(np.sum(np.array(columns) ** 2) / at.size)


def test_gradient_of_the_plain_rnn_is_right(figures):
    """The norms drawn for the RNN are those of finite differences."""
    rng = np.random.default_rng(4)
    W = rng.standard_normal((3, 5)) / np.sqrt(5)
    inputs = [rng.standard_normal((2, 1)) for _ in range(5)]

    def run(a, start):
        for xt in inputs[start:]:
            a = np.tanh(W @ np.concatenate((a, xt)))
        return a

    def state(t):
        a = np.zeros((3, 1))
        for xt in inputs[:t]:
            a = np.tanh(W @ np.concatenate((a, xt)))
        return a

    expected = [numeric_norm(lambda a, t=t: run(a, t), state(t)) for t in (5, 4, 3, 2, 1)]
    np.testing.assert_allclose(figures["forgetting"].rnn_norms(seed=4, **SIZES)[:, 0], expected, rtol=1e-6)


def test_gradient_of_the_lstm_is_right(figures):
    """The norms drawn for the LSTM are those of finite differences, with a⟨t⟩ following c⟨t⟩."""
    rng = np.random.default_rng(4)
    W = rng.standard_normal((4, 3, 5)) / np.sqrt(5)
    inputs = [rng.standard_normal((2, 1)) for _ in range(5)]

    def step(a, c, xt):
        f, i, g, o = W @ np.concatenate((a, xt))
        c = sigmoid(f + 1.5) * c + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(c), c, sigmoid(o)

    a, c, states = np.zeros((3, 1)), np.zeros((3, 1)), []
    for xt in inputs:
        a, c, ot = step(a, c, xt)
        states.append((c, ot))

    def last_cell(c, ot, start):
        a = ot * np.tanh(c)
        for xt in inputs[start:]:
            a, c, _ = step(a, c, xt)
        return c

    expected = [
        numeric_norm(lambda c, ot=ot, t=t: last_cell(c, ot, t), c)
        for t, (c, ot) in reversed(list(enumerate(states, start=1)))
    ]
    norms, _ = figures["forgetting"].lstm_norms(1.5, seed=4, **SIZES)
    np.testing.assert_allclose(norms[:, 0], expected, rtol=1e-6)
