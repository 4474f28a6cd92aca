"""Grades in the formats of other systems: each format is a pure function from grades to files.

To add a format, write a module with ``export(grades, assignment, ...) -> Export``, a line in `FORMATS`, a command in
``cli/exporting.py``, a test, and a paragraph in docs/exports.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ..course.course import Course
from ..course.students import withdrawn
from ..errors import CourseError
from ..files import write_file
from . import canvas, classroom50, coursera, gradescope, moodle, tables
from .grades import Export, ExportedGrade, combine_grades

__all__ = ["FORMATS", "Export", "ExportedGrade", "Format", "class_grades", "write_export"]


class Format(NamedTuple):
    """A format: the function that makes its files, and their default place under exports/ASSIGNMENT/."""

    export: Callable[..., Export]
    target: str  # a file, or with a slash at its end a folder with files for each student


FORMATS = {
    "canvas": Format(canvas.export, "canvas.csv"),
    "moodle": Format(moodle.export, "moodle.csv"),
    "gradescope": Format(gradescope.export, "gradescope/"),
    "coursera": Format(coursera.export, "coursera/"),
    "classroom50": Format(classroom50.export, "classroom50/"),
    "csv": Format(tables.export_csv, "grades.csv"),
    "json": Format(tables.export_json, "grades.json"),
}


def class_grades(course: Course, assignment: str) -> tuple[dict[str, ExportedGrade], list[str]]:
    """Return each student's grade, from the gradebook and the report store, and the students who are left out.

    They are those who have left the class: their submission is gone.

    Raises
    ------
    GradebookError
        The gradebook cannot be read, or does not know the assignment.
    """
    from ..nbgrader_bridge.gradebook import read_grades

    grades = combine_grades(read_grades(course, assignment), course.reports(assignment).load_all())
    gone = withdrawn(course, assignment, (student for student, grade in grades.items() if grade.submitted))
    return {student: grade for student, grade in grades.items() if student not in gone}, sorted(gone)


def write_export(export: Export, target: Path, folder: bool) -> list[str]:
    """Write an export's files, each at once, and return a line for each outcome.

    Parameters
    ----------
    export : Export
    target : Path
        A file, or a folder for the files of each student.
    folder : bool
        True if the target is a folder. Files of an earlier export for other students are left and reported.

    Raises
    ------
    CourseError
        The target of a file is a folder.
    OSError
        A file cannot be written.
    """
    if not folder:
        if target.is_dir():
            raise CourseError(target, "is a folder", "Name a file with --to.")
        (content,) = export.files.values()
        return [f"{write_one(target, content)} {target}"]
    stale = find_stale_files(target, export)
    outcomes = Counter(write_one(target / path, content) for path, content in export.files.items())
    return [*(f"{outcome} {count} files in {target}" for outcome, count in outcomes.items()),
            *(f"left from an earlier export, not current: {path}" for path in stale)]


def write_one(path: Path, content: bytes) -> str:
    """Write a file and return the outcome: "wrote", "replaced" or "unchanged:"."""
    if path.is_file():
        if path.read_bytes() == content:
            return "unchanged:"
        write_file(path, content)
        return "replaced"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, content)
    return "wrote"


def find_stale_files(folder: Path, export: Export) -> list[Path]:
    """Return the files of an earlier export for students who have none in this one."""
    names = sorted({path.rpartition("/")[2] for path in export.files})
    return [path for name in names for path in sorted(folder.glob(f"*/{name}"))
            if path.relative_to(folder).as_posix() not in export.files]
