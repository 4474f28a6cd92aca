"""CSV files in which single cells change, and cells that no spreadsheet runs."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.errors import CourseError
from autograder.spreadsheets import (
    FORMULA,
    escape_formula,
    escape_id,
    parse_number,
    parse_sheet,
    read_sheet,
    to_one_line,
    unescape,
)

cells = st.text(alphabet=st.sampled_from('abü,;"\r\n\t =+-@\'\u00a0'), max_size=6)
tables = st.lists(st.lists(cells, min_size=2, max_size=4), min_size=1, max_size=5)


def to_csv(table, quoting, end):
    """Return a table as Python's csv writes it."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=quoting, lineterminator=end).writerows(table)
    return text.getvalue()


def has_id(head):
    """Accept a file with a column ID."""
    return "ID" in head


# ---- cells ---------------------------------------------------------------------------------------------------


@given(st.text(alphabet=st.sampled_from("'=+-@\t\r\n \"abc＝\x00\x0b\x85\u2028\ud800"), max_size=8))
def test_an_escaped_cell_keeps_its_text_and_cannot_run(text):
    """`unescape` undoes `escape_formula` but for control characters, and an escaped cell begins like no formula."""
    assert to_one_line(text) == unescape(escape_formula(text))
    assert 1 >= len(escape_formula(text).splitlines()) and escape_formula(text).encode() is not None
    assert not FORMULA.match(escape_formula(text)) or escape_formula(text).startswith("'")


@given(st.text(alphabet=st.sampled_from("'=+-@a1.(|! "), max_size=8))
def test_an_id_is_escaped_only_if_it_could_run(text):
    """`unescape` undoes `escape_id`; an id of letters, digits and signs stays unchanged."""
    assert text == unescape(escape_id(text))
    assert "-ana" == escape_id("-ana") and "@bo" == escape_id("@bo")
    assert "'=cmd|x" == escape_id("=cmd|x") and "'-1+f(2)" == escape_id("-1+f(2)")


@pytest.mark.parametrize("text, number", [("1.5", 1.5), (" 1,5 ", 1.5), ("", None), ("EX", None)])
def test_numbers_have_a_point_or_a_comma(text, number):
    """A decimal comma is read like a point; other texts are no numbers."""
    assert number == parse_number(text)


# ---- files ---------------------------------------------------------------------------------------------------


@given(tables, st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_a_file_is_written_back_byte_for_byte(table, quoting, end, bom):
    """Any file of Python's csv comes back unchanged, and its cells have the values that csv reads."""
    text = to_csv(table, quoting, end)
    sheet = parse_sheet("\ufeff" * bom + text, ",")
    assert ("\ufeff" * bom + text).encode() == sheet.to_bytes()
    rows = [sheet.values(row) for row in range(len(sheet.rows))]
    assert list(csv.reader(io.StringIO(text, newline=""))) == [[] if row == [""] else row for row in rows]


@given(tables, cells, st.data())
def test_one_cell_changes_and_no_other(table, text, data):
    """After `put`, csv reads the new value in that cell and the old ones in all others."""
    row = data.draw(st.integers(0, len(table) - 1))
    column = data.draw(st.integers(0, len(table[row]) - 1))
    sheet = parse_sheet(to_csv(table, csv.QUOTE_MINIMAL, "\r\n"), ",")
    sheet.put(row, column, text)
    table[row][column] = text
    again = parse_sheet(sheet.to_bytes().decode(), ",")
    assert table == [again.values(row) for row in range(len(again.rows))]


@pytest.mark.parametrize("text", ['a,b"c,d\n', 'a,"b"c,d', "\n\na,b\n", "a,b", "", 'a,"b\n,c"\r\n'])
def test_odd_files_stay_unchanged(text):
    """Quotes inside a cell, empty lines and a last line without an end are kept."""
    assert text.encode() == parse_sheet(text, ",").to_bytes()


def test_an_open_quote_is_an_error_with_its_row():
    """A quote that is never closed is an error that names the row."""
    with pytest.raises(CourseError, match="row 2: a quote is opened"):
        parse_sheet('a,b\nc,"d\n', ",")


@pytest.mark.parametrize("data, problem", [
    ("Ä".encode("latin-1"), "not text in UTF-8"), (b"a,b\n", "its first line is")])
def test_another_kind_of_file_is_refused_in_one_line(data, problem):
    """Another encoding or another head is an error of one line."""
    with pytest.raises(CourseError, match=problem) as caught:
        read_sheet(data, "x.csv", has_id, "a gradebook")
    assert 1 == len(str(caught.value).splitlines())


def test_the_delimiter_is_detected():
    """A file with semicolons is split at them."""
    assert ["ID", "1,5"] == read_sheet(b"ID;1,5\n", "x.csv", has_id, "a gradebook").values(0)


def test_a_wrong_delimiter_causes_no_error():
    """A quote that would be open with commas is a letter in a file with semicolons."""
    sheet = read_sheet(b'ID;x\n1,"a;2\n', "x.csv", has_id, "a gradebook")
    assert ["1,\"a", "2"] == sheet.values(1)
    with pytest.raises(CourseError, match="row 2: a quote is opened"):
        read_sheet(b'ID;x\n"a;2\n', "x.csv", has_id, "a gradebook")
