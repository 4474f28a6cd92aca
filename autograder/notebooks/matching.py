"""Find out which submitted cell is which cell of the assignment, without believing its metadata."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from nbformat import NotebookNode

from .finding import compute_checksum, defined_functions, nbgrader_metadata, task_of, without_hidden_tests
from .history import HandedOut, History
from .reading import normalise_notebook

MAX_PARSED = 1_000_000  # characters of one notebook that `ast` may read; a regular expression reads the rest
FLAGS = ("grade", "locked", "solution", "task")


@dataclass(frozen=True)
class Role:
    """A cell of the assignment that nbgrader knows by its grade_id."""

    name: str
    index: int
    node: NotebookNode
    metadata: dict[str, Any]  # nbgrader's, complete and in order
    text: str  # the source as students get it
    former: tuple[HandedOut, ...] = ()  # the cell as each release handed it out
    was_missing: bool = False  # from one of the releases

    @property
    def is_solution(self) -> bool:
        """Return whether students write in this cell."""
        return self.metadata["solution"]

    @property
    def task(self) -> str | None:
        """Return the task that this cell tests."""
        return task_of(self.name) if self.metadata["grade"] and not self.is_solution else None

    def checksum(self, source: str) -> str:
        """Return the checksum that nbgrader leaves in the cell when it has this source."""
        return compute_checksum({**self.node, "source": source, "metadata": {"nbgrader": self.metadata}})

    def is_unchanged(self, node: NotebookNode) -> bool:
        """Return whether a cell has the source of this one, with or without its hidden tests, or was handed out."""
        return self.was_handed_out(node) or (node.cell_type == self.node.cell_type and (
            _is_same(node.source, self.text) or _is_same(node.source, self.node.source)))

    def was_handed_out(self, node: NotebookNode) -> bool:
        """Return whether a release handed this cell out with the source and type of a node."""
        return any(node.cell_type == cell.cell_type and _is_same(node.source, cell.source) for cell in self.former)


@dataclass(frozen=True, eq=False)
class Template:
    """The assignment's notebook, prepared once for repairing many submissions."""

    nb: NotebookNode
    roles: dict[str, Role]
    functions: dict[str, frozenset[str]]  # those that each code cell defines, by source
    dropped: frozenset[str] = frozenset()  # the cells of earlier releases that the notebook lacks

    @classmethod
    def from_notebook(cls, source: NotebookNode, history: History = ()) -> Template:
        """Prepare a source notebook, with or without its hidden tests. It is left as it is."""
        nb = normalise_notebook(source, "source notebook")
        texts = {text for cell in nb.cells if cell.cell_type == "code"
                 for text in (cell.source, without_hidden_tests(cell.source))}
        roles = {name: replace(role, former=tuple(version[name] for version in history if name in version),
                               was_missing=any(name not in version for version in history))
                 for name, role in _roles(nb).items()}
        dropped = frozenset(name for version in history for name in version) - roles.keys()
        return cls(nb, roles, {text: defined_functions(text) for text in texts}, dropped)

    @property
    def solutions(self) -> list[Role]:
        """Return the cells in which students write."""
        return [role for role in self.roles.values() if role.is_solution]


@dataclass(eq=False)
class Cell:
    """A submitted cell, the role that it claims, and the role that it gets."""

    node: NotebookNode
    claim: str | None
    functions: frozenset[str]  # that it defines
    role: Role | None = None
    runs: bool = True

    @property
    def metadata(self) -> dict[str, Any]:
        """Return the cell's own nbgrader metadata."""
        return nbgrader_metadata(self.node)

    def is_scaffold_of(self, role: Role) -> bool:
        """Return whether a solution cell is as it was released, going by the checksum that nbgrader left in it."""
        known = (role.metadata.get("checksum"), self.metadata.get("checksum") if self.claim == role.name else None)
        return role.checksum(self.node.source) in known or role.was_handed_out(self.node)


def match_cells(submitted: NotebookNode, template: Template) -> list[Cell]:
    """Return the submitted cells in their order, each with its role if it has one.

    A locked cell is found by its grade_id, or else by its id or its source. A solution is the cell with its grade_id,
    or else one that defines its function. Of several solutions the last one counts that is not the untouched scaffold,
    since the kernel would have ended with it.
    """
    cells = _claims(submitted, template)
    for role in template.roles.values():
        if not role.is_solution:
            _assign_locked(role, cells)
    _assign_solutions(template.solutions, cells)
    for role in template.solutions:
        _silence_scaffolds(role, cells)
    return cells


