"""Find the loop that takes other steps than the reference's, or gives its names other values."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ...model import Value
from .comparing import holds_foreign, is_same
from .finding import Finding
from .values import UNKNOWN, Values

MAX_PAIRS = 10_000  # of the items of two loops


def find_loop(values: Values) -> Iterator[Finding]:
    """Yield the loop if it takes other steps than the reference's."""
    student, oracle, loop = values.student, values.oracle, values.student.loop
    order = values.order() if oracle.loop is not None else None
    if loop is None or student.passes[0].is_partial or order is None:
        return
    got = values.steps()
    if not oracle.loop_name or not all(isinstance(step, int | np.integer) for step in (*got, *order)):
        if isinstance(loop, ast.For):
            yield from () if values.is_reversed else find_header(values, loop)
            yield from find_count(values, loop, order)
        return
    if values.is_reversed or not (isinstance(loop, ast.For) or values.is_counted()):
        return
    if got == order or (student.raised is not None and got == order[:len(got)]):
        return
    line = loop.lineno
    if got and len(got) < len(order) and got == order[:len(got)]:
        line = leaving_line(values) or line
    yield Finding("loop", [oracle.loop_name], line, "loop", steps=(got, order))


def leaving_line(values: Values) -> int | None:
    """Return the line that leaves the loop in its last pass: a ``break``, or a ``return``; None if none does."""
    student = values.student
    if student.passes[-1].block == "loop" and (at := student.returned_at()):
        return at
    steps = student.iterations[-1].steps if student.iterations else []
    last = student.lines.statement(steps[-1].line) if steps else None
    return last.lineno if isinstance(last, ast.Break) else None


def find_header(values: Values, loop: ast.For) -> Iterator[Finding]:
    """Yield a loop that gives several names other values than the reference's."""
    student, headers = values.student, values.headers()
    passes = student.iterations
    # the same values in another order may be as good
    names = [name for name in values.oracle.header if name in student.header and not all(
        any(is_same(right.get(name), part.start.get(name)) for right in headers) for part in passes)]
    for right, part in zip(headers, passes, strict=False):
        wrong = [name for name in names if name in right and not holds_foreign(right[name])
                 and not is_same(right[name], part.start.get(name))]
        if wrong:
            about = tuple((name, part.start.get(name)) for name in wrong)
            yield Finding("loop", wrong, loop.lineno, "loop", part.number, part=part, about=about)
            return


def find_count(values: Values, loop: ast.For, order: Sequence[Value]) -> Iterator[Finding]:
    """Yield a loop over other things than numbers if it comes to its end after too many or too few passes."""
    student, passes, last = values.student, values.student.iterations, values.student.passes[-1]
    is_left = any(isinstance(node, ast.Break | ast.Return) for node in ast.walk(values.oracle.loop or loop))
    has_ended = last.block == "after" and student.raised != loop.lineno and not (
        passes and student.leaves_early(passes[-1]))
    if has_ended and not is_left and len(passes) != len(order):
        yield Finding("loop", [], loop.lineno, "loop", part=last, steps=(range(len(passes)), order))


def find_items(values: Values) -> Iterator[Finding]:
    """Yield the loop if it takes other items than the reference's, or the same ones in another order.

    `find_loop` looks at loops over whole numbers.
    """
    loop, known = values.student.loop, values.oracle.loop
    if not isinstance(loop, ast.For) or known is None or ast.dump(loop.target) != ast.dump(known.target):
        return
    order, got = values.order(), [held_by(loop.target, part.start) for part in values.student.iterations]
    if values.is_reversed or order is None or any(item is UNKNOWN for item in got):
        return
    if len(got) * len(order) > MAX_PAIRS or all(isinstance(item, int | np.integer) for item in (*got, *order)):
        return
    may_end = any(isinstance(part, ast.Break | ast.Return) for part in (*ast.walk(loop), *ast.walk(known)))
    places = [next((place for place, item in enumerate(order) if is_same(item, one)), -1) for one in got]
    if places == list(range(len(order))) or (may_end and places == list(range(len(got)))):
        return
    names = [part.id for part in ast.walk(loop.target) if isinstance(part, ast.Name)]
    yield Finding("loop", names, loop.lineno, "loop", steps=(places, range(len(order))))


def held_by(target: ast.expr, state: Mapping[str, Value]) -> Value:
    """Return what a loop's target holds; `UNKNOWN` if a part of it has no value."""
    if isinstance(target, ast.Tuple):
        parts = [held_by(part, state) for part in target.elts]
        return UNKNOWN if any(part is UNKNOWN for part in parts) else tuple(parts)
    return state.get(target.id, UNKNOWN) if isinstance(target, ast.Name) else UNKNOWN


def may_be_other(values: Values) -> bool:
    """Tell if the student's index may count the reference's steps from the other end, or from another number."""
    order, got = values.order(), values.steps()
    if order is None or not all(isinstance(step, int | np.integer) for step in (*got, *order)):
        return False
    away = {int(one) - int(other) for one, other in zip(got, order, strict=False)}
    return len(got) == len(order) > 1 and got != order and (got == order[::-1] or len(away) == 1)
