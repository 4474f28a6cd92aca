"""A notebook's cells as HTML in which nothing can run: prose with formulas, highlighted code, pictures, outputs.

A submitted notebook is not trusted. Text is escaped, markup goes through the sanitizer, a picture becomes an ``<img>``
with its data inside (an SVG in one can neither run script nor load anything), a script is left out. Formulas become
MathML here, so that the page needs no script of its own.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from html import unescape
from typing import Any
from urllib.parse import quote, unquote

from markupsafe import Markup, escape
from math_core import LatexError, LatexToMathML
from mistune import HTMLRenderer
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments.lexers import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String

from ..mime import PICTURE_ADDRESS, PROSE, RASTER, SVG
from .plain_text import CONTROL, clean_text, join_lines, name_cells
from .sanitizer import MARK, MAX_DEPTH, clean_markup, depth_of, is_prose

# In characters. A longer piece is shown plainly, cut, or not at all.
MAX_FORMULA = 1_000  # nested deeper than some 4,000 levels, the converter overflows its stack
MAX_CODE = 50_000
MAX_HTML = 50_000
MAX_PICTURE = 2_000_000  # all of one piece together

#: Finds the picture that a notebook names by a relative path or as an attachment: its ``data:`` URI, or None.
FindPicture = Callable[[str], str | None]

SCRIPT = ("application/javascript", "application/vnd.jupyter.widget-view+json")
TEXT = Markup('<pre class="text">{}</pre>')


# ---- prose ------------------------------------------------------------------------------------------------


class Prose(IPythonRenderer):
    """Markdown as nbconvert reads it, with a mark for each formula, since MathML would not survive the sanitizer."""

    def heading(self, text: str, level: int, **_: Any) -> str:
        """Return a heading without an anchor."""
        return f"<h{level}>{text}</h{level}>\n"

    def block_code(self, code: str, info: str | None = None) -> str:
        """Return code without colours."""
        return f"<pre><code>{escape(code)}</code></pre>\n"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """Return a picture by its name; nbconvert's own method would read the file."""
        return HTMLRenderer.image(self, text, url, title)

    def inline_math(self, body: str) -> str:
        """Return the mark of a formula."""
        return f'<span class="tex">{escape(body)}</span>'

    def block_math(self, body: str) -> str:
        """Return the mark of a formula on its own line."""
        return f'<span class="tex block">{escape(body)}</span>'

    def latex_environment(self, name: str, body: str) -> str:
        """Return the mark of an environment."""
        return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")


_MARKDOWN = MarkdownWithMath(Prose(escape=False))
_FORMULA = re.compile(r'<span class="(tex|tex block|block tex)">([^<]*)</span>')
#: Two formulas may not define the same anchor as the page; a macro is not expanded, since it can nest at will.
_CONVERTER = LatexToMathML(id_prefix="formula-", max_expansions=0, fancy_error=False)


@lru_cache(maxsize=4096)  # most prose is the same in a whole class
def prose_html(source: str) -> Markup:
    """Return a Markdown cell as HTML whose pictures are still names (`with_pictures`)."""
    if not is_prose(source):
        return TEXT.format(clean_text(source))
    try:
        markup = str(_MARKDOWN.render(clean_text(source)))
    except RecursionError:  # nested beyond reason
        return TEXT.format(clean_text(source))
    columns = re.sub(r"<th(?=[ >])", '<th scope="col"', clean_piece(markup))
    return Markup(_FORMULA.sub(lambda mark: formula(unescape(mark[2]).strip(), "block" in mark[1]), columns))


def estimate_work(cell: Mapping[str, Any]) -> int:
    """Return a measure of the time that a cell's prose takes, in its source and in its outputs."""
    texts = [cell.get("source", "")] if cell.get("cell_type") == "markdown" else [
        output["data"][mime] for output in cell.get("outputs", ()) for mime in PROSE if mime in output.get("data", ())]
    return sum(len(MARK.findall(text)) ** 2 for text in map(join_lines, texts) if is_prose(text))


def without_prose(cell: Mapping[str, Any]) -> dict[str, Any]:
    """Return a code cell whose outputs hold no prose but as plain text."""
    outputs = [
        {**output, "data": {mime: value for mime, value in output["data"].items() if mime not in PROSE}}
        if "data" in output else output for output in cell.get("outputs", ())
    ]
    return {**cell, "outputs": outputs}


