"""Read, normalise and write notebooks; find cells by grade_id, never by position."""

from __future__ import annotations

import ast
import copy
import itertools
import json
import math
import os
import re
import stat
import warnings
from collections.abc import Iterator
from functools import cache
from json.encoder import encode_basestring
from pathlib import Path

import fastjsonschema
import nbformat
from nbformat import NotebookNode
from nbformat.v4.convert import upgrade_cell
from nbformat.v4.rwbase import split_lines, strip_transient
from nbformat.validator import get_validator

from autograder import records
from autograder.errors import NotebookError

MAX_BYTES = 20_000_000  # a lesson with its outputs has a few hundred thousand
MAX_CONTAINERS = 1_000_000  # lists and dictionaries: each costs memory far beyond its two bytes
MAX_CELLS = 10_000
MAX_DEPTH = 64  # plots and widgets nest some 15 deep
MAX_PARSED = 1_000_000  # characters of one notebook that ast may read; beyond, a regexp does
MAX_REPAIRS = 100
KINDS = ("code", "markdown", "raw")
KEPT_METADATA = ("deletable", "editable", "name", "nbgrader", "tags")


# ---- reading and writing ------------------------------------------------------------------------------


def read(path, max_bytes: int = MAX_BYTES) -> NotebookNode:
    """The notebook in a file, in the newest minor version of nbformat 4.

    Raises
    ------
    NotebookError
        Whatever the file holds instead; nothing else is raised for any bytes.
    """
    return parsed(content_of(path, max_bytes), path)


def parsed(content: bytes, path="notebook") -> NotebookNode:
    """The notebook in a file's bytes; ``path`` is what errors call it. As `read` in all else."""
    try:
        text = content.decode(json.detect_encoding(content))
    except UnicodeDecodeError as error:
        raise NotebookError(path, f"the file is not text: byte {error.start} is not {error.encoding}") from None
    if not text.strip():
        raise NotebookError(path, "the file is empty")
    if text.count("{") + text.count("[") > MAX_CONTAINERS:
        raise NotebookError(path, f"the file holds more than {MAX_CONTAINERS:,} lists and dictionaries")
    try:
        document = json.loads(text)
    except RecursionError:
        raise NotebookError(path, f"the file is nested deeper than {MAX_DEPTH} levels") from None
    except json.JSONDecodeError as error:
        raise NotebookError(path, f"the file is not JSON: {error.msg} in line {error.lineno}") from None
    except ValueError:  # a number of thousands of digits
        raise NotebookError(path, "the file holds a number that is too long") from None
    return normalise(document, path)


def content_of(path, max_bytes: int = MAX_BYTES) -> bytes:
    """A regular file's bytes, if it is one and has no more than so many; links are not followed.

    Raises
    ------
    NotebookError
    """
    try:
        # a link could point at the gradebook; opening a fifo would wait for ever
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
                             | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        problem = "it is a symbolic link, which is not followed" if os.path.islink(str(path).replace("\0", "")) else \
            f"it cannot be opened: {getattr(error, 'strerror', None) or error}"
        raise NotebookError(path, problem) from None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise NotebookError(path, "it is not a regular file")
        with open(descriptor, "rb", closefd=False) as file:
            content = file.read(max_bytes + 1) if found.st_size <= max_bytes else None
    except OSError as error:
        raise NotebookError(path, f"it cannot be read: {error.strerror}") from None
    finally:
        os.close(descriptor)
    if content is None or len(content) > max_bytes:
        size = max(found.st_size, max_bytes + 1)
        raise NotebookError(path, f"the file has {size:,} bytes; at most {max_bytes:,} are read")
    return content


def write(nb: NotebookNode, path) -> None:
    """Write a notebook: the old file or the whole new one is there, and equal notebooks give equal bytes.

    Raises
    ------
    NotebookError
        The notebook is not valid nbformat 4; nothing is written.
    """
    records.write_whole(Path(path), written(nb, path))


def written(nb: NotebookNode, path="notebook") -> bytes:
    """What `write` puts into the file."""
    if problem := problem_of(nb):
        raise NotebookError(path, f"the notebook is not written, since {problem}")
    return (_json(strip_transient(split_lines(nbformat.from_dict(nb)))) + "\n").encode()


