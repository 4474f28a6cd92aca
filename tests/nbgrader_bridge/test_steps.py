"""Our configuration keeps every step of nbgrader's, those of a later version included."""

import sys

import pytest
from nbgrader import converters
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets.config import Config

from autograder.course.settings import read_config
from autograder.errors import CourseError
from autograder.nbgrader_bridge import steps
from autograder.nbgrader_bridge.autograded import extra_steps
from tests.helpers.courses import ROOT

REPLACED = {"ClearSolutions": "Scaffold", "DeduplicateIds": "Restore", "Execute": "Judge",
            "SaveAutoGrades": "SaveGrades"}
ADDED = {"GenerateAssignment.preprocessors": ["Support"], "GenerateFeedback.preprocessors": ["HideTests"]}


class MadeUp(NbGraderPreprocessor):
    """A step of a later version of nbgrader."""


def configured(trait):
    """Return the names of the classes in one list of our nbgrader_config.py."""
    converter, name = trait.split(".")
    return [step.rpartition(".")[2] for step in read_config(ROOT)[converter][name]]


@pytest.mark.parametrize("trait", steps.DEFAULTS)
def test_every_step_of_nbgraders_is_there(trait):
    """Each list is nbgrader's default in its order, with ours in place of some steps, or at the end."""
    converter, name = trait.split(".")
    default = [step.__name__ for step in getattr(converters, converter).class_traits()[name].default()]
    assert [REPLACED.get(step, step) for step in default] + ADDED.get(trait, []) == configured(trait)


@pytest.mark.parametrize("trait", steps.DEFAULTS)
def test_a_new_step_of_nbgraders_is_not_lost(trait, monkeypatch):
    """A step that nbgrader adds to its default is in our list, at its place."""
    converter, name = trait.split(".")
    cls = getattr(converters, converter)
    before = configured(trait)
    default = cls.class_traits()[name].default()
    trait_type = cls.class_traits()[name]
    changed = [default[0], MadeUp, *default[1:]]
    monkeypatch.setattr(trait_type, "default", lambda obj=None: changed)
    assert [before[0], "MadeUp", *before[1:]] == configured(trait)


@pytest.mark.parametrize("trait", steps.DEFAULTS)
def test_the_written_defaults_are_nbgraders(trait, monkeypatch):
    """What is written down, to save the import, is what the locked version of nbgrader has."""
    names = steps.default_steps(trait)
    monkeypatch.delitem(sys.modules, "nbgrader.converters")
    assert names == steps.default_steps(trait)
    assert "nbgrader.converters" not in sys.modules


def test_the_written_defaults_are_of_the_locked_version():
    """The version of `KNOWN` is the one that is installed by make setup."""
    assert f"nbgrader=={steps.KNOWN}" in (ROOT / "requirements.lock").read_text().split()


def test_a_step_that_nbgrader_dropped_is_named():
    """Without Execute in nbgrader's list Judge has no place: refused, or student code ran outside the sandbox."""
    with pytest.raises(CourseError, match=r"has no Run in Autograde\.autograde_preprocessors"):
        steps.steps_with_ours("Autograde.autograde_preprocessors", {"Run": "autograder.hooks.Judge"})


@pytest.mark.parametrize(("section", "count"), [({}, 1), ({"enabled": False}, 1), ({"enabled": True}, 2)])
@pytest.mark.parametrize("step", ["IgnorePattern", "ClearMetadataPreprocessor"])
def test_a_step_that_is_switched_off_is_not_made(step, section, count):
    """`autograder grade` runs LimitOutput alone; a step that a course switches on runs too."""
    config = Config({**read_config(ROOT), **({step: section} if section else {})})
    before, after = extra_steps(config)
    assert ([], count) == (before, len(after))
