"""Drop findings that need not be wrong, so that right ways of writing stay silent."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ...model import Value
from .comparing import is_same
from .equations import Equation
from .finding import Finding
from .passes import Pass
from .syntax import RETURN
from .values import UNKNOWN, Values

EXCUSABLE = ("value", "overwritten", "missing", "given")
CERTAIN = ("raised", "argument", "loop")


def drop_excused(values: Values, findings: list[Finding]) -> list[Finding]:
    """Return the findings without names that the student uses in another way than the reference, or not at all."""
    instead: dict[int, dict[str, Value]] = {}  # the reference's values of such names, by the id of the pass
    kept = []
    for finding in findings:
        is_other = is_excused(values, finding)
        if is_other or (finding.kind == "missing" and not finding.lines):  # what reads it may be right without it
            assert finding.equation is not None and finding.part is not None
            right = values.ask(finding.equation, finding.part)
            instead.setdefault(id(finding.part), {}).update({name: right[name] for name in finding.names})
        if not is_other:
            kept.append(finding)
    return [finding for finding in kept if not is_right_with(values, finding, instead.get(id(finding.part)))]


def is_right_with(values: Values, finding: Finding, instead: dict[str, Value] | None) -> bool:
    """Tell if a value is right once names that are used in another way have the reference's values."""
    equation, part = finding.equation, finding.part
    if not instead or finding.kind not in EXCUSABLE or equation is None or part is None:
        return False
    known = {name: value for name, value in instead.items() if name in equation.fresh}
    found = values.ask_with(equation, part, known) if known else None
    return found is not None and all(is_same(found.get(name), part.end.get(name)) for name in finding.names)


def is_excused(values: Values, finding: Finding) -> bool:
    """Tell if a name is put to another use than in the equations.

    Either all that reads it is right with the reference's value of it, or it is gathered otherwise, and right in the
    end.
    """
    equation, part = finding.equation, finding.part
    if finding.kind not in EXCUSABLE or equation is None or part is None:
        return False
    if all(values.is_as_in_reference(name, part) for name in finding.names):
        return True
    if finding.about and all(is_same(gathered(values, name), now) for name, now in finding.about):
        return True
    if finding.block != "after" and not finding.about and all(is_right_later(values, name) for name in finding.names):
        return True
    readers = [reader for name in finding.names for reader in find_readers(values, equation, name, part)]
    if readers and all(values.is_as_in_reference(target, place) for reader, place in readers
                       for target in reader.targets):
        return True
    asked = 0
    for name in finding.names:
        expected = values.ask(equation, part).get(name)
        for reader, place in find_readers(values, equation, name, part):
            found = values.ask_with(reader, place, {name: expected})
            if found is None:
                return False
            for target in reader.targets:
                if target in place.end:
                    asked += 1
                    if not is_same(found.get(target), place.end[target]):
                        return False
    return asked > 0


def is_right_later(values: Values, name: str) -> bool:
    """Tell if a name that is gathered over the loop is right after it, or at the end if nothing should change it."""
    passes = values.student.passes
    ends = [part.end for part in passes if part.block == "loop" or ("after", name) not in values.oracle.last]
    return any(name in end and is_same(gathered(values, name), end[name]) for end in ends[-2:])


def gathered(values: Values, name: str) -> Value:
    """Return what a name holds after the loop if the reference's equation alone gathers it; else a value like no other.

    Only of a name that nothing else in the loop reads: there a wrong value would do harm.
    """
    oracle, student = values.oracle, values.student
    equation = oracle.last.get(("loop", name))
    first = oracle.last.get(("before", name))
    readers = {id(reader) for reader in oracle.by_block["loop"] if name in reader.reads}
    if equation is None or first is None or readers != {id(equation)} or not student.iterations:
        return UNKNOWN
    value = values.ask(first, student.passes[0]).get(name, UNKNOWN)
    for part in student.iterations:
        found = values.ask_with(equation, part, {name: value}) if value is not UNKNOWN else None
        value = found.get(name, UNKNOWN) if found else UNKNOWN
    return value


def find_readers(values: Values, equation: Equation, name: str, part: Pass) -> list[tuple[Equation, Pass]]:
    """Return the equations that read what an equation gives in a pass, with the passes in which they do."""
    oracle, passes = values.oracle, values.student.passes
    readers = [(reader, part) for reader in oracle.by_block[part.block] if reader.fresh.get(name) is equation]
    if oracle.last.get((part.block, name)) is equation:
        place = passes.index(part) + 1
        readers += [(reader, later) for later in passes[place:place + 1]
                    for reader in oracle.by_block[later.block] if name in reader.start]
    return readers


def concerned(values: Values, finding: Finding, outputs: Collection[str]) -> set[str]:
    """Return the outputs that a finding may make wrong."""
    oracle = values.oracle
    returned = oracle.last.get((oracle.end, RETURN))
    reached = oracle.reach(set(finding.names))
    for name in finding.names:
        is_returned = name == RETURN or (returned is not None and name in returned.reads and finding.block != "loop")
        if not is_returned or name in outputs:
            continue
        expected = values.ask(finding.equation, finding.part).get(name) if finding.equation and finding.part else None
        got = finding.part.end.get(name) if finding.part else None
        if isinstance(expected, dict) and isinstance(got, dict):
            reached |= {o for o in outputs if o not in got or not is_same(expected.get(o), got[o])}
        elif isinstance(expected, tuple) and isinstance(got, tuple | list) and len(got) == len(outputs):
            reached |= {o for o, e, g in zip(outputs, expected, got, strict=True) if not is_same(e, g)}
        else:
            reached |= set(outputs)
    return reached & set(outputs)


def drop_consequences(values: Values, findings: list[Finding]) -> list[Finding]:
    """Return the findings without a line that raised if it is right by itself, and another finding says why."""
    others = [finding for finding in findings if finding.kind != "raised"]
    if not others:
        return findings
    return [finding for finding in findings if finding.kind != "raised" or is_wrong_itself(values, finding)]


def is_wrong_itself(values: Values, finding: Finding) -> bool:
    """Tell if the equation of a line that raised has a value where the line has none."""
    assert finding.line is not None and finding.part is not None
    equation = equation_of(values, finding.line, finding.part)
    return equation is not None and values.ask_with(equation, finding.part) is not None


def equation_of(values: Values, line: int, part: Pass) -> Equation | None:
    """Return the equation that gives what a line writes."""
    written = values.student.lines.written(line)
    return next((values.oracle.last[part.block, name] for name in written if (part.block, name) in values.oracle.last),
                None)


def merge(findings: Iterable[Finding]) -> list[Finding]:
    """Return one finding for each line, or for each name where a line is missing: the first that shows."""
    merged: dict[object, Finding] = {}
    for finding in findings:
        key: object = finding.line if finding.line is not None else (finding.block, *finding.names)
        first = merged.setdefault(key, finding)
        if first is not finding and (finding.block, finding.number, finding.equation) == (
                first.block, first.number, first.equation):
            first.names += [name for name in finding.names if name not in first.names]
    return list(merged.values())
