"""Read and write notebooks. No file that a student may hand in stops it, whatever its bytes."""

from __future__ import annotations

import itertools
import json
import os
import re
import stat
from collections.abc import Collection
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4.convert import upgrade_cell
from nbformat.validator import get_validator

from ..errors import NotebookError
from ..files import open_no_follow, write_file
from .cells import MAX_DEPTH, join_lines, normalise_cell, plain_json

MAX_BYTES = 64_000_000  # a notebook has a few hundred thousand, and more where a loop printed or many figures are drawn
MAX_CONTAINERS = 1_000_000  # lists and dictionaries: each costs memory far beyond its two bytes
MAX_CELLS = 10_000
VERSION = {"nbformat": nbformat.current_nbformat, "nbformat_minor": nbformat.current_nbformat_minor}
#: What other files begin with, in small letters, and what they are.
OTHER_FILES = (
    (b"pk\x03\x04", "with PK: is it a zip or a Word file?"), (b"%pdf", "as a PDF does"),
    (b"<!doctype html", "as a web page does: is it the notebook as HTML?"),
    (b"<html", "as a web page does: is it the notebook as HTML?"), (b"\x89png", "as a picture does"),
    (b"\xff\xd8\xff", "as a picture does"), (b"\x1f\x8b", "as a gzip archive does"),
    (b"7z\xbc\xaf", "as a 7z archive does"), (b"rar!", "as a RAR archive does"),
    (b"\xd0\xcf\x11\xe0", "as an old Word or Excel file does"), (b"{\\rtf", "as a document in RTF does"),
)  # fmt: skip
MAX_BEGINNING = 200  # bytes in which the beginning is looked for, after blanks
SHOWN = 30  # characters of a beginning that are shown


# ---- reading ----------------------------------------------------------------------------------------------


def read_notebook(path: str | Path, max_bytes: int = MAX_BYTES) -> NotebookNode:
    """Return the notebook in a file, in the newest minor version of nbformat 4.

    Raises
    ------
    NotebookError
        The file holds something else. No other error is raised, whatever the bytes.
    """
    return parse_notebook(read_bytes(path, max_bytes), path)


def parse_notebook(content: bytes, path: str | Path = "notebook") -> NotebookNode:
    """Return the notebook in a file's bytes. Errors name ``path``; all else is as in `read_notebook`."""
    for beginning, kind in OTHER_FILES:
        if content[:MAX_BEGINNING].lstrip().lower().startswith(beginning):
            raise NotebookError(path, f"the file is no notebook: it begins {kind}")
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
        raise NotebookError(path, f"the file is not JSON{describe_break(text, error)}") from None
    except ValueError:  # a number of thousands of digits
        raise NotebookError(path, "the file holds a number that is too long") from None
    return normalise_notebook(document, path)


def describe_break(text: str, error: json.JSONDecodeError) -> str:
    """Return words on where a text stops being JSON, to follow a sentence on the file."""
    if not text[:error.pos].strip("\ufeff \t\r\n"):
        start = " ".join(text.split())
        shown = "".join(char for char in start[:SHOWN] if char.isprintable())
        return f": it begins with {shown + '…' * (len(start) > SHOWN)!r}"
    if error.msg == "Extra data":
        return f": something follows its end, in line {error.lineno}"
    rest = text[error.pos:].strip()
    if not rest or (error.msg.startswith("Unterminated") and "\n" not in rest):
        return f": it breaks off in line {text.rstrip().count(chr(10)) + 1}"
    return f": line {error.lineno} is damaged"


def read_bytes(path: str | Path, max_bytes: int = MAX_BYTES) -> bytes:
    """Return the bytes of a regular file, without following a link.

    Raises
    ------
    NotebookError
        It is no regular file, cannot be read, or is larger than ``max_bytes``.
    """
    try:
        fd = open_no_follow(path)
    except (OSError, ValueError) as error:
        if os.path.islink(str(path).replace("\0", "")):
            raise NotebookError(path, "it is a symbolic link, which is not followed") from None
        raise NotebookError(path, f"it cannot be opened: {getattr(error, 'strerror', None) or error}") from None
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            raise NotebookError(path, "it is not a regular file")
        with open(fd, "rb", closefd=False) as file:
            content = file.read(max_bytes + 1) if found.st_size <= max_bytes else None
    except OSError as error:
        raise NotebookError(path, f"it cannot be read: {error.strerror}") from None
    finally:
        os.close(fd)
    if content is None or len(content) > max_bytes:
        size = max(found.st_size, max_bytes + 1)
        raise NotebookError(path, f"the file has {size:,} bytes; at most {max_bytes:,} are read")
    return content


