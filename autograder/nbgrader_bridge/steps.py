"""nbgrader's default lists of preprocessors with ours put in, for nbgrader_config.py.

A list is built from nbgrader's own default, so that a step which a later version adds is not lost. Importing nbgrader
takes 0.9 s, which most commands do without: the defaults of one version are written down here, and a test compares
them with nbgrader's.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import version

from ..course.settings import CONFIG
from ..errors import CourseError

KNOWN = "0.9.6"  # the version of nbgrader with these defaults
DEFAULTS = {
    "GenerateAssignment.preprocessors":
        "IncludeHeaderFooter InstantiateTests LockCells ClearSolutions ClearOutput CheckCellMetadata ComputeChecksums "
        "SaveCells ClearHiddenTests ClearMarkScheme ComputeChecksums CheckCellMetadata",
    "Autograde.sanitize_preprocessors":
        "ClearOutput DeduplicateIds OverwriteKernelspec OverwriteCells CheckCellMetadata",
    "Autograde.autograde_preprocessors":
        "Execute IgnorePattern nbconvert.ClearMetadataPreprocessor LimitOutput SaveAutoGrades AssignLatePenalties "
        "CheckCellMetadata",
    "GenerateFeedback.preprocessors": "GetGrades nbconvert.CSSHTMLHeaderPreprocessor",
}  # fmt: skip


def steps_with_ours(
    trait: str, replace: Mapping[str, str] | None = None, append: Sequence[str] = ()
) -> list[str]:
    """Return nbgrader's default list of steps with some replaced and others at its end, as dotted names.

    Parameters
    ----------
    trait : str
        A converter of nbgrader's and its list, for example ``"Autograde.sanitize_preprocessors"``.
    replace : mapping of str to str, optional
        The dotted name that takes the place of a step, by the name of the step's class.
    append : sequence of str, optional
        Dotted names.

    Raises
    ------
    CourseError
        nbgrader's list has no step of a name that is to be replaced.
    """
    replace = replace or {}
    steps = default_steps(trait)
    if missing := replace.keys() - {step.rpartition(".")[2] for step in steps}:
        problem = f"nbgrader {version('nbgrader')} has no {', '.join(sorted(missing))} in {trait}"
        raise CourseError(CONFIG, problem, "Install the locked version of nbgrader: make setup.")
    return [*(replace.get(step.rpartition(".")[2], step) for step in steps), *append]


def default_steps(trait: str) -> list[str]:
    """Return the default list of steps of the installed nbgrader, as dotted names."""
    if version("nbgrader") == KNOWN and "nbgrader.converters" not in sys.modules:
        names = (name if "." in name else f"nbgrader.{name}" for name in DEFAULTS[trait].split())
        return [name.replace(".", ".preprocessors.") for name in names]
    converter, _, name = trait.partition(".")
    found = getattr(import_module("nbgrader.converters"), converter).class_traits()[name].default()
    return [step if isinstance(step, str) else dotted_name(step) for step in found]


def dotted_name(step: type) -> str:
    """Return the name by which a step is imported: that of its package if it is one of many preprocessors there."""
    module = step.__module__.rpartition(".preprocessors.")[0]
    return f"{module}.preprocessors.{step.__name__}" if module else f"{step.__module__}.{step.__qualname__}"
