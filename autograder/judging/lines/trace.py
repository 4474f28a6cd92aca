"""The trace of a student's call, read and bounded. It may be forged: nothing is computed with it before that.

A value may be at most `ROOM` times as large as the reference's own value of that name on the same arguments. So no
statement of the reference costs much more on a student's values than on its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ...model import Value
from ...sandbox.guest.codec import Foreign, NamedFunction
from ...sandbox.guest.values import is_name
from ...sandbox.session import known_exception

ROOM = 4  # times the reference's own size
MAX_EVENTS = 2_000
MAX_NAMES = 200  # at one line
MAX_ITEMS = 64  # of one collection, as the guest cuts them
MAX_PARTS = 100_000  # of all values together
MAX_DEPTH = 16
MAX_TEXT = 1_000  # characters of one text
LARGE = 2.0**40  # a float beyond it could become an endless range


class Raised(NamedTuple):
    """Where a call raised, and what."""

    line: int
    exception: str  # "" unless it is one of Python's or numpy's own
    missing: str  # the name that a NameError misses, or ""


class Size(NamedTuple):
    """The size of a value: entries of all arrays, items of all collections, axes, the largest integer."""

    entries: int = 0
    parts: int = 0
    axes: int = 0
    integer: int = 0

    def plus(self, other: Size) -> Size:
        """Return the size of two values beside each other."""
        return Size(self.entries + other.entries, self.parts + other.parts, max(self.axes, other.axes),
                    max(self.integer, other.integer))

    def largest(self, other: Size) -> Size:
        """Return the larger of two sizes, part by part."""
        return Size(*map(max, self, other))

    def fits(self, limit: Size) -> bool:
        """Tell if a value of this size is not much larger than the limit."""
        return (self.entries <= ROOM * limit.entries + 64 and self.parts <= ROOM * limit.parts + 16
                and self.axes <= limit.axes + 1 and self.integer <= ROOM * limit.integer + 16)


@dataclass(frozen=True)
class Trace:
    """The record of a call, line by line.

    Attributes
    ----------
    lines : tuple of int
        The lines in the order in which they ran; negative for the one at which the call returned.
    states : tuple of dict
        What each name held before each of these lines; ``@0`` is the first argument.
    shared : tuple
        The groups of names that share memory, before each of these lines.
    returned : Value
        None if the call raised.
    raised : Raised or None
    """

    lines: tuple[int, ...]
    states: tuple[Mapping[str, Value], ...]
    shared: tuple[tuple[tuple[str, ...], ...], ...]
    returned: Value
    raised: Raised | None

    @property
    def arguments(self) -> tuple[Value, ...]:
        """The arguments as the call left them."""
        last = self.states[-1]
        return tuple(last[f"@{place}"] for place in range(MAX_NAMES) if f"@{place}" in last)


class NoTraceError(Exception):
    """The message is no trace, or larger than the limits."""


class Bounds(NamedTuple):
    """The sizes of the reference's own values on some arguments, by name and of all names together."""

    by_name: Mapping[str, Size]
    overall: Size

    @classmethod
    def of(cls, trace: Trace) -> Bounds:
        """Return the sizes of the values in the reference's own trace."""
        by_name: dict[str, Size] = {}
        measure = Measure()
        for state in trace.states:
            for name, value in state.items():
                by_name[name] = by_name.get(name, Size()).largest(measure(value))
        by_name["returned"] = measure(trace.returned)
        overall = Size()
        for size in by_name.values():
            overall = overall.largest(size)
        return cls(by_name, overall)

    def admit(self, name: str, value: Value, measure: Measure) -> Value:
        """Return the value, or a placeholder if it is too large or no plain data."""
        size = measure(value)
        if not size.fits(self.by_name.get(name, self.overall)):
            return Foreign("something larger")
        return value


