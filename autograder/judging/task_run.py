"""A task's calls on all its cases, and the checks, findings and points that follow from the outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from public_lines import notice
from public_tests import Gap

from ..course.assignment import Assignment
from ..model import Case, Check, Failed, Outcome, Task, Value
from ..sandbox.session import Replacing, Session, is_lost
from .comparison import detail_of, find_gaps, is_identical, layout_of, leaves_arguments, output_of

#: The checks that are not outputs, with their messages when they pass.
BEHAVIOUR: Mapping[str, str] = {
    "returns": "The call comes back with the right number of outputs.",
    "arguments": "The arguments are left as they were.",
    "repeatable": "A second call gives the same answer.",
}
#: The kinds of failure, and of what cannot be compared, that cost only the cases in which they occur.
HONEST = frozenset(("raised", "timed out", "died", "unreadable", "type", "length", "missing"))


class Finding(NamedTuple):
    """The words and the kind of one check; the gap in it is seen on arguments that the student may see."""

    check: str
    text: str
    kind: str = ""
    question: str = ""
    notes: tuple[str, ...] = ()
    detail: str = ""


@dataclass(frozen=True)
class TaskRun:
    """A task's outcomes on all its cases, either as the student wrote it or with reference callees."""

    assignment: Assignment
    task: Task
    hidden: tuple[Outcome, ...]
    visible: tuple[Outcome, ...]  # of the public case, and of the fresh ones if that does not show all that is wrong
    again: Outcome  # of the first hidden case, a second time
    gaps: tuple[Mapping[str, Gap], ...]  # of each hidden case, by output

    @classmethod
    def start(cls, session: Session, assignment: Assignment, task: Task, replacing: Replacing | None = None) -> TaskRun:
        """Call the student's function on the cases, with the functions in ``replacing`` in place of its callees."""
        hidden, (public, *fresh) = assignment.hidden_cases(task.name), assignment.visible_cases(task.name)

        def call(cases: Sequence[Case]) -> tuple[Outcome, ...]:
            outcomes = session.calls(task.name, cases, replacing)
            return (*outcomes, *[outcomes[-1]] * (len(cases) - len(outcomes)))

        *outcomes, again, seen = call((*hidden, hidden[0], public))
        gaps = tuple(find_gaps(task, case, outcome) for case, outcome in zip(hidden, outcomes, strict=True))
        run = cls(assignment, task, tuple(outcomes), (seen,), again, gaps)
        if is_lost(seen) or set(run.differing) <= find_gaps(task, public, seen).keys():
            return run
        return replace(run, visible=(seen, *call(fresh)))

    @property
    def is_defined(self) -> bool:
        """Tell if the student's notebook defines the function."""
        return not (isinstance(self.hidden[0], Failed) and self.hidden[0].kind == "missing")

    @cached_property
    def wrong_outputs(self) -> tuple[str, ...]:
        """Return the outputs that are wrong on some hidden case."""
        return tuple(output for output in self.task.outputs
                     if any(output in gaps or "returns" in gaps for gaps in self.gaps))

    @property
    def differing(self) -> tuple[str, ...]:
        """Return the checks whose gap is shown: only "returns" if some call fails, else the wrong outputs."""
        return self.wrong_outputs if self.has_passed("returns") else ("returns",)

    @cached_property
    def keeps_arguments(self) -> bool:
        """Tell if no call has changed its arguments."""
        return all(map(leaves_arguments, self.assignment.hidden_cases(self.task.name), self.hidden))

    @cached_property
    def is_repeatable(self) -> bool:
        """Tell if the second call returned the same as the first."""
        first, again = self.hidden[0], self.again
        if isinstance(first, Failed) or isinstance(again, Failed):
            return first == again and len(self.comparable) > 0
        return is_identical(first.value, again.value)

    @cached_property
    def comparable(self) -> tuple[int, ...]:
        """Return the places of the hidden cases that returned outputs to compare."""
        return tuple(place for place, gaps in enumerate(self.gaps) if "returns" not in gaps)

    def earned(self, check: str) -> float:
        """Return the part of a check's points that is earned, in [0, 1].

        If some calls fail, a check that passes in all others earns as large a part as there are others.
        """
        if self.has_passed("returns") or check == "returns":
            return float(self.has_passed(check))
        if any(gaps["returns"].kind not in HONEST for gaps in self.gaps if "returns" in gaps):
            return 0.0
        right = [output for output in self.task.outputs if not any(output in self.gaps[i] for i in self.comparable)]
        passed = bool(right) and (
            self.keeps_arguments if check == "arguments" else self.is_repeatable if check == "repeatable" else
            check in right)
        return passed * len(self.comparable) / len(self.gaps)

    def has_passed(self, check: str) -> bool:
        """Tell if a check has passed."""
        if check == "returns":
            return not any("returns" in gaps for gaps in self.gaps)
        if check in self.task.outputs:
            return check not in self.wrong_outputs
        # a function that does nothing changes no argument and is repeatable: that earns nothing
        does_something = len(self.wrong_outputs) < len(self.task.outputs)
        return does_something and (self.keeps_arguments if check == "arguments" else self.is_repeatable)

    @cached_property
    def share(self) -> float:
        """Return the share of the points earned, in [0, 1]."""
        total = sum(self.task.shares.values())
        return sum(share * self.earned(check) for check, share in self.task.shares.items()) / total

    def make_checks(self, points: float, findings: Sequence[Finding]) -> tuple[Check, ...]:
        """Return the checks; ``points`` are those of the task, ``findings`` those of the differing outputs."""
        total, by_check = sum(self.task.shares.values()), {finding.check: finding for finding in findings}
        checks = []
        for name in ("returns", *self.task.shares):
            worth, passed = points * self.task.shares.get(name, 0) / total, self.has_passed(name)
            finding = self.find_behaviour(name, passed) or by_check[name]
            checks.append(Check(name, passed, worth * self.earned(name), worth, finding.text, finding.kind,
                                finding.detail))
        return tuple(checks)

    def find_behaviour(self, check: str, passed: bool) -> Finding | None:
        """Return the finding of a check that passed or has no gap to show, else None."""
        if passed:
            agrees = f"Agrees on {len(self.hidden)} sets of arguments, each of another size."
            return Finding(check, BEHAVIOUR.get(check, agrees))
        if check == "arguments" and not self.keeps_arguments:
            text = "An argument is changed by the call. Which line writes into what was handed in?"
            return Finding(check, text, "arguments")
        if check != "returns" and self.earned(check):
            works = f"the {len(self.comparable)} of {len(self.gaps)} sets of arguments on which the call works."
            return Finding(check, f"Passes on {works}", "waiting")
        if check in BEHAVIOUR and check != "returns":
            if len(self.wrong_outputs) == len(self.task.outputs):
                return Finding(check, "Can be judged once an output is right.", "waiting")
            text = "A second call with the same arguments gives another answer. What is kept between the calls?"
            return Finding(check, text, "repeatable")
        if check != "returns" and not self.has_passed("returns"):
            return Finding(check, "Can be judged once the call comes back.", "waiting")
        return None

    def find_visible_gap(self, check: str) -> Finding:
        """Return the finding of a differing check on the public case, else on a fresh one."""
        cases = self.assignment.visible_cases(self.task.name)
        for case, outcome in zip(cases, self.visible, strict=False):
            if gap := find_gaps(self.task, case, outcome).get(check):
                return self._describe(check, gap, case, outcome)
        text = "Differs on arguments of other sizes than those that may be shown."
        return Finding(check, text, "sizes", "What in the code fits one size only?")

    def _describe(self, check: str, gap: Gap, case: Case, outcome: Outcome) -> Finding:
        is_public, given = case.name == "public", ", ".join(f"{name} = {value:g}" for name, value in case.given.items())
        if isinstance(outcome, Failed) or check == "returns":
            notes = [] if is_public else [f"It comes back for the check cell, and not with {given}."]
            detail = outcome.exception if isinstance(outcome, Failed) else ""
        else:
            notes = ["Seen on the arguments of the check cell."] if is_public else [
                f"`{check}` is right on the arguments of the check cell, and differs on others, with {given}."]
            notes += self._facts(check, case, outcome.value)
            detail = detail_of(gap, self.task, case, outcome.value)
        return Finding(check, gap.text, gap.kind, gap.question, tuple(notes), detail)

    def _facts(self, output: str, case: Case, value: Value) -> list[str]:
        """Return sentences that are certain about a wrong output without a catalogue."""
        got, expected = output_of(self.task, value, output), output_of(self.task, case.expected, output)
        facts: list[str] = notice(output, expected, got, layout_of(self.task, output, case))
        if isinstance(got, np.ndarray) and got.dtype.kind in "fiu":
            found = (fact(output, got, expected, case.sizes) for fact in self.task.facts)
            facts += [sentence for sentence in found if sentence]
        return facts
