"""The reports of an assignment: one small JSON file a student, in ``reports/ASSIGNMENT/``.

A report is written last, after the autograded notebook and the gradebook, with the key of the graded submission.
If the key in the file is the submission's, all of it is done.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from .files import write_file
from .model import Report

#: Before the digest of the work at the end of a key.
WORK = "-"


def work_digest(notebook: bytes, timestamp: str | None) -> str:
    """Return the fingerprint of a notebook that was handed in at a time; keys of reports end with it."""
    return hashlib.sha256(notebook + b"\0" + (timestamp or "").encode("utf-8", "surrogatepass")).hexdigest()


class ReportStore:
    """The reports in a folder, by student.

    Parameters
    ----------
    folder : Path
        Made when the first report is kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, report: Report, key: str = "") -> None:
        """Write a report in place of the student's earlier one; a reader sees the old or the new one, never half."""
        self.folder.mkdir(parents=True, exist_ok=True)
        content = {**report.to_dict(), "key": key}
        write_file(self.folder / f"{report.student}.json", json.dumps(content, separators=(",", ":")).encode())

    def load(self, student: str) -> Report | None:
        """Return a student's report; None if there is none that can be read."""
        content = self._content(student)
        if content is None:
            return None
        try:
            return Report.from_dict(content)
        except (LookupError, TypeError, ValueError, AttributeError):  # of another version of this package
            return None

    def load_all(self) -> dict[str, Report]:
        """Return the reports that can be read, in the order of the students' ids."""
        students = sorted(path.name.removesuffix(".json") for path in self.folder.glob("[!.]*.json"))
        found = ((student, self.load(student)) for student in students)
        return {student: report for student, report in found if report is not None}

    def is_graded(self, student: str, key: str) -> bool:
        """Tell if the student's submission with this key has been graded."""
        content = self._content(student)
        return content is not None and content.get("key") == key and content.get("status") == "graded"

    def is_of(self, student: str, notebook: bytes, timestamp: str | None) -> bool | None:
        """Tell if a student's report is about this notebook, handed in at this time; None if it does not say."""
        content = self._content(student)
        _, sign, work = str(content.get("key") or "").rpartition(WORK) if content else ("", "", "")
        return work == work_digest(notebook, timestamp) if sign else None

    def _content(self, student: str) -> dict[str, Any] | None:
        try:
            content = json.loads((self.folder / f"{student}.json").read_bytes())
        except (OSError, ValueError):
            return None
        return content if isinstance(content, dict) and content.get("student") == student else None


