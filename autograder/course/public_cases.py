"""The file of public cases that a release has beside its notebook: arguments, expected values, fingerprints.

A fingerprint is a few sums over the numbers that a mistake produces. It identifies the mistake without its source.
"""

from __future__ import annotations

import ast
import base64
import bz2
import copy
import json
import re
import zlib
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import public_tests
from public_lines import find_definition, follow
from public_tests import CASES, FILES, fingerprint, is_changed, same_fingerprint

from ..errors import CourseError
from ..model import Case, Failed, Task, Value
from .assignment import Assignment
from .changed_names import names_changed
from .folder import list_student_files
from .reference import mutate

DATA = ("arguments", "expected", "values", "second")  # parts of a case that are packed
SUMS, DIGITS = 1, 7  # that identify a mistake's outputs
EXPECTED = 9  # digits of the expected values; eight are shown
ENOUGH_BITS = 9.0  # of an output in which a mistake may be recognised
LABEL = re.compile(r"""(\w+)((?:\[(?:\d+|"\w+")\])*)""")


@cache
def support_files(assignment: Assignment, fresh: bool = False) -> dict[str, bytes]:
    """Return the files beside a student's notebook that its code can use: all of them but drawings.

    See `released_files`.
    """
    return {path: content for path, content in released_files(assignment, fresh).items() if not path.endswith(".svg")}


@cache
def released_files(assignment: Assignment, fresh: bool = False) -> dict[str, bytes]:
    """Return the files beside a student's notebook, by their paths.

    They are the assignment's own, and the learner's check with its cases. The cases are those of the release, which
    students have. To compute them takes seconds.

    Parameters
    ----------
    assignment : Assignment
    fresh : bool
        Compute the cases even if there is a release.
    """
    folder = assignment.folder
    files = {str(path): (folder / path).read_bytes() for path in list_student_files(folder)}
    released = assignment.released_cases
    if released.is_file() and not fresh:
        cases = released.read_bytes()
    else:
        cases = pack_cases(public_cases(assignment)).encode() + b"\n"
    checks = {name: Path(public_tests.__file__).with_name(name).read_bytes() for name in FILES}
    return {**files, **checks, CASES: cases}


def public_cases(assignment: Assignment) -> dict[str, Any]:
    """Return each task's public case in the form that `public_tests.load_cases` reads.

    Raises
    ------
    CourseError
        A task's description in ``tasks.py`` does not fit its solution.
    """
    cases = {}
    for name in assignment.tasks:
        try:
            cases[name] = public_case(assignment, name)
        except Exception as error:  # cases and solutions are the instructor's own code
            problem = f"the public case of task {name!r} cannot be made ({type(error).__name__}: {error})"
            fix = "Compare the task's cases and outputs there with what the solution takes and returns."
            raise CourseError(assignment.folder / "tasks.py", problem, fix) from error
    return cases


def pack_cases(cases: dict[str, Any]) -> str:
    """Return the text of the file, for `public_tests.read_cases`. Numbers and sentences are packed: they are long.

    Every Python has zlib. bz2, which makes sentences shorter, may be missing.
    """
    values = {name: {key: case[key] for key in DATA} for name, case in cases.items()}
    mistakes = {name: columns_of(case["mistakes"]) for name, case in cases.items()}
    plain = {name: {key: value for key, value in case.items() if key not in (*DATA, "mistakes")}
             for name, case in cases.items()}
    packed = {"values": base64.b85encode(zlib.compress(to_json(values), 9)).decode(),
              "mistakes": base64.b85encode(bz2.compress(to_json(mistakes), 9)).decode()}
    return to_json({"": packed, **plain}).decode()


def to_json(content: Any) -> bytes:
    """Return some JSON as short as it can be."""
    return json.dumps(content, separators=(",", ":")).encode()


def columns_of(mistakes: list[dict[str, Any]]) -> list[Any]:
    """Return the mistakes' sentences, the different hints, the place of each one's hint, and what it is known by."""
    hints = list(dict.fromkeys(mistake["hint"] for mistake in mistakes))
    return [[mistake["says"] for mistake in mistakes], hints, [hints.index(mistake["hint"]) for mistake in mistakes],
            *([mistake[key] for mistake in mistakes] for key in ("prints", "changed", "writes"))]


