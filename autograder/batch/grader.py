"""Grade submissions one after the other in one process, with one sandbox."""

from __future__ import annotations

import atexit
import ctypes
import platform
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from threading import Lock

from ..course.assignment import Assignment, unpack_assignment
from ..errors import AutograderError, CourseError, WorkerError, kind_of, reason_of
from ..grade import grade_submission
from ..model import CellRun, Repair, Report
from ..nbgrader_bridge.autograded import auto_comments, auto_scores, complete_metadata, extra_steps, run_steps
from ..notebooks.reading import parse_notebook, serialise_notebook
from ..notebooks.repair import repair_notebook
from ..sandbox import Sandbox, level_of
from .job import Job, code_digest


@dataclass(frozen=True)
class Submission:
    """The work that one student submitted."""

    student: str
    content: bytes  # the notebook's file; empty if there is none
    path: str  # for errors
    repairs: tuple[Repair, ...]  # made in finding it
    timestamp: str | None
    key: str  # a fingerprint of all of it and of the job: the same key, the same grades
    own_files: Mapping[str, bytes] = field(default_factory=dict)  # beside the notebook


@dataclass(frozen=True)
class GradedSubmission:
    """All that is to be written of one submission."""

    student: str
    key: str
    timestamp: str | None
    report: Report
    notebook: bytes | None = None  # None if it was not graded
    auto_scores: Mapping[str, float | None] | None = None  # by grade_id; None asks for a manual grade
    auto_comments: Mapping[str, str | None] = field(default_factory=dict)  # by grade_id
    has_file: bool = True  # false if there was nothing to grade


class Grader:
    """Grades submissions of one assignment.

    Parameters
    ----------
    job : Job
    assignment : Assignment, optional
        The job's, where it has been loaded already.

    Raises
    ------
    CourseError
        A step that the course adds to nbgrader's autograde cannot be used.
    """

    def __init__(self, job: Job, assignment: Assignment | None = None) -> None:
        self.job = job
        self.assignment = assignment or unpack_assignment(job.assignment)
        self._steps_before, self._steps_after = extra_steps(job.config)

    @cached_property
    def sandbox(self) -> Sandbox:
        """The sandbox, started at its first use."""
        return Sandbox(level=level_of(self.job.isolation))

    def close(self) -> None:
        """End the sandbox."""
        if "sandbox" in self.__dict__:
            self.sandbox.close()

    def grade(self, submission: Submission) -> GradedSubmission:
        """Grade one submission. A failure is in the result, as the reason why it is not graded."""
        try:
            return self._grade(submission)
        except AutograderError as error:
            return not_graded(submission, reason_of(error), error.kind)
        except Exception as error:  # a bug of ours, or of a course's own step: the class goes on without this one
            reason = f"the autograder failed: {type(error).__name__}: {reason_of(error)}"
            return not_graded(submission, reason, kind_of(error))

    def _grade(self, submission: Submission) -> GradedSubmission:
        job, name = self.job, self.assignment.name
        resources = {"nbgrader": {"student": submission.student, "assignment": name, "notebook": name},
                     "unique_key": name}
        content, repairs = submission.content, submission.repairs
        if self._steps_before:  # what a course adds to the first pass changes what is graded
            nb, found = repair_notebook(parse_notebook(content, submission.path), self.assignment.template)
            complete_metadata(nb, job.structure)
            content = serialise_notebook(run_steps(self._steps_before, nb, resources), submission.path)
            repairs = (*repairs, *found)
        graded = grade_submission(content, self.assignment, self.sandbox, student=submission.student,
                                  path=submission.path, repairs=repairs, own_files=submission.own_files)
        complete_metadata(graded.notebook, job.structure)
        nb = run_steps(self._steps_after, graded.notebook, resources)
        unfinished = {id_: CellRun(problem=problem) for id_, problem in graded.report.limits.items()}
        report = replace(graded.report, cells=unfinished)  # the notebook has the outputs
        return GradedSubmission(
            submission.student, submission.key, submission.timestamp, report,
            serialise_notebook(nb, submission.path), auto_scores(nb, graded.report), auto_comments(nb))


def not_graded(submission: Submission, reason: str, kind: str = "worker") -> GradedSubmission:
    """Return the result for a submission that could not be graded: the reason, and no score."""
    report = Report("", submission.student, "not graded", reason=reason, repairs=submission.repairs, reason_kind=kind)
    return GradedSubmission(submission.student, submission.key, submission.timestamp, report,
                            has_file=bool(submission.content))


def withdraw(graded: GradedSubmission, reason: str, kind: str) -> GradedSubmission:
    """Return the result of a graded submission as one that could not be graded, with its repairs."""
    report = Report("", graded.student, "not graded", reason=reason, repairs=graded.report.repairs, reason_kind=kind)
    return GradedSubmission(graded.student, graded.key, graded.timestamp, report)


# ---- in a worker ------------------------------------------------------------------------------------------

_jobs: dict[str, Job] = {}  # by digest
_grader: Grader | None = None
_one_at_a_time = Lock()


def prepare_grader(job: Job, assignment: Assignment) -> None:
    """Make the grader here, so that an error is raised once, and forked workers need not load the assignment.

    Raises
    ------
    CourseError
        A step that the course adds to nbgrader's autograde cannot be used.
    """
    global _grader
    _grader = Grader(job, assignment)


def start_worker(job: Job) -> None:
    """Make this process a worker. It ends with its parent, and leaves Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    register_job(job)


def register_job(job: Job) -> None:
    """Keep a job in this process for `grade`.

    Raises
    ------
    CourseError
        Another version of this package made it.
    """
    if job.code != code_digest():
        raise CourseError(platform.node(), "this worker has another version of autograder", "Install the same there.")
    _jobs[job.digest] = job


def grade(submission: Submission, digest: str) -> GradedSubmission:
    """Grade one submission for the registered job with this digest.

    Raises
    ------
    WorkerError
        No such job is registered: the worker joined a cluster late, and `register_job` refused it.
    """
    global _grader
    with _one_at_a_time:  # a cluster's worker may have threads, and they share one sandbox
        if _grader is None or _grader.job.digest != digest:
            if _grader is not None:
                _grader.close()
            if digest not in _jobs:
                raise WorkerError(platform.node(), "this worker lacks what it needs, or has another version of "
                                  "autograder", "Install the same there.")
            _grader = Grader(_jobs[digest])
            atexit.register(_grader.close)
        return _grader.grade(submission)
