"""Follow one call of a student's function line by line, and return what its names held as plain data.

It needs no source and leaves the function as it is. This runs beside student code: the host believes none of it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from operator import is_
from types import CodeType, FrameType, FunctionType, TracebackType
from typing import Any, NamedTuple, Self

import numpy as np

from .values import Foreign, Value, describe, is_name

MAX_EVENTS = 1_500  # lines that are followed; a correct function runs some dozens
MAX_NAMES = 100  # of one frame
MAX_PARTS = 60_000  # values looked at, in all events together
MAX_BYTES = 2 << 20  # of distinct arrays
MAX_ARRAY = 1 << 19  # bytes of one array
MAX_ITEMS = 64  # of one collection
MAX_DEPTH = 14
KEPT_EVENTS = 50  # after these, objects that only the tracer holds are let go
PLAIN = (bool, int, float, str, FunctionType)

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


@contextmanager
def no_tracing() -> Iterator[None]:
    """Follow nothing for a while: for what is no student's code."""
    before = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(before)


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


class Collection(NamedTuple):
    """A tuple, list or dict, which this keeps alive, as it was when it was frozen."""

    value: Value
    items: list[Value]  # of a dict, the keys before the values
    parts: frozenset[int]  # the ids of the items
    frozen: Value


class Pool:
    """Copies of values that later writes cannot change. Equal arrays and collections become one object.

    Most values are the same at the next line. So each is looked at once for a line, and frozen again only if it has
    changed, or a part of it has.
    """

    def __init__(self) -> None:
        self.parts = self.bytes = self.begun = 0
        self._pooled: dict[Any, Value] = {}
        #: By id: arrays, which this keeps alive, with their bytes, and the copies.
        self._arrays: dict[int, tuple[np.ndarray, bytes, np.ndarray]] = {}
        self._collections: dict[int, Collection] = {}  # by id, the inner ones first

    def begin(self) -> None:
        """Begin an event: forget what has changed since the last one, and now and then what may be gone."""
        self.begun += 1
        if self.begun % KEPT_EVENTS == 0:
            self._arrays.clear()
            self._collections.clear()
        self._count(len(self._arrays) + len(self._collections))
        changed = {known for known, (value, content, copied) in self._arrays.items()
                   if value.tobytes() != content or value.shape != copied.shape}
        for known in changed:
            del self._arrays[known]
        for known, (value, items, parts, _) in list(self._collections.items()):
            now = [*value, *value.values()] if type(value) is dict else value
            if len(now) != len(items) or not all(map(is_, now, items)) or not changed.isdisjoint(parts):
                changed.add(known)
                del self._collections[known]

    def freeze(self, value: Value, depth: int = MAX_DEPTH) -> Value:
        """Return a value as plain data, with `Foreign` for what is none."""
        self._count(1)
        kind = type(value)
        if kind is np.ndarray:
            return self._array(value)
        if value is None or kind in PLAIN or isinstance(value, np.generic):
            return value  # the name of a function crosses, if it is that of a module
        if id(value) in self._collections:
            return self._collections[id(value)].frozen
        is_plain = kind in (tuple, list) or (kind is dict and all(type(key) is str for key in value))
        if not is_plain or not depth or len(value) > MAX_ITEMS:
            return self._pooled.setdefault(("foreign", kind), Foreign(describe(value)))
        if kind is dict:
            items = [*value, *value.values()]
            frozen: Value = {key: self.freeze(item, depth - 1) for key, item in value.items()}
            parts = [*frozen, *frozen.values()]
        else:
            items = list(value)
            frozen = kind(self.freeze(item, depth - 1) for item in value)
            parts = list(frozen)
        pooled = self._pooled.setdefault((kind, *map(key_of, parts)), frozen)
        self._collections[id(value)] = Collection(value, items, frozenset(map(id, items)), pooled)
        return pooled

    def _array(self, value: np.ndarray) -> Value:
        if id(value) in self._arrays:
            return self._arrays[id(value)][2]
        if value.dtype.kind not in "fiub" or value.nbytes > MAX_ARRAY:
            return self._pooled.setdefault(("foreign", value.dtype.str), Foreign(describe(value)))
        content = value.tobytes()
        key = value.dtype.str, value.shape, content
        if key not in self._pooled:
            self.bytes += value.nbytes
            if self.bytes > MAX_BYTES:
                raise TraceTooLargeError
            self._pooled[key] = value.copy()
        self._arrays[id(value)] = value, content, self._pooled[key]
        return self._pooled[key]

    def _count(self, parts: int) -> None:
        self.parts += parts
        if self.parts > MAX_PARTS:
            raise TraceTooLargeError


def key_of(frozen: Value) -> Any:
    """Return a key that equal frozen values share."""
    if isinstance(frozen, np.generic):
        return frozen.dtype.str, frozen.tobytes()
    return (type(frozen), frozen) if isinstance(frozen, int | float | str) or frozen is None else id(frozen)
