"""The diagnosis names the mistake, or both of two."""

import pytest

from autograder.judging import judge
from autograder.judging.diagnosis import common_diagnosis
from autograder.model import Mistake


@pytest.fixture
def verdicts_of(assignment, session_with):
    """All verdicts on a notebook with these sources in it, by task."""

    def grade(missing=(), **sources):
        return {verdict.task: verdict for verdict in judge(session_with(missing, **sources), assignment)}

    return grade


def test_missing_bias_is_named(verdicts_of, wrong_source):
    """Dropping ba is diagnosed as the missing bias, not as 'wrong values'."""
    verdicts = verdicts_of(rnn_cell_forward=wrong_source("rnn_cell_forward", "no_ba"))
    assert "no_ba" == verdicts["rnn_cell_forward"].diagnosis.mistake


def test_two_mistakes_are_both_named(verdicts_of, assignment):
    """Two catalogued mistakes in one function are named together where their numbers tell."""
    source = assignment.reference.sources["rnn_cell_backward"]
    by_id = {m.id: m for m in assignment.tasks["rnn_cell_backward"].mistakes}
    local = [m for m in by_id.values() if {"dba"} == _effects(assignment, m)][:1]
    local += [m for m in by_id.values() if {"dWax"} == _effects(assignment, m)][:1]
    for mistake in local:
        for old, new in mistake.replace:
            source = source.replace(old, new)
    diagnosis = verdicts_of(rnn_cell_backward=source)["rnn_cell_backward"].diagnosis
    assert {m.id for m in local} == set(diagnosis.mistake.split("+"))


def _effects(assignment, mistake):
    from autograder.judging.wrong_versions import touched_outputs

    return touched_outputs(assignment, "rnn_cell_backward", mistake.id)


@pytest.mark.parametrize("loop, cell, of_cell, of_loop", [
    ("lstm_backward", "lstm_cell_backward", "dot_without_tanh", "nothing_carried"),
    ("rnn_backward", "rnn_cell_backward", "tanh_twice", "no_carry"),
    ("rnn_forward", "rnn_cell_forward", "no_ba", "a0_every_step"),
])
def test_a_wrong_callee_does_not_hide_the_callers_mistake(verdicts_of, wrong_source, loop, cell, of_cell, of_loop):
    """A cell and a loop with a mistake each: both are named, the loop's as with a right cell, and it says so."""
    verdicts = verdicts_of(**{cell: wrong_source(cell, of_cell), loop: wrong_source(loop, of_loop)})
    alone = verdicts_of(**{loop: wrong_source(loop, of_loop)})[loop]
    assert of_loop == alone.diagnosis.mistake
    assert alone.diagnosis == verdicts[loop].diagnosis and alone.score == verdicts[loop].score
    assert verdicts[cell].diagnosis is not None
    assert any(f"a correct `{cell}` in place of yours" in note for note in verdicts[loop].notes)


def test_a_right_callee_is_not_replaced_for_words(verdicts_of, wrong_source):
    """A wrong loop over a right cell is looked at as it was written."""
    verdict = verdicts_of(lstm_backward=wrong_source("lstm_backward", "nothing_carried"))["lstm_backward"]
    assert not any("in place of yours" in note for note in verdict.notes)


def test_a_caller_that_fits_its_own_wrong_callee_only_is_looked_at_as_written(verdicts_of, wrong_source):
    """A loop that cannot call the reference's function keeps the words on its own call."""
    cell = wrong_source("rnn_cell_forward", "no_ba").replace("(xt, a_prev, parameters):", "(parameters, xt, a_prev):")
    loop = wrong_source("rnn_forward", replace={"rnn_cell_forward(x[:, :, t], a_next, parameters)": (
        "rnn_cell_forward(parameters, x[:, :, t], 2 * a_next)")})
    verdict = verdicts_of(rnn_cell_forward=cell, rnn_forward=loop)["rnn_forward"]
    assert verdict.checks[0].passed and not any("in place of yours" in note for note in verdict.notes)


@pytest.mark.parametrize("carried", ["no_carry", "no_carry_da0_zero"])
def test_of_two_explanations_the_sentences_that_they_share_are_said(verdicts_of, assignment, carried):
    """Without `+ da_prevt` and with `da0 = da`, two pairs fit: that `da0` is `da` is said, whichever it is."""
    source, by_id = assignment.reference.sources["rnn_backward"], {
        m.id: m for m in assignment.tasks["rnn_backward"].mistakes}
    for old, new in (*by_id["no_carry"].replace, ("da0 = da_prevt", "da0 = da")):
        source = source.replace(old, new)
    if carried == "no_carry_da0_zero":
        source = source.replace('        da_prevt = gradients["da_prev"]\n', "")
    diagnosis = verdicts_of(rnn_backward=source)["rnn_backward"].diagnosis
    assert ("da0_is_da", by_id["da0_is_da"].says) == (diagnosis.mistake, diagnosis.says)


def test_explanations_that_share_nothing_are_not_said():
    """Two mistakes with the same numbers and other sentences name neither."""
    one, two, three = (Mistake(id_, (), f"It is {id_}.", f"Why {id_}?") for id_ in "abc")
    assert common_diagnosis([(one,), (two,)]) is None and common_diagnosis([]) is None
    assert "c" == common_diagnosis([(one, three), (three, two)]).mistake
    assert "a+c" == common_diagnosis([(one, three), (three, one)]).mistake
