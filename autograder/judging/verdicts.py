"""Verdicts: what a student's function returned is compared here, on the host, where no student code runs.

Arguments go to the process that holds the student's code, plain values come back (`sandbox.session.Session`).

One mistake costs once. A task that calls another is judged at most twice: as the student wrote it, and, if that is
not all right, with the reference's function in place of the one it calls. The better of the two counts. If the
reference helped, the verdict names the function to blame.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..course.assignment import Assignment
from ..model import Task, Verdict
from ..sandbox.session import Session
from .comparison import find_gaps
from .diagnosis import diagnose
from .reference_callees import reference_callee
from .task_run import TaskRun


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
        if replaced.share > own.share:
            failed = [callee for callee in callees if callee in earlier and not earlier[callee].passed]
            return make_verdict(replaced, own, (failed or callees)[0])
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
    if blamed_on:
        notes.append(f"Judged with a correct `{blamed_on}` in place of yours: yours makes `{task.name}` go wrong.")
    public = assignment.visible_cases(task.name)[0]
    return Verdict(
        task.name, points if run.share == 1 else sum(check.points for check in checks), points, checks,
        diagnose(assignment, task, run.hidden, wrong) if wrong else None, blamed_on,
        public_passed=not find_gaps(task, public, own.visible[0]), notes=tuple(notes),
        question=findings[0].question if findings else None,
    )
