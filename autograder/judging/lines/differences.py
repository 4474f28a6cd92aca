"""The one part in which a student's line differs from the equation, by their texts.

A line whose value is wrong, and which would be the equation if one part of it were another, has its mistake in that
part. So what is said about the part is certain, also where the values tell little. The student's source is read and
never run.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .forms import (
    COMPREHENSIONS,
    Form,
    Keys,
    Parts,
    form_of,
    makes_axis,
    names_of_target,
    opposite,
    plain,
    product_of,
    settled,
    terms,
    unsigned_factors,
    value_of,
)
from .syntax import names_read
from .trees import rename

MISSING = {"term": "missing term", "factor": "missing factor", "condition": "missing condition"}

#: Acts that may be said of several places at once.
SHARED = {"extra", "missing term", "missing factor", "missing condition", "missing function", "function",
          "extra function", "transpose", "missing division"}


class Difference(NamedTuple):
    """The class of the change that would make a part of the student's line right."""

    act: str  # as in `sentences.ACTS`
    mine: tuple[ast.expr, ...] = ()  # the student's parts
    about: str = ""  # a function, an operator or a name of the student's
    theirs: ast.expr | None = None  # the reference's part
    inner: tuple[Difference, ...] = ()  # several changes inside of the part


class Comparison:
    """Compares expressions of a student's with those of the reference.

    Parameters
    ----------
    names : mapping of str to str
        The keys of the reference's expressions for which names of the student's stand.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self.mine, self.theirs = Keys(names), Keys()
        self._is_turned = False  # conditions are turned round once

    def find(self, mine: ast.expr, theirs: ast.expr, is_term: bool = False) -> Difference | None:
        """Return the difference of two expressions, or of two terms without their signs; None if they are the same."""
        if self.is_same(mine, theirs, is_term):
            return None
        if not is_term:
            sums = terms(mine), terms(theirs)
            if max(map(len, sums)) > 1 or any(sign == "-" for chain in sums for sign, _ in chain):
                return self._in_chain(mine, theirs, *sums, "term")
        products = unsigned_factors(mine), unsigned_factors(theirs)
        if max(map(len, products)) > 1:
            return self._in_chain(mine, theirs, *products, "factor")
        return self._in_form(plain(mine), plain(theirs), mine)

    def is_same(self, mine: ast.expr, theirs: ast.expr, is_term: bool = False) -> bool:
        """Tell if two expressions say the same."""
        if is_term:
            return self.mine.of_term(mine) == self.theirs.of_term(theirs)
        return self.mine.of(mine) == self.theirs.of(theirs)

    # ---- sums, products and joined conditions ---------------------------------------------------------------

    def _in_chain(self, mine: ast.expr, theirs: ast.expr, ours: Parts, others: Parts, kind: str
                  ) -> Difference | None:
        """Return the difference of two chains, whose order does not count."""
        left, right, found = self._unmatched(ours, others, kind)
        if left and right:
            rest = self._of_rest(left, right, kind, len(left) < len(ours))
            if rest is None and len(left) == len(ours) and len(right) == len(others):
                return self._around(mine, theirs)
            if rest is None:
                return Difference("part", (mine,), "", theirs, tuple(whole(part) for _, part in left))
            found += rest
        elif left:
            found.append(Difference("extra", tuple(part for _, part in left)))
        elif right:
            is_divided = any(label == "below" for label, _ in ours)
            found.append(missing(kind, "" if is_divided else right[0][0]))
        return joined(mine, theirs, found)

    def _unmatched(self, ours: Parts, others: Parts, kind: str) -> tuple[Parts, Parts, list[Difference]]:
        """Return the parts of two chains that are in one alone, and the differences of those in another place."""
        left, right, found = list(ours), list(others), list[Difference]()
        for is_labelled in (True, False):  # like parts first
            for label, part in list(left):
                other = next((one for one in right if (one[0] == label or not is_labelled)
                              and self.is_same(part, one[1], kind == "term")), None)
                if other is not None:
                    left.remove((label, part))
                    right.remove(other)
                    found += [] if is_labelled else [Difference("sign" if kind == "term" else "turned factor", (part,))]
        return left, right, found

    def _of_rest(self, left: Parts, right: Parts, kind: str, has_like: bool) -> list[Difference] | None:
        """Return the differences of the parts of a chain that are left over, in pairs; None if they have no pairs.

        Parts that have nothing in common are a pair only if other parts of the chains have.
        """
        if kind == "factor" and (product := self._of_products(left, right)) is not None:
            return [product]
        if len(left) == len(right) == 1:
            (label, mine), (other, theirs) = left[0], right[0]
            only = self.find(mine, theirs, kind == "term") if label == other else None
            return None if only is None else [only]
        found, rest = list[Difference](), list(left)
        for label, theirs in right:
            alike = [part for part in rest if part[0] == label]
            near = [(part, one) for part in alike if (one := self.find(part[1], theirs, kind == "term")) is not None
                    and (not is_whole(one, part[1]) or len(alike) == [place for place, _ in right].count(label) == 1)]
            if len(near) > 1 or (alike and not near):
                return None
            for part, one in near:
                rest.remove(part)
                found.append(one)
                has_like = has_like or not is_whole(one, part[1])
            found += [] if near else [Difference(MISSING[kind])]
        found += [Difference("extra", tuple(part for _, part in rest))] if rest else []
        return found if has_like else None

    def _of_products(self, left: Parts, right: Parts) -> Difference | None:
        """Return the difference of some factors and one that is a sum: n (k + 1) is n k and one n too many."""
        if min(len(left), len(right)) > 1 or len(left) == len(right) or any(
                place != "above" for place, _ in (*left, *right)):
            return None
        if not any(len(parts) == 1 and len(terms(parts[0][1])) > 1 for parts in (left, right)):
            return None
        product = product_of(left)
        found = self.find(product, product_of(right))
        return None if is_whole(found, product) else found

    # ---- other expressions ----------------------------------------------------------------------------------

    def _in_form(self, mine: ast.expr, theirs: ast.expr, shown: ast.expr) -> Difference | None:
        if isinstance(mine, COMPREHENSIONS) and type(mine) is type(theirs):
            return self._in_comprehension(mine, theirs, shown)
        form, other = form_of(mine), form_of(theirs)
        if form is None and other is None:
            return whole(shown, theirs)
        if form is None or other is None:
            return self._around(shown, theirs)
        if form.kind != other.kind:
            return self._turned(mine, theirs, shown) or self._around(shown, theirs)
        if form.kind == "joined":
            return self._in_joined(mine, theirs, form, other, shown)
        if form.name != other.name and form.kind != "index":
            return self._named_otherwise(mine, theirs, form, other, shown)
        return self._in_parts(form, other, theirs, shown)

    def _named_otherwise(self, mine: ast.expr, theirs: ast.expr, form: Form, other: Form, shown: ast.expr
                         ) -> Difference | None:
        """Return the difference of two forms of one kind with different names, such as two functions."""
        is_rest_same = self._in_parts(form, other, theirs, shown) is None
        if form.kind == "call" and (is_rest_same or self._has_same_object(form, other)):
            return Difference("function", (shown,), form.name.rpartition(".")[2])
        if form.kind == "comparison":
            turned = form._replace(parts=[(str(1 - i), part) for i, (_, part) in enumerate(form.parts)])
            if is_rest_same or self._in_parts(turned, other, theirs, shown) is None:
                return Difference("comparison", (shown,))
        if is_rest_same and form.kind == "items":
            return Difference("items", (shown,))
        return self._around(shown, theirs)

    def _has_same_object(self, form: Form, other: Form) -> bool:
        """Tell if two calls are of methods of one object."""
        return form.name[0] == other.name[0] == "." and self.is_same(form.parts[0][1], other.parts[0][1])

    def _in_parts(self, form: Form, other: Form, theirs: ast.expr, shown: ast.expr) -> Difference | None:
        """Return the difference of two forms of one name."""
        ours, others = dict(form.parts), dict(other.parts)
        both = [place for place in ours if place in others]
        found = {place: one for place in both if (one := self.find(ours[place], others[place])) is not None}
        more, less = [p for p in ours if p not in others], [p for p in others if p not in ours]
        if form.kind == "items" and form.name != "Dict" and (more or less):
            return self._of_items(form.parts, other.parts, theirs, shown)
        if not more and not less and len(found) > 1 and self._is_reordered(found, ours, others):
            return Difference({"items": "items order", "comparison": "comparison"}.get(form.kind, "order"), (shown,))
        if form.kind == "index" and self.is_same(ours["of"], others["of"]) and (found or more or less):
            return self._of_index(form, found, shown)
        if form.kind == "choice" and is_whole(found.get("test"), ours.get("test", shown)):
            found["test"] = Difference("condition", (ours["test"],))
        if found and set(found) <= {"of"} and not (more or less) and form.kind == "attribute":
            return found["of"]
        changes = list(found.values())
        if more:
            changes.append(Difference("extra", tuple(argument(place, ours[place]) for place in more)))
        if less:
            changes.append(Difference("missing argument", (shown,), form.name.rpartition(".")[2]))
        if len(changes) > 1 and form.kind == "call" and "of" not in found:
            return Difference("arguments", (shown,), form.name.rpartition(".")[2], inner=tuple(changes))
        return joined(shown, theirs, changes)

    def _is_reordered(self, found: dict[str, Difference], ours: dict[str, ast.expr], others: dict[str, ast.expr]
                      ) -> bool:
        """Tell if the parts that differ are the same in another order."""
        rest = [others[place] for place in found]
        for place in found:
            same = next((part for part in rest if self.is_same(ours[place], part)), None)
            if same is None:
                return False
            rest.remove(same)
        return True

    def _of_items(self, ours: Parts, others: Parts, theirs: ast.expr, shown: ast.expr) -> Difference:
        """Return the difference of two tuples, one of which has more items."""
        longer, shorter = (ours, others) if len(ours) > len(others) else (others, ours)
        rest = list(longer)
        for _, item in shorter:
            same = next((part for part in rest if (
                self.is_same(part[1], item) if longer is ours else self.is_same(item, part[1]))), None)
            if same is None:
                return whole(shown, theirs)
            rest.remove(same)
        if longer is ours:
            return Difference("extra", tuple(part for _, part in rest))
        return Difference("missing item", (shown,))

    def _of_index(self, form: Form, found: dict[str, Difference], shown: ast.expr) -> Difference:
        """Return the difference of two indices of one array."""
        index = [part for place, part in form.parts if place in found]
        base = dict(form.parts)["of"]
        if len(index) == 1 and isinstance(index[0], ast.Constant) and isinstance(index[0].value, str):
            return Difference("entry", (shown,), index[0].value)
        is_slice = len(index) == 1 and isinstance(index[0], ast.Slice)
        return Difference("slice" if is_slice else "index", (shown,), ast.unparse(base))

    def _in_joined(self, mine: ast.expr, theirs: ast.expr, form: Form, other: Form, shown: ast.expr
                   ) -> Difference | None:
        """Return the difference of conditions that are joined by "and" or by "or"."""
        found = self._in_chain(shown, theirs, form.parts, other.parts, "condition")
        if form.name == other.name:
            return found
        if found is None:
            return Difference("word", (shown,), form.name)
        return self._turned(mine, theirs, shown) or whole(shown, theirs)

    def _turned(self, mine: ast.expr, theirs: ast.expr, shown: ast.expr) -> Difference | None:
        """Return that a condition holds where the other one does not, if that is so."""
        if self._is_turned or not all(
                isinstance(node, ast.BoolOp | ast.Compare | ast.UnaryOp) for node in (mine, theirs)):
            return None
        self._is_turned = True
        is_opposite = self.is_same(settled(mine), opposite(theirs))
        self._is_turned = False
        return Difference("negated", (shown,)) if is_opposite else None

    def _in_comprehension(self, mine: ast.expr, theirs: ast.expr, shown: ast.expr) -> Difference | None:
        """Return the difference of two comprehensions, with the student's names in the reference's."""
        assert isinstance(mine, COMPREHENSIONS) and isinstance(theirs, COMPREHENSIONS)
        if len(mine.generators) != 1 or len(theirs.generators) != 1:
            return whole(shown, theirs)
        one, other = mine.generators[0], theirs.generators[0]
        own, known = (names_of_target(each.target) for each in (one, other))
        if len(own) != len(known) or [] != one.ifs or [] != other.ifs or set(own) & names_read(other.iter):
            return whole(shown, theirs)
        names: dict[str, ast.expr] = {a: ast.Name(b, ast.Load()) for a, b in zip(known, own, strict=True)}
        made_of = value_of(mine)
        made = self.find(made_of, rename(value_of(theirs), names))  # type: ignore[arg-type]
        source = self.find(one.iter, other.iter)
        if is_whole(made, made_of):
            made = Difference("each", (made_of,), ", ".join(own))
        if is_whole(source, one.iter):
            source = Difference("source", (one.iter,), ", ".join(own))
        return joined(shown, theirs, [part for part in (made, source) if part is not None])

    # ---- one expression around another ----------------------------------------------------------------------

    def _around(self, mine: ast.expr, theirs: ast.expr) -> Difference:
        """Return what one expression has around the other; else the whole of it."""
        for _, part in parts_inside(mine):
            if self.is_same(part, theirs):
                return more_than(mine, part)
        for _, part in parts_inside(theirs):
            if self.is_same(mine, part):
                return less_than(mine, theirs)
        return whole(mine, theirs)


def find_right_part(mine: ast.expr, theirs: ast.expr, comparison: Comparison) -> ast.expr | None:
    """Return the part on which both expressions work, if all that they read is in it; None if there is none."""
    read, known = values_read(mine), values_read(theirs)
    inside = [part for part in ast.walk(theirs) if isinstance(part, ast.expr) and values_read(part) == known]
    for part in ast.walk(mine):  # the largest first
        if isinstance(part, ast.expr) and read and part is not mine and values_read(part) == read and any(
                comparison.is_same(part, other) for other in inside):
            return part
    return None


def has_other_brackets(mine: ast.expr, theirs: ast.expr) -> bool:
    """Tell if two expressions differ in their brackets alone."""
    return words(mine) == words(theirs)


def words(node: ast.expr) -> str:
    """Return the text of an expression without brackets."""
    return ast.unparse(ast.fix_missing_locations(node)).replace("(", "").replace(")", "").replace(" ", "")


def values_read(node: ast.expr) -> set[str]:
    """Return the names that an expression reads, without the functions and modules that it calls."""
    called = {id(part) for call in ast.walk(node) if isinstance(call, ast.Call) for part in ast.walk(call.func)
              if isinstance(call.func, ast.Name) or (isinstance(part, ast.Name) and part.id == "np")}
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and id(part) not in called}


def parts_inside(node: ast.expr) -> Parts:
    """Return the parts of an expression that stand directly in it."""
    for parts in (terms(node), unsigned_factors(node)):
        if len(parts) > 1:
            return parts
    form = form_of(plain(node))
    return form.parts if form else []


def more_than(mine: ast.expr, part: ast.expr) -> Difference:
    """Return what an expression has around a part that would be right by itself."""
    node = plain(mine)
    if isinstance(node, ast.Call):
        return Difference("extra function", (mine,), ast.unparse(node.func).rpartition(".")[2])
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return Difference("transpose", (mine,))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return Difference("negated", (mine,))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        return Difference("power", (mine,))
    if isinstance(node, ast.BoolOp):
        return Difference("extra", tuple(value for value in node.values if value is not part))
    return whole(mine, part)


def less_than(mine: ast.expr, theirs: ast.expr) -> Difference:
    """Return what the reference has around an expression."""
    node = plain(theirs)
    if isinstance(node, ast.Call):
        return Difference("missing function", (mine,))
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return Difference("transpose", (mine,))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return Difference("negated", (mine,))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        return Difference("power", (mine,))
    if isinstance(node, ast.BoolOp | ast.Compare):
        return Difference("missing condition" if isinstance(node, ast.BoolOp) else "missing comparison", (mine,))
    if isinstance(node, ast.Subscript) and isinstance(mine, ast.Name):
        return Difference("new axis" if makes_axis(node) else "whole", (mine,), mine.id)
    return whole(mine, theirs)


def missing(kind: str, label: str) -> Difference:
    """Return that a part of a chain is missing: of a product, also one that it is divided by."""
    return Difference("missing division" if (kind, label) == ("factor", "below") else MISSING[kind])


def argument(place: str, value: ast.expr) -> ast.expr:
    """Return an argument as it stands in a call: a keyword with its name."""
    if place.isidentifier():
        return ast.NamedExpr(ast.Name(place, ast.Store()), value)
    return value


def whole(mine: ast.expr, theirs: ast.expr | None = None) -> Difference:
    """Return that a part is another one as a whole."""
    return Difference("part", (mine,), "", theirs)


def is_whole(difference: Difference | None, mine: ast.expr) -> bool:
    """Tell if an expression differs as a whole, and not in one part of it."""
    return difference is not None and difference.act == "part" and difference.mine == (mine,)


def joined(mine: ast.expr, theirs: ast.expr, found: Sequence[Difference]) -> Difference | None:
    """Return one difference for those of the parts of an expression."""
    if len(found) < 2:
        return found[0] if found else None
    first = found[0]
    if first.act in SHARED and all((one.act, one.about) == (first.act, first.about) for one in found):
        return first._replace(mine=tuple(part for one in found for part in one.mine))
    return Difference("part", (mine,), "", theirs, tuple(found))
