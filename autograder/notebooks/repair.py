"""A submitted notebook made fit for grading: what a student may not change comes back from the source."""

from __future__ import annotations

import copy
import hashlib
from collections import Counter, deque
from dataclasses import dataclass

from nbformat import NotebookNode

from ..model import Repair
from .finding import defined_functions, nbgrader_metadata, task_of, without_hidden_tests
from .reading import MAX_PARSED, bounded, normalise_notebook, short, with_ids


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
        return task_of(self.name) if self.metadata["grade"] and not self.solution else None


@dataclass(frozen=True)
class _Source:
    """A trusted notebook, normalised, with what restoring needs to know of it."""

    nb: NotebookNode
    roles: dict[str, _Role]
    defines: dict[str, frozenset[str]]  # for the source of each code cell, as it is and as handed out

    @classmethod
    def of(cls, source: NotebookNode) -> _Source:
        nb = normalise_notebook(source, "source notebook")
        texts = [text for cell in nb.cells if cell.cell_type == "code" for text in (cell.source,
                                                                                   without_hidden_tests(cell.source))]
        return cls(nb, _roles(nb), {text: defined_functions(text) for text in texts})


#: The latest source notebooks, each with a copy that tells whether it still is as it was: a class has one for all.
_known: deque[tuple[NotebookNode, NotebookNode, _Source]] = deque(maxlen=8)


def _prepared(source: NotebookNode) -> _Source:
    for given, copied, prepared in tuple(_known):
        if given is source and copied == source:
            return prepared
    prepared = _Source.of(source)
    _known.append((source, copy.deepcopy(source), prepared))
    return prepared


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


def restore(
    submitted: NotebookNode, source: NotebookNode, is_normal: bool = False
) -> tuple[NotebookNode, list[Repair]]:
    """A notebook fit for grading, and what had to be mended for it.

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
    is_normal : bool
        Whether the submission comes from `read_notebook` or `parse_notebook`.

    Raises
    ------
    NotebookError
        The submission is no notebook; see `normalise_notebook`.
    """
    submitted, prepared = submitted if is_normal else normalise_notebook(submitted), _prepared(source)
    source, roles, repairs = prepared.nb, prepared.roles, []
    cells = _claims(submitted, prepared)
    for role in roles.values():
        if not role.solution:
            _assign_locked(role, cells)
    _assign_solutions([role for role in roles.values() if role.solution], cells)
    _note(cells, roles, repairs)
    placed = _place([(cell, _rebuilt(cell)) for cell in cells], roles, source, repairs)
    trusted_ids = {role.node.id for role in roles.values()}
    with_ids([node for cell, node in placed if cell.role is None], trusted_ids)
    nb = NotebookNode(nbformat=source.nbformat, nbformat_minor=source.nbformat_minor)
    nb.cells = [node for _, node in placed]
    nb.metadata = NotebookNode({key: copy.deepcopy(source.metadata[key]) for key in ("kernelspec", "language_info")
                                if key in source.metadata})
    return nb, bounded(repairs)


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
            roles[name] = _Role(name, index, cell, metadata, without_hidden_tests(cell.source))
    return roles


def _checksum(text: str, role: _Role) -> str:
    """What nbgrader's ComputeChecksums leaves in a solution cell with this source."""
    said = [text, role.node.cell_type, str(role.metadata["grade"]), "True", "False", role.name]
    if role.metadata["grade"]:
        said.append(str(float(role.metadata["points"])))
    return hashlib.md5("".join(said).encode(), usedforsecurity=False).hexdigest()


def _same(one: str, other: str) -> bool:
    """Whether two sources say the same, blanks at line ends aside."""
    if one == other:
        return True
    if abs(len(one) - len(other)) > 1_000:
        return False
    one, other = ([line.rstrip() for line in text.rstrip().split("\n")] for text in (one, other))
    return one == other


def _claims(submitted: NotebookNode, source: _Source) -> list[_Cell]:
    """Each submitted cell with what it says it is: by its grade_id, or else by its id."""
    roles = source.roles
    named = {str(nbgrader_metadata(node).get("grade_id")) for node in submitted.cells}
    by_id = {role.node.id: name for name, role in roles.items() if name not in named}
    solutions = {name for name, role in roles.items() if role.solution}
    cells, parsed = [], 0
    for node in submitted.cells:
        name = nbgrader_metadata(node).get("grade_id")
        claim = name if isinstance(name, str) and name in roles else by_id.get(node.id)
        parsed += len(node.source)
        runs = node.cell_type == "code" or (claim in solutions and roles[claim].node.cell_type == "code")
        defines = frozenset()
        if runs:
            defines = source.defines.get(node.source)
            if defines is None:
                defines = defined_functions(node.source, exact=parsed <= MAX_PARSED)
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


