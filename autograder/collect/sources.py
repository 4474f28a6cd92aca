"""Whose a notebook may be, going by its place: nbgrader's exchange, Moodle's and Canvas's downloads, a pattern.

Each kind of source is a function from its files, and the assignment's name, to claims.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..errors import CourseError
from ..roster import Roster
from .bundle import Bundle, Item, Refused

TIMESTAMP_FILE = "timestamp.txt"
#: How notebooks are called where no kind of source is recognised and no pattern is given.
GUESSES = ("{student}/{anything}.ipynb", "{student}_{anything}.ipynb", "{student}-{anything}.ipynb",
           "{student} {anything}.ipynb", "{student}.ipynb")
#: The fields of a pattern, the most telling first, and what each says of a student.
FIELDS = {"student": "student", "student_id": "student", "lms_user_id": "lms_user_id", "email": "email", "name": "name"}
EXCHANGE = re.compile(r"(?:.*/)?(?P<folder>(?P<student>[^/]+)\+(?P<assignment>[^/+]+)\+(?P<time>\d{4}-\d\d-\d\d [^/+]+)"
                      r"(?:\+[^/+]*)?)/(?P<file>.+)")
MOODLE = re.compile(r"(?:.*/)?(?P<name>[^/]+?)_(?P<number>\d+)_assignsubmission_(?P<plugin>[a-z]+)"
                    r"(?:_?/(?P<path>.+)|_(?P<flat>[^/]+))")
CANVAS = re.compile(r"(?:.*/)?(?P<name>[^/]+?)_(?:(?P<late>LATE)_)?(?P<user>\d+)_(?P<file>\d+)_(?P<rest>[^/]+)")


@dataclass(frozen=True)
class Claim:
    """A notebook, or what was handed in instead of one, and what its place says of it."""

    item: Item
    clues: tuple[tuple[str, str], ...]  # (kind, text) of `Roster.find`, the most telling first
    sure: str | None = None  # the student's id, where the place names it outright
    title: str = ""  # the file's name as the student had it
    again: tuple[int, ...] = ()  # of several with one title, the highest counts
    moment: datetime | None = None  # in UTC, where the source knows; of several the last counts
    note: str = ""
    user: str | None = None  # the source's own number of who handed it in: two numbers are two persons


# ---- kinds of sources ----------------------------------------------------------------------------------------

Claims = tuple[list[Claim], list[tuple[str, str]]]


def notebooks(items: Iterable[Item]) -> list[Item]:
    return [item for item in items if item.name.lower().endswith(".ipynb")]


def detected(bundle: Bundle, name: str, roster: Roster, path: Path) -> Callable[[Sequence[Item], str], Claims]:
    """The function for this kind of source, going by the names in it.

    Raises
    ------
    CourseError
        Where no kind fits and there is no roster to find ids by.
    """
    paths = [item.path for item in bundle.items]
    if not notebooks(bundle.items):
        raise CourseError(path, "there is no notebook in it", "Give the folder or zip with the students' .ipynb files.")
    if any(EXCHANGE.fullmatch(text) for text in paths):
        return from_exchange
    if any(MOODLE.fullmatch(text) for text in paths):
        return from_moodle
    found = notebooks(bundle.items)
    submitted = [parts for item in found if (parts := submitted_parts(item.path, name))]
    if submitted and 2 * len({student for student, _, _ in submitted}) >= len(submitted):
        return from_submitted
    if 2 * sum(bool(CANVAS.fullmatch(item.path)) for item in found) >= len(found):
        return from_canvas
    if not len(roster):
        raise CourseError(path, "whose files these are is not clear, since no student is known",
                          'Say how they are called, as in --pattern "{student}_{anything}.ipynb", or give --roster.')
    return by_guesses(roster)


def from_exchange(items: Sequence[Item], name: str) -> Claims:
    """nbgrader's exchange: ``inbound/STUDENT+ASSIGNMENT+TIME/``; of several the last counts, as with nbgrader.

    Raises
    ------
    CourseError
        Where it is that of several courses.
    """
    claims, rest = [], []
    courses = {item.path.split("/inbound/")[0] for item in items if "/inbound/" in item.path}
    if len(courses) > 1:
        raise CourseError(", ".join(sorted(courses)), "this is the exchange of several courses", "Give one's folder.")
    for item in notebooks(items):
        match = EXCHANGE.fullmatch(item.path)
        if not match and {"outbound", "feedback"} & {*item.path.split("/")}:
            continue  # what the exchange hands out
        if not match:
            rest.append((item.path, "is not in a folder STUDENT+ASSIGNMENT+TIME"))
        elif match["assignment"] == name:  # other assignments' lie there, too
            foreign = item.owner not in (None, "root", match["student"])
            claims.append(Claim(
                item, (), match["student"], match["file"], (), parsed(match["time"]),
                f"belongs to the user {item.owner}: did {match['student']} hand it in?" if foreign else ""))
    return claims, rest


def from_submitted(items: Sequence[Item], name: str) -> Claims:
    """nbgrader's ``submitted/STUDENT/ASSIGNMENT/``, with its times."""
    times = {item.path.rpartition("/")[0]: item for item in items if item.name == TIMESTAMP_FILE}
    claims, rest = [], []
    for item in notebooks(items):
        found = submitted_parts(item.path, name)
        if not found:
            rest.append((item.path, f"is not in a folder STUDENT/{name}"))
            continue
        student, folder, title = found
        claims.append(Claim(item, (), student, title, (), time_in(times.get(folder))))
    return claims, rest


