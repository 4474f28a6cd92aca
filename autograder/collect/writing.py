"""Writing of collected submissions into ``submitted/STUDENT/ASSIGNMENT/``."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ..errors import NotebookError
from ..notebooks.submission import read_timestamp_file, submission_files
from ..timestamps import SECRET_FILE, TIMESTAMP_FILE, format_utc, parse_utc

SAME = "same"
NO_TIME = "the same without a time"


@dataclass(frozen=True)
class Submission:
    """The files to write for one submission."""

    file: str  # the notebook's name
    content: bytes
    timestamp: datetime | None = None  # in UTC
    beside: Mapping[str, bytes] = field(default_factory=dict)  # files that go with it, by their paths beside it


def has_time(target: Path) -> bool:
    """Tell if a submission's folder says when it was handed in."""
    return bool(read_timestamp_file(target))


def compare_submission(target: Path, submission: Submission) -> str:
    """Return "" if the folder holds nothing, `SAME` or `NO_TIME` for this submission, or what it holds, in words.

    A submission with another timestamp or another secret is another submission.
    """
    if not os.path.lexists(target):
        return ""
    lacks_time = False
    try:
        old = submission_files(target, submission.file).notebook
        if old.is_symlink() or old.read_bytes() != submission.content:
            return "another submission"
        if submission.timestamp:
            before = parse_utc(read_timestamp_file(target) or "")
            if before and submission.timestamp != before:
                return f"the same with another time ({format_utc(before)})"
            if not before:
                lacks_time = True
        for name, content in submission.beside.items():
            path = target / name
            if not path.is_file() or path.read_bytes() != content:
                return f"the same with another {name}" if path.is_file() else f"the same without {name}"
    except (NotebookError, OSError):
        return "something without a notebook" if not target.is_dir() or any(target.iterdir()) else ""
    return NO_TIME if lacks_time else SAME


def write_submission(target: Path, submission: Submission) -> None:
    """Put a submission's folder in place at once, so that a reader sees the old one or the new one.

    Other files of an earlier submission stay. Its timestamp and its secret do not: they are of that submission.

    Raises
    ------
    OSError
        The folder cannot be written. The old one is then back.
    """
    submitted = target.parents[1]
    submitted.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=submitted, prefix=".collect-"))
    new_parent = not target.parent.exists()
    try:
        new = scratch / "new"
        if target.is_dir() and not target.is_symlink():
            shutil.copytree(target, new, symlinks=True, ignore=list_special)
        new.mkdir(exist_ok=True)
        for name in (submission.file, TIMESTAMP_FILE, SECRET_FILE):
            remove(new / name)
        for name, content in {submission.file: submission.content, **submission.beside}.items():
            put_file(new, name, content)
        if submission.timestamp:
            put_file(new, TIMESTAMP_FILE, format_utc(submission.timestamp).encode())
        target.parent.mkdir(exist_ok=True)
        put_in_place(new, target, scratch / "old")
    except BaseException:
        if new_parent:
            with suppress(OSError):
                target.parent.rmdir()
        raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def put_in_place(new: Path, target: Path, old: Path) -> None:
    """Move a folder to a target, and what was there to another place; on failure it comes back."""
    if os.path.lexists(target):
        os.rename(target, old)
    try:
        os.rename(new, target)
    except BaseException:
        if os.path.lexists(old):
            os.rename(old, target)
        raise


def replace_folder(target: Path, source: Path) -> None:
    """Put a copy of a folder in place of a submission's, at once.

    Raises
    ------
    OSError
        The folder cannot be written. The old one is then back.
    """
    scratch = Path(tempfile.mkdtemp(dir=target.parents[1], prefix=".collect-"))
    try:
        # with the time of now: a report is older than it, and so is that of another submission
        shutil.copytree(source, scratch / "new", symlinks=True, ignore=list_special, copy_function=shutil.copyfile)
        put_in_place(scratch / "new", target, scratch / "old")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def put_file(folder: Path, name: str, content: bytes) -> None:
    """Write a file below a folder. Whatever is in its way is removed, and no link is followed."""
    *folders, _ = name.split("/")
    for number in range(1, len(folders) + 1):
        parent = folder.joinpath(*folders[:number])
        if parent.is_symlink() or not parent.is_dir():
            remove(parent)
            parent.mkdir()
    remove(folder / name)
    (folder / name).write_bytes(content)


def list_special(folder: str, names: list[str]) -> list[str]:
    """Return the names in a folder that are neither files nor folders nor links: copying them would block."""
    kinds = stat.S_ISREG, stat.S_ISDIR, stat.S_ISLNK
    return [name for name in names if not any(kind(os.lstat(os.path.join(folder, name)).st_mode) for kind in kinds)]


def remove(path: Path) -> None:
    """Remove a file, a link or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
