"""`autograder report` and `autograder feedback`: pages for the instructor and for each student."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from ..course.course import Course
from ..course.students import MISNAMED, misnamed, students_of
from ..notebooks.submission import printable
from .common import (
    ALL_GRADED,
    SOME_NOT_GRADED,
    console,
    in_course,
    must_be_writable,
    open_output,
    to_stderr,
    write_json,
)


@click.command("report")
@click.argument("assignment")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Where the page goes.  [default: reports/ASSIGNMENT.html]")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write the same as JSON, too.")
@click.option("--hide-names", is_flag=True,
              help="Numbers for students, drawn by lot, to show it to others.  [reports/ASSIGNMENT-no-names.html]")
@in_course
def report_command(course: Course, assignment: str, output: Path | None, json_file: Path | None, hide_names: bool):
    """Make the class report of ASSIGNMENT: one page for the instructor, to open in any browser, without a network.

    What to teach next; how the scores are spread; the tasks by difficulty and discrimination; the mistakes of this
    class, with who made them; what was repaired, not graded, stopped at a limit, or looks like tampering. Scores are
    those of the gradebook, manual points and penalties included.
    """
    from ..nbgrader_bridge import gradebook
    from ..pages.class_page import make_class_page
    from ..pages.class_summary import summarise

    must_be_writable("--output", output)
    must_be_writable("--json", json_file)
    now = datetime.now()
    summary = summarise(
        course.reports(assignment).load_all(), gradebook.read_grades(course, assignment), assignment,
        course.assignment(assignment).tasks, students_of(course, assignment), hide_names,
        f"{now.day} {now:%B %Y, %H:%M}",
    )
    if output is None:
        output = course.reports(assignment).folder.with_name(assignment + "-no-names" * hide_names + ".html")
        output.parent.mkdir(exist_ok=True)
    with open_output(output) as file:
        file.write(make_class_page(summary))
    if json_file:
        write_json(json_file, summary)
    counts = summary["counts"]
    click.echo(f"wrote {os.path.relpath(output)}: {counts['graded']} of {counts['handed_in']} graded")
    for entry in summary["teach"]:
        console.print(f"{entry['count']:4}  {entry['task']}: {entry['says']}", markup=False, highlight=False,
                      soft_wrap=True)
    return ALL_GRADED


@click.command("feedback")
@click.argument("assignment")
@click.option("--student", "patterns", multiple=True, metavar="ID",
              help="Only this student; repeatable; * and ? match.")
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count(), show_default="the cores", metavar="N",
              help="How many processes write, where there are many pages.")
@in_course
def feedback_command(course: Course, assignment: str, patterns: Sequence[str], jobs: int):
    """Write each student's feedback page for ASSIGNMENT: feedback/STUDENT/ASSIGNMENT/ASSIGNMENT.html.

    The score of each task, what differs, the mistake where it is known, a question that leads on; a person's points
    and comments; then the notebook. One file each, without script and without anything from the network. Write them
    again after grading by hand. To hand them out: nbgrader release_feedback ASSIGNMENT

    \b
    Exit code: 0 all written, 1 some not, 2 bad usage or a course that cannot be loaded.
    """
    from ..batch.feedback import write_feedback

    students = students_of(course, assignment, patterns)
    odd = [] if patterns else misnamed(course, assignment)
    with Progress(TextColumn("feedback"), BarColumn(), MofNCompleteColumn(), console=to_stderr, transient=True,
                  auto_refresh=False) as progress:  # no thread: this process is forked
        bar = progress.add_task("feedback", total=len(students))
        problems = write_feedback(course, assignment, students,
                                           lambda *_: progress.update(bar, advance=1, refresh=True), jobs)
    for student, problem in problems.items():
        if problem:
            console.print(f"{student}: {problem}", markup=False, highlight=False, soft_wrap=True)
    for folder in odd:
        click.echo(f"{printable(folder)}: no page, since folders {MISNAMED}: rename this one")
    written = [student for student, problem in problems.items() if problem is None]
    handed_in = len(students) + len(odd)
    click.echo(f"wrote {len(written)} of {handed_in} pages: feedback/STUDENT/{assignment}/{assignment}.html")
    return ALL_GRADED if len(written) == handed_in else SOME_NOT_GRADED
