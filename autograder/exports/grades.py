"""What each student gets, once for all platforms: the gradebook's number, the report's words, or why there is none.

The number is the gradebook's, with manual scores and late penalties. There is none for who handed in nothing and for
a submission that could not be graded: a failure of ours never leaves this house as a zero. Only where a person has
given every cell of such a submission its points does their word count.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from .. import render
from ..model import Check, Diagnosis, StudentGrade, Verdict

NO_SUBMISSION = "no submission"
NOT_GRADED = "not graded"
NO_RESPONSE = "No response."  # nbgrader's own comment on an untouched cell; the verdict says it better
FOLDERS = re.compile(r"^[^:]*/(?=[^/:]+:)")
LISTED = 20  # names in a note


@dataclass(frozen=True)
class Export:
    """The files of an export, and what a person should know of them."""

    files: Mapping[str, bytes]  # by path, relative to where it is written
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grade:
    """A student's score in an assignment, or None and the reason; and the words."""

    student: str
    standing: StudentGrade | None
    report: Mapping | None
    score: float | None
    why: str = ""  # where there is no score

    @property
    def max_score(self) -> float:
        return self.standing.max_score if self.standing else 0.0

    @property
    def submitted(self) -> bool:
        return self.why != NO_SUBMISSION

    @property
    def headline(self) -> str:
        """The score in words."""
        if self.score is None:
            return self.why
        late = self.standing.late_penalty
        taken = f" ({number(late)} taken off for being late)" if late else ""
        return f"{number(self.score)} of {number(self.max_score)} points{taken}"

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """The report's verdicts, with the gradebook's points where a person changed them."""
        return [self._as_counted(verdict) for verdict in verdicts_of(self.report)] if self.report else []

    def _as_counted(self, verdict: Verdict) -> Verdict:
        cell = self.standing.cells.get(f"{verdict.task}_tests") if self.standing else None
        if cell is None or (cell.auto_score is None and cell.manual_score is None):
            return verdict
        return replace(verdict, score=cell.score, max_score=cell.max_score)

    @cached_property
    def other_cells(self) -> dict:
        """The graded cells that no verdict is about: what a person grades."""
        judged = {f"{verdict.task}_tests" for verdict in self.verdicts}
        cells = self.standing.cells if self.standing else {}
        return {name: cell for name, cell in cells.items() if name not in judged}

    @property
    def comments(self) -> dict[str, str]:
        """What a person says of a cell, by grade_id."""
        said = self.standing.comments if self.standing else {}
        return {cell: comment for cell, comment in said.items() if comment and comment != NO_RESPONSE}


def grades(standings: Mapping[str, StudentGrade], reports: Mapping[str, Mapping]) -> dict[str, Grade]:
    """Each student's grade, in the order of their ids.

    Parameters
    ----------
    standings : dict of str to StudentGrade
        As `gradebook.read_grades` gives them.
    reports : dict of str to dict
        As `ReportStore.load_all` gives them.
    """
    return {student: grade_of(student, standings.get(student), reports.get(student))
            for student in sorted({*standings, *reports})}


def grade_of(student: str, standing: StudentGrade | None, report: Mapping | None) -> Grade:
    """What one student gets."""
    if report and report["status"] == NOT_GRADED and not by_hand(standing):
        return Grade(student, standing, report, None, f"{NOT_GRADED}: {reason_of(report)}")
    if standing is None:
        return Grade(student, None, report, None, f"{NOT_GRADED}: the gradebook does not know this student")
    if not standing.submitted:
        return Grade(student, standing, report, None, NO_SUBMISSION)
    if standing.cells and not any(has_points(cell) for cell in standing.cells.values()):
        return Grade(student, standing, report, None, f"{NOT_GRADED}: no cell has points yet")
    return Grade(student, standing, report, float(standing.score))


def reason_of(report: Mapping) -> str:
    """Why a submission was not graded, without the folders of this machine: it goes to students, too."""
    return FOLDERS.sub("", report.get("reason") or "no reason is known")


def by_hand(standing: StudentGrade | None) -> bool:
    """Whether a person has given every cell its points."""
    return bool(standing and standing.cells) and all(
        cell.manual_score is not None for cell in standing.cells.values())


