"""Moodle's grading worksheet: only grades and feedback change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.errors import CourseError
from autograder.exports import moodle
from autograder.exports.grades import combine_grades
from autograder.spreadsheets import parse_sheet
from tests.helpers.exporting import NAME, make_grade, read_rows

HEAD = ("Identifier,Full name,Email address,Status,Grade,Maximum grade,Grade can be changed,"
        "Last modified (submission),Last modified (grade),Feedback comments")
DOWNLOADED = (
    f"\ufeff{HEAD.replace('Full name', chr(34) + 'Full name' + chr(34))}\n"
    '"Participant 7001","Ada Lovelace",ada@uni.example,"Submitted for grading",,50.00,Yes,"Sunday, 1 March 2026",-,\n'
    '"Participant 7002","Bea Ünal, Jr.",,"Submitted for grading",20.00,50.00,Yes,-,-,"Well ""done"""\n'
    '"Participant 7003","Carl Gauß",carl@uni.example,"No submission",3.00,50.00,Yes,-,-,\n'
    '"Participant 7004","Dora",dora@uni.example,"Submitted for grading",,50.00,Yes,-,-,\n'
    '"Participant 7005","Eve O""Neil",,"Submitted for grading",1.00,50.00,No,-,-,\n'
    '"Participant 7006","Sam Stranger",sam@uni.example,"No submission",,50.00,Yes,-,-,\n'
).encode()


def fill(klass, data=DOWNLOADED, **options):
    """Return the filled file and the notes."""
    export = moodle.export(klass, NAME, data, **options)
    return export.files["moodle.csv"], "\n".join(export.notes)


def test_a_downloaded_worksheet_is_filled_in(klass):
    """Scores are scaled to Moodle's maximum; rows without a score, locked or unmatched stay unchanged."""
    data, notes = fill(klass)
    assert ["50", "30.25", "3.00", "", "1.00", ""] == [row[4] for row in read_rows(data)[1:]]
    assert "2 grades put into 5 matched rows" in notes
    assert "scaled from 100 points to the file's maximum of 50" in notes
    assert "locked in Moodle, left unchanged (1): eve" in notes
    assert "row 7, 'Participant 7006, Sam Stranger', left unchanged" in notes
    assert "bea (20.00 to 30.25)" in notes
    assert "dora: not graded: the file is empty" in notes


def test_every_other_byte_stays(klass):
    """Without grades and feedback, the file equals the original byte for byte."""
    data, _ = fill(klass)
    before, after = (parse_sheet(text.decode(), ",") for text in (DOWNLOADED, data))
    for sheet in (before, after):
        for cells in sheet.rows:
            del cells[9], cells[4]
    assert before.to_bytes() == after.to_bytes()


def test_feedback_is_escaped_html_on_one_line(klass):
    """The gap, the diagnosis and the question are HTML in which no text of a student is markup."""
    html = read_rows(fill(klass, DOWNLOADED.replace(b'"Well ""done"""', b""))[0])[2][9]
    opening = "<p><strong>rnn-step-by-step: 60.5 of 100 points (10 taken off for being late)</strong></p><ul>"
    assert html.startswith(opening)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html and "<script" not in html
    assert "<code>a_next</code> is what one gets without the bias <code>ba</code>" in html
    assert "Which term is missing?" in html
    assert "\n" not in html


def test_only_the_autograders_feedback_is_overwritten(klass):
    """Feedback of a person is kept and noted; feedback of an earlier export is overwritten."""
    data, notes = fill(klass)
    assert 'Well "done"' == read_rows(data)[2][9]
    assert "had feedback of a person, left unchanged (1): bea" in notes
    again, notes = fill(klass, data.replace(b"100 of 100", b"99 of 100"))
    assert data == again
    assert "had another grade" not in notes


def test_zeros_are_an_option(klass):
    """With zeros, a student who handed in nothing gets 0, and a submission that was not graded gets none."""
    data, _ = fill(klass, zeros=True)
    assert ("0", "") == (read_rows(data)[3][4], read_rows(data)[4][4])


@pytest.mark.parametrize("head, title", [
    ("ID,Vollständiger Name,E-Mail-Adresse,Status,Bewertung,Bestwertung,Bewertung kann geändert werden,"
     "Zuletzt geändert (Abgabe),Zuletzt geändert (Bewertung),Feedback als Kommentar", "Bewertung"),
    ("Identificador,Nombre completo,Dirección de correo,Estado,Calificación,Calificación máxima,"
     "La calificación puede ser cambiada,Última modificación (entrega),Última modificación (calificación),"
     "Comentarios de retroalimentación", "Calificación"),
    ("Nimike,Koko nimi,Sähköposti,Tila,Arvosana,Korkein arvosana,Arvosanaa voi muuttaa,Muokattu (palautus),"
     "Muokattu (arvosana),Palautekommentit", "Arvosana"),
])  # fmt: skip
def test_headers_in_other_languages(klass, head, title):
    """Columns are found by a table of titles, or by their order; the column of the grades is noted."""
    body = DOWNLOADED.decode().split("\n", 1)[1].replace(",Yes,", ",Ja,").replace(",No,", ",Nein,")
    data, notes = fill(klass, f"{head}\n{body.replace('Participant ', 'Teilnehmer/in')}".encode())
    assert "50" == read_rows(data)[1][4]
    assert "1.00" == read_rows(data)[5][4]
    assert f"grades go into column '{title}'" in notes


