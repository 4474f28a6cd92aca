"""The program of ``run_autograder``: grade one submission on Gradescope, without a gradebook.

It runs in the course's folder and writes ``results/results.json``. A submission that is no notebook, and a failure of
the autograder, get a file without a score. The student reads a sentence; the details go to standard output, which
Gradescope shows to staff alone.
"""

from __future__ import annotations

import json
import traceback
from pathlib import Path
from typing import Any

from ..course.course import Course
from ..course.public_cases import released_files
from ..errors import NotebookError
from ..files import write_file
from ..grade import grade_submission
from ..model import Report
from ..notebooks.own_files import read_own_files
from ..notebooks.reading import read_bytes
from ..notebooks.submission import submission_files
from ..sandbox import Sandbox, level_of
from .grades import to_json
from .gradescope import FILE, report_results, without_score

OUR_FAILURE = ("The autograder failed, through no fault of yours, and gave no score. Your submission is kept. Please "
               "tell the course staff, who see the details.")


def main(assignment: str, base: str) -> str:
    """Write the results for the submission in a base folder, and return the text for staff."""
    folder = Path(base).resolve()
    (folder / "results").mkdir(parents=True, exist_ok=True)
    content, for_staff = make_results(Course(Path.cwd()), assignment, folder)
    write_file(folder / "results" / FILE, to_json(content))
    return for_staff


def make_results(course: Course, assignment: str, base: Path) -> tuple[dict[str, Any], str]:
    """Return the content of ``results.json``, and the text for staff."""
    submission = base / "submission"
    try:
        report = grade_submitted(course, assignment, submission, read_student(base))
    except NotebookError as error:
        path, problem = error.args
        where = "your submission" if Path(path) == submission else Path(path).name
        text = f"Not graded: {where}: {problem}. Submit the notebook {assignment}.ipynb again."
        return without_score(text), text
    except Exception:  # a failure of the autograder must not become a score, and staff must see it
        return without_score(OUR_FAILURE), traceback.format_exc()
    text = f"{report.score:g} of {report.max_score:g} points; isolation: {report.isolation}"
    return report_results(report), text


def grade_submitted(course: Course, name: str, submission: Path, student: str) -> Report:
    """Grade the submission in a folder.

    Raises
    ------
    NotebookError
        The folder has no notebook that can be read.
    """
    assignment = course.assignment(name)
    found = submission_files(submission, f"{name}.ipynb", assignment.count_work)
    content = read_bytes(found.notebook)
    own_files, unused = read_own_files(found.notebook, found.files, released_files(assignment))
    with Sandbox(level=level_of(course.isolation)) as sandbox:
        return grade_submission(content, assignment, sandbox, student=student, path=found.notebook,
                                repairs=(*found.repairs, *unused), own_files=own_files).report


def read_student(base: Path) -> str:
    """Return the submitter in Gradescope's metadata, which only names the report."""
    try:
        users = json.loads((base / "submission_metadata.json").read_bytes())["users"]
        return str(users[0].get("email") or users[0]["id"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return "student"
