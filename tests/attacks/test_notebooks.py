"""Forged notebooks: outputs and metadata that were never computed, tests that test nothing, files that are no files.

The repair believes nothing that a submission says of itself. Without it nbgrader's own code reads the forgery: it gives
points, stops, or does not find what it should grade.
"""

import copy
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_output

from autograder.errors import NotebookError
from autograder.grade import fill_notebook, judge_notebook
from autograder.nbgrader_bridge import hooks
from autograder.notebooks import finding, reading
from autograder.notebooks.repair import repair_notebook
from autograder.notebooks.submission import submission_files
from public_tests import FILES
from tests.helpers.sandbox import linux, texts

from .harness import NOTHING, TASK, graded_by_nbgrader, notebook_of

pytestmark = linux
ROOT = Path(__file__).parents[2]
TESTS = f"{TASK}_tests"


@dataclass(frozen=True)
class Mangled:
    """A way to mangle a notebook, and what nbgrader alone makes of it."""

    name: str
    mangle: Callable
    witness: Callable


# ---- what nbgrader alone makes of it --------------------------------------------------------------------------


def gives(points):
    """Check that nbgrader reads this many points from the outputs in the file."""
    def witness(nb, run):
        from nbgrader.utils import determine_grade

        assert points == determine_grade(finding.find_cell(nb, TESTS))[0]
    return witness


def gives_when_run(points):
    """Check that nbgrader runs the submitted test cell, and reads this many points from it."""
    def witness(nb, run):
        assert points == graded_by_nbgrader(run(finding.find_cell(nb, TESTS).source))
    return witness


def stops(step):
    """Check that this preprocessor of nbgrader fails, and with it, as a rule, the class."""
    def witness(nb, run):
        from nbgrader import preprocessors

        with pytest.raises(Exception):  # noqa: B017 - several kinds, of several packages
            for name in step.split():
                nb, _ = getattr(preprocessors, name)().preprocess(nb, {})
    return witness


def finds_no_test(nb, run):
    """Check that no cell is left that nbgrader would grade."""
    from nbgrader.utils import determine_grade, is_grade

    cells = [cell for cell in nb.cells if is_grade(cell)]
    assert not cells or determine_grade(cells[0])[0] is None


def keeps(key):
    """Check that nbgrader believes the notebook's own metadata."""
    def witness(nb, run):
        assert "forged" in str(nb.metadata[key])
    return witness


# ---- ways to mangle -------------------------------------------------------------------------------------------


def with_test(**changes):
    """Change the test cell's fields. Those of nbgrader's metadata have their own names."""
    def mangle(nb):
        cell = finding.find_cell(nb, TESTS)
        for name, value in changes.items():
            if name in ("source", "outputs", "cell_type"):
                cell[name] = value
            elif name == "tags":
                cell.metadata["tags"] = value
            else:
                cell.metadata.nbgrader[name] = value
        if cell.cell_type != "code":
            cell.pop("outputs"), cell.pop("execution_count")
    return mangle


def result(text):
    return [new_output("execute_result", {"text/plain": text}, execution_count=1)]


def remove(grade_id):
    def mangle(nb):
        nb.cells = [cell for cell in nb.cells if finding.nbgrader_metadata(cell).get("grade_id") != grade_id]
    return mangle


def strip(nb):
    for cell in nb.cells:
        cell.metadata.pop("nbgrader", None)


def copied(**changes):
    """Add a second test cell, changed, below the first."""
    def mangle(nb):
        cell = copy.deepcopy(finding.find_cell(nb, TESTS))
        nb.cells.append(cell)
        cell.id = "copy"
        with_test(**changes)(type(nb)(cells=[cell]))
    return mangle


def in_its_place(nb):
    """Give an ordinary cell the test's name, id and points, and take name and id from the test."""
    cell = finding.find_cell(nb, TESTS)
    fake = new_code_cell("15.0", id=cell.id, outputs=result("15.0"), metadata=copy.deepcopy(cell.metadata))
    cell.metadata.pop("nbgrader")
    cell.id = "moved"
    nb.cells.append(fake)


def of_the_notebook(**metadata):
    def mangle(nb):
        nb.metadata.update(metadata)
    return mangle


def in_the_answer(text):
    def mangle(nb):
        finding.find_cell(nb, TASK).source = f"{text}\n{NOTHING}"
    return mangle


def stops_at_hidden(nb, run):
    stops("ClearHiddenTests")(nb, run)
    hooks.HideTests().preprocess(copy.deepcopy(nb), {})


