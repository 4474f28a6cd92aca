"""Find cells by their grade_id, never by their position."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

from nbformat import NotebookNode

TESTS = "_tests"  # the test cell of a task NAME has the grade_id NAME_tests


def tests_of(task: str) -> str:
    """Return the grade_id of a task's test cell."""
    return task + TESTS


def task_of(grade_id: str) -> str | None:
    """Return the task that the test cell with this grade_id tests; None if the id is not that of a test cell."""
    return grade_id.removesuffix(TESTS) if grade_id.endswith(TESTS) else None


def nbgrader_metadata(cell) -> dict:
    """What a cell says of itself to nbgrader; empty where it says nothing."""
    found = cell.get("metadata", {}).get("nbgrader")
    return found if isinstance(found, dict) else {}


def find_cell(nb: NotebookNode, grade_id: str) -> NotebookNode | None:
    """The first cell with this grade_id, or None."""
    return next((cell for cell in nb.cells if nbgrader_metadata(cell).get("grade_id") == grade_id), None)


def code_cells(nb: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    """Each code cell with its place in the notebook, from top to bottom."""
    return ((index, cell) for index, cell in enumerate(nb.cells) if cell.cell_type == "code")


def solution_cells(nb: NotebookNode) -> dict[str, NotebookNode]:
    """The code cells in which students write, by the name of their function, in notebook order."""
    found = {}
    for _, cell in code_cells(nb):
        said = nbgrader_metadata(cell)
        if said.get("solution") is True and isinstance(said.get("grade_id"), str):
            found.setdefault(said["grade_id"], cell)
    return found


def test_cells(nb: NotebookNode) -> dict[str, NotebookNode]:
    """The autograded test cells, by the name of the task they test, in notebook order."""
    found = {}
    for _, cell in code_cells(nb):
        said = nbgrader_metadata(cell)
        task = task_of(str(said.get("grade_id")))
        if task is not None and said.get("grade") is True and said.get("solution") is not True:
            found.setdefault(task, cell)
    return found


test_cells.__test__ = False  # pytest would take it for a test


def defined_functions(source: str, exact: bool = True) -> frozenset[str]:
    """The names of the functions that a code cell defines at its top level."""
    names = frozenset(re.findall(r"^(?:async[ \t]+)?def[ \t]+(\w+)[ \t]*\(", source, re.MULTILINE))
    if not names or not exact:
        return names
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in a student's strings
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # magics, too
        return names
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def without_hidden_tests(source: str) -> str:
    """A test cell's source as students get it: without its hidden tests, line by line as nbgrader does it."""
    lines, hidden = [], False
    for line in source.split("\n"):
        if "BEGIN HIDDEN TESTS" in line:
            hidden = True
        elif "END HIDDEN TESTS" in line:
            hidden = False
        elif not hidden:
            lines.append(line)
    return "\n".join(lines)
