"""The files in a folder or a zip that came from elsewhere, read without trusting a name, a size or a link in it."""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import CourseError
from ..notebook import MAX_BYTES

MAX_FILES = 100_000
MAX_TOTAL_BYTES = 8 << 30  # of all that is read
MAX_RATIO = 200  # notebooks shrink some tenfold, and no honest one this far
RATIO_FROM = 1 << 20  # smaller files may shrink as they like
LEFT_OUT = ("__MACOSX", "Thumbs.db", "desktop.ini")


class Refused(Exception):
    """A file may not be read; says why in a few words."""


@dataclass(frozen=True)
class Item:
    """A file by its path in the bundle, with slashes; its content is read on demand."""

    path: str
    read: Callable[[], bytes] = field(repr=False, compare=False)
    owner: str | None = None  # the user whose file it is, where that tells something

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class Bundle:
    """The files that may be read, in order, and those that may not, with the reasons."""

    items: tuple[Item, ...]
    refused: tuple[tuple[str, str], ...] = ()


@contextmanager
def opened(path: Path) -> Iterator[Bundle]:
    """The bundle at a path, for as long as it is needed.

    Raises
    ------
    CourseError
        Where there is none, or it is broken, encrypted, or too large.
    """
    if path.is_dir():
        yield folder_bundle(path)
        return
    if not path.is_file():
        raise CourseError(path, "there is no such folder or zip file", "Give the path of what you downloaded.")
    try:
        archive = zipfile.ZipFile(path)
        bundle = zip_bundle(archive, path)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, ValueError) as error:
        problem = f"this is neither a folder nor a whole zip file ({error})"
        raise CourseError(path, problem, "Download it again.") from error
    except OSError as error:
        raise CourseError(path, f"cannot be read: {error.strerror or error}", "May this user read it?") from error
    with archive:
        yield bundle


def left_out(path: str) -> bool:
    """Whether a file is what systems and editors leave behind, and of no interest."""
    return any(part in LEFT_OUT or part.startswith(".") for part in path.split("/"))


def shown(path: str) -> str:
    """A path that does nothing to a terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in path)


class Budget:
    """How much may still be read of a bundle."""

    def __init__(self):
        self.left = MAX_TOTAL_BYTES

    def take(self, file) -> bytes:
        """What a file holds, read no further than is allowed."""
        content = file.read(min(MAX_BYTES, self.left) + 1)
        if len(content) > MAX_BYTES:
            raise Refused(f"has more than {MAX_BYTES:,} bytes")
        if len(content) > self.left:
            raise Refused(f"is beyond the {MAX_TOTAL_BYTES:,} bytes that are read of all")
        self.left -= len(content)
        return content


# ---- a folder ------------------------------------------------------------------------------------------------


def folder_bundle(root: Path) -> Bundle:
    """The regular files under a folder; links are refused, not followed.

    Raises
    ------
    CourseError
        Where it holds too many.
    """
    items, refused, budget = [], [], Budget()

    def blocked(error: OSError) -> None:
        refused.append((os.path.relpath(error.filename, root), f"cannot be listed: {error.strerror}"))

    for here, folders, files in os.walk(root, onerror=blocked):
        folders.sort()
        for name in [*sorted(files), *(name for name in folders if os.path.islink(os.path.join(here, name)))]:
            path = Path(here, name)
            where = path.relative_to(root).as_posix()
            if left_out(where):
                continue
            found = path.lstat()
            if not where.isprintable():
                refused.append((shown(where), "has a name that cannot be printed"))
            elif stat.S_ISLNK(found.st_mode):
                refused.append((where, "is a link"))
            elif not stat.S_ISREG(found.st_mode):
                refused.append((where, "is not a regular file"))
            else:
                items.append(Item(where, lambda path=path: _content(path, budget), _user(found.st_uid)))
        folders[:] = [name for name in folders if not left_out(name)]
        if len(items) > MAX_FILES:
            raise CourseError(root, f"more than {MAX_FILES:,} files are in it", "Give the folder of one download.")
    return Bundle(tuple(items), tuple(refused))


def _content(path: Path, budget: Budget) -> bytes:
    try:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with open(os.open(path, flags), "rb") as file:
            return budget.take(file)
    except OSError as error:
        raise Refused(f"cannot be read: {error.strerror}") from error


def _user(number: int) -> str | None:
    try:
        import pwd
    except ImportError:  # Windows
        return None
    if number == os.getuid():
        return None  # a copy of our own
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return None


# ---- a zip ---------------------------------------------------------------------------------------------------


def zip_bundle(archive: zipfile.ZipFile, where: Path) -> Bundle:
    """The files of a zip; those with names that lead elsewhere, links and bombs are refused one by one.

    Raises
    ------
    CourseError
        Where the whole of it is encrypted, or too large.
    """
    infos = archive.infolist()
    if len(infos) > MAX_FILES:
        raise CourseError(where, f"there are {len(infos):,} files in it", f"At most {MAX_FILES:,} are read.")
    if any(info.flag_bits & 1 for info in infos):
        raise CourseError(where, "it is encrypted", "Unpack it yourself and give the folder.")
    packed, unpacked = sum(info.compress_size for info in infos), sum(info.file_size for info in infos)
    if unpacked > 100 * RATIO_FROM and unpacked > MAX_RATIO * max(packed, 1):
        raise CourseError(where, f"{packed:,} bytes would unpack to {unpacked:,}", "No honest download does that.")
    items, refused, budget = [], [], Budget()
    names = [path_in(info) for info in infos]
    twice = {name for name, count in Counter(names).items() if count > 1}
    for info, name in sorted(zip(infos, names, strict=True), key=lambda pair: pair[1]):
        if info.is_dir() or name.endswith("/"):
            continue
        problem = problem_of(info, name) or ("stands in it twice" if name in twice else None)
        if problem:
            refused.append((shown(name), problem))
        elif not left_out(name):
            items.append(Item(name, lambda info=info: _member(archive, info, budget)))
    return Bundle(tuple(items), tuple(refused))


def path_in(info: zipfile.ZipInfo) -> str:
    """A member's path with slashes; UTF-8 that does not say that it is, as macOS writes it, is read as such."""
    name = info.filename
    if not info.flag_bits & 0x800:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")


def problem_of(info: zipfile.ZipInfo, name: str) -> str | None:
    """Why a member may not be read, or None."""
    mode = info.external_attr >> 16
    if name.startswith("/") or (len(name) > 1 and name[1] == ":"):
        return "has an absolute name"
    if ".." in name.split("/"):
        return "has a name that leads out of the zip"
    if not name.isprintable():
        return "has a name that cannot be printed"
    if info.create_system == 3 and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "is a link" if stat.S_ISLNK(mode) else "is not a regular file"
    if info.file_size > RATIO_FROM and info.file_size > MAX_RATIO * max(info.compress_size, 1):
        return f"{info.compress_size:,} bytes would unpack to {info.file_size:,}"
    if info.file_size > MAX_BYTES and name.lower().endswith(".ipynb"):
        return f"has more than {MAX_BYTES:,} bytes"
    return None


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> bytes:
    try:
        with archive.open(info) as file:
            return budget.take(file)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError, zlib.error) as error:
        raise Refused(f"cannot be unpacked: {error}") from error
