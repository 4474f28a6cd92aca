"""A submitted notebook is fit for grading after its repair, whatever happened to it."""

import copy

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from autograder.notebooks import finding, reading
from tests.helpers.mangled import DEEDS, RIGHT, checks_first, deleted_locked, merged, set_up_last
from tests.helpers.notebooks import (
    COURSE,
    SCAFFOLD,
    assert_fit,
    honest,
    names,
    nbgrader,
    quick,
    released,
    repaired,
    restored,
    roles,
    run,
    scalars,
    trusted,
    values,
)


def everyday():
    """Submissions that need no repair, by what the student did."""
    yield "filled in", honest()
    yield "left untouched", released(trusted())
    yield "the source itself", trusted()
    nb = honest()
    nb.cells.insert(5, new_code_cell("double(4)", id="mine"))
    nb.cells.insert(2, new_markdown_cell("A note.", id="note"))
    yield "ordinary cells added", nb
    nb = honest()
    nb.cells = [cell for cell in nb.cells if cell.metadata.get("nbgrader")]
    yield "prose deleted", nb
    nb = honest()
    for count, cell in enumerate(nb.cells):
        if cell.cell_type == "code":
            cell.update(execution_count=count, outputs=[new_output("stream", text="x")])
            cell.metadata.update(collapsed=True, execution={"iopub.status.idle": "now"})
    nb.metadata.update(widgets={}, kernelspec={"name": "mine", "display_name": "My kernel"})
    yield "run in another editor and kernel", nb
    nb = honest()
    nb.cells[4].source += "\n\ndef helper(n):\n    return n\n"
    nb.cells.insert(5, new_code_cell("def other(n):\n    return n", id="mine"))
    yield "helpers added", nb
    nb = honest()
    nb.cells[4].source = ""
    yield "a solution emptied", nb
    nb = honest()
    nb.cells[5].source += "  \n\n"
    yield "blanks after a test", nb
    nb = honest()
    nb.cells[4].source = released(trusted()).cells[4].source
    nb.cells.insert(5, new_code_cell("def double(n):\n    return 2 * n", id="mine"))
    yield "the function written below the scaffold", nb


@pytest.mark.parametrize("nb", [pytest.param(nb, id=what) for what, nb in everyday()])
def test_honest_work_needs_no_repair(nb):
    """Filling in, adding cells, running and deleting prose are no repairs; the order and the sources stay."""
    result, repairs = restored(nb)
    assert [] == repairs
    assert names(nb) == names(result)
    assert [nb.cells[place].source for place in (0, 1)] == [result.cells[place].source for place in (0, 1)]
    assert run(nb) == run(result)


def test_the_course_needs_no_repair():
    """The course's own source, its release and a filled-in release are restored without a word."""
    source = reading.read_notebook(COURSE)
    for nb in (source, released(source), honest(source)):
        result, repairs = restored(nb, source)
        assert [] == repairs
        assert len(source.cells) == len(result.cells)


def test_hidden_tests_come_back():
    """A restored test cell has its hidden tests; a solution keeps the student's source."""
    result, _ = restored(honest())
    assert "BEGIN HIDDEN" in finding.find_cell(result, "double_tests").source
    assert honest().cells[4].source == finding.find_cell(result, "double").source


def test_the_gradebooks_record_serves_as_the_source():
    """Cells made of what the gradebook holds, without prose, restore as the source notebook does."""
    record = trusted()
    record.cells = [cell for cell in record.cells if cell.metadata.get("nbgrader")]
    for cell in record.cells:
        given_out = finding.find_cell(released(trusted()), cell.id)
        cell.metadata.nbgrader.checksum = given_out.metadata.nbgrader.checksum
    nb = honest()
    nb.cells.pop(5)
    result, repairs = restored(nb, record)
    assert ["cell `double_tests` was missing and has been put back"] == repairs
    assert (14, 21) == run(result)


deeds = pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)


@deeds
def test_an_honest_student_keeps_what_was_earned(deed):
    """After any mangling both functions still do what they should, the notebook is fit, and the repair is told."""
    nb = honest()
    told = deed(nb)
    result, repairs = restored(nb)
    assert (14, 21) == run(result)
    assert repairs == [] if told is None else told in repairs


