"""Read nbgrader's gradebook: an assignment's structure, and the grades of a class.

nbgrader opens the database nine times a submission and asks for each cell. Here a class is read in a handful of
queries. The tables are declared by hand, and a test compares them with nbgrader's. Importing nbgrader's own would take
0.9 s. Reflecting them takes 0.02 s, but returns an extension as a date, and makes every query depend on an engine.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnClause,
    ColumnElement,
    Connection,
    DateTime,
    Engine,
    Enum,
    Float,
    Interval,
    Row,
    Select,
    String,
    TableClause,
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
from sqlalchemy.types import TypeEngine

from ..course.course import Course as CourseFolder
from ..course.settings import CONFIG
from ..errors import GradebookError, UnknownAssignmentError
from ..model import CellGrade, StudentGrade

LOCK_SECONDS = 60  # timeout for a locked database


def columns(names: str, kind: type[TypeEngine[Any]] = String) -> list[ColumnClause[Any]]:
    """Return columns of one type; ``names`` are separated by blanks."""
    return [column(name, kind) for name in names.split()]


Assignment = table("assignment", *columns("id name course_id"), column("duedate", DateTime))
Notebook = table("notebook", *columns("id name assignment_id kernelspec"))
BaseCell = table("base_cell", *columns("id name notebook_id type"))
GradeCell = table("grade_cells", column("id", String), column("max_score", Float),
                  column("cell_type", Enum("code", "markdown", name="grade_cell_type")))
SolutionCell = table("solution_cells", column("id", String))
TaskCell = table("task_cells", column("id", String), column("max_score", Float),
                 column("cell_type", Enum("code", "markdown", name="grade_cell_type")))
SourceCell = table("source_cell", *columns("id name source checksum notebook_id"), column("locked", Boolean),
                   column("cell_type", Enum("code", "markdown", name="source_cell_type")))
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


# ---- an assignment ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """A cell of the released notebook."""

    name: str  # its grade_id
    cell_type: str
    locked: bool
    source: str
    checksum: str | None


@dataclass(frozen=True)
class Structure:
    """An assignment's notebook in the gradebook, as plain data for workers."""

    assignment_id: str
    notebook_id: str
    duedate: datetime | None
    kernelspec: dict[str, Any] | None
    cells: Mapping[str, Cell]
    points: Mapping[str, float]  # of cells with points, by grade_id
    graded: Mapping[str, str]  # database ids of cells with points, by grade_id
    commented: Mapping[str, str]  # database ids of cells with comments, by grade_id


@contextmanager
def open_gradebook(course: CourseFolder, create: bool = True) -> Iterator[Engine]:
    """Open the course's database. A lock is waited for.

    Parameters
    ----------
    course : Course
    create : bool
        Make the database, or the tables and rows that it lacks.

    Raises
    ------
    GradebookError
        The database cannot be reached, read or written, or it stays locked.
    """
    engine = make_engine(course.database_url)
    address = engine.url.set(query={}).render_as_string(hide_password=True)
    try:
        if create:
            create_tables(engine, course.config.CourseDirectory.get("course_id", ""))
        elif (file := engine.url.database) and engine.url.get_backend_name() == "sqlite" and not Path(file).exists():
            raise GradebookError(address, "there is no gradebook yet", "Release an assignment first.")
        if engine.url.get_backend_name() == "sqlite":
            # a transaction takes its lock when it begins, so that what it read still holds when it writes
            event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
            event.listen(engine, "begin", _begin)
        yield engine
    except DBAPIError as error:
        cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise GradebookError(address, cause, remedy_for(cause)) from error
    finally:
        engine.dispose()


def remedy_for(cause: str) -> str:
    """Return a sentence on what to do about the database's error."""
    if "locked" in cause:
        return f"It stayed locked for {LOCK_SECONDS} s: is another grader at work?"
    if "full" in cause:
        return "What was graded before is kept; make room, then run it again."
    if "not a database" in cause or "malformed" in cause:
        return ("Put a backup in its place. Without one, move it away, release and grade again with --all: automatic "
                "scores come back, what persons entered does not.")
    return "Is it there, and may this user write it?"


def make_engine(address: str) -> Engine:
    """Return the engine for a database, without connecting to it.

    Raises
    ------
    GradebookError
        The address is malformed, or its driver is missing. The error does not show it, since it may hold a password.
    """
    setting = f"{CONFIG}, c.CourseDirectory.db_url"
    try:
        url = make_url(address)
        if url.get_backend_name() == "sqlite":  # wait for a lock, unless the course sets its own timeout
            url = url.set(query={"timeout": str(LOCK_SECONDS), **url.query})
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
    """Return a connection that only reads, and so locks out no other reader."""
    return engine.execution_options(reading=True).connect()


