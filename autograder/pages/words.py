"""The words for a verdict that pages, check cells and exports share."""

from __future__ import annotations

import re
from html import escape

from markupsafe import Markup

from ..model import Check, Verdict

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
    """Return the sentences after the checks: certain facts, then the diagnosis, then a question."""
    if verdict.untouched:
        return [*verdict.notes]
    if verdict.diagnosis:
        return [*verdict.notes, verdict.diagnosis.says, verdict.diagnosis.hint]
    return [*verdict.notes, *([verdict.question] if verdict.question else [])]


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
