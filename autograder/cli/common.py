"""The consoles, exit codes and files of all commands."""

from __future__ import annotations

import errno
import json
import os
import sys
import tempfile
import textwrap
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from pathlib import Path
from typing import IO, Any, Concatenate, ParamSpec

import click
from rich.console import Console
from rich.table import Table

from ..course.course import Course
from ..course.settings import SECRET_FILE, SECRET_VARIABLE
from ..errors import AutograderError
from ..files import replace_file

P = ParamSpec("P")
console = Console(emoji=False)  # a student's id may look like one
to_stderr = Console(stderr=True, emoji=False)

ALL_GRADED, SOME_NOT_GRADED, BAD_USAGE = 0, 1, 2

WIDE = 10_000  # columns; more than any table needs
IN_A_TABLE = 40  # students; more are not read line by line


class OrderedGroup(click.Group):
    """A group that lists its commands in the order of work, not of the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which the commands were added."""
        return list(self.commands)


def in_course(command: Callable[Concatenate[Course, P], int | None]) -> Callable[P, None]:
    """Pass the course around the working folder to a command. Turn our errors into one line and exit code 2."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            course = Course.find()
            course.secret  # noqa: B018  (an unreadable secret stops every command)
            sys.exit(command(course, *args, **kwargs) or ALL_GRADED)
        except AutograderError as error:
            problem = str(error)
        except OSError as error:
            if error.filename is None or error.errno == errno.EPIPE:
                raise
            problem = f"{error.filename}: {error.strerror}. {remedy_of(error)}"
        problem = " ".join(problem.splitlines()).replace(f"{Path.cwd()}{os.sep}", "")
        to_stderr.print(f"autograder: {problem}", style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(BAD_USAGE)

    return run


def remedy_of(error: OSError) -> str:
    """Return what to do about a file that could not be read or written."""
    return {
        errno.EROFS: "Mount it for writing, or copy the course to a folder where you may write.",
        errno.ENOSPC: "Make room, then run it again.", errno.EDQUOT: "Make room, then run it again.",
    }.get(error.errno or 0, "Is it there, and may this user read and write it?")


def print_line(text: str) -> None:
    """Print a line as it is; in a terminal, broken between words, with the later lines indented."""
    if console.is_terminal:
        text = "\n".join(textwrap.wrap(text, console.width, subsequent_indent="    ", break_on_hyphens=False)) or text
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def has_room(table: Table) -> bool:
    """Tell if the terminal is wide enough for a table with nothing in it broken or cut."""
    return console.measure(table, options=console.options.update(width=WIDE)).maximum <= console.width


def must_be_writable(option: str, path: Path | None) -> None:
    """Refuse a file that cannot be written, before any work is done."""
    if path is None or is_stream(path):
        return
    try:
        tempfile.TemporaryFile(dir=path.absolute().parent).close()
    except OSError as error:
        raise click.BadParameter(f"{path} cannot be written ({error.strerror})", param_hint=option) from error


def is_stream(path: Path) -> bool:
    """Return whether a path is a pipe or a terminal, such as /dev/stdout."""
    return path.exists() and not path.is_file()


def short_path(path: Path) -> str:
    """Return a path as it is shorter to read: from the working folder, or as it is."""
    return min(os.path.relpath(path), str(path), key=len)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file atomically."""
    with open_output(path) as file:
        json.dump(content, file, indent=1)


def open_output(path: Path) -> AbstractContextManager[IO[Any]]:
    """Open a file for text that replaces the old one when it is closed. A stream gets the text at once."""
    if is_stream(path):
        return path.open("w", encoding="utf-8")
    return replace_file(path, "utf-8")


def warn_of_default_secret(course: Course) -> None:
    """Warn on standard error that hidden arguments are predictable, if the course has no secret of its own."""
    if not course.secret.own:
        for line in ("Hidden arguments are drawn from the public default secret. For a real class,",
                     f"write a line of your own into {SECRET_FILE}, or set {SECRET_VARIABLE}."):
            to_stderr.print(line, style="yellow", highlight=False, soft_wrap=True)
