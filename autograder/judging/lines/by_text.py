"""The mistake of a line by its text: the one part that differs from the equation, if the rest is the same."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import NamedTuple

from ...course.public_cases import count_bits
from ...model import Value
from .comparing import CLOSE, is_same
from .differences import Comparison, Difference, find_right_part, has_other_brackets
from .evaluate import CannotAskError, Evaluator, Scope
from .finding import Finding
from .forms import Keys
from .naming import spell_out, what_is_read
from .regrouping import find_regrouped
from .setting import Edit
from .syntax import base_of, names_read
from .values import Values

#: Acts that say enough. Of others, a change of the equation that gives the same value may say more.
CLEAR = {"name", "missing term", "missing factor", "missing function", "missing condition", "missing comparison",
         "missing item", "extra", "extras", "extra function", "function", "index", "slice", "whole", "entry", "sign",
         "transpose", "transposes", "comparison", "word", "negated", "items order", "turned factor", "brackets",
         "replaced", "added", "missing division", "unfilled", "combined", "as a whole", "each part",
         "new axis"}
MAX_NODES = 250  # of a line that is compared
MAX_QUOTE = 48  # characters of a part that a sentence quotes
MAX_PARTS = 3  # that a sentence quotes
TELLING = 60.0  # bits of a value that a name and an expression do not share by chance


class Pair(NamedTuple):
    """The values that a line and an equation give one target."""

    mine: ast.expr
    theirs: ast.expr


class Told(NamedTuple):
    """The difference between a line and its equation, and all that the line gives its target."""

    difference: Difference
    value: ast.expr


def find_difference(values: Values, finding: Finding) -> Told | None:
    """Return the difference between a wrong line and its equation; None if it cannot be told.

    Parameters
    ----------
    values : Values
    finding : Finding
    """
    equation, part = finding.equation, finding.part
    line = values.student.lines.statement(finding.line) if finding.line else None
    if equation is None or part is None or line is None or is_large(line) or not is_alone(values, finding, line):
        return None
    at = values.written_at(equation, part)
    before = part.end if at is None else part.steps[at].before
    for standing in (None, frozenset(what_is_read(line))):
        statement, scope = spell_out(values, equation, part, standing)
        pair = pair_of(line, statement, finding.names)
        if not isinstance(pair, Pair):
            return pair
        if any(not is_same(before.get(name), scope.names[name], CLOSE)
               for name in names_read(pair.mine) & names_read(pair.theirs) & scope.names.keys() if name in before):
            continue  # the equation was asked with another value than the line has read
        try:
            comparison = Comparison(own_names(values, pair, before, scope))
            found = comparison.find(*pair)
            if found is not None:
                return settle(found, pair, comparison)
        except (RecursionError, ValueError, OverflowError):  # brackets without end, numbers without end
            pass
    return None


def settle(found: Difference, pair: Pair, comparison: Comparison) -> Told | None:
    """Return a difference with what is known of a part that is another one; None if nothing is."""
    (mine, *_), theirs = found.mine or (pair.mine,), found.theirs
    if found.act == "part" and theirs is not None and has_other_brackets(mine, theirs):
        return Told(Difference("brackets", (mine,)), pair.mine)
    if found.act == "part" and mine is pair.mine and (regrouped := find_regrouped(*pair, comparison)) is not None:
        return Told(regrouped, pair.mine)
    if found.act == "part" and mine is pair.mine and not found.inner:
        part = find_right_part(*pair, comparison)
        if part is not None:
            return Told(Difference("done", (part,)), pair.mine)
        is_number = isinstance(mine, ast.Constant) and bool(names_read(pair.theirs))
        return Told(found._replace(act="constant"), pair.mine) if is_number else None
    return Told(found, pair.mine)


def own_names(values: Values, pair: Pair, before: Mapping[str, Value], scope: Scope) -> dict[str, str]:
    """Return the keys of the reference's expressions whose values names of the student's own hold in the line."""
    oracle, found, keys = values.oracle, dict[str, str](), Keys()
    for name in sorted(names_read(pair.mine) - names_read(pair.theirs)):
        held = before.get(name)
        if name in oracle.written or name in oracle.parameters or count_bits(held) < TELLING:
            continue
        for part in ast.walk(pair.theirs):
            if isinstance(part, ast.expr) and has_value(values.evaluator, part, scope, held):
                found[name] = keys.of(part)
                break
    return found


def has_value(evaluator: Evaluator, node: ast.expr, scope: Scope, held: Value) -> bool:
    """Tell if an expression of the reference has a value."""
    try:
        return is_same(held, evaluator.value(node, scope), CLOSE)
    except CannotAskError:
        return False


def is_alone(values: Values, finding: Finding, line: ast.stmt) -> bool:
    """Tell if a line gives its value by itself: it has nothing from lines that are not the reference's, too."""
    others = [values.student.lines.statement(other) for other in finding.lines if other != finding.line]
    return not set(finding.names) & names_read(line) or all(
        other is not None and values.oracle.has(other) for other in others)


# ---- statements ---------------------------------------------------------------------------------------------


def is_large(line: ast.stmt) -> bool:
    """Tell if a line has more parts than are compared."""
    return hasattr(line, "body") or sum(1 for _ in ast.walk(line)) > MAX_NODES


def find_way_of_writing(line: ast.stmt, statement: ast.stmt) -> str | None:
    """Return the act of a line that gives the right part, and writes over what it should be added to, or adds it."""
    plain, in_place = ast.Assign, ast.AugAssign
    for one, other, act in ((line, statement, "replaced"), (statement, line, "added")):
        if isinstance(one, plain) and isinstance(other, in_place) and isinstance(other.op, ast.Add):
            is_alike = len(one.targets) == 1 and ast.dump(one.targets[0]) == ast.dump(other.target)
            return act if is_alike and Keys().of(one.value) == Keys().of(other.value) else None
    return None


