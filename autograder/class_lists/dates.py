"""Times as Moodle writes them, in the language and the time zone of the person who downloads."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, tzinfo

#: The first letters of each month's names, without accents, in English, German, French, Spanish, Italian, Portuguese,
#: Dutch, Catalan and the Scandinavian languages.
MONTHS = (
    ("jan", "ene", "gen"), ("feb", "fev"), ("mar", "mrt", "maa"), ("apr", "avr", "abr"),
    ("mai", "may", "mei", "maj", "mag"), ("jun", "juin", "giu"), ("jul", "juil", "lug"), ("aug", "aou", "ago"),
    ("sep", "set"), ("oct", "okt", "ott", "out"), ("nov",), ("dec", "dez", "dic", "des"),
)  # fmt: skip
DAY_FIRST = re.compile(r"(?P<day>\d{1,2})\.?\s+(?:de\s+|d')?(?P<month>[^\W\d_]+)\.?,?\s+(?:de\s+)?(?P<year>\d{4})\b")
MONTH_FIRST = re.compile(r"(?P<month>[^\W\d_]+)\.?\s+(?P<day>\d{1,2}),?\s+(?P<year>\d{4})")
NUMBERS = re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)")
CLOCK = re.compile(r"(?P<hour>\d{1,2})\s?[:.h]\s?(?P<minute>\d\d)(?::(?P<second>\d\d))?\s*(?P<half>[ap]\.?\s?m\b)?",
                   re.IGNORECASE)


def parse_date(text: str, zone: tzinfo) -> datetime | None:
    """Return the time in UTC, without a zone, or None if the text holds none that can be read in one way only.

    Parameters
    ----------
    text : str
        As ``Friday, 27 November 2026, 5:12 PM``, ``Freitag, 27. November 2026, 17:12`` or ``2026-11-27 17:12``.
    zone : tzinfo
        In which the text is meant.
    """
    from dateutil.tz import UTC

    text = unicodedata.normalize("NFKC", text)
    for form in (NUMBERS, DAY_FIRST, MONTH_FIRST):
        if (date := form.search(text)) and (clock := CLOCK.search(text, date.end())):
            month = int(date["month"]) if form is NUMBERS else number_month(date["month"])
            hour = int(clock["hour"])
            if clock["half"]:
                hour = hour % 12 + 12 * (clock["half"][0].lower() == "p")
            elif hour <= 12 and text[clock.end() :].strip(" .").casefold() not in ("", "uhr", "h"):
                return None  # it may be the word for the afternoon in another language
            try:
                time = datetime(int(date["year"]), month, int(date["day"]), hour, int(clock["minute"]),
                                int(clock["second"] or 0), tzinfo=zone)
                return time.astimezone(UTC).replace(tzinfo=None)
            except (ValueError, OverflowError):
                continue
    return None


def number_month(name: str) -> int:
    """Return the number of a month by its name in one of the known languages; 0 if it is not known."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    fits = {number for number, starts in enumerate(MONTHS, 1) for start in starts if plain.startswith(start)}
    return fits.pop() if len(fits) == 1 else 0
