"""The data model: tasks and cases, results of student code, verdicts and reports, grades."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

#: A value that may pass between a student's process and the judge: None, bool, int, float, str, a numeric array, a
#: function by its name, and tuples, lists and dicts (with string keys) of these.
Value = Any
#: The assignment's symbols with their numbers, for example ``{"n_x": 3, "n_a": 5, "m": 10}``.
Sizes = Mapping[str, int]
#: The reference's functions by name.
Functions = Mapping[str, Callable[..., Any]]


# ---- tasks and cases --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mistake:
    """A catalogued wrong version of a task: substitutions in the reference solution, and the words for it."""

    id: str
    replace: tuple[tuple[str, str], ...]  # (old, new); each `old` occurs exactly once in the solution
    says: str  # one sentence that is true of every submission with these outputs
    hint: str  # climbs from what to notice to which term, axis or shape; ends with a question
    theme: str = ""  # what it is about, in a few words that several tasks may share


@dataclass(frozen=True, eq=False)
class Task:
    """One function that a student writes, and how it is judged."""

    name: str
    #: Each output's name with its shape in symbols, in the order of return; None for a cache.
    outputs: Mapping[str, tuple[str | int, ...] | None]
    #: Each check's share of the points: the outputs' names, and "arguments", "repeatable".
    shares: Mapping[str, float]
    #: The public case: sizes, and a function from the reference's functions to arguments by name.
    public_sizes: Sizes
    public: Callable[[Functions], dict[str, Value]]
    #: The hidden and the fresh cases: several sizes, and a function that draws arguments for them.
    sizes: tuple[Sizes, ...]
    draw: Callable[[np.random.Generator, Sizes, Functions], dict[str, Value]]
    returns_dict: bool = False
    returns_value: bool = False  # the one output is returned by itself, not in a tuple
    calls: tuple[str, ...] = ()  # other tasks that the solution calls
    printed: tuple[str, ...] = ()  # parts of the public case's outputs that the check prints
    steps: str = ""  # the symbol that counts time steps, if there are any
    mistakes: Sequence[Mistake] = ()
    #: Sentences about a wrong output that need no catalogue: (output, got, expected, sizes) -> sentence or None.
    facts: tuple[Callable[[str, Value, Value, Sizes], str | None], ...] = ()


@dataclass(frozen=True, eq=False)
class Case:
    """One set of arguments for a task, in the order of its signature, and the reference solution's result."""

    name: str
    sizes: Sizes
    arguments: Mapping[str, Value]
    expected: Value = None

    @property
    def given(self) -> dict[str, int | float]:
        """Return what tells a student which case it is: its sizes, and arguments that are numbers or truth values.

        Where all arguments are such, the sizes that are none of them say nothing, and are left out.
        """
        numbers = {name: value for name, value in self.arguments.items() if type(value) in (int, float, bool)}
        return numbers if len(numbers) == len(self.arguments) else {**self.sizes, **numbers}


# ---- results of student code ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Problem:
    """The reason why a cell did not finish."""

    kind: str  # as in `Failed`, or "not run"
    text: str  # "ran past 10 s", "ended the process", ...: continues a sentence that begins with the cell


@dataclass(frozen=True)
class CellRun:
    """The result of running one cell."""

    outputs: tuple[dict[str, Any], ...] = ()  # nbformat outputs
    execution_count: int | None = None
    problem: Problem | None = None  # None if the cell finished

    @property
    def error(self) -> tuple[str, str] | None:
        """Return the name and the text of the error that stopped the cell, or None."""
        found = [output for output in self.outputs if output.get("output_type") == "error"]
        return (str(found[-1].get("ename")), str(found[-1].get("evalue"))) if found and not self.problem else None


@dataclass(frozen=True, eq=False)
class Returned:
    """A call that returned a value."""

    value: Value
    arguments: tuple[Value, ...]  # the arguments as the call left them
    digest: bytes | None = None  # of the encoded answer: an equal digest means an equal answer


@dataclass(frozen=True)
class Failed:
    """A call that returned no value."""

    #: "missing" (no such function), "raised", "timed out", "died", or "unreadable" (a value that may not pass). Only an
    #: attack or a broken process causes "cut off" (from the grader), "garbled" (bytes that are no message) and "too
    #: many calls" (to the reference's callee).
    kind: str
    message: str  # one sentence for the student
    exception: str = ""  # the type's name, if it is one of Python's or numpy's own


Outcome = Returned | Failed


