"""Coursera: ``feedback.json`` and ``htmlFeedback.html``, as its custom graders leave them in ``/shared``."""

from __future__ import annotations

import json
from collections.abc import Mapping

from .grades import Export, Grade, notes_of, summary_html

FILE, PAGE = "feedback.json", "htmlFeedback.html"


def export(grades: Mapping[str, Grade], name: str) -> Export:
    """A folder with both files for each student who has a score.

    The format has no way to say "not graded", since the fraction is required: there is no file then, which Coursera
    shows as a grader that failed and not as a zero.
    """
    files = {}
    for student, grade in grades.items():
        if grade.score is None or not grade.max_score:
            continue
        files[f"{student}/{FILE}"] = (json.dumps(feedback(name, grade), ensure_ascii=False) + "\n").encode()
        files[f"{student}/{PAGE}"] = page(name, grade)
    return Export(files, notes_of(grades.values()))


def feedback(name: str, grade: Grade) -> dict:
    """A student's ``feedback.json``; the words are in the page beside it."""
    fraction = min(1.0, max(0.0, grade.score / grade.max_score))
    return {"fractionalScore": fraction, "feedback": f"{name}: {grade.headline}", "feedbackType": "HTML"}


def page(name: str, grade: Grade) -> bytes:
    return (f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Feedback</title></head>'
            f"<body>{summary_html(name, grade)}</body></html>\n").encode()
