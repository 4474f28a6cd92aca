"""Find what a cell defines, to run that alone."""

from __future__ import annotations

import ast
import re
import warnings

MAX_CELL = 100_000  # characters of a cell that is parsed here; its syntax tree takes a thousand times as many bytes
KEPT = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
#: What may stand on the right of an assignment that is kept: nothing that takes time, or that can fail.
PLAIN = (ast.Constant, ast.UnaryOp, ast.unaryop, ast.Tuple, ast.List, ast.expr_context)


def definitions(source: str) -> str:
    """Return the definitions at a cell's top level, each on its own line number, or "".

    Definitions are functions, classes, imports, and names for plain values. A correct function above an endless loop
    survives that way, and the student loses only what the loop showed.
    """
    if len(source) > MAX_CELL:
        return ""
    plain = without_magics(source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in a student's strings
            nodes = ast.parse(plain).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    lines, kept = plain.split("\n"), set()
    for node in nodes:
        if isinstance(node, KEPT) or _names_a_value(node):
            first = min(part.lineno for part in (node, *getattr(node, "decorator_list", ())))
            kept |= set(range(first - 1, node.end_lineno or first))
    return "\n".join(line if number in kept else "" for number, line in enumerate(lines)) if kept else ""


def without_magics(source: str) -> str:
    """Return a cell with empty lines in place of what IPython adds to Python."""
    return re.sub(r"^[%!?].*$", "", source, flags=re.MULTILINE)


def _names_a_value(node: ast.stmt) -> bool:
    """Return whether a statement gives a name to a number, a text, or the like, or to a lambda."""
    if not isinstance(node, ast.Assign) or not all(isinstance(target, ast.Name) for target in node.targets):
        return False
    value = node.value
    parts = ast.walk(value.args) if isinstance(value, ast.Lambda) else ast.walk(value)
    return all(isinstance(part, (*PLAIN, ast.arguments, ast.arg)) for part in parts)