def public_case(assignment: Assignment, task_name: str) -> dict[str, Any]:
    """Return one task's public case as JSON."""
    task, case = assignment.tasks[task_name], assignment.visible_cases(task_name)[0]
    values = fingerprint_values(assignment, task, case)
    return {
        "task": task_name,
        **sizes_and_numbers(case),
        "steps": task.steps,
        "returns_dict": task.returns_dict,
        **({"returns_value": True} if task.returns_value else {}),
        "calls": [callee for callee in task.calls if callee in assignment.tasks],
        "shapes": {name: symbols and list(symbols) for name, symbols in task.outputs.items()},
        "printed": [[label, parse_label(label)] for label in task.printed],
        "arguments": pack_arguments(case),
        "expected": pack(by_name(task, case.expected), [], EXPECTED),
        "values": values,
        "second": second_case(assignment, task),
        "mistakes": fingerprint_mistakes(assignment, task, case, {name for sums in values.values() for name in sums}),
    }


def sizes_and_numbers(case: Case) -> dict[str, Any]:
    """Return a case's sizes as JSON, and what tells a learner which case it is if that is something else."""
    sizes = dict(case.sizes)
    return {"sizes": sizes} if case.given == sizes else {"sizes": sizes, "given": case.given}


def pack_arguments(case: Case) -> Any:
    """Return a case's arguments as JSON.

    Drawn numbers are the same on every machine and kept nearly whole. Computed ones, as in a cache, differ in their
    last digits from processor to processor; fewer digits make the file the same.
    """
    arguments = tuple(case.arguments.values())
    computed = any(isinstance(argument, tuple | list) for argument in arguments)
    return pack(arguments, [], 9 if computed else 14)


def second_case(assignment: Assignment, task: Task) -> dict[str, Any] | None:
    """Return a small case of other sizes, with sums of the outputs: it shows sizes that are written into the code.

    Of several with as many other sizes, it is one with another function among its arguments, or with a list of one
    item: that shows an index that is written into the code.
    """
    public, *others = assignment.visible_cases(task.name)
    counted = {symbol for symbols in task.outputs.values() for symbol in symbols or () if isinstance(symbol, str)}
    fitting = [case for case in others if min(case.sizes.values(), default=1) > 1 or (
        has_single_item(case) and all(case.sizes.get(symbol) != 1 for symbol in counted - {task.steps}))]
    if not fitting:
        return None
    shared = public.sizes.keys()
    case = max(fitting, key=lambda case: (
        sum(case.sizes.get(symbol) != public.sizes[symbol] for symbol in shared),
        sum(callable(value) and value is not public.arguments[name] for name, value in case.arguments.items()),
        has_single_item(case)))
    sums = {name: fingerprint(value) for name, value in by_name(task, case.expected).items()}
    return {**sizes_and_numbers(case), "arguments": pack_arguments(case), "expected": {
        name: [float(f"{x:.7g}") for x in print_[:3]] for name, print_ in sums.items() if print_ is not None}}


def has_single_item(case: Case) -> bool:
    """Return whether a list of one item is an argument, or is in one that is a tuple."""
    held = [item for value in case.arguments.values() for item in (value if isinstance(value, tuple) else [value])]
    return any(isinstance(item, list) and len(item) == 1 for item in held)


def fingerprint_values(assignment: Assignment, task: Task, case: Case) -> dict[str, dict[str, list[float]]]:
    """Return three sums of what each name of the solution holds after each pass, from which no value can be read.

    With them the learner's check names the first value that differs. A name that a pass binds twice has no sums: a
    learner may rightly give the second value another name.
    """
    source, function = assignment.reference.sources[task.name], assignment.reference.functions[task.name]
    filled, rebound = names_filled(source, task.name), names_rebound(source, task.name)
    arguments = copy.deepcopy(tuple(case.arguments.values()))
    passes = follow(function, arguments, source, filled=filled) or []
    return {part.key: {
        name: [float(f"{x:.7g}") for x in sums[:3]] for name, _ in part.writers
        if isinstance(sums := part.end.get(name), tuple) and not (name in part.again and name in rebound)
        and not (part.key == "before" and name in filled)
        and not (part.key != "before" and name.startswith("shape of "))
    } for part in passes}


def names_filled(source: str, name: str) -> set[str]:
    """Return the arrays that a function's loop fills piece by piece."""
    function = find_definition(source, name)
    targets = [target for loop in ast.walk(function) if isinstance(loop, ast.For)
               for statement in ast.walk(loop) if isinstance(statement, ast.Assign) for target in statement.targets]
    return {target.value.id for target in targets
            if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name)}


