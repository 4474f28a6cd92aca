"""The results of the equations on a student's own values."""

from __future__ import annotations

import ast
from collections.abc import Mapping

import numpy as np

from ...model import Value
from .comparing import is_same
from .equations import Equation, Equations
from .evaluate import CannotAskError, Evaluator, Scope
from .passes import Pass, Student

UNKNOWN = object()


class Values:
    """Asks equations on a student's values.

    A name that the student does not have is worked out from the equations, so that merged and inlined lines pass.

    Parameters
    ----------
    oracle : Equations
    student : Student
    evaluator : Evaluator
    is_reversed : bool
        Read the loop's index as counting the steps from the other end, or from another number.
    reference : Student, optional
        The reference's own call with the same arguments.
    """

    def __init__(self, oracle: Equations, student: Student, evaluator: Evaluator, is_reversed: bool = False,
                 reference: Student | None = None) -> None:
        self.oracle, self.student, self.evaluator, self.is_reversed = oracle, student, evaluator, is_reversed
        self.own = {(part.block, part.number): part.end for part in reference.passes} if reference else {}
        self.parameters = dict(zip(oracle.parameters, student.parameters, strict=False))
        self._values: dict[tuple[int, int], dict[str, Value]] = {}
        self._scopes: dict[tuple[int, int], Scope] = {}
        self._busy: set[tuple[int, int]] = set()
        self._order: list[Value] | None = None
        self._has_order = False

    # ---- the loop -----------------------------------------------------------------------------------------

    def order(self) -> list[Value] | None:
        """Return the steps that the reference's loop takes on the student's values."""
        if not self._has_order:
            self._has_order, self._order = True, self._find_order()
        return self._order

    def _find_order(self) -> list[Value] | None:
        before = self.student.passes[0]
        names = {name: self.look_up(name, before, at_end=True) for name in sorted(self.oracle.in_iterable)}
        known = {name: value for name, value in names.items() if value is not UNKNOWN}
        assert self.oracle.loop is not None
        try:
            steps = self.evaluator.value(self.oracle.loop.iter, Scope(known))
            self.evaluator.budget.spend()
            return list(steps)[:10_000]
        except (CannotAskError, TypeError):
            return None

    def step(self, part: Pass) -> Value:
        """Return what the loop's variable holds in a pass."""
        target = self.student.loop.target if isinstance(self.student.loop, ast.For) else None
        name = target.id if isinstance(target, ast.Name) else self.oracle.loop_name
        value = part.start.get(name, UNKNOWN) if name else UNKNOWN
        if isinstance(self.student.loop, ast.While) and name and not self.is_reversed:
            value = self.counted(name, part)
            if value is not UNKNOWN:
                return value
        if not isinstance(self.student.loop, ast.For) or (self.is_reversed and value is not UNKNOWN):
            order = self.order()
            return order[part.number] if order and part.number < len(order) else UNKNOWN
        return value

    def is_counted(self) -> bool:
        """Tell if a ``while`` loop of the student's counts by the name of the reference's loop."""
        name = self.oracle.loop_name
        return name is not None and all(self.counted(name, part) is not UNKNOWN for part in self.student.iterations)

    def counted(self, name: str, part: Pass) -> Value:
        """Return what the counter of a ``while`` loop holds as a pass uses it; `UNKNOWN` if that is not one value."""
        changes = [write.step for write in self.student.writes(name, part) if write.by_text]
        if name not in part.start or len(changes) > 1:
            return UNKNOWN
        reads = [place for place, step in enumerate(part.steps) if place not in changes
                 and name in self.student.lines.read(step.line)]
        if not changes or all(place < changes[0] for place in reads):
            return part.start[name]
        return part.steps[changes[0]].after.get(name, UNKNOWN) if min(reads) > changes[0] else UNKNOWN

    def headers(self) -> list[dict[str, Value]]:
        """Return what the reference's loop gives its names in each pass, if it gives several."""
        order = self.order() if self.oracle.header else None
        found: list[dict[str, Value]] = [{} for _ in order or ()]
        for names, item in zip(found, order or (), strict=True):
            assert self.oracle.loop is not None
            bind(self.oracle.loop.target, item, names)
        return found

    def header(self, part: Pass) -> dict[str, Value]:
        """Return what the reference's loop gives its names in one pass, if it gives several."""
        headers = self.headers()
        return headers[part.number] if part.number < len(headers) else {}

    def header_value(self, name: str, part: Pass) -> Value:
        """Return what a name of the reference's loop holds in a pass: from the student's loop, or a line in it."""
        writes = [write for write in self.student.writes(name, part) if write.by_text]
        if name in self.student.header and not self.is_reversed:
            return part.start.get(name, UNKNOWN)
        if writes and name not in self.student.header:
            return writes[-1].after.get(name, UNKNOWN)
        return self.header(part).get(name, UNKNOWN)

    def steps(self) -> list[Value]:
        """Return what the loop's variable holds in each pass."""
        return [self.step(part) for part in self.student.iterations]

    # ---- names --------------------------------------------------------------------------------------------

    def look_up(self, name: str, part: Pass, at_end: bool = False) -> Value:
        """Return a name's value at the start of a pass, or at its end; `UNKNOWN` if there is none."""
        if part.block == "loop" and name == self.oracle.loop_name:
            return self.step(part)
        if part.block == "loop" and name in self.oracle.header and not at_end:
            return self.header_value(name, part)
        state = part.end if at_end else part.start
        if name in state:
            return state[name]
        if at_end and (part.block, name) in self.oracle.last:
            return self.ask(self.oracle.last[part.block, name], part).get(name, UNKNOWN)
        if at_end:
            return self.look_up(name, part)
        if name in self.parameters and self.parameters[name] in state:
            return state[self.parameters[name]]
        place = self.student.passes.index(part)
        if place == 0:
            return UNKNOWN
        if part.block == "loop" and part.number == 0:
            return self.look_up(name, self.student.passes[0], at_end=True)
        return self.look_up(name, self.student.passes[place - 1], at_end=True)

    def environment(self, equation: Equation, part: Pass, instead: Mapping[str, Value] | None = None) -> Scope:
        """Return the student's values of what an equation reads, as they were when its target was last written."""
        key = id(equation), id(part)
        if not instead and key in self._scopes:
            return self._scopes[key]
        names: dict[str, Value] = {}
        for name in equation.start:
            names[name] = self.look_up(name, part)
        at = self.written_at(equation, part)
        for name, source in equation.fresh.items():
            if name not in part.end:
                names[name] = self.ask(source, part).get(name, UNKNOWN)
            elif at is not None and any(write.step < at for write in self.student.writes(name, part)):
                names[name] = part.steps[at].before.get(name, part.end[name])
            else:
                names[name] = part.end[name]
        names |= instead or {}
        scope = Scope({name: value for name, value in names.items() if value is not UNKNOWN})
        if not instead and key not in self._busy:
            self._scopes[key] = scope
        return scope

    def written_at(self, equation: Equation, part: Pass) -> int | None:
        """Return the last step of a pass whose statement names one of the equation's targets."""
        return max((write.step for target in equation.targets for write in self.student.writes(target, part)
                    if write.by_text), default=None)

    def ask(self, equation: Equation, part: Pass) -> dict[str, Value]:
        """Return what an equation gives its targets in a pass; nothing where it cannot be asked."""
        key = id(equation), id(part)
        if key not in self._values:
            if key in self._busy:
                return {}
            self._busy.add(key)
            found = self.ask_with(equation, part)
            self._busy.discard(key)
            self._values[key] = found or {}
        return self._values[key]

    def ask_with(self, equation: Equation, part: Pass, instead: Mapping[str, Value] | None = None
                 ) -> dict[str, Value] | None:
        """Return what an equation gives its targets with other values of some names; None if it cannot be asked."""
        try:
            return self.evaluator.run(equation.statement, self.environment(equation, part, instead))
        except CannotAskError:
            return None

    def test(self, condition: Equation, part: Pass) -> Value:
        """Return the value of a condition of the reference's in a pass; None if it has none."""
        try:
            return self.evaluator.value(condition.statement.test, self.environment(condition, part))  # type: ignore[attr-defined]
        except CannotAskError:
            return None

    def is_as_in_reference(self, name: str, part: Pass) -> bool:
        """Tell if a name holds what it holds in the reference's own call after the same pass."""
        own = self.own.get((part.block, part.number), {})
        if name not in own or name not in part.end or kind_of(own[name]) != kind_of(part.end[name]):
            return False
        return is_same(own[name], part.end[name])


def kind_of(value: Value) -> str:
    """Return the kind of numbers in an array: whole numbers do not stand for real ones into which a loop writes."""
    return value.dtype.kind if isinstance(value, np.ndarray) else ""


def bind(target: ast.expr, value: Value, found: dict[str, Value]) -> None:
    """Add the names of a loop's target with their parts of a value; none where the two do not fit."""
    if isinstance(target, ast.Name):
        found[target.id] = value
    elif isinstance(target, ast.Tuple) and isinstance(value, tuple | list) and len(value) == len(target.elts):
        for part, item in zip(target.elts, value, strict=True):
            bind(part, item, found)
