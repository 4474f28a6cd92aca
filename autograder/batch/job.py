"""Describe the grading of one assignment as plain data, for workers on this machine or another."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path

from traitlets.config import Config

from ..course.assignment import Assignment, AssignmentBundle
from ..course.settings import CONFIG
from ..errors import CourseError
from ..nbgrader_bridge.autograded import step_names
from ..nbgrader_bridge.gradebook import Structure
from ..sandbox import LEVELS

PACKAGE = Path(__file__).parents[1]
UNUSED = ("CourseDirectory", "Attempts")  # sections of the configuration on which no grade depends
ISOLATIONS = ("best", "strict", *LEVELS)


@dataclass(frozen=True)
class Job:
    """All that grading an assignment needs of its course."""

    assignment: AssignmentBundle
    structure: Structure
    config: Config = field(compare=False)
    isolation: str  # a setting of `hooks.Judge`
    code: str  # `code_digest` of the process that made the job
    digest: str  # of all of it


def make_job(assignment: Assignment, structure: Structure, config: Config, isolation: str | None = None) -> Job:
    """Return the job of grading an assignment. Without ``isolation``, the course's own setting holds.

    Raises
    ------
    CourseError
        The course's setting is no isolation level.
    """
    isolation = isolation or isolation_of(config)
    settings = {section: values for section, values in config.items() if section not in UNUSED}
    # a database returns rows in any order
    known = [sorted(value.items()) if isinstance(value, Mapping) else value for value in vars(structure).values()]
    digest = digest_of(assignment.bundle.digest, repr(known), isolation, repr(sorted(settings.items())),
                       repr(step_names(config)), code_digest())
    config = deepcopy(config)
    config.CourseDirectory.pop("db_url", None)  # it holds a password, which no worker needs
    return Job(assignment.bundle, structure, config, isolation, code_digest(), digest)


def isolation_of(config: Config) -> str:
    """Return the isolation level that a course sets for `hooks.Judge`.

    Raises
    ------
    CourseError
        There is no such level.
    """
    isolation = config.Judge.get("isolation", "best")
    if isolation not in ISOLATIONS:
        raise CourseError(CONFIG, f"c.Judge.isolation is {isolation!r}", f"It is one of {', '.join(ISOLATIONS)}.")
    return isolation


def digest_of(*parts: bytes | str) -> str:
    """Return a fingerprint of these parts in this order."""
    digest = hashlib.sha256()
    for part in parts:
        part = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


@cache
def code_digest() -> str:
    """Return a fingerprint of this package, so that no worker grades with another version of it."""
    files = [path for path in sorted(PACKAGE.rglob("*")) if path.suffix in (".py", ".toml")]
    return digest_of(*(part for path in files for part in (str(path.relative_to(PACKAGE)), path.read_bytes())))


def versions() -> dict[str, str]:
    """Return the versions that must be equal wherever submissions of one class are graded."""
    return {"autograder": code_digest()[:12], "numpy": version("numpy"), "IPython": version("ipython"),
            "nbgrader": version("nbgrader"), "Python": platform.python_version()}
