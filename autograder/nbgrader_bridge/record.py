"""Record a release in nbgrader's gradebook within a transaction: new, changed, added and dropped cells.

nbgrader's SaveCells commits cell by cell, and refuses other cells once somebody has handed in. Here cells can be added
and dropped, and grades, manual scores, comments, due dates and extensions stay.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from nbformat import NotebookNode
from sqlalchemy import Connection, TableClause, delete, func, insert, select, update

from ..course.assignment import HISTORY
from ..course.course import Course
from ..errors import CourseError
from ..files import write_file
from ..notebooks.finding import nbgrader_metadata, without_hidden_tests
from ..notebooks.history import HandedOut
from .gradebook import (
    Assignment,
    BaseCell,
    Cell,
    Comment,
    Grade,
    GradeCell,
    Notebook,
    SolutionCell,
    SourceCell,
    Structure,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)

#: The tables of nbgrader's kinds of cells.
KINDS: dict[str, TableClause] = {"GradeCell": GradeCell, "SolutionCell": SolutionCell, "TaskCell": TaskCell}
Key = tuple[str, str]  # the kind of a cell, and its grade_id


@dataclass(frozen=True)
class ReleasedNotebook:
    """A notebook as nbgrader's gradebook is to know it."""

    kernelspec: str
    cells: dict[Key, dict[str, Any]]  # the columns of graded cells, and of cells in which students write
    sources: dict[str, dict[str, Any]]  # the columns of all cells that nbgrader knows, by grade_id

    def structure(self, known: Structure) -> Structure:
        """Return a gradebook's record of an assignment as it would be with this release."""
        points = {name: columns["max_score"] for (_, name), columns in self.cells.items() if columns}
        commented = [name for kind, name in self.cells if kind != "GradeCell"]
        return replace(
            known, kernelspec=json.loads(self.kernelspec), points=points,
            cells={name: Cell(name, **columns) for name, columns in self.sources.items()},
            graded={name: known.graded.get(name, name) for name in points},
            commented={name: known.commented.get(name, name) for name in commented})


def read_released(nb: NotebookNode) -> ReleasedNotebook:
    """Return what nbgrader's SaveCells would write of a notebook."""
    cells: dict[Key, dict[str, Any]] = {}
    sources: dict[str, dict[str, Any]] = {}
    for cell in nb.cells:
        given = nbgrader_metadata(cell)
        grade, solution, task = (bool(given.get(flag, False)) for flag in ("grade", "solution", "task"))
        locked = not solution and (grade or bool(given.get("locked", False)))
        if not (grade or solution or task or locked):
            continue
        name = given["grade_id"]
        for kind, has_it in (("GradeCell", grade), ("TaskCell", task)):
            if has_it:
                cells[kind, name] = {"max_score": float(given["points"]), "cell_type": cell.cell_type}
        if solution:
            cells["SolutionCell", name] = {}
        sources[name] = {"cell_type": cell.cell_type, "locked": locked, "source": cell.source,
                         "checksum": given.get("checksum")}
    return ReleasedNotebook(json.dumps(nb.metadata.get("kernelspec", {})), cells, sources)


def handed_out(structure: Structure) -> dict[str, HandedOut]:
    """Return the cells of a release as far as the gradebook knows them."""
    found = {}
    for name, cell in structure.cells.items():
        grade, solution = name in structure.points, name in structure.commented
        metadata: dict[str, Any] = {"grade_id": name, "schema_version": 3, "grade": grade, "solution": solution,
                                    "locked": cell.locked, "task": False}
        if grade:
            metadata["points"] = structure.points[name]
        found[name] = HandedOut(cell.cell_type, without_hidden_tests(cell.source), metadata)
    return found


def record_release(
    db: Connection, course: Course, name: str, released: ReleasedNotebook, change_cells: bool
) -> list[str]:
    """Record a release, and return notes on the grades of students who handed in before.

    Raises
    ------
    CourseError
        Cells were added or dropped since students handed in, and ``change_cells`` is false.
    """
    notebook_id = _find_notebook(db, course, name, released)
    handed_in = db.scalars(select(SubmittedNotebook.c.id).where(SubmittedNotebook.c.notebook_id == notebook_id))
    change = _Change(db, course, name, notebook_id, list(handed_in))
    change.compare(released)
    if change.submissions and not change_cells:
        change.refuse()
    change.write(released)
    return change.notes


