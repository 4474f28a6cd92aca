"""The lesson "Find the bug": each function has one catalogued mistake, and is right once its line is mended."""

import contextlib
import io

import numpy as np
import pytest

from tests.helpers.courses import ROOT
from tests.test_lessons import cells_of, executed

LESSON = ROOT / "notebooks" / "06-find-the-bug.ipynb"
#: The cell, its wrong and its right line, and the catalogued mistake of the first assignment.
BUGS = {
    "new_state": ("bug-1-new-state", "    return np.tanh(W @ read) + b", "    return np.tanh(W @ read + b)",
                  "rnn_cell_forward", "ba_outside_tanh"),
    "shares": ("bug-2-shares", "    totals = raised.sum(axis=1, keepdims=True)",
               "    totals = raised.sum(axis=0, keepdims=True)", "rnn_cell_forward", "softmax_over_examples"),
    "all_states": ("bug-3-all-states", "        states.append(np.tanh(added + Waa @ states[0]))",
                   "        states.append(np.tanh(added + Waa @ states[-1]))", "rnn_forward", "a0_every_step"),
    "four_gates": ("bug-4-four-gates", "    cct = sigmoid(c)", "    cct = np.tanh(c)",
                   "lstm_cell_forward", "cct_sigmoid"),
    "remember": ("bug-5-remember", "        c = it * c + ft * cct", "        c = ft * c + it * cct",
                 "lstm_cell_forward", "c_next_gates_exchanged"),
    "pairs": ("bug-6-pairs", "        a[:] = np.tanh(added + Waa @ a)", "        a = np.tanh(added + Waa @ a)",
              "rnn_forward", "state_overwritten_in_place"),
    "before_tanh": ("bug-7-before-tanh", "    slope = 1 - np.tanh(a) ** 2", "    slope = 1 - a**2",
                    "rnn_cell_backward", "tanh_twice"),
    "flow_back": ("bug-8-flow-back", "        flowing += Waa.T @ ds[t]", "        flowing = Waa.T @ ds[t]",
                  "rnn_backward", "carry_accumulates"),
    "for_weights": ("bug-9-for-weights", '        total = np.einsum("ik,jk->ij", ds[t], read[t])',
                    '        total += np.einsum("ik,jk->ij", ds[t], read[t])', "rnn_backward", "dwaa_overwritten"),
    "for_bias": ("bug-10-for-bias", "    return over_steps.sum(axis=1)",
                 "    return over_steps.sum(axis=1, keepdims=True)", "rnn_backward", "dba_flat"),
}


def same_part(name, problem, wrong, forward):
    """Return what the catalogued mistake makes of the lesson's problem, in the form of the lesson's function."""
    p, rnn, lstm = problem, problem["rnn"], problem["lstm"]
    xt, a0 = p["x"][:, :, 0], p["a0"].copy()
    if name in ("new_state", "shares"):
        return wrong(xt, a0, rnn)[("new_state", "shares").index(name)]
    if name in ("four_gates", "remember"):
        _, c_next, _, cache = wrong(xt, a0, 2 * a0, lstm)
        return np.array(cache[4:8]) if name == "four_gates" else c_next
    if name in ("all_states", "pairs"):
        a, _, (caches, _) = wrong(p["x"], a0, rnn)
        after = np.moveaxis(a, 2, 0)
        return after if name == "all_states" else np.array([[cache[1] for cache in caches], after])
    caches = forward(p["x"], a0, rnn)[-1]
    if name == "before_tanh":
        return wrong(p["da"][:, :, 0], caches[0][0])["dba"]
    gradients = wrong(p["da"].copy(), caches)
    return {"flow_back": gradients["dx"], "for_weights": gradients["dWaa"], "for_bias": gradients["dba"]}[name]


def as_the_catalogue_has_it(name, returned, problem):
    """Return the part of a lesson's function's result that `same_part` can be compared with."""
    if name == "remember":
        return returned[0]
    if name == "before_tanh":
        return returned[0].sum(axis=1, keepdims=True)
    if name == "flow_back":
        return np.moveaxis(problem["rnn"]["Wax"].T @ returned, 0, 2)
    return np.array(returned)


@pytest.fixture(scope="module")
def functions(beside):
    """The ten functions as given."""
    names = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for id_, source in cells_of(LESSON, "code").items():
            if id_ == "imports" or id_.startswith("bug"):
                exec(source, names)
    return names


@pytest.mark.parametrize("name", BUGS)
def test_the_mistake_is_the_catalogued_one(beside, functions, assignment, name):
    """The function as given errs in the numbers as the catalogued mistake does, and not as the solution."""
    problem = beside("bugs").make_problem()
    arguments, _ = beside("bugs").cases(problem)[name]
    returned = as_the_catalogue_has_it(name, functions[name](*arguments), problem)
    *_, task, id_ = BUGS[name]
    mistake = next(mistake for mistake in assignment.tasks[task].mistakes if mistake.id == id_)
    solutions = assignment.reference.functions
    wrong, right = (same_part(name, problem, function, solutions["rnn_forward"])
                    for function in (assignment.reference.wrong(task, mistake), solutions[task]))
    assert wrong.shape == returned.shape
    np.testing.assert_allclose(returned, wrong, rtol=1e-10, atol=1e-12)
    assert right.shape != returned.shape or not np.allclose(returned, right, rtol=1e-3)


def test_what_is_right_is_what_the_solutions_give(beside, assignment):
    """The lesson's expected values are those of the first assignment's solutions."""
    problem = beside("bugs").make_problem()
    solutions = assignment.reference.functions
    for name, (_, expected) in beside("bugs").cases(problem).items():
        right = same_part(name, problem, solutions[BUGS[name][3]], solutions["rnn_forward"])
        np.testing.assert_allclose(as_the_catalogue_has_it(name, expected, problem), right, rtol=1e-10, atol=1e-12)


def test_the_checks_tell_wrong_from_mended():
    """As given, ten checks report a difference; with the answers, all ten say right."""
    answers = tuple((cell, old, new, "") for cell, old, new, *_ in BUGS.values())
    for given, changes in ((True, ()), (False, answers)):
        said = {cell.id: "".join(output.get("text", "") for output in cell.outputs)
                for cell in executed(LESSON, changes) if cell.id.startswith("bug")}
        assert 10 == len(said)
        assert {not given} == {": right. All " in text for text in said.values()}


@pytest.mark.parametrize("name", BUGS)
def test_the_folded_answer_names_the_line(name):
    """The answer gives the number of the wrong line in its cell, and the mended line."""
    cell, old, new, *_ = BUGS[name]
    line = cells_of(LESSON, "code")[cell].split("\n").index(old) + 1
    number = cell.split("-")[1]
    answer = cells_of(LESSON, "markdown")[f"bug-{number}-answer"]
    assert answer.startswith(f"<details><summary>Answer</summary>\n\nLine {line}. ")
    assert f"\n\n`{new}`\n\n" in answer
    assert answer.endswith("</details>")


def test_an_exception_and_a_shape_are_said(beside, capsys):
    """A function that stops, or returns another shape, gets a sentence and no traceback."""
    def shares(scores):
        return scores / 0

    def for_bias(ds):
        raise ValueError("no")

    for function in (shares, for_bias):
        with np.errstate(all="ignore"):
            beside("bugs").check_bug(function)
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("shares: 10 of 10 entries differ") and "for_bias stops: ValueError: no" == said[1]
