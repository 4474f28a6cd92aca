"""Collecting of submissions from an exchange, a bulk download or a folder, into ``submitted/STUDENT/ASSIGNMENT/``.

Each kind of source yields candidates. The roster identifies their students. Nothing is overwritten unasked, and each
submission is put in place at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..course.course import Course
from ..roster import Roster
from .archive import EntryError, Skipped, open_archive
from .candidates import Candidate, join_notes, select_submissions
from .sources import count_others, detect_source, pattern_source
from .writing import SAME, compare_submission, write_submission

__all__ = ["CollectResult", "CollectedFile", "Skipped", "collect_submissions"]


@dataclass(frozen=True)
class CollectedFile:
    """A notebook that counts as a student's submission."""

    student: str
    source: str  # its path in the archive
    note: str = ""


@dataclass
class CollectResult:
    """The outcome for every notebook of a source; older versions are counted in the note of the one that counts."""

    source: str
    matched: list[CollectedFile] = field(default_factory=list)  # written, or to be written in a dry run
    replaced: list[CollectedFile] = field(default_factory=list)  # written in place of an earlier submission
    unchanged: list[CollectedFile] = field(default_factory=list)  # already there
    kept: list[CollectedFile] = field(default_factory=list)  # not written, since another submission is there
    unmatched: list[Skipped] = field(default_factory=list)  # the student is not clear
    refused: list[Skipped] = field(default_factory=list)  # the file cannot be taken
    notes: list[str] = field(default_factory=list)


def collect_submissions(
    course: Course, assignment: str, path: Path, roster: Roster, pattern: str | None = None, regex: bool = False,
    replace: bool = False, dry_run: bool = False,
) -> CollectResult:
    """Put the notebooks of a folder or a zip into ``submitted/``.

    Parameters
    ----------
    course : Course
    assignment : str
    path : Path
        The folder or zip.
    roster : Roster
        The known students. Ids that the source itself names are accepted even if an open roster lacks them.
    pattern : str, optional
        The form of the files' names, for example ``{student}_{anything}.ipynb``; detected if omitted.
    regex : bool
        True if the pattern is a regular expression with groups that are named like the fields.
    replace : bool
        Overwrite submissions that differ.
    dry_run : bool
        Write nothing.

    Raises
    ------
    CourseError
        The source cannot be read, the pattern is not valid, or the students cannot be told.
    """
    with open_archive(path) as archive:
        source = pattern_source(pattern, regex, roster) if pattern else detect_source(archive, assignment, roster, path)
        candidates, unmatched = source.read(archive.entries, assignment)
        selection = select_submissions(candidates, roster, assignment)
        result = CollectResult(
            source.name, unmatched=[*unmatched, *selection.unmatched],
            refused=[*archive.refused, *selection.refused], notes=[*selection.notes, *count_others(archive.entries)])
        write_submissions(course, assignment, selection.chosen, result, replace, dry_run)
        return result


def write_submissions(
    course: Course, assignment: str, chosen: Mapping[str, Candidate], result: CollectResult, replace: bool,
    dry_run: bool,
) -> None:
    """Write the submissions that are new, and add the outcome of each to the result."""
    file = f"{assignment}.ipynb"
    for student, candidate in chosen.items():
        target = course.submitted(student, assignment)
        try:
            content = candidate.entry.read()
        except EntryError as error:
            result.refused.append(Skipped(candidate.entry.path, str(error)))
            continue
        there = compare_submission(target, file, content, candidate.timestamp)
        note = candidate.note
        if there == SAME:
            outcome = result.unchanged
        elif there and not replace:
            outcome, note = result.kept, join_notes(f"{there} is there", note)
        else:
            outcome = result.replaced if there else result.matched
            if not dry_run:
                write_submission(target, file, content, candidate.timestamp)
        outcome.append(CollectedFile(student, candidate.entry.path, note))
