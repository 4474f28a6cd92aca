"""Find out from the source whether the cells below a check can change what a function does. Nothing is run.

It spares most wrong functions a second trial (benchmarks/README.md, "Shortcuts"). True is always a safe answer.
"""

from __future__ import annotations

import ast
import symtable
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from ..caches import cached_by_text
from ..sandbox.guest.definitions import MAX_CELL, without_magics

#: Functions that change what is named by a text.
REACHING = frozenset({"setattr", "delattr", "exec", "eval", "globals", "vars"})


class Names(NamedTuple):
    """The global names that a cell deals with."""

    read: Mapping[str, frozenset[str]]  # by each function that it defines
    imported: Mapping[str, str]  # each with what it is bound to
    assigned: frozenset[str]  # in any other way; what they are bound to may change in place
    is_plain: bool  # it does nothing but define and import


def may_change(name: str, sources: Sequence[str], place: int, trusted: Collection[str | None]) -> bool:
    """Tell if the cells from ``place`` on may change what a function does.

    Parameters
    ----------
    name : str
        The function.
    sources : sequence of str
        All cells of a notebook.
    place : int
    trusted : collection of str
        Sources of the assignment's own cells. They bind names and call functions, and change nothing else.
    """
    cells, below = [names_in(source) for source in sources], sources[place:]
    if any(source not in trusted and not (cell and cell.is_plain)
           for source, cell in zip(below, cells[place:], strict=True)):
        return True
    known = [cell for cell in cells if cell]
    needed = names_needed(name, known)
    if below and any(needed & cell.assigned for cell in known):
        return True
    for needed_name in needed:
        bound = [cell.imported.get(needed_name) for cell in known if needed_name in {*cell.read, *cell.imported}]
        changed = any(cell and needed_name in {*cell.read, *cell.imported} for cell in cells[place:])
        if changed and (None in bound or len(set(bound)) > 1):
            return True
    return False


def names_needed(name: str, cells: Sequence[Names]) -> set[str]:
    """Return the global names that a function reads, by itself and through the notebook's other functions."""
    needed, new = set[str](), {name}
    while new:
        needed |= new
        new = {other for cell in cells for function in new for other in cell.read.get(function, ())} - needed
    return needed


@cached_by_text
def names_in(source: str) -> Names | None:
    """Return the names in a cell; None if it is no Python."""
    source = without_magics(source)
    if len(source) > MAX_CELL:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in a student's strings
            nodes, table = ast.parse(source).body, symtable.symtable(source, "cell", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    read: dict[str, set[str]] = {}
    assigned = set[str]()
    for scope in table.get_children():
        symbols = list(symbols_below(scope))
        read.setdefault(scope.get_name(), set()).update(s.get_name() for s in symbols if s.is_global())
        assigned |= {s.get_name() for s in symbols if s.is_declared_global() and s.is_assigned()}
    imported, is_plain = dict[str, str](), True
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom) and node.names[0].name != "*":
            module = getattr(node, "module", "")
            imported |= {(a.asname or a.name).partition(".")[0]: f"{module} {a.name} {a.asname}" for a in node.names}
        elif not is_plain_definition(node) and not is_text(node):
            is_plain = False
            assigned |= set(names_bound(node))
    functions = {function: frozenset(names) for function, names in read.items()}
    return Names(functions, imported, frozenset(assigned), is_plain)


def symbols_below(table: symtable.SymbolTable) -> Iterator[symtable.Symbol]:
    """Yield the symbols of a scope and of the scopes inside it."""
    yield from table.get_symbols()
    for scope in table.get_children():
        yield from symbols_below(scope)


def is_plain_definition(node: ast.stmt) -> bool:
    """Tell if a statement defines a function and does nothing else: no decorators, no default that may change.

    Nor may a call of the function change a module or another function, as ``np.tanh = None`` does.
    """
    return isinstance(node, ast.FunctionDef) and not node.decorator_list and all(
        isinstance(default, ast.Constant) for default in (*node.args.defaults, *node.args.kw_defaults) if default
    ) and not any(map(may_reach_elsewhere, ast.walk(node)))


def may_reach_elsewhere(node: ast.AST) -> bool:
    """Tell if a part of a function may change an attribute, or names of another scope by their text."""
    if isinstance(node, ast.Name):
        return node.id in REACHING
    if isinstance(node, ast.Attribute):
        return node.attr == "__dict__" or not isinstance(node.ctx, ast.Load)
    return False


def is_text(node: ast.stmt) -> bool:
    """Tell if a statement is a docstring or another constant."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def names_bound(node: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement may bind or delete."""
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
            yield part.id
        elif isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield part.name
        elif isinstance(part, ast.alias):
            yield (part.asname or part.name).partition(".")[0]
