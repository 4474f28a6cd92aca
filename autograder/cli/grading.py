"""The commands. The only module that prints or exits."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column, Table

from . import __version__, records
from .errors import AutograderError
from .jail import LEVELS, Jail, walls
from .oracle import SECRET_FILE, SECRET_VARIABLE, find_root, load_assignment

if TYPE_CHECKING:
    from .classroom import Tally
    from .marking import Kit
    from .workers import Workers

# classroom, demo and release import nbgrader, which takes seconds: each command imports what it needs.

console = Console()
to_stderr = Console(stderr=True)

IN_A_TABLE = 40  # students; more are not read line by line

ALL_GRADED, SOME_NOT_GRADED, BAD_USAGE = 0, 1, 2


def in_course(command):
    """Give a command the course's root, and turn our errors into one line and exit code 2."""

    @wraps(command)
    def run(*args, **kwargs):
        try:
            sys.exit(command(find_root(), *args, **kwargs) or ALL_GRADED)
        except AutograderError as error:
            to_stderr.print(f"autograder: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
            sys.exit(BAD_USAGE)

    return run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main():
    """Release and grade the notebooks of a course that grades itself.

    Run it from the course's root (the folder with nbgrader_config.py), in the activated environment. A class goes
    through three steps:

    \b
      autograder release rnn-step-by-step    source/ becomes release/, for the students
      (students hand in)                     into submitted/STUDENT/rnn-step-by-step/
      autograder grade rnn-step-by-step      points go to nbgrader's gradebook

    nbgrader's own commands and Formgrader work on the same folders and give the same points.
    `make demo` shows all of it on a class of twelve.
    """


@main.command("release")
@click.argument("assignment")
@click.option("--check", is_flag=True, help="Write nothing; say whether release/ is what source/ gives (else exit 1).")
@in_course
def release_command(root: Path, assignment: str, check: bool):
    """Make the students' notebook: release/ASSIGNMENT from source/ASSIGNMENT.

    Between START CODE HERE and END CODE HERE comments and targets stay and values go; hidden tests go; the files that
    a learner needs (rnn_utils.py, public_tests.py, public_cases.json, figures) are laid beside the notebook.
    The same as: nbgrader generate_assignment ASSIGNMENT --force
    """
    from . import release

    if check:
        differing = release.differences(root, assignment)
        for path in differing:
            click.echo(f"differs: {path}")
        click.echo("release is up to date" if not differing else f"run: autograder release {assignment}")
        return SOME_NOT_GRADED if differing else ALL_GRADED
    folder = release.release(root, assignment)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            click.echo(f"wrote {path.relative_to(root)}")


@main.command()
@click.argument("assignment")
@click.option("--student", "patterns", multiple=True, metavar="ID",
              help="Only this student; repeatable; * and ? match.")
@click.option("--all", "again", is_flag=True, help="Grade also what has not changed since it was graded.")
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count(), show_default="the cores", metavar="N",
              help="Submissions graded at a time.")
@click.option("--scheduler", metavar="ADDRESS",
              help="Grade on the workers of this Dask cluster instead of here (docs/large-classes.md).")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write the reports here, too.")
@click.option("--isolation", type=click.Choice(["best", "strict", *LEVELS]), show_default="c.Judge.isolation, or best",
              help="How student code is kept apart; strict refuses anything but the strongest level.")
@in_course
def grade(root: Path, assignment: str, patterns: Sequence[str], again: bool, jobs: int, scheduler: str | None,
          json_file: Path | None, isolation: str | None):
    """Grade the submissions of ASSIGNMENT into nbgrader's gradebook: those that are new or changed.

    Reads submitted/STUDENT/ASSIGNMENT/, runs each notebook's cells apart from us, judges each task on hidden arguments,
    and writes autograded/, reports/ and the gradebook as it goes. Stop it at any time, with Ctrl-C or worse: the same
    command goes on from there. Manual scores and comments stay. A submission that cannot be graded is named with the
    reason and never stops the others.

    \b
    Exit code: 0 all graded, 1 some not graded, 2 bad usage or a course that cannot be loaded.
    """
    from . import classroom

    if json_file and not json_file.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no folder {json_file.parent}", param_hint="--json")
    warn_of_default_secret(root, assignment)
    if isolation not in (None, "best"):
        Jail(level=LEVELS[-1] if isolation == "strict" else isolation).close()  # fails here, in one line
    students = classroom.students_of(root, assignment, patterns)
    workers = workers_of(len(students), jobs, scheduler)
    tally = graded_with_progress(root, assignment, students, workers, isolation, again)
    if json_file:
        write_reports(json_file, root, assignment, students, tally)
    show(root, assignment, students, tally)
    return ALL_GRADED if tally.graded + tally.unchanged == len(students) else SOME_NOT_GRADED


