"""nbgrader's own gradebook: what an assignment looks like in it, what it holds of a class, many grades at a time.

nbgrader opens the database nine times a submission and commits each cell. Here a class is read in a handful of
queries and written in one transaction for many submissions. What a row holds is what nbgrader's autograde writes;
only automatic scores, automatic comments, penalties and timestamps are ever written, never what a person entered.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from nbgrader.api import (
    Assignment,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    Notebook,
    SolutionCell,
    SourceCell,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
    new_uuid,
)
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import Connection, Engine, bindparam, create_engine, event, insert, make_url, or_, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.pool import NullPool

from .errors import GradebookError
from .release import course_config, nbgrader_surroundings

LOCK_SECONDS = 60  # how long a lock is waited for


# ---- what an assignment looks like ------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """A cell of the released notebook, as the gradebook knows it."""

    name: str  # its grade_id
    cell_type: str
    locked: bool
    source: str
    checksum: str | None


@dataclass(frozen=True)
class Structure:
    """An assignment's notebook in the gradebook: plain data, so that workers can have it."""

    assignment_id: str
    notebook_id: str
    duedate: datetime | None
    kernelspec: dict | None
    cells: Mapping[str, Cell]
    points: Mapping[str, float]  # of cells with points, by grade_id
    graded: Mapping[str, str]  # database ids of cells with points, by grade_id
    commented: Mapping[str, str]  # database ids of cells with comments, by grade_id


@contextmanager
def opened(root: Path) -> Iterator[Engine]:
    """The course's database, made if it is not there yet; a lock is waited for, and named if it does not go away.

    Raises
    ------
    GradebookError
        Where the database cannot be reached, read or written.
    """
    course = CourseDirectory(config=course_config(root))
    url = make_url(course.db_url)
    shown = url.render_as_string(hide_password=True)
    engine = None
    try:
        lite = url.get_backend_name() == "sqlite"
        with nbgrader_surroundings():
            Gradebook(with_patience(url) if lite else course.db_url, course.course_id).close()
        # no connection is kept open: workers are forked between transactions
        engine = create_engine(with_patience(url) if lite else url, poolclass=NullPool)
        if lite:  # a transaction takes its lock when it begins, so that what it read still holds when it writes
            event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
            event.listen(engine, "begin", _begin)
        yield engine
    except (DBAPIError, ImportError) as error:
        cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        fix = f"It stayed locked for {LOCK_SECONDS} s: is another grader at work?" if "locked" in cause else (
            "Is it there, and may this user write it?")
        raise GradebookError(shown, cause, fix) from error
    finally:
        if engine is not None:
            engine.dispose()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get("reading") else "BEGIN IMMEDIATE")


def reading(engine: Engine) -> Connection:
    """A connection that only reads, and so keeps nobody from reading."""
    return engine.execution_options(reading=True).connect()


def with_patience(url) -> str:
    """A SQLite address whose connections wait for a lock; a time-out that the course sets itself stays."""
    query = {"timeout": str(LOCK_SECONDS), **url.query}
    return url.set(query=query).render_as_string(hide_password=False)


def structure(engine: Engine, name: str) -> Structure | None:
    """What the gradebook knows of an assignment's notebook; None where it has not been released."""
    with reading(engine) as db:
        row = db.execute(
            select(Notebook.id, Notebook.assignment_id, Notebook.kernelspec, Assignment.duedate)
            .join(Assignment, Assignment.id == Notebook.assignment_id)
            .where(Assignment.name == name, Notebook.name == name)
        ).first()
        if row is None:
            return None

        def cells_of(kind, *columns):
            return db.execute(select(kind.name, kind.id, *columns).where(kind.notebook_id == row.id)).all()

        grade_cells = [*cells_of(GradeCell, GradeCell.max_score), *cells_of(TaskCell, TaskCell.max_score)]
        comment_cells = [*cells_of(SolutionCell), *cells_of(TaskCell)]
        source = cells_of(SourceCell, SourceCell.cell_type, SourceCell.locked, SourceCell.source, SourceCell.checksum)
    return Structure(
        row.assignment_id, row.id, row.duedate, json.loads(row.kernelspec) if row.kernelspec else None,
        {cell.name: Cell(cell.name, cell.cell_type, bool(cell.locked), cell.source, cell.checksum) for cell in source},
        {cell.name: cell.max_score for cell in grade_cells},
        {cell.name: cell.id for cell in grade_cells},
        {cell.name: cell.id for cell in comment_cells},
    )


