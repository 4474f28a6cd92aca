"""The preprocessors that nbgrader_config.py names. Each is a thin doorway to one function of ours."""

from __future__ import annotations

import atexit
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import (
    ClearHiddenTests,
    ClearSolutions,
    DeduplicateIds,
    Execute,
    NbGraderPreprocessor,
    SaveAutoGrades,
)
from nbgrader.utils import is_grade, is_solution
from traitlets import Enum

from .. import grade
from ..course import scaffold
from ..course.assignment import AWARD, HISTORY, Assignment
from ..course.course import Course
from ..course.folder import PRIVATE, list_files
from ..course.public_cases import released_files, support_files
from ..course.settings import CONFIG
from ..errors import AutograderError, CourseError, reason_of
from ..files import write_file
from ..model import Repair, Report
from ..notebooks.finding import nbgrader_metadata
from ..notebooks.history import add_version, cells_of_release, serialise_history
from ..notebooks.own_files import read_own_files
from ..notebooks.reading import normalise_notebook, read_notebook, serialise_notebook
from ..notebooks.repair import repair_notebook
from ..notebooks.submission import read_timestamp, submission_files
from ..sandbox import LEVELS, Sandbox, level_of
from .gradebook_writer import needs_person
from .record import ReleasedNotebook, read_released

#: The course of a command of ours that runs nbgrader in this process.
command_course: ContextVar[Course | None] = ContextVar("command_course", default=None)
#: The notebooks that `autograder release` has generated.
recorded: ContextVar[list[ReleasedNotebook]] = ContextVar("recorded")
Resources = dict[str, Any]
Preprocessed = tuple[NotebookNode, Resources]

#: Repairs and the student's own files, between autograde's two passes in one process, by student and assignment.
_found: dict[tuple[str, str], tuple[list[Repair], dict[str, bytes]]] = {}


class Scaffold(ClearSolutions):
    """Replaces ClearSolutions in generate_assignment: leaves a scaffold between the markers, not a hole.

    Solution cells without START CODE HERE, and regions between BEGIN and END SOLUTION, are cleared by nbgrader.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> Preprocessed:
        """Scaffold all cells, then clear those that nbgrader clears."""
        lacking = sorted(set(PRIVATE).difference(self.config.CourseDirectory.get("ignore", ())))
        if lacking and Path("source", resources["nbgrader"]["assignment"], "tasks.py").exists():
            problem = f"c.CourseDirectory.ignore lacks {', '.join(lacking)}, which students must not get"
            raise CourseError(CONFIG, problem, "Take the list from the configuration that came with the course.")
        return super().preprocess(scaffold.scaffold_notebook(nb, name=resources["nbgrader"]["notebook"]), resources)

    def preprocess_cell(self, cell: NotebookNode, resources: Resources, index: int) -> Preprocessed:
        """Clear a cell, unless it has been scaffolded."""
        scaffolded = cell.cell_type == "code" and scaffold.has_region(cell.source)
        if scaffolded and self.begin_solution_delimeter not in cell.source:
            return cell, resources
        return super().preprocess_cell(cell, resources, index)


class Record(NbGraderPreprocessor):
    """Replaces SaveCells in `autograder release`, which tells the gradebook only when all has succeeded."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> Preprocessed:
        """Keep what SaveCells would write."""
        recorded.get().append(read_released(nb))
        return nb, resources


class Support(NbGraderPreprocessor):
    """Writes beside a released notebook the files with which it runs and checks itself."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> Preprocessed:
        """Add the files to those that nbgrader writes. nbgrader's own command adds the release to the history here."""
        if assignment := current_assignment(resources):
            resources.setdefault("outputs", {}).update(support_files(assignment, fresh=True))
            if command_course.get() is None:
                assignment.history_file.parent.mkdir(exist_ok=True)
                history = add_version(assignment.history, cells_of_release(nb))
                write_file(assignment.history_file, serialise_history(history))
        return nb, resources


class HideTests(ClearHiddenTests):
    """Replaces ClearHiddenTests in feedback: removes the hidden part of test cells, and reads no other cell.

    ClearHiddenTests fails on a student's own cell that says BEGIN HIDDEN TESTS.
    """

    def preprocess_cell(self, cell: NotebookNode, resources: Resources, index: int) -> Preprocessed:
        """Remove the hidden part of a test cell."""
        if cell.cell_type == "code" and is_grade(cell) and not is_solution(cell):
            return super().preprocess_cell(cell, resources, index)
        return cell, resources