def pair_of(line: ast.stmt, statement: ast.stmt, names: list[str]) -> Pair | Told | None:
    """Return what two statements give their targets, or a difference of the targets; None if they are of two kinds."""
    if isinstance(line, ast.Return) and isinstance(statement, ast.Return) and line.value and statement.value:
        return Pair(line.value, statement.value)
    if isinstance(line, ast.Expr) and isinstance(statement, ast.Expr):
        return Pair(line.value, statement.value)
    if isinstance(line, ast.AnnAssign) and line.value is not None:
        line = ast.Assign([line.target], line.value)
    if not isinstance(line, ast.Assign | ast.AugAssign) or not isinstance(statement, ast.Assign | ast.AugAssign):
        return None
    one, other = target_of(line, names), target_of(statement, names)
    if one is None or other is None:
        return None
    if (act := find_way_of_writing(line, statement)) is not None:
        return Told(Difference(act, (one.theirs,)), one.theirs)
    return pair_of_targets(line, statement, one, other)


def pair_of_targets(line: ast.Assign | ast.AugAssign, statement: ast.Assign | ast.AugAssign, one: Pair, other: Pair
                    ) -> Pair | Told | None:
    """Return what two assignments give one target; `Pair` holds a target and its value."""
    is_same_target = ast.dump(one.mine) == ast.dump(other.mine)
    if type(line) is type(statement) and getattr(line, "op", None).__class__ is getattr(
            statement, "op", None).__class__:
        if is_same_target:
            return Pair(one.theirs, other.theirs)
        is_same_value = ast.dump(one.theirs) == ast.dump(other.theirs)
        return of_targets(one.mine, other.mine) if is_same_value else None
    return Pair(written_out(line, one), written_out(statement, other)) if is_same_target else None


def of_targets(mine: ast.expr, theirs: ast.expr) -> Told | None:
    """Return the difference of two targets that get the same value."""
    if isinstance(mine, ast.Tuple) and isinstance(theirs, ast.Tuple) and sorted(map(ast.dump, mine.elts)) == sorted(
            map(ast.dump, theirs.elts)):
        return Told(Difference("items order", (mine,)), mine)
    base = base_of(mine)
    if not isinstance(theirs, ast.Subscript) or not isinstance(base, ast.Name):
        return None
    if base.id != getattr(base_of(theirs), "id", None):
        return None
    return Told(Difference("unfilled" if mine is base else "index", (mine,), base.id), mine)


def target_of(statement: ast.Assign | ast.AugAssign, names: list[str]) -> Pair | None:
    """Return the target of a statement that gives names their values, and what it gets; None if there is not one."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    if len(targets) != 1:
        return None
    target, value = targets[0], statement.value
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        found = [Pair(part, given) for part, given in zip(target.elts, value.elts, strict=True)
                 if isinstance(base := base_of(part), ast.Name) and base.id in names]
        return found[0] if len(found) == 1 else None
    return Pair(target, value)


def written_out(statement: ast.Assign | ast.AugAssign, pair: Pair) -> ast.expr:
    """Return the value of an assignment, with what the target held in one that changes it in place."""
    if isinstance(statement, ast.Assign):
        return pair.theirs
    held = ast.parse(ast.unparse(pair.mine), mode="eval").body
    return ast.BinOp(held, statement.op, pair.theirs)


# ---- words --------------------------------------------------------------------------------------------------


def edit_of(told: Told) -> Edit | None:
    """Return the change that a difference is, as sentences are made of it; None if it is the whole of a value."""
    difference, texts = told.difference, list(dict.fromkeys(text_of(part) for part in told.difference.mine))
    if difference.act == "part":
        mine = difference.mine[0]
        act = "name" if isinstance(mine, ast.Name) else "part"
        return Edit(act, told.value, (shortened(texts[0]),)) if mine is not told.value else None
    if difference.act == "extra" and (len(texts) > MAX_PARTS or max(map(len, texts)) > MAX_QUOTE):
        return Edit("more", told.value)
    if difference.act == "extra" and len(texts) > 1:
        return Edit("extras", told.value, tuple(map(shortened, texts)))
    if difference.act in ("extra", "turned factor", "done", "constant"):
        return Edit(difference.act, told.value, (), shortened(texts[0]))
    if difference.act == "transpose" and len(difference.mine) > 1:
        return Edit("transposes", told.value)
    if difference.act == "comparison":
        return Edit("comparison", told.value, (operator_of(difference.mine[0]),))
    about = shortened(difference.about)
    return Edit(difference.act, told.value, (about,) if about else (), about)


def shortened(text: str) -> str:
    """Return a text, or its beginning, as a sentence can quote it."""
    text = text.replace("`", "'")
    return text if len(text) <= MAX_QUOTE else f"{text[:MAX_QUOTE - 4]} ..."


def text_of(node: ast.expr) -> str:
    """Return the text of a part of a line."""
    if isinstance(node, ast.NamedExpr):  # stands for a keyword and its value
        return f"{node.target.id}={ast.unparse(node.value)}"
    return ast.unparse(ast.fix_missing_locations(node))


def operator_of(node: ast.expr) -> str:
    """Return the operator of a comparison."""
    assert isinstance(node, ast.Compare)
    left, right = ast.unparse(node.left), ast.unparse(node.comparators[0])
    return ast.unparse(node).removeprefix(left).removesuffix(right).strip()


__all__ = ["CLEAR", "edit_of", "find_difference"]