@lru_cache(maxsize=4096)
def formula(tex: str, block: bool) -> str:
    """Return a formula as MathML, or as code if it is not understood."""
    try:
        if len(tex) > MAX_FORMULA:
            raise LatexError
        mathml = _CONVERTER.convert_with_local_state(tex, displaystyle=block)
    except LatexError:
        return f"<code>{escape(tex)}</code>"
    # wider than a telephone: scrolled by itself, also by the keyboard
    return f'<span class="wide" tabindex="0">{mathml}</span>' if block and len(tex) > 60 else mathml


# ---- markup -----------------------------------------------------------------------------------------------

_TABLE = re.compile(r"<table[^>]*>.*?</table>", re.DOTALL)
#: A link that leads to no web page and no mail: the page is alone, without the files and anchors of the lesson.
_DEAD_LINK = re.compile(r'<a(?: title="[^"]*")*(?: href="(?!https?:|mailto:)[^"]*")?(?: title="[^"]*")*>(.*?)</a>',
                        re.DOTALL | re.IGNORECASE)
WIDE = 30  # characters of a row; a telephone shows some more


def clean_piece(markup: str) -> str:
    """Return sanitized markup in which wide tables scroll by themselves, also by the keyboard."""

    def scroll(table: re.Match[str]) -> str:
        wide = any(len(re.sub(r"<[^>]*>|\s+", "", row)) > WIDE for row in table[0].split("</tr>"))
        return f'<div class="wide" tabindex="0">{table[0]}</div>' if wide else table[0]

    return _DEAD_LINK.sub(r"\1", _TABLE.sub(scroll, clean_markup(CONTROL.sub("", markup))))


_IMAGE = re.compile(r'<img((?:\s+[a-z]+="[^"]*")*)\s*/?>')
_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')


def with_pictures(markup: Markup, find: FindPicture, number: int) -> Markup:
    """Return sanitized markup with its pictures' data in place, or the pictures' texts where there is no data.

    Parameters
    ----------
    markup : Markup
        From `prose_html` or `clean_piece`.
    find : FindPicture
    number : int
        Of the cell, for the text of a picture without one.
    """
    if "<img" not in markup:
        return markup
    room = MAX_PICTURE

    def place(match: re.Match[str]) -> str:
        nonlocal room
        attributes = {name: unescape(value) for name, value in _ATTRIBUTE.findall(match[1])}
        source: str | None = attributes.pop("src", "")
        attributes["alt"] = attributes.get("alt") or f"Picture in cell {number}"
        if source is not None and not PICTURE_ADDRESS.match(source):
            source = find(source)
        if source is None or len(source) > room:
            return f'<span class="absent">[A picture that is not here: {escape(attributes["alt"])}]</span>'
        room -= len(source)
        rest = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
        source = source.replace('"', "%22")  # escaping half a megabyte character by character takes too long
        return f'<img src="{source}"{rest}>'

    return Markup(_IMAGE.sub(place, markup))


def data_uri(mime: str, content: bytes) -> str:
    """Return a picture's file as a ``data:`` URI, fit to stand between double quotes."""
    if mime == SVG:  # three quarters of the size of base64
        drawing = re.sub(r"\s+", " ", content.decode("utf-8", "replace"))
        return f"data:{mime}," + quote(drawing, safe=" !$'()*+,-./:;=?@_~<>[]{}^`|")
    return f"data:{mime};base64,{b64encode(content).decode()}"


