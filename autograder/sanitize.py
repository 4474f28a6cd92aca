"""What may stand in a page made from a student's notebook: text, tables, pictures and links, and nothing that runs.

nbgrader's templates print Markdown cells as they come, on the feedback page and in Formgrader, where a script would run
with the instructor's login. These two stand in place of nbconvert's filters of the same names (nbgrader_config.py).
"""

from __future__ import annotations

import bleach
from bleach.css_sanitizer import CSSSanitizer
from nbconvert.filters import markdown2html as nbconvert_markdown2html

TAGS = {
    *bleach.ALLOWED_TAGS, "div", "pre", "code", "span", "p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "img",
    "sub", "sup", "del", "s", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td", "details", "summary",
}  # fmt: skip
ATTRIBUTES = {
    **bleach.ALLOWED_ATTRIBUTES, "*": ["class", "id", "style"], "img": ["src", "alt", "width", "height", "title"],
}  # fmt: skip
PROTOCOLS = {*bleach.ALLOWED_PROTOCOLS, "data"}  # pictures made by a cell are data
STYLES = CSSSanitizer(allowed_css_properties=["text-align"])


def clean_html(element) -> str:
    """The markup with whatever could run, or load from elsewhere unasked, written out as plain text."""
    text = element.decode() if isinstance(element, bytes) else str(element)
    return bleach.clean(text, tags=TAGS, attributes=ATTRIBUTES, protocols=PROTOCOLS, css_sanitizer=STYLES)


def markdown2html(source) -> str:
    """A Markdown cell as clean HTML."""
    return clean_html(nbconvert_markdown2html(source))
