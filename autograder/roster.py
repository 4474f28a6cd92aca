"""Who is meant: a course's students, found by what another system calls them; and cells that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .errors import CourseError

#: What a spreadsheet takes for a formula, with the apostrophes that keep it from doing so.
FORMULA = re.compile(r"'*(?:\s*[=+\-@＝＋－＠]|[\t\r])")
#: How a gradebook of Canvas writes a name that begins with "=".
TEXT_FORMULA = re.compile(r'="(.*)"', re.DOTALL)
#: An id that begins with a sign and yet cannot call anything.
HARMLESS = re.compile(r"[+\-@][\w.@+-]*")
#: The columns of `nbgrader db student import`, and what else they are called.
COLUMNS = {
    "student": ("id", "student_id", "student", "username", "login"), "first_name": ("first_name", "first name"),
    "last_name": ("last_name", "last name", "surname"), "email": ("email", "email address", "e-mail"),
    "lms_user_id": ("lms_user_id", "lms id", "canvas id"),
}  # fmt: skip


@dataclass(frozen=True)
class Person:
    """A student: the id that names the folders, and what other systems know of them."""

    student: str
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    lms_user_id: str | None = None


class Roster:
    """The students of a course, to be found by id, address, number or name.

    Parameters
    ----------
    people : iterable of Person, or of anything with its attributes, as `model.StudentGrade`
    closed : bool
        Whether nobody else can be meant: true of a list that was given, false of a gradebook that fills as it grades.
    """

    def __init__(self, people: Iterable = (), closed: bool = False):
        self.people = {person.student: person for person in people}
        self.closed = closed
        self._index: dict[tuple[str, str], set[str]] = defaultdict(set)
        for person in self.people.values():
            self._index["student", normal(person.student)].add(person.student)
            for kind in ("email", "lms_user_id"):
                if said := getattr(person, kind):
                    self._index[kind, normal(said)].add(person.student)
            for name in names_of(person):
                self._index["name", name].add(person.student)
                self._index["bare name", bare(name)].add(person.student)

    def __len__(self) -> int:
        return len(self.people)

    def find(self, kind: str, text: str) -> list[str]:
        """The students of whom this may be the "student", "email", "lms_user_id" or "name"; sorted.

        A name is compared without case, spaces and punctuation, first or last name first; without accents only where
        nobody fits with them.
        """
        if kind == "student" and text in self.people:
            return [text]
        if kind == "name":
            key = name_key(text)
            found = self._index.get(("name", key)) or self._index.get(("bare name", bare(key)))
            return sorted(found or ()) if key else []
        return sorted(self._index.get((kind, normal(text)), ())) if text.strip() else []

    def who(self, *clues: tuple[str, str]) -> tuple[str | None, str]:
        """The student whom the clues mean, or None with the reason.

        Parameters
        ----------
        clues : (kind, text)
            As for `find`, the most telling first. One that fits several students tells nothing, and a name nothing
            where a clue before it fits anybody. Clues to two students mean neither; and nobody is meant whose number
            or address is known to be another than what was given up to the clue that means them.
        """
        told: dict[str, int] = {}  # a student, and the first clue that means them
        several: list[str] = []
        for at, (kind, text) in enumerate(clues):
            found = self.find(kind, text or "")
            if len(found) == 1 and not (kind == "name" and several):
                told.setdefault(found[0], at)
            several = several or found
        if len(told) == 1:
            ((student, at),) = told.items()
            problem = self._contradiction(student, clues[: at + 1])
            return (None, problem) if problem else (student, "")
        if several:
            return None, f"may be any of {', '.join(sorted(told) or several)}"
        return None, "nobody of that name or number is known"

    def _contradiction(self, student: str, clues: Iterable[tuple[str, str]]) -> str:
        """How the clues' numbers or addresses say that this is somebody else; "" where they do not."""
        for kind in ("lms_user_id", "email"):
            known = getattr(self.people[student], kind)
            given = [text.strip() for said, text in clues
                     if said == kind and text and text.strip() and (kind != "email" or "@" in text)]
            if known and given and normal(known) not in map(normal, given):
                return (f"looks like {student}, whose {kind} is {known}, not {given[0]}: "
                        f"correct {student}'s entry if it is the same person")
        return ""


def normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def name_key(text: str) -> str:
    """A name's letters and digits, without case."""
    return "".join(filter(str.isalnum, normal(text)))


def bare(key: str) -> str:
    """A name without its accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", key) if not unicodedata.combining(c))


def names_of(person) -> set[str]:
    """How a person's name may be written: first name first, last name first, the id before both."""
    first, last = name_key(person.first_name or ""), name_key(person.last_name or "")
    if not first and not last:
        return set()
    return {first + last, last + first, name_key(person.student) + first + last}


def sortable_name(person) -> str:
    """"Last, First", as far as known; else the id."""
    return ", ".join(filter(None, (person.last_name, person.first_name))) or person.student


def read_roster(path: Path) -> Roster:
    """The students in a CSV file with the columns of ``nbgrader db student import``.

    Raises
    ------
    CourseError
        Where it cannot be read, or has no column of ids.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(path, f"the roster cannot be read ({error})", "It must be a CSV file in UTF-8.") from error
    sample = text.partition("\n")[0]
    delimiter = ";" if sample.count(";") > sample.count(",") else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    heads = {normal(head): head for head in reader.fieldnames or () if head}
    columns = {kind: next((heads[name] for name in names if name in heads), None) for kind, names in COLUMNS.items()}
    if columns["student"] is None:
        raise CourseError(path, "the roster has no column 'id'", f"It has: {', '.join(heads.values()) or 'nothing'}.")
    people = []
    for row in reader:
        said = {kind: plain((row.get(head) or "").strip()) or None for kind, head in columns.items() if head}
        if said["student"]:
            people.append(Person(**said))
    return Roster(people, closed=True)


# ---- cells that no spreadsheet runs --------------------------------------------------------------------------


def safe(text: str) -> str:
    """A cell's text with an apostrophe before what a spreadsheet would take for a formula; `plain` undoes it."""
    return f"'{text}" if FORMULA.match(text) else text


def safe_id(text: str) -> str:
    """As `safe`, for ids and addresses, by which other systems find a student: untouched where they cannot run."""
    return text if HARMLESS.fullmatch(text) else safe(text)


def plain(text: str) -> str:
    """What a cell says, without what keeps spreadsheets from running it."""
    if text.startswith("'") and FORMULA.match(text[1:]):
        return text[1:]
    wrapped = TEXT_FORMULA.fullmatch(text)
    return wrapped[1].replace('""', '"') if wrapped else text
