"""A class's scores and tasks as numbers for the class report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

from ..model import Report, StudentGrade, Task
from ..notebooks import finding
from .findings import Answer, Entry
from .statistics import discrimination, equal_bins, neat, spread

STATES = ("full", "partly", "none", "untouched")  # of an answer, by its points


def order_tasks(
    tasks: Mapping[str, Task], reports: Iterable[Report | None], grades: Iterable[StudentGrade | None]
) -> list[str]:
    """Return the tasks in the notebook's order as far as it is known, then whatever else has points."""
    order = dict.fromkeys(tasks)
    for report in filter(None, reports):
        order |= dict.fromkeys(verdict.task for verdict in report.verdicts)
    for grade in filter(None, grades):
        order |= dict.fromkeys(task_of(cell, order) for cell in grade.cells)
    return list(order)


def task_of(cell: str, tasks: Iterable[str]) -> str:
    """Return the task whose points a cell has, or the cell itself if it tests no task."""
    name = finding.task_of(cell)
    return name if name is not None and name in tasks else cell


def collect_answers(
    student: str, report: Report | None, grade: StudentGrade | None, order: Sequence[str]
) -> list[Answer]:
    """Return a student's answers in order, those in the report and those in the gradebook."""
    verdicts = {verdict.task: verdict for verdict in report.verdicts} if report else {}
    cells = {task_of(cell, order): points for cell, points in grade.cells.items()} if grade else {}
    answers = []
    for task in order:
        points = cells.get(task) or verdicts.get(task)
        if points is not None:
            answers.append(Answer(student, task, points.score, points.max_score, verdicts.get(task)))
    return answers


def describe_scores(
    graded: Sequence[str], reports: Mapping[str, Report], grades: Mapping[str, StudentGrade]
) -> Entry | None:
    """Return how the scores are spread, with penalties and manual points, and the students of each bin."""
    counts = [source for student in graded if (source := source_of(grades.get(student), reports.get(student)))]
    scores, maximum = [source.score for source in counts], max((source.max_score for source in counts), default=0.0)
    if not scores or maximum <= 0:
        return None
    bins = [{"from": low, "to": high, "count": len(places), "students": [graded[place] for place in places]}
            for low, high, places in equal_bins(scores, maximum)]  # fmt: skip
    full = sum(score >= maximum - 1e-9 for score in scores)
    return {"count": len(scores), "max_score": neat(maximum), "full_marks": full, **spread(scores), "bins": bins}


def source_of(grade: StudentGrade | None, report: Report | None) -> StudentGrade | Report | None:
    """Return what has a student's score: the gradebook, else the report."""
    return grade if grade is not None and grade.cells else report


def state_of(answer: Answer) -> str:
    """Return which part of its points an answer has, one of `STATES`; a half-done one without points is "untouched"."""
    if answer.share >= 1 - 1e-9:
        return "full"
    if answer.share > 0:
        return "partly"
    return "untouched" if answer.untouched or answer.half_done else "none"


def describe_task(task: str, answers: Sequence[Answer], totals: Mapping[str, float]) -> Entry:
    """Return a task's difficulty, discrimination and checks, and the students who were right in the check cell only.

    ``totals`` holds each student's points in all tasks.
    """
    shares = [answer.share for answer in answers]
    states = [state_of(answer) for answer in answers]
    value, reason = discrimination(shares, [totals[answer.student] - answer.score for answer in answers])
    public_only = [answer.student for answer in answers
                   if answer.verdict and answer.wrong and answer.verdict.public_passed and not answer.blamed_on]
    return {
        "task": task, "max_score": neat(max((answer.max_score for answer in answers), default=0.0)),
        "count": len(answers), "mean_share": neat(fmean(shares)) if shares else None,
        **{state: states.count(state) for state in STATES},
        "half_done": sum(answer.half_done and answer.share <= 0 for answer in answers),
        "discrimination": value, "why_no_discrimination": reason,
        "stood_in": sum(bool(answer.blamed_on) for answer in answers),
        "public_only": {"count": len(public_only), "students": public_only}, "checks": count_checks(answers),
    }  # fmt: skip


def find_hardest(rows: Sequence[Entry]) -> str | None:
    """Return the task in which the class has the smallest share of the points; None if nobody lost any."""
    known = [row for row in rows if row["mean_share"] is not None and row["mean_share"] < 1]
    return min(known, key=lambda row: row["mean_share"])["task"] if known else None


def count_checks(answers: Sequence[Answer]) -> list[Entry]:
    """Return how often each check failed by itself, and how often it waited for another; untouched cells aside."""
    rows: dict[str, Entry] = {}
    for answer in answers:
        failures = {check.name for check in answer.failures}
        for check in answer.verdict.checks if answer.verdict else ():
            row = rows.setdefault(check.name, {"check": check.name, "failed": 0, "not_judged": 0})
            if not answer.untouched and not check.passed:
                row["failed" if check.name in failures else "not_judged"] += 1
    return list(rows.values())
