"""Find the notebook and the time in a submission's folder, without trusting a name in it."""

from __future__ import annotations

import codecs
import itertools
import os
import re
import stat
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import NotebookError
from ..model import Repair
from ..timestamps import TIMESTAMP_FILE, parse_utc
from .choosing import MAX_COMPARED, CountWork, choose_notebook
from .reading import read_bytes
from .repair import bound_repairs, shorten

MAX_FILES = 1_000
MAX_FOLDER_BYTES = 100_000_000
MAX_ID_BYTES = 200  # files are named after students, and names have 255 bytes
MAX_ID = 100  # characters of an id that a person chooses
MAX_TIMESTAMP = 200  # bytes
#: A time that can be read in one way only.
CLEAR_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d| UTC)?"
                        r"|\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d(\.\d+)?)? (?P<zone>[A-Za-z]\S*)")


def can_be_id(student: str) -> bool:
    """Return whether a folder's name can be written into a gradebook, a file's name and a terminal."""
    controls = any(unicodedata.category(character) in ("Cc", "Cs") for character in student)
    return not controls and len(student.encode()) <= MAX_ID_BYTES


def printable(student: str) -> str:
    """Return a student's id as it can be printed."""
    return student if can_be_id(student) else shorten(student)


def is_folder_name(student: str) -> bool:
    """Tell if an id can name a folder on any system."""
    return (can_be_id(student) and 0 < len(student) <= MAX_ID and student.isprintable() and student.strip() == student
            and student[0] not in ".-" and student[-1] != "." and not set(student) & set('/\\:*?"<>|'))


def is_plain_name(name: str) -> bool:
    """Return whether a file's name can be used on any system, and in any command."""
    return name.isprintable() and not set(name) & set('/\\:*?"<>|') and name[:1] not in ("", ".", "-")


@dataclass(frozen=True)
class SubmittedFiles:
    """The files of a submission."""

    notebook: Path
    files: tuple[Path, ...]
    repairs: tuple[Repair, ...] = ()


def submission_files(folder: str | Path, name: str, count_work: CountWork | None = None) -> SubmittedFiles:
    """Return the notebook and the other plain files in a submission's folder, without links and odd names.

    Parameters
    ----------
    folder : path
    name : str
        The notebook's expected file name. Another notebook is taken if it is the only one, or the one with work.
    count_work : callable, optional
        Returns the work in a notebook's file; without it, names alone decide.

    Raises
    ------
    NotebookError
        There is no notebook to grade, or nothing decides among several. The error names the files that were found.
    """
    folder = Path(folder)
    if folder.is_symlink() or not folder.is_dir():
        raise NotebookError(folder, "there is no such submission folder")
    listing = _Listing(folder)
    listing.read()
    files, repairs = listing.files, listing.repairs
    notebooks = [path for path in files if path.suffix.lower() == ".ipynb"]
    if os.path.lexists(folder / name):
        near = [folder / name]  # reading it refuses anything but a regular file
    else:
        near = [path for path in notebooks if path.parent == folder] or notebooks
        near = [path for path in near if path.name.lower() == name.lower()] or near
    chosen, reason = _choose(folder, [*near, *(path for path in notebooks if path not in near)], len(near), count_work)
    if chosen is None:
        found = ", ".join(shorten(str(path.relative_to(folder))) for path in (near or files)[:5]) or "nothing"
        raise NotebookError(folder, f"it holds no {name}; what was found is {found}")
    if reason:
        repairs.append(Repair("several notebooks", None, reason))
    elif chosen != folder / name:
        text = f"the notebook was named {shorten(str(chosen.relative_to(folder)))} instead of {name}"
        repairs.append(Repair("notebook renamed", None, text))
    return SubmittedFiles(chosen, tuple(path for path in files if path not in notebooks), tuple(bound_repairs(repairs)))


def _choose(
    folder: Path, notebooks: Sequence[Path], named: int, count_work: CountWork | None
) -> tuple[Path | None, str]:
    """Return the notebook that counts, if something decides, and the reason if it is not the name alone.

    The first ``named`` notebooks have the name that was asked for, or the most similar one.
    """
    if count_work is None or len(notebooks) < 2 or (len(notebooks) > MAX_COMPARED and named != 1):
        return (notebooks[0] if named == 1 else None), ""
    compared = notebooks[:MAX_COMPARED]
    names = [str(path.relative_to(folder)) for path in compared]
    choice = choose_notebook(names, map(_read_if_possible, compared), names[0], count_work, named)
    return (None, "") if choice.index is None else (compared[choice.index], choice.reason)


