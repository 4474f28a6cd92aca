"""Collecting of submissions from an exchange, a bulk download or a folder, into ``submitted/STUDENT/ASSIGNMENT/``.

Each kind of source yields deliveries, and each delivery candidates. The roster identifies their students. Nothing is
overwritten unasked, and each submission is put in place at once. What is wrong with one submission is a row of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from ..course.course import Course
from ..errors import CourseError
from ..files import DISK_ERRORS
from ..notebooks.choosing import CountWork
from ..notebooks.own_files import MAX_OWN_BYTES, MAX_OWN_FILES, OF_CHECKS
from ..roster import Roster
from .archive import Entry, EntryError, Skipped, open_archive, shorten_path
from .candidates import Candidate, join_notes, select_submissions, some
from .deliveries import list_leftovers, read_deliveries
from .sources import detect_source, pattern_source
from .writing import SAME, Submission, compare_submission, has_time, write_submission

__all__ = ["CollectResult", "CollectedFile", "Skipped", "collect_submissions"]


@dataclass(frozen=True)
class CollectedFile:
    """A notebook that counts as a student's submission."""

    student: str
    source: str  # its path in the archive
    note: str = ""


@dataclass
class CollectResult:
    """The outcome for every notebook of a source; older versions are counted in the note of the one that counts."""

    source: str
    matched: list[CollectedFile] = field(default_factory=list)  # written, or to be written in a dry run
    replaced: list[CollectedFile] = field(default_factory=list)  # written in place of an earlier submission
    unchanged: list[CollectedFile] = field(default_factory=list)  # already there
    kept: list[CollectedFile] = field(default_factory=list)  # not written, since another submission is there
    unmatched: list[Skipped] = field(default_factory=list)  # the student is not clear
    refused: list[Skipped] = field(default_factory=list)  # the file cannot be taken
    notes: list[str] = field(default_factory=list)


def collect_submissions(
    course: Course, assignment: str, path: Path, roster: Roster, pattern: str | None = None, regex: bool = False,
    replace: bool = False, dry_run: bool = False, count_work: CountWork | None = None,
    ours: Mapping[str, bytes] | None = None,
) -> CollectResult:
    """Put the notebooks of a folder or a zip into ``submitted/``.

    Parameters
    ----------
    course : Course
    assignment : str
    path : Path
        The folder or zip.
    roster : Roster
        The known students. Ids that the source itself names are accepted even if an open roster lacks them.
    pattern : str, optional
        The form of the files' names, for example ``{student}_{anything}.ipynb``; detected if omitted.
    regex : bool
        True if the pattern is a regular expression with groups that are named like the fields.
    replace : bool
        Overwrite submissions that differ.
    dry_run : bool
        Write nothing.
    count_work : callable, optional
        Returns the work in a notebook's file; without it, the name alone decides among several.
    ours : mapping of str to bytes, optional
        The files that the assignment puts beside a notebook. Students' copies of them are left aside.

    Raises
    ------
    CourseError
        The source cannot be read, the pattern is not valid, or the students cannot be told.
    """
    refused: list[Skipped] = []
    with open_archive(path) as archive:
        if pattern:
            source = pattern_source(archive, pattern, regex, roster, path, refused)
        else:
            source = detect_source(archive, assignment, roster, path, refused)
        found = read_deliveries(archive, source, assignment, refused)
        selection = select_submissions(found.candidates, roster, assignment, count_work)
        leftovers = list_leftovers(archive, source, refused)
        result = CollectResult(
            source.name, unmatched=[*leftovers, *selection.unmatched],
            refused=[*dict.fromkeys(refused), *selection.refused], notes=[*selection.notes, *found.notes])
        write_submissions(course, assignment, selection.chosen, ours or {}, result, replace, dry_run)
        return result


def write_submissions(
    course: Course, assignment: str, chosen: Mapping[str, Candidate], ours: Mapping[str, bytes], result: CollectResult,
    replace: bool, dry_run: bool,
) -> None:
    """Write the submissions that are new, and add the outcome of each to the result."""
    for student, candidate in chosen.items():
        where = shorten_path(candidate.entry.path)
        try:
            _write_submission(course, assignment, student, candidate, ours, result, replace, dry_run)
        except EntryError as error:
            result.refused.append(Skipped(where, str(error)))
        except OSError as error:
            if error.errno in DISK_ERRORS:
                raise CourseError(course.root / "submitted", f"cannot be written: {error.strerror}",
                                  "What was collected before is kept; make room, then run it again.") from error
            result.refused.append(Skipped(where, f"cannot be written: {error.strerror}"))


def _write_submission(
    course: Course, assignment: str, student: str, candidate: Candidate, ours: Mapping[str, bytes],
    result: CollectResult, replace: bool, dry_run: bool,
) -> None:
    target = course.submitted(student, assignment)
    beside, left_out = read_beside(candidate.beside, ours)
    submission = Submission(f"{assignment}.ipynb", candidate.entry.content(), candidate.owner.timestamp, beside)
    there, note = compare_submission(target, submission), join_notes(candidate.note, left_out)
    if there == SAME:
        outcome = result.unchanged
    elif there and not replace:
        outcome, note = result.kept, join_notes(f"{there} is there", note)
    else:
        outcome = result.replaced if there else result.matched
        if there and submission.timestamp is None and has_time(target):
            note = join_notes("no time is known of it: no late penalty", note)
        if not dry_run:
            write_submission(target, submission)
    outcome.append(CollectedFile(student, shorten_path(candidate.entry.path), note))


def read_beside(entries: Mapping[str, Entry], ours: Mapping[str, bytes]) -> tuple[dict[str, bytes], str]:
    """Return the files that go with a notebook, without copies of the assignment's, and a note on those that do not."""
    files: dict[str, bytes] = {}
    left_out = []
    room = MAX_OWN_BYTES
    for name, entry in islice(entries.items(), MAX_OWN_FILES + 1):  # and the secret
        try:
            content = entry.content()
        except EntryError as error:
            left_out.append(f"{shorten_path(name, 60)} {error}")
            continue
        if name in OF_CHECKS or content == ours.get(name):
            continue
        if len(content) > room:
            left_out.append(f"{shorten_path(name, 60)} is too large")
        else:
            files[name] = content
            room -= len(content)
    if (more := len(entries) - MAX_OWN_FILES - 1) > 0:
        left_out.append(f"{more} more files")
    return files, "not collected: " + some(left_out, 3) if left_out else ""
