"""Changes of a statement as a whole: its target, how it writes, and the same change at all like places."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial
from itertools import combinations, permutations, product
from typing import cast

import numpy as np

from .calls import shape_of
from .indices import of_slice
from .setting import Edit, Setting, at_last_axis, steps_around
from .syntax import names_in, names_read
from .trees import (
    attribute,
    binary,
    call,
    name,
    number,
    parts_of,
    put,
    rename,
    with_field,
)


def edits_of_statement(statement: ast.stmt, setting: Setting) -> Iterator[tuple[Edit, ast.stmt]]:
    """Yield the changes of a statement as a whole, each with the changed statement."""
    if isinstance(statement, ast.Expr):
        found = of_method(statement, setting)
    elif isinstance(statement, ast.Assign | ast.AugAssign):
        found = of_assignment(statement, setting)
    else:
        return
    for edit in found:
        yield edit, cast(ast.stmt, edit.node)


def of_assignment(statement: ast.Assign | ast.AugAssign, setting: Setting) -> Iterator[Edit]:
    """Yield the changes of an assignment."""
    yield from renamed(statement, setting)
    yield from sliced_otherwise(statement, setting)
    if isinstance(statement, ast.AugAssign):
        yield from of_sum_in_place(statement, setting)
    elif isinstance(target := statement.targets[0], ast.Name):
        if not isinstance(statement.value, ast.Tuple | ast.Dict):
            yield from of_plain(statement, target, setting)
    elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
        yield from of_filling(statement, target, setting)
    elif isinstance(target, ast.Tuple) and all(isinstance(part, ast.Name) for part in target.elts):
        for i, j in combinations(range(len(target.elts)), 2):
            parts = list(target.elts)
            parts[i], parts[j] = parts[j], parts[i]
            yield Edit("items order", ast.Assign([ast.Tuple(parts, ast.Store())], statement.value))


def renamed(statement: ast.Assign | ast.AugAssign, setting: Setting) -> Iterator[Edit]:
    """Yield the statement with names exchanged, or one name at all of its places, or gradients for values."""
    read = [part.node.id for part in parts_of(statement) if isinstance(part.node, ast.Name)
            and part.path[0][0] == "value" and part.node.id in setting.values]
    arrays = [text for text in dict.fromkeys(read) if isinstance(setting.values[text], np.ndarray)]
    for one, two in combinations(arrays, 2):
        yield Edit("swap", with_names(statement, {one: two, two: one}))
    for text in arrays:
        if read.count(text) > 1:
            for other, value in setting.arrays():
                if other != text and value.ndim == setting.values[text].ndim:
                    yield Edit("name", with_names(statement, {text: other}), (other,))
    fresh = [other for other, _ in setting.arrays() if other not in read]
    for (one, two), (first, second) in product(permutations(arrays, 2), combinations(fresh, 2)):
        yield Edit("names", with_names(statement, {one: first, two: second}), (first, second))
    for text, function in product((text for text in arrays if read.count(text) > 1), setting.functions()):
        inside = rename(statement.value, {text: call(function, name(text))})
        yield Edit("function", with_field(statement, "value", inside), (function.rpartition(".")[2],))
    gradients = {text: f"d{text}" for text in arrays if f"d{text}" in setting.values}
    values = {text: text[1:] for text in arrays if text[:1] == "d" and text[1:] in setting.values}
    for names in (gradients, values):
        if len(names) > 1:
            yield Edit("names", with_names(statement, names), tuple(names.values()))


def with_names(statement: ast.Assign | ast.AugAssign, names: dict[str, str]) -> ast.AST:
    """Return the statement with other names in its value."""
    value = rename(statement.value, {old: name(new) for old, new in names.items()})
    return with_field(statement, "value", value)


def sliced_otherwise(statement: ast.Assign | ast.AugAssign, setting: Setting) -> Iterator[Edit]:
    """Yield the statement with a slice changed at all its places."""
    places: dict[str, list[tuple[ast.Subscript, tuple[tuple[str, int | None], ...]]]] = {}
    for part in parts_of(statement):
        node = part.node
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple) and any(
                isinstance(element, ast.Slice) and (element.lower or element.upper) for element in node.slice.elts):
            places.setdefault(ast.dump(node.slice), []).append((node, part.path))
    for found in places.values():
        if len(found) < 2:
            continue
        first = found[0][0]
        assert isinstance(first.slice, ast.Tuple)
        elements = list(first.slice.elts)
        changes = [Edit("whole", first.value)]
        for i, element in enumerate(elements):
            if isinstance(element, ast.Slice):
                changes += of_slice(element, i, elements, partial(index_of, first.value), "", setting)
        for change in changes:
            changed: ast.AST = statement
            for node, path in found:
                new = change.node
                if isinstance(new, ast.Subscript):
                    new = ast.Subscript(node.value, new.slice, ast.Load())
                changed = put(changed, path, new if isinstance(new, ast.Subscript) else node.value)
            yield Edit(change.act, changed, change.brought)


def index_of(value: ast.expr, elements: list[ast.expr]) -> ast.expr:
    """Return a part of an array."""
    return ast.Subscript(value, ast.Tuple(elements, ast.Load()), ast.Load())


def of_sum_in_place(statement: ast.AugAssign, setting: Setting) -> Iterator[Edit]:
    """Yield the changes of ``total += part``."""
    target, value = statement.target, statement.value
    yield Edit("replaced", ast.Assign([target], value))
    yield Edit("sign", ast.AugAssign(target, ast.Sub(), value))
    yield Edit("operation", ast.AugAssign(target, ast.Mult(), value))
    yield Edit("transpose", ast.AugAssign(target, statement.op, attribute(value, "T")))
    yield Edit("zeros", ast.AugAssign(target, statement.op, number(0)))
    if isinstance(target, ast.Name):
        yield Edit("name", ast.AugAssign(target, statement.op, name(target.id)), (target.id,))
        held = setting.values.get(target.id)
        for other, other_value in setting.arrays():
            if other != target.id and isinstance(held, np.ndarray) and held.shape == other_value.shape:
                yield Edit("name", ast.Assign([target], binary(name(other), ast.Add, value)), (other,))
    yield from scaled(statement, setting)


def scaled(statement: ast.Assign | ast.AugAssign, setting: Setting) -> Iterator[Edit]:
    """Yield the statement with its value multiplied or divided by a size."""
    sizes: list[ast.expr] = [number(2), *(name(size) for size in setting.all_sizes)]
    for text in sorted(names_read(statement)):
        sizes += [shape_of(name(text), axis) for axis in range(getattr(setting.values.get(text), "ndim", 0))]
    for size in sizes:
        for op in (ast.Div, ast.Mult):
            yield Edit("size", with_field(statement, "value", binary(statement.value, op, size)))


def of_plain(statement: ast.Assign, target: ast.Name, setting: Setting) -> Iterator[Edit]:
    """Yield the changes of ``x = value``."""
    value = statement.value

    def with_value(new: ast.expr) -> ast.AST:
        return ast.Assign([target], new)

    if isinstance(setting.values.get(f"before {target.id}"), np.ndarray):
        before = name(f"before {target.id}")
        yield Edit("added", with_value(binary(value, ast.Add, before)))
        yield Edit("left", with_value(before))
    yield Edit("transpose", with_value(attribute(value, "T")))
    yield Edit("sign", with_value(ast.UnaryOp(ast.USub(), value)))
    yield Edit("complement", with_value(binary(number(1), ast.Sub, value)))
    yield from scaled(statement, setting)
    for function in setting.functions():
        yield Edit("function", with_value(call(function, value)), (function.rpartition(".")[2],))
    for other, held in setting.arrays():
        yield Edit("extra", with_value(binary(value, ast.Add, name(other))), (other,), other)
        yield Edit("extra", with_value(binary(value, ast.Mult, name(other))), (other,), other)
        yield Edit("name", with_value(name(other)), (other,))
        if held.ndim == 3:
            act = "index" if other in names_in(value) else "name"
            for index in steps_around(setting):
                part = at_last_axis(other, index, held.ndim)
                yield Edit(act, with_value(part), (other,), other)
                yield Edit("extra", with_value(binary(value, ast.Add, part)), (other,), other)
    yield Edit("whole numbers", with_value(call(attribute(value, "astype"), name("int"))))
    yield Edit("zeros", with_value(call("np.zeros", call("np.shape", value))))


def of_filling(statement: ast.Assign, target: ast.Subscript, setting: Setting) -> Iterator[Edit]:
    """Yield the changes of ``x[..., t] = value``."""
    assert isinstance(target.value, ast.Name)
    base = target.value.id
    yield Edit("unfilled", ast.Assign([ast.Name(base, ast.Store())], statement.value))
    yield Edit("added", ast.AugAssign(target, ast.Add(), statement.value))
    yield Edit("sign", ast.Assign([target], ast.UnaryOp(ast.USub(), statement.value)))
    for index in steps_around(setting):
        earlier = at_last_axis(base, index, getattr(setting.values.get(base), "ndim", 1))
        yield Edit("extra", ast.Assign([target], binary(statement.value, ast.Add, earlier)), (), base)
    yield from scaled(statement, setting)
    for other, _ in setting.arrays():
        yield Edit("name", ast.Assign([target], name(other)), (other,))


def of_method(statement: ast.Expr, setting: Setting) -> Iterator[Edit]:
    """Yield the changes of ``items.append(item)``."""
    method = statement.value
    if not (isinstance(method, ast.Call) and isinstance(method.func, ast.Attribute)
            and isinstance(method.func.value, ast.Name) and len(method.args) == 1):
        return
    held, item = name(method.func.value.id), method.args[0]
    target = ast.Name(held.id, ast.Store())
    one: ast.expr = ast.List([item], ast.Load())
    for act, value in (
        ("nested", ast.Tuple([held, item], ast.Load())), ("replaced", item), ("replaced", one),
        ("twice", binary(held, ast.Add, ast.List([item, item], ast.Load()))), ("front", binary(one, ast.Add, held)),
        ("apart", binary(held, ast.Add, call("list", item))),
        ("items", binary(held, ast.Add, ast.List([one], ast.Load()))),
    ):
        yield Edit(act, ast.Assign([target], value))
    for other in setting.values:
        if other in setting.allowed and other != held.id:
            yield Edit("name", ast.Expr(call(method.func, name(other))), (other,))
