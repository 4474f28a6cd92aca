"""A course is found by its configuration."""

import pytest

from autograder.course.course import Course
from autograder.errors import CourseError


@pytest.mark.parametrize("name", ["a?b", "[x]", "st*r"])
def test_a_path_that_is_a_pattern_is_refused(tmp_path, name):
    """nbgrader finds no notebook in [x], and SQLite's address ends at a ?: the gradebook would lie elsewhere."""
    (tmp_path / name).mkdir()
    (tmp_path / name / "nbgrader_config.py").touch()
    with pytest.raises(CourseError, match="Rename the folder"):
        Course.find(tmp_path / name)
