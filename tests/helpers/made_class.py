"""A class of any size for the class report: every verdict the judge's own, every repair `restore`'s own.

Each student has an ability and draws, task by task, one of the answers that were judged once.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache

from autograder.course.assignment import Assignment
from autograder.course.course import Course
from autograder.course.reference import mutate
from autograder.errors import NotebookError
from autograder.grade import add_circumstances
from autograder.judging import callees_first, judge_task
from autograder.model import CellGrade, Repair, Report, StudentGrade, Verdict
from autograder.notebooks import finding, reading
from autograder.notebooks.repair import repair_notebook
from autograder.sandbox.local import LocalSession
from tests.helpers.courses import NAME, ROOT

DUE = datetime(2025, 11, 14, 12)
#: Mistakes judged for each task, and how much less often each is made than the one before it.
KINDS, FALL = 7, 0.7
SYLLABLES = ["ka", "lo", "mi", "ra", "ne", "tu", "si", "vo", "el", "an", "bri", "dor", "fa", "gi", "hu", "jo"]


@cache
def first_assignment() -> Assignment:
    """Return the course's first assignment, the same object for all classes: what is judged is cached by it."""
    return Course(ROOT).assignment(NAME)


@cache
def made_class(size: int, seed: int = 1) -> tuple[dict[str, Report], dict[str, StudentGrade]]:
    """Reports and standings of a class, as `ReportStore.load_all` and `gradebook.read_grades` give them."""
    assignment, drawn = first_assignment(), random.Random(seed)
    pools = {task: pool_of(assignment, task) for task in assignment.tasks}
    odd = repairs_of_mangled(assignment)
    reports, standings = {}, {}
    for number in range(size):
        student = f"s{10_000 + number * 7 + drawn.randrange(7)}"
        names = [name_drawn(drawn), name_drawn(drawn)]
        came = drawn.random()
        if came < 0.99:  # one in a hundred hands in nothing
            reports[student] = report_drawn(assignment, pools, odd, student, drawn) if came < 0.975 else refused(
                student, drawn)
        standings[student] = standing_of(assignment, student, names, reports.get(student), drawn)
    return reports, standings


def name_drawn(drawn: random.Random) -> str:
    return "".join(drawn.choices(SYLLABLES, k=drawn.randint(2, 3))).title()


@cache
def pool_of(assignment: Assignment, task: str) -> dict[str, list]:
    """Judged answers to a task: right, mistaken (each with what its callers make of it), unexplained, untouched."""
    source = assignment.reference.sources[task]
    mistakes = assignment.tasks[task].mistakes
    drawn = random.Random(task)
    chosen = drawn.sample(mistakes, min(KINDS, len(mistakes)))
    wrong = [mutate(source, mistake) for mistake in chosen]
    body, _, given = source.rpartition("    return ")
    slightly = f"1.01 * {given}"
    if given == "gradients":
        slightly = "{name: 1.01 * value for name, value in gradients.items()}"
    odd = [
        body + "    return " + slightly + "\n",
        source.replace("np.", "numpy.", 1),
        source.replace("def ", "def my_", 1),
        body,  # nothing is returned
    ]
    return {
        "right": [judged(assignment, task, source)],
        "mistaken": [judged(assignment, task, each) for each in wrong],
        "unexplained": [judged(assignment, task, each) for each in odd],
        "untouched": [judged(assignment, task, released(assignment, task))],
    }


@cache
def released(assignment: Assignment, task: str) -> str:
    nb = reading.read_notebook(ROOT / "release" / NAME / f"{NAME}.ipynb")
    return finding.solution_cells(nb)[task].source


@cache
def judged(assignment: Assignment, task: str, source: str) -> dict[str, Verdict]:
    """The verdicts, by name, on a task written like this, and on those that call it; all else is right."""
    namespace = assignment.reference.run_imports()
    for name, own in {**assignment.reference.sources, task: source}.items():
        exec(compile(source if name == task else own, f"<cell {name}>", "exec"), namespace)
    if f"def {task}(" not in source:
        namespace.pop(task, None)
    session, verdicts = LocalSession(namespace), {}
    concerned = {task, *(name for name, other in assignment.tasks.items() if task in other.calls)}
    for name in callees_first(assignment.tasks):
        if name in concerned:
            verdicts[name] = judge_task(session, assignment, name, verdicts)
    nb = reading.read_notebook(ROOT / "release" / NAME / f"{NAME}.ipynb")
    finding.solution_cells(nb)[task].source = source
    return verdicts | {task: add_circumstances(verdicts[task], nb, assignment, {})}


