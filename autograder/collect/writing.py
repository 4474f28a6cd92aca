"""Writing of collected submissions into ``submitted/STUDENT/ASSIGNMENT/``."""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import datetime
from pathlib import Path

from ..errors import CourseError, NotebookError
from ..notebooks.submission import submission_files
from ..timestamps import TIMESTAMP_FILE, format_utc, parse_utc

SAME = "same"


def compare_submission(target: Path, file: str, content: bytes, timestamp: datetime | None) -> str:
    """Return "" if the folder holds nothing, `SAME` if it holds this submission, or what it holds, in words.

    Parameters
    ----------
    target : Path
        The submission's folder.
    file : str
        The notebook's name.
    content : bytes
    timestamp : datetime, optional
        In UTC. A submission with another timestamp is another submission.
    """
    if not os.path.lexists(target):
        return ""
    try:
        old = submission_files(target, file).notebook
        if old.is_symlink() or old.read_bytes() != content:
            return "another submission"
        if timestamp:
            stamp = target / TIMESTAMP_FILE
            before = parse_utc(stamp.read_text(encoding="utf-8", errors="replace").strip()) if stamp.is_file() else None
            if timestamp != before:
                return f"the same with another time ({format_utc(before) if before else 'none'})"
    except (NotebookError, OSError):
        return "something without a notebook" if not target.is_dir() or any(target.iterdir()) else ""
    return SAME


def write_submission(target: Path, file: str, content: bytes, timestamp: datetime | None) -> None:
    """Put a submission's folder in place at once, so that a reader sees the old one or the new one.

    Other files of an earlier submission stay; its timestamp does not.

    Raises
    ------
    CourseError
        The folder cannot be written. The old one is then back.
    """
    submitted = target.parents[1]
    try:
        submitted.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=submitted, prefix=".collect-"))
    except OSError as error:
        raise CourseError(submitted, f"cannot be written: {error.strerror}", "May this user write it?") from error
    try:
        new, old = scratch / "new", scratch / "old"
        if target.is_dir() and not target.is_symlink():
            shutil.copytree(target, new, symlinks=True)
        new.mkdir(exist_ok=True)
        for name in (file, TIMESTAMP_FILE):
            (new / name).unlink(missing_ok=True)
        (new / file).write_bytes(content)
        if timestamp:
            (new / TIMESTAMP_FILE).write_text(format_utc(timestamp), encoding="utf-8")
        target.parent.mkdir(exist_ok=True)
        if os.path.lexists(target):
            os.rename(target, old)
        try:
            os.rename(new, target)
        except BaseException:
            if os.path.lexists(old):
                os.rename(old, target)
            raise
    except OSError as error:
        raise CourseError(target, f"cannot be written: {error.strerror}", "May this user write it?") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
