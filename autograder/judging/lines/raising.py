"""The sentence for a line that raised: the shapes of what stands in it, and what a function that it calls was given."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...model import Value
from .evaluate import CannotAskError, Scope, SpentError
from .finding import Finding
from .syntax import names_in
from .trees import call as call_of
from .trees import name as name_of
from .values import UNKNOWN, Values

#: What an argument may be made of to be looked at. What a student wrote is never run: these only take parts of values.
PLAIN = (ast.Name, ast.Constant, ast.Subscript, ast.Slice, ast.Tuple, ast.BinOp, ast.Add, ast.Sub, ast.UnaryOp,
         ast.USub, ast.Load)
#: By the exception.
QUESTIONS: Mapping[str, str] = {
    "TypeError": "What in it does not go with these types?", "KeyError": "Which names are there?",
    "IndexError": "How many are there, and which one is taken?",
    "AttributeError": "What is the thing in front of the dot?",
}
MEET = "Which of these shapes meet, and do they fit?"
STOPS = "The call stops at this line"


def say_raised(values: Values, finding: Finding, explained: str | None = None) -> str:
    """Return the sentence for a line that raised, with the shapes of what stands in it.

    ``explained`` is the sentence for the part of the line that differs, if that is known.
    """
    line = values.student.lines.statement(finding.line) if finding.line else None
    if line is None or hasattr(line, "body"):
        return f"{STOPS}."
    state = values.student.trace.states[-1]
    names = sorted((part for part in ast.walk(line) if isinstance(part, ast.Name)),
                   key=lambda part: (part.lineno, part.col_offset))
    shapes = [f"`{name}` has shape {state[name].shape}" for name in dict.fromkeys(part.id for part in names)
              if isinstance(state.get(name), np.ndarray)]
    shown = f": {', '.join(shapes[:4])}." if shapes else "."
    try:
        start, question = say_callee(values, finding, line)
    except SpentError:
        start, question = STOPS, ""
    exception = values.student.trace.raised.exception if values.student.trace.raised else ""
    asked = QUESTIONS.get(exception) or (MEET if shapes else "What does this line need, and what does it get?")
    return f"{start}{shown} {question or explained or asked}"


def say_callee(values: Values, finding: Finding, line: ast.stmt) -> tuple[str, str]:
    """Return the start of the sentence, and a question on a function of the assignment that a line calls."""
    for call in (part for part in ast.walk(line) if isinstance(part, ast.Call) and isinstance(part.func, ast.Name)):
        name = call.func.id  # type: ignore[attr-defined]
        function = values.evaluator.namespace.get(name)
        if not inspect.isfunction(function):
            continue
        if name not in names_in(values.oracle.function):
            return STOPS, f"Is `{name}` the function that belongs there?"
        parameters = list(inspect.signature(function).parameters)
        given = bind(function, call)
        takes = f"`{name}` takes ({', '.join(parameters)})"
        if given is None:
            return STOPS, f"{takes}. Is each of them given, and nothing else?"
        held = {key: value_of(values, node) for key, node in given.items()}
        if any(value is UNKNOWN for value in held.values()):
            continue  # it may be the argument that raises
        result = result_of(values, name, held)
        if result is UNKNOWN:
            return f"{takes}, and gets something else here", ask(values, finding, name, function, held)
        if says := say_count(line, call, name, result):
            return STOPS, says
    return STOPS, ""


def bind(function: Callable[..., Any], call: ast.Call) -> Mapping[str, ast.expr] | None:
    """Return the arguments of a call by parameter; None if they do not fit, nothing if they cannot be told."""
    if any(isinstance(node, ast.Starred) for node in call.args) or any(k.arg is None for k in call.keywords):
        return {"": ast.Starred(call)}
    try:
        keywords = {str(keyword.arg): keyword.value for keyword in call.keywords}
        return inspect.signature(function).bind(*call.args, **keywords).arguments
    except TypeError:
        return None


def value_of(values: Values, node: Value) -> Value:
    """Return what an argument was when the line raised; `UNKNOWN` if it is no plain part of a value."""
    if not isinstance(node, ast.expr) or not all(isinstance(part, PLAIN) for part in ast.walk(node)):
        return UNKNOWN
    try:
        return values.evaluator.value(node, Scope(values.student.trace.states[-1]))
    except CannotAskError:
        return UNKNOWN


def result_of(values: Values, name: str, held: Mapping[str, Value]) -> Value:
    """Return what the reference's function gives for some arguments; `UNKNOWN` if it refuses them."""
    call = call_of(name, **{key: name_of(f"given {key}") for key in held})
    try:
        return values.evaluator.value(call, Scope({f"given {key}": value for key, value in held.items()}))
    except CannotAskError:
        return UNKNOWN


def ask(values: Values, finding: Finding, name: str, function: Callable[..., Any], held: Mapping[str, Value]) -> str:
    """Return the question on arguments that a function refuses: on their shapes, if one is another."""
    for equation in values.oracle.by_block[finding.block]:
        for call in ast.walk(equation.statement):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == name and finding.part:
                right = bind(function, call) or {}
                scope = values.environment(equation, finding.part)
                if any(is_of_other_shape(values, node, scope, held.get(key)) for key, node in right.items()):
                    return "What shape does each of them need?"
    return "Does each value stand in its place?"


def is_of_other_shape(values: Values, node: ast.expr, scope: Scope, given: Value) -> bool:
    """Tell if an argument is an array of another shape than the reference's."""
    if not isinstance(given, np.ndarray) or not isinstance(node, ast.expr):
        return False
    try:
        right = values.evaluator.value(node, scope)
    except CannotAskError:
        return False
    return isinstance(right, np.ndarray) and right.shape != given.shape


def say_count(line: ast.stmt, call: ast.Call, name: str, result: Value) -> str:
    """Return the sentence for a call with another number of results than names; "" if they are as many."""
    if not isinstance(line, ast.Assign) or line.value is not call or not isinstance(line.targets[0], ast.Tuple):
        return ""
    wanted = len(line.targets[0].elts)
    if any(isinstance(part, ast.Starred) for part in line.targets[0].elts) or not isinstance(result, tuple) or len(
            result) == wanted:
        return ""
    return f"`{name}` returns {len(result)} values, and here are {wanted} names for them."
