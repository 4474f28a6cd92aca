"""Tests of finding what a cell defines."""

import pytest

from autograder.sandbox.definitions import definitions


@pytest.mark.parametrize(("source", "left"), [
    ("x = 1\n%matplotlib inline\n@deco\ndef f():\n    return 'é'\n\nf()",
     "x = 1\n\n@deco\ndef f():\n    return 'é'\n\n"),
    ("from a import b; while_ = 1\nclass A: pass", "from a import b; while_ = 1\nclass A: pass"),
    ("x = 1", "x = 1"), ("x = y = -1, [2]\nz = 1 + 1\nw = f", "x = y = -1, [2]\n\n"),
    ("f = lambda x=g(): x", ""), ("f = lambda x, y=1: x + g(y)\ng()", "f = lambda x, y=1: x + g(y)\n"),
    ("def f(:", ""), ("(" * 10_000, ""), ("", ""), ("def f(): pass\n" * 100_000, ""),
])
def test_definitions(source, left):
    """Definitions are what is left of a cell, or nothing if it does not parse."""
    assert left == definitions(source)
