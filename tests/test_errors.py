"""Errors that keep their fields on the way between processes."""

import pickle

import pytest

from autograder import errors

FIELDS = {
    "UnknownAssignmentError": ("week-1",), "NotebookError": ("a/b.ipynb", "the file is empty"),
    "ScaffoldError": ("a.ipynb", "cell-1", "it is empty", "Fill it."), "CourseError": ("a", "is broken", "Repair it."),
    "GradebookError": ("db", "is locked", "Wait."), "WorkerError": ("worker", "is gone", "Start it."),
}  # fmt: skip
NAMES = [name for name in vars(errors) if name.endswith("Error") and name not in ("AutograderError", "LocatedError")]


@pytest.mark.parametrize("name", NAMES)
def test_an_error_survives_pickling(name):
    """An error that was pickled has the same type, fields and message, on one line."""
    error = getattr(errors, name)(*FIELDS.get(name, ("a reason",)))
    again = pickle.loads(pickle.dumps(error))
    assert (type(error), error.args, str(error)) == (type(again), again.args, str(again))
    assert 1 == len(str(again).splitlines())


@pytest.mark.parametrize("error, reason", [
    (errors.NotebookError("/home/x/submitted/a/b.ipynb", "the file is empty"), "b.ipynb: the file is empty"),
    (errors.CourseError("/home/x/gradebook.db", "is full", "Make room."), "gradebook.db: is full. Make room."),
    (FileNotFoundError(2, "No such file or directory", "/home/x/y"), "y: No such file or directory"),
    (errors.SandboxError("no process could be started"), "no process could be started"),
])  # fmt: skip
def test_a_reason_names_no_folder(error, reason):
    """The reason in a report has a file's name, and no folder of the machine that graded."""
    assert reason == errors.reason_of(error)
