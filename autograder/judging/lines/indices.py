"""Changes of an index, a slice, a tuple or a dict."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from itertools import combinations

from .setting import Edit, Setting, steps_around
from .syntax import names_in
from .trees import attribute, binary, call, name, number

#: Returns the part at another index.
Indexed = Callable[[list[ast.expr]], ast.expr]


def of_subscript(node: ast.Subscript, setting: Setting) -> Iterator[Edit]:
    """Yield the changes of an index or a slice."""
    if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        return
    base = next((part for part in names_in(node.value)), "")
    if isinstance(node.ctx, ast.Load):
        yield Edit("whole", node.value, (), base)
    elements = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]

    def with_elements(new: list[ast.expr]) -> ast.expr:
        return ast.Subscript(node.value, ast.Tuple(new, ast.Load()) if len(new) > 1 else new[0], node.ctx)

    for i, element in enumerate(elements):
        if isinstance(element, ast.Slice):
            yield from of_slice(element, i, elements, with_elements, base, setting)
            continue
        for index in steps_around(setting):
            if ast.dump(index) != ast.dump(element):
                yield Edit("index", with_elements([*elements[:i], index, *elements[i + 1:]]), (), base)
        for j in range(len(elements)):
            if j != i:
                moved = list(elements)
                moved[i], moved[j] = moved[j], moved[i]
                yield Edit("axis", with_elements(moved))
        if len(elements) > 1:
            yield Edit("axis", with_elements([element]))
            yield Edit("axis", with_elements([ast.Slice(), element]))


def of_slice(element: ast.Slice, place: int, elements: list[ast.expr], with_elements: Indexed, base: str,
             setting: Setting) -> Iterator[Edit]:
    """Yield the changes of one slice of an index."""
    bound = element.lower or element.upper
    before, after = elements[:place], elements[place + 1:]
    if bound is None:
        turned = ast.Slice(None, None, ast.UnaryOp(ast.USub(), number(1)))
        yield Edit("turned", with_elements([*before, turned, *after]), (), base)
        return
    other = ast.Slice(bound, None) if element.upper else ast.Slice(None, bound)
    yield Edit("slice", with_elements([*before, other, *after]), (), base)
    if len(elements) > 1:
        yield Edit("axis", with_elements(elements[::-1]))
    bounds: list[tuple[ast.expr, tuple[str, ...]]] = [
        (name(text), (text,)) for text in setting.sizes]
    bounds += [(binary(bound, op, number(1)), ()) for op in (ast.Add, ast.Sub)]
    for new, brought in bounds:
        cut, rest = ast.Slice(new, None), ast.Slice(None, new)
        yield Edit("slice", with_elements([*before, cut if element.lower else rest, *after]), brought, base)
        yield Edit("slice", with_elements([*before, rest if element.lower else cut, *after]), brought, base)


def of_tuple(node: ast.Tuple, setting: Setting) -> Iterator[Edit]:
    """Yield the changes of a tuple of items."""
    items = list(node.elts)
    for i, j in combinations(range(len(items)), 2):
        swapped = list(items)
        swapped[i], swapped[j] = swapped[j], swapped[i]
        yield Edit("items order", ast.Tuple(swapped, ast.Load()))
    for size in range(1, min(len(items), 5)):
        for gone in combinations(range(len(items)), size):
            yield Edit("items", ast.Tuple([item for i, item in enumerate(items) if i not in gone], ast.Load()))
    for i, item in enumerate(items):
        for other in setting.values if isinstance(item, ast.Name) else ():
            if other in setting.allowed and other != getattr(item, "id", None):
                yield Edit("name", ast.Tuple([*items[:i], name(other), *items[i + 1:]], ast.Load()), (other,))
    for i, item in enumerate(items):
        for new in otherwise_placed(item, setting):
            yield Edit("axes", ast.Tuple([*items[:i], new, *items[i + 1:]], ast.Load()))
    yield Edit("items", ast.List(items, ast.Load()))
    if len(items) == 2:
        yield from (Edit("items", item) for item in items)


def otherwise_placed(item: ast.expr, setting: Setting) -> Iterator[ast.expr]:
    """Yield an array with its axes in another order, or with one axis less."""
    axes = getattr(setting.value(item), "ndim", 0)
    if axes == 2:
        yield attribute(item, "T")
        yield ast.Subscript(item, ast.Tuple([ast.Slice(), number(0)], ast.Load()), ast.Load())
    for place in range(axes - 1) if axes > 2 else ():
        yield call("np.moveaxis", item, number(axes - 1), number(place))


def of_dict(node: ast.Dict, setting: Setting) -> Iterator[Edit]:
    """Yield the changes of a dict of entries."""
    for size in setting.sizes:
        divided = [binary(value, ast.Div, name(size)) for value in node.values]
        for i, value in enumerate(divided):
            yield Edit("size", ast.Dict(node.keys, [*node.values[:i], value, *node.values[i + 1:]]))
    for i, value in enumerate(node.values):
        for new in otherwise_placed(value, setting):
            yield Edit("axes", ast.Dict(node.keys, [*node.values[:i], new, *node.values[i + 1:]]))
    for i, j in combinations(range(len(node.keys)), 2):
        values = list(node.values)
        values[i], values[j] = values[j], values[i]
        yield Edit("items order", ast.Dict(node.keys, values))
    for i in range(len(node.keys)):
        yield Edit("items", ast.Dict([*node.keys[:i], *node.keys[i + 1:]], [*node.values[:i], *node.values[i + 1:]]))
