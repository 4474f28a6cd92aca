"""Any bytes are read as a notebook or refused in a sentence, and notebooks are written whole."""

import copy
import json
import os
import stat

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from autograder.errors import NotebookError
from autograder.notebooks import finding, reading
from tests.helpers.notebooks import (
    COURSE,
    document,
    honest,
    nbgrader,
    put,
    quick,
    restored,
    trusted,
    values,
    words,
)


def test_a_notebook_reads_as_nbformat_does():
    """The course's notebook is what nbformat reads."""
    assert nbformat.read(COURSE, as_version=4) == reading.read_notebook(COURSE)


@pytest.mark.parametrize(("content", "says"), [
    pytest.param(b"", "is empty", id="empty"),
    pytest.param(b" \n\t", "is empty", id="blank"),
    pytest.param(b"def f(): pass", "is not JSON", id="python"),
    pytest.param(json.dumps(document())[:-9], "is not JSON", id="truncated"),
    pytest.param(json.dumps(document()) + "}", "follows its end", id="trailing garbage"),
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
    pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "as a picture does", id="picture"),
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
    """80 MB are refused; the sentence names the size and the bound."""
    with open(path := tmp_path / "a.ipynb", "wb") as file:
        file.truncate(80_000_000)
    with pytest.raises(NotebookError, match=r"80,000,000 bytes; at most 64,000,000"):
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


def test_a_notebook_full_of_output_is_read(tmp_path):
    """What a loop printed, 30 MB here, keeps no work from being graded."""
    nb = json.loads(GOOD)
    cell = next(cell for cell in nb["cells"] if cell["cell_type"] == "code")
    cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["loss: nan\n"] * 2_000_000}]
    assert 20_000_000 == len(reading.read_notebook(put(tmp_path, json.dumps(nb))).cells[1].outputs[0].text)


@pytest.mark.parametrize("content, expected", [
    (b"PK\x03\x04\x14\x00", "it begins with PK: is it a zip or a Word file?"), (b"%PDF-1.7\n", "as a PDF does"),
    (b"\n <!DOCTYPE html><html>", "as a web page does"), (b"\xff\xd8\xff\xe0", "as a picture does"),
    (b"import numpy as np\nx = np.zeros(3)\n", "it begins with 'import numpy as np x = np.zero…'"),
    (b'{"cells": [\n1, 2', "it breaks off in line 2"), (b'{"cells": "abc', "it breaks off in line 1"),
    (b'{"cells": [\n1 2\n]}', "line 2 is damaged"),
], ids=["zip", "pdf", "html", "jpeg", "python", "cut", "cut in a text", "damaged"])  # fmt: skip
def test_what_is_no_notebook_is_named(content, expected):
    """The reason says what the file is, or where it stops being a notebook, in no parser's words."""
    with pytest.raises(NotebookError) as raised:
        reading.parse_notebook(content)
    assert expected in str(raised.value) and "Expecting" not in str(raised.value)
