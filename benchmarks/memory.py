"""Measure memory: of the zygote and a fork, and of the process that grades a class, as the class grows."""

from __future__ import annotations

import json
import shutil
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from nbformat import NotebookNode

from autograder.course.assignment import Assignment
from autograder.notebooks import reading
from autograder.notebooks.repair import repair_notebook

from . import classes, courses, meter
from .courses import GRADED, NAME, ROOT
from .meter import measure
from .tables import Bar, megabytes, progress, ratio, table
from .tools import Tool

EACH = 250_000  # bytes on disk for each student of a class that has been graded, and some


# ---- forks ---------------------------------------------------------------------------------------------------


def of_forks(course: Path, students: Sequence[str]) -> dict:
    """Return bytes: the zygote at rest, a fork's private memory at its largest, the growth of all together."""
    from autograder.course.course import Course
    from autograder.grade import judge_notebook
    from autograder.sandbox import Sandbox

    assignment = Course(course).assignment(NAME)
    found: dict[str, list[int]] = {"zygote_rss": [], "zygote_pss": [], "private": [], "growth": []}
    with Sandbox() as sandbox:
        judge_notebook(restored(course, students[0], assignment), assignment, sandbox)
        rest = {process.pid for process in meter.descendants()}
        for student in students:
            nb = restored(course, student, assignment)
            idle = [meter.memory_of(process) for process in meter.descendants() if process.pid in rest]
            found["zygote_rss"].append(max(one.rss for one in idle))
            found["zygote_pss"].append(before := sum(one.pss for one in idle))
            with Watch(rest) as watch:
                judge_notebook(nb, assignment, sandbox)
            found["private"].append(watch.private)
            found["growth"].append(watch.pss - before)
    return {name: median(values) for name, values in found.items()} | {"submissions": len(students)}


def restored(course: Path, student: str, assignment: Assignment) -> NotebookNode:
    """Return a student's notebook, repaired."""
    return repair_notebook(reading.read_notebook(courses.submission(course, student)), assignment.template)[0]


class Watch:
    """Watch the new processes beneath this one, as often as possible, and keep their largest memory."""

    def __init__(self, known: set[int]) -> None:
        self._known, self._end = known, threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.private = self.pss = 0

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._end.wait(0.002):
            beneath = {process.pid: meter.memory_of(process) for process in meter.descendants()}
            new = [one.private for pid, one in beneath.items() if pid not in self._known]
            self.private = max(self.private, sum(new))
            self.pss = max(self.pss, sum(one.pss for one in beneath.values()))


def show_forks(forks: dict, tools: Sequence[Tool]) -> None:
    """Print the memory of forks, beside that of the tools."""
    rows = [
        ["ours: the zygote, resident", megabytes(forks["zygote_rss"])],
        ["ours: a fork's private memory, at its largest", megabytes(forks["private"])],
        ["ours: by what zygote and fork grow together (PSS)", megabytes(forks["growth"])],
    ]
    rows += [[f"{tool.name}: its first process, at its largest", megabytes(tool.middle("singles", "peak"))]
             for tool in tools]
    table("memory in MB", ("", "MB"), rows, [
        "A fork shares the zygote's pages until it writes to them; kernels share next to nothing.",
        "Looked at every few ms while the cells run and the judge calls; the median of "
        f"{forks['submissions']} submissions.",
    ])


# ---- the parent ----------------------------------------------------------------------------------------------


def run(scratch: Path, sizes: Sequence[int]) -> tuple[dict, list[Bar]]:
    """Measure the grading process for classes of these sizes; return the numbers and the bar."""
    found: dict[str, dict] = {}
    rows = []
    for size in sorted(sizes):
        room = shutil.disk_usage(scratch).free
        if room < 2 * EACH * size:
            progress(f"a class of {size} is left out: it would take {EACH * size / 1e9:.1f} GB in {scratch}")
            continue
        progress(f"a class of {size}: by links, then graded by a stub, then graded again unchanged")
        course = courses.ours(scratch / f"class-{size}")
        shutil.rmtree(course / "source" / NAME / "figures")  # nine figures for each student: gigabytes
        classes.make_class(course, NAME, min(size, 100), {"right": 0.6, "mistaken": 0.4})
        classes.multiply(course, NAME, size)
        stub = measure(ROOT, sys.executable, "-m", "benchmarks.stub", course, NAME)
        again = measure(course, "autograder", "grade", NAME, "--jobs", "2", "--json", "all.json", codes=GRADED)
        counts = json.loads(stub.output.splitlines()[-1])
        real = None
        if size == min(sizes):
            progress(f"a class of {size}: really graded")
            real = measure(course, "autograder", "grade", NAME, "--all", "--jobs", "2", codes=GRADED).peak
        found[str(size)] = {"stub": stub.peak, "unchanged": again.peak, "real": real, "graded": counts["graded"],
                            "stub_seconds": stub.wall, "unchanged_seconds": again.wall}
        rows.append([str(size), megabytes(real), megabytes(stub.peak), megabytes(again.peak), stub.wall,
                     again.wall])
        shutil.rmtree(course)
    heads = ("submissions", "graded, MB", "stub, MB", "unchanged, MB", "stub, s", "unchanged, s")
    table("peak resident memory of the process that grades a class", heads, rows, [
        "stub: the real program reads, writes, books and reports every submission; only grading is replaced, by",
        "the result of one real worker, passed on as its result. unchanged: `autograder grade --json` once more.",
    ])
    small, large = (found.get(str(size), {}) for size in (min(sizes), max(sizes)))
    growth = [ratio(large.get(what), small.get(what)) for what in ("stub", "unchanged")]
    times = max(sizes) // min(sizes)
    bars = [Bar(f"growth of the parent, class {times} times as large", 1.25, max(filter(None, growth), default=None),
                False)]
    return found, bars
