"""Canvas: its gradebook as a CSV file, filled in or written anew (https://github.com/instructure/canvas-lms).

Filled in, the file differs from the one that was downloaded in the cells of one column and in nothing else. Names in
it that look like formulas are Canvas's own affair and stay; what is put in is a number.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence

from ..errors import CourseError
from ..roster import Roster, name_key, sortable_name
from ..spreadsheets import Sheet, escape_formula, escape_id, parse_number, read_sheet, unescape
from .grades import Export, Grade, listed, notes_of, number, one_row_each

#: The columns before the assignments' that Canvas itself writes; after Section, a course may have its own.
STUDENT_COLUMNS = ("Student", "LastName", "FirstName", "ID", "SIS User ID", "SIS Login ID", "Integration ID",
                   "Root Account", "Section")
#: Columns that Canvas computes.
COMPUTED = re.compile(r"(Current|Final) (Score|Points|Grade)|Override (Score|Grade|Status)")
TITLE = re.compile(r"(?P<title>.*) \((?P<id>\d+)\)", re.DOTALL)
NOT_A_STUDENT = re.compile(r"\s*(Muted|Manual Posting.*)?\s*", re.IGNORECASE)
POINTS_POSSIBLE = "Points Possible"
EXCUSED, NOT_ASSIGNED = "EX", "N/A"
#: What says who a row is about, the most telling first: the column, and what its text may be of a student's.
CLUES = (("ID", ("lms_user_id",)), ("SIS User ID", ("student", "lms_user_id")), ("SIS Login ID", ("student", "email")))


def export(
    grades: Mapping[str, Grade], name: str, into: bytes | None = None, where: str = "gradebook.csv",
    column: str | None = None, zeros: bool = False,
) -> Export:
    """Canvas's gradebook with this assignment's scores.

    Parameters
    ----------
    grades : dict of str to Grade
    name : str
        The assignment.
    into : bytes, optional
        A gradebook downloaded from Canvas (Grades > Export), to be filled in; a fresh one is written without it.
    where : str
        That file's name.
    column : str, optional
        The assignment's title in Canvas, with or without its number; by default the title that is like ``name``.
    zeros : bool
        Whether who handed in nothing gets 0 instead of no grade.

    Raises
    ------
    CourseError
        Where the file is not such a gradebook, or the column is not clear.
    """
    if into is None:
        return fresh(grades, column or name, zeros)
    sheet = read_sheet(into, where, is_gradebook, "a gradebook of Canvas (Grades > Export)")
    return Filling(sheet, grades, name, column, zeros).export()


def is_gradebook(head: Sequence[str]) -> bool:
    """Whether a file's first row is that of Canvas's gradebook, by the rule of its importer."""
    by_name = len(head) > 3 and "Student" in head[0] and "ID" in head[1]
    return (by_name or head[:3] == ["LastName", "FirstName", "ID"]) and "Section" in head


# ---- filling one in --------------------------------------------------------------------------------------------


class Filling:
    """One gradebook, its column for the assignment, and the students whom its rows are about."""

    def __init__(self, sheet: Sheet, grades: Mapping[str, Grade], name: str, column: str | None, zeros: bool):
        self.sheet, self.grades, self.zeros = sheet, grades, zeros
        self.head = [title.strip() for title in sheet.values(0)]
        self.column = self._column(name, column)
        self.points = [row for row in range(1, len(sheet.rows)) if POINTS_POSSIBLE in sheet.value(row, 0)][:1]
        self.comma = any(
            re.fullmatch(r"\d+,\d+", sheet.value(row, self.column).strip()) for row in range(1, len(sheet.rows)))
        self.possible = self._possible()

    def export(self) -> Export:
        """The filled-in file, and what did not go into it."""
        found, unmatched = self._students()
        notes = [f"column: {self.head[self.column]}", *unmatched, *self._scaling(found)]
        put, changed, excused, unassigned = 0, [], [], []
        for row, student in found.items():
            before, after = self.sheet.value(row, self.column).strip(), self._cell(self.grades[student])
            if before.upper() == EXCUSED:
                excused.append(student)
            elif before.upper() == NOT_ASSIGNED:
                unassigned.append(student)
            elif after is not None:
                put += 1
                if before and parse_number(before) != parse_number(after):
                    changed.append(f"{student} ({before} to {after})")
                self.sheet.put(row, self.column, after)
        there = set(found.values())
        away = [student for student in self.grades if student not in there]
        notes += listed("excused in Canvas, left so", excused)
        notes += listed("not assigned to them in Canvas, left so", unassigned)
        notes += listed("had another grade in the file", changed)
        notes += listed("matched to no row of the file", away)
        notes = [f"{put} grades put into {len(found)} matched rows", *notes, *notes_of(self.grades.values())]
        return Export({"canvas.csv": self.sheet.to_bytes()}, tuple(notes))

    def _column(self, name: str, column: str | None) -> int:
        first = self.head.index("Section") + 1
        titles = {at: title for at, title in enumerate(self.head) if at >= first and not COMPUTED.search(title)}
        if column is not None:
            fits = [at for at, title in titles.items() if column.strip() in (title, *title_and_id(title))]
        else:
            fits = [at for at, title in titles.items() if name_key(title_and_id(title)[0]) == name_key(name)]
        if len(fits) != 1:
            wanted = column or name
            problem = f"no column is called {wanted!r}" if not fits else f"several columns are called {wanted!r}"
            there = ", ".join(repr(title) for title in titles.values()) or "none"
            raise CourseError(self.sheet.where, problem, f"Name one with --column. There are: {there}.")
        return fits[0]

    def _possible(self) -> float | None:
        """The points that are possible in Canvas, where the file says so."""
        said = self.sheet.value(self.points[0], self.column) if self.points else ""
        if "read only" in said.lower():
            raise CourseError(self.sheet.where, f"Canvas reads no grades from column {self.head[self.column]!r}",
                              "Name another with --column.")
        return parse_number(said)

    def _students(self) -> tuple[dict[int, str], list[str]]:
        """The student of each row that has one, and what to say of the other rows."""
        roster = Roster(grade.standing for grade in self.grades.values() if grade.standing)
        first = self.head.index("Section") + 1
        found, notes = {}, []
        for row in range(1, len(self.sheet.rows)):
            values = self.sheet.values(row)
            if row in self.points or all(NOT_A_STUDENT.fullmatch(value) for value in values):
                continue
            said = dict(zip(self.head[:first], map(unescape, values), strict=False))
            name = said.get("Student") or f"{said.get('LastName', '')}, {said.get('FirstName', '')}"
            clues = [(kind, said.get(title, "")) for title, kinds in CLUES for kind in kinds]
            match = roster.identify(*clues, ("name", name))
            if match.student:
                found[row] = match.student
            else:
                notes.append(f"row {row + 1}, {name.strip()!r}, left as it is: {match.reason}")
        found, twice = one_row_each(found)
        return found, notes + twice

    def _cell(self, grade: Grade) -> str | None:
        """What goes into a student's cell; None leaves what is there, since a blank would take a grade away."""
        if grade.score is None:
            return "0" if self.zeros and not grade.submitted else None
        text = number(grade.score * self._factor(grade))
        return text.replace(".", ",") if self.comma else text

    def _factor(self, grade: Grade) -> float:
        return self.possible / grade.max_score if self.possible and grade.max_score else 1.0

    def _scaling(self, found: Mapping[int, str]) -> list[str]:
        scaled = {grade.max_score for student in found.values() if self._factor(grade := self.grades[student]) != 1}
        return [f"scaled from {number(points)} points to the {number(self.possible)} that are possible in Canvas"
                for points in sorted(scaled)]


def title_and_id(head: str) -> tuple[str, str]:
    """An assignment's title and number: "Week 2 (123)" is ("Week 2", "123")."""
    match = TITLE.fullmatch(head)
    return (match["title"], match["id"]) if match else (head, head)


# ---- writing one anew ------------------------------------------------------------------------------------------


def fresh(grades: Mapping[str, Grade], title: str, zeros: bool) -> Export:
    """A gradebook with this assignment alone; to Canvas a title without a number that it knows is a new assignment."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["Student", "ID", "SIS Login ID", "Section", title])
    possible = max((grade.max_score for grade in grades.values()), default=0.0)
    writer.writerow([f"    {POINTS_POSSIBLE}", "", "", "", number(possible)])
    for student, grade in grades.items():
        person = grade.standing
        cell = number(grade.score) if grade.score is not None else "0" if zeros and not grade.submitted else ""
        writer.writerow([
            escape_formula(sortable_name(person) if person else student),
            escape_id((person and person.lms_user_id) or ""), escape_id(student), "", cell])
    notes = (f"{sum(grade.score is not None for grade in grades.values())} of {len(grades)} students have a grade",)
    return Export({"canvas.csv": text.getvalue().encode()}, notes + notes_of(grades.values()))
