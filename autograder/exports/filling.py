"""Grades put into one column of a CSV file that another system wrote; every other byte stays."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..pages.words import number
from ..roster import Identifier, Roster
from ..spreadsheets import Sheet, parse_number
from .grades import ExportedGrade
from .words import exceptions, list_students

DECIMAL_COMMA = re.compile(r"\s*\d+,\d+\s*")
#: A row's title for messages, and the identifiers of its student.
RowLabel = tuple[str, list[Identifier]]


def roster_of(grades: Mapping[str, ExportedGrade], participants: Mapping[str, str] | None = None) -> Roster:
    """Return the students that the gradebook knows, with their numbers in an assignment of Moodle."""
    return Roster((grade.grade for grade in grades.values() if grade.grade), participants=participants)


def match_rows(
    sheet: Sheet, roster: Roster, label_row: Callable[[int], RowLabel | None]
) -> tuple[dict[int, str], list[str]]:
    """Return the student of each row, and a note for each row that stays unchanged.

    Parameters
    ----------
    sheet : Sheet
    roster : Roster
    label_row : callable
        Returns the title and the identifiers of a row, or None for a row without a student.
    """
    rows: dict[str, list[int]] = defaultdict(list)
    notes = []
    for row in range(1, len(sheet.rows)):
        if labelled := label_row(row):
            title, identifiers = labelled
            match = roster.identify(*identifiers)
            if match.student:
                rows[match.student].append(row)
            else:
                notes.append(f"row {row + 1}, {title!r}, left unchanged: {match.reason}")
    notes += [f"several rows are about {student}, left unchanged: {', '.join(str(row + 1) for row in several)}"
              for student, several in sorted(rows.items()) if len(several) > 1]
    return {several[0]: student for student, several in rows.items() if len(several) == 1}, notes


@dataclass
class GradeColumn:
    """The column that gets the grades, and a record of the changes."""

    sheet: Sheet
    column: int
    grades: Mapping[str, ExportedGrade]
    zeros: bool  # give 0 to students who handed in nothing
    decimal_comma: bool
    written: int = 0
    changed: list[str] = field(default_factory=list)
    scaled: set[tuple[float, float]] = field(default_factory=set)  # our maximum and the file's

    def put_grade(self, row: int, student: str, maximum: float | None, cap: bool = False) -> bool:
        """Write a student's score, scaled to the file's maximum; leave the cell and return False if there is none.

        A blank in its place would take a grade away. With ``cap``, the score is at most the maximum.
        """
        text = self._text(self.grades[student], maximum, cap)
        if text is None:
            return False
        before = self.sheet.value(row, self.column).strip()
        if before and parse_number(before) != parse_number(text):
            self.changed.append(f"{student} ({before} to {text})")
        self.sheet.put(row, self.column, text)
        self.written += 1
        return True

    def _text(self, grade: ExportedGrade, maximum: float | None, cap: bool) -> str | None:
        if grade.score is None:
            return "0" if self.zeros and not grade.submitted else None
        score = grade.score
        if maximum and grade.max_score and maximum != grade.max_score:
            self.scaled.add((grade.max_score, maximum))
            score = score / grade.max_score * maximum
        text = number(min(score, maximum) if maximum and cap else score)
        return text.replace(".", ",") if self.decimal_comma else text

    def notes(self, rows: Mapping[int, str], more: list[str]) -> tuple[str, ...]:
        """Return what was written and what was not, with the format's own notes in the middle."""
        matched = set(rows.values())
        return (
            f"{self.written} grades put into {len(rows)} matched rows",
            *(f"scaled from {number(ours)} points to the file's maximum of {number(maximum)}"
              for ours, maximum in sorted(self.scaled)),
            *more,
            *list_students("had another grade in the file", self.changed),
            *list_students("matched to no row of the file", (s for s in self.grades if s not in matched)),
            *exceptions(self.grades.values()),
        )


def has_decimal_comma(sheet: Sheet, *columns: int | None) -> bool:
    """Tell if a number in one of the columns has a decimal comma."""
    return any(DECIMAL_COMMA.fullmatch(sheet.value(row, column))
               for row in range(1, len(sheet.rows)) for column in columns)
