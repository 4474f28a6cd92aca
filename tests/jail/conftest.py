"""A jail at every level that this machine gives: one warm process each, for all tests that do not harm it."""

import os
import sys
import time

import pytest

from autograder.jail import LEVELS, Jail, walls
from autograder.model import Limits

#: Seconds are generous where a test expects success: a loaded machine must not make one fail.
LIMITS = Limits(cell_seconds=30.0, call_seconds=30.0, submission_seconds=120.0)
HASTY = Limits(cell_seconds=1.0, call_seconds=1.0, later_seconds=0.5, submission_seconds=60.0, restarts=3)


def available(level):
    """The level, or a mark that skips it where this machine does not give it."""
    problem = walls.bubblewrap_problem() if level == "bubblewrap" else None
    return pytest.param(level, marks=pytest.mark.skipif(problem is not None, reason=str(problem)))


EVERY_LEVEL = [available(level) for level in LEVELS]
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture(scope="session")
def jails():
    """The jails by level, started when first asked for; that no test is harmed by another's student is a test too."""

    class Jails(dict):
        def __missing__(self, level):
            self[level] = Jail(LIMITS, level)
            return self[level]

    jails = Jails()
    yield jails
    for jail in jails.values():
        jail.close()


@pytest.fixture(params=EVERY_LEVEL)
def jail(request, jails):
    return jails[request.param]


@pytest.fixture
def limited(monkeypatch):
    """Gives a jail other limits for the rest of a test."""

    def limited(jail, limits):
        monkeypatch.setattr(jail, "limits", limits)
        return jail

    return limited


@pytest.fixture
def hasty_jail(jail, limited):
    """The same jail with little patience."""
    return limited(jail, HASTY)


def notebook(*sources):
    """Code cells with ids a, b, c, ..."""
    return [(chr(ord("a") + i), source) for i, source in enumerate(sources)]


def texts(run):
    """All text of a cell's outputs."""
    found = []
    for output in run.outputs:
        found += [output.get("text", ""), output.get("evalue", ""), output.get("data", {}).get("text/plain", "")]
    return "".join(found)


# ---- processes, as the host sees them ----------------------------------------------------------------------


def processes(ancestor):
    """The numbers of a process and of all below it, parents first. Numbers start anew, and tell no age."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = [ancestor]
    for one in found:
        found += [number for number, parent in parents.items() if parent == one]
    return found


def is_running(number):
    try:
        with open(f"/proc/{number}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_until_gone(numbers):
    deadline = time.monotonic() + 60
    while left := [number for number in numbers if is_running(number)]:
        assert time.monotonic() < deadline, left
        time.sleep(0.02)
