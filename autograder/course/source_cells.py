"""Check a source notebook's cells before anything is made of them, so that an error names the cell and the remedy."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from ..errors import CourseError
from ..notebooks.finding import nbgrader_metadata

#: The tag of a cell that is not run when a submission is graded.
NO_GRADING = "no-grading"
SIDEBAR = "in JupyterLab's Create Assignment sidebar"


def check_cells(path: Path, nb: NotebookNode) -> None:
    """Check the cells that nbgrader knows: their ids, types and points.

    Raises
    ------
    CourseError
        nbgrader would refuse a cell, or two cells have one id.
    """
    numbers: dict[str, int] = {}
    for number, cell in enumerate(nb.cells, 1):
        given = nbgrader_metadata(cell)
        roles = [role for role in ("grade", "solution", "locked", "task") if given.get(role)]
        if not roles:
            continue
        name = given.get("grade_id")
        if not isinstance(name, str) or not name.strip():
            raise CourseError(path, f"cell {number} has no ID", f"Give it one {SIDEBAR}.")
        if name in numbers:
            problem = f"the cells {numbers[name]} and {number} have the same ID, {name!r}"
            raise CourseError(path, problem, f"Give one of them another ID {SIDEBAR}, or delete it.")
        numbers[name] = number
        if problem := _problem_of(cell, roles, given.get("points")):
            raise CourseError(path, f"cell {name!r} {problem}", f"Change it {SIDEBAR}.")


def skipped_cells(nb: NotebookNode) -> dict[str, str]:
    """Return the sources, by id, of the code cells that are not run when a submission is graded."""
    return {cell.id: cell.source for cell in nb.cells
            if cell.cell_type == "code" and NO_GRADING in cell.metadata.get("tags", ())}


def _problem_of(cell: NotebookNode, roles: list[str], points: Any) -> str:
    """Return what is wrong with a cell of these roles, or ""."""
    kind = "a Markdown cell" if cell.cell_type == "markdown" else f"a {cell.cell_type} cell"
    if cell.cell_type not in ("code", "markdown"):
        return f"is {kind}, which nbgrader can neither grade nor lock"
    if NO_GRADING in cell.metadata.get("tags", ()) and {"grade", "solution"} & set(roles):
        return f"is graded, or students write in it: it cannot have the tag {NO_GRADING}"
    if "task" in roles and cell.cell_type != "markdown":
        return f"is a manually graded task, and {kind} instead of Markdown"
    if cell.cell_type == "markdown" and "task" not in roles and ("grade" in roles) != ("solution" in roles):
        return f"is {kind} and an {'autograder test' if 'grade' in roles else 'autograded answer'}, which must be code"
    if "grade" in roles or "task" in roles:
        if points is None:
            return "has no points"
        if isinstance(points, bool) or not isinstance(points, int | float) or not 0 <= points < math.inf:
            return f"has {points!r} points, where a number from 0 up is needed"
    return ""
