"""The CSV table and the JSON file."""

import json

import pytest

from autograder.exports import canvas, tables
from autograder.exports.grades import combine_grades
from tests.helpers.exporting import NAME, make_grade, read_rows


def test_csv_has_the_columns_and_numbers_of_nbgrader(klass):
    """A student without a submission has 0.0, as in nbgrader; a submission that was not graded has blanks."""
    rows = read_rows(tables.export_csv(klass, NAME).files["grades.csv"])
    head = "assignment,duedate,timestamp,student_id,last_name,first_name,email,raw_score,late_submission_penalty,score"
    assert [*head.split(","), "max_score"] == rows[0]
    by_id = {row[3]: row for row in rows[1:]}
    assert [NAME, "2026-03-02 00:00:00", "2026-03-01 12:00:05", "bea", "Ünal, Jr.", "Bea", "bea@uni.example", "70.5",
            "10.0", "60.5", "100.0"] == by_id["bea"]
    assert ["0.0", "0.0", "0.0", "100.0"] == by_id["carl"][7:] and "" == by_id["carl"][2]
    assert ["", "", "", "100.0"] == by_id["dora"][7:]
    assert "'=cmd|' /C calc'!A0" == by_id["dora"][4]


def test_json_has_everything(klass):
    """Each student has a score, or null with the reason, beside cells and verdicts."""
    whole = json.loads(tables.export_json(klass, NAME).files["grades.json"])
    students = {student["student"]: student for student in whole["students"]}
    assert NAME == whole["assignment"]

    def values(student, *keys):
        return [students[student][key] for key in keys]

    assert [60.5, 10.0, "2026-03-01T12:00:05Z"] == values("bea", "score", "late_penalty", "timestamp")
    assert [None, "not graded: the file is empty"] == values("dora", "score", "why_no_score")
    assert [None, "no submission", False] == values("carl", "score", "why_no_score", "submitted")
    assert 70.0 == students["eve"]["cells"]["rnn_cell_forward_tests"]["manual_score"]
    assert "no_ba" == students["bea"]["tasks"]["rnn_cell_forward"]["diagnosis"]["mistake"]


CONTROLS = ["\r", "\n", "\r\n", "\x0b", "\x0c", "\x1c", "\x85",
            "\u2028", "\u2029", "\x00", "\ud800"]


@pytest.mark.parametrize("control", CONTROLS)
def test_no_name_begins_a_row(control):
    """A control character in a name, an address or an id becomes a space, and no formula follows it in any CSV file."""
    evil = f"Ada{control}=HYPERLINK(1)"
    grades = combine_grades({evil: make_grade(evil, 75.0, first=evil, last=control + "=1", email=evil, lms=evil)}, {})
    for export in (tables.export_csv(grades, NAME + control), canvas.export(grades, NAME + control)):
        (content,) = export.files.values()
        lines = content.decode().replace("\r", "\n").splitlines()
        assert not any(line.lstrip('"').startswith("=") for line in lines)
        assert len(read_rows(content)) == len(lines)
