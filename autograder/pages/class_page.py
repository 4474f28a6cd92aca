"""The class report as one page that needs nothing else: no network, no script, no other file.

Pictures are SVG in the page, in shares of its width, so that their text keeps its size on a narrow screen. The
template escapes every text, and a policy in the page forbids whatever could run or load.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from urllib.parse import quote

from jinja2 import Template
from markupsafe import Markup

from .anonymity import labels_of
from .attempts import LISTED as HINTS_LISTED
from .class_scores import STATES
from .findings import Entry
from .templating import environment, read_style
from .words import code, label, number

LISTED, WIDER, SINGLES = 10, 5, 3  # findings that are not folded away: of themes and lines; of those of one student
COMBINED = 5  # combinations of findings
MAIL = 50  # addresses in a link: programs cut longer ones
SOME, ROLL = 12, 60  # students of one need, and rows of the table of all, that are not folded away
FEW = 30  # graded students, below whose number a discrimination says nothing
MANY = 5  # students, for the page to call a sign the class's rather than theirs
LOWEST_SHOWN = -0.2  # of the scale of discrimination, which ends at 1
GOOD = 0.2  # discrimination from which a task tells strong work from weak


def make_class_page(summary: Mapping[str, object], index: str | None = None) -> str:
    """Return the page for a summary from `class_summary.summarise`, as HTML; with ``attempts``, if there are any.

    ``index`` is the address of the index of the course, if there is one.
    """
    names, rows = summary["names"], summary["people"]
    assert isinstance(names, Mapping) and isinstance(rows, Sequence)
    places = {row["student"]: place for place, row in enumerate(rows, 1)}
    pages = {row["student"]: row["page"] for row in rows if row["page"]}
    style, digest = style_with_digest("report.css")
    return _template().render(
        {"attempts": None, **summary}, style=style, digest=digest, index=index,
        people=make_people(names, places, {} if summary["names_hidden"] else labels_of([*places])),
        people_rows=[row | {"by_task": {mark["task"]: mark for mark in row["marks"]}, "notes": notes_of(row)}
                     for row in rows],
        attempts_known=any(row["attempts"] is not None for row in rows),
        has_links=any(row["page"] or row["notebook"] for row in rows),
        page_of=lambda students: next((pages[student] for student in students if student in pages), None),
    )


def style_with_digest(name: str) -> tuple[Markup, str]:
    """Return a style sheet, and its digest for the policy of the page."""
    style = read_style(name)
    return style, base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def make_people(
    names: Mapping[str, str], places: Mapping[str, int], labels: Mapping[str, str]
) -> Callable[..., Markup]:
    """Return a function that writes students with their names, each linked to its row.

    Parameters
    ----------
    names : mapping of str to str
        By id.
    places : mapping of str to int
        The numbers of the students' rows.
    labels : mapping of str to str
        Shown in place of names while the reader hides them.
    """

    def people(students: Iterable[str], linked: bool = True) -> Markup:
        return Markup(", ").join(_person(
            f"{names[student]} ({student})" if student in names else student, labels.get(student, ""),
            f"#p{places[student]}" if linked and student in places else "") for student in students)

    return people


def _person(name: str, label: str, link: str) -> Markup:
    """Return a student's name. Where names are hidden in the browser, the label is shown in its place."""
    inner = Markup('<a href="{}">{}</a>').format(link, name) if link else Markup("<span>{}</span>").format(name)
    return Markup('<bdi data-as="{}">{}</bdi>').format(label, inner) if label else Markup("<bdi>{}</bdi>").format(inner)


def mail_link(addresses: Sequence[str]) -> str | None:
    """Return a link that begins a mail in which nobody sees the others; None for nobody, or too many for a link."""
    if not 0 < len(addresses) <= MAIL:
        return None
    return "mailto:?bcc=" + ",".join(quote(each, safe="@+") for each in addresses)


def shown_of(entries: Sequence[Entry], most: int) -> int:
    """Return how many findings, the most frequent first, are not folded away."""
    return max(sum(entry["count"] > 1 for entry in entries[:most]), min(SINGLES, len(entries)))


def notes_of(row: Entry) -> str:
    """Return what is to be said of a student beside the marks; the score says by itself if it is low."""
    needs = [need["says"] for need in row["needs"] if need["kind"] != "under half"]
    waits = ["not looked at yet"] if row["status"] == "waiting" else []
    return "; ".join([*needs, *waits, *["late"] * row["late"], *["late, says Canvas"] * row["marked_late"]])


