"""Patterns for the names of submitted files, such as ``{student}_{anything}.ipynb``, and regular expressions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..errors import CourseError
from ..roster import Roster
from ..timestamps import parse_utc
from .archive import Archive, Entry, Skipped
from .candidates import Delivery, Owner

#: The patterns that are tried if no kind of source is recognised and none is given.
GUESSES = ("{student}/{anything}.ipynb", "{student}_{anything}.ipynb", "{student}-{anything}.ipynb",
           "{student} {anything}.ipynb", "{student}.ipynb")
#: The fields that identify a student, the most reliable first, with the kind of identifier of each.
FIELDS = {"student": "student", "student_id": "student", "lms_user_id": "lms_user_id", "email": "email", "name": "name"}
KNOWN_FIELDS = {*FIELDS, "timestamp", "anything"}
ANY_ID = "[^/]+?"


@dataclass(frozen=True)
class Template:
    """A pattern, as one expression for each folder and one for the file."""

    folders: tuple[re.Pattern[str], ...]
    file: re.Pattern[str]

    def deliveries(self, archive: Archive, level: Sequence[Entry], refused: list[Skipped]) -> Iterator[Delivery]:
        """Yield what fits, where the pattern's first part names the entries of a level.

        What is deeper than the part that names the student is part of the submission, whatever its name.
        """
        found = [(entry, dict[str, str]()) for entry in level]
        names_owner = not self.folders or bool(FIELDS.keys() & self.file.groupindex.keys())
        for number, pattern in enumerate(self.folders, 1):
            found = [(entry, fields | match.groupdict()) for entry, fields in found
                     if entry.is_folder and (match := pattern.fullmatch(normalise(entry.name)))]
            if number < len(self.folders) or names_owner:
                found = [(child, fields) for entry, fields in found for child in archive.list(entry.path, refused)]
        for entry, fields in found:
            if not names_owner:
                yield Delivery(entry, owner_of(fields), accepts=self.file)
            elif not entry.is_folder and (match := self.file.fullmatch(normalise(entry.name))):
                yield Delivery(entry, owner_of(fields | match.groupdict()))


def compile_pattern(pattern: str, roster: Roster) -> list[Template]:
    """Return templates in the order in which they are tried: known ids first, then, with an open roster, any id.

    Raises
    ------
    CourseError
        The pattern is not valid, or has no field that identifies a student.
    """
    parts = re.split(r"\{(\w+)\}", pattern)
    fields = parts[1::2]
    repeated = any(fields.count(field) > 1 for field in KNOWN_FIELDS - {"anything"})
    if repeated or not FIELDS.keys() & {*fields} or not {*fields} <= KNOWN_FIELDS:
        raise CourseError(f"--pattern {pattern}", "a pattern names the student once, and knows these fields",
                          ", ".join(f"{{{field}}}" for field in sorted(KNOWN_FIELDS)) + ".")
    if not len(roster):
        return [compile_template(pattern, ANY_ID)]
    known = "|".join(re.escape(normalise(student)) for student in sorted(roster.entries, key=len, reverse=True))
    return [compile_template(pattern, ids) for ids in (known, *([] if roster.closed else [ANY_ID]))]


def compile_template(pattern: str, ids: str) -> Template:
    """Return the template of a pattern; ``ids`` is the expression of an id."""
    groups = {"anything": "[^/]*", "student": f"(?P<student>{ids})", "student_id": f"(?P<student_id>{ids})"}

    def compile_part(text: str) -> re.Pattern[str]:
        return re.compile("".join(
            groups.get(part, f"(?P<{part}>{ANY_ID})") if position % 2 else re.escape(normalise(part))
            for position, part in enumerate(re.split(r"\{(\w+)\}", text))), re.IGNORECASE)

    *folders, file = map(compile_part, pattern.split("/"))
    return Template(tuple(folders), file)


def compile_expression(pattern: str) -> re.Pattern[str]:
    """Return a regular expression with groups that are named as `FIELDS`.

    Raises
    ------
    CourseError
        The expression is not valid, or has no group that identifies a student.
    """
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise CourseError(f"--pattern {pattern}", f"not a regular expression: {error}", "Correct it.") from error
    if not FIELDS.keys() & expression.groupindex.keys():
        raise CourseError(f"--pattern {pattern}", "it has no group that names a student",
                          "Use one of: " + ", ".join(f"(?P<{field}>...)" for field in FIELDS))
    return expression


def owner_of(groups: Mapping[str, str | None]) -> Owner:
    """Return the owner that the fields of a pattern name."""
    fields = {field: text for field, text in groups.items() if text}
    identifiers = tuple((kind, fields[field]) for field, kind in FIELDS.items() if field in fields)
    return Owner(identifiers, fields.get("student") or fields.get("student_id"),
                 parse_utc(fields["timestamp"]) if "timestamp" in fields else None)


def normalise(text: str) -> str:
    """Return a text with composed letters, as most systems write it."""
    return unicodedata.normalize("NFC", text)
