"""Release through nbgrader's own converter, and what that needs around it."""

from __future__ import annotations

import filecmp
import logging
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from ..course.course import Course
from ..course.settings import CONFIG
from ..errors import AutograderError


@contextmanager
def nbgrader_surroundings() -> Iterator[list[str]]:
    """What nbgrader's converters need around them; yields the errors that they log, as they come.

    Creating a gradebook starts ``alembic`` by name, so the environment's programs come first on PATH.
    """
    path, here = os.environ.get("PATH", ""), os.getcwd()
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), path])
    errors: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: errors.append(record.getMessage())
    log = logging.getLogger("traitlets")
    log.addHandler(handler)
    propagate, log.propagate = log.propagate, False
    try:
        with warnings.catch_warnings():
            # nbgrader's own queries make SQLAlchemy warn, several times a submission, of nothing we could change
            warnings.simplefilter("ignore", SAWarning)
            yield errors
    finally:
        log.removeHandler(handler)
        log.propagate = propagate
        os.environ["PATH"] = path
        os.chdir(here)


def convert(converter, config: Config) -> None:
    """Run one of nbgrader's converters; what it logs as an error becomes ours.

    Raises
    ------
    AutograderError
        With the last line that nbgrader logged.
    """
    with nbgrader_surroundings() as errors:
        try:
            converter(coursedir=CourseDirectory(config=config), config=config).start()
        except NbGraderException as error:
            raise AutograderError(last_line(errors) or str(error)) from error


def last_line(errors: Sequence[str]) -> str | None:
    """The line of nbgrader's log that says what happened: the end of the first traceback, else the first error."""
    for error in errors:
        if error.startswith("Traceback"):
            lines = [line for line in error.strip().splitlines() if not line.startswith(("[SQL: ", "(Background on "))]
            return lines[-1]
    return errors[0] if errors else None


def release_assignment(course: Course, name: str) -> Path:
    """Generate ``release/<name>`` from ``source/<name>`` and record the assignment in the gradebook.

    The assignment is read and scaffolded once before anything is written, so that an error leaves the old release.
    """
    course.assignment(name).verify_catalogue()
    config = course.config_for(name)
    config.GenerateAssignment.force = True
    convert(GenerateAssignment, config)
    return course.release(name)


def differences(course: Course, name: str) -> list[Path]:
    """The files in which ``release/<name>`` is not what ``source/<name>`` gives now, relative to the root."""
    with tempfile.TemporaryDirectory(prefix="autograder-") as scratch:
        copy = Course(scratch)
        shutil.copyfile(course.root / CONFIG, copy.root / CONFIG)
        shutil.copytree(course.root / "source", copy.root / "source")
        fresh, kept = release_assignment(copy, name), course.release(name)
        relative = {path.relative_to(f) for f in (fresh, kept) for path in f.rglob("*") if path.is_file()}
        _, differing, missing = filecmp.cmpfiles(fresh, kept, sorted(map(str, relative)), shallow=False)
        return [Path("release", name, path) for path in sorted([*differing, *missing])]
