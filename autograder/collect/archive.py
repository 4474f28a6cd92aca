"""The files of a folder or zip from elsewhere, read without trusting a name, a size or a link in it.

An archive is listed folder by folder, and never as a whole: what one student handed in cannot fill the memory or stop
the others.
"""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

from ..errors import CourseError
from ..files import open_no_follow
from ..notebooks.reading import MAX_BYTES

MAX_FILES = 100_000  # beside each other, on the level of the submissions
MAX_DEPTH = 30  # folders of a submission around a file
DEEPEST = 2 * MAX_DEPTH  # parts of a path in a zip that are looked at
MAX_SUBMITTED = 1_000  # files of one submission that are looked at
IGNORED = ("__MACOSX", "Thumbs.db", "desktop.ini")


class EntryError(Exception):
    """A file of an archive may not be read; the message gives the reason in a few words."""


class Skipped(NamedTuple):
    """A file that is not collected."""

    path: str
    reason: str


@dataclass(frozen=True)
class Entry:
    """A file or folder of an archive; a file's content is read on demand."""

    path: str  # in the archive, with slashes
    read: Callable[[], bytes] | None = field(default=None, repr=False, compare=False)  # None: a folder
    owner: str | None = None  # the user who owns the file, if it is another than this process's

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def is_folder(self) -> bool:
        """Tell if this is a folder."""
        return self.read is None

    @property
    def is_notebook(self) -> bool:
        """Tell if this is a file with the name of a notebook."""
        return not self.is_folder and self.name.lower().endswith(".ipynb")

    def content(self) -> bytes:
        """Return the content of a file.

        Raises
        ------
        EntryError
            It cannot be read, or is too large.
        """
        assert self.read is not None
        return self.read()


class Archive(Protocol):
    """A folder or zip. Files that may not be read are left out of its lists, each with a reason."""

    def list(self, folder: str, refused: list[Skipped], first: str = "", limit: int = MAX_FILES + 1) -> list[Entry]:
        """Return what is in a folder, in order; add what is left out to ``refused``.

        Parameters
        ----------
        folder : str
            Its path in the archive; "" is the root.
        refused : list of Skipped
        first : str
            A name that comes before all others.
        limit : int
            How many files and folders are looked at.
        """
        ...


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open the folder or zip at a path.

    Raises
    ------
    CourseError
        There is none, or it is broken or encrypted.
    """
    if path.is_dir():
        yield FolderArchive(path)
        return
    if not path.is_file():
        raise CourseError(path, "there is no such folder or zip file", "Give the path of what you downloaded.")
    try:
        file = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, ValueError) as error:
        problem = f"this is neither a folder nor a whole zip file ({error})"
        raise CourseError(path, problem, "Download it again.") from error
    except OSError as error:
        raise CourseError(path, f"cannot be read: {error.strerror or error}", "May this user read it?") from error
    with file:
        members = [info for info in file.infolist() if not info.filename.endswith("/")]
        if members and all(info.flag_bits & 1 for info in members):
            raise CourseError(path, "it is encrypted", "Unpack it yourself and give the folder.")
        yield ZipArchive(file)


def list_submission(archive: Archive, top: Entry, refused: list[Skipped], first: str = "") -> list[Entry]:
    """Return the files in one submission, the outer ones first.

    Parameters
    ----------
    archive : Archive
    top : Entry
        The submission's folder, or its one file.
    refused : list of Skipped
        Takes the files that are left out.
    first : str
        The name of a file that comes before the others of its folder.
    """
    if not top.is_folder:
        return [top]
    files: list[Entry] = []
    folders = deque([top.path])
    seen = 0
    while folders:
        entries = archive.list(here := folders.popleft(), refused, first, MAX_SUBMITTED + 1)
        seen += len(entries)
        if seen > MAX_SUBMITTED:
            refused.append(Skipped(top.path, f"has more than {MAX_SUBMITTED:,} files; the others are left aside"))
            folders.clear()
        files += [entry for entry in entries[:MAX_SUBMITTED] if not entry.is_folder]
        deeper = [entry.path for entry in entries if entry.is_folder]
        if deeper and here.count("/") - top.path.count("/") >= MAX_DEPTH:
            refused.append(Skipped(shorten_path(deeper[0]), f"is more than {MAX_DEPTH} folders deep"))
        elif seen <= MAX_SUBMITTED:
            folders += deeper
    return files


def is_ignored(name: str) -> bool:
    """Tell if a file is one that systems and editors leave behind."""
    return name in IGNORED or name.startswith(".")


def make_printable(path: str) -> str:
    """Replace the characters of a path that could control a terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in path)


def shorten_path(path: str, longest: int = 120) -> str:
    """Return a path that fits into a line: printable, and without its middle if it is long."""
    path = make_printable(path if len(path) < 3 * longest else path[: 2 * longest] + path[-longest:])
    return path if len(path) <= longest else f"{path[: longest // 2]}…{path[-longest // 2 :]}"


