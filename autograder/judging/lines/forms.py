"""The form of an expression: what it is made of, whichever way it is written.

A sum is its terms with their signs, a product its factors above and below the line, a comparison has one direction,
and a method of an array is the function of numpy by the same name.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import NamedTuple

#: The parts of an expression, each with its place.
Parts = list[tuple[str, ast.expr]]

#: Methods of an array that numpy has as functions, too.
METHODS = {"sum", "mean", "max", "min", "prod", "dot", "reshape", "ravel", "argmax", "argmin", "cumsum", "clip",
           "round", "std", "var", "all", "any", "squeeze", "repeat"}
OPERATORS: Mapping[str, type[ast.operator]] = {
    "np.dot": ast.MatMult, "np.matmul": ast.MatMult, "np.multiply": ast.Mult, "np.add": ast.Add,
    "np.subtract": ast.Sub, "np.divide": ast.Div, "np.true_divide": ast.Div, "np.power": ast.Pow,
}
SYNONYMS = {"np.absolute": "np.abs", "abs": "np.abs", "np.amax": "np.max", "np.amin": "np.min"}
TURNED: Mapping[type[ast.cmpop], type[ast.cmpop]] = {ast.Gt: ast.Lt, ast.GtE: ast.LtE}
OPPOSITE: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}


class Form(NamedTuple):
    """An expression that is no sum and no product: its kind, its name within the kind, and its parts."""

    kind: str
    name: str
    parts: Parts


def plain(node: ast.expr) -> ast.expr:
    """Return the operation that a function of numpy stands for, and other expressions as they are."""
    if isinstance(node, ast.Call) and not node.keywords:
        name = ast.unparse(node.func)
        if name in OPERATORS and len(node.args) == 2:
            return ast.BinOp(node.args[0], OPERATORS[name](), node.args[1])
        if name == "np.square" and len(node.args) == 1:
            return ast.BinOp(node.args[0], ast.Pow(), ast.Constant(2))
        if name == "np.negative" and len(node.args) == 1:
            return ast.UnaryOp(ast.USub(), node.args[0])
        if name == "np.transpose" and len(node.args) == 1:
            return ast.Attribute(node.args[0], "T", ast.Load())
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) != "np":
        if node.func.attr == "transpose" and not node.args:
            return ast.Attribute(node.func.value, "T", ast.Load())
        if node.func.attr in METHODS:
            return ast.Call(ast.Attribute(ast.Name("np", ast.Load()), node.func.attr, ast.Load()),
                            [node.func.value, *node.args], node.keywords)
    return node


# ---- sums and products --------------------------------------------------------------------------------------


def terms(node: ast.expr, sign: str = "+") -> Parts:
    """Return the terms of a sum with their signs; one term of anything else."""
    same, other = plain(node), "-" if sign == "+" else "+"
    if isinstance(same, ast.BinOp) and isinstance(same.op, ast.Add | ast.Sub):
        return [*terms(same.left, sign), *terms(same.right, sign if isinstance(same.op, ast.Add) else other)]
    if isinstance(same, ast.UnaryOp) and isinstance(same.op, ast.USub):
        return terms(same.operand, other)
    is_negative = sum(is_minus(factor) for _, factor in factors(node)) % 2
    return [(other if is_negative else sign, node)]


def is_minus(node: ast.expr) -> bool:
    """Tell if an expression is another one with a minus sign."""
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)


def factors(node: ast.expr, place: str = "above") -> Parts:
    """Return the factors of a product, above and below the line; one factor of anything else."""
    same, other = plain(node), "below" if place == "above" else "above"
    if isinstance(same, ast.BinOp) and isinstance(same.op, ast.Mult | ast.Div):
        return [*factors(same.left, place), *factors(same.right, place if isinstance(same.op, ast.Mult) else other)]
    return [(place, node)]


def without_sign(node: ast.expr) -> ast.expr:
    """Return a factor without the minus sign that `terms` has counted."""
    return node.operand if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else node


def unsigned_factors(node: ast.expr) -> Parts:
    """Return the factors of a term without their signs."""
    found = factors(node)
    return [(place, without_sign(factor)) for place, factor in found] if len(found) > 1 else found


def product_of(parts: Sequence[tuple[str, ast.expr]]) -> ast.expr:
    """Return the product of factors that are all above the line."""
    whole = parts[0][1]
    for _, part in parts[1:]:
        whole = ast.BinOp(whole, ast.Mult(), part)
    return whole


# ---- other expressions --------------------------------------------------------------------------------------


def form_of(node: ast.expr) -> Form | None:
    """Return the form of an expression that is no sum and no product; None of a name, a constant or another leaf."""
    node = plain(node)
    if isinstance(node, ast.Call):
        return form_of_call(node)
    if isinstance(node, ast.Subscript):
        index = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return Form("index", str(len(index)), [("of", node.value), *numbered(index)])
    if isinstance(node, ast.Slice):
        given = (("lower", node.lower), ("upper", node.upper), ("step", node.step))
        return Form("slice", "", [(place, part) for place, part in given if part is not None])
    if isinstance(node, ast.BinOp):
        return Form("operation", type(node.op).__name__, [("left", node.left), ("right", node.right)])
    if isinstance(node, ast.Attribute):
        return Form("attribute", node.attr, [("of", node.value)])
    if isinstance(node, ast.Tuple | ast.List):
        return Form("items", type(node).__name__, numbered(node.elts))
    if isinstance(node, ast.Starred):
        return Form("starred", "", [("of", node.value)])
    return form_of_condition(node)


def form_of_call(node: ast.Call) -> Form | None:
    """Return the form of a call: a method's object is its first part. None if what is called has no name."""
    keywords = [(keyword.arg or "**", keyword.value) for keyword in node.keywords]
    if isinstance(node.func, ast.Attribute) and not isinstance(node.func.value, ast.Name):
        return Form("call", f".{node.func.attr}", [("of", node.func.value), *numbered(node.args), *keywords])
    if not is_dotted(node.func):
        return None
    name = ast.unparse(node.func)
    return Form("call", SYNONYMS.get(name, name), [*numbered(node.args), *keywords])


