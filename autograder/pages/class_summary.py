"""What an instructor wants to know of a class: its reports and its gradebook in one dict of plain values.

`report_page` makes a page of it; written out as it is, it is the report as JSON.

With names hidden, students are numbered in an order drawn by lot, and drawn anew each time: a number says nothing of
a name, of a place in the alphabet or of a score. No sentence in which a student or a path could be named is passed on:
only its gist is, which is in our own words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from math import fsum
from operator import attrgetter
from random import SystemRandom
from statistics import fmean
from typing import TypeVar

from ..model import Report, StudentGrade, Task
from .findings import (
    Answer,
    combinations_of,
    gaps_of,
    grouped,
    limits_of,
    mistakes_of,
    repairs_of,
    signs_of,
    to_teach,
)
from .kinds import mentions, without_particulars
from .statistics import discrimination, doubling_bins, equal_bins, neat, percentile, spread

Thing = TypeVar("Thing")
SLOWEST = 5
NOT_SHOWN = "In words that are not shown while names are hidden."
by_lot = SystemRandom().shuffle  # an order that nobody can draw again
SECONDS, BYTES = 0.25, 64 * 2**20  # the width of the first bins of time and memory


def summarise(
    reports: Mapping[str, Report], standings: Mapping[str, StudentGrade], assignment: str = "",
    tasks: Mapping[str, Task] | None = None, handed_in: Iterable[str] = (), hide_names: bool = False,
    made: str | None = None,
) -> dict:
    """The class report: plain values, ready for JSON, in which what weighs most comes first.

    Parameters
    ----------
    reports : mapping of str to Report
        By student, as `ReportStore.load_all` gives them.
    standings : mapping of str to StudentGrade
        By student, as `gradebook.read_grades` gives them. Where a score stands in both, the gradebook's counts.
    assignment : str
        What the report is about.
    tasks : mapping of str to Task, optional
        The assignment's, for the notebook's order and for the sentences on single mistakes.
    handed_in : iterable of str, optional
        Students with a submission, who may not have been graded yet.
    hide_names : bool
        Put numbers for students, and leave out whatever could name one.
    made : str, optional
        When, for whoever reads it later.
    """
    tasks, names = tasks or {}, {} if hide_names else names_of(standings)
    students, words = in_order({*reports, *standings, *handed_in}), frozenset()
    if hide_names:
        words, label = words_in_names(students, standings.values()), labels_of(students)
        reports, standings = relabelled(reports, label), relabelled(standings, label)
        students, handed_in = in_order(label.values()), [label[student] for student in handed_in]
    plain, came = partial(plainly, words=words), set(handed_in)
    status = {student: status_of(reports.get(student), standings.get(student), student in came)
              for student in students}  # fmt: skip
    graded = [student for student in students if status[student] == "graded"]
    found = [replace(reports[student], student=student) for student in students if student in reports]
    order = task_order(tasks, [reports.get(student) for student in graded], [standings.get(s) for s in graded])
    answers = [answer for student in graded
               for answer in answers_of(student, reports.get(student), standings.get(student), order)]  # fmt: skip
    mistakes = mistakes_of(answers, tasks, len(graded), order)
    gaps = gaps_of(answers, len(graded), order, quote=not hide_names)
    mended = repairs_of(found, quote=not hide_names)
    by_student, by_task = grouped(answers, attrgetter("student")), grouped(answers, attrgetter("task"))
    totals = {student: fsum(answer.score for answer in those) for student, those in by_student.items()}
    rows = [task_row(task, by_task.get(task, []), totals) for task in order]
    signs = signs_of(answers) + [entry for entry in mended if entry["sign"]]
    return {
        "assignment": assignment, "made": made, "names_hidden": hide_names, "names": names,
        "counts": counts_of(status, standings),
        "teach": to_teach(mistakes, gaps), "hardest": hardest(rows),
        "not_graded": not_graded(found, plain, quote=not hide_names),
        "waiting": [student for student in students if status[student] == "waiting"],
        "absent": [student for student in students if status[student] == "absent"],
        "by_hand": by_hand(graded, standings),
        "scores": scores_of(graded, reports, standings),
        "tasks": rows,
        "mistakes": mistakes, "gaps": gaps, "combinations": combinations_of(mistakes, gaps),
        "repairs": [without_sign(entry) for entry in mended if not entry["sign"]],
        "signs": sorted(map(without_sign, signs), key=lambda entry: (-entry["count"], entry["says"])),
        "limits": limits_of(answers, found),
        "time": usage_of({report.student: report.seconds for report in found}, SECONDS),
        "memory": usage_of({report.student: report.peak_memory for report in found}, BYTES),
    }  # fmt: skip


# ---- students ---------------------------------------------------------------------------------------------


def in_order(students: Iterable[str]) -> list[str]:
    """Students by id, numbers in it by their size."""
    return sorted(students, key=lambda id: ([int(part) if part.isdecimal() else part
                                             for part in re.split(r"(\d+)", id)], id))  # fmt: skip


def names_of(standings: Mapping[str, StudentGrade]) -> dict[str, str]:
    """The students' names by id, of those who have one in the gradebook."""
    names = {student: " ".join(filter(None, (standings[student].first_name, standings[student].last_name)))
             for student in in_order(standings)}  # fmt: skip
    return {student: name for student, name in names.items() if name}


