"""Do for a graded notebook what the steps of nbgrader's autograde do, without its database.

Each of nbgrader's steps opens the database anew and asks it about each cell. Here a `Structure` has all answers.
Importing nbgrader takes 0.9 s, so it is imported only for what a course adds to the steps that it comes with.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

from nbformat import NotebookNode
from traitlets.config import Config
from traitlets.utils.importstring import import_item

from ..course.settings import CONFIG, find_modules
from ..errors import CourseError
from ..model import Report
from ..notebooks.finding import NO_RESPONSE, compute_checksum, nbgrader_metadata, tests_of
from .gradebook import Structure

Step = Callable[[NotebookNode, dict[str, Any]], tuple[NotebookNode, dict[str, Any]]]

#: The steps of nbgrader, and ours, whose effect `grade_submission` and this module have.
REPLACED = {("nbgrader", name) for name in (
    "ClearOutput", "DeduplicateIds", "OverwriteKernelspec", "OverwriteCells", "CheckCellMetadata", "Execute",
    "SaveAutoGrades", "AssignLatePenalties")} | {
        ("autograder", "Restore"), ("autograder", "Judge"), ("autograder", "SaveGrades")}
#: Steps of nbgrader's lists that do nothing unless a course switches them on, as c.IgnorePattern.enabled does.
SWITCHED_OFF = {("nbgrader", "IgnorePattern"), ("nbconvert", "ClearMetadataPreprocessor")}


def complete_metadata(nb: NotebookNode, structure: Structure) -> None:
    """Set kernel and checksums as the gradebook has them, as OverwriteKernelspec and OverwriteCells do."""
    if structure.kernelspec:
        nb.metadata["kernelspec"] = NotebookNode(structure.kernelspec)
    for cell in nb.cells:
        name = nbgrader_metadata(cell).get("grade_id")
        if name is not None and name in structure.cells:
            cell.metadata.nbgrader["checksum"] = structure.cells[name].checksum


def auto_scores(nb: NotebookNode, report: Report) -> dict[str, float | None]:
    """Return each graded cell's automatic score by grade_id; None asks for a manual grade."""
    judged = {tests_of(verdict.task): verdict.score for verdict in report.verdicts}
    scores: dict[str, float | None] = {}
    for cell in nb.cells:
        metadata = nbgrader_metadata(cell)
        if metadata.get("grade"):
            name = metadata["grade_id"]
            scores[name] = judged[name] if name in judged and _shows(cell, judged[name]) else _score_of(cell)
    return scores


def _shows(cell: NotebookNode, score: float) -> bool:
    """Return whether a test cell still ends with the judge's score, which a step of the course's may have changed."""
    return bool(cell.outputs) and cell.outputs[-1].get("data") == {"text/plain": repr(float(score))}


def _score_of(cell: NotebookNode) -> float | None:
    from nbgrader.utils import determine_grade

    return determine_grade(cell)[0]


def auto_comments(nb: NotebookNode) -> dict[str, str | None]:
    """Return nbgrader's automatic comment on each cell in which students write, by grade_id."""
    comments = {}
    for cell in nb.cells:
        metadata = nbgrader_metadata(cell)
        if metadata.get("solution") or metadata.get("task"):
            untouched = not metadata.get("task") and metadata.get("checksum") == compute_checksum(cell)
            comments[metadata["grade_id"]] = NO_RESPONSE if untouched else None
    return comments


def limit_output(nb: NotebookNode, resources: dict[str, Any], config: Config) -> tuple[NotebookNode, dict[str, Any]]:
    """Shorten long outputs with nbgrader's LimitOutput, which is imported only if an output is long."""
    max_lines, max_traceback = config.LimitOutput.get("max_lines", 1000), config.LimitOutput.get("max_traceback", 100)
    for cell in nb.cells:
        outputs = cell.get("outputs", ())
        lines = sum(output.text.count("\n") + 1 for output in outputs if output.output_type == "stream")
        traceback = max((len(output.traceback) for output in outputs if output.output_type == "error"), default=0)
        if lines >= max_lines >= 0 or traceback > max_traceback >= 0:
            from nbgrader.preprocessors import LimitOutput

            return LimitOutput(config=config)(nb, resources)
    return nb, resources


# ---- the steps of a course's configuration ------------------------------------------------------------------


def extra_steps(config: Config) -> tuple[list[Step], list[Step]]:
    """Return the preprocessors that a course adds to the two passes of nbgrader's autograde.

    Raises
    ------
    CourseError
        One cannot be imported or made, or ours are missing: students' code would run outside the sandbox.
    """
    passes = ("sanitize_preprocessors", "autograde_preprocessors")
    listed = [(trait, step, name_of(step)) for trait in passes for step in config.Autograde.get(trait, [])]
    for needed in ("Restore", "Judge"):
        if ("autograder", needed) not in [name for _, _, name in listed]:
            raise CourseError(CONFIG, f"autograde's steps lack autograder.nbgrader_bridge.hooks.{needed}",
                              "Take the lists from the configuration that came with the course.")
    added = {trait: [_make(trait, step, config) for where, step, name in listed
                     if where == trait and name not in REPLACED and not _is_off(name, config)] for trait in passes}
    return added[passes[0]], added[passes[1]]


def _is_off(name: tuple[str, str], config: Config) -> bool:
    return name in SWITCHED_OFF and not config.get(name[1], {}).get("enabled", False)


def name_of(step: str | type) -> tuple[str, str]:
    """Return the top package and the name of a step, which is a class or a class's dotted name."""
    dotted = step if isinstance(step, str) else f"{step.__module__}.{step.__qualname__}"
    return dotted.partition(".")[0], dotted.rpartition(".")[2]


def step_names(config: Config) -> list[tuple[str, str]]:
    """Return the names of all steps in the configuration's two lists."""
    return [name_of(step) for trait in ("sanitize_preprocessors", "autograde_preprocessors")
            for step in config.Autograde.get(trait, [])]


def run_steps(steps: Sequence[Step], nb: NotebookNode, resources: Mapping[str, Any]) -> NotebookNode:
    """Return the notebook after some steps."""
    passed = dict(resources)
    for step in steps:
        nb, passed = step(nb, passed)
    return nb


def _make(trait: str, step: str | type, config: Config) -> Step:
    if name_of(step) == ("nbgrader", "LimitOutput"):
        for name, value in config.LimitOutput.items():
            if name in ("max_lines", "max_traceback") and not isinstance(value, int):
                problem = f"LimitOutput cannot be made (TraitError: {name} is {value!r}, no whole number)"
                raise CourseError(CONFIG, problem, "Mend its settings, or take it out of the list.")
        return partial(limit_output, config=config)
    find_modules(config.CourseDirectory.get("root", "."))
    try:
        found = import_item(step) if isinstance(step, str) else step
    except Exception as error:  # importing a module may raise anything
        problem = f"c.Autograde.{trait} names {step!r}, which cannot be imported ({error})"
        raise CourseError(CONFIG, problem, "Is the name right, and does Python find it from here?") from error
    try:
        return found(config=config)
    except Exception as error:  # an error of traitlets, or of the course's own step
        problem = f"{getattr(found, '__name__', found)} cannot be made ({type(error).__name__}: {error})"
        raise CourseError(CONFIG, problem, "Mend its settings, or take it out of the list.") from error


@cache
def quiet_log() -> logging.Logger:
    """Return a log that says nothing, for steps of nbgrader that warn of every honest submission."""
    log = logging.Logger("autograder.quiet")
    log.addHandler(logging.NullHandler())
    return log
