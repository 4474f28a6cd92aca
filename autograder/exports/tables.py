"""Tables: nbgrader's own CSV columns, and a JSON file with everything that is known."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..spreadsheets import escape_formula, escape_id, to_one_line
from .grades import Export, ExportedGrade, to_json
from .words import exceptions

COLUMNS = ("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email", "raw_score",
           "late_submission_penalty", "score", "max_score")


def export_csv(grades: Mapping[str, ExportedGrade], assignment: str) -> Export:
    """Return the table that ``nbgrader export`` writes, with quotes where needed.

    A student who handed in nothing has 0.0, as in nbgrader's; a submission that was not graded has blanks. Names that
    a spreadsheet would run as formulas are escaped, ids only if they could do harm, since others match by them.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for grade in sorted(grades.values(), key=last_name_first):
        writer.writerow(csv_row(grade, assignment))
    return Export({"grades.csv": text.getvalue().encode()}, exceptions(grades.values()))


def last_name_first(grade: ExportedGrade) -> tuple[str, str, str]:
    """Return nbgrader's sort key; students without a name come first."""
    return (grade.grade and grade.grade.last_name) or "", (grade.grade and grade.grade.first_name) or "", grade.student


def csv_row(exported: ExportedGrade, assignment: str) -> list[object]:
    """Return a student's row."""
    grade = exported.grade
    if grade is None:
        return [to_one_line(assignment), "", "", escape_id(exported.student), *[""] * 7]
    points: list[object] = [clean(grade.raw_score), clean(grade.late_penalty), clean(grade.score)]
    if exported.score is None and exported.submitted:
        points = ["", "", ""]
    return [
        to_one_line(assignment), grade.duedate or "", grade.timestamp or "", escape_id(exported.student),
        escape_formula(grade.last_name or ""), escape_formula(grade.first_name or ""), escape_id(grade.email or ""),
        *points, clean(grade.max_score),
    ]


def clean(points: float) -> float:
    """Return points without the rounding errors of a sum."""
    return round(float(points), 10)


def export_json(grades: Mapping[str, ExportedGrade], assignment: str) -> Export:
    """Return each student's numbers, cells, verdicts and comments; an unknown score is null, with the reason."""
    whole = {"assignment": assignment, "students": [to_dict(grade) for grade in grades.values()]}
    return Export({"grades.json": to_json(whole)}, exceptions(grades.values()))


def to_dict(exported: ExportedGrade) -> dict[str, Any]:
    """Return everything that is known of a student."""
    grade = exported.grade
    report = exported.report.to_dict() if exported.report else {}
    scores: dict[str, float | None] = dict.fromkeys(("raw_score", "late_penalty", "score"))
    if grade and exported.score is not None:
        scores = {"raw_score": clean(grade.raw_score), "late_penalty": clean(grade.late_penalty),
                  "score": clean(exported.score)}
    return {
        "student": exported.student,
        **{field: getattr(grade, field, None) for field in ("first_name", "last_name", "email", "lms_user_id")},
        "timestamp": iso_time(grade.timestamp if grade else None),
        "duedate": iso_time(grade.duedate if grade else None),
        "submitted": exported.submitted, "status": report.get("status"), "why_no_score": exported.reason or None,
        **scores, "max_score": clean(exported.max_score),
        "needs_manual_grade": grade is not None and grade.submitted and grade.needs_manual_grade,
        "cells": {name: {"auto_score": cell.auto_score, "manual_score": cell.manual_score,
                         "extra_credit": cell.extra_credit, "score": cell.score, "max_score": cell.max_score,
                         "needs_manual_grade": cell.needs_manual_grade} for name, cell in exported.cells.items()},
        "comments": exported.comments, "repairs": exported.repairs, "tasks": report.get("tasks", {}),
    }


def iso_time(time: datetime | None) -> str | None:
    """Return a time in UTC as ISO 8601."""
    return f"{time:%Y-%m-%dT%H:%M:%S}Z" if time else None
