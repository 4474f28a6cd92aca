"""The data model: what a grade knows of itself."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from autograder.model import Case, StudentGrade, seconds_late

DUE = datetime(2026, 3, 2, 12)


@pytest.mark.parametrize("timestamp, duedate, late", [
    (DUE + timedelta(seconds=90), DUE, 90.0), (DUE, DUE, 0.0), (DUE - timedelta(days=1), DUE, 0.0), (None, DUE, 0.0),
    (DUE, None, 0.0),
])
def test_lateness_is_decided_once(timestamp, duedate, late):
    """A submission is late by the seconds after its due date; early, without a time or a due date it is not."""
    grade = StudentGrade("ada", None, None, None, None, timestamp, duedate, 0.0, 10.0, True)
    assert late == seconds_late(timestamp, duedate) == grade.seconds_late


def test_a_case_is_told_by_its_sizes_and_by_its_numbers():
    case = Case("public", {"n_y": 8}, {"scores": np.ones(8), "temperature": 0.5, "u": 0.9})
    assert case.given == {"n_y": 8, "temperature": 0.5, "u": 0.9}


def test_a_case_of_numbers_alone_is_told_by_them():
    """The size that only tells one draw from the next says nothing to a student."""
    assert Case("public", {"case": 0}, {"f": 0.9, "share": 0.02}).given == {"f": 0.9, "share": 0.02}
