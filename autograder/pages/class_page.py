"""The class report as one page that needs nothing else: no network, no script, no other file.

Pictures are SVG in the page, drawn in shares of its width, so that text in them keeps its size on a narrow screen.
Every word from outside is escaped by the template; a policy in the page forbids whatever could run or load.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from ..render import code, label, number

TEMPLATES = Path(__file__).parent / "templates"
LISTED, COMBINED = 10, 5  # findings, and combinations of them, that are not folded away
MANY = 5  # students, to say that a sign is the class's rather than theirs
LOWEST_SHOWN = -0.2  # of the scale of discrimination, which ends at 1
GOOD = 0.2  # discrimination from which a task tells strong work from weak
STATES = ("full", "partly", "none", "untouched")


def make_class_page(summary: Mapping) -> str:
    """The page, as HTML; ``summary`` is what `class_summary.summarise` gives."""
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    names = summary["names"]

    def people(students: Iterable[str]) -> Markup:
        """Students by name where there is one; text of another direction keeps to itself."""
        return Markup(", ").join(
            Markup("<bdi>{}</bdi>").format(f"{names[student]} ({student})" if student in names else student)
            for student in students
        )

    template = environment().get_template("report.html.j2")
    return template.render(summary, style=Markup(style), digest=digest, people=people)


@cache
def environment() -> Environment:
    """Templates that escape whatever they are given, and fail where something is missing."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.filters |= {
        "code": lambda text: Markup(code(text)), "points": points, "percent": percent, "count": count,
        "rounded": rounded, "sentence": sentence, "breakable": breakable,
        "check_label": lambda name: Markup(code(label(name))),
    }  # fmt: skip
    made.globals |= {
        "LISTED": LISTED, "COMBINED": COMBINED, "GOOD": GOOD, "MANY": MANY,
        "columns": columns, "segments": segments, "on_scale": on_scale,
        "by_difficulty": by_difficulty, "carried_words": carried_words, "edges": edges, "points": points,
        "seconds": seconds, "mebibytes": mebibytes,
    }  # fmt: skip
    return made


# ---- words for numbers ----------------------------------------------------------------------------------------


def points(value: float) -> str:
    return number(value)


def rounded(value: float) -> str:
    """A statistic to a tenth of a point."""
    return points(round(value, 1))


def percent(share: float) -> str:
    """A share in percent; 0 and 100 only where it is none and all."""
    whole = round(100 * share)
    if whole == 0 and share > 0:
        return "under 1 %"
    return f"{min(whole, 99) if share < 1 else whole} %"


def count(value: float, one: str = "student") -> str:
    """A number with what it counts."""
    return f"{value:,.10g} {one if value == 1 else one + 's'}"


def sentence(text: str) -> str:
    """Words with a capital at their beginning and a point at their end."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "…", "!", "?")) else ".")


def breakable(name: str) -> Markup:
    """A name that may be broken after each underscore."""
    return escape(name).replace("_", Markup("_<wbr>"))


def seconds(value: float) -> str:
    return f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"


def mebibytes(value: float) -> str:
    return f"{value / 2**20:,.0f}"


def carried_words(carried: Mapping[str, int]) -> Markup:
    """Where a mistake showed beside its own task, as words."""
    parts = [Markup("<code>{}</code> ({:,})").format(task, number) for task, number in carried.items()]
    return Markup(", ").join(parts)


# ---- geometry: lengths in percent of the picture's width, or in pixels of its height -----------------------------


def columns(bins: Sequence[Mapping], height: float) -> list[dict]:
    """A bar for each bin: where it stands, how wide and how high it is."""
    highest = max((each["count"] for each in bins), default=0) or 1
    width = 100 / max(1, len(bins))
    return [{"x": round(width * place + 0.08 * width, 3), "width": round(0.84 * width, 3),
             "middle": round(width * (place + 0.5), 3), "edge": round(width * place, 3),
             "height": round(height * each["count"] / highest, 2), **each}
            for place, each in enumerate(bins)]  # fmt: skip


def edges(bins: Sequence[Mapping], write: Callable[[float], str]) -> list[dict]:
    """The words below a picture's axis: where, what, and which side of the word stands there. At most six."""
    every = max(1, len(bins) // 5) if len(bins) >= 10 else 1
    last = len(bins)
    at = [bin["from"] for bin in bins] + [bins[-1]["to"]]
    return [{"x": round(100 * place / last, 3), "words": write(at[place]),
             "anchor": "start" if place == 0 else "end" if place == last else "middle"}
            for place in range(0, last + 1, every)]  # fmt: skip


def segments(row: Mapping) -> list[dict]:
    """The parts of a task's bar, one for each state that occurs."""
    parts, at = [], 0.0
    for state in STATES:
        share = 100 * row[state] / row["count"] if row["count"] else 0.0
        if share:
            parts.append({"state": state, "count": row[state], "x": round(at, 3), "width": round(share, 3),
                          "middle": round(at + share / 2, 3), "wide": share >= 9})  # fmt: skip
        at += share
    return parts


def on_scale(value: float) -> float:
    """Where a discrimination stands on its scale; what lies below the scale stands at its end."""
    return round(100 * (max(value, LOWEST_SHOWN) - LOWEST_SHOWN) / (1 - LOWEST_SHOWN), 2)


def by_difficulty(tasks: Sequence[Mapping]) -> list[Mapping]:
    """The tasks that someone answered, hardest first."""
    return sorted((row for row in tasks if row["count"]), key=lambda row: row["mean_share"])
