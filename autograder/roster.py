"""The students of a course, found by the identifiers that other systems use for them."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .model import StudentGrade

#: A kind ("student", "email", "lms_user_id", "participant" or "name") and its text.
Identifier = tuple[str, str]
#: The columns of `nbgrader db student import`, and other names for them.
COLUMNS = {
    "student": ("id", "student_id", "student", "username", "login"), "first_name": ("first_name", "first name"),
    "last_name": ("last_name", "last name", "surname"), "email": ("email", "email address", "e-mail"),
    "lms_user_id": ("lms_user_id", "lms id", "canvas id"),
}  # fmt: skip

#: The reason if no identifier means anybody.
NOBODY = "no student with that name or number is known"


@dataclass(frozen=True)
class RosterEntry:
    """A student: the id that names the folders, and the identifiers of other systems."""

    student: str
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    lms_user_id: str | None = None


Entry = RosterEntry | StudentGrade


@dataclass(frozen=True)
class Match:
    """The result of a search: one student, or None with the reason."""

    student: str | None
    reason: str = ""
    ambiguous: bool = False  # the identifiers fit several students


class Roster:
    """The students of a course.

    Parameters
    ----------
    entries : iterable of RosterEntry or StudentGrade
    closed : bool
        True if there can be no other students: a roster that was given. A gradebook fills as it grades.
    participants : mapping of str to str, optional
        The students' numbers in one assignment of Moodle.
    """

    def __init__(
        self, entries: Iterable[Entry] = (), closed: bool = False, participants: Mapping[str, str] | None = None
    ) -> None:
        self.entries = {entry.student: entry for entry in entries}
        self.closed = closed
        self._index: dict[Identifier, set[str]] = defaultdict(set)
        for entry in self.entries.values():
            self._index["student", normalise(entry.student)].add(entry.student)
            for kind in ("email", "lms_user_id"):
                if text := getattr(entry, kind):
                    self._index[kind, normalise(text)].add(entry.student)
            for name in spellings(entry):
                self._index["name", name].add(entry.student)
                self._index["name without accents", strip_accents(name)].add(entry.student)
        for student, number in (participants or {}).items():
            if student in self.entries:
                self._index["participant", normalise(number)].add(student)

    def __len__(self) -> int:
        """Return the number of students."""
        return len(self.entries)

    def find(self, kind: str, text: str) -> list[str]:
        """Return the ids of all students with this identifier, sorted.

        Names are compared without case, spaces and punctuation, with the first or the last name first. Accents are
        ignored only if no name fits with them.
        """
        if kind == "student" and text in self.entries:
            return [text]
        if kind == "name":
            key = name_key(text)
            found = self._index.get(("name", key)) or self._index.get(("name without accents", strip_accents(key)))
            return sorted(found or ()) if key else []
        return sorted(self._index.get((kind, normalise(text)), ())) if text.strip() else []

    def identify(self, *identifiers: Identifier) -> Match:
        """Return the one student that the identifiers mean, or the reason why there is none.

        Parameters
        ----------
        identifiers : (kind, text)
            As for `find`, the most reliable first. An ambiguous one is ignored. A name is ignored once an earlier
            identifier matched several students. There is no match if identifiers point to different students, or if
            the match contradicts a known number or address.
        """
        matched: dict[str, int] = {}  # each student, and the position of the first identifier that means them
        several: list[str] = []
        for position, (kind, text) in enumerate(identifiers):
            found = self.find(kind, text or "")
            if len(found) == 1 and not (kind == "name" and several):
                matched.setdefault(found[0], position)
            several = several or found
        if len(matched) == 1:
            ((student, position),) = matched.items()
            contradiction = self._contradiction(student, identifiers[: position + 1])
            return Match(None, contradiction) if contradiction else Match(student)
        if several:
            return Match(None, f"may be any of {', '.join(sorted(matched) or several)}", ambiguous=True)
        return Match(None, NOBODY)

    def _contradiction(self, student: str, identifiers: Iterable[Identifier]) -> str:
        """Return the number or address that contradicts the student's entry as a sentence, or ""."""
        for kind in ("lms_user_id", "email"):
            known = getattr(self.entries[student], kind)
            given = [text.strip() for other, text in identifiers
                     if other == kind and text and text.strip() and (kind != "email" or "@" in text)]
            if known and given and normalise(known) not in map(normalise, given):
                return (f"looks like {student}, whose {kind} is {known}, not {given[0]}: "
                        f"correct the entry of {student} if it is the same person")
        return ""


def normalise(text: str) -> str:
    """Return a text in one Unicode form, without case and outer spaces."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def name_key(text: str) -> str:
    """Return the letters and digits of a name, without case."""
    return "".join(filter(str.isalnum, normalise(text)))


def strip_accents(key: str) -> str:
    """Return a name without its accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", key) if not unicodedata.combining(c))


def spellings(entry: Entry) -> set[str]:
    """Return the keys of a student's name: first name first, last name first, with the id in front."""
    first, last = name_key(entry.first_name or ""), name_key(entry.last_name or "")
    if not first and not last:
        return set()
    return {first + last, last + first, name_key(entry.student) + first + last}


def sortable_name(entry: Entry) -> str:
    """Return "Last, First", or the part of it that is known, or the id."""
    return ", ".join(filter(None, (entry.last_name, entry.first_name))) or entry.student
