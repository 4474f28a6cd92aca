"""One assignment, read from ``source/<name>/``: its notebook, its tasks with their points, its cases."""

from __future__ import annotations

import atexit
import copy
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from nbformat import NotebookNode

from public_tests import CASES

from ..errors import CourseError, NotebookError
from ..model import Case, Failed, Outcome, Returned, Task, Value
from ..notebooks import finding, reading
from ..notebooks.choosing import count_work
from ..notebooks.history import History, parse_history, serialise_history
from ..notebooks.matching import Template
from .catalogue import Catalogue
from .folder import Modules, list_files, list_student_files
from .reference import Reference, mutate
from .scaffold import has_region, scaffold_source
from .settings import Secret, describe_error
from .source_cells import check_cells, skipped_cells

#: The call in a test cell that the judge replaces. nbgrader executes every other autograded cell.
AWARD = "award("
#: Files that code cannot read as data.
NO_DATA = {".py", ".svg"}
#: The folder, in the course's root, with the cells of all releases.
HISTORY = "history"


@dataclass(frozen=True)
class AssignmentBundle:
    """An assignment as plain data, for grading on other machines: all its files, and its secret."""

    name: str
    files: Mapping[str, bytes]  # by path, relative to the assignment's folder
    public_cases: bytes | None  # the file that students have, if the assignment has been released
    history: bytes  # of all releases
    secret: Secret

    @cached_property
    def digest(self) -> str:
        """A digest of everything in the bundle."""
        digest = hashlib.sha256(repr((self.name, self.secret.text)).encode())
        beside = (CASES, self.public_cases or b""), (HISTORY, self.history)
        for path, content in (*sorted(self.files.items()), *beside):
            digest.update(f"{path}\0{len(content)}\0".encode() + content)
        return digest.hexdigest()


