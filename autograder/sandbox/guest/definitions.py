"""Find what a cell defines, to run that alone."""

from __future__ import annotations

import ast
import re
import warnings

MAX_TRIES = 300  # to parse a part of a cell that does not parse as a whole
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
    lines, kept = plain.split("\n"), set()
    for node in _parse(plain) or ():
        if is_kept(node):
            kept |= set(range(first_line(node) - 1, node.end_lineno or node.lineno))
    return "\n".join(line if number in kept else "" for number, line in enumerate(lines)) if kept else ""


def readable_statements(source: str) -> list[ast.stmt]:
    """Return the statements at a cell's top level, without those that this Python cannot parse.

    A cell that does not parse as a whole is read in parts, each of which begins at the left margin.
    """
    plain = without_magics(source)
    if len(source) > MAX_CELL:
        return []
    nodes = _parse(plain)
    if nodes is not None:
        return nodes
    lines, found = plain.split("\n"), list[ast.stmt]()
    starts = [number for number, line in enumerate(lines) if line[:1] not in ("", " ", "\t", "#", ")", "]", "}")]
    tries = MAX_TRIES
    while starts and tries:
        first, *starts = starts
        for end in (*starts, len(lines)):
            part = _parse("\n".join(lines[first:end]))
            tries -= 1
            if part is not None or not tries:
                break
        else:
            continue  # not even the rest parses: this line is left out
        found += [ast.increment_lineno(node, first) for node in part or ()]
        starts = [start for start in starts if start >= end]
    return found


def is_kept(node: ast.stmt) -> bool:
    """Return whether a statement defines something, and does nothing that takes time."""
    return isinstance(node, KEPT) or _names_a_value(node)


def first_line(node: ast.stmt) -> int:
    """Return the number of a statement's first line, decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _parse(source: str) -> list[ast.stmt] | None:
    """Return the statements of a source; None if it is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in a student's strings
            return ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


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
