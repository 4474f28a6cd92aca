"""Tests of finding what a cell defines."""

import ast

import pytest

from autograder.sandbox.guest.definitions import definitions, readable_statements


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


@pytest.mark.parametrize(("source", "left"), [
    ("def f():\n    return 1\nprint(f'{x +}')\n\n@deco\ndef g():\n\n    return 2", ["def f", "@deco"]),
    ("if True print\ndef f(\n    x,\n):\n    return x", ["def f"]),
    ("x = (1,\ndef f(): pass", ["def f"]),
    ("'''\ndef f(): pass\n'''\nx = = 1\ny = 2", ["'''", "y = 2"]),
    ("def f(:\n    pass", []), ("def f(:\n    pass\n" * 5_000, []), ("(" * 10_000, []), ("type X = = int", []),
])
def test_what_this_python_cannot_parse_is_left_out(source, left):
    """The statements of a cell that parse are found with their own line numbers, and none inside a string."""
    found, lines = readable_statements(source), source.split("\n")
    first = [min(part.lineno for part in (node, *getattr(node, "decorator_list", ()))) for node in found]
    assert len(left) == len(found)
    assert all(lines[number - 1].startswith(text) for number, text in zip(first, left, strict=True))
    assert all(isinstance(node, ast.stmt) for node in found)
