"""Decode values from bytes that nobody can trust. See `codec` for the format."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .values import (
    DEFAULT_CAP,
    DTYPES,
    LENGTHS,
    MAX_DEPTH,
    MAX_INT_BITS,
    MAX_KEY,
    MAX_NODES,
    MAX_SIDE,
    MAX_TEXT,
    SHORT,
    CodecError,
    Foreign,
    NamedFunction,
    Node,
    Value,
    is_encodable,
    is_name,
    lengths_of,
    printable,
)

FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def decode(frame: bytes | bytearray | memoryview, arguments: Value = (), cap: int = DEFAULT_CAP,
           writable: bool = True, resolve: Callable[[str, str], Value] = NamedFunction) -> Value:
    """Return the value that a frame holds. All its objects are new.

    Parameters
    ----------
    frame : bytes-like
    arguments : Value
        Objects of which the frame may mention parts; empty for a sender that is not trusted.
    cap : int, bytes
        The largest frame, and the most bytes that a walk through the value may meet.
    writable : bool
        Whether the arrays are writable.
    resolve : callable
        Returns the function of a module, by their names.

    Raises
    ------
    CodecError
        If the frame departs from the format.
    """
    try:
        frame = memoryview(frame)
        if len(frame) < LENGTHS.size:
            raise CodecError("a frame is shorter than its lengths")
        header, body = lengths_of(frame[: LENGTHS.size], cap)
        if len(frame) != LENGTHS.size + header + body:
            raise CodecError("a frame is not as long as it says")
        text = bytes(frame[LENGTHS.size : LENGTHS.size + header])
        if text.count(b"[") + text.count(b"{") > 3 * MAX_NODES:  # before JSON makes an object of each
            raise CodecError("a header has too many parts")
        decoder = _Decoder(frame[LENGTHS.size + header :], arguments, cap, writable, resolve)
        value = decoder.node(_from_json(text.decode()), 0)[0]
        if decoder.position != body:
            raise CodecError("a frame has bytes that nothing mentions")
        return value
    except CodecError:
        raise
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError, MemoryError) as error:
        raise CodecError(f"a frame cannot be read: {type(error).__name__}") from None


def _no_constant(name: str) -> None:
    raise CodecError(f"{name} stands in a header")


_from_json = json.JSONDecoder(parse_constant=_no_constant).decode


def _require(fact: object, problem: str) -> None:
    if not fact:
        raise CodecError(problem)


class _Decoder:
    """Turns nodes and a body into values, and trusts neither."""

    def __init__(self, body: memoryview, arguments: Value, cap: int, writable: bool,
                 resolve: Callable[[str, str], Value]) -> None:
        self.resolve = resolve
        self.body, self.arguments, self.cap, self.writable = body, arguments, cap, writable
        self.position = 0  # in the body
        self.nodes, self.bytes = 0, 0  # of a walk through the value
        #: Each array and container: value, nodes, bytes, height. None for one that is not complete.
        self.seen: list[tuple[Value, int, int, int] | None] = []

    def node(self, node: Node, depth: int) -> tuple[Value, int]:
        """Return a node's value and height. ``depth`` counts the containers around it."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise CodecError("a value has too many parts")
        kind = type(node)
        if kind is list:
            tag = node[0] if node else None
            if type(tag) is not str:
                raise CodecError("a node has no kind")
            read, *form = READERS.get(tag, (None,))
            if read is None or form != list(map(type, node[1:])):
                raise CodecError("a node has not the form of its kind")
            found: tuple[Value, int] = read(self, *node[1:], depth)
            return found
        if node is None or kind is bool:
            return node, 0
        if kind is int:
            _require(node.bit_length() <= MAX_INT_BITS, "an int is too large")
            return node, 0
        if kind is float:
            _require(math.isfinite(node), "a float is not finite")
            return node, 0
        if kind is str:
            _require(len(node) <= SHORT and is_encodable(node), "a text in the header is too long or not text")
            return node, 0
        raise CodecError("a node has no kind")

    def take(self, size: int) -> memoryview:
        start = self.position
        self.position = end = start + size
        if not 0 <= start <= end <= len(self.body):
            raise CodecError("a frame mentions more bytes than it has")
        self.bytes += size
        if self.bytes > self.cap:
            raise CodecError("a value is larger than may pass")
        return self.body[start:end]

    def read_float(self, name: str, depth: int) -> tuple[Value, int]:
        return FLOATS[name], 0

    def read_text(self, size: int, depth: int) -> tuple[Value, int]:
        _require(size <= 4 * MAX_TEXT, "a text is too long")
        return str(self.take(size), "utf-8"), 0

    def read_foreign(self, name: str, depth: int) -> tuple[Value, int]:
        return Foreign(printable(name)), 0

    def read_function(self, module: str, name: str, depth: int) -> tuple[Value, int]:
        _require(is_name(module) and is_name(name), "a function has no plain name")
        return self.resolve(module, name), 0

    def read_scalar(self, code: str, depth: int) -> tuple[Value, int]:
        dtype = DTYPES[code]
        return _make_array(self.take(dtype.itemsize), dtype, ())[()], 0

    def read_array(self, code: str, shape: list[Any], depth: int) -> tuple[Value, int]:
        dtype = DTYPES[code]
        if len(shape) > 32:
            raise CodecError("an array has too many axes")
        size = dtype.itemsize
        for side in shape:
            if type(side) is not int or not 0 <= side < MAX_SIDE:
                raise CodecError("an array has no such shape")
            size *= side
        value = _make_array(self.take(size), dtype, shape)
        value.flags.writeable = self.writable
        self.seen.append((value, 1, size, 0))
        return value, 0

    def read_tuple(self, parts: list[Node], depth: int) -> tuple[Value, int]:
        return self.container(tuple, parts, depth)

    def read_list(self, parts: list[Node], depth: int) -> tuple[Value, int]:
        return self.container(list, parts, depth)

    def read_dict(self, parts: list[Node], depth: int) -> tuple[Value, int]:
        keys = parts[::2]
        _require(len(parts) % 2 == 0
                 and all(type(key) is str and len(key) <= MAX_KEY and is_encodable(key) for key in keys)
                 and len(set(keys)) == len(keys), "a dict has not the form of a dict")
        return self.container(lambda values: dict(zip(keys, values, strict=True)), parts[1::2], depth)

    def container(self, make: Callable[[list[Value]], Value], parts: list[Node], depth: int) -> tuple[Value, int]:
        if depth >= MAX_DEPTH:
            raise CodecError("a value is nested too deep")
        index, nodes, size, height = len(self.seen), self.nodes, self.bytes, 0
        self.seen.append(None)
        values = []
        for part in parts:
            value, part_height = self.node(part, depth + 1)
            height = max(height, part_height)
            values.append(value)
        made = make(values)
        self.seen[index] = made, self.nodes - nodes + 1, self.bytes - size, height + 1
        return made, height + 1

    def read_reference(self, index: int, depth: int) -> tuple[Value, int]:
        seen = self.seen[index] if 0 <= index < len(self.seen) else None
        if seen is None:
            raise CodecError("a reference leads nowhere")
        value, nodes, size, height = seen
        self.nodes += nodes - 1
        self.bytes += size
        _require(depth + height <= MAX_DEPTH and self.nodes <= MAX_NODES and self.bytes <= self.cap,
                 "references make a value too large")
        return value, height

    def read_argument(self, path: list[Any], depth: int) -> tuple[Value, int]:
        _require(path and len(path) <= MAX_DEPTH + 1 and self.arguments, "a path leads nowhere")
        value = self.arguments
        for step in path:
            is_key, is_index = type(step) is str, type(step) is int
            _require((type(value) is dict and is_key) or (type(value) in (tuple, list) and is_index),
                     "a path leads nowhere")
            value = value[step]
        return value, 0


#: By tag: the method that reads a node, and the types of what follows the tag.
READERS: dict[str, tuple[Any, ...]] = {
    "f": (_Decoder.read_float, str), "u": (_Decoder.read_text, int), "x": (_Decoder.read_foreign, str),
    "n": (_Decoder.read_function, str, str),
    "s": (_Decoder.read_scalar, str), "a": (_Decoder.read_array, str, list), "t": (_Decoder.read_tuple, list),
    "l": (_Decoder.read_list, list), "d": (_Decoder.read_dict, list), "r": (_Decoder.read_reference, int),
    "arg": (_Decoder.read_argument, list),
}


def _make_array(data: memoryview, dtype: np.dtype[Any], shape: Any) -> np.ndarray:
    if dtype.kind == "b":  # bytes other than 0 and 1 would be an invalid bool
        data = (np.frombuffer(data, np.uint8) != 0).data
    array: np.ndarray[Any, Any] = np.ndarray(shape, dtype, data).copy()
    return array
