"""A class list of a platform, written into the gradebook; and the roster by which submissions are collected."""

from __future__ import annotations

from datetime import tzinfo
from pathlib import Path

from ..class_lists import ClassList, Enrolment, enrol, read_class_list
from ..course.course import Course
from ..nbgrader_bridge.students import read_students, write_students
from ..platforms import PlatformRecord, load_record, save_record
from ..roster import Roster


def enrol_class(
    course: Course, path: Path, zone: tzinfo, assignment: str | None = None, dry_run: bool = False
) -> tuple[ClassList, Enrolment]:
    """Write the students of a class list into the gradebook. Nobody is deleted.

    Parameters
    ----------
    course : Course
    path : Path
        A file of Canvas, Moodle, Gradescope or nbgrader.
    zone : tzinfo
        Of the times in it.
    assignment : str, optional
        Of Moodle's worksheet: its participants' numbers and times are kept for `collect` and the exports.
    dry_run : bool
        Write nothing.

    Raises
    ------
    CourseError, GradebookError
        The file cannot be read, or the gradebook cannot be written.
    """
    listed = read_class_list(path, zone)
    enrolment = enrol(listed, Roster(read_students(course)))
    record = load_record(course.root, assignment) if assignment else None
    if not dry_run:
        write_students(course, enrolment.new, enrolment.changed)
        if assignment and record and enrolment.participants:
            record.participants.update(enrolment.participants)
            save_record(course.root, assignment, record)
    return listed, enrolment


def roster_of(course: Course, file: Path | None, zone: tzinfo, record: PlatformRecord) -> Roster:
    """Return the students of the gradebook; or those of a file alone, who are nobody else's.

    The record gets the numbers and times of Moodle's worksheet.

    Raises
    ------
    CourseError, GradebookError
        The file or the gradebook cannot be read.
    """
    known = Roster(read_students(course), participants=record.numbers)
    if file is None:
        return known
    enrolment = enrol(read_class_list(file, zone), known)
    record.participants.update(enrolment.participants)
    return Roster(enrolment.entries, closed=True, participants=record.numbers)
