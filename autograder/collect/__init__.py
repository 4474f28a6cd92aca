"""What people really have, into ``submitted/STUDENT/ASSIGNMENT/``: nbgrader's exchange, a bulk download, a folder.

Each kind of source has a function from its files to claims: whose a notebook may be, when it was handed in, and which
of several counts. The rest is the same for all: the roster says who is meant, nothing is overwritten unasked, and a
student's submission is put in place at once.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..errors import CourseError, NotebookError
from ..roster import Roster, name_key
from ..submission import submission_files
from .bundle import Refused, opened
from .sources import KINDS, TIMESTAMP_FILE, Claim, by_pattern, detected, left_aside, parsed, stamp, with_notebook

#: What an id may be that names a folder.
MAX_ID = 100
NO_NOTEBOOK = "was handed in without a notebook"


@dataclass(frozen=True)
class Line:
    """What became of one notebook."""

    student: str
    source: str
    note: str = ""


@dataclass(frozen=True)
class Collected:
    """What came of collecting: every notebook of the source stands in one of these, older ones in a line's note."""

    kind: str
    matched: tuple[Line, ...] = ()  # written, or to be written in a dry run
    replaced: tuple[Line, ...] = ()  # matched, and an earlier submission had to go
    unchanged: tuple[Line, ...] = ()  # the very same is there
    kept: tuple[Line, ...] = ()  # another is there, which stays
    unmatched: tuple[tuple[str, str], ...] = ()  # (file, reason): whose it is, is not clear
    refused: tuple[tuple[str, str], ...] = ()  # (file, reason): it cannot be taken
    notes: tuple[str, ...] = ()


def collect(
    root: Path, name: str, path: Path, roster: Roster, pattern: str | None = None, regex: bool = False,
    replace: bool = False, dry_run: bool = False,
) -> Collected:
    """Put the notebooks of a folder or a zip into ``submitted/``.

    Parameters
    ----------
    root : Path
        The course's.
    name : str
        The assignment.
    path : Path
    roster : Roster
        Who may be meant. Ids that the source itself names are taken even if an open roster lacks them.
    pattern : str, optional
        How the files are called, for example ``{student}_{anything}.ipynb``; found out by itself without.
    regex : bool
        Whether the pattern is a regular expression with groups of the fields' names.
    replace : bool
        Whether a submission gives way to a different one.
    dry_run : bool
        Only say what would be done.

    Raises
    ------
    CourseError
        Where there is nothing to be read, or no way to tell whose it is.
    """
    with opened(path) as bundle:
        claims_of = by_pattern(pattern, regex, roster) if pattern else detected(bundle, name, roster, path)
        claims, unmatched = claims_of(bundle.items, name)
        chosen, lost = resolved(claims, roster, name)
        result = Collected(
            KINDS.get(claims_of, "a pattern"), unmatched=(*unmatched, *lost.unmatched),
            refused=(*bundle.refused, *lost.refused), notes=(*lost.notes, *left_aside(bundle.items)))
        return placed(root, name, chosen, result, replace, dry_run)


# ---- whose they are, and which counts ----------------------------------------------------------------------------


def attributed(
    claims: Sequence[Claim], roster: Roster
) -> tuple[dict[str, list[Claim]], list[tuple[str, str]], list[tuple[str, str]]]:
    """Each student's claims; those of nobody; those that cannot be taken; with reasons."""
    by_student, unmatched, refused = defaultdict(list), [], []
    for claim in claims:
        student, problem = roster.who(*((("student", claim.sure),) if claim.sure else ()), *claim.clues)
        if claim.sure and not roster.find("student", claim.sure):
            if student:
                student, problem = None, f"may be any of {student}, {claim.sure}"
            elif not roster.closed and not problem.startswith("may be"):
                student = claim.sure
                if len(roster):
                    claim = dataclasses.replace(claim, note=join(claim.note, "not in the gradebook yet"))
        if student is None:
            unmatched.append((claim.item.path, problem if with_notebook([claim]) else NO_NOTEBOOK))
        elif not is_id(student):
            refused.append((claim.item.path, f"{student!r} cannot be a student's folder"))
        else:
            by_student[student].append(claim)
    return by_student, unmatched, refused


