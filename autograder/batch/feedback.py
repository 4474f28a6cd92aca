"""Write the feedback pages of a class, in several processes where there are many."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from functools import partial

from ..course.course import Course
from ..errors import CourseError, FeedbackError
from ..files import write_file
from ..model import Report, StudentGrade
from ..nbgrader_bridge.feedback import BESIDE, feedback_files, outside_exchange
from ..nbgrader_bridge.gradebook import read_grades

MANY = 100  # pages that are worth a second process


def write_feedback(
    course: Course, name: str, students: Sequence[str], progress: Callable[[str, str | None], None] = lambda *_: None,
    jobs: int = 1,
) -> dict[str, str | None]:
    """Write ``feedback/STUDENT/ASSIGNMENT/ASSIGNMENT.html`` and the files beside it for each student.

    Parameters
    ----------
    course : Course
    name : str
        The assignment.
    students : sequence of str
    progress : callable
        Called for each student with the id and the problem, or None.
    jobs : int
        Processes that write at a time, if there are many pages. More than one are forks of this one.

    Returns
    -------
    dict of str to str or None
        The problem that kept each student's page from being written, or None.

    Raises
    ------
    CourseError
        A process that writes pages was killed.
    """
    reports, grades = course.reports(name).load_all(), read_grades(course, name)
    arguments = students, map(reports.get, students), map(grades.get, students)
    for_exchange, _ = outside_exchange(course, name)
    write = partial(write_page, course, name, course.group_shared, for_exchange)
    problems: dict[str, str | None] = {}
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    with ProcessPoolExecutor(jobs, context) as pool:  # starts no process before the first call
        parallel = jobs > 1 and len(students) >= MANY
        found = pool.map(write, *arguments, chunksize=16) if parallel else map(write, *arguments)
        try:
            for student, problem in zip(students, found, strict=True):
                problems[student] = problem
                progress(student, problem)
        except BrokenExecutor as error:
            raise CourseError(course.root / "feedback", "a process that writes pages was killed",
                              "Run it again.") from error
    return problems


def write_page(
    course: Course, name: str, group_shared: bool, for_exchange: bool, student: str, report: Report | None,
    grade: StudentGrade | None,
) -> str | None:
    """Write one student's page, and return the problem that kept it from being written, or None."""
    try:
        files = feedback_files(course, name, student, report, grade, for_exchange)
        write_files(course, name, student, files, group_shared)
    except FeedbackError as error:
        return str(error)
    except Exception as error:  # one notebook that nobody foresaw must not take the class with it
        return f"the page failed: {type(error).__name__}: {error}"
    return None


def write_files(course: Course, name: str, student: str, files: Mapping[str, bytes], group_shared: bool) -> None:
    """Write a student's files with the modes that generate_feedback gives them."""
    folder = course.feedback(student, name)
    folder.mkdir(parents=True, exist_ok=True)
    for file in BESIDE:
        if file not in files:
            (folder / file).unlink(missing_ok=True)  # of an earlier submission, whose page it would replace
    for file, content in files.items():
        write_file(folder / file, content)
        os.chmod(folder / file, 0o664 if group_shared else 0o644)