def _check_size(content: bytes) -> bytes:
    if len(content) > MAX_BYTES:
        raise EntryError(f"has more than {MAX_BYTES:,} bytes")
    return content


# ---- a folder ------------------------------------------------------------------------------------------------


class FolderArchive:
    """A folder on the disk. Links in it are not followed."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def list(self, folder: str, refused: list[Skipped], first: str = "", limit: int = MAX_FILES + 1) -> list[Entry]:
        """Return what is in a folder. See `Archive.list`."""
        try:
            names = [name for name in os.listdir(self._root / folder) if not is_ignored(name)]
        except OSError as error:
            refused.append(Skipped(shorten_path(folder) or ".", f"cannot be listed: {error.strerror}"))
            return []
        entries = []
        for name in sorted(names, key=lambda name: (name != first, name))[:limit]:
            path = f"{folder}/{name}" if folder else name
            try:
                status = os.lstat(self._root / path)
            except OSError as error:
                refused.append(Skipped(shorten_path(path), f"cannot be looked at: {error.strerror}"))
                continue
            if not name.isprintable():
                refused.append(Skipped(make_printable(path), "has a name that cannot be printed"))
            elif stat.S_ISLNK(status.st_mode):
                refused.append(Skipped(path, "is a link"))
            elif stat.S_ISDIR(status.st_mode):
                entries.append(Entry(path))
            elif not stat.S_ISREG(status.st_mode):
                refused.append(Skipped(path, "is not a regular file"))
            else:
                entries.append(Entry(path, partial(_read_file, self._root / path), _owner(status.st_uid)))
        return entries


def _read_file(path: Path) -> bytes:
    try:
        with open(open_no_follow(path), "rb") as file:
            return _check_size(file.read(MAX_BYTES + 1))
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


class ZipArchive:
    """A zip file. Links, bombs and names that lead elsewhere are refused one by one."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file
        self._members: dict[str, list[tuple[str, zipfile.ZipInfo]]] = defaultdict(list)  # by folder
        self._folders: dict[str, set[str]] = defaultdict(set)
        for info in file.infolist():
            parts = path_of(info).split("/")
            folder, name = "/".join(parts[:-1][:DEEPEST]), parts[-1]
            if name and len(parts) <= DEEPEST:
                self._members[folder].append((name, info))
            while folder and folder not in self._folders[parent := folder.rpartition("/")[0]]:
                self._folders[parent].add(folder)
                folder = parent

    def list(self, folder: str, refused: list[Skipped], first: str = "", limit: int = MAX_FILES + 1) -> list[Entry]:
        """Return what is in a folder. See `Archive.list`."""
        found: dict[str, list[zipfile.ZipInfo | None]] = defaultdict(list)  # by path; None: a folder
        for path in self._folders.get(folder, ()):
            found[path].append(None)
        for name, info in self._members.get(folder, ()):
            found[f"{folder}/{name}" if folder else name].append(info)
        entries = []
        paths = [path for path in found if path.endswith("..") or not is_ignored(path.rpartition("/")[2])]
        for path in sorted(paths, key=lambda path: (path.rpartition("/")[2] != first, path))[:limit]:
            member = found[path][0]
            problem = find_name_problem(path) if member is None else find_problem(member, path)
            if problem or len(found[path]) > 1:
                refused.append(Skipped(make_printable(path), problem or "has the same name as another file"))
            else:
                entries.append(Entry(path, partial(_read_member, self._file, member) if member else None))
        return entries


def path_of(info: zipfile.ZipInfo) -> str:
    """Return a member's path with single slashes; decode UTF-8 that is not flagged as such, as macOS writes it."""
    path = info.filename
    if not info.flag_bits & 0x800:
        with suppress(UnicodeError):
            path = path.encode("cp437").decode("utf-8")
    path = path.replace("\\", "/")
    parts = [part for part in path.split("/")[:-1] if part != "."] + path.split("/")[-1:]
    return "/".join(part for number, part in enumerate(parts) if part or number in (0, len(parts) - 1))


def find_name_problem(path: str) -> str | None:
    """Return the reason why a path in a zip cannot be used, or None."""
    if path.startswith("/") or (len(path) > 1 and path[1] == ":"):
        return "has an absolute name"
    if ".." in path.split("/"):
        return "has a name that leads out of the zip"
    if not path.isprintable():
        return "has a name that cannot be printed"
    return None


def find_problem(info: zipfile.ZipInfo, path: str) -> str | None:
    """Return the reason why a member may not be read, or None."""
    mode = info.external_attr >> 16
    if problem := find_name_problem(path):
        return problem
    if info.flag_bits & 1:
        return "is encrypted"
    if info.create_system == 3 and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "is a link" if stat.S_ISLNK(mode) else "is not a regular file"
    if info.file_size > MAX_BYTES:
        return f"has more than {MAX_BYTES:,} bytes"
    return None


def _read_member(file: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    try:
        with file.open(info) as member:
            return _check_size(member.read(MAX_BYTES + 1))
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError, ValueError, zlib.error) as error:
        raise EntryError(f"cannot be unpacked: {error}") from error
