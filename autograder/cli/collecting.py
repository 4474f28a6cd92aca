"""`autograder collect`: submissions from what people have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich import box
from rich.markup import escape
from rich.table import Column, Table

from ..errors import UnknownAssignmentError
from ..oracle import load_assignment
from .common import ALL_GRADED, IN_A_TABLE, SOME_NOT_GRADED, console, in_course

if TYPE_CHECKING:
    from ..collect import Collected
    from ..roster import Roster


@click.command("collect")
@click.argument("assignment")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--pattern", metavar="TEMPLATE",
              help='How the files are called, as in "{student}_{anything}.ipynb". Also: {name}, {email}, '
                   "{lms_user_id}, {timestamp}. With slashes it is compared with folders, too.")
@click.option("--regex", is_flag=True,
              help="The pattern is a regular expression, with groups such as (?P<student>...).")
@click.option("--roster", "roster_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="CSV",
              help="Who may be meant: id,first_name,last_name,email,lms_user_id. By default the gradebook's students.")
@click.option("--replace", "replacing", is_flag=True, help="Overwrite submissions that are different; they are named.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@in_course
def collect_command(root: Path, assignment: str, path: Path, pattern: str | None, regex: bool,
                    roster_file: Path | None, replacing: bool, dry_run: bool):
    """Put submissions from PATH, a folder or a zip, into submitted/STUDENT/ASSIGNMENT/.

    PATH is what you have: a bulk download of Moodle or Canvas, nbgrader's exchange, a submitted folder, or files that
    begin with the student's id; for others give --pattern. What is there already stays, unless you say --replace.

    \b
    Exit code: 0 all in place, 1 something unmatched, refused or kept (each is named), 2 bad usage.
    """
    from ..collect import collect

    load_assignment(root, assignment)
    roster = known_students(root, assignment, roster_file)
    found = collect(root, assignment, path, roster, pattern, regex, replacing, dry_run)
    show_collected(found, dry_run)
    return SOME_NOT_GRADED if found.unmatched or found.refused or found.kept else ALL_GRADED


def known_students(root: Path, assignment: str, file: Path | None) -> Roster:
    """The students of a file; else those of the gradebook, of which there may be none yet."""
    from .. import gradebook, roster

    if file:
        return roster.read_roster(file)
    try:
        return roster.Roster(gradebook.read_grades(root, assignment).values())
    except UnknownAssignmentError:
        return roster.Roster()


def show_collected(found: Collected, dry_run: bool) -> None:
    """What became of each file: a table, or counts where the class is large; then what needs a look."""
    would = "would be " if dry_run else ""
    states = {f"{would}collected": found.matched, f"{would}replaced": found.replaced, "unchanged": found.unchanged,
              "kept": found.kept}
    if 0 < sum(map(len, states.values())) <= IN_A_TABLE:
        table = Table(Column("student", no_wrap=True), "", "from", "note", title=found.kind, box=box.SIMPLE)
        for state, lines in states.items():
            for line in lines:
                table.add_row(*map(escape, (line.student, state, line.source, line.note)))
        console.print(table)
    else:
        for line in (*found.replaced, *found.kept):
            click.echo(f"{'kept' if line in found.kept else f'{would}replaced'}: {line.student}: {line.note}")
    for what, files in (("unmatched", found.unmatched), ("refused", found.refused)):
        for file, reason in files:
            click.echo(f"{what}: {file}: {reason}")
    for note in found.notes:
        click.echo(note)
    click.echo(", ".join(f"{len(lines)} {state}" for state, lines in states.items() if lines) or "nothing collected")
    if found.kept:
        click.echo("what is kept gives way with --replace")
