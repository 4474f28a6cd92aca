"""One submission from cold: what `autograder grade ASSIGNMENT --student one` costs, its start included."""

from __future__ import annotations

import random
from pathlib import Path
from statistics import median

from autograder import demo
from autograder.course.course import Course

from . import classes, courses
from .courses import NAME
from .meter import Cost, measure
from .tables import Bar, progress, table

WRONG = 4  # tasks with a catalogued mistake
ROUNDS = 3
#: CPU seconds at most, by student.
BARS = {"right": 2.0, "wrong": 3.0}


def run(scratch: Path) -> tuple[dict[str, dict[str, float]], list[Bar]]:
    """Measure both submissions by turns, and return the numbers and the bars."""
    progress("a right submission, and one with four wrong tasks")
    course = courses.ours(scratch / "cold")
    write_submissions(course)
    costs: dict[str, list[Cost]] = {student: [] for student in BARS}
    for number in range(ROUNDS):
        for student, found in costs.items():
            progress(f"cold, round {number + 1} of {ROUNDS}: {student}")
            found.append(measure(course, "autograder", "grade", NAME, "--all", "--student", student))
    check_scores(course)
    numbers = {student: {"cpu": median(cost.cpu for cost in found), "wall": median(cost.wall for cost in found)}
               for student, found in costs.items()}
    table("one submission from cold", ("", "CPU, s", "wall, s"),
          [[f"autograder grade --student {student}", *found.values()] for student, found in numbers.items()],
          [f"wrong: {WRONG} tasks with a catalogued mistake each. The median of {ROUNDS} runs."])
    bars = [Bar(f"CPU of one submission from cold, {student}", BARS[student], found["cpu"], at_least=False, unit="s")
            for student, found in numbers.items()]
    return numbers, bars


def write_submissions(course: Path) -> None:
    """Hand in a right notebook, and one with mistakes that a fixed seed draws."""
    assignment, drawn = Course(course).assignment(NAME), random.Random(1)
    template = classes.Template(course, assignment)
    tasks = drawn.sample(list(assignment.tasks), WRONG)
    wrong = demo.mistaken(**{task: drawn.choice(assignment.tasks[task].mistakes).id for task in tasks})
    for student, make in (("right", demo.mistaken()), ("wrong", wrong)):
        classes.write(course, NAME, student, template.made(make))


def check_scores(course: Path) -> None:
    """Raise RuntimeError where the right submission has not full marks, or the wrong one has."""
    found = courses.scores(course)
    if found["right"] != 100 or not found["wrong"] < 100:
        raise RuntimeError(f"what was measured is not grading: {found}")