def normalise_notebook(document: Any, path: str | Path = "notebook") -> NotebookNode:
    r"""Return a valid notebook with the cells of a document of any version of nbformat.

    Each source is one string with ``\n`` between lines, and each cell has an id of its own. Fields that nbformat
    does not know are dropped. Cells of an unknown kind become raw ones.

    Raises
    ------
    NotebookError
        The document is no notebook, is nested too deep, or has too many cells.
    """
    if not isinstance(document, dict):
        raise NotebookError(path, f"the file is JSON but not a notebook: it holds a {type(document).__name__}")
    try:
        cells = [normalise_cell(raw) for raw in _raw_cells(document, path)]
        metadata = plain_json(document.get("metadata"), MAX_DEPTH)
    except RecursionError:
        raise NotebookError(path, f"the file is nested deeper than {MAX_DEPTH} levels") from None
    set_ids(cells)
    nb = {"cells": cells, "metadata": metadata if isinstance(metadata, dict) else {}, **VERSION}
    if validation_error(nb):  # some metadata or output breaks the format: keep only the fields that grading needs
        nb["metadata"] = {}
        for cell in cells:
            cell["metadata"] = {key: value for key, value in cell["metadata"].items() if key == "nbgrader"}
            cell.pop("attachments", None)
            if cell["cell_type"] == "code":
                cell["outputs"] = []
        if problem := validation_error(nb):
            raise NotebookError(path, problem)
    return nbformat.from_dict(nb)


def _raw_cells(document: dict[str, Any], path: str | Path) -> list[dict[str, Any]]:
    """Return the cells of a document of any version as they come.

    Raises
    ------
    NotebookError
        There is no list of cells, or it is too long.
    RecursionError
        A cell of an old version is nested too deep.
    """
    cells, sheets = document.get("cells"), document.get("worksheets")
    if not isinstance(cells, list) and isinstance(sheets, list):  # nbformat 2 and 3
        cells = [_upgrade_cell(cell) for sheet in plain_json(sheets, MAX_DEPTH)
                 if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list) for cell in sheet["cells"]]
    if not isinstance(cells, list) or (cells and not any(isinstance(cell, dict) for cell in cells)):
        raise NotebookError(path, "the file is JSON but not a notebook: it holds no list of cells")
    if len(cells) > MAX_CELLS:
        raise NotebookError(path, f"the notebook has {len(cells):,} cells; at most {MAX_CELLS:,} are read")
    return [cell for cell in cells if isinstance(cell, dict)]


def _upgrade_cell(raw: Any) -> dict[str, Any] | None:
    """Return the nbformat 4 form of a cell of nbformat 2 or 3, without outputs that cannot be understood."""
    if not isinstance(raw, dict):
        return None
    raw = dict(raw)
    for key in {"input", "source"} & raw.keys():
        lines = raw[key]
        if isinstance(lines, list) and lines and not str(lines[0]).endswith("\n"):  # written without line ends
            lines = "\n".join(map(str, lines))
        raw[key] = join_lines(lines)
    for outputs in [raw.get("outputs", []), []]:
        try:
            return upgrade_cell(nbformat.from_dict(raw | {"outputs": outputs}))
        except Exception:  # nbformat trusts the outputs of a file; the second round gives it none
            continue
    return raw | {"source": raw.get("input", raw.get("source"))}


def set_ids(cells: list[dict[str, Any]], taken: Collection[str] = ()) -> None:
    """Give each cell a valid id that no other cell has and that is not taken. Ids that are so already stay."""
    wanted = {cell["id"] for cell in cells if isinstance(cell["id"], str)} | set(taken)
    fresh = (name for name in map("cell-{}".format, itertools.count(1)) if name not in wanted)
    used = set(taken)
    for cell in cells:
        valid = isinstance(cell["id"], str) and re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", cell["id"])
        if not valid or cell["id"] in used:
            cell["id"] = next(fresh)
        used.add(cell["id"])


def validation_error(nb: dict[str, Any]) -> str | None:
    """Return nbformat's objection to a notebook; None if it is valid."""
    try:  # not nbformat.validate, which changes ids, warns, and searches long for the best wording
        get_validator(nbformat.current_nbformat, nbformat.current_nbformat_minor).validate(nb)
    except nbformat.ValidationError as error:
        return "it breaks nbformat: " + str(error.message).splitlines()[0][:200]
    return None


# ---- writing ----------------------------------------------------------------------------------------------


def write_notebook(nb: NotebookNode, path: str | Path) -> None:
    """Write a notebook whole or not at all. Equal notebooks give equal bytes.

    Raises
    ------
    NotebookError
        The notebook is not valid. Nothing is written.
    """
    _check(nb, path)
    write_file(Path(path), (nbformat.v4.writes(nb) + "\n").encode())


def serialise_notebook(nb: NotebookNode, path: str | Path = "notebook") -> bytes:
    """Return the JSON of a notebook on one line, as autograded notebooks are written.

    Indenting, which the standard library does in Python, would take six times as long.

    Raises
    ------
    NotebookError
        The notebook is not valid.
    """
    _check(nb, path)
    return json.dumps(nb, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _check(nb: NotebookNode, path: str | Path) -> None:
    if problem := validation_error(nb):
        raise NotebookError(path, f"the notebook is not written, since {problem}")
