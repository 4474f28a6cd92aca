"""Syntax trees that share their parts: a change of one part copies the nodes above it, and no others."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

#: The way from a node to a part of it: fields, and the places in their lists.
Path = tuple[tuple[str, int | None], ...]


class Part(NamedTuple):
    """An expression inside a statement."""

    node: ast.expr
    path: Path
    parent: ast.AST


def parts_of(statement: ast.AST) -> Iterator[Part]:
    """Yield the expressions in a statement, the outer ones first."""
    queue: list[tuple[ast.AST, Path]] = [(statement, ())]
    while queue:
        parent, above = queue.pop(0)
        for field, value in ast.iter_fields(parent):
            for place, child in enumerate(value) if isinstance(value, list) else ((None, value),):
                if isinstance(child, ast.AST):
                    path = (*above, (field, place))
                    if isinstance(child, ast.expr):
                        yield Part(child, path, parent)
                    queue.append((child, path))


def put(root: ast.AST, path: Path, new: ast.AST) -> ast.AST:
    """Return the tree with another node at a path."""
    if not path:
        return new
    (field, place), rest = path[0], path[1:]
    held = getattr(root, field)
    if place is None:
        return with_field(root, field, put(held, rest, new))
    return with_field(root, field, [*held[:place], put(held[place], rest, new), *held[place + 1:]])


def with_field(node: ast.AST, field: str, value: object) -> ast.AST:
    """Return a copy of a node with another value of one field."""
    copied = type(node).__new__(type(node))  # called without its fields, it warns from Python 3.13 on
    copied.__dict__.update(node.__dict__)
    setattr(copied, field, value)
    return copied


def rename(node: ast.AST, names: dict[str, ast.expr]) -> ast.AST:
    """Return the tree with expressions in place of names that are read."""
    if isinstance(node, ast.Name):
        return names.get(node.id, node) if isinstance(node.ctx, ast.Load) else node
    for field in node._fields:
        value = getattr(node, field, None)
        if isinstance(value, list):
            new: object = [rename(item, names) if isinstance(item, ast.AST) else item for item in value]
            if any(a is not b for a, b in zip(value, new, strict=True)):  # type: ignore[call-overload]
                node = with_field(node, field, new)
        elif isinstance(value, ast.AST):
            changed = rename(value, names)
            if changed is not value:
                node = with_field(node, field, changed)
    return node


# ---- small trees ------------------------------------------------------------------------------------------


def name(text: str) -> ast.Name:
    """Return a name that is read."""
    return ast.Name(text, ast.Load())


def number(value: float) -> ast.expr:
    """Return a number."""
    return ast.Constant(value)


def call(function: ast.expr | str, *arguments: ast.expr, **keywords: ast.expr) -> ast.Call:
    """Return a call; a function of numpy is given as ``np.tanh``."""
    if isinstance(function, str):
        module, _, attribute = function.rpartition(".")
        function = ast.Attribute(name(module), attribute, ast.Load()) if module else name(function)
    return ast.Call(function, list(arguments), [ast.keyword(key, value) for key, value in keywords.items()])


def attribute(node: ast.expr, text: str) -> ast.expr:
    """Return an attribute, such as the transpose."""
    return ast.Attribute(node, text, ast.Load())


def binary(left: ast.expr, op: type[ast.operator], right: ast.expr) -> ast.expr:
    """Return an operation on two parts."""
    return ast.BinOp(left, op(), right)


def terms_of(node: ast.expr, op: type[ast.operator]) -> list[ast.expr]:
    """Return the parts of a chain of sums or products."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, op):
        return [*terms_of(node.left, op), *terms_of(node.right, op)]
    return [node]


def chain(parts: Sequence[ast.expr], op: type[ast.operator]) -> ast.expr:
    """Return the chain of some parts."""
    whole = parts[0]
    for part in parts[1:]:
        whole = binary(whole, op, part)
    return whole


def function_name(node: ast.AST) -> str:
    """Return the name of the function that a call calls, without its module; "" if it is no call by name."""
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""
