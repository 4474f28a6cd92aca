"""What may stand in a page made from a student's notebook: text, tables, pictures and links, and nothing that runs.

nbgrader's templates print Markdown cells as they come, on the feedback page and in Formgrader, where a script would run
with the instructor's login. These two stand in place of nbconvert's filters of the same names (nbgrader_config.py).
"""

from __future__ import annotations

import html
import re
from collections import Counter
from urllib.parse import unquote

import nh3
from nbconvert.filters import markdown2html as nbconvert_markdown2html

TAGS = {
    "a", "abbr", "acronym", "b", "blockquote", "br", "code", "dd", "del", "details", "div", "dl", "dt", "em", "h1",
    "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "li", "ol", "p", "pre", "s", "span", "strong", "sub", "summary",
    "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
#: A picture is one that a cell made, or a file beside the notebook: never an address that somebody would notice.
PICTURE = re.compile(r"data:image/(png|jpeg|gif);base64,|(?![/\\])[^:?]+\.(png|jpe?g|gif|svg)$", re.IGNORECASE)
LINK = re.compile(r"https?:|mailto:|[^:]*$", re.IGNORECASE)
#: Classes that give code its colours and tables their lines; the page's own, for menus and dialogs, are not lent.
CLASS = re.compile(r"(highlight|dataframe|table|hl-\w+|[a-z][a-z]?\d?)")
#: Beyond these Markdown and nh3, which take the square of the time, would keep an instructor's Jupyter busy.
MAX_PROSE, MAX_MARKUP, MAX_DEPTH = 20_000, 500_000, 200
TAG = re.compile(r"<(/?)(?!(?:br|hr|img)\b)([a-zA-Z][^\s/>]*)")


def allowed(tag: str, name: str, value: str) -> str | None:
    """An attribute's value where it may stay; addresses are looked at as a browser reads them."""
    address = re.sub(r"[\x00-\x20\x7f]", "", value)
    if name == "src":
        stays = PICTURE.match(address) and (address.startswith("data:") or ".." not in unquote(address))
    elif name == "href":
        stays = LINK.match(address)
    elif name == "class":
        stays = all(CLASS.fullmatch(one) for one in value.split())
    else:
        stays = True
    return value if stays else None


CLEANER = nh3.Cleaner(
    tags=TAGS,
    attributes={"*": {"class", "style"}, "a": {"href", "title"}, "abbr": {"title"}, "acronym": {"title"},
                "img": {"src", "alt", "width", "height", "title"}},
    attribute_filter=allowed,
    filter_style_properties={"text-align"},
    url_schemes={"http", "https", "mailto", "data"},  # data: of pictures alone, see `allowed`
    link_rel=None,
)  # fmt: skip


def depth_of(text: str) -> int:
    """How deep markup may be nested: tags that are never closed count, ends of what was not begun do not."""
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
    return f"<pre>{html.escape(text)}</pre>"


def clean_html(element) -> str:
    """The markup without whatever could run, or load from elsewhere unasked."""
    text = element.decode() if isinstance(element, bytes) else str(element)
    if len(text) > MAX_MARKUP or depth_of(text) > MAX_DEPTH:
        return as_text(text)
    return CLEANER.clean(text)


def markdown2html(source) -> str:
    """A Markdown cell as clean HTML; one that is longer than any prose as its text."""
    if len(source) > MAX_PROSE:
        return as_text(source)
    return clean_html(nbconvert_markdown2html(source))
