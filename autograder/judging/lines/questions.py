"""The question on a line whose mistake has no name: what in it can be looked at, from the student's line alone."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from .by_text import Told, shortened, text_of
from .forms import COMPREHENSIONS, names_of_target, plain, terms
from .syntax import names_written
from .trees import function_name

MAX_PARTS = 3  # that a question quotes

#: By the operation that a line does last.
OPERATIONS: Mapping[type[ast.operator], str] = {
    ast.Mult: "Is a product asked for, and of which factors?",
    ast.Div: "Is a quotient asked for, and of what?",
    ast.Pow: "Is a power asked for, and of what?",
    ast.MatMult: "Is a product of matrices asked for, and of which?",
}
CHANGES: Mapping[type[ast.operator], str] = {
    ast.Add: "`{x}` grows by `{y}` here. By what should it grow?",
    ast.Sub: "`{x}` falls by `{y}` here. By what should it fall?",
    ast.Mult: "`{x}` is multiplied with `{y}` here. How should it change?",
    ast.Div: "`{x}` is divided by `{y}` here. How should it change?",
}


def ask(line: ast.stmt | None, told: Told | None) -> str:
    """Return a question on a student's line; "" if it is of no kind that has one.

    Parameters
    ----------
    line : ast.stmt or None
    told : Told or None
        How the line differs from the equation, if that is known.
    """
    parts = differing_parts(told) if told is not None else []
    if parts:
        return f"Look at {listed(parts)}. {'Are they' if len(parts) > 1 else 'Is it'} what belongs there?"
    if isinstance(line, ast.AugAssign) and type(line.op) in CHANGES:
        return CHANGES[type(line.op)].format(x=shortened(text_of(line.target)), y=shortened(text_of(line.value)))
    if isinstance(line, ast.Return):
        return ask_of_returned(line)
    if isinstance(line, ast.Expr) and isinstance(line.value, ast.Call):
        return ask_of_method(line.value)
    if isinstance(line, ast.Assign) and len(line.targets) == 1:
        names = names_written(line)
        return ask_of_value(line.value, names[0] if len(names) == 1 else "")
    return ""


def ask_of_helper(line: ast.stmt | None, helpers: Mapping[str, int]) -> str:
    """Return the question on a line that calls a function which the student has made; "" if it calls none."""
    called = [node.func.id for node in ast.walk(line) if isinstance(node, ast.Call)
              and isinstance(node.func, ast.Name) and node.func.id in helpers] if line is not None else []
    return f"It calls `{called[0]}`, which line {helpers[called[0]]} defines. What does that give?" if called else ""


def differing_parts(told: Told) -> list[str]:
    """Return the texts of the parts that differ, if there are several, not too many, and none is the whole value."""
    acts = {one.act for one in told.difference.inner}
    is_clear = acts <= {"part", "extra"} or acts <= {"part", "missing term", "missing factor"}
    parts = [part for one in told.difference.inner if one.act in ("part", "extra") and is_clear for part in one.mine]
    if not parts or len(parts) > MAX_PARTS or any(part is told.value for part in parts):
        return []
    return list(dict.fromkeys(shortened(text_of(part)) for part in parts))


def listed(texts: Sequence[str]) -> str:
    """Return quoted texts as a sentence lists them."""
    shown = [f"`{text}`" for text in texts]
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]


def ask_of_returned(line: ast.Return) -> str:
    """Return the question on what a function returns."""
    if isinstance(line.value, ast.Tuple | ast.Dict):
        return "Which values are asked for, and in which order?"
    return "Which value is asked for?"


def ask_of_method(call: ast.Call) -> str:
    """Return the question on a method that changes its object."""
    if not isinstance(call.func, ast.Attribute) or not isinstance(call.func.value, ast.Name):
        return ""
    return f"What should `{call.func.value.id}` hold after `{call.func.attr}`?"


def ask_of_value(value: ast.expr, name: str) -> str:
    """Return the question on what a line gives a name, or several names."""
    node = plain(value)
    if isinstance(node, ast.IfExp):
        return "When is the condition true, and what should be given then?"
    if isinstance(node, ast.Compare | ast.BoolOp) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)):
        return "For which values should this condition be true?"
    if isinstance(node, COMPREHENSIONS):
        names = names_of_target(node.generators[0].target)
        return f"What should be made of each {listed(names)}?" if len(names) <= MAX_PARTS else ""
    if isinstance(node, ast.Tuple | ast.List | ast.Dict):
        return "Which items are asked for, and in which order?"
    if len(terms(value)) > 1:
        return "Is a sum or difference asked for, and of which parts?"
    if isinstance(node, ast.BinOp) and not any(isinstance(part, ast.List) for part in (node.left, node.right)):
        return OPERATIONS.get(type(node.op), "")
    if isinstance(node, ast.Subscript):
        return f"What does the index take of `{shortened(text_of(node.value))}`, and what should it take?"
    if isinstance(node, ast.Call) and function_name(node):
        return ask_of_call(node, name)
    if isinstance(node, ast.Name | ast.Attribute) and name:
        return f"Is `{shortened(text_of(node))}` what `{name}` should be here?"
    return ""


def ask_of_call(node: ast.Call, name: str) -> str:
    """Return the question on a call."""
    function = function_name(node)
    if function in ("int", "float", "bool") and len(node.args) == 1:
        return ask_of_value(node.args[0], name)
    if isinstance(node.func, ast.Name) and len(node.args) > 1 and function not in ("max", "min"):
        return f"What does `{function}` need, and in which order?"
    return f"What does `{function}` give here, and what should `{name}` be?" if name else ""
