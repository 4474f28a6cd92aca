"""A student's call, cut into the blocks of the reference: before the loop, each pass through it, after it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ...model import Value
from .equations import Block, Equations
from .syntax import RETURN, Lines, base_of, names_read, parameters_of, targets_in
from .trace import Trace


class OtherFormError(Exception):
    """The function does not follow the scaffold closely enough to be compared with it."""


class Step(NamedTuple):
    """One line that ran, with what the names held before and after it."""

    line: int
    before: Mapping[str, Value]
    after: Mapping[str, Value]


@dataclass(eq=False)
class Pass:
    """One run of a block."""

    block: Block
    number: int  # of the pass through the loop, from 0
    start: Mapping[str, Value]
    end: Mapping[str, Value]
    steps: list[Step]
    is_partial: bool = False  # broken off by an exception


class Write(NamedTuple):
    """A step that writes a name."""

    step: int  # its place in the pass
    by_text: bool  # the statement names it; else it changes through another name
    line: int  # the first of the statement
    after: Mapping[str, Value]


class Student:
    """A student's function with the trace of one call.

    Parameters
    ----------
    lines : Lines
        Of its definition, by the lines of the cell.
    trace : Trace
    oracle : Equations

    Raises
    ------
    OtherFormError
        It has other loops than the reference.
    """

    def __init__(self, lines: Lines, trace: Trace, oracle: Equations) -> None:
        self.trace, self.lines = trace, lines
        self.parameters = parameters_of(lines.function)
        loops = [s for s in lines.function.body if isinstance(s, ast.For | ast.While)]
        if len(loops) != oracle.loops or any(is_empty(loop) for loop in loops):
            raise OtherFormError
        self.loop = loops[0] if oracle.loop is not None else None
        self.header = set(targets_in(self.loop.target)) if isinstance(self.loop, ast.For) else set()
        self.passes = self._cut()
        if trace.raised is None:
            last = self.passes[-1]
            last.end = {**last.end, RETURN: trace.returned}
        self.iterations = [part for part in self.passes if part.block == "loop"]
        self._writes: dict[int, dict[str, list[Write]]] = {}  # by the id of the pass, and the name

    @property
    def raised(self) -> int | None:
        """The line at which the call raised; None if it returned."""
        return self.trace.raised.line if self.trace.raised else None

    def _cut(self) -> list[Pass]:
        lines, states = self.trace.lines, self.trace.states
        count, has_raised = len(states), self.trace.raised is not None
        steps = [Step(lines[i], states[i], states[i + 1]) for i in range(count - 1)]
        if self.loop is None:
            return [Pass("before", 0, states[0], states[-1], steps, has_raised)]
        head = range(self.loop.lineno, self.loop.body[0].lineno)
        inside = range(self.loop.body[0].lineno, (self.loop.body[-1].end_lineno or 0) + 1)
        first = next((i for i in range(count) if lines[i] in head), count)
        end = states[first] if first < count else states[-1]
        found = [Pass("before", 0, states[0], end, steps[:first], has_raised and first == count)]
        i = first
        while i < count - 1:
            while i < count and lines[i] in head:
                i += 1
            if i == count or lines[i] not in inside:
                break
            j = i
            while j < count and lines[j] in inside:
                j += 1
            stop = states[min(j, count - 1)]
            found.append(Pass("loop", len(found) - 1, states[i], stop, steps[i:j], has_raised and j == count))
            i = j
            if j < count and lines[j] < 0 and -lines[j] in inside:  # it returns from inside the loop
                return found
        if i < count and not found[-1].is_partial:
            found.append(Pass("after", 0, states[i], states[-1], steps[i:], has_raised))
        return found

    def writes(self, name: str, part: Pass) -> list[Write]:
        """Return the steps of a pass that write a name, by their text or by their effect."""
        if id(part) not in self._writes:
            self._writes[id(part)] = self._find_writes(part)
        return self._writes[id(part)].get(name, [])

    def _find_writes(self, part: Pass) -> dict[str, list[Write]]:
        found: dict[str, list[Write]] = {}
        for place, (line, before, after) in enumerate(part.steps):
            if line < 0:
                continue
            start, by_text = self.lines.start(line), self.lines.written(line)
            for name in by_text:
                found.setdefault(name, []).append(Write(place, True, start, after))
            for name, value in after.items():
                if before.get(name, self) is not value and name not in by_text:
                    found.setdefault(name, []).append(Write(place, False, start, after))
        return found

    def alias_line(self, name: str | None, writing: int) -> int | None:
        """Return the line that made a second name for the array into which the line ``writing`` writes.

        The second name is ``name``, or any if that is None.
        """
        into = set(self.lines.written(writing))
        for i, line in enumerate(self.trace.lines[:-1]):
            for one in self.lines.written(line):
                for group in self.trace.shared[i + 1]:
                    others = set(group) - {one}
                    wanted = into | (others if name is None else {name}) if one in into else into
                    if one in group and others & wanted:
                        return self.lines.start(line)
        return None

    def view_line(self, name: str, writing: int, oracle: Equations) -> int | None:
        """Return the line that handed on a part of the array into which the line ``writing`` writes.

        Only lines that give a value on which ``name`` depends.
        """
        into = set(self.lines.written(writing))
        for line in self.trace.lines:
            statement, written = self.lines.statement(line), self.lines.written(line)
            if statement is None or line < 0 or hasattr(statement, "body") or into & set(written):
                continue
            if into & parts_read(statement) and name in oracle.reach(set(written)):
                return self.lines.start(line)
        return None

    def unused_line(self, statement: ast.stmt, name: str, block: Block) -> int | None:
        """Return a line that would give a name its value if it ran in this block, or stood in it.

        That is the condition around a line of the loop that did not run, or a statement of the same kind elsewhere.
        """
        if block != "loop" or self.loop is None:
            return None
        first, last = self.loop.lineno, self.loop.end_lineno or self.loop.lineno
        for line in sorted(self.lines.by_line):
            other = self.lines.by_line[line]
            if line == other.lineno and name in self.lines.written(line) and not hasattr(other, "body"):
                if first < line <= last:
                    return self.lines.condition(line, self.loop) or line
                if type(other) is type(statement) and line > last and isinstance(other, ast.AugAssign | ast.Expr):
                    return line
        return None

    def idle_line(self, name: str, part: Pass, functions: set[str]) -> int | None:
        """Return a line of a pass that calls one of some functions on a name, and whose value nothing uses."""
        used = names_read(self.lines.function)
        for step in part.steps:
            statement, written = self.lines.statement(step.line), set(self.lines.written(step.line))
            value = statement.value if isinstance(statement, ast.Expr | ast.Assign) else None
            if (isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in functions
                    and name in names_read(value) and not written & used):
                return self.lines.start(step.line)
        return None

    def leaves_early(self, part: Pass) -> bool:
        """Tell if a pass ends with ``break`` or ``continue``: what stands below did not run."""
        last = self.lines.statement(part.steps[-1].line) if part.steps else None
        return isinstance(last, ast.Break | ast.Continue)

    def returned_at(self) -> int | None:
        """Return the line of the statement that returned."""
        last = self.trace.lines[-1]
        return self.lines.start(last) if last < 0 else None


def is_empty(loop: ast.For | ast.While) -> bool:
    """Tell if a loop runs over nothing, as its text says."""
    return isinstance(loop, ast.For) and isinstance(loop.iter, ast.Tuple | ast.List) and not loop.iter.elts


def parts_read(statement: ast.stmt) -> set[str]:
    """Return the names of which a statement reads a part by index."""
    return {base.id for part in ast.walk(statement) if isinstance(part, ast.Subscript)
            and isinstance(part.ctx, ast.Load) and isinstance(base := base_of(part), ast.Name)}
