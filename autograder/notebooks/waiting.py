"""Find the lines of a solution cell that are as they were released, still without their values."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence
from functools import lru_cache

WAITS = "This line still waits for its value."
MAX_CELL = 100_000  # characters of a cell that is parsed


class Code:
    """A cell's statements, each with its text. Of a compound statement, the text is its first line's."""

    def __init__(self, source: str) -> None:
        self.lines = [line.strip() for line in source.split("\n")]
        self.blocks = list(_blocks(source)) if len(source) <= MAX_CELL else []
        self.texts = {text_of(node) for block in self.blocks for node in block}


def find_waiting_lines(source: str, released: str, solution: str) -> tuple[int, ...]:
    """Return the numbers, from 1, of the lines of a student's cell that still wait for a value.

    A line waits if the release has it, with None in place of a value, and no other statement does its work. If that is
    not certain, it is left out.

    Parameters
    ----------
    source, released, solution : str
        The cell as the student handed it in, as it was released, and as the instructor wrote it.
    """
    student, (blanks, known) = Code(source), find_blanks(released, solution)
    return tuple(sorted(
        node.lineno for block in student.blocks for place, node in enumerate(block)
        if text_of(node) in blanks and not _is_done_elsewhere(node, block[place + 1:], blanks)
        and not (isinstance(node, ast.Expr) and _has_new_neighbour(student.lines, node.lineno, known))
    ))


def count_blanks(released: str, solution: str) -> int:
    """Return how many lines of a released cell wait for a value."""
    return len(find_waiting_lines(released, released, solution))


@lru_cache(maxsize=256)
def find_blanks(released: str, solution: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the texts of the release's statements without their values, and all lines of the release."""
    code = Code(released)
    empty = {text_of(node) for block in code.blocks for node in block if _has_none(node)}
    return frozenset(empty - Code(solution).texts), frozenset(code.lines)


def text_of(node: ast.stmt) -> str:
    """Return a statement as text, without the statements in it."""
    if not hasattr(node, "body"):
        return ast.unparse(node)
    head = {name: value for name, value in ast.iter_fields(node)
            if not (isinstance(value, list) and value and isinstance(value[0], ast.stmt | ast.excepthandler))}
    return f"{type(node).__name__} " + " ".join(
        f"{name} {ast.dump(value)}" for name, value in head.items() if isinstance(value, ast.AST))


def _blocks(source: str) -> Iterator[Sequence[ast.stmt]]:
    """Yield each list of statements in a source; nothing if it is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in a student's strings
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        for _, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                yield value


def _has_none(node: ast.stmt) -> bool:
    """Tell if None is in a statement, aside from the statements in it."""
    parts: list[ast.AST] = [node]
    while parts:
        part = parts.pop()
        if isinstance(part, ast.Constant) and part.value is None:
            return True
        parts += [child for child in ast.iter_child_nodes(part) if not isinstance(child, ast.stmt)]
    return False


def _is_done_elsewhere(node: ast.stmt, below: Sequence[ast.stmt], blanks: frozenset[str]) -> bool:
    """Tell if statements below in the same block bind everything that this one binds."""
    bound = _targets(node)
    if not bound:
        return False
    return bound <= {target for other in below if text_of(other) not in blanks for target in _targets(other)}


def _targets(node: ast.stmt) -> set[str]:
    """Return the texts of what a statement assigns to."""
    targets = node.targets if isinstance(node, ast.Assign) else [
        node.target] if isinstance(node, ast.AnnAssign | ast.AugAssign) else []
    return {ast.unparse(part) for target in targets for part in (
        target.elts if isinstance(target, ast.Tuple | ast.List) else [target])}


def _has_new_neighbour(lines: Sequence[str], number: int, known: frozenset[str]) -> bool:
    """Tell if the next line with text, above or below, is not in the release: it may be in place of this one."""
    above = next((line for line in reversed(lines[:number - 1]) if line), "#")
    below = next((line for line in lines[number:] if line), "#")
    return any(line not in known for line in (above, below))
