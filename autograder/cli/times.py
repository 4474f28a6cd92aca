"""Print the times of a class in one or two lines."""

from __future__ import annotations

from collections.abc import Iterable

import click

from ..course.course import Course


def show_times(course: Course, assignment: str, students: Iterable[str]) -> None:
    """Print the due date, how many were late, and of how many the time is not known."""
    from ..exports.words import list_students
    from ..nbgrader_bridge.times import read_times

    times = read_times(course, assignment, students)
    if not times.needs_words:
        return
    if times.due is None:
        click.echo("no due date is set; to set one: "
                   f'nbgrader db assignment add {assignment} --duedate "2026-11-27 18:00 UTC"')
        click.echo("on late penalties, and on times that Canvas does not tell: docs/deadlines.md")
    else:
        click.echo(f"due {times.due:%Y-%m-%d %H:%M} UTC: {len(times.late)} of {len(times.students)} late"
                   + (f", {len(times.unknown)} without a time, so without a late penalty" if times.unknown else ""))
    for line in list_students("late, says Canvas, but not by how much", times.marked_late):
        click.echo(line)
