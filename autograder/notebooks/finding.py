"""Find cells by their grade_id, never by their position."""

from __future__ import annotations

import ast
import hashlib
import re
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from nbformat import NotebookNode

NO_RESPONSE = "No response."  # nbgrader's automatic comment on a cell that is as it was released
#: nbgrader's marks around the parts of a cell that only graders see.
HIDDEN_TESTS = ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")
MARK_SCHEME = ("BEGIN MARK SCHEME", "END MARK SCHEME")
#: In the metadata of an output that says what of a cell was not run when it was graded: "not run" or "in part".
SKIPPED = "autograder_skipped"
TESTS = "_tests"  # the test cell of a task NAME has the grade_id NAME_tests


def tests_of(task: str) -> str:
    """Return the grade_id of a task's test cell."""
    return task + TESTS


def task_of(grade_id: str) -> str | None:
    """Return the task that the test cell with this grade_id tests; None if the id is not that of a test cell."""
    return grade_id.removesuffix(TESTS) if grade_id.endswith(TESTS) else None


def nbgrader_metadata(cell: Mapping[str, Any]) -> dict[str, Any]:
    """Return a cell's nbgrader metadata; empty if it has none."""
    found = cell.get("metadata", {}).get("nbgrader")
    return found if isinstance(found, dict) else {}


def compute_checksum(cell: Mapping[str, Any]) -> str:
    """Return the checksum that nbgrader's ComputeChecksums gives a cell: of source, type, role, name and points."""
    given = nbgrader_metadata(cell)
    grade, solution = given.get("grade", False), given.get("solution", False)
    locked = False if solution else True if grade else given.get("locked", False)
    parts = [cell["source"], cell["cell_type"], str(grade), str(solution), str(locked), given["grade_id"]]
    if grade:
        parts.append(str(float(given["points"])))
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest()


def find_cell(nb: NotebookNode, grade_id: str) -> NotebookNode | None:
    """Return the first cell with this grade_id, or None."""
    return next((cell for cell in nb.cells if nbgrader_metadata(cell).get("grade_id") == grade_id), None)


def code_cells(nb: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    """Return each code cell with its index, from top to bottom."""
    return ((index, cell) for index, cell in enumerate(nb.cells) if cell.cell_type == "code")


def solution_cells(nb: NotebookNode) -> dict[str, NotebookNode]:
    """Return the code cells in which students write, by the name of their function, in the notebook's order."""
    found: dict[str, NotebookNode] = {}
    for _, cell in code_cells(nb):
        given = nbgrader_metadata(cell)
        if given.get("solution") is True and isinstance(given.get("grade_id"), str):
            found.setdefault(given["grade_id"], cell)
    return found


def test_cells(nb: NotebookNode) -> dict[str, NotebookNode]:
    """Return the autograded test cells, by the task that they test, in the notebook's order."""
    found: dict[str, NotebookNode] = {}
    for _, cell in code_cells(nb):
        given = nbgrader_metadata(cell)
        task = task_of(str(given.get("grade_id")))
        if task is not None and given.get("grade") is True and given.get("solution") is not True:
            found.setdefault(task, cell)
    return found


test_cells.__test__ = False  # type: ignore[attr-defined]  # pytest would take it for a test


def defined_functions(source: str, exact: bool = True) -> frozenset[str]:
    """Return the names of the functions that a code cell defines at its top level.

    A cell that is no Python, and any cell if ``exact`` is false, is searched with a regular expression.
    """
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
    """Return a test cell's source as students get it, without its hidden tests."""
    return without_parts(source, HIDDEN_TESTS)


def without_parts(source: str, *marks: tuple[str, str]) -> str:
    """Return a cell's source without the lines from one of nbgrader's marks to the other; a part may not end."""
    kept: list[str] = []
    until: str | None = None
    for line in source.split("\n"):
        if until is None:
            until = next((end for begin, end in marks if begin in line), None)
            if until is None:
                kept.append(line)
        elif until in line:
            until = None
    return "\n".join(kept)
