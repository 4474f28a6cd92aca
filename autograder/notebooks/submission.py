"""What lies in a submission's folder, found without trusting a name in it."""

from __future__ import annotations

import codecs
import itertools
import os
import re
import stat
import unicodedata
import warnings
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..errors import NotebookError
from ..model import Repair
from .repair import bound_repairs, shorten

MAX_FILES = 1_000
MAX_FOLDER_BYTES = 100_000_000
MAX_ID_BYTES = 200  # files are named after students, and names have 255 bytes
TIMESTAMP = "timestamp.txt"
MAX_TIMESTAMP = 200  # bytes
#: A time that can be read in one way only.
TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d| UTC)?"
                  r"|\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d(\.\d+)?)? (?P<zone>[A-Za-z]\S*)")


def can_be_id(student: str) -> bool:
    """Whether a folder's name can be written into a gradebook, a file's name and a terminal."""
    controls = any(unicodedata.category(character) in ("Cc", "Cs") for character in student)
    return not controls and len(student.encode()) <= MAX_ID_BYTES


def shown(student: str) -> str:
    """A name that can be printed, whatever is in it."""
    return student if can_be_id(student) else shorten(student)


@dataclass(frozen=True)
class Submission:
    """What a student handed in: the notebook, the other files beside it, and what was odd about them."""

    notebook: Path
    files: tuple[Path, ...]
    repairs: tuple[Repair, ...] = ()


def submission_files(folder, name: str) -> Submission:
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
    return Submission(chosen, tuple(path for path in files if path not in notebooks), tuple(bound_repairs(repairs)))


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


# ---- when it was handed in ------------------------------------------------------------------------------------


def timestamp_of(folder: Path) -> tuple[str | None, Repair | None]:
    """When a submission was handed in, for `nbgrader.utils.parse_utc`, and what is odd about the file that says so.

    Without that file there is neither. A time that nbgrader reads in a way that nobody may have meant counts as
    nbgrader reads it, and is named.
    """
    from dateutil.tz import gettz  # slow to import, with nbgrader
    from nbgrader.utils import parse_utc

    said = said_time(folder)
    if said is None:
        return None, None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a zone that nobody knows, which is named below
            read = parse_utc(said) if said else None
    except (ValueError, OverflowError, OSError):
        read = None
    if not isinstance(read, datetime):
        said = f"{TIMESTAMP} says no time ({shorten(said)}): whether it was late is not known"
        return None, Repair("no time", None, said)
    found = TIME.fullmatch(said)
    if found and (found["zone"] is None or gettz(found["zone"])):
        return said, None
    return f"{read} UTC", Repair("odd time", None, f"{TIMESTAMP} says {shorten(said)}, which is read as {read} UTC")


def said_time(folder: Path) -> str | None:
    """What a submission's timestamp.txt says, in whichever encoding; nothing where it is no small file of text.

    None where there is no such file.
    """
    path = folder / TIMESTAMP
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
