"""The reference's functions in place of a student's own, for the tasks that call them.

What could a student gain from such a function?

- Answers for its own task: none. Tasks are judged callees first and a verdict stays; when the function first exists
  in a student's process, its task has been judged.
- Answers for the calling task: none. The function takes one call's arguments of the right form only, so the loop,
  which is the task, is still to be written.
- A way to the host: none. Only plain values arrive, and an exception goes back as one plain sentence.
- Time: the session bounds the number of calls, and a call's limit runs on while the reference computes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

import numpy as np

from public_tests import a_kind

from ..course.assignment import Assignment
from ..model import Case, Value
from .comparison import name_function

MAX_NUMBER = 100  # a side or an integer, unless the cases have larger ones


@cache
def reference_callee(assignment: Assignment, name: str) -> Callable[..., Any]:
    """Return the reference's function for calls from a student's process.

    It raises ValueError for an argument whose form none of the cases has, and for whatever the reference raises.
    """
    function, limit = assignment.reference.functions[name], largest_number(assignment)
    cases = [case.arguments for case in cases_of(assignment, name)]
    functions = {name_function(value): value for case in cases for value in case.values() if callable(value)}

    @wraps(function)
    def answer(*arguments: Value, **keywords: Value) -> Value:
        # a function arrives by its name, and only those of the cases are looked up
        arguments = tuple(functions.get(name_function(a), a) for a in arguments)
        keywords = {parameter: functions.get(name_function(a), a) for parameter, a in keywords.items()}
        for parameter, argument in [*zip(cases[0], arguments, strict=False), *keywords.items()]:
            if not any(has_form_of(case[parameter], argument, limit) for case in cases):
                raise ValueError(f"{name} cannot work with {a_kind(argument)} of this form as {parameter}")
        try:
            with np.errstate(all="ignore"):
                return function(*arguments, **keywords)
        except Exception as error:  # whatever a student's arguments make the reference raise
            raise ValueError(f"{name}: {error}") from None

    return answer


def cases_of(assignment: Assignment, name: str) -> tuple[Case, ...]:
    """Return all cases of a task."""
    return (*assignment.visible_cases(name), *assignment.hidden_cases(name))


@cache
def largest_number(assignment: Assignment) -> int:
    """Return the largest side or integer that the reference accepts, since the host computes with it."""
    found = [MAX_NUMBER]

    def collect(value: Value) -> None:
        if isinstance(value, np.ndarray):
            found.extend(value.shape)
        elif isinstance(value, int | np.integer):
            found.append(abs(int(value)))
        elif isinstance(value, dict | tuple | list):
            for item in value.values() if isinstance(value, dict) else value:
                collect(item)

    for name in assignment.tasks:
        for case in cases_of(assignment, name):
            collect(tuple(case.arguments.values()))
    return max(found)


def has_form_of(template: Value, value: Value, limit: int = MAX_NUMBER) -> bool:
    """Tell if a value has a template's types, keys and numbers of axes; a number passes for an array.

    Sides and integers are free up to the limit, since the host computes with them.
    """
    if template is None or callable(template):
        return value is None or callable(value)
    if isinstance(template, bool | np.bool_ | str):
        return type(value) is type(template)
    if isinstance(template, int | np.integer):
        return isinstance(value, int | np.integer) and not isinstance(value, bool) and abs(int(value)) <= limit
    if isinstance(template, np.ndarray | float | np.floating):
        if isinstance(value, int | float | np.number) and not isinstance(value, np.complexfloating):
            return True
        kinds = "fiub" if np.asarray(template).dtype.kind == "b" else "fiu"
        return (type(value) is np.ndarray and value.ndim == np.ndim(template) and value.dtype.kind in kinds
                and max(value.shape, default=0) <= limit)
    if isinstance(template, dict):
        return type(value) is dict and template.keys() == value.keys() and all(
            has_form_of(template[key], value[key], limit) for key in template)
    return type(value) in (tuple, list) and len(value) == len(template) and all(
        has_form_of(one, other, limit) for one, other in zip(template, value, strict=True))
