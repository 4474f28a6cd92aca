"""Feedback in nbgrader's place: the files of one student, and the exporter that nbgrader_config.py names."""

from __future__ import annotations

import glob
import json
import secrets
import stat
from dataclasses import replace
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from nbconvert.exporters import HTMLExporter

from ..course.course import Course
from ..errors import FeedbackError
from ..model import Report, StudentGrade
from ..notebooks.submission import read_timestamp, read_timestamp_file
from ..pages.markup import MAX_PICTURE, FindPicture, data_uri
from ..pages.plain_text import join_lines
from ..pages.student_page import make_page
from ..timestamps import SECRET_FILE, TIMESTAMP_FILE
from . import gradebook, hooks

#: The files beside the page that nbgrader's release_feedback asks for.
BESIDE = (TIMESTAMP_FILE, SECRET_FILE)
MAX_BESIDE = 1000  # bytes
#: The beginning of a secret that no student has.
NOBODYS = "outside-the-exchange-"
MIMES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg",
         ".gif": "image/gif", ".webp": "image/webp"}  # fmt: skip


def feedback_files(
    course: Course, name: str, student: str, report: Report | None, grade: StudentGrade | None,
    for_exchange: bool = False,
) -> dict[str, bytes]:
    """Return the content of a student's feedback page and of the files beside it, by file name.

    With ``for_exchange`` there are all of `BESIDE`. Without one, release_feedback stops for the whole class. A student
    who handed in elsewhere gets a secret that nobody knows.

    Raises
    ------
    FeedbackError
        The submission has not been graded, or was handed in again since.
    """
    graded, submitted = course.autograded(student, name), course.submitted(student, name)
    path = graded / f"{name}.ipynb"
    if report is None:
        raise FeedbackError("not graded yet")
    if report.is_graded and is_newer(submitted, graded):
        # release_feedback would hand this page out with the new submission's secret
        raise FeedbackError("handed in again since it was graded")
    nb = json.loads(path.read_bytes()) if path.is_file() else None
    records = submitted if submitted.is_dir() else graded  # never those of an earlier submission
    beside = {TIMESTAMP_FILE: read_text(records / TIMESTAMP_FILE) or (read_timestamp_file(records) or "").encode(),
              SECRET_FILE: read_text(records / SECRET_FILE)}
    if for_exchange and not beside[SECRET_FILE]:
        before = read_text(course.feedback(student, name) / SECRET_FILE) or b""
        is_nobodys = before.startswith(NOBODYS.encode())
        beside[SECRET_FILE] = before if is_nobodys else (NOBODYS + secrets.token_hex(32)).encode()
    html = make_page(nb, replace(report, assignment=name), grade, picture_finder(course, name, student),
                     released_cells(course.release(name) / f"{name}.ipynb"))
    return {file: content for file, content in beside.items() if content is not None and (content or for_exchange)} | {
        f"{name}.html": html.encode("utf-8", "replace")}


def outside_exchange(course: Course, name: str) -> tuple[bool, set[str]]:
    """Return whether anyone handed in through nbgrader's exchange, and the students who did not."""
    folders = [path for path in (course.root / "submitted").glob(f"[!.]*/{glob.escape(name)}") if path.is_dir()]
    outside = {path.parent.name for path in folders if not read_text(path / SECRET_FILE)}
    return len(outside) < len(folders), outside


def is_newer(submitted: Path, graded: Path) -> bool:
    """Tell if a submission has another time than the graded one; one that is gone is not newer."""
    if not submitted.is_dir() or read_timestamp_file(submitted) == read_timestamp_file(graded):
        return False
    # grading writes an odd time in another form, and an unreadable one not at all
    return read_timestamp(submitted)[0] != read_timestamp_file(graded)


def picture_finder(course: Course, name: str, student: str) -> FindPicture:
    """Return a function that finds a picture beside the source notebook or beside the submission."""
    shared, own = course.source(name), course.autograded(student, name)
    return lambda source: read_course_picture(shared, source) or read_picture(own, source)


@lru_cache(maxsize=64)
def read_course_picture(folder: Path, source: str) -> str | None:
    """Return a picture of the course as a ``data:`` URI, read once for all students."""
    return read_picture(folder, source)


@lru_cache(maxsize=16)
def released_cells(path: Path) -> frozenset[tuple[str, str]]:
    """Return the types and sources of a released notebook's cells, read once for all students; none if it is gone."""
    try:
        cells = json.loads(path.read_bytes())["cells"]
        return frozenset((cell["cell_type"], join_lines(cell["source"])) for cell in cells)
    except (OSError, ValueError, LookupError, TypeError):
        return frozenset()


def read_picture(folder: Path, source: str) -> str | None:
    """Return a picture inside a folder as a ``data:`` URI; None if it is no picture, too large, or elsewhere."""
    mime = MIMES.get(Path(source).suffix.lower())
    try:
        path = (folder / unquote(source)).resolve()
        if mime is None or not path.is_relative_to(folder.resolve()) or not path.is_file():
            return None
        content = path.read_bytes() if path.stat().st_size <= MAX_PICTURE // 2 else None
    except (OSError, ValueError):
        return None
    return data_uri(mime, content) if content else None


def read_text(path: Path) -> bytes | None:
    """Return the content of a regular file of at most `MAX_BESIDE` bytes that nbgrader can read as text, else None."""
    try:
        status = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(status.st_mode) and status.st_size < MAX_BESIDE else None
        return content if content and content.decode().strip() else None
    except (OSError, UnicodeDecodeError):
        return None


class FeedbackPage(HTMLExporter):
    """The exporter of generate_feedback, and so of Formgrader's button: it makes the page of `autograder feedback`.

    A notebook that has no tasks for the judge becomes nbgrader's own page.
    """

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self._course = Course(Path.cwd())
        # nbgrader makes one exporter for all pages of a run
        self._grades = cache(partial(gradebook.read_grades, self._course))
        self._outside = cache(partial(outside_exchange, self._course))
        for read in (read_course_picture, released_cells):  # Formgrader's server may be older than a figure
            read.cache_clear()

    def from_filename(self, filename: str, resources: Any = None, **more: Any) -> tuple[Any, dict[str, Any]]:
        """Return the page, and the resources with the files beside it."""
        if hooks.current_assignment(resources) is None:
            return super().from_filename(filename, resources, **more)
        name, student = resources["nbgrader"]["assignment"], resources["nbgrader"]["student"]
        report, grade = self._course.reports(name).load(student), self._grades(name).get(student)
        files = feedback_files(self._course, name, student, report, grade, self._outside(name)[0])
        page = files.pop(f"{name}.html").decode()
        return page, {**resources, "output_extension": self.file_extension, "outputs": files}
