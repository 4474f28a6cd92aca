"""The ways of grading that `benchmarks one` compares, each as a command that is given some of a class."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median

from . import classes, courses, otter
from .courses import NAME, ROOT
from .meter import Cost, measure
from .tables import progress


@dataclass
class Tool:
    """A way of grading: a command on some of the class."""

    name: str
    run: Callable[[Sequence[str]], Cost]
    score: Callable[[], list[float]] | None = None  # what its last run gave
    batch: int = 0  # how many more submissions than one are a batch; 0 where it takes one at a time
    singles: list[Cost] = field(default_factory=list)
    further: list[Cost] = field(default_factory=list)  # each further submission of a batch

    def measure(self, students: Sequence[str]) -> None:
        """Run the tool on one submission, and on a batch if it takes one."""
        one = self.run(students[:1])
        self.singles.append(one)
        if self.batch:
            self.further.append((self.run(students[: 1 + self.batch]) - one).per(self.batch))

    def middle(self, what: str, of: str) -> float | None:
        """Return the median of one number over all runs, or None without runs."""
        costs = getattr(self, what)
        return median(getattr(cost, of) for cost in costs) if costs else None

    def to_dict(self) -> dict:
        """Return the medians for a JSON file."""
        return {f"{what}_{of}": self.middle(what, of) for what in ("singles", "further") for of in ("cpu", "wall")} | {
            "peak": self.middle("singles", "peak"), "batch": self.batch}


def tools(scratch: Path, batch: int, ours: int, with_otter: bool) -> tuple[list[Tool], Path, list[str]]:
    """Return the tools, on the same class of right answers, with our course and its students."""
    progress("making three courses of the same notebook and class")
    course = courses.ours(scratch / "ours")
    students = list(classes.make_class(course, NAME, 1 + max(batch, ours), {"right": 1}))
    few = students[: 1 + batch]
    same = {student: student for student in few}
    stock = courses.stock(course, scratch / "stock", same)
    plain = courses.plain_course(course, scratch / "plain", same)
    bare = courses.bare_notebooks(course, scratch / "bare", few)
    notebooks = {path.stem: path for path in bare}

    def nbgrader(where: Path, some: Sequence[str]) -> Cost:
        return measure(where, "nbgrader", "autograde", NAME, "--force", f"--student={pattern_of(some)}")

    def autograder(some: Sequence[str]) -> Cost:
        named = [part for student in some for part in ("--student", student)]
        return measure(course, "autograder", "grade", NAME, "--all", "--jobs", "1", *named)

    def nbclient(some: Sequence[str]) -> Cost:
        return measure(ROOT, sys.executable, "-m", "benchmarks.bare", "nbclient", *[notebooks[s] for s in some])

    def given(where: Path) -> list[float]:
        return list(courses.scores(where).values())

    found = [
        Tool("autograder grade --jobs 1", autograder, partial(given, course), ours),
        Tool("nbgrader autograde, our configuration", partial(nbgrader, course), partial(given, course), batch),
        Tool("nbgrader autograde as it comes, asserts", partial(nbgrader, plain), partial(given, plain), batch),
        Tool("nbgrader autograde as it comes, our release", partial(nbgrader, stock), partial(given, stock), batch),
        Tool("nbclient alone, no tests", nbclient, None, batch),
    ]
    if with_otter:
        progress("otter: its environment (made once, takes a minute or two)")
        if problem := otter.installed():
            progress(f"otter is left out: {problem}")
        else:
            found += otter_tools(course, scratch / "otter", notebooks, batch)
    return found, course, students


def otter_tools(course: Path, folder: Path, notebooks: dict[str, Path], batch: int) -> list[Tool]:
    """Return otter's command and its API as tools."""
    archive = otter.assignment_zip(course, folder)
    last: list[float] = []

    def one(some: Sequence[str]) -> Cost:
        cost, last[:] = otter.run_one(folder, archive, notebooks[some[0]])
        return cost

    def api(some: Sequence[str]) -> Cost:
        cost, last[:] = otter.run_api(folder, archive, [notebooks[student] for student in some])
        return cost

    return [Tool("otter run, asserts", one, lambda: last), Tool("otter's API, asserts", api, lambda: last, batch)]


def pattern_of(students: Sequence[str]) -> str:
    """Return a glob for the first few students of a class, for nbgrader's --student."""
    return f"{students[0][:-1]}[0-{len(students) - 1}]"
