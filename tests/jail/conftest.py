"""A jail at every level that this machine gives: one warm process each, for all tests that do not harm it."""

import pytest

from autograder.jail import Jail
from tests.helpers.sandbox import EVERY_LEVEL, HASTY, LIMITS


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
