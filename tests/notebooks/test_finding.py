"""Cells are found by name, functions at top level, and hidden tests by their markers."""


import pytest
from nbformat.v4 import new_code_cell

from autograder.notebooks import finding, reading
from tests.helpers.notebooks import COURSE, trusted


def test_cells_are_found_by_name():
    """Solutions, tests and any cell are found by grade_id, in order; a name that is not there gives None."""
    nb = trusted()
    assert ["double", "triple"] == list(finding.solution_cells(nb)) == list(finding.test_cells(nb))
    assert nb.cells[6] is finding.find_cell(nb, "half")
    assert finding.find_cell(nb, "quadruple") is None
    assert [1, 2, 4, 5, 7, 8] == [place for place, _ in finding.code_cells(nb)]


def test_each_task_of_the_course_has_its_cells():
    """Each solution cell of the course defines the function that it is named after, and has a test with points."""
    nb = reading.read_notebook(COURSE)
    solutions, tests = finding.solution_cells(nb), finding.test_cells(nb)
    assert 8 == len(solutions)
    assert list(solutions) == list(tests)
    assert all(name in finding.defined_functions(cell.source) for name, cell in solutions.items())
    assert all(cell.metadata.nbgrader.points >= 0 for cell in tests.values())


@pytest.mark.parametrize(("source", "expected"), [
    ("def f(x): pass", {"f"}), ("async def f(): pass", {"f"}), ("class A:\n    def f(self): pass", set()),
    ("%time\ndef f(): pass", {"f"}), ("def f(:\n  pass", {"f"}), ("'''\ndef f():\n'''", set()), ("f = 1", set()),
    ("def f():\n    def g(): pass\ndef h(): pass", {"f", "h"}), ("s = '\\d'\ndef f(): 1 is 1", {"f"}), ("", set()),
    ("def f(): pass\n\0", {"f"}), ("def f(): return " + "(" * 5000, {"f"}), ("def f(): return " + "-" * 50_000, {"f"}),
])
def test_functions_are_those_at_top_level(source, expected):
    """Names of top-level functions, also where the cell does not parse."""
    assert expected == finding.defined_functions(source)


def test_hidden_regions_are_cut_as_nbgrader_cuts_them():
    """without_hidden equals nbgrader's ClearHiddenTests on each test cell."""
    from nbgrader.preprocessors import ClearHiddenTests

    for cell in [*finding.test_cells(trusted()).values(), *finding.test_cells(reading.read_notebook(COURSE)).values(),
                 new_code_cell("a\n  ### BEGIN HIDDEN TESTS\nb\n### END HIDDEN TESTS\n\nc")]:
        source = cell.source
        ClearHiddenTests()._remove_hidden_test_region(cell)
        assert cell.source == finding.without_hidden_tests(source)


@pytest.mark.parametrize("source, left", [
    ("a\n### BEGIN HIDDEN TESTS\nb\n### END HIDDEN TESTS\nc", "a\nc"),
    ("a\n### BEGIN HIDDEN TESTS\nb", "a"),
    ("a\n=== BEGIN MARK SCHEME ===\nb\n### END HIDDEN TESTS\nc\n=== END MARK SCHEME ===\nd", "a\nd"),
    ("### END HIDDEN TESTS\na", "### END HIDDEN TESTS\na"),
    ("", ""),
])
def test_parts_for_graders_are_left_out(source, left):
    """Each part ends with its own mark, or not at all; a stray end is no mark."""
    assert left == finding.without_parts(source, finding.HIDDEN_TESTS, finding.MARK_SCHEME)
    assert left == source or finding.without_hidden_tests(source).startswith("a")
