"""Classroom 50: ``result.json`` by the schema ``classroom50/result/v1`` (https://github.com/foundation50/classroom50).

Scores are whole numbers there: tests are rounded so that their sum is the rounded sum.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from .grades import Export, Grade, listed, notes_of

SCHEMA = "classroom50/result/v1"
FILE = "result.json"


def export(grades: Mapping[str, Grade], name: str, classroom: str, now: datetime | None = None) -> Export:
    """A folder with ``result.json`` for each student who has a score.

    The schema has no way to say "not graded": there is no file then, and the collected scores stay as they are. No
    commit is known here; as for a grade that a teacher enters in Classroom 50, tag and addresses are
    ``submit/manual-TIME``.

    Parameters
    ----------
    grades : dict of str to Grade
        By owner: the GitHub login under which the student's repository stands.
    name : str
        The assignment's slug.
    classroom : str
        The classroom's short name.
    now : datetime, optional
        In UTC.
    """
    now = now or datetime.now(UTC)
    scored = {student: grade for student, grade in grades.items() if grade.score is not None}
    files = {f"{student}/{FILE}": (json.dumps(result(grade, name, classroom, now)) + "\n").encode()
             for student, grade in scored.items()}
    above = [student for student, grade in scored.items() if grade.score > grade.max_score]
    return Export(files, (*listed("more than the maximum, which Classroom 50 does not take: cut", above),
                          *notes_of(grades.values())))


def result(grade: Grade, name: str, classroom: str, now: datetime) -> dict:
    """A student's ``result.json``."""
    tag = f"submit/manual-{now:%Y-%m-%dT%H-%M-%SZ}"
    submitted = grade.standing.timestamp or now
    verdicts = {f"{verdict.task}_tests": verdict for verdict in grade.verdicts}
    cells = {cell: grade.standing.cells[cell] for cell in verdicts if cell in grade.standing.cells} | grade.other_cells
    maxima = rounded([cell.max_score for cell in cells.values()])
    scores = [min(score, most) for score, most in
              zip(rounded([max(0.0, cell.score) for cell in cells.values()]), maxima, strict=True)]
    tests = []
    for (cell, points), score, most in zip(cells.items(), scores, maxima, strict=True):
        passed = verdicts[cell].passed if cell in verdicts else points.score >= points.max_score
        test = verdicts[cell].task if cell in verdicts else cell
        tests.append({"test-name": test, "passed": passed, "score": score, "max-score": most})
    return {
        "schema": SCHEMA, "classroom": classroom, "assignment": name, "assignment_type": "individual",
        "owner": grade.student, "submission": tag, "commit": tag, "release": tag, "review": tag,
        "datetime": f"{submitted:%Y-%m-%dT%H:%M:%SZ}", "score": min(round_half_up(grade.score), sum(maxima)),
        "max-score": sum(maxima), "tests": tests,
    }


def rounded(parts: Sequence[float]) -> list[int]:
    """Whole numbers near the parts, whose sum is the rounded sum: the largest remainders are rounded up."""
    whole = [math.floor(part) for part in parts]
    missing = round_half_up(math.fsum(parts)) - sum(whole)
    for at in sorted(range(len(parts)), key=lambda at: whole[at] - parts[at])[:missing]:
        whole[at] += 1
    return whole


def round_half_up(value: float) -> int:
    return math.floor(value + 0.5)
