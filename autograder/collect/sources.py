"""The kinds of sources: nbgrader's exchange and submitted folder, the bulk downloads of Moodle and Canvas.

Whoever the platform names hands something in. The outermost name that fits decides, and what is deeper is part of that
submission. A kind is therefore a function from the entries of one level to deliveries, and the outermost level where a
kind fits is the level of the submissions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import CourseError
from ..platforms import CANVAS as CANVAS_NAME
from ..platforms import MOODLE as MOODLE_NAME
from ..roster import Roster
from ..timestamps import parse_utc
from .archive import MAX_DEPTH, MAX_FILES, Archive, Entry, Skipped
from .candidates import Delivery, Owner
from .patterns import FIELDS, GUESSES, Template, compile_expression, compile_pattern, owner_of

EXCHANGE_NAME = "nbgrader's exchange"
EXCHANGE = re.compile(r"(?P<student>.+)\+(?P<assignment>[^+]+)\+(?P<time>\d{4}-\d\d-\d\d [^+]+)(?:\+[^+]*)?")
MOODLE = re.compile(r"(?P<name>.+?)_(?P<user>\d+)_assignsubmission_(?P<plugin>[a-z]+)(?:_?|_(?P<rest>.+))")
CANVAS = re.compile(r"(?P<name>.+?)_(?:(?P<late>LATE)_)?(?P<user>\d+)_(?P<file>\d+)_(?P<rest>.+)")
#: Canvas's names in an assignment that is graded anonymously.
ANONYMOUS = re.compile(r"(?:LATE_)?anon_[A-Za-z0-9]+_\d+_.+")
#: Folders of an exchange that hold what it hands out.
HANDED_OUT = frozenset({"outbound", "feedback"})


@dataclass(frozen=True)
class Level:
    """The entries beside each other on the level where submissions are, and the files that are farther out."""

    entries: Sequence[Entry]
    outside: Sequence[Entry] = ()


#: Returns the deliveries among the entries of a level.
Find = Callable[[Level], Sequence[Delivery]]


@dataclass(frozen=True)
class Source:
    """A kind of source that fits an archive."""

    name: str
    deliveries: Sequence[Delivery]
    entries: Sequence[Entry]  # all of the level and outside of it
    otherwise: str  # what is wrong with a notebook in them that no delivery has
    handed_out: frozenset[str] = frozenset()  # folders that hold no submissions


def detect_source(
    archive: Archive, assignment: str, roster: Roster, path: Path, refused: list[Skipped]
) -> Source:
    """Return the outermost kind of source that fits the names in an archive.

    Raises
    ------
    CourseError
        There is no notebook, or no kind fits and there is no roster with ids to look for.
    """
    known = Roster(roster.entries.values(), closed=True)
    guesses = [compile_pattern(guess, known)[0] for guess in GUESSES] if len(roster) else []
    plain = "begins with no known student's id"
    kinds: list[tuple[str, str, Find]] = [
        ("an anonymous download of Canvas", "", refuse_anonymous(path)),
        (EXCHANGE_NAME, "is not in a folder STUDENT+ASSIGNMENT+TIME", find_exchange(assignment, path)),
        ("a bulk download of Moodle", "is not named as Moodle names submissions", find_download(MOODLE, read_moodle)),
        ("nbgrader's submitted folder", f"is not in a folder STUDENT/{assignment}",
         find_submitted(archive, assignment, roster, path)),
        ("a bulk download of Canvas", "is not named as Canvas names submissions",
         find_download(CANVAS, lambda entry, match: read_canvas(entry, match, assignment))),
        ("a pattern", plain, find_templates(archive, guesses, refused)),
    ]  # fmt: skip
    has_notebook = False
    for level in walk_levels(archive, path, refused):
        for name, otherwise, find in kinds:
            if found := find(level):
                handed_out = HANDED_OUT if name == EXCHANGE_NAME else frozenset[str]()
                return Source(name, found, (*level.outside, *level.entries), otherwise, handed_out)
        has_notebook = has_notebook or any(entry.is_notebook for entry in level.entries)
    if not has_notebook:
        why = f" that can be read ({refused[0].path} {refused[0].reason})" if refused else ""
        raise CourseError(path, f"there is no notebook in it{why}",
                          "Give the folder or zip with the students' .ipynb files.")
    if not len(roster):
        raise CourseError(path, "the students of these files are not clear, since no student is known",
                          'Describe the names, as in --pattern "{student}_{anything}.ipynb", or import the class '
                          "first: autograder roster FILE (or give --roster).")
    return Source("a pattern", (), archive.list("", []), plain)


def pattern_source(
    archive: Archive, pattern: str, regex: bool, roster: Roster, path: Path, refused: list[Skipped]
) -> Source:
    """Return the source whose files are named by a pattern.

    Raises
    ------
    CourseError
        The pattern is not valid.
    """
    otherwise = f"does not fit {pattern}"
    if regex:
        return expression_source(archive, compile_expression(pattern), path, refused, otherwise)
    find = find_templates(archive, compile_pattern(pattern, roster), refused)
    for level in walk_levels(archive, path, refused):
        if found := find(level):
            return Source("a pattern", found, (*level.outside, *level.entries), otherwise)
    return Source("a pattern", (), archive.list("", []), otherwise)


def walk_levels(archive: Archive, path: Path, refused: list[Skipped]) -> Iterator[Level]:
    """Yield the levels of an archive from the outside in.

    Raises
    ------
    CourseError
        A level holds too many files.
    """
    entries, outside = archive.list("", refused), list[Entry]()
    for _ in range(MAX_DEPTH):
        if len(entries) > MAX_FILES:
            raise CourseError(path, f"more than {MAX_FILES:,} files are in it", "Give the folder of one download.")
        if not entries:
            return
        yield Level(entries, tuple(outside))
        outside += [entry for entry in entries if not entry.is_folder]
        entries = [child for entry in entries if entry.is_folder for child in archive.list(entry.path, refused)]


# ---- nbgrader ------------------------------------------------------------------------------------------------


def find_exchange(assignment: str, root: Path) -> Find:
    """Return the search for ``inbound/STUDENT+ASSIGNMENT+TIME/`` of nbgrader's exchange.

    Elsewhere than in a folder ``inbound``, half of the people on a level are named so.

    Raises
    ------
    CourseError
        It is the exchange of several courses.
    """

    def find(level: Level) -> list[Delivery]:
        found = find_form(EXCHANGE, [entry for entry in level.entries if entry.is_folder])
        if not any(has_parent(entry, "inbound", root) for entry, _ in found):
            found = found if has_most_people(found, level.entries) else []
        courses = {entry.path.rpartition("/inbound/")[0] for entry, _ in found}
        if len(courses) > 1:
            raise CourseError(", ".join(sorted(courses)), "this is the exchange of several courses",
                              "Give the folder of one course.")
        return [Delivery(entry, Owner(explicit_id=match["student"], timestamp=parse_utc(match["time"])),
                         has_records=True, counts=match["assignment"] == assignment) for entry, match in found]

    return find


def find_submitted(archive: Archive, assignment: str, roster: Roster, root: Path) -> Find:
    """Return the search for nbgrader's ``submitted/STUDENT/ASSIGNMENT/``.

    Elsewhere than in a folder ``submitted``, one of the students is known, or half of the people on a level have such
    a folder.
    """

    def find(level: Level) -> list[Delivery]:
        found = []
        is_exchange = any(entry.name == "inbound" for entry in level.entries)
        for entry in level.entries:
            if is_exchange and entry.name in HANDED_OUT:
                continue  # outbound/ASSIGNMENT/ is the release
            inside = archive.list(entry.path, [], assignment, 1) if entry.is_folder else []
            if inside and inside[0].name == assignment and inside[0].is_folder and not outer_match(entry.name):
                found.append((entry, inside[0]))
        if not any(has_parent(entry, "submitted", root) or roster.find("student", entry.name) for entry, _ in found):
            several = len(found) > 1 or sum(e.is_notebook for _, top in found for e in archive.list(top.path, [])) <= 2
            found = found if several and has_most_people(found, level.entries) else []
        return [Delivery(top, Owner(explicit_id=entry.name), has_records=True) for entry, top in found]

    return find


def has_parent(entry: Entry, name: str, root: Path) -> bool:
    """Tell if an entry lies in a folder of this name, which may be that of the archive."""
    return f"{root.name}/{entry.path}".split("/")[-2] == name


# ---- bulk downloads --------------------------------------------------------------------------------------------


def read_moodle(entry: Entry, match: re.Match[str]) -> Delivery:
    """Read Moodle's "Download all submissions": ``Full Name_NUMBER_assignsubmission_file_/x.ipynb``, or flat."""
    identifiers = [("participant", match["user"]), ("name", match["name"]), ("student", match["name"])]
    if " " not in match["name"]:  # an anonymous download has one word here; otherwise the number is no id
        identifiers.append(("student", match["user"]))
    owner = Owner(tuple(identifiers), user=match["user"], platform=MOODLE_NAME)
    return Delivery(entry, owner, "" if entry.is_folder else match["rest"])


