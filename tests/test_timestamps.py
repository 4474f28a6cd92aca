"""Submission times, read and written as nbgrader does."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbgrader.utils import parse_utc as nbgraders_parse_utc

from autograder.timestamps import format_utc, parse_utc


@pytest.mark.parametrize("text", [
    "2026-03-01 12:00:05.250000 UTC", "2026-03-01 12:00:05 Europe/Berlin", "2026-03-01 12:00", "2026-03-01",
    "2026-03-01T12:00:05Z", "2026-03-01T12:00:05+02:00", "2026-03-01 12:00:05 Nowhere/Land", "2026-03-01 12:00 +0200",
    "2026-03-01 12:00:05.250000 EST",
])  # fmt: skip
def test_times_are_read_as_nbgrader_reads_them(text):
    """A time with or without a zone is the time that nbgrader's parser gives."""
    assert nbgraders_parse_utc(text) == parse_utc(text)


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1)))
def test_a_written_time_is_read_back(time):
    """`parse_utc` undoes `format_utc`, and nbgrader reads the same."""
    assert time == parse_utc(format_utc(time)) == nbgraders_parse_utc(format_utc(time))


def test_a_zone_is_converted():
    """A time in another zone becomes UTC without a zone."""
    time = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    assert time.astimezone(UTC).replace(tzinfo=None) == parse_utc(time.isoformat())


@pytest.mark.parametrize("text", ["", "yesterday", "99999999999999999999", "2026-13-45 12:00:00 UTC", "a b c"])
def test_a_text_without_a_time_is_none(text):
    """No text raises; one without a time gives None."""
    assert parse_utc(text) is None
