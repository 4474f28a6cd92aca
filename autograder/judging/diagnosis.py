"""The catalogued mistake, or mistakes, with whose wrong versions a student's numbers agree.

A diagnosis is given only if it is certain: every compared output agrees on every case, and all versions that match
have its sentence. Any other answer has its gap alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile

import numpy as np

from ..caches import cached_by_answer
from ..course.assignment import Assignment
from ..model import Diagnosis, Failed, Mistake, Outcome, Task
from .wrong_versions import (
    Total,
    agree,
    may_agree,
    part_of,
    right_total,
    total_of,
    touched_outputs,
    wrong_outcome,
    wrong_total,
    wrong_totals,
)


@cached_by_answer
def diagnose(
    assignment: Assignment, task: Task, outcomes: tuple[Outcome, ...], wrong: tuple[str, ...]
) -> Diagnosis | None:
    """Return the mistakes that explain what is wrong, or None if no set of them does for certain.

    Parameters
    ----------
    assignment, task : Assignment, Task
    outcomes : tuple of Outcome
        The student's, one for each hidden case.
    wrong : tuple of str
        The outputs that are wrong; "arguments" among them if the arguments are changed.
    """
    matcher, names = Matcher(assignment, task, outcomes), frozenset(wrong)
    # wrong outputs first: most versions differ there
    everything = sorted((*task.outputs, "arguments"), key=lambda name: name not in names)

    def touches(mistake: Mistake) -> frozenset[str]:
        return touched_outputs(assignment, task.name, mistake.id)

    # The comparison comes first: as a rule one case rejects a version, while what it touches takes all cases.
    singles = [m for m in matcher.candidates(*everything) if matcher.agrees(everything, m.id) and touches(m) == names]
    if singles:
        return common_diagnosis([(m,) for m in singles])
    # Any number of mistakes that touch one output each can be told apart.
    local = {
        name: [m for m in matcher.candidates(name) if matcher.agrees_in(name, m.id) and touches(m) == {name}]
        for name in task.outputs if name in names
    }
    named = {name: found for name, found in local.items() if common_diagnosis([(m,) for m in found])}
    if named and len(named) == len(names):
        return join(found[0] for found in named.values())
    if pairs := find_pairs(matcher, everything, names):
        return common_diagnosis(pairs)
    # Name what can be named, up to the first output that stays unexplained: the outputs after it may follow from it.
    explained = list(takewhile(lambda name: name in named, (name for name in task.outputs if name in names)))
    return join(named[name][0] for name in explained) if explained else None


def find_pairs(
    matcher: Matcher, everything: Sequence[str], wrong: frozenset[str]
) -> list[tuple[Mistake, Mistake]]:
    """Return the pairs of mistakes that match, of which one matches by itself in an output the other leaves right."""
    assignment, task = matcher.assignment, matcher.task

    def touches(mistake: Mistake) -> frozenset[str]:
        return touched_outputs(assignment, task.name, mistake.id)

    shown = {m.id for name in wrong for m in matcher.candidates(name)
             if matcher.agrees_in(name, m.id) and name in touches(m)}
    leading = [mistake for mistake in task.mistakes if mistake.id in shown and touches(mistake) <= wrong]
    right = [name for name in everything if name not in wrong]
    others = [mistake for mistake in task.mistakes if leading and not any(
        surely_touches(assignment, task, name, mistake) for name in right)]
    return [
        (one, two) for one in leading for two in others
        if two is not one and wrong == touches(one) | touches(two) and matcher.agrees(everything, one.id, two.id)
    ]


def surely_touches(assignment: Assignment, task: Task, name: str, mistake: Mistake) -> bool:
    """Tell from the totals on the first case if a mistake makes an output wrong: False is no answer."""
    total = wrong_total(assignment, task, name, (mistake.id,), 0)
    return not may_agree(right_total(assignment, task, name), total) and total.sum == total.sum


class Matcher:
    """Compares a student's outcomes with those of wrong versions, case by case."""

    def __init__(self, assignment: Assignment, task: Task, outcomes: Sequence[Outcome]) -> None:
        self.assignment, self.task, self.outcomes = assignment, task, outcomes
        self._known: dict[tuple[str, ...], bool] = {}
        self._totals: dict[tuple[str, int], Total] = {}

    def candidates(self, name: str, *more: str) -> list[Mistake]:
        """Return the mistakes that may match in these outputs, by their totals on the first case.

        All at once for the first output; one by one for the others, since few are left.
        """
        if isinstance(self.outcomes[0], Failed):
            return list(self.task.mistakes)
        sums, tolerances = wrong_totals(self.assignment, self.task, name)
        with np.errstate(invalid="ignore"):  # infinite totals have no difference
            is_far = np.abs(self._total(name, 0).sum - sums) > tolerances  # a version without a total is not far
        found = [mistake for mistake, far in zip(self.task.mistakes, is_far, strict=True) if not far]
        return [mistake for mistake in found if not any(self._is_far(other, mistake) for other in more)]

    def _is_far(self, name: str, mistake: Mistake) -> bool:
        total = wrong_total(self.assignment, self.task, name, (mistake.id,), 0)
        return abs(self._total(name, 0).sum - total.sum) > total.tolerance

    def agrees(self, names: Iterable[str], *mistakes: str) -> bool:
        """Tell if every outcome agrees with the wrong version's in all these outputs."""
        return all(self.agrees_in(name, *mistakes) for name in names)

    def agrees_in(self, name: str, *mistakes: str) -> bool:
        """Tell if every outcome agrees with the wrong version's in one output; at least half must be values."""
        known = self._known.get((name, *mistakes))
        if known is None:
            known = self._known[name, *mistakes] = self._compare(name, mistakes)
        return known

    def _compare(self, name: str, mistakes: tuple[str, ...]) -> bool:
        values = 0
        for place, outcome in enumerate(self.outcomes):
            wrong = wrong_outcome(self.assignment, self.task.name, mistakes, place)
            if isinstance(outcome, Failed) or isinstance(wrong, Failed):
                if type(outcome) is not type(wrong):
                    return False
                continue
            total = wrong_total(self.assignment, self.task, name, mistakes, place)
            if not may_agree(total, self._total(name, place)) or not agree(self.task, name, wrong, outcome):
                return False
            values += 1
        return 2 * values >= len(self.outcomes)

    def _total(self, name: str, place: int) -> Total:
        if (name, place) not in self._totals:
            outcome = self.outcomes[place]
            self._totals[name, place] = Total(np.nan, np.nan) if isinstance(outcome, Failed) else total_of(
                part_of(self.task, name, outcome))
        return self._totals[name, place]


def common_diagnosis(matches: Sequence[tuple[Mistake, ...]]) -> Diagnosis | None:
    """Return the sentences that all matching mistakes, or pairs, share; None if they share none."""
    if not matches:
        return None
    shared = frozenset.intersection(*(frozenset(mistake.says for mistake in match) for match in matches))
    return join(mistake for mistake in matches[0] if mistake.says in shared) if shared else None


def join(mistakes: Iterable[Mistake]) -> Diagnosis:
    """Return one diagnosis for several mistakes."""
    mistakes = list(mistakes)
    return Diagnosis(
        "+".join(m.id for m in mistakes), " ".join(m.says for m in mistakes), " ".join(m.hint for m in mistakes))
