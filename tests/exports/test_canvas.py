"""Canvas's gradebook: one column of a file is filled in, or a fresh file is made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.class_lists.formats import is_canvas
from autograder.errors import CourseError
from autograder.exports import canvas
from autograder.exports.grades import combine_grades
from autograder.spreadsheets import parse_sheet
from tests.helpers.exporting import NAME, make_grade, read_rows

#: Canvas's form: byte order mark, quotes if needed, a row of posting policies, computed columns.
DOWNLOADED = (
    "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Notes,RNN step by step (9001),Essay (9002),Final Score\r\n"
    ",,,,,,Manual Posting,,\r\n"
    "    Points Possible,,,,,,100.00,10.00,(read only)\r\n"
    '"Lovelace, Ada",101,,ada@uni.example,A,"says ""hi""",,9.00,90.00\r\n'
    '"Ünal, Jr., Bea",,bea,nobody,"A, B",,12.00,EX,\r\n'
    '"Gauß, Carl",103,,carl@uni.example,A,,7.00,,\r\n'
    "\"=\"\"=cmd|' /C calc'!A0, Dora\"\"\",,,dora@uni.example,A,,,,\r\n"
    '"O""Neil, Eve",,,,A,,,,\r\n'
    '"Stranger, Sam",999,,sam@uni.example,A,,55.00,,\r\n'
    '"Student, Test",555,,a1b2c3,A,,,,\r\n'
).encode()


def fill(klass, data=DOWNLOADED, **options):
    """Return the filled file and the notes."""
    export = canvas.export(klass, NAME, data, **options)
    return export.files["canvas.csv"], "\n".join(export.notes)


def test_a_downloaded_gradebook_is_filled_in(klass):
    """Students found by ID, SIS ids, login and name get the gradebook's scores, with penalties and manual points."""
    data, notes = fill(klass)
    column = [row[6] for row in read_rows(data)]
    assert ["Manual Posting", "100.00", "100", "60.5", "7.00", "", "97", "55.00", ""] == column[1:]
    assert "3 grades put into 5 matched rows" in notes


def test_every_other_byte_stays(klass):
    """Without the assignment's column, the file equals the original byte for byte."""
    data, _ = fill(klass)
    before, after = (parse_sheet(text.decode(), ",") for text in (DOWNLOADED, data))
    for sheet in (before, after):
        for cells in sheet.rows:
            del cells[6]
    assert before.to_bytes() == after.to_bytes()


def test_a_missing_score_leaves_the_cell(klass):
    """A submission that was not graded and a missing one leave the cell, since a blank would take a grade away."""
    data, notes = fill(klass)
    assert "7.00" == read_rows(data)[5][6] and "" == read_rows(data)[6][6]
    assert "dora: not graded: the file is empty" in notes and "no submission (1): carl" in notes


def test_zeros_are_an_option(klass):
    """With zeros, a student who handed in nothing gets 0, and a submission that was not graded gets none."""
    data, _ = fill(klass, zeros=True)
    assert ("0", "") == (read_rows(data)[5][6], read_rows(data)[6][6])


def test_unmatched_rows_and_students_are_noted(klass):
    """A row without a student, a student without a row and a changed grade each have a note."""
    _, notes = fill({**klass, **combine_grades({"zoe": make_grade("zoe", 75.0)}, {})})
    assert "row 9, 'Stranger, Sam', left unchanged: no student with that name or number is known" in notes
    assert "row 10, 'Student, Test'" in notes
    assert "matched to no row of the file (1): zoe" in notes
    assert "bea (12.00 to 60.5)" in notes


def test_excused_and_unassigned_students_stay_so(klass):
    """Cells with EX and N/A keep these."""
    data, notes = fill(klass, DOWNLOADED.replace(b",12.00,EX", b",EX,").replace(b'hi""",,', b'hi""",N/A,'))
    assert ("N/A", "EX") == (read_rows(data)[3][6], read_rows(data)[4][6])
    assert "excused in Canvas, left unchanged (1): bea" in notes
    assert "not assigned to them in Canvas, left unchanged (1): ada" in notes


def test_scores_are_scaled_to_points_possible(klass):
    """With 10 points possible in Canvas, 60.5 of 100 becomes 6.05."""
    data, notes = fill(klass, DOWNLOADED.replace(b",100.00,", b",10.00,"))
    assert ["10", "6.05"] == [row[6] for row in read_rows(data)[3:5]]
    assert "scaled from 100 points to the file's maximum of 10" in notes


def test_semicolons_and_decimal_commas_are_kept(klass):
    """A file of a German setting is filled in with its delimiter and decimal commas."""
    head = b"Student;ID;SIS Login ID;Section;rnn-step-by-step (1)\n    Points Possible;;;;100,00\n"
    found, _ = fill(klass, head + b'"L, A";101;;;\nx;102;;;\n')
    assert [["L, A", "101", "", "", "100"], ["x", "102", "", "", "60,5"]] == read_rows(found, ";")[2:]


