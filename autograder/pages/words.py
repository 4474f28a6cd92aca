"""The words for a verdict that pages, check cells and exports share."""

from __future__ import annotations

import re
from html import escape

from markupsafe import Markup

from ..model import Check, Line, Verdict

#: The checks that are not outputs, as a reader sees them.
NAMES = {"returns": "comes back", "arguments": "leaves its arguments alone", "repeatable": "same answer twice"}


def headline(verdict: Verdict) -> str:
    """Return the task's name and points in a few words."""
    return f"{verdict.task}: {number(verdict.score)} of {number(verdict.max_score)} points"


def select_failures(verdict: Verdict) -> tuple[Check, ...]:
    """Return the failed checks that tell something: none of a task that is not begun, none that waits for another.

    If the call fails, that is the only one.
    """
    failed = tuple(check for check in verdict.checks if not check.passed)
    if verdict.untouched:
        return ()
    if failed and failed[0].name == "returns":
        return failed[:1]
    return tuple(check for check in failed if check.kind != "waiting")


def sentences(verdict: Verdict) -> list[str]:
    """Return the sentences after the checks: wrong lines, certain facts, the diagnosis, a question."""
    if verdict.untouched:
        return [*verdict.notes]
    lines = [f"Line {line.line}{at_step(line)}: {line.says}" for line in verdict.lines if line.says]
    says = [verdict.diagnosis.says] if verdict.diagnosis else []
    found = [*lines, *verdict.notes, *says, *filter(None, [question_of(verdict)])]
    return list(dict.fromkeys(found))  # a fact may be the diagnosis, too


def question_of(verdict: Verdict) -> str | None:
    """Return the question that leads on. A wrong line says more than the question that its kind of gap has."""
    if verdict.diagnosis:
        return verdict.diagnosis.hint
    return None if verdict.lines and not verdict.waiting else verdict.question


def at_step(line: Line) -> str:
    """Return the time step at which a wrong line shows first, in words."""
    return "" if line.step is None else f", first at step {line.step}"


def to_text(verdict: Verdict) -> str:
    """Return the feedback for a terminal."""
    lines = [headline(verdict)]
    for check in verdict.checks:
        mark = "passed" if check.passed else "not yet"
        points = f" {number(check.points)}/{number(check.max_points)}" if check.max_points else ""
        lines.append(f"  {mark:7} {label(check.name)}{points}: {check.message}")
    return "\n".join(lines + [f"  {line}" for line in sentences(verdict)])


def label(check: str) -> str:
    """Return a check's name for a reader."""
    return NAMES.get(check, f"`{check}`")


def code(text: str) -> Markup:
    """Return escaped HTML with the spans between backticks as code."""
    return Markup(re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text)))


def number(points: float) -> str:
    """Return points with at most two decimals."""
    return f"{points:.2f}".rstrip("0").rstrip(".")
