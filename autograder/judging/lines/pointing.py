"""From a student's source and the traces of its calls to the lines that a verdict shows."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from public_lines import dropped_in, replaced_in

from ...course.assignment import Assignment
from ...model import Case, Failed, Line, Outcome, Returned, Task, Value
from ...sandbox.guest.codec import NamedFunction
from ...sandbox.guest.definitions import without_magics
from ...sandbox.local import LocalSession
from ...sandbox.session import Definition
from ..comparison import find_gaps, is_identical, name_function
from ..reference_callees import reference_callee
from .by_text import CLEAR, Told, edit_of, find_difference
from .equations import Equations
from .evaluate import Budget, Evaluator, SpentError
from .finding import Finding
from .locate import Located, locate
from .loop_sentences import LEAVES, say_count
from .naming import Others, find_edit, find_place
from .passes import OtherFormError, Student
from .questions import ask, ask_of_helper
from .reading import find_unread
from .sentences import CHANGES, KEPT_NOWHERE, REPLACED, explain, say
from .setting import Edit
from .syntax import RETURN, Lines, find_function, first_line
from .trace import Bounds, NoTraceError, Trace, read_trace
from .values import Values

MAX_LINES = 12  # of one verdict
MAX_CASES = 10  # on which a call is followed

#: Returns what `Session.trace` gives for a case.
Follow = Callable[[Case], Value]


class Followed(NamedTuple):
    """A case with the trace of a student's call, and the outputs that are wrong."""

    case: Case
    trace: Trace
    wrong: frozenset[str]


class Explained(NamedTuple):
    """A wrong line with the finding behind it, and the change that explains its value."""

    line: Line
    finding: Finding
    edit: Edit | None
    is_named: bool  # its sentence says what is wrong


def find_lines(assignment: Assignment, task: Task, source: str, follow: Follow) -> tuple[Line, ...]:
    """Return the wrong lines of a student's function, in their order. See `explain_lines`."""
    return tuple(explained.line for explained in explain_lines(assignment, task, source, follow))


def explain_lines(assignment: Assignment, task: Task, source: str, follow: Follow) -> list[Explained]:
    """Return what is wrong in a student's function, in the order of its lines; nothing where nothing is certain.

    Parameters
    ----------
    assignment : Assignment
    task : Task
    source : str
        The cell that defines the function.
    follow : callable
        Returns the trace of a call with a case's arguments, as the student's process gives it.
    """
    function = find_function(source, task.name)
    if function is None:
        return []
    oracle, budget = equations_of(assignment, task.name), Budget()
    lines, found = Lines(function), list[Explained]()
    evaluator = Evaluator(namespace_of(assignment, task), budget, functions_of(assignment, task.name))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            located, others = locate_first(assignment, task, lines, follow, oracle, evaluator)
            found = describe(located, function, others, helpers_in(source, task.name)) if located else []
        except (OtherFormError, SpentError, RecursionError, MemoryError):
            pass
        with suppress(RecursionError):  # by a source of many levels
            found = (found or find_by_text(assignment, task, lines, follow) or find_changed(assignment, task, follow)
                     or find_counting(assignment, task, lines, follow))
        return found


def find_by_text(assignment: Assignment, task: Task, lines: Lines, follow: Follow) -> list[Explained]:
    """Return the first line whose text says what is wrong, whatever the form, if it ran where an output is wrong.

    It leaves a loop in its first pass, or its value is kept nowhere, or replaced at each pass.
    """
    told = [Line(line, "", "loop", None, LEAVES) for line in lines.exits()]
    told += [Line(node.lineno, "", "missing", None, KEPT_NOWHERE)
             for node in dropped_in(lines.function, assignment.tasks)]
    told += [Line(node.lineno, name, "value", None, REPLACED.format(name))
             for node in replaced_in(lines.function) for name in lines.written(node.lineno)]
    for case in assignment.visible_cases(task.name)[:MAX_CASES] if told else ():
        followed = follow_case(assignment, task, case, follow)
        if followed is not None and followed.wrong:
            ran = set(map(abs, followed.trace.lines))
            return [Explained(line, Finding(line.kind, [], line.line, "loop"), None, True)  # type: ignore[arg-type]
                    for line in told if line.line in ran][:1]
    return []


