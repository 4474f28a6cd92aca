"""Read, normalise and write notebooks; find cells by grade_id, never by position."""

from __future__ import annotations

import copy
import itertools
import json
import os
import re
import stat
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4.convert import upgrade_cell
from nbformat.v4.rwbase import strip_transient
from nbformat.validator import get_validator

from .. import records
from ..errors import NotebookError
from ..model import Repair
from . import cells
from .cells import MAX_DEPTH

MAX_BYTES = 20_000_000  # a lesson with its outputs has a few hundred thousand
MAX_CONTAINERS = 1_000_000  # lists and dictionaries: each costs memory far beyond its two bytes
MAX_CELLS = 10_000
MAX_PARSED = 1_000_000  # characters of one notebook that ast may read; beyond, a regexp does
MAX_REPAIRS = 100
KEPT_METADATA = ("deletable", "editable", "name", "nbgrader", "tags")


# ---- reading and writing ------------------------------------------------------------------------------


def read_notebook(path, max_bytes: int = MAX_BYTES) -> NotebookNode:
    """The notebook in a file, in the newest minor version of nbformat 4.

    Raises
    ------
    NotebookError
        Whatever the file holds instead; nothing else is raised for any bytes.
    """
    return parse_notebook(read_bytes(path, max_bytes), path)


def parse_notebook(content: bytes, path="notebook") -> NotebookNode:
    """The notebook in a file's bytes; ``path`` is what errors call it. As `read_notebook` in all else."""
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
    return normalise_notebook(document, path)


def read_bytes(path, max_bytes: int = MAX_BYTES) -> bytes:
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


def write_notebook(nb: NotebookNode, path) -> None:
    """Write a notebook: the old file or the whole new one is there, and equal notebooks give equal bytes.

    Raises
    ------
    NotebookError
        The notebook is not valid nbformat 4; nothing is written.
    """
    records.write_whole(Path(path), serialise_notebook(nb, path))


def serialise_notebook(nb: NotebookNode, path="notebook") -> bytes:
    """What `write_notebook` puts into the file."""
    texts = [cells.written(cell) for cell in nb.get("cells", ())]
    if None in texts or not cells.is_valid_notebook({**nb, "cells": []}):
        raise NotebookError(path, f"the notebook is not written, since {validation_error(nb)}")
    rest = strip_transient(nbformat.from_dict({**nb, "cells": []}))
    return (cells.to_json({**rest, "cells": texts}) + "\n").encode()


def normalise_notebook(document, where="notebook") -> NotebookNode:
    """A valid notebook with the cells of a document of any version, best effort for what is yet to come.

    Sources are one string with ``\\n`` between lines; each cell has an id of its own; what nbformat does not
    know of is dropped, unknown cells become raw ones.

    Raises
    ------
    NotebookError
        The document holds no cells, too many, or is nested too deep.
    """
    if not isinstance(document, dict):
        raise NotebookError(where, f"the file is JSON but not a notebook: it holds a {type(document).__name__}")
    try:
        found = [cells.normal(raw) for raw in cells_of(document, where)]
        metadata = cells.plain(document.get("metadata"), MAX_DEPTH)
    except RecursionError:
        raise NotebookError(where, f"the file is nested deeper than {MAX_DEPTH} levels") from None
    nb = NotebookNode(
        cells=with_ids([cell for cell, _ in found]),
        metadata=nbformat.from_dict(metadata if isinstance(metadata, dict) else {}),
        nbformat=nbformat.current_nbformat, nbformat_minor=nbformat.current_nbformat_minor,
    )
    if not (all(valid for _, valid in found) and cells.is_valid_notebook({**nb, "cells": []})):
        # some metadata or output breaks the format: keep what grading needs
        nb.metadata = NotebookNode()
        for cell in nb.cells:
            cell.metadata = NotebookNode({key: cell.metadata[key] for key in ("nbgrader",) if key in cell.metadata})
            cell.pop("attachments", None)
            if cell.cell_type == "code":
                cell.outputs = []
        if problem := validation_error(nb):
            raise NotebookError(where, problem)
    return nb


def cells_of(document: dict, where) -> list[dict]:
    """The cells of a document of any version, as they come.

    Raises
    ------
    NotebookError
    RecursionError
        One of an old version is nested too deep.
    """
    found, sheets = document.get("cells"), document.get("worksheets")
    if not isinstance(found, list) and isinstance(sheets, list):  # nbformat 2 and 3
        found = [_upgraded(cell) for sheet in cells.plain(sheets, MAX_DEPTH) if isinstance(sheet, dict)
                 for cell in (sheet.get("cells") if isinstance(sheet.get("cells"), list) else ())]
    if not isinstance(found, list) or (found and not any(isinstance(cell, dict) for cell in found)):
        raise NotebookError(where, "the file is JSON but not a notebook: it holds no list of cells")
    if len(found) > MAX_CELLS:
        raise NotebookError(where, f"the notebook has {len(found):,} cells; at most {MAX_CELLS:,} are read")
    return [cell for cell in found if isinstance(cell, dict)]


def _upgraded(raw) -> dict | None:
    """The nbformat-4 form of a cell of nbformat 2 or 3; its outputs go where they cannot be understood."""
    if not isinstance(raw, dict):
        return None
    raw = dict(raw)
    for key in {"input", "source"} & raw.keys():
        lines = raw[key]
        if isinstance(lines, list) and lines and not str(lines[0]).endswith("\n"):  # written without line ends
            lines = "\n".join(map(str, lines))
        raw[key] = cells.text(lines)
    for outputs in (raw.get("outputs", []), []):
        try:
            return upgrade_cell(nbformat.from_dict(raw | {"outputs": outputs}))
        except Exception:  # upgrade_cell trusts the outputs it is given; the second round gives it none
            continue
    return raw | {"source": raw.get("input", raw.get("source"))}


def with_ids(nodes: list, taken=()) -> list:
    """The cells, each with an id of its own that is in nobody else's hands."""
    wanted = {cell["id"] for cell in nodes if isinstance(cell["id"], str)} | set(taken)
    given, fresh = set(taken), (name for name in map("cell-{}".format, itertools.count(1)) if name not in wanted)
    for cell in nodes:
        known = isinstance(cell["id"], str) and re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", cell["id"])
        if not known or cell["id"] in given:
            cell["id"] = next(fresh)
        given.add(cell["id"])
    return nodes


def validation_error(nb) -> str | None:
    """What nbformat has against a notebook, in its own words; None where it has nothing."""
    validator = get_validator(nbformat.current_nbformat, nbformat.current_nbformat_minor)
    try:  # not nbformat.validate, which mends ids, warns, and looks for the best wording for as long as it takes
        validator.validate(nb)
    except nbformat.ValidationError as error:
        return "it breaks nbformat: " + str(error.message).splitlines()[0][:200]
    return None


def strip_notebook(nb: NotebookNode) -> NotebookNode:
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


def bounded(repairs: list[Repair]) -> list[Repair]:
    """Return the first repairs, with one that counts the others."""
    more = len(repairs) - MAX_REPAIRS
    if more <= 0:
        return repairs
    return [*repairs[:MAX_REPAIRS], Repair("not listed", None, f"{more} more repairs are not listed")]


def short(value) -> str:
    """What a submission said, short enough for a sentence."""
    said = repr(value)
    return said if len(said) <= 40 else said[:39] + "…"
