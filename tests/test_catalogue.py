"""The catalogue of mistakes: every entry is a mistake, is caught, and is named by its own sentence and no other."""

import ast
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest

from autograder.course import TASKS
from autograder.course.course import Course
from autograder.course.settings import Secret
from autograder.judging.diagnosis import effects
from autograder.judging.judge import judge_task
from autograder.model import Returned
from autograder.sandbox.local import LocalSession

ROOT = Path(__file__).parent.parent
NAME = "rnn-step-by-step"

CATALOGUED = [name for name, task in TASKS.items() if task.mistakes]
SECRETS = ("a rainy day", "a sunny day")


@lru_cache
def course(secret):
    """The course with its hidden arguments drawn from this secret."""
    return replace(Course(ROOT).assignment(NAME), secret=Secret(secret, True))


@lru_cache
def verdicts(secret, task):
    """The verdict on each wrong version of a task, by the mistake's id."""
    assignment = course(secret)
    found = {}
    for mistake in assignment.tasks[task].mistakes:
        function = assignment.oracle.wrong(task, mistake)
        found[mistake.id] = judge_task(LocalSession(function.__globals__ | {task: function}), assignment, task)
    return found


@pytest.mark.parametrize("task", TASKS)
def test_every_function_has_many_mistakes(task):
    """At least twenty for each function that a student writes."""
    assert 20 <= len(TASKS[task].mistakes)


def test_there_are_two_hundred_mistakes():
    """At least two hundred in all."""
    assert 200 <= sum(len(task.mistakes) for task in TASKS.values())


@pytest.mark.parametrize("task", CATALOGUED)
def test_substitutions_fit_the_solution(assignment, task):
    """Each left side stands exactly once in the solution, changes it, and leaves it Python."""
    source = assignment.oracle.sources[task]
    for mistake in TASKS[task].mistakes:
        assert mistake.replace, mistake.id
        for old, new in mistake.replace:
            assert 1 == source.count(old), (mistake.id, old)
            assert old != new, mistake.id
        assert callable(assignment.oracle.wrong(task, mistake))


@pytest.mark.parametrize("task", CATALOGUED)
def test_sentences_are_well_formed(task):
    """A sentence ends with a full stop, a hint with a question; both quote names in pairs of backticks, on one line."""
    for mistake in TASKS[task].mistakes:
        assert (".", "?") == (mistake.says[-1], mistake.hint[-1]), mistake.id
        for text in (mistake.says, mistake.hint):
            assert 0 == text.count("`") % 2, mistake.id
            assert text == " ".join(text.split()), mistake.id


@pytest.mark.parametrize("task", CATALOGUED)
def test_hints_hold_no_solution(assignment, task):
    """No right side of an assignment in the solution is written out in what a student is told, bare names aside."""
    tree = ast.parse(assignment.oracle.sources[task])
    values = [node.value for node in ast.walk(tree) if isinstance(node, ast.Assign | ast.AugAssign)]
    secrets = ["".join(ast.unparse(value).split()) for value in values if isinstance(value, ast.BinOp | ast.Call)]
    for mistake in TASKS[task].mistakes:
        said = "".join((mistake.says + mistake.hint).replace("`", "").split())
        assert not [secret for secret in secrets if secret in said], mistake.id


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("task", CATALOGUED)
def test_every_entry_is_a_mistake(task, secret):
    """No entry equals the solution on every case, whatever the arguments are drawn from."""
    assert [] == [m.id for m in TASKS[task].mistakes if not effects(course(secret), task, m.id)]


@pytest.mark.parametrize("task", CATALOGUED)
def test_every_entry_can_be_named(task):
    """Every wrong version returns values on at least half of the hidden cases; an error names itself."""
    assignment, silent = course(SECRETS[0]), []
    for mistake in TASKS[task].mistakes:
        function, cases = assignment.oracle.wrong(task, mistake), assignment.hidden_cases(task)
        returned = [isinstance(assignment.outcome(function, case), Returned) for case in cases]
        if 2 * sum(returned) < len(cases):
            silent.append(mistake.id)
    assert [] == silent


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("task", CATALOGUED)
def test_hidden_cases_catch_every_mistake(task, secret):
    """Every mistake loses points, whatever the hidden arguments are drawn from."""
    assert [] == [id for id, verdict in verdicts(secret, task).items() if verdict.score >= verdict.max_score]


@pytest.mark.parametrize("task", CATALOGUED)
def test_the_public_case_catches_nearly_all(task):
    """The learner's own check sees at least 95 % of the mistakes."""
    missed = [id for id, verdict in verdicts(SECRETS[0], task).items() if verdict.public_passed]
    assert len(missed) <= 0.05 * len(TASKS[task].mistakes), missed


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("task", CATALOGUED)
def test_no_mistake_is_named_as_another(task, secret):
    """A diagnosis of a wrong version says what its own entry says, hint and all."""
    by_id = {mistake.id: mistake for mistake in TASKS[task].mistakes}
    named = {id: verdict.diagnosis for id, verdict in verdicts(secret, task).items() if verdict.diagnosis}
    assert {id: (by_id[id].says, by_id[id].hint) for id in named} == {id: (d.says, d.hint) for id, d in named.items()}


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("task", CATALOGUED)
def test_mistakes_are_named(task, secret):
    """Every catalogued mistake is recognised; entries with equal numbers share a sentence, or none would be."""
    assert [] == [id for id, verdict in verdicts(secret, task).items() if not verdict.diagnosis]
