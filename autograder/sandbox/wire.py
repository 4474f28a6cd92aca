"""Values as bytes, for both ends of the wire: JSON for structure, raw bytes for text and arrays, nothing pickled.

A message is a value. A frame is two lengths, a header of that many bytes (JSON), and a body (the bytes
of texts and arrays, in the order in which the header mentions them). What may not pass becomes a
`Foreign` in place, on the sending side; the receiving side believes nothing, and answers every
departure from the form with `WireError`.

Sharing is kept: an array or container that stands twice in a message is sent once, and stands twice in
what is received. A message that answers a call may also say "the very object you gave me" (``arguments``).

This file runs on both sides of the wall, and needs numpy and the standard library alone.
"""

from __future__ import annotations

import json
import math
import struct
import time
from collections import OrderedDict, defaultdict

import numpy as np

if __package__:
    from ..errors import WireError
    from ..model import Foreign
else:  # the student's end has no more of ours than this file

    class WireError(Exception):
        """Bytes that are not a value that may pass."""

    class Foreign:
        """Stands where there was an object that may not pass."""

        def __init__(self, type_name):
            self.type_name = type_name


MAX_DEPTH = 32
MAX_NODES = 100_000  # counted as a reader meets them: what is shared counts each time
MAX_HEADER = 8 << 20
MAX_TEXT = 4 << 20  # characters of one string
MAX_KEY = 256
MAX_INT_BITS = 256
MAX_NAME = 80
MAX_SIDE = 2**31  # of one axis: no honest array comes near, and products stay far from overflow
SHORT = 48  # texts up to here stand in the header
DEFAULT_CAP = 64 << 20

_FRAME = struct.Struct("<II")
_ndarray = np.ndarray
_DTYPES = {
    np.dtype(code).str: np.dtype(code)
    for code in ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")
}
_SCALARS = {
    dtype.type: dtype.str for dtype in [*_DTYPES.values(), np.dtype(np.longlong), np.dtype(np.ulonglong)]
}
_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_CONTAINERS = {tuple: "t", list: "l", dict: "d", OrderedDict: "d", defaultdict: "d"}
_name_of = type.__dict__["__name__"].__get__  # a metaclass of the student's has no say in it
_codes = {dtype: code for code, dtype in _DTYPES.items()}
_to_json = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


# ---- sending ------------------------------------------------------------------------------------------


def encode(value, arguments=(), cap=DEFAULT_CAP):
    """Write a value as one frame.

    Parameters
    ----------
    value : Value
    arguments : tuple
        What the receiver gave us and still holds: where ``value`` contains one of these objects, or an object
        inside them, the receiver finds its own object in that place.
    cap : int, bytes
        An array that would make the frame larger becomes a `Foreign`.

    Returns
    -------
    bytes
    """
    writer = _Writer(_paths(arguments), cap)
    header = _to_json(writer.node(value, 0)[0]).encode()
    if len(header) > MAX_HEADER:
        raise WireError("the value has too many parts to be sent")
    return b"".join([_FRAME.pack(len(header), writer.length), header, *writer.body])


def describe(value):
    """Name a value's type in one short printable text, running none of the value's own code."""
    kind = type(value)
    name = _name_of(kind)
    if kind is Foreign:
        name = value.type_name
    elif kind is _ndarray:
        name = f"ndarray of dtype {_name_of(value.dtype.type)}"
    return _printable(name)


def _printable(name):
    name = name if type(name) is str else "?"
    return "".join(c if c.isprintable() else "?" for c in name[:MAX_NAME]) or "?"


def _paths(arguments):
    """Where each object inside the arguments is found: ``{id: path}``."""
    found, queue = {}, [(arguments, ())] if arguments else []
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


