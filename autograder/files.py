"""Files written all or nothing, packed into a zip, linked into many folders, and opened without following a link."""

from __future__ import annotations

import errno
import io
import os
import secrets
import shutil
import stat
import zipfile
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

#: Errors that every further write would meet, and not only the file at which they showed.
DISK_ERRORS = {
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM}


@contextmanager
def replace_file(path: Path, encoding: str | None = None) -> Iterator[IO]:
    """Open a new file that takes the place of ``path`` when all is written.

    Until then, and on failure, the old file stays. The new one has the mode that the umask leaves.

    Parameters
    ----------
    path : Path
    encoding : str, optional
        Of text; without it the file takes bytes.

    Raises
    ------
    OSError
        It names ``path``, not the scratch file beside it.
    """
    scratch = path.with_name(f".{path.name[:40]}.{secrets.token_hex(8)}")
    try:
        with open(scratch, "x" if encoding else "xb", encoding=encoding) as file:
            yield file
        os.replace(scratch, path)
    except OSError as error:
        if error.errno is None or str(error.filename) not in ("None", str(scratch)):
            raise  # about another file
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        with suppress(OSError):  # a read-only file system refuses this before it sees that there is none
            scratch.unlink(missing_ok=True)


def write_file(path: Path, content: bytes) -> None:
    """Write a file all or nothing: an interrupted run or a full disk leaves the old one."""
    with replace_file(path) as file:
        file.write(content)


def pack_zip(files: Mapping[str, bytes], private: Container[str] = ()) -> bytes:
    """Return a zip without times: equal files give equal bytes.

    Parameters
    ----------
    files : mapping of str to bytes
        By their paths in the zip. Scripts, which begin with ``#!``, are executable.
    private : container of str
        The paths of files that only their owner may read.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in sorted(files.items()):
            info = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            mode = 0o755 if content.startswith(b"#!") else 0o600 if path in private else 0o644
            info.external_attr = (stat.S_IFREG | mode) << 16
            info.create_system = 3  # Unix, without which unzip drops the modes
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return buffer.getvalue()


def open_no_follow(path: Path | str) -> int:
    """Open a file for reading and return its descriptor.

    A link is refused: it could point at the gradebook. A fifo does not block.

    Raises
    ------
    OSError, ValueError
    """
    flags = (getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))  # some systems lack some
    return os.open(path, os.O_RDONLY | sum(flags))


@dataclass
class SharedFile:
    """A file that many folders hold: stored once for all of them, where the file system has hard links."""

    path: Path
    name: str  # in the folders
    status: os.stat_result
    copy: Path | None = None  # the latest

    def install(self, folder: Path) -> None:
        """Put the file into a folder, unless it is there already."""
        target = folder / self.name
        try:
            old = target.stat()
            if old.st_size == self.status.st_size and old.st_mtime >= self.status.st_mtime:
                return
            target.unlink()  # writing into it would change the other folders' file
        except FileNotFoundError:
            target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(self.copy or "", target)
        except OSError:  # the first copy, no hard links here, or too many
            shutil.copyfile(self.path, target)
            self.copy = target
