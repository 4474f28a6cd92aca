"""A student who leaves the class: all that belongs to them is moved into ``dropped/``, and nothing is lost."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from ..course.course import Course
from ..errors import CourseError, GradebookError
from ..exports.grades import combine_grade
from ..exports.tables import to_dict
from ..files import write_file
from ..nbgrader_bridge.gradebook import read_grades
from ..nbgrader_bridge.students import read_students, remove_student
from ..notebooks.submission import can_be_id
from ..platforms import FOLDER as COLLECTED
from ..platforms import load_record, save_record
from ..roster import RosterEntry
from .attempts import FOLDER as ATTEMPTS

DROPPED = "dropped"
#: The folders with a folder for each student.
BY_STUDENT = ("submitted", "autograded", "feedback", ATTEMPTS)
PERSON = "student.json"


@dataclass
class Leaving:
    """A student's folders, reports, records and grades in a course."""

    student: str
    entry: RosterEntry | None  # None if the gradebook does not know the student
    folders: list[str] = field(default_factory=list)  # of the course, such as "submitted"
    reports: list[str] = field(default_factory=list)  # assignments
    records: list[str] = field(default_factory=list)  # assignments of which a platform's numbers are known
    grades: dict[str, dict[str, Any]] = field(default_factory=dict)  # by assignment, as `export json` writes them


def find_student(course: Course, student: str) -> Leaving:
    """Return all that belongs to a student.

    Raises
    ------
    CourseError
        There is no such student.
    """
    leaving = Leaving(student, next((entry for entry in known_students(course) if entry.student == student), None))
    if student and can_be_id(student) and "/" not in student and student not in (".", ".."):
        leaving.folders = [name for name in BY_STUDENT if os.path.lexists(course.root / name / student)]
        leaving.reports = [path.parent.name for path in sorted(course.root.glob("reports/*/*.json"))
                           if path.name == f"{student}.json"]
    for path in sorted((course.root / COLLECTED).glob("[!.]*.json")):
        if load_record(course.root, path.stem).forget(student):
            leaving.records.append(path.stem)
    if not (leaving.entry or leaving.folders or leaving.reports or leaving.records):
        raise CourseError(course.root, f"nobody is called {student!r}", "Give an id, as the folders in submitted/ are "
                          "called.")
    if leaving.entry:
        for assignment in course.assignments:
            try:
                grade = read_grades(course, assignment, create=False).get(student)
            except GradebookError:  # not released
                continue
            if grade and grade.submitted:
                report = course.reports(assignment).load(student)
                leaving.grades[assignment] = to_dict(combine_grade(student, grade, report))
    return leaving


def known_students(course: Course) -> list[RosterEntry]:
    """Return the students in the gradebook; none if there is no gradebook yet."""
    try:
        return read_students(course, create=False)
    except GradebookError:
        return []


def drop_student(course: Course, leaving: Leaving) -> Path:
    """Move all that belongs to a student into a folder of ``dropped/``, and return that.

    What the gradebook and the platforms' records say is written there first. If this is stopped half way, the same
    command moves the rest.

    Raises
    ------
    GradebookError, OSError
    """
    student = leaving.student
    folder = next(path for number in count(1)
                  if not (path := course.root / DROPPED / (student if number == 1 else f"{student}-{number}")).exists())
    folder.mkdir(parents=True)
    records = {}
    for assignment in leaving.records:
        record = load_record(course.root, assignment)
        listed, received = record.participants.get(student), record.received.get(student)
        records[assignment] = {"participant": listed and asdict(listed), "received": received and asdict(received)}
    content = {"student": student, "gradebook": leaving.entry and asdict(leaving.entry), "grades": leaving.grades,
               "platforms": records}
    write_file(folder / PERSON, json.dumps(content, indent=1, ensure_ascii=False, default=str).encode())
    if leaving.entry:
        remove_student(course, student)
    for name in leaving.folders:
        shutil.move(course.root / name / student, folder / name)
    for assignment in leaving.reports:
        (folder / "reports").mkdir(exist_ok=True)
        shutil.move(course.root / "reports" / assignment / f"{student}.json", folder / "reports" / f"{assignment}.json")
    for assignment in leaving.records:
        record = load_record(course.root, assignment)
        record.forget(student)
        save_record(course.root, assignment, record)
    return folder
