"""Read, normalise, write and repair notebooks; find cells by grade_id, never by position."""

from __future__ import annotations

import ast
import copy
import hashlib
import itertools
import json
import math
import os
import re
import secrets
import stat
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4.convert import upgrade_cell
from nbformat.validator import get_validator

from autograder.errors import NotebookError

MAX_BYTES = 20_000_000  # a lesson with its outputs has a few hundred thousand
MAX_CONTAINERS = 1_000_000  # lists and dictionaries: each costs memory far beyond its two bytes
MAX_CELLS = 10_000
MAX_DEPTH = 64  # plots and widgets nest some 15 deep
MAX_FILES = 1_000
MAX_FOLDER_BYTES = 100_000_000
MAX_REPAIRS = 100
MAX_PARSED = 1_000_000  # characters of one notebook that ast may read; beyond, a regexp does
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
    content = _content(path, max_bytes)
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


def _content(path, max_bytes: int) -> bytes:
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
    path = Path(path)
    if problem := _problem(nb):
        raise NotebookError(path, f"the notebook is not written, since {problem}")
    temporary = path.with_name(f".{path.name[:64]}.{secrets.token_hex(8)}")
    try:
        with open(temporary, "x", encoding="utf-8", newline="\n") as file:
            file.write(nbformat.v4.writes(nb).rstrip("\n") + "\n")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


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
        "cells": _with_ids([_cell(cell) for cell in cells if isinstance(cell, dict)]),
        "metadata": metadata if isinstance(metadata, dict) else {},
        "nbformat": nbformat.current_nbformat,
        "nbformat_minor": nbformat.current_nbformat_minor,
    })
    if _problem(nb):  # some metadata or output breaks the format: keep what grading needs
        nb.metadata = NotebookNode()
        for cell in nb.cells:
            cell.metadata = NotebookNode({key: cell.metadata[key] for key in ("nbgrader",) if key in cell.metadata})
            cell.pop("attachments", None)
            if cell.cell_type == "code":
                cell.outputs = []
        if problem := _problem(nb):
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


def _with_ids(cells: list, taken=()) -> list:
    """The cells, each with an id of its own that is in nobody else's hands."""
    wanted = {cell["id"] for cell in cells if isinstance(cell["id"], str)} | set(taken)
    given, fresh = set(taken), (name for name in map("cell-{}".format, itertools.count(1)) if name not in wanted)
    for cell in cells:
        known = isinstance(cell["id"], str) and re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", cell["id"])
        if not known or cell["id"] in given:
            cell["id"] = next(fresh)
        given.add(cell["id"])
    return cells


def _problem(nb) -> str | None:
    validator = get_validator(nbformat.current_nbformat, nbformat.current_nbformat_minor)
    try:  # not nbformat.validate, which mends ids, warns, and looks for the best wording for as long as it takes
        validator.validate(nb)
    except nbformat.ValidationError as error:
        return "it breaks nbformat: " + str(error.message).splitlines()[0][:200]
    return None


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


# ---- restoring ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Role:
    """A cell of the trusted notebook that nbgrader knows by name."""

    name: str
    index: int
    node: NotebookNode
    metadata: dict  # nbgrader's, whole and in order
    text: str  # the source as handed out

    @property
    def solution(self) -> bool:
        return self.metadata["solution"]

    @property
    def task(self) -> str | None:
        """The task that this cell tests."""
        is_test = self.metadata["grade"] and not self.solution and self.name.endswith("_tests")
        return self.name.removesuffix("_tests") if is_test else None


@dataclass(eq=False)
class _Cell:
    """A submitted cell: what it says it is, and what it is found to be."""

    node: NotebookNode
    claim: str | None
    defines: frozenset[str]
    role: _Role | None = None
    inert: bool = False  # kept for reading, not run

    @property
    def said(self) -> dict:
        return nbgrader_metadata(self.node)

    def is_scaffold_of(self, role: _Role) -> bool:
        """Whether a solution cell is as handed out, going by the checksum that nbgrader left in it."""
        known = (role.metadata.get("checksum"), self.said.get("checksum") if self.claim == role.name else None)
        return _checksum(self.node.source, role) in known


