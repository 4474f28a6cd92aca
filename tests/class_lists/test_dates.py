"""Times as Moodle writes them, in several languages and zones."""

from datetime import datetime

import pytest
from dateutil import tz

from autograder.class_lists.dates import number_month, parse_date

BERLIN = tz.gettz("Europe/Berlin")


@pytest.mark.parametrize("text", [
    "Friday, 27 November 2026, 5:12 PM", "Friday, November 27, 2026, 5:12 PM", "Freitag, 27. November 2026, 17:12",
    "vendredi 27 novembre 2026, 17:12", "viernes, 27 de noviembre de 2026, 17:12", "venerdì, 27 novembre 2026, 17:12",
    "sexta-feira, 27 de novembro de 2026 às 17:12", "vrijdag, 27 november 2026, 17:12",
    "divendres, 27 de novembre 2026, 17:12", "fredag, 27 november 2026, 17:12", "2026-11-27 17:12",
    "Friday, 27 November 2026, 5:12\u202fPM", "Freitag, 27. November 2026, 17:12 Uhr",
    "27 Nov 2026, 17:12:00",
])  # fmt: skip
def test_a_time_is_read_in_the_language_of_the_download(text):
    """17:12 in Berlin's winter is 16:12 in UTC, in whichever language."""
    assert datetime(2026, 11, 27, 16, 12) == parse_date(text, BERLIN)


def test_summer_time_counts():
    """17:12 in Berlin's summer is 15:12 in UTC; 12:05 AM is five past midnight."""
    assert datetime(2026, 7, 1, 15, 12) == parse_date("Wednesday, 1 July 2026, 5:12 PM", BERLIN)
    assert datetime(2026, 7, 1, 0, 5) == parse_date("Wednesday, 1 July 2026, 12:05 AM", tz.UTC)


@pytest.mark.parametrize("text", [
    "", "-", "No submission", "27/11/2026 17:12", "27.11.26", "Friday, 27 Foo 2026, 5:12 PM",
    "Friday, 31 February 2026, 5:12 PM", "Friday, 27 November 2026", "27 November 2026, 5:12 iltapäivä",
    "27 November 99999, 17:12",
])  # fmt: skip
def test_a_text_that_may_mean_several_times_is_none(text):
    """A date of numbers alone, an unknown month, and half a time are not read."""
    assert parse_date(text, BERLIN) is None


@pytest.mark.parametrize("number, names", list(enumerate([
    "January Januar janvier enero gennaio janeiro januari gener", "February Februar février febrero fevereiro febrer",
    "March März mars marzo março maart març", "April avril abril aprile", "May Mai mayo maggio maio mei maig maj",
    "June Juni juin junio giugno junho juny", "July Juli juillet julio luglio julho juliol",
    "August août agosto augustus agost augusti", "September septembre settembre setembro setembre",
    "October Oktober octobre octubre ottobre outubro", "November novembre noviembre novembro",
    "December Dezember décembre diciembre dicembre dezembro desembre",
], 1)))  # fmt: skip
def test_months_have_their_names_in_many_languages(number, names):
    """Each name of a month gives its number."""
    assert {number} == {number_month(name) for name in names.split()}
