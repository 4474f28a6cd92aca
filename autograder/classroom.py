"""A whole class: what is new or changed is graded, several submissions at a time, and written as it comes.

The order of writing makes a run safe to kill at any moment: first the autograded notebook, then the gradebook, and
last the report with the key of what was graded. Where the key is not there, the submission is graded again. Before a
report is written, the notebook is on the disk, so that a power cut takes none that counts as graded.
"""

from __future__ import annotations

import errno
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace

from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import parse_utc
from sqlalchemy import Engine
from sqlalchemy.exc import DataError

from . import gradebook, recording
from .batch.workers import Workers
from .course.assignment import Assignment
from .course.course import Course
from .course.settings import CONFIG
from .errors import AutograderError, CourseError, NotebookError, kind_of
from .files import SharedFile, write_file
from .marking import Handed, Kit, Marked, Marker, digest_of, kit_of, not_graded, quiet_log, without_score
from .model import Report
from .notebooks import reading
from .notebooks.submission import TIMESTAMP, shown, submission_files, timestamp_of
from .release import release
from .store import ReportStore

IN_A_BATCH, BATCH_SECONDS = 32, 1.0  # how much is written at once, and how long it may wait
#: What keeps every submission from being written, not the one at which it showed.
FOR_ALL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM}
MAKE_ROOM = "What was graded before is kept; make room or give leave to write, then run it again."


@dataclass
class Tally:
    """How a run came out."""

    graded: int = 0
    not_graded: int = 0
    unchanged: int = 0
    seconds: float = 0.0
    isolation: set[str] = field(default_factory=set)
    unwell: dict[str, str] = field(default_factory=dict)  # the first students not graded, with the reason
    reached: set[str] = field(default_factory=set)  # before it was stopped
    unkept: dict[str, Report] = field(default_factory=dict)  # reports of those for whom none could be written
    stopped: bool = False  # by Ctrl-C

    @property
    def done(self) -> int:
        return self.graded + self.not_graded + self.unchanged

    def add(self, report: Report, kept: bool = True) -> None:
        """Count what was graded in this run; ``kept`` tells if the store has the report."""
        self.reached.add(report.student)
        if not kept:
            self.unkept[report.student] = report
        if report.is_graded:
            self.graded += 1
            self.isolation.add(report.isolation)
        else:
            self.not_graded += 1
            if len(self.unwell) < 100:
                self.unwell[report.student] = report.reason

    def reports(self, store: ReportStore, students: Sequence[str]) -> Iterator[Report]:
        """The reports of those whom this run reached, and of nobody else, whatever earlier runs left."""
        for student in filter(self.reached.__contains__, students):
            if report := self.unkept.get(student) or store.load(student):
                yield report
        yield from (self.unkept[student] for student in self.unkept.keys() - set(students))


#: Sees each report as it comes; `None` says that nothing came for a moment.
Progress = Callable[[Tally, Report | None], None]


def grade_class(
    course: Course, name: str, students: Sequence[str], workers: Callable[[Kit], Workers],
    progress: Progress = lambda tally, report: None, isolation: str | None = None, again: bool = False,
) -> Tally:
    """Grade the submissions that are new or changed; reports go to the store, points to the gradebook.

    Parameters
    ----------
    course : Course
    name : str
    students : sequence of str
    workers : callable
        Gives the `Workers` for a kit.
    progress : callable
    isolation : str, optional
        A setting of `hooks.Judge`; the course's own where it is not given.
    again : bool
        Grade also what has not changed.

    Raises
    ------
    CourseError, GradebookError
        Where nothing can be graded, or what has been graded cannot be written. What was written stays.
    """
    start, tally = time.perf_counter(), Tally()
    assignment, config, store = course.assignment(name), course.config_for(name), course.reports(name)
    late = Late(config)
    for folder in (course.root / "autograded", store.folder):
        must_be_writable(folder)
    with gradebook.opened(course) as engine:
        known = structure_of(course, assignment, engine)
        kit = kit_of(assignment, known, config, isolation)
        Marker(kit, assignment)  # what no worker could make fails here, once
        class_ = Class(course, name, kit, engine, recording.graded_students(engine, known), late, again)
        writer = Writer(class_, tally, progress)
        try:
            with workers(kit) as pool:
                for marked in pool.grade(class_.new(students, writer)):
                    if marked is None:
                        writer.tick()
                    else:
                        writer.add(marked)
        except KeyboardInterrupt:
            tally.stopped = True
        finally:
            writer.flush()
    tally.seconds = time.perf_counter() - start
    return tally