@dataclass(frozen=True, eq=False)
class Assignment:
    """One assignment on the trusted side: notebook, tasks with their points, reference solution, cases."""

    folder: Path  # source/<name>/, or a copy of it
    notebook: NotebookNode
    tasks: Mapping[str, Task]  # in the notebook's order
    points: Mapping[str, float]
    reference: Reference
    secret: Secret

    @property
    def name(self) -> str:
        """The name of the assignment, which is that of its folder."""
        return self.folder.name

    @property
    def path(self) -> Path:
        """The source notebook."""
        return self.folder / f"{self.name}.ipynb"

    @property
    def released_cases(self) -> Path:
        """The file with the public cases in the assignment's release, which may not exist."""
        return self.folder.parents[1] / "release" / self.name / CASES

    @property
    def history_file(self) -> Path:
        """The file with the cells of all releases, which may not exist."""
        return self.folder.parents[1] / HISTORY / f"{self.name}.json"

    @cached_property
    def template(self) -> Template:
        """The notebook, prepared for repairing submissions."""
        return Template.from_notebook(self.notebook, self.history)

    @cached_property
    def skipped(self) -> dict[str, str]:
        """The sources, by id, of the cells that are not run when a submission is graded."""
        return skipped_cells(self.notebook)

    @cached_property
    def history(self) -> History:
        """The cells as each release handed them out.

        Raises
        ------
        CourseError
            The file cannot be read.
        """
        try:
            return parse_history(self.history_file.read_bytes())
        except FileNotFoundError:
            return ()
        except (OSError, ValueError) as error:
            problem = f"cannot be read ({getattr(error, 'strerror', None) or error})"
            raise CourseError(self.history_file, problem, "Put a backup in its place, or delete it: students may then "
                              "be told that they changed what you changed.") from error

    @cached_property
    def released_solutions(self) -> dict[str, list[str]]:
        """The cells in which students write, as they got them, by grade_id."""
        now = {grade_id: scaffold_source(cell.source) if cell.cell_type == "code" and has_region(cell.source) else ""
               for cell in self.notebook.cells if finding.nbgrader_metadata(cell).get("solution") is True
               and (grade_id := finding.nbgrader_metadata(cell).get("grade_id"))}
        return {grade_id: [text, *(version[grade_id].source for version in self.history if grade_id in version)]
                for grade_id, text in now.items()}

    def count_work(self, content: bytes) -> int | None:
        """Return in how many cells of a notebook's file a student has written; None if it is no notebook."""
        return count_work(content, self.released_solutions)

    # ---- cases --------------------------------------------------------------------------------------------

    @cache  # noqa: B019  (an assignment lives as long as its process)
    def hidden_cases(self, task_name: str) -> tuple[Case, ...]:
        """Return the cases that decide the score, drawn from the course's secret."""
        return self._draw(task_name, f"hidden/{self.secret.text}")

    @cache  # noqa: B019
    def visible_cases(self, task_name: str) -> tuple[Case, ...]:
        """Return the cases on which a gap may be shown: the public one, then fresh ones at the hidden cases' sizes."""
        return (self.public_case(task_name), *self._draw(task_name, "visible"))

    def public_case(self, task_name: str) -> Case:
        """Return the case that `check` shows."""
        task = self.tasks[task_name]
        with self._working_folder():
            public = Case("public", task.public_sizes, task.public(self.reference.functions))
        return self.solve(task_name, public)

    def solve(self, task_name: str, case: Case) -> Case:
        """Return the case with the reference solution's result as the expected value."""
        arguments = copy.deepcopy(tuple(case.arguments.values()))
        with self._working_folder():
            return replace(case, expected=self.reference.functions[task_name](*arguments))

    def outcome(self, function: Callable[..., Value], case: Case) -> Outcome:
        """Call a trusted function with a copy of the case's arguments."""
        arguments = copy.deepcopy(tuple(case.arguments.values()))
        try:
            with np.errstate(all="ignore"), self._working_folder():
                return Returned(function(*arguments), arguments)
        except Exception as error:  # a wrong version may raise anything
            return Failed("raised", f"{type(error).__name__}: {error}")

    def _draw(self, task_name: str, stream: str) -> tuple[Case, ...]:
        task = self.tasks[task_name]
        cases = []
        for number, sizes in enumerate(task.sizes):
            seed = hashlib.sha256(f"{stream}/{task_name}/{number}".encode()).digest()
            rng = np.random.default_rng(list(seed))
            with self._working_folder():
                case = Case(f"fresh {number + 1}", sizes, task.draw(rng, sizes, self.reference.functions))
            cases.append(self.solve(task_name, case))
        return tuple(cases)

    @cached_property
    def _has_data(self) -> bool:
        return any(path.suffix not in NO_DATA for path in list_student_files(self.folder))

    @contextmanager
    def _working_folder(self) -> Iterator[None]:
        """Work in the assignment's folder if there is data to be read."""
        if not self._has_data:
            yield
            return
        with chdir(self.folder):
            yield

    # ---- the catalogue ------------------------------------------------------------------------------------

    def variants(self, task_name: str) -> Catalogue:
        """Return the right answers to a task that are written in another way."""
        return Catalogue(self.folder / "variants" / f"{task_name}.toml")

    def verify_catalogue(self) -> None:
        """Check that each mistake and each variant fits the solution. Grading does not, to save the time.

        Raises
        ------
        CourseError
            A left side does not occur exactly once in the solution.
        """
        for name, task in self.tasks.items():
            for change in (*task.mistakes, *self.variants(name)):
                try:
                    mutate(self.reference.sources[name], change)
                except ValueError as error:
                    fix = "Bring catalogue and solution together."
                    raise CourseError(self.path, f"{name}, {error}", fix) from error

    # ---- to other machines --------------------------------------------------------------------------------

    @cached_property
    def bundle(self) -> AssignmentBundle:
        """The assignment as plain data."""
        files = {str(path): (self.folder / path).read_bytes() for path in list_files(self.folder)}
        released = self.released_cases.read_bytes() if self.released_cases.is_file() else None
        return AssignmentBundle(self.name, files, released, serialise_history(self.history), self.secret)


def unpack_assignment(bundle: AssignmentBundle) -> Assignment:
    """Load an assignment from a bundle, by way of a scratch folder that this process removes when it ends."""
    scratch = Path(tempfile.mkdtemp(prefix="autograder-"))
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    files = {f"source/{bundle.name}/{path}": content for path, content in bundle.files.items()}
    if bundle.public_cases is not None:
        files[f"release/{bundle.name}/{CASES}"] = bundle.public_cases
    files[f"{HISTORY}/{bundle.name}.json"] = bundle.history
    for path, content in files.items():
        (scratch / path).parent.mkdir(parents=True, exist_ok=True)
        (scratch / path).write_bytes(content)
    return load_assignment(scratch / "source" / bundle.name, bundle.secret)


