"""The one allow-list for markup from a student's notebook: text, tables, pictures and links, and nothing that runs.

nbgrader's templates print Markdown cells as they come, on the feedback page and in Formgrader, where a script would run
with the instructor's login. `clean_html` and `markdown2html` stand in place of nbconvert's filters of these names
(nbgrader_config.py). The student's page uses `clean_markup`.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from urllib.parse import unquote

import nh3
from nbconvert.filters import markdown2html as nbconvert_markdown2html

from ..mime import RASTER_ADDRESS

TAGS = {
    "a", "abbr", "acronym", "b", "blockquote", "br", "caption", "code", "dd", "del", "details", "div", "dl", "dt", "em",
    "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "kbd", "li", "mark", "ol", "p", "pre", "s", "samp", "small",
    "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul", "var",
}  # fmt: skip
#: A picture from a cell, an attachment, or a file beside the notebook: never an address that a server would notice.
PICTURE = re.compile(
    RASTER_ADDRESS + r"|attachment:|(?![/\\])[^:?]+\.(png|jpe?g|gif|webp|svg)$",
    re.IGNORECASE)
LINK = re.compile(r"https?:|mailto:|[^:]*$", re.IGNORECASE)
#: Classes for the colours of code, the lines of tables, and formulas; not those of the page's menus and dialogs.
CLASS = re.compile(r"(highlight|dataframe|table|tex|block|hl-\w+|[a-z][a-z]?\d?)")
CLASSED = ("code", "div", "pre", "span", "table", "tbody", "td", "th", "thead", "tr")
#: Beyond these, Markdown and nh3, which take quadratic time, would keep an instructor's Jupyter busy.
MAX_PROSE, MAX_MARKUP, MAX_DEPTH = 20_000, 500_000, 200
#: The time for emphasis and links grows with the square of these marks: 500 take 0.04 s. A lesson's cell has some 50.
MARK, MAX_MARKS = re.compile(r"[*_\[]"), 500
TAG = re.compile(r"<(/?)(?!(?:br|hr|img)\b)([a-zA-Z][^\s/>]*)")


def filter_attribute(tag: str, name: str, value: str) -> str | None:
    """Return an attribute's value if it may stay, else None; a browser's reading of an address counts."""
    address = re.sub(r"[\x00-\x20\x7f]", "", value)
    if name == "src":
        stays = bool(PICTURE.match(address)) and (address.startswith("data:") or ".." not in unquote(address))
    elif name == "href":
        stays = bool(LINK.match(address))
    elif name == "class":
        stays = all(CLASS.fullmatch(one) for one in value.split())
    else:
        stays = True
    return value if stays else None


_CLEANER = nh3.Cleaner(
    tags=TAGS,
    clean_content_tags={"script", "style", "title", "textarea", "template", "noscript", "iframe", "object", "svg"},
    attributes={tag: {"class"} for tag in CLASSED} | {
        "a": {"href", "title"}, "abbr": {"title"}, "acronym": {"title"}, "details": {"open"}, "div": {"class", "style"},
        "img": {"src", "alt", "width", "height", "title"}, "ol": {"start"}, "p": {"style"},
        "td": {"class", "colspan", "rowspan", "style"}, "th": {"class", "colspan", "rowspan", "style"},
    },
    attribute_filter=filter_attribute,
    filter_style_properties={"text-align"},
    url_schemes={"http", "https", "mailto", "data", "attachment"},  # the last two of pictures alone
    link_rel=None,
)  # fmt: skip


def clean_markup(markup: str) -> str:
    """Return the markup without whatever could run, load from elsewhere, or pose as a part of the page."""
    return _CLEANER.clean(markup)


def depth_of(text: str) -> int:
    """Return an upper bound on nesting: unclosed tags count, stray closing tags do not."""
    begun: Counter[str] = Counter()
    depth = deepest = 0
    for end, name in TAG.findall(text):
        name = name.lower()
        step = (-1 if begun[name] else 0) if end else 1
        begun[name] += step
        depth += step
        deepest = max(deepest, depth)
    return deepest


def as_text(text: str) -> str:
    """Return the markup as text to read."""
    return f"<pre>{html.escape(text)}</pre>"


def clean_html(element: object) -> str:
    """Return the markup cleaned; one that is too long or nested too deep as its text."""
    text = element.decode() if isinstance(element, bytes) else str(element)
    if len(text) > MAX_MARKUP or depth_of(text) > MAX_DEPTH:
        return as_text(text)
    return clean_markup(text)


def is_prose(source: str) -> bool:
    """Tell if a Markdown text is short and plain enough to be made HTML of."""
    return len(source) <= MAX_PROSE and len(MARK.findall(source)) <= MAX_MARKS


def markdown2html(source: str) -> str:
    """Return a Markdown cell as clean HTML; one that is longer than any prose, or all marks, as its text."""
    if not is_prose(source):
        return as_text(source)
    return clean_html(nbconvert_markdown2html(source))
