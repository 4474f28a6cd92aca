"""Verdicts and notes in words: a student's feedback on one line of HTML, and lines for the person who exports."""

from __future__ import annotations

from collections.abc import Iterable

from ..model import Verdict
from ..pages.verdicts import to_summary
from ..pages.words import code, label, number, select_failures, sentences
from .grades import ExportedGrade

MAX_NAMES = 20  # in a note
MAX_REPAIRS = 5  # in a student's feedback on one line


def feedback_lines(verdict: Verdict) -> list[str]:
    """Return what differs, then the certain facts, then the question."""
    gaps = [f"{label(check.name)}: {check.message}" for check in select_failures(verdict)]
    return [*gaps, *sentences(verdict)]


def summary_html(assignment: str, grade: ExportedGrade) -> str:
    """Return a student's feedback as HTML on one line, with every text escaped."""
    items = [to_summary(verdict) for verdict in grade.verdicts]
    for name, cell in grade.other_cells.items():
        points = f"{number(cell.score)} of {number(cell.max_score)} points" if cell.has_points else "to be graded"
        items.append(f"<strong>{code(f'{name}: {points}')}</strong>")
    items += [code(f"{name}: {comment}") for name, comment in grade.comments.items()]
    items += [code(repair) for repair in grade.repairs[:MAX_REPAIRS]]
    if (more := len(grade.repairs) - MAX_REPAIRS) > 0:
        items.append(f"{more} more {'repair was' if more == 1 else 'repairs were'} made")
    html = f"<p><strong>{code(f'{assignment}: {grade.headline}')}</strong></p>"
    if items:
        html += f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"
    return " ".join(html.split())


def exceptions(grades: Iterable[ExportedGrade]) -> tuple[str, ...]:
    """Return notes on the submissions without a score or report, the missing ones, and cells that wait for a person."""
    grades = list(grades)
    scored = [grade for grade in grades if grade.score is not None]
    return (
        *(f"{grade.student}: {grade.reason}" for grade in grades if grade.score is None and grade.submitted),
        *list_students("no submission", (grade.student for grade in grades if not grade.submitted)),
        *list_students("a person has yet to grade a cell of", (
            grade.student for grade in scored if grade.grade and grade.grade.needs_manual_grade)),
        *list_students("no report, so no feedback; run autograder grade with --all", (
            grade.student for grade in scored if grade.report is None)),
    )


def list_students(fact: str, students: Iterable[str]) -> list[str]:
    """Return one line with a fact and the students for whom it holds; none if there are none."""
    students = list(students)
    if not students:
        return []
    more = f", and {len(students) - MAX_NAMES} more" if len(students) > MAX_NAMES else ""
    return [f"{fact} ({len(students)}): {', '.join(students[:MAX_NAMES])}{more}"]
