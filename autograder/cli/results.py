"""What `autograder grade` prints at its end: a table, each failure and repair, counts, and what comes next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from rich import box
from rich.markup import escape
from rich.table import Column, Table

from ..course.course import Course
from ..model import Repair, Report, StudentGrade, Verdict
from ..pages.words import number
from .common import IN_A_TABLE, console, print_line

if TYPE_CHECKING:
    from ..batch.writing import RunSummary


@dataclass(frozen=True)
class Totals:
    """The scores of a run, as the gradebook has them."""

    mean: float | None = None  # None if nobody has a score
    max_score: float = 0.0
    full_marks: int = 0
    repaired: int = 0


def add_up(reports: Sequence[Report], grades: Mapping[str, StudentGrade]) -> Totals:
    """Return the totals of these reports. Scores include manual points and penalties."""
    graded = [report for report in reports if report.is_graded]
    sources = [grades.get(report.student, report) for report in graded]
    if not sources:
        return Totals(repaired=sum(bool(report.repairs) for report in reports))
    return Totals(
        fmean(source.score for source in sources), max(source.max_score for source in sources),
        sum(source.score >= source.max_score - 1e-9 for source in sources),
        sum(bool(report.repairs) for report in reports))


def show(course: Course, name: str, students: Sequence[str], summary: RunSummary) -> None:
    """Print a table of students and tasks if it is not too long, then failures and repairs, then counts and totals."""
    from ..nbgrader_bridge.gradebook import read_grades

    reports, grades = list(summary.reports(course.reports(name), students)), read_grades(course, name)
    if len(students) <= IN_A_TABLE:
        show_table(name, list(course.assignment(name).tasks), reports, grades)
    else:
        for student, reason in list(summary.failures.items())[:IN_A_TABLE]:
            print_line(f"{student}: {reason}")
    rate = f" ({(summary.graded + summary.not_graded) / summary.seconds:.1f}/s)" if summary.graded > IN_A_TABLE else ""
    counts = [f"{summary.graded} graded"]
    counts += [f"{summary.unchanged} unchanged"] * bool(summary.unchanged)
    counts += [f"{summary.not_graded} not graded"] * bool(summary.not_graded)
    levels = ", ".join(sorted(summary.isolation - {"none"})) or "none"
    everyone = len({*students, *summary.unsaved})
    print_line(f"{', '.join(counts)} of {everyone} in {summary.seconds:.1f} s{rate}; isolation: {levels}")
    for line in describe_totals(add_up(reports, grades)):
        print_line(line)
    if summary.stopped:
        print_line("Stopped. The same command goes on from here.")


def describe_totals(totals: Totals) -> Iterator[str]:
    """Yield the totals as at most one line."""
    if totals.mean is not None:
        full = f"{totals.full_marks} with full marks"
        more = [f"{totals.repaired} repaired"] * bool(totals.repaired)
        yield ", ".join([f"mean {number(totals.mean)} of {number(totals.max_score)} points", full, *more])


def show_table(
    name: str, tasks: Sequence[str], reports: Sequence[Report], grades: Mapping[str, StudentGrade]
) -> None:
    """Print scores by student and task, then a line for each student with a reason or repairs.

    If the gradebook has another total, because of manual points or a penalty, it is the last column.
    """
    table = Table(Column("student", no_wrap=True), title=escape(name), box=box.SIMPLE, collapse_padding=True)
    for task in tasks:  # where the terminal is narrow, long heads are folded; points are not
        table.add_column(short_head(task), justify="right", overflow="fold", min_width=len("12.5*"))
    totals = {report.student: grades[report.student] for report in reports
              if report.is_graded and report.student in grades}
    differ = any(abs(totals[report.student].score - report.score) > 1e-9 or
                 totals[report.student].max_score != report.max_score for report in reports if report.student in totals)
    for head in ["auto-\nmatic", "grade-\nbook"] if differ else ["total"]:
        table.add_column(head, justify="right", no_wrap=True)
    for report in reports:
        if not report.is_graded:
            table.add_row(escape(report.student), *[""] * len(tasks), "not graded")
            continue
        grade = totals.get(report.student)
        last = [f"{number(grade.score)}/{number(grade.max_score)}" if grade else ""] if differ else []
        verdicts = {verdict.task: verdict for verdict in report.verdicts}
        cells = [points(verdicts[task]) for task in tasks]
        table.add_row(escape(report.student), *cells, f"{number(report.score)}/{number(report.max_score)}", *last)
    console.print(table)
    for report in reports:
        for line in [*filter(None, [report.reason]), *summarise_repairs(report.repairs)]:
            print_line(f"{report.student}: {line}")
    if any(verdict.blamed_on for report in reports for verdict in report.verdicts):
        print_line("* judged with a correct function beneath it: the student's own is wrong")


def summarise_repairs(repairs: Sequence[Repair]) -> list[str]:
    """Return the first repair of each kind, with the number of the others."""
    kinds: dict[str, list[Repair]] = {}
    for repair in repairs:
        kinds.setdefault(repair.kind, []).append(repair)
    return [those[0].text + (f" (and {len(those) - 1} more like this)" if len(those) > 1 else "")
            for those in kinds.values()]


def short_head(task: str) -> str:
    """Return a task's name as the head of a narrow column."""
    return task.replace("forward", "fwd").replace("backward", "bwd").replace("_", "\n")


def points(verdict: Verdict) -> str:
    """Return a task's score, with a star if it was judged with the reference solution beneath it."""
    return number(verdict.score) + ("*" if verdict.blamed_on else "")
