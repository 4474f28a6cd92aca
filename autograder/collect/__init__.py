"""Collecting of submissions from an exchange, a bulk download or a folder, into ``submitted/STUDENT/ASSIGNMENT/``.

Each kind of source yields deliveries, and each delivery candidates. The roster identifies their students. Nothing is
overwritten unasked, and each submission is put in place at once. What is wrong with one submission is a row of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from pathlib import Path

from ..course.course import Course
from ..errors import CourseError
from ..files import DISK_ERRORS
from ..notebooks.choosing import CountWork
from ..notebooks.own_files import MAX_OWN_BYTES, MAX_OWN_FILES, OF_CHECKS
from ..platforms import MOODLE, Participant, PlatformRecord, Received
from ..roster import Roster
from .archive import Entry, EntryError, Skipped, open_archive, shorten_path
from .attempts import find_attempt, keep_attempt
from .candidates import Candidate, Owner, join_notes, select_submissions, some
from .deliveries import list_leftovers, read_deliveries
from .sources import detect_source, pattern_source
from .writing import NO_TIME, SAME, Submission, compare_submission, has_time, write_submission

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
    timed: list[CollectedFile] = field(default_factory=list)  # already there, and the time is known only now
    unchanged: list[CollectedFile] = field(default_factory=list)  # already there
    kept: list[CollectedFile] = field(default_factory=list)  # not written, since another submission is there
    unmatched: list[Skipped] = field(default_factory=list)  # the student is not clear
    refused: list[Skipped] = field(default_factory=list)  # the file cannot be taken
    notes: list[str] = field(default_factory=list)
    strangers: list[Skipped] = field(default_factory=list)  # those unmatched whose name and number nobody has


def collect_submissions(
    course: Course, assignment: str, path: Path, roster: Roster, pattern: str | None = None, regex: bool = False,
    replace: bool = False, dry_run: bool = False, count_work: CountWork | None = None,
    ours: Mapping[str, bytes] | None = None, record: PlatformRecord | None = None, best_counts: bool = False,
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
    record : PlatformRecord, optional
        What the platform knows of the students: times and groups. It gets the numbers and names of the files that are
        in place now; the caller saves it.
    best_counts : bool
        Of several attempts the best counts: one that is kept already is not put in place again.

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
        record = record or PlatformRecord()
        candidates = share_among_groups(found.candidates, record.participants)
        selection = select_submissions(candidates, roster, assignment, count_work)
        leftovers = list_leftovers(archive, source, refused)
        result = CollectResult(
            source.name, unmatched=[*leftovers, *selection.unmatched],
            refused=[*dict.fromkeys(refused), *selection.refused], notes=[*selection.notes, *found.notes],
            strangers=list(selection.strangers))
        writer = SubmissionWriter(course, assignment, ours or {}, result, record, replace, dry_run, best_counts)
        writer.write_all(selection.chosen)
        return result


@dataclass
class SubmissionWriter:
    """Writes the submissions that are new, and adds the outcome of each to the result."""

    course: Course
    assignment: str
    ours: Mapping[str, bytes]
    result: CollectResult
    record: PlatformRecord
    replace: bool
    dry_run: bool
    best_counts: bool = False

    def write_all(self, chosen: Mapping[str, Candidate]) -> None:
        """Write the submission of each student.

        Raises
        ------
        CourseError
            The disk is full, or fails otherwise.
        """
        for student, candidate in chosen.items():
            where = shorten_path(candidate.entry.path)
            try:
                self._write(student, candidate)
            except EntryError as error:
                self.result.refused.append(Skipped(where, str(error)))
            except OSError as error:
                if error.errno in DISK_ERRORS:
                    raise CourseError(self.course.root / "submitted", f"cannot be written: {error.strerror}",
                                      "What was collected before is kept; make room, then run it again.") from error
                self.result.refused.append(Skipped(where, f"cannot be written: {error.strerror}"))

    def _write(self, student: str, candidate: Candidate) -> None:
        target = self.course.submitted(student, self.assignment)
        beside, left_out = read_beside(candidate.beside, self.ours)
        submission = Submission(f"{self.assignment}.ipynb", candidate.entry.content(),
                                self._time_of(student, candidate.owner), beside)
        there, note = compare_submission(target, submission), join_notes(candidate.note, left_out)
        is_kept = bool(there) and there not in (SAME, NO_TIME) and not self.replace
        if there == SAME:
            outcome = self.result.unchanged
        elif self.best_counts and (number := find_attempt(self.course, student, self.assignment, submission)):
            outcome, note = self.result.unchanged, join_notes(f"attempt {number}; a better one counts", note)
        elif is_kept:
            outcome, note = self.result.kept, join_notes(f"{there} is there", note)
        else:
            outcome = self.result.replaced if there else self.result.matched
            if there == NO_TIME:
                outcome = self.result.timed
            elif there and submission.timestamp is None and has_time(target):
                note = join_notes("no time is known of it: no late penalty", note)
            if not self.dry_run:
                if there and there != NO_TIME:
                    keep_attempt(self.course, student, self.assignment)
                write_submission(target, submission)
        if not is_kept:
            self._remember(student, candidate)
        outcome.append(CollectedFile(student, shorten_path(candidate.entry.path), note))

    def _time_of(self, student: str, owner: Owner) -> datetime | None:
        """Return when a submission was handed in: the source knows it, or the worksheet with the same number."""
        listed = self.record.participants.get(student)
        is_same = listed and owner.platform == MOODLE and (owner.group or listed.number == owner.user)
        return owner.timestamp or (listed.time if listed and is_same else None)

    def _remember(self, student: str, candidate: Candidate) -> None:
        owner = candidate.owner
        if owner.platform:
            self.record.received[student] = Received(owner.platform, owner.user or "", candidate.download, owner.late,
                                                     owner.group)
        else:
            self.record.received.pop(student, None)


def share_among_groups(
    candidates: Sequence[Candidate], participants: Mapping[str, Participant]
) -> list[Candidate]:
    """Return the candidates; a group's in Moodle become one of each member, as the worksheet lists them.

    Moodle names such a download after the group and its number. Before 4.1 it had a copy for each member, named
    ``GROUP-NAME_NUMBER``.
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for student, participant in participants.items():
        if participant.group:
            groups[participant.group.replace("_", " ")].append(student)
    shared = []
    for candidate in candidates:
        owner = candidate.owner
        name = next((text for kind, text in owner.identifiers if kind == "name"), "")
        fits = [group for group in groups if name == group or name.startswith(f"{group}-")]
        if owner.platform != MOODLE or not fits:
            shared.append(candidate)
            continue
        group = max(fits, key=len)
        owner = replace(owner, group=group, note=f"of the group {group}")
        if name == group:
            shared += [replace(candidate, owner=replace(owner, identifiers=(), explicit_id=member))
                       for member in groups[group]]
        else:
            own = ("participant", owner.user or ""), ("name", name.removeprefix(f"{group}-"))
            shared.append(replace(candidate, owner=replace(owner, identifiers=own)))
    return shared


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
