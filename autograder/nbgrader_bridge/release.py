"""Release an assignment with nbgrader's converter: beside the old release, which stays if anything fails."""

from __future__ import annotations

import filecmp
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from nbformat import NotebookNode
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory

from ..course.course import Course
from ..course.settings import CONFIG
from ..errors import AutograderError, CourseError
from ..files import write_file
from ..notebooks.finding import nbgrader_metadata
from ..notebooks.history import add_version, cells_of_release, serialise_history
from ..notebooks.reading import read_notebook
from . import gradebook, record
from .autograded import name_of
from .hooks import Record, command_course, recorded
from .record import ReleasedNotebook
from .steps import default_steps
from .surroundings import last_line, nbgrader_surroundings


@dataclass(frozen=True)
class Release:
    """A release that has taken the place of the former one."""

    folder: Path
    notes: tuple[str, ...] = ()  # on the grades of students who handed in before


# ---- the files ---------------------------------------------------------------------------------------------------


class _Converter(GenerateAssignment):
    """nbgrader's converter, which keeps the error that it would only log."""

    failure: Exception | None = None

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """Convert a notebook, and keep the error."""
        try:
            super().convert_single_notebook(notebook_filename)
        except Exception as error:
            self.failure = error
            raise


def build_release(course: Course, name: str, into: Path) -> ReleasedNotebook:
    """Generate a release in ``into/<name>``, and return its notebook as nbgrader's gradebook is to know it.

    Raises
    ------
    CourseError
        nbgrader refuses the source notebook. The error names the cell.
    AutograderError
        The release cannot be made for another reason.
    """
    course.assignment(name).verify_catalogue()
    config = course.config_for(name)
    config.CourseDirectory.release_directory = str(into)
    config.CourseDirectory.notebook_id = "*"
    config.GenerateAssignment.force = config.GenerateAssignment.no_database = True
    steps = config.GenerateAssignment.get("preprocessors") or default_steps("GenerateAssignment.preprocessors")
    config.GenerateAssignment.preprocessors = [
        Record if name_of(step) == ("nbgrader", "SaveCells") else step for step in steps]
    found: list[ReleasedNotebook] = []
    course_token, found_token = command_course.set(course), recorded.set(found)
    try:
        with nbgrader_surroundings() as errors:
            converter = _Converter(coursedir=CourseDirectory(config=config), config=config)
            try:
                converter.start()
            except NbGraderException as error:
                raise explain(course, name, converter.failure, errors) from error
    finally:
        command_course.reset(course_token)
        recorded.reset(found_token)
    if not found:
        raise CourseError(course.root / CONFIG, "c.GenerateAssignment.preprocessors lacks SaveCells",
                          "Take the lists from the configuration that came with the course.")
    return found[0]


def explain(course: Course, name: str, failure: Exception | None, errors: Sequence[str]) -> AutograderError:
    """Return the error of a conversion that failed: our own as it is, nbgrader's with the cell."""
    if isinstance(failure, AutograderError):
        return failure
    path = course.source(name) / f"{name}.ipynb"
    if failure is None:
        return CourseError(path, f"cannot be released ({last_line(errors)})", "Mend it, and release it again.")
    reason = " ".join(str(failure).split()) or type(failure).__name__
    problem = f"{find_cell(failure)} cannot be released ({reason[:300]})"
    return CourseError(path, problem, "Mend it in the source notebook.")


def find_cell(error: Exception) -> str:
    """Return the cell at which a step of nbgrader's failed, in words."""
    found, step = None, error.__traceback__
    while step is not None:
        found, step = cell_of(step) or found, step.tb_next
    if found is None:
        return "the notebook"
    name = nbgrader_metadata(found).get("grade_id")
    return f"cell {name!r}" if name else f"the cell that begins {found.source.strip()[:40]!r}"


def cell_of(step: TracebackType) -> NotebookNode | None:
    """Return the cell that a function was working on."""
    cell = step.tb_frame.f_locals.get("cell")
    return cell if isinstance(cell, NotebookNode) and "source" in cell else None


@contextmanager
def scratch_folder(course: Course) -> Iterator[Path]:
    """Make a folder in the course's root for the time of the block."""
    folder = Path(tempfile.mkdtemp(dir=course.root, prefix=".release-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def put_in_place(new: Path, target: Path) -> Iterator[None]:
    """Put a folder in the place of another one. If the block fails, the old one is back."""
    old = new.with_name("old")
    target.parent.mkdir(exist_ok=True)
    if target.exists():
        os.rename(target, old)
    try:
        os.rename(new, target)
        yield
    except BaseException:
        if target.exists():
            os.rename(target, new)
        if old.exists():
            os.rename(old, target)
        raise


# ---- all of it ---------------------------------------------------------------------------------------------------


def release_assignment(course: Course, name: str, change_cells: bool = False) -> Release:
    """Generate ``release/<name>`` from ``source/<name>``, and tell the gradebook and the history.

    Release and gradebook change together, or stay as they were.

    Parameters
    ----------
    course : Course
    name : str
        The assignment's.
    change_cells : bool
        Add and drop cells in the grades of students who handed in before, too.

    Raises
    ------
    AutograderError
        The assignment cannot be released.
    """
    with scratch_folder(course) as scratch, gradebook.open_gradebook(course) as engine:
        built = build_release(course, name, scratch)
        assignment, before = course.assignment(name), gradebook.read_structure(engine, name)
        history = assignment.history
        if not history and before is not None:  # released before there was a history
            history = [record.handed_out(before)]
        history = add_version(history, cells_of_release(read_notebook(scratch / name / f"{name}.ipynb")))
        assignment.history_file.parent.mkdir(exist_ok=True)
        with put_in_place(scratch / name, course.release(name)), engine.begin() as db:
            notes = record.record_release(db, course, name, built, change_cells)
            write_file(assignment.history_file, serialise_history(history))
        if course.group_shared:
            os.chmod(course.release(name).parent, course.release(name).parent.stat().st_mode & 0o777 | 0o2770)
    course.forget(name)  # what was read of it before has the former history
    return Release(course.release(name), tuple(notes))


def differences(course: Course, name: str) -> list[Path]:
    """Return the files, relative to the root, in which ``release/<name>`` differs from a fresh release."""
    with tempfile.TemporaryDirectory(prefix="autograder-") as folder:
        scratch = Path(folder)
        build_release(course, name, scratch)
        fresh, kept = scratch / name, course.release(name)
        relative = {path.relative_to(f) for f in (fresh, kept) for path in f.rglob("*") if path.is_file()}
        _, differing, missing = filecmp.cmpfiles(fresh, kept, sorted(map(str, relative)), shallow=False)
        return [Path("release", name, path) for path in sorted([*differing, *missing])]
