"""Traces in a notebook of the way in which its tasks were done, for the class report. They never count for points."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Container, Iterator, Mapping
from functools import lru_cache
from hashlib import blake2b

from nbformat import NotebookNode

from ..model import Work
from . import finding
from .waiting import text_of

MAX_CELL = 20_000  # characters of a cell whose form is taken
PRODUCTS = ("dot", "matmul")


def checks_run(nb: NotebookNode) -> dict[str, bool]:
    """Return of each check cell that a submitted notebook has, by task, if it was run.

    Nothing is known of a notebook without any output: a tool may have removed them.
    """
    if not any(was_run(cell) for _, cell in finding.code_cells(nb)):
        return {}
    return {task: was_run(cell) for task, cell in finding.test_cells(nb).items()}


def describe_work(
    nb: NotebookNode, solutions: Mapping[str, str], wrong: Container[str], checks: Mapping[str, bool]
) -> dict[str, Work]:
    """Return what a notebook shows of each task.

    Parameters
    ----------
    nb : NotebookNode
        Repaired.
    solutions : mapping of str to str
        The reference's solution cells by task.
    wrong : container of str
        Tasks whose cells are taken down as a form.
    checks : mapping of str to bool
        From `checks_run`.
    """
    own = finding.solution_cells(nb)
    return {task: Work(checks.get(task), *(take_form(own[task].source, solution) if task in wrong and task in own
                                           else ("", 0)))
            for task, solution in solutions.items()}


def was_run(cell: NotebookNode) -> bool:
    """Tell if a code cell has a number or an output. What is in an output is not looked at."""
    return bool(cell.get("execution_count") or cell.get("outputs"))


def take_form(source: str, solution: str) -> tuple[str, int]:
    """Return the digest of a cell's normal form, and how many of its statements the solution does not have.

    Layout, comments, docstrings and names of the student's own do not count. A cell that is no Python has the form "".
    """
    names, known = parts_of(solution)
    statements = list(normal_statements(source, names))
    digest = blake2b("\n".join(statements).encode("utf-8", "replace"), digest_size=8).hexdigest() if statements else ""
    return digest, sum(text not in known for text in statements)


@lru_cache(maxsize=256)
def parts_of(solution: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names in a solution, and the normal form of its statements."""
    names = frozenset(_name_of(node) for node in ast.walk(ast.parse(solution)))
    return names, frozenset(normal_statements(solution, names))


def normal_statements(source: str, known: frozenset[str]) -> Iterator[str]:
    """Yield the statements of a cell, each without those in it; nothing if it is no Python, or too long."""
    if len(source) > MAX_CELL:
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in a student's strings
            tree = ast.parse(source)
        Normal(tree, known).visit(tree)
        yield from [text_of(node) for node in ast.walk(tree) if isinstance(node, ast.stmt) and not _is_text(node)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return


class Normal(ast.NodeTransformer):
    """Numbers the names that a cell gives a value to and the solution does not have; writes products with @."""

    def __init__(self, tree: ast.AST, known: frozenset[str]) -> None:
        bound = [_name_of(node) for node in ast.walk(tree)
                 if isinstance(node, ast.arg) or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))]
        self.names = {name: f"_{number}" for number, name in enumerate(dict.fromkeys(bound)) if name not in known}

    def visit_Name(self, node: ast.Name) -> ast.Name:
        """Return a name with its number."""
        return ast.Name(self.names.get(node.id, node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        """Return a parameter with its number."""
        return ast.arg(self.names.get(node.arg, node.arg))

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Write ``np.dot(a, b)`` as ``a @ b``."""
        self.generic_visit(node)
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr in PRODUCTS and not node.keywords:
            if isinstance(function.value, ast.Name) and function.value.id == "np" and len(node.args) == 2:
                return ast.BinOp(node.args[0], ast.MatMult(), node.args[1])
            if len(node.args) == 1 and not isinstance(node.args[0], ast.Starred):
                return ast.BinOp(function.value, ast.MatMult(), node.args[0])
        return node


def _name_of(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.arg if isinstance(node, ast.arg) else ""


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
