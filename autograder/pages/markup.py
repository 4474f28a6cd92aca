"""A notebook's cells as HTML in which nothing can run: prose with formulas, highlighted code, outputs.

What stands in a submitted notebook is not trusted. Text is escaped, markup goes through nh3, a picture becomes an
``<img>`` with its data inside (an SVG shown so can neither run script nor load anything), a script is left out.
Formulas become MathML here, so that the page needs no script of its own either.

The prose and most lines of code are the same for a whole class: what was made of them once is kept.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from html import unescape
from urllib.parse import quote, unquote

import nh3
from markupsafe import Markup, escape
from math_core import LatexError, LatexToMathML
from mistune import HTMLRenderer
from nbconvert.filters import strip_ansi
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments.lexers import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String

from .sanitizer import TAGS

# In characters. Beyond them a cell is shown plainly, cut, or not at all: nobody reads on, and a browser must.
MAX_PROSE = 20_000
MAX_FORMULA = 1_000  # nested deeper than some 4,000 levels, the converter overflows its stack
MAX_CODE = 50_000
MAX_TEXT = 20_000
MAX_HTML = 50_000
MAX_PICTURE = 2_000_000  # all of one piece together

#: Control characters and halves of characters, which JSON can hold and a page cannot.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff\ud800-\udfff]")

#: Finds the picture that a notebook names by a relative path or as an attachment: its ``data:`` URI, or None.
FindPicture = Callable[[str], str | None]

RASTER = ("image/png", "image/jpeg", "image/gif", "image/webp")
SCRIPT = ("application/javascript", "application/vnd.jupyter.widget-view+json")
DATA_PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp|svg\+xml)[;,]")


# ---- prose ------------------------------------------------------------------------------------------------


class Prose(IPythonRenderer):
    """Markdown as nbconvert reads it; a formula becomes a mark, since MathML would not survive the cleaning."""

    def heading(self, text: str, level: int, **attrs) -> str:
        return f"<h{level}>{text}</h{level}>\n"

    def block_code(self, code: str, info: str | None = None) -> str:
        return f"<pre><code>{escape(code)}</code></pre>\n"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        return HTMLRenderer.image(self, text, url, title)  # nbconvert's own would look for the file

    def inline_math(self, body: str) -> str:
        return f'<span class="tex">{escape(body)}</span>'

    def block_math(self, body: str) -> str:
        return f'<span class="tex block">{escape(body)}</span>'

    def latex_environment(self, name: str, body: str) -> str:
        return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")


MARKDOWN = MarkdownWithMath(Prose(escape=False))
FORMULA = re.compile(r'<span class="(tex|tex block|block tex)">([^<]*)</span>')
#: Two formulas may not define the same anchor as the page; a macro is not expanded, since it can nest at will.
CONVERTER = LatexToMathML(id_prefix="formula-", max_expansions=0, fancy_error=False)


@lru_cache(maxsize=4096)
def prose(source: str) -> Markup:
    """A Markdown cell as HTML; its pictures are still names (`with_pictures`)."""
    if len(source) > MAX_PROSE:
        return Markup('<pre class="text">{}</pre>').format(text(source))
    try:
        markup = str(MARKDOWN.render(text(source)))
    except RecursionError:  # nested beyond reason
        return Markup('<pre class="text">{}</pre>').format(text(source))
    return Markup(FORMULA.sub(_formula_at, re.sub(r"<th(?=[ >])", '<th scope="col"', clean(markup))))


def _formula_at(mark: re.Match) -> str:
    return formula(unescape(mark[2]).strip(), "block" in mark[1])


@lru_cache(maxsize=4096)
def formula(tex: str, block: bool) -> str:
    """A formula as MathML; as it was written, where it is not understood."""
    try:
        if len(tex) > MAX_FORMULA:
            raise LatexError
        mathml = CONVERTER.convert_with_local_state(tex, displaystyle=block)
    except LatexError:
        return f"<code>{escape(tex)}</code>"
    # wider than a telephone: scrolled by itself, also by the keyboard
    return f'<span class="wide" tabindex="0">{mathml}</span>' if block and len(tex) > 60 else mathml


# ---- markup -----------------------------------------------------------------------------------------------

CLEANER = nh3.Cleaner(
    tags=TAGS | {"caption", "tfoot", "kbd", "samp", "var", "mark", "small", "u"},
    clean_content_tags={"script", "style", "title", "textarea", "template", "noscript", "iframe", "object", "svg"},
    attributes={
        "a": {"href", "title"}, "abbr": {"title"}, "details": {"open"}, "ol": {"start"},
        "img": {"src", "alt", "title", "width", "height"},
        "td": {"colspan", "rowspan", "style"}, "th": {"colspan", "rowspan", "style"},
    },
    attribute_filter=lambda tag, name, value: (
        None if tag == "a" and name == "href" and value.lower().lstrip().startswith(("data:", "attachment:")) else value
    ),
    allowed_classes={"span": {"tex", "block"}},
    filter_style_properties={"text-align"},
    url_schemes={"http", "https", "mailto", "data", "attachment"},
    link_rel="noopener noreferrer nofollow",
)  # fmt: skip


def clean(markup: str) -> str:
    """The markup with nothing that runs, loads by itself, or reaches out of its place; wide tables scroll."""
    return TABLE.sub(_scrolled, CLEANER.clean(CONTROL.sub("", markup)))


TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
WIDE = 30  # characters of a row; a telephone shows some more


def _scrolled(table: re.Match) -> str:
    """A table in a frame that scrolls, also by the keyboard, if it may be wider than a telephone."""
    rows = table[0].split("</tr>")
    wide = any(len(re.sub(r"<[^>]*>|\s+", "", row)) > WIDE for row in rows)
    return f'<div class="wide" tabindex="0">{table[0]}</div>' if wide else table[0]


IMAGE = re.compile(r'<img((?:\s+[a-z]+="[^"]*")*)\s*/?>')
ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')


def with_pictures(markup: Markup, find: FindPicture, number: int) -> Markup:
    """Cleaned markup with its pictures' data in place, or what they show in words where they are not to be had.

    Parameters
    ----------
    markup : Markup
        As `prose` or `clean` give it.
    find : FindPicture
    number : int
        The cell's, which a picture without a text of its own is named by.
    """
    if "<img" not in markup:
        return markup

    room = MAX_PICTURE

    def put(match: re.Match) -> str:
        nonlocal room
        attributes = {name: unescape(value) for name, value in ATTRIBUTE.findall(match[1])}
        source = attributes.pop("src", "")
        attributes["alt"] = attributes.get("alt") or f"Picture in cell {number}"
        if not DATA_PICTURE.match(source):
            source = find(source)
        if source is None or len(source) > room:
            return f'<span class="absent">[A picture that is not here: {escape(attributes["alt"])}]</span>'
        room -= len(source)
        rest = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
        source = source.replace('"', "%22")  # an address of half a megabyte is not escaped character by character
        return f'<img src="{source}"{rest}>'

    return Markup(IMAGE.sub(put, markup))


def data_uri(mime: str, content: bytes) -> str:
    """A picture's file as an address that holds it, fit to stand between double quotes."""
    if mime == "image/svg+xml":  # three quarters of the size that base64 would have
        drawing = re.sub(r"\s+", " ", content.decode("utf-8", "replace"))
        return f"data:{mime}," + quote(drawing, safe=" !$'()*+,-./:;=?@_~<>[]{}^`|")
    return f"data:{mime};base64,{b64encode(content).decode()}"


