"""The judge: points by check, one mistake costs once, and whatever comes back is a verdict, never a crash."""

import numpy as np
import pytest

from autograder.course.scaffold import scaffold_source
from autograder.judging import callees_first, judge, judge_task
from autograder.judging.running import handed_out_cells
from autograder.model import Failed, Returned
from autograder.notebooks import reading
from autograder.sandbox.guest.codec import Foreign
from autograder.sandbox.session import Session
from tests.helpers.courses import NAME, ROOT

TASKS = (
    "rnn_cell_forward", "rnn_forward", "lstm_cell_forward", "lstm_forward",
    "rnn_cell_backward", "rnn_backward", "lstm_cell_backward", "lstm_backward",
)  # fmt: skip


@pytest.fixture
def verdicts_of(assignment, session_with):
    """All verdicts on a notebook with these sources in it, by task."""

    def grade(missing=(), **sources):
        return {verdict.task: verdict for verdict in judge(session_with(missing, **sources), assignment)}

    return grade


def check(verdict, name):
    return next(check for check in verdict.checks if check.name == name)


def test_the_solutions_get_full_marks(verdicts_of):
    """100 points of 100, every check passed, nothing blamed and nothing diagnosed."""
    verdicts = verdicts_of()
    assert 100 == sum(verdict.score for verdict in verdicts.values())
    assert all(verdict.passed and verdict.public_passed for verdict in verdicts.values())
    assert all(verdict.diagnosis is None and verdict.blamed_on is None for verdict in verdicts.values())


def test_what_counts_as_the_courses_own_is_in_its_release(assignment):
    """The cells whose text is trusted hold nothing that students have not been handed."""
    released = {cell.source for cell in reading.read_notebook(ROOT / "release" / NAME / f"{NAME}.ipynb").cells}
    assert handed_out_cells(assignment) and released >= handed_out_cells(assignment)


def test_the_scaffold_gets_nothing(assignment, verdicts_of):
    """The release as it is handed out gets 0 of 100, and none of its tasks passes its public check."""
    verdicts = verdicts_of(**{name: scaffold_source(s) for name, s in assignment.reference.sources.items()})
    assert 0 == sum(verdict.score for verdict in verdicts.values())
    assert not any(verdict.public_passed for verdict in verdicts.values())


def test_points_sum_to_the_cells_points(assignment, verdicts_of):
    """The checks' points add up to what the instructor gave the test cell, to the last bit that counts."""
    for name, verdict in verdicts_of().items():
        assert assignment.points[name] == pytest.approx(sum(check.max_points for check in verdict.checks))
        assert assignment.points[name] == verdict.score


def test_one_mistake_costs_once(verdicts_of, wrong_source):
    """A wrong cell costs its own points only; the loop is judged with a right cell, and the cell is blamed."""
    verdicts = verdicts_of(rnn_cell_forward=wrong_source("rnn_cell_forward", "no_ba"))
    assert 85 == sum(verdict.score for verdict in verdicts.values())
    assert 0 == verdicts["rnn_cell_forward"].score
    assert "rnn_cell_forward" == verdicts["rnn_forward"].blamed_on
    assert not verdicts["rnn_forward"].public_passed


def test_a_missing_helper_does_not_sink_the_loop(verdicts_of):
    """Without any rnn_cell_forward in the notebook, rnn_forward still earns its points."""
    verdicts = verdicts_of(missing=("rnn_cell_forward",))
    assert 0 == verdicts["rnn_cell_forward"].score
    assert 15 == verdicts["rnn_forward"].score