SKIPPED = {"tags": ["skip-execution"]}
ATTACKS = [
    Mangled("outputs that were there before", with_test(outputs=[], **SKIPPED), gives(15)),
    Mangled("a result that was there before", with_test(outputs=result("15.0"), **SKIPPED), gives(15)),
    Mangled("a thousand points", with_test(outputs=result("1000.0"), points=1000, **SKIPPED), gives(1000)),
    Mangled("half a test's points, more than all", with_test(outputs=result("inf"), points="inf", **SKIPPED),
            gives(float("inf"))),
    Mangled("a test that is a number", with_test(source="15.0"), gives_when_run(15)),
    Mangled("a test without a line", with_test(source=""), gives_when_run(15)),
    Mangled("a test within a text", with_test(source="'''\nassert False\n'''"), gives_when_run(15)),
    Mangled("a test after exit", with_test(source="raise SystemExit\nassert False"), gives_when_run(0)),
    Mangled("a test that is written to a file", with_test(source="%%writefile test.py\nassert False"),
            gives_when_run(15)),
    Mangled("a test that calls the judge", with_test(source=f"from autograder.grade import award\naward({TASK})"),
            gives_when_run(0)),
    Mangled("a test turned to text", with_test(cell_type="markdown"), finds_no_test),
    Mangled("a test that is not graded", with_test(grade=False), finds_no_test),
    Mangled("a test that is a solution", with_test(solution=True), finds_no_test),
    Mangled("a test that is gone", remove(TESTS), finds_no_test),
    Mangled("no metadata at all", strip, finds_no_test),
    Mangled("a second test", copied(source="15.0", outputs=result("15.0")), stops("DeduplicateIds CheckCellMetadata")),
    Mangled("another cell in the test's place", in_its_place, gives(15)),
    Mangled("a schema from the future", with_test(schema_version=99), stops("CheckCellMetadata")),
    Mangled("a schema from the past", with_test(schema_version=1, extra="x"), stops("CheckCellMetadata")),
    Mangled("no points", lambda nb: finding.find_cell(nb, TESTS).metadata.nbgrader.pop("points"),
            stops("CheckCellMetadata")),
    Mangled("points that are a text", with_test(points="<script>"), stops("CheckCellMetadata")),
    Mangled("tests that begin in an answer", in_the_answer("# BEGIN HIDDEN TESTS"), stops_at_hidden),
    Mangled("a kernel of one's own", of_the_notebook(kernelspec={"name": "forged", "display_name": "x"}),
            keeps("kernelspec")),
    Mangled("a report of one's own", of_the_notebook(autograder_repairs=["forged"]), keeps("autograder_repairs")),
]  # fmt: skip


# ---- tests ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def one(assignment):
    """The assignment with one task, and a source notebook with its two cells."""
    source = copy.deepcopy(assignment.notebook)
    source.cells = [cell for cell in source.cells
                    if finding.nbgrader_metadata(cell).get("grade_id") in (TASK, TESTS)]
    return replace(assignment, tasks={TASK: assignment.tasks[TASK]}, notebook=source)


@pytest.fixture
def handed_in(one):
    """The release notebook without a solution, then mangled."""
    def handed_in(attack):
        nb = copy.deepcopy(one.notebook)
        finding.find_cell(nb, TASK).source = NOTHING
        attack.mangle(nb)
        return nb
    return handed_in


def test_nothing_forged_is_believed(attack, sandbox, one, handed_in, harmless):
    """Repaired, judged and read by nbgrader: 0 of 15 points, and one test, the trusted one, at its place."""
    from nbgrader.utils import determine_grade, is_grade

    with harmless(sandbox):
        nb, _ = repair_notebook(reading.normalise_notebook(handed_in(attack)), one.template)
        report = judge_notebook(nb, one, sandbox, student="mallory")
        assert ("graded", 0, 15) == (report.status, report.score, report.max_score)
        nb = fill_notebook(nb, report)
        assert [(TESTS, (0, 15))] == [(cell.metadata.nbgrader.grade_id, determine_grade(cell))
                                      for cell in nb.cells if is_grade(cell)]
        assert finding.find_cell(nb, TESTS).source == finding.find_cell(one.notebook, TESTS).source
        assert "forged" not in str(nb.metadata) and "tags" not in finding.find_cell(nb, TESTS).metadata
        assert list(map(str, nb.metadata)) == [key for key in ("kernelspec", "language_info") if key in nb.metadata]


def test_nbgrader_alone_believes_it(attack, handed_in, one, strongest):
    """Without the repair nbgrader gives points, stops, or finds nothing to grade."""

    def run(source):
        with strongest.open(notebook_of(one, ("nothing", NOTHING), ("test", source))) as session:
            return session.cells[-1]

    attack.witness(handed_in(attack), run)


