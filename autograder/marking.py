"""One submission, from the bytes that were handed in to all that is to be written of it.

Knows no database and no other submission, and can run on any machine that has this package: what it needs of the
course is in a `Kit`. The steps are those that the course's configuration names for nbgrader's autograde; the few of
them that ask nbgrader's database find here what the kit brought along.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import hashlib
import logging
import platform
import signal
import sys
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from types import SimpleNamespace

from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbgrader import preprocessors, utils
from nbgrader.api import MissingEntry
from traitlets.config import Config
from traitlets.utils.importstring import import_item

from . import hooks
from .course.assignment import Assignment, assignment_from
from .course.settings import CONFIG, Secret
from .errors import AutograderError, CourseError, SandboxError, WorkerError, kind_of
from .grade import grade
from .gradebook import Structure
from .model import Repair, Report
from .notebooks import reading
from .notebooks.repair import repair_notebook
from .sandbox import Sandbox, level_of

PACKAGE = Path(__file__).parent


@dataclass(frozen=True)
class Kit:
    """All that grading an assignment needs of its course: plain data, for workers on this machine or another."""

    name: str
    source: bytes  # the source notebook
    secret: Secret
    structure: Structure
    config: Config = field(compare=False)
    isolation: str  # as `hooks.Judge` has it
    code: str  # `code_digest` of who put it together
    digest: str  # of all of it


@dataclass(frozen=True)
class Handed:
    """What one student handed in."""

    student: str
    content: bytes  # the notebook's file
    where: str  # what errors call it
    repairs: tuple[Repair, ...]  # what was odd about finding it
    timestamp: str | None
    key: str  # of all of it and of the kit: the same key, the same grades


@dataclass(frozen=True)
class Marked:
    """What is to be written of one submission."""

    student: str
    key: str
    timestamp: str | None
    report: Report
    notebook: bytes | None = None  # autograded; None where it was not graded
    auto_scores: Mapping[str, float | None] | None = None  # by grade_id; None asks for a person
    auto_comments: Mapping[str, str | None] = field(default_factory=dict)  # by grade_id
    found: bool = True  # whether there was a file to grade at all


def kit_of(assignment: Assignment, structure: Structure, config: Config, isolation: str | None = None) -> Kit:
    """Put together what workers need; ``isolation`` is the course's own setting where it is not given."""
    isolation = isolation or isolation_of(config)
    source = assignment.path.read_bytes()
    settings = {section: values for section, values in config.items() if section != "CourseDirectory"}
    # a database gives rows in any order, and another one tomorrow
    known = [sorted(held.items()) if isinstance(held, Mapping) else held for held in vars(structure).values()]
    digest = digest_of(source, assignment.secret.text, repr(known), isolation, repr(sorted(settings.items())),
                       repr(steps_of(config)), code_digest())
    config = deepcopy(config)
    config.CourseDirectory.pop("db_url", None)  # with its password, which no worker needs
    return Kit(assignment.name, source, assignment.secret, structure, config, isolation,
               code_digest(), digest)


def isolation_of(config: Config) -> str:
    """The course's own setting of `hooks.Judge.isolation`.

    Raises
    ------
    CourseError
        Where there is no such setting.
    """
    isolation, known = config.Judge.get("isolation", "best"), hooks.Judge.isolation.values
    if isolation not in known:
        raise CourseError(CONFIG, f"c.Judge.isolation is {isolation!r}", f"It is one of {', '.join(known)}.")
    return isolation


def digest_of(*parts: bytes | str) -> str:
    """A fingerprint of these parts in this order."""
    digest = hashlib.sha256()
    for part in parts:
        part = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


@cache
def code_digest() -> str:
    """A fingerprint of this package, so that no worker grades with another version of it."""
    files = [path for path in sorted(PACKAGE.rglob("*")) if path.suffix in (".py", ".toml")]
    return digest_of(*(part for path in files for part in (str(path.relative_to(PACKAGE)), path.read_bytes())))


def versions() -> dict[str, str]:
    """What must be the same wherever submissions of one class are marked."""
    return {"autograder": code_digest()[:12], "numpy": version("numpy"), "IPython": version("ipython"),
            "nbgrader": version("nbgrader"), "Python": platform.python_version()}


