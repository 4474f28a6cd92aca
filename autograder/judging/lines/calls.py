"""Changes of a call: another function, axis, order, shape or argument."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import combinations, permutations

import numpy as np

from .setting import Edit, Setting, at_last_axis, steps_around
from .syntax import names_in
from .trees import attribute, binary, call, chain, function_name, name, number, terms_of

REDUCTIONS = {"sum", "mean", "max", "min", "prod"}
JOINS = {"concatenate", "hstack", "vstack", "stack"}
FILLED = {"zeros", "ones", "empty", "full"}


def of_call(node: ast.Call, setting: Setting) -> Iterator[Edit]:
    """Yield the changes of a call."""
    function = function_name(node)
    if function in REDUCTIONS and node.args:
        yield from of_reduction(node, function)
    elif function in JOINS and node.args and isinstance(node.args[0], ast.Tuple | ast.List):
        yield from of_join(node, list(node.args[0].elts))
    elif function in FILLED and node.args and isinstance(node.args[0], ast.Tuple):
        yield from of_filled(node, list(node.args[0].elts), setting)
    elif len(node.args) == 1 and isinstance(setting.value(node.args[0]), np.ndarray | float | int):
        yield from of_function(node, node.args[0], setting)
    elif len(node.args) > 1:
        yield from of_arguments(node, function, setting)


def of_function(node: ast.Call, argument: ast.expr, setting: Setting) -> Iterator[Edit]:
    """Yield the changes of a function of one array."""
    yield Edit("missing function", argument)
    yield Edit("sign", call(node.func, ast.UnaryOp(ast.USub(), argument)))
    for other in setting.functions():
        short = other.rpartition(".")[2]
        if short != function_name(node):
            yield Edit("function", call(other, argument), (short,))
            yield Edit("function", call(node.func, call(other, argument)), (short,))
            yield Edit("function", call(other, node), (short,))
    yield Edit("function", call("np.maximum", number(0), argument), ("maximum",))
    parts = terms_of(argument, ast.Add)
    for size in range(1, len(parts)):
        for into in combinations(range(len(parts)), size):
            inner = chain([parts[i] for i in into], ast.Add)
            yield Edit("brackets", chain([call(node.func, inner), *(
                part for i, part in enumerate(parts) if i not in into)], ast.Add))
    if len(parts) > 1:
        yield Edit("brackets", chain([call(node.func, part) for part in parts], ast.Add))
    yield Edit("function", call(node.func, node), (function_name(node),))
    yield Edit("axis", attribute(call(node.func, attribute(argument, "T")), "T"))
    exponential = call("np.exp", argument)
    yield Edit("axis", binary(exponential, ast.Div, call("np.sum", exponential)))
    yield Edit("axis", binary(exponential, ast.Div, call("np.sum", exponential, axis=number(1), keepdims=number(True))))
    for i, part in enumerate(parts):  # a term inside of the product
        for j, term in enumerate(parts):
            if i != j and isinstance(part, ast.BinOp) and isinstance(part.op, ast.MatMult):
                rest = [p for k, p in enumerate(parts) if k not in (i, j)]
                moved = binary(part.left, ast.MatMult, binary(part.right, ast.Add, term))
                yield Edit("brackets", call(node.func, chain([moved, *rest], ast.Add)))


def of_reduction(node: ast.Call, function: str) -> Iterator[Edit]:
    """Yield the changes of a sum over an axis, or of its like."""
    x, kept = node.args[0], number(True)
    has_axis = any(keyword.arg == "axis" for keyword in node.keywords)
    for axis in (0, 1, -1):
        yield Edit("axis" if has_axis else "all axes", call(node.func, x, axis=number(axis), keepdims=kept))
        yield Edit("axis kept" if has_axis else "all axes", call(node.func, x, axis=number(axis)))
        if function != "mean":
            yield Edit("function", call("np.mean", x, axis=number(axis), keepdims=kept), ("mean",))
            yield Edit("function", call("np.mean", x, axis=number(axis)), ("mean",))
        if function != "max":
            yield Edit("function", call("np.max", x, axis=number(axis), keepdims=kept), ("max",))
    yield Edit("axis", call(node.func, x))
    yield Edit("axis", call(node.func, x, keepdims=kept))
    yield Edit("missing function", x)
    yield Edit("axis", attribute(call(node.func, x, axis=number(1), keepdims=kept), "T"))


def of_join(node: ast.Call, parts: list[ast.expr]) -> Iterator[Edit]:
    """Yield the changes of a concatenation."""
    for axis in (0, 1):
        for order in permutations(parts):
            joined = ast.Tuple(list(order), ast.Load())
            yield Edit("axis" if list(order) == parts else "order", call("np.concatenate", joined, axis=number(axis)))
    if len(parts) == 2:
        a, b = parts
        yield Edit("operation", binary(a, ast.Add, b))
        rows = binary(shape_of(a, 0), ast.Add, shape_of(b, 0))
        shape = ast.Tuple([rows, shape_of(a, 1)], ast.Load())
        yield Edit("zeros", call("np.zeros", shape))
        turned = call("np.concatenate", ast.Tuple([attribute(a, "T"), attribute(b, "T")], ast.Load()), axis=number(1))
        yield Edit("axis", call(attribute(turned, "reshape"), shape))


def shape_of(node: ast.expr, axis: int) -> ast.expr:
    """Return a side of an array."""
    return ast.Subscript(attribute(node, "shape"), number(axis), ast.Load())


def of_filled(node: ast.Call, sides: list[ast.expr], setting: Setting) -> Iterator[Edit]:
    """Yield the changes of an array of zeros."""
    def filled(shape: list[ast.expr]) -> ast.expr:
        return call(node.func, ast.Tuple(shape, ast.Load()))

    for order in permutations(sides):
        if list(order) != sides:
            yield Edit("shape", filled(list(order)))
    for i, side in enumerate(sides):
        yield Edit("shape", filled([*sides[:i], *sides[i + 1:]]))
        for size in setting.sizes:
            yield Edit("shape", filled([*sides[:i], name(size), *sides[i + 1:]]), (size,))
        for new in (binary(side, ast.Add, number(1)), binary(side, ast.Sub, number(1)), number(1)):
            yield Edit("shape", filled([*sides[:i], new, *sides[i + 1:]]))
    for other_name, _ in setting.arrays():
        yield Edit("shape", call("np.zeros", attribute(name(other_name), "shape")), (other_name,))
        yield Edit("name", name(other_name), (other_name,))
    yield Edit("filled", call("np.ones", *node.args))
    yield Edit("shape", number(0.0))
    yield Edit("whole numbers", call("np.zeros", *node.args, dtype=name("int")), ("int",))


def of_arguments(node: ast.Call, function: str, setting: Setting) -> Iterator[Edit]:
    """Yield the changes of the arguments of a function."""
    def with_argument(i: int, new: ast.expr) -> ast.expr:
        return call(node.func, *node.args[:i], new, *node.args[i + 1:])

    for i, j in combinations(range(len(node.args)), 2):
        arguments = list(node.args)
        arguments[i], arguments[j] = arguments[j], arguments[i]
        yield Edit("order", call(node.func, *arguments))
    for i, argument in enumerate(node.args):
        held = setting.value(argument)
        if not isinstance(held, np.ndarray):
            continue
        yield Edit("zeros", with_argument(i, call("np.zeros", attribute(argument, "shape"))))
        yield Edit("size", with_argument(i, binary(argument, ast.Div, number(2))))
        for other, value in setting.arrays():
            if value.shape == held.shape and not isinstance(argument, ast.Name):
                yield Edit("argument", with_argument(i, name(other)), (other,), function)
            if value.shape == held.shape:
                yield Edit("extra", with_argument(i, binary(argument, ast.Add, name(other))), (other,), other)
            if value.ndim == held.ndim + 1:
                # else another array stands there
                whole, part = ("whole", "index") if other in names_in(argument) else ("name", "name")
                yield Edit(whole, with_argument(i, name(other)), (other,), other)
                for index in steps_around(setting):
                    yield Edit(part, with_argument(i, at_last_axis(other, index, value.ndim)), (other,), other)
