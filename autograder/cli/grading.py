"""`autograder grade`: grade a class, with a progress bar."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from ..cores import usable_cores
from ..course.course import Course
from ..course.students import MISNAMED, misnamed, students_of
from ..model import Report
from ..notebooks.submission import printable
from ..pages.words import number
from ..sandbox import LEVELS, Sandbox, level_of
from .common import (
    ALL_GRADED,
    SOME_NOT_GRADED,
    in_course,
    must_be_writable,
    open_output,
    print_line,
    to_stderr,
    warn_of_default_secret,
)
from .results import show
from .times import show_times

if TYPE_CHECKING:
    from ..batch.job import Job
    from ..batch.workers import Workers
    from ..batch.writing import Progress, RunSummary

MOST_SWAPS = 5  # of attempts, in one run


@click.command()
@click.argument("assignment")
@click.option("--student", "patterns", multiple=True, metavar="ID",
              help="Only this student; repeatable; * and ? match.")
@click.option("--all", "again", is_flag=True, help="Grade also what has not changed since it was graded.")
@click.option("--jobs", type=click.IntRange(1), default=len(usable_cores()), show_default="the cores", metavar="N",
              help="Submissions graded at a time.")
@click.option("--scheduler", metavar="ADDRESS",
              help="Grade on the workers of this Dask cluster instead of here (docs/large-classes.md).")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write the reports here, too.")
@click.option("--isolation", type=click.Choice(["best", "strict", *LEVELS]), show_default="c.Judge.isolation, or best",
              help="The sandbox's level; strict refuses anything but the strongest one.")
@click.option("--dry-run", is_flag=True,
              help="Write nothing; list whose points would change, also if the source has changed since the release.")
@in_course
def grade(course: Course, assignment: str, patterns: Sequence[str], again: bool, jobs: int, scheduler: str | None,
          json_file: Path | None, isolation: str | None, dry_run: bool) -> int:
    """Grade submissions that are new or have changed.

    Reads submitted/STUDENT/ASSIGNMENT/, runs each notebook's cells in a sandbox, and judges each task on hidden
    arguments. Writes autograded/, reports/ and nbgrader's gradebook as it goes. Stop it at any time, with Ctrl-C or
    otherwise: the same command goes on from there. Manual scores and comments stay. A submission that cannot be graded
    is named with the reason, and does not stop the others.

    \b
    Exit code: 0 all graded, 1 some not graded,
    2 bad usage or a course that cannot be loaded.
    """
    from ..collect.attempts import BEST, counting_attempt

    if dry_run and json_file:
        raise click.UsageError("--dry-run writes nothing: leave out --json")
    must_be_writable("--json", json_file)
    best_counts = counting_attempt(course) == BEST
    course.assignment(assignment)
    warn_of_default_secret(course)
    students = students_of(course, assignment, patterns)
    if scheduler is None:
        check_isolation(isolation, course)
    workers = workers_of(len(students), jobs, scheduler)
    if dry_run:
        return show_preview(course, assignment, students, workers, isolation, again)
    summary = grade_with_progress(course, assignment, students, workers, isolation, again)
    if best_counts and not summary.stopped:
        grade_best_attempts(course, assignment, students, workers, isolation)
    odd = [] if patterns else misnamed(course, assignment)
    for folder in odd:
        reason = f"{course.root / 'submitted'} has folders that {MISNAMED}: rename this one"
        report = Report(assignment, printable(folder), "not graded", reason=reason, reason_kind="folder name")
        summary.add(report, saved=False)
    if json_file:
        write_reports(json_file, course, assignment, students, summary)
    show(course, assignment, students, summary)
    show_times(course, assignment, students)
    if not summary.stopped:
        print_line(f"Next: autograder feedback {assignment}")
    return ALL_GRADED if summary.graded + summary.unchanged == len(students) + len(odd) else SOME_NOT_GRADED


def check_isolation(isolation: str | None, course: Course) -> None:
    """Raise an error now if this machine lacks the isolation level, and not once for each submission."""
    from ..batch.job import isolation_of

    if level := level_of(isolation or isolation_of(course.config)):
        Sandbox(level=level).close()


def workers_of(students: int, jobs: int, scheduler: str | None = None) -> Callable[[Job], Workers]:
    """Return what makes the workers: processes of this machine, or a cluster's."""
    if scheduler:
        from ..batch.cluster import ClusterWorkers

        return partial(ClusterWorkers, address=scheduler)
    from ..batch.workers import LocalWorkers

    return partial(LocalWorkers, jobs=min(jobs, students))


