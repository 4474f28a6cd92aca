"""The files in which platforms list a class. Each format is a function from a sheet to students."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from ..errors import CourseError
from ..platforms import CANVAS, MOODLE, Participant
from ..roster import COLUMNS, normalise
from ..spreadsheets import Sheet, read_sheet, to_one_line, unescape
from .dates import parse_date
from .moodle import NUMBER_AT_END, column_values, has_participants, known_columns

NBGRADER, GRADESCOPE = "nbgrader", "gradescope"
TITLES = {CANVAS: "Canvas's gradebook", MOODLE: "Moodle's grading worksheet", NBGRADER: "a list with a column of ids",
          GRADESCOPE: "Gradescope's roster"}
KINDS = ("a class list (Canvas: Grades > Export; Moodle: the assignment > Submissions > Download grading worksheet; "
         "Gradescope: Roster > Download Roster; or a CSV file with the columns id,first_name,last_name,email)")
#: The account with which teachers look at a course of Canvas as students do.
TEST_STUDENTS = ("student, test", "test student")


@dataclass(frozen=True)
class ListedStudent:
    """A student as a platform lists them."""

    row: int  # in the file, from 1
    login: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    lms_user_id: str | None = None  # Canvas's number of the user
    number: str | None = None  # the institution's
    participant: Participant | None = None  # in the assignment of Moodle's worksheet
    unread_time: str | None = None  # the text of a time that cannot be read

    @property
    def title(self) -> str:
        """Return the row and the name, for messages."""
        name = " ".join(filter(None, (self.first_name, self.last_name))) or self.login or self.email or "without a name"
        return f"row {self.row}, {name}"


@dataclass(frozen=True)
class ClassList:
    """The students in a platform's file."""

    platform: str
    students: tuple[ListedStudent, ...]
    left_out: tuple[str, ...] = ()  # rows that are no students, with the reason

    @property
    def title(self) -> str:
        """Return the kind of file in words."""
        return TITLES[self.platform]


def read_class_list(path: Path, zone: tzinfo) -> ClassList:
    """Return the students in a platform's file.

    Parameters
    ----------
    path : Path
    zone : tzinfo
        Of the times in it.

    Raises
    ------
    CourseError
        The file cannot be read, or is of no known kind.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CourseError(path, f"the class list cannot be read ({error.strerror})", "May this user read it?"
                          ) from error
    sheet = read_sheet(data, path.name, lambda head: bool(kind_of_head(head)) or len(head) > 1 or _is_id(head), KINDS)
    platform = kind_of_head(sheet.values(0))
    if (not platform or platform == NBGRADER) and has_participants(sheet):
        platform = MOODLE  # with titles in another language
    if not platform:
        there = f"It has: {', '.join(sheet.values(0))}."
        raise CourseError(path.name, f"the columns are not those of {KINDS}, since there is no column 'id'", there)
    students, left_out = READERS[platform](sheet, zone)
    return ClassList(platform, tuple(students), tuple(left_out))


def kind_of_head(head: Sequence[str]) -> str:
    """Return the platform that writes these titles, or ""."""
    titles = {normalise(title) for title in head}
    if is_canvas(head):
        return CANVAS
    if "sid" in titles and titles & {"email", "full name", "name", "first name"}:
        return GRADESCOPE
    known = known_columns(head)
    if len(known) >= 3 and "identifier" in known and known.keys() & {"grade", "maximum", "submitted"}:
        return MOODLE
    return NBGRADER if _is_id(head) else ""


def is_canvas(head: Sequence[str]) -> bool:
    """Tell if a file's first row is that of Canvas's gradebook, by the rule of Canvas's importer."""
    by_name = len(head) > 3 and "Student" in head[0] and "ID" in head[1]
    return (by_name or list(head[:3]) == ["LastName", "FirstName", "ID"]) and "Section" in head


def _is_id(head: Sequence[str]) -> bool:
    return bool({normalise(title) for title in head} & set(COLUMNS["student"]))


# ---- one function a format -----------------------------------------------------------------------------------

Listed = tuple[list[ListedStudent], list[str]]


def read_canvas(sheet: Sheet, zone: tzinfo) -> Listed:
    """Read Canvas's gradebook: the columns up to Section."""
    students, left_out = [], []
    for row, cells in rows_of(sheet):
        name = cells.get("student") or ", ".join(filter(None, (cells.get("lastname"), cells.get("firstname"))))
        number = cells.get("id", "")
        if not number.isdecimal():
            if number or (cells.get("sis login id") and "points possible" not in name.lower()):
                left_out.append(f"row {row}, {name or 'without a name'}: no number in the column ID")
            continue  # the points, or what a teacher has to know about posting
        if normalise(name) in TEST_STUDENTS:
            left_out.append(f"row {row}, {name}: Canvas's test student")
            continue
        first, last = split_name(name)
        login = cells.get("sis login id") or None
        students.append(ListedStudent(row, login, first, last, login if login and "@" in login else None, number,
                                      cells.get("sis user id") or None))
    return students, left_out


