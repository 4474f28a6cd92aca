"""A small class as the gradebook and the reports have it, without either."""

import csv
import io
from datetime import datetime

import pytest

from autograder.exports.grades import grades
from autograder.model import CellGrade, StudentGrade

NAME = "rnn-step-by-step"


def standing(student, auto=None, submitted=True, late=0.0, first=None, last=None, email=None, lms=None, **cells):
    """A student with points for the two tasks, or with cells given by name."""
    cells = cells or ({"rnn_cell_forward_tests": auto, "rnn_forward_tests": 25.0} if submitted else {})
    most = {"rnn_cell_forward_tests": 75.0}
    made = {name: cell if isinstance(cell, CellGrade) else CellGrade(cell, None, None, most.get(name, 25.0), False)
            for name, cell in cells.items()}
    when = datetime(2026, 3, 1, 12, 0, 5) if submitted else None
    return StudentGrade(student, first, last, email, lms, when, datetime(2026, 3, 2), late, 100.0, submitted, made)


def report(student, score, says="`a_next` is what one gets without the bias `ba`.", status="graded"):
    """A report in which the second task is right and the first has these points of 75."""
    if status == "not graded":
        return {"student": student, "status": status, "reason": "the file is empty", "score": 0.0, "max_score": 0.0,
                "repairs": [], "tasks": {}, "isolation": None, "seconds": 0.1, "key": ""}
    right = score == 75
    message = "agrees with the expected values" if right else "differs by 0.5 <script>alert(1)</script> | *first* [3]"
    tasks = {
        "rnn_cell_forward": {
            "score": score, "max_score": 75.0, "passed": right, "blamed_on": None, "public_passed": right,
            "checks": [{"name": "a_next", "passed": right, "points": score, "max_points": 75.0, "message": message}],
            "diagnosis": None if right else {"mistake": "no_ba", "says": says, "hint": "Which term is missing?"},
            "notes": [], "question": None},
        "rnn_forward": {
            "score": 25.0, "max_score": 25.0, "passed": True, "blamed_on": None, "public_passed": True,
            "checks": [{"name": "a", "passed": True, "points": 25.0, "max_points": 25.0, "message": "agrees"}],
            "diagnosis": None, "notes": [], "question": None},
    }  # fmt: skip
    return {"student": student, "status": status, "reason": None, "score": score + 25, "max_score": 100.0,
            "repairs": [], "tasks": tasks, "isolation": "process", "seconds": 1.25, "key": "k"}


@pytest.fixture
def klass():
    """Ada has 100, Bea 60.5 and is 10 points late, Carl handed in nothing, Dora's file is empty, Eve is by hand."""
    standings = {
        "ada": standing("ada", 75.0, first="Ada", last="Lovelace", email="ada@uni.example", lms="101"),
        "bea": standing("bea", 45.5, late=10.0, first="Bea", last="Ünal, Jr.", email="bea@uni.example", lms="102"),
        "carl": standing("carl", submitted=False, first="Carl", last="Gauß", email="carl@uni.example", lms="103"),
        "dora": standing("dora", None, first="Dora", last="=cmd|' /C calc'!A0", email="dora@uni.example",
                         rnn_cell_forward_tests=CellGrade(None, None, None, 75.0, True)),
        "eve": standing("eve", first="Eve", last='O"Neil', rnn_forward_tests=25.0,
                        rnn_cell_forward_tests=CellGrade(10.0, 70.0, 2.0, 75.0, True)),
    }
    reports = {"ada": report("ada", 75.0), "bea": report("bea", 45.5),
               "dora": report("dora", 0, status="not graded"), "eve": report("eve", 10.0)}
    return grades(standings, reports)


def rows(data, delimiter=","):
    """A CSV file's rows, read as a platform reads them."""
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter))
