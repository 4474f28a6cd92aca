"""Moodle: an assignment's grading worksheet, filled in (mod/assign/gradingtable.php, feedback/offline).

Only the cells of Grade and Feedback comments change. Moodle names the columns in the language of whoever downloaded
the worksheet; a small table knows some of those names, and where it does not, the order of columns tells.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..errors import CourseError
from ..roster import Roster, normalise
from ..spreadsheets import Sheet, parse_number, read_sheet, unescape
from .grades import Export, Grade, listed, notes_of, number, one_row_each, summary_html

#: The columns' names: English, German, French, Spanish, Italian, Portuguese, Dutch, Catalan, Swedish.
NAMES = {
    "identifier": ("identifier", "id", "identifiant", "identificador", "identificativo", "identificatie"),
    "name": ("full name", "vollständiger name", "nom complet", "nombre completo", "nome completo", "cognome nome",
             "volledige naam", "fullständigt namn"),
    "email": ("email address", "e-mail-adresse", "adresse de courriel", "dirección de correo", "correo electrónico",
              "indirizzo email", "endereço de e-mail", "endereço de email", "e-mailadres", "adreça electrònica",
              "e-postadress"),
    "number": ("id number", "id-nummer", "matrikelnummer", "numéro d'identification", "número de id",
               "codice identificativo", "número de identificação", "número id"),
    "username": ("username", "anmeldename", "nom d'utilisateur", "nombre de usuario", "utente", "nome de utilizador",
                 "identificação de usuário", "gebruikersnaam", "nom d'usuari", "användarnamn"),
    "grade": ("grade", "bewertung", "note", "calificación", "valutazione", "nota", "avaliação", "cijfer", "beoordeling",
              "qualificació", "betyg"),
    "maximum": ("maximum grade", "bestwertung", "note maximale", "calificación máxima", "valutazione massima",
                "nota máxima", "nota maxima", "maximumcijfer", "maximum cijfer", "qualificació màxima", "högsta betyg"),
    "scale": ("scale", "skala", "bewertungsskala", "barème", "escala", "scala", "schaal"),
    "changeable": ("grade can be changed", "bewertung kann geändert werden", "la note peut être modifiée",
                   "la calificación puede ser cambiada", "la valutazione può essere modificata",
                   "nota pode ser alterada", "a nota pode ser alterada", "beoordeling kan aangepast worden",
                   "cijfer kan gewijzigd worden", "es pot canviar la qualificació"),
    "modified": ("last modified (grade)", "zuletzt geändert (bewertung)", "dernière modification (note)",
                 "última modificación (calificación)", "ultima modifica (valutazione)", "última modificação (nota)",
                 "última modificação (avaliação)", "laatst gewijzigd (beoordeling)", "laatst gewijzigd (cijfer)"),
    "comments": ("feedback comments", "feedback als kommentar", "feedback par commentaires",
                 "comentarios de retroalimentación", "commenti al feedback", "commenti", "comentários de feedback",
                 "feedbackcommentaren", "feedback als commentaar", "comentaris de retroacció"),
}  # fmt: skip
NO = {"no", "nein", "non", "não", "nee", "nej", "nei", "нет", "nie", "ne", "ei", "いいえ", "否", "nem", "hayır"}
YES = {"yes", "ja", "oui", "sí", "sì", "sim", "да", "tak", "ano", "kyllä", "はい", "是", "igen", "evet"}
NUMBER_AT_END = re.compile(r"(?P<word>.*\D)(?P<number>\d+)", re.DOTALL)
KIND = "a grading worksheet of Moodle (the assignment > Submissions > Download grading worksheet)"
#: What says who a row is about, the most telling first.
CLUES = (("email", "email"), ("number", "student"), ("number", "lms_user_id"), ("username", "student"),
         ("participant", "student"), ("name", "name"))


def export(
    grades: Mapping[str, Grade], name: str, into: bytes, where: str = "worksheet.csv",
    columns: Mapping[str, str] | None = None, zeros: bool = False,
) -> Export:
    """Moodle's grading worksheet with this assignment's scores and feedback.

    Parameters
    ----------
    grades : dict of str to Grade
    name : str
        The assignment.
    into : bytes
        The worksheet as downloaded from Moodle (the assignment > Submissions > Download grading worksheet).
    where : str
        That file's name.
    columns : dict, optional
        What "grade" and "comments" are called in it, where that is not found by itself.
    zeros : bool
        Whether who handed in nothing gets 0 instead of no grade.

    Raises
    ------
    CourseError
        Where the file is not such a worksheet.
    """
    wanted = {key: title for key, title in (columns or {}).items() if title}
    sheet = read_sheet(into, where, lambda head: is_worksheet(head, wanted), KIND)
    return Filling(sheet, grades, name, find_columns(sheet, wanted), zeros).export()


def is_worksheet(head: Sequence[str], wanted: Mapping[str, str]) -> bool:
    """Whether a file's first row may be that of a worksheet: known names, or as many columns as one has."""
    return len(named(head, wanted)) >= 3 or len(head) >= 6


