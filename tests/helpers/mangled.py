"""Ways in which students mangle a notebook, each with the repair that it takes."""

import copy

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from autograder.notebooks import finding
from tests.helpers.notebooks import (
    nbgrader,
    released,
    trusted,
)

RIGHT = {"double": "def double(n):\n    return n + n", "triple": "def triple(n):\n    return n + 2 * n"}


def duplicated(nb):
    """A solution copied, both filled in: the later is what the kernel ended with."""
    nb.cells.insert(6, copy.deepcopy(nb.cells[4]) | {"id": "copy"})
    nb.cells[4].source = "def double(n):\n    return 0"
    return "a second copy of cell `double` is kept as an ordinary cell"


def duplicated_thrice(nb):
    """Three copies."""
    for _ in range(2):
        nb.cells.insert(4, copy.deepcopy(nb.cells[4]))
    return "2 more copies of cell `double` are kept as ordinary cells"


def duplicated_scaffold_below(nb):
    """The untouched scaffold pasted below the solution would undo it, were it run."""
    nb.cells.insert(6, copy.deepcopy(released(trusted()).cells[4]))
    return "an untouched copy of cell `double` below its solution is kept, but not run"


def duplicated_scaffold_above(nb):
    """The untouched scaffold above the solution does no harm."""
    nb.cells.insert(4, copy.deepcopy(released(trusted()).cells[4]))
    return "a second copy of cell `double` is kept as an ordinary cell"


def written_above_scaffold(nb):
    """The function written in a cell of one's own above the untouched scaffold."""
    nb.cells[4].source = released(trusted()).cells[4].source
    nb.cells.insert(4, new_code_cell(RIGHT["double"], id="mine"))
    return "cell `double` is now the one that defines the function"


def duplicated_test(nb):
    """A test copied to play with, the copy edited."""
    nb.cells.insert(5, copy.deepcopy(nb.cells[5]) | {"source": "print(double(3))"})
    return "a second copy of cell `double_tests` is kept as an ordinary cell"


def duplicated_all(nb):
    """The whole notebook pasted behind itself, ids and all."""
    nb.cells += copy.deepcopy(nb.cells)
    return "a second copy of cell `triple_tests` is kept as an ordinary cell"


def deleted_test(nb):
    """A deleted test cell."""
    nb.cells.pop(5)
    return "cell `double_tests` was missing and has been put back"


def deleted_locked(nb):
    """Every locked cell deleted."""
    nb.cells = [cell for cell in nb.cells if not cell.metadata.get("nbgrader", {}).get("locked")]
    return "cell `setup` was missing and has been put back"


def deleted_solution(nb):
    """A solution cell deleted, its function written elsewhere."""
    nb.cells[4] = new_code_cell(RIGHT["double"], id="mine")
    return "cell `double` is now the one that defines the function"


def deleted_everything_else(nb):
    """Nothing but one's two functions, in one cell."""
    nb.cells = [new_code_cell(RIGHT["double"] + "\n\n" + RIGHT["triple"], id="mine")]
    return "this is not the notebook that was handed out; 2 of 2 functions were found by name"


def retyped_solution(nb):
    """A solution turned to markdown."""
    nb.cells[4] = new_markdown_cell(nb.cells[4].source, id="double", metadata=nb.cells[4].metadata)
    return "cell `double` was turned into markdown and is code again"


def retyped_solution_raw(nb):
    """A solution turned to raw."""
    nb.cells[4] = new_raw_cell(nb.cells[4].source, id="double", metadata=nb.cells[4].metadata)
    return "cell `double` was turned into raw and is code again"


def retyped_and_rewritten(nb):
    """An old attempt put aside as markdown, below the new one."""
    nb.cells[4] = new_markdown_cell("def double(n):\n    return 0", id="double", metadata=nb.cells[4].metadata)
    nb.cells.insert(4, new_code_cell(RIGHT["double"], id="mine"))
    return "cell `double` is now the one that defines the function"