# ---- what it holds of a class -----------------------------------------------------------------------------


@dataclass(frozen=True)
class CellGrade:
    """A cell's points: the autograder's, a person's, and what they come to."""

    auto_score: float | None
    manual_score: float | None
    extra_credit: float | None
    max_score: float
    needs_manual_grade: bool

    @property
    def score(self) -> float:
        """A person's score before the autograder's, and extra credit on top; nothing without either."""
        given = self.auto_score if self.manual_score is None else self.manual_score
        return 0.0 if given is None else given + (self.extra_credit or 0.0)


@dataclass(frozen=True)
class Standing:
    """Where a student stands in an assignment, manual scores and penalties included."""

    student: str
    first_name: str | None
    last_name: str | None
    email: str | None
    lms_user_id: str | None
    timestamp: datetime | None  # of the submission, UTC
    duedate: datetime | None  # with this student's extension, UTC
    late_penalty: float
    max_score: float
    submitted: bool
    cells: Mapping[str, CellGrade] = field(default_factory=dict)  # by grade_id
    comments: Mapping[str, str] = field(default_factory=dict)  # by grade_id; a person's before the autograder's

    @property
    def raw_score(self) -> float:
        return sum(cell.score for cell in self.cells.values())

    @property
    def score(self) -> float:
        """What counts: the sum without the penalty, and never below nothing."""
        return max(0.0, self.raw_score - self.late_penalty)

    @property
    def needs_manual_grade(self) -> bool:
        return any(cell.needs_manual_grade for cell in self.cells.values())


def standings(root: Path, name: str) -> dict[str, Standing]:
    """Where every student of the gradebook stands in an assignment, by id; also those who handed in nothing.

    Raises
    ------
    GradebookError
        Where the database cannot be read, or does not know the assignment.
    """
    with opened(root) as engine:
        known = structure(engine, name)
        if known is None:
            raise GradebookError(name, "the gradebook does not know this assignment", f"Run: autograder release {name}")
        with reading(engine) as db:
            students = db.execute(
                select(Student.id, Student.first_name, Student.last_name, Student.email, Student.lms_user_id)
            ).all()
            submissions = db.execute(
                select(SubmittedAssignment.student_id, SubmittedAssignment.timestamp, SubmittedAssignment.extension,
                       SubmittedNotebook.id, SubmittedNotebook.late_submission_penalty)
                .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
                .where(SubmittedAssignment.assignment_id == known.assignment_id)
            ).all()
            names = {id: name for name, id in [*known.graded.items(), *known.commented.items()]}
            mine = SubmittedNotebook.notebook_id == known.notebook_id
            cells, comments = defaultdict(dict), defaultdict(dict)
            for row in db.execute(
                select(Grade.notebook_id, Grade.cell_id, Grade.auto_score, Grade.manual_score, Grade.extra_credit,
                       Grade.needs_manual_grade)
                .join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id).where(mine)
            ):
                cell = names[row.cell_id]
                cells[row.notebook_id][cell] = CellGrade(
                    row.auto_score, row.manual_score, row.extra_credit, known.points[cell], row.needs_manual_grade)
            for row in db.execute(
                select(Comment.notebook_id, Comment.cell_id, Comment.auto_comment, Comment.manual_comment)
                .join(SubmittedNotebook, SubmittedNotebook.id == Comment.notebook_id).where(mine)
            ):
                said = row.auto_comment if row.manual_comment is None else row.manual_comment
                if said is not None:
                    comments[row.notebook_id][names[row.cell_id]] = said
    maximum = sum(known.points.values())
    by_student = {row.student_id: row for row in submissions}
    result = {}
    for student in sorted(students, key=lambda row: row.id):
        row = by_student.get(student.id)
        duedate = known.duedate
        if row is not None and duedate is not None:
            duedate += row.extension or timedelta()
        result[student.id] = Standing(
            *student, row and row.timestamp, duedate, (row and row.late_submission_penalty) or 0.0, maximum,
            row is not None, cells[row.id] if row else {}, comments[row.id] if row else {})
    return result


