"""Notebooks to repair: an instructor's, its release, and a student's."""

import copy
import warnings
from pathlib import Path

import nbformat
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.notebooks import finding, reading, repair
from autograder.notebooks.matching import Template
from autograder.pages.kinds import REPAIRS

COURSE = Path(__file__).parents[2] / "source" / "rnn-step-by-step" / "rnn-step-by-step.ipynb"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
HIDDEN = "\n### BEGIN HIDDEN TESTS\nassert {0}(21) not in (None, 21)\n### END HIDDEN TESTS"
SCAFFOLD = "def {0}(n):\n    ### START CODE HERE ###\n    result = None\n    ### END CODE HERE ###\n    return result"
quick = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def nbgrader(grade_id, **said):
    plain = {"grade": False, "locked": False, "solution": False, "task": False, "schema_version": 3}
    return {"nbgrader": plain | {"grade_id": grade_id} | said}


def trusted():
    """An instructor's notebook: two tasks, a locked set-up cell, locked prose, an answer graded by hand."""
    cells = [
        new_markdown_cell("# Twice and thrice", id="title"),
        new_code_cell("import math", id="imports"),
        new_code_cell("unit = 1", id="setup", metadata=nbgrader("setup", locked=True, cell_type="code")),
        new_markdown_cell("First task.", id="first"),
        new_code_cell(SCAFFOLD.format("double").replace("None", "2 * n"), id="double",
                      metadata=nbgrader("double", solution=True, cell_type="code")),
        new_code_cell("check(double)" + HIDDEN.format("double"), id="double_tests",
                      metadata=nbgrader("double_tests", grade=True, locked=True, points=15, cell_type="code")),
        new_markdown_cell("Half way.", id="half", metadata=nbgrader("half", locked=True, cell_type="markdown")),
        new_code_cell(SCAFFOLD.format("triple").replace("None", "3 * n"), id="triple",
                      metadata=nbgrader("triple", solution=True, cell_type="code")),
        new_code_cell("check(triple)" + HIDDEN.format("triple"), id="triple_tests",
                      metadata=nbgrader("triple_tests", grade=True, locked=True, points=10, cell_type="code")),
        new_markdown_cell("Because.", id="essay", metadata=nbgrader(
            "essay", grade=True, solution=True, points=5, cell_type="markdown")),
    ]
    return new_notebook(cells=cells, metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}})


def released(source):
    """What generate_assignment makes of it: scaffolds, no hidden tests, locks and checksums."""
    from nbgrader.utils import compute_checksum

    nb = copy.deepcopy(source)
    for cell in nb.cells:
        said = cell.metadata.get("nbgrader")
        if said:
            if said["solution"]:
                cell.source = SCAFFOLD.format(said["grade_id"]) if cell.cell_type == "code" else "YOUR ANSWER"
            cell.source = cell.source.split("\n### BEGIN HIDDEN")[0]
            cell.metadata.update(deletable=False, editable=bool(said["solution"]))
            said["checksum"] = compute_checksum(cell)
    return nb


def honest(source=None):
    """A release that a student has filled in, with right answers."""
    source = source or trusted()
    nb = released(source)
    for cell in nb.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = finding.find_cell(source, cell.metadata.nbgrader.grade_id).source + "\n"
    return nb


def index(nb, grade_id):
    return nb.cells.index(finding.find_cell(nb, grade_id))


def names(nb):
    """The notebook's cells: a role's grade_id, or an ordinary cell's source."""
    return [cell.metadata.get("nbgrader", {}).get("grade_id") or cell.source for cell in nb.cells]


def roles(nb):
    return [cell.metadata.nbgrader.grade_id for cell in nb.cells if "nbgrader" in cell.metadata]


def assert_fit(nb, source):
    """The notebook passes nbformat and nbgrader, and says of its cells what the source says."""
    from nbgrader.nbgraderformat import MetadataValidator

    with warnings.catch_warnings(action="error"):
        nbformat.validate(nb)
    MetadataValidator().validate_nb(nb)
    ours = [cell for cell in source.cells if cell.metadata.get("nbgrader")]
    assert sorted(cell.metadata.nbgrader.grade_id for cell in ours) == sorted(roles(nb))
    assert source.metadata.kernelspec == nb.metadata.kernelspec
    for true in ours:
        found = finding.find_cell(nb, true.metadata.nbgrader.grade_id)
        assert {**true.metadata.nbgrader} == {**found.metadata.nbgrader}
        assert true.cell_type == found.cell_type
        assert true.id == found.id
        if not true.metadata.nbgrader.solution:
            assert true.source == found.source
    for cell in nb.cells:
        assert "nbgrader" in cell.metadata or not cell.metadata
        assert "attachments" not in cell
        assert not cell.get("outputs")
    for task in set(finding.solution_cells(nb)) & set(finding.test_cells(nb)):
        assert index(nb, task) < index(nb, f"{task}_tests")


def run(nb):
    """The task's results on 7, when all code cells run in order, as ``(double(7), triple(7))``."""
    space = {"check": lambda function: None}
    for _, cell in finding.code_cells(nb):
        try:
            exec(cell.source, space)
        except Exception:
            continue
    return tuple(space[name](7) if name in space else None for name in ("double", "triple"))


def repaired(nb, source):
    return repair.repair_notebook(reading.normalise_notebook(nb), Template.from_notebook(source))


def restored(nb, source=None):
    """What becomes of a submission; also checks that it is fit, left alone, and mended for good."""
    source = source or trusted()
    before = copy.deepcopy((nb, source))
    result, repairs = repaired(nb, source)
    assert before == (nb, source)
    assert_fit(result, source)
    assert (result, []) == repaired(result, source)
    assert all("\n" not in mended.text and len(mended.text) < 200 for mended in repairs)
    assert {mended.kind for mended in repairs} <= set(REPAIRS)
    return result, [mended.text for mended in repairs]


def put(tmp_path, content, name="a.ipynb"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def document(**changes):
    cell = {"cell_type": "code", "metadata": {}, "source": ["a = 1\n", "a"], "outputs": [], "execution_count": 2,
            "id": "one"}
    return {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5} | changes


scalars = st.none() | st.booleans() | st.integers(-2, 1001) | st.floats() | st.text(max_size=5)
words = st.sampled_from(["cells", "metadata", "source", "outputs", "cell_type", "code", "raw", "markdown", "id",
                         "nbgrader", "grade_id", "double", "tags", "worksheets", "input", "level", "heading",
                         "output_type", "pyout", "stream", "data", "text/plain", "attachments", "nbformat", "items",
                         "_allownew", "copy", "language_info", "kernelspec", "name"])
values = st.recursive(scalars | words, lambda inner: st.lists(inner, max_size=4)
                      | st.dictionaries(words, inner, max_size=6), max_leaves=25)
