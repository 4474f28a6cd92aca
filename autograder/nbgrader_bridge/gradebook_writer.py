"""Write results into nbgrader's gradebook, many submissions in one transaction.

The rows are those that nbgrader's autograde writes, which commits each cell by itself. Only automatic scores, automatic
comments, penalties and timestamps are written, and never a manual score or comment.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, Row, TableClause, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from ..model import score_of, seconds_late
from .gradebook import Comment, Grade, Structure, Student, SubmittedAssignment, SubmittedNotebook, reading
from .late import Penalty

TRIES = 5  # of a transaction that collides with another grader's


@dataclass(frozen=True)
class Entry:
    """The result of one submission."""

    student: str
    timestamp: datetime | None  # of the submission, UTC; None if it is not known
    auto_scores: Mapping[str, float | None] | None  # by grade_id, None asks for a manual grade; no mapping: not graded
    auto_comments: Mapping[str, str | None] = field(default_factory=dict)  # by grade_id


def record(engine: Engine, structure: Structure, entries: Sequence[Entry], penalty: Penalty | None = None) -> None:
    """Write automatic scores, comments and penalties in one transaction.

    A submission that was not graded gets rows without scores, and keeps the scores that it has. If another grader adds
    a student at the same moment, the transaction is tried again.
    """
    for attempt in range(1, TRIES + 1):
        try:
            with engine.begin() as db:
                _record(db, structure, entries, penalty)
            return
        except IntegrityError:
            if attempt == TRIES:
                raise
            time.sleep(0.05 * 2**attempt)


def graded_students(engine: Engine, structure: Structure) -> dict[str, timedelta | None]:
    """Return the students with rows in the gradebook, each with the extension granted."""
    with reading(engine) as db:
        rows = db.execute(select(SubmittedAssignment.c.student_id, SubmittedAssignment.c.extension)
                          .where(SubmittedAssignment.c.assignment_id == structure.assignment_id))
        return {row.student_id: row.extension for row in rows}


def _record(db: Connection, structure: Structure, entries: Sequence[Entry], penalty: Penalty | None) -> None:
    rows = _add_rows(db, structure, [entry.student for entry in entries])
    _update(db, SubmittedAssignment, [
        {"at_id": rows[entry.student].submission_id, "to_timestamp": entry.timestamp}
        for entry in entries if entry.timestamp is not None or entry.auto_scores is not None])
    graded = [(rows[entry.student].id, entry) for entry in entries if entry.auto_scores is not None]
    before = {(row.notebook_id, row.cell_id): row for row in db.execute(
        select(Grade).where(Grade.c.notebook_id.in_([notebook for notebook, _ in graded])))}
    _update(db, Grade, [
        {"at_notebook_id": notebook, "at_cell_id": (id_ := structure.graded[cell]), "to_auto_score": score,
         "to_needs_manual_grade": needs_person(before[notebook, id_], score)}
        for notebook, entry in graded for cell, score in (entry.auto_scores or {}).items()
        if (notebook, structure.graded[cell]) in before])
    _update(db, Comment, [
        {"at_notebook_id": notebook, "at_cell_id": structure.commented[cell], "to_auto_comment": comment}
        for notebook, entry in graded for cell, comment in entry.auto_comments.items()])
    _set_penalties(db, structure, [entry.student for _, entry in graded], penalty)


def needs_person(grade: Any, score: float | None) -> bool:
    """Tell if a cell needs a manual grade when it gets this automatic score.

    It does without an automatic score. A manual score is to be looked at again if the automatic one has changed.

    Parameters
    ----------
    grade : row or nbgrader's Grade
        As it was before.
    score : float or None
    """
    if grade.manual_score is None:
        return score is None
    old = grade.auto_score
    same = old == score or (old is not None and score is not None and math.isclose(old, score, abs_tol=1e-9))
    return bool(grade.needs_manual_grade) if same else True


def _set_penalties(db: Connection, structure: Structure, students: Sequence[str], penalty: Penalty | None) -> None:
    """Set the late penalty of each submission, or clear it. A penalty depends on the manual scores, too."""
    rows = _submissions(db, structure, students)
    scores = defaultdict[str, float](float)
    for row in db.execute(select(Grade).where(Grade.c.notebook_id.in_([row.id for row in rows]))):
        scores[row.notebook_id] += score_of(row.auto_score, row.manual_score, row.extra_credit)
    updates = []
    for row in rows:
        late = seconds_late(row.timestamp, structure.duedate and structure.duedate + (row.extension or timedelta()))
        points = penalty(row.student_id, scores[row.id], late) if penalty and late else None
        updates.append({"at_id": row.id, "to_late_submission_penalty": points})
    _update(db, SubmittedNotebook, updates)


def _add_rows(db: Connection, structure: Structure, students: Sequence[str]) -> dict[str, Row[*tuple[Any, ...]]]:
    """Add the rows that these students lack, for submission, notebook and cells. Return submissions by student."""
    known = {row.student_id: row for row in _submissions(db, structure, students)}
    missing = [student for student in dict.fromkeys(students) if student not in known]
    if not missing:
        return known
    enrolled = set(db.scalars(select(Student.c.id).where(Student.c.id.in_(missing))))
    _insert(db, Student, [{"id": student} for student in missing if student not in enrolled])
    submissions = [{"id": uuid4().hex, "assignment_id": structure.assignment_id, "student_id": student}
                   for student in missing]
    _insert(db, SubmittedAssignment, submissions)
    notebooks = [{"id": uuid4().hex, "assignment_id": row["id"], "notebook_id": structure.notebook_id,
                  "flagged": False} for row in submissions]
    _insert(db, SubmittedNotebook, notebooks)
    _insert(db, Grade, [{"id": uuid4().hex, "notebook_id": row["id"], "cell_id": cell, "needs_manual_grade": True}
                        for row in notebooks for cell in structure.graded.values()])
    _insert(db, Comment, [{"id": uuid4().hex, "notebook_id": row["id"], "cell_id": cell}
                          for row in notebooks for cell in structure.commented.values()])
    return known | {row.student_id: row for row in _submissions(db, structure, missing)}


def _submissions(db: Connection, structure: Structure, students: Sequence[str]) -> Sequence[Row[*tuple[Any, ...]]]:
    return db.execute(
        select(SubmittedAssignment.c.student_id, SubmittedAssignment.c.id.label("submission_id"),
               SubmittedAssignment.c.timestamp, SubmittedAssignment.c.extension, SubmittedNotebook.c.id)
        .join(SubmittedNotebook, SubmittedNotebook.c.assignment_id == SubmittedAssignment.c.id)
        .where(SubmittedAssignment.c.assignment_id == structure.assignment_id,
               SubmittedNotebook.c.notebook_id == structure.notebook_id,
               SubmittedAssignment.c.student_id.in_(students))
    ).all()


def _insert(db: Connection, table: TableClause, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        db.execute(insert(table), rows)


def _update(db: Connection, table: TableClause, rows: Sequence[dict[str, Any]]) -> None:
    """Update rows: ``at_COLUMN`` in a dict names the row, ``to_COLUMN`` the new value."""
    if not rows:
        return
    statement = update(table)
    for name in rows[0]:
        if name.startswith("at_"):
            statement = statement.where(table.c[name[3:]] == bindparam(name))
    db.execute(statement.values({name[3:]: bindparam(name) for name in rows[0] if name.startswith("to_")}), rows)