def test_a_loop_without_the_helper_is_judged_on_the_outcome(verdicts_of, wrong_source):
    """The cell's equations written into the loop earn full marks, with no helper in the notebook."""
    inlined = wrong_source("rnn_forward", replace={
        "a_next, yt_pred, cache = rnn_cell_forward(x[:, :, t], a_next, parameters)": (
            "a_prev, xt = a_next, x[:, :, t]\n"
            '        a_next = np.tanh(parameters["Wax"] @ xt + parameters["Waa"] @ a_prev + parameters["ba"])\n'
            '        yt_pred = softmax(parameters["Wya"] @ a_next + parameters["by"])\n'
            "        cache = (a_next, a_prev, xt, parameters)"
        )
    })
    assert 15 == verdicts_of(missing=("rnn_cell_forward",), rnn_forward=inlined)["rnn_forward"].score


def test_a_helper_with_a_signature_of_its_own_is_accepted(assignment, verdicts_of, wrong_source):
    """A pair of cell and loop that agree with each other in another way is judged as written."""
    loop = wrong_source("lstm_forward", replace={"lstm_cell_forward(xt, a_next, c_next, parameters)": (
        "my_cell(parameters, xt, (a_next, c_next))")})
    loop += "\n\ndef my_cell(parameters, xt, state):\n    return lstm_cell_forward(xt, *state, parameters)\n"
    assert 15 == verdicts_of(lstm_forward=loop)["lstm_forward"].score


def test_only_what_is_wrong_loses_points(verdicts_of, wrong_source):
    """dba without keepdims costs dba, with a shape in the message, and nothing beside it."""
    source = wrong_source("rnn_cell_backward", replace={"axis=1, keepdims=True": "axis=1"})
    verdict = verdicts_of(rnn_cell_backward=source)["rnn_cell_backward"]
    assert 9 == verdict.score
    assert ["dba"] == [check.name for check in verdict.checks if not check.passed]
    assert "has shape (5,); the task asks for (n_a, 1) = (5, 1)" in check(verdict, "dba").message


@pytest.mark.parametrize("line, working", [
    ("print(dxt[1][2])", 4),  # (n_x, m) = (4, 1) and (1, 2) have no such entry
    ("print(dWax[3][1])", 2),
    ("assert m > 1, 'only for several examples'", 5),
    ("dxt = dxt[1:2] if n_x == 1 else dxt; dxt[0].astype(int)", 5),
])
def test_a_line_that_fails_on_some_sizes_costs_those_sizes(verdicts_of, wrong_source, line, working):
    """A leftover line in a right function keeps 4/6 of 10 points if 4 of 6 calls work, and is named by its number."""
    source = wrong_source("rnn_cell_backward", replace={"    gradients = {": f"    {line}\n    gradients = {{"})
    source = source.replace("    ### START", "    n_x, m = cache[2].shape\n    ### START")
    verdict = verdicts_of(rnn_cell_backward=source)["rnn_cell_backward"]
    number = next(i for i, text in enumerate(source.splitlines(), 1) if line in text)
    assert 10 * working / 6 == pytest.approx(verdict.score)
    assert verdict.score == pytest.approx(sum(check.points for check in verdict.checks))
    assert not verdict.passed and verdict.public_passed
    assert f"line {number}" in check(verdict, "returns").message
    assert any(f"works on {working} of the 6 sets" in note for note in verdict.notes)


def test_a_line_that_fails_on_all_sizes_leaves_nothing_to_pay(verdicts_of, wrong_source):
    """`np.float`, which numpy no longer has, costs all points, and its line is named."""
    source = wrong_source("rnn_cell_backward", replace={"    gradients = {": "    np.float(0)\n    gradients = {"})
    verdict = verdicts_of(rnn_cell_backward=source)["rnn_cell_backward"]
    assert 0 == verdict.score
    assert "np.float" in check(verdict, "returns").message and "line" in check(verdict, "returns").message


def test_only_right_outputs_are_paid_in_part(verdicts_of, wrong_source):
    """Of a function that fails on 2 of 6 sizes, an output that is wrong on the others earns nothing."""
    source = wrong_source(
        "rnn_cell_backward", replace={"axis=1, keepdims=True": "axis=1", "    gradients = {": (
            "    print(dxt[1][2])\n    gradients = {")})
    verdict = verdicts_of(rnn_cell_backward=source)["rnn_cell_backward"]
    assert 0 == check(verdict, "dba").points
    assert 9 * 4 / 6 == pytest.approx(verdict.score)


