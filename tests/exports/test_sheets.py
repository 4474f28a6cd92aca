"""A CSV file whose cells change while every other byte stays."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.errors import CourseError
from autograder.exports.sheets import parse, read

cells = st.text(alphabet=st.sampled_from('abü,;"\r\n\t =+-@\'\u00a0'), max_size=6)
tables = st.lists(st.lists(cells, min_size=2, max_size=4), min_size=1, max_size=5)


def written(table, quoting, end):
    text = io.StringIO(newline="")
    csv.writer(text, quoting=quoting, lineterminator=end).writerows(table)
    return text.getvalue()


@given(tables, st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_what_is_read_is_written_byte_for_byte(table, quoting, end, bom):
    """Any file that Python's csv writes comes back as it was, with the values that csv reads in it."""
    text = written(table, quoting, end)
    sheet = parse("\ufeff" * bom + text, ",")
    assert ("\ufeff" * bom + text).encode() == sheet.to_bytes()
    lines = [sheet.values(row) for row in range(len(sheet.rows))]
    assert list(csv.reader(io.StringIO(text, newline=""))) == [[] if line == [""] else line for line in lines]


@given(tables, cells, st.data())
def test_one_cell_changes_and_nothing_else(table, text, data):
    """After a cell is put, csv reads the new value there and the old ones everywhere else."""
    row = data.draw(st.integers(0, len(table) - 1))
    column = data.draw(st.integers(0, len(table[row]) - 1))
    sheet = parse(written(table, csv.QUOTE_MINIMAL, "\r\n"), ",")
    sheet.put(row, column, text)
    table[row][column] = text
    again = parse(sheet.to_bytes().decode(), ",")
    assert table == [again.values(row) for row in range(len(again.rows))]


@pytest.mark.parametrize("text", ['a,b"c,d\n', 'a,"b"c,d', "\n\na,b\n", "a,b", "", 'a,"b\n,c"\r\n'])
def test_odd_files_stay_as_they_are(text):
    """Quotes in the middle, empty lines, a last line without an end: all of it is kept."""
    assert text.encode() == parse(text, ",").to_bytes()


def test_an_open_quote_is_named_with_its_row():
    """A quote that is never closed is an error that says in which row."""
    with pytest.raises(CourseError, match="row 2: a quote is opened"):
        parse('a,b\nc,"d\n', ",")


@pytest.mark.parametrize("data, said", [("Ä".encode("latin-1"), "not text in UTF-8"), (b"a,b\n", "its first line is")])
def test_other_files_are_refused_in_one_line(data, said):
    """What is not the file that was meant is refused with what was found."""
    with pytest.raises(CourseError, match=said) as caught:
        read(data, "x.csv", lambda head: "ID" in head, "a gradebook")
    assert 1 == len(str(caught.value).splitlines())


def test_the_separator_is_found_out():
    """A file with semicolons is read by them."""
    assert ["ID", "1,5"] == read(b"ID;1,5\n", "x.csv", lambda head: "ID" in head, "a gradebook").values(0)


def test_a_separator_that_is_only_tried_refuses_nothing():
    """By commas a quote would be opened here; by semicolons, which separate this file, it is a letter like others."""
    sheet = read(b'ID;x\n1,"a;2\n', "x.csv", lambda head: "ID" in head, "a gradebook")
    assert ["1,\"a", "2"] == sheet.values(1)
    with pytest.raises(CourseError, match="row 2: a quote is opened"):
        read(b'ID;x\n"a;2\n', "x.csv", lambda head: "ID" in head, "a gradebook")
