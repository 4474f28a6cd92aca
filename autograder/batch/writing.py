"""Write the results of a class in batches: notebooks, then the gradebook, then reports."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import DataError

from ..course.course import Course
from ..course.folder import list_student_files
from ..errors import AutograderError, CourseError, kind_of, reason_of
from ..files import DISK_ERRORS, SharedFile, write_file
from ..model import Report
from ..nbgrader_bridge import gradebook_writer
from ..nbgrader_bridge.gradebook import Structure
from ..nbgrader_bridge.late import Penalty
from ..notebooks.submission import printable
from ..store import ReportStore
from ..timestamps import TIMESTAMP_FILE, parse_utc
from .grader import GradedSubmission, withdraw

BATCH_SIZE, BATCH_SECONDS = 32, 1.0  # a batch is written when it is full, or has waited so long
MAX_FAILURES = 100  # students whose reasons a run keeps in memory
MAKE_ROOM = "What was graded before is kept; make room or give leave to write, then run it again."


@dataclass
class RunSummary:
    """The result of a run."""

    graded: int = 0
    not_graded: int = 0
    unchanged: int = 0
    seconds: float = 0.0
    isolation: set[str] = field(default_factory=set)
    failures: dict[str, str] = field(default_factory=dict)  # the first students not graded, with the reason
    processed: set[str] = field(default_factory=set)  # students, before the run was stopped
    unsaved: dict[str, Report] = field(default_factory=dict)  # reports that could not be written, by student
    stopped: bool = False  # by Ctrl-C

    @property
    def done(self) -> int:
        """Return the number of students processed."""
        return self.graded + self.not_graded + self.unchanged

    def add(self, report: Report, saved: bool = True) -> None:
        """Count a report of this run."""
        self.processed.add(report.student)
        if not saved:
            self.unsaved[report.student] = report
        if report.is_graded:
            self.graded += 1
            self.isolation.add(report.isolation)
        else:
            self.not_graded += 1
            if len(self.failures) < MAX_FAILURES:
                self.failures[report.student] = report.reason or ""

    def skip(self, report: Report) -> None:
        """Count a report that an earlier run wrote."""
        self.unchanged += 1
        self.processed.add(report.student)
        self.isolation.add(report.isolation)

    def reports(self, store: ReportStore, students: Sequence[str]) -> Iterator[Report]:
        """Yield the reports of the students that this run processed, and of no others."""
        for student in filter(self.processed.__contains__, students):
            if report := self.unsaved.get(student) or store.load(student):
                yield report
        yield from (self.unsaved[student] for student in self.unsaved.keys() - set(students))


#: Called with each report as it comes; with None if none has come for a moment.
Progress = Callable[[RunSummary, Report | None], None]


def check_writable(folder: Path) -> None:
    """Raise CourseError if nothing can be written into a folder, or it cannot be made."""
    existing = next(path for path in (folder, *folder.absolute().parents) if os.path.lexists(path))
    try:
        tempfile.TemporaryFile(dir=existing).close()
    except OSError as error:
        raise not_writable(existing, error) from error


def not_writable(path: Path | str, error: OSError) -> CourseError:
    """Return the error of a path that cannot be written."""
    return CourseError(path, f"cannot be written ({error.strerror or error})", MAKE_ROOM)


@dataclass
class ClassFiles:
    """The files and the gradebook into which an assignment's results go."""

    course: Course
    name: str
    structure: Structure
    engine: Engine
    late: Penalty | None

    def write(self, batch: Sequence[GradedSubmission]) -> None:
        """Write notebooks, then the gradebook, then reports."""
        for graded in batch:
            if graded.notebook is not None:
                self._write_notebook(graded, graded.notebook)
        if any(graded.notebook is not None for graded in batch):
            os.sync()  # once for all of them: a sync of each file takes ten times as long
        entries = [
            gradebook_writer.Entry(graded.student, parse_utc(graded.timestamp) if graded.timestamp else None,
                                   graded.auto_scores, graded.auto_comments)
            for graded in batch if graded.has_file
        ]
        gradebook_writer.record(self.engine, self.structure, entries, self.late)
        store = self.course.reports(self.name)
        for graded in batch:
            store.save(graded.report, graded.key)

    def _write_notebook(self, graded: GradedSubmission, content: bytes) -> None:
        folder = self.course.autograded(graded.student, self.name)
        folder.mkdir(parents=True, exist_ok=True)
        for file in self._support:
            file.install(folder)
        if graded.timestamp:
            write_file(folder / TIMESTAMP_FILE, graded.timestamp.encode())
        else:
            (folder / TIMESTAMP_FILE).unlink(missing_ok=True)  # of an earlier submission
        write_file(folder / f"{self.name}.ipynb", content)

    @cached_property
    def _support(self) -> list[SharedFile]:
        """The files beside the source notebook, such as figures."""
        source = self.course.source(self.name)
        return [SharedFile(source / path, str(path), (source / path).stat()) for path in list_student_files(source)]


class Writer:
    """Collects results, and writes them in batches.

    Parameters
    ----------
    files : ClassFiles
    summary : RunSummary
    progress : callable
    """

    def __init__(self, files: ClassFiles, summary: RunSummary, progress: Progress) -> None:
        self._files, self._summary, self._progress = files, summary, progress
        self._batch: list[GradedSubmission] = []
        self._since = time.monotonic()

    def add(self, graded: GradedSubmission) -> None:
        """Take a result, to be written with the next batch.

        Raises
        ------
        CourseError
            The disk is full, or fails otherwise.
        """
        self._batch.append(graded)
        self.tick()

    def skip(self, report: Report) -> None:
        """Count a report that an earlier run wrote."""
        self._summary.skip(report)
        self._progress(self._summary, report)

    def tick(self) -> None:
        """Write the batch if it is full or has waited long enough, and tell that time has passed."""
        if len(self._batch) >= BATCH_SIZE or time.monotonic() - self._since > BATCH_SECONDS:
            self.flush()
        self._progress(self._summary, None)

    def flush(self) -> None:
        """Write the batch."""
        self._since = time.monotonic()
        batch, self._batch = self._batch, []
        if batch:
            self._write(batch)

    def _write(self, batch: Sequence[GradedSubmission]) -> None:
        """Write and count results. One that cannot be written is not graded, and the others are."""
        try:
            self._files.write(batch)
        except (OSError, ValueError, DataError, AutograderError) as error:
            if isinstance(error, OSError) and error.errno in DISK_ERRORS:
                raise not_writable(error.filename or self._files.course.root, error) from error
            problem = error
        else:
            return self._count([graded.report for graded in batch])
        first, *others = batch
        if others:
            for graded in batch:
                self._write([graded])
        elif first.report.is_graded:
            reason = not_writable(problem.filename, problem) if isinstance(problem, OSError) else problem
            self._write([withdraw(first, reason_of(reason), kind_of(problem))])
        else:
            self._count([replace(first.report, student=printable(first.student))], saved=False)
        return None

    def _count(self, reports: Sequence[Report], saved: bool = True) -> None:
        for report in reports:
            self._summary.add(report, saved)
            self._progress(self._summary, report)
