"""The diagnosis names the mistake, or both of two."""

import pytest

from autograder.judging import judge


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