def _find_notebook(db: Connection, course: Course, name: str, released: ReleasedNotebook) -> str:
    """Return the id of the assignment's notebook, which is added if it is not there. Others are removed."""
    assignment_id = db.scalar(select(Assignment.c.id).where(Assignment.c.name == name))
    if assignment_id is None:
        assignment_id = uuid4().hex
        course_id = course.config.CourseDirectory.get("course_id", "")
        db.execute(insert(Assignment).values(id=assignment_id, name=name, course_id=course_id))
    known = {row.name: row.id for row in db.execute(
        select(Notebook).where(Notebook.c.assignment_id == assignment_id))}
    for other, other_id in known.items():
        if other != name:
            _remove_notebook(db, course, name, other, other_id)
    if name in known:
        db.execute(update(Notebook).where(Notebook.c.id == known[name]).values(kernelspec=released.kernelspec))
        return known[name]
    notebook_id = uuid4().hex
    db.execute(insert(Notebook).values(id=notebook_id, name=name, assignment_id=assignment_id,
                                       kernelspec=released.kernelspec))
    return notebook_id


def _remove_notebook(db: Connection, course: Course, name: str, other: str, notebook_id: str) -> None:
    """Remove a notebook that an earlier release had, unless it has submissions."""
    if db.scalar(select(func.count()).where(SubmittedNotebook.c.notebook_id == notebook_id)):
        raise CourseError(course.source(name), f"the gradebook has grades for another notebook of it, {other!r}",
                          f"An assignment has one notebook: release this one under another name than {name!r}.")
    cells = list(db.scalars(select(BaseCell.c.id).where(BaseCell.c.notebook_id == notebook_id)))
    for table in (*KINDS.values(), BaseCell):
        db.execute(delete(table).where(table.c.id.in_(cells)))
    db.execute(delete(SourceCell).where(SourceCell.c.notebook_id == notebook_id))
    db.execute(delete(Notebook).where(Notebook.c.id == notebook_id))


