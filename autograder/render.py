"""Verdicts as a reader sees them: HTML for the notebook and the feedback page, plain text beside it."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape

from .model import Verdict

#: Marks are words too, and stay on one line.
PASSED, NOT_YET = "✓&nbsp;passed", "✗&nbsp;not&nbsp;yet"
NAMES = {"returns": "comes back", "arguments": "leaves its arguments alone", "repeatable": "same answer twice"}


@lru_cache(maxsize=1024)
def outputs_of(verdict: Verdict) -> tuple[dict, ...]:
    """A test cell's outputs, for many students the same: the feedback, and the score as the float that nbgrader reads.

    nbgrader looks at the first error, stderr or execute_result only; the feedback is display data, so that the score
    decides.
    """
    feedback = {"text/html": to_html(verdict), "text/plain": to_text(verdict)}
    score = {"text/plain": repr(float(verdict.score))}
    return (
        {"output_type": "display_data", "data": feedback, "metadata": {}},
        {"output_type": "execute_result", "execution_count": None, "metadata": {}, "data": score},
    )


def headline(verdict: Verdict) -> str:
    return f"{verdict.task}: {number(verdict.score)} of {number(verdict.max_score)} points"


def sentences(verdict: Verdict) -> list[str]:
    """What follows the table: facts that are certain, then the diagnosis, then a question."""
    if verdict.diagnosis:
        return [*verdict.notes, verdict.diagnosis.says, verdict.diagnosis.hint]
    return [*verdict.notes, *([verdict.question] if verdict.question else [])]


def to_text(verdict: Verdict) -> str:
    """The feedback for a terminal."""
    lines = [headline(verdict)]
    for check in verdict.checks:
        mark = "passed" if check.passed else "not yet"
        points = f" {number(check.points)}/{number(check.max_points)}" if check.max_points else ""
        lines.append(f"  {mark:7} {label(check.name)}{points}: {check.message}")
    return "\n".join(lines + [f"  {line}" for line in sentences(verdict)])


def to_html(verdict: Verdict) -> str:
    """The feedback for a page: every word from outside is escaped, and marks are words, not colours alone.

    Only tags that `sanitize` lets through; ``table`` is the class that nbgrader's pages style.
    """
    rows = "".join(
        row(
            code(label(check.name)),
            PASSED if check.passed else NOT_YET,
            f"{number(check.points)} of {number(check.max_points)}" if check.max_points else "",
            code(check.message),
        )
        for check in verdict.checks
    )
    head = row("check", "result", "points", "what was seen", tag="th")
    after = "".join(f"<div>{code(line)}</div>" for line in sentences(verdict))
    table = f"<table class='table'><thead>{head}</thead><tbody>{rows}</tbody></table>"
    return f"<div><strong>{code(headline(verdict))}</strong></div>{table}{after}"


def row(*cells: str, tag: str = "td") -> str:
    return f"<tr>{''.join(f'<{tag}>{cell}</{tag}>' for cell in cells)}</tr>"


def label(check: str) -> str:
    return NAMES.get(check, f"`{check}`")


def code(text: str) -> str:
    """Escaped HTML with the spans between backticks as code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text))


def number(points: float) -> str:
    return f"{points:.2f}".rstrip("0").rstrip(".")
