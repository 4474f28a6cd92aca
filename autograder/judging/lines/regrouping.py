"""A line whose parts are right, and that puts them together in another way."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from .differences import Comparison, Difference
from .forms import plain, terms, unsigned_factors
from .trees import function_name

#: By the label of a part in its chain.
JOINING: Mapping[str, type[ast.operator]] = {"+": ast.Add, "-": ast.Sub, "above": ast.Mult, "below": ast.Div}


def find_regrouped(mine: ast.expr, theirs: ast.expr, comparison: Comparison) -> Difference | None:
    """Return how a line combines the right parts otherwise; None if it does not, or has other parts.

    It may call a function of the parts of a sum. Or it may apply a function to the whole in place of each part, or to
    each part in place of the whole.
    """
    node, parts = plain(mine), terms(theirs)
    if isinstance(node, ast.Call) and function_name(node) and len(parts) > 1:
        arguments = [argument for argument in node.args if not isinstance(argument, ast.Starred)]
        if sorted(map(comparison.mine.of, arguments)) == sorted(comparison.theirs.of(part) for _, part in parts):
            return Difference("combined", (mine,), function_name(node))
        whole = applied_once(theirs)
        if whole is not None and comparison.is_same(mine, whole):
            return Difference("as a whole", (mine,), function_name(node))
    for part in ast.walk(mine):
        whole = applied_once(part) if isinstance(part, ast.expr) else None
        if whole is not None and comparison.is_same(whole, theirs):
            return Difference("each part", (mine,), function_name(whole))
    return None


def applied_once(node: ast.expr) -> ast.Call | None:
    """Return a function of a sum or product, for that of a function of each part; None of anything else."""
    found = terms(node)
    chain = [(sign, plain(part)) for sign, part in (found if len(found) > 1 else unsigned_factors(node))]
    calls = [part for _, part in chain if isinstance(part, ast.Call) and len(part.args) == 1]
    if len(chain) < 2 or len(calls) < len(chain) or chain[0][0] in ("-", "below"):
        return None
    if len({(ast.unparse(call.func), *map(ast.unparse, call.keywords)) for call in calls}) > 1:
        return None
    whole = calls[0].args[0]
    for (sign, _), call in list(zip(chain, calls, strict=True))[1:]:
        whole = ast.BinOp(whole, JOINING[sign](), call.args[0])
    return ast.Call(calls[0].func, [whole], calls[0].keywords)
