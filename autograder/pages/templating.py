"""The environment of all templates: it escapes every text, and fails if one is missing."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from . import words
from .plain_text import clean_text

TEMPLATES = Path(__file__).parent / "templates"


@cache
def environment() -> Environment:
    """Return the environment; each page adds what only its own template calls."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.filters |= {
        "code": words.code, "label": words.label, "points": words.number, "headline": words.headline,
        "sentences": words.sentences, "select_failures": words.select_failures, "at_step": words.at_step,
        "breakable": breakable, "day": day,
        "spans": lambda text: words.code(clean_text(text, 2000)), "text": lambda text: clean_text(text, 500),
    }  # fmt: skip
    return made


def breakable(name: str) -> Markup:
    """Return a name that a browser may break after each underscore."""
    return Markup("_<wbr>").join(escape(part) for part in name.split("_"))


def day(moment: datetime) -> str:
    """Return a time in UTC in words."""
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


@cache
def read_style(name: str) -> Markup:
    """Return a style sheet of this package."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))


@cache
def read_font(name: str) -> Markup:
    """Return a font of this package in base64."""
    return Markup(b64encode((TEMPLATES / name).read_bytes()).decode())
