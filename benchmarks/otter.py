"""Run otter-grader on the same notebooks, in an environment of its own that requirements.lock does not have."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from autograder.course.course import Course
from public_tests import FILES

from . import plain
from .courses import NAME, ROOT, lay_support
from .meter import ENVIRONMENT, Cost, measure

VERSION = "7.0.0"
HOME = Path(__file__).parent / ".venv-otter"
PYTHON = HOME / "bin" / "python"
#: Grades notebooks one after the other with otter's API; prints the scores.
LOOP = """
import json, sys
from otter.api import grade_submission
print("\\n" + json.dumps([grade_submission(path, sys.argv[1], quiet=True).total for path in sys.argv[2:]]))
"""


def installed() -> str | None:
    """Install otter if it is missing; return why it cannot be measured, or None."""
    if (HOME / ".done").exists() and VERSION in (HOME / ".done").read_text():
        return None
    steps = [
        [sys.executable, "-m", "venv", "--clear", HOME],
        # the same numpy, IPython, nbclient, ... as ours, from the same registry
        [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--constraint",
         ROOT / "requirements.lock", f"otter-grader=={VERSION}", "ipykernel", "matplotlib"],
    ]
    for step in steps:
        done = subprocess.run(list(map(str, step)), capture_output=True, text=True)
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
            return f"otter-grader {VERSION} cannot be installed: {said[-1]}"
    (HOME / ".gitignore").write_text("*\n")
    (HOME / ".done").write_text(f"otter-grader {VERSION}\n")
    return None


def assignment_zip(course: Path, folder: Path) -> Path:
    """Make the equivalent assignment for otter: a test file for each task, and the notebook's support files."""
    assignment = Course(course).assignment(NAME)
    (folder / "tests").mkdir(parents=True)
    for name in assignment.tasks:
        (folder / "tests" / f"{name}.py").write_text(plain.otter_test(assignment, name))
    lay_support(assignment, folder)
    run(folder, "generate", "--tests-dir", "tests", "--output-path", "autograder.zip", "--no-environment",
        "--no-requirements", "--no-config", "rnn_utils.py", *FILES, "public_cases.json")
    return folder / "autograder.zip"


def run(folder: Path, *arguments: str | Path) -> Cost:
    """Run one of otter's commands."""
    return measure(folder, PYTHON, "-m", "otter", *arguments, environment=environment())


def run_one(folder: Path, archive: Path, notebook: Path) -> tuple[Cost, list[float]]:
    """Run ``otter run`` on one notebook; return the cost and the score."""
    cost = run(folder, "run", "--autograder", archive, "--output-dir", folder, "--no-logo", notebook)
    results = json.loads((folder / "results.json").read_text())
    return cost, [sum(test.get("score", 0) for test in results["tests"])]


def run_api(folder: Path, archive: Path, notebooks: list[Path]) -> tuple[Cost, list[float]]:
    """Run otter's API on notebooks, one after the other in one process; return the cost and the scores."""
    cost = measure(folder, PYTHON, "-c", LOOP, archive, *notebooks, environment=environment())
    return cost, json.loads(cost.output.strip().splitlines()[-1])


def environment() -> dict[str, str]:
    """Return the environment in which otter's programs come first."""
    return {"PATH": f"{HOME / 'bin'}:{ENVIRONMENT['PATH']}"}
