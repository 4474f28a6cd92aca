"""Measure the judge on answers of strangers: people who never saw the catalogue of mistakes.

Right answers that are written in other ways are in ``source/``; wrong ones, each with
a sentence on what is wrong, beside this file. None of them was written with the catalogue at hand.

Run ``python -m tests.strangers.measure`` for a table, ``... measure --says [TASK ...]`` to read each diagnosis
beside what is really wrong.
"""

import argparse
import contextlib
import sys
import time
import tomllib
from pathlib import Path
from typing import NamedTuple

from autograder.course.course import Course
from autograder.judging import callees_first, judge_task
from autograder.judging.line_audit import judge_lines
from autograder.sandbox.local import LocalSession

ROOT = Path(__file__).parent.parent.parent
NAME = "rnn-step-by-step"
VARIANTS = ROOT / "source" / NAME / "variants"
WRONG = Path(__file__).parent
COLUMNS = ("right", "full marks", "wrong", "lose points", "public fails", "named", "right line", "other line",
           "no line", "line named", "elsewhere", "seconds")


class Answer(NamedTuple):
    """One way to write a task: substitutions in the instructor's solution, and what is wrong with it, if anything."""

    id: str
    replace: list[list[str]]
    what: str = ""

    def written(self, source):
        """Return the solution as this stranger wrote it; each left side must occur exactly once."""
        for old, new in self.replace:
            if source.count(old) != 1:
                raise ValueError(f"{self.id}: {old!r} stands {source.count(old)} times")
            source = source.replace(old, new)
        return source

    def defines(self, source):
        """Return the names that this stranger's cell defines at the notebook's level."""
        try:
            code = compile(self.written(source), f"<cell {self.id}>", "exec")
        except SyntaxError:
            return ()
        return code.co_names


def read_answers(folder, task):
    """Return the answers of ``folder/<task>.toml``, in the file's order."""
    entries = tomllib.loads((folder / f"{task}.toml").read_text(encoding="utf-8"))
    return [Answer(name, **entry) for name, entry in entries.items()]


def verdicts_on(assignment, task, answer, judged=None):
    """Judge the instructor's notebook with one task replaced. Return the verdicts by task, of all or of some tasks."""
    namespace = {**assignment.reference.run_imports(), "__name__": "__main__"}
    sources = {**assignment.reference.sources, task: answer.written(assignment.reference.sources[task])}
    for name, source in sources.items():
        with contextlib.suppress(SyntaxError):  # as in a notebook: that cell defines nothing
            exec(compile(source, f"<cell {name}>", "exec"), namespace)
    with contextlib.redirect_stdout(None):
        session, verdicts = LocalSession(namespace), {}
        for name in callees_first(assignment.tasks):
            if judged is None or name in judged:
                verdicts[name] = judge_task(session, assignment, name, verdicts)
    return verdicts


def elsewhere(verdicts, task):
    """Return the other tasks that lose points."""
    return [name for name, verdict in verdicts.items() if name != task and verdict.score < verdict.max_score]


def measure_task(assignment, task, says):
    """Return one row of the table, and lines for each failure and, if wanted, each diagnosis."""
    began, lines = time.perf_counter(), []
    right, full = read_answers(VARIANTS, task), 0
    for answer in right:
        verdict = verdicts_on(assignment, task, answer)[task]
        failed = [f"{check.name}: {check.message}" for check in verdict.checks if not check.passed]
        full += verdict.score == verdict.max_score and not failed and not verdict.diagnosis
        lines += [f"{task}: right {answer.id!r} is refused: {text}" for text in failed]
    wrong, lose, public, named, spread = read_answers(WRONG, task), 0, 0, 0, 0
    found = {"right": 0, "other": 0, "silent": 0, "named": 0}
    for answer in wrong:
        verdicts = verdicts_on(assignment, task, answer)
        verdict, others = verdicts[task], elsewhere(verdicts, task)
        lose += verdict.score < verdict.max_score
        public += not verdict.public_passed
        named += verdict.diagnosis is not None
        spread += bool(others)
        shown, line = judge_lines(assignment, task, answer.written(assignment.reference.sources[task]))
        found[line] += 1
        found["named"] += line == "right" and all(one.is_named for one in shown)
        if verdict.score == verdict.max_score:
            lines.append(f"{task}: wrong {answer.id!r} loses nothing")
        if others:
            lines.append(f"{task}: wrong {answer.id!r} costs points in {', '.join(others)}")
        if says:
            lines += describe(answer, verdict)
    seconds = round(time.perf_counter() - began, 1)
    row = (len(right), full, len(wrong), lose, public, named, *found.values(), spread, seconds)
    return row, lines


def describe(answer, verdict):
    """Yield what is wrong, and the diagnosis or the failed checks."""
    score = f"{verdict.score:.4g} of {verdict.max_score:.4g}"
    yield f"[{answer.id}] {answer.what} ({score}{', public passes' if verdict.public_passed else ''})"
    if verdict.diagnosis:
        yield f"    = {verdict.diagnosis.mistake}: {verdict.diagnosis.says}"
    else:
        yield from (f"    - {check.message}" for check in verdict.checks if not check.passed)
        yield from (f"    ~ {note}" for note in verdict.notes)


def main(arguments):
    parser = argparse.ArgumentParser(description="Measure the judge on answers of strangers.")
    parser.add_argument("tasks", nargs="*", help="tasks to measure; all without any")
    parser.add_argument("--says", action="store_true", help="show each diagnosis beside what is really wrong")
    options = parser.parse_args(arguments)
    assignment = Course(ROOT).assignment(NAME)
    rows = {}
    for task in options.tasks or assignment.tasks:
        rows[task], lines = measure_task(assignment, task, options.says)
        print(*lines, sep="\n" if lines else "", end="\n" if lines else "")
    rows["all"] = tuple(map(sum, zip(*rows.values(), strict=True)))
    print(f"\n{'task':20}", *(f"{column:>12}" for column in COLUMNS))
    for task, row in rows.items():
        print(f"{task:20}", *(f"{number:12g}" for number in row))


if __name__ == "__main__":
    main(sys.argv[1:])
