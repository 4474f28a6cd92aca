"""CSV files as spreadsheets and other systems exchange them.

`Sheet` changes single cells of a file and keeps every other byte, which Python's csv cannot: it forgets the quotes.
`escape_formula` keeps spreadsheets from running a cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .errors import CourseError

BOM = "\N{BYTE ORDER MARK}"
MAX_BYTES = 200_000_000
LINE_END = re.compile(r"\r\n|\n|\r")
QUOTED = re.compile(r'"(?:[^"]|"")*+"')
FIX = "Download it again, and do not save it from a spreadsheet."
#: The start of a cell that a spreadsheet runs as a formula, with apostrophes that prevent it.
FORMULA = re.compile(r"'*(?:\s*[=+\-@＝＋－＠]|[\t\r])")
#: Control characters, line and paragraph separators, and halves of characters that no file can hold.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
#: Canvas writes a name that begins with "=" like this.
TEXT_FORMULA = re.compile(r'="(.*)"', re.DOTALL)
#: An id that begins with a sign but cannot call a function.
HARMLESS = re.compile(r"[+\-@][\w.@+-]*")


# ---- cells that no spreadsheet runs --------------------------------------------------------------------------


def to_one_line(text: str) -> str:
    """Return the text with a space for each control character: one program or another would begin a row at it."""
    return CONTROL.sub(" ", text)


def escape_formula(text: str) -> str:
    """Return the text on one line, with an apostrophe in front if a spreadsheet would run it; `unescape` removes it."""
    text = to_one_line(text)
    return f"'{text}" if FORMULA.match(text) else text


def escape_id(text: str) -> str:
    """Escape an id or address only if it could do harm, since other systems match students by it."""
    return text if HARMLESS.fullmatch(text) else escape_formula(text)


def unescape(text: str) -> str:
    """Return a cell's text without the escapes that keep spreadsheets from running it."""
    if text.startswith("'") and FORMULA.match(text[1:]):
        return text[1:]
    wrapped = TEXT_FORMULA.fullmatch(text)
    return wrapped[1].replace('""', '"') if wrapped else text


def parse_number(text: str) -> float | None:
    """Return the number in a cell, with a decimal point or comma, or None."""
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None


# ---- files whose other bytes stay ----------------------------------------------------------------------------


@dataclass
class Sheet:
    """The raw cells of a CSV file, quotes included."""

    where: str  # the file's name, for messages
    bom: str
    delimiter: str
    rows: list[list[str]] = field(default_factory=list)
    line_ends: list[str] = field(default_factory=list)  # one for each row

    def value(self, row: int, column: int | None) -> str:
        """Return a cell's text; the empty text if there is no such cell."""
        if column is None or column >= len(self.rows[row]):
            return ""
        raw = self.rows[row][column]
        quoted = QUOTED.match(raw)
        if quoted is None:
            return raw
        return quoted[0][1:-1].replace('""', '"') + raw[quoted.end() :]

    def values(self, row: int) -> list[str]:
        """Return the texts of a row's cells."""
        return [self.value(row, column) for column in range(len(self.rows[row]))]

    def put(self, row: int, column: int, text: str) -> None:
        """Change a cell; quote it if it was quoted before or needs to be."""
        cells = self.rows[row]
        cells.extend([""] * (column + 1 - len(cells)))
        quoted = cells[column].startswith('"') or any(c in text for c in ('"', "\r", "\n", self.delimiter))
        cells[column] = '"' + text.replace('"', '""') + '"' if quoted else text

    def to_bytes(self) -> bytes:
        """Return the file; only cells that were `put` differ from the file that was read."""
        lines = (self.delimiter.join(cells) + end for cells, end in zip(self.rows, self.line_ends, strict=True))
        return (self.bom + "".join(lines)).encode()


def parse_sheet(text: str, delimiter: str, where: str = "") -> Sheet:
    """Split a CSV text into raw cells.

    Raises
    ------
    CourseError
        A quote is opened and never closed.
    """
    bom, text = (BOM, text[1:]) if text.startswith(BOM) else ("", text)
    cell = re.compile(rf'"(?:[^"]++|"")*+"[^{delimiter}\r\n]*|[^{delimiter}\r\n]*')
    sheet = Sheet(where, bom, delimiter)
    position = 0
    cells: list[str] = []
    while position < len(text) or cells:
        end = cell.match(text, position).end()  # type: ignore[union-attr]  # it matches the empty text, too
        cells.append(text[position:end])
        if cells[-1].startswith('"') and not QUOTED.match(cells[-1]):
            raise CourseError(where, f"row {len(sheet.rows) + 1}: a quote is opened and never closed", FIX)
        position = end
        if text.startswith(delimiter, position):
            position += 1
            continue
        line_end = LINE_END.match(text, position)
        sheet.rows.append(cells)
        sheet.line_ends.append(line_end[0] if line_end else "")
        position, cells = line_end.end() if line_end else position, []
    return sheet


def read_sheet(data: bytes, where: str, accepts: Callable[[Sequence[str]], bool], kind: str) -> Sheet:
    """Parse a file that is separated by commas, semicolons or tabs and has an accepted first row.

    Parameters
    ----------
    data : bytes
    where : str
        The file's name, for messages.
    accepts : callable
        Given the first row's texts, tells if this is the expected kind of file.
    kind : str
        The name of that kind and where to get it: "a gradebook of Canvas (Grades > Export)".

    Raises
    ------
    CourseError
        The file is too large, not UTF-8, or not of that kind.
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
            sheet = parse_sheet(text, delimiter, where)
        except CourseError as error:
            problem = problem or error  # the file may have another delimiter
            continue
        if sheet.rows and accepts(sheet.values(0)):
            return sheet
    if problem:
        raise problem
    head = LINE_END.split(text.removeprefix(BOM), maxsplit=1)[0][:100]
    raise CourseError(where, f"this is not {kind}; its first line is {head!r}", "Give the file as it was downloaded.")
