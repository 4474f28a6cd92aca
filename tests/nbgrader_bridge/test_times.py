"""What is known of the times of a class."""

import shutil
from datetime import datetime

import pytest

from autograder.course.course import Course
from autograder.course.students import students_of
from autograder.nbgrader_bridge.times import read_times
from autograder.platforms import PlatformRecord, Received, save_record
from tests.helpers.courses import NAME, call, change


@pytest.fixture
def course(graded, tmp_path):
    """Return a copy of the graded class: lara and lisa are late, onno is not, odd's time is no time."""
    return shutil.copytree(graded, tmp_path / "course", symlinks=True)


def times_of(course):
    """Return the times of all who handed in."""
    loaded = Course(course)
    return read_times(loaded, NAME, students_of(loaded, NAME))


def test_times_are_known_or_said_to_be_unknown(course):
    """An hour past the due date is late; a text that is no time, and none, are unknown; Canvas's mark is kept."""
    save_record(course, NAME, PlatformRecord({}, {
        "ada": Received("canvas", "1", "x", True), "leo": Received("canvas", "2", "y"),
        "lisa": Received("canvas", "3", "z", True)}))
    times = times_of(course)
    assert datetime(2026, 1, 10, 12) == times.due
    assert ("lisa",) == times.late and {"onno", "lara"}.isdisjoint(times.unknown)
    assert {"ada", "dora", "leo", "odd"} <= set(times.unknown)
    assert ("ada",) == times.marked_late and times.needs_words


def test_an_extension_counts(course):
    """Whom nbgrader grants two more days is not late."""
    change(course, "UPDATE submitted_assignment SET extension = '1970-01-03 00:00:00.000000' WHERE student_id = 'lisa'")
    assert "lisa" not in times_of(course).late


def test_without_a_due_date_nobody_is_late(course):
    """Nothing is to be said then, unless Canvas has marked somebody."""
    change(course, "UPDATE assignment SET duedate = NULL")
    assert (None, (), False) == (times_of(course).due, times_of(course).late, times_of(course).needs_words)
    save_record(course, NAME, PlatformRecord({}, {"ada": Received("canvas", "1", "x", True)}))
    assert times_of(course).needs_words
    (course / "gradebook.db").unlink()
    assert times_of(course).due is None


def test_the_command_says_so(course):
    """After grading, one line has the due date, the late ones, and those of whom no time is known."""
    output = call(course, "grade", NAME, code=1)
    assert "due 2026-01-10 12:00 UTC: 1 of 13 late, 10 without a time, so without a late penalty" in output