def read_gradescope(sheet: Sheet, zone: tzinfo) -> Listed:
    """Read Gradescope's roster; teachers in it are left out."""
    students, left_out = [], []
    for row, cells in rows_of(sheet):
        name = cells.get("full name") or cells.get("name") or ""
        first, last = (cells.get("first name") or None, cells.get("last name") or None)
        if not (first or last):
            first, last = split_name(name)
        listed = ListedStudent(row, None, first, last, cells.get("email") or None, None, cells.get("sid") or None)
        role = cells.get("role", "")
        if role and "student" not in role.lower():
            left_out.append(f"{listed.title}: {role}")
        elif any(cells.values()):
            students.append(listed)
    return students, left_out


def read_nbgrader(sheet: Sheet, zone: tzinfo) -> Listed:
    """Read the columns of ``nbgrader db student import``, by these or other names."""
    students = []
    for row, cells in rows_of(sheet):
        found = {field: next((cells[title] for title in titles if cells.get(title)), None)
                 for field, titles in COLUMNS.items()}
        if student := found["student"]:
            students.append(ListedStudent(row, student, found["first_name"], found["last_name"], found["email"],
                                          found["lms_user_id"]))
    return students, []


def read_moodle(sheet: Sheet, zone: tzinfo) -> Listed:
    """Read Moodle's grading worksheet, in any language: numbers come first, then names."""
    columns = moodle_columns(sheet, zone)
    students = []
    left_out = []
    for row in range(1, len(sheet.rows)):
        if not any(sheet.rows[row]):
            continue
        cells = {key: clean(sheet.value(row, position)) for key, position in columns.items()}
        found = NUMBER_AT_END.fullmatch(cells.get("identifier", ""))
        if found is None:
            left_out.append(f"row {row + 1}, {cells.get('name', '')}: no participant's number")
            continue
        text = cells.get("submitted", "").strip("-– ")
        time = parse_date(text, zone) if text else None
        participant = Participant(found["number"], time, cells.get("group") or None)
        is_anonymous = cells.get("name", cells["identifier"]) == cells["identifier"]
        first, last = (None, None) if is_anonymous else split_name(cells["name"])
        students.append(ListedStudent(row + 1, cells.get("username") or None, first, last, cells.get("email") or None,
                                      None, cells.get("number") or None, participant,
                                      text if text and time is None else None))
    return students, left_out


def moodle_columns(sheet: Sheet, zone: tzinfo) -> dict[str, int]:
    """Return the position of each column of Moodle's worksheet, by its title or by what it holds.

    Raises
    ------
    CourseError
        There is no column of participants' numbers.
    """
    columns = known_columns(sheet.values(0))
    if has_participants(sheet):
        columns["identifier"] = 0
    if "identifier" not in columns:
        raise CourseError(sheet.where, "Moodle's worksheet has no column of participants' numbers ('Participant 123')",
                          "Download it again, without choosing columns.")
    width = len(sheet.rows[0])
    free = [position for position in range(width) if position not in columns.values()]
    names = column_values(sheet, 1) if 1 in free else []
    if "name" not in columns and columns["identifier"] == 0 and 2 * len(set(names)) > len(names):
        columns["name"] = free.pop(free.index(1))
    tests: dict[str, Callable[[str], bool]] = {
        "email": lambda text: "@" in text and " " not in text, "submitted": lambda text: bool(parse_date(text, zone))}
    for key, test in tests.items():
        for position in free if key not in columns else ():
            texts = [text for text in column_values(sheet, position) if text.strip("-– ")]
            if texts and all(map(test, texts)):
                columns[key] = position
                free.remove(position)
                break
    return columns


READERS: dict[str, Callable[[Sheet, tzinfo], Listed]] = {
    CANVAS: read_canvas, GRADESCOPE: read_gradescope, NBGRADER: read_nbgrader, MOODLE: read_moodle}


def rows_of(sheet: Sheet) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row's number in the file, and its cells by their titles in lower case."""
    titles = [normalise(title) for title in sheet.values(0)]
    for row in range(1, len(sheet.rows)):
        cells: dict[str, str] = {}
        for title, text in zip(titles, sheet.values(row), strict=False):
            cells.setdefault(title, clean(text))
        yield row + 1, cells


def clean(text: str) -> str:
    """Return a cell's text on one line, since students choose their names on some platforms."""
    return to_one_line(unescape(text)).strip()


def split_name(name: str) -> tuple[str | None, str | None]:
    """Return the first and the last name in "Last, First" or "First Last"."""
    if "," in name:
        last, _, first = name.partition(",")
    else:
        first, _, last = name.strip().rpartition(" ")
    return first.strip() or None, last.strip() or None