# ---- verdicts and reports -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Check:
    """One property of what a function returned."""

    name: str
    passed: bool
    points: float
    max_points: float
    message: str  # the comparison that passed, or the gap
    #: "" if it passed; else a `public_tests.Gap.kind`, a `Failed.kind`, or "arguments" (changed), "repeatable" (is
    #: not), "sizes" (differs on sizes that are not shown), "waiting" (for another check to pass).
    kind: str = ""
    #: Narrows the kind, where more is known: an exception's type; "None" or "no entry" (of the returned dict) of what
    #: is missing; "not finite", "first step" or "last step" (alone is right) of values.
    detail: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """The mistake, or mistakes joined by "+", that explain a student's numbers."""

    mistake: str
    says: str
    hint: str


@dataclass(frozen=True)
class Line:
    """A line of a student's function that is wrong, given what stood before it."""

    line: int  # from 1 in the solution cell
    name: str  # that it gives a wrong value; "" if none is known
    #: "value", "missing" (no line gives it), "given" (an input is changed before it is used), "overwritten", "alias"
    #: (changed through another name), "argument" (changed), "rebound" (an argument gets another value), "loop" (other
    #: steps), "raised".
    kind: str
    step: int | None  # the first time step at which it shows
    says: str | None
    solution: int | None = None  # the line of the reference's solution cell whose work it does


@dataclass(frozen=True)
class Verdict:
    """A task's checks, score and diagnosis."""

    task: str
    score: float
    max_score: float
    checks: tuple[Check, ...]
    diagnosis: Diagnosis | None = None
    blamed_on: str | None = None  # the task whose mistake made this one fail
    public_passed: bool | None = None
    notes: tuple[str, ...] = ()  # other certain facts, a sentence each
    question: str | None = None  # for the student, if there is no diagnosis
    untouched: bool = False  # the solution cell is as it was released
    waiting: tuple[int, ...] = ()  # lines of the solution cell that still wait for a value
    judged_at: str = "end"  # "end": as the notebook left the function; "check": as its check cell saw it
    lines: tuple[Line, ...] = ()  # that are wrong, in the cell's order

    @property
    def passed(self) -> bool:
        """Tell if every check has passed."""
        return all(check.passed for check in self.checks)


@dataclass(frozen=True)
class Work:
    """Traces of the way in which a task was done. A student may forge them: they never count for points."""

    check_ran: bool | None = None  # the notebook has outputs of its check cell; None if it has no outputs at all
    form: str = ""  # of a wrong solution cell: equal for equal code, whatever its layout, comments and own names
    own: int = 0  # statements of that form that the reference does not have