def restore(submitted: NotebookNode, source: NotebookNode) -> tuple[NotebookNode, list[str]]:
    """A notebook fit for grading, and what had to be mended for it, a plain sentence each.

    Nothing that a submission says to nbgrader is believed. Solution cells keep the student's source; what is
    locked is the trusted cell again, with its points; what is missing is put back, solutions empty; everything
    else runs where it stood, as an ordinary cell without metadata. A solution is the cell with its grade_id, or
    else one that defines its function; of several the last that is not the untouched scaffold, since the kernel
    would have ended with it. The order stays the student's, but tests follow what they test.

    Parameters
    ----------
    submitted : NotebookNode
        Left as it is.
    source : NotebookNode
        The instructor's notebook, with hidden tests; or one made of what nbgrader's gradebook recorded of it.

    Raises
    ------
    NotebookError
        The submission is no notebook; see `normalise`.
    """
    submitted, source = normalise(submitted), normalise(source, "source notebook")
    roles, repairs = _roles(source), []
    cells = _claims(submitted, roles)
    for role in roles.values():
        if not role.solution:
            _assign_locked(role, cells)
    _assign_solutions([role for role in roles.values() if role.solution], cells)
    _note(cells, roles, repairs)
    placed = _place([(cell, _rebuilt(cell)) for cell in cells], roles, source, repairs)
    trusted_ids = {role.node.id for role in roles.values()}
    _with_ids([node for cell, node in placed if cell.role is None], trusted_ids)
    nb = NotebookNode(nbformat=source.nbformat, nbformat_minor=source.nbformat_minor)
    nb.cells = [node for _, node in placed]
    nb.metadata = NotebookNode({key: source.metadata[key] for key in ("kernelspec", "language_info")
                                if key in source.metadata})
    if problem := _problem(nb):
        raise NotebookError("source notebook", problem)
    return nb, _bounded(repairs)


def _bounded(repairs: list[str]) -> list[str]:
    more = len(repairs) - MAX_REPAIRS
    return [*repairs[:MAX_REPAIRS], f"{more} more repairs are not listed"] if more > 0 else repairs


def _roles(source: NotebookNode) -> dict[str, _Role]:
    roles = {}
    for index, cell in enumerate(source.cells):
        said = nbgrader_metadata(cell)
        flags = {key: bool(said.get(key, False)) for key in ("grade", "locked", "solution", "task")}
        name = said.get("grade_id")
        if isinstance(name, str) and name and any(flags.values()) and name not in roles:
            metadata = flags | {"cell_type": cell.cell_type, "grade_id": name, "schema_version": 3}
            if flags["grade"] or flags["task"]:
                metadata["points"] = said.get("points", 0)
            if isinstance(said.get("checksum"), str):
                metadata["checksum"] = said["checksum"]
            roles[name] = _Role(name, index, cell, metadata, without_hidden(cell.source))
    return roles


def _checksum(text: str, role: _Role) -> str:
    """What nbgrader's ComputeChecksums leaves in a solution cell with this source."""
    said = [text, role.node.cell_type, str(role.metadata["grade"]), "True", "False", role.name]
    if role.metadata["grade"]:
        said.append(str(float(role.metadata["points"])))
    return hashlib.md5("".join(said).encode(), usedforsecurity=False).hexdigest()


def _same(one: str, other: str) -> bool:
    """Whether two sources say the same, blanks at line ends aside."""
    if abs(len(one) - len(other)) > 1_000:
        return False
    one, other = ([line.rstrip() for line in text.rstrip().split("\n")] for text in (one, other))
    return one == other


