"""Put the cells of a repaired notebook in an order in which it can be graded.

The student's order stays. Missing cells come back to their place, and a test stands below the function that it tests.
"""

from __future__ import annotations

from nbformat import NotebookNode

from ..model import Repair
from .finding import nbgrader_metadata
from .matching import Cell, Role, Template
from .rebuilding import rebuild_role

Pair = tuple[Cell, NotebookNode]  # a submitted cell, and the node that stands for it in the repaired notebook


def place_cells(pairs: list[Pair], template: Template) -> tuple[list[Pair], list[Repair]]:
    """Return the pairs with missing cells put back and misplaced ones moved, and a repair for each."""
    order, repairs = _Order(pairs, template), []
    for role in sorted(template.roles.values(), key=lambda role: (not role.is_solution, role.index)):
        index = order.index_of(role.name)
        if index is None:
            missing = Cell(role.node, None, frozenset(), role)
            order.pairs.insert(order.place_for(role), (missing, rebuild_role(role)))
            repairs.append(describe_missing(role))
        elif not role.is_solution and order.is_misplaced(role, index):
            pair = order.pairs.pop(index)
            order.pairs.insert(order.place_for(role), pair)
            text = (f"cell `{role.name}` stood above the function that it tests, and stands below it now"
                    if role.task in order.solutions else f"cell `{role.name}` had moved and is back at its place")
            repairs.append(Repair("cell moved", role.name, text))
    return order.pairs, repairs


def describe_missing(role: Role) -> Repair:
    """Return the repair of a cell that a submission lacks, which may be newer than the submission."""
    if role.was_missing:
        return Repair("cell added later", role.name, f"cell `{role.name}` is of a later release, and has been put in")
    return Repair("solution missing" if role.is_solution else "cell missing", role.name,
                  f"cell `{role.name}` was missing and has been put back" + ", empty" * role.is_solution)


class _Order:
    """The cells in their present order, and the places at which the source would have them."""

    def __init__(self, pairs: list[Pair], template: Template) -> None:
        self.pairs, self._source, self._roles = list(pairs), template.nb, template.roles
        self._names = list(template.roles)
        self.solutions = {role.name for role in template.solutions}

    def index_of(self, name: str | None) -> int | None:
        """Return where the cell with this role stands; None if it is missing."""
        for index, (cell, _) in enumerate(self.pairs):
            if cell.role and cell.role.name == name:
                return index
        return None

    def is_misplaced(self, role: Role, index: int) -> bool:
        """Return whether a locked cell may not stand at this place."""
        if role.task in self.solutions:
            return index < self._needed_by(role)
        low, high = self._neighbours(role)
        return not low < index < high

    def place_for(self, role: Role) -> int:
        """Return a place behind the nearest cell that precedes in the source, or else before the next one."""
        low, high = self._neighbours(role)
        if role.task in self.solutions:
            low, high = max(low, self._needed_by(role)), len(self.pairs)
        else:  # behind the tests, too, that precede it
            before = self._places(self._names[:self._names.index(role.name)])
            low = before[-1] if before and low < before[-1] < high else low
        ordinary = {node.id: index for index, (cell, node) in enumerate(self.pairs) if cell.role is None}
        for cell in reversed(self._source.cells[:role.index]):
            if nbgrader_metadata(cell).get("grade_id") in self._roles:
                break
            if low < ordinary.get(cell.id, -1) < high:
                return ordinary[cell.id] + 1
        return low + 1 if low >= 0 else high

    def _neighbours(self, role: Role) -> tuple[int, int]:
        """Return where the nearest cells stand that precede and follow in the source, tests aside."""
        names = [name for name in self._names if self._roles[name].task not in self.solutions or name == role.name]
        index = names.index(role.name)
        before, after = self._places(names[:index]), self._places(names[index + 1:])
        low, high = before[-1] if before else -1, after[0] if after else len(self.pairs)
        return low, high if low < high else len(self.pairs)

    def _places(self, names: list[str]) -> list[int]:
        """Return where the cells with these roles stand, without those that are missing."""
        return [index for name in names if (index := self.index_of(name)) is not None]

    def _needed_by(self, role: Role) -> int:
        """Return where the last cell stands that a test needs: its solution, or else what defines its function."""
        solution = self.index_of(role.task)
        assert solution is not None  # solutions are put back first
        if role.task in self.pairs[solution][0].functions:
            return solution
        return max([solution, *(index for index, (cell, node) in enumerate(self.pairs)
                                if role.task in cell.functions and node.cell_type == "code")])
