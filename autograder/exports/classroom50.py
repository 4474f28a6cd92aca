"""Classroom 50's ``result.json`` (schema classroom50/result/v1, https://github.com/foundation50/classroom50)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from .grades import Export, ExportedGrade, grade_cell, to_json
from .words import exceptions, list_students

SCHEMA = "classroom50/result/v1"
FILE = "result.json"


def export(
    grades: Mapping[str, ExportedGrade], assignment: str, classroom: str, now: datetime | None = None
) -> Export:
    """Return a folder with ``result.json`` for each student who has a score.

    The schema cannot express "not graded": such a submission has no file, and the scores collected before stay.

    Parameters
    ----------
    grades : dict of str to ExportedGrade
        By the GitHub login that owns the student's repository.
    assignment : str
        The assignment's slug.
    classroom : str
        The classroom's short name.
    now : datetime, optional
        In UTC.
    """
    now = now or datetime.now(UTC)
    scored = {student: grade for student, grade in grades.items() if grade.score is not None}
    files = {f"{student}/{FILE}": to_json(result(grade, assignment, classroom, now))
             for student, grade in scored.items()}
    above = [student for student, grade in scored.items() if (grade.score or 0.0) > grade.max_score]
    return Export(files, (*list_students("above the maximum, which Classroom 50 does not accept: cut", above),
                          *exceptions(grades.values())))


def result(grade: ExportedGrade, assignment: str, classroom: str, now: datetime) -> dict[str, Any]:
    """Return a student's ``result.json``, with whole points: the tests' sum is the rounded sum.

    The commit is not known here, so tag and addresses are ``submit/manual-TIME``, as for a grade that a teacher
    enters in Classroom 50.
    """
    tag = f"submit/manual-{now:%Y-%m-%dT%H-%M-%SZ}"
    time = (grade.grade and grade.grade.timestamp) or now
    verdicts = {grade_cell(verdict): verdict for verdict in grade.verdicts}
    cells = {name: grade.cells[name] for name in verdicts if name in grade.cells} | grade.other_cells
    maxima = round_parts([cell.max_score for cell in cells.values()])
    scores = round_parts([max(0.0, cell.score) for cell in cells.values()])
    tests = []
    for (name, cell), score, maximum in zip(cells.items(), scores, maxima, strict=True):
        verdict = verdicts.get(name)
        passed = verdict.passed if verdict else cell.score >= cell.max_score
        tests.append({"test-name": verdict.task if verdict else name, "passed": passed, "score": min(score, maximum),
                      "max-score": maximum})
    return {
        "schema": SCHEMA, "classroom": classroom, "assignment": assignment, "assignment_type": "individual",
        "owner": grade.student, "submission": tag, "commit": tag, "release": tag, "review": tag,
        "datetime": f"{time:%Y-%m-%dT%H:%M:%SZ}", "score": min(round_half_up(grade.score or 0.0), sum(maxima)),
        "max-score": sum(maxima), "tests": tests,
    }


def round_parts(parts: Sequence[float]) -> list[int]:
    """Return whole numbers near the parts whose sum is the rounded sum; the largest remainders are rounded up."""
    whole = [math.floor(part) for part in parts]
    missing = round_half_up(math.fsum(parts)) - sum(whole)
    for position in sorted(range(len(parts)), key=lambda position: whole[position] - parts[position])[:missing]:
        whole[position] += 1
    return whole


def round_half_up(value: float) -> int:
    """Return the nearest whole number; the upper one of two."""
    return math.floor(value + 0.5)
