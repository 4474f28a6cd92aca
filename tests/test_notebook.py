"""What comes in from students: read or refused, repaired, and never believed."""

from __future__ import annotations

import copy
import json
import os
import stat
import warnings
from pathlib import Path

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from autograder.errors import NotebookError
from autograder.notebooks import finding, reading, repair, submission
from autograder.notebooks.matching import Template
from autograder.pages.kinds import REPAIRS

COURSE = Path(__file__).parents[1] / "source" / "rnn-step-by-step" / "rnn-step-by-step.ipynb"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
HIDDEN = "\n### BEGIN HIDDEN TESTS\nassert {0}(21) not in (None, 21)\n### END HIDDEN TESTS"
SCAFFOLD = "def {0}(n):\n    ### START CODE HERE ###\n    result = None\n    ### END CODE HERE ###\n    return result"
quick = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


# ---- notebooks to work on -----------------------------------------------------------------------------


def nbgrader(grade_id, **said):
    plain = {"grade": False, "locked": False, "solution": False, "task": False, "schema_version": 3}
    return {"nbgrader": plain | {"grade_id": grade_id} | said}


def trusted():
    """An instructor's notebook: two tasks, a locked set-up cell, locked prose, an answer graded by hand."""
    cells = [
        new_markdown_cell("# Twice and thrice", id="title"),
        new_code_cell("import math", id="imports"),
        new_code_cell("unit = 1", id="setup", metadata=nbgrader("setup", locked=True, cell_type="code")),
        new_markdown_cell("First task.", id="first"),
        new_code_cell(SCAFFOLD.format("double").replace("None", "2 * n"), id="double",
                      metadata=nbgrader("double", solution=True, cell_type="code")),
        new_code_cell("check(double)" + HIDDEN.format("double"), id="double_tests",
                      metadata=nbgrader("double_tests", grade=True, locked=True, points=15, cell_type="code")),
        new_markdown_cell("Half way.", id="half", metadata=nbgrader("half", locked=True, cell_type="markdown")),
        new_code_cell(SCAFFOLD.format("triple").replace("None", "3 * n"), id="triple",
                      metadata=nbgrader("triple", solution=True, cell_type="code")),
        new_code_cell("check(triple)" + HIDDEN.format("triple"), id="triple_tests",
                      metadata=nbgrader("triple_tests", grade=True, locked=True, points=10, cell_type="code")),
        new_markdown_cell("Because.", id="essay", metadata=nbgrader(
            "essay", grade=True, solution=True, points=5, cell_type="markdown")),
    ]
    return new_notebook(cells=cells, metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}})


def released(source):
    """What generate_assignment makes of it: scaffolds, no hidden tests, locks and checksums."""
    from nbgrader.utils import compute_checksum

    nb = copy.deepcopy(source)
    for cell in nb.cells:
        said = cell.metadata.get("nbgrader")
        if said:
            if said["solution"]:
                cell.source = SCAFFOLD.format(said["grade_id"]) if cell.cell_type == "code" else "YOUR ANSWER"
            cell.source = cell.source.split("\n### BEGIN HIDDEN")[0]
            cell.metadata.update(deletable=False, editable=bool(said["solution"]))
            said["checksum"] = compute_checksum(cell)
    return nb


def honest(source=None):
    """A release that a student has filled in, with right answers."""
    source = source or trusted()
    nb = released(source)
    for cell in nb.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = finding.find_cell(source, cell.metadata.nbgrader.grade_id).source + "\n"
    return nb


def index(nb, grade_id):
    return nb.cells.index(finding.find_cell(nb, grade_id))


def names(nb):
    """The notebook's cells: a role's grade_id, or an ordinary cell's source."""
    return [cell.metadata.get("nbgrader", {}).get("grade_id") or cell.source for cell in nb.cells]


def roles(nb):
    return [cell.metadata.nbgrader.grade_id for cell in nb.cells if "nbgrader" in cell.metadata]