def test_an_honest_notebook_mangled_alike_keeps_its_points(one, handed_in, strongest):
    """The same mangling of a correct solution costs nothing, if the solution is still there: 15 of 15."""
    solution = one.reference.sources[TASK]
    for attack in ATTACKS:
        nb = handed_in(attack)
        for cell in nb.cells:
            cell.source = cell.source.replace(NOTHING, f"{one.reference.imports}\n{solution}")
        report = judge_notebook(repair_notebook(reading.normalise_notebook(nb), one.template)[0], one, strongest)
        assert (attack.name, 15) == (attack.name, report.score)


# ---- files that are no files ----------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, one):
    """Mallory's submission folder, beside zoe's, which holds a correct solution."""
    for student in ("zoe", "mallory"):
        (tmp_path / student).mkdir()
    nbformat.write(one.notebook, tmp_path / "zoe/ps.ipynb")
    return tmp_path / "mallory"


def read(folder):
    return reading.read_notebook(submission_files(folder, "ps.ipynb").notebook)


def test_a_link_to_another_submission_is_not_followed(folder):
    """A submitted link is refused with a reason. An ordinary open reads its target."""
    (folder / "ps.ipynb").symlink_to(folder.parent / "zoe/ps.ipynb")
    with pytest.raises(NotebookError, match="symbolic link"):
        read(folder)
    assert TASK in (folder / "ps.ipynb").read_text()


def test_a_linked_folder_is_not_entered(folder):
    """A folder that is a link is refused too."""
    folder.rmdir()
    folder.symlink_to(folder.parent / "zoe")
    with pytest.raises(NotebookError, match="no such submission folder"):
        read(folder)
    assert (folder / "ps.ipynb").exists()


def test_a_pipe_is_not_waited_for(folder):
    """A named pipe is no notebook. An ordinary open waits for ever."""
    os.mkfifo(folder / "ps.ipynb")
    with pytest.raises(NotebookError, match="not a regular file"):
        read(folder)
    with pytest.raises(subprocess.TimeoutExpired):
        command = [sys.executable, "-I", "-S", "-c", "import sys; open(sys.argv[1])", folder / "ps.ipynb"]
        subprocess.run(command, timeout=0.5)


def test_a_file_full_of_holes_is_not_read(folder):
    """A sparse gigabyte is refused by its size. An ordinary read gets all of it."""
    with open(folder / "ps.ipynb", "wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(NotebookError, match="at most"):
        read(folder)
    with open(folder / "ps.ipynb", "rb") as file:
        assert 100 << 20 == len(file.read(100 << 20))


@pytest.mark.parametrize(("text", "problem"), [
    ("[" * 100_000, "nested deeper"), ('{"cells": ' + "[" * 500 + "]" * 500 + "}", "nested deeper|no list of cells"),
    ('{"nbformat": ' + "9" * 5000 + "}", "too long"), ("{}," * 2_000_000, "lists and dictionaries"),
])  # fmt: skip
def test_json_bombs_are_refused(folder, text, problem):
    """JSON that would crash or swell a reader is refused with a sentence. nbformat crashes."""
    (folder / "ps.ipynb").write_text(text)
    with pytest.raises(NotebookError, match=problem):
        read(folder)
    with pytest.raises((RecursionError, ValueError, nbformat.reader.NotJSONError, nbformat.ValidationError, KeyError)):
        nbformat.reads(text, as_version=4).cells[0].source  # noqa: B018


def test_modules_beside_the_notebook_are_not_imported(folder, one, strongest, harmless):
    """A numpy.py that is submitted, or written by a cell, shadows nothing. Python run in that folder imports it."""
    fake = "softmax = sigmoid = tanh = zeros = lambda *a, **k: 'mallory'"
    for name in ("numpy.py", "rnn_utils.py", *FILES):
        (folder / name).write_text(fake)
    command = [sys.executable, "-c", "import numpy; print(numpy.zeros(1))"]
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert "mallory\n" == found.stdout
    write = f"for name in ('numpy.py', 'colorsys.py', 'math.py'): open(name, 'w').write({fake!r})"
    use = ("import importlib\n"  # math is built into some Pythons, and has a file in others
           "[importlib.import_module(name).__spec__.origin for name in ('numpy', 'colorsys', 'math')]")
    with harmless(strongest), strongest.open([("write", write), ("use", use)]) as session:
        assert "scratch" not in texts(session.cells[1]) and "error" not in session.cells[1].outputs[-1]["output_type"]
