"""Add the wrong lines to verdicts. This comes after all judging: no call that is followed can change a point."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from ...course.assignment import Assignment
from ...errors import SandboxError
from ...model import Case, Line, Value, Verdict
from ...sandbox.session import Definition, Session
from ..reference_callees import reference_callee
from .changes import may_be_about
from .pointing import find_lines
from .syntax import find_function, first_line

#: The kinds, of the check "returns", of a call that gives nothing to follow, or that costs a process.
LOST = frozenset({"missing", "timed out", "died", "cut off", "too many calls", "garbled"})


class Solution(NamedTuple):
    """A cell that defines a task's function."""

    source: str
    place: int  # among the session's cells
    check: int  # how many of those are above its check cell


def add_lines(
    session: Session, assignment: Assignment, verdicts: Sequence[Verdict], solutions: Mapping[str, Solution],
    cells: int | None = None,
) -> tuple[Verdict, ...]:
    """Return the verdicts with the lines that are wrong in the functions that lost points.

    Parameters
    ----------
    session : Session
    assignment : Assignment
    verdicts : sequence of Verdict
    solutions : mapping of str to Solution
        By task; without tasks that nobody began.
    cells : int, optional
        The number of the session's cells, if not all of them may have run.

    Raises
    ------
    SandboxError
        The sandbox failed, through no fault of the student's.
    """
    found: dict[str, tuple[Line, ...]] = {}
    ends = {verdict.task: cells if verdict.judged_at == "end" else solutions[verdict.task].check
            for verdict in verdicts if verdict.task in solutions and may_have_lines(verdict)}
    now: int | None = None
    for task, end in sorted(ends.items(), key=lambda item: (item[1] or 0, item[0])):
        if end is not None and end != now and not session.run_to(end):
            break
        now = end
        found[task] = lines_of(session, assignment, task, solutions[task])
    return tuple(with_lines(verdict, found.get(verdict.task, ()), assignment) for verdict in verdicts)


def with_lines(verdict: Verdict, lines: tuple[Line, ...], assignment: Assignment) -> Verdict:
    """Return a verdict with these lines, and without a diagnosis that is about others."""
    diagnosis = verdict.diagnosis
    if diagnosis and not may_be_about(diagnosis, lines, assignment, verdict.task):
        diagnosis = None
    return replace(verdict, lines=lines, diagnosis=diagnosis)


def may_have_lines(verdict: Verdict) -> bool:
    """Tell if a verdict has lost points on a function whose calls come back."""
    is_lost = any(check.kind in LOST for check in verdict.checks if check.name == "returns")
    return not (verdict.passed or verdict.untouched or is_lost)


def lines_of(session: Session, assignment: Assignment, name: str, solution: Solution) -> tuple[Line, ...]:
    """Return the wrong lines of one function, which is called with reference callees beneath it."""
    task, function = assignment.tasks[name], find_function(solution.source, name)
    if function is None:
        return ()
    replacing = {callee: reference_callee(assignment, callee) for callee in task.calls if callee in assignment.tasks}
    definition = Definition(name, solution.place, first_line(function))

    def follow(case: Case) -> Value:
        return session.trace(definition, tuple(case.arguments.values()), replacing)

    return find_lines(assignment, task, solution.source, follow)


def add_lines_if_possible(
    session: Session, assignment: Assignment, verdicts: Sequence[Verdict], solutions: Mapping[str, Solution],
    cells: int | None = None,
) -> tuple[Verdict, ...]:
    """Return the verdicts with lines, or without any if that fails: the points are known. See `add_lines`."""
    try:
        return add_lines(session, assignment, verdicts, solutions, cells)
    except SandboxError:
        pass
    except Exception:  # a bug of ours must cost words, and never a grade
        logging.getLogger(__name__).exception("%s: the wrong lines could not be found", assignment.name)
    return tuple(verdicts)
