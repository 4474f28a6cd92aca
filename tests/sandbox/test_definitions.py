"""Tests of finding what a cell defines."""

import pytest

from autograder.sandbox.definitions import definitions


@pytest.mark.parametrize(("source", "left"), [
    ("x = 1\n%matplotlib inline\n@deco\ndef f():\n    return 'é'\n\nf()", "\n\n@deco\ndef f():\n    return 'é'\n\n"),
    ("from a import b; while_ = 1\nclass A: pass", "from a import b; while_ = 1\nclass A: pass"),
    ("x = 1", ""), ("def f(:", ""), ("(" * 10_000, ""), ("", ""), ("def f(): pass\n" * 100_000, ""),
])
def test_definitions(source, left):
    """Definitions are what is left of a cell, or nothing if it does not parse."""
    assert left == definitions(source)
