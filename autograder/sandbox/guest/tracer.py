"""Follow one call of a student's function line by line, and return what its names held as plain data.

It needs no source and leaves the function as it is. This runs beside student code: the host believes none of it.
"""

from __future__ import annotations

import sys
from types import CodeType, FrameType, FunctionType, TracebackType
from typing import Any, Self

import numpy as np

from .values import Foreign, Value, describe, is_name

MAX_EVENTS = 1_500  # lines that are followed; a correct function runs some dozens
MAX_NAMES = 100  # of one frame
MAX_PARTS = 60_000  # values looked at, in all events together
MAX_BYTES = 2 << 20  # of distinct arrays
MAX_ARRAY = 1 << 19  # bytes of one array
MAX_ITEMS = 64  # of one collection
MAX_DEPTH = 14

#: A line, the values that changed before it by name, and the groups of names that share memory. The line of the
#: event at which the function returns is negative.
Event = tuple[int, dict[str, Value], tuple[tuple[str, ...], ...]]


class TraceTooLargeError(Exception):
    """The call has more lines or values than are followed."""


class Tracer:
    """Follows the first call of the function that is defined at a place in a cell; a context manager.

    Parameters
    ----------
    name : str
        The function.
    line : int
        The first line of its definition in its cell, decorators included.
    file : str
        How the name of the cell's code starts.
    """

    def __init__(self, name: str, line: int, file: str = "") -> None:
        self.name, self.line, self.file = name, line, file
        self.events: list[Event] = []
        self.returned: Value = None
        self.error: tuple[int, str, str] | None = None  # line, exception, and the name that a NameError misses
        self.is_complete = False
        self._frame: FrameType | None = None
        self._arguments: tuple[Value, ...] = ()
        self._pool = Pool()
        self._last: dict[str, Value] = {}
        self._before: Any = None

    def __enter__(self) -> Self:
        self._before = sys.gettrace()
        sys.settrace(self._begin)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        sys.settrace(self._before)
        self._frame = None

    def result(self) -> tuple[Value, ...] | None:
        """Return the events, the returned value and the error; None if the call was not followed to its end."""
        return (self.events, self.returned, self.error) if self.is_complete else None

    def _begin(self, frame: FrameType, event: str, argument: Any) -> Any:
        if self._frame is None and self._is_wanted(frame.f_code):
            self._frame = frame
            code = frame.f_code
            self._arguments = tuple(frame.f_locals.get(name) for name in code.co_varnames[:code.co_argcount])
            return self._follow
        return None

    def _is_wanted(self, code: CodeType) -> bool:
        return (code.co_name == self.name and code.co_firstlineno == self.line
                and code.co_filename.startswith(self.file))

    def _follow(self, frame: FrameType, event: str, argument: Any) -> Any:
        try:
            if event == "line":
                self.error = None  # an exception before this line was caught
                self._note(frame, frame.f_lineno)
            elif event == "exception":
                missing: Any = getattr(argument[1], "name", None) if issubclass(argument[0], NameError) else None
                self.error = frame.f_lineno, describe(argument[1]), missing if is_name(missing) else ""
            elif event == "return":
                if self.error is None:
                    self._note(frame, -frame.f_lineno)
                    self.returned = self._pool.freeze(argument)
                self.is_complete = True
        except Exception:  # too much, or objects of a student's that misbehave
            sys.settrace(self._before)
            return None
        return self._follow

    def _note(self, frame: FrameType, line: int) -> None:
        """Add an event with the values that have changed since the last one."""
        named = {name: value for name, value in frame.f_locals.items() if is_name(name)}
        if len(self.events) >= MAX_EVENTS or len(named) > MAX_NAMES:
            raise TraceTooLargeError
        self._pool.begin()
        now = {name: self._pool.freeze(value) for name, value in named.items()}
        now |= {f"@{place}": self._pool.freeze(value) for place, value in enumerate(self._arguments)}
        changed = {name: value for name, value in now.items()
                   if name not in self._last or not is_same(self._last[name], value)}
        self.events.append((line, changed, shared_memory(named)))
        self._last = now


def is_same(one: Value, other: Value) -> bool:
    """Tell if two frozen values are one: the same pooled object, or equal plain values of one type."""
    if one is other:
        return True
    plain = type(one) in (bool, int, float, str) or isinstance(one, np.generic)
    return plain and type(one) is type(other) and bool(one == other or one != one)


def shared_memory(named: dict[str, Value]) -> tuple[tuple[str, ...], ...]:
    """Return the groups of names whose arrays have their numbers in one piece of memory."""
    groups: dict[int, list[str]] = {}
    for name, value in named.items():
        if type(value) is np.ndarray:
            while type(value.base) is np.ndarray:
                value = value.base
            groups.setdefault(id(value), []).append(name)
    return tuple(tuple(names) for names in groups.values() if len(names) > 1)


class Pool:
    """Copies of values that later writes cannot change. Equal arrays and collections become one object."""

    def __init__(self) -> None:
        self.parts = self.bytes = 0
        self._pooled: dict[Any, Value] = {}
        #: The array last seen under an id, which this keeps alive, its bytes then, and its copy.
        self._known: dict[int, tuple[Any, bytes, Value]] = {}
        self._seen: dict[int, tuple[Value, Value]] = {}  # collections of the present event, by id

    def begin(self) -> None:
        """Begin an event: collections may have changed since the last one."""
        self._seen.clear()

    def freeze(self, value: Value, depth: int = MAX_DEPTH) -> Value:
        """Return a value as plain data, with `Foreign` for what is none."""
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise TraceTooLargeError
        kind = type(value)
        if kind is np.ndarray:
            return self._array(value)
        if value is None or kind in (bool, int, float, str, FunctionType) or isinstance(value, np.generic):
            return value  # the name of a function crosses, if it is that of a module
        is_plain = kind in (tuple, list) or (kind is dict and all(type(key) is str for key in value))
        if not is_plain or not depth or len(value) > MAX_ITEMS:
            return self._pooled.setdefault(("foreign", kind), Foreign(describe(value)))
        if id(value) in self._seen:
            return self._seen[id(value)][1]
        if kind is dict:
            frozen: Value = {key: self.freeze(item, depth - 1) for key, item in value.items()}
            parts = [*frozen, *frozen.values()]
        else:
            frozen = kind(self.freeze(item, depth - 1) for item in value)
            parts = list(frozen)
        pooled = self._pooled.setdefault((kind, *map(key_of, parts)), frozen)
        self._seen[id(value)] = value, pooled
        return pooled

    def _array(self, value: np.ndarray) -> Value:
        if value.dtype.kind not in "fiub" or value.nbytes > MAX_ARRAY:
            return self._pooled.setdefault(("foreign", value.dtype.str), Foreign(describe(value)))
        content = value.tobytes()
        known = self._known.get(id(value))
        if known is not None and known[0] is value and known[1] == content and known[2].shape == value.shape:
            return known[2]
        key = value.dtype.str, value.shape, content
        if key not in self._pooled:
            self.bytes += value.nbytes
            if self.bytes > MAX_BYTES:
                raise TraceTooLargeError
            self._pooled[key] = value.copy()
        self._known[id(value)] = value, content, self._pooled[key]
        return self._pooled[key]


def key_of(frozen: Value) -> Any:
    """Return a key that equal frozen values share."""
    if isinstance(frozen, np.generic):
        return frozen.dtype.str, frozen.tobytes()
    return (type(frozen), frozen) if isinstance(frozen, int | float | str) or frozen is None else id(frozen)
