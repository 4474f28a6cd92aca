"""Points are the same on a busy machine."""

import subprocess
import sys

import pytest

from autograder.course.course import Course
from autograder.grade import grade_submission
from autograder.notebooks import finding, reading
from autograder.sandbox import Limits, Sandbox
from tests.helpers.courses import NAME, ROOT

SPIN = "while True: pass"


def with_sleep(source, seconds):
    """Return a solution whose function sleeps first."""
    head, body = source.split('"""', 2)[0::2]
    docstring = source.split('"""', 2)[1]
    return f'{head}"""{docstring}"""\n    import time\n    time.sleep({seconds}){body}'


@pytest.mark.slow
def test_points_do_not_depend_on_the_load():
    """Sleepers, loops and slow cells get the same points five times, beside two processes that spin."""
    assignment = Course(ROOT).assignment(NAME)
    sources = assignment.reference.sources

    def notebook(extra=(), **changes):
        nb = reading.parse_notebook(reading.serialise_notebook(assignment.notebook, "nb"), "nb")
        for name, cell in finding.solution_cells(nb).items():
            cell.source = {**sources, **changes}[name]
        for place, source in extra:
            nb.cells.insert(place, type(nb.cells[0])(cell_type="code", source=source, metadata={}, outputs=[],
                                                     execution_count=None, id=f"extra-{place}"))
        return reading.serialise_notebook(nb, "nb")

    slept = with_sleep(sources["rnn_forward"], 0.3)
    class_ = {
        "right": (100, notebook()),
        "sleeps": (100, notebook(rnn_forward=slept)),
        "sleeps after a loop": (100, notebook([(1, SPIN)], rnn_forward=slept)),
        "loops in cells": (100, notebook([(place, SPIN) for place in (1, 5, 9)])),
    }
    spinning = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(2)]
    try:
        with Sandbox(Limits(cell_seconds=0.5)) as sandbox:
            for _ in range(5):
                assert {name: points for name, (points, _) in class_.items()} == {
                    name: grade_submission(content, assignment, sandbox).report.score
                    for name, (_, content) in class_.items()}
    finally:
        for process in spinning:
            process.kill()
            process.wait()
