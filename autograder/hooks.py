"""What nbgrader's configuration names: thin preprocessors, each a doorway to one of our functions."""

from __future__ import annotations

import atexit
from functools import cache, lru_cache
from pathlib import Path

from nbformat import NotebookNode, from_dict
from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions, Execute, NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution
from traitlets import Enum

from . import grade, render, scaffold
from .course.assignment import Assignment
from .course.course import Course
from .errors import AutograderError
from .model import Repair, Report
from .notebooks.finding import tests_of
from .notebooks.reading import normalise_notebook
from .notebooks.repair import repair_notebook
from .sandbox import LEVELS, Sandbox, level_of

#: Where a notebook carries what was mended in it from autograde's first pass to its second.
REPAIRS = "autograder_repairs"


class Scaffold(ClearSolutions):
    """Stands for ClearSolutions in generate_assignment: a scaffold between the markers, not a hole.

    Solution cells without START CODE HERE, and regions between BEGIN and END SOLUTION, are cleared by nbgrader as ever.
    """

    def preprocess(self, nb: NotebookNode, resources):
        return super().preprocess(scaffold.scaffold_notebook(nb, name=resources["nbgrader"]["notebook"]), resources)

    def preprocess_cell(self, cell: NotebookNode, resources, index: int):
        ours = cell.cell_type == "code" and scaffold.has_region(cell.source)
        if ours and self.begin_solution_delimeter not in cell.source:
            return cell, resources
        return super().preprocess_cell(cell, resources, index)


class Support(NbGraderPreprocessor):
    """Lays beside a released notebook what it needs to run and to check itself."""

    def preprocess(self, nb: NotebookNode, resources):
        assignment = ours(resources)
        if assignment:
            resources.setdefault("outputs", {}).update(grade.support_files(assignment))
        return nb, resources


class HideTests(ClearHiddenTests):
    """Stands for ClearHiddenTests in feedback: takes the hidden part out of test cells, and looks at no other cell.

    A student's own cell that happens to say BEGIN HIDDEN TESTS would make that one fail.
    """

    def preprocess_cell(self, cell: NotebookNode, resources, index: int):
        if cell.cell_type == "code" and is_grade(cell) and not is_solution(cell):
            return super().preprocess_cell(cell, resources, index)
        return cell, resources


class Restore(NbGraderPreprocessor):
    """Stands for DeduplicateIds in autograde's first pass: the notebook fit for grading, whatever came in."""

    def preprocess(self, nb: NotebookNode, resources):
        assignment = ours(resources)
        if assignment:
            nb, repairs = repair_notebook(normalise_notebook(nb), assignment.template)
            nb.metadata[REPAIRS] = [vars(mended) for mended in repairs]
            for mended in repairs:
                self.log.warning("%s: %s", resources["nbgrader"]["student"], mended)
        return nb, resources


class Judge(Execute):
    """Stands for Execute in autograde's second pass: the sandbox runs the cells, the judge fills in the test cells.

    A notebook without tasks of ours is executed by nbgrader as ever.
    """

    isolation = Enum(
        ("best", "strict", *LEVELS), "best",
        help="The sandbox's level; 'best' is the strongest that this machine gives, 'strict' refuses to go lower.",
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources, retries=None):
        assignment = ours(resources)
        if assignment is None:
            return super().preprocess(nb, resources, retries)
        repairs = tuple(Repair(**mended) for mended in nb.metadata.pop(REPAIRS, ()))
        report = grade.grade(nb, resources["nbgrader"]["student"], assignment, shared_sandbox(self.isolation), repairs)
        Course(Path.cwd()).reports(assignment.name).save(report)
        if report.status == "not graded":
            raise AutograderError(f"not graded: {report.reason}")
        return fill(nb, report), resources


def fill(nb: NotebookNode, report: Report) -> NotebookNode:
    """The notebook with its cells' outputs, and the judge's feedback and points in its test cells."""
    verdicts = {tests_of(verdict.task): verdict for verdict in report.verdicts}
    for cell in nb.cells:
        if cell.cell_type != "code":
            continue
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id in verdicts:
            cell.outputs = from_dict(render.outputs_of(verdicts[grade_id]))
        elif cell.id in report.cells:
            run = report.cells[cell.id]
            cell.outputs = from_dict(list(run.outputs))
            cell.execution_count = run.execution_count
    return nb


def ours(resources) -> Assignment | None:
    """The assignment that nbgrader is at, if its source notebook has tasks of ours. nbgrader works in the root."""
    name, notebook_id = resources["nbgrader"]["assignment"], resources["nbgrader"]["notebook"]
    path = Path.cwd() / "source" / name / f"{name}.ipynb"
    if notebook_id != name or not path.exists():
        return None
    assignment = cached_assignment(Path.cwd(), name, path.stat().st_mtime_ns)
    return assignment if assignment.tasks else None


@lru_cache(maxsize=16)
def cached_assignment(root: Path, name: str, mtime: int) -> Assignment:
    return Course(root).assignment(name)


@cache
def shared_sandbox(isolation: str) -> Sandbox:
    """One warm process for all submissions that this process grades."""
    sandbox = Sandbox(level=level_of(isolation))
    atexit.register(sandbox.close)
    return sandbox