def _claims(submitted: NotebookNode, roles: dict[str, _Role]) -> list[_Cell]:
    """Each submitted cell with what it says it is: by its grade_id, or else by its id."""
    named = {str(nbgrader_metadata(node).get("grade_id")) for node in submitted.cells}
    by_id = {role.node.id: name for name, role in roles.items() if name not in named}
    solutions = {name for name, role in roles.items() if role.solution}
    cells, parsed = [], 0
    for node in submitted.cells:
        name = nbgrader_metadata(node).get("grade_id")
        claim = name if isinstance(name, str) and name in roles else by_id.get(node.id)
        parsed += len(node.source)
        runs = node.cell_type == "code" or (claim in solutions and roles[claim].node.cell_type == "code")
        defines = functions(node.source, exact=parsed <= MAX_PARSED) if runs else frozenset()
        if claim and not roles[claim].solution and defines & solutions and not _as_handed_out(node, roles[claim]):
            claim = None  # a student's function in a locked cell would be lost with what is restored there
        cells.append(_Cell(node, claim, defines))
    return cells


def _as_handed_out(node: NotebookNode, role: _Role) -> bool:
    """Whether a locked cell is the trusted one, with or without its hidden tests."""
    return node.cell_type == role.node.cell_type and (
        _same(node.source, role.text) or _same(node.source, role.node.source))


def _assign_locked(role: _Role, cells: list[_Cell]) -> None:
    """Find a locked cell by its grade_id, or else by its id or its source; the first that is unchanged."""
    claimed = [cell for cell in cells if cell.claim == role.name]
    alike = [cell for cell in claimed or cells
             if cell.role is None and cell.claim in (None, role.name) and _as_handed_out(cell.node, role)
             and cell.node.source.strip()]
    for cell in (alike or claimed)[:1]:
        cell.role = role


def _assign_solutions(wanted: list[_Role], cells: list[_Cell]) -> None:
    """Find each solution's cell, the surest first."""
    names = {role.name for role in wanted}
    able = {role.name: [cell for cell in cells if cell.claim == role.name or role.name in cell.defines]
            for role in wanted}

    def rank(cell: _Cell, role: _Role) -> int:
        claims, defines = cell.claim == role.name, role.name in cell.defines
        if not claims:
            if cell.claim in names and cell.claim not in cell.defines:
                return 5  # under another task's name, and not that task's solution
            return 2 if cell.claim is None else 0
        if cell.node.cell_type != role.node.cell_type:
            return 1
        if cell.is_scaffold_of(role):
            return 4
        return 6 if defines or role.node.cell_type != "code" else 3

    for sure in (6, 5, 4, 3, 2, 1):
        for role in wanted:
            free = [cell for cell in able[role.name] if cell.role is None]
            found = [cell for cell in free if rank(cell, role) == sure]
            if not found or any(cell.role is role for cell in cells):
                continue
            if sure == 4:  # untouched: the kernel would have put it in place of a function written above it
                written = [cell for cell in free if rank(cell, role) == 2]
                found = written if written and free.index(written[-1]) < free.index(found[0]) else found
            max(found, key=lambda cell: (bool(cell.node.source.strip()), cells.index(cell))).role = role
    for role in wanted:
        own = next((index for index, cell in enumerate(cells) if cell.role is role), len(cells))
        for cell in cells[own + 1:]:
            cell.inert |= cell.role is None and cell.claim == role.name and cell.is_scaffold_of(role)


def _short(value) -> str:
    """What a submission said, short enough for a sentence."""
    said = repr(value)
    return said if len(said) <= 40 else said[:39] + "…"


def _note(cells: list[_Cell], roles: dict[str, _Role], repairs: list[str]) -> None:
    copies = Counter(cell.claim for cell in cells if cell.claim and cell.role is None and not cell.inert)
    for number, cell in enumerate(cells, 1):
        if cell.role:
            _note_role(cell, cell.role, repairs)
        elif cell.inert:
            repairs.append(f"an untouched copy of cell `{cell.claim}` below its solution is kept, but not run")
        elif cell.claim is None and "grade_id" in cell.said:
            repairs.append(f"cell {number} said it was {_short(cell.said['grade_id'])} and is kept as an ordinary cell")
        tags = cell.node.metadata.get("tags")
        if isinstance(tags, list) and "skip-execution" in tags:
            repairs.append(f"cell {number} was tagged skip-execution, and runs all the same")
    for name, count in copies.items():
        repairs.append(f"a second copy of cell `{name}` is kept as an ordinary cell" if count == 1 else
                       f"{count} more copies of cell `{name}` are kept as ordinary cells")


