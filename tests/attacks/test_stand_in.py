"""Asking the judge: what a student can get out of the reference function that replaces their own.

`rnn_forward` is judged with the reference `rnn_cell_forward` beneath it if the student's is wrong. The reference runs
in the grader, at the student's request and on the student's arguments.
"""

import traceback
from dataclasses import replace

import numpy as np
import pytest

from autograder.judging import judge, reference_callees, verdicts
from autograder.judging.reference_callees import reference_callee
from autograder.sandbox import Session
from tests.helpers.sandbox import linux

from .harness import NOTHING, PRELUDE, TASK, notebook_of, with_limits

pytestmark = linux
LOOP = "rnn_forward"


@pytest.fixture(scope="module")
def two(assignment):
    """The cell and the loop, 15 points each."""
    return replace(assignment, tasks={name: assignment.tasks[name] for name in (TASK, LOOP)})


@pytest.fixture
def scores(two):
    """Return the points of a notebook for the cell and for the loop."""

    def scores(sandbox, *sources, open_=lambda session: session):
        cells = notebook_of(two, ("prelude", PRELUDE), *((f"cell-{i}", source) for i, source in enumerate(sources)))
        with sandbox.open(cells) as session:
            return tuple(verdict.score for verdict in judge(open_(session), two))

    return scores


@pytest.fixture
def reached(two, monkeypatch):
    """The sizes of what the instructor's function has made for the student; None where it raised."""
    sizes, function = [], two.reference.functions[TASK]

    def watched(xt, a_prev, parameters):
        sizes.append(None)
        result = function(xt, a_prev, parameters)
        sizes[-1] = result[0].size
        return result

    monkeypatch.setitem(two.reference.functions, TASK, watched)
    return sizes


def loop(body, head=""):
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    return f"{head}\ndef {LOOP}(x, a0, parameters):\n{lines}"


class Obliging(Session):
    """A session in which the reference always answers."""

    def __init__(self, session, assignment):
        self.session, self.assignment = session, assignment

    def call(self, name, arguments, replacing=None):
        return self.session.call(name, arguments, {TASK: reference_callee(self.assignment, TASK)})


# ---- for its answers ----------------------------------------------------------------------------------------

KEPT = f"""
kept = []
def {TASK}(xt, a_prev, parameters):
    if kept: return kept[0](xt, a_prev, parameters)"""
KEEP = loop(f"kept.append({TASK})")
TABLE = f"""
asked, table = [], []
def {TASK}(xt, a_prev, parameters):
    for known, answer in table:
        if known[0].shape == xt.shape and np.array_equal(known[0], xt): return answer
    asked.append((xt.copy(), a_prev.copy(), dict(parameters)))
mine = {TASK}"""
FILL = loop(f"if {TASK} is not mine: table.extend((known, {TASK}(*known)) for known in asked)")


@pytest.mark.parametrize("sources", [pytest.param((KEPT, KEEP), id="kept"), pytest.param((TABLE, FILL), id="a table")])
def test_its_answers_come_too_late(sources, sandbox, two, scores, harmless, monkeypatch):
    """An answer kept for its own task gains nothing, because that task has been judged by then.

    Two defences hold: the order, and that the reference answers only during its call. Without both the cell's points
    are won.
    """
    with harmless(sandbox):
        assert (0, 0) == scores(sandbox, *sources)
    with monkeypatch.context() as patch:
        patch.setattr(verdicts, "callees_first", lambda tasks: [LOOP, TASK])
        assert (0 if sources[0] is KEPT else 15, 0) == scores_of_two_rounds(sandbox, two, sources, lambda s: s)
        assert (15, 0) == scores_of_two_rounds(sandbox, two, sources, lambda s: Obliging(s, two))


def scores_of_two_rounds(sandbox, two, sources, through):
    """Return the points of the second judging in one process. The first has seen the hidden arguments."""
    cells = notebook_of(two, *((f"cell-{i}", source) for i, source in enumerate(sources)))
    with sandbox.open(cells) as session:
        judge(through(session), two)
        return tuple(verdict.score for verdict in judge(through(session), two))


@pytest.fixture(autouse=True)
def forgetful():
    """Forget after each test what a reference answered without its defences."""
    yield
    reference_callee.cache_clear()


WHOLE = {
    "a whole sequence": f"return {TASK}(x, a0, parameters)",
    "a whole sequence, time first": f"return {TASK}(np.moveaxis(x, 2, 0), a0, parameters)",
    "a list of steps": f"return {TASK}([x[:, :, t] for t in range(x.shape[2])], a0, parameters)",
    "a step of text": f"return {TASK}('x', a0, parameters)",
    "no parameters": f"return {TASK}(x[:, :, 0], a0, {{}})",
    "more parameters": f"return {TASK}(x[:, :, 0], a0, {{**parameters, 'T_x': x.shape[2]}})",
}  # fmt: skip


