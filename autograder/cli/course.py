"""The commands that need no submission: release, new, audit, doctor, demo."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich import box
from rich.table import Column, Table

from ..cores import usable_cores
from ..course.course import Course
from ..course.folder import zip_folder
from ..errors import CourseError
from ..files import write_file
from ..sandbox import isolation
from .common import (
    ALL_GRADED,
    SOME_NOT_GRADED,
    console,
    in_course,
    must_be_writable,
    remedy_of,
    short_path,
    write_json,
)
from .grading import grade_with_progress, workers_of
from .reporting import report_course
from .results import show

if TYPE_CHECKING:
    from ..batch.writing import RunSummary


@click.command("release")
@click.argument("assignment")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if release/ is out of date.")
@click.option("--change-cells", is_flag=True,
              help="After hand-in: add and drop cells in the students' grades, too.")
@click.option("--zip", "zip_file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Pack the release into this file, too: all that a student downloads.")
@in_course
def release_command(course: Course, assignment: str, check: bool, change_cells: bool, zip_file: Path | None) -> int:
    """Make release/ASSIGNMENT for the students from source/.

    Between START CODE HERE and END CODE HERE, values are removed; comments and targets stay. Hidden tests are removed.
    Beside the notebook go the files of its checks (public_*), and the assignment's data, helper modules and figures.
    tasks.py, mistakes/ and variants/ stay with you. nbgrader generate_assignment makes the same files.

    If anything fails, the former release and the gradebook stay as they are. After hand-in, see
    docs/changing-an-assignment.md: `autograder grade ASSIGNMENT --dry-run` lists whose points would change.
    """
    from ..nbgrader_bridge import release

    if check and zip_file:
        raise click.UsageError("--check writes nothing: leave out --zip, or --check")
    must_be_writable("--zip", zip_file)
    if check:
        differing = release.differences(course, assignment)
        for path in differing:
            click.echo(f"differs: {path}")
        click.echo("release is up to date" if not differing else f"run: autograder release {assignment}")
        return SOME_NOT_GRADED if differing else ALL_GRADED
    try:
        made = release.release_assignment(course, assignment, change_cells)
    except OSError as error:
        problem = f"cannot be written ({error.strerror or error})"
        remedy = f"Nothing has changed. {remedy_of(error)}"
        raise CourseError(course.release(assignment), problem, remedy) from error
    for path in sorted(made.folder.rglob("*")):
        if path.is_file():
            click.echo(f"wrote {path.relative_to(course.root)}")
    if zip_file:
        write_file(zip_file, zip_folder(made.folder))
        click.echo(f"wrote {zip_file}")
    for note in made.notes:
        click.echo(note)
    return ALL_GRADED


@click.command("new")
@click.argument("assignment")
@in_course
def new_command(course: Course, assignment: str) -> int:
    """Start an assignment with a small skeleton in source/.

    It has a notebook of two tasks, tasks.py, and a catalogue of mistakes. It releases, grades and passes its audit as
    it is. Replace its parts one by one; CONTRIBUTING.md explains them.
    """
    from ..course.new import new_assignment

    for path in new_assignment(course, assignment):
        click.echo(f"wrote {path.relative_to(course.root)}")
    click.echo(f"next: autograder audit {assignment}; autograder release {assignment}")
    return ALL_GRADED


@click.command("audit")
@click.argument("assignment")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write the numbers here, too.")
@in_course
def audit_command(course: Course, assignment: str, json_file: Path | None) -> int:
    """Measure the checks on known mistakes and right answers.

    Each catalogued mistake is put into the instructor's solution and judged. So is each right answer that is written
    in another way. Exit code 1 if a gate is missed: the hidden checks catch all mistakes, the public check 95 %, 90 %
    are named, and every right variant gets full marks. The wrong line is found for 95 % of the mistakes and of pairs of
    them, no sentence is contradicted by the change, and no line of a right variant is called wrong.
    """
    from ..judging import audit, line_audit

    must_be_writable("--json", json_file)
    audits = audit.audit(course.assignment(assignment))
    table = make_table(f"what the checks catch: {assignment}",
                       ("known", "hidden", "public", "named", "in a\ngroup", "gap\nonly", "right"))
    for task in audits:
        accepted = f"{task.variants - len(task.refused)}/{task.variants}"
        numbers = (task.mistakes, task.hidden, task.public, task.unique, task.group, len(task.gap_only), accepted)
        table.add_row(task.task, *map(str, numbers))
    console.print(table)
    lines = [line_audit.audit_lines(course.assignment(assignment), task.task) for task in audits]
    table = make_table(f"the wrong lines: {assignment}", ("known", "right\nline", "other", "none", "named", "pairs",
                                                          "right\nline", "at\nodds", "variants\nsilent"))
    for one in lines:
        silent = f"{one.variants - len(one.flagged)}/{one.variants}"
        table.add_row(one.task, *map(str, (one.changes, one.right, len(one.other), len(one.silent), one.named,
                                           one.pairs, one.pairs_right, len(one.at_odds), silent)))
    console.print(table)
    for one in lines:
        for pair in one.at_odds:
            click.echo(f"{one.task}: the sentence of a known mistake is about another line than is shown: {pair}")
    problems = [problem for task in audits for problem in task.problems]
    problems += [problem for one in lines for problem in one.problems]
    for problem in problems:
        click.echo(problem)
    if json_file:
        write_json(json_file, {"assignment": assignment, "tasks": [task.to_dict() for task in audits],
                               "lines": [task.to_dict() for task in lines]})
    return SOME_NOT_GRADED if problems else ALL_GRADED


def make_table(title: str, heads: Sequence[str]) -> Table:
    """Return an empty table of tasks with columns of numbers. A narrow window cuts the names of tasks alone."""
    table = Table(Column("task", no_wrap=True), title=title, box=box.SIMPLE, padding=0, pad_edge=False)
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True, min_width=max(map(len, head.split("\n"))))
    return table


@click.command("doctor")
def doctor_command() -> None:
    """Show the isolation that this machine offers."""
    from ..sandbox import doctor

    for layer in doctor.examine():
        click.echo(f"{'yes' if layer.available else 'no ':3}  {layer.name:12} keeps {layer.stops}")
        if layer.advice:
            click.echo(f"     {'':12} {layer.advice}")
    click.echo(f"\n`autograder grade` runs student code at level: {isolation.best_level()}")


@click.command("demo")
@click.argument("assignment", required=False)
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), default=Path("demo"), show_default=True,
              help="The scratch course; an earlier demo in it is replaced.")
@click.option("--jobs", type=click.IntRange(1), default=len(usable_cores()), show_default="the cores", metavar="N")
@in_course
def demo_command(course: Course, assignment: str | None, folder: Path, jobs: int) -> int:
    """Show all steps on a class of twelve.

    It takes ASSIGNMENT, or else the first of the course by name. It makes its release and twelve submissions, grades
    them, and writes their feedback. Some are right, in several styles. Others have typical mistakes, are unfinished,
    have a syntax error or an endless loop, end their process, or are untouched. The class does a second assignment, if
    the course has one, and there is a report on each and on the course. Your own class is not changed.
    """
    from .. import demo

    if not course.assignments:
        raise CourseError(course.root / "source", "holds no assignment", "Make one: autograder new ASSIGNMENT")
    name = course.assignment(assignment).name if assignment else course.assignments[0]
    second = next((other for other in course.assignments if other != name), None)
    scratch = demo.make_course(course, folder.absolute())
    students, summary = run_demo(scratch, name, jobs)
    show(scratch, name, students, summary)
    if second:
        click.echo()
        students, summary = run_demo(scratch, second, jobs)
        click.echo(f"grade:   {summary.graded} of {len(students)} graded; the report has their scores")
    report_course(scratch, None, None, hide_names=False)
    page = folder / "feedback" / "dora" / name / f"{name}.html"
    index = short_path(folder / "reports" / "index.html")
    click.echo(f"\nNext: open {short_path(page)}, one student's page;")
    click.echo(f"      open {index}, the reports on the class;")
    click.echo(f"      or `make lab COURSE={folder}` and choose Nbgrader > Formgrader.")
    return ALL_GRADED


def run_demo(scratch: Course, name: str, jobs: int) -> tuple[list[str], RunSummary]:
    """Release an assignment, make a class for it, grade it and write its feedback. Return the class and the result."""
    from .. import demo
    from ..batch.feedback import write_feedback
    from ..nbgrader_bridge import release

    click.echo(f"release: {name} from its source notebook")
    release.release_assignment(scratch, name)
    students = demo.make_class(scratch, name)
    click.echo(f"class:   {len(students)} submissions made out of the release")
    summary = grade_with_progress(scratch, name, students, workers_of(len(students), jobs))
    with console.status("feedback pages"):
        write_feedback(scratch, name, students)
    return students, summary