def _note_role(cell: _Cell, role: _Role, repairs: list[str]) -> None:
    name, said = role.name, cell.said
    if cell.node.cell_type != role.node.cell_type:
        repairs.append(f"cell `{name}` was turned into {cell.node.cell_type} and is {role.node.cell_type} again")
    elif not role.solution and not _as_handed_out(cell.node, role):
        repairs.append(f"cell `{name}` differed from the assignment's and is restored")
    if not said:
        repairs.append(f"cell `{name}` had lost its nbgrader metadata and has them back" if cell.claim or not
                       role.solution else f"cell `{name}` is now the one that defines the function")
        return
    for key in ("grade_id", "grade", "solution", "locked", "task", "points", "schema_version"):
        true = role.metadata.get(key)
        now = f"{'are' if key == 'points' else 'is'} " + (f"{true!r} again" if key in role.metadata else "dropped")
        if key in said and said[key] != true:
            repairs.append(f"{key} of `{name}` said {_short(said[key])} and {now}")
        elif key not in said and key != "task" and key in role.metadata:  # early nbgrader knew no tasks
            repairs.append(f"{key} of `{name}` {'were' if key == 'points' else 'was'} missing and {now}")


def _rebuilt(cell: _Cell) -> NotebookNode:
    """A submitted cell with nothing left of what it said beside its source."""
    if cell.role:
        return _trusted(cell.role, cell.node.source)
    return _node("raw" if cell.inert else cell.node.cell_type, cell.node.source, cell.node.id)


def _trusted(role: _Role, source: str = "") -> NotebookNode:
    """The trusted cell, with the student's source where it is a solution."""
    metadata = copy.deepcopy(role.node.metadata)
    metadata.nbgrader = NotebookNode(role.metadata)
    node = _node(role.node.cell_type, source if role.solution else role.node.source, role.node.id, metadata)
    if not role.solution and "attachments" in role.node:
        node.attachments = copy.deepcopy(role.node.attachments)
    return node


def _node(kind: str, source: str, id_: str, metadata=None) -> NotebookNode:
    node = NotebookNode(cell_type=kind, id=id_, metadata=metadata or NotebookNode(), source=source)
    if kind == "code":
        node.outputs, node.execution_count = [], None
    return node


def _place(placed: list, roles: dict[str, _Role], source: NotebookNode, repairs: list[str]) -> list:
    """Put missing cells back, and locked ones that stand where they cannot; `placed` pairs cells and nodes."""
    order, solutions = list(roles), {name for name, role in roles.items() if role.solution}

    def at(name) -> int | None:
        return next((index for index, (cell, _) in enumerate(placed) if cell.role and cell.role.name == name), None)

    def between(role: _Role) -> tuple[int, int]:
        """Where the nearest cells stand, tests aside, that precede and follow in the source; the former first."""
        index = order.index(role.name)
        near = [[here for name in names if roles[name].task not in solutions and (here := at(name)) is not None]
                for names in (reversed(order[:index]), order[index + 1:])]
        low, high = (*near[0], -1)[0], (*near[1], len(placed))[0]
        return low, high if low < high else len(placed)

    def home(role: _Role) -> int:
        """Where the last cell stands that a test needs: its solution, or else what defines its function."""
        solution = at(role.task)
        if role.task in placed[solution][0].defines:
            return solution
        return max([solution, *(index for index, (cell, node) in enumerate(placed)
                                if role.task in cell.defines and node.cell_type == "code")])

    def place(role: _Role) -> int:
        """Behind the nearest cell that precedes in the source, or else before the nearest that follows."""
        low, high = between(role)
        if role.task in solutions:
            low, high = max(low, home(role)), len(placed)
        else:  # behind the tests, too, that precede it
            before = [here for name in order[:order.index(role.name)] if (here := at(name)) is not None]
            low = before[-1] if before and low < before[-1] < high else low
        ordinary = {node.id: index for index, (cell, node) in enumerate(placed) if cell.role is None}
        for cell in reversed(source.cells[:role.index]):
            if nbgrader_metadata(cell).get("grade_id") in roles:
                break
            if low < ordinary.get(cell.id, -1) < high:
                return ordinary[cell.id] + 1
        return low + 1 if low >= 0 else high

    def misplaced(role: _Role) -> bool:
        low, high = between(role)
        return at(role.name) < home(role) if role.task in solutions else not low < at(role.name) < high

    for role in sorted(roles.values(), key=lambda role: (not role.solution, role.index)):
        if at(role.name) is None:
            placed.insert(place(role), (_Cell(role.node, None, frozenset(), role), _trusted(role)))
            repairs.append(f"cell `{role.name}` was missing and has been put back" + ", empty" * role.solution)
        elif not role.solution and misplaced(role):
            pair = placed.pop(at(role.name))
            placed.insert(place(role), pair)
            repairs.append(f"cell `{role.name}` stood above the function that it tests, and stands below it now"
                           if role.task in solutions else f"cell `{role.name}` had moved and is back at its place")
    return placed