def picture_in(bundle: Mapping) -> tuple[str, str] | None:
    """The kind and the address of the picture that an output or an attachment holds; None where there is none."""
    for mime in ("image/svg+xml", *RASTER):
        content = joined(bundle.get(mime, ""))
        if not 0 < len(content) <= MAX_PICTURE:
            continue
        if mime == "image/svg+xml" and "<" in content:
            return mime, data_uri(mime, content.encode("utf-8", "replace"))
        content = "".join(content.split())
        if re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", content):
            return mime, f"data:{mime};base64,{content}"
    return None


def with_attachments(cell: Mapping, find: FindPicture) -> FindPicture:
    """What finds a cell's own attachments, too."""
    attached = cell.get("attachments") or {}

    def find_here(source: str) -> str | None:
        if not source.startswith("attachment:"):
            return find(source)
        bundle = attached.get(unquote(source.removeprefix("attachment:")))
        found = picture_in(bundle) if isinstance(bundle, Mapping) else None
        return found and found[1]

    return find_here


HEADING = re.compile(r"<(/?)h([1-6])>")


def with_headings(markup: Markup, above: int, last: int) -> tuple[Markup, int]:
    """Cleaned markup with its headings below a level of the page and none skipped; and the level of its last one.

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

    def put(match: re.Match) -> str:
        nonlocal level
        if not match[1]:
            level = min(above + int(match[2]), level + 1, 6)
        return f"<{match[1]}h{level}>"

    return Markup(HEADING.sub(put, markup)), level


# ---- code and text ----------------------------------------------------------------------------------------

LEXER = PythonLexer(stripnl=False, ensurenl=False)
TRIPLE = re.compile(r'("""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\')')
KINDS = {Comment: "c", String: "s", Keyword: "k", Operator.Word: "k", Number: "m", Name.Function: "f", Name.Class: "f",
         Name.Builtin: "b"}  # fmt: skip