@main.command("audit")
@click.argument("assignment")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write the numbers here, too.")
@in_course
def audit_command(root: Path, assignment: str, json_file: Path | None):
    """Measure the checks of ASSIGNMENT: which mistakes do they catch and name, which right answers do they accept?

    Puts each catalogued mistake into the instructor's own solution and judges it; then each right answer written in
    another way. Exit code 1 where a gate is missed: hidden checks catch all, the public check 95 %, 90 % are named,
    every right variant gets full marks.
    """
    from . import audit

    audits = audit.audit(load_assignment(root, assignment))
    table = Table(Column("task", no_wrap=True), title=f"what the checks catch: {assignment}", box=box.SIMPLE)
    for head in ("known", "hidden", "public", "named", "in a\ngroup", "gap\nonly", "right"):
        table.add_column(head, justify="right", no_wrap=True)
    for task in audits:
        accepted = f"{task.variants - len(task.refused)}/{task.variants}"
        numbers = (task.mistakes, task.hidden, task.public, task.unique, task.group, len(task.gap_only), accepted)
        table.add_row(task.task, *map(str, numbers))
    console.print(table)
    problems = [problem for task in audits for problem in task.problems]
    for problem in problems:
        click.echo(problem)
    if json_file:
        write_json(json_file, {"assignment": assignment, "tasks": [task.to_dict() for task in audits]})
    return SOME_NOT_GRADED if problems else ALL_GRADED


@main.command("doctor")
def doctor_command():
    """Say which walls this machine gives around student code, and how to get more."""
    from .jail import doctor

    for wall in doctor.examine():
        click.echo(f"{'yes' if wall.stands else 'no ':3}  {wall.name:12} keeps {wall.stops}")
        if wall.more:
            click.echo(f"     {'':12} {wall.more}")
    click.echo(f"\n`autograder grade` runs student code at level: {walls.best_level()}")


@main.command("demo")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), default=Path("demo"), show_default=True,
              help="The scratch course; an earlier demo in it is replaced.")
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count(), show_default="the cores", metavar="N")
@in_course
def demo_command(root: Path, folder: Path, jobs: int):
    """Show the whole of it on a class of twelve, in a scratch course.

    Builds the release, makes twelve submissions out of it (right in several styles, typical mistakes, unfinished, a
    syntax error, an endless loop, one that ends its process, one untouched), grades them and writes their feedback.
    Your own class is not touched.
    """
    from . import demo, release

    name = "rnn-step-by-step"
    course = demo.make_course(root, folder.absolute())
    click.echo(f"release: {name} from its source notebook")
    release.release(course, name)
    students = demo.make_class(course, name)
    click.echo(f"class:   {len(students)} submissions made out of the release")
    show(course, name, students, graded_with_progress(course, name, students, workers_of(len(students), jobs)))
    with console.status("feedback pages"):
        release.feedback(course, name)
    page = folder / "feedback" / "dora" / name / f"{name}.html"
    click.echo(f"\nNext: open {page}, one student's feedback,")
    click.echo(f"      or `make lab COURSE={folder}` and choose Nbgrader > Formgrader.")
    return ALL_GRADED


def workers_of(students: int, jobs: int, scheduler: str | None = None) -> Callable[[Kit], Workers]:
    """Who grades: so many processes of this machine, or a cluster."""
    from .workers import ClusterWorkers, LocalWorkers

    if scheduler:
        return partial(ClusterWorkers, address=scheduler)
    return partial(LocalWorkers, jobs=min(jobs, students))


