"""Moodle's grading worksheet, filled in (mod/assign/gradingtable.php, mod/assign/feedback/offline).

Moodle titles the columns in the language of the user who downloads the worksheet. A table knows some of these titles;
other columns are found by their order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..class_lists.moodle import KIND, NO, NUMBER_AT_END, YES, column_values, has_participants, known_columns
from ..errors import CourseError
from ..roster import Roster, normalise
from ..spreadsheets import Sheet, parse_number, read_sheet, unescape
from .filling import GradeColumn, RowLabel, has_decimal_comma, match_rows, roster_of
from .grades import Export, ExportedGrade
from .words import list_students, summary_html

FILE = "moodle.csv"
#: The columns that identify a student, the most reliable first, with the kind of identifier.
IDENTIFIERS = (("participant", "participant"), ("email", "email"), ("number", "student"), ("number", "lms_user_id"),
               ("username", "student"), ("anonymous", "student"), ("name", "name"))


def export(
    grades: Mapping[str, ExportedGrade], assignment: str, into: bytes, where: str = "worksheet.csv",
    columns: Mapping[str, str | None] | None = None, zeros: bool = False,
    participants: Mapping[str, str] | None = None,
) -> Export:
    """Return Moodle's grading worksheet with the scores and the feedback of this assignment.

    Parameters
    ----------
    grades : dict of str to ExportedGrade
    assignment : str
    into : bytes
        The worksheet from Moodle (the assignment > Submissions > Download grading worksheet).
    where : str
        The name of that file.
    columns : dict, optional
        The titles of the columns "grade" and "comments", if they are not found.
    zeros : bool
        Give 0 instead of no grade to students who handed in nothing.
    participants : dict, optional
        The students' numbers in this assignment, where they are known.

    Raises
    ------
    CourseError
        The file is not such a worksheet, or a column is not clear.
    """
    given = {key: title for key, title in (columns or {}).items() if title}
    sheet = read_sheet(into, where, lambda head: is_worksheet(head, given), KIND)
    return fill_worksheet(Worksheet(sheet, find_columns(sheet, given)), grades, assignment, zeros, participants)


def is_worksheet(head: Sequence[str], given: Mapping[str, str]) -> bool:
    """Tell if a file's first row can be that of a worksheet: known titles, or enough columns."""
    return len(known_columns(head, given)) >= 3 or len(head) >= 6


# ---- the worksheet's columns -----------------------------------------------------------------------------------


def find_columns(sheet: Sheet, given: Mapping[str, str]) -> dict[str, int]:
    """Return the position of each column, found by title or by order.

    Raises
    ------
    CourseError
        The column of the grades is not clear, or the assignment is graded on a scale of words.
    """
    head = sheet.values(0)
    there = f"There are: {', '.join(head)}."
    columns = known_columns(head, given)
    for key, title in given.items():
        if key not in columns:
            raise CourseError(sheet.where, f"no column is called {title!r}", there)
    if len(columns) < 3 and not has_participants(sheet):
        raise CourseError(sheet.where, f"this is not {KIND}", "Give the file as it was downloaded.")
    if "scale" in columns and "maximum" not in columns:
        raise CourseError(sheet.where, "the grades are words of a scale", "Let Moodle grade this by points.")
    guess_columns(sheet, columns)
    if "grade" not in columns or columns["grade"] in (columns.get("identifier"), columns.get("name")):
        raise CourseError(sheet.where, "the column of the grades is not clear", f"Name it with --grade-column. {there}")
    return columns


def guess_columns(sheet: Sheet, columns: dict[str, int]) -> None:
    """Add the columns that are clear by their order and content.

    Moodle puts the identifier first, the name second, the maximum after the grade, and the feedback last, after the
    date of the last grade.
    """
    width = len(sheet.rows[0])

    def free(start: int = 0) -> list[int]:
        return [position for position in range(start, width) if position not in columns.values()]

    if "identifier" not in columns and has_participants(sheet):
        columns["identifier"] = 0
    if "name" not in columns and columns.get("identifier") == 0 and 1 in free():
        columns["name"] = 1
    if "maximum" not in columns:
        after = [position for position in free(2)
                 if columns.get("grade", position - 1) == position - 1 and is_positive_constant(sheet, position)]
        if len(after) == 1:
            columns["maximum"] = after[0]
    if "grade" not in columns and "maximum" in columns:
        columns["grade"] = columns["maximum"] - 1
    if "changeable" not in columns:
        answers = [position for position in free() if {*map(normalise, column_values(sheet, position))} <= YES | NO]
        if answers:
            columns["changeable"] = answers[0]
    if "comments" not in columns and columns.get("modified") == width - 2:
        columns["comments"] = width - 1


