"""Earlier submissions of a student, kept when a later one takes their place.

``submitted/STUDENT/ASSIGNMENT/`` holds the attempt that counts, as nbgrader wants it. The others are in
``attempts/STUDENT/ASSIGNMENT/NUMBER/``, which nbgrader does not look at, each with its report beside it in
``NUMBER.json``. The attempt that counts has the lowest number that is free there.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count, pairwise
from pathlib import Path

from ..course.course import Course
from ..errors import CourseError, NotebookError
from ..files import write_file
from ..model import Report
from ..notebooks.submission import read_timestamp, read_timestamp_file, submission_files
from .writing import NO_TIME, SAME, Submission, compare_submission, list_special, replace_folder

FOLDER = "attempts"
LAST, BEST = "last", "best"


@dataclass(frozen=True)
class Attempt:
    """A submission of a student, one of several."""

    number: int  # from 1, in the order in which they were collected
    folder: Path
    timestamp: str | None  # as in its file, if the time is known
    report: Report | None  # None if it was not graded before another took its place
    counts: bool  # it is the one in submitted/


def counting_attempt(course: Course) -> str:
    """Return which of several attempts counts, as the course sets it: `LAST` or `BEST`.

    Raises
    ------
    CourseError
        The setting is neither.
    """
    counts = course.config.Attempts.get("counts", LAST)
    if counts not in (LAST, BEST):
        raise CourseError("nbgrader_config.py", f"c.Attempts.counts is {counts!r}", f"It is {LAST!r} or {BEST!r}.")
    return str(counts)


def attempts_folder(course: Course, student: str, assignment: str) -> Path:
    """Return the folder of a student's other attempts."""
    return course.root / FOLDER / student / assignment


def list_attempts(course: Course, student: str, assignment: str) -> list[Attempt]:
    """Return all attempts of a student, the one that counts among them, in the order of their numbers."""
    folder, found = attempts_folder(course, student, assignment), []
    for number in _numbers(folder):
        found.append(Attempt(number, folder / str(number), read_timestamp_file(folder / str(number)),
                             _read_report(folder / f"{number}.json"), counts=False))
    current = course.submitted(student, assignment)
    if current.is_dir():
        found.append(Attempt(_free_number(folder), current, read_timestamp_file(current),
                             current_report(course, student, assignment), counts=True))
    return sorted(found, key=lambda attempt: attempt.number)


def students_with_attempts(course: Course, assignment: str) -> list[str]:
    """Return the students who have other attempts than the one that counts, in order."""
    folders = sorted((course.root / FOLDER).glob("[!.]*"))
    return [folder.name for folder in folders if any(_numbers(folder / assignment))]


def count_attempts(course: Course, assignment: str, students: Iterable[str]) -> dict[str, int]:
    """Return how often each student handed in; an empty dict if nobody did more than once."""
    several = students_with_attempts(course, assignment)
    counts = {student: len(_numbers(attempts_folder(course, student, assignment))) + 1 for student in several}
    return {student: counts.get(student, 1) for student in students} if counts else {}


def current_report(course: Course, student: str, assignment: str) -> Report | None:
    """Return the report of the submission that is in place; None if it has not been graded since it came.

    The report's key says of which work it is. One of nbgrader's own autograde has no key: its date and the time beside
    the graded notebook decide.
    """
    folder, store = course.submitted(student, assignment), course.reports(assignment)
    try:
        notebook = submission_files(folder, f"{assignment}.ipynb").notebook
        is_current = store.is_of(student, notebook.read_bytes(), read_timestamp(folder)[0])
        if is_current is None:
            graded = (store.folder / f"{student}.json").stat().st_mtime_ns
            graded_time = read_timestamp_file(course.autograded(student, assignment))
            is_current = graded >= notebook.stat().st_mtime_ns and graded_time == read_timestamp_file(folder)
    except (OSError, NotebookError):
        return None
    return store.load(student) if is_current else None