def steps_of(config: Config) -> list[type[Preprocessor]]:
    """The preprocessors of autograde's two passes, as the course's configuration names them.

    Raises
    ------
    CourseError
        Where one cannot be imported, or ours are not among them: students' code would not run in the sandbox.
    """
    steps = []
    for which in ("sanitize_preprocessors", "autograde_preprocessors"):
        for step in config.Autograde.get(which, []):
            try:
                steps.append(import_item(step) if isinstance(step, str) else step)
            except Exception as error:  # whatever importing a module raises
                problem = f"c.Autograde.{which} names {step!r}, which cannot be imported ({error})"
                raise CourseError(CONFIG, problem, "Is the name right, and does Python find it from here?") from error
    for needed in (hooks.Restore, hooks.Judge):
        if needed not in steps:
            raise CourseError(CONFIG, f"autograde's steps lack autograder.hooks.{needed.__name__}",
                              "Take the lists from the configuration that came with the course.")
    return steps


def made(step: type[Preprocessor], config: Config) -> Preprocessor:
    """A step of autograde with its settings.

    Raises
    ------
    CourseError
        Where it does not take them.
    """
    try:
        return step(config=config)
    except Exception as error:  # traitlets' own, or whatever a course's own step raises
        problem = f"{getattr(step, '__name__', step)} cannot be made ({type(error).__name__}: {error})"
        raise CourseError(CONFIG, problem, "Mend its settings, or take it out of the list.") from error


class Marker:
    """Marks submissions of one assignment, one after the other; holds a warm sandbox.

    Parameters
    ----------
    kit : Kit
    assignment : Assignment, optional
        The kit's, where this process has loaded it.
    """

    def __init__(self, kit: Kit, assignment: Assignment | None = None):
        self.kit = kit
        self.assignment = assignment or assignment_from(
            reading.parse_notebook(kit.source, f"{kit.name}.ipynb"), kit.name, kit.secret)
        own: dict[type, Callable | None] = {
            hooks.Restore: self._restore, hooks.Judge: self._judge,
            preprocessors.OverwriteKernelspec: self._kernelspec,
            preprocessors.OverwriteCells: Overwrite(kit.structure, config=kit.config).preprocess,
            preprocessors.CheckCellMetadata: None,  # all of it has just been written by Restore
            preprocessors.SaveAutoGrades: None, preprocessors.AssignLatePenalties: None,  # see gradebook.record
        }
        self.steps = []
        for step in steps_of(kit.config):
            run = own[step] if step in own else made(step, kit.config).preprocess
            if run is not None:
                self.steps.append(run)

    @cached_property
    def sandbox(self) -> Sandbox:
        return Sandbox(level=level_of(self.kit.isolation))

    def close(self) -> None:
        if "sandbox" in self.__dict__:
            self.sandbox.close()

    def mark(self, handed: Handed) -> Marked:
        """Mark one submission; whatever goes wrong with it is in what comes back."""
        try:
            return self._mark(handed)
        except AutograderError as error:
            return not_graded(handed, str(error), error.kind)
        except Exception as error:  # a bug of ours: the class goes on without this one
            return not_graded(handed, f"the autograder failed: {type(error).__name__}: {error}", kind_of(error))

    def _mark(self, handed: Handed) -> Marked:
        resources = {"nbgrader": {"student": handed.student, "assignment": self.kit.name, "notebook": self.kit.name},
                     "unique_key": self.kit.name, "repairs": handed.repairs}
        nb = reading.parse_notebook(handed.content, handed.where)
        for step in self.steps:
            nb, resources = step(nb, resources)
        report: Report = resources["report"]
        content = reading.serialise_notebook(nb, handed.where)
        scores = {cell.metadata.nbgrader.grade_id: utils.determine_grade(cell)[0]
                  for cell in nb.cells if utils.is_grade(cell)}
        comments = {cell.metadata.nbgrader.grade_id: no_response(cell)
                    for cell in nb.cells if utils.is_solution(cell) or utils.is_task(cell)}
        return Marked(handed.student, handed.key, handed.timestamp, report, content, scores, comments)

    # ---- the steps that would ask nbgrader's database -----------------------------------------------------

    def _restore(self, nb: NotebookNode, resources):
        nb, repairs = repair_notebook(nb, self.assignment.template)
        return nb, {**resources, "repairs": (*resources["repairs"], *repairs)}

    def _judge(self, nb: NotebookNode, resources):
        report = grade(nb, resources["nbgrader"]["student"], self.assignment, self.sandbox, resources["repairs"])
        if report.status == "not graded":
            raise SandboxError(report.reason)
        return hooks.fill(nb, report), {**resources, "report": report}

    def _kernelspec(self, nb: NotebookNode, resources):
        if self.kit.structure.kernelspec:
            nb.metadata["kernelspec"] = self.kit.structure.kernelspec
        return nb, resources


