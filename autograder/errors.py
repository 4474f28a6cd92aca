"""Failures of the course or of the autograder. A student's mistake is a verdict, never one of these."""

from __future__ import annotations

from pathlib import Path


class AutograderError(Exception):
    """Something failed that is not the student's mistake: the submission is "not graded", never zero.

    Subclasses keep their fields in ``args``, so that they survive a trip between workers.
    """

    kind = "autograder"  # of the reason in a report


class LocatedError(AutograderError):
    """An error with a place, a problem and a fix."""

    def __init__(self, where: Path | str, problem: str, fix: str) -> None:
        super().__init__(str(where), problem, fix)

    def __str__(self) -> str:
        return "{}: {}. {}".format(*self.args)


class CourseError(LocatedError):
    """The course, or a file named to a command, cannot be used."""

    kind = "course"


class ScaffoldError(AutograderError):
    """A source notebook cannot become a student notebook."""

    kind = "course"

    def __init__(self, notebook: Path | str, cell_id: str, problem: str, fix: str) -> None:
        super().__init__(str(notebook), cell_id, problem, fix)

    def __str__(self) -> str:
        return "{}, cell {!r}: {}. {}".format(*self.args)


class NotebookError(AutograderError):
    """A submitted file is not a notebook that can be graded."""

    kind = "notebook"

    def __init__(self, path: Path | str, problem: str) -> None:
        super().__init__(str(path), problem)

    def __str__(self) -> str:
        return "{}: {}".format(*self.args)


class GradebookError(LocatedError):
    """The gradebook cannot be reached, read or written."""

    kind = "gradebook"


class UnknownAssignmentError(GradebookError):
    """The gradebook does not know an assignment: it has not been released."""

    def __init__(self, assignment: str) -> None:
        AutograderError.__init__(self, assignment)

    def __str__(self) -> str:
        (assignment,) = self.args
        return f"{assignment}: the gradebook does not know this assignment. Run: autograder release {assignment}"


class FeedbackError(AutograderError):
    """A student has no page, for the reason in the message."""


class WorkerError(LocatedError):
    """A worker cannot grade any submission."""

    kind = "worker"


class SandboxError(AutograderError):
    """The sandbox cannot be started or kept, through no fault of the student's."""

    kind = "sandbox"


def reason_of(error: BaseException) -> str:
    """Return the message of an error for a report, which students read: without the folders of this machine."""
    if isinstance(error, NotebookError):
        path, problem = error.args
        return f"{Path(path).name}: {problem}"
    if isinstance(error, LocatedError) and len(error.args) == 3:
        where, problem, fix = error.args
        return f"{Path(where).name}: {problem}. {fix}"
    if isinstance(error, OSError) and error.filename is not None:
        return f"{Path(error.filename).name}: {error.strerror}"
    return str(error)


def kind_of(error: BaseException) -> str:
    """Return the kind of an error, for the reports of submissions that it kept from being graded."""
    if isinstance(error, AutograderError):
        return error.kind
    return "file" if isinstance(error, OSError) else "autograder"
