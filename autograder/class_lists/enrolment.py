"""The students of a class list, found among those that the gradebook knows; the others get ids."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ..model import StudentGrade
from ..notebooks.submission import is_folder_name
from ..platforms import Participant
from ..roster import Roster, RosterEntry, name_key, normalise, strip_accents
from .formats import NBGRADER, ClassList, ListedStudent


@dataclass
class Enrolment:
    """The students of a class list, compared with those in the gradebook."""

    new: list[RosterEntry] = field(default_factory=list)
    changed: list[RosterEntry] = field(default_factory=list)
    unchanged: list[RosterEntry] = field(default_factory=list)
    by_name: list[str] = field(default_factory=list)  # students who were found by their names alone
    left: list[str] = field(default_factory=list)  # students in the gradebook who are not in the list
    unclear: list[tuple[str, str]] = field(default_factory=list)  # rows that are not taken, with the reason
    participants: dict[str, Participant] = field(default_factory=dict)  # of Moodle's assignment, by student
    unread_times: list[str] = field(default_factory=list)  # students whose time cannot be read

    @property
    def entries(self) -> list[RosterEntry]:
        """Return all students of the list as the gradebook is to know them."""
        return [*self.new, *self.changed, *self.unchanged]


def enrol(listed: ClassList, known: Roster) -> Enrolment:
    """Find each listed student in the gradebook, or give an id.

    Numbers, logins and addresses decide. A name decides only if nothing else is known that speaks against it, and if
    one row and one student have it: twins stay two.
    """
    if listed.platform == NBGRADER:
        return enrol_ids(listed, known)
    enrolment = Enrolment()
    rows: dict[str, list[ListedStudent]] = defaultdict(list)
    others: list[ListedStudent] = []
    for one in listed.students:
        found = find_by_identifiers(one, known)
        if len(found) > 1:
            enrolment.unclear.append((one.title, f"belongs to {' and '.join(sorted(found))} at once"))
        elif found:
            rows[found.pop()].append(one)
        else:
            others.append(one)
    unknown = match_names(others, known, rows, enrolment)
    enrolment.by_name.sort()
    taken = {normalise(student) for student in known.entries}
    for one, student in zip(unknown, choose_ids(unknown, taken), strict=True):
        if student is None:
            enrolment.unclear.append((one.title, "has no login, address or number that can name a folder"))
        else:
            rows[student].append(one)
    for student, several in rows.items():
        if len(several) > 1:
            enrolment.unclear += [(one.title, f"several rows are about {student}") for one in several]
        else:
            _add(enrolment, student, several[0], known.entries.get(student))
    in_list = {*rows, *(student for one in listed.students for student in find_by_identifiers(one, known))}
    enrolment.left = sorted(set(known.entries) - in_list)
    return enrolment


def enrol_ids(listed: ClassList, known: Roster) -> Enrolment:
    """Return the students of a list of ids, which are taken as they are."""
    enrolment, rows = Enrolment(), defaultdict[str, list[ListedStudent]](list)
    for one in listed.students:
        student = one.login or ""
        if is_folder_name(student):
            rows[student].append(one)
        else:
            enrolment.unclear.append((one.title, f"{student!r} cannot name a folder"))
    for student, several in rows.items():
        if len(several) > 1:
            enrolment.unclear += [(one.title, f"several rows are about {student}") for one in several]
        else:
            _add(enrolment, student, several[0], known.entries.get(student))
    enrolment.left = sorted(set(known.entries) - set(rows))
    return enrolment


def find_by_identifiers(one: ListedStudent, known: Roster) -> set[str]:
    """Return the students in the gradebook who have the row's login, number or address."""
    identifiers = [("lms_user_id", one.lms_user_id), ("student", one.login), ("email", one.email),
                   ("email", one.login), ("lms_user_id", one.number), ("student", one.number)]
    if one.participant and not (one.first_name or one.last_name or one.email or one.login):
        identifiers.append(("student", one.participant.number))  # an anonymous assignment
    found: set[str] = set()
    for position, (kind, text) in enumerate(identifiers):
        if text and not (found and position >= 3):  # the last ones are guesses
            found |= set(known.find(kind, text))
    return found


