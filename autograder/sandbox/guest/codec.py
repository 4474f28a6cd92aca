"""Convert values to bytes and back, without pickle.

A frame is two lengths, a header of that many bytes (JSON), and a body: the bytes of texts and arrays, in the order in
which the header mentions them. The encoder replaces what it cannot serialise by a `Foreign`. The decoder believes
nothing, and raises `CodecError` for every departure from the format.

Sharing survives: an array or container that occurs twice in a value is sent once, and occurs twice in the result. An
answer may also contain "the very object that you sent" (`arguments`).

Both sides use this module. It needs numpy and the standard library alone.
"""

from __future__ import annotations

import json
import math
import struct
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import numpy as np

#: None, bool, int, float, str, numeric arrays and scalars, functions of a module; tuples, lists and dicts (with string
#: keys) of these.
Value = Any
#: One value in a header: a JSON scalar, or a list that starts with a tag.
Node = Any
#: Where an object is inside ``arguments``: indices and keys.
Path = tuple[Any, ...]

MAX_DEPTH = 32
MAX_NODES = 100_000  # as a walk through the value counts them: a shared part counts each time
MAX_HEADER = 8 << 20
MAX_TEXT = 4 << 20  # characters of one string
MAX_KEY = 256
MAX_INT_BITS = 256
MAX_NAME = 80
MAX_SIDE = 2**31  # of one axis; keeps products of sides far from overflow
SHORT = 48  # longer texts go into the body
DEFAULT_CAP = 64 << 20

_LENGTHS = struct.Struct("<II")
_ndarray = np.ndarray
_DTYPES: dict[str, np.dtype[Any]] = {
    np.dtype(code).str: np.dtype(code)
    for code in ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")
}
_CODES = {dtype: code for code, dtype in _DTYPES.items()}
_SCALARS = {
    dtype.type: dtype.str for dtype in [*_DTYPES.values(), np.dtype(np.longlong), np.dtype(np.ulonglong)]
}
_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_CONTAINERS: dict[type, str] = {tuple: "t", list: "l", dict: "d", OrderedDict: "d", defaultdict: "d"}
_name_of = type.__dict__["__name__"].__get__  # a student's metaclass cannot override it
_to_json = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


class CodecError(Exception):
    """Bytes do not hold a value in this format."""


@dataclass(frozen=True)
class Foreign:
    """Placeholder for an object that cannot be serialised."""

    type_name: str


@dataclass(frozen=True)
class NamedFunction:
    """Placeholder for a function of a module. Only its name crosses; the receiver may look it up."""

    module: str
    name: str


# ---- encoding -----------------------------------------------------------------------------------------


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
    return b"".join([_LENGTHS.pack(len(header), encoder.length), header, *encoder.body])


def describe(value: Any) -> str:
    """Return the name of a value's type as short printable text, without running the value's code."""
    kind = type(value)
    name = _name_of(kind)
    if kind is Foreign:
        name = value.type_name
    elif kind is _ndarray:
        name = f"ndarray of dtype {_name_of(value.dtype.type)}"
    return _printable(name)


def _printable(name: object) -> str:
    text = name if type(name) is str else "?"
    return "".join(c if c.isprintable() else "?" for c in text[:MAX_NAME]) or "?"


