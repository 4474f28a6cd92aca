"""Make scratch courses: ours; the same release under stock nbgrader; a plain course without our code."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

from autograder import demo
from autograder.course.assignment import Assignment
from autograder.course.course import Course
from autograder.course.public_cases import support_files
from autograder.nbgrader_bridge import release
from autograder.notebooks import finding, reading
from autograder.notebooks.repair import repair_notebook

from . import plain
from .meter import measure

ROOT = Path(__file__).parent.parent
NAME = "rnn-step-by-step"
FILE = f"{NAME}.ipynb"
GRADED = (0, 1)  # exit codes of an `autograder` command that came to its end

#: nbgrader as it comes. Solutions are cleared between its own markers, of which there are none: no matter here.
STOCK = """\
c = get_config()
c.CourseDirectory.course_id = "rnn"
c.ClearSolutions.enforce_metadata = False
"""


def ours(folder: Path) -> Path:
    """Copy this course without submissions, release it, and return its root."""
    course = demo.make_course(Course(ROOT), folder).root
    release.release_assignment(Course(course), NAME)
    return course


def stock(course: Path, folder: Path, students: Mapping[str, str]) -> Path:
    """Copy our course for stock nbgrader, with some of its class: our test cells judge, in the student's kernel.

    ``students`` maps each student to the name used there.
    """
    copy_of(course, folder, students)
    (folder / "nbgrader_config.py").write_text(STOCK)
    lay_support(Course(course).assignment(NAME), folder / "source" / NAME)  # nbgrader copies it beside each notebook
    return folder


def copy_of(course: Path, folder: Path, students: Mapping[str, str]) -> Path:
    """Copy the course with some of its class, nobody graded."""
    shutil.copytree(course, folder, ignore=shutil.ignore_patterns("submitted", "autograded", "reports", "feedback"))
    hand_in(course, folder, students)
    return folder


def plain_course(course: Path, folder: Path, students: Mapping[str, str]) -> Path:
    """Make a course of the same notebook whose test cells hold asserts, for stock nbgrader.

    ``students`` maps each student to the name used there.
    """
    assignment = Course(course).assignment(NAME)
    source = folder / "source" / NAME
    source.mkdir(parents=True)
    (folder / "nbgrader_config.py").write_text(STOCK)
    shutil.copytree(course / "source" / NAME / "figures", source / "figures")
    lay_support(assignment, source)
    reading.write_notebook(plain.plain_source(assignment), source / FILE)
    measure(folder, "nbgrader", "generate_assignment", NAME)
    hand_in(course, folder, students)
    return folder


def hand_in(course: Path, other: Path, students: Mapping[str, str]) -> None:
    """Copy submissions of some students into another course."""
    for student, name in students.items():
        shutil.copytree(submission(course, student).parent, submission(other, name).parent)


def lay_support(assignment: Assignment, folder: Path) -> None:
    """Write the files that a released notebook needs into a folder."""
    for name, content in support_files(assignment).items():
        (folder / name).write_bytes(content)


def bare_notebooks(course: Path, folder: Path, students: Iterable[str]) -> list[Path]:
    """Write the notebooks of some students without their test cells, for tools with other tests or none."""
    assignment = Course(course).assignment(NAME)
    folder.mkdir(parents=True)
    lay_support(assignment, folder)
    paths = []
    for student in students:
        nb, _ = repair_notebook(reading.read_notebook(submission(course, student)), assignment.template)
        tests = {cell.id for cell in finding.test_cells(nb).values()}
        nb.cells = [cell for cell in nb.cells if cell.id not in tests]
        paths.append(folder / f"{student}.ipynb")
        reading.write_notebook(nb, paths[-1])
    return paths


def submission(course: Path, student: str) -> Path:
    """Return the path of a submitted notebook."""
    return course / "submitted" / student / NAME / FILE


def scores(course: Path) -> dict[str, float]:
    """Return each graded student's score in the course's gradebook."""
    query = """
        SELECT s.student_id, SUM(g.auto_score) FROM grade g JOIN submitted_notebook n ON n.id = g.notebook_id
        JOIN submitted_assignment s ON s.id = n.assignment_id WHERE g.auto_score IS NOT NULL GROUP BY s.student_id"""
    db = sqlite3.connect(f"file:{course / 'gradebook.db'}?mode=ro", uri=True)
    try:
        return dict(db.execute(query).fetchall())
    finally:
        db.close()
