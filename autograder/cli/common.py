"""What the commands share: where they print, how they end, how they write a file."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TextIO

from rich.console import Console

from ..errors import AutograderError
from ..oracle import SECRET_FILE, SECRET_VARIABLE, find_root, load_assignment

console = Console()
to_stderr = Console(stderr=True)

ALL_GRADED, SOME_NOT_GRADED, BAD_USAGE = 0, 1, 2

IN_A_TABLE = 40  # students; more are not read line by line


def in_course(command):
    """Give a command the course's root, and turn our errors into one line and exit code 2."""

    @wraps(command)
    def run(*args, **kwargs):
        try:
            sys.exit(command(find_root(), *args, **kwargs) or ALL_GRADED)
        except AutograderError as error:
            to_stderr.print(f"autograder: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
            sys.exit(BAD_USAGE)

    return run


def write_json(path: Path, whole: dict) -> None:
    """Write a JSON file, all or nothing."""
    with written_whole(path) as file:
        json.dump(whole, file, indent=1)


@contextmanager
def written_whole(path: Path) -> Iterator[TextIO]:
    """A file to write to, put in place when all is written."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.absolute().parent, delete=False) as file:
        try:
            yield file
        except BaseException:
            os.unlink(file.name)
            raise
    os.replace(file.name, path)


def warn_of_default_secret(root: Path, assignment: str) -> None:
    if not load_assignment(root, assignment).own_secret:
        to_stderr.print(
            f"Hidden arguments are drawn from the public default secret. For a real class write a line of your own "
            f"into {SECRET_FILE} (git ignores it) or set {SECRET_VARIABLE}.", style="yellow", highlight=False,
        )
