"""Gradescope: ``results.json``, as its autograders write it (https://gradescope-autograders.readthedocs.io)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from .. import render
from ..model import Verdict
from .grades import Export, Grade, has_points, notes_of, number, reason_of, verdicts_of, words

FILE = "results.json"
#: What Markdown would read as its own outside of code: anywhere, and at the beginning of a line.
MARKUP = re.compile(r"([\\`*_\[\]|~])|^(?=[#+>-])|(?<=^\d)(?=[.)])")


def export(grades: Mapping[str, Grade], name: str) -> Export:
    """A folder with ``results.json`` for each student who handed in.

    A submission that was not graded gets a file without any score, which Gradescope shows as a failure of the
    autograder, and not as a zero; who handed in nothing gets no file.
    """
    files = {f"{student}/{FILE}": to_json(results(grade)) for student, grade in grades.items() if grade.submitted}
    return Export(files, notes_of(grades.values()))


def results(grade: Grade) -> dict:
    """A student's ``results.json``."""
    report = grade.report or {}
    if grade.score is None:
        return without_score(grade.why[:1].upper() + grade.why[1:] + ".", report)
    late = grade.standing.late_penalty
    said = [*texts(report), *([f"{number(late)} points are taken off for being late."] if late else [])]
    said += [f"`{cell}`: {comment}" for cell, comment in grade.comments.items()]
    tests = [test_of(verdict) for verdict in grade.verdicts]
    tests += [{"name": cell, "score": points.score, "max_score": points.max_score, "visibility": "visible",
               **({} if has_points(points) else {"output": "A person has yet to grade this."})}
              for cell, points in grade.other_cells.items()]
    return whole(float(grade.score), tests, said, report)


def results_of_report(report: Mapping) -> dict:
    """A submission's ``results.json`` from its report alone, where there is no gradebook."""
    if report["status"] == "not graded":
        return without_score(f"Not graded: {reason_of(report)}.", report)
    verdicts = verdicts_of(report)
    return whole(sum(v.score for v in verdicts), [test_of(v) for v in verdicts], texts(report), report)


def whole(score: float, tests: list[dict], said, report: Mapping) -> dict:
    """The file with a score."""
    return {
        "score": score, "execution_time": round(report.get("seconds") or 0.0, 3),
        "output": "\n\n".join(map(markdown, said)), "output_format": "md",
        "visibility": "visible", "stdout_visibility": "hidden", "tests": tests, "extra_data": extra(report),
    }


def without_score(said: str, report: Mapping) -> dict:
    """The file of a submission that was not graded: words for a person, and no number that could pass for a zero."""
    return {"output": said, "output_format": "text", "visibility": "visible", "stdout_visibility": "hidden",
            "extra_data": extra(report)}


def texts(report: Mapping) -> list[str]:
    return [repair["text"] for repair in report.get("repairs", ())]


def extra(report: Mapping) -> dict:
    """What Gradescope keeps and shows to nobody."""
    mistakes = {name: task["diagnosis"]["mistake"] for name, task in report.get("tasks", {}).items()
                if task.get("diagnosis")}
    return {"status": report.get("status", "graded"), "isolation": report.get("isolation"), "mistakes": mistakes}


def test_of(verdict: Verdict) -> dict:
    """A task as one of Gradescope's tests."""
    passed = [f"{render.label(check.name)}: {check.message}" for check in verdict.checks if check.passed]
    return {
        "name": verdict.task, "score": verdict.score, "max_score": verdict.max_score,
        "status": "passed" if verdict.passed else "failed", "visibility": "visible",
        "output": "\n".join(f"- {markdown(line)}" for line in words(verdict) or passed), "output_format": "md",
    }


test_of.__test__ = False


def markdown(line: str) -> str:
    """The line in Markdown: what stands between backticks is code, and nothing else in it is markup or HTML."""
    parts = re.split(r"`([^`]*)`", " ".join(line.split()))
    return "".join(f"`{part}`" if at % 2 and part else escaped(part) for at, part in enumerate(parts))


def escaped(text: str) -> str:
    return MARKUP.sub(lambda found: "\\" + found[0], text.replace("&", "&amp;").replace("<", "&lt;"))


def to_json(value) -> bytes:
    return (json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n").encode()
