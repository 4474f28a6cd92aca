"""`autograder export`: the grades in the format of another system."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..course.course import Course
from .common import ALL_GRADED, SOME_NOT_GRADED, OrderedGroup, in_course, warn_of_default_secret

FOLDER = "exports"
Command = Callable[..., Any]


@click.group("export", cls=OrderedGroup)
def export_group() -> None:
    """Write the grades in the format of another system.

    The scores are those of the gradebook, with manual scores and late penalties. The words are those of the reports.
    A submission that was not graded never becomes a zero: each command describes what it gets instead. A student who
    handed in nothing gets no grade by default. Files go to exports/ASSIGNMENT/ by default. docs/exports.md describes
    where to upload each.

    \b
    Exit code: 0 every submission has a grade, 1 some have none (they are named),
    2 bad usage.
    """


def export_command(name: str, to_help: str = "Write here instead of exports/ASSIGNMENT/.") -> Callable[[Command], Any]:
    """Return a decorator that makes a function a command of `autograder export`."""

    def decorate(function: Command) -> click.Command:
        to = click.option("--to", type=click.Path(path_type=Path), metavar="PATH", help=to_help)
        return export_group.command(name)(click.argument("assignment")(to(in_course(function))))

    return decorate


def into_option(required: bool) -> Callable[[Command], Command]:
    """Return the option that names a file to fill in."""
    return click.option("--into", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
                        required=required, help="The file to fill in, as downloaded; it is not changed.")


zeros_option = click.option("--zeros", is_flag=True, help="Give 0 to students who handed in nothing.")


def write_grades(
    course: Course, assignment: str, name: str, to: Path | None, into: Path | None = None, **options: object
) -> int:
    """Write a format's files, print each outcome and return the exit code."""
    from .. import exports
    from ..exports.words import list_students

    format_ = exports.FORMATS[name]
    if into:
        options |= {"into": into.read_bytes(), "where": into.name}
    grades, gone = exports.class_grades(course, assignment)
    export = format_.export(grades, assignment, **options)
    target = to or course.root / FOLDER / assignment / format_.target
    left_out = list_students("left out, since their submission is gone from submitted/", gone)
    for line in (*exports.write_export(export, target, format_.target.endswith("/")), *export.notes, *left_out):
        click.echo(line)
    waiting = any(grade.score is None and grade.submitted for grade in grades.values())
    return SOME_NOT_GRADED if waiting else ALL_GRADED


@export_command("csv")
def export_csv(course: Course, assignment: str, to: Path | None) -> int:
    """Write a table with nbgrader's CSV columns.

    A student who handed in nothing has 0.0, as in nbgrader's own export. A submission that was not graded has blanks.
    """
    return write_grades(course, assignment, "csv", to)


@export_command("json")
def export_json(course: Course, assignment: str, to: Path | None) -> int:
    """Write everything that is known of each student as JSON.

    It has scores, cells, comments, checks and diagnoses. A missing score is null, with the reason.
    """
    return write_grades(course, assignment, "json", to)


@export_command("canvas")
@into_option(required=False)
@click.option("--column", metavar="TITLE", help="The assignment's title in Canvas.  [default: the one like ASSIGNMENT]")
@zeros_option
def export_canvas(course: Course, assignment: str, to: Path | None, into: Path | None, **options: object) -> int:
    """Fill in Canvas's gradebook, or write a fresh one.

    Upload it under Grades > Import. With --into, a gradebook from Canvas is filled in: only this assignment's column
    changes. Students are matched by ID (the gradebook's lms_user_id), SIS User ID, SIS Login ID, then name. Excused
    students stay excused. A submission that was not graded leaves the cell unchanged. Without --into, a fresh file is
    written, where such a submission has a blank.
    """
    return write_grades(course, assignment, "canvas", to, into, **options)


@export_command("moodle")
@into_option(required=True)
@click.option("--grade-column", metavar="TITLE", help="The title of the grades' column, if it is not found.")
@click.option("--feedback-column", metavar="TITLE", help="The title of the feedback's column, if it is not found.")
@zeros_option
def export_moodle(course: Course, assignment: str, to: Path | None, into: Path, grade_column: str | None,
                  feedback_column: str | None, **options: object) -> int:
    """Fill in Moodle's grading worksheet.

    Upload it under Submissions > Upload grading worksheet. Scores are scaled to Moodle's maximum. Feedback is written
    unless a person has written some. Students are matched by address, ID number, username, then name. Rows that
    Moodle has locked and submissions that were not graded stay unchanged.
    """
    from ..platforms import load_record

    columns = {"grade": grade_column, "comments": feedback_column}
    numbers = load_record(course.root, assignment).numbers
    return write_grades(course, assignment, "moodle", to, into, columns=columns, participants=numbers, **options)