def test_last_and_first_names_in_two_columns(klass):
    """Canvas's form with two columns for the name is filled in, too."""
    data = ("LastName,FirstName,ID,SIS Login ID,Section,rnn-step-by-step (1)\n    Points Possible,,,,,100\n"
            "Gauß,Carl,,,,\nLovelace,Ada,,,,\n")
    found = read_rows(fill(klass, data.encode(), zeros=True)[0])
    assert ["0", "100"] == [row[5] for row in found[2:]]


def test_an_ambiguous_name_matches_nobody():
    """A row with the name of two students stays empty, and the note names both."""
    two = combine_grades({name: make_grade(name, 75.0, first="Kim", last="Lee") for name in ("kim1", "kim2")}, {})
    data, notes = fill(two, b'Student,ID,SIS Login ID,Section,rnn-step-by-step (1)\n"Lee, Kim",,,A,\n')
    assert "" == read_rows(data)[1][4]
    assert "may be any of kim1, kim2" in notes


def test_two_rows_of_one_student_stay_unchanged(klass):
    """A student with two rows gets no grade in either."""
    head = b"Student,ID,SIS Login ID,Section,rnn-step-by-step (1)\n"
    data, notes = fill(klass, head + b"A,101,,,\nB,,ada@uni.example,,\n")
    assert ["", ""] == [row[4] for row in read_rows(data)[1:]]
    assert "several rows are about ada" in notes


@pytest.mark.parametrize("row", [b"999,,", b"999,,ada@uni.example", b"102,,ada@uni.example", b",,other@uni.example",
                                 b"101,bea,"])
def test_another_person_of_that_name_gets_no_grade(klass, row):
    """A row with Ada's name and another number or address stays unchanged, and the note names her."""
    head = b"Student,ID,SIS User ID,SIS Login ID,Section,rnn-step-by-step (1)\n"
    data, notes = fill(klass, head + b'"Lovelace, Ada",' + row + b",A,\n")
    assert "" == read_rows(data)[1][5]
    assert "row 2, 'Lovelace, Ada', left unchanged: " in notes and "ada" in notes.split("left unchanged: ")[1]


@pytest.mark.parametrize("column", ["Essay (9002)", "Essay", "9002"])
def test_a_column_is_named_by_title_or_number(klass, column):
    """A column is found by Canvas's title, the title alone, or the number alone."""
    data, notes = fill(klass, column=column)
    assert "10" == read_rows(data)[3][7] and "EX" == read_rows(data)[4][7]
    assert "column: Essay (9002)" in notes


@pytest.mark.parametrize("data, column, problem", [
    (b"Student,ID,SIS Login ID,Section,Essay (2)\n", None, "no column is called 'rnn-step-by-step'.*'Essay"),
    (b"Student,ID,SIS Login ID,Section,Final Score\n", "Final Score", "no column is called 'Final Score'"),
    (b"Student,ID,SIS Login ID,Section,A (1),A (2)\n", "A", "several columns"),
    (b"Student,ID,SIS Login ID,Section,A (1)\n   Points Possible,,,,(read only)\n", "A", "reads no grades"),
    (b"name,grade\n", None, "not a gradebook of Canvas"), (b"PK\x03\x04\xff", None, "not text"),
    (b"", None, "not a gradebook"),
])  # fmt: skip
def test_other_files_are_refused_in_one_line(klass, data, column, problem):
    """A file that cannot be filled in safely is an error of one line with the columns that there are."""
    with pytest.raises(CourseError, match=problem) as caught:
        fill(klass, data, column=column)
    assert 1 == len(str(caught.value).splitlines())


def test_a_fresh_gradebook_has_the_columns_of_canvas(klass):
    """A fresh file has Canvas's columns, points possible, and a blank for a missing score."""
    found = read_rows(canvas.export(klass, NAME).files["canvas.csv"])
    assert is_canvas(found[0])
    assert [["Student", "ID", "SIS Login ID", "Section", NAME], ["    Points Possible", "", "", "", "100"],
            ["Lovelace, Ada", "101", "ada", "", "100"], ["Ünal, Jr., Bea", "102", "bea", "", "60.5"],
            ["Gauß, Carl", "103", "carl", "", ""], ["'=cmd|' /C calc'!A0, Dora", "", "dora", "", ""],
            ['O"Neil, Eve', "", "eve", "", "97"]] == found


names = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('=+-@,"\';\n\t\r '), min_size=1, max_size=12)


@given(st.lists(names, min_size=1, max_size=6, unique_by=lambda name: name.strip().casefold()))
def test_a_round_trip_with_any_names(last_names):
    """A fresh file that is filled in with other scores has each student's score, whatever the names."""
    people = {f"s{at}": (last, str(100 + at)) for at, last in enumerate(last_names)}

    def klass(points):
        return combine_grades({student: make_grade(student, points + at, first="A", last=last, lms=lms)
                               for at, (student, (last, lms)) in enumerate(people.items())}, {})

    data = canvas.export(klass(10.0), NAME).files["canvas.csv"]
    again = read_rows(canvas.export(klass(40.0), NAME, data).files["canvas.csv"])
    assert [f"{65 + at}" for at in range(len(people))] == [row[4] for row in again[2:]]
    assert not any(row[0].startswith(("=", "+", "-", "@", "\t", "\r")) for row in again)
