"""The sentence for a loop that takes other steps, gives other values, or ends in another pass."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import numpy as np

from ...model import Value
from .comparing import is_same
from .finding import Finding
from .passes import Pass
from .quoting import quote, verb
from .syntax import Lines
from .trace import Trace
from .values import Values

MAX_SHOWN = 2  # names whose values a sentence tells
LEAVES = "This line leaves the loop in its first pass. Should the loop go on?"


def say_loop(values: Values, finding: Finding) -> str:
    """Return the sentence for a loop that takes other steps."""
    if finding.line in values.student.lines.exits():
        return LEAVES
    if finding.ends is not None:
        return say_end(values, finding)
    if finding.about:
        return say_header(values, finding)
    got, order = finding.steps or ((), ())
    if finding.part is not None:
        count = f"{len(got)} {'pass' if len(got) == 1 else 'passes'}"
        return f"The loop makes {count} where {len(order)} are needed. Which are {which_passes(got, order)}?"
    if list(got) == list(order)[::-1]:
        return "The loop takes the steps in the other direction. Which should come first?"
    if sorted(map(int, got)) == list(order):
        return "The loop takes the steps in another order. Which should come first?"
    if len(got) > len(order):
        return "The loop takes more steps than there are. Which is the last one?"
    if finding.line is not None and values.student.loop is not None and finding.line != values.student.loop.lineno:
        return "This line leaves the loop before all steps are done. When should it run?"
    if len(got) < len(order) and set(map(int, got)) < set(map(int, order)):
        left_out = [int(step) for step in order if step not in got]
        which = f"step {left_out[0]}" if len(left_out) == 1 else "steps"
        return f"The loop leaves out {which}. From which step to which should it go?"
    return "The loop does not take the steps that it should. Which should it take?"


def say_count(lines: Lines, loop: ast.For | ast.While, trace: Trace) -> str:
    """Return the sentence on the passes that a loop makes, and on the numbers that it leaves; "" if it leaves none."""
    count = sum(lines.start(line) == loop.body[0].lineno for line in trace.lines if line > 0)
    if not count:
        return "The loop makes no pass. When should it make one?"
    inside = range(loop.body[0].lineno, (loop.end_lineno or loop.lineno) + 1)
    names = dict.fromkeys(name for line in inside for name in lines.written(line))
    held = [f"`{name}` is {value:.6g}" for name in names if is_small(value := trace.states[-1].get(name))]
    passes = f"{count} {'pass' if count == 1 else 'passes'}"
    return (f"The loop makes {passes}, and in the end {' and '.join(held[:MAX_SHOWN])}. Is that what you expect?"
            if held else "")


def is_small(value: Value) -> bool:
    """Tell if a value is one number, or True or False."""
    return isinstance(value, int | float | np.integer | np.floating | np.bool_)


def which_passes(got: Sequence[Value], order: Sequence[Value]) -> str:
    """Return the words for the passes that a loop should not make, or that it should make."""
    return "too many" if len(got) > len(order) else "left out"


def say_header(values: Values, finding: Finding) -> str:
    """Return the sentence for names to which the loop itself gives other values."""
    assert finding.part is not None
    right = values.header(finding.part)
    if len(finding.names) > 1 and all(any(is_same(right[other], value) for other in finding.names)
                                      for _, value in finding.about):
        return f"{quote(finding.names)} stand in each other's place."
    name, value = finding.about[0]
    start = "in " + name_pass(finding.part)
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return f"`{name}` is {value} {start}. Which value should it have there?"
    return f"The loop gives {quote(finding.names)} {verb(finding.names, 'another value', 'other values')} {start}."


def name_pass(part: Pass) -> str:
    """Return the words for one pass through the loop."""
    return "the first pass" if part.number == 0 else f"pass {part.number + 1}"


def say_end(values: Values, finding: Finding) -> str:
    """Return the sentence for a line with which the loop ends in another pass than it should."""
    assert finding.part is not None and finding.line is not None
    statement, which = values.student.lines.statement(finding.line), name_pass(finding.part)
    held = " and ".join(f"`{name}` is {value:.6g}" for name, value in finding.about)
    where = f"{which}, where {held}" if held else which
    is_condition = isinstance(statement, ast.If | ast.While)
    if isinstance(statement, ast.Continue | ast.Pass):
        return f"This line goes on with the loop after {where}. Should the loop go on?"
    if finding.ends:
        return (f"With this condition the loop ends in {where}. Should it end there?" if is_condition
                else f"This line leaves the loop in {where}. Should it?")
    return (f"With this condition the loop goes on after {where}. Should it go on?" if is_condition
            else f"The loop goes on after {where}. When should it end?")
