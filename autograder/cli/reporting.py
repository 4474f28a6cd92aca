"""`autograder report` and `autograder feedback`: pages for the instructor and for each student."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import click

from .. import records
from ..oracle import load_assignment
from ..submission import students_of
from .common import ALL_GRADED, console, in_course, write_json, written_whole


@click.command("report")
@click.argument("assignment")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Where the page goes.  [default: reports/ASSIGNMENT.html]")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write the same as JSON, too.")
@click.option("--hide-names", is_flag=True,
              help="Numbers for students, drawn by lot, to show it to others.  [reports/ASSIGNMENT-no-names.html]")
@in_course
def report_command(root: Path, assignment: str, output: Path | None, json_file: Path | None, hide_names: bool):
    """Make the class report of ASSIGNMENT: one page for the instructor, to open in any browser, without a network.

    What to teach next; how the scores are spread; the tasks by difficulty and discrimination; the mistakes of this
    class, with who made them; what was repaired, not graded, stopped at a limit, or looks like tampering. Scores are
    those of the gradebook, manual points and penalties included.
    """
    from .. import dashboard, gradebook, report_page

    for option, path in (("--output", output), ("--json", json_file)):
        if path and not path.absolute().parent.is_dir():
            raise click.BadParameter(f"there is no folder {path.parent}", param_hint=option)
    summary = dashboard.summarise(
        records.kept(root, assignment), gradebook.standings(root, assignment), assignment,
        load_assignment(root, assignment).tasks, students_of(root, assignment), hide_names,
        datetime.now().strftime("%-d %B %Y, %H:%M"),
    )
    if output is None:
        output = records.folder_of(root, assignment).with_name(assignment + "-no-names" * hide_names + ".html")
        output.parent.mkdir(exist_ok=True)
    with written_whole(output) as file:
        file.write(report_page.page(summary))
    if json_file:
        write_json(json_file, summary)
    counts = summary["counts"]
    graded = counts["graded"] + counts["partly_graded"]
    click.echo(f"wrote {os.path.relpath(output)}: {graded} of {counts['handed_in']} graded")
    for entry in summary["teach"]:
        console.print(f"{entry['count']:4}  {entry['task']}: {entry['says']}", markup=False, highlight=False,
                      soft_wrap=True)
    return ALL_GRADED
