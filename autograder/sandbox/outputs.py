"""Turn outputs from a student's process into valid nbformat outputs, whatever arrives."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any

from ..mime import RASTER, TEXTS
from .guest.codec import Value

MAX_OUTPUTS = 6000


def clean_outputs(value: Value, limit: int) -> tuple[dict[str, Any], ...]:
    """Return nbformat outputs of about ``limit`` bytes at most, without anything that is not an output."""
    cleaned: list[dict[str, Any]] = []
    room = 2 * limit + (1 << 17)  # an honest guest has cut them already
    for item in value[:MAX_OUTPUTS] if type(value) is list else ():
        output = clean_output(item) if type(item) is dict else None
        if output is None:
            continue
        room -= size_of((output,))
        if room < 0:
            break
        cleaned.append(output)
    return tuple(cleaned)


def size_of(outputs: tuple[dict[str, Any], ...]) -> int:
    """Return the number of characters in some outputs."""
    return sum(len(text) for output in outputs for text in _texts(output))


def clean_output(output: dict[str, Value]) -> dict[str, Any] | None:
    """Return an output with the keys and types of nbformat, or None."""
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return {"output_type": "stream", "name": name, "text": _text(output.get("text"))}
    if kind == "error":
        lines = output.get("traceback")
        lines = [_text(line) for line in lines] if type(lines) is list else []
        return {"output_type": "error", "ename": clean_text(output.get("ename"), 200),
                "evalue": _text(output.get("evalue"))[:5000], "traceback": lines}
    if kind in ("display_data", "execute_result"):
        bundle = output.get("data")
        data: dict[str, str] = {}
        for mime in (*TEXTS, *RASTER):
            content = bundle.get(mime) if type(bundle) is dict else None
            if type(content) is str and (mime in TEXTS or _is_base64(content)):
                data[mime] = content
        if not data:
            return None
        cleaned: dict[str, Any] = {"output_type": kind, "data": data, "metadata": _metadata(output.get("metadata"))}
        if kind == "execute_result":
            count = output.get("execution_count")
            cleaned["execution_count"] = count if type(count) is int and count >= 0 else None
        return cleaned
    return None


def clean_text(value: Value, limit: int) -> str:
    """Return a text as one printable line of at most ``limit`` characters."""
    text = value[: 4 * limit] if type(value) is str else ""
    return "".join(c if c.isprintable() else " " for c in text)[:limit]


def _text(value: Value) -> str:
    return value if type(value) is str else ""


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _metadata(value: Value) -> dict[str, Any]:
    """Return the metadata of figures. Other metadata could mean anything to a program that reads the notebook."""
    allowed: dict[str, Any] = {}
    if type(value) is dict and value.get("needs_background") in ("dark", "light"):
        allowed["needs_background"] = value["needs_background"]
    for mime in RASTER:
        size = value.get(mime) if type(value) is dict else None
        if type(size) is dict:
            kept = {k: size[k] for k in ("width", "height") if type(size.get(k)) is int and 0 < size[k] < 10_000}
            if kept:
                allowed[mime] = kept
    return allowed


def _texts(output: dict[str, Any]) -> Iterator[str]:
    for value in output.values():
        if type(value) is str:
            yield value
        elif type(value) is list:
            yield from value
        elif type(value) is dict:
            yield from (item for item in value.values() if type(item) is str)