def test_an_attack_on_some_sizes_is_not_paid_in_part(assignment):
    """Calls that cut themselves off from the grader earn nothing, though others are right."""
    right, task = assignment.hidden_cases("rnn_cell_forward"), "rnn_cell_forward"

    class Cut(Session):
        def call(self, name, arguments, replacing=None):
            case = next((c for c in right if c.arguments["xt"] is arguments[0]), None)
            return Returned(case.expected, arguments) if case else Failed("cut off", "It cut itself off.")

        def calls(self, name, cases, replacing=None):
            found = [self.call(name, tuple(case.arguments.values())) for case in cases]
            return [Failed("cut off", "It cut itself off.") if i == 1 else outcome for i, outcome in enumerate(found)]

    assert 0 == judge_task(Cut(), assignment, task).score


def test_a_view_of_the_cell_state_costs_the_caches(verdicts_of, wrong_source):
    """`c_next = c[:, :, 0]` leaves a, y, c right and the cached c_prev wrong: only the caches lose."""
    source = wrong_source("lstm_forward", replace={"c_next = np.zeros((n_a, m))": "c_next = c[:, :, 0]"})
    verdict = verdicts_of(lstm_forward=source)["lstm_forward"]
    assert ["caches"] == [check.name for check in verdict.checks if not check.passed]


def test_changed_arguments_are_seen(verdicts_of, wrong_source):
    """Adding the carried gradient into da costs the check on arguments, though every gradient is right."""
    source = wrong_source("rnn_backward", replace={
        "gradients = rnn_cell_backward(da[:, :, t] + da_prevt, caches[t])": (
            "da[:, :, t] += da_prevt\n        gradients = rnn_cell_backward(da[:, :, t], caches[t])")})
    verdict = verdicts_of(rnn_backward=source)["rnn_backward"]
    assert ["arguments"] == [check.name for check in verdict.checks if not check.passed]
    assert not verdict.public_passed  # nor does the check cell


def test_an_answer_that_changes_is_seen(verdicts_of, assignment):
    """A function that keeps state between calls fails the check on repetition."""
    source = "calls = []\n" + assignment.reference.sources["rnn_cell_forward"].replace(
        "    return a_next", "    calls.append(1)\n    yt_pred = yt_pred + 1e-7 * len(calls)\n    return a_next")
    verdict = verdicts_of(rnn_cell_forward=source)["rnn_cell_forward"]
    assert ["repeatable"] == [check.name for check in verdict.checks if not check.passed]


def test_constants_gain_nothing(assignment, verdicts_of):
    """Returning the public case's own expected values passes the public check and earns nothing."""
    expected = assignment.visible_cases("rnn_cell_forward")[0].expected
    source = "def rnn_cell_forward(xt, a_prev, parameters):\n    return STORED"
    sources = {"rnn_cell_forward": source}
    verdicts = {}

    def grade(session):
        session.namespace["STORED"] = expected
        return {v.task: v for v in judge(session, assignment)}

    verdicts = grade(_session(assignment, sources))
    assert verdicts["rnn_cell_forward"].public_passed
    assert 0 == verdicts["rnn_cell_forward"].score


def _session(assignment, sources):
    from autograder.sandbox.local import LocalSession

    namespace = assignment.reference.run_imports()
    for source in {**assignment.reference.sources, **sources}.values():
        exec(source, namespace)
    session = LocalSession(namespace)
    session.namespace = namespace
    return session


class Scripted(Session):
    """A session that returns one prepared outcome for one task, and nothing for the others."""

    def __init__(self, task, outcome):
        self.task, self.outcome = task, outcome

    def call(self, name, arguments, replacing=None):
        return self.outcome if name == self.task else Failed("missing", f"`{name}` is not defined.")