class Restore(DeduplicateIds):
    """Replaces DeduplicateIds in autograde's first pass: repairs the notebook for grading.

    A notebook without tasks of ours is left to DeduplicateIds.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> Preprocessed:
        """Repair the notebook, and keep the repairs for the second pass."""
        assignment = current_assignment(resources)
        if assignment is None:
            return super().preprocess(nb, resources)
        student = resources["nbgrader"]["student"]
        folder = Course(Path.cwd()).submitted(student, assignment.name)
        forget_time(folder, resources)
        found = submission_files(folder, f"{assignment.name}.ipynb", assignment.count_work)
        if found.notebook != folder / f"{assignment.name}.ipynb":  # nbgrader gives the one with the assignment's name
            nb = read_notebook(found.notebook)
        nb, repaired = repair_notebook(normalise_notebook(nb), assignment.template)
        own_files, unused = read_own_files(found.notebook, found.files, released_files(assignment))
        repairs = [*found.repairs, *unused, *repaired]
        _found[student, assignment.name] = repairs, own_files
        for repair in repairs:
            self.log.warning("%s: %s", student, repair)
        return nb, resources


def forget_time(folder: Path, resources: Resources) -> None:
    """Clear the time in the gradebook if a submission has none: nbgrader would keep that of an earlier one."""
    if read_timestamp(folder)[0] is None:
        given = resources["nbgrader"]
        with Gradebook(given["db_url"]) as gb:
            gb.find_submission(given["assignment"], given["student"]).timestamp = None
            gb.db.commit()


class Judge(Execute):
    """Replaces Execute in autograde's second pass: grades the notebook in the sandbox.

    A notebook without tasks of ours is executed by nbgrader.
    """

    isolation = Enum(
        ("best", "strict", *LEVELS), "best",
        help="The sandbox's level; 'best' is the strongest that this machine gives, 'strict' refuses to go lower.",
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Resources, retries: int | None = None) -> Preprocessed:
        """Grade the notebook that the first pass left, save the report, and fill in outputs and points.

        Raises
        ------
        AutograderError
            The submission could not be graded.
        """
        assignment = current_assignment(resources)
        if assignment is None:
            return super().preprocess(nb, resources, retries)
        student, store = resources["nbgrader"]["student"], Course(Path.cwd()).reports(assignment.name)
        repairs, own_files = _found.pop((student, assignment.name), ([], {}))
        try:
            graded = grade.grade_submission(serialise_notebook(nb), assignment, shared_sandbox(self.isolation),
                                            student=student, repairs=repairs, own_files=own_files)
        except AutograderError as error:
            report = Report(assignment.name, student, "not graded", reason=reason_of(error), repairs=tuple(repairs),
                            reason_kind=error.kind)
            store.save(report)
            raise AutograderError(f"not graded: {error}") from error
        store.save(graded.report)
        return grade.fill_notebook(nb, graded.report), resources  # with the metadata that nbgrader gave it


class SaveGrades(SaveAutoGrades):
    """Replaces SaveAutoGrades, which asks for a second look at each manual score, also where nothing has changed."""

    def _add_score(self, cell: NotebookNode, resources: Resources) -> None:
        given = resources["nbgrader"]
        grade = self.gradebook.find_grade(
            nbgrader_metadata(cell)["grade_id"], given["notebook"], given["assignment"], given["student"])
        before = SimpleNamespace(auto_score=grade.auto_score, manual_score=grade.manual_score,
                                 needs_manual_grade=grade.needs_manual_grade)
        super()._add_score(cell, resources)
        if current_assignment(resources):
            grade.needs_manual_grade = needs_person(before, grade.auto_score)
            self.gradebook.db.commit()


def current_assignment(resources: Resources) -> Assignment | None:
    """Return the assignment that nbgrader is at; None if it has no tasks of ours. nbgrader works in the root.

    Raises
    ------
    CourseError
        The assignment cannot be loaded, or has several notebooks.
    """
    name, notebook_id = resources["nbgrader"]["assignment"], resources["nbgrader"]["notebook"]
    folder = Path.cwd() / "source" / name
    if not (folder / f"{name}.ipynb").is_file() or not any(map(has_awards, folder.glob("*.ipynb"))):
        return None
    if course := command_course.get():
        assignment = course.assignment(name)
    else:
        files = [*(folder / path for path in list_files(folder)), Path.cwd() / HISTORY / f"{name}.json"]
        assignment = cached_assignment(name, folder, max(p.stat().st_mtime_ns for p in files if p.exists()))
    return assignment if assignment.tasks and notebook_id == name else None


def has_awards(path: Path) -> bool:
    """Tell if a source notebook may have tasks for the judge. Any other is left to nbgrader, unread."""
    return AWARD.encode() in path.read_bytes()


@lru_cache(maxsize=16)
def cached_assignment(name: str, folder: Path, changed: int) -> Assignment:
    """Return an assignment. The time of its last change is part of the key: Formgrader's server runs for weeks."""
    return Course(folder.parents[1]).assignment(name)


@cache
def shared_sandbox(isolation: str) -> Sandbox:
    """Return the one sandbox for all submissions that this process grades."""
    sandbox = Sandbox(level=level_of(isolation))
    atexit.register(sandbox.close)
    return sandbox
