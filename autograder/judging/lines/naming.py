"""The one small change of an equation that gives just what a student's line gives, on all that is known."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ...course.public_cases import count_bits
from ...model import Value
from .comparing import CLOSE, is_same
from .edits import edits_of
from .equations import Equation
from .evaluate import CannotAskError, Scope
from .finding import Finding
from .passes import Pass
from .setting import Edit, Setting
from .statements import edits_of_statement
from .syntax import names_read
from .trees import rename, with_field
from .values import Values

#: Returns the values of other calls.
Others = Callable[[], Sequence[Values]]

#: Functions that take one of several values.
CHOOSING = frozenset({"max", "min", "maximum", "minimum", "fmax", "fmin", "where", "choose", "select"})
INLINED = 3  # how deep names that the student does not have are written out
CERTAIN_BITS = 60.0  # of values that hundreds of changes do not give by chance
EXACT = 1e-9  # a change that gives the right value after all is none

#: Acts whose sentence says less than another about the same statement.
VAGUE = {"number", "items", "size"}


class Match(NamedTuple):
    """A change that fits, with the whole changed statement."""

    edit: Edit
    statement: ast.stmt


def find_edit(values: Values, finding: Finding, others: Others) -> Edit | None:
    """Return the change that explains a wrong value, or None if none does for certain.

    It gives the student's value in every pass, also on other arguments, and brings in only what the student's line
    reads. Of several, the one whose text is closest to the student's line counts.

    Parameters
    ----------
    values : Values
        Of the call in which the finding was made.
    finding : Finding
    others : callable
        Returns the values of calls with other arguments. Called only if a change fits so far.
    """
    equation, part = finding.equation, finding.part
    line = values.student.lines.statement(finding.line) if finding.line else None
    if equation is None or part is None or line is None or hasattr(equation.statement, "body"):
        return None
    known = frozenset(what_is_read(line))
    if (stale := find_stale(values, finding)) is not None:
        return stale
    edit, statement = find_edit_of(values, finding, others, line, known, None)
    if edit is None and spell_out(values, equation, part, known)[0] is not statement:
        edit, _ = find_edit_of(values, finding, others, line, known, known)  # some names are written out in the line
    return edit


def find_edit_of(values: Values, finding: Finding, others: Others, line: ast.stmt, known: frozenset[str],
                 standing: frozenset[str] | None) -> tuple[Edit | None, ast.stmt]:
    """Return the change that explains a wrong value, or None, and the statement that it is a change of.

    ``known`` is what the student's line reads. For ``standing`` see `spell_out`.
    """
    equation, part = finding.equation, finding.part
    assert equation is not None and part is not None
    statement, scope = spell_out(values, equation, part, standing)
    setting = Setting(scope, values.evaluator, values.oracle.loop_name, known)
    got = {name: part.end[name] for name in finding.names if name in equation.targets and name in part.end}
    right = values.ask(equation, part)
    places = [(values, place) for place in values.student.passes if place.block == part.block and place is not part]
    found = []
    for edit, changed in (*edits_of_statement(statement, setting), *edits_of(statement, setting)):
        if standing is not None and edit.act == "zeros":
            continue  # that a part has no effect is not what stands there
        if edit.act.startswith("missing") and known & CHOOSING - what_is_read(statement):
            continue  # one of several parts that stand there is taken: none is missing
        if set(edit.brought) <= known and gives(values, changed, scope, got, right):
            found.append(Match(edit._replace(about=edit.about if edit.about in known else ""), changed))
    found = fitting(found, equation, places, list(got), standing)
    if found:
        elsewhere = [(v, place) for v in others() for place in v.student.passes if place.block == part.block]
        found = fitting(found, equation, elsewhere, list(got), standing)
        places += elsewhere
    known_bits = sum(count_bits(place.end.get(name)) for place in (part, *(p for _, p in places)) for name in got)
    chosen = choose(found, line, known_bits < CERTAIN_BITS)
    is_seen = chosen is None or chosen.act != "zeros" or shows_zeros(line, scope.names)
    return chosen if is_seen else None, statement  # that a part has no effect is not what stands there


def find_stale(values: Values, finding: Finding) -> Edit | None:
    """Return the edit of a line that changes what the last pass left, where each pass should make a new value."""
    equation, part = finding.equation, finding.part
    assert equation is not None and part is not None
    if part.block != "loop" or len(finding.names) != 1:
        return None
    (name,) = finding.names
    if name not in equation.fresh or name not in part.start or len(values.student.writes(name, part)) != 1:
        return None
    found = values.ask_with(equation, part, {name: part.start[name]})
    is_it = found is not None and name in found and is_same(found[name], part.end[name], CLOSE)
    return Edit("stale", equation.statement, (), name) if is_it else None


def find_place(values: Values, finding: Finding) -> Edit | None:
    """Return the edit of a line that writes also where the equation leaves an array as it was."""
    equation, part = finding.equation, finding.part
    line = values.student.lines.statement(finding.line) if finding.line else None
    if equation is None or part is None or not isinstance(line, ast.Assign) or len(finding.names) != 1:
        return None
    (name,), at = finding.names, values.written_at(equation, part)
    target = line.targets[0]
    if at is None or len(finding.lines) != 1 or not isinstance(target, ast.Subscript):
        return None
    was, got, right = part.steps[at].before.get(name), part.end.get(name), values.ask(equation, part).get(name)
    if not (isinstance(was, np.ndarray) and isinstance(got, np.ndarray) and isinstance(right, np.ndarray)):
        return None
    is_one_shape = was.shape == got.shape == right.shape
    return Edit("index", line, (), name) if is_one_shape and np.any((right == was) & (got != was)) else None


def shows_zeros(line: ast.stmt, held: Mapping[str, Value]) -> bool:
    """Tell if a line has zeros in its text, or reads a name that holds nothing else."""
    for part in ast.walk(line):
        if isinstance(part, ast.Constant) and isinstance(part.value, int | float) and part.value == 0:
            return True
        if isinstance(part, ast.Attribute) and part.attr in ("zeros", "zeros_like"):
            return True
        if isinstance(part, ast.Name) and isinstance(value := held.get(part.id), np.ndarray) and not value.any():
            return True
    return False


def fitting(found: Sequence[Match], equation: Equation, places: Sequence[tuple[Values, Pass]], names: Sequence[str],
            standing: frozenset[str] | None) -> list[Match]:
    """Return the changes that give what the student has in other passes, too."""
    return [match for match in found if all(
        gives_in(values, equation, place, match.statement, names, standing) for values, place in places)]


def gives(values: Values, statement: ast.stmt, scope: Scope, got: dict[str, Value], right: dict[str, Value]) -> bool:
    """Tell if a changed statement gives what the student has, and not what is right."""
    try:
        result = values.evaluator.run(statement, scope)
    except CannotAskError:
        return False
    if not got or not all(name in result and is_same(result[name], value, CLOSE) for name, value in got.items()):
        return False
    return not all(is_same(result[name], right.get(name), EXACT) for name in got)


def gives_in(values: Values, equation: Equation, part: Pass, statement: ast.stmt, names: Sequence[str],
             standing: frozenset[str] | None) -> bool:
    """Tell if a changed statement gives what the student has in another pass."""
    if part.is_partial or not all(name in part.end for name in names):
        return True
    _, scope = spell_out(values, equation, part, standing)
    try:
        result = values.evaluator.run(statement, scope)
    except CannotAskError:
        return False
    return all(name in result and is_same(result[name], part.end[name], CLOSE) for name in names)


def spell_out(values: Values, equation: Equation, part: Pass, standing: frozenset[str] | None = None
              ) -> tuple[ast.stmt, Scope]:
    """Return the equation's statement with the names that the student does not have written out, and all values.

    With ``standing``, the names of the student's line, those that do not stand there are written out as well.
    Besides what the equation reads, the values are the student's before the line, and as ``before x`` those from
    before the block.
    """
    statement = equation.statement
    names = dict(values.environment(equation, part).names)
    fresh = dict(equation.fresh)
    for _ in range(INLINED):
        absent = {name: source for name, source in fresh.items() if is_plain(source.statement) and (
            name not in part.end or (standing is not None and name not in standing))}
        if not absent:
            break
        statement = with_values(statement, {name: source.statement.value  # type: ignore[attr-defined]
                                            for name, source in absent.items()})
        fresh = {}
        for source in absent.values():
            fresh |= source.fresh
            names = {**values.environment(source, part).names, **names}
    at = values.written_at(equation, part)
    before = part.start if at is None else part.steps[at].before
    scope = {name: value for name, value in before.items() if name[:1] not in "@<"}
    for name in {*equation.targets, *equation.fresh}:
        if name in part.start:
            scope[f"before {name}"] = part.start[name]
    return statement, Scope({**scope, **names})


def is_plain(statement: ast.stmt) -> bool:
    """Tell if a statement gives one name one value."""
    return (isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
            and not isinstance(statement.value, ast.Tuple | ast.Dict))


def with_values(statement: ast.stmt, names: dict[str, ast.expr]) -> ast.stmt:
    """Return the statement with expressions in place of names in its value."""
    value = getattr(statement, "value", None)
    if value is None:
        return statement
    changed = with_field(statement, "value", rename(value, names))
    assert isinstance(changed, ast.stmt)
    return changed


def what_is_read(line: ast.stmt) -> set[str]:
    """Return the names, attributes and texts that stand in a student's line, and ``**`` for a power."""
    found = names_read(line) | {part.attr for part in ast.walk(line) if isinstance(part, ast.Attribute)}
    if isinstance(line, ast.AugAssign) and isinstance(line.target, ast.Name):
        found.add(line.target.id)
    if any(isinstance(part, ast.Pow) for part in ast.walk(line)) or "square" in found:
        found.add("**")
    return found | {part.value for part in ast.walk(line) if isinstance(part, ast.Constant)
                    and isinstance(part.value, str)}


