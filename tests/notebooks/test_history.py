"""The cells of each release are remembered, and a cell that was handed out is no change of a student's."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_notebook

from autograder.notebooks.history import (
    MAX_VERSIONS,
    HandedOut,
    add_version,
    cells_of_release,
    parse_history,
    serialise_history,
)
from autograder.notebooks.matching import Template
from autograder.notebooks.repair import repair_notebook
from tests.helpers.k_means import code_cell

texts = st.text(max_size=8)
cells = st.builds(HandedOut, st.sampled_from(["code", "markdown"]), texts,
                  st.dictionaries(texts, st.none() | st.booleans() | st.integers() | texts, max_size=3))


@given(st.lists(st.dictionaries(texts, cells, max_size=3), max_size=3))
def test_a_history_is_read_as_it_was_written(history):
    """Names, sources and metadata of any text come back."""
    assert history == parse_history(serialise_history(history))


@pytest.mark.parametrize("content", [b"", b"{", b"3", b'["x"]', b'[{"a": 3}]', b'[{"a": {"x": 1}}]', b"\xff"])
def test_what_is_no_history_is_refused(content):
    """One kind of error, whatever the file holds."""
    with pytest.raises(ValueError):
        parse_history(content)


def test_a_version_is_kept_once_and_the_last_one_is_last():
    """The same release again adds nothing; the oldest of very many are forgotten."""
    one, two = ({"a": HandedOut("code", source, {})} for source in ("1", "2"))
    assert [one, two] == add_version([two, one], two)
    many = [{"a": HandedOut("code", str(number), {})} for number in range(MAX_VERSIONS)]
    assert [*many[1:], one | two | {"b": one["a"]}] == add_version(many, one | two | {"b": one["a"]})


def notebook(**sources):
    """Return a notebook of locked cells; the cell ``test`` is graded."""
    nb = new_notebook(cells=[code_cell(name, source) for name, source in sources.items()])
    for cell in nb.cells:
        if cell.id == "test":
            cell.metadata.nbgrader.update(grade=True, points=3)
    return nb


def kinds(submitted, source, *released):
    """Return the kinds of repairs of a submission, where these notebooks were released."""
    template = Template.from_notebook(source, [cells_of_release(nb) for nb in released])
    return [repair.kind for repair in repair_notebook(submitted, template)[1]]


@pytest.mark.parametrize("deed", [
    lambda nb: nb.cells[0].update(source="another"),
    lambda nb: nb.cells[1].metadata.nbgrader.update(points=0),
    lambda nb: nb.cells[1].metadata.nbgrader.update(grade=False),
    lambda nb: nb.cells[1].metadata.nbgrader.pop("points"),
    lambda nb: nb.cells[0].update(cell_type="markdown"),
    lambda nb: nb.cells.pop(0),
])  # fmt: skip
def test_only_what_was_handed_out_is_no_change(deed):
    """The same difference is a repair if a student made it, and none if an earlier release had it."""
    source = notebook(first="1", test="2", last="3")
    other = copy.deepcopy(source)
    deed(other)
    assert 1 == len(kinds(other, source, source))
    assert ["cell added later"] * (len(other.cells) < 3) == kinds(other, source, source, other)
    assert [] == kinds(source, source, other, source)


def test_a_dropped_cell_is_no_unknown_one():
    """A cell that an earlier release had stays an ordinary cell, without a word; a student's own name has one."""
    source, former = notebook(first="1", test="2"), notebook(first="1", test="2", old="3")
    assert ["unknown name"] == kinds(former, source, source)
    assert [] == kinds(former, source, former, source)