def named(head: Sequence[str], wanted: Mapping[str, str]) -> dict[str, int]:
    """The columns that the table, or the caller, knows by name."""
    titles = [normalise(title) for title in head]
    found = {}
    for key, names in NAMES.items():
        known = [normalise(wanted[key])] if key in wanted else names
        at = next((titles.index(title) for title in known if title in titles), None)
        if at is not None and at not in found.values():
            found[key] = at
    return found


def find_columns(sheet: Sheet, wanted: Mapping[str, str]) -> dict[str, int]:
    """Where each column is: by name, or by its place beside others.

    Moodle writes the identifier first, the name second, the maximum right after the grade, the feedback right after
    the date of the last grade.

    Raises
    ------
    CourseError
        Where the grade's column is not clear, or the assignment is graded on a scale of words.
    """
    head = sheet.values(0)
    found = named(head, wanted)
    for key, title in wanted.items():
        if key not in found:
            raise CourseError(sheet.where, f"no column is called {title!r}", f"There are: {', '.join(head)}.")
    if len(found) < 3 and not has_participants(sheet):
        raise CourseError(sheet.where, f"this is not {KIND}", "Give the file as it was downloaded.")
    if "scale" in found and "maximum" not in found:
        raise CourseError(sheet.where, "the grades are words of a scale here", "Let Moodle grade this by points.")
    if "identifier" not in found and has_participants(sheet):
        found["identifier"] = 0
    if "name" not in found and found.get("identifier") == 0 and 1 not in found.values():
        found["name"] = 1
    if "maximum" not in found:
        constant = [at for at in range(2, len(head)) if at not in found.values() and is_constant(sheet, at)]
        after = [at for at in constant if at == found.get("grade", at - 1) + 1]
        found |= {"maximum": after[0]} if len(after) == 1 else {}
    if "grade" not in found and "maximum" in found:
        found["grade"] = found["maximum"] - 1
    if "changeable" not in found:
        free = [at for at in range(len(head)) if at not in found.values()
                and {*map(normalise, said_in(sheet, at))} <= YES | NO]
        found |= {"changeable": free[0]} if free else {}
    if "comments" not in found and "modified" in found and found["modified"] == len(head) - 2:
        found["comments"] = len(head) - 1
    if "grade" not in found or found["grade"] in (found.get("identifier"), found.get("name")):
        raise CourseError(sheet.where, "which column has the grades is not clear",
                          f"Name it with --grade-column. There are: {', '.join(head)}.")
    return found


def said_in(sheet: Sheet, column: int) -> list[str]:
    """What a column says of the students, from top to bottom."""
    return [sheet.value(row, column) for row in range(1, len(sheet.rows)) if any(sheet.rows[row])]


def has_participants(sheet: Sheet) -> bool:
    """Whether the first column holds one word and a number in every row, as "Participant 123"."""
    said = said_in(sheet, 0)
    found = [NUMBER_AT_END.fullmatch(text) for text in said]
    return bool(said) and all(found) and len({match["word"] for match in found}) == 1


def is_constant(sheet: Sheet, column: int) -> bool:
    """Whether a column holds one and the same number above zero in every row."""
    said = set(said_in(sheet, column))
    return len(said) == 1 and (parse_number(said.pop()) or 0) > 0


