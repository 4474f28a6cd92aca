"""Tell which lines a change touches, and whether a catalogued mistake may be one of the wrong lines."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from ...course.assignment import Assignment
from ...course.reference import mutate
from ...model import Diagnosis, Line
from .syntax import Lines, find_function


class Changed(NamedTuple):
    """The lines of the new source that a change touched, and the names that the lines it removed had given."""

    lines: frozenset[int]
    gone: frozenset[str]


def changes_of(old: str, new: str, name: str) -> Changed:
    """Return what differs between the solution and a changed one, by statements; comments do not count."""
    before, after = find_function(old, name), find_function(new, name)
    if before is None or after is None:
        return Changed(frozenset(), frozenset())
    known, lines = Lines(before), Lines(after)
    texts = [[line.split("#")[0].rstrip() for line in source.split("\n")] for source in (old, new)]
    changed, gone = set[int](), set[str]()
    for kind, a, b, c, d in difflib.SequenceMatcher(None, texts[0], texts[1], autojunk=False).get_opcodes():
        if kind != "equal":
            changed |= {lines.start(line + 1) for line in range(c, d) if texts[1][line].strip()}
            written = {target for line in range(c, d) for target in lines.written(line + 1)}
            gone |= {target for line in range(a, b) for target in known.written(line + 1)} - written
    return Changed(frozenset(changed), frozenset(gone))


def may_be_about(diagnosis: Diagnosis, lines: Sequence[Line], assignment: Assignment, name: str) -> bool:
    """Tell if a diagnosis may be about the wrong lines: other mistakes may give the same numbers on every case.

    It is not if all lines do the work of statements that none of its mistakes changes. Of a second name for an array
    that cannot be told: it shows in other statements.
    """
    if not lines or any(line.solution is None or line.kind == "alias" for line in lines):
        return True
    shown = {line.solution for line in lines}
    changed = [statements_changed(assignment, name, mistake) for mistake in diagnosis.mistake.split("+")]
    return not all(changed) or any(shown & statements for statements in changed)


@cache
def statements_changed(assignment: Assignment, name: str, mistake: str) -> frozenset[int]:
    """Return the lines of the solution that a catalogued mistake changes, or another one with its sentence.

    There are none if one of them only adds lines.
    """
    right, mistakes = assignment.reference.sources[name], assignment.tasks[name].mistakes
    says = {other.says for other in mistakes if other.id == mistake}
    changed = [changes_of(mutate(right, other), right, name).lines for other in mistakes if other.says in says]
    return frozenset().union(*changed) if all(changed) else frozenset()
