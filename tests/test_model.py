"""The data model: what a grade knows of itself."""

from datetime import datetime, timedelta

import pytest

from autograder.model import StudentGrade, seconds_late

DUE = datetime(2026, 3, 2, 12)


@pytest.mark.parametrize("timestamp, duedate, late", [
    (DUE + timedelta(seconds=90), DUE, 90.0), (DUE, DUE, 0.0), (DUE - timedelta(days=1), DUE, 0.0), (None, DUE, 0.0),
    (DUE, None, 0.0),
])
def test_lateness_is_decided_once(timestamp, duedate, late):
    """A submission is late by the seconds after its due date; early, without a time or a due date it is not."""
    grade = StudentGrade("ada", None, None, None, None, timestamp, duedate, 0.0, 10.0, True)
    assert late == seconds_late(timestamp, duedate) == grade.seconds_late
