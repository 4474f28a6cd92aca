"""Grades in the forms that other systems take: a table of formats, each a pure function from grades to files.

To add a format: a module with ``export(grades, name, ...) -> Export``, a line in `FORMATS`, a test, a paragraph in
docs/exports.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..course.course import Course
from ..errors import CourseError
from ..records import write_whole
from . import canvas, classroom50, coursera, gradescope, moodle, tables
from .grades import Export, Grade, grades

FOLDER = "exports"


@dataclass(frozen=True)
class Format:
    """One form in which grades leave: how it is made, and where it is written by default."""

    make: Callable[..., Export]
    target: str  # a file, or a folder with one for each student; under exports/ASSIGNMENT/
    says: str

    @property
    def folder(self) -> bool:
        """Whether there are files for each student."""
        return self.target.endswith("/")


FORMATS = {
    "canvas": Format(canvas.export, "canvas.csv", "Canvas's gradebook, filled in or fresh"),
    "moodle": Format(moodle.export, "moodle.csv", "Moodle's grading worksheet, filled in"),
    "gradescope": Format(gradescope.export, "gradescope/", "results.json for each student"),
    "coursera": Format(coursera.export, "coursera/", "feedback.json and htmlFeedback.html for each student"),
    "classroom50": Format(classroom50.export, "classroom50/", "result.json for each student"),
    "csv": Format(tables.export_csv, "grades.csv", "nbgrader's own columns"),
    "json": Format(tables.export_json, "grades.json", "all that is known"),
}


def class_grades(course: Course, name: str) -> dict[str, Grade]:
    """Each student's grade, from the gradebook and the kept reports.

    Raises
    ------
    GradebookError
        Where the gradebook cannot be read, or does not know the assignment.
    """
    from ..gradebook import read_grades  # with nbgrader, which takes seconds

    return grades(read_grades(course, name), course.reports(name).load_all())


def default_target(course: Course, name: str, form: str) -> Path:
    """Where a format is written if nobody says where."""
    return course.root / FOLDER / name / FORMATS[form].target


def read(path: Path) -> bytes:
    """A file to be filled in.

    Raises
    ------
    CourseError
        Where it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise CourseError(path, f"cannot be read: {error.strerror}", "Give the file as it was downloaded.") from error


def write(made: Export, target: Path, folder: bool) -> list[str]:
    """Put an export's files in place, each at once; what was done, a line each.

    Parameters
    ----------
    made : Export
    target : Path
        A file; or, for a format with files for each student, a folder.
    folder : bool
        Which of both. Files of an earlier export whose students have none now are named and left.

    Raises
    ------
    CourseError
        Where it cannot be written.
    """
    try:
        if not folder:
            (content,) = made.files.values()
            return [f"{put(target, content)} {target}"]
        stale = stale_files(target, made)
        done = [put(target / path, content) for path, content in made.files.items()]
    except OSError as error:
        raise CourseError(target, f"cannot be written: {error.strerror}", "Name another place with --to.") from error
    counts = {what: done.count(what) for what in dict.fromkeys(done)}
    lines = [f"{what} {count} files in {target}" for what, count in counts.items()]
    return lines + [f"left from an earlier export, not current: {path}" for path in stale]


def put(path: Path, content: bytes) -> str:
    """Write one file; whether it was "wrote", "replaced" or "unchanged"."""
    if path.is_file():
        if path.read_bytes() == content:
            return "unchanged:"
        write_whole(path, content)
        return "replaced"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)
    return "wrote"


def stale_files(folder: Path, made: Export) -> list[Path]:
    """The files of this kind that an earlier export left there for students who have none now."""
    kinds = {path.rpartition("/")[2] for path in made.files}
    there = [path for kind in sorted(kinds) for path in sorted(folder.glob(f"*/{kind}"))]
    return [path for path in there if path.relative_to(folder).as_posix() not in made.files]
