"""The notebooks that may count for a student, and the choice among them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ..notebooks.choosing import MAX_COMPARED, CountWork, choose_notebook
from ..notebooks.submission import is_folder_name
from ..roster import NOBODY, Identifier, Match, Roster, name_key
from .archive import Entry, EntryError, Skipped, shorten_path

MAX_ROWS = 3  # about the files of one person
NO_NOTEBOOK = "was handed in without a notebook"


@dataclass(frozen=True)
class Owner:
    """The person who handed something in, as the platform names them."""

    identifiers: tuple[Identifier, ...] = ()  # for `Roster.identify`, the most reliable first
    explicit_id: str | None = None  # the student's id, if the place names it
    timestamp: datetime | None = None  # in UTC, if the source knows it; of several, the last counts
    note: str = ""
    user: str | None = None  # the source's own number of the person; two numbers are two persons
    platform: str = ""  # that gave the number, as in `platforms.Received`
    late: bool = False  # says the platform
    group: str | None = None  # the name of the group that handed it in


@dataclass(frozen=True)
class Delivery:
    """A file or folder whose name the platform gave. All that is in it belongs to its owner."""

    top: Entry
    owner: Owner
    title: str = ""  # of a file: its name before the platform changed it
    version: tuple[int, ...] = ()  # of several with one title, the highest counts
    accepts: re.Pattern[str] | None = None  # the form of the notebooks' names in it, if a pattern gives one
    has_records: bool = False  # nbgrader left the time and the secret of the submission in the folder
    counts: bool = True  # false if it is for another assignment


@dataclass(frozen=True)
class Candidate:
    """A notebook, or another file that was handed in instead, and the facts that its place in the archive gives."""

    entry: Entry
    owner: Owner
    title: str = ""
    version: tuple[int, ...] = ()
    beside: Mapping[str, Entry] = field(default_factory=dict)  # files that go with it, by their paths beside it
    note: str = ""
    download: str = ""  # the name that the platform gave it

    @property
    def timestamp(self) -> datetime:
        """The time of the submission; the earliest possible one if it is not known."""
        return self.owner.timestamp or datetime.min


@dataclass(frozen=True)
class Selection:
    """The candidate that counts for each student, and the rest."""

    chosen: dict[str, Candidate]
    unmatched: tuple[Skipped, ...]
    refused: tuple[Skipped, ...]
    notes: tuple[str, ...]
    strangers: tuple[Skipped, ...] = ()  # those of the unmatched whose name and number nobody has


def with_notebook(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return the candidates that are notebooks."""
    return [candidate for candidate in candidates if candidate.entry.is_notebook]


def select_submissions(
    candidates: Sequence[Candidate], roster: Roster, assignment: str, count_work: CountWork | None = None
) -> Selection:
    """Find the student of each candidate, and the one candidate that counts for each student."""
    by_student, unmatched, refused, strangers = group_by_student(candidates, roster)
    chosen: dict[str, Candidate] = {}
    notes: list[str] = []
    for student, group in sorted(by_student.items()):
        group, respelt = keep_exact(student, group)
        unmatched += respelt
        users = sorted({candidate.owner.user or candidate.owner.explicit_id or "" for candidate in group} - {""})
        if len(users) > 1:
            problem = f"the users {' and '.join(users)} may both be {student}: leave only the files of {student} in it"
            unmatched += skip_all(group, problem)
        elif not with_notebook(group):
            unmatched += skip_all(group, NO_NOTEBOOK)
        else:
            latest = latest_versions(with_notebook(group))
            choice, note = choose_candidate(latest, assignment, count_work)
            if choice is None:
                refused += skip_all(latest, f"{student} has several notebooks: {note}")
                continue
            older = len(with_notebook(group)) - len(latest)
            note = join_notes(choice.owner.note, choice.note, f"the last of {older + 1}" if older else "", note)
            chosen[student] = replace(choice, note=note)
            if aside := [other.entry.path for other in latest if other is not choice]:
                notes.append(f"left aside: {some(aside)}: the submission of {student} is {shorten_path(choice.title)}")
    return Selection(chosen, tuple(unmatched), tuple(refused), tuple(notes), tuple(strangers))


def choose_candidate(
    latest: Sequence[Candidate], assignment: str, count_work: CountWork | None
) -> tuple[Candidate | None, str]:
    """Return the notebook that counts and the reason; or None, and the notebooks among which nothing decides."""
    if len(latest) == 1:
        return latest[0], ""
    title = f"{assignment}.ipynb"
    named = with_title(latest, title)
    ordered = [*named, *(candidate for candidate in latest if candidate not in named)]
    if count_work is None or len(ordered) > MAX_COMPARED:
        return (named[0], "") if len(named) == 1 else (None, some([candidate.title for candidate in ordered]))
    titles = [candidate.title for candidate in ordered]
    choice = choose_notebook(titles, map(read_if_possible, ordered), title, count_work, len(named))
    return (None if choice.index is None else ordered[choice.index]), choice.reason


