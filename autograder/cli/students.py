"""The commands about people and the course's end: `autograder roster`, `drop` and `archive`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..course.course import Course
from ..errors import CourseError
from ..pages.words import number
from .common import ALL_GRADED, SOME_NOT_GRADED, in_course

if TYPE_CHECKING:
    from ..class_lists import ClassList, Enrolment

MAX_ROWS = 20  # that are not clear


def timezone_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a command with the option for the zone of Moodle's times."""
    return click.option("--timezone", metavar="ZONE",
                        help="Of the times in Moodle's worksheet, as Europe/Berlin.  [default: this computer's]"
                        )(function)


def read_zone(name: str | None) -> tzinfo:
    """Return a time zone by its name, or this computer's.

    Raises
    ------
    CourseError
        There is no such zone.
    """
    from dateutil import tz

    zone = tz.gettz(name) if name else tz.tzlocal()
    if zone is None:
        raise CourseError(f"--timezone {name}", "no such time zone", "Name one as in Europe/Berlin or UTC.")
    return zone


@click.command("roster")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("assignment", required=False)
@timezone_option
@click.option("--dry-run", is_flag=True, help="Write nothing; only report what would be done.")
@in_course
def roster_command(course: Course, file: Path, assignment: str | None, timezone: str | None, dry_run: bool) -> int:
    """Write the class into the gradebook, from a platform's FILE.

    Give what the platform offers for download; its kind is detected:

    \b
      Canvas      Grades > Export > Export Entire Gradebook
      Moodle      the assignment > Submissions > Download grading worksheet
      Gradescope  Roster > Download Roster
      nbgrader    a CSV file with the columns id,first_name,last_name,email

    Names, addresses and numbers go into the gradebook's students. A student's id, which names the folders, is the
    login; else the part of the address before the @. Run it again with a newer file at any time: known students are
    updated and keep their ids, new ones are added, and nobody is deleted.

    Moodle numbers its participants anew in each assignment. Name ASSIGNMENT, and the numbers and the times of
    submission are kept for it: `autograder collect` then tells students of one name apart, and knows who was late.

    \b
    Exit code: 0 all in the gradebook, 1 some rows are not clear (each is
    named), 2 bad usage, or a file of no known kind.
    """
    from ..collect.class_list import enrol_class

    if assignment:
        course.assignment(assignment)
    elif len(course.assignments) == 1:
        (assignment,) = course.assignments
    listed, enrolment = enrol_class(course, file, read_zone(timezone), assignment, dry_run)
    show_enrolment(listed, enrolment, assignment, dry_run)
    return SOME_NOT_GRADED if enrolment.unclear else ALL_GRADED


def number_of(listed: ClassList) -> str:
    """Return how many students are listed, in words."""
    return f"{len(listed.students)} student" + "s" * (len(listed.students) != 1)


def show_enrolment(listed: ClassList, enrolment: Enrolment, assignment: str | None, dry_run: bool) -> None:
    """Print the counts, then what a person has to look at."""
    from ..exports.words import list_students

    counts = f"{len(enrolment.new)} new, {len(enrolment.changed)} changed, {len(enrolment.unchanged)} unchanged"
    click.echo(f"{listed.title}: {number_of(listed)}: {counts}" + "; nothing was written" * dry_run)
    for title, reason in enrolment.unclear[:MAX_ROWS]:
        click.echo(f"not taken: {title}: {reason}")
    if (more := len(enrolment.unclear) - MAX_ROWS) > 0:
        click.echo(f"... and {more} more rows like these")
    for line in listed.left_out:
        click.echo(f"left out: {line}")
    if participants := enrolment.participants:
        if assignment:
            times = sum(participant.time is not None for participant in participants.values())
            click.echo(f"kept for {assignment}: {len(participants)} participants' numbers, {times} times")
        else:
            click.echo("The participants' numbers and times are those of one assignment. To keep them, name it: "
                       "autograder roster FILE ASSIGNMENT")
    for line in (
        *list_students("found by the name alone: check them", enrolment.by_name),
        *list_students("the time cannot be read, so it is not known", enrolment.unread_times),
        *list_students("in the gradebook, but not in this file; they stay (autograder drop takes one out)",
                       enrolment.left),
    ):
        click.echo(line)


@click.command("drop")
@click.argument("students", metavar="STUDENT...", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
@in_course
def drop_command(course: Course, students: Sequence[str], yes: bool) -> int:
    """Take students out of the class, and keep what they did.

    Submissions, earlier attempts, graded notebooks, pages and reports move to dropped/STUDENT/. The grades, comments
    and numbers that the gradebook has go into student.json there, and leave the gradebook. The class report and the
    exports then count without the student.

    To take a student back, move the folders back, import the class again with `autograder roster FILE`, and grade.

    \b
    Exit code: 0 done, 1 not confirmed, 2 nobody has that id.
    """
    from ..collect.leaving import drop_student, find_student

    found = [find_student(course, student) for student in dict.fromkeys(students)]
    for leaving in found:
        name = " ".join(filter(None, (leaving.entry.first_name, leaving.entry.last_name))) if leaving.entry else ""
        grades = ", ".join(f"{assignment}: {number(grade['score'])}" if grade["score"] is not None else assignment
                           for assignment, grade in leaving.grades.items())
        click.echo(f"{leaving.student}{f' ({name})' if name else ''}: {', '.join(leaving.folders) or 'no folders'}; "
                   f"{grades or 'no grades'}")
    if not yes and not click.confirm(f"Move {'this student' if len(found) == 1 else 'these students'} to dropped/?"):
        click.echo("nothing was changed")
        return SOME_NOT_GRADED
    for leaving in found:
        click.echo(f"moved to {drop_student(course, leaving).relative_to(course.root)}/")
    return ALL_GRADED


@click.command("archive")
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write here.  [default: exports/course-DATE.zip]")
@in_course
def archive_command(course: Course, to: Path | None) -> int:
    """Put the course into one zip, to be kept.

    It holds the configuration, the secret, source/, release/, history/, the gradebook, all submissions and earlier
    attempts, graded notebooks, reports, platforms' numbers, and who was dropped. Pages and exports are left out, since
    `autograder feedback` and `export` make them again. To look at the course later, unpack it anywhere.

    The zip holds grades, solutions and the course's secret: keep it as you keep exams.
    """
    from ..collect.archiving import archive_course

    target = to or course.root / "exports" / f"course-{date.today():%Y-%m-%d}.zip"
    made = archive_course(course, target)
    counts = ", ".join(f"{folder} ({count:,})" for folder, count in made.folders.items())
    click.echo(f"wrote {target}, {target.stat().st_size / 1e6:.1f} MB; files: {counts}")
    if made.other_database:
        click.echo(f"the gradebook is not in it: dump it with the tools of {made.other_database}")
    return ALL_GRADED
