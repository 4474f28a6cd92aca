"""`autograder collect`: bring submissions in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich import box
from rich.markup import escape
from rich.table import Column, Table

from ..course.course import Course
from .common import ALL_GRADED, IN_A_TABLE, SOME_NOT_GRADED, console, has_room, in_course, print_line
from .students import read_zone, timezone_option
from .times import show_times

if TYPE_CHECKING:
    from ..collect import CollectedFile, CollectResult, Skipped

MAX_LINES = 100  # about one kind of problem


@click.command("collect")
@click.argument("assignment")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--pattern", metavar="TEMPLATE",
              help='The form of the files\' names, as in "{student}_{anything}.ipynb". Also: {name}, {email}, '
                   "{lms_user_id}, {timestamp}. A pattern with slashes is compared with folders, too.")
@click.option("--regex", is_flag=True,
              help="The pattern is a regular expression, with groups such as (?P<student>...).")
@click.option("--roster", "roster_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help="Only these students, in a file as for autograder roster.  [default: those of the gradebook]")
@timezone_option
@click.option("--replace", is_flag=True, help="Replace submissions that differ; earlier ones are kept in attempts/.")
@click.option("--dry-run", is_flag=True, help="Write nothing; only report what would be done.")
@in_course
def collect_command(course: Course, assignment: str, path: Path, pattern: str | None, regex: bool,
                    roster_file: Path | None, timezone: str | None, replace: bool, dry_run: bool) -> int:
    """Put submissions from PATH into submitted/.

    They go to submitted/STUDENT/ASSIGNMENT/. PATH is a folder or a zip: a bulk download of Moodle or Canvas, nbgrader's
    exchange, a submitted folder, or files whose names begin with the student's id. For other names, give --pattern. A
    submission that is already there stays, unless you give --replace.

    Bulk downloads have names and numbers, not ids: import the class first, with `autograder roster FILE`.

    \b
    Exit code: 0 all in place, 1 something unmatched, refused or kept (each
    is named), 2 bad usage.
    """
    from ..collect import collect_submissions
    from ..collect.attempts import BEST, counting_attempt
    from ..collect.class_list import roster_of
    from ..course.public_cases import released_files
    from ..platforms import load_record, save_record

    loaded = course.assignment(assignment)
    best_counts = counting_attempt(course) == BEST
    record = load_record(course.root, assignment)
    before = deepcopy(record)
    roster = roster_of(course, roster_file, read_zone(timezone), record)
    try:
        result = collect_submissions(course, assignment, path, roster, pattern, regex, replace, dry_run,
                                     loaded.count_work, released_files(loaded), record, best_counts)
    finally:
        if record != before and not dry_run:
            save_record(course.root, assignment, record)
    show_result(result, dry_run)
    if not dry_run:
        taken = (*result.matched, *result.replaced, *result.timed, *result.unchanged, *result.kept)
        show_times(course, assignment, sorted(file.student for file in taken))
    return SOME_NOT_GRADED if result.unmatched or result.refused or result.kept else ALL_GRADED


def show_result(result: CollectResult, dry_run: bool) -> None:
    """Print the outcome of each file as a table, or counts of a large class; then each file that needs attention."""
    would = "would be " if dry_run else ""
    outcomes = {f"{would}collected": result.matched, f"{would}replaced": result.replaced,
                f"{would}given a time": result.timed, "unchanged": result.unchanged, "kept": result.kept}
    if 0 < sum(map(len, outcomes.values())) <= IN_A_TABLE:
        show_files(result.source, outcomes)
    else:
        for outcome, files in ((f"{would}replaced", result.replaced), ("kept", result.kept)):
            show_lines([f"{outcome}: {file.student}: {file.note}" for file in files])
    strangers = hidden_strangers(result)
    unmatched = [row for row in result.unmatched if row not in strangers]
    for problem, skipped in (("unmatched", unmatched), ("refused", result.refused)):
        show_lines([f"{problem}: {path}: {reason}" for path, reason in skipped])
    show_lines(result.notes)
    counts = [f"{len(files)} {outcome}" for outcome, files in outcomes.items() if files]
    click.echo(", ".join(counts) or "nothing collected")
    if strangers:
        everything = len(strangers) + sum(map(len, outcomes.values()))
        click.echo(f"{len(strangers)} of {everything} files belong to nobody in the gradebook, as {strangers[0].path}. "
                   "Import the class, then run this again: autograder roster FILE (Canvas's gradebook, Moodle's "
                   "worksheet, Gradescope's roster, nbgrader's CSV)")
    elif result.strangers:
        click.echo("who they are: autograder roster FILE")
    if result.replaced and not dry_run:
        click.echo("the submissions that were there before are kept in attempts/")
    if result.kept:
        click.echo("give --replace to take the new ones; those that are there are then kept in attempts/")


def show_files(source: str, outcomes: Mapping[str, Sequence[CollectedFile]]) -> None:
    """Print each file with its outcome: in a table, or one below another where a name would be broken."""
    table = Table(Column("student", no_wrap=True), "", "from", "note", title=source, box=box.SIMPLE)
    files = [(outcome, file) for outcome, those in outcomes.items() for file in those]
    for outcome, file in files:
        table.add_row(*map(escape, (file.student, outcome, file.source, file.note)))
    if has_room(table):
        console.print(table)
        return
    print_line(source)
    for outcome, file in files:
        lines = "\n    ".join(filter(None, (f"{file.student}: {outcome}", file.source, file.note)))
        console.print(lines, markup=False, highlight=False, soft_wrap=True)


def hidden_strangers(result: CollectResult) -> Sequence[Skipped]:
    """Return the files of unknown students that one line is enough for: several, and more than half of all."""
    taken = sum(map(len, (result.matched, result.replaced, result.timed, result.unchanged, result.kept)))
    return result.strangers if len(result.strangers) > max(2, taken) else ()


def show_lines(lines: Sequence[str]) -> None:
    """Print the first lines, and how many more there are."""
    for line in lines[:MAX_LINES]:
        print_line(line)
    if len(lines) > MAX_LINES:
        click.echo(f"... and {len(lines) - MAX_LINES:,} more like these")
