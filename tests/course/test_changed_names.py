"""The names that a mistake may change first, told from two versions of a function."""

import pytest

from autograder.course.changed_names import names_changed

RIGHT = """def f(x, y):
    u = x + 1
    v = u * y
    s = np.zeros(3)
    for t in range(3):
        s[t] = v + t
    kept = []
    kept.append(v)
    return kept
"""


@pytest.mark.parametrize(("old", "new", "known", "names"), [
    ("u = x + 1", "u = x", "u v s kept", "u"),
    ("u = x + 1", "u = x", "v s kept", "u v"),  # nobody looks at u
    ("u = x + 1", "u = x", "s kept", "kept s u v"),
    ("v = u * y", "w = u * y", "u v w s kept", "kept s v w"),  # v has no value, and what is made of it differs
    ("    u = x + 1\n", "", "u v s kept", "u v"),  # taken out: so has u
    ("s[t] = v + t", "s[t] = v", "u v s kept", "s"),
    ("kept.append(v)", "kept.extend(v)", "u v s kept", "kept"),
    ("return kept", "return s", "u v s kept", ""),  # a line that gives no name a value
    ("range(3)", "range(2)", "u v s kept", ""),
    ("v = u * y", "v = s", "u v s kept", ""),  # a second name of an array that changes later
    ("s = np.zeros(3)", "s = x", "u v s kept", ""),
    ("# nothing", "", "u v s kept", ""),
])
def test_the_first_names_are_told_from_the_sources(old, new, known, names):
    """None are returned where it cannot be told: then every mistake with these numbers may be meant."""
    source = RIGHT + "# nothing\n"
    assert old in source
    assert names.split() == names_changed(source, source.replace(old, new), "f", set(known.split()))
