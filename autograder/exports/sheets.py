"""A CSV file in which cells can be changed while every other byte stays: Python's csv forgets what was quoted."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..errors import CourseError

BOM = "\N{BYTE ORDER MARK}"
MAX_BYTES = 200_000_000
LINE_END = re.compile(r"\r\n|\n|\r")
FIX = "Download it again, and do not save it from a spreadsheet."


@dataclass
class Sheet:
    """The cells of a CSV file as they stand in it, quotes included."""

    where: str
    bom: str
    delimiter: str
    rows: list[list[str]]
    ends: list[str]  # of each row

    def value(self, row: int, column: int | None) -> str:
        """What a cell says; nothing where there is no such cell."""
        if column is None or column >= len(self.rows[row]):
            return ""
        raw = self.rows[row][column]
        if not raw.startswith('"'):
            return raw
        close = re.match(r'"(?:[^"]|"")*+"', raw).end()
        return raw[1 : close - 1].replace('""', '"') + raw[close:]

    def values(self, row: int) -> list[str]:
        """What the cells of a row say."""
        return [self.value(row, column) for column in range(len(self.rows[row]))]

    def put(self, row: int, column: int, text: str) -> None:
        """Change a cell; it is quoted where it was before, or must be."""
        cells = self.rows[row]
        cells.extend([""] * (column + 1 - len(cells)))
        quoted = cells[column].startswith('"') or any(c in text for c in ('"', "\r", "\n", self.delimiter))
        cells[column] = quote(text) if quoted else text

    def to_bytes(self) -> bytes:
        """The file: byte for byte the one that was read, but for the cells that were put."""
        lines = (self.delimiter.join(cells) + end for cells, end in zip(self.rows, self.ends, strict=True))
        return (self.bom + "".join(lines)).encode()


def quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def parse(text: str, delimiter: str, where: str = "") -> Sheet:
    """The cells of a CSV text.

    Raises
    ------
    CourseError
        Where a quote is opened and never closed.
    """
    bom, text = (BOM, text[1:]) if text.startswith(BOM) else ("", text)
    cell = re.compile(rf'"(?:[^"]++|"")*+"[^{delimiter}\r\n]*|[^{delimiter}\r\n]*')
    sheet = Sheet(where, bom, delimiter, [], [])
    at, cells = 0, []
    while at < len(text) or cells:
        found = cell.match(text, at)
        if found[0].startswith('"') and not re.match(r'"(?:[^"]++|"")*+"', found[0]):
            raise CourseError(where, f"row {len(sheet.rows) + 1}: a quote is opened and never closed", FIX)
        cells.append(found[0])
        at = found.end()
        if text.startswith(delimiter, at):
            at += 1
            continue
        end = LINE_END.match(text, at)
        sheet.rows.append(cells)
        sheet.ends.append(end[0] if end else "")
        at, cells = end.end() if end else at, []
    return sheet


def read(data: bytes, where: str, accepts: Callable[[Sequence[str]], bool], kind: str) -> Sheet:
    """The sheet in a file whose first row is accepted, separated by commas, semicolons or tabs.

    Parameters
    ----------
    data : bytes
    where : str
        The file's name, for what is said of it.
    accepts : callable
        Given the first row's values, whether this is the kind of file that is meant.
    kind : str
        What that kind is called, and how to get it: "a gradebook of Canvas (Grades > Export)".

    Raises
    ------
    CourseError
        Where it is not text, or not that kind of file.
    """
    if len(data) > MAX_BYTES:
        raise CourseError(where, f"the file has {len(data):,} bytes", f"At most {MAX_BYTES:,} are read.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CourseError(where, f"the file is not text in UTF-8 (byte {error.start})", FIX) from None
    problem = None
    for delimiter in ",;\t":
        try:
            sheet = parse(text, delimiter, where)
        except CourseError as error:
            problem = problem or error  # unless it is separated by another
            continue
        if sheet.rows and accepts(sheet.values(0)):
            return sheet
    if problem:
        raise problem
    head = LINE_END.split(text.removeprefix(BOM), maxsplit=1)[0][:100]
    raise CourseError(where, f"this is not {kind}; its first line is {head!r}", "Give the file as it was downloaded.")