@deeds
def test_an_empty_handed_student_gains_nothing(deed):
    """After any mangling of an untouched release, the points and the tests are the trusted ones."""
    nb = released(trusted())
    deed(nb)
    result, _ = restored(nb)
    assert 30 == sum(finding.nbgrader_metadata(cell).get("points", 0) for cell in result.cells)


def place_of(deed):
    nb = honest()
    deed(nb)
    return [name.split("\n")[0] for name in names(restored(nb)[0])]


@pytest.mark.parametrize(("deed", "expected"), [
    (deleted_locked, "title imports setup first double double_tests half triple triple_tests essay"),
    (checks_first, "title imports setup first double double_tests half triple triple_tests essay"),
    (set_up_last, "title imports setup first double double_tests half triple triple_tests essay"),
    (merged, "title imports setup first double half triple double_tests triple_tests essay"),
])
def test_cells_come_back_to_their_place(deed, expected):
    """What was missing or moved stands where the source has it; a test stands below what defines its function."""
    spelled = {"# Twice and thrice": "title", "import math": "imports", "First task.": "first"}
    assert expected.split() == [spelled.get(name, name) for name in place_of(deed)]


def test_the_students_order_stays():
    """Two parts in another order stay so, without a word about them."""
    nb = honest()
    nb.cells = nb.cells[:4] + nb.cells[7:9] + nb.cells[4:6] + nb.cells[9:]
    result, repairs = restored(nb)
    assert ["cell `half` was missing and has been put back"] == repairs
    assert ["setup", "triple", "triple_tests", "double", "double_tests", "half", "essay"] == roles(result)


def test_an_answer_that_is_missing_comes_back_empty():
    """Neither the instructor's answer nor a scaffold is put in a missing answer's place."""
    nb = honest()
    nb.cells = [cell for cell in nb.cells if not cell.metadata.get("nbgrader", {}).get("solution")]
    result, _ = restored(nb)
    assert ["", "", ""] == [finding.find_cell(result, name).source for name in ("double", "triple", "essay")]


def test_another_notebook_altogether_earns_nothing():
    """A notebook of something else keeps its cells as ordinary ones, and has all tests with nothing to pass them."""
    nb = new_notebook(cells=[new_code_cell("print('hello')", id="x"), new_markdown_cell("Hi", id="y")])
    result, repairs = restored(nb)
    assert ["this is not the notebook that was handed out; none of the functions is in it"] == repairs
    assert (None, None) == run(result)


def test_a_notebook_of_another_assignment_gets_one_sentence():
    """Cells of the same names for setting up do not make it this assignment's; changed ones are no tampering."""
    nb = released(trusted())
    nb.cells = [cell for cell in nb.cells if cell.id in ("title", "setup")]
    nb.cells[1].source = "unit = 2"
    for name in ("cube", "double"):
        nb.cells.append(new_code_cell(f"def {name}(n):\n    return 2 * n", id=f"own-{name}", metadata=nbgrader(
            f"{name}_1", solution=True, cell_type="code")))
        nb.cells.append(new_code_cell(f"check({name})", id=f"own-{name}-tests", metadata=nbgrader(
            f"{name}_1_tests", grade=True, locked=True, points=99, cell_type="code")))
    result, repairs = restored(nb)
    assert ["this is not the notebook that was handed out; 1 of 2 functions was found by name"] == repairs
    assert 14 == run(result)[0]


def test_a_notebook_that_lost_much_is_still_this_one():
    """Without nbgrader's notes and ids, or with nothing left but one solution cell, each repair is told."""
    nb = honest()
    for number, cell in enumerate(nb.cells):
        cell.metadata, cell.id = {}, f"c{number}"
    assert 6 == len([text for text in restored(nb)[1] if "lost its nbgrader metadata" in text or "defines" in text])
    nb = honest()
    nb.cells = [cell for cell in nb.cells if cell.id == "double"]
    assert 6 == len([text for text in restored(nb)[1] if "put back" in text])