def read_canvas(entry: Entry, match: re.Match[str], assignment: str) -> Delivery:
    """Read Canvas's "Download Submissions": ``lastfirst_LATE_USER_FILE_x-1.ipynb``."""
    title, number = split_resubmission(match["rest"], assignment)
    owner = Owner((("lms_user_id", match["user"]), ("name", match["name"])), user=match["user"],
                  note="late, says Canvas" if match["late"] else "", platform=CANVAS_NAME, late=bool(match["late"]))
    return Delivery(entry, owner, title, (number, int(match["file"])))


def refuse_anonymous(path: Path) -> Find:
    """Return a search that finds nothing.

    Raises
    ------
    CourseError
        Most files are named as Canvas names those of an anonymous assignment: nobody can tell whose they are.
    """

    def find(level: Level) -> list[Delivery]:
        found = sum(ANONYMOUS.fullmatch(entry.name) is not None for entry in level.entries)
        if 2 * found > len(level.entries):
            raise CourseError(path, f"Canvas hides whose files these are ({found:,} named anon_...)",
                              "In Canvas, switch Anonymous Grading off for this assignment, or post its grades; then "
                              "download again.")
        return []

    return find


def find_download(form: re.Pattern[str], read: Callable[[Entry, re.Match[str]], Delivery]) -> Find:
    """Return the search for a bulk download, which names at least half of the people on a level in its form.

    Where two forms fit a name, the outer one counts: the rest is the student's own name for the file.
    """

    def find(level: Level) -> list[Delivery]:
        found = find_form(form, level.entries)
        return [read(*pair) for pair in found] if has_most_people(found, level.entries) else []

    return find