def assert_fit(nb, source):
    """The notebook passes nbformat and nbgrader, and says of its cells what the source says."""
    from nbgrader.nbgraderformat import MetadataValidator

    with warnings.catch_warnings(action="error"):
        nbformat.validate(nb)
    MetadataValidator().validate_nb(nb)
    ours = [cell for cell in source.cells if cell.metadata.get("nbgrader")]
    assert sorted(cell.metadata.nbgrader.grade_id for cell in ours) == sorted(roles(nb))
    assert source.metadata.kernelspec == nb.metadata.kernelspec
    for true in ours:
        found = finding.find_cell(nb, true.metadata.nbgrader.grade_id)
        assert {**true.metadata.nbgrader} == {**found.metadata.nbgrader}
        assert true.cell_type == found.cell_type
        assert true.id == found.id
        if not true.metadata.nbgrader.solution:
            assert true.source == found.source
    for cell in nb.cells:
        assert "nbgrader" in cell.metadata or not cell.metadata
        assert "attachments" not in cell
        assert not cell.get("outputs")
    for task in set(finding.solution_cells(nb)) & set(finding.test_cells(nb)):
        assert index(nb, task) < index(nb, f"{task}_tests")


def run(nb):
    """The task's results on 7, when all code cells run in order, as ``(double(7), triple(7))``."""
    space = {"check": lambda function: None}
    for _, cell in finding.code_cells(nb):
        try:
            exec(cell.source, space)
        except Exception:
            continue
    return tuple(space[name](7) if name in space else None for name in ("double", "triple"))


def repaired(nb, source):
    return repair.repair_notebook(reading.normalise_notebook(nb), Template.from_notebook(source))


def restored(nb, source=None):
    """What becomes of a submission; also checks that it is fit, left alone, and mended for good."""
    source = source or trusted()
    before = copy.deepcopy((nb, source))
    result, repairs = repaired(nb, source)
    assert before == (nb, source)
    assert_fit(result, source)
    assert (result, []) == repaired(result, source)
    assert all("\n" not in mended.text and len(mended.text) < 200 for mended in repairs)
    assert {mended.kind for mended in repairs} <= set(REPAIRS)
    return result, [mended.text for mended in repairs]


# ---- reading ------------------------------------------------------------------------------------------


