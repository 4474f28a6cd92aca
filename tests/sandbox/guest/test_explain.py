"""An exception in one sentence, with the line of the cell that raised it."""

import pytest

from autograder.sandbox.guest.explain import explain

SOURCE = """def add_up(n):
    for step in range(n):
        last = step
        total += last
    return total
"""


def test_a_local_without_a_value_has_the_line_that_reads_it():
    """CPython 3.11 gives a warm function the line of the store before it: each call has the same line here."""
    namespace = {}
    exec(compile(SOURCE, "<cell 1>", "exec"), namespace)
    said = set()
    for _ in range(50):
        with pytest.raises(UnboundLocalError) as caught:
            namespace["add_up"](3)
        said.add(explain(caught.value, "add_up"))
    (sentence,) = said
    assert sentence.endswith("(line 4 of the cell)")
