"""Grade one submission: its bytes in, a report and a graded notebook out. No database, no global state.

Also `award`, the line in each hidden test: the points of a function in the notebook that runs it.
"""

from __future__ import annotations

import difflib
import platform
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from nbformat import NotebookNode, from_dict

from .course import scaffold
from .course.assignment import Assignment
from .course.course import Course
from .course.public_cases import support_files
from .errors import CourseError
from .judging import Checks, Solution, add_lines_if_possible, judge, judge_at_checks, judge_task
from .judging.running import handed_out_cells, note_skipped, reference_cells, sources_to_run
from .model import CellRun, Repair, Report, Verdict
from .notebooks import finding
from .notebooks.reading import parse_notebook
from .notebooks.repair import repair_notebook
from .notebooks.waiting import WAITS, count_blanks, find_waiting_lines
from .notebooks.worked import checks_run, describe_work
from .pages.plain_text import clean_text, name_cells
from .pages.verdicts import outputs_of
from .sandbox import Sandbox
from .sandbox.local import LocalSession
from .sandbox.session import known_exception

MAX_LINES = 4  # of a cell, which a sentence lists
MAX_ERROR = 300  # characters of the message that stopped a cell


@dataclass(frozen=True)
class Graded:
    """A graded submission."""

    report: Report
    notebook: NotebookNode  # repaired, with outputs, points and feedback


def grade_submission(
    content: bytes, assignment: Assignment, sandbox: Sandbox, *, student: str = "student",
    path: str | Path = "notebook", repairs: Iterable[Repair] = (), own_files: Mapping[str, bytes] | None = None,
) -> Graded:
    """Read and repair a submitted notebook, run its cells in the sandbox, and judge its tasks.

    Parameters
    ----------
    content : bytes
        The notebook's file.
    assignment : Assignment
    sandbox : Sandbox
    student : str
        For the report.
    path : path
        The file's name in errors.
    repairs : iterable of Repair
        Repairs made before, which come first in the report.
    own_files : mapping of str to bytes, optional
        The student's own files beside the notebook, from `notebooks.own_files.read_own_files`.

    Raises
    ------
    NotebookError
        The content is no notebook.
    SandboxError
        The sandbox failed, through no fault of the student's.
    """
    submitted = parse_notebook(content, path)
    checks_ran = checks_run(submitted)
    nb, repaired = repair_notebook(submitted, assignment.template)
    report = judge_notebook(nb, assignment, sandbox, student=student, repairs=(*repairs, *repaired),
                            own_files=own_files, checks_ran=checks_ran)
    return Graded(report, fill_notebook(nb, report))


def judge_notebook(
    nb: NotebookNode, assignment: Assignment, sandbox: Sandbox, *, student: str = "student",
    repairs: tuple[Repair, ...] = (), own_files: Mapping[str, bytes] | None = None,
    checks_ran: Mapping[str, bool] | None = None,
) -> Report:
    """Run a repaired notebook's cells in the sandbox, and judge its tasks. See `grade_submission`.

    ``checks_ran`` is what `notebooks.worked.checks_run` found in the notebook before it was repaired.
    """
    start = time.perf_counter()
    sources, files = sources_to_run(nb, assignment), support_files(assignment)
    times = sandbox.time_cells(reference_cells(assignment), files)
    with sandbox.open(list(sources.items()), files, times, own_files) as session:
        verdicts = judge(session, assignment)
        checks = find_checks(nb, assignment, repairs, sources)
        if not all(verdict.passed and not verdict.blamed_on for verdict in verdicts):
            verdicts = judge_at_checks(session, assignment, verdicts, checks)
        runs = dict(zip(sources, session.cells, strict=True))
        runs = note_skipped(nb, assignment, sources, runs)
        verdicts = tuple(add_circumstances(verdict, nb, assignment, runs) for verdict in verdicts)
        solutions = find_solutions(nb, list(sources), checks)
        verdicts = add_lines_if_possible(session, assignment, verdicts, solutions, len(sources))
    verdicts = tuple(map(say_waiting, verdicts))
    wrong = [verdict.task for verdict in verdicts if not (verdict.passed or verdict.untouched or verdict.blamed_on)]
    work = describe_work(nb, {task: assignment.reference.sources[task] for task in assignment.tasks}, wrong,
                         checks_ran or {})
    return Report(assignment.name, student, "graded", verdicts, None, repairs, sandbox.level,
                  time.perf_counter() - start, session.peak_memory, runs, work=work)