def code(source: str) -> Markup:
    """Python with its kinds of words marked: comments, strings, keywords, numbers, names."""
    source = text(source, MAX_CODE)
    # Line by line, apart from strings of several lines: most lines are the same in the whole class.
    parts = []
    for number, part in enumerate(TRIPLE.split(source)):
        parts += [_span("s", part)] if number % 2 else map(_line, part.splitlines(keepends=True))
    return Markup("".join(parts))


@lru_cache(maxsize=16384)
def _line(line: str) -> str:
    return "".join(_span(_kind(token), word) for _, token, word in LEXER.get_tokens_unprocessed(line))


@lru_cache(maxsize=256)
def _kind(token) -> str | None:
    return next((name for kind, name in KINDS.items() if token in kind), None)


def _span(kind: str | None, word: str) -> str:
    return f'<span class="{kind}">{escape(word)}</span>' if kind else str(escape(word))


def joined(value: object) -> str:
    """Text of a notebook's file, where it may stand as a list of lines."""
    return "".join(map(str, value)) if isinstance(value, list) else str(value)


def text(raw: object, limit: int = MAX_TEXT) -> str:
    """Text as a terminal would leave it: no colours, no control characters, the middle of what is too long left out."""
    raw = joined(raw)
    if len(raw) > limit:
        raw = f"{raw[: limit // 2]}\n[… {len(raw) - limit:,} characters are left out …]\n{raw[-limit // 2 :]}"
    raw = strip_ansi(raw).replace("\r\n", "\n")
    if "\r" in raw:  # a progress bar writes over its line again and again
        raw = "\n".join(line.rsplit("\r", 1)[-1] for line in raw.split("\n"))
    return CONTROL.sub("", raw)


# ---- outputs ----------------------------------------------------------------------------------------------


def outputs(cell: Mapping, number: int, traceback: bool = True) -> Iterator[Markup]:
    """What a cell's run gave, one piece of HTML for each output.

    Parameters
    ----------
    cell : mapping
        A code cell of nbformat 4.
    number : int
        Its place in the notebook, from 1.
    traceback : bool
        Whether an error may show the source lines that it went through.
    """
    for output in cell.get("outputs", ()):
        kind = output.get("output_type")
        if kind == "stream":
            yield Markup('<pre class="text">{}</pre>').format(text(output.get("text", "")))
        elif kind == "error":
            yield _error(output, traceback)
        elif kind in ("display_data", "execute_result"):
            yield _shown(output.get("data", {}), output.get("metadata", {}), number)


def _error(output: Mapping, traceback: bool) -> Markup:
    what = text(f"{output.get('ename', 'Error')}: {output.get('evalue', '')}", 1000).strip()
    first, *rest = what.split("\n")
    if not traceback:
        return Markup('<pre class="error">{}</pre>').format(what)
    trace = "\n".join(map(str, output.get("traceback", ()))) or "\n".join(rest)
    return Markup('<details class="error"><summary>{}</summary><pre class="text">{}</pre></details>').format(
        first, text(trace))


def _shown(data: Mapping, metadata: Mapping, number: int) -> Markup:
    """The richest form of an output that a page without script can show."""
    if "text/html" in data and len(joined(data["text/html"])) <= MAX_HTML:
        markup = clean(joined(data["text/html"]))
        if "<img" in markup or re.sub(r"<[^>]*>", "", markup).strip():
            return Markup('<div class="html">{}</div>').format(Markup(markup))
    if "text/markdown" in data:
        return Markup('<div class="html">{}</div>').format(prose(joined(data["text/markdown"])))
    if found := picture_in(data):
        mime, address = found
        alt = metadata.get(mime, metadata)
        alt = alt.get("alt") if isinstance(alt, Mapping) else None
        return Markup('<figure><img src="{}" alt="{}"></figure>').format(
            Markup(address), alt or f"Figure drawn by cell {number}")
    if "text/latex" in data:
        return Markup('<div class="html">{}</div>').format(prose(joined(data["text/latex"])))
    if any(mime in data for mime in SCRIPT):
        return Markup('<p class="absent">[A script or widget that this cell showed is left out.]</p>')
    return Markup('<pre class="text">{}</pre>').format(text(data.get("text/plain", "[nothing that can be shown]")))
