"""Print progress, tables of plain text, and bars that are met or missed."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

START = time.perf_counter()


def progress(text: str) -> None:
    """Print the current measurement and the time so far to stderr."""
    minutes, seconds = divmod(int(time.perf_counter() - START), 60)
    print(f"[{minutes:2}:{seconds:02}] {text}", file=sys.stderr, flush=True)


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence], notes: Sequence[str] = ()) -> None:
    """Print a table: the first column to the left, numbers to the right."""
    lines = [list(heads), *[[shown(value) for value in row] for row in rows]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    print(f"\n{title}")
    for number, line in enumerate(lines):
        cells = [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        print("  " + "  ".join([line[0].ljust(widths[0]), *cells]).rstrip())
        if number == 0:
            print("  " + "  ".join("-" * width for width in widths))
    for note in notes:
        print(f"  {note}")
    sys.stdout.flush()


def shown(value: object) -> str:
    """Return a number with its meaningful digits, or nothing for None."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)


def milliseconds(seconds: float | None) -> float | None:
    """Return milliseconds, or None for None."""
    return None if seconds is None else 1000 * seconds


def megabytes(count: float | None) -> float | None:
    """Return millions of bytes, or None for nothing."""
    return count / 1e6 if count else None


def ratio(one: float | None, other: float | None) -> float | None:
    """Return one by the other, or None if either is missing."""
    return one / other if one and other else None


@dataclass(frozen=True)
class Bar:
    """A goal for a number, and the number found."""

    what: str
    goal: float
    found: float | None
    at_least: bool  # else at most
    unit: str = "x"

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None if nothing was measured."""
        if self.found is None:
            return None
        return self.found >= self.goal if self.at_least else self.found <= self.goal

    def to_dict(self) -> dict:
        """Return the bar for a JSON file."""
        return asdict(self) | {"met": self.met}


def show_bars(bars: Sequence[Bar]) -> None:
    """Print the bars as a table."""
    words = {True: "met", False: "MISSED", None: "not measured"}
    rows = [
        [bar.what, f"{'>=' if bar.at_least else '<='} {bar.goal:g} {bar.unit}",
         None if bar.found is None else f"{shown(bar.found)} {bar.unit}", words[bar.met]]
        for bar in bars
    ]
    table("bars", ("", "goal", "found", ""), rows)
