"""The grade of each student for all formats: the gradebook's score and the report's verdicts, or no score and a reason.

A student who handed in nothing has no score. Neither has a submission that could not be graded, so that a failure of
the autograder never becomes a zero, unless a person has scored each of its cells.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ..model import CellGrade, Report, StudentGrade, Verdict
from ..notebooks.finding import NO_RESPONSE, tests_of
from ..pages.words import number

NO_SUBMISSION = "no submission"
NO_REASON = "no reason is known"


@dataclass(frozen=True)
class Export:
    """The files of an export, and notes for the person who exports."""

    files: Mapping[str, bytes]  # by path, relative to the place where they are written
    notes: tuple[str, ...] = ()


def to_json(value: dict[str, Any]) -> bytes:
    """Return a value as JSON on one line."""
    return (json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n").encode()


@dataclass(frozen=True)
class ExportedGrade:
    """A student's score in an assignment, or the reason why there is none."""

    student: str
    grade: StudentGrade | None
    report: Report | None
    score: float | None
    reason: str = ""  # "" if there is a score
    submitted: bool = True

    @property
    def max_score(self) -> float:
        """Return the points of the assignment; 0 if the gradebook does not know the student."""
        return self.grade.max_score if self.grade else 0.0

    @property
    def late_penalty(self) -> float:
        """Return the points that are taken off."""
        return self.grade.late_penalty if self.grade else 0.0

    @property
    def headline(self) -> str:
        """Return the score in words."""
        if self.score is None:
            return self.reason
        late = f" ({number(self.late_penalty)} taken off for being late)" if self.late_penalty else ""
        return f"{number(self.score)} of {number(self.max_score)} points{late}"

    @property
    def cells(self) -> Mapping[str, CellGrade]:
        """Return the points of the gradebook's cells, by grade_id."""
        return self.grade.cells if self.grade else {}

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """Return the report's verdicts, with manual points in place of automatic ones."""
        return [self._with_manual_points(verdict) for verdict in self.report.verdicts] if self.report else []

    def _with_manual_points(self, verdict: Verdict) -> Verdict:
        cell = self.cells.get(grade_cell(verdict))
        return replace(verdict, score=cell.score, max_score=cell.max_score) if cell and cell.has_points else verdict

    @cached_property
    def other_cells(self) -> dict[str, CellGrade]:
        """Return the graded cells without a verdict, which a person grades."""
        judged = {grade_cell(verdict) for verdict in self.verdicts}
        return {name: cell for name, cell in self.cells.items() if name not in judged}

    @property
    def comments(self) -> dict[str, str]:
        """Return a person's comments, by grade_id."""
        comments = self.grade.comments if self.grade else {}
        return {cell: comment for cell, comment in comments.items() if comment and comment != NO_RESPONSE}

    @property
    def repairs(self) -> list[str]:
        """Return a sentence for each repair of the submission."""
        return [repair.text for repair in self.report.repairs] if self.report else []


def grade_cell(verdict: Verdict) -> str:
    """Return the grade_id of a task's test cell."""
    return tests_of(verdict.task)


def combine_grades(
    grades: Mapping[str, StudentGrade], reports: Mapping[str, Report]
) -> dict[str, ExportedGrade]:
    """Return the grade of each student in the gradebook or the report store, in the order of their ids."""
    return {student: combine_grade(student, grades.get(student), reports.get(student))
            for student in sorted({*grades, *reports})}


def combine_grade(student: str, grade: StudentGrade | None, report: Report | None) -> ExportedGrade:
    """Return the grade of one student."""

    def without_score(reason: str, submitted: bool = True) -> ExportedGrade:
        return ExportedGrade(student, grade, report, None, reason, submitted)

    if report and report.status == "not graded" and not is_scored_by_hand(grade):
        return without_score(f"not graded: {report.reason or NO_REASON}")
    if grade is None:
        return without_score("not graded: the gradebook does not know this student")
    if not grade.submitted:
        return without_score(NO_SUBMISSION, submitted=False)
    if grade.cells and not any(cell.has_points for cell in grade.cells.values()):
        return without_score("not graded: no cell has points yet")
    return ExportedGrade(student, grade, report, float(grade.score))


def is_scored_by_hand(grade: StudentGrade | None) -> bool:
    """Tell if a person has scored every cell."""
    return grade is not None and bool(grade.cells) and all(
        cell.manual_score is not None for cell in grade.cells.values())
