"""A scratch course with a class of twelve, made out of the release notebook: what `make demo` grades.

The right answers are the source notebook's own, written in other ways; the wrong ones are catalogued mistakes.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from .course.assignment import Assignment
from .course.course import Course
from .course.reference import mutate
from .errors import CourseError
from .notebooks import finding, reading

MARK = "The autograder made this course for `make demo`; it may be deleted at any time.\n"
#: Files and folders of the course that its scratch copy needs.
COURSE_FILES = ("nbgrader_config.py", "rnn_utils.py", "public_tests.py", "source")
Solutions = dict[str, str]


def make_course(course: Course, folder: Path) -> Course:
    """A fresh copy of the course in a scratch folder, without submissions; an earlier one is replaced.

    Raises
    ------
    CourseError
        Where the folder exists and is not a demo of ours.
    """
    mark = folder / "DEMO.txt"
    if folder.exists():
        if not mark.exists():
            raise CourseError(folder, "exists and is not a demo course", "Name another folder with --folder.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    mark.write_text(MARK, encoding="utf-8")
    for name in COURSE_FILES:
        copy = shutil.copytree if (course.root / name).is_dir() else shutil.copyfile
        copy(course.root / name, folder / name)
    return Course(folder)


def make_class(course: Course, name: str, pupils: Mapping[str, Callable] | None = None) -> list[str]:
    """Write a submission for each pupil into ``submitted/``; returns their names.

    Parameters
    ----------
    course : Course
        With its release generated.
    name : str
        The assignment.
    pupils : mapping of str to callable, optional
        Each pupil's name, and what fills in the notebook; the twelve of `PUPILS` by default.
    """
    pupils = PUPILS if pupils is None else pupils
    assignment = course.assignment(name)
    released = course.release(name) / f"{name}.ipynb"
    for student, make in pupils.items():
        nb = reading.read_notebook(released)
        make(nb, dict(assignment.oracle.sources), assignment)
        folder = course.submitted(student, name)
        folder.mkdir(parents=True)
        reading.write_notebook(nb, folder / f"{name}.ipynb")
    return list(pupils)


def fill(nb: NotebookNode, solutions: Solutions) -> None:
    """Put these sources into the notebook's solution cells."""
    for name, cell in finding.solution_cells(nb).items():
        if name in solutions:
            cell.source = solutions[name]


def rewritten(*changes: tuple[str, str]) -> Callable:
    """A pupil who has everything right, written in another way."""

    def make(nb: NotebookNode, solutions: Solutions, assignment: Assignment) -> None:
        for old, new in changes:
            if not any(old in source for source in solutions.values()):
                raise CourseError("demo", f"no solution has {old!r} any more", "Change PUPILS in autograder/demo.py.")
            solutions = {name: source.replace(old, new) for name, source in solutions.items()}
        fill(nb, solutions)

    return make


def mistaken(**mistakes: str) -> Callable:
    """A pupil who makes catalogued mistakes: task=mistake."""

    def make(nb: NotebookNode, solutions: Solutions, assignment: Assignment) -> None:
        for name, id in mistakes.items():
            known = {mistake.id: mistake for mistake in assignment.tasks[name].mistakes}
            if id not in known:
                raise CourseError("demo", f"{name} has no mistake {id!r}", "Change PUPILS in autograder/demo.py.")
            solutions[name] = mutate(solutions[name], known[id])
        fill(nb, solutions)

    return make


def only(count: int) -> Callable:
    """A pupil who did the first tasks and left the others as released."""

    def make(nb: NotebookNode, solutions: Solutions, assignment: Assignment) -> None:
        fill(nb, {name: solutions[name] for name in list(assignment.tasks)[:count]})

    return make


def broken(task: str, old: str, new: str) -> Callable:
    """A pupil with one line that does worse than give wrong numbers."""

    def make(nb: NotebookNode, solutions: Solutions, assignment: Assignment) -> None:
        if old not in solutions[task]:
            raise CourseError("demo", f"{task} has no {old!r} any more", "Change PUPILS in autograder/demo.py.")
        fill(nb, {**solutions, task: solutions[task].replace(old, new)})

    return make


def exits(nb: NotebookNode, solutions: Solutions, assignment: Assignment) -> None:
    """A pupil whose notebook ends its own process, in a cell after the forward tasks."""
    fill(nb, solutions)
    at = [cell.id for cell in nb.cells].index("lstm_forward") + 1
    nb.cells.insert(at, new_code_cell("import os\n\nos._exit(0)", id="goodbye"))


PUPILS: dict[str, Callable] = {
    "ada": rewritten(),
    "bea": rewritten(("Wax @ xt", "np.dot(Wax, xt)"), ("Waa @ a_prev", "Waa.dot(a_prev)"), ("axis=1", "axis=-1")),
    "carl": rewritten(("np.concatenate((a_prev, xt), axis=0)", "np.vstack([a_prev, xt])"), ("x[:, :, t]", "x[..., t]")),
    "dora": mistaken(rnn_cell_forward="no_ba"),
    "emil": mistaken(rnn_forward="a0_every_step", lstm_forward="c_view_of_first"),
    "fay": mistaken(rnn_backward="no_carry", lstm_backward="nothing_carried"),
    "gus": mistaken(rnn_cell_backward="tanh_twice", lstm_cell_backward="da_prev_dWf_for_Wf"),
    "hana": only(2),
    "ivo": broken("lstm_cell_forward", "ot = sigmoid(Wo @ concat + bo)", "ot = sigmoid(Wo @ concat + bo"),
    "jule": broken("rnn_forward", "for t in range(T_x):", "t = 0\n    while t < T_x:"),
    "kim": exits,
    "leo": only(0),
}