def _note(cells: list[_Cell], roles: dict[str, _Role], repairs: list[Repair]) -> None:
    copies = Counter(cell.claim for cell in cells if cell.claim and cell.role is None and not cell.inert)
    for number, cell in enumerate(cells, 1):
        if cell.role:
            _note_role(cell, cell.role, repairs)
        elif cell.inert:
            repairs.append(Repair("untouched copy", cell.claim,
                                  f"an untouched copy of cell `{cell.claim}` below its solution is kept, but not run"))
        elif cell.claim is None and "grade_id" in cell.said:
            said = f"cell {number} said it was {short(cell.said['grade_id'])} and is kept as an ordinary cell"
            repairs.append(Repair("unknown name", None, said))
        tags = cell.node.metadata.get("tags")
        if isinstance(tags, list) and "skip-execution" in tags:
            repairs.append(Repair("tagged not to run", None,
                                  f"cell {number} was tagged skip-execution, and runs all the same"))
    for name, count in copies.items():
        said = (f"a second copy of cell `{name}` is kept as an ordinary cell" if count == 1 else
                f"{count} more copies of cell `{name}` are kept as ordinary cells")
        repairs.append(Repair("copy", name, said))


def _note_role(cell: _Cell, role: _Role, repairs: list[Repair]) -> None:
    name, said = role.name, cell.said

    def note(kind: str, text: str) -> None:
        repairs.append(Repair(kind, name, text))

    if cell.node.cell_type != role.node.cell_type:
        note("cell type changed",
             f"cell `{name}` was turned into {cell.node.cell_type} and is {role.node.cell_type} again")
    elif not role.solution and not _as_handed_out(cell.node, role):
        note("locked cell changed", f"cell `{name}` differed from the assignment's and is restored")
    if not said and (cell.claim or not role.solution):
        note("metadata lost", f"cell `{name}` had lost its nbgrader metadata and has them back")
    elif not said:
        note("solution in a new cell", f"cell `{name}` is now the one that defines the function")
    if not said:
        return
    for key in ("grade_id", "grade", "solution", "locked", "task", "points", "schema_version"):
        true = role.metadata.get(key)
        now = f"{'are' if key == 'points' else 'is'} " + (f"{true!r} again" if key in role.metadata else "dropped")
        if key in said and said[key] != true:
            kind = ("points changed" if key == "points" else
                    "role changed" if key in ("grade", "solution", "locked", "task") else "metadata changed")
            note(kind, f"{key} of `{name}` said {short(said[key])} and {now}")
        elif key not in said and key != "task" and key in role.metadata:  # early nbgrader knew no tasks
            note("metadata missing", f"{key} of `{name}` {'were' if key == 'points' else 'was'} missing and {now}")


def _rebuilt(cell: _Cell) -> NotebookNode:
    """A submitted cell with nothing left of what it said beside its source."""
    if cell.role:
        return _trusted(cell.role, cell.node.source)
    return _node("raw" if cell.inert else cell.node.cell_type, cell.node.source, cell.node.id)


def _trusted(role: _Role, source: str = "") -> NotebookNode:
    """The trusted cell, with the student's source where it is a solution."""
    metadata = NotebookNode({key: copy.deepcopy(value) for key, value in role.node.metadata.items()
                             if key != "nbgrader"}, nbgrader=NotebookNode(role.metadata))
    node = _node(role.node.cell_type, source if role.solution else role.node.source, role.node.id, metadata)
    if not role.solution and "attachments" in role.node:
        node.attachments = copy.deepcopy(role.node.attachments)
    return node


def _node(kind: str, source: str, id_: str, metadata=None) -> NotebookNode:
    node = NotebookNode(cell_type=kind, id=id_, metadata=metadata or NotebookNode(), source=source)
    if kind == "code":
        node.outputs, node.execution_count = [], None
    return node


def _place(placed: list, roles: dict[str, _Role], source: NotebookNode, repairs: list[Repair]) -> list:
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
            repairs.append(Repair("solution missing" if role.solution else "cell missing", role.name,
                                  f"cell `{role.name}` was missing and has been put back" + ", empty" * role.solution))
        elif not role.solution and misplaced(role):
            pair = placed.pop(at(role.name))
            placed.insert(place(role), pair)
            said = (f"cell `{role.name}` stood above the function that it tests, and stands below it now"
                    if role.task in solutions else f"cell `{role.name}` had moved and is back at its place")
            repairs.append(Repair("cell moved", role.name, said))
    return placed