def put(tmp_path, content, name="a.ipynb"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def document(**changes):
    cell = {"cell_type": "code", "metadata": {}, "source": ["a = 1\n", "a"], "outputs": [], "execution_count": 2,
            "id": "one"}
    return {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5} | changes


def test_a_notebook_reads_as_nbformat_does():
    """The course's notebook is what nbformat reads."""
    assert nbformat.read(COURSE, as_version=4) == reading.read_notebook(COURSE)


@pytest.mark.parametrize(("content", "says"), [
    pytest.param(b"", "is empty", id="empty"),
    pytest.param(b" \n\t", "is empty", id="blank"),
    pytest.param(b"def f(): pass", "is not JSON", id="python"),
    pytest.param(json.dumps(document())[:-9], "is not JSON", id="truncated"),
    pytest.param(json.dumps(document()) + "}", "Extra data", id="trailing garbage"),
    pytest.param("[]", "not a notebook: it holds a list", id="list"),
    pytest.param("null", "not a notebook: it holds a NoneType", id="null"),
    pytest.param("{}", "holds no list of cells", id="no cells"),
    pytest.param('{"cells": {}}', "holds no list of cells", id="cells are no list"),
    pytest.param('{"cells": [1, "a", null]}', "holds no list of cells", id="cells are no cells"),
    pytest.param("[" * 100_000, "nested deeper", id="deep list"),
    pytest.param('{"a":' * 100_000, "nested deeper", id="deep dict"),
    pytest.param(json.dumps(document(metadata={"a": json.loads("[" * 80 + "]" * 80)})), "nested deeper", id="80"),
    pytest.param('{"cells": ' + "1" * 9999 + "}", "number that is too long", id="long number"),
    pytest.param("[" + "[]," * 1_100_000 + "[]]", "1,000,000 lists", id="many lists"),
    pytest.param(json.dumps(document(cells=[{}] * 10_001)), "10,001 cells", id="many cells"),
    pytest.param(b"\xff\xfe\xfd", "not text", id="not text"),
    pytest.param(json.dumps(document()).encode().replace(b"a = 1", b"\xe9"), "not text", id="latin-1"),
    pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not text", id="picture"),
])
def test_what_is_no_notebook_is_refused_in_a_sentence(tmp_path, content, says):
    """A NotebookError names the file and says in one line what it holds."""
    path = put(tmp_path, content)
    with pytest.raises(NotebookError) as caught:
        reading.read_notebook(path)
    assert says in str(caught.value)
    assert str(path) == caught.value.args[0]
    assert "\n" not in str(caught.value)


def test_a_large_file_is_refused_unread(tmp_path):
    """25 MB are refused; the sentence names the size and the bound."""
    with open(path := tmp_path / "a.ipynb", "wb") as file:
        file.truncate(25_000_000)
    with pytest.raises(NotebookError, match=r"25,000,000 bytes; at most 20,000,000"):
        reading.read_notebook(path)
    with pytest.raises(NotebookError, match=r"at most 9 are read"):
        reading.read_notebook(put(tmp_path, json.dumps(document())), max_bytes=9)


def test_a_link_is_not_followed(tmp_path):
    """A symbolic link is refused, also to a good notebook."""
    (tmp_path / "link.ipynb").symlink_to(put(tmp_path, json.dumps(document())))
    with pytest.raises(NotebookError, match="symbolic link"):
        reading.read_notebook(tmp_path / "link.ipynb")


def test_only_regular_files_are_read(tmp_path):
    """A fifo, a device, a folder, and what is not there are refused at once."""
    os.mkfifo(tmp_path / "fifo")
    for path, says in ((tmp_path / "fifo", "regular"), ("/dev/zero", "regular"), (tmp_path, "regular"),
                       (tmp_path / "none", "cannot be opened"), ("a\0b", "cannot be opened")):
        with pytest.raises(NotebookError, match=says):
            reading.read_notebook(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_byte_order_marks_are_accepted(tmp_path, encoding):
    """A notebook that an editor saved in another UTF is the same notebook."""
    content = json.dumps(document(), ensure_ascii=False)
    assert "a = 1\na" == reading.read_notebook(put(tmp_path, content.encode(encoding))).cells[0].source


@pytest.mark.parametrize(("source", "expected"), [
    (["a = 1\n", "b"], "a = 1\nb"), ("a", "a"), (None, ""), (5, "5"), ({"a": 1}, ""), (["a\n", 5, None, "b"], "a\nb"),
    ("a\r\nb\rc", "a\nb\nc"), ("\ud800x", "\ufffdx"), ("😀", "😀"),
])
def test_sources_are_one_string(tmp_path, source, expected):
    """Sources are joined, line ends are those of Python, and UTF-8 can encode them."""
    cell = {"cell_type": "code", "metadata": {}, "source": source}
    assert expected == reading.read_notebook(put(tmp_path, json.dumps(document(cells=[cell])))).cells[0].source


def test_cells_have_ids_of_their_own(tmp_path):
    """A missing, repeated or impossible id is replaced, the same way each time; others stay."""
    ids = ["a", None, "a", "b c", "cell-1", 5, "x" * 65, "b"]
    cells = [document()["cells"][0] | {"id": id_} for id_ in ids]
    read = [cell.id for cell in reading.read_notebook(put(tmp_path, json.dumps(document(cells=cells)))).cells]
    assert ["a", "cell-2", "cell-3", "cell-4", "cell-1", "cell-5", "cell-6", "b"] == read


def test_what_nbformat_does_not_know_is_dropped(tmp_path):
    """Odd cells become raw, odd fields and outputs go, good outputs stay."""
    good = {"output_type": "stream", "name": "stdout", "text": ["a\n", "b"]}
    shown = {"output_type": "display_data", "data": {"text/plain": ["x"], "image/png": 5, "application/json": [5]}}
    outputs = [good, {"output_type": "stream"}, {"output_type": "hologram"}, 5, None, shown]
    cells = [document()["cells"][0] | {"outputs": outputs, "execution_count": "x", "colour": "red"},
             {"cell_type": "hologram", "source": "x"}, {"cell_type": ["code"]}, 5, {},
             {"cell_type": "markdown", "source": "x", "attachments": {"a.png": {"image/png": "QQ=="}, "b": 5}}]
    nb = reading.read_notebook(put(tmp_path, json.dumps(document(cells=cells, colour="red"))))
    nbformat.validate(nb)
    assert ["code", "raw", "raw", "raw", "markdown"] == [cell.cell_type for cell in nb.cells]
    assert ["stream", "display_data"] == [output.output_type for output in nb.cells[0].outputs]
    assert "a\nb" == nb.cells[0].outputs[0].text
    assert {"text/plain": "x", "image/png": "5", "application/json": [5]} == nb.cells[0].outputs[1].data
    assert {"a.png": {"image/png": "QQ=="}, "b": {}} == nb.cells[4].attachments


@pytest.mark.parametrize("metadata", [
    {"tags": "skip"}, {"tags": [1]}, {"tags": ["a", "a"]}, {"name": 5}, {"collapsed": "no"}, {"nbgrader": 5}, 5, None,
    {"execution": {"a": 5}},
])
def test_metadata_that_break_the_format_go(tmp_path, metadata):
    """The notebook is read, and is valid, whatever its metadata say."""
    cells = [{"cell_type": "code", "metadata": metadata, "source": "a"}]
    nb = reading.read_notebook(put(tmp_path, json.dumps(document(cells=cells, metadata={"kernelspec": 5}))))
    nbformat.validate(nb)
    assert ["a"] == [cell.source for cell in nb.cells]


def test_numbers_that_json_cannot_say_become_null(tmp_path):
    """NaN and Infinity, which Python reads, would make the written notebook unreadable in a browser."""
    text = json.dumps(document(metadata={"a": float("nan"), "b": 5})).replace("NaN", "[NaN, Infinity, 1e999]")
    assert {"a": [None, None, None], "b": 5} == reading.read_notebook(put(tmp_path, text)).metadata


@pytest.mark.parametrize("minor", [0, 1, 2, 3, 4, 5, 6, 99, None, "x"])
def test_minor_versions_are_brought_up_to_date(tmp_path, minor):
    """nbformat 4.0 to 4.5, and what may come, is read as 4.5."""
    old = document(nbformat_minor=minor)
    del old["cells"][0]["id"]
    nb = reading.read_notebook(put(tmp_path, json.dumps(old)))
    nbformat.validate(nb)
    assert (4, 5, "a = 1\na") == (nb.nbformat, nb.nbformat_minor, nb.cells[0].source)


@pytest.mark.parametrize("major", [2, 3])
@pytest.mark.parametrize("lines", [["a = 1\n", "a"], ["a = 1", "a"], "a = 1\na"])
def test_worksheets_are_brought_up_to_date(tmp_path, major, lines):
    """nbformat 2 and 3 with their worksheets are read as 4.5: code, headings, text, outputs, nbgrader's metadata."""
    cells = [{"cell_type": "code", "input": lines, "language": "python", "collapsed": False, "prompt_number": 3,
              "metadata": nbgrader("f", solution=True), "outputs": [
                  {"output_type": "pyout", "prompt_number": 3, "text": ["1"]},
                  {"output_type": "stream", "stream": "stdout", "text": "hello"}]},
             {"cell_type": "heading", "level": 2, "source": ["Part"]}, {"cell_type": "html", "source": "<b>"},
             {"cell_type": "code", "input": "b", "outputs": [{"output_type": "pyout", "json": "{"}, 5]}, 5]
    nb = reading.read_notebook(put(tmp_path, json.dumps({
        "nbformat": major, "nbformat_minor": 0, "metadata": {"name": "x"}, "worksheets": [{"cells": cells}, 5]})))
    nbformat.validate(nb)
    assert ["a = 1\na", "## Part", "<b>", "b"] == [cell.source for cell in nb.cells]
    assert ["code", "markdown", "markdown", "code"] == [cell.cell_type for cell in nb.cells]
    assert ["execute_result", "stream"] == [output.output_type for output in nb.cells[0].outputs]
    assert ["f"] == list(finding.solution_cells(nb))


def test_future_formats_are_read_as_well_as_may_be(tmp_path):
    """nbformat 5 with cells is read; without, it is refused."""
    assert 1 == len(reading.read_notebook(put(tmp_path, json.dumps(document(nbformat=5)))).cells)
    with pytest.raises(NotebookError, match="no list of cells"):
        reading.read_notebook(put(tmp_path, json.dumps({"nbformat": 5, "chapters": []})))


GOOD = json.dumps(honest(trusted()), indent=1).encode()
cuts = st.lists(st.tuples(st.sampled_from(["flip", "delete", "insert", "truncate", "copy"]),
                          st.integers(0, len(GOOD)), st.integers(0, 255), st.integers(1, 400)), min_size=1, max_size=6)
tokens = st.sampled_from([b"{", b"}", b"[", b"]", b'"', b",", b"null", b"-1", b"1e999", b'"cells"', b'"nbformat"',
                          b"\\ud800", b'"_allownew"', b'"__class__"', b"\x00", b"\xff", b"\n"])


@settings(quick, max_examples=1000)
@given(cuts, tokens)
def test_corrupt_bytes_give_a_notebook_or_a_notebook_error(tmp_path, cuts, token):
    """Whatever happens to a file, read gives a valid notebook or a NotebookError, and restore a fit notebook."""
    content = bytearray(GOOD)
    for what, where, byte, length in cuts:
        match what:
            case "flip":
                content[where:where + 1] = bytes([byte])
            case "delete":
                del content[where:where + length]
            case "insert":
                content[where:where] = token
            case "truncate":
                del content[where + len(GOOD) // 2:]
            case "copy":
                content[where:where] = content[where - length:where]
    try:
        nb = reading.read_notebook(put(tmp_path, bytes(content)))
    except NotebookError as error:
        assert "\n" not in str(error)
        return
    nbformat.validate(nb)
    restored(nb)


scalars = st.none() | st.booleans() | st.integers(-2, 1001) | st.floats() | st.text(max_size=5)
words = st.sampled_from(["cells", "metadata", "source", "outputs", "cell_type", "code", "raw", "markdown", "id",
                         "nbgrader", "grade_id", "double", "tags", "worksheets", "input", "level", "heading",
                         "output_type", "pyout", "stream", "data", "text/plain", "attachments", "nbformat", "items",
                         "_allownew", "copy", "language_info", "kernelspec", "name"])
values = st.recursive(scalars | words, lambda inner: st.lists(inner, max_size=4)
                      | st.dictionaries(words, inner, max_size=6), max_leaves=25)


@settings(quick, max_examples=150)
@given(values, st.lists(st.dictionaries(words, values, max_size=6), max_size=4), st.booleans())
def test_any_json_gives_a_notebook_or_a_notebook_error(tmp_path, value, cells, sheets):
    """Any JSON at all, in place of the notebook, of its metadata, of its cells, is read or refused."""
    old = {"worksheets": [{"cells": cells}], "metadata": value, "nbformat": 3}
    for content in (value, document(cells=cells, metadata=value), old if sheets else document(cells=value)):
        try:
            nb = reading.read_notebook(put(tmp_path, json.dumps(content)))
        except NotebookError:
            continue
        nbformat.validate(nb)
        restored(nb)


# ---- writing and finding ------------------------------------------------------------------------------


def test_writing_is_repeatable_and_reads_back(tmp_path):
    """Equal notebooks give equal bytes, what was written is what is read, and nothing else is left behind."""
    nb = honest()
    nb.cells[1].source = "s = 'é😀'\n"
    for name in ("a", "b", "a"):
        reading.write_notebook(copy.deepcopy(nb), tmp_path / f"{name}.ipynb")
    assert (tmp_path / "a.ipynb").read_bytes() == (tmp_path / "b.ipynb").read_bytes()
    assert nb == reading.read_notebook(tmp_path / "a.ipynb")
    assert ["a.ipynb", "b.ipynb"] == sorted(os.listdir(tmp_path))
    umask = os.umask(0)
    os.umask(umask)
    assert 0o666 & ~umask == stat.S_IMODE((tmp_path / "a.ipynb").stat().st_mode)


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))


@quick
@given(JSON, st.text(), st.text())
def test_nbformat_reads_what_is_serialised(value, source, shown):
    """One line of JSON is the same notebook to nbformat, whatever metadata, sources and outputs hold."""
    nb = new_notebook(metadata={"any": value}, cells=[
        new_markdown_cell(source, id="a", metadata={"any": value}, attachments={}),
        new_code_cell(source, id="b", outputs=[
            new_output("stream", text=shown), new_output("error", ename="E", evalue=shown, traceback=[shown]),
            new_output("display_data", {"text/plain": shown, "image/png": shown, "application/json": value})]),
    ])
    before = copy.deepcopy(nb)
    content = reading.serialise_notebook(nb).decode()
    assert nb == nbformat.v4.reads(content)
    assert content.index("\n") == len(content) - 1
    assert repr(before) == repr(nb)


def test_a_failed_write_leaves_the_old_file(tmp_path):
    """An invalid notebook is refused; the file and the folder stay as they were."""
    path = put(tmp_path, "old")
    with pytest.raises(NotebookError, match="not written"):
        reading.write_notebook(nbformat.from_dict(document(cells=[{"cell_type": "code"}])), path)
    bad = honest()
    bad.metadata.x = {1, 2}
    with pytest.raises(TypeError):
        reading.write_notebook(bad, path)
    assert (["a.ipynb"], "old") == (os.listdir(tmp_path), path.read_text())


def test_writing_replaces_a_link_rather_than_what_it_points_at(tmp_path):
    """A link in the way is replaced."""
    target = put(tmp_path, "precious", "gradebook.db")
    (tmp_path / "a.ipynb").symlink_to(target)
    reading.write_notebook(honest(), tmp_path / "a.ipynb")
    assert ("precious", False) == (target.read_text(), (tmp_path / "a.ipynb").is_symlink())


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


# ---- restoring: nothing to mend -----------------------------------------------------------------------


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


# ---- restoring: what is mended ------------------------------------------------------------------------

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
    return "cell `triple` was missing and has been put back, empty"


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
    assert 7 == len(repairs)
    assert (None, None) == run(result)


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
    for what, place, *rest in steps:
        if not nb.cells:
            return
        cell = nb.cells[place % len(nb.cells)]
        match what, *rest:
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
            case ["rename", id_]:
                cell["id"] = id_
            case ["write", source]:
                cell["source"] = source
            case ["type", kind]:
                cell["cell_type"] = kind
            case ["tell", metadata]:
                cell["metadata"] = metadata


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


# ---- nbgrader itself ----------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore")  # of nbgrader and what it stands on
def test_nbgrader_grades_every_mangled_notebook(tmp_path, monkeypatch, caplog):
    """With restore in place of DeduplicateIds nbgrader takes all of them, in one batch, at the true points."""
    import logging
    import sys

    from nbgrader.api import Gradebook
    from nbgrader.converters import Autograde, GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.preprocessors import (
        CheckCellMetadata,
        ClearOutput,
        NbGraderPreprocessor,
        OverwriteCells,
        OverwriteKernelspec,
        SaveAutoGrades,
    )
    from traitlets.config import Config

    class Restore(NbGraderPreprocessor):
        def preprocess(self, nb, resources):
            return repaired(nb, source)[0], resources

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)  # it starts alembic by name
    caplog.set_level(logging.CRITICAL, "traitlets")
    config, source = Config(), trusted()
    config.CourseDirectory.update(root=str(tmp_path), assignment_id="ps1", course_id="c")
    config.Autograde.sanitize_preprocessors = [ClearOutput, Restore, OverwriteKernelspec, OverwriteCells,
                                               CheckCellMetadata]
    config.Autograde.autograde_preprocessors = [SaveAutoGrades, CheckCellMetadata]
    (tmp_path / "source" / "ps1").mkdir(parents=True)
    reading.write_notebook(source, tmp_path / "source" / "ps1" / "p.ipynb")
    GenerateAssignment(coursedir=CourseDirectory(config=config), config=config).start()
    release = reading.read_notebook(tmp_path / "release" / "ps1" / "p.ipynb")
    assert [] == repaired(release, source)[1]
    double = release.cells[4]
    assert double.metadata.nbgrader.checksum == Template.from_notebook(source).roles["double"].checksum(double.source)
    students = [deed.__name__ for deed in DEEDS]
    for deed in DEEDS:
        nb = copy.deepcopy(release)
        for name in ("double", "triple"):
            finding.find_cell(nb, name).source = finding.find_cell(source, name).source
        deed(nb)
        folder = tmp_path / "submitted" / deed.__name__ / "ps1"
        folder.mkdir(parents=True)
        reading.write_notebook(reading.normalise_notebook(nb), folder / "p.ipynb")
    Autograde(coursedir=CourseDirectory(config=config), config=config).start()
    with Gradebook("sqlite:///gradebook.db") as gradebook:
        submissions = gradebook.assignment_submissions("ps1")
        assert sorted(students) == sorted(submission.student_id for submission in submissions)
        for submission in submissions:
            grades = {grade.name: (grade.auto_score, grade.max_score) for grade in submission.notebooks[0].grades}
            assert grades == {"double_tests": (15, 15), "triple_tests": (10, 10), "essay": (grades["essay"][0], 5)}
    for student in students:
        assert_fit_after(reading.read_notebook(tmp_path / "autograded" / student / "ps1" / "p.ipynb"), source)


