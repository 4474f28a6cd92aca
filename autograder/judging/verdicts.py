"""Verdicts: what a student's function returned is compared here, on the host, where no student code runs.

Arguments go to the process that holds the student's code, plain values come back (`sandbox.session.Session`).

A function counts as its check cell saw it, or as the notebook left it, whichever is better.

One mistake costs once. A task that calls another is judged at most twice: as the student wrote it, and, if that is
not all right, with the reference's function in place of the one it calls. The better of the two counts. If the
reference helped, the verdict names the function to blame. If both are worth the same and the function that it calls is
wrong, the words are on the second: they show this task's own mistake.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..course.assignment import Assignment
from ..model import Task, Verdict
from ..sandbox.session import Session
from .comparison import find_gaps, leaves_arguments
from .diagnosis import diagnose
from .later_cells import may_change
from .reference_callees import reference_callee
from .task_run import TaskRun


@dataclass(frozen=True)
class Checks:
    """The places of the check cells among a notebook's other code cells."""

    sources: Sequence[str]  # of those cells
    trusted: frozenset[str | None]  # sources that are the assignment's own
    places: Mapping[str, int]  # how many of them are above each task's check; without tasks that nobody began


JUDGED_AT_CHECK = "Judged in the state in which its check cell ran, not in the one that the last cell left."


def judge(session: Session, assignment: Assignment) -> tuple[Verdict, ...]:
    """Return the verdicts on all tasks of an assignment, in the notebook's order.

    Parameters
    ----------
    session : Session
        Holds the student's functions, after the notebook's cells have run.
    assignment : Assignment
    """
    verdicts: dict[str, Verdict] = {}
    for name in callees_first(assignment.tasks):
        verdicts[name] = judge_task(session, assignment, name, verdicts)
    return tuple(verdicts[name] for name in assignment.tasks)


def judge_at_checks(
    session: Session, assignment: Assignment, verdicts: Sequence[Verdict], checks: Checks
) -> tuple[Verdict, ...]:
    """Return the verdicts, with better ones for functions that were better when their check cells ran.

    Only what was not right is judged again. The cells run once more in one process, from one check to the next.
    """
    best = {verdict.task: verdict for verdict in verdicts}
    for name, place in sorted(checks.places.items(), key=lambda item: item[1]):
        at_end = best[name]
        if at_end.passed and not at_end.blamed_on:
            continue
        if not may_change(name, checks.sources, place, checks.trusted) or not session.run_to(place):
            continue
        at_check = judge_task(session, assignment, name, best)
        # of two that are worth the same, the words on what the cell itself shows are the better ones
        if at_check != at_end and (at_check.score, not at_check.blamed_on) >= (at_end.score, not at_end.blamed_on):
            best[name] = replace(at_check, judged_at="check", notes=(*at_check.notes, JUDGED_AT_CHECK))
    return tuple(best.values())


def callees_first(tasks: Mapping[str, Task]) -> list[str]:
    """Return the tasks' names, each after the tasks that it calls."""
    order: list[str] = []

    def visit(name: str) -> None:
        if name in tasks and name not in order:
            for callee in tasks[name].calls:
                visit(callee)
            order.append(name)

    for name in tasks:
        visit(name)
    return order


def judge_task(
    session: Session, assignment: Assignment, name: str, earlier: Mapping[str, Verdict] | None = None
) -> Verdict:
    """Return the verdict on one task; ``earlier`` holds the verdicts on the tasks that it calls."""
    task, earlier = assignment.tasks[name], earlier or {}
    own = TaskRun.start(session, assignment, task)
    callees = [callee for callee in task.calls if callee in assignment.tasks]
    replacing = {callee: reference_callee(assignment, callee) for callee in callees}
    if callees and own.share < 1 and own.is_defined:
        replaced = TaskRun.start(session, assignment, task, replacing)
        failed = [callee for callee in callees if callee in earlier and not earlier[callee].passed]
        if replaced.share > own.share:
            return make_verdict(replaced, own, (failed or callees)[0])
        if failed and replaced.share == own.share and replaced.has_passed("returns"):
            # worth the same: the words are on this task's own mistake, which the callee's would hide
            verdict = make_verdict(replaced, own)
            note = f"Looked at with a correct `{failed[0]}` in place of yours, which is not right yet."
            return replace(verdict, notes=(*verdict.notes, note))
    return make_verdict(own, own)


def make_verdict(run: TaskRun, own: TaskRun, blamed_on: str | None = None) -> Verdict:
    """Return the verdict that follows from a task's run.

    Parameters
    ----------
    run : TaskRun
        The one that counts.
    own : TaskRun
        With the student's own callees, as in the check cell.
    blamed_on : str, optional
        The callee that was replaced in ``run``.
    """
    assignment, task = run.assignment, run.task
    points, findings = assignment.points[task.name], [run.find_visible_gap(check) for check in run.differing]
    checks = run.make_checks(points, findings)
    wrong = run.wrong_outputs if run.keeps_arguments else (*run.wrong_outputs, "arguments")
    notes = list(dict.fromkeys(note for finding in findings for note in finding.notes))
    if 0 < run.share < 1 and not run.has_passed("returns"):
        notes.append(f"The call works on {len(run.comparable)} of the {len(run.gaps)} sets of arguments that count. "
                     "What is right there earns that part of its points.")
    if blamed_on:
        notes.append(f"Judged with a correct `{blamed_on}` in place of yours: yours makes `{task.name}` go wrong.")
    public, seen = assignment.visible_cases(task.name)[0], own.visible[0]
    return Verdict(
        task.name, points if run.share == 1 else sum(check.points for check in checks), points, checks,
        diagnose(assignment, task, run.hidden, wrong) if wrong else None, blamed_on,
        public_passed=not find_gaps(task, public, seen) and leaves_arguments(public, seen), notes=tuple(notes),
        question=findings[0].question if findings else None,
    )