def fill_notebook(nb: NotebookNode, report: Report) -> NotebookNode:
    """Put the cells' outputs into a repaired notebook, and feedback and points into its test cells. Return it."""
    verdicts = {finding.tests_of(verdict.task): verdict for verdict in report.verdicts}
    for _, cell in finding.code_cells(nb):
        grade_id = finding.nbgrader_metadata(cell).get("grade_id")
        if grade_id in verdicts:
            cell.outputs = from_dict(list(outputs_of(verdicts[grade_id])))
        elif cell.id in report.cells:
            run = report.cells[cell.id]
            cell.outputs, cell.execution_count = from_dict(list(run.outputs)), run.execution_count
    return nb


def find_checks(nb: NotebookNode, assignment: Assignment, repairs: Iterable[Repair], run: Mapping[str, str]
                ) -> Checks:
    """Return the places of the check cells of tasks that were begun, without those that the student had removed."""
    put_back = {repair.cell for repair in repairs if repair.kind in ("cell missing", "cell added later")}
    tasks = {finding.tests_of(name): name for name in assignment.tasks}
    own = finding.solution_cells(nb)
    sources, places = list[str](), dict[str, int]()
    for _, cell in finding.code_cells(nb):
        grade_id = finding.nbgrader_metadata(cell).get("grade_id")
        if cell.id in run:
            sources.append(run[cell.id])
        elif grade_id in tasks and grade_id not in put_back:
            task = tasks[grade_id]
            if task not in own or not is_untouched(task, own[task], nb, assignment):
                places[task] = len(sources)
    trusted = handed_out_cells(assignment) | frozenset(assignment.skipped.values())
    return Checks(sources, trusted, places)


def find_solutions(nb: NotebookNode, cells: Sequence[str], checks: Checks) -> dict[str, Solution]:
    """Return the solution cells of the tasks that were begun, with their places among the ids of what runs."""
    places = {cell: place for place, cell in enumerate(cells)}
    own = finding.solution_cells(nb)
    return {task: Solution(own[task].source, places[own[task].id], check)
            for task, check in checks.places.items() if task in own and own[task].id in places}


def add_circumstances(
    verdict: Verdict, nb: NotebookNode, assignment: Assignment, runs: Mapping[str, CellRun]
) -> Verdict:
    """Return the verdict with what is known of its cell: it is untouched, half done, or stopped while it ran."""
    cell = None if verdict.passed else finding.solution_cells(nb).get(verdict.task)
    if cell is None:
        return verdict
    if is_untouched(verdict.task, cell, nb, assignment):
        note = f"`{verdict.task}` is not done yet: its cell is as it was released."
        return replace(verdict, notes=(note,), untouched=True)
    if is_defined_elsewhere(verdict.task, nb, cell):
        return add_stop(verdict, nb, cell, runs)
    if note := note_misspelling(verdict.task, cell.source):
        return replace(verdict, notes=(*verdict.notes, note))
    released, solution = released_source(assignment, verdict.task), assignment.reference.sources[verdict.task]
    if waiting := find_waiting_lines(cell.source, released, solution):
        if len(waiting) == count_blanks(released, solution) and not verdict.score:
            note = f"`{verdict.task}` is not done yet: none of its {len(waiting)} lines has a value."
            return replace(verdict, notes=(note,), untouched=True)
        verdict = replace(verdict, waiting=waiting, question="What belongs there in place of `None`?")
    return add_stop(verdict, nb, cell, runs)


def note_misspelling(task: str, source: str) -> str:
    """Return a sentence on a function whose name is almost the task's; "" if the task's own is there, or none is."""
    names = finding.defined_functions(source)
    alike = difflib.get_close_matches(task, names, 1, 0.85) if task not in names else []
    return f"Its cell defines `{alike[0]}`. Is `{task}` meant?" if alike else ""


