"""Lines of a solution cell that still wait for a value."""

import ast

import pytest

from autograder.course.scaffold import scaffold_source
from autograder.notebooks.waiting import count_blanks, find_waiting_lines

SOLUTION = """def f(x, steps):
    total = None
    ### START CODE HERE ###
    # the sizes
    n, m = x.shape
    # a list for the results
    found = []
    for t in range(steps):
        # step t
        a, b = g(x, t)
        # keep it
        found.append(a)
    # the last one
    last = found[-1]
    if m > 1:
        last += b
    ### END CODE HERE ###
    return last, total
"""
RELEASED = scaffold_source(SOLUTION)


def with_blank(number):
    """Return the solution with a line as it was released."""
    lines = SOLUTION.split("\n")
    lines[number - 1] = RELEASED.split("\n")[number - 1]
    return "\n".join(lines)


@pytest.mark.parametrize("number", [5, 7, 8, 10, 12, 14, 15, 16])
def test_each_line_that_was_left_is_found(number):
    """One line without its value is found by its number, and no other."""
    assert (number,) == find_waiting_lines(with_blank(number), RELEASED, SOLUTION)


def test_all_lines_of_a_release_wait():
    """The release as it was handed out waits on eight lines, and the solution on none, not even `total = None`."""
    assert (5, 7, 8, 10, 12, 14, 15, 16) == find_waiting_lines(RELEASED, RELEASED, SOLUTION)
    assert 8 == count_blanks(RELEASED, SOLUTION)
    assert () == find_waiting_lines(SOLUTION, RELEASED, SOLUTION)


@pytest.mark.parametrize("source, waiting", [
    (RELEASED.replace("    n, m = None, None\n", "    n, m = None, None\n    n, m = x.shape\n"),
     (8, 9, 11, 13, 15, 16, 17)),
    (with_blank(12).replace("        None\n", "        None\n        found.append(a)\n"), ()),
    (with_blank(12).replace("        None\n", "        found.append(a)\n        None\n"), ()),
    (with_blank(12).replace("        None\n", "        found += [None]\n"), ()),
    (with_blank(14).replace("last = None", "last = None  # nothing yet\n    last = found.pop()"), ()),
    (with_blank(14).replace("last = None", "last = None  # nothing yet"), (14,)),
    ("", ()), ("def f(:", ()), ("def f(x):\n    return None", ()), ("None\n" * 60_000, ()),
])
def test_a_line_whose_work_is_done_elsewhere_is_left_out(source, waiting):
    """None where the next line gives the value, and a cell that cannot be read, are not reported."""
    assert waiting == find_waiting_lines(source, RELEASED, SOLUTION)


def test_every_line_of_the_course_is_found(assignment):
    """In each task, each line that is left as released is found, unless a line below binds the same names."""
    found = missed = 0
    for name, solution in assignment.reference.sources.items():
        released = scaffold_source(solution)
        assert () == find_waiting_lines(solution, released, solution)
        for number, (line, blank) in enumerate(zip(solution.split("\n"), released.split("\n"), strict=True), 1):
            if line != blank:
                lines = solution.split("\n")
                lines[number - 1] = blank
                waiting = find_waiting_lines("\n".join(lines), released, solution)
                assert waiting in ((number,), ())
                found, missed = found + bool(waiting), missed + (not waiting)
        for variant in assignment.variants(name):
            source = solution
            for old, new in variant.replace:
                source = source.replace(old, new)
            assert () == find_waiting_lines(source, released, solution)
            ast.parse(source)
    assert 100 < found and missed < found / 20
