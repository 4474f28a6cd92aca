"""One cell of a notebook: made over into what nbformat knows of, checked, written.

The notebooks of a class have most cells in common. What was made of one is remembered, and made once.
"""

from __future__ import annotations

import json
import marshal
import math
import re
from functools import cache
from json.encoder import encode_basestring
from pathlib import Path

import fastjsonschema
import nbformat
from nbformat import NotebookNode
from nbformat.v4.rwbase import split_lines, strip_transient

from ..remember import Memory

KINDS = ("code", "markdown", "raw")
MAX_DEPTH = 62  # plots and widgets nest some 13 deep
NODE_BYTES = 400  # what a dictionary takes, however empty
SOME_ID = "cell"  # while it is not known which it will have

_normal, _written = Memory(), Memory()


# ---- read ---------------------------------------------------------------------------------------------


def normal(raw: dict) -> tuple[NotebookNode, bool]:
    """A cell of any document as nbformat knows it, its id aside, and whether it is valid: metadata may not be.

    Raises
    ------
    RecursionError
        Where it is nested too deep.
    """
    given = {key: value for key, value in raw.items() if key != "id"}
    try:
        known = marshal.dumps(given, 2)  # 2: without references, so that equal cells give equal bytes
    except ValueError:  # not plain, as JSON is: a notebook that is no file's
        known = None
    nodes = 0 if known is None else known.count(b"{") + known.count(b"[")  # as many, or fewer
    cell, valid = _normal.get(known, lambda: _normalised(given), NODE_BYTES * nodes)
    cell = copied(cell)
    cell["id"] = raw.get("id")
    return cell, valid


def _normalised(raw: dict) -> tuple[NotebookNode, bool]:
    cell = nbformat.from_dict(_cell(plain(raw, MAX_DEPTH)))
    return cell, is_valid(cell)


def copied(value):
    """A cell of one's own, or a part of it: deepcopy looks for what notebooks do not have."""
    if isinstance(value, dict):
        return NotebookNode({key: item if type(item) is str else copied(item) for key, item in value.items()})
    return [item if type(item) is str else copied(item) for item in value] if isinstance(value, list) else value


def plain(value, room: int):
    """The value as JSON can say it: text that UTF-8 can encode, finite numbers, nested at most `room` deep."""
    if isinstance(value, str):
        return value if value.isascii() else re.sub("[\ud800-\udfff]", "\ufffd", value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if room == 0:
        raise RecursionError
    if isinstance(value, dict):
        return {plain(str(key), 1): plain(item, room - 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, room - 1) for item in value]
    return plain(str(value), room)


def text(value) -> str:
    """A text that may be in lines, as nbformat has it."""
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return "" if value is None or isinstance(value, dict) else str(value)


def _cell(raw: dict) -> dict:
    kind = raw.get("cell_type")
    metadata = raw.get("metadata")
    cell = {
        "cell_type": kind if kind in KINDS else "raw",
        "id": SOME_ID,
        "metadata": metadata if isinstance(metadata, dict) else {},
        "source": text(raw.get("source")).replace("\r\n", "\n").replace("\r", "\n"),
    }
    if not isinstance(cell["metadata"].get("nbgrader", {}), dict):
        del cell["metadata"]["nbgrader"]
    if kind == "code":
        outputs = raw.get("outputs")
        cell["outputs"] = [output for output in map(_output, outputs if isinstance(outputs, list) else ()) if output]
        cell["execution_count"] = _count(raw)
    elif isinstance(raw.get("attachments"), dict):
        cell["attachments"] = {name: _bundle(data) for name, data in raw["attachments"].items()}
    return cell


def _output(raw) -> dict | None:
    """An output that nbformat knows of, or None."""
    match raw:
        case {"output_type": "stream", "name": str(name), "text": str() | list() as said}:
            return {"output_type": "stream", "name": name, "text": text(said)}
        case {"output_type": "error", "ename": str(ename), "evalue": str(evalue), "traceback": list(lines)}:
            return {"output_type": "error", "ename": ename, "evalue": evalue,
                    "traceback": [line for line in lines if isinstance(line, str)]}
        case {"output_type": "display_data" | "execute_result" as kind, "data": dict(data)}:
            metadata = raw.get("metadata")
            output = {"output_type": kind, "data": _bundle(data),
                      "metadata": metadata if isinstance(metadata, dict) else {}}
            return output | ({"execution_count": _count(raw)} if kind == "execute_result" else {})
    return None


def _bundle(data) -> dict:
    if not isinstance(data, dict):
        return {}
    return {mime: value if re.fullmatch(r"application/(.*\+)?json", mime) else text(value)
            for mime, value in data.items()}


def _count(raw: dict) -> int | None:
    count = raw.get("execution_count")
    return count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None


# ---- checked --------------------------------------------------------------------------------------------


def is_valid(cell: dict) -> bool:
    """Whether nbformat takes this cell."""
    return is_valid_notebook({"cells": [cell], "metadata": {}, "nbformat": nbformat.current_nbformat,
                              "nbformat_minor": nbformat.current_nbformat_minor})


def is_valid_notebook(nb: dict) -> bool:
    """Whether nbformat takes this notebook."""
    try:
        _validate()(nb)
    except fastjsonschema.JsonSchemaException:
        return False
    return True


@cache
def _validate():
    """Nbformat's schema, but that a cell is compared with its own kind only: theirs tries all three on each."""
    name = nbformat.v4.nbformat_schema[nbformat.current_nbformat, nbformat.current_nbformat_minor]
    schema = json.loads(Path(nbformat.v4.__file__).with_name(name).read_bytes())
    del schema["$schema"]  # draft 4, which has no "if"

    def if_kind(kind: str, otherwise: dict) -> dict:
        is_kind = {"properties": {"cell_type": {"const": kind}}}
        return {"if": is_kind, "then": {"$ref": f"#/definitions/{kind}_cell"}, "else": otherwise}

    raw = {"$ref": "#/definitions/raw_cell"}
    schema["definitions"]["cell"] = {"type": "object", **if_kind("code", if_kind("markdown", raw))}
    return fastjsonschema.compile(schema)


# ---- written --------------------------------------------------------------------------------------------


class Json(str):
    """A text that is JSON already."""


def written(cell: NotebookNode) -> Json | None:
    """The JSON of a cell at its place in a notebook's; None where it is not valid."""
    return _written.get(json.dumps(cell).encode(), lambda: _json_of(cell))


def _json_of(cell: NotebookNode) -> Json | None:
    if not is_valid(cell):
        return None
    nb = NotebookNode(cells=[nbformat.from_dict(cell)], metadata=NotebookNode())
    return Json(to_json(strip_transient(split_lines(nb)).cells[0], "\n  "))


def to_json(value, line: str = "\n") -> str:
    """What `nbformat.v4.writes` makes of a value: the standard library indents in Python, a step for each comma."""
    if isinstance(value, str):
        return value if type(value) is Json else encode_basestring(value)
    deeper = line + " "
    if isinstance(value, dict) and value:
        items = [f"{encode_basestring(key)}: {to_json(item, deeper)}" for key, item in sorted(value.items())]
        return "{" + deeper + ("," + deeper).join(items) + line + "}"
    if isinstance(value, list) and value:
        return "[" + deeper + ("," + deeper).join([to_json(item, deeper) for item in value]) + line + "]"
    return json.dumps(value)