def test_decimal_commas_are_kept(klass):
    """A worksheet with 50,00 as its maximum gets 30,25."""
    data = DOWNLOADED.replace(b",50.00,", b',"50,00",')
    assert "30,25" == read_rows(fill(klass, data)[0])[2][4]


def test_columns_can_be_named(klass):
    """A given title is found, and a given title that does not exist is an error."""
    data = DOWNLOADED.replace(b"Feedback comments", b"Remarks")
    assert "feedback into 'Remarks'" in fill(klass, data, columns={"comments": "Remarks"})[1]
    with pytest.raises(CourseError, match="no column is called 'Points'"):
        fill(klass, data, columns={"grade": "Points"})


def test_an_anonymous_worksheet_has_ids_as_numbers():
    """Without names, "Participant 7001" is the student with the id 7001."""
    data = (b"Identifier,Status,Grade,Maximum grade,Grade can be changed,Last modified (grade)\n"
            b"Participant 7001,,,100.00,Yes,-\n")
    assert "100" == read_rows(fill(combine_grades({"7001": make_grade("7001", 75.0)}, {}), data)[0])[1][2]


@pytest.mark.parametrize("head", [HEAD, HEAD.replace("Full name,Email address", "Koko nimi,Sähköposti")])
def test_a_participants_number_is_an_id_only_without_names(head):
    """Sam, who is unknown, is participant 7001 of this assignment, and not the student with the id 7001."""
    data = (f"{head}\nParticipant 7001,Sam Stranger,sam@uni.example,,,100.00,Yes,-,-,\n"
            "Participant 7002,Ada Lovelace,,,,100.00,Yes,-,-,\n").encode()
    two = {"7001": make_grade("7001", 50.0), "ada": make_grade("ada", 75.0, first="Ada", last="Lovelace")}
    assert ["", "100"] == [row[4] for row in read_rows(fill(combine_grades(two, {}), data)[0])[1:]]


WHO = "Ada Lovelace,{},Submitted for grading,,50.00,Yes,-,-,"


@pytest.mark.parametrize("addresses, cells, note", [
    (("other@uni.example", "ada@uni.example"), ["", "50"], "looks like ada, whose email is ada@uni.example"),
    (("ada@uni.example", ""), ["", ""], "several rows are about ada, left unchanged: 2, 3"),
    (("", ""), ["", ""], "several rows are about ada, left unchanged: 2, 3"),
])  # fmt: skip
def test_two_rows_of_one_name_are_not_guessed(klass, addresses, cells, note):
    """A row with another address is not Ada's; if two rows can be hers, neither gets grade or feedback."""
    lines = [f"Participant {at},{WHO.format(address)}" for at, address in enumerate(addresses)]
    data, notes = fill(klass, "\n".join([HEAD, *lines, ""]).encode())
    assert cells == [row[4] for row in read_rows(data)[1:]]
    assert [bool(cell) for cell in cells] == [bool(row[9]) for row in read_rows(data)[1:]]
    assert note in notes


@pytest.mark.parametrize("data, problem", [
    (b"a,b\n1,2\n", "not a grading worksheet"), (b"", "not a grading worksheet"),
    (b"assignment,duedate,timestamp,student_id,last_name,score,max_score\nx,,,a,L,3,100\n", "not a grading worksheet"),
    (DOWNLOADED.replace(b"Maximum grade", b"Scale"), "words of a scale"),
])  # fmt: skip
def test_other_files_are_refused_in_one_line(klass, data, problem):
    """A file that is no worksheet, or one with grades in words, is an error of one line."""
    with pytest.raises(CourseError, match=problem) as caught:
        fill(klass, data)
    assert 1 == len(str(caught.value).splitlines())


names = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('=+-@,"\';\n\t\r '), min_size=1, max_size=12)


@given(st.lists(names, min_size=1, max_size=5))
def test_a_round_trip_with_any_names(last_names):
    """Any name in the file stays unchanged, and each student gets the grade by the address."""
    grades = {f"s{at}": make_grade(f"s{at}", 50.0 + at, first="A", last=last, email=f"s{at}@uni.example")
                 for at, last in enumerate(last_names)}
    sheet = parse_sheet(HEAD + "\r\n", ",")
    for at, last in enumerate(last_names):
        sheet.rows.append([""] * 10)
        sheet.line_ends.append("\r\n")
        for column, text in enumerate(
                (f"Participant {at}", last, f"s{at}@uni.example", "", "", "100.00", "Yes", "-", "-", "")):
            sheet.put(1 + at, column, text)
    found = read_rows(fill(combine_grades(grades, {}), sheet.to_bytes())[0])
    assert [[last, str(75 + at)] for at, last in enumerate(last_names)] == [[row[1], row[4]] for row in found[1:]]


def test_numbers_tell_students_of_one_name_apart():
    """Without addresses, the participants' numbers of the imported worksheet decide between two of one name."""
    twins = combine_grades({student: make_grade(student, auto, first="Kim", last="Lee")
                            for student, auto in (("kim1", 75.0), ("kim2", 25.0))}, {})
    data = (b"Identifier,Full name,Grade,Maximum grade,Grade can be changed,Last modified (grade)\n"
            b"Participant 7002,Kim Lee,,100.00,Yes,-\nParticipant 7001,Kim Lee,,100.00,Yes,-\n")
    filled, _ = fill(twins, data, participants={"kim1": "7001", "kim2": "7002"})
    assert ["50", "100"] == [row[2] for row in read_rows(filled)[1:]]
    filled, notes = fill(twins, data)
    assert data == filled and "may be any of kim1, kim2" in notes
