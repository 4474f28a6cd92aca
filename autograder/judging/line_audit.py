"""Count how often the wrong line is found, where the changed line is known.

Counted are the catalogue's mistakes, pairs of them in one function, and right variants, which must be silent even if
all their outputs were called wrong.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout, suppress
from dataclasses import asdict, dataclass
from io import StringIO
from itertools import islice
from typing import Any

from ..course.assignment import Assignment
from ..course.reference import mutate
from ..model import Case, Value
from ..sandbox.local import LocalSession
from ..sandbox.session import Definition
from .lines.changes import changes_of
from .lines.equations import Equation
from .lines.evaluate import Budget, Evaluator
from .lines.locate import locate
from .lines.naming import INLINED
from .lines.passes import OtherFormError
from .lines.pointing import (
    Explained,
    Follow,
    equations_of,
    explain_lines,
    follow_case,
    functions_of,
    namespace_of,
    reference_call,
)
from .lines.syntax import Lines, find_function, first_line
from .reference_callees import reference_callee
from .verdicts import judge_task

RIGHT, FEWEST = 0.95, 20  # the gate, and the number of changes from which it is one
PAIRS = 12  # of one task
APART = 7  # places in the catalogue between the mistakes of a pair


@dataclass(frozen=True)
class LineAudit:
    """The wrong lines of one task, counted."""

    task: str
    changes: int  # mistakes whose function was followed
    right: int  # the changed lines, and no other
    other: tuple[str, ...]
    silent: tuple[str, ...]
    named: int  # every line with a sentence of its own
    pairs: int
    pairs_right: int
    pairs_other: tuple[str, ...]
    misnamed: tuple[str, ...]  # a sentence that the changed text contradicts
    at_odds: tuple[str, ...]  # pairs in which the catalogue's sentence is about other names than those of the lines
    variants: int
    flagged: tuple[str, ...]  # right variants with a line

    @property
    def problems(self) -> list[str]:
        """Return a sentence for each gate that is missed."""
        found = [f"{self.task}: a line of the right variant {id_!r} is called wrong" for id_ in self.flagged]
        found += [f"{self.task}: a sentence on {id_!r} says what is not so" for id_ in self.misnamed]
        for what, right, count in (("mistakes", self.right, self.changes), ("pairs", self.pairs_right, self.pairs)):
            if count >= FEWEST and right < RIGHT * count:
                found.append(f"{self.task}: the right line of {right} of {count} {what} is found; "
                             f"the gate is {RIGHT:.0%}")
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return the audit as JSON holds it."""
        return asdict(self)


def audit_lines(assignment: Assignment, name: str) -> LineAudit:
    """Return the counts of one task."""
    task, source = assignment.tasks[name], assignment.reference.sources[name]
    right, named, other, silent, misnamed = 0, 0, list[str](), list[str](), list[str]()
    for mistake in task.mistakes:
        found, verdict = judge_lines(assignment, name, mutate(source, mistake))
        right += verdict == "right"
        named += verdict == "right" and all(one.is_named for one in found)
        {"other": other, "silent": silent}.get(verdict, []).append(mistake.id)
        if any(is_contradicted(one, mutate(source, mistake), name) for one in found):
            misnamed.append(mistake.id)
    sources = list(islice(pairs_of(assignment, name), PAIRS))
    pairs = [(id_, *judge_lines(assignment, name, pair)) for id_, pair in sources]
    at_odds = [f"{id_}: {suspect}" for (id_, pair), (_, found, _) in zip(sources, pairs, strict=True)
               if (suspect := find_contradiction(assignment, name, pair, found))]
    variants = assignment.variants(name)
    return LineAudit(
        name, len(task.mistakes), right, tuple(other), tuple(silent), named, len(pairs),
        sum(verdict == "right" for _, _, verdict in pairs),
        tuple(id_ for id_, _, verdict in pairs if verdict == "other"),
        (*misnamed, *(id_ for (id_, found, _), (_, pair) in zip(pairs, sources, strict=True)
                      if any(is_contradicted(one, pair, name) for one in found))), tuple(at_odds),
        len(variants),
        tuple(variant.id for variant in variants if is_flagged(assignment, name, mutate(source, variant))),
    )


def judge_lines(assignment: Assignment, name: str, source: str) -> tuple[list[Explained], str]:
    """Return the wrong lines of a changed solution, and "right", "other" or "silent"."""
    follow = follower(assignment, name, source)
    if follow is None:
        return [], "silent"
    with redirect_stdout(StringIO()):
        found = explain_lines(assignment, assignment.tasks[name], source, follow)
    changed = changes_of(assignment.reference.sources[name], source, name)
    if not found:
        return found, "silent"
    is_right = all(one.line.line in changed.lines or (
        one.finding.kind in ("missing", "raised") and set(one.finding.names) & changed.gone) or (
        one.finding.kind == "order" and set(one.finding.lines) & changed.lines) or (
        one.finding.ends is False and not changed.lines) for one in found)  # what ended the loop is gone
    return found, "right" if is_right else "other"


