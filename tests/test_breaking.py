"""What is in the way between a worker and the gradebook costs a retry or one clear line, never a run or a student."""

import os
import signal
import time
from concurrent.futures import BrokenExecutor, Future
from multiprocessing.connection import Connection
from types import SimpleNamespace

import pytest

from autograder import classroom, gradebook, workers
from autograder.errors import CourseError, GradebookError
from autograder.oracle import find_root
from autograder.submission import students_of
from tests.helpers.courses import NAME


def dies_handing_over(handed, digest):
    """A worker that is killed when half of its result is in the pipe, as one is that has no more memory."""

    def half(self, buffer):
        os.write(self.fileno(), bytes(buffer)[: len(buffer) // 2])
        os.kill(os.getpid(), signal.SIGKILL)

    Connection._send = half
    return bytes(100_000)


def answers(handed, digest):
    return handed


@pytest.mark.parametrize("jobs", [1, 2])
def test_half_a_result_is_not_waited_for(monkeypatch, jobs):
    """A worker killed while it hands over: what is in flight is broken at once, and a new pool works."""
    monkeypatch.setattr(workers, "start_worker", lambda kit: None)
    monkeypatch.setattr(workers, "mark", dies_handing_over)
    with workers.LocalWorkers(SimpleNamespace(digest=""), jobs) as crew:
        future, deadline = crew.submit("ada"), time.monotonic() + 30
        while not future.done() and time.monotonic() < deadline:
            crew.watch()
            time.sleep(0.01)
        with pytest.raises(BrokenExecutor):
            future.result(0)
        crew.restart()
        monkeypatch.setattr(workers, "mark", answers)
        assert "ada" == crew.submit("ada").result(30)


def test_what_cannot_be_written_is_no_submissions_fault():
    """A full disk while a batch is written ends the run with its own line; nobody is "not graded" for it."""
    added = []

    class Full:
        def add(self, marked):
            added.append(marked)
            raise CourseError("course", "cannot be written (No space left on device)", "Make room.")

    class Crew:
        in_flight = 2

        def submit(self, handed):
            future = Future()
            future.set_result(f"{handed} marked")
            return future

    with pytest.raises(CourseError, match="No space left"):
        classroom.mark_all(iter(["ada", "bea"]), Crew(), Full())
    assert 1 == len(added) and added[0].endswith("marked")


@pytest.mark.skipif(os.getuid() == 0, reason="root may look everywhere")
def test_a_folder_that_may_not_be_looked_at_is_named(tmp_path):
    """A student whose folder this user may not enter is not passed over in silence."""
    for student in ("ada", "bea"):
        (tmp_path / "submitted" / student / NAME).mkdir(parents=True)
    (tmp_path / "submitted/bea").chmod(0)
    try:
        assert ["ada", "bea"] == students_of(tmp_path, NAME)
    finally:
        (tmp_path / "submitted/bea").chmod(0o755)


@pytest.mark.parametrize("name", ["a?b", "[x]", "st*r"])
def test_a_path_that_is_a_pattern_is_refused(tmp_path, name):
    """nbgrader finds no notebook in [x], and SQLite's address ends at a ?: the gradebook would lie elsewhere."""
    (tmp_path / name).mkdir()
    (tmp_path / name / "nbgrader_config.py").touch()
    with pytest.raises(CourseError, match="Rename the folder"):
        find_root(tmp_path / name)


def test_a_gradebook_that_is_none_says_what_to_do(tmp_path):
    """Garbage in its place: restore a backup, or begin anew."""
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    (tmp_path / "gradebook.db").write_bytes(b"no database" * 1000)
    with pytest.raises(GradebookError, match="Put a backup in its place"), gradebook.opened(tmp_path):
        pass