@cache
def _template() -> Template:
    made = environment().overlay()
    made.filters = made.filters | {
        "percent": percent, "count": count, "rounded": rounded, "sentence": sentence,
        "check_label": lambda name: code(label(name)),
    }  # fmt: skip
    return made.get_template("report.html.j2", globals={
        "LISTED": LISTED, "WIDER": WIDER, "COMBINED": COMBINED, "SOME": SOME, "ROLL": ROLL, "FEW": FEW,
        "HINTS_LISTED": HINTS_LISTED, "GOOD": GOOD, "MANY": MANY, "columns": columns, "shown_of": shown_of,
        "mail_link": mail_link, "segments": segments, "on_scale": on_scale, "by_difficulty": by_difficulty,
        "carried_words": carried_words, "edges": edges, "points": number,
    })  # fmt: skip


# ---- words for numbers ----------------------------------------------------------------------------------------


def rounded(value: float) -> str:
    """Return a statistic to a tenth of a point."""
    return number(round(value, 1))


def percent(share: float) -> str:
    """Return a share in percent; 0 and 100 only if it is none and all."""
    whole = round(100 * share)
    if whole == 0 and share > 0:
        return "under 1 %"
    return f"{min(whole, 99) if share < 1 else whole} %"


def exact_percent(share: float) -> str:
    """Return one student's share in percent, to a tenth; 0 and 100 only if it is none and all."""
    tenths = round(1000 * share)
    if tenths == 0 and share > 0:
        return "under 0.1 %"
    return f"{number((min(tenths, 999) if share < 1 else tenths) / 10)} %"


def count(value: float, one: str = "student") -> str:
    """Return a number with the noun that it counts."""
    return f"{value:,.10g} {one if value == 1 else one + 's'}"


def sentence(text: str) -> str:
    """Return words with a capital at their beginning and a point at their end. HTML stays HTML."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "…", "!", "?")) else type(text)("."))


def carried_words(carried: Mapping[str, int]) -> Markup:
    """Return the other tasks in which a mistake showed, in words."""
    parts = [Markup("<code>{}</code> ({:,})").format(task, times) for task, times in carried.items()]
    return Markup(", ").join(parts)


# ---- geometry: lengths in percent of the picture's width, or in pixels of its height -----------------------------


def columns(bins: Sequence[Entry], height: float) -> list[Entry]:
    """Return a bar's place, width and height for each bin."""
    highest = max((each["count"] for each in bins), default=0) or 1
    width = 100 / max(1, len(bins))
    return [{"x": round(width * place + 0.08 * width, 3), "width": round(0.84 * width, 3),
             "middle": round(width * (place + 0.5), 3), "edge": round(width * place, 3),
             "height": round(height * each["count"] / highest, 2), **each}
            for place, each in enumerate(bins)]  # fmt: skip


def edges(bins: Sequence[Entry], write: Callable[[float], str]) -> list[Entry]:
    """Return the words below a picture's axis, at most six, with their places and sides."""
    every = max(1, len(bins) // 5) if len(bins) >= 10 else 1
    last = len(bins)
    values = [each["from"] for each in bins] + [bins[-1]["to"]]
    return [{"x": round(100 * place / last, 3), "words": write(values[place]),
             "anchor": "start" if place == 0 else "end" if place == last else "middle"}
            for place in range(0, last + 1, every)]  # fmt: skip


def segments(row: Entry) -> list[Entry]:
    """Return the parts of a task's bar, one for each state that occurs."""
    parts, start = [], 0.0
    for state in STATES:
        share = 100 * row[state] / row["count"] if row["count"] else 0.0
        if share:
            parts.append({"state": state, "count": row[state], "x": round(start, 3), "width": round(share, 3),
                          "middle": round(start + share / 2, 3), "wide": share >= 9})  # fmt: skip
        start += share
    return parts


def on_scale(value: float) -> float:
    """Return the place of a discrimination on its scale; one below the scale is at its end."""
    return round(100 * (max(value, LOWEST_SHOWN) - LOWEST_SHOWN) / (1 - LOWEST_SHOWN), 2)


def by_difficulty(tasks: Sequence[Entry]) -> list[Entry]:
    """Return the tasks that someone answered, hardest first."""
    return sorted((row for row in tasks if row["count"]), key=lambda row: row["mean_share"])