def _read_if_possible(path: Path) -> bytes:
    try:
        return read_bytes(path)
    except NotebookError:
        return b""  # no notebook, and so without work


class _Listing:
    """The regular files with plain names in a folder, few and small enough, and a repair for each one left out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.files: list[Path] = []
        self.repairs: list[Repair] = []
        self._size = self._seen = 0

    def read(self) -> None:
        """List the folder and the folders in it, in order."""
        folders = [self._folder]
        while folders:
            here = folders.pop(0)
            try:
                with os.scandir(here) as listing:
                    entries = sorted(itertools.islice(listing, MAX_FILES + 1), key=lambda entry: entry.name)
            except OSError as error:  # no permission, or a path that is too long
                if here == self._folder:
                    raise NotebookError(here, f"it cannot be listed: {error.strerror}") from None
                self._note("folder unreadable", f"{self._shorten(here)} cannot be listed: {error.strerror}")
                continue
            for entry in entries:
                self._seen += 1
                if self._seen > MAX_FILES:
                    self._note("too many files", f"only the first {MAX_FILES:,} files of the submission were looked at")
                    return
                if entry.name.startswith(".") or entry.name == "__MACOSX":
                    continue  # checkpoints, version control, a file manager's files
                if entry.is_dir(follow_symlinks=False) and is_plain_name(entry.name):
                    folders.append(Path(entry.path))
                else:
                    self._take(entry)

    def _take(self, entry: os.DirEntry[str]) -> None:
        """Add a file, or a repair if it is left out."""
        name = self._shorten(entry.path)
        if entry.is_symlink():
            self._note("link", f"{name} is a symbolic link and was left out")
        elif not is_plain_name(entry.name):
            self._note("odd file name", f"{name} has an odd name and was left out")
        elif not entry.is_file():
            self._note("special file", f"{name} is not a regular file and was left out")
        elif self._size + (size := entry.stat(follow_symlinks=False).st_size) > MAX_FOLDER_BYTES:
            self._note("too large", f"{name} was left out: a submission may have {MAX_FOLDER_BYTES:,} bytes")
        else:
            self._size += size
            self.files.append(Path(entry.path))

    def _shorten(self, path: str | Path) -> str:
        return shorten(os.path.relpath(path, self._folder))

    def _note(self, kind: str, text: str) -> None:
        self.repairs.append(Repair(kind, None, text))


# ---- when it was submitted --------------------------------------------------------------------------------


def read_timestamp(folder: Path) -> tuple[str | None, Repair | None]:
    """Return when a submission was made, as `parse_utc` reads it, and a repair if its file is odd.

    A time that nbgrader reads in a way that hardly anyone meant counts as nbgrader reads it. Both are None without a
    file.
    """
    from dateutil.tz import gettz  # slow to import

    text = read_timestamp_file(folder)
    if text is None:
        return None, None
    time = parse_utc(text) if text else None
    if time is None:
        problem = f"{TIMESTAMP_FILE} says no time ({shorten(text)}): whether it was late is not known"
        return None, Repair("no time", None, problem)
    found = CLEAR_TIME.fullmatch(text)
    if found and (found["zone"] is None or gettz(found["zone"])):
        return text, None
    return f"{time} UTC", Repair("odd time", None,
                                 f"{TIMESTAMP_FILE} says {shorten(text)}, which is read as {time} UTC")


def read_timestamp_file(folder: Path) -> str | None:
    """Return the text of a submission's timestamp.txt, in whichever encoding; None if there is no such file.

    A file that is no small file of text counts as empty.
    """
    path = folder / TIMESTAMP_FILE
    try:
        found = path.lstat()
        small = stat.S_ISREG(found.st_mode) and found.st_size <= MAX_TIMESTAMP
        content = path.read_bytes() if small else b""
        wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))  # as PowerShell writes
        return content.decode("utf-16" if wide else "utf-8-sig").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeError):
        return ""
