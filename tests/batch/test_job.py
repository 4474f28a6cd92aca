"""A job is the same for the same course, and holds no password."""

import shutil
from dataclasses import replace

import pytest

from autograder.batch.job import make_job
from tests.helpers.grading import settings


@pytest.fixture
def course(ungraded, tmp_path):
    """Return a copy of the ungraded course."""
    return shutil.copytree(ungraded, tmp_path / "course")


def test_the_address_of_the_database_stays_here(course):
    """A job holds no password, and its digest does not depend on the database's address."""
    assignment, known, config = settings(course)
    before = make_job(assignment, known, config)
    config.CourseDirectory.db_url = "postgresql://ada:geheim@host/course"
    job = make_job(assignment, known, config)
    assert "geheim" not in repr(job.config) and before.digest == job.digest
    assert "geheim" in config.CourseDirectory.db_url


def test_the_order_of_rows_grades_nothing_again(course):
    """The digest depends on the content of rows, and not on the order in which a database returns them."""
    assignment, known, config = settings(course)
    turned = replace(known, **{name: dict(reversed(held.items())) for name, held in vars(known).items()
                               if isinstance(held, dict)})  # fmt: skip
    digests = [make_job(assignment, each, config).digest
               for each in (known, turned, replace(known, points=dict.fromkeys(known.points, 1.0)))]
    assert digests[0] == digests[1] != digests[2]