def find_changed(assignment: Assignment, task: Task, follow: Follow) -> list[Explained]:
    """Return the first line that changes an argument, in a function of another form than the reference's."""
    for case in assignment.visible_cases(task.name)[:MAX_CASES]:
        followed = follow_case(assignment, task, case, follow)
        if followed is None or "arguments" not in followed.wrong:
            continue
        lines, states = followed.trace.lines, followed.trace.states
        for line, before, after in zip(lines, states, states[1:], strict=False):
            for place, name in enumerate(case.arguments):
                if line > 0 and before.get(f"@{place}") is not after.get(f"@{place}"):
                    shown = Line(line, name, "argument", None, CHANGES.format(f"`{name}`"), None)
                    return [Explained(shown, Finding("argument", [name], line, "before"), None, True)]
    return []


def find_counting(assignment: Assignment, task: Task, lines: Lines, follow: Follow) -> list[Explained]:
    """Return the one loop of a function whose task needs none, with the numbers that it leaves."""
    loops = [node for node in ast.walk(lines.function) if isinstance(node, ast.For | ast.While)]
    if equations_of(assignment, task.name).loops or len(loops) != 1:
        return []
    for case in assignment.visible_cases(task.name)[:MAX_CASES]:
        followed = follow_case(assignment, task, case, follow)
        if followed is not None and followed.wrong and not followed.trace.raised:
            shown = Line(loops[0].lineno, "", "loop", None, say_count(lines, loops[0], followed.trace), None)
            return [Explained(shown, Finding("loop", [], loops[0].lineno, "loop"), None, False)] if shown.says else []
    return []


def locate_first(assignment: Assignment, task: Task, lines: Lines, follow: Follow, oracle: Equations,
                 evaluator: Evaluator) -> tuple[Located | None, Others]:
    """Return the wrong lines on the first case, of those that may be shown, on which an output is wrong.

    With it comes a function that follows a call on another case, once it is needed.
    """
    cases = assignment.visible_cases(task.name)[:MAX_CASES]
    for place, case in enumerate(cases):
        followed = follow_case(assignment, task, case, follow)
        if followed is None or not followed.wrong:
            continue
        located = locate(oracle, evaluator, lines, followed.trace, followed.wrong, list(task.outputs),
                         reference_call(assignment, task.name, case))
        other = cases[1] if place == 0 and len(cases) > 1 else cases[0]
        again = partial(follow_case, assignment, task, other, follow)
        return located, cache(partial(values_of_other, located.values, again)) if other is not case else list
    return None, list


def values_of_other(values: Values, again: Callable[[], Followed | None]) -> list[Values]:
    """Return the values of the call that is made again with other arguments, if it gives any."""
    followed, oracle = again(), values.oracle
    return [] if followed is None else [
        Values(oracle, Student(values.student.lines, followed.trace, oracle), values.evaluator, values.is_reversed)]


def follow_case(assignment: Assignment, task: Task, case: Case, follow: Follow) -> Followed | None:
    """Return the trace of a call with a case's arguments, and what is wrong; None if there is no usable trace."""
    try:
        trace = read_trace(follow(case), bounds_of(assignment, task.name, case))
    except NoTraceError:
        return None
    outcome: Outcome = Failed("raised", "") if trace.raised else Returned(trace.returned, trace.arguments)
    wrong = set(find_gaps(task, case, outcome))
    if not is_identical(tuple(case.arguments.values()), trace.arguments):
        wrong.add("arguments")
    return Followed(case, trace, frozenset(wrong | set(task.outputs) if "returns" in wrong else wrong))


# ---- the reference ----------------------------------------------------------------------------------------


@cache
def equations_of(assignment: Assignment, name: str) -> Equations:
    """Return the equations of a task's solution."""
    return Equations(assignment.reference.sources[name], name)


def namespace_of(assignment: Assignment, task: Task) -> Mapping[str, Any]:
    """Return what the solution's statements use; tasks that it calls accept only arguments of the right form."""
    callees = {name: reference_callee(assignment, name) for name in task.calls if name in assignment.tasks}
    return {**assignment.reference.namespace, **callees}


