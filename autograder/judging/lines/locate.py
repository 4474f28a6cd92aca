"""The wrong lines of a student's function on one set of arguments."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from .ends import find_passes
from .equations import Equations
from .evaluate import Evaluator
from .filters import CERTAIN, concerned, drop_consequences, drop_excused, merge
from .finding import Finding
from .findings import Finder
from .loops import may_be_other
from .passes import Student
from .syntax import Lines
from .trace import Trace
from .values import Values


class Located(NamedTuple):
    """The findings of one call, in the order in which they show, and the values behind them."""

    values: Values
    findings: list[Finding]


def locate(oracle: Equations, evaluator: Evaluator, lines: Lines, trace: Trace, wrong: Collection[str],
           outputs: Collection[str], own: Student | None = None) -> Located:
    """Return the wrong lines, under the reading of the loop's index that leaves the fewest.

    Parameters
    ----------
    oracle : Equations
    evaluator : Evaluator
    lines : Lines
        Of the student's function.
    trace : Trace
    wrong, outputs : collection of str
        The outputs that are wrong, and all of them in the order of return.
    own : Student, optional
        The reference's own call, with the same arguments.

    Raises
    ------
    OtherFormError
        The function does not follow the scaffold closely enough.
    SpentError
        There is too much to evaluate.
    """
    student = Student(lines, trace, oracle)
    best = locate_with(Values(oracle, student, evaluator, reference=own), wrong, outputs)
    is_shifted = bool(oracle.header) and any(finding.kind == "loop" for finding in best.findings)
    if best.findings and oracle.loop is not None and (is_shifted or may_be_other(best.values)):
        other = locate_with(Values(oracle, student, evaluator, True, own), wrong, outputs)
        best = min(best, other, key=lambda located: len(located.findings))
    return best if best.findings else Located(best.values, list(find_passes(best.values)))


def locate_with(values: Values, wrong: Collection[str], outputs: Collection[str]) -> Located:
    """Return the findings under one reading, without those that need not be wrong."""
    found = [finding for finding in drop_excused(values, Finder(values).find())
             if finding.kind in CERTAIN or concerned(values, finding, outputs) & set(wrong)]
    return Located(values, merge(drop_consequences(values, found)))
