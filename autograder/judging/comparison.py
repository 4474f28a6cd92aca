"""Comparison of one call's outcome with the reference's: gaps, details, changed arguments."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from public_errors import plain_words
from public_tests import Gap, Layout, differs, find_gap, is_changed, split_outputs

from ..caches import cached_by_answer
from ..model import Case, Failed, Outcome, Task, Value
from ..sandbox.guest.codec import NamedFunction

#: The question that leads on from a call that failed, by `Failed.kind`.
QUESTIONS: Mapping[str, str] = {
    "missing": "Is the name spelt as in the task, and does its cell run?",
    "raised": "Which two things meet in that line, and what are their shapes?",
    "timed out": "What ends the loop, and does it change?",
    "too many calls": "What ends the loop, and does it change?",
    "died": "What in the cell ends the process?",
    "cut off": "What in the cell ends the process?",
    "unreadable": "What is returned besides arrays, numbers, tuples, lists and dicts?",
    "garbled": "What is returned besides arrays, numbers, tuples, lists and dicts?",
}

#: The question that leads on from an exception, by its type.
EXCEPTIONS: Mapping[str, str] = {
    "NameError": "Which line should give that name its value?",
    "UnboundLocalError": "Which line gives that name its first value, and does it run before this one?",
    "KeyError": "Which entries are there, and is the key spelt alike in both places?",
    "IndexError": "Which index is asked for, and how long is its axis?",
    "AttributeError": "Of what kind is the thing before the dot, and is the name after it spelt right?",
    "TypeError": "Of what kind is each thing in that line, and which one does not fit?",
    "ZeroDivisionError": "What is divided by, and when is it 0?",
    "RecursionError": "Which function is called there, and is it meant to call itself?",
}


@cached_by_answer
def find_gaps(task: Task, case: Case, outcome: Outcome) -> dict[str, Gap]:
    """Return the first gap of each output that differs.

    If there are no outputs to compare, the one gap is named "returns".
    """
    if isinstance(outcome, Failed):
        question = EXCEPTIONS.get(outcome.exception, QUESTIONS[outcome.kind])
        return {"returns": Gap("returns", outcome.kind, plain_words(outcome.message), question)}
    form = {"returns_dict": task.returns_dict, "returns_value": task.returns_value, "expected": task.outputs}
    outputs, problem = split_outputs(form, outcome.value)
    if problem and problem.kind != "missing":
        return {"returns": problem}
    if problem:
        outputs = outcome.value
    gaps = {}
    for name in task.outputs:
        if name not in outputs:  # a missing gradient costs itself, not those beside it
            text = f"The returned dict has no entry {name!r}."
            gaps[name] = Gap(name, "missing", text, "Under which name is it stored?")
        elif gap := find_gap(name, output_of(task, case.expected, name), outputs[name], layout_of(task, name, case)):
            gaps[name] = gap
    return gaps


def detail_of(gap: Gap, task: Task, case: Case, value: Value) -> str:
    """Return the `Check.detail` of an output's gap in a returned value."""
    name, got, expected = gap.where, output_of(task, value, gap.where), output_of(task, case.expected, gap.where)
    if gap.kind == "missing" and name in task.outputs:
        if task.returns_dict and name not in value:
            return "no entry"
        return "None" if got is None else ""
    if gap.kind != "value" or name not in task.outputs or not isinstance(expected, np.ndarray):
        return ""
    if not np.isfinite(got).all():
        return "not finite"
    return steps_detail(expected, got, layout_of(task, name, case))


def steps_detail(expected: np.ndarray, got: np.ndarray, layout: Layout) -> str:
    """Return "first step" or "last step" if an array is right at that time step alone, else ""."""
    if layout.steps not in layout.symbols:
        return ""
    axis = layout.symbols.index(layout.steps)
    right = ~differs(expected, got).any(axis=tuple(other for other in range(expected.ndim) if other != axis))
    if right.sum() != 1 or right.size == 1:
        return ""
    return "first step" if right[0] else "last step" if right[-1] else ""


def layout_of(task: Task, output: str, case: Case) -> Layout:
    """Return the names and sizes of an output's axes."""
    return Layout(task.outputs[output] or (), dict(case.sizes), task.steps)


def output_of(task: Task, value: Value, name: str) -> Value:
    """Return an output in what a function returned; None if it is not there."""
    if task.returns_value:
        return value
    if task.returns_dict:
        return value.get(name) if isinstance(value, dict) else None
    position = list(task.outputs).index(name) if name in task.outputs else -1
    is_there = isinstance(value, tuple | list) and 0 <= position < len(value)
    return value[position] if is_there else None


@cached_by_answer
def leaves_arguments(case: Case, outcome: Outcome) -> bool:
    """Tell if a call has left its arguments as they were, rounding apart; a call that failed shows no change."""
    if isinstance(outcome, Failed):
        return True
    before = tuple(case.arguments.values())
    return is_identical(before, outcome.arguments) or not is_changed(before, outcome.arguments)


def is_identical(one: Value, other: Value) -> bool:
    """Compare two values to the last bit. NaN equals NaN, and a tuple equals a list."""
    if one is other:
        return True
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        if type(one) is not type(other) or one.dtype != other.dtype or one.shape != other.shape:
            return False
        # bytes first: numpy's own comparison takes five times as long on arrays of this size
        return one.tobytes() == other.tobytes() or np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")
    if isinstance(one, dict):
        return isinstance(other, dict) and one.keys() == other.keys() and all(
            is_identical(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list):
        return isinstance(other, tuple | list) and len(one) == len(other) and all(map(is_identical, one, other))
    if callable(one):  # the student's process has its own copy of the function's module
        return name_function(one) == name_function(other)
    return type(one) is type(other) and bool(one == other or one != one)


def name_function(function: Value) -> NamedFunction | None:
    """Return the module and the name of a function, which may have crossed by its name."""
    if isinstance(function, NamedFunction):
        return function
    return NamedFunction(function.__module__, function.__name__) if callable(function) else None
