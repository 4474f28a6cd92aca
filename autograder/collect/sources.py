"""The kinds of sources: nbgrader's exchange and submitted folder, the bulk downloads of Moodle and Canvas.

Each kind has a function from an archive's entries and the assignment's name to candidates.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..errors import CourseError
from ..roster import Roster
from ..timestamps import TIMESTAMP_FILE, parse_utc
from .archive import Archive, Entry, EntryError, Skipped
from .candidates import Candidate, with_notebook
from .patterns import GUESSES, Matcher, candidate_of, compile_pattern

EXCHANGE = re.compile(r"(?:.*/)?(?P<folder>(?P<student>[^/]+)\+(?P<assignment>[^/+]+)\+(?P<time>\d{4}-\d\d-\d\d [^/+]+)"
                      r"(?:\+[^/+]*)?)/(?P<file>.+)")
MOODLE = re.compile(r"(?:.*/)?(?P<name>[^/]+?)_(?P<number>\d+)_assignsubmission_(?P<plugin>[a-z]+)"
                    r"(?:_?/(?P<path>.+)|_(?P<flat>[^/]+))")
CANVAS = re.compile(r"(?:.*/)?(?P<name>[^/]+?)_(?:(?P<late>LATE)_)?(?P<user>\d+)_(?P<file>\d+)_(?P<rest>[^/]+)")

#: Candidates, and the notebooks that are none.
Found = tuple[list[Candidate], list[Skipped]]


@dataclass(frozen=True)
class Source:
    """A kind of source: its name, and the function that reads its candidates for an assignment."""

    name: str
    read: Callable[[Sequence[Entry], str], Found]


def detect_source(archive: Archive, assignment: str, roster: Roster, path: Path) -> Source:
    """Return the kind of source that fits the names in an archive.

    Raises
    ------
    CourseError
        There is no notebook, or no kind fits and there is no roster with ids to look for.
    """
    notebooks = find_notebooks(archive.entries)
    if not notebooks:
        raise CourseError(path, "there is no notebook in it", "Give the folder or zip with the students' .ipynb files.")
    if any(EXCHANGE.fullmatch(entry.path) for entry in archive.entries):
        return Source("nbgrader's exchange", read_exchange)
    if any(MOODLE.fullmatch(entry.path) for entry in archive.entries):
        return Source("a bulk download of Moodle", read_moodle)
    submitted = [parts for entry in notebooks if (parts := split_submitted(entry.path, assignment))]
    if submitted and 2 * len({student for student, _, _ in submitted}) >= len(submitted):
        return Source("nbgrader's submitted folder", read_submitted)
    if 2 * sum(bool(CANVAS.fullmatch(entry.path)) for entry in notebooks) >= len(notebooks):
        return Source("a bulk download of Canvas", read_canvas)
    if not len(roster):
        raise CourseError(path, "the students of these files are not clear, since no student is known",
                          'Describe the names, as in --pattern "{student}_{anything}.ipynb", or give --roster.')
    known = Roster(roster.entries.values(), closed=True)
    matchers = [compile_pattern(guess, False, known)[0] for guess in GUESSES]
    return Source("a pattern", matching_reader(matchers, "begins with no known student's id"))


def pattern_source(pattern: str, regex: bool, roster: Roster) -> Source:
    """Return the source whose files are named by a pattern.

    Raises
    ------
    CourseError
        The pattern is not valid.
    """
    return Source("a pattern", matching_reader(compile_pattern(pattern, regex, roster), f"does not fit {pattern}"))


def matching_reader(matchers: Sequence[Matcher], otherwise: str) -> Callable[[Sequence[Entry], str], Found]:
    """Return a reader that takes each notebook's fields from the first matcher that fits."""

    def read(entries: Sequence[Entry], assignment: str) -> Found:
        candidates, rest = [], []
        for entry in find_notebooks(entries):
            match = next(filter(None, (matcher(entry.path) for matcher in matchers)), None)
            if match is None:
                rest.append(Skipped(entry.path, otherwise))
            else:
                candidates.append(candidate_of(entry, match))
        return candidates, rest

    return read


# ---- nbgrader ------------------------------------------------------------------------------------------------


def read_exchange(entries: Sequence[Entry], assignment: str) -> Found:
    """Read ``inbound/STUDENT+ASSIGNMENT+TIME/`` of nbgrader's exchange.

    Raises
    ------
    CourseError
        It is the exchange of several courses.
    """
    candidates, rest = [], []
    courses = {entry.path.split("/inbound/")[0] for entry in entries if "/inbound/" in entry.path}
    if len(courses) > 1:
        raise CourseError(", ".join(sorted(courses)), "this is the exchange of several courses",
                          "Give the folder of one course.")
    for entry in find_notebooks(entries):
        match = EXCHANGE.fullmatch(entry.path)
        if match is None:
            if not {"outbound", "feedback"} & {*entry.path.split("/")}:  # both hold what the exchange hands out
                rest.append(Skipped(entry.path, "is not in a folder STUDENT+ASSIGNMENT+TIME"))
        elif match["assignment"] == assignment:
            student, note = match["student"], ""
            if entry.owner not in (None, "root", student):
                note = f"belongs to the user {entry.owner}: did {student} hand it in?"
            candidates.append(Candidate(
                entry, explicit_id=student, title=match["file"], timestamp=parse_utc(match["time"]), note=note))
    return candidates, rest


