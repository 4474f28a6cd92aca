"""Grades and reports of single students, and the rows of exported tables."""

import csv
import io
import json
from datetime import datetime

from autograder.model import CellGrade, Check, Diagnosis, Report, StudentGrade, Verdict
from tests.helpers.courses import NAME


def make_grade(student, auto=None, submitted=True, late=0.0, first=None, last=None, email=None, lms=None, **cells):
    """Return a student's grade, with points for the two tasks or with cells given by name."""
    cells = cells or ({"rnn_cell_forward_tests": auto, "rnn_forward_tests": 25.0} if submitted else {})
    maxima = {"rnn_cell_forward_tests": 75.0}
    made = {name: cell if isinstance(cell, CellGrade) else CellGrade(cell, None, None, maxima.get(name, 25.0), False)
            for name, cell in cells.items()}
    when = datetime(2026, 3, 1, 12, 0, 5) if submitted else None
    return StudentGrade(student, first, last, email, lms, when, datetime(2026, 3, 2), late, 100.0, submitted, made)


def make_report(student, score):
    """Return a report in which the second task is right and the first has this score of 75."""
    right = score == 75
    message = "agrees with the expected values" if right else "differs by 0.5 <script>alert(1)</script> | *first* [3]"
    diagnosis = None if right else Diagnosis(
        "no_ba", "`a_next` is what one gets without the bias `ba`.", "Which term is missing?")
    check = Check("a_next", right, score, 75.0, message, "" if right else "value")
    first = Verdict("rnn_cell_forward", score, 75.0, (check,), diagnosis, public_passed=right)
    second = Verdict("rnn_forward", 25.0, 25.0, (Check("a", True, 25.0, 25.0, "agrees"),), public_passed=True)
    return Report(NAME, student, "graded", (first, second), isolation="process", seconds=1.25)


def make_failure(student):
    """Return the report of a submission that was not graded."""
    return Report(NAME, student, "not graded", reason="the file is empty", seconds=0.1)


def read_rows(data, delimiter=","):
    """Return the rows of a CSV file, read as a platform reads them."""
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def read_by_student(export, file):
    """Return the JSON content of each student's file with this name."""
    return {path.split("/")[0]: json.loads(data) for path, data in export.files.items() if path.endswith("/" + file)}
