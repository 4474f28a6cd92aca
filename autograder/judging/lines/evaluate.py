"""Evaluate statements of the reference, and small changes of them, on a student's own values.

An evaluator counts its work, and refuses results far larger than the values that it works on. It remembers the value
of each part of a syntax tree, since the changes of one statement share most of their parts.
"""

from __future__ import annotations

import ast
import copy
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...model import Value
from ...sandbox.guest.codec import Foreign, NamedFunction
from .syntax import MUTATORS, RETURN, base_of, names_read, names_written

MAX_ENTRIES = 1 << 20  # of one result
STEP = 2_000  # entries whose computation counts as one more step
STEPS = 30_000  # of all that is evaluated for one function; about 10 µs each

AS_LONG = (np.array, np.asarray)  # whole numbers in their arguments are no sizes of the result

BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.MatMult: operator.matmul, ast.Pow: operator.pow, ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
}
IN_PLACE: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.iadd, ast.Sub: operator.isub, ast.Mult: operator.imul, ast.Div: operator.itruediv,
    ast.MatMult: operator.matmul, ast.Pow: operator.ipow, ast.FloorDiv: operator.ifloordiv, ast.Mod: operator.imod,
}
UNARY: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Invert: operator.invert, ast.Not: operator.not_,
}


class CannotAskError(Exception):
    """A statement has no value here: a name is missing, or the computation raises or is too large."""


class SpentError(Exception):
    """All steps are used up."""


class Budget:
    """The steps that are left for one function."""

    def __init__(self, steps: int = STEPS) -> None:
        self.steps = float(steps)

    def spend(self, entries: float = 0) -> None:
        """Count one step, and more for many entries."""
        self.steps -= 1 + entries / STEP
        if self.steps < 0:
            raise SpentError


class Scope:
    """Names with their values, and the values of the parts that were evaluated with them."""

    def __init__(self, names: Mapping[str, Value]) -> None:
        self.names = names
        self.known: dict[int, tuple[ast.AST, Value]] = {}  # by the node's id; the node is kept alive