def from_moodle(items: Sequence[Item], name: str) -> Claims:
    """Moodle's "Download all submissions": ``Full Name_NUMBER_assignsubmission_file_/x.ipynb``, or without folders."""

    def claim(item: Item, match: re.Match) -> Claim:
        clues = [("name", match["name"]), ("student", match["name"])]
        if " " not in match["name"]:  # a blind download has one word in its place; else the number is nobody's id
            clues.append(("student", match["number"]))
        return Claim(item, tuple(clues), None, match["path"] or match["flat"], user=match["number"])

    return handed_in(items, MOODLE, "Moodle", claim)


def from_canvas(items: Sequence[Item], name: str) -> Claims:
    """Canvas's "Download Submissions": ``lastfirst_LATE_USER_FILE_x-1.ipynb``; the last resubmission counts."""

    def claim(item: Item, match: re.Match) -> Claim:
        title, again = resubmission(match["rest"], name)
        clues = (("lms_user_id", match["user"]), ("name", match["name"]))
        late = "late, says Canvas" if match["late"] else ""
        return Claim(item, clues, None, title, (again, int(match["file"])), None, late, match["user"])

    return handed_in(items, CANVAS, "Canvas", claim)


def handed_in(
    items: Sequence[Item], form: re.Pattern, system: str, claim: Callable[[Item, re.Match], Claim]
) -> Claims:
    """A bulk download's claims: each user's notebooks, or one file of a user who handed in none."""
    users, rest = defaultdict(list), []
    for item in items:
        if match := form.fullmatch(item.path):
            made = claim(item, match)
            users[made.user].append(made)
        elif notebooks([item]):
            rest.append((item.path, f"is not named as {system} names submissions"))
    return [made for theirs in users.values() for made in with_notebook(theirs) or theirs[:1]], rest


def with_notebook(claims: Iterable[Claim]) -> list[Claim]:
    return [claim for claim in claims if notebooks([claim.item])]


def by_pattern(pattern: str, regex: bool, roster: Roster) -> Callable[[Sequence[Item], str], Claims]:
    """The function for files that are called as a pattern says."""
    return matching(compiled(pattern, regex, roster), f"does not fit {pattern}")


def by_guesses(roster: Roster) -> Callable[[Sequence[Item], str], Claims]:
    """The function for files with a known student's id at the beginning of their name, or as their folder's."""
    known = Roster(roster.people.values(), closed=True)
    return matching([compiled(guess, False, known)[0] for guess in GUESSES], "begins with no known student's id")


def matching(matchers: Sequence[Callable], otherwise: str) -> Callable[[Sequence[Item], str], Claims]:
    """The function for files of which the first matcher that fits tells."""

    def claims_of(items: Sequence[Item], name: str) -> Claims:
        claims, rest = [], []
        for item in notebooks(items):
            match = next(filter(None, (matches(item.path) for matches in matchers)), None)
            if match is None:
                rest.append((item.path, otherwise))
            else:
                claims.append(claim_of(item, match))
        return claims, rest

    return claims_of


KINDS = {from_exchange: "nbgrader's exchange", from_submitted: "nbgrader's submitted folder",
         from_moodle: "a bulk download of Moodle", from_canvas: "a bulk download of Canvas"}


