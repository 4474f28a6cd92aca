"""A change of a statement, and what the statement works on."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from ...model import Value
from .evaluate import CannotAskError, Evaluator, Scope
from .trees import binary, name, number

#: Functions of one array, entry by entry, that beginners take for each other.
FUNCTIONS = ("np.tanh", "np.exp", "np.log", "np.log2", "np.log10", "np.sqrt", "np.abs", "np.sin", "np.cos", "np.tan",
             "np.arctan", "np.sinh", "np.cosh", "sigmoid", "softmax", "relu")


class Edit(NamedTuple):
    """One small change."""

    act: str  # as in `sentences`
    node: ast.AST  # the changed part, or the changed statement
    brought: tuple[str, ...] = ()  # names and keys that the change puts in
    about: str = ""  # a name of the statement that the sentence may mention


class Setting(NamedTuple):
    """The values and names that a statement works on."""

    scope: Scope  # the student's names before the line, and what the equation reads
    evaluator: Evaluator
    loop_name: str | None
    allowed: frozenset[str]  # what the student's line reads: nothing else may be brought in

    @property
    def sizes(self) -> list[str]:
        """The names of whole numbers."""
        return [text for text in self.all_sizes if text in self.allowed]

    @property
    def all_sizes(self) -> list[str]:
        """The names of whole numbers, also those that the student's line does not read."""
        return [text for text, value in self.values.items()
                if isinstance(value, int) and not isinstance(value, bool) and text.isidentifier()]

    @property
    def values(self) -> Mapping[str, Value]:
        """The values of the names."""
        return self.scope.names

    def value(self, node: ast.expr) -> Value:
        """Return the value of a part; None if it has none."""
        try:
            return self.evaluator.value(node, self.scope)
        except CannotAskError:
            return None

    def arrays(self) -> Iterator[tuple[str, np.ndarray]]:
        """Yield the arrays by name."""
        for other, value in self.values.items():
            if isinstance(value, np.ndarray) and other in self.allowed:
                yield other, value

    def functions(self) -> list[str]:
        """Return the functions of one array that are there."""
        return [text for text in FUNCTIONS if text.rpartition(".")[2] in self.allowed
                and (text.startswith("np.") or text in self.evaluator.namespace)]


def steps_around(setting: Setting) -> Iterator[ast.expr]:
    """Yield the indices that beginners take for a step."""
    yield from (number(0), number(1), ast.UnaryOp(ast.USub(), number(1)))
    if setting.loop_name:
        step = name(setting.loop_name)
        yield from (step, binary(step, ast.Sub, number(1)), binary(step, ast.Add, number(1)))
        yield ast.UnaryOp(ast.USub(), step)
        yield binary(ast.UnaryOp(ast.USub(), number(1)), ast.Sub, step)
        for size in setting.sizes:
            yield binary(binary(step, ast.Add, number(1)), ast.Mod, name(size))
            yield binary(binary(name(size), ast.Sub, number(1)), ast.Sub, step)
            yield binary(step, ast.Sub, name(size))


def at_last_axis(array: str, index: ast.expr, axes: int) -> ast.expr:
    """Return the slice of an array at an index of its last axis."""
    parts: list[ast.expr] = [ast.Slice() for _ in range(axes - 1)]
    return ast.Subscript(name(array), ast.Tuple([*parts, index], ast.Load()) if parts else index, ast.Load())
