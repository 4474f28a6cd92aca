"""Submission times: nbgrader's files beside a submission, and their format."""

from __future__ import annotations

import warnings
from datetime import datetime

TIMESTAMP_FILE = "timestamp.txt"
SECRET_FILE = "submission_secret.txt"  # of the same submission: nbgrader hands out its feedback by it


def parse_utc(text: str) -> datetime | None:
    """Return the time in UTC, without a zone, or None if the text holds none; agrees with nbgrader's `parse_utc`."""
    from dateutil import parser, tz  # slow to import

    words = text.split(" ")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # dateutil warns of an unknown zone, and ignores it
            if len(words) == 3:  # date, time, zone
                zone = int(words[2]) if words[2].lstrip("+-").isdecimal() else tz.gettz(words[2])
                time = parser.parse(f"{words[0]} {words[1]} TZ", tzinfos={"TZ": zone})
            else:
                time = parser.parse(text)
        return time.astimezone(tz.UTC).replace(tzinfo=None) if time.tzinfo else time
    except (ValueError, OverflowError, OSError, AttributeError, TypeError):
        return None


def format_utc(time: datetime) -> str:
    """Return the time as nbgrader writes it."""
    return f"{time:%Y-%m-%d %H:%M:%S.%f} UTC"