class Overwrite(preprocessors.OverwriteCells):
    """nbgrader's OverwriteCells, with the gradebook's cells in memory instead of two queries a cell."""

    def __init__(self, structure: Structure, **kwargs):
        super().__init__(**kwargs)
        self.log = quiet_log()  # it calls every hidden test a changed checksum
        self.gradebook = SimpleNamespace(
            find_source_cell=lambda name, *_: found(structure.cells, name),
            find_graded_cell=lambda name, *_: SimpleNamespace(max_score=found(structure.points, name)),
        )

    def preprocess(self, nb: NotebookNode, resources):
        self.notebook_id = resources["nbgrader"]["notebook"]
        self.assignment_id = resources["nbgrader"]["assignment"]
        return Preprocessor.preprocess(self, nb, resources)


def found(mapping: Mapping, name: str):
    """What the gradebook has under a name, or the exception with which nbgrader says that it has nothing."""
    try:
        return mapping[name]
    except KeyError:
        raise MissingEntry(name) from None


@cache
def quiet_log() -> logging.Logger:
    log = logging.Logger("autograder.quiet")
    log.addHandler(logging.NullHandler())
    return log


def no_response(cell: NotebookNode) -> str | None:
    """Nbgrader's automatic comment on a cell for answers: whether it is as it was handed out."""
    untouched = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
    return "No response." if untouched and not utils.is_task(cell) else None


def not_graded(handed: Handed, reason: str, kind: str = "worker") -> Marked:
    """What is written of a submission that could not be graded: the reason, and no score."""
    report = Report("", handed.student, "not graded", reason=reason, repairs=handed.repairs, reason_kind=kind)
    return Marked(handed.student, handed.key, handed.timestamp, report, found=bool(handed.content))


def without_score(marked: Marked, reason: str, kind: str) -> Marked:
    """The same submission as one that could not be graded."""
    report = Report("", marked.student, "not graded", reason=reason, repairs=marked.report.repairs, reason_kind=kind)
    return Marked(marked.student, marked.key, marked.timestamp, report)


# ---- in a worker ----------------------------------------------------------------------------------------

_kits: dict[str, Kit] = {}  # by digest
_marker: Marker | None = None
_one_at_a_time = Lock()


def start_worker(kit: Kit) -> None:
    """Make this process a worker: it ends with its parent, and leaves Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    bring(kit)
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)  # notebooks are many small dictionaries, and hardly a cycle


def bring(kit: Kit) -> None:
    """Have a kit at hand in this process.

    Raises
    ------
    CourseError
        Where it was put together by another version of this package.
    """
    if kit.code != code_digest():
        raise CourseError(platform.node(), "this worker has another version of autograder", "Install the same there.")
    _kits[kit.digest] = kit


def mark(handed: Handed, digest: str) -> Marked:
    """Mark one submission with the kit of this digest, which has been brought here before."""
    global _marker
    with _one_at_a_time:  # a worker may have threads: one at a time uses what this process has made ready
        if _marker is None or _marker.kit.digest != digest:
            if _marker is not None:
                _marker.close()
            if digest not in _kits:  # it joined the cluster late, and `bring` refused it
                raise WorkerError(platform.node(), "this worker lacks what it needs, or has another version of "
                                  "autograder", "Install the same there.")
            _marker = Marker(_kits[digest])
            atexit.register(_marker.close)
        return _marker.mark(handed)
