"""Normalise one cell of any document into a cell that nbformat 4.5 knows."""

from __future__ import annotations

import math
import re
from typing import Any

KINDS = ("code", "markdown", "raw")
MAX_DEPTH = 62  # levels of nesting; plots and widgets have some 13


def normalise_cell(raw: dict[str, Any]) -> dict[str, Any]:
    """Return the cell with the fields that nbformat knows, each of the right type.

    An unknown kind of cell becomes raw. The id is taken as it is, and metadata may still break the format.

    Raises
    ------
    RecursionError
        The cell is nested too deep.
    """
    raw = plain_json(raw, MAX_DEPTH)
    kind = raw.get("cell_type") if raw.get("cell_type") in KINDS else "raw"
    metadata = raw["metadata"] if isinstance(raw.get("metadata"), dict) else {}
    if not isinstance(metadata.get("nbgrader", {}), dict):
        del metadata["nbgrader"]
    cell = {
        "cell_type": kind,
        "id": raw.get("id"),
        "metadata": metadata,
        "source": join_lines(raw.get("source")).replace("\r\n", "\n").replace("\r", "\n"),
    }
    if kind == "code":
        outputs = raw.get("outputs")
        found = map(normalise_output, outputs if isinstance(outputs, list) else ())
        cell["outputs"] = [output for output in found if output]
        cell["execution_count"] = _execution_count(raw)
    elif isinstance(raw.get("attachments"), dict):
        cell["attachments"] = {name: _mime_bundle(data) for name, data in raw["attachments"].items()}
    return cell


def normalise_output(raw: Any) -> dict[str, Any] | None:
    """Return an output with the fields that nbformat knows; None if it is no output."""
    match raw:
        case {"output_type": "stream", "name": str(name), "text": str() | list() as text}:
            return {"output_type": "stream", "name": name, "text": join_lines(text)}
        case {"output_type": "error", "ename": str(ename), "evalue": str(evalue), "traceback": list(lines)}:
            return {"output_type": "error", "ename": ename, "evalue": evalue,
                    "traceback": [line for line in lines if isinstance(line, str)]}
        case {"output_type": "display_data" | "execute_result" as kind, "data": dict(data)}:
            metadata = raw.get("metadata")
            output = {"output_type": kind, "data": _mime_bundle(data),
                      "metadata": metadata if isinstance(metadata, dict) else {}}
            return output | ({"execution_count": _execution_count(raw)} if kind == "execute_result" else {})
    return None


def plain_json(value: Any, depth: int) -> Any:
    """Return the value as JSON in UTF-8 can hold it.

    Lone surrogates become U+FFFD, numbers that are not finite become None, and other objects their text.

    Raises
    ------
    RecursionError
        The value is nested deeper than ``depth`` levels.
    """
    if isinstance(value, str):
        return value if value.isascii() else re.sub("[\ud800-\udfff]", "\ufffd", value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if depth == 0:
        raise RecursionError
    if isinstance(value, dict):
        return {plain_json(str(key), 1): plain_json(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_json(item, depth - 1) for item in value]
    return plain_json(str(value), depth)


def join_lines(text: Any) -> str:
    """Return a text that may come as a list of lines, as in nbformat's files, as one string."""
    if isinstance(text, list):
        return "".join(line for line in text if isinstance(line, str))
    return "" if text is None or isinstance(text, dict) else str(text)


def _mime_bundle(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        return {}
    return {mime: value if re.fullmatch(r"application/(.*\+)?json", mime) else join_lines(value)
            for mime, value in data.items()}


def _execution_count(raw: dict[str, Any]) -> int | None:
    count = raw.get("execution_count")
    return count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None