def is_positive_constant(sheet: Sheet, position: int) -> bool:
    """Tell if each row of a column holds the same number above zero."""
    values = set(column_values(sheet, position))
    return len(values) == 1 and (parse_number(values.pop()) or 0) > 0


# ---- its rows --------------------------------------------------------------------------------------------------


class Worksheet:
    """A worksheet with the positions of its columns."""

    def __init__(self, sheet: Sheet, columns: Mapping[str, int]) -> None:
        self.sheet, self.columns = sheet, columns

    def text(self, row: int, key: str) -> str:
        """Return a cell's text; the empty text if there is no such column."""
        return self.sheet.value(row, self.columns.get(key))

    def is_anonymous(self, roster: Roster) -> bool:
        """Tell if the rows do not show their students, so that the participant's number is the student's id."""
        names = (unescape(self.text(row, "name")) for row in range(1, len(self.sheet.rows)))
        return self.columns.keys().isdisjoint(("email", "number", "username")) and not any(
            roster.find("name", name) for name in names)

    def label_row(self, row: int, anonymous: bool) -> RowLabel | None:
        """Return the title and the identifiers of a row, or None for an empty one."""
        if not any(self.sheet.rows[row]):
            return None
        cells = {key: unescape(self.text(row, key)) for key in self.columns}
        found = NUMBER_AT_END.fullmatch(cells.get("identifier", ""))
        cells["participant"] = found["number"] if found else ""
        cells["anonymous"] = cells["participant"] if anonymous else ""
        title = ", ".join(filter(None, (cells.get("identifier"), cells.get("name"))))
        return title, [(kind, cells.get(key, "")) for key, kind in IDENTIFIERS]

    def put_comment(self, row: int, html: str) -> bool:
        """Write feedback over nothing, or over the autograder's own; return False and leave a person's."""
        before = self.text(row, "comments").strip()
        opening = html.partition(":")[0]  # up to the score, which may have changed
        if before and not before.startswith(opening):
            return False
        self.sheet.put(row, self.columns["comments"], html)
        return True


def fill_worksheet(
    worksheet: Worksheet, grades: Mapping[str, ExportedGrade], assignment: str, zeros: bool,
    participants: Mapping[str, str] | None = None,
) -> Export:
    """Put scores and feedback into a worksheet; rows whose grade Moodle has locked stay unchanged."""
    sheet, columns, roster = worksheet.sheet, worksheet.columns, roster_of(grades, participants)
    comma = has_decimal_comma(sheet, columns["grade"], columns.get("maximum"))
    column = GradeColumn(sheet, columns["grade"], grades, zeros, comma)
    anonymous = worksheet.is_anonymous(roster)
    rows, unmatched = match_rows(sheet, roster, lambda row: worksheet.label_row(row, anonymous))
    locked, kept = [], []
    for row, student in rows.items():
        if normalise(worksheet.text(row, "changeable")) in NO:
            locked.append(student)
            continue
        # Moodle skips a grade above its maximum
        written = column.put_grade(row, student, parse_number(worksheet.text(row, "maximum")), cap=True)
        has_feedback = written and "comments" in columns and grades[student].score is not None
        if has_feedback and not worksheet.put_comment(row, summary_html(assignment, grades[student])):
            kept.append(student)
    head = sheet.values(0)
    feedback = f"feedback into {head[columns['comments']]!r}" if "comments" in columns else "no column for feedback"
    notes = [f"grades go into column {head[columns['grade']]!r}, {feedback}", *unmatched,
             *list_students("locked in Moodle, left unchanged", locked),
             *list_students("had feedback of a person, left unchanged", kept)]
    return Export({FILE: sheet.to_bytes()}, column.notes(rows, notes))
