"""Feedback pages in a zip as Canvas and Moodle take them back, each file named so that its student gets it.

Canvas goes by the user's and the attachment's number in a file's name (`infer_comment_context_from_filename` in
canvas-lms), Moodle by the participant's number in a folder's name (mod/assign/feedback/file/importziplib.php).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ..course.course import Course
from ..errors import NotebookError
from ..files import replace_file
from ..notebooks.submission import read_timestamp, submission_files
from ..platforms import CANVAS, MOODLE, PlatformRecord, Received
from ..roster import RosterEntry

#: The form of a file's name in Canvas's download.
FORM = re.compile(r"(?P<name>.+?)_(?:LATE_)?(?P<user>\d+)_(?P<file>\d+)_.+")
#: Parts of a name that mean something to Canvas.
MEANT = re.compile(r"\d*|anon|LATE", re.IGNORECASE)
PLATFORMS = {CANVAS: "Canvas", MOODLE: "Moodle"}
NO_PAGE = "no page yet"
OLD_PAGE = "the page is older than the grade"
NEW_WORK = "handed in again since it was graded"
BY_GROUP = "handed in by a group"


@dataclass
class FeedbackZip:
    """The pages in a zip, and the students who are left out, by the reason."""

    pages: dict[str, str] = field(default_factory=dict)  # the name in the zip, by student
    left_out: dict[str, list[str]] = field(default_factory=dict)

    def leave_out(self, student: str, reason: str) -> None:
        """Add a student who has no page in the zip."""
        self.left_out.setdefault(reason, []).append(student)


def plan_zip(
    course: Course, assignment: str, platform: str, students: Iterable[RosterEntry], record: PlatformRecord
) -> FeedbackZip:
    """Return the name of each student's page in the zip, and the reasons why others have none.

    Parameters
    ----------
    course : Course
    assignment : str
    platform : str
        `CANVAS` or `MOODLE`.
    students : iterable of RosterEntry
        Who handed something in.
    record : PlatformRecord
        The numbers and names that `collect` has kept.
    """
    plan = FeedbackZip()
    for entry in students:
        page = page_of(course, entry.student, assignment)
        reason = find_problem(course, assignment, entry.student, page)
        received = record.received.get(entry.student)
        if not reason and received and received.group:
            reason = BY_GROUP
        if not reason:
            own = received if received and received.platform == platform else None
            if platform == CANVAS:
                name = name_in_canvas(own, assignment) if own else None
            else:  # the worksheet has the number, too, wherever the work came from
                number = own.number if own else record.numbers.get(entry.student)
                name = name_in_moodle(entry, number, assignment) if number else None
            if name:
                plan.pages[entry.student] = name
                continue
            reason = f"not collected from a download of {PLATFORMS[platform]}, so the number is not known"
        plan.leave_out(entry.student, reason)
    return plan


def page_of(course: Course, student: str, assignment: str) -> Path:
    """Return the path of a student's feedback page."""
    return course.feedback(student, assignment) / f"{assignment}.html"


def find_problem(course: Course, assignment: str, student: str, page: Path) -> str:
    """Return why a page cannot be handed out, or "".

    It must be of the very submission that is in place: the platform's numbers are that one's.
    """
    store, folder = course.reports(assignment), course.submitted(student, assignment)
    try:
        written = page.stat().st_mtime_ns
    except OSError:
        return NO_PAGE
    try:
        work = submission_files(folder, f"{assignment}.ipynb").notebook.read_bytes()
    except (OSError, NotebookError):  # the page says so
        is_of_it = None
    else:
        is_of_it = store.is_of(student, work, read_timestamp(folder)[0])
    try:
        is_old = (store.folder / f"{student}.json").stat().st_mtime_ns > written
    except OSError:
        is_old = False
    return NEW_WORK if is_of_it is False else OLD_PAGE if is_old else ""


def name_in_canvas(received: Received, assignment: str) -> str | None:
    """Return the name under which Canvas takes a page back, or None if the downloaded name has no numbers.

    Canvas takes the first two parts that are numbers, and ignores a file whose last part begins with "link".
    """
    found = FORM.fullmatch(received.file)
    if found is None:
        return None
    name = found["name"].replace("_", "")
    name = "student" if MEANT.fullmatch(name) else name
    return f"{name}_{found['user']}_{found['file']}_feedback-{assignment.replace('_', '-')}.html"


def name_in_moodle(entry: RosterEntry, number: str, assignment: str) -> str:
    """Return the path under which Moodle takes a page back: the number is the second part of the folder's name."""
    full = f"{entry.first_name or ''} {entry.last_name or ''}"
    name = " ".join("".join(c if c.isalnum() or c in " -" else " " for c in full).split()) or "Participant"
    return f"{name}_{number}_assignfeedback_file_/{assignment}.html"


def write_zip(course: Course, assignment: str, plan: FeedbackZip, target: Path) -> None:
    """Write the zip at once, each page as it is on the disk; the same pages give the same bytes.

    Raises
    ------
    OSError
        A page cannot be read, or the zip cannot be written. An older zip is then kept.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with replace_file(target) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for student, name in plan.pages.items():
            info = zipfile.ZipInfo(name)  # its time is that of no clock
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(info, page_of(course, student, assignment).read_bytes())