def _json(value, line: str = "\n") -> str:
    """What `nbformat.v4.writes` makes of a value: the standard library indents in Python, a step for each comma."""
    if isinstance(value, str):
        return encode_basestring(value)
    deeper = line + " "
    if isinstance(value, dict) and value:
        items = [f"{encode_basestring(key)}: {_json(item, deeper)}" for key, item in sorted(value.items())]
        return "{" + deeper + ("," + deeper).join(items) + line + "}"
    if isinstance(value, list) and value:
        return "[" + deeper + ("," + deeper).join([_json(item, deeper) for item in value]) + line + "]"
    return json.dumps(value)


def normalise(document, where="notebook") -> NotebookNode:
    """A valid notebook with the cells of a document of any version, best effort for what is yet to come.

    Sources are one string with ``\\n`` between lines; each cell has an id of its own; what nbformat does not
    know of is dropped, unknown cells become raw ones.

    Raises
    ------
    NotebookError
        The document holds no cells, too many, or is nested too deep.
    """
    try:
        document = _plain(document, MAX_DEPTH)
    except RecursionError:
        raise NotebookError(where, f"the file is nested deeper than {MAX_DEPTH} levels") from None
    if not isinstance(document, dict):
        raise NotebookError(where, f"the file is JSON but not a notebook: it holds a {type(document).__name__}")
    cells, sheets = document.get("cells"), document.get("worksheets")
    if not isinstance(cells, list) and isinstance(sheets, list):  # nbformat 2 and 3
        cells = [_upgraded(cell) for sheet in sheets if isinstance(sheet, dict)
                 for cell in (sheet.get("cells") if isinstance(sheet.get("cells"), list) else ())]
    if not isinstance(cells, list) or (cells and not any(isinstance(cell, dict) for cell in cells)):
        raise NotebookError(where, "the file is JSON but not a notebook: it holds no list of cells")
    if len(cells) > MAX_CELLS:
        raise NotebookError(where, f"the notebook has {len(cells):,} cells; at most {MAX_CELLS:,} are read")
    metadata = document.get("metadata")
    nb = nbformat.from_dict({
        "cells": with_ids([_cell(cell) for cell in cells if isinstance(cell, dict)]),
        "metadata": metadata if isinstance(metadata, dict) else {},
        "nbformat": nbformat.current_nbformat,
        "nbformat_minor": nbformat.current_nbformat_minor,
    })
    if problem_of(nb):  # some metadata or output breaks the format: keep what grading needs
        nb.metadata = NotebookNode()
        for cell in nb.cells:
            cell.metadata = NotebookNode({key: cell.metadata[key] for key in ("nbgrader",) if key in cell.metadata})
            cell.pop("attachments", None)
            if cell.cell_type == "code":
                cell.outputs = []
        if problem := problem_of(nb):
            raise NotebookError(where, problem)
    return nb


def _plain(value, room: int):
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
        return {_plain(str(key), 1): _plain(item, room - 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, room - 1) for item in value]
    return _plain(str(value), room)


def _text(value) -> str:
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return "" if value is None or isinstance(value, dict) else str(value)


