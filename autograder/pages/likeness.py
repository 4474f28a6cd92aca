"""Wrong answers that only a few share, as a question; and the check cells that nobody ran.

Neither proves anything. Right answers are left out, and so is what many share, and what one mistake in the scaffold
leads to. In a small class nothing is said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache

from ..model import Report, Task, Verdict
from ..notebooks.worked import take_form
from .findings import Answer, Entry

FEWEST = 20  # graded students, for something to be odd among them
MOST = 4  # students who share what is odd
ENOUGH = 3  # statements of their own that they share; equal numbers of other code count as one


@dataclass(frozen=True)
class Shared:
    """A wrong answer that students share."""

    task: str
    kind: str  # "code" | "numbers"
    weight: int


@dataclass(frozen=True)
class Likeness:
    """Students who share wrong answers that nobody else has."""

    students: tuple[str, ...]
    shared: tuple[Shared, ...]

    @property
    def weight(self) -> int:
        """Return how much they share."""
        return sum(each.weight for each in self.shared)


def find_likeness(
    reports: Sequence[Report], tasks: Mapping[str, Task], solutions: Mapping[str, str]
) -> list[Entry] | None:
    """Return the groups that share most, first; None if the class is too small.

    Parameters
    ----------
    reports : sequence of Report
        Of the graded students.
    tasks, solutions : mappings
        The assignment's tasks, and the reference's solution cells.
    """
    if len(reports) < FEWEST:
        return None
    usual = cache(lambda task, mistake: form_of(task, mistake, tasks, solutions))
    forms: dict[tuple[str, str, int], list[str]] = defaultdict(list)
    numbers: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for report in reports:
        for verdict in filter(is_own_and_wrong, report.verdicts):
            task, work = verdict.task, report.work.get(verdict.task)
            if work and work.form and not (verdict.diagnosis and work.form == usual(task, verdict.diagnosis.mistake)):
                forms[task, work.form, work.own].append(report.student)
            values = tuple(check.message for check in verdict.checks if check.kind == "value")
            if values and not verdict.diagnosis:
                numbers[task, values].append(report.student)
    groups: dict[tuple[str, ...], dict[str, Shared]] = defaultdict(dict)
    for (task, _), students in numbers.items():
        groups[tuple(students)][task] = Shared(task, "numbers", 1)
    for (task, _, own), students in forms.items():
        groups[tuple(students)][task] = Shared(task, "code", own)
    found = [Likeness(students, tuple(shared.values())) for students, shared in groups.items()
             if 2 <= len(students) <= MOST]  # fmt: skip
    found = sorted((each for each in found if each.weight >= ENOUGH), key=lambda each: (-each.weight, each.students))
    return [{"count": len(each.students)} | asdict(each) | {"students": list(each.students)} for each in found]


def is_own_and_wrong(verdict: Verdict) -> bool:
    """Tell if a task was done to its end, and is wrong by itself."""
    return not (verdict.passed or verdict.untouched or verdict.waiting or verdict.blamed_on)


def form_of(task: str, mistake: str, tasks: Mapping[str, Task], solutions: Mapping[str, str]) -> str:
    """Return the form of the solution with a mistake, or several joined by "+"; "" if it is not known."""
    source, ids = solutions.get(task, ""), mistake.split("+")
    for known in tasks[task].mistakes if task in tasks else ():
        if known.id in ids:
            for old, new in known.replace:
                source = source.replace(old, new, 1)
    return take_form(source, solutions[task])[0] if task in solutions else ""


def describe_checking(answers: Sequence[Answer], reports: Mapping[str, Report]) -> Entry | None:
    """Return who never ran a check cell of what they began, and who did not in a task that is wrong.

    None if no notebook came with outputs.
    """
    ran: dict[str, list[bool]] = defaultdict(list)
    wrong: dict[str, list[str]] = defaultdict(list)
    for answer in answers:
        work = reports[answer.student].work.get(answer.task) if answer.student in reports else None
        if work is None or work.check_ran is None or answer.untouched:
            continue
        ran[answer.student].append(work.check_ran)
        if answer.wrong and not work.check_ran and not answer.blamed_on:
            wrong[answer.task].append(answer.student)
    if not ran:
        return None
    never = [student for student, those in ran.items() if not any(those)]
    return {"known": len(ran), "never": {"count": len(never), "students": never},
            "wrong": [{"task": task, "count": len(those), "students": those} for task, those in wrong.items()]}
