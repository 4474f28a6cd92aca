"""Canvas's gradebook as a CSV file, filled in or fresh (https://github.com/instructure/canvas-lms)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping

from ..class_lists.formats import is_canvas
from ..errors import CourseError
from ..pages.words import number
from ..roster import name_key, sortable_name
from ..spreadsheets import Sheet, escape_formula, escape_id, parse_number, read_sheet, to_one_line, unescape
from .filling import GradeColumn, RowLabel, has_decimal_comma, match_rows, roster_of
from .grades import Export, ExportedGrade
from .words import exceptions, list_students

FILE = "canvas.csv"
#: Columns that Canvas computes.
COMPUTED = re.compile(r"(Current|Final) (Score|Points|Grade)|Override (Score|Grade|Status)")
TITLE = re.compile(r"(?P<title>.*) \((?P<id>\d+)\)", re.DOTALL)
NOT_A_STUDENT = re.compile(r"\s*(Muted|Manual Posting.*)?\s*", re.IGNORECASE)
POINTS_POSSIBLE = "Points Possible"
EXCUSED, NOT_ASSIGNED = "EX", "N/A"
#: The columns that identify a student, the most reliable first, with the kinds of identifier that each may hold.
IDENTIFIERS = (("ID", ("lms_user_id",)), ("SIS User ID", ("student", "lms_user_id")),
               ("SIS Login ID", ("student", "email")))


def export(
    grades: Mapping[str, ExportedGrade], assignment: str, into: bytes | None = None, where: str = "gradebook.csv",
    column: str | None = None, zeros: bool = False,
) -> Export:
    """Return Canvas's gradebook with the scores of this assignment.

    Parameters
    ----------
    grades : dict of str to ExportedGrade
    assignment : str
    into : bytes, optional
        A gradebook from Canvas (Grades > Export) to fill in. Without it a fresh one is made.
    where : str
        The name of that file.
    column : str, optional
        The assignment's title in Canvas, with or without its number; the title like ``assignment`` by default.
    zeros : bool
        Give 0 instead of no grade to students who handed in nothing.

    Raises
    ------
    CourseError
        The file is not such a gradebook, or the column is not clear.
    """
    if into is None:
        return make_gradebook(grades, column or assignment, zeros)
    sheet = read_sheet(into, where, is_canvas, "a gradebook of Canvas (Grades > Export)")
    return fill_gradebook(sheet, grades, find_column(sheet, assignment, column), zeros)


# ---- a gradebook from Canvas ---------------------------------------------------------------------------------


def fill_gradebook(sheet: Sheet, grades: Mapping[str, ExportedGrade], position: int, zeros: bool) -> Export:
    """Put the scores into the column at a position; every other byte stays."""
    head = read_head(sheet)
    points_row = next((row for row in range(1, len(sheet.rows)) if POINTS_POSSIBLE in sheet.value(row, 0)), None)
    maximum = read_maximum(sheet, head[position], sheet.value(points_row, position) if points_row else "")
    column = GradeColumn(sheet, position, grades, zeros, has_decimal_comma(sheet, position))

    def label_row(row: int) -> RowLabel | None:
        values = sheet.values(row)
        if row == points_row or all(NOT_A_STUDENT.fullmatch(value) for value in values):
            return None
        cells = dict(zip(head[: head.index("Section") + 1], map(unescape, values), strict=False))
        name = cells.get("Student") or f"{cells.get('LastName', '')}, {cells.get('FirstName', '')}"
        identifiers = [(kind, cells.get(title, "")) for title, kinds in IDENTIFIERS for kind in kinds]
        return name.strip(), [*identifiers, ("name", name)]

    rows, unmatched = match_rows(sheet, roster_of(grades), label_row)
    unchanged: dict[str, list[str]] = {EXCUSED: [], NOT_ASSIGNED: []}
    for row, student in rows.items():
        before = sheet.value(row, position).strip().upper()
        if before in unchanged:
            unchanged[before].append(student)
        else:
            column.put_grade(row, student, maximum)
    notes = [f"column: {head[position]}", *unmatched,
             *list_students("excused in Canvas, left unchanged", unchanged[EXCUSED]),
             *list_students("not assigned to them in Canvas, left unchanged", unchanged[NOT_ASSIGNED])]
    return Export({FILE: sheet.to_bytes()}, column.notes(rows, notes))


def read_head(sheet: Sheet) -> list[str]:
    """Return the titles of the columns."""
    return [title.strip() for title in sheet.values(0)]


def find_column(sheet: Sheet, assignment: str, column: str | None) -> int:
    """Return the position of the assignment's column.

    Raises
    ------
    CourseError
        No column fits, or several do.
    """
    head = read_head(sheet)
    titles = {position: title for position, title in enumerate(head)
              if position > head.index("Section") and not COMPUTED.search(title)}
    if column is not None:
        fits = [position for position, title in titles.items() if column.strip() in (title, *split_title(title))]
    else:
        fits = [position for position, title in titles.items()
                if name_key(split_title(title)[0]) == name_key(assignment)]
    if len(fits) != 1:
        wanted = column or assignment
        problem = f"no column is called {wanted!r}" if not fits else f"several columns are called {wanted!r}"
        there = ", ".join(map(repr, titles.values())) or "none"
        raise CourseError(sheet.where, problem, f"Name one with --column. There are: {there}.")
    return fits[0]


def split_title(head: str) -> tuple[str, str]:
    """Return an assignment's title and number: "Week 2 (123)" gives ("Week 2", "123")."""
    match = TITLE.fullmatch(head)
    return (match["title"], match["id"]) if match else (head, head)


def read_maximum(sheet: Sheet, title: str, text: str) -> float | None:
    """Return the points that Canvas counts to, or None if the file does not give them.

    Raises
    ------
    CourseError
        Canvas does not read grades from this column.
    """
    if "read only" in text.lower():
        raise CourseError(sheet.where, f"Canvas reads no grades from column {title!r}", "Name another with --column.")
    return parse_number(text)


# ---- a fresh gradebook -----------------------------------------------------------------------------------------


def make_gradebook(grades: Mapping[str, ExportedGrade], title: str, zeros: bool) -> Export:
    """Return a gradebook with this assignment alone; Canvas makes a new assignment of a title that it does not know."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["Student", "ID", "SIS Login ID", "Section", to_one_line(title)])
    maximum = max((grade.max_score for grade in grades.values()), default=0.0)
    writer.writerow([f"    {POINTS_POSSIBLE}", "", "", "", number(maximum)])
    for student, exported in grades.items():
        name = sortable_name(exported.grade) if exported.grade else student
        number_in_canvas = (exported.grade and exported.grade.lms_user_id) or ""
        missing = "0" if zeros and not exported.submitted else ""
        score = missing if exported.score is None else number(exported.score)
        writer.writerow([escape_formula(name), escape_id(number_in_canvas), escape_id(student), "", score])
    graded = sum(grade.score is not None for grade in grades.values())
    notes = (f"{graded} of {len(grades)} students have a grade", *exceptions(grades.values()))
    return Export({FILE: text.getvalue().encode()}, notes)