class _Change:
    """The difference between a release and the gradebook's record of the former one."""

    def __init__(self, db: Connection, course: Course, name: str, notebook_id: str, submissions: list[str]) -> None:
        self._db, self._course, self._name, self._notebook_id = db, course, name, notebook_id
        self.submissions = submissions
        self.notes: list[str] = []
        rows = db.execute(select(BaseCell).where(BaseCell.c.notebook_id == notebook_id)).all()
        self._known: dict[Key, str] = {(row.type, row.name): row.id for row in rows}
        self._added: list[Key] = []
        self._dropped: list[Key] = []

    def compare(self, released: ReleasedNotebook) -> None:
        """Find the cells that are new and those that are gone."""
        self._added = [key for key in released.cells if key not in self._known]
        self._dropped = [key for key in self._known if key not in released.cells]

    def refuse(self) -> None:
        """Raise an error if students' grades would have other cells."""
        if not self._added and not self._dropped:
            return
        added, dropped = names_of(self._added), names_of(self._dropped)
        what = [f"{list_cells(added)} added"] * bool(added) + [f"{list_cells(dropped)} dropped"] * bool(dropped)
        number = f"{len(self.submissions)} student{'s' * (len(self.submissions) != 1)}"
        raise CourseError(
            self._course.source(self._name) / f"{self._name}.ipynb", f"{' and '.join(what)} since {number} handed in",
            f"To change their grades too, run: autograder release {self._name} --change-cells")

    def write(self, released: ReleasedNotebook) -> None:
        """Write cells and sources, and give each submission rows for the cells."""
        db = self._db
        for key, columns in released.cells.items():
            table = KINDS[key[0]]
            if key in self._known:
                if columns:
                    db.execute(update(table).where(table.c.id == self._known[key]).values(columns))
                    self._note_excess(key, columns["max_score"])
                continue
            cell_id = self._known[key] = uuid4().hex
            db.execute(insert(BaseCell).values(id=cell_id, type=key[0], name=key[1], notebook_id=self._notebook_id))
            db.execute(insert(table).values(id=cell_id, **columns))
            self._add_rows(key, cell_id)
        self._write_sources(released.sources)
        self._drop()
        if self.submissions and self._added:
            self.notes.append(f"added to {len(self.submissions)} submissions: {list_cells(names_of(self._added))}")

    def _add_rows(self, key: Key, cell_id: str) -> None:
        rows = [{"id": uuid4().hex, "notebook_id": notebook, "cell_id": cell_id} for notebook in self.submissions]
        if rows and key[0] != "SolutionCell":
            self._db.execute(insert(Grade), [row | {"needs_manual_grade": True} for row in rows])
        if rows and key[0] != "GradeCell":
            self._db.execute(insert(Comment), [row | {"id": uuid4().hex} for row in rows])

    def _write_sources(self, sources: dict[str, dict[str, Any]]) -> None:
        db, here = self._db, SourceCell.c.notebook_id == self._notebook_id
        known = {row.name: row.id for row in db.execute(select(SourceCell).where(here))}
        for name, columns in sources.items():
            if name in known:
                db.execute(update(SourceCell).where(SourceCell.c.id == known[name]).values(columns))
            else:
                db.execute(insert(SourceCell).values(id=uuid4().hex, name=name, notebook_id=self._notebook_id,
                                                     **columns))
        gone = [id_ for name, id_ in known.items() if name not in sources]
        db.execute(delete(SourceCell).where(SourceCell.c.id.in_(gone)))

    def _note_excess(self, key: Key, max_score: float) -> None:
        count = self._db.scalar(select(func.count()).where(
            Grade.c.cell_id == self._known[key], Grade.c.manual_score > max_score))
        if count:
            self.notes.append(f"{count} manual score{'s' * (count != 1)} of cell {key[1]!r} above its new maximum, "
                              f"{max_score:g}: see them in Formgrader")

    def _drop(self) -> None:
        """Delete the cells that are gone with their rows. What persons entered is kept in a file."""
        if not self._dropped:
            return
        ids = {self._known[key]: key[1] for key in self._dropped}
        by_hand = self._entered_by_hand(ids)
        if by_hand:
            path = self._course.root / HISTORY / f"{self._name}-dropped.json"
            append_json(path, by_hand)
            self.notes.append(f"{len(by_hand)} manual scores and comments of dropped cells are kept in "
                              f"{path.relative_to(self._course.root)}")
        for table in (Grade, Comment):
            self._db.execute(delete(table).where(table.c.cell_id.in_(ids)))
        for table in (*KINDS.values(), BaseCell):
            self._db.execute(delete(table).where(table.c.id.in_(ids)))
        if self.submissions:
            self.notes.append(f"dropped from {len(self.submissions)} submissions: "
                              f"{list_cells(names_of(self._dropped))}")

    def _entered_by_hand(self, ids: dict[str, str]) -> list[dict[str, Any]]:
        """Return the manual scores, extra credit and comments on some cells."""
        found = []
        for table, names in ((Grade, ("manual_score", "extra_credit")), (Comment, ("manual_comment",))):
            rows = self._db.execute(
                select(table, SubmittedAssignment.c.student_id)
                .join(SubmittedNotebook, SubmittedNotebook.c.id == table.c.notebook_id)
                .join(SubmittedAssignment, SubmittedAssignment.c.id == SubmittedNotebook.c.assignment_id)
                .where(table.c.cell_id.in_(ids)))
            for row in rows.mappings():
                entered = {name: row[name] for name in names if row[name] is not None}
                if entered:
                    found.append({"student": row["student_id"], "cell": ids[row["cell_id"]], **entered})
        return found


def names_of(keys: Sequence[Key]) -> list[str]:
    """Return the grade_ids of cells, each once."""
    return list(dict.fromkeys(name for _, name in keys))


def list_cells(names: Sequence[str]) -> str:
    """Return the grade_ids of cells as words: "cell 'x'", or "the cells 'x', 'y'"."""
    quoted = ", ".join(map(repr, names[:5])) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return f"cell {quoted}" if len(names) == 1 else f"the cells {quoted}"


def append_json(path: Path, entries: Sequence[dict[str, Any]]) -> None:
    """Add entries with the present time to the list in a file."""
    before = json.loads(path.read_bytes()) if path.exists() else []
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    path.parent.mkdir(exist_ok=True)
    write_file(path, json.dumps([*before, *({"dropped": now, **entry} for entry in entries)], indent=1).encode())
