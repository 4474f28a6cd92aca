"""Which catalogued mistake, or mistakes, a student's numbers equal: by comparison with the wrong versions' own numbers.

A diagnosis is given only where it is certain: every compared output agrees on every case, and all entries that fit
say the same sentence. What is left over is told by its gap alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple

import numpy as np

from public_tests import find_gap, room_of

from ..caches import cached_by_answer
from ..course.assignment import Assignment
from ..model import Diagnosis, Failed, Mistake, Outcome, Returned, Task, Value


@cached_by_answer
def diagnose(
    assignment: Assignment, task: Task, outcomes: tuple[Outcome, ...], wrong: tuple[str, ...]
) -> Diagnosis | None:
    """The mistakes that explain what is wrong, or None where none does for certain.

    Parameters
    ----------
    assignment, task : Assignment, Task
    outcomes : tuple of Outcome
        The student's, one for each hidden case.
    wrong : tuple of str
        The outputs that are wrong; "arguments" among them where the arguments are changed.
    """
    fits, wrong = Fit(assignment, task, outcomes), frozenset(wrong)
    # what is wrong first: there most versions differ
    everything = sorted((*task.outputs, "arguments"), key=lambda name: name not in wrong)

    def touched(mistake: Mistake) -> frozenset[str]:
        return effects(assignment, task.name, mistake.id)

    # Whether a version fits is asked first: as a rule one case tells that it does not, what it touches takes all.
    singles = [m for m in fits.candidates(*everything) if fits.all(everything, m.id) and touched(m) == wrong]
    if singles:
        return agreed([(m,) for m in singles])
    # Mistakes that touch one output each: any number of them can be told apart.
    local = {
        name: [m for m in fits.candidates(name) if fits.one(name, m.id) and touched(m) == {name}]
        for name in task.outputs if name in wrong
    }
    named = {name: found for name, found in local.items() if agreed([(m,) for m in found])}
    if named and len(named) == len(wrong):
        return joined(found[0] for found in named.values())
    # Two mistakes, one of which shows by itself in some output that the other does not reach.
    shown = {m.id for name in wrong for m in fits.candidates(name) if fits.one(name, m.id) and name in touched(m)}
    leading = [m for m in task.mistakes if m.id in shown]
    pairs = [
        (one, two) for one in leading for two in task.mistakes
        if two is not one and wrong == touched(one) | touched(two) and fits.all(everything, one.id, two.id)
    ]
    if pairs:
        return agreed(pairs)
    # What can be named although something else cannot: not beyond the first output that stays unexplained, since
    # what comes after it may follow from it.
    explained = list(takewhile(lambda name: name in named, (name for name in task.outputs if name in wrong)))
    return joined(named[name][0] for name in explained) if explained else None


class Fit:
    """Compares a student's outcomes with those of wrong versions, case by case."""

    def __init__(self, assignment: Assignment, task: Task, outcomes: Sequence[Outcome]):
        self.assignment, self.task, self.outcomes = assignment, task, outcomes
        self._known: dict[tuple[str, ...], bool] = {}
        self._totals: dict[tuple[str, int], Total] = {}

    def candidates(self, *names: str) -> list[Mistake]:
        """The mistakes that may fit in these outputs, going by all their totals on the first case at once."""
        if isinstance(self.outcomes[0], Failed):
            return list(self.task.mistakes)
        possible = np.ones(len(self.task.mistakes), bool)
        for name in names:
            sums, rooms = wrong_totals(self.assignment, self.task, name)
            with np.errstate(invalid="ignore"):  # infinite ones have no difference
                possible &= ~(np.abs(self._total(name, 0).sum - sums) > rooms)  # what has no total stays
        return [self.task.mistakes[index] for index in np.flatnonzero(possible)]

    def all(self, names: Iterable[str], *mistakes: str) -> bool:
        """Whether every outcome equals the wrong version's in all these outputs."""
        return all(self.one(name, *mistakes) for name in names)

    def one(self, name: str, *mistakes: str) -> bool:
        """Whether every outcome equals the wrong version's in one output; at least half must be values."""
        known = self._known.get((name, *mistakes))
        if known is None:
            known = self._known[name, *mistakes] = self._compare(name, mistakes)
        return known

    def _compare(self, name: str, mistakes: tuple[str, ...]) -> bool:
        values = 0
        for number, outcome in enumerate(self.outcomes):
            wrong = wrong_outcome(self.assignment, self.task.name, mistakes, number)
            if isinstance(outcome, Failed) or isinstance(wrong, Failed):
                if type(outcome) is not type(wrong):
                    return False
                continue
            known = wrong_total(self.assignment, self.task, name, mistakes, number)
            if not may_agree(known, self._total(name, number)) or not same(self.task, name, wrong, outcome):
                return False
            values += 1
        return 2 * values >= len(self.outcomes)

    def _total(self, name: str, number: int) -> Total:
        if (name, number) not in self._totals:
            self._totals[name, number] = total_of(part(self.task, name, self.outcomes[number]))
        return self._totals[name, number]