def _encodable(text: str) -> bool:
    """Return whether a text has no lone surrogates."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_name(text: object) -> bool:
    """Return whether an object is the plain name of a module or a function."""
    return type(text) is str and len(text) <= MAX_NAME and text.isascii() and text.isidentifier()


def _find_paths(arguments: Value) -> dict[int, Path]:
    """Return the path of each array and container inside the arguments, by its id."""
    found: dict[int, Path] = {}
    queue: list[tuple[Value, Path]] = [(arguments, ())] if arguments else []
    while queue:
        value, path = queue.pop()
        if path and (id(value) in found or len(path) > MAX_DEPTH or len(found) > MAX_NODES):
            continue
        kind = type(value)
        if path and (kind is _ndarray or kind in _CONTAINERS):
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
        if kind in _SCALARS:
            self.push(np.asarray(value).astype(_DTYPES[_SCALARS[kind]]).tobytes())
            return ["s", _SCALARS[kind]], 0
        if kind is _ndarray or kind in _CONTAINERS:
            if self.paths and id(value) in self.paths:
                return ["arg", list(self.paths[id(value)])], 0
            if id(value) in self.seen:
                return self.reference(value, depth)
            return self.array(value) if kind is _ndarray else self.container(value, depth)
        if kind is FunctionType or kind is NamedFunction:
            return self.function(value)
        return self.foreign(describe(value))

    def push(self, data: bytes) -> None:
        self.body.append(data)
        self.length += len(data)
        self.bytes += len(data)

    def foreign(self, name: str) -> tuple[Node, int]:
        return ["x", _printable(name)], 0

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
        code = _CODES.get(dtype) or _CODES.get(dtype.newbyteorder("="))
        if code is None:
            return self.foreign(describe(value))
        if self.bytes + size > self.cap or max(shape, default=0) >= MAX_SIDE:
            return self.foreign(f"ndarray of {size} bytes")
        self.header += 12 * len(shape)
        self.push((value if dtype.isnative else value.astype(_DTYPES[code])).tobytes())
        self.seen[id(value)] = _Seen(len(self.seen), 1, size, 0, True)
        return ["a", code, list(shape)], 0

    def container(self, value: Value, depth: int) -> tuple[Node, int]:
        kind = type(value)
        if depth >= MAX_DEPTH:
            return self.foreign(f"{kind.__name__} nested deeper than {MAX_DEPTH}")
        if self.nodes + len(value) > MAX_NODES or self.header > MAX_HEADER // 2:
            return self.foreign(f"{kind.__name__} of {len(value)} entries")
        is_dict = _CONTAINERS[kind] == "d"
        if is_dict:
            for key in value:
                if type(key) is not str:
                    return self.foreign(f"dict with a key of type {describe(key)}")
                if len(key) > MAX_KEY or not _encodable(key):
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
        return [_CONTAINERS[kind], parts], entry.height

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


# ---- decoding -----------------------------------------------------------------------------------------


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
        if len(frame) < _LENGTHS.size:
            raise CodecError("a frame is shorter than its lengths")
        header, body = lengths_of(frame[: _LENGTHS.size], cap)
        if len(frame) != _LENGTHS.size + header + body:
            raise CodecError("a frame is not as long as it says")
        text = bytes(frame[_LENGTHS.size : _LENGTHS.size + header])
        if text.count(b"[") + text.count(b"{") > 3 * MAX_NODES:  # before JSON makes an object of each
            raise CodecError("a header has too many parts")
        decoder = _Decoder(frame[_LENGTHS.size + header :], arguments, cap, writable, resolve)
        value = decoder.node(_from_json(text.decode()), 0)[0]
        if decoder.position != body:
            raise CodecError("a frame has bytes that nothing mentions")
        return value
    except CodecError:
        raise
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError, MemoryError) as error:
        raise CodecError(f"a frame cannot be read: {type(error).__name__}") from None


#: The bytes at the start of a frame that hold its lengths.
LENGTHS_SIZE = _LENGTHS.size


def lengths_of(start: bytes | memoryview, cap: int = DEFAULT_CAP) -> tuple[int, int]:
    """Return the lengths of header and body from a frame's first bytes. Raise CodecError if they are too large."""
    header, body = _LENGTHS.unpack(start)
    if header > MAX_HEADER or header + body > cap + MAX_HEADER:
        raise CodecError(f"a message of {header + body} bytes is larger than may pass")
    return header, body


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
            read, *form = _READERS.get(tag, (None,))
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
            _require(len(node) <= SHORT and _encodable(node), "a text in the header is too long or not text")
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
        return _FLOATS[name], 0

    def read_text(self, size: int, depth: int) -> tuple[Value, int]:
        _require(size <= 4 * MAX_TEXT, "a text is too long")
        return str(self.take(size), "utf-8"), 0

    def read_foreign(self, name: str, depth: int) -> tuple[Value, int]:
        return Foreign(_printable(name)), 0

    def read_function(self, module: str, name: str, depth: int) -> tuple[Value, int]:
        _require(is_name(module) and is_name(name), "a function has no plain name")
        return self.resolve(module, name), 0

    def read_scalar(self, code: str, depth: int) -> tuple[Value, int]:
        dtype = _DTYPES[code]
        return _make_array(self.take(dtype.itemsize), dtype, ())[()], 0

    def read_array(self, code: str, shape: list[Any], depth: int) -> tuple[Value, int]:
        dtype = _DTYPES[code]
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
                 and all(type(key) is str and len(key) <= MAX_KEY and _encodable(key) for key in keys)
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
_READERS: dict[str, tuple[Any, ...]] = {
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
