"""The instructor's solution as functions, read from the source notebook, and the wrong versions derived from it.

The source notebook is the only place where a solution is written down; nothing here runs student code.
"""

from __future__ import annotations

import ast
import copy
import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from nbformat import NotebookNode

from .course import TASKS
from .errors import CourseError, NotebookError
from .model import Case, Failed, Mistake, Outcome, Returned, Task
from .notebooks import finding, reading

SECRET_VARIABLE = "AUTOGRADER_SECRET"
SECRET_FILE = ".autograder-secret"
DEFAULT_SECRET = "rnn-step-by-step"
#: What a test cell of ours says; other autograded cells are nbgrader's to execute.
AWARD = "award("
#: Modules that the source notebook imports for the learner's checks, and that no solution needs.
NOT_FOR_THE_ORACLE = {"public_tests", "autograder"}


def find_root(start: Path | str = ".") -> Path:
    """The course's root: the nearest folder, upwards from ``start``, that holds nbgrader_config.py."""
    start = Path(start).resolve()
    for folder in (start, *start.parents):
        if (folder / "nbgrader_config.py").exists():
            if odd := set("*?[") & set(str(folder)):  # nbgrader takes them for a pattern, the database for a query
                raise CourseError(folder, f"the path has {min(odd)} in it, with which nbgrader cannot work",
                                  "Rename the folder.")
            return folder
    raise CourseError(start, "not inside a course", "Go to the folder that holds nbgrader_config.py.")


def course_secret(root: Path) -> tuple[str, bool]:
    """The secret from which hidden arguments are drawn, and whether it is the course's own (not the public default)."""
    if os.environ.get(SECRET_VARIABLE):
        return os.environ[SECRET_VARIABLE], True
    try:
        secret = (root / SECRET_FILE).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return DEFAULT_SECRET, False
    return secret or DEFAULT_SECRET, bool(secret)


@dataclass(frozen=True)
class Oracle:
    """The instructor's functions by name, and their sources."""

    sources: Mapping[str, str]
    imports: str

    @classmethod
    def from_notebook(cls, nb: NotebookNode) -> Oracle:
        """Read the solution cells, and the imports of all code cells that are not tests."""
        imports = []
        tests = {id(cell) for cell in finding.test_cells(nb).values()}
        for cell in nb.cells:
            if cell.cell_type == "code" and id(cell) not in tests:
                imports += [ast.unparse(node) for node in imports_of(cell.source)]
        return cls({name: cell.source for name, cell in finding.solution_cells(nb).items()}, "\n".join(imports))

    @cached_property
    def functions(self) -> dict[str, Callable]:
        """The right functions; each calls the others."""
        return {name: self._namespace[name] for name in self.sources}

    @cached_property
    def _namespace(self) -> dict:
        namespace: dict = {"__name__": "oracle"}
        exec(compile(self.imports, "<imports of the source notebook>", "exec"), namespace)
        for name, source in self.sources.items():
            exec(compile(source, f"<solution cell {name}>", "exec"), namespace)
        return namespace

    def wrong(self, task_name: str, *mistakes: Mistake) -> Callable:
        """The task's function with one or more mistakes put into its source; the functions it calls stay right.

        Raises
        ------
        ValueError
            Where a left side of a substitution does not stand exactly once in the source.
        SyntaxError
            Where the result is not Python.
        """
        source = self.sources[task_name]
        for mistake in mistakes:
            source = mutate(source, mistake)
        namespace = dict(self._namespace)
        exec(compile(source, f"<mistaken {task_name}>", "exec"), namespace)
        return namespace[task_name]


def mutate(source: str, mistake: Mistake) -> str:
    """The source with a mistake's substitutions made."""
    for old, new in mistake.replace:
        if source.count(old) != 1:
            raise ValueError(f"mistake {mistake.id!r}: {old!r} stands {source.count(old)} times in the solution")
        source = source.replace(old, new)
    return source


def imports_of(source: str) -> list[ast.stmt]:
    """The top-level imports of a cell that a solution may need."""
    try:
        nodes = ast.parse(source).body
    except SyntaxError:  # a cell with magics, say
        return []
    found = []
    for node in nodes:
        if isinstance(node, ast.Import):
            modules = {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules = {(node.module or "").split(".")[0]}
        else:
            continue
        if not modules & NOT_FOR_THE_ORACLE:
            found.append(node)
    return found


@dataclass(frozen=True, eq=False)
class Assignment:
    """One assignment as the trusted side knows it: its notebook, its tasks with their points, its cases."""

    name: str
    path: Path | None  # of the notebook, where it lies on this machine
    notebook: NotebookNode
    tasks: Mapping[str, Task]  # in the notebook's order
    points: Mapping[str, float]
    oracle: Oracle
    secret: str
    own_secret: bool

    @cache  # noqa: B019  (an assignment lives as long as its process)
    def hidden_cases(self, task_name: str) -> tuple[Case, ...]:
        """The cases that decide the score, drawn from the course's secret."""
        return self._draw(task_name, f"hidden/{self.secret}")

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


def load_assignment(root: Path | str, name: str, tasks: Mapping[str, Task] = TASKS) -> Assignment:
    """Read ``source/<name>/<name>.ipynb`` and put together what judging it needs.

    Raises
    ------
    CourseError
        Where the notebook is missing or cannot be read, a solution cell has no test cell, points or `Task`,
        or a solution does not run.
    """
    root = Path(root).resolve()
    path = root / "source" / name / f"{name}.ipynb"
    if not path.exists():
        known = sorted(p.name for p in (root / "source").glob("*") if (p / f"{p.name}.ipynb").exists())
        raise CourseError(path, "no such assignment", f"This course has: {', '.join(known) or 'none'}.")
    try:
        nb = reading.read_notebook(path)
    except NotebookError as error:
        raise CourseError(path, error.args[1], "Mend the source notebook.") from error
    secret, own = course_secret(root)
    return assignment_of(nb, name, secret, own, path, tasks)


def assignment_of(
    nb: NotebookNode, name: str, secret: str, own_secret: bool, path: Path | None = None,
    tasks: Mapping[str, Task] = TASKS,
) -> Assignment:
    """What `load_assignment` makes of a source notebook; ``path`` is where it lies, if it does on this machine."""
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
        {n: float(tests[n].metadata.nbgrader.points) for n in judged}, oracle, secret, own_secret,
    )
