"""Answers of people who never saw the catalogue: right ones get full marks, wrong ones lose points once."""


import pytest

from autograder.course.course import Course
from tests.helpers.courses import NAME, ROOT
from tests.strangers.measure import VARIANTS, WRONG, elsewhere, read_answers, verdicts_on

TASKS = Course(ROOT).assignment(NAME).tasks


def reached_from(task):
    """Return a task and the tasks that call it: a wrong version can change only their verdicts."""
    return [task, *(other for other, its in TASKS.items() if task in its.calls)]


@pytest.mark.parametrize("task", TASKS)
def test_right_answers_get_full_marks(assignment, task):
    """Every variant gets all points, passes every check and the public one, and is not diagnosed."""
    answers = read_answers(VARIANTS, task)
    assert 12 <= len(answers)
    for answer in answers:
        verdict = verdicts_on(assignment, task, answer, [task])[task]
        assert {} == {check.name: check.message for check in verdict.checks if not check.passed}, answer.id
        assert (verdict.max_score, None, True) == (verdict.score, verdict.diagnosis, verdict.public_passed), answer.id


@pytest.mark.parametrize("task", TASKS)
def test_wrong_answers_lose_points_once(assignment, task, monkeypatch):
    """Every wrong version loses points in its own task and in no other, with a sentence for what fails."""
    # naming takes most of the time, and changes no score
    monkeypatch.setattr("autograder.judging.verdicts.diagnose", lambda *_: None)
    answers = read_answers(WRONG, task)
    assert 30 <= len(answers)
    for number, answer in enumerate(answers):
        # every third in the calling task too; strangers.measure judges all in all tasks
        verdicts = verdicts_on(assignment, task, answer, [task] if number % 3 else reached_from(task))
        assert verdicts[task].score < verdicts[task].max_score, answer.id
        assert [] == elsewhere(verdicts, task), answer.id
        assert all(check.message for check in verdicts[task].checks), answer.id


@pytest.mark.parametrize("task", TASKS)
def test_answers_define_nothing_else(assignment, task):
    """No wrong version defines a name that another task uses, so `reached_from` finds all that it can change."""
    used = {"np", "sigmoid", "softmax", *TASKS} - {task}
    for answer in read_answers(WRONG, task):
        assert not used & set(answer.defines(assignment.reference.sources[task])), answer.id
