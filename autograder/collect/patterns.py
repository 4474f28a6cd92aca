"""Patterns for the names of submitted files, such as ``{student}_{anything}.ipynb``, and regular expressions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from ..errors import CourseError
from ..roster import Roster
from ..timestamps import parse_utc
from .archive import Entry
from .candidates import Candidate

#: The patterns that are tried if no kind of source is recognised and none is given.
GUESSES = ("{student}/{anything}.ipynb", "{student}_{anything}.ipynb", "{student}-{anything}.ipynb",
           "{student} {anything}.ipynb", "{student}.ipynb")
#: The fields that identify a student, the most reliable first, with the kind of identifier of each.
FIELDS = {"student": "student", "student_id": "student", "lms_user_id": "lms_user_id", "email": "email", "name": "name"}
KNOWN_FIELDS = {*FIELDS, "timestamp", "anything"}
ANY_ID = "[^/]+?"

#: A function from a path to the match of a pattern.
Matcher = Callable[[str], re.Match[str] | None]


def compile_pattern(pattern: str, regex: bool, roster: Roster) -> list[Matcher]:
    """Return matchers in the order in which they are tried: known ids first, then, with an open roster, any id.

    Raises
    ------
    CourseError
        The pattern is not valid, or has no field that identifies a student.
    """
    if regex:
        return [compile_expression(pattern)]
    parts = re.split(r"\{(\w+)\}", pattern)
    fields = parts[1::2]
    repeated = any(fields.count(field) > 1 for field in KNOWN_FIELDS - {"anything"})
    if repeated or not FIELDS.keys() & {*fields} or not {*fields} <= KNOWN_FIELDS:
        raise CourseError(f"--pattern {pattern}", "a pattern names the student once, and knows these fields",
                          ", ".join(f"{{{field}}}" for field in sorted(KNOWN_FIELDS)) + ".")
    if not len(roster):
        return [compile_template(parts, ANY_ID)]
    known = "|".join(re.escape(normalise(student)) for student in sorted(roster.entries, key=len, reverse=True))
    return [compile_template(parts, ids) for ids in (known, *([] if roster.closed else [ANY_ID]))]


def compile_expression(pattern: str) -> Matcher:
    """Return the matcher of a regular expression with groups that are named as `FIELDS`."""
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise CourseError(f"--pattern {pattern}", f"not a regular expression: {error}", "Correct it.") from error
    if not FIELDS.keys() & expression.groupindex.keys():
        raise CourseError(f"--pattern {pattern}", "it has no group that names a student",
                          "Use one of: " + ", ".join(f"(?P<{field}>...)" for field in FIELDS))
    return expression.search


def compile_template(parts: list[str], ids: str) -> Matcher:
    """Return the matcher of a template, split into texts and fields in turn; ``ids`` is the expression of an id."""
    groups = {"anything": "[^/]*", "student": f"(?P<student>{ids})", "student_id": f"(?P<student_id>{ids})"}
    expression = re.compile("".join(
        groups.get(part, f"(?P<{part}>{ANY_ID})") if position % 2 else re.escape(normalise(part))
        for position, part in enumerate(parts)), re.IGNORECASE)
    depth = "".join(parts[::2]).count("/")
    return lambda path: expression.fullmatch("/".join(normalise(path).split("/")[-1 - depth:]))


def candidate_of(entry: Entry, match: re.Match[str]) -> Candidate:
    """Return a candidate with the fields of a pattern."""
    fields = {field: text for field, text in match.groupdict().items() if text}
    identifiers = tuple((kind, fields[field]) for field, kind in FIELDS.items() if field in fields)
    return Candidate(entry, identifiers, fields.get("student") or fields.get("student_id"), entry.name,
                     timestamp=parse_utc(fields["timestamp"]) if "timestamp" in fields else None)


def normalise(text: str) -> str:
    """Return a text with composed letters, as most systems write it."""
    return unicodedata.normalize("NFC", text)
