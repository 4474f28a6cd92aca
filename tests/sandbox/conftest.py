"""A sandbox at every level that this machine supports: one zygote each, for all tests that do not harm it."""

import pytest

from autograder.sandbox import Sandbox
from tests.helpers.sandbox import EVERY_LEVEL, HASTY, LIMITS


@pytest.fixture(scope="session")
def sandboxes():
    """Start each level's sandbox on first use. All tests share it: students cannot harm each other."""

    class Sandboxes(dict):
        def __missing__(self, level):
            self[level] = Sandbox(LIMITS, level)
            return self[level]

    sandboxes = Sandboxes()
    yield sandboxes
    for sandbox in sandboxes.values():
        sandbox.close()


@pytest.fixture(params=EVERY_LEVEL)
def sandbox(request, sandboxes):
    return sandboxes[request.param]


@pytest.fixture
def limited(monkeypatch):
    """Give a sandbox other limits for the rest of a test."""

    def limited(sandbox, limits):
        monkeypatch.setattr(sandbox, "limits", limits)
        return sandbox

    return limited


@pytest.fixture
def hasty_sandbox(sandbox, limited):
    """The same sandbox with short time limits."""
    return limited(sandbox, HASTY)