def retyped_test(nb):
    """A test turned to markdown."""
    nb.cells[5] = new_markdown_cell(nb.cells[5].source, id="double_tests", metadata=nb.cells[5].metadata)
    return "cell `double_tests` was turned into markdown and is code again"


def retyped_prose(nb):
    """Locked prose turned to code."""
    nb.cells[6] = new_code_cell(nb.cells[6].source, id="half", metadata=nb.cells[6].metadata)
    return "cell `half` was turned into code and is markdown again"


def edited_test(nb):
    """A test edited."""
    nb.cells[5].source = "pass"
    return "cell `double_tests` differed from the assignment's and is restored"


def edited_prose(nb):
    """Locked prose edited."""
    nb.cells[6].source = "All points to me."
    return "cell `half` differed from the assignment's and is restored"


def function_in_test(nb):
    """The function written into the test cell, which is where the restored test goes."""
    nb.cells[5].source = RIGHT["double"]
    nb.cells[4].source = ""
    return "cell `double_tests` was missing and has been put back"


def checks_first(nb):
    """All tests moved to the top."""
    nb.cells.sort(key=lambda cell: not cell.id.endswith("_tests"))
    return "cell `double_tests` stood above the function that it tests, and stands below it now"


def set_up_last(nb):
    """The locked set-up moved to the end."""
    nb.cells.append(nb.cells.pop(2))
    return "cell `setup` had moved and is back at its place"


def reversed_cells(nb):
    """All cells in reverse."""
    nb.cells.reverse()
    return "cell `triple_tests` stood above the function that it tests, and stands below it now"


def points_1000(nb):
    """Points raised."""
    finding.find_cell(nb, "double_tests").metadata.nbgrader.points = 1000
    return "points of `double_tests` said 1000 and are 15 again"


def points_on_solution(nb):
    """Points for a solution."""
    finding.find_cell(nb, "double").metadata.nbgrader.update(points=1000, grade=True)
    return "points of `double` said 1000 and are dropped"


def no_points(nb):
    """Points deleted."""
    del finding.find_cell(nb, "double_tests").metadata.nbgrader["points"]
    return "points of `double_tests` were missing and are 15 again"


def not_a_grade(nb):
    """A test that says it is none."""
    finding.find_cell(nb, "double_tests").metadata.nbgrader.grade = False
    return "grade of `double_tests` said False and is True again"


def also_a_solution(nb):
    """A test that says it is a solution."""
    finding.find_cell(nb, "double_tests").metadata.nbgrader.solution = True
    return "solution of `double_tests` said True and is False again"


def unlocked(nb):
    """A test that says it is not locked, and is edited."""
    finding.find_cell(nb, "double_tests").metadata.nbgrader.locked = False
    nb.cells[5].source = "pass"
    return "locked of `double_tests` said False and is True again"


def schema(version):
    def act(nb):
        finding.find_cell(nb, "double").metadata.nbgrader.schema_version = version
        return f"schema_version of `double` said {version!r} and is 3 again"
    act.__name__, act.__doc__ = f"schema_{version}", "Another schema version aborts nbgrader's whole batch."
    return act


def no_schema(nb):
    """nbgrader's metadata, but the name."""
    nb.cells[4].metadata.nbgrader = nbformat.from_dict({"grade_id": "double"})
    return "schema_version of `double` was missing and is 3 again"


def unknown_name(nb):
    """A cell with a name that the assignment does not have."""
    nb.cells.append(new_code_cell("bonus = 1", id="bonus", metadata=nbgrader("bonus", grade=True, points=50)))
    return "cell 11 said it was 'bonus' and is kept as an ordinary cell"


def odd_name(nb):
    """A name that is no string, a page of text, or nothing."""
    for name in (5, ["a"], "<script>" * 999, "", None):
        nb.cells.append(new_code_cell("a", metadata=nbgrader(name, grade=True, points=50)))
    return "cell 11 said it was 5 and is kept as an ordinary cell"


