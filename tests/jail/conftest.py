"""Jails at every level that this machine gives, with limits short enough for tests."""

import pytest

from autograder.jail import LEVELS, Jail, walls
from autograder.model import Limits

#: Seconds are generous where a test expects success: a loaded machine must not make one fail.
LIMITS = Limits(cell_seconds=20.0, call_seconds=20.0, submission_seconds=120.0)
HASTY = Limits(cell_seconds=1.0, call_seconds=1.0, submission_seconds=30.0, restarts=3)


def available(level):
    """The level, or a mark that skips it where this machine does not give it."""
    problem = walls.bubblewrap_problem() if level == "bubblewrap" else None
    return pytest.param(level, marks=pytest.mark.skipif(problem is not None, reason=str(problem)))


EVERY_LEVEL = [available(level) for level in LEVELS]


@pytest.fixture(scope="session", params=EVERY_LEVEL)
def jail(request):
    """One warm process for all tests of a level: that none is harmed by another's student is itself a test."""
    with Jail(LIMITS, request.param) as jail:
        yield jail


@pytest.fixture(scope="session", params=EVERY_LEVEL)
def hasty_jail(request):
    """The same with little patience."""
    with Jail(HASTY, request.param) as jail:
        yield jail


def notebook(*sources):
    """Code cells with ids a, b, c, ..."""
    return [(chr(ord("a") + i), source) for i, source in enumerate(sources)]


def texts(run):
    """All text of a cell's outputs."""
    found = []
    for output in run.outputs:
        found += [output.get("text", ""), output.get("evalue", ""), output.get("data", {}).get("text/plain", "")]
    return "".join(found)
