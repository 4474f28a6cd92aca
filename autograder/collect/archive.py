"""The files of a folder or zip from elsewhere, read without trusting a name, a size or a link in it."""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple

from ..errors import CourseError
from ..files import open_no_follow
from ..notebooks.reading import MAX_BYTES

MAX_FILES = 100_000
MAX_TOTAL_BYTES = 8 << 30  # of all files that are read
MAX_RATIO = 200  # notebooks shrink tenfold, and no honest file this far
RATIO_FROM = 1 << 20  # bytes; smaller files may have any ratio
IGNORED = ("__MACOSX", "Thumbs.db", "desktop.ini")


class EntryError(Exception):
    """A file of an archive may not be read; the message gives the reason in a few words."""


class Skipped(NamedTuple):
    """A file that is not collected."""

    path: str
    reason: str


@dataclass(frozen=True)
class Entry:
    """A file of an archive; its content is read on demand."""

    path: str  # in the archive, with slashes
    read: Callable[[], bytes] = field(repr=False, compare=False)
    owner: str | None = None  # the user who owns the file, if it is another than this process's

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def is_notebook(self) -> bool:
        """Tell if the name is that of a notebook."""
        return self.name.lower().endswith(".ipynb")


@dataclass(frozen=True)
class Archive:
    """The files that may be read, in order, and those that may not."""

    entries: tuple[Entry, ...]
    refused: tuple[Skipped, ...] = ()


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open the folder or zip at a path.

    Raises
    ------
    CourseError
        There is none, or it is broken, encrypted or too large.
    """
    if path.is_dir():
        yield list_folder(path)
        return
    if not path.is_file():
        raise CourseError(path, "there is no such folder or zip file", "Give the path of what you downloaded.")
    try:
        file = zipfile.ZipFile(path)
        archive = list_zip(file, path)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, ValueError) as error:
        problem = f"this is neither a folder nor a whole zip file ({error})"
        raise CourseError(path, problem, "Download it again.") from error
    except OSError as error:
        raise CourseError(path, f"cannot be read: {error.strerror or error}", "May this user read it?") from error
    with file:
        yield archive


def is_ignored(path: str) -> bool:
    """Tell if a file is one that systems and editors leave behind."""
    return any(part in IGNORED or part.startswith(".") for part in path.split("/"))


def make_printable(path: str) -> str:
    """Replace the characters of a path that could control a terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in path)


class ReadBudget:
    """Bounds the bytes that are read of one archive."""

    def __init__(self) -> None:
        self.remaining = MAX_TOTAL_BYTES

    def read(self, file: IO[bytes]) -> bytes:
        """Return the content of a file.

        Raises
        ------
        EntryError
            The file is too large, or the archive's budget is spent.
        """
        content = file.read(min(MAX_BYTES, self.remaining) + 1)
        if len(content) > MAX_BYTES:
            raise EntryError(f"has more than {MAX_BYTES:,} bytes")
        if len(content) > self.remaining:
            raise EntryError(f"exceeds the {MAX_TOTAL_BYTES:,} bytes that are read of one archive")
        self.remaining -= len(content)
        return content


# ---- a folder ------------------------------------------------------------------------------------------------


def list_folder(root: Path) -> Archive:
    """List the regular files under a folder; refuse links without following them.

    Raises
    ------
    CourseError
        It holds too many files.
    """
    entries: list[Entry] = []
    refused: list[Skipped] = []
    budget = ReadBudget()

    def refuse_folder(error: OSError) -> None:
        refused.append(Skipped(os.path.relpath(error.filename, root), f"cannot be listed: {error.strerror}"))

    for here, folders, files in os.walk(root, onerror=refuse_folder):
        folders.sort()
        for name in [*sorted(files), *(name for name in folders if os.path.islink(os.path.join(here, name)))]:
            path = Path(here, name)
            shown = path.relative_to(root).as_posix()
            if is_ignored(shown):
                continue
            status = path.lstat()
            if not shown.isprintable():
                refused.append(Skipped(make_printable(shown), "has a name that cannot be printed"))
            elif stat.S_ISLNK(status.st_mode):
                refused.append(Skipped(shown, "is a link"))
            elif not stat.S_ISREG(status.st_mode):
                refused.append(Skipped(shown, "is not a regular file"))
            else:
                entries.append(Entry(shown, partial(_read_file, path, budget), _owner(status.st_uid)))
        folders[:] = [name for name in folders if not is_ignored(name)]
        if len(entries) > MAX_FILES:
            raise CourseError(root, f"more than {MAX_FILES:,} files are in it", "Give the folder of one download.")
    return Archive(tuple(entries), tuple(refused))