class Evaluator:
    """Evaluates statements and expressions.

    Parameters
    ----------
    namespace : mapping
        The functions and modules that the reference's statements use, and ``__builtins__``.
    budget : Budget
    functions : mapping of NamedFunction to callable, optional
        Those that the cases hand in. A student's process knows them by their names.
    """

    def __init__(self, namespace: Mapping[str, Any], budget: Budget,
                 functions: Mapping[NamedFunction, Callable[..., Any]] | None = None) -> None:
        self.namespace, self.budget, self.functions = namespace, budget, functions or {}

    def run(self, statement: ast.stmt, scope: Scope) -> dict[str, Value]:
        """Return the values of the names that a statement writes. Nothing in the scope is changed.

        Raises
        ------
        CannotAskError
            The statement cannot be run.
        SpentError
            The budget is used up.
        """
        try:
            with np.errstate(all="ignore"):
                return self._run(statement, scope)
        except (CannotAskError, SpentError):
            raise
        except Exception as error:  # the values are a student's: anything may be raised
            raise CannotAskError from error

    def value(self, node: ast.expr, scope: Scope) -> Value:
        """Return the value of an expression. See `run` for the errors."""
        try:
            with np.errstate(all="ignore"):
                return self._value(node, scope)
        except (CannotAskError, SpentError):
            raise
        except Exception as error:  # as above
            raise CannotAskError from error

    # ---- statements ---------------------------------------------------------------------------------------

    def _run(self, statement: ast.stmt, scope: Scope) -> dict[str, Value]:
        if isinstance(statement, ast.Return):
            return {RETURN: self._value(statement.value, scope) if statement.value else None}
        written: dict[str, Value] = {}
        if isinstance(statement, ast.Assign):
            value = self._value(statement.value, scope)
            for target in statement.targets:
                self._assign(target, value, scope, written)
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            self._assign(statement.target, self._value(statement.value, scope), scope, written)
        elif isinstance(statement, ast.AugAssign):
            self._augment(statement, scope, written)
        elif is_method_call(statement):
            self._call_method(statement.value, scope, written)  # type: ignore[attr-defined]
        elif not isinstance(statement, ast.Pass):
            written = self._execute(statement, scope)
        return written

    def _assign(self, target: ast.expr, value: Value, scope: Scope, written: dict[str, Value]) -> None:
        if isinstance(target, ast.Name):
            written[target.id] = value
        elif isinstance(target, ast.Tuple | ast.List):
            values = list(value)
            if len(values) != len(target.elts):
                raise CannotAskError
            for part, item in zip(target.elts, values, strict=True):
                self._assign(part, item, scope, written)
        elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            held = self._writable(target.value.id, scope, written)
            held[self._index(target.slice, scope)] = value
        else:
            raise CannotAskError

    def _augment(self, statement: ast.AugAssign, scope: Scope, written: dict[str, Value]) -> None:
        change, target = IN_PLACE[type(statement.op)], statement.target
        value = self._value(statement.value, scope)
        if isinstance(target, ast.Name):
            held = self._writable(target.id, scope, written)
            self._bound(statement.op, held, value)
            written[target.id] = change(held, value)
        elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            held, index = self._writable(target.value.id, scope, written), self._index(target.slice, scope)
            self._bound(statement.op, held[index], value)
            held[index] = change(held[index], value)
        else:
            raise CannotAskError

    def _call_method(self, call: ast.Call, scope: Scope, written: dict[str, Value]) -> None:
        assert isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name)
        held = self._writable(call.func.value.id, scope, written)
        self.budget.spend()
        getattr(held, call.func.attr)(*(self._value(part, scope) for part in call.args))

    def _writable(self, name: str, scope: Scope, written: dict[str, Value]) -> Value:
        """Return a copy of what a name holds, into which the statement may write."""
        if name not in written:
            if name not in scope.names:
                raise CannotAskError
            held = scope.names[name]
            written[name] = held.copy() if isinstance(held, np.ndarray | list | dict) else held
        return written[name]

    def _execute(self, statement: ast.stmt, scope: Scope) -> dict[str, Value]:
        """Run a statement with others inside as Python does. The reference's own only; an endless loop is not run."""
        if any(isinstance(part, ast.While) for part in ast.walk(statement)):
            raise CannotAskError
        names = names_written_inside(statement)
        self.budget.spend(STEP * 20)
        local = {**self.namespace, **scope.names}
        local |= {name: copy.deepcopy(local[name]) for name in names if name in scope.names}
        exec(compile(ast.Module([statement], []), "<equation>", "exec"), local)
        return {name: local[name] for name in names if name in local}

    # ---- expressions --------------------------------------------------------------------------------------

    def _value(self, node: ast.expr, scope: Scope) -> Value:
        kind = type(node)
        if kind is ast.Constant:
            return node.value  # type: ignore[attr-defined]
        if kind is ast.Name:
            return self._look_up(node.id, scope)  # type: ignore[attr-defined]
        known = scope.known.get(id(node))
        if known is not None:
            if known[1] is CannotAskError:
                raise CannotAskError
            return known[1]
        try:
            value = self._compute(node, scope)
        except SpentError:
            raise
        except Exception as error:  # the values are a student's: anything may be raised
            scope.known[id(node)] = node, CannotAskError
            raise CannotAskError from error
        scope.known[id(node)] = node, value
        return value

    def _look_up(self, name: str, scope: Scope) -> Value:
        if name in scope.names:
            value = scope.names[name]
            if isinstance(value, NamedFunction):
                return self.functions[value]
            if isinstance(value, Foreign):
                raise CannotAskError
            return value
        if name in self.namespace:
            return self.namespace[name]
        built_in = self.namespace["__builtins__"]
        found = built_in.get(name, CannotAskError) if isinstance(built_in, dict) else getattr(
            built_in, name, CannotAskError)
        if found is CannotAskError:
            raise CannotAskError
        return found

    def _compute(self, node: ast.expr, scope: Scope) -> Value:
        if isinstance(node, ast.BinOp):
            left, right = self._value(node.left, scope), self._value(node.right, scope)
            self._bound(node.op, left, right)
            return BINARY[type(node.op)](left, right)
        if isinstance(node, ast.Call):
            return self._call(node, scope)
        if isinstance(node, ast.Attribute):
            return getattr(self._value(node.value, scope), node.attr)
        if isinstance(node, ast.Subscript):
            return self._value(node.value, scope)[self._index(node.slice, scope)]
        if isinstance(node, ast.Tuple | ast.List) and not any(isinstance(e, ast.Starred) for e in node.elts):
            items = [self._value(item, scope) for item in node.elts]
            return tuple(items) if isinstance(node, ast.Tuple) else items
        if isinstance(node, ast.Dict) and None not in node.keys:
            return {self._value(key, scope): self._value(item, scope)  # type: ignore[arg-type]
                    for key, item in zip(node.keys, node.values, strict=True)}
        if isinstance(node, ast.UnaryOp):
            self.budget.spend()
            return UNARY[type(node.op)](self._value(node.operand, scope))
        for name in names_read(node) & scope.names.keys():
            self._look_up(name, scope)
        self.budget.spend(STEP * 20)
        expression = ast.fix_missing_locations(ast.Expression(node))
        return eval(compile(expression, "<equation>", "eval"), {**self.namespace, **scope.names})

    def _index(self, node: ast.expr, scope: Scope) -> Value:
        if isinstance(node, ast.Tuple):
            return tuple(self._index(part, scope) for part in node.elts)
        if isinstance(node, ast.Slice):
            return slice(*(part and self._value(part, scope) for part in (node.lower, node.upper, node.step)))
        return self._value(node, scope)

    def _call(self, node: ast.Call, scope: Scope) -> Value:
        if isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
            raise CannotAskError  # it would change a value of the scope
        function = self._value(node.func, scope)
        arguments = [self._value(part, scope) for part in node.args if not isinstance(part, ast.Starred)]
        keywords = {keyword.arg: self._value(keyword.value, scope) for keyword in node.keywords if keyword.arg}
        if len(arguments) != len(node.args) or len(keywords) != len(node.keywords):
            raise CannotAskError
        sizes, product = 0, 1
        for value in flatten((*arguments, *keywords.values())):
            if isinstance(value, np.ndarray):
                sizes += value.size
            elif isinstance(value, int | np.integer) and abs(int(value)) > 1 and function not in AS_LONG:
                product *= abs(int(value))
        if product > MAX_ENTRIES:
            raise CannotAskError
        self.budget.spend(sizes + (product if product > STEP else 0))
        return function(*arguments, **keywords)

    def _bound(self, op: ast.operator, left: Value, right: Value) -> None:
        """Count an operation on two values. Refuse it if its result is too large."""
        if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
            if isinstance(op, ast.MatMult):
                size = left.size * (right.shape[-1] if right.ndim > 1 else 1)
            else:
                size = left.size if left.shape == right.shape else np.broadcast(left, right).size
        else:
            size = max(np.size(left), np.size(right)) if isinstance(left, np.ndarray) or isinstance(
                right, np.ndarray) else 0
        if size > MAX_ENTRIES or (size == 0 and isinstance(op, ast.Pow) and is_large_power(left, right)):
            raise CannotAskError
        self.budget.spend(size)


def is_large_power(base: Value, exponent: Value) -> bool:
    """Tell if a power of integers has very many digits."""
    return isinstance(base, int) and isinstance(exponent, int) and abs(exponent) * abs(base).bit_length() > 10_000


def is_method_call(statement: ast.stmt) -> bool:
    """Tell if a statement calls a method of a local name, such as ``caches.append(cache)``."""
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return False
    call = statement.value
    return isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name) and not call.keywords


def flatten(values: Value, depth: int = 3) -> list[Value]:
    """Return the values in nested collections, down to some depth."""
    found = []
    for value in values.values() if isinstance(values, dict) else values:
        if isinstance(value, tuple | list | dict) and depth:
            found += flatten(value, depth - 1)
        else:
            found.append(value)
    return found


def names_written_inside(statement: ast.stmt) -> set[str]:
    """Return the names that a statement writes, with the statements inside it."""
    return {name for part in ast.walk(statement) if isinstance(part, ast.stmt) for name in names_written(part)}


__all__ = ["Budget", "CannotAskError", "Evaluator", "Scope", "SpentError", "base_of", "names_written_inside"]
