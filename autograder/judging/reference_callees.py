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
from ..model import Value

MAX_SIDE = 100  # of an array; the cases have a dozen


@cache
def reference_callee(assignment: Assignment, name: str) -> Callable[..., Any]:
    """Return the reference's function for calls from a student's process.

    It raises ValueError for arguments of another form than the public case's, and for whatever the reference raises.
    """
    function = assignment.reference.functions[name]
    template = assignment.visible_cases(name)[0].arguments

    @wraps(function)
    def answer(*arguments: Value, **keywords: Value) -> Value:
        for parameter, argument in [*zip(template, arguments, strict=False), *keywords.items()]:
            if not has_form_of(template[parameter], argument):
                raise ValueError(f"{name} cannot work with {a_kind(argument)} of this form as {parameter}")
        try:
            with np.errstate(all="ignore"):
                return function(*arguments, **keywords)
        except Exception as error:  # whatever a student's arguments make the reference raise
            raise ValueError(f"{name}: {error}") from None

    return answer


def has_form_of(template: Value, value: Value) -> bool:
    """Tell if a value has a template's types, keys and numbers of axes; a number passes for an array.

    Sizes are free up to `MAX_SIDE`, since the host computes with them.
    """
    if isinstance(template, np.ndarray):
        if isinstance(value, int | float | np.number) and not isinstance(value, np.complexfloating):
            return True
        return (type(value) is np.ndarray and value.ndim == template.ndim and value.dtype.kind in "fiu"
                and max(value.shape, default=0) <= MAX_SIDE)
    if isinstance(template, dict):
        return type(value) is dict and template.keys() == value.keys() and all(
            has_form_of(template[key], value[key]) for key in template)
    return type(value) in (tuple, list) and len(value) == len(template) and all(map(has_form_of, template, value))
