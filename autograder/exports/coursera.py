"""Coursera's ``feedback.json`` and ``htmlFeedback.html``, as custom graders leave them in ``/shared``."""

from __future__ import annotations

from collections.abc import Mapping

from .grades import Export, ExportedGrade, to_json
from .words import exceptions, summary_html

FILE, PAGE = "feedback.json", "htmlFeedback.html"


def export(grades: Mapping[str, ExportedGrade], assignment: str) -> Export:
    """Return a folder with both files for each student who has a score.

    The format requires a fraction, so a submission that was not graded has no file. Coursera shows that as a failure
    of the grader, not as a zero.
    """
    files = {}
    for student, grade in grades.items():
        if grade.score is None or not grade.max_score:
            continue
        fraction = min(1.0, max(0.0, grade.score / grade.max_score))
        files[f"{student}/{FILE}"] = to_json({
            "fractionalScore": fraction, "feedback": f"{assignment}: {grade.headline}", "feedbackType": "HTML"})
        files[f"{student}/{PAGE}"] = (
            f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Feedback</title></head>'
            f"<body>{summary_html(assignment, grade)}</body></html>\n").encode()
    return Export(files, exceptions(grades.values()))
