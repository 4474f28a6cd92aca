"""Moodle's grading worksheet: a downloaded file is filled in; only grades and feedback change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.errors import CourseError
from autograder.exports import moodle
from autograder.exports.grades import grades
from autograder.spreadsheets import parse_sheet
from tests.helpers.courses import NAME
from tests.helpers.export_rows import rows, standing

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


def filled(klass, data=DOWNLOADED, **options):
    made = moodle.export(klass, NAME, data, **options)
    return made.files["moodle.csv"], "\n".join(made.notes)


def test_a_downloaded_worksheet_is_filled_in(klass):
    """Scores scaled to Moodle's maximum; who has none, may not be changed, or is unknown keeps what is there."""
    data, notes = filled(klass)
    assert ["50", "30.25", "3.00", "", "1.00", ""] == [row[4] for row in rows(data)[1:]]
    assert "2 grades put into 5 matched rows" in notes
    assert "scaled from 100 points to Moodle's 50" in notes
    assert "Moodle lets nobody change their grade, left as it is (1): eve" in notes
    assert "row 7, 'Participant 7006, Sam Stranger', left as it is" in notes
    assert "bea (20.00 to 30.25)" in notes
    assert "dora: not graded: the file is empty" in notes


def test_every_other_byte_stays(klass):
    """Without grades and feedback, the file is the one that was downloaded, byte for byte."""
    data, _ = filled(klass)
    before, after = (parse_sheet(text.decode(), ",") for text in (DOWNLOADED, data))
    for sheet in (before, after):
        for cells in sheet.rows:
            del cells[9], cells[4]
    assert before.to_bytes() == after.to_bytes()


def test_feedback_is_escaped_html_on_one_line(klass):
    """The gap, the diagnosis and the question, as HTML in which nothing of a student's is markup."""
    said = rows(filled(klass, DOWNLOADED.replace(b'"Well ""done"""', b""))[0])[2][9]
    opening = "<p><strong>rnn-step-by-step: 60.5 of 100 points (10 taken off for being late)</strong></p><ul>"
    assert said.startswith(opening)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in said and "<script" not in said
    assert "<code>a_next</code> is what one gets without the bias <code>ba</code>" in said
    assert "Which term is missing?" in said
    assert "\n" not in said


def test_a_persons_feedback_stays_and_ours_gives_way(klass):
    """What somebody wrote in Moodle is kept and named; what the autograder wrote before is renewed."""
    data, notes = filled(klass)
    assert 'Well "done"' == rows(data)[2][9]
    assert "had feedback that is not the autograder's, left as it is (1): bea" in notes
    again, notes = filled(klass, data.replace(b"100 of 100", b"99 of 100"))
    assert data == again
    assert "had another grade" not in notes


def test_zeros_for_missing_work_are_asked_for(klass):
    """With zeros, who handed in nothing gets 0; who was not graded still gets none."""
    data, _ = filled(klass, zeros=True)
    assert ("0", "") == (rows(data)[3][4], rows(data)[4][4])


@pytest.mark.parametrize("head, said", [
    ("ID,Vollständiger Name,E-Mail-Adresse,Status,Bewertung,Bestwertung,Bewertung kann geändert werden,"
     "Zuletzt geändert (Abgabe),Zuletzt geändert (Bewertung),Feedback als Kommentar", "Bewertung"),
    ("Identificador,Nombre completo,Dirección de correo,Estado,Calificación,Calificación máxima,"
     "La calificación puede ser cambiada,Última modificación (entrega),Última modificación (calificación),"
     "Comentarios de retroalimentación", "Calificación"),
    ("Nimike,Koko nimi,Sähköposti,Tila,Arvosana,Korkein arvosana,Arvosanaa voi muuttaa,Muokattu (palautus),"
     "Muokattu (arvosana),Palautekommentit", "Arvosana"),
])  # fmt: skip
def test_headers_in_other_languages(klass, head, said):
    """By a table of names, or, for a language that it lacks, by the order of columns; the one taken is said."""
    body = DOWNLOADED.decode().split("\n", 1)[1].replace(",Yes,", ",Ja,").replace(",No,", ",Nein,")
    data, notes = filled(klass, f"{head}\n{body.replace('Participant ', 'Teilnehmer/in')}".encode())
    assert "50" == rows(data)[1][4]
    assert "1.00" == rows(data)[5][4]
    assert f"grades go into column '{said}'" in notes


def test_decimal_commas_are_kept(klass):
    """A worksheet with 50,00 gets 30,25."""
    data = DOWNLOADED.replace(b",50.00,", b',"50,00",')
    assert "30,25" == rows(filled(klass, data)[0])[2][4]


