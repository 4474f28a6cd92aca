"""What may stand in a page made from a student's notebook: text, tables, pictures and links, and nothing that runs.

nbgrader's templates print Markdown cells as they come, on the feedback page and in Formgrader, where a script would run
with the instructor's login. These two stand in place of nbconvert's filters of the same names (nbgrader_config.py).
"""

from __future__ import annotations

import html
import re
from collections import Counter

import bleach
from bleach.css_sanitizer import CSSSanitizer
from nbconvert.filters import markdown2html as nbconvert_markdown2html

TAGS = {
    *bleach.ALLOWED_TAGS, "div", "pre", "code", "span", "p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "img",
    "sub", "sup", "del", "s", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td", "details", "summary",
}  # fmt: skip
ATTRIBUTES = {**bleach.ALLOWED_ATTRIBUTES, "img": ["alt", "width", "height", "title"]}
#: A picture is one that a cell made, or a file beside the notebook: never an address that somebody would notice.
PICTURE = re.compile(r"data:image/(png|jpeg|gif);base64,|(?![/\\])[^:]*$")
LINK = re.compile(r"https?:|mailto:|[^:]*$", re.IGNORECASE)
PROTOCOLS = {*bleach.ALLOWED_PROTOCOLS, "data"}  # of pictures alone
#: Classes that give code its colours and tables their lines; the page's own, for menus and dialogs, are not lent.
CLASS = re.compile(r"(highlight|dataframe|table|hl-\w+|[a-z][a-z]?\d?)")
#: Beyond these Markdown and bleach, which take the square of the time, would keep an instructor's Jupyter busy.
MAX_PROSE, MAX_MARKUP, MAX_DEPTH = 20_000, 500_000, 200
TAG = re.compile(r"<(/?)(?!(?:br|hr|img)\b)([a-zA-Z][^\s/>]*)")
STYLES = CSSSanitizer(allowed_css_properties=["text-align"])


def allowed(tag: str, name: str, value: str) -> bool:
    """Whether an attribute may stay; addresses are looked at as a browser reads them."""
    if name in ("src", "href"):
        value = re.sub(r"[\x00-\x20\x7f]", "", html.unescape(value))
    if tag == "img" and name == "src":
        return PICTURE.match(value) is not None
    if tag == "a" and name == "href":
        return LINK.match(value) is not None
    if name == "class":
        return all(CLASS.fullmatch(one) for one in value.split())
    return name == "style" or name in ATTRIBUTES.get(tag, ())


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
    """The markup with whatever could run, or load from elsewhere unasked, written out as plain text."""
    text = element.decode() if isinstance(element, bytes) else str(element)
    if len(text) > MAX_MARKUP or depth_of(text) > MAX_DEPTH:
        return as_text(text)
    return bleach.clean(text, tags=TAGS, attributes=allowed, protocols=PROTOCOLS, css_sanitizer=STYLES)


def markdown2html(source) -> str:
    """A Markdown cell as clean HTML; one that is longer than any prose as its text."""
    if len(source) > MAX_PROSE:
        return as_text(source)
    return clean_html(nbconvert_markdown2html(source))
