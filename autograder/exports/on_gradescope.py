"""What ``run_autograder`` starts on Gradescope: one submission to ``results/results.json``, without a gradebook.

It runs in the folder that holds the course. A submission that is no notebook, and a failure of ours, yield a file
without a score: words for the student, and the details on standard output, which Gradescope shows to staff alone.
"""

from __future__ import annotations

import json
import traceback
from pathlib import Path

from .. import grade
from ..course.course import Course
from ..errors import NotebookError
from ..model import Limits
from ..notebooks import reading, repair
from ..notebooks.submission import submission_files
from ..records import write_whole
from ..sandbox import Sandbox, level_of
from .gradescope import FILE, results_of_report, to_json, without_score

OURS = ("The autograder failed, through no fault of yours, and gave no score. Your submission is kept. Please tell the "
        "course staff, who see the details.")


def results(course: Course, name: str, base: Path) -> tuple[dict, str]:
    """What `results.json` says of the submission in ``base/submission``, and what staff should read."""
    try:
        report = graded(course, name, base)
    except NotebookError as error:
        said = f"Not graded: {where_it_is(error, base)}. Submit the notebook {name}.ipynb again."
        return without_score(said, {"status": "not graded"}), said
    except Exception:  # ours: it must not become a score, and staff must see it
        return without_score(OURS, {"status": "not graded"}), traceback.format_exc()
    if report["status"] == "not graded":
        return without_score(OURS, report), f"not graded: {report['reason']}"
    said = f"{report['score']:g} of {report['max_score']:g} points; isolation: {report['isolation']}"
    return results_of_report(report), said


def graded(course: Course, name: str, base: Path) -> dict:
    """The submission's report, in the form in which `ReportStore.load` returns it."""
    assignment = course.assignment(name)
    found = submission_files(base / "submission", f"{name}.ipynb")
    nb, repairs = repair.restore(reading.read_notebook(found.notebook), assignment.notebook)
    with Sandbox(Limits(), level_of(course.isolation)) as sandbox:
        report = grade.grade(nb, student_of(base), assignment, sandbox, (*found.repairs, *repairs))
    return {**report.to_dict(), "isolation": report.isolation, "seconds": report.seconds}


def student_of(base: Path) -> str:
    """Who submitted, as far as Gradescope's metadata says; it only names the report."""
    try:
        users = json.loads((base / "submission_metadata.json").read_bytes())["users"]
        return str(users[0].get("email") or users[0]["id"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return "student"


def where_it_is(error: NotebookError, base: Path) -> str:
    """The error without the folders of Gradescope's machine."""
    return str(error).replace(f"{base / 'submission'}/", "").replace(str(base / "submission"), "your submission")


def main(name: str, base: str) -> str:
    """Write the results; returns what staff should read."""
    folder = Path(base).resolve() / "results"
    folder.mkdir(parents=True, exist_ok=True)
    content, said = results(Course(Path.cwd()), name, Path(base).resolve())
    write_whole(folder / FILE, to_json(content))
    return said