def _cell(raw: dict) -> dict:
    kind = raw.get("cell_type")
    metadata = raw.get("metadata")
    cell = {
        "cell_type": kind if kind in KINDS else "raw",
        "id": raw.get("id"),
        "metadata": metadata if isinstance(metadata, dict) else {},
        "source": _text(raw.get("source")).replace("\r\n", "\n").replace("\r", "\n"),
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
        case {"output_type": "stream", "name": str(name), "text": str() | list() as text}:
            return {"output_type": "stream", "name": name, "text": _text(text)}
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
    return {mime: value if re.fullmatch(r"application/(.*\+)?json", mime) else _text(value)
            for mime, value in data.items()}


def _count(raw: dict) -> int | None:
    count = raw.get("execution_count")
    return count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None


def _upgraded(raw) -> dict | None:
    """The nbformat-4 form of a cell of nbformat 2 or 3; its outputs go where they cannot be understood."""
    if not isinstance(raw, dict):
        return None
    raw = dict(raw)
    for key in {"input", "source"} & raw.keys():
        lines = raw[key]
        if isinstance(lines, list) and lines and not str(lines[0]).endswith("\n"):  # written without line ends
            lines = "\n".join(map(str, lines))
        raw[key] = _text(lines)
    for outputs in (raw.get("outputs", []), []):
        try:
            return upgrade_cell(nbformat.from_dict(raw | {"outputs": outputs}))
        except Exception:  # upgrade_cell trusts the outputs it is given; the second round gives it none
            continue
    return raw | {"source": raw.get("input", raw.get("source"))}


def with_ids(cells: list, taken=()) -> list:
    """The cells, each with an id of its own that is in nobody else's hands."""
    wanted = {cell["id"] for cell in cells if isinstance(cell["id"], str)} | set(taken)
    given, fresh = set(taken), (name for name in map("cell-{}".format, itertools.count(1)) if name not in wanted)
    for cell in cells:
        known = isinstance(cell["id"], str) and re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", cell["id"])
        if not known or cell["id"] in given:
            cell["id"] = next(fresh)
        given.add(cell["id"])
    return cells


def problem_of(nb) -> str | None:
    try:
        _validate()(nb)
        return None
    except fastjsonschema.JsonSchemaException:
        pass  # nbformat's own words for it
    validator = get_validator(nbformat.current_nbformat, nbformat.current_nbformat_minor)
    try:  # not nbformat.validate, which mends ids, warns, and looks for the best wording for as long as it takes
        validator.validate(nb)
    except nbformat.ValidationError as error:
        return "it breaks nbformat: " + str(error.message).splitlines()[0][:200]
    return None


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


# ---- finding ------------------------------------------------------------------------------------------


def nbgrader_metadata(cell) -> dict:
    """What a cell says of itself to nbgrader; empty where it says nothing."""
    found = cell.get("metadata", {}).get("nbgrader")
    return found if isinstance(found, dict) else {}


def find(nb: NotebookNode, grade_id: str) -> NotebookNode | None:
    """The first cell with this grade_id, or None."""
    return next((cell for cell in nb.cells if nbgrader_metadata(cell).get("grade_id") == grade_id), None)


def code_cells(nb: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    """Each code cell with its place in the notebook, from top to bottom."""
    return ((index, cell) for index, cell in enumerate(nb.cells) if cell.cell_type == "code")


def solution_cells(nb: NotebookNode) -> dict[str, NotebookNode]:
    """The code cells in which students write, by the name of their function, in notebook order."""
    found = {}
    for _, cell in code_cells(nb):
        said = nbgrader_metadata(cell)
        if said.get("solution") is True and isinstance(said.get("grade_id"), str):
            found.setdefault(said["grade_id"], cell)
    return found


def test_cells(nb: NotebookNode) -> dict[str, NotebookNode]:
    """The autograded test cells, by the name of the task they test, in notebook order."""
    found = {}
    for _, cell in code_cells(nb):
        said = nbgrader_metadata(cell)
        name = said.get("grade_id")
        if said.get("grade") is True and said.get("solution") is not True and str(name).endswith("_tests"):
            found.setdefault(name.removesuffix("_tests"), cell)
    return found


test_cells.__test__ = False  # pytest would take it for a test


def functions(source: str, exact: bool = True) -> frozenset[str]:
    """The names of the functions that a code cell defines at its top level."""
    names = frozenset(re.findall(r"^(?:async[ \t]+)?def[ \t]+(\w+)[ \t]*\(", source, re.MULTILINE))
    if not names or not exact:
        return names
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in a student's strings
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # magics, too
        return names
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def without_hidden(source: str) -> str:
    """A test cell's source as students get it: without its hidden tests, line by line as nbgrader does it."""
    lines, hidden = [], False
    for line in source.split("\n"):
        if "BEGIN HIDDEN TESTS" in line:
            hidden = True
        elif "END HIDDEN TESTS" in line:
            hidden = False
        elif not hidden:
            lines.append(line)
    return "\n".join(lines)


def strip(nb: NotebookNode) -> NotebookNode:
    """The notebook as git keeps it: no outputs, no counts, no editor metadata."""
    nb = copy.deepcopy(nb)
    nb.metadata = NotebookNode({key: nb.metadata[key] for key in ("kernelspec",) if key in nb.metadata}
                               | ({"language_info": NotebookNode(name=nb.metadata["language_info"]["name"])}
                                  if "language_info" in nb.metadata else {}))
    for cell in nb.cells:
        cell.metadata = NotebookNode({key: cell.metadata[key] for key in KEPT_METADATA if key in cell.metadata})
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return nb


# ---- what a report says of it ---------------------------------------------------------------------------


def bounded(repairs: list[str]) -> list[str]:
    more = len(repairs) - MAX_REPAIRS
    return [*repairs[:MAX_REPAIRS], f"{more} more repairs are not listed"] if more > 0 else repairs


def short(value) -> str:
    """What a submission said, short enough for a sentence."""
    said = repr(value)
    return said if len(said) <= 40 else said[:39] + "…"
