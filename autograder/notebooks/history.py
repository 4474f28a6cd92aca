"""The cells of an assignment as each release handed them out.

A student may have any of these versions. Cells that the instructor has changed since are no change of the student's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from nbformat import NotebookNode

from .finding import nbgrader_metadata

MAX_VERSIONS = 100  # the oldest are forgotten


@dataclass(frozen=True)
class HandedOut:
    """A cell as students got it."""

    cell_type: str
    source: str
    metadata: Mapping[str, Any]  # nbgrader's


#: The cells of one release, by grade_id.
Version = Mapping[str, HandedOut]
#: All versions, the oldest first.
History = Sequence[Version]


def cells_of_release(nb: NotebookNode) -> dict[str, HandedOut]:
    """Return the cells of a released notebook that nbgrader knows."""
    found: dict[str, HandedOut] = {}
    for cell in nb.cells:
        given = nbgrader_metadata(cell)
        if isinstance(name := given.get("grade_id"), str):
            metadata = {key: given[key] for key in sorted(given) if key != "checksum"}
            found.setdefault(name, HandedOut(cell.cell_type, cell.source, metadata))
    return found


def add_version(history: History, version: Version) -> History:
    """Return the history with a version at its end."""
    return [*(known for known in history if known != version), version][-MAX_VERSIONS:]


def parse_history(content: bytes) -> History:
    """Read what `serialise_history` wrote.

    Raises
    ------
    ValueError
        The content is something else.
    """
    try:
        return [{name: HandedOut(**cell) for name, cell in version.items()} for version in json.loads(content)]
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"it is no history ({error})") from error


def serialise_history(history: History) -> bytes:
    """Return a history as JSON."""
    versions = [{name: asdict(cell) for name, cell in version.items()} for version in history]
    return json.dumps(versions, indent=1).encode() + b"\n"
