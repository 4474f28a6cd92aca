"""Generated classes: any number of submissions, drawn with a fixed seed from what `make demo`'s pupils do.

Quotas, not chance, decide how many there are of each kind, so that classes of all sizes are alike; the order is
shuffled, so that the first hundred are a fair sample of the whole.
"""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from autograder import demo
from autograder.course.assignment import Assignment
from autograder.course.course import Course
from autograder.course.reference import mutate
from autograder.model import Mistake
from autograder.notebooks import finding, reading

#: The shares of a class. nbgrader and otter would wait half a minute and more for each loop of the endless.
SHARES = {"right": 0.45, "mistaken": 0.35, "unfinished": 0.10, "raising": 0.05, "exiting": 0.02, "endless": 0.01,
          "mangled": 0.02}
#: What any grader gets through: an endless loop costs nbgrader minutes, a copied cell the rest of its batch.
HARMLESS = ("right", "mistaken", "unfinished", "raising", "exiting")

Make = demo.Pupil
Class = dict[str, str]  # the kind of each student


# ---- kinds: each draws a maker in the manner of autograder.demo ------------------------------------------------


def right(drawn: random.Random, assignment: Assignment) -> Make:
    """Return a maker of right answers, each task in one of its catalogued variants."""
    styles = {name: drawn.choice([None, *assignment.variants(name)]) for name in assignment.tasks}
    return changed({name: style for name, style in styles.items() if style})


def mistaken(drawn: random.Random, assignment: Assignment) -> Make:
    """Return a maker of one to three tasks with a catalogued mistake each."""
    tasks = drawn.sample(list(assignment.tasks), drawn.randint(1, 3))
    return demo.mistaken(**{name: drawn.choice(assignment.tasks[name].mistakes).id for name in tasks})


def unfinished(drawn: random.Random, assignment: Assignment) -> Make:
    """Return a maker that fills the first tasks only."""
    return demo.only(drawn.randrange(len(assignment.tasks)))


def raising(drawn: random.Random, assignment: Assignment) -> Make:
    """Return a maker of a line that does not parse, or fails when it runs, in or outside of a task."""
    name = drawn.choice(list(assignment.tasks))
    lines = assignment.reference.sources[name].splitlines()
    line = next(line for line in lines if " = np." in line or " = dft" in line)
    return drawn.choice([
        replaced(name, line, line + ")"),
        replaced(name, line, line.replace(" = ", " = undefined + ", 1)),
        replaced(name, line, "  " + line),
        inserted("scores[99]"),
    ])


def exiting(drawn: random.Random, assignment: Assignment) -> Make:
    """Return a maker whose notebook ends its process while it runs."""
    ways = "os._exit(0)", "os.kill(os.getpid(), 9)", "os.abort()"
    return drawn.choice([demo.exits, *[inserted(f"import os\n\n{way}") for way in ways]])


def endless(drawn: random.Random, assignment: Assignment) -> Make:
    """Return a maker of a loop without an end, in a task or in a cell of its own."""
    loop = "for t in range(T_x):", "t = 0\n    while t < T_x:"
    return drawn.choice([replaced("rnn_forward", *loop), replaced("lstm_forward", *loop),
                         inserted("while True:\n    pass")])


def mangled(drawn: random.Random, assignment: Assignment) -> Make:
    """Return a maker of right answers in a damaged notebook."""
    return drawn.choice([copied_cells, without_metadata, of_an_old_format, garbage])


def changed(changes: dict[str, Mistake]) -> Make:
    """Return a maker of right answers with these changes."""

    def make(nb: NotebookNode, solutions: dict[str, str], assignment: Assignment) -> None:
        for name, change in changes.items():
            solutions[name] = mutate(solutions[name], change)
        demo.fill(nb, solutions)

    return make


def replaced(task: str, old: str, new: str) -> Make:
    """Return a maker who writes one line of a task otherwise."""

    def make(nb: NotebookNode, solutions: dict[str, str], assignment: Assignment) -> None:
        assert old in solutions[task], old
        demo.fill(nb, {**solutions, task: solutions[task].replace(old, new)})

    return make