class Total(NamedTuple):
    """What the numbers of a value add up to, and how far that of another may be from it where the two agree."""

    sum: float
    room: float


def total_of(value: Value, depth: int = 3) -> Total:
    """The total of an array or a number; of a collection that of its first items, which bounds what it takes."""
    if isinstance(value, tuple | list):
        items = value[:16] if depth else ()
        return Total(*map(sum, zip((0.0, 0.0), *(total_of(item, depth - 1) for item in items), strict=True)))
    array = np.asarray(value) if isinstance(value, np.ndarray | np.generic | int | float) else np.empty(0)
    if array.dtype.kind not in "fiu":
        return Total(0.0, 0.0)
    with np.errstate(all="ignore"):
        return Total(float(array.sum(dtype=float)), float(room_of(array.astype(float)).sum()))


def may_agree(expected: Total, got: Total) -> bool:
    """Whether two values can be the `same`, going by their totals: as a rule that tells that they are not."""
    return abs(got.sum - expected.sum) <= expected.room


def same(task: Task, name: str, one: Returned, other: Returned) -> bool:
    """Whether two outcomes agree in an output, or in how they left the arguments."""
    return find_gap(name, part(task, name, one), part(task, name, other)) is None


def part(task: Task, name: str, outcome: Returned) -> Value:
    if name == "arguments":
        return outcome.arguments
    if task.returns_dict:
        return outcome.value.get(name) if isinstance(outcome.value, dict) else None
    position = list(task.outputs).index(name)
    value = outcome.value
    return value[position] if isinstance(value, tuple | list) and position < len(value) else None


@lru_cache(maxsize=100_000)
def wrong_outcome(assignment: Assignment, task_name: str, mistakes: tuple[str, ...], number: int) -> Outcome:
    """What the task's function gives on a hidden case with these mistakes in it."""
    function = wrong_function(assignment, task_name, mistakes)
    if function is None:
        return Failed("missing", "")
    return assignment.outcome(function, assignment.hidden_cases(task_name)[number])


@lru_cache(maxsize=100_000)
def wrong_total(assignment: Assignment, task: Task, name: str, mistakes: tuple[str, ...], number: int) -> Total:
    return total_of(part(task, name, wrong_outcome(assignment, task.name, mistakes, number)))


@lru_cache(maxsize=1_000)
def wrong_totals(assignment: Assignment, task: Task, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Each mistake's total on the first case, and its room; not a number where that version does not come back."""
    outcomes = [wrong_outcome(assignment, task.name, (mistake.id,), 0) for mistake in task.mistakes]
    totals = [Total(np.nan, np.nan) if isinstance(outcome, Failed) else total_of(part(task, name, outcome))
              for outcome in outcomes]
    return np.array([total.sum for total in totals]), np.array([total.room for total in totals])


@lru_cache(maxsize=10_000)
def wrong_function(assignment: Assignment, task_name: str, mistakes: tuple[str, ...]) -> Callable | None:
    """The task's function with these mistakes in it; None where two substitutions do not go together."""
    by_id = {mistake.id: mistake for mistake in assignment.tasks[task_name].mistakes}
    try:
        return assignment.reference.wrong(task_name, *(by_id[id] for id in mistakes))
    except (ValueError, SyntaxError):
        return None


@lru_cache(maxsize=10_000)
def effects(assignment: Assignment, task_name: str, mistake: str) -> frozenset[str]:
    """The outputs that a mistake makes wrong on some hidden case, "arguments" among them where it changes those."""
    task = assignment.tasks[task_name]
    found = set()
    for number, case in enumerate(assignment.hidden_cases(task_name)):
        wrong = wrong_outcome(assignment, task_name, (mistake,), number)
        if isinstance(wrong, Failed):
            return frozenset(task.outputs)
        right = Returned(case.expected, tuple(case.arguments.values()))
        found |= {name for name in (*task.outputs, "arguments") if not same(task, name, right, wrong)}
    return frozenset(found)


def agreed(fits: Sequence[tuple[Mistake, ...]]) -> Diagnosis | None:
    """The diagnosis on which all fitting mistakes (or pairs) agree; None where they say different things."""
    if not fits or len({frozenset(mistake.says for mistake in fit) for fit in fits}) > 1:
        return None
    return joined(fits[0])


def joined(mistakes: Iterable[Mistake]) -> Diagnosis:
    mistakes = list(mistakes)
    return Diagnosis(
        "+".join(m.id for m in mistakes), " ".join(m.says for m in mistakes), " ".join(m.hint for m in mistakes)
    )
