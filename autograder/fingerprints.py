"""What a release's ``public_cases.json`` holds: public cases, and mistakes as fingerprints, without solutions."""

from __future__ import annotations

import re

from public_tests import fingerprint, pack, same_fingerprint

from .course.assignment import Assignment
from .model import Case, Failed, Task, Value

LABEL = re.compile(r"(\w+)((?:\[\d+\])*)")


def public_cases(assignment: Assignment) -> dict:
    """Each task's public case in the form that `public_tests.load_cases` reads."""
    return {name: public_case(assignment, name) for name in assignment.tasks}


def public_case(assignment: Assignment, task_name: str) -> dict:
    task, case = assignment.tasks[task_name], assignment.visible_cases(task_name)[0]
    arguments = tuple(case.arguments.values())
    # Drawn numbers are the same on every machine and kept whole. Computed ones, as in a cache, differ in their last
    # digits from processor to processor; ten digits make the file the same.
    computed = any(isinstance(argument, tuple | list) for argument in arguments)
    return {
        "task": task_name,
        "sizes": dict(case.sizes),
        "steps": task.steps,
        "returns_dict": task.returns_dict,
        "calls": [callee for callee in task.calls if callee in assignment.tasks],
        "shapes": {name: symbols and list(symbols) for name, symbols in task.outputs.items()},
        "printed": [[label, path_of(label)] for label in task.printed],
        "arguments": pack(arguments, [], 10 if computed else 17),
        "expected": pack(by_name(task, case.expected), []),
        "mistakes": fingerprints(assignment, task, case),
    }


def fingerprints(assignment: Assignment, task: Task, case: Case) -> list[dict]:
    """Each mistake's sentences and the fingerprints of the outputs that it makes wrong on the public case."""
    right = {name: fingerprint(value) for name, value in by_name(task, case.expected).items()}
    found = []
    for mistake in task.mistakes:
        wrong = assignment.outcome(assignment.oracle.wrong(task.name, mistake), case)
        if isinstance(wrong, Failed) or not is_whole(task, wrong.value):
            continue
        prints = {name: fingerprint(value) for name, value in by_name(task, wrong.value).items()}
        if any(print_ is None for print_ in prints.values()):
            continue
        prints = {
            name: [float(f"{x:.7g}") for x in print_[:3]]
            for name, print_ in prints.items() if not same_fingerprint(right[name], print_[:3])
        }
        if prints:
            found.append({"says": mistake.says, "hint": mistake.hint, "prints": prints})
    return found


def is_whole(task: Task, value: Value) -> bool:
    """Whether a wrong version returned all outputs."""
    if task.returns_dict:
        return isinstance(value, dict) and value.keys() >= task.outputs.keys()
    return isinstance(value, tuple | list) and len(value) == len(task.outputs)


def by_name(task: Task, value: Value) -> dict[str, Value]:
    """What a task returned, each output under its name."""
    return {n: value[n] for n in task.outputs} if task.returns_dict else dict(zip(task.outputs, value, strict=True))


def path_of(label: str) -> list[str | int]:
    """The keys that lead from the outputs to what a label such as ``cache[1][3]`` names."""
    name, indices = LABEL.fullmatch(label).groups()
    return [name, *map(int, re.findall(r"\d+", indices))]
