"""The zip that Gradescope takes as an autograder: ``setup.sh``, ``run_autograder`` and the course."""

from __future__ import annotations

import shlex
from pathlib import Path

from public_tests import CASES, FILES

from ..course.assignment import HISTORY
from ..course.course import Course
from ..course.folder import list_files
from ..course.settings import SECRET_FILE
from ..files import pack_zip
from .grades import Export

FILE = "gradescope-autograder.zip"
PACKAGE = Path(__file__).parents[1]
SCRIPTS = Path(__file__).parent / "gradescope_files"
#: The files at the course's root that grading needs.
COURSE_FILES = ("nbgrader_config.py", *FILES, "requirements.lock")


def export(course: Course, name: str) -> Export:
    """Return the autograder for an assignment; equal courses give equal bytes.

    It holds all of the assignment's folder, with the solutions and the mistakes, and the course's own secret.

    Raises
    ------
    CourseError
        The course has no such assignment.
    """
    bundle = course.assignment(name).bundle
    run = (SCRIPTS / "run_autograder.sh").read_text().replace("@ASSIGNMENT@", shlex.quote(name))
    files = {"setup.sh": (SCRIPTS / "setup.sh").read_bytes(), "run_autograder": run.encode()}
    files |= {file: (course.root / file).read_bytes() for file in COURSE_FILES if (course.root / file).is_file()}
    files.setdefault("requirements.lock", (PACKAGE.parent / "requirements.lock").read_bytes())
    files |= {f"source/{name}/{path}": content for path, content in bundle.files.items()}
    if bundle.public_cases is not None:  # computing them takes longer than grading
        files[f"release/{name}/{CASES}"] = bundle.public_cases
    files[f"{HISTORY}/{name}.json"] = bundle.history
    files |= {f"autograder/{path}": (PACKAGE / path).read_bytes() for path in list_files(PACKAGE)}
    notes = ["it holds the solutions and the mistakes: keep it from students"]
    if bundle.secret.own:
        files[SECRET_FILE] = bundle.secret.text.encode() + b"\n"
        notes.append(f"it holds the course's secret, as {SECRET_FILE}")
    return Export({FILE: pack_zip(files, private={SECRET_FILE})}, tuple(notes))