def has_points(cell) -> bool:
    return cell.auto_score is not None or cell.manual_score is not None


def verdicts_of(report: Mapping) -> list[Verdict]:
    """The verdicts that `model.Report.to_dict` wrote."""
    verdicts = []
    for name, task in report["tasks"].items():
        checks = tuple(
            Check(check["name"], check["passed"], check.get("points", 0.0), check.get("max_points", 0.0),
                  check["message"], check["kind"], check["detail"]) for check in task["checks"])
        said = task.get("diagnosis")
        diagnosis = said and Diagnosis(said["mistake"], said.get("says", ""), said["hint"])
        verdicts.append(Verdict(
            name, task["score"], task["max_score"], checks, diagnosis, task.get("blamed_on"),
            task.get("public_passed"), tuple(task.get("notes", ())), task.get("question")))
    return verdicts


# ---- words -----------------------------------------------------------------------------------------------------


def number(points: float) -> str:
    """Points with at most two decimals, as platforms show them."""
    return render.number(points) if points else "0"


def words(verdict: Verdict) -> list[str]:
    """What a student should read of a verdict: what differs, then what is certain, then a question."""
    gaps = [f"{render.label(check.name)}: {check.message}" for check in verdict.checks if not check.passed]
    return [*gaps, *render.sentences(verdict)]


def summary_html(name: str, grade: Grade) -> str:
    """A student's feedback as a short piece of HTML on one line; every word from outside is escaped."""
    parts = [f"<p><strong>{render.code(f'{name}: {grade.headline}')}</strong></p>"]
    items = []
    for verdict in grade.verdicts:
        said = "".join(f"<br>{render.code(line)}" for line in words(verdict))
        items.append(f"<li><strong>{render.code(render.headline(verdict))}</strong>{said}</li>")
    for cell, points in grade.other_cells.items():
        got = f"{number(points.score)} of {number(points.max_score)} points" if has_points(points) else "to be graded"
        items.append(f"<li><strong>{render.code(f'{cell}: {got}')}</strong></li>")
    for cell, comment in grade.comments.items():
        items.append(f"<li>{render.code(f'{cell}: {comment}')}</li>")
    for repair in (grade.report or {}).get("repairs", ()):
        items.append(f"<li>{render.code(repair['text'])}</li>")
    if items:
        parts.append(f"<ul>{''.join(items)}</ul>")
    return re_spaced("".join(parts))


def re_spaced(html: str) -> str:
    """The same on one line."""
    return " ".join(html.split())


# ---- notes for the person who exports ---------------------------------------------------------------------------


def notes_of(found: Iterable[Grade]) -> tuple[str, ...]:
    """What is out of the ordinary, a line each: who has no number and why, who waits for a person."""
    found = list(found)
    lines = [f"{grade.student}: {grade.why}" for grade in found if grade.score is None and grade.submitted]
    lines += listed("no submission", [grade.student for grade in found if not grade.submitted])
    lines += listed("a person has yet to grade a cell of", [
        grade.student for grade in found if grade.score is not None and grade.standing.needs_manual_grade])
    lines += listed("graded in part only, the score so far is exported", [
        grade.student for grade in found
        if grade.score is not None and grade.report and grade.report["status"] == "partly graded"])
    return tuple(lines)


def one_row_each(found: Mapping[int, str]) -> tuple[dict[int, str], list[str]]:
    """The student of each row, without those whom several rows are about; and a line on each of them."""
    rows = defaultdict(list)
    for row, student in found.items():
        rows[student].append(row)
    return {theirs[0]: student for student, theirs in rows.items() if len(theirs) == 1}, [
        f"several rows are about {student}; all are left as they are: {', '.join(str(row + 1) for row in theirs)}"
        for student, theirs in sorted(rows.items()) if len(theirs) > 1]


def listed(what: str, names: Iterable[str]) -> list[str]:
    """A line that says of whom it is true, where there is anybody."""
    names = list(names)
    if not names:
        return []
    more = f", and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return [f"{what} ({len(names)}): {', '.join(names[:LISTED])}{more}"]
