"""The catalogues of all assignments: every entry is a mistake, is caught, and is named by its own sentence alone."""

import ast
from dataclasses import replace
from functools import lru_cache

import pytest

from autograder.course.catalogue import parse_catalogue
from autograder.course.course import Course
from autograder.course.settings import Secret
from autograder.judging import judge_task
from autograder.judging.wrong_versions import touched_outputs
from autograder.model import Returned
from autograder.sandbox.local import LocalSession
from tests.helpers.courses import NAME, ROOT

COURSE = Course(ROOT)
TASKS = [(name, task) for name in COURSE.assignments for task in COURSE.assignment(name).tasks]
CATALOGUED = [(name, task) for name, task in TASKS if COURSE.assignment(name).tasks[task].mistakes]
SECRETS = ("a rainy day", pytest.param("a sunny day", marks=pytest.mark.slow))


@lru_cache
def load(name, secret):
    """Return an assignment with its hidden arguments drawn from this secret."""
    return replace(COURSE.assignment(name), secret=Secret(secret, True))


def mistakes_of(name, task):
    """Return the catalogue of a task."""
    return COURSE.assignment(name).tasks[task].mistakes


@lru_cache
def verdicts(name, task, secret):
    """Return the verdict on each wrong version of a task, by the mistake's id."""
    assignment, found = load(name, secret), {}
    for mistake in mistakes_of(name, task):
        function = assignment.reference.wrong(task, mistake)
        found[mistake.id] = judge_task(LocalSession(function.__globals__ | {task: function}), assignment, task)
    return found


@pytest.mark.parametrize("task", [task for name, task in TASKS if name == NAME])
def test_every_function_has_many_mistakes(task):
    """There are at least twenty for each function of the first assignment."""
    assert 20 <= len(mistakes_of(NAME, task))


def test_no_mistake_was_lost():
    """There are 1,396 in the first assignment."""
    assert 1_396 == sum(len(mistakes_of(name, task)) for name, task in TASKS if name == NAME)


@pytest.mark.parametrize("name, task", CATALOGUED)
def test_substitutions_fit_the_solution(name, task):
    """Each left side occurs exactly once in the solution, changes it, and leaves it Python."""
    reference = COURSE.assignment(name).reference
    for mistake in mistakes_of(name, task):
        assert mistake.replace, mistake.id
        for old, new in mistake.replace:
            assert 1 == reference.sources[task].count(old), (mistake.id, old)
            assert old != new, mistake.id
        assert callable(reference.wrong(task, mistake))


@pytest.mark.parametrize("name, task", CATALOGUED)
def test_sentences_are_well_formed(name, task):
    """A sentence ends with a full stop, a hint with a question; both quote names in pairs of backticks, on one line."""
    for mistake in mistakes_of(name, task):
        assert (".", "?") == (mistake.says[-1], mistake.hint[-1]), mistake.id
        for text in (mistake.says, mistake.hint):
            assert 0 == text.count("`") % 2, mistake.id
            assert text == " ".join(text.split()), mistake.id


@pytest.mark.parametrize("name, task", CATALOGUED)
def test_hints_hold_no_solution(name, task):
    """No sentence or hint contains a right side of an assignment in the solution, except bare names."""
    tree = ast.parse(COURSE.assignment(name).reference.sources[task])
    values = [node.value for node in ast.walk(tree) if isinstance(node, ast.Assign | ast.AugAssign)]
    secrets = ["".join(ast.unparse(value).split()) for value in values if isinstance(value, ast.BinOp | ast.Call)]
    for mistake in mistakes_of(name, task):
        text = "".join((mistake.says + mistake.hint).replace("`", "").split())
        assert not [secret for secret in secrets if secret in text], mistake.id


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("name, task", CATALOGUED)
def test_every_entry_is_a_mistake(name, task, secret):
    """No entry equals the solution on every case, whatever the arguments are drawn from."""
    assert [] == [m.id for m in mistakes_of(name, task) if not touched_outputs(load(name, secret), task, m.id)]


@pytest.mark.parametrize("name, task", CATALOGUED)
def test_every_entry_can_be_named(name, task):
    """Every wrong version returns values on at least half of the hidden cases; an exception names itself."""
    assignment, silent = load(name, SECRETS[0]), []
    for mistake in mistakes_of(name, task):
        function, cases = assignment.reference.wrong(task, mistake), assignment.hidden_cases(task)
        returned = [isinstance(assignment.outcome(function, case), Returned) for case in cases]
        if 2 * sum(returned) < len(cases):
            silent.append(mistake.id)
    assert [] == silent


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("name, task", CATALOGUED)
def test_hidden_cases_catch_every_mistake(name, task, secret):
    """Every mistake loses points, whatever the hidden arguments are drawn from."""
    assert [] == [key for key, verdict in verdicts(name, task, secret).items() if verdict.score >= verdict.max_score]


@pytest.mark.parametrize("name, task", CATALOGUED)
def test_the_public_case_catches_nearly_all(name, task):
    """The learner's own check sees at least 95 % of the mistakes."""
    missed = [key for key, verdict in verdicts(name, task, SECRETS[0]).items() if verdict.public_passed]
    assert len(missed) <= 0.05 * len(mistakes_of(name, task)), missed


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("name, task", CATALOGUED)
def test_no_mistake_is_named_as_another(name, task, secret):
    """A diagnosis of a wrong version has the sentence and the hint of its own entry."""
    by_id = {mistake.id: (mistake.says, mistake.hint) for mistake in mistakes_of(name, task)}
    named = {key: verdict.diagnosis for key, verdict in verdicts(name, task, secret).items() if verdict.diagnosis}
    assert {key: by_id[key] for key in named} == {key: (d.says, d.hint) for key, d in named.items()}


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("name, task", CATALOGUED)
def test_mistakes_are_named(name, task, secret):
    """Every catalogued mistake is recognised; entries with equal numbers share a sentence, or none would be."""
    assert [] == [key for key, verdict in verdicts(name, task, secret).items() if verdict.diagnosis is None]


def test_a_theme_holds_until_the_next_one():
    """A line without a theme has that of the line before it; the first may have none."""
    lines = [{"code": "x", "a": {"hint": "?", "m0": ["y", "One."]}},
             {"code": "y", "theme": "bias", "a": {"hint": "?", "m1": ["z", "Two."]}},
             {"code": "z", "a": {"hint": "?", "m2": ["x", "Three."]}}]  # fmt: skip
    assert [("m0", ""), ("m1", "bias"), ("m2", "bias")] == [
        (mistake.id, mistake.theme) for mistake in parse_catalogue({"line": lines})]
