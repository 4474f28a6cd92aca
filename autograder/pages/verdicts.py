"""A verdict as HTML, from the macros in ``templates/verdict.html.j2``, and as the outputs of a check cell."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ..model import Verdict
from .templating import environment
from .words import to_text


@lru_cache(maxsize=1024)
def outputs_of(verdict: Verdict) -> tuple[dict[str, Any], ...]:
    """Return a test cell's outputs: the feedback, and the score as the float that nbgrader reads.

    The feedback is display data, since nbgrader looks at the first error, stderr or execute_result only. Many students
    share a verdict, hence the cache.
    """
    feedback = {"text/html": to_html(verdict), "text/plain": to_text(verdict)}
    score = {"text/plain": repr(float(verdict.score))}
    return (
        {"output_type": "display_data", "data": feedback, "metadata": {}},
        {"output_type": "execute_result", "execution_count": None, "metadata": {}, "data": score},
    )


def to_html(verdict: Verdict) -> str:
    """Return the feedback for a check cell: marks are words, not colours alone, and every text is escaped.

    It has only tags that `sanitizer` lets through; ``table`` is the class that nbgrader's pages style.
    """
    return str(_macros().table(verdict))


def to_summary(verdict: Verdict) -> str:
    """Return what differs, the facts and the question as one piece of HTML, for other systems."""
    return str(_macros().summary(verdict))


def _macros() -> Any:
    return environment().get_template("verdict.html.j2").module
