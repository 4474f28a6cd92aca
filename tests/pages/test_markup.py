"""A notebook's cells as HTML in which nothing can run."""

import base64
import re
from html import unescape

import pytest

from autograder.notebooks import reading
from autograder.pages import markup, sanitizer
from autograder.pages.sanitizer import markdown2html
from tests.helpers.courses import NAME, ROOT
from tests.helpers.feedback import EVIL, cell, made

PIXEL = base64.b64encode(b"\x89PNG, as far as anyone here looks").decode()
NOT_ALLOWED = re.compile(
    r"<(?!/?(?:{})\b)[a-z/!]|<[^>]*\s(?:on\w+|target|srcset|action|formaction|data|id)\s*=|(?:src|href)=\"(?!data:image/|#|x\"|x\.|http)"
    .format("|".join([*sanitizer.TAGS, "math|m[a-z]+|semantics|annotation"])), re.IGNORECASE)  # fmt: skip


@pytest.mark.parametrize("source", EVIL)
def test_no_prose_can_run(source):
    """Only harmless tags and attributes of hostile Markdown are left, also in an output."""
    html = str(markup.with_pictures(markup.prose_html(source), lambda source: None, 1))
    output = {"output_type": "display_data", "data": {"text/html": source, "text/plain": ""}, "metadata": {}}
    html += "".join(markup.with_pictures(piece, lambda source: None, 1) for piece in markup.outputs_html(
        {"outputs": [output]}, 1, {}))
    html = html.replace(' class="', " ").replace(' tabindex="0"', "")
    tags = re.findall(r"<(?:\"[^\"]*\"|[^>\"])*>", html)
    assert [] == [tag for tag in tags if NOT_ALLOWED.search(tag)]
    assert "javascript:" not in "".join(tags).lower() and "evil" not in "".join(tags)


@pytest.mark.parametrize("name", ["application/javascript", "application/vnd.jupyter.widget-view+json"])
def test_a_script_output_is_left_out_and_that_is_said(name):
    """A note replaces it."""
    output = {"output_type": "display_data", "data": {name: "alert(1)", "text/plain": "<IPython.Javascript>"}}
    html = "".join(markup.outputs_html({"outputs": [output]}, 1, {}))
    assert "A script or widget that this cell showed is left out" in html


@pytest.mark.parametrize(
    "source", ["[" * 19_000, "**a" * 6_000, "> " * 9_000, "<div>" * 4_000, "$" + "{" * 5_000 + "$", "\\frac" * 3_000,
               "$" + r"\newcommand{\a}{\a\a}\a" + "$", "|a" * 9_000, "x\x00\x1b[31m\ud800", "- " * 9_000, "x" * 30_000]
)  # fmt: skip
def test_prose_beyond_reason_is_still_shown(source):
    """Deep, long or odd sources give some HTML; none stops the page."""
    assert markup.prose_html(source)


def formulas():
    paths = [ROOT / "source" / NAME / f"{NAME}.ipynb", *(ROOT / "notebooks").glob("*.ipynb")]
    cells = [cell for path in paths for cell in reading.read_notebook(path).cells]
    prose = [cell.source for cell in cells if cell.cell_type == "markdown"]
    text = "\n\n".join(re.sub(r"```.*?```|`[^`]*`", "", source, flags=re.DOTALL) for source in prose)
    found = re.findall(r"\$\$(.+?)\$\$|(?<![\\$])\$(.+?)(?<![\\$])\$", text, flags=re.DOTALL)
    return sorted({block or inline for block, inline in found})


def test_every_formula_of_the_course_becomes_mathml():
    """None is left as it was written."""
    assert 100 < len(formulas())
    assert [] == [tex for tex in formulas() if "<math" not in markup.formula(tex.strip(), True)]


def test_a_formula_that_is_not_understood_stays_readable():
    """It is shown as it was written."""
    assert r"<p><code>\href{x}{y} &lt; z</code></p>" == markup.prose_html(r"$\href{x}{y} < z$").strip()


def test_figures_have_words():
    """A figure without its own text is named by its cell; an attachment is shown by its own."""
    figure = {"output_type": "display_data", "data": {"image/png": PIXEL, "text/plain": "<Figure>"}, "metadata": {}}
    own = {**figure, "metadata": {"image/png": {"alt": "a \"loss\" that falls"}}}
    attached = cell("![mine](attachment:a.png) <img src='attachment:a.png'>", "markdown")
    attached["attachments"] = {"a.png": {"image/png": PIXEL}}
    html = made([cell("plot()", outputs=[figure, own]), attached], {})
    assert 1 == html.count('alt="Figure drawn by cell 1"') == html.count('alt="a &#34;loss&#34; that falls"')
    assert 1 == html.count('alt="mine"') == html.count('alt="Picture in cell 2"')
    assert 4 == html.count(f"data:image/png;base64,{PIXEL}")


def test_code_is_marked_by_kind():
    """Keywords, strings of several lines, comments and numbers have their classes; nothing is lost."""
    source = 'def f(x):\n    """Two\n    lines."""\n    return x < 2  # small\n'
    html = markup.code_html(source)
    assert source == unescape(re.sub(r"<[^>]*>", "", html))
    for kind, word in (("k", "def"), ("f", "f"), ("s", '&#34;&#34;&#34;Two\n    lines.&#34;&#34;&#34;'), ("m", "2"),
                       ("c", "# small")):  # fmt: skip
        assert f'<span class="{kind}">{word}</span>' in html


@pytest.mark.parametrize("mark", ["*", "_", "**", "["])
def test_prose_of_marks_alone_is_text(mark):
    """Emphasis that opens thousands of times takes Markdown seconds and is shown as text; a few hundred are prose."""
    for count, is_text in ((3000 // len(mark), True), (200 // len(mark), False)):
        source = f"{mark}a " * count + f" a{mark}" * count
        assert is_text == markup.prose_html(source[:20_000]).startswith("<pre")
        assert is_text == markdown2html(source[:20_000]).startswith("<pre>")


def test_outputs_nested_beyond_reason_are_not_html():
    """An output of ten thousand open tags shows its text."""
    data = {"text/html": "<div>" * 9_000, "text/plain": "deep"}
    output = {"output_type": "display_data", "data": data, "metadata": {}}
    assert "deep" in "".join(markup.outputs_html({"outputs": [output]}, 1, {}))


@pytest.mark.parametrize("address, stays", [
    ("https://numpy.org/a?b=1", True), ("mailto:a@b.example", True), ("../../notebooks/01-shapes.ipynb", False),
    ("#gates", False), ("figures/x.svg", False), ("//numpy.org", False)])
def test_a_link_that_leads_nowhere_is_text(address, stays):
    """The page is alone: a link to a file beside the lesson is shown as its words, one to the web stays."""
    html = markup.prose_html(f"See [the **shapes**]({address} 'title') and [the web](https://x.example).")
    assert "See " in html and "the <strong>shapes</strong>" in html
    assert '<a href="https://x.example">the web</a>' in html
    assert (2 if stays else 1) == html.count("<a ") == html.count("</a>")
