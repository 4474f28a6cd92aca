"""What a line's value depends on: less than the equation's, if it does not read all that decides it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from .differences import values_read
from .finding import Finding
from .setting import Edit
from .syntax import names_read, names_written, targets_in
from .values import Values

MAX_NAMES = 3  # that a sentence lists
SIZES = frozenset({"shape", "size", "ndim", "dtype"})


def find_unread(values: Values, finding: Finding) -> Edit | None:
    """Return the edit of a line whose value depends on fewer arguments than the equation's; None if it may not.

    Parameters
    ----------
    values : Values
    finding : Finding
        A wrong value.
    """
    equation, part, function = finding.equation, finding.part, values.student.lines.function
    line = values.student.lines.statement(finding.line) if finding.line else None
    if equation is None or part is None or not isinstance(line, ast.Assign) or len(finding.lines) > 1:
        return None
    if any(isinstance(node, ast.FunctionDef | ast.Lambda) and node is not function for node in ast.walk(function)):
        return None
    read = sorted(values_read(line.value), key=lambda name: ast.unparse(line).index(name))
    if not 0 < len(read) <= MAX_NAMES or not all(name in part.end or name in part.start for name in read):
        return None
    mine = reached(names_read(line.value), sources_of(function))
    theirs = reached(values_of(equation.statement), sources_of(values.oracle.function, without_sizes=True))
    own = {student: known for known, student in values.parameters.items()}
    missing = theirs & set(values.oracle.parameters) - {own.get(name, name) for name in mine}
    return Edit("alone", line, tuple(read)) if missing else None


def reached(names: set[str], sources: Mapping[str, set[str]]) -> set[str]:
    """Return the names from which these get their values, and these."""
    found, queue = set(names), list(names)
    while queue:
        new = sources.get(queue.pop(), set()) - found
        found |= new
        queue += new
    return found


def sources_of(function: ast.FunctionDef, without_sizes: bool = False) -> dict[str, set[str]]:
    """Return the names that the statements read which give each name its value."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(function):
        names, source = list[str](), node
        if isinstance(node, ast.For):
            names, source = list(targets_in(node.target)), node.iter
        elif isinstance(node, ast.stmt) and not hasattr(node, "body"):
            names = list(names_written(node))
        for name in names:
            found.setdefault(name, set()).update(values_of(source) if without_sizes else names_read(source))
    return found


def values_of(node: ast.AST) -> set[str]:
    """Return the names that a piece of code reads, but for those of which it takes the sizes alone."""
    return set(walk_values(node))


def walk_values(node: ast.AST) -> Iterator[str]:
    """Yield the names of `values_of`."""
    if isinstance(node, ast.Attribute) and node.attr in SIZES:
        return
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len":
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        yield node.id
    for part in ast.iter_child_nodes(node):
        yield from walk_values(part)
