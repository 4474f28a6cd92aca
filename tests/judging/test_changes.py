"""The lines that a change touches, and whether a catalogued mistake may be one of the wrong ones."""

from dataclasses import replace

import pytest

from autograder.course.course import Course
from autograder.judging.line_audit import judge_lines
from autograder.judging.lines.adding import Solution, add_lines
from autograder.judging.lines.changes import may_be_about, statements_changed
from autograder.judging.verdicts import judge_task
from autograder.model import Diagnosis
from autograder.sandbox.local import LocalSession
from tests.helpers.courses import ROOT


def wrong_lines(name, task, old, new):
    """Return the assignment and the wrong lines of its solution with another text."""
    assignment = Course(ROOT).assignment(name)
    source = assignment.reference.sources[task]
    assert old in source
    return assignment, [one.line for one in judge_lines(assignment, task, source.replace(old, new))[0]]


@pytest.mark.parametrize(("name", "task", "old", "new", "mistake", "is_about"), [
    ("gradient-checking", "numeric_gradient", "f(up) - f(down)", "f(down) - f(down)", "one_copy", False),
    ("gradient-checking", "numeric_gradient", "up, down = v.astype(float), v.astype(float)",
     "up = down = v.astype(float)", "one_copy", True),
    ("sizes-and-costs", "multiplications_per_step", "return rnn, lstm", "return rnn, rnn", "one_layer", False),
    ("rnn-step-by-step", "rnn_cell_forward", " + ba)", ")", "no_ba", True),
    ("rnn-step-by-step", "rnn_cell_forward", " + ba)", ")", "no_ba+no_by", True),
    ("rnn-step-by-step", "rnn_cell_forward", " + ba)", ")", "no_by", False),
])
def test_a_mistake_with_the_same_numbers_is_not_named_of_another_line(name, task, old, new, mistake, is_about):
    """A sentence of the catalogue is left out where all wrong lines are others than those of its mistakes."""
    assignment, lines = wrong_lines(name, task, old, new)
    assert lines
    assert is_about == may_be_about(Diagnosis(mistake, "", ""), lines, assignment, task)
    assert may_be_about(Diagnosis(mistake, "", ""), [], assignment, task), "no line is found: nothing speaks against it"


def test_mistakes_that_share_a_sentence_are_one(assignment):
    """The diagnosis has one of their names, and may mean the statements of all."""
    for task in assignment.tasks.values():
        by_sentence = {}
        for mistake in task.mistakes:
            by_sentence.setdefault(mistake.says, set()).add(statements_changed(assignment, task.name, mistake.id))
        assert all(len(changed) == 1 for changed in by_sentence.values())


def test_the_verdict_loses_a_diagnosis_that_is_about_another_line():
    """The points stay, and the line speaks alone."""
    assignment, task = Course(ROOT).assignment("gradient-checking"), "numeric_gradient"
    source = assignment.reference.sources[task].replace("f(up) - f(down)", "f(down) - f(down)")
    namespace = dict(assignment.reference.namespace)
    exec(compile(source, "<cell>", "exec"), namespace)
    session = LocalSession(namespace)
    verdict = judge_task(session, assignment, task)
    assert "one_copy" == verdict.diagnosis.mistake
    (after,) = add_lines(session, assignment, [verdict], {task: Solution(source, 0, 0)})
    assert after.diagnosis is None and replace(after, diagnosis=verdict.diagnosis, lines=()) == verdict
    assert ["gradient"] == [line.name for line in after.lines]