@export_command("feedback", "Write here instead of exports/ASSIGNMENT/feedback-canvas.zip or -moodle.zip.")
@click.option("--for", "platform", type=click.Choice(["canvas", "moodle"]), required=True,
              help="The platform that takes the pages back.")
def export_feedback(course: Course, assignment: str, to: Path | None, platform: str) -> int:
    """Write a zip that brings each feedback page to its student.

    Collect from the platform's download, grade, and run `autograder feedback ASSIGNMENT` before. Each page is named by
    the number that the platform gave: its student gets it, and nobody else.

    
      Canvas   the assignment > Upload Submissions
      Moodle   the assignment > Submissions > Upload multiple feedback files
               in a zip (switch Feedback files on in the settings)

    Canvas accepts a page only for the last submission, and shows it under the name of the notebook that was handed in:
    tell students to save it with .html at the end of the name.

    
    Exit code: 0 everybody's page is in the zip, 1 some are left out (they are
    named), 2 bad usage.
    """
    from ..course.students import students_of
    from ..exports import feedback_zip
    from ..exports.words import list_students
    from ..nbgrader_bridge.students import read_students
    from ..platforms import load_record
    from ..roster import RosterEntry

    course.assignment(assignment)
    known = {entry.student: entry for entry in read_students(course)}
    students = [known.get(student, RosterEntry(student)) for student in students_of(course, assignment)]
    plan = feedback_zip.plan_zip(course, assignment, platform, students, load_record(course.root, assignment))
    target = to or course.root / FOLDER / assignment / f"feedback-{platform}.zip"
    if plan.pages:
        feedback_zip.write_zip(course, assignment, plan, target)
        size = target.stat().st_size / 1e6
        click.echo(f"wrote {target}: {len(plan.pages)} of {len(students)} pages, {size:.1f} MB")
    else:
        click.echo(f"wrote nothing: none of {len(students)} students has a page that can be sent back")
    for reason, left_out in plan.left_out.items():
        for line in list_students(reason, left_out):
            click.echo(line)
    if plan.left_out.keys() & {feedback_zip.NO_PAGE, feedback_zip.OLD_PAGE}:
        click.echo(f"next: autograder feedback {assignment}, then this again")
    if feedback_zip.NEW_WORK in plan.left_out:
        click.echo(f"next: autograder grade {assignment}, feedback, then this again")
    return SOME_NOT_GRADED if plan.left_out else ALL_GRADED


@export_command("gradescope")
def export_gradescope(course: Course, assignment: str, to: Path | None) -> int:
    """Write STUDENT/results.json for Gradescope.

    Each file has a test for each task, with the gap, the diagnosis and the question. A submission that was not graded
    has the reason and no score. To let Gradescope itself grade, see gradescope-zip.
    """
    return write_grades(course, assignment, "gradescope", to)


@export_command("gradescope-zip", "Write here instead of exports/ASSIGNMENT/gradescope-autograder.zip.")
def export_gradescope_zip(course: Course, assignment: str, to: Path | None) -> int:
    """Write the zip with which Gradescope grades ASSIGNMENT.

    Upload it under Configure Autograder. It contains the solutions, the mistakes and the course's secret: keep it
    from students. Gradescope then grades as `autograder grade` does, without a gradebook. If the autograder fails,
    the submission gets no score, and staff see the reason.
    """
    from .. import exports
    from ..exports import gradescope_zip

    export = gradescope_zip.export(course, assignment)
    warn_of_default_secret(course)
    target = to or course.root / FOLDER / assignment / gradescope_zip.FILE
    for line in (*exports.write_export(export, target, folder=False), *export.notes):
        click.echo(line)
    return ALL_GRADED


@export_command("coursera")
def export_coursera(course: Course, assignment: str, to: Path | None) -> int:
    """Write STUDENT/feedback.json for Coursera.

    The feedback is in htmlFeedback.html beside it. A submission that was not graded has no file.
    """
    return write_grades(course, assignment, "coursera", to)


@export_command("classroom50")
@click.option("--classroom", metavar="NAME", envvar="CLASSROOM", required=True, help="The classroom's short name.")
def export_classroom50(course: Course, assignment: str, to: Path | None, classroom: str) -> int:
    """Write STUDENT/result.json for Classroom 50.

    Points are rounded to whole numbers. A submission that was not graded has no file.
    """
    return write_grades(course, assignment, "classroom50", to, classroom=classroom)
