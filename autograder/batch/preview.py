"""Tell whose points a run would change, without writing anything."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import Engine

from ..course.assignment import Assignment
from ..course.course import Course
from ..errors import AutograderError, CourseError, UnknownAssignmentError, reason_of
from ..model import CellGrade, Report, StudentGrade
from ..nbgrader_bridge import gradebook, gradebook_writer
from ..nbgrader_bridge.gradebook import Structure
from ..nbgrader_bridge.late import Penalty, late_penalty
from ..timestamps import parse_utc
from .grader import GradedSubmission, prepare_grader
from .job import Job, make_job
from .run import Submissions, check_released
from .workers import Workers
from .writing import Progress, RunSummary

ALMOST = 1e-9  # a difference of points that is none


@dataclass(frozen=True)
class PointsChange:
    """The points of a student, in the gradebook and after a run."""

    student: str
    before: float | None  # with manual scores and penalty; None if there is no score yet
    after: float
    cells: Mapping[str, tuple[float | None, float | None]]  # automatic points before and after, by grade_id
    by_hand: tuple[str, ...] = ()  # of these cells, those with a manual score, which stays


@dataclass
class Preview:
    """The outcome of a run that writes nothing."""

    summary: RunSummary
    needs_release: str = ""  # the change that has not been released
    changes: list[PointsChange] = field(default_factory=list)


def preview_class(
    course: Course, name: str, students: Sequence[str], workers: Callable[[Job], Workers],
    progress: Progress = lambda summary, report: None, isolation: str | None = None, again: bool = False,
) -> Preview:
    """Grade as `grade_class` does, from the source as it is, and compare with the gradebook. Nothing is written.

    Raises
    ------
    CourseError, GradebookError
        Nothing can be graded, or the assignment has never been released.
    """
    preview = Preview(RunSummary())
    assignment, config = course.assignment(name), course.config_for(name)
    late = late_penalty(config)
    with gradebook.open_gradebook(course, create=False) as engine:
        structure = find_structure(course, assignment, engine, preview)
        job = make_job(assignment, structure, config, isolation)
        prepare_grader(job, assignment)
        submissions = Submissions(course, name, job, gradebook_writer.graded_students(engine, structure), again)
        collector = Collector(gradebook.read_grades(course, name, create=False), structure, late, preview, progress)
        try:
            with workers(job) as pool:
                for graded in pool.grade(submissions.to_grade(students, collector)):
                    if graded is None:
                        collector.tick()
                    else:
                        collector.add(graded)
        except KeyboardInterrupt:
            preview.summary.stopped = True
    preview.changes.sort(key=lambda change: change.student)
    return preview


def find_structure(course: Course, assignment: Assignment, engine: Engine, preview: Preview) -> Structure:
    """Return the gradebook's record of an assignment, as a release of the present source would make it."""
    known = gradebook.read_structure(engine, assignment.name)
    if known is None:
        raise UnknownAssignmentError(assignment.name)
    try:
        check_released(assignment, known)
        return known
    except CourseError as error:
        preview.needs_release = error.args[1]
    from ..nbgrader_bridge.release import build_release  # with nbgrader, which takes a second

    with tempfile.TemporaryDirectory(prefix="autograder-") as folder:
        return build_release(course, assignment.name, Path(folder)).structure(known)


class Collector:
    """Takes results as a `Writer` does, and compares them with the gradebook.

    Parameters
    ----------
    grades : mapping of str to StudentGrade
        By student, from the gradebook.
    structure : Structure
    late : Penalty, optional
    preview : Preview
        Takes the outcome.
    progress : callable
    """

    def __init__(self, grades: Mapping[str, StudentGrade], structure: Structure, late: Penalty | None,
                 preview: Preview, progress: Progress) -> None:
        self._grades, self._structure, self._late = grades, structure, late
        self._preview, self._progress = preview, progress

    def add(self, graded: GradedSubmission) -> None:
        """Take a result."""
        report = graded.report
        if graded.auto_scores is not None:
            try:
                self._compare(graded, graded.auto_scores)
            except AutograderError as error:  # the plugin for late penalties failed
                report = Report("", graded.student, "not graded", reason=reason_of(error), reason_kind=error.kind)
        self._preview.summary.add(report)
        self._progress(self._preview.summary, report)

    def skip(self, report: Report) -> None:
        """Count a submission that the run would leave."""
        self._preview.summary.skip(report)
        self._progress(self._preview.summary, report)

    def tick(self) -> None:
        """Tell that time has passed."""
        self._progress(self._preview.summary, None)

    def _compare(self, graded: GradedSubmission, scores: Mapping[str, float | None]) -> None:
        before = self._grades.get(graded.student)
        after = self._grade_after(graded, before, scores)
        old = before.cells if before else {}
        cells = dict(self._changed_cells(old, after.cells))
        had_score = before is not None and any(cell.has_points for cell in old.values())
        same = had_score and before is not None and abs(before.score - after.score) <= ALMOST
        if cells or not same:
            by_hand = tuple(name for name, cell in after.cells.items()
                            if name in cells and cell.manual_score is not None)
            self._preview.changes.append(PointsChange(
                graded.student, before.score if had_score and before else None, after.score, cells, by_hand))

    def _grade_after(
        self, graded: GradedSubmission, before: StudentGrade | None, scores: Mapping[str, float | None]
    ) -> StudentGrade:
        """Return the grade that the run would leave."""
        old = before.cells if before else {}
        cells = {}
        for name, points in self._structure.points.items():
            cell = old.get(name, CellGrade(None, None, None, points, True))
            cells[name] = replace(cell, max_score=points, auto_score=scores.get(name, cell.auto_score))
        time = parse_utc(graded.timestamp) if graded.timestamp else None
        if before is None:
            before = StudentGrade(graded.student, None, None, None, None, time, self._structure.duedate, 0.0, 0.0, True)
        after = replace(before, cells=cells, timestamp=time, late_penalty=0.0)
        late = after.seconds_late
        penalty = self._late(graded.student, after.raw_score, late) if self._late and late else None
        return replace(after, late_penalty=penalty or 0.0)

    @staticmethod
    def _changed_cells(
        old: Mapping[str, CellGrade], new: Mapping[str, CellGrade]
    ) -> Iterator[tuple[str, tuple[float | None, float | None]]]:
        for name in {**old, **new}:
            before = old[name].auto_score if name in old else None
            after = new[name].auto_score if name in new else None
            if before != after and (before is None or after is None or abs(before - after) > ALMOST):
                yield name, (before, after)
