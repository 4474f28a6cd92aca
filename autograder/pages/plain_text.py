"""Text from a notebook as a page may hold it: no colours, no control characters, not too long."""

from __future__ import annotations

import re
from collections.abc import Mapping

MAX_TEXT = 20_000  # characters; the middle of a longer text is left out

ANSI = re.compile(r"\x1b\[.*?[@-~]")  # colours and movements of a terminal's cursor
#: Control characters and surrogates, which JSON can hold and a page cannot.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


#: IPython's names for a cell, which count the cells as they run.
IN_CELL = re.compile(r"Cell In\[(\d{1,6})\]|<ipython-input-(\d{1,6})-[0-9a-f]+>")


def name_cells(text: str, places: Mapping[int, int]) -> str:
    """Return a message of IPython's in which cells have their numbers in the notebook, as the page shows them.

    Parameters
    ----------
    text : str
    places : mapping of int to int
        A cell's place in the notebook, from 1, by its execution count.
    """

    def name(match: re.Match[str]) -> str:
        place = places.get(int(match[1] or match[2]))
        return f"cell {place}" if place else "a cell"

    return IN_CELL.sub(name, text)


def join_lines(value: object) -> str:
    """Return a text of a notebook's file, which may hold it as a list of lines."""
    return "".join(map(str, value)) if isinstance(value, list) else str(value)


def clean_text(raw: object, limit: int = MAX_TEXT) -> str:
    """Return a text as a terminal would leave it, at most ``limit`` characters long and a note."""
    text = join_lines(raw)
    if len(text) > limit:
        text = f"{text[: limit // 2]}\n[… {len(text) - limit:,} characters are left out …]\n{text[-limit // 2 :]}"
    text = ANSI.sub("", text).replace("\r\n", "\n")
    if "\r" in text:  # a progress bar writes over its line again and again
        text = "\n".join(line.rsplit("\r", 1)[-1] for line in text.split("\n"))
    return CONTROL.sub("", text)
