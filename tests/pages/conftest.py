"""Classes whose pages are looked at."""

import pytest

from autograder import demo
from autograder.course.course import Course
from autograder.nbgrader_bridge import gradebook, release
from autograder.pages.class_summary import summarise
from tests.helpers.courses import NAME, ROOT, call
from tests.helpers.made_class import made_class


@pytest.fixture(scope="session")
def twelve(tmp_path_factory):
    """The demo's class, graded: reports and standings."""
    course = demo.make_course(Course(ROOT), tmp_path_factory.mktemp("report") / "course").root
    release.release_assignment(Course(course), NAME)
    demo.make_class(Course(course), NAME)
    call(course, "grade", NAME)
    return Course(course).reports(NAME).load_all(), gradebook.read_grades(Course(course), NAME)


@pytest.fixture(scope="session")
def thousand():
    return made_class(1000)


@pytest.fixture
def summary(twelve, assignment):
    return summarise(*twelve, NAME, assignment.tasks)