def create_tables(engine: Engine, course_id: str) -> None:
    """Let nbgrader create its tables and the course's row, if any is missing."""
    existing = set(inspect(engine).get_table_names())
    if {table.name for table in TABLES} <= existing:
        with reading(engine) as db:
            if db.scalar(select(Course.c.id).where(Course.c.id == course_id)) == course_id:
                return
    from nbgrader.api import Gradebook

    from .surroundings import nbgrader_surroundings

    with nbgrader_surroundings():
        Gradebook(engine.url.render_as_string(hide_password=False), course_id).close()


def read_structure(engine: Engine, name: str) -> Structure | None:
    """Return the record of an assignment's notebook; None if it has not been released."""
    with reading(engine) as db:
        row = db.execute(
            select(Notebook.c.id, Notebook.c.assignment_id, Notebook.c.kernelspec, Assignment.c.duedate)
            .join(Assignment, Assignment.c.id == Notebook.c.assignment_id)
            .where(Assignment.c.name == name, Notebook.c.name == name)
        ).first()
        if row is None:
            return None

        def cells_of(kind: TableClause, *more: ColumnElement[Any]) -> Sequence[Row[*tuple[Any, ...]]]:
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


# ---- a class --------------------------------------------------------------------------------------------------


def read_grades(course: CourseFolder, name: str, create: bool = True) -> dict[str, StudentGrade]:
    """Return the grade of each student in the gradebook, by id; also of those who handed in nothing.

    ``create`` is that of `open_gradebook`.

    Raises
    ------
    GradebookError
        The database cannot be read.
    UnknownAssignmentError
        The assignment has not been released.
    """
    with open_gradebook(course, create) as engine:
        structure = read_structure(engine, name)
        if structure is None:
            raise UnknownAssignmentError(name)
        with reading(engine) as db:
            students = db.execute(select(Student).order_by(Student.c.id)).all()
            rows = db.execute(
                select(SubmittedAssignment.c.student_id, SubmittedAssignment.c.timestamp,
                       SubmittedAssignment.c.extension, SubmittedNotebook.c.id,
                       SubmittedNotebook.c.late_submission_penalty)
                .join(SubmittedNotebook, SubmittedNotebook.c.assignment_id == SubmittedAssignment.c.id)
                .where(SubmittedNotebook.c.notebook_id == structure.notebook_id))
            submissions = {row.student_id: row for row in rows}
            cells, comments = _read_cells(db, structure), _read_comments(db, structure)
    grades = {}
    for student in students:
        row, duedate = submissions.get(student.id), structure.duedate
        if row is None:
            timestamp, penalty, notebook_id = None, 0.0, ""
        else:
            timestamp, penalty, notebook_id = row.timestamp, row.late_submission_penalty or 0.0, row.id
            duedate = duedate and duedate + (row.extension or timedelta())
        grades[student.id] = StudentGrade(
            student.id, student.first_name, student.last_name, student.email, student.lms_user_id, timestamp, duedate,
            penalty, sum(structure.points.values()), row is not None, cells.get(notebook_id, {}),
            comments.get(notebook_id, {}))
    return grades


def _read_cells(db: Connection, structure: Structure) -> dict[str, dict[str, CellGrade]]:
    """Return the points of each submitted notebook by grade_id."""
    names, cells = {id_: name for name, id_ in structure.graded.items()}, defaultdict[str, dict[str, CellGrade]](dict)
    make = cache(CellGrade)  # a large class has few different points: what is equal is kept once
    for row in db.execute(_rows_of(Grade, structure)):
        name = names[row.cell_id]
        cells[row.notebook_id][name] = make(
            row.auto_score, row.manual_score, row.extra_credit, structure.points[name], row.needs_manual_grade)
    return cells


def _read_comments(db: Connection, structure: Structure) -> dict[str, dict[str, str]]:
    """Return the comments on each submitted notebook by grade_id. A manual one replaces an automatic one."""
    names, comments = {id_: name for name, id_ in structure.commented.items()}, defaultdict[str, dict[str, str]](dict)
    for row in db.execute(_rows_of(Comment, structure)):
        comment = row.auto_comment if row.manual_comment is None else row.manual_comment
        if comment is not None:
            comments[row.notebook_id][names[row.cell_id]] = comment
    return comments


def _rows_of(kind: TableClause, structure: Structure) -> Select[*tuple[Any, ...]]:
    """Return the query for a table's rows that belong to submissions of a notebook."""
    return select(kind).join(SubmittedNotebook, SubmittedNotebook.c.id == kind.c.notebook_id).where(
        SubmittedNotebook.c.notebook_id == structure.notebook_id)