@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in WHOLE.items()])
def test_it_takes_one_step_only(body, sandbox, scores, harmless, reached, monkeypatch):
    """The loop is the task: whole sequences and other forms never reach the reference."""
    with harmless(sandbox):
        assert (0, 0) == scores(sandbox, loop(body), NOTHING)
        assert not reached
    monkeypatch.setattr(reference_callees, "has_form_of", lambda *_: True)
    reference_callee.cache_clear()  # and with it what it has answered
    scores(sandbox, loop(body), NOTHING)
    assert reached, "without that defence only its own errors stop it"


def test_its_errors_show_no_line_of_the_solution(sandbox, two, scores, harmless):
    """An error of the reference comes back as one sentence. A traceback would show the solution."""
    wrong = f"""
said = []
try: {TASK}(np.ones((7, 2)), np.ones((3, 5)), parameters)
except ValueError as error:
    import traceback
    said = ''.join(traceback.format_exception(error))
    raise RuntimeError(said[-400:] if 'np.tanh' not in said else 'THE SOLUTION')"""
    with harmless(sandbox):
        with sandbox.open(notebook_of(two, ("loop", loop(wrong)))) as session:
            arguments = tuple(two.hidden_cases(LOOP)[0].arguments.values())
            said = session.call(LOOP, arguments, {TASK: reference_callee(two, TASK)}).message
        assert "RuntimeError" in said and "THE SOLUTION" not in said and "tanh" not in said
    parameters = two.hidden_cases(TASK)[0].arguments["parameters"]
    try:
        two.reference.functions[TASK](np.ones((7, 2)), np.ones((3, 5)), parameters)
    except ValueError as error:
        frames = traceback.extract_tb(error.__traceback__)
        line = two.reference.sources[TASK].split("\n")[frames[-1].lineno - 1]
    assert "np.tanh" in line


# ---- to exhaust the grader ----------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [101, 1000])
def test_it_computes_nothing_large(n, sandbox, scores, harmless, reached, monkeypatch):
    """A column and a row, a few bytes in a message, would make n x n numbers in the grader. The reference refuses."""
    body = (f"n = {n}\np = {{'Wax': np.ones((n, 1)), 'Waa': np.ones((n, 1)), 'Wya': np.ones((1, n)), "
            f"'ba': np.ones((n, 1)), 'by': np.ones((1, 1))}}\n{TASK}(np.ones((1, n)), np.ones((1, n)), p)")
    with harmless(sandbox):
        assert (0, 0) == scores(sandbox, loop(body), NOTHING)
        assert not reached
    monkeypatch.setattr(reference_callees, "largest_number", lambda assignment: 10**9)
    reference_callee.cache_clear()
    scores(sandbox, loop(body), NOTHING)
    assert n * n == max(reached)


def test_it_is_asked_a_bounded_number_of_times(sandbox, two, scores, harmless, monkeypatch):
    """Endless reference calls end at the limit. With a larger limit there are more."""
    body = f"for i in range(500): {TASK}(x[:, :, 0], a0, parameters)\nraise ValueError('through')"
    arguments = tuple(two.hidden_cases(LOOP)[0].arguments.values())
    with harmless(sandbox):
        for most, kind in ((100, "too many calls"), (500, "raised")):
            with_limits(sandbox, monkeypatch, reference_calls=most)
            with sandbox.open(notebook_of(two, ("a", loop(body)))) as session:
                assert kind == session.call(LOOP, arguments, {TASK: reference_callee(two, TASK)}).kind
        with_limits(sandbox, monkeypatch)


def test_it_is_asked_from_threads_in_vain(sandbox, two, scores, harmless):
    """Reference calls from several threads at once gain nothing, and harm only their own session."""
    body = f"""
import threading
def ask():
    try:
        for i in range(20): {TASK}(x[:, :, 0], a0, parameters)
    except Exception: pass
threads = [threading.Thread(target=ask) for i in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join(2)"""
    with harmless(sandbox):
        assert (0, 0) == scores(sandbox, loop(body), NOTHING)


def test_honest_use_of_it_earns_the_loop_alone(sandbox, scores, two):
    """A correct loop with a wrong cell gets the loop's points: the defences allow honest use."""
    assert (0, 15) == scores(sandbox, two.reference.sources[LOOP], NOTHING)
