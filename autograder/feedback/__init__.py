"""The feedback of a class, in nbgrader's place: the pages, and beside them what its release_feedback asks for."""

from __future__ import annotations

import json
import multiprocessing
import os
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from urllib.parse import unquote

from ..course.course import Course
from ..errors import CourseError, FeedbackError
from ..files import write_file
from ..model import Report, StudentGrade
from ..notebooks.submission import said_time, timestamp_of
from . import cells
from .pages import page

MANY = 100  # pages that are worth a second process
#: What nbgrader's release_feedback wants beside the page.
BESIDE = ("timestamp.txt", "submission_secret.txt")
MIMES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg",
         ".gif": "image/gif", ".webp": "image/webp"}  # fmt: skip


def write_feedback(
    course: Course, name: str, students: Sequence[str], progress: Callable[[str, str | None], None] = lambda *_: None,
    jobs: int = 1,
) -> dict[str, str | None]:
    """Write ``feedback/STUDENT/ASSIGNMENT/ASSIGNMENT.html`` for each student, and what is released with it.

    Parameters
    ----------
    course : Course
    name : str
        The assignment.
    students : sequence of str
    progress : callable
        Sees each student and the problem, if any.
    jobs : int
        Processes that write at a time, where there are many pages. More than one are forks of this one.

    Returns
    -------
    dict
        For each student why no page could be written, or None where it was.
    """
    from ..gradebook import read_grades

    reports, standing, problems = course.reports(name).load_all(), read_grades(course, name), {}
    each = students, map(reports.get, students), map(standing.get, students)
    write = partial(problem_of_page, course, name, course.group_shared)
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    with ProcessPoolExecutor(jobs, context) as pool:  # no process is made before it is asked for
        found = pool.map(write, *each, chunksize=16) if jobs > 1 and len(students) >= MANY else map(write, *each)
        try:
            for student, problem in zip(students, found, strict=True):
                problems[student] = problem
                progress(student, problem)
        except BrokenExecutor as error:
            problem = "a process that writes pages was killed"
            raise CourseError(course.root / "feedback", problem, "Run it again.") from error
    return problems


def problem_of_page(
    course: Course, name: str, shared: bool, student: str, kept: Report | None, standing: StudentGrade | None
) -> str | None:
    """Write one student's page; why it could not be written, or None."""
    try:
        write_page(course, name, student, files_of(course, name, student, kept, standing), shared)
    except FeedbackError as error:
        return str(error)
    except Exception as error:  # one notebook that nobody foresaw must not take the class with it
        return f"the page failed: {type(error).__name__}: {error}"
    return None


def write_page(course: Course, name: str, student: str, files: Mapping[str, bytes], shared: bool) -> None:
    folder = course.feedback(student, name)
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in files.items():
        put(folder / file, content, shared)


def files_of(
    course: Course, name: str, student: str, kept: Report | None, standing: StudentGrade | None
) -> dict[str, bytes]:
    """One student's page, and what is released with it, by the name of the file.

    Raises
    ------
    FeedbackError
        Where there is no page to write.
    """
    graded, submitted = course.autograded(student, name), course.submitted(student, name)
    path = graded / f"{name}.ipynb"
    if kept is None:
        raise FeedbackError("not graded yet")
    if kept.is_graded and is_newer(submitted, graded):
        # this page would go out with that submission's secret
        raise FeedbackError("handed in again since it was graded")
    nb = json.loads(path.read_bytes()) if path.is_file() else None
    beside = {file: small_file(submitted / file) or small_file(graded / file) for file in BESIDE}
    html = page(nb, replace(kept, assignment=name), standing, pictures_of(course, name, student))
    found = {file: content for file, content in beside.items() if content}
    return {**found, f"{name}.html": html.encode("utf-8", "replace")}


def is_newer(submitted: Path, graded: Path) -> bool:
    """Whether a submission has another time than what was graded; one that is gone has not."""
    if not submitted.is_dir() or said_time(submitted) == said_time(graded):
        return False
    # what says no time, or one that is read in an odd way, stands otherwise beside the graded notebook, or not at all
    return timestamp_of(submitted)[0] != said_time(graded)


def pictures_of(course: Course, name: str, student: str) -> cells.FindPicture:
    """What finds the pictures that a notebook names: beside its source, or beside the submission."""
    shared, own = course.source(name), course.autograded(student, name)
    return lambda source: course_picture(shared, source) or picture_file(own, source)


@lru_cache(maxsize=64)
def course_picture(folder: Path, source: str) -> str | None:
    return picture_file(folder, source)


def picture_file(folder: Path, source: str) -> str | None:
    """A picture inside a folder as a ``data:`` URI; None for whatever is no picture, too large, or elsewhere."""
    mime = MIMES.get(Path(source).suffix.lower())
    try:
        path = (folder / unquote(source)).resolve()
        if mime is None or not path.is_relative_to(folder.resolve()) or not path.is_file():
            return None
        content = path.read_bytes() if path.stat().st_size <= cells.MAX_PICTURE // 2 else None
    except (OSError, ValueError):
        return None
    return content and cells.data_uri(mime, content)


def small_file(path: Path) -> bytes | None:
    """What a file of a few words holds; None where it is something else."""
    try:
        status = path.lstat()
        return path.read_bytes() if stat.S_ISREG(status.st_mode) and status.st_size < 1000 else None
    except OSError:
        return None


def put(path: Path, content: bytes, shared: bool) -> None:
    """Write a file as nbgrader's generate_feedback leaves it: readable by all, by the group also writable if shared."""
    write_file(path, content)
    os.chmod(path, 0o664 if shared else 0o644)