def keep_attempt(course: Course, student: str, assignment: str) -> int | None:
    """Copy the submission that is in place beside the other attempts, with its report if it has one.

    Returns
    -------
    int or None
        The attempt's number; None if there is nothing to keep, or if it is kept already.

    Raises
    ------
    OSError
        It cannot be copied. Nothing is lost then.
    """
    source, folder = course.submitted(student, assignment), attempts_folder(course, student, assignment)
    if source.is_symlink() or not source.is_dir() or not any(source.iterdir()):
        return None
    if any(is_same(folder / str(number), source, f"{assignment}.ipynb") for number in _numbers(folder)):
        return None
    number = _free_number(folder)
    folder.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=folder, prefix=".keep-"))
    try:
        shutil.copytree(source, scratch / "new", symlinks=True, ignore=list_special)
        if report := current_report(course, student, assignment):
            content = json.dumps(report.to_dict(), separators=(",", ":"))
            write_file(folder / f"{number}.json", content.encode())
        os.rename(scratch / "new", folder / str(number))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return number


def find_attempt(course: Course, student: str, assignment: str, submission: Submission) -> int | None:
    """Return the number of the other attempt that holds this very submission, or None."""
    folder = attempts_folder(course, student, assignment)
    return next((number for number in _numbers(folder)
                 if compare_submission(folder / str(number), submission) in (SAME, NO_TIME)), None)


def put_best_in_place(course: Course, assignment: str, students: Iterable[str]) -> list[str]:
    """Let each student's best attempt count, by the scores of their reports, and return who has another one now.

    Of equal attempts the later one counts. An attempt that was never graded does not. The submissions that have changed
    are to be graded again.

    Raises
    ------
    OSError
        A folder cannot be written.
    """
    changed = []
    for student in students:
        attempts = list_attempts(course, student, assignment)
        current = next((attempt for attempt in attempts if attempt.counts), None)
        scored = [attempt for attempt in attempts if attempt.report and attempt.report.is_graded]
        if current is None or current not in scored:
            continue
        best = max(scored, key=lambda attempt: (score_of(attempt), attempt.number))
        if score_of(best) > score_of(current):
            keep_attempt(course, student, assignment)
            replace_folder(course.submitted(student, assignment), best.folder)
            shutil.rmtree(best.folder)
            (best.folder.parent / f"{best.number}.json").unlink(missing_ok=True)
            changed.append(student)
    return changed


def score_of(attempt: Attempt) -> float:
    """Return an attempt's automatic score."""
    return attempt.report.score if attempt.report else 0.0


def report_pairs(course: Course, assignment: str) -> Iterator[tuple[Report, Report]]:
    """Yield the reports of each two attempts of a student that follow each other, if both were graded."""
    for student in students_with_attempts(course, assignment):
        reports = [attempt.report for attempt in list_attempts(course, student, assignment)]
        for earlier, later in pairwise(reports):
            if earlier and later and earlier.is_graded and later.is_graded:
                yield earlier, later


def is_same(one: Path, other: Path, file: str) -> bool:
    """Tell if two submissions' folders hold the same notebook, handed in at the same time."""
    try:
        contents = {submission_files(folder, file).notebook.read_bytes() for folder in (one, other)}
    except (OSError, NotebookError):
        return False
    return len(contents) == 1 and read_timestamp_file(one) == read_timestamp_file(other)


def _numbers(folder: Path) -> list[int]:
    try:
        return sorted(int(path.name) for path in folder.iterdir() if path.name.isdecimal() and path.is_dir())
    except OSError:
        return []


def _free_number(folder: Path) -> int:
    taken = set(_numbers(folder))
    return next(number for number in count(1) if number not in taken)


def _read_report(path: Path) -> Report | None:
    try:
        return Report.from_dict(json.loads(path.read_bytes()))
    except (OSError, LookupError, TypeError, ValueError, AttributeError):  # none, or of another version
        return None
