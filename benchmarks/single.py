"""One submission, and each further one of a batch: ours, the floor beneath it, and its peers."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median

from . import classes, courses, memory, otter
from .courses import NAME, ROOT
from .meter import Cost, measure
from .tables import Bar, megabytes, milliseconds, progress, ratio, table

FULL = 100.0  # what a right submission earns


@dataclass
class Tool:
    """A way of grading, as a command that is given some of the class."""

    name: str
    run: Callable[[Sequence[str]], Cost]
    score: Callable[[], list[float]] | None = None  # what its last run gave
    batch: int = 0  # how many more submissions than one are a batch; 0 where it takes one at a time
    singles: list[Cost] = field(default_factory=list)
    further: list[Cost] = field(default_factory=list)  # each further submission of a batch

    def measure(self, students: Sequence[str]) -> None:
        one = self.run(students[:1])
        self.singles.append(one)
        if self.batch:
            self.further.append((self.run(students[: 1 + self.batch]) - one).per(self.batch))

    def middle(self, what: str, of: str) -> float | None:
        costs = getattr(self, what)
        return median(getattr(cost, of) for cost in costs) if costs else None

    def to_dict(self) -> dict:
        return {f"{what}_{of}": self.middle(what, of) for what in ("singles", "further") for of in ("cpu", "wall")} | {
            "peak": self.middle("singles", "peak"), "batch": self.batch}


def tools(scratch: Path, batch: int, ours: int, with_otter: bool) -> tuple[list[Tool], Path, list[str]]:
    """All that is measured, on the same class of right answers; our course; its students."""
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
    archive, last = otter.assignment_zip(course, folder), []

    def one(some: Sequence[str]) -> Cost:
        cost, last[:] = otter.run_one(folder, archive, notebooks[some[0]])
        return cost

    def api(some: Sequence[str]) -> Cost:
        cost, last[:] = otter.run_api(folder, archive, [notebooks[student] for student in some])
        return cost

    return [Tool("otter run, asserts", one, lambda: last), Tool("otter's API, asserts", api, lambda: last, batch)]


def pattern_of(students: Sequence[str]) -> str:
    """A glob for the first few students of a class, as nbgrader's --student takes it."""
    return f"{students[0][:-1]}[0-{len(students) - 1}]"


def run(scratch: Path, rounds: int, batch: int, with_otter: bool) -> tuple[dict, list[Bar]]:
    """Measure and show; the numbers and the bars."""
    measured, course, students = tools(scratch, batch, 10 * batch, with_otter)
    for tool in measured:
        progress(f"once before it counts, for its scores: {tool.name}")
        tool.run(students[:1])
        if tool.score and set(tool.score()) != {FULL}:
            raise RuntimeError(f"{tool.name} gives a right submission {tool.score()}")
    for number in range(rounds):
        for tool in measured:
            progress(f"round {number + 1} of {rounds}: {tool.name}")
            tool.measure(students)
    progress("the floor and ours, by turns in one process")
    script = (sys.executable, "-m", "benchmarks.bare", "turns")
    turns = json.loads(measure(ROOT, *script, course, NAME, max(5, rounds), *students[:6]).output.splitlines()[-1])
    progress("memory of the warm process and of forks")
    forks = memory.of_forks(course, students[:6])
    show_costs(turns, measured)
    memory.show_forks(forks, measured)
    floor = turns["floor"]["cpu"]
    asserts, same = (
        next(tool for tool in measured if tool.name.endswith(what)).middle("further", "cpu")
        for what in ("comes, asserts", "comes, our release")
    )
    mine = measured[0].middle("further", "cpu")
    bars = [
        Bar("CPU of ours (walls, all cells, judge) by the floor's", 3, ratio(turns["ours"]["cpu"], floor), False),
        Bar("CPU of stock nbgrader by `autograder grade`'s, in a batch", 25, ratio(same, mine), True),
        Bar("the same, with plain asserts in place of its tests", 25, ratio(asserts, mine), True),
        Bar("private memory that a fork adds", 40, megabytes(forks["private"]), False, "MB"),
    ]
    return {"turns": turns, "tools": {tool.name: tool.to_dict() for tool in measured}, "memory": forks}, bars


def show_costs(turns: dict, measured: Sequence[Tool]) -> None:
    floor = turns["floor"]["cpu"]
    stock = next(tool for tool in measured if tool.name.endswith("comes, asserts"))
    stock_single, stock_batch = stock.middle("singles", "cpu"), stock.middle("further", "cpu")
    rows = [
        ["the floor: fork, exec of the cells", None, None, None, milliseconds(floor),
         milliseconds(turns["floor"]["wall"]), 1.0, ratio(stock_batch, floor)],
        ["ours in a warm process: walls, cells, judge", None, None, None, milliseconds(turns["ours"]["cpu"]),
         milliseconds(turns["ours"]["wall"]), ratio(turns["ours"]["cpu"], floor),
         ratio(stock_batch, turns["ours"]["cpu"])],
    ]
    for tool in measured:
        single, further = tool.middle("singles", "cpu"), tool.middle("further", "cpu")
        rows.append([
            tool.name, milliseconds(single), milliseconds(tool.middle("singles", "wall")), ratio(stock_single, single),
            milliseconds(further), milliseconds(tool.middle("further", "wall")), ratio(further, floor),
            ratio(stock_batch, further),
        ])
    heads = ("ms a submission", "single CPU", "wall", "stock by it", "batch CPU", "wall", "by floor", "stock by it")
    ours = turns["ours"]
    table(f"one right submission of {turns['cells']} code cells", heads, rows, [
        "single: the command on one submission, its start included. batch: each further submission of that command.",
        "stock: nbgrader autograde as it comes, on a plain course of asserts. CPU: user + system, children included.",
        f"ours in a warm process: {milliseconds(ours['own']):.0f} ms are the judge's process, "
        f"{milliseconds(ours['beneath']):.0f} ms the sandbox's (level {turns['start']['level']}), which takes "
        f"{milliseconds(turns['start']['cpu']):.0f} ms to start.",
    ])
