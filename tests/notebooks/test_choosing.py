"""Of several notebooks that a student handed in, the one with work counts."""

import copy
import json

import pytest

from autograder.errors import NotebookError
from autograder.notebooks.choosing import choose_notebook
from autograder.notebooks.submission import submission_files
from tests.helpers.courses import NAME, ROOT

FILE = f"{NAME}.ipynb"
RELEASED = json.loads((ROOT / "release" / NAME / FILE).read_bytes())
OTHERS = [f"{NAME} (1).ipynb", f"{NAME}-Copy1.ipynb", "Untitled.ipynb", "meins é.ipynb", "sub/a.ipynb"]


def solve(*names, into=RELEASED):
    """Return a notebook's file in which these cells have been changed."""
    nb = copy.deepcopy(into)
    for cell in nb["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") in names:
            cell["source"] = "".join(cell["source"]).replace("None", "1", 1)
    return json.dumps(nb).encode()


UNTOUCHED, ONE, TWO = solve(), solve("rnn_cell_forward"), solve("rnn_cell_forward", "rnn_forward")


def write(folder, files):
    """Write a submission's files."""
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)


def chosen(folder, assignment):
    """Return the name of the notebook that counts, and the texts about it."""
    found = submission_files(folder, FILE, assignment.count_work)
    return str(found.notebook.relative_to(folder)), [repair.text for repair in found.repairs]


def test_work_is_counted_by_cell(assignment):
    """0 for the release, also with outputs and other spaces; one for each changed cell; None for no notebook."""
    spaced = UNTOUCHED.replace(b"= None", b"=  None ")
    assert [0, 0, 2, None, None] == [assignment.count_work(content) for content in
                                     (UNTOUCHED, spaced, TWO, b"", b"no notebook")]


def test_work_is_found_without_metadata(assignment):
    """A function that is defined in a cell of the student's own is work."""
    nb = {"cells": [{"cell_type": "code", "metadata": {}, "source": "def rnn_forward(x):\n    return x"}]}
    assert 1 == assignment.count_work(json.dumps(nb | {"nbformat": 4, "nbformat_minor": 5, "metadata": {}}).encode())


@pytest.mark.parametrize("other", OTHERS)
def test_the_notebook_with_work_counts(tmp_path, assignment, other):
    """A solved notebook counts beside an untouched one with the assignment's name, and the report names it."""
    write(tmp_path, {FILE: UNTOUCHED, other: TWO})
    name, (text,) = chosen(tmp_path, assignment)
    assert other == name and text.endswith(f"counts, since nothing is done in {FILE}")


@pytest.mark.parametrize("broken", [b"", b"no notebook", b"{}"])
def test_an_unreadable_notebook_has_no_work(tmp_path, assignment, broken):
    """A solved notebook counts beside one with the assignment's name that cannot be read."""
    write(tmp_path, {FILE: broken, OTHERS[0]: ONE})
    assert OTHERS[0] == chosen(tmp_path, assignment)[0]


@pytest.mark.parametrize("other", OTHERS)
def test_the_asked_name_counts_if_both_have_work(tmp_path, assignment, other):
    """Of two with work, the one with the assignment's name counts, and the other is named."""
    write(tmp_path, {FILE: ONE, other: TWO})
    name, (text,) = chosen(tmp_path, assignment)
    assert FILE == name
    assert text.endswith(f"has work, too, but {FILE} is the name that was asked for")


def test_untouched_ones_are_not_mentioned(tmp_path, assignment):
    """Beside a notebook with work, an untouched copy, a checkpoint and a file of macOS say nothing."""
    write(tmp_path, {FILE: ONE, OTHERS[0]: UNTOUCHED, ".ipynb_checkpoints/x.ipynb": TWO, "__MACOSX/x.ipynb": TWO})
    assert (FILE, []) == chosen(tmp_path, assignment)


def test_the_most_work_counts_without_the_asked_name(tmp_path, assignment):
    """Without the assignment's name, the most changed cells decide; if nothing decides, it is an error."""
    more = solve("rnn_cell_forward", "rnn_forward", "lstm_forward")
    write(tmp_path, {"a.ipynb": TWO, "b.ipynb": more})
    assert "b.ipynb" == chosen(tmp_path, assignment)[0]
    (tmp_path / "c.ipynb").write_bytes(more + b" ")
    with pytest.raises(NotebookError, match="it holds no"):
        chosen(tmp_path, assignment)


def test_equal_notebooks_are_one():
    """Of equal notebooks, the first counts."""
    assert 0 == choose_notebook(["a", "b"], [b"x", b"x"], "A.ipynb", lambda content: 1, 0).index
