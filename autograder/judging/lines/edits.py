"""Small changes of one statement of the reference: the mistakes that a line may hold."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import combinations, permutations

import numpy as np

from .calls import of_call, shape_of
from .indices import of_dict, of_subscript, of_tuple
from .setting import Edit, Setting
from .syntax import names_read
from .trees import Part, attribute, binary, call, chain, function_name, name, number, parts_of, put, terms_of

MAX_KEY = 40  # characters of a key that a sentence quotes


def edits_of(statement: ast.stmt, setting: Setting) -> Iterator[tuple[Edit, ast.stmt]]:
    """Yield each change of a part of a statement, with the changed statement."""
    for part in parts_of(statement):
        if is_changed_part(part, statement):
            for edit in edits_of_part(part, setting):
                changed = put(statement, part.path, edit.node)
                assert isinstance(changed, ast.stmt)
                yield edit, changed


def is_changed_part(part: Part, statement: ast.stmt) -> bool:
    """Tell if a part may be changed by itself.

    The functions and modules that are called are not, nor is a part of a condition: most changes there give one of two
    values, so that many fit by chance.
    """
    if any(step[0] == "test" for step in part.path):
        return False
    if part.path[0][0] == "targets" or part.path[0][0] == "target":
        return isinstance(part.node, ast.Subscript)
    return not (isinstance(part.parent, ast.Call) and part.node is part.parent.func)


def edits_of_part(part: Part, setting: Setting) -> Iterator[Edit]:
    """Yield the changes of one part."""
    node = part.node
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        if node.id in setting.values:
            yield from of_name(node, part.parent, setting)
        return
    if isinstance(node, ast.Constant):
        yield from of_constant(node, part.parent, setting)
        return
    if isinstance(node, ast.Call | ast.BinOp | ast.Attribute | ast.Subscript) and isinstance(
            getattr(node, "ctx", None) or ast.Load(), ast.Load):
        yield from other_names(node, setting)
    yield from of_compound(node, part.parent, setting)


def of_compound(node: ast.expr, parent: ast.AST, setting: Setting) -> Iterator[Edit]:
    """Yield the changes of a part that has parts itself."""
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield Edit("transpose", node.value)
    elif isinstance(node, ast.BinOp):
        yield from of_operation(node, parent)
    elif isinstance(node, ast.Call):
        yield from of_call(node, setting)
    elif isinstance(node, ast.Subscript):
        yield from of_subscript(node, setting)
    elif isinstance(node, ast.Tuple) and not isinstance(parent, ast.Call | ast.Subscript):
        yield from of_tuple(node, setting)
    elif isinstance(node, ast.Dict):
        yield from of_dict(node, setting)
    elif isinstance(node, ast.IfExp):
        for body, other in ((node.body, node.body), (node.orelse, node.orelse), (node.orelse, node.body)):
            yield Edit("case", ast.IfExp(node.test, body, other))


def other_names(node: ast.expr, setting: Setting) -> Iterator[Edit]:
    """Yield the names that could stand in place of a part."""
    held = setting.value(node)
    if isinstance(held, np.ndarray):
        for other, value in setting.arrays():
            if value.shape == held.shape and other not in names_read(node):
                yield Edit("name", name(other), (other,))


def of_name(node: ast.Name, parent: ast.AST, setting: Setting) -> Iterator[Edit]:
    """Yield what could stand in place of a name."""
    held = setting.values[node.id]
    for other in alike(node.id, setting):
        yield Edit("name", name(other), (other,))
        if isinstance(held, np.ndarray):
            yield Edit("name", binary(number(1), ast.Sub, name(other)), (other,))
    if f"before {node.id}" in setting.values:
        yield Edit("stale", name(f"before {node.id}"), (), node.id)
    yield Edit("complement", binary(number(1), ast.Sub, node))
    yield Edit("power", binary(node, ast.Pow, number(2)), ("**",))
    if isinstance(held, np.ndarray) and held.dtype.kind == "f":
        for reduction in ("sum", "mean", "max"):
            yield Edit("function", call(f"np.{reduction}", node), (reduction,))
        yield Edit("zeros", call("np.zeros", attribute(node, "shape")))
        for function in setting.functions():
            yield Edit("function", call(function, node), (function.rpartition(".")[2],))
        if isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.MatMult):
            yield Edit("transpose", attribute(node, "T"))


def alike(text: str, setting: Setting) -> Iterator[str]:
    """Yield the other names that hold something of the same kind."""
    held = setting.values[text]
    for other, value in setting.values.items():
        if other == text or other not in setting.allowed:
            continue
        if isinstance(held, np.ndarray):
            if isinstance(value, np.ndarray) and value.ndim == held.ndim:
                yield other
        elif (isinstance(held, int) and isinstance(value, int)) or (
                isinstance(held, list | tuple | dict) and isinstance(value, list | tuple | dict)):
            yield other


def of_constant(node: ast.Constant, parent: ast.AST, setting: Setting) -> Iterator[Edit]:
    """Yield other keys of a dict, and other numbers."""
    if isinstance(node.value, str) and isinstance(parent, ast.Subscript):
        held = setting.value(parent.value)
        for key in held if isinstance(held, dict) else ():
            if key != node.value and len(key) <= MAX_KEY:
                yield Edit("entry", ast.Constant(key), (key,))
    elif isinstance(node.value, int | float) and not isinstance(node.value, bool):
        for other in (node.value + 1, node.value - 1, 2 * node.value, 0, -node.value):
            if other != node.value:
                yield Edit("number", number(other))


# ---- operations -------------------------------------------------------------------------------------------


def of_operation(node: ast.BinOp, parent: ast.AST) -> Iterator[Edit]:
    """Yield the changes of a sum, product, difference, power or matrix product."""
    op = type(node.op)
    is_inner = isinstance(parent, ast.BinOp) and type(parent.op) is op and parent.left is node
    if op is ast.Add and not is_inner:
        yield from of_sum(terms_of(node, ast.Add))
    elif op is ast.Mult and not is_inner:
        yield from of_product(terms_of(node, ast.Mult))
    elif op is ast.Sub:
        yield from of_difference(node)
    elif op is ast.Pow:
        yield Edit("power", node.left)
        yield Edit("power", binary(number(2), ast.Mult, node.left))
        yield Edit("power", chain([node.left, node.left, node.left], ast.Mult))
    elif op is ast.Div:
        yield Edit("missing division", node.left)
        yield Edit("operation", binary(node.left, ast.Mult, node.right))
        yield Edit("order", binary(node.right, ast.Div, node.left))
    elif op is ast.MatMult:
        yield from of_matrix_product(node.left, node.right)
        if function_name(node.right) == "concatenate":
            yield from of_joined_product(node.left, node.right)


def of_sum(parts: Sequence[ast.expr]) -> Iterator[Edit]:
    """Yield the changes of a sum."""
    for size in range(1, len(parts)):
        for kept in combinations(range(len(parts)), size):
            yield Edit("missing term", chain([parts[i] for i in kept], ast.Add))
    for i, part in enumerate(parts):
        rest = chain([other for other in parts if other is not part], ast.Add)
        yield Edit("sign", binary(rest, ast.Sub, part))
        yield Edit("twice", binary(chain(parts, ast.Add), ast.Add, part))
        if i:
            yield Edit("operation", binary(chain(parts[:i], ast.Add), ast.Mult, chain(parts[i:], ast.Add)))
            yield from of_two_products(parts[i - 1], part, [*parts[:i - 1], *parts[i + 1:]])
    for one, two in combinations(parts, 2) if len(parts) > 2 else ():
        others = [part for part in parts if part is not one and part is not two]
        yield Edit("operation", chain([*others, binary(one, ast.Mult, two)], ast.Add))


def of_two_products(one: ast.expr, two: ast.expr, rest: Sequence[ast.expr]) -> Iterator[Edit]:
    """Yield the sum of two products with the brackets around what lies between them: a (b + c) d for a b + c d."""
    for op in (ast.Mult, ast.MatMult):
        left, right = terms_of(one, op), terms_of(two, op)
        if len(left) > 1 and len(right) > 1:
            middle = binary(left[-1], ast.Add, right[0])
            yield Edit("brackets", chain([chain([*left[:-1], middle, *right[1:]], op), *rest], ast.Add))


def of_product(parts: Sequence[ast.expr]) -> Iterator[Edit]:
    """Yield the changes of a product of entries."""
    for size in range(1, len(parts)):
        for kept in combinations(range(len(parts)), size):
            yield Edit("missing factor", chain([parts[i] for i in kept], ast.Mult))
    for i in range(1, len(parts)):
        yield Edit("operation", binary(chain(parts[:i], ast.Mult), ast.Add, chain(parts[i:], ast.Mult)))
    for part in parts:
        yield Edit("twice", chain([*parts, part], ast.Mult))
    for one, two in combinations(parts, 2):
        yield Edit("twice", chain([*parts, one, two], ast.Mult))
    yield Edit("product", binary(parts[0], ast.MatMult, chain(parts[1:], ast.Mult)))
    for part in parts:
        rest = [other for other in parts if other is not part]
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Sub):
            # x (1 - x) and 1 - x^2 are the slopes of two functions
            if any(ast.dump(other) == ast.dump(part.right) for other in rest):
                others = [other for other in rest if ast.dump(other) != ast.dump(part.right)]
                square = binary(part.left, ast.Sub, binary(part.right, ast.Pow, number(2)))
                yield Edit("slope", chain([*others, square], ast.Mult))
            yield Edit("brackets", binary(part.left, ast.Sub, chain([part.right, *rest], ast.Mult)))
            yield Edit("brackets", binary(chain([*rest, part.left], ast.Mult), ast.Sub, part.right))
        inside = terms_of(part, ast.Add)
        for a, b in permutations(inside, 2) if len(inside) == 2 else ():
            yield Edit("brackets", binary(a, ast.Add, chain([b, *rest], ast.Mult)))
        if isinstance(part, ast.Call) and len(part.args) == 1 and rest:
            yield Edit("brackets", call(part.func, chain([*rest, part.args[0]], ast.Mult)))


def of_difference(node: ast.BinOp) -> Iterator[Edit]:
    """Yield the changes of a difference."""
    yield Edit("missing term", node.right)
    yield Edit("missing term", node.left)
    yield Edit("sign", binary(node.left, ast.Add, node.right))
    yield Edit("order", binary(node.right, ast.Sub, node.left))
    power = node.right
    if isinstance(power, ast.BinOp) and isinstance(power.op, ast.Pow):
        base = power.left
        yield Edit("brackets", binary(binary(node.left, ast.Sub, base), ast.Pow, power.right))
        yield Edit("slope", binary(base, ast.Mult, binary(node.left, ast.Sub, base)))
        if isinstance(base, ast.Call) and len(base.args) == 1:
            inner = base.args[0]
            yield Edit("brackets", binary(node.left, ast.Sub, call(base.func, binary(inner, ast.Pow, power.right))))
            yield Edit("missing function", binary(node.left, ast.Sub, binary(inner, ast.Pow, number(4))))
        else:
            yield Edit("brackets", binary(node.left, ast.Sub, call("np.tanh", power)), ("tanh",))


def of_joined_product(left: ast.expr, right: ast.expr) -> Iterator[Edit]:
    """Yield the product of a matrix and two parts on top of each other without one of the parts."""
    joined = right.args[0] if isinstance(right, ast.Call) and right.args else None
    if isinstance(joined, ast.Tuple) and len(joined.elts) == 2:
        top, bottom = joined.elts
        for part, cut in ((top, ast.Slice(None, shape_of(top, 0))), (bottom, ast.Slice(shape_of(top, 0), None))):
            columns = ast.Subscript(left, ast.Tuple([ast.Slice(), cut], ast.Load()), ast.Load())
            yield Edit("missing term", binary(columns, ast.MatMult, part))


def of_matrix_product(left: ast.expr, right: ast.expr) -> Iterator[Edit]:
    """Yield the changes of a product of matrices."""
    yield Edit("order", binary(right, ast.MatMult, left))
    yield Edit("product", binary(left, ast.Mult, right))
    for one, other in ((attribute(left, "T"), right), (left, attribute(right, "T"))):
        yield Edit("transpose", binary(one, ast.MatMult, other))
    yield Edit("transpose", attribute(binary(left, ast.MatMult, right), "T"))
    if isinstance(right, ast.Attribute) and right.attr == "T":
        yield Edit("product", binary(left, ast.Mult, right.value))
    if isinstance(left, ast.Attribute) and left.attr == "T":
        yield Edit("product", binary(left.value, ast.Mult, right))
