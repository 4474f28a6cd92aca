"""The columns of Moodle's grading worksheet (mod/assign/gradingtable.php).

Moodle titles the columns in the language of the user who downloads the worksheet. A table knows some of these titles.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..roster import normalise
from ..spreadsheets import Sheet

WORDS = tomllib.loads((Path(__file__).parent / "moodle.toml").read_text(encoding="utf-8"))
TITLES: dict[str, list[str]] = WORDS["titles"]
NO, YES = set(WORDS["no"]), set(WORDS["yes"])
NUMBER_AT_END = re.compile(r"(?P<word>.*\D)(?P<number>\d+)", re.DOTALL)
KIND = "a grading worksheet of Moodle (the assignment > Submissions > Download grading worksheet)"


def known_columns(head: Sequence[str], given: Mapping[str, str] | None = None) -> dict[str, int]:
    """Return the positions of the columns whose titles are given or known."""
    given = given or {}
    titles = [normalise(title) for title in head]
    columns: dict[str, int] = {}
    for key, names in TITLES.items():
        known = [normalise(given[key])] if key in given else names
        position = next((titles.index(title) for title in known if title in titles), None)
        if position is not None and position not in columns.values():
            columns[key] = position
    return columns


def column_values(sheet: Sheet, position: int) -> list[str]:
    """Return the texts of a column, without empty rows."""
    return [sheet.value(row, position) for row in range(1, len(sheet.rows)) if any(sheet.rows[row])]


def has_participants(sheet: Sheet) -> bool:
    """Tell if each row of the first column holds one word and a number, as "Participant 123"."""
    matches = [NUMBER_AT_END.fullmatch(text) for text in column_values(sheet, 0)]
    return bool(matches) and all(matches) and len({match["word"] for match in matches if match}) == 1
