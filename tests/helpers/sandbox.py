"""Limits, levels and small notebooks, for tests that run a student's code."""

import sys

import pytest

from autograder.sandbox import LEVELS, Limits, isolation

#: Generous where a test expects success: it must not fail on a busy machine.
LIMITS = Limits(cell_seconds=30.0, call_seconds=30.0, submission_seconds=120.0)
HASTY = Limits(cell_seconds=1.0, call_seconds=1.0, submission_seconds=60.0, patience=2.0)


def available(level, *marks):
    """Return the level as a parameter, with a mark that skips it if this machine does not support it."""
    problem = isolation.bubblewrap_problem() if level == "bubblewrap" else None
    return pytest.param(level, marks=[pytest.mark.skipif(problem is not None, reason=str(problem)), *marks])


EVERY_LEVEL = [available(level) for level in LEVELS]
#: The same, for tests that are many: `make test` tries only the strongest level of this machine.
STRONGEST_FIRST = [available(level, *([] if level == isolation.best_level() else [pytest.mark.slow]))
                   for level in LEVELS]
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def notebook(*sources):
    """Return code cells with the ids a, b, c, ..."""
    return [(chr(ord("a") + i), source) for i, source in enumerate(sources)]


def texts(run):
    """Return all text of a cell's outputs."""
    found = []
    for output in run.outputs:
        found += [output.get("text", ""), output.get("evalue", ""), output.get("data", {}).get("text/plain", "")]
    return "".join(found)
