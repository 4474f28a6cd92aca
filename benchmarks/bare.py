"""Measure the floor and ours by turns in one process, and nbclient alone; a process of its own for the benchmark.

No grader can go below the floor: a fork of a process that has everything imported, the cells' own code, no isolation,
no shell, no outputs kept, no judge. Ours is `judge_notebook`: isolation, the same cells, the judge.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from .meter import cpu_beneath


def floor(cells: list[tuple[str, str]], files: dict[str, bytes]) -> None:
    """Fork, lay the files into a fresh folder, run the cells."""
    child = os.fork()
    if child == 0:
        try:
            folder = tempfile.mkdtemp()
            os.chdir(folder)
            sys.path.insert(0, folder)
            for name, content in files.items():
                Path(name).write_bytes(content)
                sys.modules.pop(Path(name).stem, None)
            namespace: dict = {"__name__": "__main__"}
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                for cell_id, source in cells:
                    with contextlib.suppress(Exception):
                        exec(compile(without_magics(source), cell_id, "exec"), namespace)
            shutil.rmtree(folder)
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def without_magics(source: str) -> str:
    """Return a cell's code with its magics left out."""
    return "\n".join("pass" if line.startswith("%") else line for line in source.splitlines())


def by_turns(course: str, name: str, rounds: int, *students: str) -> dict:
    """Return medians over rounds of the cost of one submission: floor, floor of the cells that we run, and ours.

    Each round grades all students in these three ways.
    """
    import IPython  # noqa: F401 - the floor forks from a process that has everything imported
    import matplotlib.pyplot  # noqa: F401
    import numpy  # noqa: F401

    from autograder.course.course import Course
    from autograder.course.public_cases import support_files
    from autograder.grade import judge_notebook
    from autograder.judging.running import sources_to_run
    from autograder.notebooks import finding, reading
    from autograder.notebooks.repair import repair_notebook
    from autograder.sandbox import Sandbox

    assignment = Course(course).assignment(name)
    files = support_files(assignment)
    paths = [Path(course, "submitted", student, name, f"{name}.ipynb") for student in students]
    read = [repair_notebook(reading.read_notebook(path), assignment.template)[0] for path in paths]
    needed = [list(sources_to_run(nb, assignment).items()) for nb in read]
    tests = set(map(finding.tests_of, assignment.tasks))
    bare = [[(cell.id, cell.source) for _, cell in finding.code_cells(nb)
             if finding.nbgrader_metadata(cell).get("grade_id") not in tests] for nb in read]

    def spent() -> tuple[float, float]:
        """Return the CPU of this process, and of everything beneath it, dead or alive."""
        own, dead = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return own.ru_utime + own.ru_stime, dead.ru_utime + dead.ru_stime + cpu_beneath()

    rows: dict[str, list] = {"floor": [], "needed": [], "ours": []}
    times: dict[str, list[float]] = {what: [] for what in rows}
    start, before = time.perf_counter(), spent()
    with Sandbox() as sandbox:
        warm = {"wall": time.perf_counter() - start, "cpu": sum(spent()) - sum(before), "level": sandbox.level}

        def ours(nb: Any) -> None:
            report = judge_notebook(nb, assignment, sandbox)
            assert report.status == "graded" and report.score == report.max_score, report.reason or report.score

        def lay_and_run(cells: Any) -> None:
            floor(cells, files)

        for number in range(rounds + 1):  # the first is not counted
            for what, run, submissions in (("floor", lay_and_run, bare), ("needed", lay_and_run, needed),
                                           ("ours", ours, read)):
                before = spent()
                for one in submissions:
                    start = time.perf_counter()
                    run(one)
                    if number:
                        times[what].append(time.perf_counter() - start)
                if number:
                    used = [after - was for after, was in zip(spent(), before, strict=True)]
                    rows[what].append([value / len(read) for value in used])
    found: dict = {"start": warm, "submissions": len(read), "rounds": rounds, "cells": len(bare[0]),
                   "needed_cells": len(needed[0])}
    for what, costs in rows.items():
        found[what] = {"cpu": median(map(sum, costs)), "own": median(own for own, _ in costs),
                       "beneath": median(beneath for _, beneath in costs), "wall": median(times[what])}
    return found


def nbclient(*paths: str) -> dict:
    """Execute notebooks one after the other, each in a fresh kernel, and return how many cells raised."""
    import nbformat
    from nbclient import NotebookClient

    raised = 0
    for path in paths:
        nb = nbformat.read(path, 4)
        metadata = {"metadata": {"path": str(Path(path).parent)}}
        NotebookClient(nb, timeout=30, kernel_name="python3", allow_errors=True, resources=metadata).execute()
        raised += sum(output.output_type == "error" for cell in nb.cells for output in cell.get("outputs", []))
    return {"raised": raised}


if __name__ == "__main__":
    what, *given = sys.argv[1:]
    if what == "nbclient":
        print(json.dumps(nbclient(*given)))
    else:
        course, name, rounds, *students = given
        print(json.dumps(by_turns(course, name, int(rounds), *students)))