def names_rebound(source: str, name: str) -> set[str]:
    """Return the names that several assignments of a function bind; to change an entry binds nothing."""
    function = find_definition(source, name)
    bound = Counter(node.id for statement in ast.walk(function) if isinstance(statement, ast.Assign)
                    for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    return {name for name, count in bound.items() if count > 1}


def fingerprint_mistakes(assignment: Assignment, task: Task, case: Case, known: set[str]) -> list[dict[str, Any]]:
    """Return each mistake's sentences, with fingerprints of the outputs that it makes wrong on the public case.

    With them are the names that it may change first, of those that are ``known``: another mistake may give the same
    numbers. A mistake has none where the right outputs hold too little, such as one index: it would be seen in others.
    """
    bits = {name: count_bits(value) for name, value in by_name(task, case.expected).items()}
    right = {name: fingerprint(value) for name, value in by_name(task, case.expected).items()}
    source, found = assignment.reference.sources[task.name], list[dict[str, Any]]()
    for mistake in task.mistakes:
        wrong = assignment.outcome(assignment.reference.wrong(task.name, mistake), case)
        if isinstance(wrong, Failed) or not is_complete(task, wrong.value):
            continue
        prints = {name: fingerprint(value) for name, value in by_name(task, wrong.value).items()}
        if any(print_ is None for print_ in prints.values()):
            continue
        prints = {
            name: [float(f"{x:.{DIGITS}g}") for x in print_[:SUMS]]
            for name, print_ in prints.items() if not same_fingerprint(right[name], print_[:3])
        }
        if sum(bits[name] for name in prints) >= ENOUGH_BITS:
            changed = names_changed(source, mutate(source, mistake), task.name, known)
            found.append({"says": mistake.says, "hint": mistake.hint, "prints": prints, "changed": changed,
                          "writes": int(is_changed(tuple(case.arguments.values()), wrong.arguments))})
    return found


def count_bits(value: Value) -> float:
    """Return about how many bits a value tells; whole numbers and truth values tell few."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, tuple | list):
        return sum(map(count_bits, value))
    if isinstance(value, str):
        return 8.0 * len(value)
    array = np.asarray(value)
    if array.dtype.kind not in "fiub" or array.size == 0:
        return 0.0
    numbers = array.astype(float)
    if (numbers != np.round(numbers)).any():
        return 50.0 * array.size
    return float(array.size * np.log2(1 + max(1.0, np.abs(numbers).max())))


def is_complete(task: Task, value: Value) -> bool:
    """Return whether a wrong version returned all outputs."""
    if task.returns_value:
        return value is not None
    if task.returns_dict:
        return isinstance(value, dict) and value.keys() >= task.outputs.keys()
    return isinstance(value, tuple | list) and len(value) == len(task.outputs)


def by_name(task: Task, value: Value) -> dict[str, Value]:
    """Return the outputs of a task by name."""
    if task.returns_value:
        value = (value,)
    return {n: value[n] for n in task.outputs} if task.returns_dict else dict(zip(task.outputs, value, strict=True))


def parse_label(label: str) -> list[str | int]:
    """Return the keys that lead from the outputs to a label such as ``cache[1][3]`` or ``parameters["ba"]``."""
    found = LABEL.fullmatch(label)
    if found is None:
        raise ValueError(f"{label!r} is not an output with indices")
    name, indices = found.groups()
    keys = re.findall(r"\[([^]]+)\]", indices)
    return [name, *(int(key) if key.isdigit() else key.strip('"') for key in keys)]


def pack(value: Value, seen: list[Value], digits: int = 10) -> dict[str, Any]:
    """Return a value as JSON, its real numbers to so many significant digits; `public_tests.unpack` is the inverse.

    What occurs again is stored once and then named by its number in ``seen``.
    """
    if value is None or type(value) in (bool, int, str):
        return {"plain": value}
    if type(value) is float:
        return {"plain": float(f"{value:.{digits}g}")}
    if callable(value):
        return {"function": [value.__module__, value.__name__]}
    for number, other in enumerate(seen):
        if other is value:
            return {"again": number}
    packed: dict[str, Any]
    if isinstance(value, dict):
        packed = {"dict": {key: pack(item, seen, digits) for key, item in value.items()}}
    elif isinstance(value, tuple | list):
        packed = {"items": [pack(item, seen, digits) for item in value], "tuple": isinstance(value, tuple)}
    else:
        array = np.asarray(value)
        flat = array.ravel().tolist()
        if array.dtype.kind == "f":
            flat = [float(f"{entry:.{digits}g}") for entry in flat]
        packed = {"array": flat, "shape": list(array.shape)}
        packed |= {} if array.dtype == float else {"dtype": str(array.dtype)}
        packed |= {"scalar": True} if isinstance(value, np.generic) else {}
    seen.append(value)
    return packed
