"""Grades and reports of single students, and the rows of what is exported of them."""

import csv
import io
from datetime import datetime

from autograder.model import CellGrade, StudentGrade


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
            "checks": [{"name": "a_next", "passed": right, "points": score, "max_points": 75.0, "message": message,
                        "kind": "" if right else "value", "detail": ""}],
            "diagnosis": None if right else {"mistake": "no_ba", "says": says, "hint": "Which term is missing?"},
            "notes": [], "question": None},
        "rnn_forward": {
            "score": 25.0, "max_score": 25.0, "passed": True, "blamed_on": None, "public_passed": True,
            "checks": [{"name": "a", "passed": True, "points": 25.0, "max_points": 25.0, "message": "agrees",
                        "kind": "", "detail": ""}],
            "diagnosis": None, "notes": [], "question": None},
    }  # fmt: skip
    return {"student": student, "status": status, "reason": None, "score": score + 25, "max_score": 100.0,
            "repairs": [], "tasks": tasks, "isolation": "process", "seconds": 1.25, "key": "k"}


def rows(data, delimiter=","):
    """A CSV file's rows, read as a platform reads them."""
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter))
