"""Repair a submitted notebook for grading: restore from the assignment what a student may not change."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Collection

from nbformat import NotebookNode

from ..model import Repair
from .finding import nbgrader_metadata
from .matching import Cell, Role, Template, match_cells
from .placing import place_cells
from .reading import set_ids
from .rebuilding import rebuild_cell

MAX_REPAIRS = 100  # of one submission; the others are counted


def repair_notebook(submitted: NotebookNode, template: Template) -> tuple[NotebookNode, list[Repair]]:
    """Return a notebook fit for grading, and the repairs that it took.

    Nothing is believed that a submission says to nbgrader. A solution cell keeps the student's source. A locked cell
    is the assignment's again, with its points. A missing cell is put back, a solution empty. Any other cell runs where
    it stands, as an ordinary cell without metadata. The order stays the student's, but tests follow what they test.

    Parameters
    ----------
    submitted : NotebookNode
        As `read_notebook` returns it. It is left as it is.
    template : Template
        The instructor's notebook with hidden tests, or one made of what nbgrader's gradebook recorded of it.
    """
    cells = match_cells(submitted, template)
    repairs = _describe_cells(cells, template.dropped)
    pairs, moved = place_cells([(cell, rebuild_cell(cell)) for cell in cells], template)
    set_ids([node for cell, node in pairs if cell.role is None], {role.node.id for role in template.roles.values()})
    source = template.nb
    nb = NotebookNode(nbformat=source.nbformat, nbformat_minor=source.nbformat_minor)
    nb.cells = [node for _, node in pairs]
    nb.metadata = NotebookNode({key: copy.deepcopy(source.metadata[key]) for key in ("kernelspec", "language_info")
                                if key in source.metadata})
    if is_another_notebook(cells, template):
        return nb, [_describe_another(cells, template)]
    return nb, bound_repairs([*repairs, *moved])


def is_another_notebook(cells: list[Cell], template: Template) -> bool:
    """Return whether a submission is not made from the assignment's notebook: next to no cell of it is left.

    A cell with the name of a solution is one, and so is an unchanged locked cell. A function's name is none.
    """
    if any(cell.role.is_solution and cell.claim == cell.role.name for cell in cells if cell.role):
        return False
    kept = sum(not cell.role.is_solution and cell.role.is_unchanged(cell.node) for cell in cells if cell.role)
    return 4 * kept < len(template.roles)


def _describe_another(cells: list[Cell], template: Template) -> Repair:
    """Return the one repair of another notebook."""
    names = {role.name for role in template.solutions if role.node.cell_type == "code"}
    found = len(names & {name for cell in cells for name in cell.functions})
    by_name = f"{found} of {len(names)} functions {'was' if found == 1 else 'were'} found by name" if found else (
        "none of the functions is in it")
    return Repair("another notebook", None, f"this is not the notebook that was handed out; {by_name}")


def bound_repairs(repairs: list[Repair]) -> list[Repair]:
    """Return the first repairs, with one that counts the others."""
    more = len(repairs) - MAX_REPAIRS
    if more <= 0:
        return repairs
    return [*repairs[:MAX_REPAIRS], Repair("not listed", None, f"{more} more repairs are not listed")]


def shorten(value: object) -> str:
    """Return a value that a submission holds, short enough for a sentence."""
    text = repr(value)
    return text if len(text) <= 40 else text[:39] + "…"


def _describe_cells(cells: list[Cell], dropped: Collection[str]) -> list[Repair]:
    """Return the repairs that matching and rebuilding these cells takes. ``dropped`` are cells of earlier releases."""
    repairs = []
    for number, cell in enumerate(cells, 1):
        if cell.role:
            repairs += _describe_role(cell, cell.role)
        elif not cell.runs:
            repairs.append(Repair("untouched copy", cell.claim,
                                  f"an untouched copy of cell `{cell.claim}` below its solution is kept, but not run"))
        elif cell.claim is None and "grade_id" in cell.metadata and str(cell.metadata["grade_id"]) not in dropped:
            text = f"cell {number} said it was {shorten(cell.metadata['grade_id'])} and is kept as an ordinary cell"
            repairs.append(Repair("unknown name", None, text))
        tags = cell.node.metadata.get("tags")
        if isinstance(tags, list) and "skip-execution" in tags:
            repairs.append(Repair("tagged not to run", None,
                                  f"cell {number} was tagged skip-execution, and runs all the same"))
    copies = Counter(cell.claim for cell in cells if cell.claim and cell.role is None and cell.runs)
    for name, count in copies.items():
        text = (f"a second copy of cell `{name}` is kept as an ordinary cell" if count == 1 else
                f"{count} more copies of cell `{name}` are kept as ordinary cells")
        repairs.append(Repair("copy", name, text))
    return repairs


def _describe_role(cell: Cell, role: Role) -> list[Repair]:
    name, repairs = role.name, []
    if cell.node.cell_type != role.node.cell_type and not any(
            cell.node.cell_type == former.cell_type for former in role.former):
        text = f"cell `{name}` was turned into {cell.node.cell_type} and is {role.node.cell_type} again"
        repairs.append(Repair("cell type changed", name, text))
    elif not role.is_solution and not role.is_unchanged(cell.node):
        text = f"cell `{name}` differed from the assignment's and is restored"
        repairs.append(Repair("locked cell changed", name, text))
    if cell.metadata:
        return repairs + _describe_metadata(nbgrader_metadata(cell.node), role)
    if cell.claim or not role.is_solution:
        text = f"cell `{name}` had lost its nbgrader metadata and has them back"
        return [*repairs, Repair("metadata lost", name, text)]
    return [*repairs, Repair("solution in a new cell", name, f"cell `{name}` is now the one that defines the function")]


def _describe_metadata(given: dict, role: Role) -> list[Repair]:
    name, repairs = role.name, []
    for key in ("grade_id", "grade", "solution", "locked", "task", "points", "schema_version"):
        true = role.metadata.get(key)
        now = f"{'are' if key == 'points' else 'is'} " + (f"{true!r} again" if key in role.metadata else "dropped")
        if any(given.get(key) == former.metadata.get(key) for former in role.former):
            continue
        if key in given and given[key] != true:
            kind = ("points changed" if key == "points" else
                    "role changed" if key in ("grade", "solution", "locked", "task") else "metadata changed")
            repairs.append(Repair(kind, name, f"{key} of `{name}` said {shorten(given[key])} and {now}"))
        elif key not in given and key != "task" and key in role.metadata:  # early nbgrader knew no tasks
            text = f"{key} of `{name}` {'were' if key == 'points' else 'was'} missing and {now}"
            repairs.append(Repair("metadata missing", name, text))
    return repairs
