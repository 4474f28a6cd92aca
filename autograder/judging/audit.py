"""Mutation analysis of an assignment's checks, task by task.

A mistake that no check catches is a bug of the assignment. So is a right answer that loses points.
"""

from __future__ import annotations

from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from functools import cached_property
from io import StringIO
from typing import Any

from ..course.assignment import Assignment
from ..errors import CourseError
from ..model import Mistake, Verdict
from ..sandbox.local import LocalSession
from .verdicts import judge_task
from .wrong_versions import touched_outputs

HIDDEN, PUBLIC, NAMED = 1.0, 0.95, 0.9


@dataclass(frozen=True)
class TaskAudit:
    """The result of one task's checks on its catalogued mistakes and on other right answers."""

    task: str
    mistakes: int
    hidden: int  # lose points
    public: int  # seen by the learner's own check
    unique: int  # named by a sentence of its own
    group: int  # named by a sentence shared with mistakes of the same numbers
    gap_only: tuple[str, ...]  # shown by the gap alone
    misnamed: tuple[str, ...]  # named by another mistake's sentence
    harmless: tuple[str, ...]  # equal to the solution on every case: no mistake at all
    variants: int
    refused: tuple[str, ...]  # right variants that lose points

    @cached_property
    def problems(self) -> list[str]:
        """Return a sentence for each reason why the task does not pass the gates."""
        count = max(self.mistakes, 1)
        found = [f"{self.task}: {id_!r} equals the solution on every case" for id_ in self.harmless]
        found += [f"{self.task}: {id_!r} is named as another mistake" for id_ in self.misnamed]
        found += [f"{self.task}: the right variant {id_!r} loses points" for id_ in self.refused]
        for what, caught, gate in (
            ("caught by the hidden checks", self.hidden, HIDDEN),
            ("caught by the public check", self.public, PUBLIC),
            ("named", self.unique + self.group, NAMED),
        ):
            if caught < gate * count:
                found.append(f"{self.task}: {caught} of {self.mistakes} mistakes are {what}; the gate is {gate:.0%}")
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return the audit as JSON holds it."""
        return asdict(self) | {"problems": self.problems}


def audit(assignment: Assignment) -> list[TaskAudit]:
    """Return the audits of all tasks of an assignment."""
    assignment.verify_catalogue()
    return [audit_task(assignment, name) for name in assignment.tasks]


def audit_task(assignment: Assignment, name: str) -> TaskAudit:
    """Return the audit of one task."""
    task = assignment.tasks[name]
    sentences = [mistake.says for mistake in task.mistakes]
    hidden = public = unique = group = 0
    gap_only, misnamed, harmless = [], [], []
    for mistake in task.mistakes:
        if not touched_outputs(assignment, name, mistake.id):
            harmless.append(mistake.id)
            continue
        verdict = judge_change(assignment, name, mistake)
        hidden += verdict.score < verdict.max_score
        public += not verdict.public_passed
        if verdict.diagnosis is None:
            gap_only.append(mistake.id)
        elif verdict.diagnosis.says != mistake.says:
            misnamed.append(mistake.id)
        elif sentences.count(mistake.says) > 1:
            group += 1
        else:
            unique += 1
    variants = assignment.variants(name)
    refused = [variant.id for variant in variants if not judge_change(assignment, name, variant).passed]
    return TaskAudit(
        name, len(task.mistakes), hidden, public, unique, group, tuple(gap_only), tuple(misnamed), tuple(harmless),
        len(variants), tuple(refused),
    )


def judge_change(assignment: Assignment, name: str, change: Mistake) -> Verdict:
    """Return the verdict on the reference solution with a change made to it.

    Raises
    ------
    CourseError
        The change does not fit the solution.
    """
    try:
        function = assignment.reference.wrong(name, change)
    except (ValueError, SyntaxError) as error:
        raise CourseError(name, f"a change does not fit the solution ({error})", "Bring the two together.") from error
    with redirect_stdout(StringIO()):  # a right answer may print
        return judge_task(LocalSession(function.__globals__), assignment, name)
