"""Verdicts: what a student's function returned, compared here, where no student code runs.

Arguments go to the process that holds the student's code, plain values come back (`Session`, in autograder.sandbox).

One mistake costs once
----------------------
A task that calls another is judged twice at most: as the student wrote it, and, where that is not all right, with
the instructor's function in place of the one it calls. The better of the two counts; where the stand-in helped,
the verdict names the function to blame.

What could a student gain from the stand-in?
 * Answers for the stood-in task itself: no. Tasks are judged callees first, and a verdict, once reached, stays; when
   a stand-in first exists in a student's process, its task has been judged.
 * Answers for the calling task: the stand-in takes one time step only (`same_form` refuses whole sequences, other
   types and other numbers of axes), so that the loop, which is the task, is still to be written.
 * A way to the trusted side: what arrives are plain values; what the oracle raises goes back as one plain sentence.
 * Time: the number of calls is bounded by the session, and a call's limit runs on while the oracle computes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, wraps
from typing import NamedTuple

import numpy as np

from public_tests import Gap, Layout, a_kind, differs, find_gap, notice, split_outputs

from ..caches import cached_by_answer
from ..course.assignment import Assignment
from ..model import Case, Check, Failed, Outcome, Task, Value, Verdict
from ..sandbox.session import is_lost
from .diagnosis import diagnose

MAX_SIDE = 100  # of an array that a stand-in takes; no case of ours has more than a dozen

#: Checks that are not outputs, with what they say when they pass.
BEHAVIOUR = {
    "returns": "The call comes back with the right number of outputs.",
    "arguments": "The arguments are left as they were.",
    "repeatable": "A second call gives the same answer.",
}


def judge(session, assignment: Assignment) -> tuple[Verdict, ...]:
    """The verdicts on all tasks of an assignment, in the notebook's order.

    Parameters
    ----------
    session : Session
        Holds the student's functions, after the notebook's cells have run.
    assignment : Assignment
    """
    verdicts: dict[str, Verdict] = {}
    for name in callees_first(assignment.tasks):
        verdicts[name] = judge_task(session, assignment, name, verdicts)
    return tuple(verdicts[name] for name in assignment.tasks)


def callees_first(tasks: Mapping[str, Task]) -> list[str]:
    """The tasks' names, each after the tasks that it calls."""
    order: list[str] = []

    def visit(name: str) -> None:
        if name in tasks and name not in order:
            for callee in tasks[name].calls:
                visit(callee)
            order.append(name)

    for name in tasks:
        visit(name)
    return order


def judge_task(session, assignment: Assignment, name: str, earlier: Mapping[str, Verdict] | None = None) -> Verdict:
    """The verdict on one task; ``earlier`` holds those on the tasks it calls."""
    task, earlier = assignment.tasks[name], earlier or {}
    own = Trial.run(session, assignment, task)
    best, blamed_on = own, None
    callees = [callee for callee in task.calls if callee in assignment.tasks]
    replacing = {callee: stand_in(assignment, callee) for callee in callees}
    if callees and own.share < 1 and own.defined and may_help(session, own, replacing):
        replaced = Trial.run(session, assignment, task, replacing)
        if replaced.share > own.share:
            failed = [callee for callee in callees if callee in earlier and not earlier[callee].passed]
            best, blamed_on = replaced, (failed or callees)[0]
    return best.verdict(assignment.points[name], blamed_on, own)


def may_help(session, own: Trial, replacing) -> bool:
    """Whether stand-ins could earn a task more; one call tells, as a rule, that they could not.

    An output has to be right on every case. So nothing is to be had where one call with the stand-ins has all those
    outputs wrong that are wrong without, and no other check is lost.
    """
    if not (own.wrong and own.passed("arguments") and own.passed("repeatable")):
        return True
    cases = own.assignment.hidden_cases(own.task.name)
    case = next((case for case, gaps in zip(cases, own.gaps, strict=True) if lacks(gaps, own.wrong)), cases[0])
    outcome = session.calls(own.task.name, [case], replacing)[0]
    return not lacks(gaps_of(own.task, case, outcome), own.wrong)


