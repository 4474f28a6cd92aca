"""Grade numpy notebooks: run them in a sandbox, judge each task, name the mistakes.

Grade one submission from Python::

    from pathlib import Path
    from autograder import Course, Sandbox, grade_submission

    assignment = Course.find().assignment("k-means")
    with Sandbox() as sandbox:
        graded = grade_submission(Path("ada.ipynb").read_bytes(), assignment, sandbox)
    print(graded.report.score, [verdict.diagnosis for verdict in graded.report.verdicts])

Names are imported when they are first used, so that ``import autograder`` stays fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .course.assignment import Assignment
    from .course.course import Course
    from .errors import AutograderError
    from .grade import Graded, award, grade_submission
    from .model import Check, Diagnosis, Mistake, Report, Task, Verdict
    from .sandbox import Limits, Sandbox

__all__ = [
    "Assignment", "AutograderError", "Check", "Course", "Diagnosis", "Graded", "Limits", "Mistake", "Report", "Sandbox",
    "Task", "Verdict", "award", "grade_submission",
]  # fmt: skip
__version__ = "0.2.0"

#: The module of each name.
_MODULES = {
    "errors": ("AutograderError",),
    "model": ("Check", "Diagnosis", "Mistake", "Report", "Task", "Verdict"),
    "course.course": ("Course",),
    "course.assignment": ("Assignment",),
    "sandbox": ("Limits", "Sandbox"),
    "grade": ("Graded", "award", "grade_submission"),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f".{module}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
