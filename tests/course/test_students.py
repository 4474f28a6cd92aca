"""The students of an assignment are the folders that can be ids."""

import os
import shutil

import pytest

from autograder.course.course import Course
from autograder.course.students import misnamed, students_of, withdrawn
from tests.helpers.courses import NAME
from tests.helpers.grading import ODD_NAMES


@pytest.fixture
def course(ungraded, tmp_path):
    """Return a copy of the ungraded course."""
    return shutil.copytree(ungraded, tmp_path / "course")


@pytest.mark.parametrize("odd", ODD_NAMES)
def test_a_folder_whose_name_can_be_no_id_is_no_student(course, odd):
    """The folder is listed apart, and the students stay the same."""
    students = students_of(Course(course), NAME)
    shutil.copytree(course / "submitted" / "ada", course / "submitted" / odd)
    assert ([odd], students) == (misnamed(Course(course), NAME), students_of(Course(course), NAME))


def test_a_hidden_folder_is_no_student(course):
    """A file manager's .trash with the assignment in it is no student, as for nbgrader."""
    shutil.copytree(course / "submitted" / "ada", course / "submitted" / ".trash")
    assert ".trash" not in students_of(Course(course), NAME) + misnamed(Course(course), NAME)


@pytest.mark.skipif(os.getuid() == 0, reason="root may look everywhere")
def test_a_folder_that_may_not_be_looked_at_is_named(tmp_path):
    """A student whose folder this user may not enter is listed."""
    for student in ("ada", "bea"):
        (tmp_path / "submitted" / student / NAME).mkdir(parents=True)
    (tmp_path / "submitted/bea").chmod(0)
    try:
        assert ["ada", "bea"] == students_of(Course(tmp_path), NAME)
    finally:
        (tmp_path / "submitted/bea").chmod(0o755)


@pytest.mark.parametrize(("removed", "gone"), [
    (["ada"], {"ada"}), ([], set()), (["ada", "bea"], {"ada", "bea"}), (["ada", "bea", "carl"], set()),
    (["ada", "bea", "carl", "dora"], set()),
])  # fmt: skip
def test_who_left_the_class_has_no_submission_any_more(tmp_path, removed, gone):
    """Graded students without a submission have left, unless most submissions have been moved elsewhere."""
    students = ["ada", "bea", "carl", "dora"]
    for student in students:
        (tmp_path / "submitted" / student / NAME).mkdir(parents=True)
    for student in removed:
        shutil.rmtree(tmp_path / "submitted" / student)
    assert gone == withdrawn(Course(tmp_path), NAME, students)
