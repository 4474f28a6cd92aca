"""Tables: nbgrader's own CSV columns, and a JSON file with all that is known."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping

from ..spreadsheets import escape_formula, escape_id
from .grades import Export, Grade, notes_of

COLUMNS = ("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email", "raw_score",
           "late_submission_penalty", "score", "max_score")


def export_csv(grades: Mapping[str, Grade], name: str) -> Export:
    """What ``nbgrader export`` writes of an assignment, quoted where it must be.

    As there, who handed in nothing has 0.0. A submission that was not graded has blanks. Names that a spreadsheet
    would run as formulas get an apostrophe; ids only where they could do harm, since others match by them.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for grade in sorted(grades.values(), key=last_name_first):
        writer.writerow(row(grade, name))
    return Export({"grades.csv": text.getvalue().encode()}, notes_of(grades.values()))


def last_name_first(grade: Grade) -> tuple:
    """nbgrader's order; who has no name stands first."""
    person = grade.standing
    return ((person and person.last_name) or "", (person and person.first_name) or "", grade.student)


def row(grade: Grade, name: str) -> list:
    standing = grade.standing
    if standing is None:
        return [name, "", "", escape_id(grade.student), "", "", "", "", "", "", ""]
    if grade.score is None and grade.submitted:
        numbers = ["", "", ""]
    else:
        numbers = [rounded(standing.raw_score), rounded(standing.late_penalty), rounded(standing.score)]
    return [
        name, standing.duedate or "", standing.timestamp or "", escape_id(grade.student),
        escape_formula(standing.last_name or ""), escape_formula(standing.first_name or ""),
        escape_id(standing.email or ""), *numbers, rounded(standing.max_score),
    ]


def rounded(points: float) -> float:
    """The points without what binary fractions add to a sum."""
    return round(float(points), 10)


def export_json(grades: Mapping[str, Grade], name: str) -> Export:
    """Each student's numbers, cells, words and circumstances; a score that is not known is null, with the reason."""
    students = [as_dict(grade) for grade in grades.values()]
    whole = {"assignment": name, "students": students}
    return Export({"grades.json": (json.dumps(whole, ensure_ascii=False, allow_nan=False) + "\n").encode()},
                  notes_of(grades.values()))


def as_dict(grade: Grade) -> dict:
    standing, report = grade.standing, grade.report or {}
    known = grade.score is not None
    return {
        "student": grade.student,
        "first_name": standing and standing.first_name, "last_name": standing and standing.last_name,
        "email": standing and standing.email, "lms_user_id": standing and standing.lms_user_id,
        "timestamp": moment(standing and standing.timestamp), "duedate": moment(standing and standing.duedate),
        "submitted": grade.submitted, "status": report.get("status"), "why_no_score": grade.why or None,
        "raw_score": rounded(standing.raw_score) if known else None,
        "late_penalty": rounded(standing.late_penalty) if known else None,
        "score": rounded(grade.score) if known else None,
        "max_score": rounded(grade.max_score),
        "needs_manual_grade": bool(standing and standing.submitted and standing.needs_manual_grade),
        "cells": {name: {"auto_score": cell.auto_score, "manual_score": cell.manual_score,
                         "extra_credit": cell.extra_credit, "score": cell.score, "max_score": cell.max_score,
                         "needs_manual_grade": cell.needs_manual_grade}
                  for name, cell in (standing.cells if standing else {}).items()},
        "comments": grade.comments, "repairs": [repair["text"] for repair in report.get("repairs", ())],
        "tasks": report.get("tasks", {}),
    }


def moment(time) -> str | None:
    """A time in UTC as ISO 8601."""
    return time and f"{time:%Y-%m-%dT%H:%M:%S}Z"
