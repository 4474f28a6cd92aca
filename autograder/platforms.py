"""Other systems' data on the students in one assignment: their numbers, times and the files' names.

`autograder roster` and `autograder collect` keep it in ``collected/ASSIGNMENT.json``. Exports need it to name files as
the system takes them back, and nbgrader has no place for it: Moodle numbers the participants of each assignment anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from .errors import CourseError
from .files import write_file

FOLDER = "collected"
FORMAT = 1
CANVAS, MOODLE = "canvas", "moodle"


@dataclass(frozen=True)
class Participant:
    """A student as Moodle's worksheet of one assignment lists them."""

    number: str
    time: datetime | None = None  # of the last change to the submission, in UTC; None if it is not known
    group: str | None = None


@dataclass(frozen=True)
class Received:
    """A student's submission as a platform's download names it."""

    platform: str  # CANVAS or MOODLE
    number: str  # the user's in Canvas, the participant's in Moodle
    file: str = ""  # the name in the download: Canvas takes feedback back by it
    late: bool = False  # Canvas says so
    group: str | None = None  # that handed it in for all of its members


@dataclass
class PlatformRecord:
    """Numbers, times and names of files in one assignment, by student."""

    participants: dict[str, Participant] = field(default_factory=dict)
    received: dict[str, Received] = field(default_factory=dict)

    @property
    def numbers(self) -> dict[str, str]:
        """Return the participants' numbers, by student."""
        return {student: participant.number for student, participant in self.participants.items()}

    def forget(self, student: str) -> bool:
        """Remove a student, and tell if anything was known."""
        return [self.participants.pop(student, None), self.received.pop(student, None)] != [None, None]


def record_path(root: Path, assignment: str) -> Path:
    """Return the file in which an assignment's record is kept."""
    return root / FOLDER / f"{assignment}.json"


def load_record(root: Path, assignment: str) -> PlatformRecord:
    """Return what is known of the students in an assignment; an empty record if nothing has been kept.

    Raises
    ------
    CourseError
        The file is there and holds no record.
    """
    path = record_path(root, assignment)
    try:
        content = json.loads(path.read_bytes())
        if content["format"] != FORMAT:
            raise ValueError(f"format {content['format']}")
        return PlatformRecord(
            {student: _participant(entry) for student, entry in content["participants"].items()},
            {student: Received(**entry) for student, entry in content["received"].items()})
    except FileNotFoundError:
        return PlatformRecord()
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        problem = f"cannot be read ({type(error).__name__}: {error})"
        raise CourseError(path, problem, "Move it away, then run autograder roster and collect again.") from error


def save_record(root: Path, assignment: str, record: PlatformRecord) -> None:
    """Write the record of an assignment in place of the earlier one."""
    path = record_path(root, assignment)
    content = {
        "format": FORMAT,
        "participants": {student: {**vars(entry), "time": entry.time and entry.time.isoformat()}
                         for student, entry in sorted(record.participants.items())},
        "received": {student: vars(entry) for student, entry in sorted(record.received.items())},
    }
    path.parent.mkdir(exist_ok=True)
    write_file(path, json.dumps(content, indent=1, ensure_ascii=False).encode())


def _participant(entry: Mapping[str, Any]) -> Participant:
    return Participant(**{**entry, "time": datetime.fromisoformat(entry["time"]) if entry["time"] else None})
