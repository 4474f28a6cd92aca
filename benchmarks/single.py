"""Measure one submission, and each further one of a batch: ours, the floor beneath it, and its peers."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from . import memory
from .courses import NAME, ROOT
from .meter import measure
from .tables import Bar, megabytes, milliseconds, progress, ratio, table
from .tools import Tool, tools

FULL = 100.0  # what a right submission earns


def run(scratch: Path, rounds: int, batch: int, with_otter: bool) -> tuple[dict, list[Bar]]:
    """Measure, print the tables, and return the numbers and the bars."""
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
    progress("memory of the zygote and of forks")
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
        Bar("CPU of ours (isolation, all cells, judge) by the floor's", 2.2, ratio(turns["ours"]["cpu"], floor), False),
        Bar("CPU of stock nbgrader by `autograder grade`'s, in a batch", 25, ratio(same, mine), True),
        Bar("the same, with plain asserts in place of its tests", 25, ratio(asserts, mine), True),
        Bar("private memory that a fork adds", 40, megabytes(forks["private"]), False, "MB"),
    ]
    return {"turns": turns, "tools": {tool.name: tool.to_dict() for tool in measured}, "memory": forks}, bars


def show_costs(turns: dict, measured: Sequence[Tool]) -> None:
    """Print what one submission costs with each tool."""
    floor, needed = turns["floor"]["cpu"], turns["needed"]
    stock = next(tool for tool in measured if tool.name.endswith("comes, asserts"))
    stock_single, stock_batch = stock.middle("singles", "cpu"), stock.middle("further", "cpu")
    rows = [
        ["the floor: fork, exec of the cells", None, None, None, milliseconds(floor),
         milliseconds(turns["floor"]["wall"]), 1.0, ratio(stock_batch, floor)],
        [f"the same, of the {turns['needed_cells']} cells that grading needs", None, None, None,
         milliseconds(needed["cpu"]), milliseconds(needed["wall"]), ratio(needed["cpu"], floor),
         ratio(stock_batch, needed["cpu"])],
        ["ours without its start: isolation, cells, judge", None, None, None, milliseconds(turns["ours"]["cpu"]),
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
        f"ours without its start: {milliseconds(ours['own']):.0f} ms are the judge's process, "
        f"{milliseconds(ours['beneath']):.0f} ms the sandbox's (level {turns['start']['level']}), which takes "
        f"{milliseconds(turns['start']['cpu']):.0f} ms to start.",
    ])
