"""`make bench`: grading a small class, beside stock nbgrader on the same submissions in the same run, as ratios."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from autograder import demo, release

ROOT = Path(__file__).parent.parent
NAME = "rnn-step-by-step"
ENVIRONMENT = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])}

#: nbgrader as it comes: its own execution of each notebook in a kernel, our test cells judging there.
STOCK = """
c = get_config()
c.CourseDirectory.course_id = "rnn"
c.ClearSolutions.enforce_metadata = False
"""


def measure(course: Path, *command: str) -> tuple[float, float]:
    """Wall and CPU seconds (user and system, children included) of a command in a course."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=course, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(pupils: int = 12) -> None:
    """Print wall and CPU per submission, and each as a multiple of the first row."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        course = demo.make_course(ROOT, Path(scratch) / "course")
        release.release(course, NAME)
        students = demo.make_class(course, NAME, {f"right-{i:02}": demo.rewritten() for i in range(pupils)})
        for what, config, command in (
            ("autograder grade, one at a time", None, ("autograder", "grade", NAME, "--jobs", "1")),
            ("autograder grade, two at a time", None, ("autograder", "grade", NAME, "--jobs", "2")),
            ("nbgrader autograde, our configuration", None, ("nbgrader", "autograde", NAME, "--force")),
            ("nbgrader autograde, as it comes", STOCK, ("nbgrader", "autograde", NAME, "--force")),
        ):
            if config:
                (course / "nbgrader_config.py").write_text(config)
            wall, cpu = measure(course, *command)
            rows.append((what, wall / len(students), cpu / len(students)))
    print(f"{len(students)} right submissions; seconds per submission, programs' start included")
    print(f"{'':40}{'wall':>8}{'ratio':>8}{'CPU':>8}{'ratio':>8}")
    for what, wall, cpu in rows:
        print(f"{what:40}{wall:8.2f}{wall / rows[0][1]:8.1f}{cpu:8.2f}{cpu / rows[0][2]:8.1f}")


if __name__ == "__main__":
    main()
