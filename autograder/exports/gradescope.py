"""Gradescope's ``results.json``, as its autograders write it (https://gradescope-autograders.readthedocs.io)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..model import Report, Verdict
from ..pages.words import label, number
from .grades import NO_REASON, Export, ExportedGrade, to_json
from .words import exceptions, feedback_lines

FILE = "results.json"
#: Markup of Markdown outside of code: anywhere, and at the beginning of a line.
MARKUP = re.compile(r"([\\`*_\[\]|~])|^(?=[#+>-])|(?<=^\d)(?=[.)])")


def export(grades: Mapping[str, ExportedGrade], assignment: str) -> Export:
    """Return a folder with ``results.json`` for each student who handed in.

    The file of a submission that was not graded has no score. Gradescope shows that as a failure of the autograder,
    not as a zero.
    """
    files = {f"{student}/{FILE}": to_json(grade_results(grade)) for student, grade in grades.items() if grade.submitted}
    return Export(files, exceptions(grades.values()))


def grade_results(grade: ExportedGrade) -> dict[str, Any]:
    """Return a student's ``results.json``."""
    if grade.score is None:
        return without_score(f"{grade.reason[:1].upper()}{grade.reason[1:]}.", grade.report)
    late = [f"{number(grade.late_penalty)} points are taken off for being late."] if grade.late_penalty else []
    comments = [f"`{cell}`: {comment}" for cell, comment in grade.comments.items()]
    tests = [task_result(verdict) for verdict in grade.verdicts]
    tests += [{"name": name, "score": cell.score, "max_score": cell.max_score, "visibility": "visible",
               **({} if cell.has_points else {"output": "A person has yet to grade this."})}
              for name, cell in grade.other_cells.items()]
    return with_score(grade.score, tests, [*grade.repairs, *late, *comments], grade.report)


def report_results(report: Report) -> dict[str, Any]:
    """Return the ``results.json`` of a submission from its report alone, without a gradebook."""
    if report.status == "not graded":
        return without_score(f"Not graded: {report.reason or NO_REASON}.", report)
    tests = [task_result(verdict) for verdict in report.verdicts]
    return with_score(report.score, tests, [repair.text for repair in report.repairs], report)


def with_score(
    score: float, tests: list[dict[str, Any]], lines: Iterable[str], report: Report | None
) -> dict[str, Any]:
    """Return the file of a graded submission."""
    return {
        "score": float(score), "execution_time": round(report.seconds, 3) if report else 0.0,
        "output": "\n\n".join(map(to_markdown, lines)), "output_format": "md",
        "visibility": "visible", "stdout_visibility": "hidden", "tests": tests,
        "extra_data": extra_data(report, "graded"),
    }


def without_score(text: str, report: Report | None = None) -> dict[str, Any]:
    """Return the file of a submission that was not graded, without any number that could pass for a zero."""
    return {"output": text, "output_format": "text", "visibility": "visible", "stdout_visibility": "hidden",
            "extra_data": extra_data(report, "not graded")}


def extra_data(report: Report | None, status: str) -> dict[str, Any]:
    """Return the data that Gradescope keeps and shows to nobody."""
    mistakes = {verdict.task: verdict.diagnosis.mistake for verdict in report.verdicts if verdict.diagnosis} if (
        report) else {}
    return {"status": report.status if report else status, "isolation": report.isolation if report else None,
            "mistakes": mistakes}


def task_result(verdict: Verdict) -> dict[str, Any]:
    """Return a task as one of Gradescope's tests."""
    passed = [f"{label(check.name)}: {check.message}" for check in verdict.checks if check.passed]
    return {
        "name": verdict.task, "score": verdict.score, "max_score": verdict.max_score,
        "status": "passed" if verdict.passed else "failed", "visibility": "visible",
        "output": "\n".join(f"- {to_markdown(line)}" for line in feedback_lines(verdict) or passed),
        "output_format": "md",
    }


def to_markdown(line: str) -> str:
    """Return a line in Markdown: text between backticks is code, and all other text is escaped."""
    parts = re.split(r"`([^`]*)`", " ".join(line.split()))
    return "".join(f"`{part}`" if position % 2 and part else escape_markdown(part)
                   for position, part in enumerate(parts))


def escape_markdown(text: str) -> str:
    """Return a text in which Markdown sees neither markup nor HTML."""
    return MARKUP.sub(lambda found: "\\" + found[0], text.replace("&", "&amp;").replace("<", "&lt;"))