def odd_values(nb):
    """Values of other types than nbgrader's."""
    for cell in nb.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.update(checksum={"a": 1}, points=["a"], locked={}, task="x" * 999)
    return "points of `double_tests` said ['a'] and are 15 again"


def skip_tests(nb):
    """Tests tagged skip-execution get full marks from nbgrader."""
    for cell in nb.cells:
        cell.metadata.tags = ["skip-execution", "raises-exception"]
    return "cell 6 was tagged skip-execution, and runs all the same"


def named_as_another(nb):
    """A solution under another's name, which is there as well."""
    finding.find_cell(nb, "triple").metadata.nbgrader.grade_id = "double"
    return "grade_id of `triple` said 'double' and is 'triple' again"


def names_swapped(nb):
    """Two solutions under each other's names."""
    one, other = nb.cells[4].metadata, nb.cells[7].metadata
    nb.cells[4].metadata, nb.cells[7].metadata = other, one
    return "grade_id of `double` said 'triple' and is 'double' again"


def named_as_a_test(nb):
    """A solution under its test's name."""
    nb.cells[4].metadata.nbgrader = nb.cells[5].metadata.nbgrader
    return "grade_id of `double` said 'double_tests' and is 'double' again"


def split_helper(nb):
    """A solution split behind a helper, as JupyterLab does it: both halves keep the metadata."""
    cell = nb.cells[4]
    nb.cells.insert(4, copy.deepcopy(cell) | {"id": "upper", "source": "def helper(n):\n    return 2 * n"})
    cell.source = "def double(n):\n    return helper(n)"
    return "a second copy of cell `double` is kept as an ordinary cell"


def merged(nb):
    """Both tasks merged into the second's cell; the first's tests wait for it."""
    nb.cells[7].source = nb.cells[4].source + nb.cells[7].source
    del nb.cells[4]
    return "cell `double` was missing and has been put back, empty"


def merged_with_tests(nb):
    """A solution, its tests and the next solution merged into one cell."""
    nb.cells[4].source = nb.cells[4].source + "\n" + nb.cells[5].source + "\n" + nb.cells[7].source
    del nb.cells[5:8]
    return "cell `triple` was missing and has been put back, empty"


def metadata_stripped(nb):
    """All metadata stripped, as some editors do; ids as well."""
    for number, cell in enumerate(nb.cells):
        cell.update(metadata={}, id=f"n{number}")
    return "cell `double_tests` had lost its nbgrader metadata and has them back"


def ids_duplicated(nb):
    """Each cell with the same id."""
    for cell in nb.cells:
        cell.id = "same"


def ids_of_others(nb):
    """An ordinary cell with a test's id."""
    nb.cells.insert(0, new_code_cell("a = 1", id="double_tests"))


def attachments(nb):
    """Attachments and widget state."""
    nb.cells[0].attachments = {"a.png": {"image/png": "QQ=="}}
    nb.metadata.widgets = {"application/vnd.jupyter.widget-state+json": {"state": {"a" * 99: {}}}}


def another_kernel(nb):
    """A kernel of the student's own."""
    nb.metadata.kernelspec = {"name": "bash; rm", "display_name": "x", "language": "R"}


DEEDS = [duplicated, duplicated_thrice, duplicated_scaffold_below, duplicated_scaffold_above, written_above_scaffold,
         duplicated_test, duplicated_all, deleted_test, deleted_locked, deleted_solution, deleted_everything_else,
         retyped_solution, retyped_solution_raw, retyped_and_rewritten, retyped_test, retyped_prose, edited_test,
         edited_prose, function_in_test, checks_first, set_up_last, reversed_cells, points_1000, points_on_solution,
         no_points, not_a_grade, also_a_solution, unlocked, schema(1), schema(99), schema("x"), schema(None),
         no_schema, unknown_name, odd_name, odd_values, skip_tests, named_as_another, names_swapped, named_as_a_test,
         split_helper, merged, merged_with_tests, metadata_stripped, ids_duplicated, ids_of_others, attachments,
         another_kernel]
