"""Tests of which cells run: the names that a cell reads from others, and those that it gives."""

import pytest

from autograder.judging.running import names_given, names_read


@pytest.mark.parametrize("source, read", [
    ("x = 1\nprint(x)", {"print"}),
    ("print(x)\nx = 1", {"print", "x"}),
    ("x += 1", {"x"}),
    ("x = x + 1", {"x"}),
    ("x[0] = 1", {"x"}),
    ("for t in steps:\n    total = total + t", {"steps", "total"}),
    ("[a for a in b]", {"b"}),
    ("def f(x, y=start):\n    z = x\n    return z + rate", {"start", "rate"}),
    ("def f():\n    return later\n\n\nlater = 1", set()),
    ("@wrapped\ndef f():\n    def g():\n        return inner\n    return g", {"wrapped", "inner"}),
    ("class A(Base):\n    size = width", {"Base", "width"}),
    ("%matplotlib inline\nplot(x)", {"plot", "x"}),
    ("def f(:\n    broken", {"def", "f", "broken"}),
    ("import numpy as np\nnp.zeros(3)", set()),
])
def test_names_read(source, read):
    assert read == names_read(source)


@pytest.mark.parametrize("source, defined, computed", [
    ("import numpy as np\nn = 3\nx = np.zeros(n)", {"np", "n"}, {"x"}),
    ("def f(a):\n    b = a\n    return b", {"f"}, set()),
    ("def f():\n    global count\n    count = 1", {"f"}, {"count"}),
    ("weights['Wf'][0] = 1", set(), {"weights"}),
    ("for t in range(3):\n    a.rate = t", set(), {"t", "a"}),
])
def test_names_given(source, defined, computed):
    assert (defined, computed) == names_given(source)
