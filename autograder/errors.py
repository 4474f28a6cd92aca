"""What can go wrong on our side; a student's mistake is a verdict, never one of these."""


class AutograderError(Exception):
    """Something of ours failed; whatever it touched is reported as not graded, never as zero.

    Subclasses keep their fields in ``args``, so that they survive a trip between workers.
    """


class LocatedError(AutograderError):
    """An error that says where it is, what it is, and what to do."""

    def __init__(self, where, problem, fix):
        super().__init__(str(where), problem, fix)

    def __str__(self):
        return "{}: {}. {}".format(*self.args)


class CourseError(LocatedError):
    """Something of the course, or a file named to a command, is not what is needed."""


class ScaffoldError(AutograderError):
    """A source notebook cannot become a student notebook."""

    def __init__(self, notebook, cell_id, problem, fix):
        super().__init__(str(notebook), cell_id, problem, fix)

    def __str__(self):
        return "{}, cell {!r}: {}. {}".format(*self.args)


class NotebookError(AutograderError):
    """A submitted file is not a notebook that can be graded."""

    def __init__(self, path, problem):
        super().__init__(str(path), problem)

    def __str__(self):
        return "{}: {}".format(*self.args)


class GradebookError(LocatedError):
    """The gradebook cannot be reached, read or written."""


class UnknownAssignmentError(GradebookError):
    """The gradebook does not know an assignment: it has not been released."""

    def __init__(self, assignment: str) -> None:
        AutograderError.__init__(self, assignment)

    def __str__(self) -> str:
        (assignment,) = self.args
        return f"{assignment}: the gradebook does not know this assignment. Run: autograder release {assignment}"


class FeedbackError(AutograderError):
    """There is no page to write for a student; says why."""


class WorkerError(LocatedError):
    """A worker cannot mark anything, whatever it is handed."""


class SandboxError(AutograderError):
    """The process that runs student code cannot be started or kept, through no fault of the student's."""


class WireError(AutograderError):
    """Bytes that came from a student's process are not a value that may pass."""