class _Writer:
    """Turns values into JSON nodes and a body."""

    def __init__(self, paths, cap):
        self.paths, self.cap = paths, cap
        self.body, self.length = [], 0
        self.nodes, self.bytes, self.header = 0, 0, 0  # as a reader meets them
        self.seen = {}  # id: [index, nodes, bytes, height], the last three None while it is being written

    def node(self, value, depth):
        """One JSON node and its height; ``depth`` counts the containers around it."""
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
                return self.again(value, depth)
            return self.array(value) if kind is _ndarray else self.container(value, depth)
        return self.foreign(describe(value))

    def push(self, data):
        self.body.append(data)
        self.length += len(data)
        self.bytes += len(data)

    def foreign(self, name):
        return ["x", _printable(name)], 0

    def text(self, value):
        if len(value) <= SHORT and value.isascii():
            self.header += len(value) * 2
            return value, 0
        if len(value) > MAX_TEXT:
            return self.foreign(f"str of {len(value)} characters")
        data = value.encode("utf-8", "replace")  # a lone surrogate would make whoever prints it stumble
        if len(data) <= SHORT:
            self.header += len(data) * 2
            return data.decode(), 0
        if self.bytes + len(data) > self.cap:
            return self.foreign(f"str of {len(value)} characters")
        self.push(data)
        return ["u", len(data)], 0

    def array(self, value):
        dtype, shape, size = value.dtype, value.shape, value.nbytes
        code = _codes.get(dtype) or _codes.get(dtype.newbyteorder("="))
        if code is None:
            return self.foreign(describe(value))
        if self.bytes + size > self.cap or max(shape, default=0) >= MAX_SIDE:
            return self.foreign(f"ndarray of {size} bytes")
        self.header += 12 * len(shape)
        self.push((value if dtype.isnative else value.astype(_DTYPES[code])).tobytes())
        self.seen[id(value)] = [len(self.seen), 1, size, 0]
        return ["a", code, list(shape)], 0

    def container(self, value, depth):
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
        entry = self.seen[id(value)] = [len(self.seen), None, None, None]
        nodes, size, height, parts = self.nodes, self.bytes, 0, []
        for item in value.items() if is_dict else value:
            if is_dict:
                key, item = item
                self.header += 6 * len(key)
                parts.append(key)
            part, part_height = self.node(item, depth + 1)
            if part_height > height:
                height = part_height
            parts.append(part)
        entry[1:] = self.nodes - nodes + 1, self.bytes - size, height + 1
        return [_CONTAINERS[kind], parts], height + 1

    def again(self, value, depth):
        index, nodes, size, height = self.seen[id(value)]
        kind = type(value)
        if nodes is None:
            return self.foreign(f"{kind.__name__} that contains itself")
        if depth + height > MAX_DEPTH or self.nodes + nodes > MAX_NODES or self.bytes + size > self.cap:
            return self.foreign(describe(value))
        self.nodes += nodes - 1
        self.bytes += size
        return ["r", index], height


def _encodable(text):
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


# ---- receiving ----------------------------------------------------------------------------------------


def decode(frame, arguments=(), cap=DEFAULT_CAP, writable=True):
    """Read one frame back into a value, all of it fresh objects, or raise `WireError`.

    Parameters
    ----------
    frame : bytes-like
    arguments : tuple
        Our own objects, of which the frame may name parts; empty where the sender is not believed.
    cap : int, bytes
        The largest frame, and the most bytes of arrays that a walk through the value may meet.
    writable : bool
        Whether the arrays may be written into.
    """
    try:
        frame = memoryview(frame)
        if len(frame) < _FRAME.size:
            raise WireError("a frame is shorter than its lengths")
        header, body = measure(frame[: _FRAME.size], cap)
        if len(frame) != _FRAME.size + header + body:
            raise WireError("a frame is not as long as it says")
        text = bytes(frame[_FRAME.size : _FRAME.size + header])
        if text.count(b"[") + text.count(b"{") > 3 * MAX_NODES:  # before JSON makes an object of each
            raise WireError("a header has too many parts")
        reader = _Reader(frame[_FRAME.size + header :], arguments, cap, writable)
        value = reader.node(_from_json(text.decode()), 0)[0]
        if reader.position != body:
            raise WireError("a frame has bytes that nothing mentions")
        return value
    except WireError:
        raise
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError, MemoryError) as error:
        raise WireError(f"a frame cannot be read: {type(error).__name__}") from None


def measure(lengths, cap=DEFAULT_CAP):
    """Header's and body's length, from a frame's first bytes; too long is a `WireError` before anything is read."""
    header, body = _FRAME.unpack(lengths)
    if header > MAX_HEADER or header + body > cap + MAX_HEADER:
        raise WireError(f"a message of {header + body} bytes is larger than may pass")
    return header, body


def _no_constant(name):
    raise WireError(f"{name} stands in a header")


_from_json = json.JSONDecoder(parse_constant=_no_constant).decode


def _need(fact, problem):
    if not fact:
        raise WireError(problem)