def lacks(gaps: Mapping[str, Gap], outputs: Sequence[str]) -> bool:
    """Whether these gaps show every one of some outputs wrong."""
    return "returns" in gaps or gaps.keys() >= set(outputs)


@dataclass(frozen=True)
class Trial:
    """A task's outcomes on all its cases, under one way of calling, and what is wrong with them."""

    assignment: Assignment
    task: Task
    hidden: tuple[Outcome, ...]
    visible: tuple[Outcome, ...]  # the public case, then, where it does not show all that is wrong, the fresh ones
    again: Outcome  # the first hidden case, a second time
    gaps: tuple[Mapping[str, Gap], ...]  # for each hidden case, its first gap by output's name

    @classmethod
    def run(cls, session, assignment: Assignment, task: Task, replacing=None) -> Trial:
        hidden, (public, *fresh) = assignment.hidden_cases(task.name), assignment.visible_cases(task.name)

        def outcomes_of(cases):
            outcomes = session.calls(task.name, cases, replacing)
            return tuple(outcomes + [outcomes[-1]] * (len(cases) - len(outcomes)))

        *outcomes, again, seen = outcomes_of((*hidden, hidden[0], public))
        gaps = tuple(gaps_of(task, case, outcome) for case, outcome in zip(hidden, outcomes, strict=True))
        trial = cls(assignment, task, tuple(outcomes), (seen,), again, gaps)
        if is_lost(seen) or set(trial.differing) <= gaps_of(task, public, seen).keys():
            return trial
        return replace(trial, visible=(seen, *outcomes_of(fresh)))

    @property
    def defined(self) -> bool:
        return not (isinstance(self.hidden[0], Failed) and self.hidden[0].kind == "missing")

    @cached_property
    def wrong(self) -> tuple[str, ...]:
        """The outputs that are wrong on some hidden case."""
        return tuple(o for o in self.task.outputs if any(o in gaps or "returns" in gaps for gaps in self.gaps))

    @property
    def differing(self) -> tuple[str, ...]:
        """What to look at: where some call does not come back, that, and not the outputs of the others."""
        return self.wrong if self.passed("returns") else ("returns",)

    @cached_property
    def keeps_arguments(self) -> bool:
        """Whether no call that came back has changed what it was handed."""
        cases = self.assignment.hidden_cases(self.task.name)
        return all(map(leaves_arguments, cases, self.hidden))

    @cached_property
    def repeats(self) -> bool:
        first = self.hidden[0]
        return not isinstance(first, Failed) and not isinstance(self.again, Failed) and identical(
            first.value, self.again.value
        )

    def passed(self, check: str) -> bool:
        if check == "returns":
            return not any("returns" in gaps for gaps in self.gaps)
        if check in self.task.outputs:
            return check not in self.wrong
        # Doing nothing leaves the arguments alone and can be repeated: that earns nothing.
        does_something = len(self.wrong) < len(self.task.outputs)
        return does_something and (self.keeps_arguments if check == "arguments" else self.repeats)

    @cached_property
    def share(self) -> float:
        """The share of the points earned, in [0, 1]."""
        total = sum(self.task.shares.values())
        return sum(share for check, share in self.task.shares.items() if self.passed(check)) / total

    def verdict(self, points: float, blamed_on: str | None, own: Trial) -> Verdict:
        total = sum(self.task.shares.values())
        checks, shown = [], [self.shown_gap(name) for name in self.differing]
        gaps = {gap.check: gap for gap in shown}
        for name in ("returns", *self.task.shares):
            worth, passed = points * self.task.shares.get(name, 0) / total, self.passed(name)
            said = self.behaviour(name, passed) or gaps[name]
            checks.append(Check(name, passed, worth if passed else 0.0, worth, said.text, said.kind, said.detail))
        score = points if self.share == 1 else sum(check.points for check in checks)
        wrong = self.wrong if self.keeps_arguments else (*self.wrong, "arguments")
        diagnosis = diagnose(self.assignment, self.task, self.hidden, tuple(wrong)) if wrong else None
        notes = list(dict.fromkeys(note for gap in shown for note in gap.notes))
        if blamed_on:
            notes.append(
                f"Judged with a correct `{blamed_on}` in place of yours: yours makes `{self.task.name}` go wrong."
            )
        public = self.assignment.visible_cases(self.task.name)[0]
        public_passed = not gaps_of(self.task, public, own.visible[0])
        question = shown[0].question if shown else None
        return Verdict(
            self.task.name, score, points, tuple(checks), diagnosis, blamed_on, public_passed, tuple(notes), question
        )

    def behaviour(self, check: str, passed: bool) -> Finding | None:
        """Return the finding of a check that shows no gap of its own."""
        if passed:
            agrees = f"Agrees on {len(self.hidden)} sets of arguments, each of another size."
            return Finding(check, BEHAVIOUR.get(check, agrees))
        if check == "arguments" and not self.keeps_arguments:
            said = "An argument is changed by the call. Which line writes into what was handed in?"
            return Finding(check, said, "arguments")
        if check in BEHAVIOUR and check != "returns":
            if len(self.wrong) == len(self.task.outputs):
                return Finding(check, "Can be judged once an output is right.", "waiting")
            said = "A second call with the same arguments gives another answer. What is kept between the calls?"
            return Finding(check, said, "repeatable")
        if check != "returns" and not self.passed("returns"):
            return Finding(check, "Can be judged once the call comes back.", "waiting")
        return None

    def shown_gap(self, check: str) -> Finding:
        """The gap of an output on arguments that the student may see: the public case, else a fresh one."""
        cases = self.assignment.visible_cases(self.task.name)
        for case, outcome in zip(cases, self.visible, strict=False):
            gap = gaps_of(self.task, case, outcome).get(check)
            if gap:
                break
        else:
            text = "Differs on arguments of other sizes than those that may be shown."
            return Finding(check, text, "sizes", "What in the code fits one size only?")
        sizes = ", ".join(f"{symbol} = {size}" for symbol, size in case.sizes.items())
        if check == "returns":
            notes = () if case.name == "public" else (f"It comes back for the check cell, and not with {sizes}.",)
            detail = outcome.exception if isinstance(outcome, Failed) else ""
            return Finding(check, gap.text, gap.kind, gap.question, notes, detail)
        if case.name == "public":
            notes = ["Seen on the arguments of the check cell."]
        else:
            notes = [f"`{check}` is right on the arguments of the check cell, and differs on others, with {sizes}."]
        got, expected = output_of(self.task, outcome.value, check), output_of(self.task, case.expected, check)
        notes += notice(check, expected, got, layout_of(self.task, check, case))
        notes += [said for fact in self.task.facts if (said := fact_about(fact, check, got, expected, case))]
        if gap.kind == "missing" and self.task.returns_dict and check not in outcome.value:
            detail = "no entry"
        else:
            detail = detail_of(gap, check, expected, got, layout_of(self.task, check, case))
        return Finding(check, gap.text, gap.kind, gap.question, tuple(notes), detail)