def structure_of(course: Course, assignment: Assignment, engine: Engine) -> gradebook.Structure:
    """What the gradebook knows of the assignment; it is released first where the gradebook does not know it.

    Raises
    ------
    CourseError
        Where the source notebook has changed since it was released: points could be those of another test.
    """
    known = gradebook.structure(engine, assignment.name)
    if known is None:
        release(course, assignment.name)
        known = gradebook.structure(engine, assignment.name)
    for cell in assignment.notebook.cells:
        id = cell.metadata.get("nbgrader", {}).get("grade_id")
        kept = known.cells.get(id)
        points = cell.metadata.get("nbgrader", {}).get("points")
        if id and (kept is None or (kept.locked and kept.source != cell.source)
                   or (points is not None and float(points) != known.points.get(id))):
            raise CourseError(assignment.path, f"cell {id!r} has changed since the assignment was released",
                              f"Run: autograder release {assignment.name}")
    return known


def must_be_writable(folder: Path) -> None:
    """Raise CourseError where nothing can be written into a folder, or where it is to be made."""
    there = next(each for each in (folder, *folder.absolute().parents) if os.path.lexists(each))
    try:
        tempfile.TemporaryFile(dir=there).close()
    except OSError as error:
        raise unwritable(there, error) from error


def unwritable(where: Path | str, error: OSError) -> CourseError:
    return CourseError(where, f"cannot be written ({error.strerror or error})", MAKE_ROOM)


class Late:
    """The penalties for late submissions, by nbgrader's plugin as the course's configuration names it."""

    def __init__(self, config):
        try:
            step = AssignLatePenalties(config=config)
            step.log = quiet_log()
            step.init_plugin()
            step.plugin_inst.log = quiet_log()
        except Exception as error:  # whatever importing it, or making one, raises
            problem = f"c.AssignLatePenalties.plugin_class cannot be used ({type(error).__name__}: {error})"
            raise CourseError(CONFIG, problem, "Can Python import it from here, and is it a BasePlugin of nbgrader's?"
                              ) from error
        self._step = step

    def __call__(self, student: str, score: float, seconds: float) -> float | None:
        try:
            penalty = self._step.plugin_inst.late_submission_penalty(student, score, seconds)
            return None if penalty is None else self._step._check_late_penalty(SimpleNamespace(score=score), penalty)
        except Exception as error:  # the course's own code
            raise AutograderError(f"the plugin for late penalties failed: {type(error).__name__}: {error}") from error