def read_if_possible(candidate: Candidate) -> bytes:
    """Return a notebook's file; empty if it cannot be read, so that it has no work."""
    try:
        return candidate.entry.content()
    except EntryError:
        return b""


def keep_exact(student: str, group: Sequence[Candidate]) -> tuple[list[Candidate], list[Skipped]]:
    """Return the candidates of a student; and those that name the id in another spelling, if one names it exactly."""
    others = [candidate for candidate in group if candidate.owner.explicit_id not in (None, student)]
    if len(others) in (0, len(group)):
        return list(group), []
    return [candidate for candidate in group if candidate not in others], [
        Skipped(candidate.entry.path, f"{candidate.owner.explicit_id!r} is not {student!r}, who handed in, too")
        for candidate in others]


def group_by_student(
    candidates: Sequence[Candidate], roster: Roster
) -> tuple[dict[str, list[Candidate]], list[Skipped], list[Skipped], list[Skipped]]:
    """Return the candidates of each student, those of no known student, and those whose id cannot name a folder.

    The last list repeats those of no known student that have a notebook, and whose name and number nobody has.
    """
    by_student: dict[str, list[Candidate]] = defaultdict(list)
    nobody: list[Candidate] = []
    unknown: dict[tuple[str, bool], list[Candidate]] = defaultdict(list)  # by reason, and if it is refused
    for candidate in candidates:
        match, is_new = identify(candidate.owner, roster)
        if match.student is None:
            reason = match.reason if candidate.entry.is_notebook else NO_NOTEBOOK
            unknown[reason, False].append(candidate)
            if candidate.entry.is_notebook and match.reason == NOBODY:
                nobody.append(candidate)
        elif not is_folder_name(match.student):
            unknown[f"{shorten_path(match.student)!r} cannot be a student's folder", True].append(candidate)
        else:
            note = join_notes(candidate.note, "not in the gradebook yet" if is_new and len(roster) else "",
                              note_second_student(candidate.title, match.student, roster))
            by_student[match.student].append(replace(candidate, note=note))
    unmatched, refused = ([row for (reason, found), group in unknown.items() if found is wanted
                           for row in skip_all(group, reason)] for wanted in (False, True))
    return by_student, unmatched, refused, skip_all(nobody, NOBODY)


def note_second_student(title: str, student: str, roster: Roster) -> str:
    """Return a note if a name inside a submission begins with the id of another student."""
    for part in title.split("/"):
        others = [other for other in roster.find("student", re.split(r"[_\- .(+]", part)[0]) if other != student]
        if others:
            return f"the name {shorten_path(part, 60)!r} in it does not make it a submission of {others[0]}"
    return ""


def skip_all(candidates: Sequence[Candidate], reason: str) -> list[Skipped]:
    """Return a row for each candidate; of an owner who has many, one row with the number of the others."""
    owners: dict[Owner, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        owners[candidate.owner].append(candidate)
    rows = []
    for group in owners.values():
        shown, more = (group, "") if len(group) <= MAX_ROWS else (group[:1], f" (and {len(group) - 1:,} more files)")
        rows += [Skipped(shorten_path(candidate.entry.path), reason + more) for candidate in shown]
    return rows


def identify(owner: Owner, roster: Roster) -> tuple[Match, bool]:
    """Return the student that an owner is, and True if an open roster lacks that student."""
    explicit = owner.explicit_id
    identifiers = ((("student", explicit),) if explicit else ()) + owner.identifiers
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
    last = max(candidate.timestamp for candidate in candidates)
    newest: dict[str, Candidate] = {}
    for candidate in candidates:
        if candidate.timestamp == last:
            # without a version, none of two equal titles is the later one
            key = candidate.title.casefold() if candidate.version else candidate.entry.path
            newest[key] = max(newest.get(key, candidate), candidate, key=lambda candidate: candidate.version)
    return list(newest.values())


def with_title(candidates: Sequence[Candidate], title: str) -> list[Candidate]:
    """Return the candidates with a title, compared without case; if there are none, by letters and digits alone."""
    return [candidate for candidate in candidates if candidate.title.lower() == title.lower()] or [
        candidate for candidate in candidates if name_key(candidate.title) == name_key(title)]


def some(names: Sequence[str], shown: int = 5) -> str:
    """Return the first names, with the number of the others."""
    text = ", ".join(shorten_path(name) for name in names[:shown])
    return text if len(names) <= shown else f"{text} and {len(names) - shown:,} more"


def join_notes(*notes: str) -> str:
    """Join the notes that are not empty."""
    return "; ".join(filter(None, notes))
