"""nbgrader's own gradebook, read: what an assignment looks like in it, and what it holds of a class.

nbgrader opens the database nine times a submission and asks for each cell; here a class is read in a handful of
queries. Its tables are named here by themselves, since importing nbgrader takes seconds; a test compares them with
nbgrader's.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    URL,
    Boolean,
    Connection,
    DateTime,
    Engine,
    Float,
    Interval,
    String,
    column,
    create_engine,
    event,
    inspect,
    make_url,
    select,
    table,
)
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from ..course.course import Course as CourseFolder
from ..course.settings import CONFIG
from ..errors import GradebookError, UnknownAssignmentError
from ..model import CellGrade, StudentGrade

LOCK_SECONDS = 60  # how long a lock is waited for


def columns(names: str, kind=String) -> list:
    return [column(name, kind) for name in names.split()]


Assignment = table("assignment", *columns("id name course_id"), column("duedate", DateTime))
Notebook = table("notebook", *columns("id name assignment_id kernelspec"))
BaseCell = table("base_cell", *columns("id name notebook_id"))
GradeCell = table("grade_cells", column("id", String), column("max_score", Float))
SolutionCell = table("solution_cells", column("id", String))
TaskCell = table("task_cells", column("id", String), column("max_score", Float))
SourceCell = table("source_cell", *columns("id name cell_type source checksum notebook_id"), column("locked", Boolean))
Course = table("course", column("id", String))
Student = table("student", *columns("id first_name last_name email lms_user_id"))
SubmittedAssignment = table("submitted_assignment", *columns("id assignment_id student_id"),
                            column("timestamp", DateTime), column("extension", Interval))
SubmittedNotebook = table("submitted_notebook", *columns("id assignment_id notebook_id"), column("flagged", Boolean),
                          column("late_submission_penalty", Float))
Grade = table("grade", *columns("id notebook_id cell_id"), *columns("auto_score manual_score extra_credit", Float),
              column("needs_manual_grade", Boolean))
Comment = table("comment", *columns("id notebook_id cell_id auto_comment manual_comment"))
TABLES = (Assignment, Notebook, BaseCell, GradeCell, SolutionCell, TaskCell, SourceCell, Course, Student,
          SubmittedAssignment, SubmittedNotebook, Grade, Comment)


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
def open_gradebook(course: CourseFolder) -> Iterator[Engine]:
    """The course's database, made if it is not there yet; a lock is waited for, and named if it does not go away.

    Raises
    ------
    GradebookError
        Where the database cannot be reached, read or written.
    """
    engine = engine_of(course.database_url)
    shown = engine.url.set(query={}).render_as_string(hide_password=True)
    lite = engine.url.get_backend_name() == "sqlite"
    try:
        ensure(engine, course.config.CourseDirectory.get("course_id", ""))
        if lite:  # a transaction takes its lock when it begins, so that what it read still holds when it writes
            event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
            event.listen(engine, "begin", _begin)
        yield engine
    except DBAPIError as error:
        cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise GradebookError(shown, cause, remedy(cause)) from error
    finally:
        engine.dispose()


def remedy(cause: str) -> str:
    """What to do about what the database says."""
    if "locked" in cause:
        return f"It stayed locked for {LOCK_SECONDS} s: is another grader at work?"
    if "full" in cause:
        return "What was graded before is kept; make room, then run it again."
    if "not a database" in cause or "malformed" in cause:
        return ("Put a backup in its place. Without one, move it away, release and grade again with --all: automatic "
                "scores come back, what persons entered does not.")
    return "Is it there, and may this user write it?"


def engine_of(address: str) -> Engine:
    """The database at an address; nothing is asked of it yet.

    Raises
    ------
    GradebookError
        Where it is no address, or no driver for it is here. It may hold a password, and is not shown.
    """
    setting = f"{CONFIG}, c.CourseDirectory.db_url"
    try:
        url = make_url(address)
        url = with_patience(url) if url.get_backend_name() == "sqlite" else url
        # no connection is kept open: workers are forked between transactions
        return create_engine(url, poolclass=NullPool)
    except ImportError as error:
        raise GradebookError(setting, f"its driver is missing ({error})", "Install that, or name another.") from error
    except (ArgumentError, ValueError, TypeError) as error:
        raise GradebookError(setting, "it is no address of a database", "Write it as sqlite:////absolute/gradebook.db "
                             "or postgresql+psycopg://user@host/database.") from error


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get("reading") else "BEGIN IMMEDIATE")


def reading(engine: Engine) -> Connection:
    """A connection that only reads, and so keeps nobody from reading."""
    return engine.execution_options(reading=True).connect()


def with_patience(url: URL) -> URL:
    """A SQLite address whose connections wait for a lock; a time-out that the course sets itself stays."""
    return url.set(query={"timeout": str(LOCK_SECONDS), **url.query})


def ensure(engine: Engine, course_id: str) -> None:
    """Have nbgrader make its tables, and the course's row, where they are not there yet."""
    there = set(inspect(engine).get_table_names())
    if {table.name for table in TABLES} <= there:
        with reading(engine) as db:
            if db.scalar(select(Course.c.id).where(Course.c.id == course_id)) == course_id:
                return
    from nbgrader.api import Gradebook

    from .release import nbgrader_surroundings

    with nbgrader_surroundings():
        Gradebook(engine.url.render_as_string(hide_password=False), course_id).close()


