"""Make cells anew, with nothing of a submitted cell but its source."""

from __future__ import annotations

import copy

from nbformat import NotebookNode

from .matching import Cell, Role


def rebuild_cell(cell: Cell) -> NotebookNode:
    """Return the cell of a submitted cell's role, or an ordinary cell without metadata."""
    if cell.role:
        return rebuild_role(cell.role, cell.node.source)
    return _node(cell.node.cell_type if cell.runs else "raw", cell.node.source, cell.node.id, NotebookNode())


def rebuild_role(role: Role, source: str = "") -> NotebookNode:
    """Return the assignment's cell, with this source if students write in it."""
    metadata = NotebookNode({key: copy.deepcopy(value) for key, value in role.node.metadata.items()
                             if key != "nbgrader"}, nbgrader=NotebookNode(role.metadata))
    node = _node(role.node.cell_type, source if role.is_solution else role.node.source, role.node.id, metadata)
    if not role.is_solution and "attachments" in role.node:
        node.attachments = copy.deepcopy(role.node.attachments)
    return node


def _node(cell_type: str, source: str, cell_id: str, metadata: NotebookNode) -> NotebookNode:
    node = NotebookNode(cell_type=cell_type, id=cell_id, metadata=metadata, source=source)
    if cell_type == "code":
        node.outputs, node.execution_count = [], None
    return node
