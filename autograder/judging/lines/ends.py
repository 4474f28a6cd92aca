"""Find where a loop ends in another pass than the reference's, and lines that run in the pass in which it ends."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from .comparing import is_same
from .equations import Equation
from .finding import Finding
from .loop_sentences import MAX_SHOWN, is_small
from .loops import leaving_line
from .passes import Pass, Student
from .syntax import names_read
from .values import Values


def find_end(values: Values) -> Iterator[Finding]:
    """Yield the line that ends the loop where the reference's condition for it is false, or does not where it is true.

    Or else a line that runs in the pass in which the loop ends, and that the reference has below its condition.
    """
    student, oracle = values.student, values.oracle
    if len(oracle.exits) != 1 or not student.iterations or student.raised is not None or not is_right_after(values):
        return
    (condition, below), leaving, parts = oracle.exits[0], leaving_line(values), passes_of(student)
    for part in parts:
        is_left = leaving is not None and part is parts[-1]
        wanted = holds(values, condition, part, is_left)
        if wanted is None:
            return
        if wanted and is_left:
            yield from find_too_late(student, part, below, leaving)
        elif is_left and leaving is not None:
            yield ending(student, part, condition_of(student, leaving) or leaving, ends=True)
        elif wanted and any(student.writes(name, later) for later in parts[part.number:]
                            for equation in below for name in equation.targets):
            yield ending(student, part, end_line(student, part, condition), ends=False)
        if wanted:
            return


def passes_of(student: Student) -> list[Pass]:
    """Return the passes, without a last one that does nothing but leave the loop."""
    parts = student.iterations
    last = parts[-1]
    does_nothing = not any(student.lines.written(step.line) for step in last.steps)
    return parts[:-1] if does_nothing and student.leaves_early(last) and len(parts) > 1 else parts


def is_right_after(values: Values) -> bool:
    """Tell if nothing below the loop changes what the loop has gathered, or gives something else than it should."""
    student, oracle = values.student, values.oracle
    last, below = student.passes[-1], [name for _, below in oracle.exits for one in below for name in one.targets]
    if last.block != "after":
        return True
    return not any(student.writes(name, last) for name in below) and all(
        is_same(values.ask(equation, last).get(name), last.end.get(name))
        for equation in oracle.by_block["after"] for name in equation.targets)


def holds(values: Values, condition: Equation, part: Pass, is_left: bool) -> bool | None:
    """Tell if the reference's condition holds at the end of a pass; None if that is not known.

    A pass that ends before all that the condition reads is there ends too early.
    """
    written = [len(values.student.writes(name, part)) for name in condition.fresh if name in part.end]
    if not all(written):
        return False if is_left else None
    if any(count > 1 for count in written):
        return None  # it may have held another value where the loop could end
    found = values.test(condition, part)
    return None if found is None else bool(found)


def find_too_late(student: Student, part: Pass, below: Sequence[Equation], leaving: int | None) -> Iterator[Finding]:
    """Yield the first line of the last pass that the reference has below the end of the loop."""
    writes = [(write, name) for equation in below for name in equation.targets
              for write in student.writes(name, part) if write.by_text]
    if writes and leaving is not None:
        write, name = min(writes, key=lambda found: found[0].step)
        line = condition_of(student, leaving) or leaving
        if write.line != line:
            yield Finding("order", [name], write.line, "loop", part.number, part=part, lines=[line], ends=True)


def ending(student: Student, part: Pass, line: int, ends: bool) -> Finding:
    """Return the finding on a line that ends the loop, or goes on, with what the names in it hold."""
    statement = student.lines.statement(line)
    test = getattr(statement, "test", None)
    names = sorted(names_read(test)) if test is not None else []
    state = next((step.before for step in reversed(part.steps) if step.line == line), part.end)
    held = [(name, state[name]) for name in names if is_small(state.get(name))]
    return Finding("loop", [], line, "loop", part.number, part=part, about=tuple(held[:MAX_SHOWN]), ends=ends)


def condition_of(student: Student, line: int) -> int | None:
    """Return the line of the condition under which a line of the loop runs."""
    return student.lines.condition(line, student.loop) if student.loop is not None else None


def end_line(student: Student, part: Pass, condition: Equation) -> int:
    """Return the line at which the loop could have ended: its one condition for that, or the loop itself."""
    assert student.loop is not None
    last = student.lines.statement(part.steps[-1].line) if part.steps else None
    if isinstance(last, ast.Continue):
        return last.lineno
    for node in ast.walk(student.loop):
        if isinstance(node, ast.If) and ast.dump(node.test) == ast.dump(condition.statement.test):  # type: ignore[attr-defined]
            return node.body[0].lineno if isinstance(node.body[0], ast.Pass) else node.lineno
    found = {condition_of(student, node.lineno) for node in ast.walk(student.loop)
             if isinstance(node, ast.Break | ast.Return)}
    (line,) = found if len(found) == 1 else (None,)
    return line or student.loop.lineno


def find_passes(values: Values) -> Iterator[Finding]:
    """Yield the loop if it is right in each pass, and makes more or fewer passes than the reference's own call."""
    student, oracle = values.student, values.oracle
    count = sum(block == "loop" for block, _ in values.own)
    if student.loop is None or student.raised is not None or values.is_reversed or not count:
        return
    parts, leaving = passes_of(student) if student.iterations else [], leaving_line(values)
    is_right = all(values.is_as_in_reference(name, part) for part in parts[:len(parts) - 1 if leaving else count]
                   for block, name in oracle.last if block == "loop" and name in part.end)
    if len(parts) == count or not is_right or (not parts and isinstance(student.loop, ast.For)):
        return
    steps = range(len(parts)), range(count)
    if leaving is not None and len(parts) < count:
        yield Finding("loop", [], leaving, "loop", steps=steps)
    elif student.passes[-1].block == "after":
        yield Finding("loop", [], student.loop.lineno, "loop", part=student.passes[-1], steps=steps)