def read_submitted(entries: Sequence[Entry], assignment: str) -> Found:
    """Read nbgrader's ``submitted/STUDENT/ASSIGNMENT/``, with its timestamps."""
    timestamps = {entry.path.rpartition("/")[0]: entry for entry in entries if entry.name == TIMESTAMP_FILE}
    candidates, rest = [], []
    for entry in find_notebooks(entries):
        parts = split_submitted(entry.path, assignment)
        if parts is None:
            rest.append(Skipped(entry.path, f"is not in a folder STUDENT/{assignment}"))
            continue
        student, folder, title = parts
        timestamp = read_timestamp(timestamps.get(folder))
        candidates.append(Candidate(entry, explicit_id=student, title=title, timestamp=timestamp))
    return candidates, rest


def split_submitted(path: str, assignment: str) -> tuple[str, str, str] | None:
    """Return student, folder and file of ``.../STUDENT/ASSIGNMENT/file``, or None."""
    match = re.fullmatch(rf"((?:.*/)?([^/]+)/{re.escape(assignment)})/(.+)", path)
    return (match[2], match[1], match[3]) if match else None


def read_timestamp(entry: Entry | None) -> datetime | None:
    """Return the time in a timestamp file, or None."""
    try:
        return parse_utc(entry.read()[:100].decode("utf-8", "replace").strip()) if entry else None
    except EntryError:
        return None


# ---- bulk downloads --------------------------------------------------------------------------------------------


def read_moodle(entries: Sequence[Entry], assignment: str) -> Found:
    """Read Moodle's "Download all submissions": ``Full Name_NUMBER_assignsubmission_file_/x.ipynb``, or flat."""

    def candidate(entry: Entry, match: re.Match[str]) -> Candidate:
        identifiers = [("name", match["name"]), ("student", match["name"])]
        if " " not in match["name"]:  # an anonymous download has one word here; otherwise the number is no id
            identifiers.append(("student", match["number"]))
        return Candidate(entry, tuple(identifiers), title=match["path"] or match["flat"], user=match["number"])

    return read_download(entries, MOODLE, "Moodle", candidate)


def read_canvas(entries: Sequence[Entry], assignment: str) -> Found:
    """Read Canvas's "Download Submissions": ``lastfirst_LATE_USER_FILE_x-1.ipynb``."""

    def candidate(entry: Entry, match: re.Match[str]) -> Candidate:
        title, number = split_resubmission(match["rest"], assignment)
        return Candidate(
            entry, (("lms_user_id", match["user"]), ("name", match["name"])), title=title,
            version=(number, int(match["file"])), note="late, says Canvas" if match["late"] else "", user=match["user"])

    return read_download(entries, CANVAS, "Canvas", candidate)


def read_download(
    entries: Sequence[Entry], form: re.Pattern[str], system: str, candidate: Callable[[Entry, re.Match[str]], Candidate]
) -> Found:
    """Return each user's notebooks, or one file of a user who handed in no notebook."""
    by_user: dict[str | None, list[Candidate]] = defaultdict(list)
    rest = []
    for entry in entries:
        if match := form.fullmatch(entry.path):
            made = candidate(entry, match)
            by_user[made.user].append(made)
        elif entry.is_notebook:
            rest.append(Skipped(entry.path, f"is not named as {system} names submissions"))
    return [made for group in by_user.values() for made in with_notebook(group) or group[:1]], rest


def split_resubmission(file: str, assignment: str) -> tuple[str, int]:
    """Return a file's name before Canvas numbered it, and the number: "lab-1.ipynb" gives ("lab.ipynb", 1)."""
    match = re.fullmatch(rf"({re.escape(assignment)})(?:-(\d+))?(\.ipynb)", file, re.IGNORECASE) or re.fullmatch(
        r"(.*?)(?:-(\d+))?(\.[^.]*)", file)
    return (match[1] + match[3], int(match[2] or 0)) if match else (file, 0)


# ---- entries ---------------------------------------------------------------------------------------------------


def find_notebooks(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries that are notebooks."""
    return [entry for entry in entries if entry.is_notebook]


def count_others(entries: Sequence[Entry]) -> list[str]:
    """Return a line with the number of other files, if there are any."""
    others = sum(not entry.is_notebook and entry.name != TIMESTAMP_FILE for entry in entries)
    return [f"{others} files that are no notebooks were left aside"] if others else []