def find_form(form: re.Pattern[str], entries: Sequence[Entry]) -> list[tuple[Entry, re.Match[str]]]:
    """Return the entries that are named in a form, with their matches."""
    return [(entry, match) for entry in entries if (match := outer_match(entry.name)) and match.re is form]


def outer_match(name: str) -> re.Match[str] | None:
    """Return the match of the form that names a person first."""
    matches = [match for form in (EXCHANGE, MOODLE, CANVAS) if (match := form.fullmatch(name))]
    return min(matches, key=lambda match: match.end(1), default=None)


def has_most_people(found: Sequence[tuple[Entry, object]], entries: Sequence[Entry]) -> bool:
    """Tell if at least half of the people on a level are among those that are found."""
    return bool(found) and 2 * len({first_word(entry) for entry, _ in found}) >= len(set(map(first_word, entries)))


def first_word(entry: Entry) -> str:
    """Return the beginning of a name, which no student chooses."""
    return re.split(r"[_\- .(+]", entry.name, maxsplit=1)[0]


def split_resubmission(file: str, assignment: str) -> tuple[str, int]:
    """Return a file's name before Canvas numbered it, and the number: "lab-1.ipynb" gives ("lab.ipynb", 1)."""
    match = re.fullmatch(rf"({re.escape(assignment)})(?:-(\d+))?(\.ipynb)", file, re.IGNORECASE) or re.fullmatch(
        r"(.*?)(?:-(\d+))?(\.[^.]*)", file)
    return (match[1] + match[3], int(match[2] or 0)) if match else (file, 0)


# ---- patterns --------------------------------------------------------------------------------------------------


def find_templates(archive: Archive, templates: Sequence[Template], refused: list[Skipped]) -> Find:
    """Return the search for names that fit a template; the first one that fits counts."""

    def find(level: Level) -> list[Delivery]:
        found: dict[str, Delivery] = {}
        for template in templates:
            for delivery in template.deliveries(archive, level.entries, refused):
                found.setdefault(delivery.top.path, delivery)
        return list(found.values())

    return find


def expression_source(
    archive: Archive, expression: re.Pattern[str], path: Path, refused: list[Skipped], otherwise: str
) -> Source:
    """Return the source whose paths fit a regular expression, by the outermost part in which one names a student."""
    found: list[tuple[int, Entry, re.Match[str]]] = []
    notebooks: list[Entry] = []
    for level in walk_levels(archive, path, refused):
        notebooks += (entry for entry in level.entries if entry.is_notebook)
    for entry in notebooks:
        if match := expression.search(entry.path):
            start = min(match.start(field) for field in FIELDS if match.groupdict().get(field) is not None)
            found.append((entry.path.count("/", 0, start), entry, match))
    outermost = min((depth for depth, _, _ in found), default=0)
    deliveries = [Delivery(entry, owner_of(match.groupdict())) for depth, entry, match in found if depth == outermost]
    return Source("a pattern", deliveries, notebooks, otherwise)
