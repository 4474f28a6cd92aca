"""Release an assignment with nbgrader's converter."""

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
from nbgrader.converters.base import BaseConverter, NbGraderException
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from ..course.course import Course
from ..course.settings import CONFIG
from ..errors import AutograderError
from .hooks import command_course


class _ErrorList(logging.Handler):
    """Appends the messages of errors to a list."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._errors = errors

    def emit(self, record: logging.LogRecord) -> None:
        self._errors.append(record.getMessage())


@contextmanager
def nbgrader_surroundings() -> Iterator[list[str]]:
    """Prepare the process for nbgrader's converters, and yield the list of errors that they log.

    Creating a gradebook starts ``alembic`` by name, so the environment's programs come first on PATH.
    """
    path, here = os.environ.get("PATH", ""), os.getcwd()
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), path])
    errors: list[str] = []
    handler = _ErrorList(errors)
    log = logging.getLogger("traitlets")
    log.addHandler(handler)
    propagate, log.propagate = log.propagate, False
    try:
        with warnings.catch_warnings():
            # nbgrader's queries make SQLAlchemy warn several times a submission
            warnings.simplefilter("ignore", SAWarning)
            yield errors
    finally:
        log.removeHandler(handler)
        log.propagate = propagate
        os.environ["PATH"] = path
        os.chdir(here)


def convert(converter: type[BaseConverter], config: Config) -> None:
    """Run one of nbgrader's converters.

    Raises
    ------
    AutograderError
        It failed; with the line of nbgrader's log that says why.
    """
    with nbgrader_surroundings() as errors:
        try:
            converter(coursedir=CourseDirectory(config=config), config=config).start()
        except NbGraderException as error:
            raise AutograderError(last_line(errors) or str(error)) from error


def last_line(errors: Sequence[str]) -> str | None:
    """Return the line of nbgrader's log that says what failed: the end of the first traceback, else the first error."""
    for error in errors:
        if error.startswith("Traceback"):
            lines = [line for line in error.strip().splitlines() if not line.startswith(("[SQL: ", "(Background on "))]
            return lines[-1]
    return errors[0] if errors else None


def release_assignment(course: Course, name: str) -> Path:
    """Generate ``release/<name>`` from ``source/<name>``, record it in the gradebook, and return its folder.

    The assignment is loaded before anything is written, so that an error leaves the old release.
    """
    course.assignment(name).verify_catalogue()
    config = course.config_for(name)
    config.GenerateAssignment.force = True
    token = command_course.set(course)
    try:
        convert(GenerateAssignment, config)
    finally:
        command_course.reset(token)
    return course.release(name)


def differences(course: Course, name: str) -> list[Path]:
    """Return the files, relative to the root, in which ``release/<name>`` differs from a fresh release."""
    with tempfile.TemporaryDirectory(prefix="autograder-") as scratch:
        copy = Course(scratch)
        shutil.copyfile(course.root / CONFIG, copy.root / CONFIG)
        shutil.copytree(course.root / "source", copy.root / "source")
        fresh, kept = release_assignment(copy, name), course.release(name)
        relative = {path.relative_to(f) for f in (fresh, kept) for path in f.rglob("*") if path.is_file()}
        _, differing, missing = filecmp.cmpfiles(fresh, kept, sorted(map(str, relative)), shallow=False)
        return [Path("release", name, path) for path in sorted([*differing, *missing])]
