"""What a class's answers have in common: mistakes, gaps, repairs, signs, each with how many and who."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import fsum
from typing import NamedTuple

from ..model import Check, Diagnosis, Report, Task, Verdict
from .kinds import LIMITS, REPAIRS, SIGNS, TAMPERING, without_particulars, words_for_gap
from .statistics import neat

SHOWN = 3  # things to teach first
AT_LEAST = 2  # students, and findings of each, to speak of a combination


class Answer(NamedTuple):
    """One student's work on one task: the points in the gradebook, and the judge's verdict where there is one."""

    student: str
    task: str
    score: float
    max_score: float
    verdict: Verdict | None

    @property
    def share(self) -> float:
        """The share of the points, in [0, 1]; of a task without points, whether it is right."""
        if self.max_score <= 0:
            return float(self.verdict is not None and self.verdict.passed)
        return min(1.0, max(0.0, self.score / self.max_score))

    @property
    def lost(self) -> float:
        return max(0.0, self.max_score - self.score)

    @property
    def wrong(self) -> bool:
        return self.verdict is not None and not self.verdict.passed

    @property
    def untouched(self) -> bool:
        """Whether the task's cell is as it was handed out."""
        return self.wrong and self.verdict.untouched

    @property
    def failing(self) -> list[Check]:
        """The checks that failed by themselves, not only because another one did."""
        checks = self.verdict.checks if self.verdict else ()
        return [check for check in checks if not check.passed and check.kind != "waiting"]

    @property
    def diagnosis(self) -> Diagnosis | None:
        return self.verdict and self.verdict.diagnosis

    @property
    def blamed_on(self) -> str | None:
        return self.verdict and self.verdict.blamed_on

    @property
    def gap(self) -> tuple[str, str]:
        """The kind of the first gap, and the words for it."""
        first = next(iter(self.failing), None)
        return (first.kind, words(first)) if first else ("other", "It fails otherwise.")


def words(check: Check) -> str:
    return words_for_gap(check.name, check.kind, check.detail)


# ---- mistakes and gaps ------------------------------------------------------------------------------------


def mistakes_of(answers: Sequence[Answer], tasks: Mapping[str, Task], graded: int, order: Sequence[str]) -> list[dict]:
    """The catalogued mistakes that were made, most made first.

    A mistake counts where it was made, not in the tasks that went wrong because of it: these are in ``carried``.
    Two mistakes in one answer count once each, where the course still knows their sentences.
    """
    known = {(name, mistake.id): mistake for name, task in tasks.items() for mistake in task.mistakes}
    made: dict[tuple[str, str], list[Answer]] = defaultdict(list)
    said: dict[tuple[str, str], tuple[str, str]] = {}
    for answer in answers:
        diagnosis = answer.diagnosis
        if not diagnosis:
            continue
        parts = [(answer.task, part) for part in diagnosis.mistake.split("+")]
        if not all(part in known for part in parts):
            parts = [(answer.task, diagnosis.mistake)]
            said[parts[0]] = diagnosis.says, diagnosis.hint
        for part in parts:
            made[part].append(answer)
            if part in known:
                said[part] = known[part].says, known[part].hint
    carried = carried_by(answers, order)
    found = [
        {"task": task, "mistake": id, "says": said[task, id][0], "hint": said[task, id][1]}
        | weight(those, graded) | {"carried": carried(task, those)}
        for (task, id), those in made.items()
    ]
    return sorted(found, key=lambda entry: (*by_weight(entry), order.index(entry["task"]), entry["mistake"]))


def gaps_of(answers: Sequence[Answer], graded: int, order: Sequence[str], quote: bool) -> list[dict]:
    """What went wrong without a catalogued mistake to explain it, by task and kind of the first gap, most first.

    ``alike`` counts those whose checks say the same, word for word: the very same numbers. With ``quote``,
    ``example`` is what they say.
    """
    unexplained = [a for a in answers if a.wrong and not a.untouched and not a.diagnosis]
    carried, found = carried_by(answers, order), []
    for (task, (kind, says)), those in grouped(unexplained, lambda answer: (answer.task, answer.gap)).items():
        words = Counter(tuple(check.message for check in answer.failing) for answer in those)
        most, alike = min(words.items(), key=lambda item: (-item[1], item[0]))
        found.append(
            {"task": task, "kind": kind, "says": says, "alike": alike,
             "example": most[0] if quote and most else None}
            | weight(those, graded) | {"carried": carried(task, those)}
        )  # fmt: skip
    return sorted(found, key=lambda entry: (*by_weight(entry), order.index(entry["task"]), entry["says"]))


def carried_by(answers: Sequence[Answer], order: Sequence[str]) -> Callable[[str, Sequence[Answer]], dict[str, int]]:
    """A function that says in how many students' other tasks a wrong task showed, without costing there."""
    blamed = defaultdict(set)
    for answer in answers:
        if answer.blamed_on:
            blamed[answer.blamed_on, answer.task].add(answer.student)

    def carried(task: str, those: Sequence[Answer]) -> dict[str, int]:
        students = {answer.student for answer in those}
        counts = {other: len(blamed[task, other] & students) for other in order if (task, other) in blamed}
        return {other: count for other, count in counts.items() if count}

    return carried


