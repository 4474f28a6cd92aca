"""The findings of a class: mistakes, gaps, repairs, signs of tampering and limits, each with its students.

Everything is counted by the kinds that the judge, the repairs and the sandbox put into the reports.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from math import fsum
from typing import Any, NamedTuple, TypeVar

from ..model import Check, Diagnosis, Mistake, Report, Task, Verdict
from .anonymity import without_particulars
from .kinds import LIMITS, REPAIRS, SIGNS, TAMPERING, words_for_gap
from .statistics import neat

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
Entry = dict[str, Any]  # one row of a list in the class report

AT_LEAST = 2  # students, and findings of each, for a combination


class Answer(NamedTuple):
    """One student's work on one task: the points in the gradebook, and the judge's verdict if there is one."""

    student: str
    task: str
    score: float
    max_score: float
    verdict: Verdict | None

    @property
    def share(self) -> float:
        """Return the share of the points, in [0, 1]; of a task without points, 1 if it is right."""
        if self.max_score <= 0:
            return float(self.verdict is not None and self.verdict.passed)
        return min(1.0, max(0.0, self.score / self.max_score))

    @property
    def lost(self) -> float:
        """Return the points that are missing."""
        return max(0.0, self.max_score - self.score)

    @property
    def wrong(self) -> bool:
        """Tell if the judge found something wrong."""
        return self.verdict is not None and not self.verdict.passed

    @property
    def untouched(self) -> bool:
        """Tell if the task's cell is as it was released."""
        return self.verdict is not None and self.verdict.untouched and not self.verdict.passed

    @property
    def half_done(self) -> bool:
        """Tell if lines of the task's cell still wait for a value, and nothing that is wrong has a name."""
        return self.verdict is not None and bool(self.verdict.waiting) and self.wrong and not self.diagnosis

    @property
    def failures(self) -> list[Check]:
        """Return the checks that failed by themselves."""
        checks = self.verdict.checks if self.verdict else ()
        return [check for check in checks if not check.passed and check.kind != "waiting"]

    @property
    def diagnosis(self) -> Diagnosis | None:
        """Return the judge's diagnosis."""
        return self.verdict.diagnosis if self.verdict else None

    @property
    def blamed_on(self) -> str | None:
        """Return the task whose mistake made this one fail."""
        return self.verdict.blamed_on if self.verdict else None

    @property
    def first_gap(self) -> tuple[str, str]:
        """Return the kind of the first failed check, and the words for it."""
        first = next(iter(self.failures), None)
        return (first.kind, describe_check(first)) if first else ("other", "It fails otherwise.")


def describe_check(check: Check) -> str:
    """Return the class report's words for a failed check."""
    return words_for_gap(check.name, check.kind, check.detail)


# ---- mistakes and gaps ------------------------------------------------------------------------------------


def known_mistakes(answer: Answer, tasks: Mapping[str, Task]) -> list[Mistake]:
    """Return the mistakes of an answer's diagnosis that the catalogue still has."""
    if not answer.diagnosis or answer.task not in tasks:
        return []
    ids = answer.diagnosis.mistake.split("+")
    return [mistake for mistake in tasks[answer.task].mistakes if mistake.id in ids]


def count_mistakes(
    answers: Sequence[Answer], tasks: Mapping[str, Task], graded: int, order: Sequence[str]
) -> list[Entry]:
    """Return the catalogued mistakes, most frequent first.

    A mistake counts in the task where it was made; the tasks that went wrong because of it are in ``carried``. Two
    mistakes in one answer count once each, if the catalogue still has their sentences.
    """
    known = {(name, mistake.id): mistake for name, task in tasks.items() for mistake in task.mistakes}
    made: dict[tuple[str, str], list[Answer]] = defaultdict(list)
    sentences: dict[tuple[str, str], tuple[str, str]] = {}
    for answer in answers:
        diagnosis = answer.diagnosis
        if not diagnosis:
            continue
        parts = [(answer.task, part) for part in diagnosis.mistake.split("+")]
        if not all(part in known for part in parts):
            parts = [(answer.task, diagnosis.mistake)]
            sentences[parts[0]] = diagnosis.says, diagnosis.hint
        for part in parts:
            made[part].append(answer)
            if part in known:
                sentences[part] = known[part].says, known[part].hint
    carried = carried_counter(answers, order)
    found = [
        {"task": task, "mistake": id_, "says": sentences[task, id_][0], "hint": sentences[task, id_][1]}
        | weigh(those, graded) | {"carried": carried(task, those)}
        for (task, id_), those in made.items()
    ]
    return sorted(found, key=lambda entry: (*by_weight(entry), order.index(entry["task"]), entry["mistake"]))


def count_gaps(answers: Sequence[Answer], graded: int, order: Sequence[str], quote: bool) -> list[Entry]:
    """Return the gaps that no catalogued mistake explains, by task and kind, most frequent first.

    ``alike`` counts the students whose checks have identical messages, so the same numbers. With ``quote``, ``example``
    holds those messages.
    """
    unexplained = [a for a in answers if a.wrong and not a.untouched and not a.half_done and not a.diagnosis]
    carried, found = carried_counter(answers, order), []
    for (task, (kind, words)), those in group(unexplained, lambda answer: (answer.task, answer.first_gap)).items():
        messages = Counter(tuple(check.message for check in answer.failures) for answer in those)
        most, alike = min(messages.items(), key=lambda item: (-item[1], item[0]))
        found.append(
            {"task": task, "kind": kind, "says": words, "alike": alike,
             "example": most[0] if quote and most else None}
            | weigh(those, graded) | {"carried": carried(task, those)}
        )  # fmt: skip
    return sorted(found, key=lambda entry: (*by_weight(entry), order.index(entry["task"]), entry["says"]))


