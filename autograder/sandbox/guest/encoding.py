"""Encode values. See `codec` for the format."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from types import FunctionType
from typing import Any

import numpy as np

from .values import (
    CODES,
    CONTAINERS,
    DEFAULT_CAP,
    DTYPES,
    LENGTHS,
    MAX_DEPTH,
    MAX_HEADER,
    MAX_INT_BITS,
    MAX_KEY,
    MAX_NODES,
    MAX_SIDE,
    MAX_TEXT,
    SCALARS,
    SHORT,
    CodecError,
    NamedFunction,
    Node,
    Value,
    describe,
    is_encodable,
    is_name,
    printable,
)

#: Where an object is inside ``arguments``: indices and keys.
Path = tuple[Any, ...]

_to_json = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


def encode(value: Value, arguments: Value = (), cap: int = DEFAULT_CAP) -> bytes:
    """Return a value as one frame.

    Parameters
    ----------
    value : Value
    arguments : Value
        What the receiver sent and still holds. Where ``value`` contains one of these objects, or an object inside
        them, the receiver puts its own object.
    cap : int, bytes
        An array that would make the frame larger becomes a `Foreign`.

    Raises
    ------
    CodecError
        If the value has too many parts.
    """
    encoder = _Encoder(_find_paths(arguments), cap)
    header = _to_json(encoder.node(value, 0)[0]).encode()
    if len(header) > MAX_HEADER:
        raise CodecError("the value has too many parts to be sent")
    return b"".join([LENGTHS.pack(len(header), encoder.length), header, *encoder.body])


def _find_paths(arguments: Value) -> dict[int, Path]:
    """Return the path of each array and container inside the arguments, by its id."""
    found: dict[int, Path] = {}
    queue: list[tuple[Value, Path]] = [(arguments, ())] if arguments else []
    while queue:
        value, path = queue.pop()
        if path and (id(value) in found or len(path) > MAX_DEPTH or len(found) > MAX_NODES):
            continue
        kind = type(value)
        if path and (kind is np.ndarray or kind in CONTAINERS):
            found[id(value)] = path
        if kind is dict:
            queue.extend((item, (*path, key)) for key, item in value.items() if type(key) is str)
        elif kind is tuple or kind is list:
            queue.extend((item, (*path, i)) for i, item in enumerate(value))
    return found


class _Seen:
    """An array or container that has been encoded: its number, and the size of a walk through it."""

    __slots__ = ("bytes", "complete", "height", "nodes", "number")

    def __init__(self, number: int, nodes: int = 0, size: int = 0, height: int = 0, complete: bool = False) -> None:
        self.number, self.nodes, self.bytes, self.height, self.complete = number, nodes, size, height, complete


class _Encoder:
    """Turns a value into a node and a body."""

    def __init__(self, paths: Mapping[int, Path], cap: int) -> None:
        self.paths, self.cap = paths, cap
        self.body: list[bytes] = []
        self.length = 0  # of the body
        self.nodes, self.bytes = 0, 0  # of a walk through the value
        self.header = 0  # an estimate of its length
        self.seen: dict[int, _Seen] = {}  # by id

    def node(self, value: Value, depth: int) -> tuple[Node, int]:
        """Return a value's node and height. ``depth`` counts the containers around it."""
        self.nodes += 1
        self.header += 32
        kind = type(value)
        if value is None or kind is bool:
            return value, 0
        if kind is int:
            if value.bit_length() > MAX_INT_BITS:
                return self.foreign(f"int of {value.bit_length()} bits")
            return value, 0
        if kind is float:
            if math.isfinite(value):
                return value, 0
            return ["f", "nan" if value != value else "inf" if value > 0 else "-inf"], 0
        if kind is str:
            return self.text(value)
        if kind in SCALARS:
            self.push(np.asarray(value).astype(DTYPES[SCALARS[kind]]).tobytes())
            return ["s", SCALARS[kind]], 0
        if kind is np.ndarray or kind in CONTAINERS:
            if self.paths and id(value) in self.paths:
                return ["arg", list(self.paths[id(value)])], 0
            if id(value) in self.seen:
                return self.reference(value, depth)
            return self.array(value) if kind is np.ndarray else self.container(value, depth)
        if kind is FunctionType or kind is NamedFunction:
            return self.function(value)
        return self.foreign(describe(value))

    def push(self, data: bytes) -> None:
        self.body.append(data)
        self.length += len(data)
        self.bytes += len(data)

    def foreign(self, name: str) -> tuple[Node, int]:
        return ["x", printable(name)], 0

    def function(self, value: FunctionType | NamedFunction) -> tuple[Node, int]:
        if isinstance(value, NamedFunction):
            names = value.module, value.name
        else:
            names = value.__module__, value.__qualname__
        if names[0] == "__main__" or not all(map(is_name, names)):  # the notebook's own cannot be looked up elsewhere
            return self.foreign("function")
        return ["n", *names], 0

    def text(self, value: str) -> tuple[Node, int]:
        if len(value) <= SHORT and value.isascii():
            self.header += len(value) * 2
            return value, 0
        if len(value) > MAX_TEXT:
            return self.foreign(f"str of {len(value)} characters")
        data = value.encode("utf-8", "replace")  # no lone surrogate may reach code that prints it
        if len(data) <= SHORT:
            self.header += len(data) * 2
            return data.decode(), 0
        if self.bytes + len(data) > self.cap:
            return self.foreign(f"str of {len(value)} characters")
        self.push(data)
        return ["u", len(data)], 0

    def array(self, value: np.ndarray) -> tuple[Node, int]:
        dtype, shape, size = value.dtype, value.shape, value.nbytes
        code = CODES.get(dtype) or CODES.get(dtype.newbyteorder("="))
        if code is None:
            return self.foreign(describe(value))
        if self.bytes + size > self.cap or max(shape, default=0) >= MAX_SIDE:
            return self.foreign(f"ndarray of {size} bytes")
        self.header += 12 * len(shape)
        self.push((value if dtype.isnative else value.astype(DTYPES[code])).tobytes())
        self.seen[id(value)] = _Seen(len(self.seen), 1, size, 0, True)
        return ["a", code, list(shape)], 0

    def container(self, value: Value, depth: int) -> tuple[Node, int]:
        kind = type(value)
        if depth >= MAX_DEPTH:
            return self.foreign(f"{kind.__name__} nested deeper than {MAX_DEPTH}")
        if self.nodes + len(value) > MAX_NODES or self.header > MAX_HEADER // 2:
            return self.foreign(f"{kind.__name__} of {len(value)} entries")
        is_dict = CONTAINERS[kind] == "d"
        if is_dict:
            for key in value:
                if type(key) is not str:
                    return self.foreign(f"dict with a key of type {describe(key)}")
                if len(key) > MAX_KEY or not is_encodable(key):
                    return self.foreign("dict with an unreadable key")
        entry = self.seen[id(value)] = _Seen(len(self.seen))
        nodes, size = self.nodes, self.bytes
        parts: list[Node] = []
        for item in value.items() if is_dict else value:
            if is_dict:
                key, item = item
                self.header += 6 * len(key)
                parts.append(key)
            part, height = self.node(item, depth + 1)
            entry.height = max(entry.height, height)
            parts.append(part)
        entry.nodes, entry.bytes, entry.complete = self.nodes - nodes + 1, self.bytes - size, True
        entry.height += 1
        return [CONTAINERS[kind], parts], entry.height

    def reference(self, value: Value, depth: int) -> tuple[Node, int]:
        seen = self.seen[id(value)]
        if not seen.complete:
            return self.foreign(f"{type(value).__name__} that contains itself")
        if (depth + seen.height > MAX_DEPTH or self.nodes + seen.nodes > MAX_NODES
                or self.bytes + seen.bytes > self.cap):
            return self.foreign(describe(value))
        self.nodes += seen.nodes - 1
        self.bytes += seen.bytes
        return ["r", seen.number], seen.height