def test_columns_can_be_named(klass):
    """Where a column is not found by itself, a person names it."""
    data = DOWNLOADED.replace(b"Feedback comments", b"Remarks")
    assert "feedback into 'Remarks'" in filled(klass, data, columns={"comments": "Remarks"})[1]
    with pytest.raises(CourseError, match="no column is called 'Points'"):
        filled(klass, data, columns={"grade": "Points"})


def test_blind_marking_finds_ids_by_number():
    """Without names, "Participant 7001" is the student whose id is 7001."""
    data = (b"Identifier,Status,Grade,Maximum grade,Grade can be changed,Last modified (grade)\n"
            b"Participant 7001,,,100.00,Yes,-\n")
    assert "100" == rows(filled(grades({"7001": standing("7001", 75.0)}, {}), data)[0])[1][2]


@pytest.mark.parametrize("head", [HEAD, HEAD.replace("Full name,Email address", "Koko nimi,Sähköposti")])
def test_a_participants_number_is_nobodys_id_where_names_are_shown(head):
    """Sam, whom nobody knows, is participant 7001 of this assignment, and not the student whose id is 7001."""
    data = (f"{head}\nParticipant 7001,Sam Stranger,sam@uni.example,,,100.00,Yes,-,-,\n"
            "Participant 7002,Ada Lovelace,,,,100.00,Yes,-,-,\n").encode()
    two = {"7001": standing("7001", 50.0), "ada": standing("ada", 75.0, first="Ada", last="Lovelace")}
    assert ["", "100"] == [row[4] for row in rows(filled(grades(two, {}), data)[0])[1:]]


WHO = "Ada Lovelace,{},Submitted for grading,,50.00,Yes,-,-,"


@pytest.mark.parametrize("addresses, cells, said", [
    (("other@uni.example", "ada@uni.example"), ["", "50"], "looks like ada, whose email is ada@uni.example"),
    (("ada@uni.example", ""), ["", ""], "several rows are about ada; all are left as they are: 2, 3"),
    (("", ""), ["", ""], "several rows are about ada; all are left as they are: 2, 3"),
])  # fmt: skip
def test_two_rows_of_one_name_are_not_guessed(klass, addresses, cells, said):
    """A row with another's address is not Ada's; where two rows may be hers, neither gets grade or feedback."""
    lines = [f"Participant {at},{WHO.format(address)}" for at, address in enumerate(addresses)]
    data, notes = filled(klass, "\n".join([HEAD, *lines, ""]).encode())
    assert cells == [row[4] for row in rows(data)[1:]]
    assert [bool(cell) for cell in cells] == [bool(row[9]) for row in rows(data)[1:]]
    assert said in notes


@pytest.mark.parametrize("data, said", [
    (b"a,b\n1,2\n", "not a grading worksheet"), (b"", "not a grading worksheet"),
    (b"assignment,duedate,timestamp,student_id,last_name,score,max_score\nx,,,a,L,3,100\n", "not a grading worksheet"),
    (DOWNLOADED.replace(b"Maximum grade", b"Scale"), "words of a scale"),
])  # fmt: skip
def test_other_files_are_refused_in_one_line(klass, data, said):
    """What is no worksheet, or is graded in words, is refused."""
    with pytest.raises(CourseError, match=said) as caught:
        filled(klass, data)
    assert 1 == len(str(caught.value).splitlines())


names = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('=+-@,"\';\n\t\r '), min_size=1, max_size=12)


@given(st.lists(names, min_size=1, max_size=5))
def test_a_round_trip_with_any_names(last_names):
    """Any name in the file stays as it is, and each student gets their own grade by their address."""
    standings = {f"s{at}": standing(f"s{at}", 50.0 + at, first="A", last=last, email=f"s{at}@uni.example")
                 for at, last in enumerate(last_names)}
    sheet = parse_sheet(HEAD + "\r\n", ",")
    for at, last in enumerate(last_names):
        sheet.rows.append([""] * 10)
        sheet.line_ends.append("\r\n")
        for column, text in enumerate(
                (f"Participant {at}", last, f"s{at}@uni.example", "", "", "100.00", "Yes", "-", "-", "")):
            sheet.put(1 + at, column, text)
    found = rows(filled(grades(standings, {}), sheet.to_bytes())[0])
    assert [[last, str(75 + at)] for at, last in enumerate(last_names)] == [[row[1], row[4]] for row in found[1:]]
