"""What is in the way between a worker and the gradebook costs a retry or one clear line, never a run or a student."""

import os

import pytest

from autograder.course.course import Course
from autograder.course.students import students_of
from autograder.errors import CourseError, GradebookError
from autograder.nbgrader_bridge import gradebook
from tests.helpers.courses import NAME


@pytest.mark.skipif(os.getuid() == 0, reason="root may look everywhere")
def test_a_folder_that_may_not_be_looked_at_is_named(tmp_path):
    """A student whose folder this user may not enter is not passed over in silence."""
    for student in ("ada", "bea"):
        (tmp_path / "submitted" / student / NAME).mkdir(parents=True)
    (tmp_path / "submitted/bea").chmod(0)
    try:
        assert ["ada", "bea"] == students_of(Course(tmp_path), NAME)
    finally:
        (tmp_path / "submitted/bea").chmod(0o755)


@pytest.mark.parametrize("name", ["a?b", "[x]", "st*r"])
def test_a_path_that_is_a_pattern_is_refused(tmp_path, name):
    """nbgrader finds no notebook in [x], and SQLite's address ends at a ?: the gradebook would lie elsewhere."""
    (tmp_path / name).mkdir()
    (tmp_path / name / "nbgrader_config.py").touch()
    with pytest.raises(CourseError, match="Rename the folder"):
        Course.find(tmp_path / name)


def test_a_gradebook_that_is_none_says_what_to_do(tmp_path):
    """Garbage in its place: restore a backup, or begin anew."""
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    (tmp_path / "gradebook.db").write_bytes(b"no database" * 1000)
    with pytest.raises(GradebookError, match="Put a backup in its place"), gradebook.open_gradebook(Course(tmp_path)):
        pass
