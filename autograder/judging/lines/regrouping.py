"""A line whose parts are right, and that puts them together in another way."""

from __future__ import annotations

import ast

from .differences import Comparison, Difference
from .forms import plain, terms
from .trees import function_name


def find_regrouped(mine: ast.expr, theirs: ast.expr, comparison: Comparison) -> Difference | None:
    """Return how a line combines the right parts otherwise; None if it does not, or has other parts.

    It may call a function of the parts of a sum, or apply a function to the whole in place of each part, or to each
    part in place of the whole.
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
    """Return a function of a sum, for a sum of that function of each part; None of anything else."""
    chain = [(sign, plain(part)) for sign, part in terms(node)]
    calls = [part for _, part in chain if isinstance(part, ast.Call) and len(part.args) == 1]
    if len(chain) < 2 or len(calls) < len(chain):
        return None
    if len({(ast.unparse(call.func), *map(ast.unparse, call.keywords)) for call in calls}) > 1:
        return None
    whole = calls[0].args[0]
    for (sign, _), call in list(zip(chain, calls, strict=True))[1:]:
        whole = ast.BinOp(whole, ast.Add() if sign == "+" else ast.Sub(), call.args[0])
    if chain[0][0] == "-":
        return None
    return ast.Call(calls[0].func, [whole], calls[0].keywords)
