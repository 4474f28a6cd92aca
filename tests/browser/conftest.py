"""A scratch course with a small class, one JupyterLab on it and one Chromium, for all browser tests of a worker."""


import pytest

from autograder import demo
from autograder.course.course import Course
from autograder.nbgrader_bridge import release
from tests.browser import lab
from tests.helpers import pupils
from tests.helpers.courses import NAME, ROOT


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium; without one the tests are skipped, and say so."""
    if lab.CHROMIUM is None:
        pytest.skip("needs the program chromium (Debian: apt-get install chromium); CI installs it")
    with lab.chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def course(browser, tmp_path_factory):
    """A released scratch course with three submissions: one right, one without a bias, one that carries no state."""
    folder = demo.make_course(Course(ROOT), tmp_path_factory.mktemp("browser") / "course").root
    release.release_assignment(Course(folder), NAME)
    demo.make_class(Course(folder), NAME, {pupil: pupils.PUPILS[pupil] for pupil in ("ada", "dora", "emil")})
    return folder


@pytest.fixture(scope="session")
def address(course, tmp_path_factory):
    """The JupyterLab on the course."""
    with lab.jupyter_lab(course, tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture
def page(browser):
    """A page of its own; at the end nothing may have gone wrong in it."""
    with lab.watched_page(browser) as (opened, wrong):
        yield opened
        assert [] == wrong


@pytest.fixture(scope="module")
def student(browser, address, course):
    """A student's untouched copy of the release, open in JupyterLab; nothing may go wrong in its page."""
    with lab.watched_page(browser) as (opened, wrong):
        yield lab.NotebookPage(opened, address, course, lab.copy_release(course, "student", NAME))
        assert [] == wrong