class Finding(NamedTuple):
    """The words and the kind of one check; those of a gap are seen on arguments that the student may see."""

    check: str
    text: str
    kind: str = ""
    question: str = ""
    notes: tuple[str, ...] = ()
    detail: str = ""


def detail_of(gap: Gap, output: str, expected: Value, got: Value, layout: Layout) -> str:
    """Return the `Check.detail` of an output's gap."""
    if gap.kind == "missing":
        return "None" if gap.where == output and got is None else ""
    if gap.kind != "value" or not isinstance(expected, np.ndarray):
        return ""
    if not np.isfinite(got).all():
        return "not finite"
    if layout.steps not in layout.symbols:
        return ""
    axis = layout.symbols.index(layout.steps)
    right = ~differs(expected, got).any(axis=tuple(other for other in range(expected.ndim) if other != axis))
    if right.sum() != 1 or right.size == 1 or right[0] == right[-1]:
        return ""
    return "first step" if right[0] else "last step"


@cached_by_answer
def leaves_arguments(case: Case, outcome: Outcome) -> bool:
    """Whether a call has not changed what it was handed, as far as one can see."""
    return isinstance(outcome, Failed) or identical(tuple(case.arguments.values()), outcome.arguments)


@cached_by_answer
def gaps_of(task: Task, case: Case, outcome: Outcome) -> dict[str, Gap]:
    """The first gap of each output that differs; one gap named "returns" where there are no outputs to compare."""
    if isinstance(outcome, Failed):
        return {"returns": Gap("returns", outcome.kind, outcome.message, question_about(outcome.kind))}
    form = {"returns_dict": task.returns_dict, "expected": task.outputs}
    outputs, problem = split_outputs(form, outcome.value)
    if problem:
        if problem.kind != "missing":
            return {"returns": problem}
        outputs = outcome.value
    gaps = {}
    for name in task.outputs:
        if name not in outputs:  # a missing gradient costs itself, not those beside it
            text = f"The returned dict has no entry {name!r}."
            gaps[name] = Gap(name, "missing", text, "Under which name is it stored?")
            continue
        got = outputs[name]
        gap = find_gap(name, output_of(task, case.expected, name), got, layout_of(task, name, case))
        if gap:
            gaps[name] = gap
    return gaps