class Filling:
    """One worksheet, and the students whom its rows are about."""

    def __init__(self, sheet: Sheet, grades: Mapping[str, Grade], name: str, columns: Mapping[str, int], zeros: bool):
        self.sheet, self.grades, self.name, self.columns, self.zeros = sheet, grades, name, columns, zeros
        numbers = [self._said(row, key) for row in range(1, len(sheet.rows)) for key in ("grade", "maximum")]
        self.comma = any(re.fullmatch(r"\d+,\d+", said.strip()) for said in numbers)
        self.maxima: set[tuple[float, float]] = set()  # ours and Moodle's, where they differ

    def _said(self, row: int, key: str) -> str:
        return self.sheet.value(row, self.columns.get(key))

    def export(self) -> Export:
        """The filled-in file, and what did not go into it."""
        found, unmatched = self._students()
        put, changed, locked, kept = 0, [], [], []
        for row, student in found.items():
            grade = self.grades[student]
            after = self._cell(row, grade)
            if normalise(self._said(row, "changeable")) in NO:
                locked.append(student)
                continue
            if after is None:
                continue
            put += 1
            before = self._said(row, "grade").strip()
            if before and parse_number(before) != parse_number(after):
                changed.append(f"{student} ({before} to {after})")
            self.sheet.put(row, self.columns["grade"], after)
            if "comments" in self.columns and grade.score is not None and not self._comment(row, grade):
                kept.append(student)
        titles = self.sheet.values(0)
        notes = [f"{put} grades put into {len(found)} matched rows",
                 f"grades go into column {titles[self.columns['grade']]!r}, feedback into "
                 + (repr(titles[self.columns["comments"]]) if "comments" in self.columns else "none: no such column")]
        notes += [f"scaled from {number(ours)} points to Moodle's {number(theirs)}" for ours, theirs in
                  sorted(self.maxima)]
        notes += unmatched
        notes += listed("Moodle lets nobody change their grade, left as it is", locked)
        notes += listed("had another grade in the file", changed)
        notes += listed("had feedback that is not the autograder's, left as it is", kept)
        there = set(found.values())
        notes += listed("matched to no row of the file", [student for student in self.grades if student not in there])
        return Export({"moodle.csv": self.sheet.to_bytes()}, (*notes, *notes_of(self.grades.values())))

    def _students(self) -> tuple[dict[int, str], list[str]]:
        """The student of each row that has one, and what to say of the other rows."""
        roster = Roster(grade.standing for grade in self.grades.values() if grade.standing)
        blind = self._is_blind(roster)
        found, notes = {}, []
        for row in range(1, len(self.sheet.rows)):
            if not any(self.sheet.rows[row]):
                continue
            said = {key: unescape(self._said(row, key)) for key in self.columns}
            participant = blind and NUMBER_AT_END.fullmatch(said.get("identifier", ""))
            said["participant"] = participant["number"] if participant else ""
            match = roster.identify(*((kind, said.get(key, "")) for key, kind in CLUES))
            if match.student:
                found[row] = match.student
            else:
                who = ", ".join(filter(None, (said.get("identifier"), said.get("name"))))
                notes.append(f"row {row + 1}, {who!r}, left as it is: {match.reason}")
        found, twice = one_row_each(found)
        return found, notes + twice

    def _is_blind(self, roster: Roster) -> bool:
        """Whether the worksheet hides who its rows are about; where it does not, its own numbers are nobody's ids."""
        names = (unescape(self._said(row, "name")) for row in range(1, len(self.sheet.rows)))
        return self.columns.keys().isdisjoint(("email", "number", "username")) and not any(
            roster.find("name", name) for name in names)

    def _cell(self, row: int, grade: Grade) -> str | None:
        """What goes into a student's cell; None leaves what is there."""
        if grade.score is None:
            return "0" if self.zeros and not grade.submitted else None
        theirs = parse_number(self._said(row, "maximum"))
        score = grade.score
        if theirs and grade.max_score and theirs != grade.max_score:
            self.maxima.add((grade.max_score, theirs))
            score = score / grade.max_score * theirs
        if theirs:
            score = min(score, theirs)  # Moodle skips what lies above
        text = number(score)
        return text.replace(".", ",") if self.comma else text

    def _comment(self, row: int, grade: Grade) -> bool:
        """Put the feedback where there is none but ours; whether it was put."""
        text = summary_html(self.name, grade)
        before = self._said(row, "comments").strip()
        opening = text[: text.index(":")]  # as ours begins, whatever the score was
        if before and not before.startswith(opening):
            return False
        self.sheet.put(row, self.columns["comments"], text)
        return True