@dataclass(frozen=True)
class Repair:
    """One repair of a submission, made before it was graded."""

    kind: str  # "locked cell changed", "cell missing", "file renamed", ...
    cell: str | None  # the grade_id, if it is about a cell of the assignment
    text: str  # one sentence, which may quote the student

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Report:
    """All verdicts of a submission."""

    assignment: str
    student: str
    status: str  # "graded" | "not graded"
    verdicts: tuple[Verdict, ...] = ()
    reason: str | None = None  # why it was not graded
    repairs: tuple[Repair, ...] = ()
    isolation: str = "none"
    seconds: float = 0.0
    peak_memory: int | None = None  # bytes, with the zygote's own
    cells: Mapping[str, CellRun] = field(default_factory=dict, repr=False)  # by cell id
    reason_kind: str = ""  # as `errors.kind_of` names the reason
    work: Mapping[str, Work] = field(default_factory=dict)  # by task

    @property
    def is_graded(self) -> bool:
        """Tell if the submission was graded."""
        return self.status == "graded"

    @property
    def limits(self) -> dict[str, Problem]:
        """Return why cells did not finish, by cell id."""
        return {id_: run.problem for id_, run in self.cells.items() if run.problem}

    @property
    def score(self) -> float:
        """Return the sum of all tasks' scores."""
        return sum(verdict.score for verdict in self.verdicts)

    @property
    def max_score(self) -> float:
        """Return the sum of all tasks' points."""
        return sum(verdict.max_score for verdict in self.verdicts)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON holds it ; of the cells only those that did not finish."""
        return {
            "assignment": self.assignment, "student": self.student, "status": self.status, "reason": self.reason,
            "reason_kind": self.reason_kind, "score": self.score, "max_score": self.max_score,
            "repairs": [vars(repair).copy() for repair in self.repairs], "isolation": self.isolation,
            "seconds": round(self.seconds, 3), "peak_memory": self.peak_memory,
            "tasks": {verdict.task: _verdict_to_dict(verdict) for verdict in self.verdicts},
            "limits": [{"cell": id_, "kind": problem.kind, "problem": problem.text}
                       for id_, problem in self.limits.items()],
            "work": {task: vars(work).copy() for task, work in self.work.items()},
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Report:
        """Return the report that `to_dict` wrote.

        Raises
        ------
        LookupError, TypeError, ValueError, AttributeError
            The content is something else.
        """
        return cls(
            content["assignment"], content["student"], content["status"],
            tuple(_verdict_from_dict(task, verdict) for task, verdict in content["tasks"].items()), content["reason"],
            tuple(Repair(**repair) for repair in content["repairs"]), content["isolation"], content["seconds"],
            content["peak_memory"],
            {limit["cell"]: CellRun(problem=Problem(limit["kind"], limit["problem"])) for limit in content["limits"]},
            content["reason_kind"], {task: Work(**work) for task, work in content.get("work", {}).items()},
        )


def _verdict_to_dict(verdict: Verdict) -> dict[str, Any]:
    return {
        "score": verdict.score, "max_score": verdict.max_score, "passed": verdict.passed,
        "checks": [vars(check).copy() for check in verdict.checks],
        "diagnosis": verdict.diagnosis and vars(verdict.diagnosis).copy(), "blamed_on": verdict.blamed_on,
        "public_passed": verdict.public_passed, "notes": list(verdict.notes), "question": verdict.question,
        "untouched": verdict.untouched, "waiting": list(verdict.waiting), "judged_at": verdict.judged_at,
        "lines": [vars(line).copy() for line in verdict.lines],
    }


def _verdict_from_dict(task: str, content: Mapping[str, Any]) -> Verdict:
    diagnosis = content["diagnosis"]
    return Verdict(
        task, content["score"], content["max_score"], tuple(Check(**check) for check in content["checks"]),
        diagnosis and Diagnosis(**diagnosis), content["blamed_on"], content["public_passed"],
        tuple(content["notes"]), content["question"], content["untouched"],
        tuple(content["waiting"]), content["judged_at"],
        tuple(Line(**line) for line in content["lines"]),
    )


# ---- grades ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CellGrade:
    """The points of one cell, as nbgrader keeps them."""

    auto_score: float | None
    manual_score: float | None
    extra_credit: float | None
    max_score: float
    needs_manual_grade: bool

    @property
    def has_points(self) -> bool:
        """Tell if the autograder or a person has scored the cell."""
        return self.auto_score is not None or self.manual_score is not None

    @property
    def score(self) -> float:
        """Return the manual score, else the automatic one, plus extra credit; 0 without a score."""
        return score_of(self.auto_score, self.manual_score, self.extra_credit)


def score_of(auto_score: float | None, manual_score: float | None, extra_credit: float | None) -> float:
    """Return the manual score, else the automatic one, plus extra credit; 0 without a score."""
    score = auto_score if manual_score is None else manual_score
    return 0.0 if score is None else score + (extra_credit or 0.0)


def seconds_late(timestamp: datetime | None, duedate: datetime | None) -> float:
    """Return by how much a time is after a due date, both in UTC; 0 if it is not, or if one of them is not known."""
    return max(0.0, (timestamp - duedate).total_seconds()) if timestamp and duedate else 0.0


@dataclass(frozen=True, slots=True)
class StudentGrade:
    """One student's grade in an assignment, with manual scores and late penalty."""

    student: str
    first_name: str | None
    last_name: str | None
    email: str | None
    lms_user_id: str | None
    timestamp: datetime | None  # of the submission, UTC
    duedate: datetime | None  # with this student's extension, UTC
    late_penalty: float
    max_score: float
    submitted: bool
    cells: Mapping[str, CellGrade] = field(default_factory=dict)  # by grade_id
    comments: Mapping[str, str] = field(default_factory=dict)  # by grade_id; a manual comment replaces an automatic one

    @property
    def seconds_late(self) -> float:
        """Return by how much the submission came after the due date; 0 if it did not, or if that is not known."""
        return seconds_late(self.timestamp, self.duedate)

    @property
    def raw_score(self) -> float:
        """Return the sum of all cells, before the late penalty."""
        return sum(cell.score for cell in self.cells.values())

    @property
    def score(self) -> float:
        """Return the raw score minus the late penalty, at least 0."""
        return max(0.0, self.raw_score - self.late_penalty)

    @property
    def needs_manual_grade(self) -> bool:
        """Tell if a person has yet to grade a cell."""
        return any(cell.needs_manual_grade for cell in self.cells.values())