def question_about(kind: str) -> str:
    return {
        "missing": "Is the name spelt as in the task, and does its cell run?",
        "raised": "Which two things meet in that line, and what are their shapes?",
        "timed out": "What ends the loop, and does it change?",
        "too many calls": "What ends the loop, and does it change?",
        "died": "What in the cell ends the process?",
        "cut off": "What in the cell ends the process?",
        "unreadable": "What is returned besides arrays, numbers, tuples, lists and dicts?",
        "garbled": "What is returned besides arrays, numbers, tuples, lists and dicts?",
    }[kind]


def layout_of(task: Task, output: str, case: Case) -> Layout:
    return Layout(task.outputs[output] or (), dict(case.sizes), task.steps)


def output_of(task: Task, value: Value, name: str) -> Value:
    if task.returns_dict:
        return value.get(name)
    return value[list(task.outputs).index(name)]


def fact_about(fact, output, got, expected, case):
    """A course's fact about a wrong output; None where it does not apply to what came back."""
    if not isinstance(got, np.ndarray) or got.dtype.kind not in "fiu":
        return None
    return fact(output, got, expected, case.sizes)


def identical(one: Value, other: Value) -> bool:
    """Whether two values are the same to the last bit, not-a-numbers included; tuples and lists alike."""
    if one is other:
        return True
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        if type(one) is not type(other) or one.dtype != other.dtype or one.shape != other.shape:
            return False
        # bytes first: numpy's own comparison takes five times as long on arrays of this size
        return one.tobytes() == other.tobytes() or np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")
    if isinstance(one, dict):
        return isinstance(other, dict) and one.keys() == other.keys() and all(identical(one[k], other[k]) for k in one)
    if isinstance(one, tuple | list):
        return isinstance(other, tuple | list) and len(one) == len(other) and all(map(identical, one, other))
    return type(one) is type(other) and (one == other or one != one)


@cache
def stand_in(assignment: Assignment, name: str):
    """The instructor's function for calls from a student's process: one step of the right form, else ValueError."""
    function = assignment.reference.functions[name]
    template = assignment.visible_cases(name)[0].arguments

    @wraps(function)
    def answer(*arguments: Value, **keywords: Value) -> Value:
        for parameter, argument in [*zip(template, arguments, strict=False), *keywords.items()]:
            if not same_form(template[parameter], argument):
                raise ValueError(f"{name} cannot work with {a_kind(argument)} of this form as {parameter}")
        try:
            with np.errstate(all="ignore"):
                return function(*arguments, **keywords)
        except Exception as error:
            raise ValueError(f"{name}: {error}") from None

    return answer


def same_form(template: Value, value: Value) -> bool:
    """Whether a value has a template's types, keys and numbers of axes; a number is an array.

    Sizes are free up to a bound: it is the grader that computes with them.
    """
    if isinstance(template, np.ndarray):
        if isinstance(value, int | float | np.number) and not isinstance(value, np.complexfloating):
            return True
        return (type(value) is np.ndarray and value.ndim == template.ndim and value.dtype.kind in "fiu"
                and max(value.shape, default=0) <= MAX_SIDE)
    if isinstance(template, dict):
        return type(value) is dict and template.keys() == value.keys() and all(
            same_form(template[key], value[key]) for key in template
        )
    return type(value) in (tuple, list) and len(value) == len(template) and all(map(same_form, template, value))
