"""What came of each submission, kept where every command finds it: one small JSON file a student.

``reports/ASSIGNMENT/STUDENT.json`` holds the report as `model.Report.to_dict` gives it, and the key of what was
graded. It is written last, after the autograded notebook and the gradebook: where the key is the submission's, all
of it is done.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO


@dataclass(frozen=True)
class ReportStore:
    """The reports of one assignment, a file for each student."""

    folder: Path

    def save(self, report: dict) -> None:
        """Write a student's report atomically."""
        self.folder.mkdir(parents=True, exist_ok=True)
        content = json.dumps(report, separators=(",", ":")).encode()
        write_whole(self.folder / f"{report['student']}.json", content)

    def load(self, student: str) -> dict | None:
        """Return a student's report; None if there is none, or it cannot be read."""
        try:
            report = json.loads((self.folder / f"{student}.json").read_bytes())
        except (OSError, ValueError):
            return None
        return report if isinstance(report, dict) and report.get("student") == student else None

    def load_all(self) -> dict[str, dict]:
        """Return all readable reports by student, in the order of their ids."""
        students = sorted(path.name.removesuffix(".json") for path in self.folder.glob("[!.]*.json"))
        found = ((student, self.load(student)) for student in students)
        return {student: report for student, report in found if report is not None}


@contextmanager
def written_whole(path: Path, encoding: str | None = None) -> Iterator[IO]:
    """A file to write to, put in place at once when all is written; until then, and on failure, the old one stays.

    It takes bytes, or text where there is an encoding. Its mode is that of any new file: what the umask leaves.

    Raises
    ------
    OSError
        It names the path, not the scratch file beside it.
    """
    scratch = path.with_name(f".{path.name[:40]}.{secrets.token_hex(8)}")
    try:
        with open(scratch, "x" if encoding else "xb", encoding=encoding) as file:
            yield file
        os.replace(scratch, path)
    except OSError as error:
        if error.errno is None or str(error.filename) not in ("None", str(scratch)):
            raise  # about something else
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        scratch.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Put a file in place at once: an interrupted run or a full disk leaves what was there before."""
    with written_whole(path) as file:
        file.write(content)


@dataclass
class Shared:
    """A file that lies in many folders: once on the disk for all that it is laid into, where links are to be had."""

    path: Path
    name: str  # in the folders
    found: os.stat_result
    copy: Path | None = None  # the last that was made

    def lay(self, folder: Path) -> None:
        """See to it that the file is in a folder, as it is now."""
        there = folder / self.name
        try:
            old = there.stat()
            if old.st_size == self.found.st_size and old.st_mtime >= self.found.st_mtime:
                return
            there.unlink()  # other folders may have the same
        except FileNotFoundError:
            there.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(self.copy or "", there)
        except OSError:  # the first; or no links here, or too many
            shutil.copyfile(self.path, there)
            self.copy = there
