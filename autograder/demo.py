"""A scratch course with a class of twelve, made from the release notebook. `make demo` grades it.

The right answers are the source notebook's own, and its catalogued variants. The wrong ones are catalogued mistakes.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from public_tests import FILES

from .course.assignment import Assignment
from .course.course import Course
from .course.reference import mutate
from .course.scaffold import START
from .errors import CourseError
from .model import Mistake
from .notebooks import finding, reading

MARK = "The autograder made this course for `make demo`; it may be deleted at any time.\n"
#: Files and folders of the course that its scratch copy needs.
COURSE_FILES = ("nbgrader_config.py", *FILES, "source")

Solutions = dict[str, str]
#: Fills in a released notebook: (notebook, solutions by task, assignment).
Pupil = Callable[[NotebookNode, Solutions, Assignment], object]


def make_course(course: Course, folder: Path) -> Course:
    """Copy the course into a scratch folder, without submissions. An earlier demo there is replaced.

    Raises
    ------
    CourseError
        The folder exists and is not a demo.
    """
    mark = folder / "DEMO.txt"
    if folder.exists():
        if not mark.exists():
            raise CourseError(folder, "exists and is not a demo course", "Name another folder with --folder.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    mark.write_text(MARK, encoding="utf-8")
    for name in COURSE_FILES:
        if (course.root / name).is_dir():
            shutil.copytree(course.root / name, folder / name)
        elif (course.root / name).is_file():
            shutil.copyfile(course.root / name, folder / name)
    return Course(folder)


def make_class(course: Course, name: str, pupils: Mapping[str, Pupil] | None = None) -> list[str]:
    """Write a submission for each pupil into ``submitted/`` and return their names.

    Parameters
    ----------
    course : Course
        With a release of the assignment.
    name : str
        The assignment.
    pupils : mapping of str to callable, optional
        What each pupil does; the twelve of `make_pupils` by default.
    """
    assignment = course.assignment(name)
    released = course.release(name) / f"{name}.ipynb"
    pupils = make_pupils(assignment) if pupils is None else pupils
    for student, answer in pupils.items():
        nb = reading.read_notebook(released)
        answer(nb, dict(assignment.reference.sources), assignment)
        folder = course.submitted(student, name)
        folder.mkdir(parents=True)
        reading.write_notebook(nb, folder / f"{name}.ipynb")
    return list(pupils)


def make_pupils(assignment: Assignment) -> dict[str, Pupil]:
    """Return twelve pupils by name: right in several styles, mistaken, unfinished, broken, and one who did nothing."""
    tasks = list(assignment.tasks)

    def at(*positions: int) -> dict[str, str]:
        """Return the first mistake of the tasks at these positions."""
        chosen = {tasks[position % len(tasks)] for position in positions}
        return {name: known[0].id for name in chosen if (known := assignment.tasks[name].mistakes)}

    return {
        "ada": rewritten(0), "bea": rewritten(1), "carl": rewritten(2),
        "dora": mistaken(**at(0)), "emil": mistaken(**at(1, 3)), "fay": mistaken(**at(-3, -1)),
        "gus": mistaken(**at(-4, -2)),
        "hana": only(max(1, len(tasks) // 4)),
        "ivo": broken(tasks[len(tasks) // 4], "{line})"),
        "jule": broken(tasks[1 % len(tasks)], "while True:\n{indent}    pass\n{indent}{line}"),
        "kim": exits,
        "leo": only(0),
    }


def fill(nb: NotebookNode, solutions: Solutions) -> None:
    """Put these sources into the notebook's solution cells."""
    for name, cell in finding.solution_cells(nb).items():
        if name in solutions:
            cell.source = solutions[name]


def rewritten(style: int) -> Pupil:
    """Return a pupil who has everything right, in a style: 0 is the instructor's, 1 each task's first variant, ..."""

    def answer(nb: NotebookNode, solutions: Solutions, assignment: Assignment) -> None:
        for name in assignment.tasks:
            if 0 < style <= len(variants := assignment.variants(name)):
                solutions[name] = mutate(solutions[name], variants[style - 1])
        fill(nb, solutions)

    return answer


def mistaken(**mistakes: str) -> Pupil:
    """Return a pupil who makes catalogued mistakes, given as task=mistake."""

    def answer(nb: NotebookNode, solutions: Solutions, assignment: Assignment) -> None:
        for name, identifier in mistakes.items():
            solutions[name] = mutate(solutions[name], find_mistake(assignment, name, identifier))
        fill(nb, solutions)

    return answer


def find_mistake(assignment: Assignment, task_name: str, identifier: str) -> Mistake:
    """Return a catalogued mistake.

    Raises
    ------
    CourseError
        The task has no such mistake.
    """
    for mistake in assignment.tasks[task_name].mistakes:
        if mistake.id == identifier:
            return mistake
    raise CourseError(assignment.folder, f"{task_name} has no mistake {identifier!r}", "Choose another.")


def only(count: int) -> Pupil:
    """Return a pupil who did the first tasks and left the others as released."""

    def answer(nb: NotebookNode, solutions: Solutions, assignment: Assignment) -> None:
        fill(nb, {name: solutions[name] for name in list(assignment.tasks)[:count]})

    return answer


def broken(task_name: str, form: str) -> Pupil:
    """Return a pupil whose first own line in a task does worse than return wrong numbers.

    Parameters
    ----------
    task_name : str
    form : str
        The new text, in which ``{line}`` is the old line without its indentation, and ``{indent}`` the indentation.
    """

    def answer(nb: NotebookNode, solutions: Solutions, assignment: Assignment) -> None:
        lines = solutions[task_name].split("\n")
        start = next((i for i, line in enumerate(lines) if START in line), 0)
        index = next(i for i in range(start + 1, len(lines)) if lines[i].strip() and lines[i].strip()[0] != "#")
        line = lines[index].lstrip()
        indent = lines[index].removesuffix(line)
        lines[index] = indent + form.format(line=line, indent=indent)
        fill(nb, {**solutions, task_name: "\n".join(lines)})

    return answer


def exits(nb: NotebookNode, solutions: Solutions, assignment: Assignment) -> None:
    """Fill in everything, and end the notebook's process in a cell half way."""
    fill(nb, solutions)
    middle = list(assignment.tasks)[(len(assignment.tasks) - 1) // 2]
    at = 1 + next(i for i, cell in enumerate(nb.cells) if cell is finding.solution_cells(nb)[middle])
    nb.cells.insert(at, new_code_cell("import os\n\nos._exit(0)", id="goodbye"))