def words_in_names(students: Iterable[str], standings: Iterable[StudentGrade]) -> frozenset[str]:
    """Ids, names and their parts, in small letters; of one Latin letter or digit there are too many to mean one."""
    said = set(students)
    for standing in standings:
        said |= {getattr(standing, field) or "" for field in ("first_name", "last_name", "email", "lms_user_id")}
    parts = {part for name in said for part in (name, *re.split(r"[\W_]+", name))}
    return frozenset(part.casefold() for part in parts if len(part) > 1 or not part.isascii())


def labels_of(students: Sequence[str], shuffle: Callable[[list], None] = by_lot) -> dict[str, str]:
    """A label for each student, from which nothing about the student can be told."""
    numbers = list(range(1, len(students) + 1))
    shuffle(numbers)
    return {student: f"student {number}" for student, number in zip(students, numbers, strict=True)}


def relabelled(things: Mapping[str, Thing], label: Mapping[str, str]) -> dict[str, Thing]:
    """The same things under the students' labels."""
    return {label[student]: thing for student, thing in things.items()}


def plainly(sentence: str, words: frozenset[str]) -> str:
    """A sentence without its particulars; where a name is left in it even so, one that says nothing."""
    plain = without_particulars(sentence)
    return NOT_SHOWN if mentions(plain, words) else plain


def status_of(report: Report | None, standing: StudentGrade | None, handed_in: bool = False) -> str:
    """Where a submission stands: graded, not graded, waiting to be graded, or absent."""
    if report is not None:
        return report.status
    if standing is None or not standing.submitted:
        return "waiting" if handed_in else "absent"
    return "graded" if any(cell.has_points for cell in standing.cells.values()) else "waiting"


def counts_of(status: Mapping[str, str], standings: Mapping[str, StudentGrade]) -> dict[str, int]:
    """How many students there are of each kind."""
    states = [*status.values()]
    late = [student for student in status if student in standings and is_late(standings[student])]
    return {
        "all": len(states), "handed_in": len(states) - states.count("absent"),
        "graded": states.count("graded"),
        "not_graded": states.count("not graded"), "waiting": states.count("waiting"),
        "absent": states.count("absent"), "late": len(late),
    }  # fmt: skip


def is_late(standing: StudentGrade) -> bool:
    known = standing.timestamp is not None and standing.duedate is not None
    return standing.late_penalty > 0 or (known and standing.timestamp > standing.duedate)


def not_graded(reports: Sequence[Report], plain: Callable[[str], str], quote: bool) -> list[dict]:
    """The submissions that were not graded, by reason; ``reasons`` are the full ones, by student."""
    concerned = [report for report in reports if not report.is_graded]
    found = [
        {"kind": kind, "reason": reason, "count": len(those), "students": [report.student for report in those],
         "reasons": {report.student: report.reason for report in those if report.reason} if quote else {}}
        for (kind, reason), those in grouped(
            concerned, lambda report: (report.reason_kind, plain(report.reason or "No reason is known.")),
        ).items()
    ]  # fmt: skip
    return sorted(found, key=lambda entry: (-entry["count"], entry["kind"], entry["reason"]))


def by_hand(graded: Sequence[str], standings: Mapping[str, StudentGrade]) -> list[dict]:
    """The cells that wait for a person's points, with whose they are."""
    waiting = [(cell, student) for student in graded if student in standings
               for cell, grade in standings[student].cells.items() if grade.needs_manual_grade]  # fmt: skip
    found = [{"cell": cell, "count": len(those), "students": [student for _, student in those]}
             for cell, those in grouped(waiting, lambda pair: pair[0]).items()]  # fmt: skip
    return sorted(found, key=lambda entry: (-entry["count"], entry["cell"]))


# ---- scores and tasks ---------------------------------------------------------------------------------------


def task_order(tasks: Mapping[str, Task], reports: Iterable[Report | None],
               standings: Iterable[StudentGrade | None]) -> list[str]:
    """The tasks in the notebook's order where it is known, then what else carries points."""
    order = dict.fromkeys(tasks)
    for report in filter(None, reports):
        order |= dict.fromkeys(verdict.task for verdict in report.verdicts)
    for standing in filter(None, standings):
        order |= dict.fromkeys(task_of(cell, order) for cell in standing.cells)
    return list(order)