def find_in_bundle(bundle: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the kind and the ``data:`` URI of the picture in an output or an attachment, or None."""
    for mime in (SVG, *RASTER):
        content = join_lines(bundle.get(mime, ""))
        if not 0 < len(content) <= MAX_PICTURE:
            continue
        if mime == SVG and "<" in content:
            return mime, data_uri(mime, content.encode("utf-8", "replace"))
        content = "".join(content.split())
        if re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", content):
            return mime, f"data:{mime};base64,{content}"
    return None


def with_attachments(cell: Mapping[str, Any], find: FindPicture) -> FindPicture:
    """Return a function that finds a cell's own attachments, too."""
    attached = cell.get("attachments") or {}

    def find_here(source: str) -> str | None:
        if not source.startswith("attachment:"):
            return find(source)
        bundle = attached.get(unquote(source.removeprefix("attachment:")))
        found = find_in_bundle(bundle) if isinstance(bundle, Mapping) else None
        return found and found[1]

    return find_here


_HEADING = re.compile(r"<(/?)h([1-6])>")


def with_headings(markup: Markup, above: int, last: int) -> tuple[Markup, int]:
    """Return sanitized markup with its headings below a level of the page, none skipped, and its last one's level.

    Parameters
    ----------
    markup : Markup
    above : int
        The level of the page's heading above all these.
    last : int
        The level of the heading before this markup, at least ``above``.
    """
    if "<h" not in markup:
        return markup, last
    level = last

    def move(match: re.Match[str]) -> str:
        nonlocal level
        if not match[1]:
            level = min(above + int(match[2]), level + 1, 6)
        return f"<{match[1]}h{level}>"

    return Markup(_HEADING.sub(move, markup)), level


# ---- code -------------------------------------------------------------------------------------------------

_LEXER = PythonLexer(stripnl=False, ensurenl=False)
_TRIPLE = re.compile(r'("""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\')')
_CLASSES = {Comment: "c", String: "s", Keyword: "k", Operator.Word: "k", Number: "m", Name.Function: "f",
            Name.Class: "f", Name.Builtin: "b"}  # fmt: skip


def code_html(source: str) -> Markup:
    """Return Python with classes for its comments, strings, keywords, numbers and names."""
    parts: list[str] = []
    # line by line, apart from strings of several lines: most lines are the same in the whole class
    for place, part in enumerate(_TRIPLE.split(clean_text(source, MAX_CODE))):
        parts += [_span("s", part)] if place % 2 else map(_line_html, part.splitlines(keepends=True))
    return Markup("".join(parts))


@lru_cache(maxsize=16384)
def _line_html(line: str) -> str:
    return "".join(_span(_class_of(token), word) for _, token, word in _LEXER.get_tokens_unprocessed(line))


@lru_cache(maxsize=256)
def _class_of(token: Any) -> str | None:
    return next((name for kind, name in _CLASSES.items() if token in kind), None)


def _span(class_: str | None, word: str) -> str:
    return f'<span class="{class_}">{escape(word)}</span>' if class_ else str(escape(word))


# ---- outputs ----------------------------------------------------------------------------------------------


def outputs_html(
    cell: Mapping[str, Any], number: int, places: Mapping[int, int], traceback: bool = True
) -> Iterator[Markup]:
    """Yield a piece of HTML for each output of a cell.

    Parameters
    ----------
    cell : mapping
        A code cell of nbformat 4.
    number : int
        Its place in the notebook, from 1.
    places : mapping of int to int
        The cells' places by their execution counts.
    traceback : bool
        True if an error may show the source lines that it went through.
    """
    for output in cell.get("outputs", ()):
        kind = output.get("output_type")
        if kind == "stream":
            yield TEXT.format(name_cells(clean_text(output.get("text", "")), places))
        elif kind == "error":
            yield _error_html(output, places, traceback)
        elif kind in ("display_data", "execute_result"):
            yield _data_html(output.get("data", {}), output.get("metadata", {}), number)


def _error_html(output: Mapping[str, Any], places: Mapping[int, int], traceback: bool) -> Markup:
    message = clean_text(f"{output.get('ename', 'Error')}: {output.get('evalue', '')}", 1000).strip()
    message = name_cells(message, places)
    first, *rest = message.split("\n")
    if not traceback:
        return Markup('<pre class="error">{}</pre>').format(message)
    trace = "\n".join(map(str, output.get("traceback", ()))) or "\n".join(rest)
    return Markup('<details class="error"><summary>{}</summary><pre class="text">{}</pre></details>').format(
        first, name_cells(clean_text(trace), places))


def _data_html(data: Mapping[str, Any], metadata: Mapping[str, Any], number: int) -> Markup:
    """Return the richest form of an output that a page without script can show."""
    html = join_lines(data.get("text/html", ""))
    if 0 < len(html) <= MAX_HTML and depth_of(html) <= MAX_DEPTH:
        markup = clean_piece(html)
        if "<img" in markup or re.sub(r"<[^>]*>", "", markup).strip():
            return Markup('<div class="html">{}</div>').format(Markup(markup))
    if "text/markdown" in data:
        return Markup('<div class="html">{}</div>').format(prose_html(join_lines(data["text/markdown"])))
    if found := find_in_bundle(data):
        mime, address = found
        described = metadata.get(mime, metadata)
        alt = described.get("alt") if isinstance(described, Mapping) else None
        return Markup('<figure><img src="{}" alt="{}"></figure>').format(
            Markup(address), alt or f"Figure drawn by cell {number}")
    if "text/latex" in data:
        return Markup('<div class="html">{}</div>').format(prose_html(join_lines(data["text/latex"])))
    if any(mime in data for mime in SCRIPT):
        return Markup('<p class="absent">[A script or widget that this cell showed is left out.]</p>')
    return TEXT.format(clean_text(data.get("text/plain", "[nothing that can be shown]")))
