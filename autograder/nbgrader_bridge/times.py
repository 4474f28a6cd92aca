"""The times of a class: the due date, who was late, and whose time is unknown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..course.course import Course
from ..errors import GradebookError
from ..notebooks.submission import read_timestamp
from ..platforms import load_record
from ..timestamps import parse_utc
from .gradebook import open_gradebook, read_structure
from .gradebook_writer import graded_students


@dataclass(frozen=True)
class ClassTimes:
    """The times of the submissions of an assignment."""

    due: datetime | None  # in UTC; None if no due date is set
    students: tuple[str, ...]  # who handed in
    late: tuple[str, ...]  # by their times, with the extensions that were granted
    unknown: tuple[str, ...]  # without a time, so that no late penalty is taken
    marked_late: tuple[str, ...]  # of the unknown: late, says the platform

    @property
    def needs_words(self) -> bool:
        """Tell if something about the times is to be said."""
        return bool(self.marked_late) or (self.due is not None and bool(self.students))


def read_times(course: Course, assignment: str, students: Iterable[str]) -> ClassTimes:
    """Return what is known of the times of these students' submissions.

    Raises
    ------
    CourseError, GradebookError
        The platform's record or the gradebook cannot be read.
    """
    students = tuple(students)
    due, extensions = read_due_date(course, assignment)
    late, unknown = [], []
    for student in students:
        text, _ = read_timestamp(course.submitted(student, assignment))
        time = parse_utc(text) if text else None
        if time is None:
            unknown.append(student)
        elif due is not None and time > due + (extensions.get(student) or timedelta()):
            late.append(student)
    received = load_record(course.root, assignment).received
    marked = [student for student in unknown if student in received and received[student].late]
    return ClassTimes(due, students, tuple(late), tuple(unknown), tuple(marked))


def read_due_date(course: Course, assignment: str) -> tuple[datetime | None, dict[str, timedelta | None]]:
    """Return the due date in UTC and the students' extensions; no date before the assignment is released."""
    try:
        with open_gradebook(course, create=False) as engine:
            structure = read_structure(engine, assignment)
            return (structure.duedate, graded_students(engine, structure)) if structure else (None, {})
    except GradebookError:
        if course.database_url.startswith("sqlite") and not (course.root / "gradebook.db").exists():
            return None, {}
        raise