def pairs_of(assignment: Assignment, name: str) -> Iterator[tuple[str, str]]:
    """Yield pairs of mistakes in different statements, with the source that has both."""
    mistakes, source = list(assignment.tasks[name].mistakes), assignment.reference.sources[name]
    for one, two in zip(mistakes, mistakes[APART:], strict=False):
        with suppress(ValueError):  # their substitutions do not go together
            both = mutate(mutate(source, one), two)
            lines = [changes_of(source, mutate(source, mistake), name) for mistake in (one, two)]
            if not lines[0].lines & lines[1].lines and find_function(both, name) is not None:
                yield f"{one.id} + {two.id}", both


def is_contradicted(explained: Explained, source: str, name: str) -> bool:
    """Tell if a change cannot be the one that was made: the line is too long to lack a part, or to have one too many.

    A part that a sentence quotes has to stand in the line.
    """
    edit, finding, function = explained.edit, explained.finding, find_function(source, name)
    line = Lines(function).statement(explained.line.line) if function is not None else None
    if edit is None or line is None or finding.part is None or finding.equation is None:
        return False
    size = len(list(ast.walk(line)))
    if edit.act in ("missing term", "missing factor", "missing division") and size >= size_of(finding.equation):
        return True
    if edit.act in ("extra", "extras", "extra function") and size <= len(list(ast.walk(finding.equation.statement))):
        return True
    quoted = edit.brought if edit.act in ("part", "extras") else (edit.about,) if edit.act == "extra" else ()
    return not all(text.removesuffix(" ...") in ast.unparse(line) for text in quoted)


def find_contradiction(assignment: Assignment, name: str, source: str, found: list[Explained]) -> str:
    """Return the catalogued mistake whose sentence is given, and which changes no name that the lines show; or ""."""
    session = session_of(assignment, name, source)
    shown = {written for one in found for written in one.finding.names}
    if session is None or not shown or any(one.finding.equation is None for one in found):
        return ""
    with redirect_stdout(StringIO()):
        diagnosis = judge_task(session, assignment, name).diagnosis
    right = assignment.reference.sources[name]
    for mistake in assignment.tasks[name].mistakes if diagnosis else ():
        if diagnosis is not None and mistake.id in diagnosis.mistake.split("+"):
            new = mutate(right, mistake)
            changed, function = changes_of(right, new, name), find_function(new, name)
            lines = Lines(function) if function else None
            names = {written for line in changed.lines for written in (lines.written(line) if lines else ())}
            if names and not names & shown:
                return mistake.id
    return ""


def size_of(equation: Equation, depth: int = INLINED) -> int:
    """Return how many parts an equation has once the names that it reads are written out."""
    inner = sum(size_of(source, depth - 1) for source in equation.fresh.values()) if depth else 0
    return len(list(ast.walk(equation.statement))) + inner


# ---- right variants ---------------------------------------------------------------------------------------


def is_flagged(assignment: Assignment, name: str, source: str) -> bool:
    """Tell if a right function had wrong lines if all its outputs were called wrong."""
    task, function, follow = assignment.tasks[name], find_function(source, name), follower(assignment, name, source)
    if function is None or follow is None or len(task.outputs) < 2:  # the one output is right: nothing is asked
        return False
    evaluator = Evaluator(namespace_of(assignment, task), Budget(), functions_of(assignment, name))
    with redirect_stdout(StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        followed = follow_case(assignment, task, assignment.visible_cases(name)[0], follow)
        if followed is None:
            return False
        try:
            located = locate(equations_of(assignment, name), evaluator, Lines(function), followed.trace,
                             list(task.outputs), list(task.outputs), reference_call(assignment, name, followed.case))
        except OtherFormError:
            return False
    return bool(located.findings)


def follower(assignment: Assignment, name: str, source: str) -> Follow | None:
    """Return a function that follows calls of a changed solution; None if it cannot be run."""
    function, session = find_function(source, name), session_of(assignment, name, source)
    if function is None or session is None:
        return None
    definition = Definition(name, 0, first_line(function))
    replacing = {callee: reference_callee(assignment, callee) for callee in assignment.tasks[name].calls
                 if callee in assignment.tasks}

    def follow(case: Case) -> Value:
        return session.trace(definition, tuple(case.arguments.values()), replacing)

    return follow


def session_of(assignment: Assignment, name: str, source: str) -> LocalSession | None:
    """Return a session with a changed solution; None if it cannot be run."""
    namespace = dict(assignment.reference.namespace)
    try:
        exec(compile(source, f"<cell {name}>", "exec"), namespace)
    except Exception:  # a change may be no Python, or raise
        return None
    return LocalSession(namespace)


def totals(audits: list[LineAudit]) -> Mapping[str, int]:
    """Return the sums over all tasks."""
    return {
        "mistakes": sum(audit.changes for audit in audits), "right": sum(audit.right for audit in audits),
        "other": sum(len(audit.other) for audit in audits), "silent": sum(len(audit.silent) for audit in audits),
        "named": sum(audit.named for audit in audits), "pairs": sum(audit.pairs for audit in audits),
        "pairs right": sum(audit.pairs_right for audit in audits),
        "at odds": sum(len(audit.at_odds) for audit in audits),
        "variants": sum(audit.variants for audit in audits), "flagged": sum(len(a.flagged) for a in audits),
    }


__all__ = ["LineAudit", "audit_lines", "totals"]