def read_structure(engine: Engine, name: str) -> Structure | None:
    """What the gradebook knows of an assignment's notebook; None where it has not been released."""
    with reading(engine) as db:
        row = db.execute(
            select(Notebook.c.id, Notebook.c.assignment_id, Notebook.c.kernelspec, Assignment.c.duedate)
            .join(Assignment, Assignment.c.id == Notebook.c.assignment_id)
            .where(Assignment.c.name == name, Notebook.c.name == name)
        ).first()
        if row is None:
            return None

        def cells_of(kind, *more):
            return db.execute(
                select(BaseCell.c.name, BaseCell.c.id, *more).join(kind, kind.c.id == BaseCell.c.id)
                .where(BaseCell.c.notebook_id == row.id)).all()

        grade_cells = [*cells_of(GradeCell, GradeCell.c.max_score), *cells_of(TaskCell, TaskCell.c.max_score)]
        comment_cells = [*cells_of(SolutionCell), *cells_of(TaskCell)]
        source = db.execute(select(SourceCell).where(SourceCell.c.notebook_id == row.id)).all()
    return Structure(
        row.assignment_id, row.id, row.duedate, json.loads(row.kernelspec) if row.kernelspec else None,
        {cell.name: Cell(cell.name, cell.cell_type, bool(cell.locked), cell.source, cell.checksum) for cell in source},
        {cell.name: cell.max_score for cell in grade_cells},
        {cell.name: cell.id for cell in grade_cells},
        {cell.name: cell.id for cell in comment_cells},
    )


# ---- what it holds of a class -----------------------------------------------------------------------------


def read_grades(course: CourseFolder, name: str) -> dict[str, StudentGrade]:
    """Return the grade of each student in the gradebook, by id; also of those who handed in nothing.

    Raises
    ------
    GradebookError
        The database cannot be read.
    UnknownAssignmentError
        The assignment has not been released.
    """
    with open_gradebook(course) as engine:
        known = read_structure(engine, name)
        if known is None:
            raise UnknownAssignmentError(name)
        with reading(engine) as db:
            students = db.execute(select(Student).order_by(Student.c.id)).all()
            submissions = db.execute(
                select(SubmittedAssignment.c.student_id, SubmittedAssignment.c.timestamp,
                       SubmittedAssignment.c.extension, SubmittedNotebook.c.id,
                       SubmittedNotebook.c.late_submission_penalty)
                .join(SubmittedNotebook, SubmittedNotebook.c.assignment_id == SubmittedAssignment.c.id)
                .where(SubmittedNotebook.c.notebook_id == known.notebook_id)
            ).all()
            names = {id: name for name, id in [*known.graded.items(), *known.commented.items()]}
            cells, comments = defaultdict(dict), defaultdict(dict)
            for row in db.execute(rows_of(Grade, known)):
                cell = names[row.cell_id]
                cells[row.notebook_id][cell] = CellGrade(
                    row.auto_score, row.manual_score, row.extra_credit, known.points[cell], row.needs_manual_grade)
            for row in db.execute(rows_of(Comment, known)):
                said = row.auto_comment if row.manual_comment is None else row.manual_comment
                if said is not None:
                    comments[row.notebook_id][names[row.cell_id]] = said
    maximum = sum(known.points.values())
    by_student = {row.student_id: row for row in submissions}
    result = {}
    for student in students:
        row = by_student.get(student.id)
        duedate = known.duedate
        if row is not None and duedate is not None:
            duedate += row.extension or timedelta()
        result[student.id] = StudentGrade(
            *student, row and row.timestamp, duedate, (row and row.late_submission_penalty) or 0.0, maximum,
            row is not None, cells[row.id] if row else {}, comments[row.id] if row else {})
    return result


def rows_of(kind, known: Structure):
    """The query for all rows of a table that belong to submissions of a notebook."""
    return select(kind).join(SubmittedNotebook, SubmittedNotebook.c.id == kind.c.notebook_id).where(
        SubmittedNotebook.c.notebook_id == known.notebook_id)