def inserted(source: str) -> Make:
    """Return a maker of right answers with a cell of the student's own."""

    def make(nb: NotebookNode, solutions: dict[str, str], assignment: Assignment) -> None:
        demo.fill(nb, solutions)
        at = [cell.id for cell in nb.cells].index("lstm_cell_forward") + 1
        nb.cells.insert(at, new_code_cell(source, id="own-cell"))

    return make


def copied_cells(nb: NotebookNode, solutions: dict[str, str], assignment: Assignment) -> None:
    """Append copies of two cells."""
    demo.fill(nb, solutions)
    nb.cells.append(copy.deepcopy(finding.solution_cells(nb)["rnn_forward"]))
    nb.cells.append(copy.deepcopy(finding.test_cells(nb)["rnn_forward"]))


def without_metadata(nb: NotebookNode, solutions: dict[str, str], assignment: Assignment) -> None:
    """Clear the metadata of all cells."""
    demo.fill(nb, solutions)
    for cell in nb.cells:
        cell.metadata.clear()


def of_an_old_format(nb: NotebookNode, solutions: dict[str, str], assignment: Assignment) -> bytes:
    """Return the notebook in nbformat 3."""
    demo.fill(nb, solutions)
    return nbformat.v3.writes_json(nbformat.convert(nb, 3)).encode()


def garbage(nb: NotebookNode, solutions: dict[str, str], assignment: Assignment) -> bytes:
    """Return bytes that are no notebook."""
    return b"PK\x03\x04 not a notebook, but a document with its name changed"


KINDS: dict[str, Callable[[random.Random, Assignment], Make]] = {
    function.__name__: function for function in (right, mistaken, unfinished, raising, exiting, endless, mangled)
}


# ---- classes -----------------------------------------------------------------------------------------------


class Template:
    """The release notebook as JSON, cell by cell: a cell that a maker leaves unchanged is serialised once."""

    def __init__(self, course: Path, assignment: Assignment) -> None:
        self.assignment = assignment
        self.nb = reading.read_notebook(course / "release" / assignment.name / f"{assignment.name}.ipynb")
        self._text = {cell.id: json.dumps(cell, indent=1) for cell in self.nb.cells}
        self._cells = {cell.id: cell for cell in copy.deepcopy(self.nb).cells}

    def made(self, make: Make) -> bytes:
        """Return the bytes of the notebook that a maker makes of it."""
        nb = copy.deepcopy(self.nb)
        content = make(nb, dict(self.assignment.reference.sources), self.assignment)
        if isinstance(content, bytes):
            return content
        cells = [self._text[cell.id] if self._cells.get(cell.id) == cell else json.dumps(cell) for cell in nb.cells]
        rest = json.dumps({key: value for key, value in nb.items() if key != "cells"})
        return ('{"cells": [\n' + ",\n".join(cells) + "\n], " + rest[1:]).encode()


def make_class(course: Path, name: str, size: int, kinds: dict[str, float] | None = None, seed: int = 1) -> Class:
    """Write a class into ``submitted/``; return the kind of each student, by names from s00000 onwards."""
    assignment, drawn = Course(course).assignment(name), random.Random(seed)
    template = Template(course, assignment)
    members: Class = {}
    for number, kind in enumerate(dealt(size, kinds or SHARES, drawn)):
        student = f"s{number:05}"
        write(course, name, student, template.made(KINDS[kind](drawn, assignment)))
        members[student] = kind
    return members


def dealt(size: int, shares: dict[str, float], drawn: random.Random) -> list[str]:
    """Return kinds by their shares, shuffled; the rest of the rounding goes to the first kind."""
    kinds = [kind for kind, share in shares.items() for _ in range(int(size * share))]
    kinds += [next(iter(shares))] * (size - len(kinds))
    drawn.shuffle(kinds)
    return kinds


def write(course: Path, name: str, student: str, content: bytes) -> Path:
    """Write one submission and return its path."""
    folder = course / "submitted" / student / name
    folder.mkdir(parents=True)
    path = folder / f"{name}.ipynb"
    path.write_bytes(content)
    return path


def multiply(course: Path, name: str, size: int) -> None:
    """Enlarge a class to this many students by links to its notebooks."""
    originals = sorted((course / "submitted").glob(f"*/{name}/{name}.ipynb"))
    for number in range(len(originals), size):
        folder = course / "submitted" / f"s{number:05}" / name
        folder.mkdir(parents=True)
        os.link(originals[number % len(originals)], folder / f"{name}.ipynb")
