"""The audit of wrong lines: what it counts, and its gates."""

from dataclasses import replace

import pytest

from autograder.course.course import Course
from autograder.course.reference import mutate
from autograder.judging.line_audit import audit_lines, find_contradiction, judge_lines, pairs_of
from autograder.judging.lines.changes import changes_of
from tests.helpers.courses import ROOT


@pytest.mark.parametrize("name", Course(ROOT).assignments)
def test_the_gates_hold_for_a_task_of_each_assignment(name):
    """No gate is missed by the first task; `make audit` looks at all tasks."""
    assignment = Course(ROOT).assignment(name)
    audit = audit_lines(assignment, next(iter(assignment.tasks)))
    assert [] == audit.problems
    assert audit.changes == audit.right + len(audit.other) + len(audit.silent)


def test_a_missed_gate_is_a_problem(assignment):
    """Too few right lines, a flagged variant and a contradicted sentence are each said."""
    audit = audit_lines(assignment, "rnn_cell_forward")
    spoilt = replace(audit, right=audit.right - 10, flagged=("other",), misnamed=("no_ba",))
    assert 3 == len(spoilt.problems)


def test_changes_are_counted_by_statement():
    """A changed line, a line that is gone with what it gave, and no comment."""
    old = "def f(x):\n    a = (x +\n         1)  # one\n    b = 2\n    return a, b"
    assert (set(), set()) == tuple(changes_of(old, old.replace("# one", "# two"), "f"))
    assert ({2}, set()) == tuple(changes_of(old, old.replace("1)", "2)"), "f"))
    assert (set(), {"b"}) == tuple(changes_of(old, old.replace("    b = 2\n", ""), "f"))


def test_pairs_hold_two_mistakes_in_different_lines(assignment):
    """A pair is found at both lines, or at the one that keeps the other from running."""
    name = "lstm_cell_forward"
    id_, source = next(pairs_of(assignment, name))
    found, verdict = judge_lines(assignment, name, source)
    assert "right" == verdict
    assert " + " in id_ and found


def test_a_wrong_line_elsewhere_is_no_right_one(assignment):
    """The measure can fail: a mistake that shows only in another line counts as that."""
    source = assignment.reference.sources["rnn_cell_forward"]
    shifted = source.replace("    ### END CODE HERE ###", "    a_next += 0.1\n    ### END CODE HERE ###")
    assert "right" == judge_lines(assignment, "rnn_cell_forward", shifted)[1]
    assert "silent" == judge_lines(assignment, "rnn_cell_forward", source)[1]


def test_a_sentence_about_another_line_is_at_odds(assignment):
    """A named mistake and the lines of the trace check each other."""
    name, source = "lstm_cell_forward", assignment.reference.sources["lstm_cell_forward"]
    changed = {key: mutate(source, mistake) for key, mistake in (
        (mistake.id, mistake) for mistake in assignment.tasks[name].mistakes) if key in ("no_bf", "yt_c_next")}
    assert 2 == len(changed)
    one, two = changed.values()
    found, _ = judge_lines(assignment, name, one)
    assert "" == find_contradiction(assignment, name, one, found)
    assert find_contradiction(assignment, name, two, found) in changed