class Measure:
    """Measures values, each shared part once."""

    def __init__(self) -> None:
        self.parts = 0
        self._known: dict[int, tuple[Value, Size]] = {}

    def __call__(self, value: Value, depth: int = MAX_DEPTH) -> Size:
        """Return a value's size; that of what is no plain data is larger than any."""
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise NoTraceError
        if id(value) in self._known:
            return self._known[id(value)][1]
        size = self._measure(value, depth)
        if isinstance(value, np.ndarray | tuple | list | dict):
            self._known[id(value)] = value, size
        return size

    def _measure(self, value: Value, depth: int) -> Size:
        if value is None or isinstance(value, bool | np.bool_ | Foreign | NamedFunction):
            return Size()
        if isinstance(value, int | np.integer):
            return Size(integer=abs(int(value)))
        if isinstance(value, float | np.floating):
            return Size(integer=int(LARGE) if LARGE < abs(float(value)) < np.inf else 0)
        if isinstance(value, str):
            return Size(entries=len(value) if len(value) > MAX_TEXT else 0)
        if type(value) is np.ndarray and value.dtype.kind in "fiub":
            return Size(entries=value.size, axes=value.ndim)
        if type(value) in (tuple, list, dict) and depth and len(value) <= MAX_ITEMS:
            size = Size(parts=len(value))
            for item in value.values() if type(value) is dict else value:
                size = size.plus(self(item, depth - 1))
            return size
        return Size(parts=MAX_PARTS)


def read_trace(content: Value, bounds: Bounds | None = None) -> Trace:
    """Return the trace in what a guest sent.

    Parameters
    ----------
    content : Value
        As `sandbox.session.Session.trace` returns it.
    bounds : Bounds, optional
        What is larger becomes a `Foreign`. None for the reference's own trace.

    Raises
    ------
    NoTraceError
        It is no trace, or too long.
    """
    if type(content) is not tuple or len(content) != 3 or type(content[0]) not in (list, tuple):
        raise NoTraceError
    events, returned, error = content
    if not 0 < len(events) <= MAX_EVENTS:
        raise NoTraceError
    measure = Measure()
    lines, states, shared = list[int](), list[Mapping[str, Value]](), list[tuple[tuple[str, ...], ...]]()
    state: dict[str, Value] = {}
    for event in events:
        line, changed, groups = read_event(event)
        state = dict(state)
        for name, value in changed.items():
            state[name] = bounds.admit(name, value, measure) if bounds else value
        if len(state) > MAX_NAMES:
            raise NoTraceError
        lines.append(line)
        states.append(state)
        shared.append(groups)
    raised = read_error(error)
    if bounds and raised is None:
        returned = bounds.admit("returned", returned, measure)
    return Trace(tuple(lines), tuple(states), tuple(shared), None if raised else returned, raised)


def read_event(event: Value) -> tuple[int, dict[str, Value], tuple[tuple[str, ...], ...]]:
    """Return the line, the changed values and the groups of one event."""
    if type(event) is not tuple or len(event) != 3:
        raise NoTraceError
    line, changed, groups = event
    if type(line) is not int or not is_line(abs(line)):
        raise NoTraceError
    if type(changed) is not dict or len(changed) > MAX_NAMES or not all(map(is_local, changed)):
        raise NoTraceError
    if type(groups) is not tuple or len(groups) > MAX_NAMES or not all(map(is_group, groups)):
        raise NoTraceError
    return line, changed, groups


def read_error(error: Value) -> Raised | None:
    """Return where the call raised; None if it returned."""
    if error is None:
        return None
    if type(error) is not tuple or len(error) != 3 or not is_line(error[0]) or type(error[1]) is not str:
        raise NoTraceError
    return Raised(error[0], known_exception(error[1]), error[2] if is_name(error[2]) else "")


def is_line(line: Value) -> bool:
    """Tell if this may be the number of a line."""
    return type(line) is int and bool(0 < line < 1_000_000)


def is_local(name: Value) -> bool:
    """Tell if this is the name of a local, or "@" with the place of an argument."""
    return is_name(name) or (type(name) is str and len(name) < 6 and name.isascii() and name[:1] == "@"
                             and name[1:].isdigit())


def is_group(group: Iterable[Value]) -> bool:
    """Tell if this is a tuple of names."""
    return type(group) is tuple and len(group) <= MAX_NAMES and all(map(is_name, group))