A = np.ones((5, 10))
ODD = {
    "None": None,
    "a number": 7.0,
    "a string": "full marks",
    "an empty tuple": (),
    "too many": (A,) * 9,
    "nothing but None": (None, None, None),
    "a foreign object": Foreign("Evil"),
    "foreign outputs": (Foreign("module"), Foreign("generator"), Foreign("Evil")),
    "not a number": (A * np.nan, A * np.inf, (A, A, A, {})),
    "objects": (np.array([[object()]]), A, A),
    "strings": (np.array([["1"]]), np.array("x"), "cache"),
    "complex": (A * 1j, A, A),
    "huge integers": (10**400, -(10**400), True),
    "a dict": {"a_next": A, "dxt": A, 3: A},
    "wrong keys": {"dx": A},
    "empty arrays": (np.zeros((0, 10)), np.zeros((5, 0)), ()),
    "deep": ([[[[[[[[A]]]]]]]], A, A),
}


@pytest.mark.parametrize("value", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize("task", TASKS)
def test_whatever_comes_back_is_a_verdict(assignment, task, value):
    """Any value gives a verdict of 0 points with a sentence for each check, never an exception."""
    verdict = judge_task(Scripted(task, Returned(value, ())), assignment, task)
    assert 0 == verdict.score
    assert all(check.message for check in verdict.checks)


@pytest.mark.parametrize("kind", ["missing", "raised", "timed out", "died", "unreadable"])
def test_a_call_that_fails_is_a_verdict(assignment, kind):
    """Each way to fail gives the failure's own message, with a question."""
    verdict = judge_task(Scripted("rnn_forward", Failed(kind, "It went wrong.")), assignment, "rnn_forward")
    assert 0 == verdict.score
    assert "It went wrong." == check(verdict, "returns").message
    assert verdict.question.endswith("?")


def test_hidden_arguments_are_never_shown(assignment, verdicts_of, wrong_source):
    """No number of a hidden case is in the feedback."""
    verdict = verdicts_of(rnn_cell_forward=wrong_source("rnn_cell_forward", "no_ba"))["rnn_cell_forward"]
    text = " ".join([check.message for check in verdict.checks] + list(verdict.notes))
    for case in assignment.hidden_cases("rnn_cell_forward"):
        for value in (case.expected[0], case.expected[1], case.arguments["xt"]):
            assert not any(f"{number:.6g}" in text for number in np.ravel(value) if 1e-3 < abs(number) < 0.999)


def test_a_mistake_at_odd_sizes_only_is_shown_on_fresh_arguments(verdicts_of, wrong_source):
    """Code that fits the public sizes only loses points, and its gap is shown on arguments made for showing."""
    one_example = {"    # next hidden state": "    a_prev = a_prev * (xt.shape[1] > 1)"}
    source = wrong_source("rnn_cell_forward", replace=one_example)
    verdict = verdicts_of(rnn_cell_forward=source)["rnn_cell_forward"]
    assert verdict.public_passed
    assert any("is right on the arguments of the check cell, and differs on others" in note for note in verdict.notes)


def test_float32_passes(verdicts_of, wrong_source):
    """float32 arithmetic is within the tolerance, through a whole backward pass."""
    change = {"gradients = lstm_cell_backward(": (
        "caches[t] = tuple(v.astype(np.float32) if isinstance(v, np.ndarray) else v for v in caches[t])\n"
        "        gradients = lstm_cell_backward("),
        "(caches, x) = caches\n": "(caches, x) = caches\n    caches = list(caches)\n"}
    assert 10 == verdicts_of(lstm_backward=wrong_source("lstm_backward", replace=change))["lstm_backward"].score


def test_callees_are_judged_first(assignment):
    """A stand-in for a task exists only once that task has been judged."""
    order = callees_first(assignment.tasks)
    assert sorted(order) == sorted(TASKS)
    for name, task in assignment.tasks.items():
        assert all(order.index(callee) < order.index(name) for callee in task.calls)
