"""The students who submitted an assignment, found by the folders in ``submitted/``."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from ..errors import CourseError
from ..notebooks.submission import can_be_id, printable
from .course import Course

MISNAMED = "have names that cannot be a student's id"


def students_of(course: Course, name: str, patterns: Sequence[str] = ()) -> list[str]:
    """Return the students who submitted an assignment, in order.

    Parameters
    ----------
    course : Course
    name : str
        The assignment.
    patterns : sequence of str
        If there are any, only students who match one of them. ``*`` and ``?`` match.

    Raises
    ------
    CourseError
        Nobody submitted, or a pattern matches nobody.
    """
    submitted = course.root / "submitted"
    everyone = [student for student in _handed_in(course, name) if can_be_id(student)]
    if not everyone:
        odd = ", ".join(map(printable, misnamed(course, name)[:5]))
        but = f", but folders that {MISNAMED}: {odd}" if odd else ""
        fix = f"Each belongs into submitted/STUDENT/{name}/."
        raise CourseError(submitted, f"no submissions for {name!r}{but}", fix)
    for pattern in patterns:
        if not any(fnmatchcase(student, pattern) for student in everyone):
            raise CourseError(submitted, f"no submission matches {pattern!r}", f"There are {len(everyone)}.")
    return [s for s in everyone if not patterns or any(fnmatchcase(s, pattern) for pattern in patterns)]


def withdrawn(course: Course, name: str, graded: Iterable[str]) -> set[str]:
    """Return the graded students whose submission is gone from ``submitted/``, as that of one who left the class.

    If most are gone, the submissions have been moved elsewhere, and nobody has left.
    """
    graded = set(graded)
    gone = graded - set(_handed_in(course, name))
    return gone if 2 * len(gone) <= len(graded) else set()


def misnamed(course: Course, name: str) -> list[str]:
    """Return the folders with a submission whose names cannot be a student's id; for printing use `printable`."""
    return [student for student in _handed_in(course, name) if not can_be_id(student)]


def _handed_in(course: Course, name: str) -> list[str]:
    """Return the folders that hold something with the assignment's name, in order, without hidden ones."""
    submitted = course.root / "submitted"
    try:
        with os.scandir(submitted) as listing:
            folders = sorted(entry.name for entry in listing if not entry.name.startswith("."))
    except FileNotFoundError:
        return []
    except OSError as error:
        problem = f"cannot be listed: {error.strerror}"
        raise CourseError(submitted, problem, "May this user read it?") from error
    return [folder for folder in folders if _is_there(submitted / folder / name)]


def _is_there(path: Path) -> bool:
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:  # a folder that may not be entered: reading the submission will say so
        pass
    return True