def grade_with_progress(
    course: Course, assignment: str, students: Sequence[str], workers: Callable[[Job], Workers],
    isolation: str | None = None, again: bool = False,
) -> RunSummary:
    """Grade students' submissions, and show a bar meanwhile. See `grade_class`."""
    from ..batch.run import grade_class

    with progress_bar(len(students)) as advance:
        return grade_class(course, assignment, students, workers, advance, isolation, again)


def grade_best_attempts(
    course: Course, assignment: str, students: Sequence[str], workers: Callable[[Job], Workers], isolation: str | None
) -> None:
    """Let each student's best attempt count, and grade those that were put in place for it.

    An attempt's score may be that of an older version of the assignment, so that another one may then be the best.
    """
    from ..collect.attempts import put_best_in_place
    from ..exports.words import list_students

    for _ in range(MOST_SWAPS):
        if not (changed := put_best_in_place(course, assignment, students)):
            break
        for line in list_students("an earlier attempt counts, since it has more points", changed):
            click.echo(line)
        grade_with_progress(course, assignment, changed, workers, isolation)


def show_preview(
    course: Course, assignment: str, students: Sequence[str], workers: Callable[[Job], Workers],
    isolation: str | None, again: bool,
) -> int:
    """Print whose points a run would change, and return the exit code."""
    from ..batch.preview import preview_class

    with progress_bar(len(students)) as advance:
        preview = preview_class(course, assignment, students, workers, advance, isolation, again)
    if preview.needs_release:
        click.echo(f"{preview.needs_release}: these are the points after autograder release {assignment}")
    for change in preview.changes:
        cells = [f"{cell} {points_or_none(old)} -> {points_or_none(new)}"
                 + " (a person's score stays)" * (cell in change.by_hand)
                 for cell, (old, new) in change.cells.items()]
        click.echo(f"{change.student}: {points_or_none(change.before)} -> {points_or_none(change.after)}"
                   + (f"  ({'; '.join(cells)})" if cells else ""))
    summary = preview.summary
    for student, reason in summary.failures.items():
        click.echo(f"{student}: not graded, {reason}")
    click.echo(f"{len(preview.changes)} of {len(students)} would change; nothing was written")
    return ALL_GRADED if summary.graded + summary.unchanged == len(students) else SOME_NOT_GRADED


def points_or_none(points: float | None) -> str:
    """Return points as they are printed; "none" where there are none."""
    return "none" if points is None else number(points)


@contextmanager
def progress_bar(total: int) -> Iterator[Progress]:
    """Show a bar, and yield the function that advances it."""
    columns = (TextColumn("grading"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
               TimeRemainingColumn(), TextColumn("{task.fields[counts]}"))
    # no refreshing thread: workers are forked while the bar is shown
    with Bar(*columns, console=to_stderr, transient=True, auto_refresh=False,
             disable=not to_stderr.is_terminal) as progress:
        bar = progress.add_task("grading", total=total, rate="", counts="")
        start = drawn = time.monotonic()

        def advance(summary: RunSummary, report: Report | None) -> None:
            nonlocal drawn
            now = time.monotonic()
            if now - drawn < 0.1:
                return
            drawn = now
            counts = [f"{summary.unchanged} unchanged"] * bool(summary.unchanged)
            counts += [f"{summary.not_graded} not graded"] * bool(summary.not_graded)
            rate = (summary.graded + summary.not_graded) / (now - start)
            progress.update(bar, completed=summary.done, rate=f"{rate:.1f}/s", counts=", ".join(counts))
            progress.refresh()

        yield advance


def write_reports(path: Path, course: Course, name: str, students: Sequence[str], summary: RunSummary) -> None:
    """Write the reports that this run processed as JSON, all or nothing.

    After Ctrl-C the file has ``"stopped": true``.
    """
    head = {"assignment": name, "isolation": ", ".join(sorted(summary.isolation - {"none"})) or "none",
            "seconds": round(summary.seconds, 3)}
    if summary.stopped:
        head["stopped"] = True
    with open_output(path) as file:
        file.write(json.dumps(head, indent=1).removesuffix("\n}") + ',\n "submissions": [')
        between = "\n"
        for report in summary.reports(course.reports(name), students):
            file.write(between + json.dumps(report.to_dict()))
            between = ",\n"
        file.write("\n]}\n")