# ---- writing ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """What grading one submission adds to the gradebook."""

    student: str
    timestamp: datetime | None  # of the submission, UTC; None leaves what is there
    auto_scores: Mapping[str, float | None] | None  # by grade_id, None asks for a person; no mapping: not graded
    auto_comments: Mapping[str, str | None] = field(default_factory=dict)  # by grade_id


#: The points to take off: (student, score, seconds late) -> penalty in [0, score], or None.
Penalty = Callable[[str, float, float], float | None]


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
        rows = db.execute(select(SubmittedAssignment.student_id, SubmittedAssignment.extension)
                          .where(SubmittedAssignment.assignment_id == known.assignment_id))
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
        update(Grade).where(Grade.notebook_id.in_([id for _, id in at])).values(
            needs_manual_grade=or_(Grade.manual_score.is_not(None), Grade.auto_score.is_(None)))
        .execution_options(synchronize_session=False))
    _set(db, Comment, [
        {"at_notebook_id": id, "at_cell_id": known.commented[cell], "to_auto_comment": said}
        for entry, id in at for cell, said in entry.auto_comments.items()])
    if penalty is not None:
        _penalise(db, known, at, penalty)


def _penalise(db: Connection, known: Structure, at: Sequence[tuple[Entry, str]], penalty: Penalty) -> None:
    ids = [id for _, id in at]
    late = {row.id: _seconds_late(known, row) for row in _submissions(db, known, [entry.student for entry, _ in at])}
    scores = defaultdict(float)
    for id, score in db.execute(select(Grade.notebook_id, Grade.score).where(Grade.notebook_id.in_(ids))):
        scores[id] += score
    _set(db, SubmittedNotebook, [
        {"at_id": id,
         "to_late_submission_penalty": penalty(entry.student, scores[id], late[id]) if late[id] > 0 else None}
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
    enrolled = set(db.scalars(select(Student.id).where(Student.id.in_(missing))))
    _add(db, Student, [{"id": student} for student in missing if student not in enrolled])
    submissions = [{"id": new_uuid(), "assignment_id": known.assignment_id, "student_id": s} for s in missing]
    _add(db, SubmittedAssignment, submissions)
    notebooks = [{"id": new_uuid(), "assignment_id": row["id"], "notebook_id": known.notebook_id, "flagged": False}
                 for row in submissions]
    _add(db, SubmittedNotebook, notebooks)
    _add(db, Grade, [{"id": new_uuid(), "notebook_id": row["id"], "cell_id": cell, "needs_manual_grade": True}
                     for row in notebooks for cell in known.graded.values()])
    _add(db, Comment, [{"id": new_uuid(), "notebook_id": row["id"], "cell_id": cell}
                       for row in notebooks for cell in known.commented.values()])
    return there | {row.student_id: row for row in _submissions(db, known, missing)}


def _submissions(db: Connection, known: Structure, students: Sequence[str]):
    return db.execute(
        select(SubmittedAssignment.student_id, SubmittedAssignment.id.label("submission_id"),
               SubmittedAssignment.timestamp, SubmittedAssignment.extension, SubmittedNotebook.id)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .where(SubmittedAssignment.assignment_id == known.assignment_id,
               SubmittedNotebook.notebook_id == known.notebook_id, SubmittedAssignment.student_id.in_(students))
    ).all()


def _add(db: Connection, table, rows: Sequence[dict]) -> None:
    if rows:
        db.execute(insert(table.__table__), rows)


def _set(db: Connection, table, rows: Sequence[dict]) -> None:
    """Update rows: in each dict ``at_COLUMN`` says which row, ``to_COLUMN`` what it gets."""
    if not rows:
        return
    columns = table.__table__.c
    statement = update(table.__table__)
    for name in rows[0]:
        if name.startswith("at_"):
            statement = statement.where(columns[name[3:]] == bindparam(name))
    db.execute(statement.values({name[3:]: bindparam(name) for name in rows[0] if name.startswith("to_")}), rows)
