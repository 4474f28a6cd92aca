"""Find the wrong lines of a student's function, given what the names held before them."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator

import numpy as np

from ...model import Value
from .comparing import holds_foreign, is_same
from .ends import find_end
from .equations import Equation
from .filters import equation_of
from .finding import Finding, Kind
from .loops import find_items, find_loop
from .passes import Pass, Write
from .syntax import RETURN, names_in, names_read
from .trace import Raised
from .values import UNKNOWN, Values, kind_of


class Finder:
    """Finds the wrong lines of one call."""

    def __init__(self, values: Values) -> None:
        self.values, self.student, self.oracle = values, values.student, values.oracle
        self.seen = {RETURN}.union(*(part.end for part in self.student.passes))

    def find(self) -> list[Finding]:
        """Return all findings, before any is excused."""
        found = []
        for part in self.student.passes:
            if part.block == "loop" and self.oracle.loop_name and self.values.step(part) is UNKNOWN:
                continue
            for equation in self.oracle.by_block[part.block]:
                for name in equation.targets:
                    if finding := self.check(equation, name, part):
                        found.append(finding)
        found += self.find_rebound(found)
        found += [*find_loop(self.values), *find_end(self.values), *self.find_arguments(), *self.find_raised()]
        return found or list(find_items(self.values))

    def check(self, equation: Equation, name: str, part: Pass) -> Finding | None:
        """Return what is wrong with a name after a pass."""
        if self.oracle.last.get((part.block, name)) is not equation or self.oracle.is_ignored(equation, name):
            return None
        if name not in self.seen or name not in part.end:
            return None
        writes = self.student.writes(name, part)
        if name == RETURN:
            line = self.student.returned_at()
            writes = [Write(len(part.steps), True, line, part.end)] if line else []
        if part.is_partial and not (writes and self.may_be_judged(equation, name, part)):
            return None
        expected = self.values.ask(equation, part).get(name, UNKNOWN)
        if expected is UNKNOWN or holds_foreign(expected):
            return None
        if self.agrees(part, name, expected, part.end[name]):
            return self.find_whole(equation, name, part, writes) or self.find_late(equation, name, part)
        if not writes and self.student.leaves_early(part):
            return None
        if not writes:
            line = self.student.unused_line(equation.statement, name, part.block)
            return Finding("missing", [name], line, part.block, part.number, equation, part)
        return self.explain(equation, name, part, expected, writes)

    def find_whole(self, equation: Equation, name: str, part: Pass, writes: list[Write]) -> Finding | None:
        """Return the line that makes an array of whole numbers into which an equation then writes real ones."""
        first, got = equation.fresh.get(name), part.end[name]
        is_part = isinstance(getattr(equation.statement, "target", None), ast.Subscript)
        if first is None or not is_part or len({write.line for write in writes if write.by_text}) < 2 or (
                not writes[0].by_text or kind_of(got) not in ("i", "u")):
            return None
        if kind_of(self.values.ask(first, part).get(name)) != "f" or kind_of(writes[0].after.get(name)) != kind_of(got):
            return None
        return Finding("value", [name], writes[0].line, part.block, part.number, first, part, [writes[0].line])

    def find_late(self, equation: Equation, name: str, part: Pass) -> Finding | None:
        """Return the line that gives a name its right value only after the line that should have read that."""
        at = self.values.written_at(equation, part)
        if at is None:
            return None
        for read, source in equation.fresh.items():
            later = [write for write in self.student.writes(read, part) if write.by_text and write.step > at]
            if not later or read in equation.targets:
                continue
            right = self.values.ask(source, part).get(read, UNKNOWN)
            if right is UNKNOWN or not is_same(right, part.end.get(read)):
                continue
            found = self.values.ask_with(equation, part, {read: right})
            if found is not None and not is_same(found.get(name), part.end[name]):
                line = self.student.lines.start(part.steps[at].line)
                return Finding("order", [read], later[-1].line, part.block, part.number, source, part, [line])
        return None

    def may_be_judged(self, equation: Equation, name: str, part: Pass) -> bool:
        """Tell if a block that was broken off has come as far as this name's last value."""
        raised = self.student.raised
        if raised is not None and name in self.student.lines.written(raised):
            return False
        return not equation.fresh or all(read in part.end for read in equation.fresh)

    def agrees(self, part: Pass, name: str, expected: Value, got: Value) -> bool:
        """Tell if a value is right; of an array that the loop fills, only the form."""
        if part.block == "before" and self.oracle.is_filled(name):
            if isinstance(got, list):
                return True  # steps are gathered in a list, it seems, and stacked later
            if isinstance(expected, np.ndarray):
                return (isinstance(got, np.ndarray) and got.shape == expected.shape and got.dtype.kind == "f"
                        and got.dtype.itemsize >= 4)
        if part.block == "before" and isinstance(got, int | float) and isinstance(expected, np.ndarray):
            got = np.broadcast_to(float(got), expected.shape)  # a sum may begin from a number
        return is_same(expected, got)

    def explain(self, equation: Equation, name: str, part: Pass, expected: Value, writes: list[Write]
                ) -> Finding | None:
        """Return the finding on a wrong value that some lines write."""
        def make(kind: Kind, line: int | None, lines: list[int], about: tuple[tuple[str, Value], ...] = ()) -> Finding:
            return Finding(kind, [name], line, part.block, part.number, equation, part, lines, about)

        through = next((write.line for write in writes if not write.by_text), None)
        if through is not None and any(write.by_text for write in writes):
            return make("alias", self.alias_line(name, through), [through])
        right = [i for i, write in enumerate(writes) if is_same(expected, write.after.get(name))]
        if right and right[-1] + 1 < len(writes):
            return make("overwritten", writes[right[-1] + 1].line, [])
        lines = list(dict.fromkeys(write.line for write in writes))
        first = equation.fresh.get(name)
        if first is not None and len(lines) == 1 and is_same(
                self.values.ask(first, part).get(name, UNKNOWN), part.end[name]):
            # the first of two statements that give it is there, and the second one is not
            idle = self.student.idle_line(name, part, names_in(self.oracle.function))
            if idle is None and any(is_same(expected, value) for value in part.end.values()):
                return None  # it has a name of its own
            return make("missing", idle or lines[0], lines)
        given = self.find_given(equation, name, part)
        if given is not None:
            names, changing = given
            return make("given", changing[0], changing, names) if changing else None
        return make("value", lines[-1], lines)

    def alias_line(self, name: str | None, through: int) -> int:
        """Return the line that gave an array a second name, or handed on a part of it; else the line that writes.

        A second name that the reference makes, too, is no mistake. Without a name, it is a part of an argument.
        """
        student = self.student
        for line in (student.alias_line(name, through), name and student.view_line(name, through, self.oracle)):
            statement = self.student.lines.statement(line) if line else None
            if line and statement is not None and not self.oracle.has(statement):
                return line
        return through

    def find_given(self, equation: Equation, name: str, part: Pass
                   ) -> tuple[tuple[tuple[str, Value], ...], list[int]] | None:
        """Return the inputs from before the block that explain a value if they had changed, and where they did.

        There is a line for each, in order; none if a list of steps was merely made an array.
        """
        own = max((write.step for write in self.student.writes(name, part) if write.by_text), default=len(part.steps))
        changed: list[tuple[int, str, Value]] = []  # step, name, its value then
        for read in sorted(equation.start - (set(self.oracle.header) - self.student.header)):
            was = part.start.get(read, UNKNOWN)
            if was is UNKNOWN:
                continue
            for write in self.student.writes(read, part):
                now = write.after.get(read)
                if write.step < own and now is not was and (write.by_text or read not in equation.targets):
                    changed.append((write.step, read, now))
        for tried in [*([one] for one in changed), changed]:
            values = self.values.ask_with(equation, part, {read: now for _, read, now in tried}) if tried else None
            if values is None or not is_same(values.get(name), part.end[name]):
                continue
            last = {read: (step, now) for step, read, now in sorted(tried, key=lambda change: change[0])}
            names = tuple((read, now) for read, (_, now) in last.items())
            if all(isinstance(part.start[read], list) and isinstance(now, np.ndarray) for _, read, now in tried):
                return names, []
            return names, [self.student.lines.start(part.steps[step].line) for step, _ in last.values()]
        return None

    # ---- other findings -----------------------------------------------------------------------------------

    def find_rebound(self, found: list[Finding]) -> Iterator[Finding]:
        """Yield lines that give an argument another value, which a later block reads."""
        lines = {finding.line for finding in found}
        passes = self.student.passes
        for place, part in enumerate(passes[1:], 1):
            for equation in self.oracle.by_block[part.block]:
                for name in sorted(equation.start & set(self.oracle.parameters) - self.oracle.written):
                    first = passes[0].start.get(name, UNKNOWN)
                    if name not in part.start or is_same(first, part.start[name]):
                        continue
                    instead = self.values.ask_with(equation, part, {name: first}) or {}
                    if all(is_same(instead.get(t), part.end[t]) for t in equation.targets if t in part.end):
                        continue  # what it reads of the argument is as it was
                    line = next((write.line for earlier in passes[:place]
                                 for write in self.student.writes(name, earlier)
                                 if write.after.get(name) is not first), None)
                    if line and line not in lines:
                        lines.add(line)
                        yield Finding("rebound", list(equation.targets), line, part.block, part.number, equation,
                                      part, about=((name, part.start[name]),))

    def find_arguments(self) -> Iterator[Finding]:
        """Yield the first line that writes into each argument."""
        for place, name in enumerate(self.oracle.parameters):
            for part in self.student.passes:
                step = next((step for step in part.steps
                             if step.before.get(f"@{place}") is not step.after.get(f"@{place}")), None)
                if step is not None:
                    line = writing = self.student.lines.start(step.line)
                    named = self.student.parameters[place:place + 1]
                    if not set(named) & set(self.student.lines.written(step.line)):
                        line = self.alias_line(None, line)
                    yield Finding("argument", [name], line, part.block, part.number, part=part, lines=[writing])
                    break

    def find_raised(self) -> Iterator[Finding]:
        """Yield the line that raised, with the name that it missed; or the line that hides a module by that name."""
        raised = self.student.trace.raised
        if raised is None:
            return
        part = self.student.passes[-1]
        line = self.student.lines.start(raised.line)
        if (hidden := self.find_hidden(raised.line)) is not None:
            name, hiding, value = hidden
            yield Finding("rebound", [name], hiding, part.block, part.number, part=part, about=((name, value),))
            return
        if (changed := self.find_changed(line, part)) is not None:
            yield changed
            return
        missing = [raised.missing] if raised.missing else self.find_unset(raised)
        equation = equation_of(self.values, line, part)
        if equation is not None and self.values.ask_with(equation, part) is None:
            equation = None  # the line may be right
        yield Finding("raised", missing, line, part.block, part.number, equation, part)

    def find_changed(self, line: int, part: Pass) -> Finding | None:
        """Return the line that changed a name too early: the line that raised has a value with the one before."""
        equation, state = equation_of(self.values, line, part), self.student.trace.states[-1]
        if equation is None or self.values.ask_with(equation, part) is None:
            return None
        for name in sorted(equation.start & state.keys() & part.start.keys() - set(equation.targets)):
            lines = [write.line for write in self.student.writes(name, part) if write.by_text and write.line != line]
            if lines and self.values.ask_with(equation, part, {name: state[name]}) is None:
                return Finding("given", list(equation.targets), lines[-1], part.block, part.number, equation, part,
                               lines[-1:], about=((name, state[name]),))
        return None

    def find_unset(self, raised: Raised) -> list[str]:
        """Return the names that the line which raised reads, and to which another line would give a value."""
        statement, state = self.student.lines.statement(raised.line), self.student.trace.states[-1]
        if raised.exception != "UnboundLocalError" or statement is None or hasattr(statement, "body"):
            return []
        lines = self.student.lines
        local = {name for line in lines.by_line for name in lines.written(line)}
        read = names_read(statement) | set(lines.written(raised.line) if isinstance(statement, ast.AugAssign) else ())
        inner = {name for part in ast.walk(statement) if isinstance(part, ast.comprehension)
                 for name in names_in(part.target)}
        return sorted((read & local) - state.keys() - inner)

    def find_hidden(self, line: int) -> tuple[str, int, Value] | None:
        """Return a module or function that a line reads by name, where another line gave that name a value."""
        statement, state = self.student.lines.statement(line), self.student.trace.states[-1]
        for name in sorted(names_read(statement)) if statement is not None else ():
            known = self.values.evaluator.namespace.get(name)
            if not (inspect.ismodule(known) or callable(known)) or name not in state or name in self.oracle.parameters:
                continue
            if isinstance(state[name], int | float | np.ndarray | list | tuple | dict):
                for other in self.student.trace.lines:
                    if name in self.student.lines.written(other):
                        return name, self.student.lines.start(other), state[name]
        return None