def to_teach(mistakes: Sequence[dict], gaps: Sequence[dict]) -> list[dict]:
    """What to teach first: at most three, most made first; of gaps those alike count, which have one cause.

    What one student alone did is left out where more did something else.
    """
    ranked = [(entry["count"], 1, entry, "mistakes", place) for place, entry in enumerate(mistakes)]
    ranked += [(entry["alike"], 0, entry, "gaps", place) for place, entry in enumerate(gaps)]
    ranked.sort(key=lambda rank: (-rank[0], -rank[1], -rank[2]["points_lost"], rank[4]))
    several = [rank for rank in ranked if rank[0] > 1]
    return [
        {"list": which, "place": place, "task": entry["task"], "says": entry["says"], "hint": entry.get("hint"),
         "count": count}
        for count, _, entry, which, place in (several or ranked)[:SHOWN]
    ]  # fmt: skip


def combinations_of(mistakes: Sequence[dict], gaps: Sequence[dict]) -> list[dict]:
    """The sets of two findings or more that several students share in full, most shared first.

    Says nothing on how the work was done: common mistakes are often made together.
    """
    of_student: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for which, entries in (("mistakes", mistakes), ("gaps", gaps)):
        for place, entry in enumerate(entries):
            for student in entry["students"]:
                of_student[student].append((which, place))
    shared = grouped(of_student, lambda student: tuple(of_student[student]))
    found = [
        {"findings": [{"list": which, "place": place} for which, place in findings],
         "count": len(students), "students": list(students)}
        for findings, students in shared.items() if len(findings) >= AT_LEAST and len(students) >= AT_LEAST
    ]  # fmt: skip
    return sorted(found, key=lambda e: (-e["count"], -len(e["findings"]), [(*f.values(),) for f in e["findings"]]))


# ---- repairs, signs, limits ---------------------------------------------------------------------------------


def repairs_of(reports: Iterable[Report], quote: bool) -> list[dict]:
    """What was mended, by kind, most often mended first; ``cells`` says in which cells, and in how many notebooks.

    With ``quote``, a sentence that says more than its kind stands as ``example``.
    """
    students, cells, examples = defaultdict(list), defaultdict(Counter), {}
    for report in reports:
        for kind, repairs in grouped(report.repairs, lambda repair: repair.kind).items():
            students[kind].append(report.student)
            cells[kind].update({repair.cell for repair in repairs if repair.cell})
            more = [repair.text for repair in repairs if without_particulars(repair.text) != repair.text]
            if more and quote:
                examples.setdefault(kind, min(more))
    found = [
        {"kind": kind, "says": REPAIRS[kind], "sign": kind in TAMPERING, "count": len(who), "students": who,
         "cells": dict(sorted(cells[kind].items(), key=lambda item: (-item[1], item[0]))),
         "example": examples.get(kind)}
        for kind, who in students.items()
    ]  # fmt: skip
    return sorted(found, key=lambda entry: (-entry["count"], entry["says"]))


def signs_of(answers: Iterable[Answer]) -> list[dict]:
    """What the judge saw that no usual way of working brings about, by kind."""
    seen = defaultdict(dict)
    for answer in answers:
        for check in answer.failing:
            if check.kind in SIGNS:
                seen[check.kind, words(check)].setdefault(answer.student, set()).add(answer.task)
    return [
        {"kind": kind, "says": says, "count": len(who), "students": list(who), "example": None,
         "cells": dict(sorted(Counter(cell for cells in who.values() for cell in cells).items()))}
        for (kind, says), who in seen.items()
    ]  # fmt: skip


def limits_of(answers: Iterable[Answer], reports: Iterable[Report]) -> list[dict]:
    """Where code was stopped at a limit of time, memory or processes: by place and what happened."""
    seen = defaultdict(dict)
    for answer in answers:
        kind, says = answer.gap
        if answer.wrong and kind in LIMITS:
            seen[answer.task, says][answer.student] = True
    for report in reports:
        for problem in report.limits.values():
            if problem.kind in LIMITS:
                seen["a cell as it ran", words_for_gap("returns", problem.kind)][report.student] = True
    found = [{"where": where, "says": says, "count": len(who), "students": list(who)}
             for (where, says), who in seen.items()]  # fmt: skip
    return sorted(found, key=lambda entry: (-entry["count"], entry["where"], entry["says"]))


# ---- counting -----------------------------------------------------------------------------------------------


def weight(answers: Sequence[Answer], graded: int) -> dict:
    """How many made something, which share of the class, what their tasks lost, and who they are."""
    students = list(dict.fromkeys(answer.student for answer in answers))
    lost = neat(fsum(answer.lost for answer in answers))
    return {"count": len(students), "share": neat(len(students) / graded), "points_lost": lost, "students": students}


def by_weight(entry: Mapping) -> tuple:
    return -entry["count"], -entry["points_lost"]


def grouped(things: Iterable, key: Callable) -> dict:
    """The things by what the key says of them, in their order."""
    groups = defaultdict(list)
    for thing in things:
        groups[key(thing)].append(thing)
    return groups
