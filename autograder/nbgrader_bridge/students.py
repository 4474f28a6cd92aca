"""The students in nbgrader's gradebook: names, addresses, and the platform's number of each."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, insert, select, update

from ..course.course import Course
from ..roster import RosterEntry
from .gradebook import Comment, Grade, Student, SubmittedAssignment, SubmittedNotebook, open_gradebook, reading

FIELDS = ("first_name", "last_name", "email", "lms_user_id")


def read_students(course: Course, create: bool = True) -> list[RosterEntry]:
    """Return all students whom the gradebook knows, in the order of their ids.

    Raises
    ------
    GradebookError
        The gradebook cannot be read.
    """
    with open_gradebook(course, create) as engine, reading(engine) as db:
        rows = db.execute(select(Student).order_by(Student.c.id)).all()
    return [RosterEntry(row.id, *(getattr(row, name) or None for name in FIELDS)) for row in rows]


def write_students(course: Course, new: Sequence[RosterEntry], changed: Sequence[RosterEntry]) -> None:
    """Add new students and change known ones, in one transaction. Grades stay as they are.

    Raises
    ------
    GradebookError
        The gradebook cannot be written. Nothing has changed then.
    """
    with open_gradebook(course) as engine, engine.begin() as db:
        if new:
            db.execute(insert(Student), [{"id": entry.student} | {name: getattr(entry, name) for name in FIELDS}
                                         for entry in new])
        if changed:
            statement = update(Student).where(Student.c.id == bindparam("at_id"))
            db.execute(statement.values({name: bindparam(f"to_{name}") for name in FIELDS}), [
                {"at_id": entry.student} | {f"to_{name}": getattr(entry, name) for name in FIELDS}
                for entry in changed])


def remove_student(course: Course, student: str) -> None:
    """Remove a student and all of their grades and comments from the gradebook, in one transaction.

    Raises
    ------
    GradebookError
        The gradebook cannot be written. Nothing has changed then.
    """
    with open_gradebook(course, create=False) as engine, engine.begin() as db:
        submissions = select(SubmittedAssignment.c.id).where(SubmittedAssignment.c.student_id == student)
        notebooks = select(SubmittedNotebook.c.id).where(SubmittedNotebook.c.assignment_id.in_(submissions))
        db.execute(delete(Grade).where(Grade.c.notebook_id.in_(notebooks)))
        db.execute(delete(Comment).where(Comment.c.notebook_id.in_(notebooks)))
        db.execute(delete(SubmittedNotebook).where(SubmittedNotebook.c.assignment_id.in_(submissions)))
        db.execute(delete(SubmittedAssignment).where(SubmittedAssignment.c.student_id == student))
        db.execute(delete(Student).where(Student.c.id == student))