def match_names(
    rows: Iterable[ListedStudent], known: Roster, matched: dict[str, list[ListedStudent]], enrolment: Enrolment
) -> list[ListedStudent]:
    """Add the rows that a name matches, alone or with the login in the address, and return those of new students."""
    named = []
    for one in rows:  # the login is often the part of the address before the @
        same = [student for student in known.find("student", local_part(one))
                if student in known.find("name", name_of(one)) and not contradicts(one, known.entries[student])]
        if same:
            matched[same[0]].append(one)
        else:
            named.append(one)
    keys = Counter(map(name_of, named))
    others = []
    for one in named:
        found = [student for student in known.find("name", name_of(one))
                 if student not in matched and may_be(one, known.entries[student])]
        if len(found) == 1 and keys[name_of(one)] == 1:
            matched[found[0]].append(one)
            enrolment.by_name.append(found[0])
        elif found and not (one.login or one.email or one.lms_user_id or one.number):
            enrolment.unclear.append((one.title, f"may be any of {', '.join(found)}: only the name is in the file"))
        else:
            others.append(one)
    return others


def name_of(one: ListedStudent) -> str:
    """Return a key of the name, first name first."""
    return name_key(f"{one.first_name or ''}{one.last_name or ''}")


def contradicts(one: ListedStudent, entry: RosterEntry | StudentGrade) -> bool:
    """Tell if a row and a student have different numbers or addresses."""
    pairs = ((one.lms_user_id, entry.lms_user_id), (one.email, entry.email))
    return any(ours and theirs and normalise(ours) != normalise(theirs) for ours, theirs in pairs)


def may_be(one: ListedStudent, entry: RosterEntry | StudentGrade) -> bool:
    """Tell if a name is enough to take a row for a student: one of them has nothing else, and nothing contradicts."""
    has_more = (one.login or one.email), (entry.email or entry.lms_user_id)
    return not all(has_more) and not contradicts(one, entry)


def choose_ids(rows: Iterable[ListedStudent], taken: set[str]) -> list[str | None]:
    """Return an id for each new student, or None.

    It is the login; else the part of the address before the @, if nobody else has it; else the institution's number,
    the whole address, the name, if nobody else has it, or the platform's number.
    """
    rows = list(rows)
    shared = Counter(normalise(text) for one in rows for text in (local_part(one), plain_name(one)))
    taken = {*taken, *(normalise(one.login) for one in rows if one.login)}
    ids: list[str | None] = []
    for one in rows:
        local, name = (text if shared[normalise(text)] == 1 else None for text in (local_part(one), plain_name(one)))
        anonymous = one.participant.number if one.participant and not plain_name(one) else None
        choices = [one.login] if one.login else [local, one.number, one.email, name, one.lms_user_id, anonymous]
        student = next((text for text in choices if text and is_folder_name(text)
                        and (text == one.login or normalise(text) not in taken)), None)
        if student:
            taken.add(normalise(student))
        ids.append(student)
    return ids


def plain_name(one: ListedStudent) -> str:
    """Return the name as an id: "Bea María Müller" gives "bea-maria-muller"."""
    words = strip_accents(normalise(f"{one.first_name or ''} {one.last_name or ''}"))
    return "-".join(filter(None, ("".join(filter(str.isalnum, word)) for word in words.replace("-", " ").split())))


def local_part(one: ListedStudent) -> str:
    """Return the part of the address before the @."""
    return (one.email or "").partition("@")[0]


def _add(
    enrolment: Enrolment, student: str, one: ListedStudent, before: RosterEntry | StudentGrade | None
) -> None:
    """Add a student with what the row says, and with what was known before where the row says nothing."""
    entry = RosterEntry(student, one.first_name, one.last_name, one.email, one.lms_user_id)
    if before:
        same_name = name_of(one) in ("", name_key(f"{before.first_name or ''}{before.last_name or ''}"))
        if same_name:  # where a name is divided may be a guess
            entry = replace(entry, first_name=before.first_name, last_name=before.last_name)
        entry = replace(entry, email=entry.email or before.email, lms_user_id=entry.lms_user_id or before.lms_user_id)
    fields = ("first_name", "last_name", "email", "lms_user_id")
    if before is None:
        enrolment.new.append(entry)
    elif all(getattr(entry, name) == getattr(before, name) for name in fields):
        enrolment.unchanged.append(entry)
    else:
        enrolment.changed.append(entry)
    if one.participant:
        enrolment.participants[student] = one.participant
    if one.unread_time:
        enrolment.unread_times.append(student)