# ---- what names say ------------------------------------------------------------------------------------------


def submitted_parts(path: str, name: str) -> tuple[str, str, str] | None:
    """Student, folder and file of ``.../STUDENT/ASSIGNMENT/file``."""
    match = re.fullmatch(rf"((?:.*/)?([^/]+)/{re.escape(name)})/(.+)", path)
    return (match[2], match[1], match[3]) if match else None


def resubmission(file: str, name: str) -> tuple[str, int]:
    """A file's name before Canvas numbered it, and the number: "lab-1.ipynb" is ("lab.ipynb", 1)."""
    match = re.fullmatch(rf"({re.escape(name)})(?:-(\d+))?(\.ipynb)", file, re.IGNORECASE) or re.fullmatch(
        r"(.*?)(?:-(\d+))?(\.[^.]*)", file)
    return (match[1] + match[3], int(match[2] or 0)) if match else (file, 0)


def left_aside(items: Sequence[Item]) -> list[str]:
    """A line on the files that are no notebooks."""
    others = len(items) - len(notebooks(items)) - sum(item.name == TIMESTAMP_FILE for item in items)
    return [f"{others} files that are no notebooks were left aside"] if others else []


def compiled(pattern: str, regex: bool, roster: Roster) -> list[Callable[[str], re.Match | None]]:
    """What matches a path by a pattern: first with the ids that are known, then, if any will do, with any.

    Raises
    ------
    CourseError
        Where the pattern is none.
    """
    if regex:
        try:
            expression = re.compile(pattern)
        except re.error as error:
            raise CourseError(f"--pattern {pattern}", f"not a regular expression: {error}", "Mend it.") from error
        if not FIELDS.keys() & expression.groupindex.keys():
            raise CourseError(f"--pattern {pattern}", "it has no group that names a student",
                              "Use one of: " + ", ".join(f"(?P<{field}>...)" for field in FIELDS))
        return [lambda text: expression.search(text)]
    parts = re.split(r"\{(\w+)\}", pattern)
    fields = parts[1::2]
    known = {*FIELDS, "timestamp", "anything"}
    if not FIELDS.keys() & {*fields} or not {*fields} <= known or any(
            fields.count(field) > 1 for field in known - {"anything"}):
        raise CourseError(f"--pattern {pattern}", "a pattern names the student once, and knows these fields",
                          ", ".join(f"{{{field}}}" for field in sorted(known)) + ".")
    anyone = "[^/]+?"
    choices = [anyone]
    if len(roster):
        ids = sorted(map(nfc, roster.people), key=len, reverse=True)
        choices = ["|".join(map(re.escape, ids)), *([] if roster.closed else [anyone])]
    depth = pattern.count("/")

    def matcher(ids: str) -> Callable[[str], re.Match | None]:
        expression = {"anything": "[^/]*", "student": f"(?P<student>{ids})", "student_id": f"(?P<student_id>{ids})"}
        text = "".join(expression.get(part, f"(?P<{part}>{anyone})") if at % 2 else re.escape(nfc(part))
                       for at, part in enumerate(parts))
        whole = re.compile(text, re.IGNORECASE)
        return lambda path: whole.fullmatch("/".join(nfc(path).split("/")[-1 - depth:]))

    return [matcher(ids) for ids in choices]


def claim_of(item: Item, match: re.Match) -> Claim:
    """What a pattern's fields say."""
    said = {key: text for key, text in match.groupdict().items() if text}
    clues = tuple((kind, said[field]) for field, kind in FIELDS.items() if field in said)
    sure = said.get("student") or said.get("student_id")
    return Claim(item, clues, sure, item.name, (), parsed(said.get("timestamp", "")))


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def parsed(text: str) -> datetime | None:
    """The moment that a text names, in UTC, by nbgrader's own reading."""
    from nbgrader.utils import parse_utc  # with all of nbgrader, which takes seconds

    try:
        return parse_utc(text) if text else None
    except (ValueError, OverflowError, AttributeError, TypeError):
        return None


def stamp(moment: datetime | None) -> str | None:
    """The moment as nbgrader writes it."""
    return moment and f"{moment:%Y-%m-%d %H:%M:%S.%f} UTC"


def time_in(item: Item | None) -> datetime | None:
    try:
        return item and parsed(item.read()[:100].decode("utf-8", "replace").strip())
    except Refused:
        return None