def _roles(source: NotebookNode) -> dict[str, Role]:
    roles: dict[str, Role] = {}
    for index, cell in enumerate(source.cells):
        given = nbgrader_metadata(cell)
        flags = {key: bool(given.get(key, False)) for key in FLAGS}
        name = given.get("grade_id")
        if isinstance(name, str) and name and any(flags.values()) and name not in roles:
            metadata = flags | {"cell_type": cell.cell_type, "grade_id": name, "schema_version": 3}
            if flags["grade"] or flags["task"]:
                metadata["points"] = given.get("points", 0)
            if isinstance(given.get("checksum"), str):
                metadata["checksum"] = given["checksum"]
            roles[name] = Role(name, index, cell, metadata, without_hidden_tests(cell.source))
    return roles


def _is_same(one: str, other: str) -> bool:
    """Return whether two sources are equal but for blanks at line ends."""
    if one == other:
        return True
    if abs(len(one) - len(other)) > 1_000:
        return False
    return [line.rstrip() for line in one.rstrip().split("\n")] == [
        line.rstrip() for line in other.rstrip().split("\n")]


def _claims(submitted: NotebookNode, template: Template) -> list[Cell]:
    """Return each submitted cell with the role that it claims: by its grade_id, or else by its id."""
    roles = template.roles
    named = {str(nbgrader_metadata(node).get("grade_id")) for node in submitted.cells}
    by_id = {role.node.id: name for name, role in roles.items() if name not in named}
    solutions = {role.name for role in template.solutions}
    cells, parsed = [], 0
    for node in submitted.cells:
        name = nbgrader_metadata(node).get("grade_id")
        claim = name if isinstance(name, str) and name in roles else by_id.get(node.id)
        parsed += len(node.source)
        functions: frozenset[str] = frozenset()
        if node.cell_type == "code" or (claim in solutions and roles[claim].node.cell_type == "code"):
            known = template.functions.get(node.source)
            functions = defined_functions(node.source, exact=parsed <= MAX_PARSED) if known is None else known
        if claim and not roles[claim].is_solution and functions & solutions and not roles[claim].is_unchanged(node):
            claim = None  # a student's function in a locked cell would be lost with what is restored there
        cells.append(Cell(node, claim, functions))
    return cells


def _assign_locked(role: Role, cells: list[Cell]) -> None:
    """Give a locked cell's role to the first cell that is unchanged, or else to the first that claims it."""
    claiming = [cell for cell in cells if cell.claim == role.name]
    unchanged = [cell for cell in claiming or cells
                 if cell.role is None and cell.claim in (None, role.name) and role.is_unchanged(cell.node)
                 and cell.node.source.strip()]
    for cell in (unchanged or claiming)[:1]:
        cell.role = role


# How sure a cell is a task's solution, from the surest.
SOLUTION = 6  # it has the grade_id, and defines the function
MISPLACED = 5  # it defines the function, under the grade_id of another task that it does not define
SCAFFOLD = 4  # it has the grade_id, and is as it was released
UNDEFINED = 3  # it has the grade_id, and does not define the function
ORDINARY = 2  # it defines the function, and has no grade_id
WRONG_TYPE = 1  # it has the grade_id, and is no code cell any more


def _assign_solutions(wanted: list[Role], cells: list[Cell]) -> None:
    """Give each solution's role to a cell, the surest ones first."""
    names, places = {role.name for role in wanted}, {id(cell): place for place, cell in enumerate(cells)}
    able = {role.name: [cell for cell in cells if cell.claim == role.name or role.name in cell.functions]
            for role in wanted}
    for rank in (SOLUTION, MISPLACED, SCAFFOLD, UNDEFINED, ORDINARY, WRONG_TYPE):
        for role in wanted:
            free = [cell for cell in able[role.name] if cell.role is None]
            found = [cell for cell in free if _rank(cell, role, names) == rank]
            if not found or any(cell.role is role for cell in cells):
                continue
            if rank == SCAFFOLD:  # the kernel would have put it in place of a function written above it
                written = [cell for cell in free if _rank(cell, role, names) == ORDINARY]
                found = written if written and free.index(written[-1]) < free.index(found[0]) else found
            max(found, key=lambda cell: (bool(cell.node.source.strip()), places[id(cell)])).role = role


def _rank(cell: Cell, role: Role, names: Collection[str]) -> int:
    """Return how sure a cell is the solution of a role; ``names`` are those of all solutions."""
    if cell.claim != role.name:
        if cell.claim in names and cell.claim not in cell.functions:
            return MISPLACED
        return ORDINARY if cell.claim is None else 0
    if cell.node.cell_type != role.node.cell_type:
        return WRONG_TYPE
    if cell.is_scaffold_of(role):
        return SCAFFOLD
    return SOLUTION if role.name in cell.functions or role.node.cell_type != "code" else UNDEFINED


def _silence_scaffolds(role: Role, cells: list[Cell]) -> None:
    """Let no untouched copy of a solution cell run below the solution, where it would undo it."""
    index = next((index for index, cell in enumerate(cells) if cell.role is role), len(cells))
    for cell in cells[index + 1:]:
        if cell.role is None and cell.claim == role.name and cell.is_scaffold_of(role):
            cell.runs = False
