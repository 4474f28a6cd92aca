"""The statements of a function by line, with the names that each reads and writes."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from functools import lru_cache

from ...sandbox.guest.definitions import MAX_CELL, without_magics

#: Methods that change their object.
MUTATORS = {"append", "extend", "insert", "update", "fill", "reverse", "sort", "pop", "clear", "remove", "setdefault",
            "setfield", "put", "itemset", "resize"}
RETURN = "<return>"  # stands for what the function returns, as a target


@lru_cache(maxsize=512)
def find_function(source: str, name: str) -> ast.FunctionDef | None:
    """Return the last definition of a function at the top level of a cell; None if there is none.

    The cell is parsed, never run.
    """
    if len(source) > MAX_CELL:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in a student's strings
            nodes = ast.parse(without_magics(source)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found = [node for node in nodes if isinstance(node, ast.FunctionDef) and node.name == name]
    return found[-1] if found else None


def first_line(function: ast.FunctionDef) -> int:
    """Return the line at which Python begins a function: that of its first decorator, if it has any."""
    return min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])


def parameters_of(function: ast.FunctionDef) -> list[str]:
    """Return the names of a function's positional parameters."""
    return [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]


def names_read(node: ast.AST) -> set[str]:
    """Return the names that a piece of code reads."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)}


def names_in(node: ast.AST) -> set[str]:
    """Return all names in a piece of code."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def base_of(node: ast.expr) -> ast.expr:
    """Return what an index or an attribute is taken of: ``a`` for ``a[:, t].T``."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node


def targets_in(node: ast.expr) -> Iterator[str]:
    """Yield the names that an assignment to this gives a value, or writes into."""
    queue = [node]
    while queue:
        node = queue.pop(0)
        if isinstance(node, ast.Tuple | ast.List):
            queue = [*node.elts, *queue]
        elif isinstance(node, ast.Starred):
            queue.insert(0, node.value)
        elif isinstance(base := base_of(node), ast.Name):
            yield base.id


def names_written(statement: ast.stmt) -> tuple[str, ...]:
    """Return the names to which a statement gives a value, or into which it writes, as its text says."""
    found: list[str] = []
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            found += targets_in(target)
    elif isinstance(statement, ast.AugAssign | ast.AnnAssign | ast.For):
        found += targets_in(statement.target)
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        if isinstance(call.func, ast.Attribute) and call.func.attr in MUTATORS:
            found += targets_in(call.func.value)
        elif isinstance(call.func, ast.Attribute) and call.func.attr in ("copyto", "put", "place") and call.args:
            found += targets_in(call.args[0])
    for part in ast.walk(statement) if not hasattr(statement, "body") else ():
        if isinstance(part, ast.keyword) and part.arg == "out":
            found += targets_in(part.value)
        elif isinstance(part, ast.NamedExpr):
            found.append(part.target.id)
    return tuple(dict.fromkeys(found))


def statements_inside(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """Yield the blocks inside a statement."""
    for part in ("body", "orelse", "finalbody"):
        if block := getattr(statement, part, None):
            yield block
    for holder in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield holder.body


class Lines:
    """A function's statements by the line on which they stand."""

    def __init__(self, function: ast.FunctionDef) -> None:
        self.function = function
        self.by_line: dict[int, ast.stmt] = {}
        queue = list(function.body)
        while queue:
            statement = queue.pop()
            blocks = list(statements_inside(statement))
            last = statement.end_lineno or statement.lineno
            if blocks and not isinstance(statement, ast.FunctionDef | ast.ClassDef):
                last = max(min(inner.lineno for block in blocks for inner in block) - 1, statement.lineno)
                for block in blocks:
                    queue += block
            for line in range(statement.lineno, last + 1):
                self.by_line.setdefault(line, statement)
        self._written: dict[int, tuple[str, ...]] = {}

    def statement(self, line: int) -> ast.stmt | None:
        """Return the statement on a line."""
        return self.by_line.get(abs(line))

    def start(self, line: int) -> int:
        """Return the first line of the statement on a line."""
        statement = self.statement(line)
        return statement.lineno if statement else abs(line)

    def condition(self, line: int, within: ast.stmt) -> int | None:
        """Return the line of the innermost ``if`` around a line inside a statement."""
        found = [node.lineno for node in ast.walk(within) if isinstance(node, ast.If)
                 and node.lineno < line <= (node.end_lineno or 0)]
        return max(found, default=None)

    def exits(self) -> list[int]:
        """Return the lines that end a loop in its first pass: ``return`` and ``break`` under no condition."""
        loops = [loop for loop in ast.walk(self.function) if isinstance(loop, ast.For)
                 and not any(isinstance(part, ast.Continue) for part in ast.walk(loop))]
        return [statement.lineno for loop in loops for statement in loop.body
                if isinstance(statement, ast.Return | ast.Break)]

    def read(self, line: int) -> set[str]:
        """Return the names that the statement on a line reads; none of one with others inside."""
        statement = self.statement(line)
        return set() if statement is None or hasattr(statement, "body") else names_read(statement)

    def written(self, line: int) -> tuple[str, ...]:
        """Return the names that the statement on a line writes, as its text says."""
        if line not in self._written:
            statement = self.statement(line)
            self._written[line] = names_written(statement) if statement is not None else ()
        return self._written[line]
