"""Count which hints were followed at the next attempt: data for the class report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..model import Report, Verdict

LISTED = 20  # hints in the page

#: What a student was told about a task: a named mistake, a sentence on a wrong line, or the difference and a question.
MISTAKE, LINE, QUESTION = "mistake", "line", "question"


@dataclass(frozen=True)
class Told:
    """The diagnosis of one task of one attempt, and its outcome at the next."""

    task: str
    kind: str  # MISTAKE, LINE or QUESTION
    mistake: str  # its id, if it was named
    says: str
    gone: bool  # the next attempt has not this mistake, or not these wrong lines, any more
    solved: bool  # the next attempt does the task right
    points: float  # gained in the task


def follow_hints(pairs: Iterable[tuple[Report, Report]]) -> list[Told]:
    """Return what was told in the earlier report of each pair, and what the later one says of it.

    Tasks that were right, not begun, or wrong only because of another one are left out: nobody was told anything.
    """
    told = []
    for earlier, later in pairs:
        after = {verdict.task: verdict for verdict in later.verdicts}
        for verdict in earlier.verdicts:
            if not (verdict.passed or verdict.untouched or verdict.blamed_on) and verdict.task in after:
                told.append(_follow(verdict, after[verdict.task]))
    return told


def _follow(before: Verdict, after: Verdict) -> Told:
    kind, mistake, says = QUESTION, "", before.question or ""
    gone = after.passed
    if before.diagnosis:
        kind, mistake, says = MISTAKE, before.diagnosis.mistake, before.diagnosis.says
        gone = gone or after.diagnosis is None or after.diagnosis.mistake != mistake
    elif sentences := [line.says for line in before.lines if line.says]:
        kind, says = LINE, sentences[0]
        wrong = {(line.name, line.kind) for line in before.lines}
        gone = gone or not wrong & {(line.name, line.kind) for line in after.lines}
    return Told(before.task, kind, mistake, says, gone, after.passed, after.score - before.score)


def summarise_attempts(pairs: Iterable[tuple[Report, Report]]) -> dict[str, Any] | None:
    """Return what became of the hints, ready for JSON, most given first; None if nobody has a second attempt.

    The dict has ``students``, ``pairs``, the mean scores ``before`` and ``after``, ``kinds`` (by what was told) and
    ``mistakes`` (by task and mistake), each with ``given``, ``gone``, ``solved`` and ``points``.
    """
    pairs = list(pairs)
    if not pairs:
        return None
    told = follow_hints(pairs)
    kinds, mistakes = defaultdict[str, list[Told]](list), defaultdict[tuple[str, str], list[Told]](list)
    for one in told:
        kinds[one.kind].append(one)
        if one.mistake:
            mistakes[one.task, one.mistake].append(one)
    rows = [{"task": task, "mistake": mistake, "says": those[0].says, **count(those)}
            for (task, mistake), those in mistakes.items()]
    return {
        "students": len({later.student for _, later in pairs}), "pairs": len(pairs),
        "before": mean(earlier.score for earlier, _ in pairs), "after": mean(later.score for _, later in pairs),
        "max_score": pairs[0][1].max_score,
        "kinds": {kind: count(kinds[kind]) for kind in (MISTAKE, LINE, QUESTION) if kinds[kind]},
        "mistakes": sorted(rows, key=lambda row: (-row["given"], row["gone"], row["task"], row["mistake"])),
    }


def count(those: list[Told]) -> dict[str, Any]:
    """Return how often something was told, how often it was gone and the task right, and the mean points gained."""
    return {"given": len(those), "gone": sum(one.gone for one in those), "solved": sum(one.solved for one in those),
            "points": mean(one.points for one in those)}


def mean(values: Iterable[float]) -> float:
    """Return the mean; 0 of nothing."""
    values = list(values)
    return round(sum(values) / len(values), 3) if values else 0.0