def task_of(cell: str, tasks: Iterable[str]) -> str:
    """The task whose points a cell has; the cell itself where it is none of ours."""
    name = cell.removesuffix("_tests")
    return name if name in tasks else cell


def answers_of(
    student: str, report: Report | None, standing: StudentGrade | None, order: Sequence[str]
) -> list[Answer]:
    """A student's answers in order, those in the report and those in the gradebook."""
    verdicts = {verdict.task: verdict for verdict in report.verdicts} if report else {}
    grades = {task_of(cell, order): grade for cell, grade in standing.cells.items()} if standing else {}
    answers = []
    for task in order:
        points = grades.get(task, verdicts.get(task))
        if points is not None:
            answers.append(Answer(student, task, points.score, points.max_score, verdicts.get(task)))
    return answers


def scores_of(
    graded: Sequence[str], reports: Mapping[str, Report], standings: Mapping[str, StudentGrade]
) -> dict | None:
    """How the scores are spread, penalties and manual points included, with who is in which bin."""
    scores, maximum = [], 0.0
    for student in graded:
        standing, report = standings.get(student), reports.get(student)
        if standing is not None and standing.cells:
            scores.append(standing.score)
            maximum = max(maximum, standing.max_score)
        else:
            scores.append(report.score)
            maximum = max(maximum, report.max_score)
    if not scores or maximum <= 0:
        return None
    bins = [{"from": low, "to": high, "count": len(held), "students": [graded[place] for place in held]}
            for low, high, held in equal_bins(scores, maximum)]  # fmt: skip
    full = sum(score >= maximum - 1e-9 for score in scores)
    return {"count": len(scores), "max_score": neat(maximum), "full_marks": full} | spread(scores) | {"bins": bins}


def task_row(task: str, answers: Sequence[Answer], totals: Mapping[str, float]) -> dict:
    """How a task went: its difficulty, its discrimination, its checks, and who was right in the check cell only.

    ``totals`` holds each student's points in all tasks.
    """
    shares = [answer.share for answer in answers]
    full = [answer for answer in answers if answer.share >= 1 - 1e-9]
    untouched = [answer for answer in answers if answer.untouched and answer.share <= 0]
    none = sum(answer.share <= 0 for answer in answers) - len(untouched)
    value, why_not = discrimination(shares, [totals[answer.student] - answer.score for answer in answers])
    public_only = [a.student for a in answers if a.wrong and a.verdict.public_passed and not a.blamed_on]
    return {
        "task": task, "max_score": neat(max((answer.max_score for answer in answers), default=0.0)),
        "count": len(answers), "mean_share": neat(fmean(shares)) if shares else None,
        "full": len(full), "partly": len(answers) - len(full) - len(untouched) - none, "none": none,
        "untouched": len(untouched), "discrimination": value, "why_no_discrimination": why_not,
        "stood_in": sum(bool(answer.blamed_on) for answer in answers),
        "public_only": {"count": len(public_only), "students": public_only}, "checks": check_rows(answers),
    }  # fmt: skip


def hardest(rows: Sequence[Mapping]) -> str | None:
    """The task in which the class has the smallest share of the points; None where nobody lost any."""
    known = [row for row in rows if row["mean_share"] is not None and row["mean_share"] < 1]
    return min(known, key=lambda row: row["mean_share"])["task"] if known else None


def check_rows(answers: Sequence[Answer]) -> list[dict]:
    """How often each check failed by itself, and how often it could not be judged; untouched cells aside."""
    rows: dict[str, dict] = {}
    for answer in answers:
        counts = not answer.untouched
        failing = {check.name for check in answer.failing}
        for check in answer.verdict.checks if answer.verdict else ():
            row = rows.setdefault(check.name, {"check": check.name, "failed": 0, "not_judged": 0})
            if counts and not check.passed:
                row["failed" if check.name in failing else "not_judged"] += 1
    return list(rows.values())


def usage_of(used: Mapping[str, float | None], unit: float) -> dict | None:
    """How seconds, or bytes, are spread over the submissions, and who used most."""
    known = {student: value for student, value in used.items() if value}
    if not known:
        return None
    values = list(known.values())
    most = sorted(known, key=lambda student: -known[student])[:SLOWEST]
    bins = [{"from": low, "to": high, "count": len(held)} for low, high, held in doubling_bins(values, unit)]
    return {"count": len(values), "total": neat(fsum(values))} | spread(values) | {
        "percentile_95": neat(percentile(values, 0.95)), "bins": bins,
        "most": [{"student": student, "value": neat(known[student])} for student in most],
    }  # fmt: skip


def without_sign(entry: Mapping) -> dict:
    return {key: value for key, value in entry.items() if key != "sign"}
