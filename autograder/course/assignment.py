"""One assignment, read from ``source/<name>/``: its notebook, its tasks with their points, its cases."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from nbformat import NotebookNode

from ..errors import CourseError, NotebookError
from ..model import Case, Failed, Outcome, Returned, Task
from ..notebooks import finding, reading
from ..notebooks.matching import Template
from . import TASKS
from .reference import Oracle, mutate
from .settings import Secret

#: The call in a test cell that the judge replaces. nbgrader executes every other autograded cell.
AWARD = "award("


@dataclass(frozen=True, eq=False)
class Assignment:
    """One assignment as the trusted side knows it: its notebook, its tasks with their points, its cases."""

    name: str
    path: Path | None  # of the notebook, where it lies on this machine
    notebook: NotebookNode
    tasks: Mapping[str, Task]  # in the notebook's order
    points: Mapping[str, float]
    oracle: Oracle
    secret: Secret

    @cached_property
    def template(self) -> Template:
        """The notebook, prepared for repairing submissions."""
        return Template.from_notebook(self.notebook)

    @cache  # noqa: B019  (an assignment lives as long as its process)
    def hidden_cases(self, task_name: str) -> tuple[Case, ...]:
        """The cases that decide the score, drawn from the course's secret."""
        return self._draw(task_name, f"hidden/{self.secret.text}")

    @cache  # noqa: B019
    def visible_cases(self, task_name: str) -> tuple[Case, ...]:
        """The cases on which a gap may be shown: the public one, then fresh ones at the hidden cases' sizes."""
        task = self.tasks[task_name]
        public = Case("public", task.public_sizes, task.public(self.oracle.functions))
        return (self.solved(task_name, public), *self._draw(task_name, "visible"))

    def solved(self, task_name: str, case: Case) -> Case:
        """The case with what the oracle returns for it."""
        expected = self.oracle.functions[task_name](*copy.deepcopy(tuple(case.arguments.values())))
        return Case(case.name, case.sizes, case.arguments, expected)

    @staticmethod
    def outcome(function: Callable, case: Case) -> Outcome:
        """What a trusted function gives for a copy of the case's arguments."""
        arguments = copy.deepcopy(tuple(case.arguments.values()))
        try:
            with np.errstate(all="ignore"):
                return Returned(function(*arguments), arguments)
        except Exception as error:
            return Failed("raised", f"{type(error).__name__}: {error}")

    def _draw(self, task_name: str, stream: str) -> tuple[Case, ...]:
        task = self.tasks[task_name]
        cases = []
        for number, sizes in enumerate(task.sizes):
            seed = hashlib.sha256(f"{stream}/{task_name}/{number}".encode()).digest()
            rng = np.random.default_rng(list(seed))
            case = Case(f"fresh {number + 1}", sizes, task.draw(rng, sizes, self.oracle.functions))
            cases.append(self.solved(task_name, case))
        return tuple(cases)


def load_assignment(folder: Path, secret: Secret, tasks: Mapping[str, Task] = TASKS) -> Assignment:
    """Read the assignment in ``source/<name>/``.

    Raises
    ------
    CourseError
        The notebook is missing or cannot be read, a task lacks its solution cell, points or `Task`, or a solution
        does not run.
    """
    path = folder / f"{folder.name}.ipynb"
    try:
        nb = reading.read_notebook(path)
    except NotebookError as error:
        raise CourseError(path, error.args[1], "Mend the source notebook.") from error
    return assignment_from(nb, folder.name, secret, path, tasks)


def assignment_from(
    nb: NotebookNode, name: str, secret: Secret, path: Path | None = None, tasks: Mapping[str, Task] = TASKS
) -> Assignment:
    """Build an assignment from its source notebook; ``path`` is None where this machine has no such file."""
    where = path or f"{name}.ipynb"
    solutions, tests = finding.solution_cells(nb), finding.test_cells(nb)
    judged = [task_name for task_name, cell in tests.items() if AWARD in cell.source]
    for task_name in judged:
        if task_name not in solutions:
            raise CourseError(where, f"task {task_name!r} has no solution cell", f"Add a cell {task_name!r}.")
        if task_name not in tasks:
            raise CourseError(where, f"task {task_name!r} is not known", "Add a Task to autograder/course/.")
    oracle = Oracle.from_notebook(nb)
    try:
        oracle.functions  # noqa: B018  (run the solutions now, where the error can be named)
    except Exception as error:
        raise CourseError(where, f"a solution does not run ({type(error).__name__}: {error})", "Run it.") from error
    for task_name in judged:
        for mistake in tasks[task_name].mistakes:
            try:
                mutate(oracle.sources[task_name], mistake)
            except ValueError as error:
                raise CourseError(where, f"{task_name}, {error}", "Bring mistakes and solution together.") from error
    return Assignment(
        name, path, nb, {n: tasks[n] for n in judged},
        {n: float(tests[n].metadata.nbgrader.points) for n in judged}, oracle, secret,
    )