def report_drawn(assignment: Assignment, pools: dict, odd: list, student: str, drawn: random.Random) -> Report:
    """One student's report: the better the ability, the more tasks are right; who is late in the day stops early."""
    ability, stops = drawn.betavariate(4, 1.2), len(assignment.tasks)
    if drawn.random() < 0.08:
        stops = drawn.randrange(stops)
    chosen: dict[str, dict[str, Verdict]] = {}
    for place, task in enumerate(assignment.tasks):
        pool = pools[task]
        if place >= stops:
            kind = "untouched"
        elif drawn.random() < ability * (0.99 - 0.03 * place):
            kind = "right"
        else:
            kind = "mistaken" if drawn.random() < 0.8 else "unexplained"
        weights = [FALL**n for n in range(len(pool[kind]))]
        chosen[task] = drawn.choices(pool[kind], weights)[0]
    verdicts = []
    for task in assignment.tasks:
        verdict = chosen[task][task]
        for callee in assignment.tasks[task].calls:
            if verdict.passed and task in chosen.get(callee, {}):
                verdict = chosen[callee][task]  # right itself, on top of what may be wrong
        verdicts.append(verdict)
    repairs = tuple(drawn.choice(odd)) if drawn.random() < 0.04 else ()
    seconds = min(60.0, drawn.lognormvariate(-0.6, 0.5) + 5 * (drawn.random() < 0.03))
    return Report(assignment.name, student, "graded", tuple(verdicts), None, repairs, "bubblewrap", round(seconds, 4))


@cache
def repairs_of_mangled(assignment: Assignment) -> list[tuple[Repair, ...]]:
    """Return the repairs of notebooks that were mangled in one way or another."""

    def of(change: Callable) -> tuple[Repair, ...]:
        nb = reading.read_notebook(ROOT / "release" / NAME / f"{NAME}.ipynb")
        change({cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in nb.cells}, nb)
        return tuple(repair_notebook(reading.normalise_notebook(nb), assignment.template)[1])

    def strip(cells, nb):
        for cell in nb.cells:
            cell.metadata.clear()

    def edit(cells, nb):
        cells["rnn_forward_tests"].source = "print('all good')"

    def enrich(cells, nb):
        cells["lstm_backward_tests"].metadata.nbgrader.points = 100

    def copy_cell(cells, nb):
        nb.cells.append(cells["rnn_cell_forward"].copy())

    def drop(cells, nb):
        nb.cells.remove(cells["lstm_forward_tests"])

    return [of(change) for change in (strip, strip, copy_cell, copy_cell, drop, edit, enrich)]


def refused(student: str, drawn: random.Random) -> Report:
    """A submission that cannot be graded, for a reason that `reading.read_notebook` or `submission_files` gives."""
    folder = f"/srv/course/submitted/{student}/{NAME}"
    error = drawn.choice([
        NotebookError(folder, f"it holds no {NAME}.ipynb; what was found is 'homework of {student}.pdf'"),
        NotebookError(f"{folder}/{NAME}.ipynb", f"the file is not JSON: Expecting value in line {drawn.randint(1, 9)}"),
        NotebookError(f"{folder}/{NAME}.ipynb", "the file is empty"),
    ])  # fmt: skip
    return Report(NAME, student, "not graded", reason=str(error), reason_kind=error.kind)


def standing_of(assignment: Assignment, student: str, names: list, report: Report | None, drawn: random.Random):
    """Return the gradebook's grade: the judge's points; now and then a late penalty or manual points."""
    cells, penalty, when = {}, 0.0, None
    if report is not None:
        when = DUE - timedelta(hours=drawn.expovariate(1 / 20) - 1)
        verdicts = {verdict.task: verdict for verdict in report.verdicts}
        for task in assignment.tasks:
            verdict = verdicts.get(task)
            manual = 2.0 if verdict and not verdict.passed and drawn.random() < 0.01 else None
            cells[f"{task}_tests"] = CellGrade(verdict and verdict.score, manual, None, assignment.points[task],
                                               verdict is None or (manual is not None and drawn.random() < 0.3))
        penalty = 5.0 if when > DUE and verdicts else 0.0
    return StudentGrade(student, *names, f"{student}@example.org", None, when, DUE, penalty,
                    sum(assignment.points.values()), report is not None, cells)


