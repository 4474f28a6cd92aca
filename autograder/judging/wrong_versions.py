"""The catalogued wrong versions of a task: what they return, which outputs they touch, and sums of their numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from public_tests import find_gap, room_of

from ..course.assignment import Assignment
from ..model import Failed, Mistake, Outcome, Returned, Task, Value
from .comparison import output_of


@lru_cache(maxsize=10_000)
def wrong_function(assignment: Assignment, task_name: str, mistakes: tuple[str, ...]) -> Callable[..., Any] | None:
    """Return the task's function with these mistakes in it; None if two substitutions do not go together."""
    by_id = mistakes_by_id(assignment.tasks[task_name])
    try:
        return assignment.reference.wrong(task_name, *(by_id[id_] for id_ in mistakes))
    except (ValueError, SyntaxError):
        return None


@cache
def mistakes_by_id(task: Task) -> dict[str, Mistake]:
    """Return a task's catalogued mistakes by id."""
    return {mistake.id: mistake for mistake in task.mistakes}


@lru_cache(maxsize=100_000)
def wrong_outcome(assignment: Assignment, task_name: str, mistakes: tuple[str, ...], place: int) -> Outcome:
    """Return what the task's function with these mistakes gives on a hidden case."""
    function = wrong_function(assignment, task_name, mistakes)
    if function is None:
        return Failed("missing", "")
    return assignment.outcome(function, assignment.hidden_cases(task_name)[place])


@lru_cache(maxsize=10_000)
def touched_outputs(assignment: Assignment, task_name: str, mistake: str) -> frozenset[str]:
    """Return the outputs that a mistake makes wrong on some hidden case, and "arguments" if it changes those."""
    task = assignment.tasks[task_name]
    left = [*task.outputs, "arguments"]  # right so far
    for place, case in enumerate(assignment.hidden_cases(task_name)):
        wrong = wrong_outcome(assignment, task_name, (mistake,), place)
        if isinstance(wrong, Failed):
            return frozenset(task.outputs)
        right = Returned(case.expected, tuple(case.arguments.values()))
        left = [name for name in left if agree(task, name, right, wrong)]
    return frozenset({*task.outputs, "arguments"}.difference(left))


def agree(task: Task, name: str, one: Returned, other: Returned) -> bool:
    """Tell if two outcomes agree in an output, or in how they left the arguments."""
    return find_gap(name, part_of(task, name, one), part_of(task, name, other)) is None


def part_of(task: Task, name: str, outcome: Returned) -> Value:
    """Return an output of an outcome, or the arguments that the call left."""
    return outcome.arguments if name == "arguments" else output_of(task, outcome.value, name)


# ---- sums ---------------------------------------------------------------------------------------------------


class Total(NamedTuple):
    """The sum of all finite entries, and the largest difference of sums at which two values can still agree."""

    sum: float
    tolerance: float


def total_of(value: Value, depth: int = 3) -> Total:
    """Return the total of an array or a number, or of the first items of a collection, which bounds the cost."""
    if isinstance(value, tuple | list):
        items = value[:16] if depth else ()
        return Total(*map(sum, zip((0.0, 0.0), *(total_of(item, depth - 1) for item in items), strict=True)))
    array = np.asarray(value) if isinstance(value, np.ndarray | np.generic | int | float) else np.empty(0)
    if array.dtype.kind not in "fiu":
        return Total(0.0, 0.0)
    with np.errstate(all="ignore"):
        finite = array[np.isfinite(array)]
        return Total(float(finite.sum(dtype=float)), float(room_of(array.astype(float)).sum()))


def may_agree(expected: Total, got: Total) -> bool:
    """Tell from the totals if two values can agree. See benchmarks/README.md, "Shortcuts"."""
    return abs(got.sum - expected.sum) <= expected.tolerance


@lru_cache(maxsize=100_000)
def wrong_total(assignment: Assignment, task: Task, name: str, mistakes: tuple[str, ...], place: int) -> Total:
    """Return the total of an output of a wrong version that returns on this hidden case."""
    outcome = wrong_outcome(assignment, task.name, mistakes, place)
    return Total(np.nan, np.nan) if isinstance(outcome, Failed) else total_of(part_of(task, name, outcome))


@lru_cache(maxsize=1_000)
def wrong_totals(assignment: Assignment, task: Task, name: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the sums and tolerances of an output of all wrong versions on the first case; NaN if one fails."""
    totals = [wrong_total(assignment, task, name, (mistake.id,), 0) for mistake in task.mistakes]
    return np.array([total.sum for total in totals]), np.array([total.tolerance for total in totals])


@lru_cache(maxsize=1_000)
def right_total(assignment: Assignment, task: Task, name: str) -> Total:
    """Return the total of an output of the reference on the first case."""
    case = assignment.hidden_cases(task.name)[0]
    return total_of(part_of(task, name, Returned(case.expected, tuple(case.arguments.values()))))
