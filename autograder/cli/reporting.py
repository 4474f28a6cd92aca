"""`autograder report` and `autograder feedback`: pages for the instructor and for each student."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from ..cores import usable_cores
from ..course.course import Course
from ..course.students import MISNAMED, misnamed, students_of, withdrawn
from ..errors import CourseError, UnknownAssignmentError
from ..notebooks.submission import printable
from .common import (
    ALL_GRADED,
    SOME_NOT_GRADED,
    in_course,
    must_be_writable,
    open_output,
    print_line,
    short_path,
    to_stderr,
    write_json,
)

Entry = dict[str, Any]


@click.command("report")
@click.argument("assignment", required=False)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write the page here.  [reports/ASSIGNMENT.html, or reports/index.html]")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write the same content as JSON, too.")
@click.option("--hide-names", is_flag=True,
              help="Show random numbers in place of students.  [reports/ASSIGNMENT-no-names.html]")
@in_course
def report_command(course: Course, assignment: str | None, output: Path | None, json_file: Path | None,
                   hide_names: bool) -> int:
    """Make a page on the class, for the instructor.

    It shows what to teach next, who needs help and why, a mark for each student and task, the tasks by difficulty, and
    the mistakes of this class by theme, by line of the solution and by name. It lists repairs, submissions that were
    not graded, limits that were hit, and signs of tampering. The scores are those of the gradebook, with manual points
    and penalties. The page needs no network.

    Without ASSIGNMENT, it makes the pages of all assignments, and an index of them with a row for each student.
    """
    must_be_writable("--output", output)
    must_be_writable("--json", json_file)
    if assignment is None:
        return report_course(course, output, json_file, hide_names)
    summary, _ = write_report(course, assignment, output or report_file(course, assignment, hide_names), hide_names)
    if json_file:
        write_json(json_file, summary)
    if needy := sum(entry["count"] for entry in summary["help"]):
        print_line(f"{needy} {'needs' if needy == 1 else 'need'} help: the page says who, and why")
    for entry in summary["teach"]:
        line = f"{entry['count']:4}  {', '.join(entry['tasks'])}: {entry['says']}"
        print_line(line)
    return ALL_GRADED


def report_file(course: Course, name: str, hide_names: bool) -> Path:
    """Return the file of a report, in a folder that is there."""
    file = course.root / "reports" / f"{name}{'-no-names' * hide_names}.html"
    file.parent.mkdir(exist_ok=True)
    return file


def write_report(
    course: Course, assignment: str, output: Path, hide_names: bool, index: Path | None = None
) -> tuple[Entry, Entry]:
    """Write an assignment's class report. Return its summary as it was written, and with names.

    It leads to ``index``, or else to the index of an earlier run, if there is one.

    Raises
    ------
    CourseError, UnknownAssignmentError
        Nobody handed in, or the assignment has not been released.
    """
    from ..collect.attempts import count_attempts, report_pairs
    from ..exports.words import list_students
    from ..nbgrader_bridge import gradebook
    from ..nbgrader_bridge.times import read_times
    from ..pages.attempts import summarise_attempts
    from ..pages.class_page import make_class_page
    from ..pages.class_summary import summarise
    from ..pages.people import Beside

    loaded, students = course.assignment(assignment), students_of(course, assignment)
    reports, grades = course.reports(assignment).load_all(), gradebook.read_grades(course, assignment)
    gone = withdrawn(course, assignment, {*reports, *(name for name, grade in grades.items() if grade.submitted)})
    for student in gone:
        reports.pop(student, None)
        grades.pop(student, None)
    beside = Beside(loaded.reference.sources, link_to(course.feedback, students, assignment, ".html", output),
                    link_to(course.autograded, students, assignment, ".ipynb", output),
                    count_attempts(course, assignment, students),
                    frozenset(read_times(course, assignment, students).marked_late))
    made = partial(summarise, reports, grades, assignment, loaded.tasks, students, made=time_in_words(), beside=beside)
    summary = made(hide_names=hide_names)
    summary["attempts"] = summarise_attempts(report_pairs(course, assignment))
    earlier = report_file(course, "index", hide_names)
    index = index or (earlier if earlier.is_file() else None)
    with open_output(output) as file:
        file.write(make_class_page(summary, quote(os.path.relpath(index, output.absolute().parent)) if index else None))
    counts = summary["counts"]
    click.echo(f"wrote {short_path(output)}: {counts['graded']} of {counts['handed_in']} graded")
    for line in list_students("left out, since their submission is gone from submitted/", sorted(gone)):
        print_line(line)
    return summary, made() if hide_names else summary


def report_course(course: Course, output: Path | None, json_file: Path | None, hide_names: bool) -> int:
    """Write the class reports of all assignments, and the index; return the exit code."""
    from ..pages.course_page import AssignmentRow, list_students, make_course_page

    output = output or report_file(course, "index", hide_names)
    rows = []
    for name in course.assignments:
        file = report_file(course, name, hide_names)
        try:
            _, summary = write_report(course, name, file, hide_names, output)
            rows.append(AssignmentRow(name, quote(os.path.relpath(file, output.absolute().parent)), summary))
        except UnknownAssignmentError:
            rows.append(AssignmentRow(name, None, None, "not released yet"))
        except CourseError as error:
            rows.append(AssignmentRow(name, None, None, error.args[1]))
    with open_output(output) as page:
        page.write(make_course_page(course.title, rows, hide_names, time_in_words()))
    if json_file:
        students = [] if hide_names else [asdict(row) for row in list_students(rows)]
        write_json(json_file, {"assignments": [{"name": row.name, "note": row.note} | {
            key: row.summary[key] for key in ("counts", "scores", "hardest", "teach") if row.summary}
            for row in rows], "students": students})  # fmt: skip
    reported = sum(row.summary is not None for row in rows)
    click.echo(f"wrote {short_path(output)}: {reported} of {len(rows)} assignments have something to report")
    return ALL_GRADED


def time_in_words() -> str:
    """Return the present time for a reader."""
    now = datetime.now()
    return f"{now.day} {now:%B %Y, %H:%M}"


def link_to(
    folder: Callable[[str, str], Path], students: Sequence[str], assignment: str, suffix: str, page: Path
) -> dict[str, str]:
    """Return the address of each student's file, relative to a page, of those that exist."""
    found = {student: folder(student, assignment) / (assignment + suffix) for student in students}
    return {student: quote(os.path.relpath(path, page.absolute().parent)) for student, path in found.items()
            if path.is_file()}