def resolved(claims: Sequence[Claim], roster: Roster, name: str) -> tuple[dict[str, Claim], Collected]:
    """The claim that counts of each student; and what became of those that do not count."""
    by_student, unmatched, refused = attributed(claims, roster)
    chosen, notes = {}, []
    for student, theirs in sorted(by_student.items()):
        users = sorted({claim.user for claim in theirs if claim.user})
        if len(users) > 1:
            problem = f"the users {' and '.join(users)} may both be {student}: leave only {student}'s files in it"
            unmatched += [(claim.item.path, problem) for claim in theirs]
            continue
        if not with_notebook(theirs):
            unmatched += [(claim.item.path, NO_NOTEBOOK) for claim in theirs]
            continue
        last = the_last(theirs)
        titled = [claim for claim in last if claim.title.lower() == f"{name}.ipynb".lower()] or [
            claim for claim in last if name_key(claim.title) == name_key(f"{name}.ipynb")]
        if len(last) > 1 and len(titled) != 1:
            titles = ", ".join(claim.title for claim in last)
            refused += [(claim.item.path, f"{student} has several notebooks: {titles}") for claim in last]
            continue
        claim = (titled or last)[0]
        older = len(theirs) - len(last)
        chosen[student] = dataclasses.replace(claim, note=join(claim.note, f"the last of {older + 1}" if older else ""))
        notes += [f"left aside: {other.item.path}: what counts of {student} is {claim.title}"
                  for other in last if other is not claim]
    return chosen, Collected("", unmatched=tuple(unmatched), refused=tuple(refused), notes=tuple(notes))


def the_last(claims: Sequence[Claim]) -> list[Claim]:
    """Of one student's notebooks those of the last submission, each in its last version."""
    latest = max(claim.moment or datetime.min for claim in claims)
    newest: dict[str, Claim] = {}
    for claim in claims:
        if (claim.moment or datetime.min) == latest:
            key = claim.title.casefold() if claim.again else claim.item.path  # unnumbered, neither is the later
            newest[key] = max(newest.get(key, claim), claim, key=lambda claim: claim.again)
    return list(newest.values())


def join(*notes: str) -> str:
    return "; ".join(filter(None, notes))


def is_id(student: str) -> bool:
    """Whether an id can name a folder on any system."""
    return (0 < len(student) <= MAX_ID and student.isprintable() and student.strip() == student
            and student[0] not in ".-" and not set(student) & set('/\\:*?"<>|'))


# ---- into submitted/ -----------------------------------------------------------------------------------------


def placed(
    root: Path, name: str, chosen: Mapping[str, Claim], result: Collected, replace: bool, dry_run: bool
) -> Collected:
    """Write what is new, and say what became of each."""
    lines: dict[str, list] = defaultdict(list)
    submitted = root / "submitted"
    for student, claim in chosen.items():
        target = submitted / student / name
        try:
            content = claim.item.read()
        except Refused as error:
            lines["refused"].append((claim.item.path, str(error)))
            continue
        state = compare(target, name, content, claim.moment)
        line = Line(student, claim.item.path, claim.note)
        if state == "same":
            lines["unchanged"].append(line)
        elif state and not replace:
            lines["kept"].append(dataclasses.replace(line, note=join(f"{state} is there", claim.note)))
        else:
            if not dry_run:
                put(target, name, content, claim.moment)
            lines["replaced" if state else "matched"].append(line)
    refused = (*result.refused, *lines.pop("refused", ()))
    return dataclasses.replace(result, refused=refused, **{key: tuple(found) for key, found in lines.items()})


def compare(target: Path, name: str, content: bytes, moment: datetime | None) -> str:
    """What is there already: "" for nothing, "same", or what is different, in words."""
    if not os.path.lexists(target):
        return ""
    try:
        there = submission_files(target, f"{name}.ipynb").notebook
        if there.is_symlink() or there.read_bytes() != content:
            return "another submission"
        if moment:
            time = target / TIMESTAMP_FILE
            before = parsed(time.read_text(encoding="utf-8", errors="replace").strip()) if time.is_file() else None
            if moment != before:
                return f"the same with another time ({stamp(before) or 'none'})"
    except (NotebookError, OSError):
        return "something without a notebook" if not target.is_dir() or any(target.iterdir()) else ""
    return "same"


def put(target: Path, name: str, content: bytes, moment: datetime | None) -> None:
    """Put a submission in place at once: whoever looks sees the old one, or the new one, whole.

    Other files of an earlier submission stay; its time goes.
    """
    submitted = target.parents[1]
    submitted.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=submitted, prefix=".collect-"))
    try:
        fresh, old = scratch / "new", scratch / "old"
        if target.is_dir() and not target.is_symlink():
            shutil.copytree(target, fresh, symlinks=True)
        fresh.mkdir(exist_ok=True)
        for file in (f"{name}.ipynb", TIMESTAMP_FILE):
            (fresh / file).unlink(missing_ok=True)
        (fresh / f"{name}.ipynb").write_bytes(content)
        if moment:
            (fresh / TIMESTAMP_FILE).write_text(stamp(moment), encoding="utf-8")
        target.parent.mkdir(exist_ok=True)
        if os.path.lexists(target):
            os.rename(target, old)
        try:
            os.rename(fresh, target)
        except BaseException:
            if os.path.lexists(old):
                os.rename(old, target)
            raise
    except OSError as error:
        raise CourseError(target, f"cannot be written: {error.strerror}", "May this user write it?") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