def test_repairs_are_bounded():
    """A thousand odd cells do not make a thousand sentences."""
    nb = honest()
    nb.cells += [new_code_cell("a", id=f"n{n}", metadata=nbgrader(f"n{n}", grade=True, points=9)) for n in range(1000)]
    repairs = repaired(nb, trusted())[1]
    assert 101 == len(repairs)
    assert "900 more repairs are not listed" == repairs[-1].text


def test_each_cell_of_the_course_comes_back():
    """For each nbgrader cell of the course: deleted, copied, stripped, or forged, it is as trusted again."""
    source = reading.read_notebook(COURSE)
    nb = honest(source)
    nb.cells = [cell for cell in nb.cells if not cell.metadata.get("nbgrader", {}).get("grade")]
    assert len(finding.test_cells(source)) == len(restored(nb, source)[1])
    nb = honest(source)
    nb.cells = [copy.deepcopy(cell) for cell in nb.cells for _ in range(2)]
    result, repairs = restored(nb, source)
    assert len(roles(source)) == len(repairs)
    assert len(nb.cells) == len(result.cells)
    nb = honest(source)
    for cell in nb.cells:
        cell.metadata = nbformat.NotebookNode()
    assert len(roles(source)) == len(restored(nb, source)[1])
    nb = honest(source)
    for cell in nb.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.update(points=99, grade=True, solution=True, locked=False)
    restored(nb, source)


places = st.integers(0, 30)
keys = st.sampled_from(["grade", "solution", "locked", "task", "points", "schema_version", "grade_id", "checksum", "x"])
ids = st.sampled_from(["double", "triple", "double_tests", "triple_tests", "half", "setup", "essay", "none", "title"])
sources = st.sampled_from(["", "pass", RIGHT["double"], RIGHT["triple"], RIGHT["double"] + "\n" + RIGHT["triple"],
                           SCAFFOLD.format("double"), "check(double)", "%%time\ndef double(", "\0",
                           "### BEGIN HIDDEN TESTS"])
steps = st.one_of(
    st.tuples(st.sampled_from(["drop", "copy", "strip"]), places),
    st.tuples(st.just("move"), places, places),
    st.tuples(st.just("say"), places, keys, scalars | ids | st.lists(ids, max_size=2)),
    st.tuples(st.just("rename"), places, ids),
    st.tuples(st.just("write"), places, sources),
    st.tuples(st.just("type"), places, st.sampled_from(["code", "markdown", "raw"])),
    st.tuples(st.just("tell"), places,
              st.dictionaries(st.sampled_from(["nbgrader", "tags", "name"]), values, max_size=3)),
)


def mangle(nb, steps):
    """Change a notebook by these steps, as long as it has cells."""
    for what, place, *rest in steps:
        if nb.cells:
            mangle_cell(nb, nb.cells[place % len(nb.cells)], what, *rest)


def mangle_cell(nb, cell, *step):
    """Change a notebook at one cell."""
    match step:
        case ["drop"]:
            nb.cells.remove(cell)
        case ["copy"]:
            nb.cells.append(copy.deepcopy(cell))
        case ["strip"]:
            cell.metadata = {}
        case ["move", to]:
            nb.cells.remove(cell)
            nb.cells.insert(to, cell)
        case ["say", key, value]:
            said = cell.metadata.setdefault("nbgrader", {})
            if isinstance(said, dict):
                said[key] = value
        case ["rename" | "write" | "type" | "tell" as what, value]:
            cell[{"rename": "id", "write": "source", "type": "cell_type", "tell": "metadata"}[what]] = value


@settings(quick, max_examples=300)
@given(st.booleans(), st.lists(steps, max_size=12))
def test_any_mangling_gives_a_fit_notebook(untouched, steps):
    """Cells dropped, copied, moved, rewritten, with any metadata: the result is fit, and restoring again is idle."""
    nb = released(trusted()) if untouched else honest()
    mangle(nb, steps)
    source = trusted()
    result, repairs = repaired(nb, source)
    assert_fit(result, source)
    assert (result, []) == repaired(result, source)
    assert len(repairs) <= 101
