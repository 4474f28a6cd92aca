"""Draw the figures of the lessons to read and play with: a cell in numbers, gates, what is left over a distance."""

from collections.abc import Callable, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from style import (
    GREY,
    HIDDEN,
    INK,
    INPUT,
    MEMORY,
    PLAIN,
    SETTINGS,
    Hue,
    canvas,
    code,
    matrix,
    wire,
    write,
)


def numbers(ax: Axes, x: float, y: float, rows: Sequence[Sequence[str]], hue: Hue, label: str) -> None:
    """Draw a matrix with its entries written in, lower left corner at (x, y), and its name above."""
    cell = 0.5
    matrix(ax, x, y, len(rows), len(rows[0]), cell, hue)
    for i, row in enumerate(rows):
        for j, entry in enumerate(row):
            place = x + (j + 0.5) * cell, y + (len(rows) - 0.5 - i) * cell
            write(ax, *place, entry.replace("-", "\N{MINUS SIGN}"), size=11)
    code(ax, x + len(rows[0]) * cell / 2, y + len(rows) * cell + 0.17, label, color=hue.line)


def cell_by_hand() -> Axes:
    """The sum inside a cell, in numbers
    Above, three terms: Wax with rows 0.5, 0 and 1, -0.5 times the input 1, 2; plus Waa with rows 1, 0 and 2, 1 times
    the last state 0.5, -0.5; plus the bias -0.5, 0.5. Below, the three terms as columns of question marks; their sum
    z, and an arrow labelled tanh to a_next, all of question marks.
    """
    ax = canvas(7, 3.3)
    high, low, unknown = 1.85, 0.2, [["?"], ["?"]]
    numbers(ax, 0.45, high, [["0.5", "0"], ["1", "-0.5"]], INPUT, "Wax")
    numbers(ax, 1.75, high, [["1"], ["2"]], INPUT, "xt")
    numbers(ax, 2.95, high, [["1", "0"], ["2", "1"]], HIDDEN, "Waa")
    numbers(ax, 4.25, high, [["0.5"], ["-0.5"]], HIDDEN, "a_prev")
    numbers(ax, 5.65, high, [["-0.5"], ["0.5"]], GREY, "ba")
    for x, sign in ((1.6, r"$\cdot$"), (4.1, r"$\cdot$"), (2.6, "+"), (5.2, "+")):
        write(ax, x, high + 0.5, sign, size=15)
    for x, label, hue in ((0.6, "input", INPUT), (1.8, "past", HIDDEN), (3.0, "ba", GREY), (4.2, "z", PLAIN),
                          (5.8, "a_next", HIDDEN)):
        numbers(ax, x, low, unknown, hue, label)
    for x, sign in ((1.45, "+"), (2.65, "+"), (3.85, "=")):
        write(ax, x, low + 0.5, sign, size=15)
    wire(ax, (4.78, low + 0.5), (5.72, low + 0.5))
    write(ax, 5.22, low + 0.68, "tanh", size=10.5)
    return ax


def gates_over_time() -> Axes:
    """What is left of a memory, for four forget gates
    The share of a memory that is left after 0 to 30 steps. With a gate of 1 the line stays at 1. With 0.97 it falls
    to 0.40 after 30 steps, with 0.9 to 0.04, and with 0.5 it is below 0.04 after five steps already.
    """
    with matplotlib.rc_context(SETTINGS):
        ax = Figure(figsize=(6.4, 3.5), facecolor="white").add_axes((0.12, 0.16, 0.72, 0.78))
        ax.set_xlabel("steps since it was written", fontsize=10.5, color=INK)
        ax.set_ylabel("share that is left", fontsize=10.5, color=INK)
    steps = np.arange(31)
    for gate, style, at in ((1.0, "-", 1.0), (0.97, "--", 0.40), (0.9, "-.", 0.09), (0.5, ":", -0.02)):
        ax.plot(steps, np.round(gate**steps, 6), color=MEMORY.line, linewidth=2, linestyle=style)
        ax.text(30.5, at, f"gate {gate:g}", fontsize=10.5, color=MEMORY.line, va="center")
    ax.set(xlim=(0, 30), ylim=(-0.03, 1.06), xticks=range(0, 31, 5), yticks=(0, 0.25, 0.5, 0.75, 1))
    ax.tick_params(colors=INK, labelsize=10)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(color="#e3e7ea", linewidth=0.7)
    return ax


FIGURES: dict[str, Callable[[], Axes]] = {
    "cell-by-hand": cell_by_hand,
    "gates-over-time": gates_over_time,
}
