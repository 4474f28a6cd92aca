"""A course in one zip, to be kept after its end: everything that no command can make again."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import make_url

from ..course.course import Course
from ..course.settings import CONFIG, SECRET_FILE
from ..errors import CourseError
from ..files import replace_file
from ..platforms import FOLDER as COLLECTED
from .attempts import FOLDER as ATTEMPTS
from .leaving import DROPPED

#: Files of the root beside its Python modules, and folders, without what `feedback` and `export` make again.
FILES = (CONFIG, SECRET_FILE)
FOLDERS = ("source", "release", "history", "submitted", ATTEMPTS, COLLECTED, DROPPED, "autograded", "reports")
LEFT_OUT = ("__pycache__", ".ipynb_checkpoints")


@dataclass
class CourseArchive:
    """The content of a zip that was written."""

    path: Path
    folders: dict[str, int] = field(default_factory=dict)  # the number of files, by folder
    other_database: str = ""  # the kind of database that is no file, and not in the zip


def archive_course(course: Course, path: Path) -> CourseArchive:
    """Write all that is to be kept of a course into a zip, at once.

    The gradebook is copied as it is at one moment, even if somebody writes to it.

    Raises
    ------
    CourseError
        The zip would lie in one of the folders that it is to hold.
    OSError
        A file cannot be read, or the zip cannot be written. An older zip then stays.
    """
    inside = path.absolute().parent
    if any(inside.is_relative_to(course.root / name) for name in FOLDERS):
        raise CourseError(path, "this folder is part of what is archived", "Name a place outside of it with --to.")
    made = CourseArchive(path)
    url = make_url(course.database_url)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replace_file(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as kept:
        for name in sorted({*FILES, *(module.name for module in course.root.glob("*.py"))}):
            if (course.root / name).is_file():
                kept.write(course.root / name, name)
        for folder in FOLDERS:
            for file_path in list_regular(course.root / folder):
                kept.write(file_path, file_path.relative_to(course.root).as_posix())
                made.folders[folder] = made.folders.get(folder, 0) + 1
        if url.get_backend_name() != "sqlite":
            made.other_database = url.get_backend_name()
        elif url.database and Path(url.database).is_file():
            with tempfile.TemporaryDirectory() as scratch:
                copy = Path(scratch) / "gradebook.db"
                with (closing(sqlite3.connect(url.database)) as source, closing(sqlite3.connect(copy)) as target):
                    source.backup(target)
                kept.write(copy, "gradebook.db")
    return made


def list_regular(folder: Path) -> Iterator[Path]:
    """Yield the regular files below a folder, in order; links to files of the course among them, no other links."""
    root = folder.parent.resolve()
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in LEFT_OUT)
        for name in sorted(files):
            path = Path(here) / name
            if path.is_file() and (not path.is_symlink() or path.resolve().is_relative_to(root)):
                yield path
