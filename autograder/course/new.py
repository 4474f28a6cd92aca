"""A new assignment: a copy of the skeleton, which releases, grades and passes its audit as it is."""

from __future__ import annotations

import re
from pathlib import Path

from ..errors import CourseError
from ..files import write_file
from .course import Course
from .folder import list_files

SKELETON = Path(__file__).parent / "skeleton"
#: The name that the skeleton has in place of the assignment's.
PLACEHOLDER = "ASSIGNMENT"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def new_assignment(course: Course, name: str) -> list[Path]:
    """Write the skeleton of an assignment to ``source/<name>/`` and return its files.

    Raises
    ------
    CourseError
        The name cannot be that of an assignment, or is taken.
    """
    folder = course.source(name)
    if not NAME.fullmatch(name):
        raise CourseError(name, "cannot be the name of an assignment", "Use letters, digits, '-', '_' and '.'.")
    if folder.exists():
        raise CourseError(folder, "is there already", "Choose another name, or move it away.")
    written = []
    for path in list_files(SKELETON):
        target = folder / str(path).replace(PLACEHOLDER, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        write_file(target, (SKELETON / path).read_bytes().replace(PLACEHOLDER.encode(), name.encode()))
        written.append(target)
    return written