@cache
def functions_of(assignment: Assignment, name: str) -> Mapping[NamedFunction, Callable[..., Any]]:
    """Return the functions among the arguments of the cases that are followed, by their names."""
    found: dict[NamedFunction, Callable[..., Any]] = {}
    for case in assignment.visible_cases(name):
        for value in case.arguments.values():
            if callable(value) and (known := name_function(value)):
                found[known] = value
    return found


@cache
def bounds_of(assignment: Assignment, name: str, case: Case) -> Bounds:
    """Return how large the reference's own values are on a case."""
    return Bounds.of(reference_trace(assignment, name, case))


@cache
def reference_trace(assignment: Assignment, name: str, case: Case) -> Trace:
    """Return the trace of the reference's own call."""
    definition = Definition(name, 0, first_line(equations_of(assignment, name).function))
    session = LocalSession(dict(assignment.reference.namespace))
    return read_trace(session.trace(definition, tuple(case.arguments.values())))


@cache
def reference_call(assignment: Assignment, name: str, case: Case) -> Student:
    """Return the reference's own call, cut into passes."""
    oracle = equations_of(assignment, name)
    return Student(Lines(oracle.function), reference_trace(assignment, name, case), oracle)


# ---- lines ------------------------------------------------------------------------------------------------


def describe(located: Located, function: ast.FunctionDef, others: Others, helpers: Mapping[str, int]
             ) -> list[Explained]:
    """Return the findings with their lines and explanations, in the order of the cell.

    ``helpers`` are the lines of the functions that the student has made besides.
    """
    found, values = [], located.values
    for finding in located.findings[:MAX_LINES]:
        told = find_difference(values, finding) if finding.kind in ("value", "raised") else None
        edit = find_change(values, finding, told, others) if finding.kind == "value" else None
        if finding.kind == "raised" and told is not None and not finding.names:
            by_text = edit_of(told)
            edit = by_text if by_text is not None and by_text.act in CLEAR else None
        statement = values.student.lines.statement(finding.line or 0)
        helped = ask_of_helper(statement, helpers) if finding.kind == "value" else ""
        if helped and edit is not None and not edit.brought:
            edit = None  # what the line itself does may be right
        if edit is None and not helped and finding.kind == "value":
            edit = find_unread(values, finding)
        is_named = finding.kind != "value" or explain(values, finding, edit) is not None
        question = "" if is_named else helped or ask(statement, told)
        names = ", ".join(name for name in finding.names if name != RETURN)
        line = Line(line_of(finding, located, function), names, finding.kind, step_of(finding, located),
                    say(values, finding, edit, question),
                    finding.equation.statement.lineno if finding.equation else None)
        found.append(Explained(line, finding, edit, is_named))
    return sorted(found, key=lambda explained: explained.line.line)


def helpers_in(source: str, name: str) -> dict[str, int]:
    """Return the functions that a cell defines besides a task's own, with their lines."""
    return {node.name: node.lineno for node in ast.walk(ast.parse(without_magics(source)))
            if isinstance(node, ast.FunctionDef) and node.name != name}


def find_change(values: Values, finding: Finding, told: Told | None, others: Others) -> Edit | None:
    """Return the change that explains a value, by the text of the line or by its value; None if none does for sure.

    The text comes first: it costs a tenth of a search. See benchmarks/README.md, "Shortcuts".
    """
    by_text = edit_of(told) if told is not None else None
    if by_text is not None and by_text.act in CLEAR:
        return by_text
    try:
        found = find_edit(values, finding, others)
    except SpentError:
        return by_text
    if found is not None and (found.act, by_text and by_text.act) != ("axis", "missing argument"):
        return found
    return by_text or find_place(values, finding)


def line_of(finding: Finding, located: Located, function: ast.FunctionDef) -> int:
    """Return the line to show; of a value that nothing gives, the loop or the function in which it is missing."""
    if finding.line is not None:
        return finding.line
    loop = located.values.student.loop
    return loop.lineno if loop is not None and finding.block != "before" else function.lineno


def step_of(finding: Finding, located: Located) -> int | None:
    """Return the first time step at which a finding shows, if it is in the loop."""
    if finding.block != "loop" or finding.part is None:
        return None
    step = located.values.step(finding.part)
    return int(step) if isinstance(step, int | np.integer) and not isinstance(step, bool) else None
