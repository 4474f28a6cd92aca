"""Grade a whole class: what is new or has changed, several submissions at a time.

A run may be killed at any moment, since it writes in this order: the autograded notebook, the gradebook, and last the
report with the key of what was graded. A submission without its key is graded again. Notebooks are on the disk before
a report says so, so that after a power cut none counts as graded that is lost.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from sqlalchemy import Engine

from ..course.assignment import Assignment
from ..course.course import Course
from ..course.public_cases import released_files
from ..errors import CourseError, NotebookError, kind_of, reason_of
from ..model import Repair, Report
from ..nbgrader_bridge import gradebook, gradebook_writer
from ..nbgrader_bridge.late import late_penalty
from ..notebooks.finding import nbgrader_metadata
from ..notebooks.own_files import read_own_files
from ..notebooks.reading import read_bytes
from ..notebooks.submission import read_timestamp, submission_files
from ..store import WORK, work_digest
from .grader import GradedSubmission, Submission, not_graded, prepare_grader
from .job import Job, digest_of, make_job
from .workers import Workers
from .writing import ClassFiles, Progress, RunSummary, Writer, check_writable


def grade_class(
    course: Course, name: str, students: Sequence[str], workers: Callable[[Job], Workers],
    progress: Progress = lambda summary, report: None, isolation: str | None = None, again: bool = False,
) -> RunSummary:
    """Grade the submissions that are new or have changed. Reports go to the store, points to the gradebook.

    Parameters
    ----------
    course : Course
    name : str
        The assignment's.
    students : sequence of str
    workers : callable
        Makes the `Workers` for a job.
    progress : callable
    isolation : str, optional
        A setting of `hooks.Judge`, in place of the course's own.
    again : bool
        Grade also what has not changed.

    Raises
    ------
    CourseError, GradebookError
        Nothing can be graded, or results cannot be written. Results written before stay.
    """
    start, summary = time.perf_counter(), RunSummary()
    assignment, config = course.assignment(name), course.config_for(name)
    late = late_penalty(config)
    for folder in (course.root / "autograded", course.reports(name).folder):
        check_writable(folder)
    with gradebook.open_gradebook(course) as engine:
        structure = released_structure(course, assignment, engine)
        assignment = course.assignment(name)  # as it was released
        job = make_job(assignment, structure, config, isolation)
        prepare_grader(job, assignment)
        extensions = gradebook_writer.graded_students(engine, structure)
        submissions = Submissions(course, name, job, extensions, again)
        writer = Writer(ClassFiles(course, name, structure, engine, late), summary, progress)
        try:
            with workers(job) as pool:
                for graded in pool.grade(submissions.to_grade(students, writer)):
                    if graded is None:
                        writer.tick()
                    else:
                        writer.add(graded)
        except KeyboardInterrupt:
            summary.stopped = True
        finally:
            writer.flush()
    summary.seconds = time.perf_counter() - start
    return summary


def released_structure(course: Course, assignment: Assignment, engine: Engine) -> gradebook.Structure:
    """Return the gradebook's record of an assignment, which is released first if it has none.

    Raises
    ------
    CourseError
        The source notebook has changed since it was released.
    """
    structure = gradebook.read_structure(engine, assignment.name)
    if structure is None:
        from ..nbgrader_bridge.release import release_assignment  # with nbgrader, which takes a second

        release_assignment(course, assignment.name)
        structure = gradebook.read_structure(engine, assignment.name)
        assert structure is not None
        return structure
    check_released(assignment, structure)
    return structure


def check_released(assignment: Assignment, structure: gradebook.Structure) -> None:
    """Check that the gradebook knows the source notebook's cells.

    Raises
    ------
    CourseError
        The source notebook has changed since it was released: points could be those of another test.
    """
    names = set()
    for cell in assignment.notebook.cells:
        metadata = nbgrader_metadata(cell)
        name, points = metadata.get("grade_id"), metadata.get("points")
        known = structure.cells.get(name or "")
        names.add(name)
        if name and (known is None or known.cell_type != cell.cell_type
                     or (known.locked and known.source != cell.source)
                     or (points is not None and float(points) != structure.points.get(name))):
            raise _not_released(assignment, name, "has changed" if known else "was added")
    for name in structure.cells:
        if name not in names:
            raise _not_released(assignment, name, "was dropped")


def _not_released(assignment: Assignment, cell: str, change: str) -> CourseError:
    return CourseError(assignment.path, f"cell {cell!r} {change} since the assignment was released",
                       f"Run: autograder release {assignment.name} (grade --dry-run lists whose points would change)")


class ResultTaker(Protocol):
    """Takes results: a `Writer`, or what compares them only."""

    def add(self, graded: GradedSubmission) -> None:
        """Take a result."""
        ...

    def skip(self, report: Report) -> None:
        """Count a report that an earlier run wrote."""
        ...


@dataclass(frozen=True)
class Submissions:
    """The submissions of a class, and which of them are graded already."""

    course: Course
    name: str  # the assignment's
    job: Job
    extensions: Mapping[str, timedelta | None]  # of the students with rows in the gradebook
    again: bool

    @property
    def assignment(self) -> Assignment:
        """The assignment."""
        return self.course.assignment(self.name)

    def to_grade(self, students: Sequence[str], writer: ResultTaker) -> Iterator[Submission]:
        """Yield the submissions to grade. The writer gets the others: unreadable ones, and those graded before."""
        store = self.course.reports(self.name)
        for student in students:
            submission, problem = self.read(student)
            if problem is not None:
                writer.add(not_graded(submission, *problem))
            elif self.again or not self._is_graded(submission):
                yield submission
            elif report := store.load(student):
                writer.skip(report)

    def read(self, student: str) -> tuple[Submission, tuple[str, str] | None]:
        """Return a student's submission; and if it cannot be graded, the reason and its kind."""
        folder = self.course.submitted(student, self.name)
        path, content, own_files = str(folder), b"", dict[str, bytes]()
        repairs: tuple[Repair, ...] = ()
        problem: tuple[str, str] | None = None
        timestamp, odd = read_timestamp(folder)
        try:
            found = submission_files(folder, f"{self.name}.ipynb", self.assignment.count_work)
            path, repairs = str(found.notebook), found.repairs
            content = read_bytes(found.notebook)
            own_files, unused = read_own_files(found.notebook, found.files, released_files(self.assignment))
            repairs += unused
        except (NotebookError, OSError) as error:
            problem = reason_of(error), kind_of(error)
        if odd:
            repairs = (*repairs, odd)
        own = [part for name, file in sorted(own_files.items()) for part in (name, file)]
        key = digest_of(self.job.digest, student, content, timestamp or "", str(odd or ""),
                        str(self.extensions.get(student)), *own)
        key += WORK + work_digest(content, timestamp)
        return Submission(student, content, path, repairs, timestamp, key, own_files), problem

    def _is_graded(self, submission: Submission) -> bool:
        """Return whether report, gradebook and autograded notebook hold this very submission."""
        if not self.course.reports(self.name).is_graded(submission.student, submission.key):
            return False
        notebook = self.course.autograded(submission.student, self.name) / f"{self.name}.ipynb"
        with suppress(OSError):
            return submission.student in self.extensions and notebook.stat().st_size > 0
        return False
