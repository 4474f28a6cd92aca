"""The files in which platforms list a class, read as they are downloaded."""

from datetime import datetime

import pytest
from dateutil import tz

from autograder.class_lists import read_class_list
from autograder.errors import CourseError
from autograder.platforms import Participant

CANVAS = """\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Lab 1 (77),Final Score
,,,,,Manual Posting,
    Points Possible,,,,,100.0,(read only)
"Lovelace, Ada",101,900101,ada,Sec 1,,
"O'Neil, Bea María",102,,bea@uni.example,"Sec 1 and Sec 2",,
"Student, Test",999,,d41d8cd98f,Sec 1,,
"""
MOODLE = """\ufeffIdentifier,"Full name","Email address",Status,Grade,"Maximum grade","Grade can be changed",\
"Last modified (submission)","Last modified (grade)","Feedback comments"
"Participant 7001","Ada Lovelace",ada@uni.example,"Submitted for grading",,100.00,Yes,\
"Friday, 27 November 2026, 5:12 PM",-,
"Participant 7002","Bea María O'Neil",bea@uni.example,"No submission",,100.00,Yes,-,-,
"""
DANISH = """ID,"Fulde navn",Mailadresse,Tilstand,Bedømmelse,"Højeste karakter","Bedømmelse kan ændres",\
"Senest ændret (aflevering)"
"Deltager 7001","Ada Lovelace",ada@uni.example,"Afleveret",,"100,00",Ja,"fredag, 27. november 2026, 17:12"
"Deltager 7002","Bea María O'Neil",bea@uni.example,"Ingen aflevering",,"100,00",Ja,-
"""
ANONYMOUS = """Identifier,Status,Grade,Maximum grade,Grade can be changed,Last modified (submission)
Participant 7001,Submitted for grading,,100.00,Yes,"Friday, 27 November 2026, 5:12 PM"
Participant 7002,No submission,,100.00,Yes,-
"""
GRADESCOPE = """Name,First Name,Last Name,SID,Email,Role,Sections
Ada Lovelace,Ada,Lovelace,900101,ada@uni.example,Student,
Prof Hopper,Prof,Hopper,,hopper@uni.example,Instructor,
Bea O'Neil,Bea María,O'Neil,,bea@uni.example,Student,
"""
NBGRADER = "id;first_name;last_name;email\nada;Ada;Lovelace;ada@uni.example\n;x;y;z\nbea;Bea María;O'Neil;\n"


@pytest.fixture
def read(tmp_path):
    """Return a function that writes a file and reads it as a class list, its times in Berlin's zone."""

    def read_text(text, encoding="utf-8"):
        path = tmp_path / "list.csv"
        path.write_bytes(text.encode(encoding))
        return read_class_list(path, tz.gettz("Europe/Berlin"))

    return read_text


@pytest.mark.parametrize("text, platform", [
    (CANVAS, "canvas"), (MOODLE, "moodle"), (DANISH, "moodle"), (GRADESCOPE, "gradescope"), (NBGRADER, "nbgrader"),
    (CANVAS.replace(",", ";").replace("e; A", "e, A").replace("l; B", "l, B").replace("t; T", "t, T"), "canvas"),
    (MOODLE.replace("\n", "\r\n"), "moodle"),
])  # fmt: skip
def test_each_platforms_file_is_told_by_its_columns(read, text, platform):
    """Ada and Bea are read from each file; points, teachers and test students are no students."""
    listed = read(text)
    assert platform == listed.platform
    assert [("Ada", "Lovelace"), ("Bea María", "O'Neil")] == [
        (one.first_name, one.last_name) for one in listed.students]


def test_canvas_has_numbers_and_logins(read):
    """ID is Canvas's number; a login that is an address is one; the test student is left out by name."""
    ada, bea = read(CANVAS).students
    assert ("ada", None, "101", "900101") == (ada.login, ada.email, ada.lms_user_id, ada.number)
    assert ("bea@uni.example", "bea@uni.example", "102") == (bea.login, bea.email, bea.lms_user_id)
    assert ("row 6, Student, Test: Canvas's test student",) == read(CANVAS).left_out


@pytest.mark.parametrize("text", [MOODLE, DANISH])
def test_moodle_has_participants_and_times(read, text):
    """Numbers, addresses and times are found by titles that are known, or by what the columns hold."""
    ada, bea = read(text).students
    assert Participant("7001", datetime(2026, 11, 27, 16, 12)) == ada.participant
    assert Participant("7002") == bea.participant
    assert ["ada@uni.example", "bea@uni.example"] == [ada.email, bea.email]


def test_an_anonymous_worksheet_has_numbers_alone(read):
    """Without a column of names, a student has the number and the time."""
    ada, _ = read(ANONYMOUS).students
    assert (None, None, None) == (ada.first_name, ada.last_name, ada.email)
    assert Participant("7001", datetime(2026, 11, 27, 16, 12)) == ada.participant


def test_a_worksheet_of_groups_names_them(read):
    """The column of groups is kept."""
    head, *rows = MOODLE.splitlines()
    text = "\n".join([head.replace("Status", "Group"), *(row.replace('"No submission"', '"Team A"') for row in rows)])
    assert [one.participant.group for one in read(text).students] == ["Submitted for grading", "Team A"]


def test_a_time_that_cannot_be_read_is_kept_as_a_text(read):
    """A date of numbers alone may mean two days: it is no time, and the text is kept for a message."""
    ada, _ = read(MOODLE.replace("Friday, 27 November 2026, 5:12 PM", "11/12/2026 5:12 PM")).students
    assert ada.participant.time is None and "11/12/2026 5:12 PM" == ada.unread_time


@pytest.mark.parametrize("text, problem", [
    ("first_name,last_name\nAda,Lovelace\n", "no column 'id'"), ("", "this is not a class list"),
    ("just a line\n", "this is not a class list"),
])  # fmt: skip
def test_another_file_is_refused_by_name(read, text, problem):
    """A file of another kind is refused with the files that are read."""
    with pytest.raises(CourseError, match=problem):
        read(text)


def test_a_name_has_one_line(read):
    """A name that would control a terminal or begin a formula is plain text."""
    ada, _ = read(MOODLE.replace('"Ada Lovelace"', "\"'=1+1 Ada\x1b[31m\\r Lovelace\"")).students
    assert ("=1+1 Ada [31m\\r", "Lovelace") == (ada.first_name, ada.last_name)


def test_a_row_without_a_number_is_left_out(read):
    """A row of a worksheet without a participant's number is no student, and is named."""
    listed = read("Identifier,Full name,Status,Grade\nx,Ada,-,\n")
    assert ((), ("row 2, Ada: no participant's number",)) == (listed.students, listed.left_out)


def test_another_encoding_is_refused(read):
    """A file that a spreadsheet has saved in its own encoding is refused with the remedy."""
    with pytest.raises(CourseError, match=r"not text in UTF-8.*Download it again"):
        read(CANVAS.removeprefix("\ufeff"), "latin-1")