@dataclass
class Class:
    """A class's folders and gradebook."""

    course: Course
    name: str
    kit: Kit
    engine: Engine
    extensions: dict  # of those who have rows in the gradebook, by student
    late: Late
    again: bool

    @cached_property
    def store(self) -> ReportStore:
        return self.course.reports(self.name)

    def new(self, students: Sequence[str], writer: Writer) -> Iterator[Handed]:
        """What is to be graded; what cannot be read, and what is graded already, goes to the writer at once."""
        for student in students:
            handed, problem = self.handed_in(student)
            if problem is not None:
                writer.add(not_graded(handed, *problem))
            elif self.again or not self.is_graded(handed):
                yield handed
            else:
                writer.pass_over(self.store.load(student))

    def handed_in(self, student: str) -> tuple[Handed, tuple[str, str] | None]:
        """What a student handed in, and why it cannot be graded, if it cannot: the reason and its kind."""
        folder = self.course.submitted(student, self.name)
        where, repairs, content, problem = str(folder), (), b"", None
        timestamp, odd = timestamp_of(folder)
        try:
            found = submission_files(folder, f"{self.name}.ipynb")
            where, repairs = str(found.notebook), found.repairs
            content = reading.read_bytes(found.notebook)
        except NotebookError as error:
            problem = str(error), kind_of(error)
        except OSError as error:
            problem = f"{folder}: {error.strerror or error}", kind_of(error)
        repairs += (odd,) * bool(odd)
        extension = str(self.extensions.get(student))
        key = digest_of(self.kit.digest, student, content, timestamp or "", str(odd or ""), extension)
        return Handed(student, content, where, repairs, timestamp, key), problem

    def is_graded(self, handed: Handed) -> bool:
        if not self.store.is_graded(handed.student, handed.key):
            return False
        with suppress(OSError):
            return handed.student in self.extensions and self.autograded(handed.student).stat().st_size > 0
        return False

    def autograded(self, student: str) -> Path:
        return self.course.autograded(student, self.name) / f"{self.name}.ipynb"

    def write(self, some: Sequence[Marked]) -> None:
        """Write notebooks, then the gradebook, then reports."""
        for marked in some:
            if marked.notebook is not None:
                self._write_notebook(marked)
        if hasattr(os, "sync") and any(marked.notebook is not None for marked in some):
            os.sync()  # once for all of them; to wait for each by itself takes ten times as long
        entries = [
            recording.Entry(m.student, parse_utc(m.timestamp) if m.timestamp else None, m.auto_scores, m.auto_comments)
            for m in some if m.found
        ]
        recording.record(self.engine, self.kit.structure, entries, self.late)
        for marked in some:
            self.store.save(marked.report, marked.key)

    def _write_notebook(self, marked: Marked) -> None:
        path = self.autograded(marked.student)
        path.parent.mkdir(parents=True, exist_ok=True)
        for file in self.support:
            file.install(path.parent)
        if marked.timestamp:
            write_file(path.parent / TIMESTAMP, marked.timestamp.encode())
        else:
            (path.parent / TIMESTAMP).unlink(missing_ok=True)  # of a submission before this one
        write_file(path, marked.notebook)

    @cached_property
    def support(self) -> list[SharedFile]:
        """What lies beside the source notebook: figures, above all."""
        source = self.course.source(self.name)
        return [SharedFile(path, str(path.relative_to(source)), path.stat()) for path in sorted(source.rglob("*"))
                if path.is_file() and path.suffix != ".ipynb"]


class Writer:
    """Collects what is marked and writes it in batches."""

    def __init__(self, class_: Class, tally: Tally, progress: Progress):
        self._class, self._tally, self._progress = class_, tally, progress
        self._waiting: list[Marked] = []
        self._since = time.monotonic()

    def add(self, marked: Marked) -> None:
        self._waiting.append(marked)
        self.tick()

    def pass_over(self, report: Report) -> None:
        self._tally.unchanged += 1
        self._tally.reached.add(report.student)
        self._tally.isolation.add(report.isolation)
        self._progress(self._tally, report)

    def tick(self) -> None:
        if len(self._waiting) >= IN_A_BATCH or time.monotonic() - self._since > BATCH_SECONDS:
            self.flush()
        self._progress(self._tally, None)

    def flush(self) -> None:
        self._since = time.monotonic()
        some, self._waiting = self._waiting, []
        if some:
            self._write(some)

    def _write(self, some: Sequence[Marked]) -> None:
        """Write them, and count them; one that cannot be written is not graded, and the others are."""
        try:
            self._class.write(some)
        except (OSError, ValueError, DataError, AutograderError) as error:
            if isinstance(error, OSError) and error.errno in FOR_ALL:
                raise unwritable(error.filename or self._class.course.root, error) from error
            problem = error
        else:
            return self._count([marked.report for marked in some])
        if len(some) > 1:
            for marked in some:
                self._write([marked])
        elif some[0].report.is_graded:
            reason = str(unwritable(problem.filename, problem) if isinstance(problem, OSError) else problem)
            self._write([without_score(some[0], reason, kind_of(problem))])
        else:
            self._count([replace(some[0].report, student=shown(some[0].student))], kept=False)

    def _count(self, reports: Sequence[Report], kept: bool = True) -> None:
        for report in reports:
            self._tally.add(report, kept)
            self._progress(self._tally, report)
