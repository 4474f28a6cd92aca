"""Messages that ask a fork for a call."""

from __future__ import annotations

from functools import lru_cache

from ..model import Case, Value
from .guest.codec import encode
from .session import Definition


def call_frame(name: str, arguments: tuple[Value, ...], replaced: tuple[str, ...], cap: int) -> bytes:
    """Return the message that asks for a call."""
    return encode(("call", name, tuple(arguments), replaced), cap=cap)


@lru_cache(maxsize=256)
def case_frame(name: str, case: Case, replaced: tuple[str, ...], cap: int) -> bytes:
    """Return the message that asks for a call with a case's arguments. It is the same for every student.

    See benchmarks/README.md, "Shortcuts".
    """
    return call_frame(name, tuple(case.arguments.values()), replaced, cap)


def trace_frame(definition: Definition, arguments: tuple[Value, ...], replaced: tuple[str, ...], cap: int) -> bytes:
    """Return the message that asks for a call that is followed line by line."""
    file = f"<ipython-input-{definition.cell + 1}-"  # as IPython names the code of a cell
    return encode(("trace", definition.name, tuple(arguments), replaced, definition.line, file), cap=cap)