def assert_fit_after(nb, source):
    """OverwriteCells has only added checksums."""
    for cell in nb.cells:
        cell.metadata.get("nbgrader", {}).pop("checksum", None)
    assert_fit(nb, source)


# ---- the folder of a submission -----------------------------------------------------------------------


def test_the_notebook_is_found_by_its_name(tmp_path):
    """The expected notebook among others, and the files beside it; checkpoints and hidden files are not looked at."""
    for name in ("a.ipynb", "b.ipynb", "data.csv", "timestamp.txt", ".DS_Store", "sub/x.csv",
                 ".ipynb_checkpoints/a-checkpoint.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        put(tmp_path, "{}", name)
    found = submission.submission_files(tmp_path, "a.ipynb")
    assert (tmp_path / "a.ipynb", ()) == (found.notebook, found.repairs)
    assert ["data.csv", "timestamp.txt", "sub/x.csv"] == [str(path.relative_to(tmp_path)) for path in found.files]


@pytest.mark.parametrize("name", ["a (1).ipynb", "A.IPYNB", "meins é.ipynb", "sub/a.ipynb"])
def test_a_renamed_notebook_is_found(tmp_path, name):
    """A single notebook is taken, whatever its name, and the report says so."""
    (tmp_path / "sub").mkdir()
    put(tmp_path, "{}", name)
    found = submission.submission_files(tmp_path, "a.ipynb")
    assert tmp_path / name == found.notebook
    assert [f"the notebook was named {name!r} instead of a.ipynb"] == [each.text for each in found.repairs]


def test_the_nearest_name_is_taken(tmp_path):
    """Of several notebooks the one that differs in case only."""
    put(tmp_path, "{}", "A.ipynb")
    put(tmp_path, "{}", "b.ipynb")
    assert tmp_path / "A.ipynb" == submission.submission_files(tmp_path, "a.ipynb").notebook


@pytest.mark.parametrize(("there", "says"), [
    ([], "what was found is nothing"), (["b.ipynb", "c.ipynb"], "'b.ipynb', 'c.ipynb'"), (["a.py"], "'a.py'"),
])
def test_without_a_notebook_it_says_what_was_found(tmp_path, there, says):
    """None, or more than one under other names: a NotebookError lists them."""
    for name in there:
        put(tmp_path, "{}", name)
    with pytest.raises(NotebookError, match=says):
        submission.submission_files(tmp_path, "a.ipynb")
    with pytest.raises(NotebookError, match="no such submission"):
        submission.submission_files(tmp_path / "none", "a.ipynb")


def test_links_and_odd_things_are_left_out(tmp_path, monkeypatch):
    """Links, fifos and odd names are not listed, and the report says so; a linked notebook is refused."""
    secret = put(tmp_path, "{}", "secret.ipynb")
    folder = tmp_path / "submitted"
    folder.mkdir()
    put(folder, "{}", "a.ipynb")
    (folder / "link.csv").symlink_to(secret)
    (folder / "up").symlink_to("..")
    os.mkfifo(folder / "fifo")
    deep = folder
    for _ in range(30):  # a path longer than the system takes
        os.mkdir(deep := deep / ("d" * 100))
    for _ in range(20):
        monkeypatch.chdir(deep)
        os.mkdir(deep := Path("d" * 100))
    monkeypatch.undo()
    for name in ("new\nline.csv", "-rf", "a\\b.csv", "c:x"):
        put(folder, "x", name)
    (folder / os.fsdecode(b"\xff.csv")).write_text("x")
    found = submission.submission_files(folder, "a.ipynb")
    assert any("cannot be listed" in each.text for each in found.repairs)
    assert ((), 9) == (found.files, len(found.repairs))
    assert all(each.text.isprintable() for each in found.repairs)
    (folder / "a.ipynb").unlink()
    (folder / "a.ipynb").symlink_to(secret)
    with pytest.raises(NotebookError, match="symbolic link"):
        reading.read_notebook(submission.submission_files(folder, "a.ipynb").notebook)
    (tmp_path / "linked").symlink_to(folder)
    with pytest.raises(NotebookError, match="no such submission"):
        submission.submission_files(tmp_path / "linked", "a.ipynb")


def test_many_and_large_files_do_not_hide_the_notebook(tmp_path):
    """Beyond 1,000 files or 100 MB the rest is left out; the notebook is found all the same."""
    put(tmp_path, "{}", "z.ipynb")
    with open(tmp_path / "a.bin", "wb") as file:
        file.truncate(200_000_000)
    found = submission.submission_files(tmp_path, "z.ipynb")
    assert ((), 1) == (found.files, len(found.repairs))
    for number in range(1001):
        (tmp_path / f"b{number}").touch()
    found = submission.submission_files(tmp_path, "z.ipynb")
    assert tmp_path / "z.ipynb" == found.notebook
    assert len(found.files) <= 1000
    assert "only the first 1,000 files of the submission were looked at" in [each.text for each in found.repairs]