class _Reader:
    """Turns JSON nodes and a body into values, believing neither."""

    def __init__(self, body, arguments, cap, writable):
        self.body, self.arguments, self.cap, self.writable = body, arguments, cap, writable
        self.position = 0
        self.nodes, self.bytes = 0, 0
        self.seen = []  # [value, nodes, bytes, height]; None while it is being read

    def node(self, node, depth):
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise WireError("a value has too many parts")
        kind = type(node)
        if kind is list:
            return self.tagged(node, depth)
        if node is None or kind is bool:
            return node, 0
        if kind is int:
            _need(node.bit_length() <= MAX_INT_BITS, "an int is too large")
            return node, 0
        if kind is float:
            _need(math.isfinite(node), "a float is not finite")
            return node, 0
        if kind is str:
            _need(len(node) <= SHORT and _encodable(node), "a text in the header is too long or not text")
            return node, 0
        raise WireError("a node has no kind")

    def tagged(self, node, depth):
        tag = node[0] if node else None
        if type(tag) is not str:
            raise WireError("a node has no kind")
        read, *form = _FORMS.get(tag, (None,))
        if read is None or form != list(map(type, node[1:])):
            raise WireError("a node has not the form of its kind")
        return read(self, *node[1:], depth)

    def take(self, size):
        start = self.position
        self.position = end = start + size
        if not 0 <= start <= end <= len(self.body):
            raise WireError("a frame mentions more bytes than it has")
        self.bytes += size
        if self.bytes > self.cap:
            raise WireError("a value is larger than may pass")
        return self.body[start:end]

    def read_f(self, name, depth):
        return _FLOATS[name], 0

    def read_u(self, size, depth):
        _need(size <= 4 * MAX_TEXT, "a text is too long")
        return str(self.take(size), "utf-8"), 0

    def read_x(self, name, depth):
        return Foreign(_printable(name)), 0

    def read_s(self, code, depth):
        dtype = _DTYPES[code]
        return _array(self.take(dtype.itemsize), dtype, ())[()], 0

    def read_a(self, code, shape, depth):
        dtype = _DTYPES[code]
        if len(shape) > 32:
            raise WireError("an array has too many axes")
        size = dtype.itemsize
        for side in shape:
            if type(side) is not int or not 0 <= side < MAX_SIDE:
                raise WireError("an array has no such shape")
            size *= side
        value = _array(self.take(size), dtype, shape)
        value.flags.writeable = self.writable
        self.seen.append([value, 1, size, 0])
        return value, 0

    def read_t(self, parts, depth):
        return self.container(tuple, parts, depth)

    def read_l(self, parts, depth):
        return self.container(list, parts, depth)

    def read_d(self, parts, depth):
        keys = parts[::2]
        _need(len(parts) % 2 == 0 and all(type(key) is str and len(key) <= MAX_KEY and _encodable(key) for key in keys)
              and len(set(keys)) == len(keys), "a dict has not the form of a dict")
        return self.container(lambda values: dict(zip(keys, values, strict=True)), parts[1::2], depth)

    def container(self, make, parts, depth):
        if depth >= MAX_DEPTH:
            raise WireError("a value is nested too deep")
        index, nodes, size, height, values = len(self.seen), self.nodes, self.bytes, 0, []
        self.seen.append(None)
        for part in parts:
            value, part_height = self.node(part, depth + 1)
            if part_height > height:
                height = part_height
            values.append(value)
        value = make(values)
        self.seen[index] = [value, self.nodes - nodes + 1, self.bytes - size, height + 1]
        return value, height + 1

    def read_r(self, index, depth):
        _need(0 <= index < len(self.seen) and self.seen[index] is not None, "a reference leads nowhere")
        value, nodes, size, height = self.seen[index]
        self.nodes += nodes - 1
        self.bytes += size
        _need(depth + height <= MAX_DEPTH and self.nodes <= MAX_NODES and self.bytes <= self.cap,
              "references make a value too large")
        return value, height

    def read_arg(self, path, depth):
        _need(path and len(path) <= MAX_DEPTH + 1 and self.arguments, "a path leads nowhere")
        value = self.arguments
        for step in path:
            _need((type(value) is dict and type(step) is str) or (type(value) in (tuple, list) and type(step) is int),
                  "a path leads nowhere")
            value = value[step]
        return value, 0


#: Each kind of node: who reads it, and the types of what follows its tag.
_FORMS = {
    "f": (_Reader.read_f, str), "u": (_Reader.read_u, int), "x": (_Reader.read_x, str), "s": (_Reader.read_s, str),
    "a": (_Reader.read_a, str, list), "t": (_Reader.read_t, list), "l": (_Reader.read_l, list),
    "d": (_Reader.read_d, list), "r": (_Reader.read_r, int), "arg": (_Reader.read_arg, list),
}


def _array(data, dtype, shape):
    if dtype.kind == "b":  # a bool that is neither 0 nor 1 misleads numpy
        return (np.frombuffer(data, np.uint8) != 0).reshape(shape)
    return _ndarray(shape, dtype, data).copy()


# ---- sockets ------------------------------------------------------------------------------------------


def send(sock, frame, deadline=None):
    """Send a frame before ``deadline`` (`time.monotonic`), or raise TimeoutError or OSError."""
    sock.settimeout(None if deadline is None else max(deadline - time.monotonic(), 0.001))
    sock.sendall(frame)


def receive(sock, cap=DEFAULT_CAP, deadline=None):
    """Read the next frame's bytes before ``deadline``.

    Raises TimeoutError, EOFError where the other end is gone, and `WireError` for a frame larger than may pass.
    """
    lengths = _read(sock, _FRAME.size, deadline)
    header, body = measure(lengths, cap)
    return lengths + _read(sock, header + body, deadline)


def _read(sock, size, deadline):
    data = bytearray()
    while len(data) < size:
        if deadline is not None:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise TimeoutError
            sock.settimeout(remaining)
        part = sock.recv(min(size - len(data), 1 << 20))  # grow as it comes: a length alone takes no memory
        if not part:
            raise EOFError
        data += part
    return data
