"""nbgrader's own gradebook, written: what grading found, many submissions in one transaction.

What a row holds is what nbgrader's autograde writes, which commits each cell by itself; only automatic scores,
automatic comments, penalties and timestamps are ever written, never what a person entered.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection, Engine, bindparam, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from ..model import score_of
from .gradebook import (
    Comment,
    Grade,
    Structure,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    reading,
)
from .late import Penalty


@dataclass(frozen=True)
class Entry:
    """What grading one submission adds to the gradebook."""

    student: str
    timestamp: datetime | None  # of the submission, UTC; None leaves what is there
    auto_scores: Mapping[str, float | None] | None  # by grade_id, None asks for a person; no mapping: not graded
    auto_comments: Mapping[str, str | None] = field(default_factory=dict)  # by grade_id



def record(engine: Engine, known: Structure, entries: Sequence[Entry], penalty: Penalty | None = None) -> None:
    """Write many submissions' automatic scores, comments and penalties in one transaction.

    The rows are those that nbgrader's autograde writes. A submission that was not graded gets its rows, without
    scores, and keeps scores that it has. Where someone else adds a student in the same moment it all begins again.
    """
    for again in range(5):
        try:
            with engine.begin() as db:
                _record(db, known, entries, penalty)
            return
        except IntegrityError:
            if again == 4:
                raise
            time.sleep(0.05 * 2**again)


def graded_students(engine: Engine, known: Structure) -> dict[str, timedelta | None]:
    """The students for whose submission the gradebook has rows, with the extension that each was granted."""
    with reading(engine) as db:
        rows = db.execute(select(SubmittedAssignment.c.student_id, SubmittedAssignment.c.extension)
                          .where(SubmittedAssignment.c.assignment_id == known.assignment_id))
        return {row.student_id: row.extension for row in rows}


def _record(db: Connection, known: Structure, entries: Sequence[Entry], penalty: Penalty | None) -> None:
    notebooks = _ensured(db, known, [entry.student for entry in entries])
    _set(db, SubmittedAssignment, [
        {"at_id": notebooks[entry.student].submission_id, "to_timestamp": entry.timestamp}
        for entry in entries if entry.timestamp is not None])
    at = [(entry, notebooks[entry.student].id) for entry in entries if entry.auto_scores is not None]
    _set(db, Grade, [
        {"at_notebook_id": id, "at_cell_id": known.graded[cell], "to_auto_score": score}
        for entry, id in at for cell, score in entry.auto_scores.items()])
    # a cell asks for a person where the autograder gives no score, and again where a person's is to be looked at
    db.execute(
        update(Grade).where(Grade.c.notebook_id.in_([id for _, id in at])).values(
            needs_manual_grade=or_(Grade.c.manual_score.is_not(None), Grade.c.auto_score.is_(None))))
    _set(db, Comment, [
        {"at_notebook_id": id, "at_cell_id": known.commented[cell], "to_auto_comment": said}
        for entry, id in at for cell, said in entry.auto_comments.items()])
    _penalise(db, known, at, penalty)


def _penalise(db: Connection, known: Structure, at: Sequence[tuple[Entry, str]], penalty: Penalty | None) -> None:
    ids = [id for _, id in at]
    late = {row.id: _seconds_late(known, row) for row in _submissions(db, known, [entry.student for entry, _ in at])}
    scores = defaultdict(float)
    for row in db.execute(select(Grade).where(Grade.c.notebook_id.in_(ids))):
        scores[row.notebook_id] += score_of(row.auto_score, row.manual_score, row.extra_credit)
    _set(db, SubmittedNotebook, [
        {"at_id": id, "to_late_submission_penalty":
         penalty(entry.student, scores[id], late[id]) if penalty and late[id] > 0 else None}
        for entry, id in at])


def _seconds_late(known: Structure, submission) -> float:
    if submission.timestamp is None or known.duedate is None:
        return 0.0
    return (submission.timestamp - known.duedate - (submission.extension or timedelta())).total_seconds()


def _ensured(db: Connection, known: Structure, students: Sequence[str]) -> dict:
    """These students' submissions by student, with rows for the notebook and its cells; what is missing is added."""
    there = {row.student_id: row for row in _submissions(db, known, students)}
    missing = [student for student in dict.fromkeys(students) if student not in there]
    if not missing:
        return there
    enrolled = set(db.scalars(select(Student.c.id).where(Student.c.id.in_(missing))))
    _add(db, Student, [{"id": student} for student in missing if student not in enrolled])
    submissions = [{"id": uuid4().hex, "assignment_id": known.assignment_id, "student_id": s} for s in missing]
    _add(db, SubmittedAssignment, submissions)
    notebooks = [{"id": uuid4().hex, "assignment_id": row["id"], "notebook_id": known.notebook_id, "flagged": False}
                 for row in submissions]
    _add(db, SubmittedNotebook, notebooks)
    _add(db, Grade, [{"id": uuid4().hex, "notebook_id": row["id"], "cell_id": cell, "needs_manual_grade": True}
                     for row in notebooks for cell in known.graded.values()])
    _add(db, Comment, [{"id": uuid4().hex, "notebook_id": row["id"], "cell_id": cell}
                       for row in notebooks for cell in known.commented.values()])
    return there | {row.student_id: row for row in _submissions(db, known, missing)}


def _submissions(db: Connection, known: Structure, students: Sequence[str]):
    return db.execute(
        select(SubmittedAssignment.c.student_id, SubmittedAssignment.c.id.label("submission_id"),
               SubmittedAssignment.c.timestamp, SubmittedAssignment.c.extension, SubmittedNotebook.c.id)
        .join(SubmittedNotebook, SubmittedNotebook.c.assignment_id == SubmittedAssignment.c.id)
        .where(SubmittedAssignment.c.assignment_id == known.assignment_id,
               SubmittedNotebook.c.notebook_id == known.notebook_id, SubmittedAssignment.c.student_id.in_(students))
    ).all()


def _add(db: Connection, table, rows: Sequence[dict]) -> None:
    if rows:
        db.execute(insert(table), rows)


def _set(db: Connection, table, rows: Sequence[dict]) -> None:
    """Update rows: in each dict ``at_COLUMN`` says which row, ``to_COLUMN`` what it gets."""
    if not rows:
        return
    statement = update(table)
    for name in rows[0]:
        if name.startswith("at_"):
            statement = statement.where(table.c[name[3:]] == bindparam(name))
    db.execute(statement.values({name[3:]: bindparam(name) for name in rows[0] if name.startswith("to_")}), rows)
