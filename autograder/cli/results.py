"""Print the end of `autograder grade`: a table, each failure and repair, counts, and the next command."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from rich import box
from rich.markup import escape
from rich.table import Table

from ..course.course import Course
from ..model import Repair, Report, StudentGrade, Verdict
from ..pages.words import number
from .common import IN_A_TABLE, console, has_room, print_line

if TYPE_CHECKING:
    from ..batch.writing import RunSummary

NARROWEST = 4  # letters of a head in one line


@dataclass(frozen=True)
class Totals:
    """The scores of a run, as the gradebook has them."""

    mean: float | None = None  # None if nobody has a score
    max_score: float = 0.0
    full_marks: int = 0
    repaired: int = 0


def add_up(reports: Iterable[Report], grades: Mapping[str, StudentGrade]) -> Totals:
    """Return the totals of these reports. Scores include manual points and penalties."""
    scores, highest, full_marks, repaired = list[float](), 0.0, 0, 0
    for report in reports:
        repaired += bool(report.repairs)
        if report.is_graded:
            source = grades.get(report.student, report)
            scores.append(source.score)
            highest = max(highest, source.max_score)
            full_marks += source.score >= source.max_score - 1e-9
    return Totals(fmean(scores), highest, full_marks, repaired) if scores else Totals(repaired=repaired)


def show(course: Course, name: str, students: Sequence[str], summary: RunSummary) -> None:
    """Print a table of students and tasks if it is not too long, then failures and repairs, then counts and totals.

    The reports of a large class are read one after the other, since together they could fill the memory.
    """
    from ..nbgrader_bridge.gradebook import read_grades

    reports: Iterable[Report] = summary.reports(course.reports(name), students)
    grades = read_grades(course, name)
    if len(students) <= IN_A_TABLE:
        reports = shown = list(reports)
        show_table(name, list(course.assignment(name).tasks), shown, grades)
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

    If the gradebook has another total, because of manual points or a penalty, it is the last column. A score is never
    cut: where the terminal is narrow, long heads are folded, and the tasks are left out if that is not enough.
    """
    totals = {report.student: grades[report.student] for report in reports
              if report.is_graded and report.student in grades}
    differ = any(abs(totals[report.student].score - report.score) > 1e-9 or
                 totals[report.student].max_score != report.max_score for report in reports if report.student in totals)
    heads = ["auto-\nmatic", "grade-\nbook"] if differ else ["total"]
    rows, short_rows = [], []
    for report in reports:
        scores, sums = [""] * len(tasks), ["not graded"]
        if report.is_graded:
            verdicts = {verdict.task: verdict for verdict in report.verdicts}
            scores = [points(verdicts[task]) for task in tasks]
            both = [report, totals.get(report.student)] if differ else [report]
            sums = [f"{number(source.score)}/{number(source.max_score)}" if source else "" for source in both]
        sums += [""] * (len(heads) - len(sums))
        rows.append([report.student, *scores, *sums])
        short_rows.append([report.student, *sums])
    table = fitting_table(name, ["student", *map(short_head, tasks), *heads], rows)
    console.print(table or fitting_table(name, ["student", *heads], short_rows) or
                  escape("\n".join(" ".join(filter(None, row)) for row in short_rows)))
    if table is None and tasks:
        print_line("The terminal is too narrow for the tasks: widen it, or see the class report.")
    for report in reports:
        for line in [*filter(None, [report.reason]), *summarise_repairs(report.repairs)]:
            print_line(f"{report.student}: {line}")
    if any(verdict.blamed_on for report in reports for verdict in report.verdicts):
        print_line("* judged with a correct function beneath it: the student's own is wrong")


def fitting_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Table | None:
    """Return a table that the terminal has room for, with the widest heads that fit; None if a score would be cut."""
    cells = [max((len(word) for row in rows for word in row[index].split()), default=1) for index in range(len(heads))]
    cells[0] = max((len(row[0]) for row in rows), default=1)  # an id stays in one line
    words = [max(map(len, head.split())) for head in heads]
    for widest in range(max(words), NARROWEST - 1, -1):
        table = Table(title=escape(title), box=box.SIMPLE, padding=(0, 1, 0, 0))
        for index, head in enumerate(heads):
            table.add_column(head, justify="right" if index else "left", overflow="fold",
                             width=max(cells[index], min(widest, words[index])))
        if has_room(table):
            for row in rows:
                table.add_row(*map(escape, row))
            return table
    return None


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