# ---- the folder of a submission -----------------------------------------------------------------------


@dataclass(frozen=True)
class Submission:
    """What a student handed in: the notebook, the other files beside it, and what was odd about them."""

    notebook: Path
    files: tuple[Path, ...]
    repairs: tuple[str, ...] = ()


def submission_files(folder, name: str) -> Submission:
    """The notebook and the other plain files of a submission folder; links and odd names are left out.

    Parameters
    ----------
    folder : path
    name : str
        The notebook's expected file name; a single notebook with another name is taken for it.

    Raises
    ------
    NotebookError
        There is no notebook to grade; says what was found instead.
    """
    folder = Path(folder)
    if folder.is_symlink() or not folder.is_dir():
        raise NotebookError(folder, "there is no such submission folder")
    files, repairs = _listed(folder)
    notebooks = [path for path in files if path.suffix.lower() == ".ipynb"]
    if os.path.lexists(folder / name):
        chosen = folder / name  # read() refuses what is not a regular file
    else:
        near = [path for path in notebooks if path.parent == folder] or notebooks
        near = [path for path in near if path.name.lower() == name.lower()] or near
        if len(near) != 1:
            found = ", ".join(_short(str(path.relative_to(folder))) for path in (near or files)[:5]) or "nothing"
            raise NotebookError(folder, f"it holds no {name}; what was found is {found}")
        chosen = near[0]
        repairs.append(f"the notebook was named {_short(str(chosen.relative_to(folder)))} instead of {name}")
    return Submission(chosen, tuple(path for path in files if path not in notebooks), tuple(_bounded(repairs)))


def _listed(folder: Path) -> tuple[list[Path], list[str]]:
    """Regular files with plain names, in order, few and small enough; and a note for what was left out."""
    files, repairs, size, folders, seen = [], [], 0, [folder], 0
    while folders:
        here = folders.pop(0)
        try:
            with os.scandir(here) as listing:
                entries = sorted(itertools.islice(listing, MAX_FILES + 1), key=lambda entry: entry.name)
        except OSError as error:  # no permission, or a path that is too long
            repairs.append(f"{_short(os.path.relpath(here, folder))} cannot be listed: {error.strerror}")
            continue
        for entry in entries:
            seen += 1
            if seen > MAX_FILES:
                repairs.append(f"only the first {MAX_FILES:,} files of the submission were looked at")
                return files, repairs
            if entry.name.startswith("."):
                continue  # checkpoints, version control, what file managers leave
            what = _short(os.path.relpath(entry.path, folder))
            if entry.is_symlink():
                repairs.append(f"{what} is a symbolic link and was left out")
            elif not entry.name.isprintable() or set(entry.name) & set('\\:*?"<>|') or entry.name[0] == "-":
                repairs.append(f"{what} has an odd name and was left out")
            elif entry.is_dir():
                folders.append(Path(entry.path))
            elif not entry.is_file():
                repairs.append(f"{what} is not a regular file and was left out")
            elif size + (bytes_ := entry.stat(follow_symlinks=False).st_size) > MAX_FOLDER_BYTES:
                repairs.append(f"{what} was left out: a submission may have {MAX_FOLDER_BYTES:,} bytes")
            else:
                size += bytes_
                files.append(Path(entry.path))
    return files, repairs
