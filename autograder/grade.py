"""One submission to one Report: no database, no global state.

Also `award`, the one line behind each hidden test: the points of a function in the notebook that runs it.
"""

from __future__ import annotations

import inspect
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from nbformat import NotebookNode

import public_tests
import rnn_utils

from . import scaffold
from .course.assignment import Assignment
from .course.course import Course
from .errors import CourseError, SandboxError
from .fingerprints import public_cases
from .judging import judge, judge_task
from .model import CellRun, Repair, Report, Verdict
from .notebooks import finding
from .sandbox.local import LocalSession


def grade(
    nb: NotebookNode, student: str, assignment: Assignment, sandbox, repairs: tuple[Repair, ...] = ()
) -> Report:
    """Run a submitted notebook's cells in the sandbox and judge its tasks.

    Parameters
    ----------
    nb : NotebookNode
        As `repair_notebook` gives it.
    student : str
    assignment : Assignment
    sandbox : Sandbox
    repairs : tuple of Repair
        What `repair_notebook` mended.

    Returns
    -------
    Report
        "not graded" with the reason where the sandbox fails through no fault of the student's.
    """
    start = time.perf_counter()
    cells = student_cells(nb, assignment)
    try:
        sources, files = [(cell.id, cell.source) for cell in cells], support_files(assignment)
        times = sandbox.time_cells(own_cells(assignment), files, lesson(assignment))
        with sandbox.open(sources, files, lesson(assignment), times) as session:
            verdicts = judge(session, assignment)
            runs = {cell.id: run for cell, run in zip(cells, session.cells, strict=True)}
    except SandboxError as error:
        return Report(assignment.name, student, "not graded", reason=str(error), repairs=repairs,
                      isolation=sandbox.level, reason_kind=error.kind)
    verdicts = with_circumstances(verdicts, nb, assignment, runs)
    seconds = time.perf_counter() - start
    return Report(assignment.name, student, "graded", verdicts, None, repairs, sandbox.level, seconds,
                  session.peak_memory, runs)


def student_cells(nb: NotebookNode, assignment: Assignment) -> list[NotebookNode]:
    """The code cells that run in the student's process: all but the tests of our tasks, which are judged instead."""
    judged = set(map(finding.tests_of, assignment.tasks))
    return [
        cell for cell in nb.cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade_id") not in judged
    ]


@cache
def own_cells(assignment: Assignment) -> tuple[tuple[str, str], ...]:
    """The code cells of the instructor's own notebook, with their ids."""
    return tuple((cell.id, cell.source) for cell in student_cells(assignment.notebook, assignment))


@cache
def lesson(assignment: Assignment) -> tuple[str | None, ...]:
    """The code cells that students leave as they are, by place; None where they write, or where tests are hidden."""

    def is_open(cell: NotebookNode) -> bool:
        said = finding.nbgrader_metadata(cell)
        return not (said.get("solution") or said.get("grade"))

    return tuple(cell.source if is_open(cell) else None for cell in student_cells(assignment.notebook, assignment))


def with_circumstances(
    verdicts: tuple[Verdict, ...], nb: NotebookNode, assignment: Assignment, runs: Mapping[str, CellRun]
) -> tuple[Verdict, ...]:
    """The verdicts with what is known of their cells: that one is untouched, or that running it hit a limit."""
    written = finding.solution_cells(nb)

    def noted(verdict: Verdict) -> Verdict:
        cell = written.get(verdict.task)
        if cell is None or verdict.passed:
            return verdict
        if cell.source.strip() == released_source(assignment, verdict.task).strip():
            note = f"`{verdict.task}` is not done yet: its cell is as it was released."
            return replace(verdict, notes=(note,), untouched=True)
        if cell.id in runs and (problem := runs[cell.id].problem):
            number = 1 + [other.id for other in nb.cells].index(cell.id)
            note = f"Running its cell, number {number} of the notebook, {problem.text}."
            return replace(verdict, notes=(*verdict.notes, note))
        return verdict

    return tuple(map(noted, verdicts))


@cache
def released_source(assignment: Assignment, task_name: str) -> str:
    """A solution cell as students get it."""
    return scaffold.scaffold_source(assignment.oracle.sources[task_name])


@cache
def support_files(assignment: Assignment) -> dict[str, bytes]:
    """The files that lie beside a student's notebook: numpy only, none of ours but the learner's checks."""
    return {
        "rnn_utils.py": Path(inspect.getfile(rnn_utils)).read_bytes(),
        "public_tests.py": Path(inspect.getfile(public_tests)).read_bytes(),
        public_tests.CASES: json.dumps(public_cases(assignment), separators=(",", ":")).encode() + b"\n",
    }


def award(function) -> float:
    """The points that a function of the running notebook earns: what the hidden part of a test cell calls.

    Meant for the instructor's own notebook: it judges in this very process. When a class is graded the judge stands
    outside the student's process, and this line is not run.

    Returns
    -------
    float
        Within [0, points of the function's test cell].
    """
    assignment = _assignment_here(function.__name__, str(Path.cwd()))
    verdict = judge_task(LocalSession(function.__globals__), assignment, function.__name__)
    for check in verdict.checks:
        if not check.passed:
            print(f"{verdict.task}, {check.name}: {check.message}")
    return float(verdict.score)


@cache
def _assignment_here(task_name: str, folder: str) -> Assignment:
    """The assignment that has this task: the one in whose folder the notebook runs, else the first that has it."""
    course = Course.find(folder)
    for name in sorted(course.assignments, key=lambda name: name != Path(folder).name):
        assignment = course.assignment(name)
        if task_name in assignment.tasks:
            return assignment
    raise CourseError(course.root, f"no assignment has a task {task_name!r}", "Add its solution and test cells.")
