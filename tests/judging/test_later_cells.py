"""A function is judged as its check cell saw it, too, where later cells may have changed it."""

import pytest
from nbformat.v4 import new_code_cell

from autograder import demo
from autograder.grade import grade_submission
from autograder.judging.later_cells import may_change
from autograder.notebooks import finding, reading
from autograder.sandbox import Sandbox
from tests.helpers.courses import NAME, ROOT

TASK = "def f(x):\n    return helper(x)"
HELPER = "def helper(x):\n    return x"


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def grade(assignment, sandbox):
    """Return the verdicts, by task, on right work with cells put in below others, by the others' ids."""

    def grade(*added, **sources):
        nb = reading.read_notebook(ROOT / "release" / NAME / f"{NAME}.ipynb")
        demo.fill(nb, {**assignment.reference.sources, **sources})
        for below, source in added:
            place = len(nb.cells) if below is None else 1 + nb.cells.index(finding.find_cell(nb, below))
            nb.cells.insert(place, new_code_cell(source))
        report = grade_submission(reading.serialise_notebook(nb), assignment, sandbox).report
        return {verdict.task: verdict for verdict in report.verdicts}

    return grade


def through(helper, task, assignment):
    """Return a task's right solution with its parameters taken from a helper."""
    source = assignment.reference.sources[task]
    assert '["ba"]' in source
    return source.replace('parameters["ba"]', f'{helper}(parameters)["ba"]')


UNPACK = "def unpack(p):\n    return p"
OTHER = 'def unpack(p):\n    return {"Wf": p["Wf"]}'


@pytest.mark.parametrize(("added", "changed"), [
    ([(None, "np = None")], None),
    ([(None, "np.tanh = np.dot = None")], None),
    ([(None, "del sigmoid, softmax")], None),
    ([("rnn_forward_tests", "def rnn_forward(x, a0, parameters):\n    a = None\n    return a")], {"rnn_forward"}),
    ([("rnn_forward_tests", "rnn_forward = rnn_forward(x, a0, parameters)[0] if 'a0' in dir() else None")],
     {"rnn_forward"}),
    ([(None, "import builtins\nbuiltins.range = None")], None),
])
def test_later_cells_cost_nothing(grade, added, changed):
    """All points, no diagnosis: whatever later cells do to a name, a module, or the function itself."""
    verdicts = grade(*added)
    assert {name: verdict.max_score for name, verdict in verdicts.items()} == {
        name: verdict.score for name, verdict in verdicts.items()}
    assert not any(verdict.diagnosis or verdict.blamed_on for verdict in verdicts.values())
    judged = {name for name, verdict in verdicts.items() if verdict.judged_at == "check"}
    assert judged and (changed is None or changed >= judged)


def test_a_helper_of_the_same_name_below_costs_nothing(grade, assignment):
    """Each of two functions has the helper that its check cell saw."""
    task = "rnn_cell_forward"
    verdicts = grade(("imports", UNPACK), ("rnn_forward_tests", OTHER), **{task: through("unpack", task, assignment)})
    assert {True} == {verdict.passed for verdict in verdicts.values()}
    assert "check" == verdicts[task].judged_at


def test_a_table_emptied_in_place_costs_nothing(grade, assignment):
    """Objects count as they were, not only names."""
    task = "rnn_cell_forward"
    source = through("KEEP.get('same')", task, assignment)
    above, below = ("imports", "KEEP = {'same': lambda p: p}"), ("rnn_forward_tests", "KEEP.clear()")
    verdicts = grade(above, below, **{task: source})
    assert {True} == {verdict.passed for verdict in verdicts.values()}


def test_a_later_right_version_counts(grade, assignment):
    """Wrong when the check ran and right at the end: the end counts."""
    task = "rnn_forward"
    right = assignment.reference.sources[task]
    verdicts = grade((f"{task}_tests", right), **{task: "def rnn_forward(x, a0, parameters):\n    return None"})
    assert (True, "end") == (verdicts[task].passed, verdicts[task].judged_at)


def test_wrong_at_both_moments_is_wrong_once(grade, wrong_source):
    """A mistake is diagnosed as without the later cells."""
    source = wrong_source("rnn_cell_forward", "no_ba")
    plain, later = grade(rnn_cell_forward=source), grade((None, "np = None"), rnn_cell_forward=source)
    assert plain["rnn_cell_forward"].score == later["rnn_cell_forward"].score < plain["rnn_cell_forward"].max_score
    assert plain["rnn_cell_forward"].diagnosis == later["rnn_cell_forward"].diagnosis
    assert all(verdict.passed for task, verdict in later.items() if task != "rnn_cell_forward")


@pytest.mark.parametrize(("below", "may"), [
    (["def g():\n    np.tanh = None"], True), (["def g():\n    setattr(np, 'tanh', None)"], True),
    (["def g():\n    np.__dict__['tanh'] = None"], True), (["def g():\n    def h():\n        del np.tanh"], True),
    (["def g(y):\n    y[0] = np.tanh(y[1])\n    return y.T"], False),
    (["def g(x):\n    return x"], False), ([], False), (["import os"], False), (['"""Notes."""'], False),
    (["x = 1"], True), (["def helper(x):\n    return 2"], True),
    (["def g():\n    global helper\n    helper = 1"], True),
    (["f = None"], True), (["del helper"], True), (["def f(:"], True), (["from os import *"], True),
    (["@run\ndef g():\n    pass"], True), (["import helper"], True), (["exec('helper = 1')"], True),
])
def test_only_what_may_matter_is_judged_again(below, may):
    """Definitions and imports of other names change no function; anything else may."""
    assert may == may_change("f", [HELPER, TASK, *below], 2, frozenset())


def test_the_assignment_s_own_cells_are_known():
    """A released cell below matters only if it binds a name that the function reads."""
    trusted = frozenset(["x = 1\nprint(x)", "helper = 1"])
    assert not may_change("f", [HELPER, TASK, "x = 1\nprint(x)"], 2, trusted)
    assert may_change("f", [HELPER, TASK, "helper = 1"], 2, trusted)
