"""The values that a frame may hold, their limits, and placeholders for everything else."""

from __future__ import annotations

import struct
from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np

#: None, bool, int, float, str, numeric arrays and scalars, functions of a module; tuples, lists and dicts (with string
#: keys) of these.
Value = Any
#: One value in a header: a JSON scalar, or a list that starts with a tag.
Node = Any

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

LENGTHS = struct.Struct("<II")
DTYPES: dict[str, np.dtype[Any]] = {
    np.dtype(code).str: np.dtype(code)
    for code in ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")
}
CODES = {dtype: code for code, dtype in DTYPES.items()}
SCALARS = {
    dtype.type: dtype.str for dtype in [*DTYPES.values(), np.dtype(np.longlong), np.dtype(np.ulonglong)]
}
CONTAINERS: dict[type, str] = {tuple: "t", list: "l", dict: "d", OrderedDict: "d", defaultdict: "d"}
_name_of = type.__dict__["__name__"].__get__  # a student's metaclass cannot override it


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


def describe(value: Any) -> str:
    """Return the name of a value's type as short printable text, without running the value's code."""
    kind = type(value)
    name = _name_of(kind)
    if kind is Foreign:
        name = value.type_name
    elif kind is np.ndarray:
        name = f"ndarray of dtype {_name_of(value.dtype.type)}"
    return printable(name)


def printable(name: object) -> str:
    """Return a short printable text for a name that could be anything."""
    text = name if type(name) is str else "?"
    return "".join(c if c.isprintable() else "?" for c in text[:MAX_NAME]) or "?"


def is_encodable(text: str) -> bool:
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


def lengths_of(start: bytes | memoryview, cap: int = DEFAULT_CAP) -> tuple[int, int]:
    """Return the lengths of header and body from a frame's first bytes. Raise CodecError if they are too large."""
    header, body = LENGTHS.unpack(start)
    if header > MAX_HEADER or header + body > cap + MAX_HEADER:
        raise CodecError(f"a message of {header + body} bytes is larger than may pass")
    return header, body