def load_assignment(folder: Path, secret: Secret) -> Assignment:
    """Read the assignment in ``source/<name>/``.

    Raises
    ------
    CourseError
        A link leads nowhere, the notebook or ``tasks.py`` is missing or cannot be read, a task lacks its solution
        cell, points or `Task`, or a solution does not run.
    """
    path = folder / f"{folder.name}.ipynb"
    check_links(folder)
    check_single(path)
    try:
        nb = reading.read_notebook(path)
    except NotebookError as error:
        raise CourseError(path, error.args[1], "Mend the source notebook.") from error
    check_cells(path, nb)
    solutions, tests = finding.solution_cells(nb), finding.test_cells(nb)
    judged = [name for name, cell in tests.items() if AWARD in cell.source]
    modules = Modules(folder)
    known = load_tasks(folder, modules) if judged else {}
    for name in judged:
        if name not in solutions:
            raise CourseError(path, f"task {name!r} has no solution cell", f"Add a cell {name!r}.")
        if name not in known:
            raise CourseError(path, f"task {name!r} is not known", f"Add a Task to {folder / 'tasks.py'}.")
    reference = Reference.from_notebook(nb, modules)
    try:
        reference.functions  # noqa: B018  (run the solutions now, where the error can be named)
    except Exception as error:  # an instructor's cell may raise anything
        raise CourseError(path, f"a solution does not run ({type(error).__name__}: {error})", "Run it.") from error
    points = {name: float(finding.nbgrader_metadata(tests[name])["points"]) for name in judged}
    assignment = Assignment(folder, nb, {name: known[name] for name in judged}, points, reference, secret)
    return replace(assignment, tasks={name: with_form(assignment, name) for name in judged})


def with_form(assignment: Assignment, name: str) -> Task:
    """Return a task, with `returns_value` set if its one output comes by itself, not in a tuple."""
    task = assignment.tasks[name]
    if len(task.outputs) == 1 and not task.returns_dict and not task.returns_value:
        with suppress(Exception):  # the release says which case fails
            value = assignment.public_case(name).expected
            return replace(task, returns_value=not isinstance(value, tuple | list | dict))
    return task


def check_links(folder: Path) -> None:
    """Check that each link in an assignment leads to a file.

    Raises
    ------
    CourseError
        One does not, as after a copy of ``source/`` without the files that its links lead to.
    """
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() and not path.exists():
            fix = f"Put a copy of {path.readlink().name} in its place. To copy a course, use: cp -rL source ..."
            raise CourseError(path, "is a link to a file that is not there", fix)


def check_single(path: Path) -> None:
    """Check that an assignment has one notebook.

    Raises
    ------
    CourseError
        Another notebook is beside it, which nbgrader would release, and nobody would grade.
    """
    others = sorted(other.name for other in path.parent.glob("[!.]*.ipynb") if other != path)
    if others:
        fix = f"An assignment has one: move {others[0]} to an assignment of its own, source/NAME/NAME.ipynb."
        raise CourseError(path.parent, f"it holds {len(others) + 1} notebooks, {', '.join([path.name, *others])}", fix)


def load_tasks(folder: Path, modules: Modules) -> dict[str, Task]:
    """Run an assignment's ``tasks.py`` and return its tasks by name, each with its catalogue.

    Raises
    ------
    CourseError
        The file is missing, does not run, or has no ``TASKS``.
    """
    path = folder / "tasks.py"
    if not path.is_file():
        raise CourseError(path, "is missing", "Describe the tasks there: CONTRIBUTING.md shows how.")
    try:
        tasks: tuple[Task, ...] = modules.load("tasks").TASKS
        return {task.name: replace(task, mistakes=Catalogue(folder / "mistakes" / f"{task.name}.toml"))
                for task in tasks}
    except (Exception, SystemExit) as error:  # the file is arbitrary Python
        raise CourseError(path, describe_error(error, "tasks.py"), "Mend that line.") from error