def choose(found: Sequence[Match], line: ast.stmt, tells_little: bool) -> Edit | None:
    """Return the change whose statement is written most like the student's line; None if two would say different.

    Where the values tell little, as single whole numbers do, only a statement written in the same way counts.
    """
    if len(found) == 1 and not tells_little:
        return found[0].edit
    if not found:
        return None
    mine, rated = tokens_of(line), list[tuple[float, Edit]]()
    for match in found:
        ratio = difflib.SequenceMatcher(None, mine, tokens_of(match.statement), False).ratio()
        rated.append((ratio, match.edit))
    best = max(ratio for ratio, _ in rated)
    if tells_little and best < 1:
        return None
    first = [edit for ratio, edit in rated if ratio > best - 1e-9]
    first.sort(key=lambda edit: (edit.act in VAGUE, edit.act == "name", "missing" not in edit.act, not edit.about))
    said = {(edit.act, edit.brought, edit.about) for edit in first}
    texts = {tuple(tokens_of(match.statement)) for match, (ratio, _) in zip(found, rated, strict=True)
             if ratio > best - 1e-9}
    return first[0] if len(said) == 1 or len(texts) == 1 else None


def tokens_of(statement: ast.stmt) -> list[str]:
    """Return a statement's text in parts, in one way of writing products."""
    text = ast.unparse(ast.fix_missing_locations(statement)).replace("before ", "")
    text = ast.unparse(Plain().visit(ast.parse(text)))
    return re.findall(r"\w+(?:\.\w+)*|\S", text)


class Plain(ast.NodeTransformer):
    """One way of writing: ``@`` for np.dot, ``*`` for np.multiply, ``** 2`` for np.square."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Return the operator that a function stands for."""
        self.generic_visit(node)
        text, arguments = ast.unparse(node.func), node.args
        if text in ("np.dot", "np.matmul") and len(arguments) == 2:
            return ast.BinOp(arguments[0], ast.MatMult(), arguments[1])
        if text == "np.multiply" and len(arguments) == 2:
            return ast.BinOp(arguments[0], ast.Mult(), arguments[1])
        if text == "np.square" and len(arguments) == 1:
            return ast.BinOp(arguments[0], ast.Pow(), ast.Constant(2))
        return node
