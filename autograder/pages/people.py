"""The students of a class as rows: a mark for each task, the score, and why one needs help."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from ..model import Report, StudentGrade
from .class_scores import source_of, state_of
from .findings import Answer, Entry, group
from .statistics import neat
from .words import number

UNDER = 0.5  # of the points, below which a student needs help
STOPPED = 2  # tasks at the end that are not done, for a student to have stopped

ADDRESS = re.compile(r"[^\s@,;:<>\"?&%]+@[^\s@,;:<>\"?&%]+")

#: Why a student needs help, the most urgent first, and the title of those whose first reason it is.
NEEDS = {
    "not graded": "Not graded", "absent": "Not handed in", "untouched": "Handed in with nothing done",
    "stopped": "Stopped in the middle", "under half": "Under half of the points",
}  # fmt: skip


@dataclass(frozen=True)
class Beside:
    """Data on a class beside its reports and grades."""

    solutions: Mapping[str, str] = field(default_factory=dict)  # the reference's solution cells, by task
    pages: Mapping[str, str] = field(default_factory=dict)  # the address of each student's feedback page, if there
    notebooks: Mapping[str, str] = field(default_factory=dict)  # the address of each autograded notebook, if there
    attempts: Mapping[str, int] = field(default_factory=dict)  # how often each student handed in, where it is known
    marked_late: frozenset[str] = frozenset()  # without a time, but late, says Canvas


@dataclass(frozen=True)
class Mark:
    """A student's result in one task."""

    task: str
    state: str  # "full" | "partly" | "none" | "untouched"
    score: float
    max_score: float


@dataclass(frozen=True)
class Need:
    """A reason why a student needs help."""

    kind: str  # of `NEEDS`
    says: str


@dataclass(frozen=True)
class Person:
    """A student of the class."""

    student: str
    status: str  # "graded" | "not graded" | "waiting" | "absent"
    score: float | None
    max_score: float | None
    late: bool
    marked_late: bool  # not late by a time, but late, says Canvas
    attempts: int | None
    page: str | None
    notebook: str | None
    marks: tuple[Mark, ...]
    needs: tuple[Need, ...]  # the most urgent first


def list_people(
    status: Mapping[str, str], reports: Mapping[str, Report], grades: Mapping[str, StudentGrade],
    answers: Sequence[Answer], beside: Beside,
) -> list[Person]:
    """Return a row for each student, in the order of ``status``, which holds all of them."""
    by_student = group(answers, lambda answer: answer.student)
    people = []
    for student, state in status.items():
        grade, own = grades.get(student), by_student.get(student, [])
        late = grade is not None and is_late(grade)
        source = source_of(grade, reports.get(student)) if state == "graded" else None
        score, maximum = (neat(source.score), neat(source.max_score)) if source else (None, None)
        marks = tuple(Mark(answer.task, state_of(answer), neat(answer.score), neat(answer.max_score))
                      for answer in own)
        people.append(Person(
            student, state, score, maximum, late, student in beside.marked_late and not late,
            beside.attempts.get(student), beside.pages.get(student), beside.notebooks.get(student), marks,
            find_needs(state, score, maximum, marks)))
    return people


def is_late(grade: StudentGrade) -> bool:
    """Tell if a submission came after the due date or was penalised for it."""
    return grade.late_penalty > 0 or grade.seconds_late > 0


def addresses_of(grades: Mapping[str, StudentGrade]) -> dict[str, str]:
    """Return the mail addresses in the gradebook, without what is none."""
    return {student: grade.email for student, grade in grades.items() if grade.email and ADDRESS.fullmatch(grade.email)}


def find_needs(status: str, score: float | None, maximum: float | None, marks: Sequence[Mark]) -> tuple[Need, ...]:
    """Return why a student needs help; nothing if none is needed, or if the submission waits to be graded."""
    if status in ("not graded", "absent"):
        return (Need(status, "not graded" if status == "not graded" else "not handed in"),)
    done = [place for place, mark in enumerate(marks) if mark.state != "untouched"]
    if status != "graded" or not marks:
        return ()
    if not done:
        return (Need("untouched", "nothing done"),)
    needs, left = [], len(marks) - 1 - done[-1]
    if left >= STOPPED:
        needs.append(Need("stopped", f"nothing after `{marks[done[-1]].task}`"))
    if score is not None and maximum and score < UNDER * maximum:
        needs.append(Need("under half", f"{number(score)} of {number(maximum)} points"))
    return tuple(needs)


def list_needs(people: Sequence[Person], addresses: Mapping[str, str]) -> list[Entry]:
    """Return those who need help, each once by the most urgent reason, with all that is to be said of each.

    ``addresses`` are the mail addresses of students who have one.
    """
    found = []
    for kind, title in NEEDS.items():
        those = [person for person in people if person.needs and person.needs[0].kind == kind]
        if those:
            says = {person.student: "; ".join(need.says for need in person.needs) for person in those}
            found.append({"kind": kind, "title": title, "count": len(those), "students": list(says), "says": says,
                          "addresses": [addresses[student] for student in says if student in addresses]})
    return found


def to_entries(people: Sequence[Person]) -> list[Entry]:
    """Return the rows as JSON holds them."""
    return [asdict(person) for person in people]
