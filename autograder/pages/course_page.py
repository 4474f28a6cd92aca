"""The index of a course: a row for each assignment and each student, with links to the class reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import fsum
from typing import Any

from jinja2 import Template

from .anonymity import labels_of
from .class_page import count, exact_percent, make_people, rounded, style_with_digest
from .class_summary import sort_ids
from .findings import Entry
from .statistics import neat
from .templating import environment


@dataclass(frozen=True)
class AssignmentRow:
    """An assignment in the index."""

    name: str
    link: str | None  # to its class report
    summary: Entry | None  # from `class_summary.summarise`, with names; None if there is nothing to report
    note: str = ""  # why not


@dataclass(frozen=True)
class Result:
    """A student's result in one assignment."""

    status: str  # as in `people.Person`, or "" if the student is not in this class
    score: float | None = None
    max_score: float | None = None
    page: str | None = None
    late: bool = False
    marked_late: bool = False  # by Canvas alone
    needs_help: bool = False

    @property
    def share(self) -> float | None:
        """Return the share of the points; None without a score."""
        return self.score / self.max_score if self.score is not None and self.max_score else None


@dataclass(frozen=True)
class StudentRow:
    """A student in the index."""

    student: str
    results: tuple[Result, ...]  # in the order of the assignments that have a summary
    score: float  # in all assignments together
    max_score: float  # of those that have a score
    open: int  # assignments that were not handed in, or not graded


def list_students(assignments: Sequence[AssignmentRow]) -> list[StudentRow]:
    """Return a row for each student of any assignment, by id."""
    classes = [{row["student"]: row for row in each.summary["people"]} for each in assignments if each.summary]
    rows = []
    for student in sort_ids({student for people in classes for student in people}):
        results = tuple(result_of(people[student]) if student in people else Result("") for people in classes)
        scored = [result for result in results if result.score is not None]
        rows.append(StudentRow(
            student, results, neat(fsum(result.score or 0 for result in scored)),
            neat(fsum(result.max_score or 0 for result in scored)),
            sum(result.status in ("absent", "not graded") for result in results)))
    return rows


def result_of(row: Mapping[str, Any]) -> Result:
    """Return the result that a row of a class report holds."""
    return Result(row["status"], row["score"], row["max_score"], row["page"], row["late"], row["marked_late"],
                  bool(row["needs"]))


def make_course_page(
    title: str, assignments: Sequence[AssignmentRow], hide_names: bool = False, made: str | None = None
) -> str:
    """Return the index of a course, as HTML.

    Parameters
    ----------
    title : str
    assignments : sequence of AssignmentRow
    hide_names : bool
        Put numbers drawn by lot for students, in their order, and leave out the links to their pages.
    made : str, optional
        The time, for a later reader.
    """
    rows = list_students(assignments)
    ids = [row.student for row in rows]
    labels = labels_of(ids)
    names: dict[str, str] = {}
    if hide_names:
        shown = {student: labels[student] for student in ids}
        rows = sorted(rows, key=lambda row: int(shown[row.student].split()[-1]))
    else:
        shown = {student: student for student in ids}
        for each in assignments:
            names |= each.summary["names"] if each.summary else {}
    style, digest = style_with_digest("report.css")
    people = make_people(names, {}, {} if hide_names else labels)
    return _template().render(
        title=title, assignments=assignments, reported=[each for each in assignments if each.summary], rows=rows,
        shown=shown, people=people, names_hidden=hide_names, made=made, style=style, digest=digest)


@cache
def _template() -> Template:
    made = environment().overlay()
    made.filters = made.filters | {"exact_percent": exact_percent, "count": count, "rounded": rounded}
    return made.get_template("course.html.j2")