def makes_axis(node: ast.Subscript) -> bool:
    """Tell if an index gives an array one more axis."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    return any(ast.unparse(part) in ("None", "np.newaxis") for part in parts)


def is_dotted(node: ast.expr) -> bool:
    """Tell if an expression is a name, or a name in a module."""
    return isinstance(node, ast.Name) or (isinstance(node, ast.Attribute) and is_dotted(node.value))


def form_of_condition(node: ast.expr) -> Form | None:
    """Return the form of a comparison, of joined conditions, of a choice or of a dict."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        kind, sides = type(node.ops[0]), [node.left, node.comparators[0]]
        turned = TURNED.get(kind, kind)
        return Form("comparison", turned.__name__, numbered(sides if turned is kind else sides[::-1]))
    if isinstance(node, ast.BoolOp):
        return Form("joined", "and" if isinstance(node.op, ast.And) else "or", [("", part) for part in node.values])
    if isinstance(node, ast.UnaryOp):
        return Form("unary", type(node.op).__name__, [("of", node.operand)])
    if isinstance(node, ast.IfExp):
        return Form("choice", "", [("test", node.test), ("then", node.body), ("else", node.orelse)])
    if isinstance(node, ast.Dict) and all(isinstance(key, ast.Constant) for key in node.keys):
        return Form("items", "Dict", [(repr(key.value), value)  # type: ignore[union-attr]
                                      for key, value in zip(node.keys, node.values, strict=True)])
    return None


def numbered(parts: Sequence[ast.expr]) -> Parts:
    """Return parts with their places in the order."""
    return [(str(place), part) for place, part in enumerate(parts)]


def opposite(node: ast.expr) -> ast.expr:
    """Return the condition that holds where this one does not."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return settled(node.operand)
    if isinstance(node, ast.BoolOp):
        joined = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        return ast.BoolOp(joined, [opposite(part) for part in node.values])
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in OPPOSITE:
        return ast.Compare(node.left, [OPPOSITE[type(node.ops[0])]()], node.comparators)
    return ast.UnaryOp(ast.Not(), node)


def settled(node: ast.expr) -> ast.expr:
    """Return a condition with ``not`` before its smallest parts alone."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return opposite(node.operand)
    if isinstance(node, ast.BoolOp):
        return ast.BoolOp(node.op, [settled(part) for part in node.values])
    return node


# ---- keys ---------------------------------------------------------------------------------------------------

COMPREHENSIONS = ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp


class Keys:
    """Texts of expressions that are equal for equal forms.

    Parameters
    ----------
    names : mapping of str to str, optional
        The keys of names that stand for expressions.
    """

    def __init__(self, names: Mapping[str, str] | None = None) -> None:
        self.names = names or {}
        self._known: dict[int, tuple[ast.expr, str]] = {}

    def of(self, node: ast.expr) -> str:
        """Return the key of an expression."""
        if id(node) not in self._known:
            self._known[id(node)] = node, self._key(node)
        return self._known[id(node)][1]

    def _key(self, node: ast.expr) -> str:
        chain = terms(node)
        if len(chain) == 1 and chain[0][0] == "+":
            return self.of_term(node)
        return f"({' '.join(sorted(sign + self.of_term(part) for sign, part in chain))})"

    def of_term(self, node: ast.expr) -> str:
        """Return the key of an expression without its sign."""
        if isinstance(node, ast.Name):
            return self.names.get(node.id, node.id)
        chain = unsigned_factors(node)
        if len(chain) > 1:
            return f"[{' '.join(sorted(f'{place[0]}{self.of(part)}' for place, part in chain))}]"
        return self._of_other(plain(node))

    def _of_other(self, node: ast.expr) -> str:
        if isinstance(node, COMPREHENSIONS):
            return self._of_comprehension(node)
        if isinstance(node, ast.Constant):
            value = node.value
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            return repr(float(value)) if is_number else repr(value)  # type: ignore[arg-type]
        form = form_of(node)
        if form is None:
            return ast.unparse(node)
        parts = [f"{place}:{self.of(part)}" for place, part in form.parts]
        return f"{form.kind}/{form.name}({' '.join(sorted(parts) if form.kind == 'joined' else parts)})"

    def _of_comprehension(self, node: ast.expr) -> str:
        assert isinstance(node, COMPREHENSIONS)
        if len(node.generators) != 1 or node.generators[0].ifs:
            return ast.unparse(node)
        source = node.generators[0]
        places = {name: f"#{place}" for place, name in enumerate(names_of_target(source.target))}
        made = Keys({**self.names, **places}).of(value_of(node))
        return f"{type(node).__name__}({made} {self.of(source.iter)})"


def value_of(node: ast.expr) -> ast.expr:
    """Return what a comprehension makes at each turn."""
    if isinstance(node, ast.DictComp):
        return ast.Tuple([node.key, node.value], ast.Load())
    assert isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp)
    return node.elt


def names_of_target(target: ast.expr) -> list[str]:
    """Return the names that a loop gives values, in order."""
    return [part.id for part in ast.walk(target) if isinstance(part, ast.Name)]


__all__ = ["COMPREHENSIONS", "Form", "Keys", "Parts", "form_of", "makes_axis", "names_of_target", "opposite", "plain",
           "product_of", "settled", "terms", "unsigned_factors", "value_of"]
