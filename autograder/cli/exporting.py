"""`autograder export`: the grades as another system takes them."""

from __future__ import annotations

from pathlib import Path

import click

from ..course.course import Course
from .common import ALL_GRADED, SOME_NOT_GRADED, in_course, warn_of_default_secret


@click.group("export")
def export_group():
    """Write the grades of ASSIGNMENT as another system takes them.

    The numbers are the gradebook's, with manual scores and late penalties; the words are the reports'. A submission
    that was not graded never becomes a zero: each command says what it gets instead. Who handed in nothing gets no
    grade, and files go to exports/ASSIGNMENT/, unless you say otherwise. docs/exports.md tells where each belongs.

    \b
    Exit code: 0 every submission has a grade, 1 some have not (they are named), 2 bad usage.
    """


def export_command(name: str, to_help: str = "Write here instead of exports/ASSIGNMENT/."):
    """A command of `autograder export` with what all of them have."""

    def decorate(function):
        to = click.option("--to", type=click.Path(path_type=Path), metavar="PATH", help=to_help)
        return export_group.command(name)(click.argument("assignment")(to(in_course(function))))

    return decorate


def fill_in(required: bool):
    return click.option("--into", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
                        required=required, help="The file to fill in, as downloaded; it stays as it is.")


zeros_option = click.option("--zeros", is_flag=True, help="Give 0 to those who handed in nothing.")


def write_export(course: Course, assignment: str, form: str, to: Path | None, **options) -> int:
    from .. import exports

    grades = exports.class_grades(course, assignment)
    made = exports.FORMATS[form].make(grades, assignment, **options)
    target = to or exports.default_target(course, assignment, form)
    for line in (*exports.write(made, target, exports.FORMATS[form].folder), *made.notes):
        click.echo(line)
    waiting = any(grade.score is None and grade.submitted for grade in grades.values())
    return SOME_NOT_GRADED if waiting else ALL_GRADED


def into_options(into: Path | None) -> dict:
    from .. import exports

    return {"into": exports.read(into), "where": into.name} if into else {}


@export_command("canvas")
@fill_in(required=False)
@click.option("--column", metavar="TITLE", help="The assignment's title in Canvas; by default the one like ASSIGNMENT.")
@zeros_option
def export_canvas(course: Course, assignment: str, to: Path | None, into: Path | None, column: str | None, zeros: bool):
    """Canvas's gradebook, filled in or fresh.

    Upload it under Grades > Import. With --into, a gradebook downloaded from Canvas is filled in: only cells of
    this assignment's column change. Students are found by ID (lms_user_id of the gradebook), SIS User ID, SIS Login
    ID, name. Excused students stay so. A submission that was not graded leaves the cell as it is. Without --into a
    fresh file is written, in which it has a blank.
    """
    return write_export(course, assignment, "canvas", to, column=column, zeros=zeros, **into_options(into))


@export_command("moodle")
@fill_in(required=True)
@click.option("--grade-column", metavar="TITLE", help="What the grades' column is called, if it is not found.")
@click.option("--feedback-column", metavar="TITLE", help="What the feedback's column is called, if it is not found.")
@zeros_option
def export_moodle(course: Course, assignment: str, to: Path | None, into: Path, grade_column: str | None,
                  feedback_column: str | None, zeros: bool):
    """Moodle's grading worksheet, filled in.

    Upload it under Submissions > Upload grading worksheet. Grades are scaled to Moodle's maximum; feedback goes in
    where there is none but ours. Students are found by address, ID number, username, name. Rows that Moodle has
    locked, and submissions that were not graded, stay as they are.
    """
    columns = {"grade": grade_column, "comments": feedback_column}
    return write_export(course, assignment, "moodle", to, columns=columns, zeros=zeros, **into_options(into))


@export_command("gradescope")
def export_gradescope(course: Course, assignment: str, to: Path | None):
    """A folder with STUDENT/results.json for Gradescope.

    There is a test for each task, with the gap, the diagnosis and the question. A submission that was not graded
    has the reason and no score. To have Gradescope itself grade, see gradescope-zip.
    """
    return write_export(course, assignment, "gradescope", to)


@export_command("coursera")
def export_coursera(course: Course, assignment: str, to: Path | None):
    """A folder with STUDENT/feedback.json for Coursera.

    Beside it lies htmlFeedback.html, the words. A submission that was not graded has no file.
    """
    return write_export(course, assignment, "coursera", to)


@export_command("classroom50")
@click.option("--classroom", metavar="NAME", envvar="CLASSROOM", required=True, help="The classroom's short name.")
def export_classroom50(course: Course, assignment: str, to: Path | None, classroom: str):
    """A folder with STUDENT/result.json for Classroom 50.

    Points are rounded to whole numbers. A submission that was not graded has no file.
    """
    return write_export(course, assignment, "classroom50", to, classroom=classroom)


@export_command("csv")
def export_csv(course: Course, assignment: str, to: Path | None):
    """A table with nbgrader's own CSV columns.

    As there, who handed in nothing has 0.0; a submission that was not graded has blanks.
    """
    return write_export(course, assignment, "csv", to)


@export_command("json")
def export_json(course: Course, assignment: str, to: Path | None):
    """All that is known of each student.

    Numbers, cells, comments, checks, diagnoses; null where there is no score.
    """
    return write_export(course, assignment, "json", to)


@export_command("gradescope-zip", "Write here instead of exports/ASSIGNMENT/gradescope-autograder.zip.")
def export_gradescope_zip(course: Course, assignment: str, to: Path | None):
    """The zip that makes Gradescope grade ASSIGNMENT itself.

    Upload it under Configure Autograder. It contains the solutions, the mistakes and the course's secret: keep it
    from students. It is graded there as here, without a gradebook; what fails through no fault of the student's
    gets no score, and staff see why.
    """
    from .. import exports
    from ..exports import gradescope_zip

    warn_of_default_secret(course)
    made = gradescope_zip.export(course, assignment)
    target = to or course.root / exports.FOLDER / assignment / gradescope_zip.FILE
    for line in (*exports.write(made, target, folder=False), *made.notes):
        click.echo(line)