def add_stop(verdict: Verdict, nb: NotebookNode, cell: NotebookNode, runs: Mapping[str, CellRun]) -> Verdict:
    """Return the verdict with what stopped its cell, if something did."""
    note = describe_run(runs[cell.id], cell.id, nb) if cell.id in runs else ""
    if not note:
        return verdict
    if any(check.kind != "missing" for check in verdict.checks[:1]):
        note += f" `{verdict.task}` was judged all the same."
    return replace(verdict, notes=(*verdict.notes, note))


def say_waiting(verdict: Verdict) -> Verdict:
    """Return the verdict with each line that waits for a value said once: at the line, or else in a note."""
    if not verdict.waiting:
        return verdict
    lines = tuple(replace(line, says=WAITS) if line.line in verdict.waiting else line for line in verdict.lines)
    rest = [number for number in verdict.waiting if number not in {line.line for line in lines}]
    return replace(verdict, lines=lines, notes=(describe_waiting(rest), *verdict.notes) if rest else verdict.notes)


def describe_waiting(lines: Sequence[int]) -> str:
    """Return a sentence on the lines of a cell that have no value."""
    if len(lines) == 1:
        return f"Line {lines[0]} of the cell still waits for a value."
    shown = [str(line) for line in lines[:MAX_LINES]]
    last = f"{len(lines) - MAX_LINES} more" if len(lines) > MAX_LINES else shown.pop()
    return f"Lines {', '.join(shown)} and {last} of the cell still wait for a value."


def describe_run(run: CellRun, cell_id: str, nb: NotebookNode) -> str:
    """Return a sentence on what stopped a cell; "" if nothing did."""
    number = 1 + [cell.id for cell in nb.cells].index(cell_id)
    if run.problem:
        return f"Running its cell, number {number} of the notebook, {run.problem.text}."
    if not run.error:
        return ""
    name, text = run.error
    text = name_cells(clean_text(text, MAX_ERROR), {run.execution_count: number} if run.execution_count else {})
    text = " ".join(text.split()).rstrip(".")
    known = known_exception(name)
    more = {"ModuleNotFoundError": " The grader has no module of this name.",
            "SyntaxError": f" The grader runs Python {platform.python_version()}."}.get(known, "")
    return f"Its cell, number {number} of the notebook, stops with {name[:80]}: {text}.{more}"


def is_untouched(task: str, own: NotebookNode, nb: NotebookNode, assignment: Assignment) -> bool:
    """Tell if a task's own cell is as it was released, and no other cell defines its function."""
    return (
        own.source.strip() == released_source(assignment, task).strip()
        or assignment.template.roles[task].was_handed_out(own)
    ) and not is_defined_elsewhere(task, nb, own)


def is_defined_elsewhere(task: str, nb: NotebookNode, own: NotebookNode) -> bool:
    """Tell if another cell than a task's own defines its function."""
    return any(f"def {task}(" in cell.source for _, cell in finding.code_cells(nb) if cell is not own)


@lru_cache(maxsize=256)
def released_source(assignment: Assignment, task_name: str) -> str:
    """Return a solution cell as students get it."""
    return scaffold.scaffold_source(assignment.reference.sources[task_name])


def award(function: Callable[..., Any]) -> float:
    """Return the points that a function of the running notebook earns. The hidden part of a test cell calls this.

    It is meant for the instructor's own notebook, since it judges in the same process. A class is graded by a judge
    outside the student's process, which does not run this line.

    Returns
    -------
    float
        Within [0, points of the function's test cell].
    """
    assignment = _find_assignment(function.__name__, str(Path.cwd()))
    verdict = judge_task(LocalSession(function.__globals__), assignment, function.__name__)
    for check in verdict.checks:
        if not check.passed:
            print(f"{verdict.task}, {check.name}: {check.message}")
    return float(verdict.score)


@cache
def _find_assignment(task_name: str, folder: str) -> Assignment:
    """Return the assignment with this task: the one of the folder, or else the first that has it."""
    course = Course.find(folder)
    for name in sorted(course.assignments, key=lambda name: name != Path(folder).name):
        assignment = course.assignment(name)
        if task_name in assignment.tasks:
            return assignment
    raise CourseError(course.root, f"no assignment has a task {task_name!r}", "Add its solution and test cells.")
