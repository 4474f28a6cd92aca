"""The notebooks that may count for a student, and the choice among them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ..notebooks.submission import can_be_id
from ..roster import Identifier, Match, Roster, name_key
from .archive import Entry, Skipped

MAX_ID = 100  # characters of an id that names a folder
NO_NOTEBOOK = "was handed in without a notebook"


@dataclass(frozen=True)
class Candidate:
    """A notebook, or another file that was handed in instead, and the facts that its place in the archive gives."""

    entry: Entry
    identifiers: tuple[Identifier, ...] = ()  # for `Roster.identify`, the most reliable first
    explicit_id: str | None = None  # the student's id, if the place names it
    title: str = ""  # the file's name before the source changed it
    version: tuple[int, ...] = ()  # of several with one title, the highest counts
    timestamp: datetime | None = None  # in UTC, if the source knows it; of several, the last counts
    note: str = ""
    user: str | None = None  # the source's own number of the person; two numbers are two persons


@dataclass(frozen=True)
class Selection:
    """The candidate that counts for each student, and the rest."""

    chosen: dict[str, Candidate]
    unmatched: tuple[Skipped, ...]
    refused: tuple[Skipped, ...]
    notes: tuple[str, ...]


def with_notebook(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return the candidates that are notebooks."""
    return [candidate for candidate in candidates if candidate.entry.is_notebook]


def select_submissions(candidates: Sequence[Candidate], roster: Roster, assignment: str) -> Selection:
    """Find the student of each candidate, and the one candidate that counts for each student."""
    by_student, unmatched, refused = group_by_student(candidates, roster)
    chosen: dict[str, Candidate] = {}
    notes: list[str] = []
    for student, group in sorted(by_student.items()):
        users = sorted({candidate.user for candidate in group if candidate.user})
        if len(users) > 1:
            problem = f"the users {' and '.join(users)} may both be {student}: leave only the files of {student} in it"
            unmatched += [Skipped(candidate.entry.path, problem) for candidate in group]
            continue
        if not with_notebook(group):
            unmatched += [Skipped(candidate.entry.path, NO_NOTEBOOK) for candidate in group]
            continue
        latest = latest_versions(group)
        named = with_title(latest, f"{assignment}.ipynb")
        if len(latest) > 1 and len(named) != 1:
            titles = ", ".join(candidate.title for candidate in latest)
            refused += [Skipped(candidate.entry.path, f"{student} has several notebooks: {titles}")
                        for candidate in latest]
            continue
        choice = (named or latest)[0]
        older = len(group) - len(latest)
        note = join_notes(choice.note, f"the last of {older + 1}" if older else "")
        chosen[student] = replace(choice, note=note)
        notes += [f"left aside: {other.entry.path}: the submission of {student} is {choice.title}"
                  for other in latest if other is not choice]
    return Selection(chosen, tuple(unmatched), tuple(refused), tuple(notes))


def group_by_student(
    candidates: Sequence[Candidate], roster: Roster
) -> tuple[dict[str, list[Candidate]], list[Skipped], list[Skipped]]:
    """Return the candidates of each student, those of no known student, and those whose id cannot name a folder."""
    by_student: dict[str, list[Candidate]] = defaultdict(list)
    unmatched: list[Skipped] = []
    refused: list[Skipped] = []
    for candidate in candidates:
        match, is_new = identify(candidate, roster)
        if match.student is None:
            reason = match.reason if candidate.entry.is_notebook else NO_NOTEBOOK
            unmatched.append(Skipped(candidate.entry.path, reason))
        elif not is_folder_name(match.student):
            refused.append(Skipped(candidate.entry.path, f"{match.student!r} cannot be a student's folder"))
        else:
            note = join_notes(candidate.note, "not in the gradebook yet" if is_new and len(roster) else "")
            by_student[match.student].append(replace(candidate, note=note))
    return by_student, unmatched, refused


def identify(candidate: Candidate, roster: Roster) -> tuple[Match, bool]:
    """Return the student of a candidate, and True if an open roster lacks that student."""
    explicit = candidate.explicit_id
    identifiers = ((("student", explicit),) if explicit else ()) + candidate.identifiers
    match = roster.identify(*identifiers)
    if explicit is None or roster.find("student", explicit):
        return match, False
    if match.student:
        return Match(None, f"may be any of {match.student}, {explicit}", ambiguous=True), False
    if roster.closed or match.ambiguous:
        return match, False
    return Match(explicit), True


def latest_versions(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the notebooks of a student's last submission, each title in its last version."""
    last = max(candidate.timestamp or datetime.min for candidate in candidates)
    newest: dict[str, Candidate] = {}
    for candidate in candidates:
        if (candidate.timestamp or datetime.min) == last:
            # without a version, none of two equal titles is the later one
            key = candidate.title.casefold() if candidate.version else candidate.entry.path
            newest[key] = max(newest.get(key, candidate), candidate, key=lambda candidate: candidate.version)
    return list(newest.values())


def with_title(candidates: Sequence[Candidate], title: str) -> list[Candidate]:
    """Return the candidates with a title, compared without case; if there are none, by letters and digits alone."""
    return [candidate for candidate in candidates if candidate.title.lower() == title.lower()] or [
        candidate for candidate in candidates if name_key(candidate.title) == name_key(title)]


def join_notes(*notes: str) -> str:
    """Join the notes that are not empty."""
    return "; ".join(filter(None, notes))


def is_folder_name(student: str) -> bool:
    """Tell if an id can name a folder on any system."""
    return (can_be_id(student) and 0 < len(student) <= MAX_ID and student.isprintable() and student.strip() == student
            and student[0] not in ".-" and not set(student) & set('/\\:*?"<>|'))