def graded_with_progress(
    root: Path, assignment: str, students: Sequence[str], workers: Callable[[Kit], Workers],
    isolation: str | None = None, again: bool = False,
) -> Tally:
    from . import classroom

    columns = (TextColumn("grading"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
               TimeRemainingColumn(), TextColumn("{task.fields[counts]}"))
    # without its own thread: workers are forked while it is on
    with Progress(*columns, console=to_stderr, transient=True, auto_refresh=False) as progress:
        bar = progress.add_task("grading", total=len(students), rate="", counts="")
        start = shown = time.monotonic()

        def advance(tally: Tally, report: dict | None) -> None:
            nonlocal shown
            now = time.monotonic()
            if now - shown < 0.1:
                return
            shown = now
            counts = [f"{tally.unchanged} unchanged"] * bool(tally.unchanged)
            counts += [f"{tally.not_graded} not graded"] * bool(tally.not_graded)
            rate = (tally.graded + tally.not_graded) / (now - start)
            progress.update(bar, completed=tally.done, rate=f"{rate:.1f}/s", counts=", ".join(counts))
            progress.refresh()

        return classroom.grade_class(root, assignment, students, workers, advance, isolation, again)


def show(root: Path, name: str, students: Sequence[str], tally: Tally) -> None:
    """The table of students and tasks where it is not too long, then whatever was out of the ordinary."""
    if len(students) <= IN_A_TABLE:
        show_table(root, name, students)
    else:
        for student, reason in list(tally.unwell.items())[:IN_A_TABLE]:
            console.print(f"{student}: {reason}", markup=False, highlight=False, soft_wrap=True)
    rate = f" ({(tally.graded + tally.not_graded) / tally.seconds:.1f}/s)" if tally.graded > IN_A_TABLE else ""
    counts = [f"{tally.graded} graded"]
    counts += [f"{tally.unchanged} unchanged"] * bool(tally.unchanged)
    counts += [f"{tally.not_graded} not graded"] * bool(tally.not_graded)
    levels = ", ".join(sorted(tally.isolation - {"none"})) or "none"
    console.print(f"{', '.join(counts)} of {len(students)} in {tally.seconds:.1f} s{rate}; isolation: {levels}")
    if tally.stopped:
        console.print("Stopped. The same command goes on from here.")


def show_table(root: Path, name: str, students: Sequence[str]) -> None:
    reports = [report for student in students if (report := records.kept_of(root, name, student))]
    tasks = list(load_assignment(root, name).tasks)
    table = Table(Column("student", no_wrap=True), title=name, box=box.SIMPLE)
    for head in (*map(short_head, tasks), "total"):
        table.add_column(head, justify="right", no_wrap=True)
    for report in reports:
        if report["status"] == "not graded":
            table.add_row(report["student"], *[""] * len(tasks), "not graded")
            continue
        cells = [points(report["tasks"][task]) for task in tasks]
        table.add_row(report["student"], *cells, f"{report['score']:g}/{report['max_score']:g}")
    console.print(table)
    for report in reports:
        for line in ([report["reason"]] if report["reason"] else []) + report["repairs"]:
            console.print(f"{report['student']}: {line}", markup=False, highlight=False, soft_wrap=True)
    if any(task["blamed_on"] for report in reports for task in report["tasks"].values()):
        console.print("* judged with a correct function beneath it, since the student's own goes wrong")


def short_head(task: str) -> str:
    """A task's name as the narrow head of a column."""
    return task.replace("forward", "fwd").replace("backward", "bwd").replace("_", "\n")


def points(task: dict) -> str:
    """A task's score for the table, with a letter where it was judged with a correct function beneath it."""
    return f"{task['score']:g}" + ("*" if task["blamed_on"] else "")


def write_reports(path: Path, root: Path, name: str, students: Sequence[str], tally: Tally) -> None:
    """The reports as others read them (DESIGN.md, contracts), one after the other, all or nothing."""
    head = {"assignment": name, "isolation": ", ".join(sorted(tally.isolation - {"none"})) or "none",
            "seconds": round(tally.seconds, 3)}
    with written_whole(path) as file:
        file.write(json.dumps(head, indent=1).removesuffix("\n}") + ',\n "submissions": [')
        between = "\n"
        for student in students:
            report = records.kept_of(root, name, student)
            if report:
                file.write(between + json.dumps(report))
                between = ",\n"
        file.write("\n]}\n")


def write_json(path: Path, whole: dict) -> None:
    """Write a JSON file, all or nothing."""
    with written_whole(path) as file:
        json.dump(whole, file, indent=1)


@contextmanager
def written_whole(path: Path) -> Iterator[TextIO]:
    """A file to write to, put in place when all is written."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.absolute().parent, delete=False) as file:
        try:
            yield file
        except BaseException:
            os.unlink(file.name)
            raise
    os.replace(file.name, path)


def warn_of_default_secret(root: Path, assignment: str) -> None:
    if not load_assignment(root, assignment).own_secret:
        to_stderr.print(
            f"Hidden arguments are drawn from the public default secret. For a real class write a line of your own "
            f"into {SECRET_FILE} (git ignores it) or set {SECRET_VARIABLE}.", style="yellow", highlight=False,
        )


if __name__ == "__main__":
    main()
