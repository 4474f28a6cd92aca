"""nbgrader's gradebook is read and written by several graders at once."""

import shutil
import sqlite3
import threading

import pytest

from autograder.course.course import Course
from autograder.errors import GradebookError
from autograder.nbgrader_bridge import gradebook
from tests.helpers.courses import rows, start
from tests.helpers.grading import grade


@pytest.fixture
def course(ungraded, tmp_path):
    """Return a copy of the ungraded course."""
    return shutil.copytree(ungraded, tmp_path / "course")


def test_our_tables_are_nbgraders():
    """Each table and column that is declared here is in nbgrader's schema, with the same type."""
    from nbgrader.api import Base

    for table in gradebook.TABLES:
        theirs = Base.metadata.tables[table.name].columns
        for column in table.columns:
            assert issubclass(type(theirs[column.name].type), type(column.type)) or (
                column.type.python_type == theirs[column.name].type.python_type), (table.name, column.name)


@pytest.mark.slow
def test_a_lock_is_waited_for(graded, course):
    """A run waits for a database that is locked for seconds, and grades."""
    lock = sqlite3.connect(course / "gradebook.db", check_same_thread=False)
    lock.execute("BEGIN EXCLUSIVE")
    threading.Timer(3, lock.rollback).start()
    assert 1 == grade(course, ["ada"]).graded


def test_a_lock_that_stays_is_named(course, monkeypatch):
    """A lock that outlives the timeout ends the run with one line, and changes nothing."""
    monkeypatch.setattr(gradebook, "LOCK_SECONDS", 0.3)
    before = rows(course)
    lock = sqlite3.connect(course / "gradebook.db")
    lock.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(GradebookError, match=r"locked.*stayed locked for 0.3 s"):
            grade(course, ["ada"])
    finally:
        lock.rollback()
        lock.close()
    assert before == rows(course)


def test_two_graders_at_once_lose_nothing(graded, course):
    """Two commands on one class both finish, and the gradebook is that of one run."""
    both = [start(course, "--all") for _ in range(2)]
    for runner in both:
        out, _ = runner.communicate(timeout=300)
        assert 1 == runner.returncode, out
    assert rows(graded) == rows(course)


def test_a_gradebook_that_is_none_says_what_to_do(tmp_path):
    """The error of a garbled database asks for a backup."""
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    (tmp_path / "gradebook.db").write_bytes(b"no database" * 1000)
    with pytest.raises(GradebookError, match="Put a backup in its place"), gradebook.open_gradebook(Course(tmp_path)):
        pass
