"""What lies in a submission's folder, found without trusting a name in it."""

from __future__ import annotations

import codecs
import itertools
import os
import re
import stat
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from ..errors import NotebookError
from ..model import Repair
from ..timestamps import TIMESTAMP_FILE, parse_utc
from .repair import bound_repairs, shorten

MAX_FILES = 1_000
MAX_FOLDER_BYTES = 100_000_000
MAX_ID_BYTES = 200  # files are named after students, and names have 255 bytes
MAX_TIMESTAMP = 200  # bytes
#: A time that can be read in one way only.
CLEAR_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d| UTC)?"
                        r"|\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d(\.\d+)?)? (?P<zone>[A-Za-z]\S*)")


def can_be_id(student: str) -> bool:
    """Whether a folder's name can be written into a gradebook, a file's name and a terminal."""
    controls = any(unicodedata.category(character) in ("Cc", "Cs") for character in student)
    return not controls and len(student.encode()) <= MAX_ID_BYTES


def printable(student: str) -> str:
    """A name that can be printed, whatever is in it."""
    return student if can_be_id(student) else shorten(student)


@dataclass(frozen=True)
class SubmittedFiles:
    """What a student handed in: the notebook, the other files beside it, and what was odd about them."""

    notebook: Path
    files: tuple[Path, ...]
    repairs: tuple[Repair, ...] = ()


def submission_files(folder, name: str) -> SubmittedFiles:
    """The notebook and the other plain files of a submission folder; links and odd names are left out.

    Parameters
    ----------
    folder : path
    name : str
        The notebook's expected file name; a single notebook with another name is taken for it.

    Raises
    ------
    NotebookError
        There is no notebook to grade; says what was found instead.
    """
    folder = Path(folder)
    if folder.is_symlink() or not folder.is_dir():
        raise NotebookError(folder, "there is no such submission folder")
    files, repairs = _listed(folder)
    notebooks = [path for path in files if path.suffix.lower() == ".ipynb"]
    if os.path.lexists(folder / name):
        chosen = folder / name  # read() refuses what is not a regular file
    else:
        near = [path for path in notebooks if path.parent == folder] or notebooks
        near = [path for path in near if path.name.lower() == name.lower()] or near
        if len(near) != 1:
            found = ", ".join(shorten(str(path.relative_to(folder))) for path in (near or files)[:5]) or "nothing"
            raise NotebookError(folder, f"it holds no {name}; what was found is {found}")
        chosen = near[0]
        said = f"the notebook was named {shorten(str(chosen.relative_to(folder)))} instead of {name}"
        repairs.append(Repair("notebook renamed", None, said))
    return SubmittedFiles(chosen, tuple(path for path in files if path not in notebooks), tuple(bound_repairs(repairs)))


def _listed(folder: Path) -> tuple[list[Path], list[Repair]]:
    """Regular files with plain names, in order, few and small enough; and a note for what was left out."""
    files, repairs, size, folders, seen = [], [], 0, [folder], 0

    def note(kind: str, text: str) -> None:
        repairs.append(Repair(kind, None, text))

    while folders:
        here = folders.pop(0)
        try:
            with os.scandir(here) as listing:
                entries = sorted(itertools.islice(listing, MAX_FILES + 1), key=lambda entry: entry.name)
        except OSError as error:  # no permission, or a path that is too long
            if here == folder:
                raise NotebookError(folder, f"it cannot be listed: {error.strerror}") from None
            note("folder unreadable", f"{shorten(os.path.relpath(here, folder))} cannot be listed: {error.strerror}")
            continue
        for entry in entries:
            seen += 1
            if seen > MAX_FILES:
                note("too many files", f"only the first {MAX_FILES:,} files of the submission were looked at")
                return files, repairs
            if entry.name.startswith("."):
                continue  # checkpoints, version control, what file managers leave
            what = shorten(os.path.relpath(entry.path, folder))
            if entry.is_symlink():
                note("link", f"{what} is a symbolic link and was left out")
            elif not entry.name.isprintable() or set(entry.name) & set('\\:*?"<>|') or entry.name[0] == "-":
                note("odd file name", f"{what} has an odd name and was left out")
            elif entry.is_dir():
                folders.append(Path(entry.path))
            elif not entry.is_file():
                note("special file", f"{what} is not a regular file and was left out")
            elif size + (bytes_ := entry.stat(follow_symlinks=False).st_size) > MAX_FOLDER_BYTES:
                note("too large", f"{what} was left out: a submission may have {MAX_FOLDER_BYTES:,} bytes")
            else:
                size += bytes_
                files.append(Path(entry.path))
    return files, repairs


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