def _read_file(path: Path, budget: ReadBudget) -> bytes:
    try:
        with open(open_no_follow(path), "rb") as file:
            return budget.read(file)
    except OSError as error:
        raise EntryError(f"cannot be read: {error.strerror}") from error


def _owner(uid: int) -> str | None:
    try:
        import pwd
    except ImportError:  # Windows
        return None
    if uid == os.getuid():
        return None  # a copy of the instructor's
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None


# ---- a zip ---------------------------------------------------------------------------------------------------


def list_zip(file: zipfile.ZipFile, where: Path) -> Archive:
    """List the files of a zip; refuse links, bombs and names that lead elsewhere, one by one.

    Raises
    ------
    CourseError
        It is encrypted, or too large as a whole.
    """
    infos = file.infolist()
    if len(infos) > MAX_FILES:
        raise CourseError(where, f"there are {len(infos):,} files in it", f"At most {MAX_FILES:,} are read.")
    if any(info.flag_bits & 1 for info in infos):
        raise CourseError(where, "it is encrypted", "Unpack it yourself and give the folder.")
    packed, unpacked = sum(info.compress_size for info in infos), sum(info.file_size for info in infos)
    if unpacked > 100 * RATIO_FROM and unpacked > MAX_RATIO * max(packed, 1):
        raise CourseError(where, f"{packed:,} bytes would unpack to {unpacked:,}", "No honest download does that.")
    entries: list[Entry] = []
    refused: list[Skipped] = []
    budget = ReadBudget()
    paths = [path_of(info) for info in infos]
    repeated = {path for path, count in Counter(paths).items() if count > 1}
    for info, path in sorted(zip(infos, paths, strict=True), key=lambda pair: pair[1]):
        if info.is_dir() or path.endswith("/"):
            continue
        problem = find_problem(info, path) or ("has the same name as another file" if path in repeated else None)
        if problem:
            refused.append(Skipped(make_printable(path), problem))
        elif not is_ignored(path):
            entries.append(Entry(path, partial(_read_member, file, info, budget)))
    return Archive(tuple(entries), tuple(refused))


def path_of(info: zipfile.ZipInfo) -> str:
    """Return a member's path with slashes; decode UTF-8 that is not flagged as such, as macOS writes it."""
    path = info.filename
    if not info.flag_bits & 0x800:
        with suppress(UnicodeError):
            path = path.encode("cp437").decode("utf-8")
    return path.replace("\\", "/")


def find_problem(info: zipfile.ZipInfo, path: str) -> str | None:
    """Return the reason why a member may not be read, or None."""
    mode = info.external_attr >> 16
    if path.startswith("/") or (len(path) > 1 and path[1] == ":"):
        return "has an absolute name"
    if ".." in path.split("/"):
        return "has a name that leads out of the zip"
    if not path.isprintable():
        return "has a name that cannot be printed"
    if info.create_system == 3 and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "is a link" if stat.S_ISLNK(mode) else "is not a regular file"
    if info.file_size > RATIO_FROM and info.file_size > MAX_RATIO * max(info.compress_size, 1):
        return f"{info.compress_size:,} bytes would unpack to {info.file_size:,}"
    if info.file_size > MAX_BYTES and path.lower().endswith(".ipynb"):
        return f"has more than {MAX_BYTES:,} bytes"
    return None


def _read_member(file: zipfile.ZipFile, info: zipfile.ZipInfo, budget: ReadBudget) -> bytes:
    try:
        with file.open(info) as member:
            return budget.read(member)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError, zlib.error) as error:
        raise EntryError(f"cannot be unpacked: {error}") from error
