"""A whole class: its submissions found, staged and graded through nbgrader's own autograde, several at a time."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from fnmatch import fnmatch
from multiprocessing import get_context
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory

from . import notebook
from .errors import AutograderError, CourseError
from .hooks import REPORT
from .oracle import load_assignment
from .release import convert, course_config, nbgrader_surroundings, release
from .submission import submission_files


def students_of(root: Path, name: str, patterns: Sequence[str] = ()) -> list[str]:
    """The students who submitted an assignment, in order; only those that match one of the patterns, if any.

    Raises
    ------
    CourseError
        Where nobody submitted, or a pattern matches nobody.
    """
    submitted = root / "submitted"
    everyone = sorted(folder.parent.name for folder in submitted.glob(f"*/{name}") if folder.is_dir())
    if not everyone:
        raise CourseError(submitted, f"no submissions for {name!r}", f"Each belongs into submitted/STUDENT/{name}/.")
    for pattern in patterns:
        if not any(fnmatch(student, pattern) for student in everyone):
            raise CourseError(submitted, f"no submission matches {pattern!r}", f"There are {len(everyone)}.")
    return [s for s in everyone if not patterns or any(fnmatch(s, pattern) for pattern in patterns)]


def grade_class(
    root: Path, name: str, students: Sequence[str], jobs: int,
    progress: Callable[[dict], None] = lambda report: None, isolation: str = "best",
) -> list[dict]:
    """Grade submissions, ``jobs`` at a time; ``progress`` sees each report as it comes.

    ``isolation`` is a level of the jail, or "best" for the strongest that this machine gives.

    Returns
    -------
    list of dict
        Each submission's report as `Report.to_dict` gives it, in the order of ``students``.
    """
    load_assignment(root, name)
    ensure_in_gradebook(root, name)
    reports = {}
    if jobs == 1 or len(students) == 1:
        for student in students:
            reports[student] = outcome_of(student, lambda: grade_student(root, name, student, isolation))  # noqa: B023
            progress(reports[student])
    else:
        # Fresh processes: nbgrader's converters change directory and environment, which threads would share.
        with ProcessPoolExecutor(min(jobs, len(students)), mp_context=get_context("spawn")) as pool:
            futures = {pool.submit(grade_student, root, name, student, isolation): student for student in students}
            for future in as_completed(futures):
                student = futures[future]
                reports[student] = outcome_of(student, future.result)
                progress(reports[student])
    return [reports[student] for student in students]


def outcome_of(student: str, result: Callable[[], dict]) -> dict:
    """A submission's report; where grading it failed in a way nobody foresaw, one that says so, and no points."""
    try:
        return result()
    except Exception as error:  # a worker that died, a bug of ours: it must not take the class with it
        return not_graded(student, f"the autograder failed: {type(error).__name__}: {error}")


def not_graded(student: str, reason: str | None) -> dict:
    """The report on a submission that was not graded, in the form of `Report.to_dict`."""
    return {"student": student, "status": "not graded", "reason": reason, "score": 0.0, "max_score": 0.0,
            "repairs": [], "tasks": {}, "isolation": None}


def ensure_in_gradebook(root: Path, name: str) -> None:
    """Record the assignment in the gradebook if it is not there yet, as generating a release does."""
    config = course_config(root, assignment_id=name)
    course = CourseDirectory(config=config)
    with nbgrader_surroundings(), Gradebook(course.db_url, course.course_id) as gradebook:
        try:
            known = gradebook.find_assignment(name).notebooks
        except MissingEntry:
            known = []
    if not known:
        release(root, name)


def grade_student(root: Path, name: str, student: str, isolation: str = "best") -> dict:
    """Grade one submission through nbgrader's autograde and read back its report."""
    folder = root / "submitted" / student / name
    with tempfile.TemporaryDirectory(prefix="autograder-") as staging:
        try:
            repairs = stage(folder, Path(staging) / student / name, name)
            config = course_config(root, assignment_id=name, student_id=student, submitted_directory=staging)
            config.Autograde.force = True
            if isolation != "best":  # else as the course's configuration has it
                config.Judge.isolation = isolation
            convert(Autograde, config)
            graded = nbformat.read(root / "autograded" / student / name / f"{name}.ipynb", as_version=4)
        except (AutograderError, OSError) as error:
            return not_graded(student, str(error))
    kept = graded.metadata[REPORT]
    return {**kept["report"], "isolation": kept["isolation"], "repairs": repairs + kept["report"]["repairs"]}


def stage(submitted: Path, staged: Path, name: str) -> list[str]:
    """Lay a submission out as nbgrader expects it, read and written by us; what was handed in stays as it was.

    Returns
    -------
    list of str
        What had to be mended to find and read it.
    """
    found = submission_files(submitted, f"{name}.ipynb")
    staged.mkdir(parents=True)
    notebook.write(notebook.read(found.notebook), staged / f"{name}.ipynb")
    timestamp = submitted / "timestamp.txt"
    if timestamp.is_file() and not timestamp.is_symlink() and timestamp.stat().st_size < 100:
        shutil.copyfile(timestamp, staged / "timestamp.txt")
    return list(found.repairs)
