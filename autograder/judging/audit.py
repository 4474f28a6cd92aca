"""How good the checks are: mutation analysis of a course, task by task.

A mistake that no check catches is a bug of the course; so is a right answer, however written, that loses points.
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
    """What the checks of one task make of its mistakes and of right answers written in other ways."""

    task: str
    mistakes: int
    hidden: int  # lose points
    public: int  # seen by the learner's own check
    unique: int  # named by a sentence of its own
    group: int  # named by a sentence shared with mistakes of the same numbers
    gap_only: tuple[str, ...]  # told by the gap alone
    misnamed: tuple[str, ...]  # named by another mistake's sentence
    harmless: tuple[str, ...]  # equal to the solution on every case: no mistake at all
    variants: int
    refused: tuple[str, ...]  # right variants that lose points

    @cached_property
    def problems(self) -> list[str]:
        """What keeps the task from passing the gates, a sentence each."""
        count = max(self.mistakes, 1)
        found = [f"{self.task}: {id!r} equals the solution on every case" for id in self.harmless]
        found += [f"{self.task}: {id!r} is named as another mistake" for id in self.misnamed]
        found += [f"{self.task}: the right variant {id!r} loses points" for id in self.refused]
        for what, caught, gate in (
            ("caught by the hidden checks", self.hidden, HIDDEN),
            ("caught by the public check", self.public, PUBLIC),
            ("named", self.unique + self.group, NAMED),
        ):
            if caught < gate * count:
                found.append(f"{self.task}: {caught} of {self.mistakes} mistakes are {what}; the gate is {gate:.0%}")
        return found

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"problems": self.problems}


def audit(assignment: Assignment) -> list[TaskAudit]:
    """The audits of all tasks of an assignment."""
    assignment.verify_catalogue()
    return [audit_task(assignment, name) for name in assignment.tasks]


def audit_task(assignment: Assignment, name: str) -> TaskAudit:
    task = assignment.tasks[name]
    sentences = [mistake.says for mistake in task.mistakes]
    hidden = public = unique = group = 0
    gap_only, misnamed, harmless = [], [], []
    for mistake in task.mistakes:
        if not touched_outputs(assignment, name, mistake.id):
            harmless.append(mistake.id)
            continue
        verdict = judged(assignment, name, mistake)
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
    refused = [variant.id for variant in variants if not judged(assignment, name, variant).passed]
    return TaskAudit(
        name, len(task.mistakes), hidden, public, unique, group, tuple(gap_only), tuple(misnamed), tuple(harmless),
        len(variants), tuple(refused),
    )


def judged(assignment: Assignment, name: str, change: Mistake) -> Verdict:
    """The verdict on the instructor's solution with a change made to it."""
    try:
        function = assignment.reference.wrong(name, change)
    except (ValueError, SyntaxError) as error:
        raise CourseError(name, f"a change does not fit the solution ({error})", "Bring the two together.") from error
    with redirect_stdout(StringIO()):  # a right answer may print
        return judge_task(LocalSession(function.__globals__), assignment, name)