def carried_counter(
    answers: Sequence[Answer], order: Sequence[str]
) -> Callable[[str, Sequence[Answer]], dict[str, int]]:
    """Return a function that counts the other tasks in which a wrong task showed, at no cost there."""
    blamed: dict[tuple[str, str], set[str]] = defaultdict(set)
    for answer in answers:
        if answer.blamed_on:
            blamed[answer.blamed_on, answer.task].add(answer.student)

    def carried(task: str, those: Sequence[Answer]) -> dict[str, int]:
        students = {answer.student for answer in those}
        counts = {other: len(blamed[task, other] & students) for other in order if (task, other) in blamed}
        return {other: count for other, count in counts.items() if count}

    return carried


def find_combinations(mistakes: Sequence[Entry], gaps: Sequence[Entry]) -> list[Entry]:
    """Return the sets of at least two findings that several students share in full, most shared first.

    They do not show how the work was done: common mistakes are often made together.
    """
    of_student: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for name, entries in (("mistakes", mistakes), ("gaps", gaps)):
        for place, entry in enumerate(entries):
            for student in entry["students"]:
                of_student[student].append((name, place))
    shared = group(of_student, lambda student: tuple(of_student[student]))
    found = [
        {"findings": [{"list": name, "place": place} for name, place in findings],
         "count": len(students), "students": list(students)}
        for findings, students in shared.items() if len(findings) >= AT_LEAST and len(students) >= AT_LEAST
    ]  # fmt: skip
    return sorted(found, key=lambda e: (-e["count"], -len(e["findings"]), [(*f.values(),) for f in e["findings"]]))


# ---- repairs, signs, limits ---------------------------------------------------------------------------------


def count_repairs(reports: Iterable[Report], quote: bool) -> tuple[list[Entry], list[Entry]]:
    """Return the repairs and the signs of tampering among them, by kind, most frequent first.

    ``cells`` counts the notebooks for each cell. With ``quote``, ``example`` holds a sentence that says more than its
    kind.
    """
    students: dict[str, list[str]] = defaultdict(list)
    cells: dict[str, Counter[str]] = defaultdict(Counter)
    examples: dict[str, str] = {}
    for report in reports:
        for kind, repairs in group(report.repairs, lambda repair: repair.kind).items():
            students[kind].append(report.student)
            cells[kind].update({repair.cell for repair in repairs if repair.cell})
            more = [repair.text for repair in repairs if without_particulars(repair.text) != repair.text]
            if more and quote:
                examples.setdefault(kind, min(more))
    found: list[Entry] = [
        {"kind": kind, "says": REPAIRS.get(kind, "Something else was repaired."), "count": len(those),
         "students": those, "cells": ranked(cells[kind]), "example": examples.get(kind)}
        for kind, those in students.items()
    ]  # fmt: skip
    found.sort(key=lambda entry: (-entry["count"], entry["says"]))
    return ([entry for entry in found if entry["kind"] not in TAMPERING],
            [entry for entry in found if entry["kind"] in TAMPERING])


def count_signs(answers: Iterable[Answer]) -> list[Entry]:
    """Return the failures that no usual way of working brings about, by kind."""
    seen: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(dict)
    for answer in answers:
        for check in answer.failures:
            if check.kind in SIGNS:
                seen[check.kind, describe_check(check)].setdefault(answer.student, set()).add(answer.task)
    return [
        {"kind": kind, "says": words, "count": len(those), "students": list(those), "example": None,
         "cells": ranked(Counter(task for tasks in those.values() for task in tasks))}
        for (kind, words), those in seen.items()
    ]  # fmt: skip


def count_limits(answers: Iterable[Answer], reports: Iterable[Report]) -> list[Entry]:
    """Return where code was stopped at a limit of time, memory or processes, by place and kind."""
    seen: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for answer in answers:
        kind, words = answer.first_gap
        if answer.wrong and kind in LIMITS:
            seen[answer.task, words][answer.student] = None
    for report in reports:
        for problem in report.limits.values():
            if problem.kind in LIMITS:
                seen["a cell as it ran", words_for_gap("returns", problem.kind)][report.student] = None
    found = [{"where": where, "says": words, "count": len(those), "students": list(those)}
             for (where, words), those in seen.items()]  # fmt: skip
    return sorted(found, key=lambda entry: (-entry["count"], entry["where"], entry["says"]))


# ---- counting -----------------------------------------------------------------------------------------------


def weigh(answers: Sequence[Answer], graded: int) -> Entry:
    """Return the number of students, their share of the class, the points their tasks lost, and their ids."""
    students = list(dict.fromkeys(answer.student for answer in answers))
    lost = neat(fsum(answer.lost for answer in answers))
    return {"count": len(students), "share": neat(len(students) / graded), "points_lost": lost, "students": students}


def by_weight(entry: Entry) -> tuple[float, float]:
    """Return a key that sorts the most frequent first."""
    return -entry["count"], -entry["points_lost"]


def ranked(counts: Counter[str]) -> dict[str, int]:
    """Return counts, largest first."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def group(things: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """Return the things by their keys, in their order."""
    groups: dict[K, list[T]] = defaultdict(list)
    for thing in things:
        groups[key(thing)].append(thing)
    return groups