@click.command("feedback")
@click.argument("assignment")
@click.option("--student", "patterns", multiple=True, metavar="ID",
              help="Only this student; repeatable; * and ? match.")
@click.option("--jobs", type=click.IntRange(1), default=len(usable_cores()), show_default="the cores", metavar="N",
              help="The number of processes that write many pages.")
@in_course
def feedback_command(course: Course, assignment: str, patterns: Sequence[str], jobs: int) -> int:
    """Make a feedback page for each student.

    It is feedback/STUDENT/ASSIGNMENT/ASSIGNMENT.html, with the score of each task, the difference, the mistake if it
    is known, and a question that leads on. Manual points and comments follow, then the notebook. Each page is one file
    without scripts, and needs no network. After grading by hand, run this again. To hand the pages out, run: nbgrader
    release_feedback ASSIGNMENT

    \b
    Exit code: 0 all written, 1 some not,
    2 bad usage or a course that cannot be loaded.
    """
    from ..batch.feedback import write_feedback
    from ..exports.words import list_students
    from ..nbgrader_bridge.feedback import outside_exchange

    students = students_of(course, assignment, patterns)
    odd = [] if patterns else misnamed(course, assignment)
    with Progress(TextColumn("feedback"), BarColumn(), MofNCompleteColumn(), console=to_stderr, transient=True,
                  auto_refresh=False, disable=not to_stderr.is_terminal) as progress:  # no thread: it is forked
        bar = progress.add_task("feedback", total=len(students))
        problems = write_feedback(course, assignment, students,
                                  lambda *_: progress.update(bar, advance=1, refresh=True), jobs)
    for student, problem in problems.items():
        if problem:
            print_line(f"{student}: {problem}")
    for folder in odd:
        click.echo(f"{printable(folder)}: no page, since folders {MISNAMED}: rename this one")
    written = [student for student, problem in problems.items() if problem is None]
    is_used, outside = outside_exchange(course, assignment)
    if is_used:
        fact = "not from the exchange, so nbgrader fetch_feedback finds no page; give it to them yourself"
        for line in list_students(fact, filter(outside.__contains__, written)):
            print_line(line)
    handed_in = len(students) + len(odd)
    click.echo(f"wrote {len(written)} of {handed_in} pages: feedback/STUDENT/{assignment}/{assignment}.html")
    return ALL_GRADED if len(written) == handed_in else SOME_NOT_GRADED
