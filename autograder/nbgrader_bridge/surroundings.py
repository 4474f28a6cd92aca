"""The surroundings in which nbgrader's own code runs in this process, and the errors that it only logs."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import SAWarning


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


def last_line(errors: Sequence[str]) -> str | None:
    """Return the line of nbgrader's log that says what failed: the end of the first traceback, else the first error."""
    for error in errors:
        if error.startswith("Traceback"):
            lines = [line for line in error.strip().splitlines() if not line.startswith(("[SQL: ", "(Background on "))]
            return lines[-1]
    return errors[0] if errors else None
