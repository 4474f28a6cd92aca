"""Draw the figures of the lessons to read and play with: a cell in numbers, gates, what is left over a distance."""

from collections.abc import Callable, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator
from style import (
    DASHED,
    GRADIENT,
    GREY,
    HIDDEN,
    INK,
    INPUT,
    MEMORY,
    PLAIN,
    PREDICTION,
    SETTINGS,
    Hue,
    box,
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
    ax = curve("steps since it was written", "share that is left")
    steps = np.arange(31)
    for gate, style, at in ((1.0, "-", 1.0), (0.97, "--", 0.40), (0.9, "-.", 0.09), (0.5, ":", -0.02)):
        ax.plot(steps, np.round(gate**steps, 6), color=MEMORY.line, linewidth=2, linestyle=style)
        ax.text(30.5, at, f"gate {gate:g}", fontsize=10.5, color=MEMORY.line, va="center")
    ax.set(xlim=(0, 30), ylim=(-0.03, 1.06), xticks=range(0, 31, 5), yticks=(0, 0.25, 0.5, 0.75, 1))
    return ax


#: How much the last state depends on the input so many steps before, relative to distance 0: medians of five networks,
#: measured by the lesson's own function. A test measures again.
DISTANCES = (0, 1, 2, 5, 10, 15, 20, 25, 30, 35, 40, 45, 49)
INFLUENCE = {
    "rnn": (1.0, 0.62, 0.39, 0.11, 0.011, 0.0012, 8.9e-05, 5.3e-06, 8e-07, 9.4e-08, 1.7e-08, 1.5e-09, 1.4e-10),
    "lstm 0": (1.0, 0.49, 0.32, 0.073, 0.007, 0.00073, 8.9e-05, 8.1e-06, 8.9e-07, 1.1e-07, 9.9e-09, 1.2e-09, 2.1e-10),
    "lstm 1": (1.0, 0.64, 0.52, 0.28, 0.11, 0.048, 0.023, 0.009, 0.0047, 0.0023, 0.0011, 0.00044, 0.00028),
    "lstm 3": (1.0, 0.62, 0.56, 0.57, 0.44, 0.47, 0.59, 0.66, 0.75, 0.85, 1.0, 1.2, 1.5),
}


def influence_by_distance() -> Axes:
    """How much an input still counts, by its distance
    Four curves over the distance, from 0 to 49 steps, on a logarithmic axis. The plain RNN and the LSTM with forget
    bias 0 fall together, to about 1e-6 at 30 steps and 1e-10 at 49. The LSTM with bias 1 falls to 0.005 at 30 steps.
    The LSTM with bias 3 stays between 0.4 and 1.5.
    """
    ax = curve("steps between input and last state", "influence")
    ax.set(yscale="log", xlim=(0, 49), ylim=(3e-11, 30), xticks=range(0, 50, 10))
    for name, words, hue, style, at in (
        ("lstm 3", "LSTM, bias 3", MEMORY, "-", 1.5), ("lstm 1", "LSTM, bias 1", MEMORY, "--", 3e-4),
        ("lstm 0", "LSTM, bias 0", MEMORY, ":", 1.2e-9), ("rnn", "plain RNN", HIDDEN, "-.", 5e-11),
    ):
        ax.plot(DISTANCES, INFLUENCE[name], color=hue.line, linewidth=2, linestyle=style)
        ax.text(49.8, at, words, fontsize=10.5, color=hue.line, va="center")
    ax.yaxis.set_major_locator(FixedLocator([10.0**k for k in range(-10, 1, 2)]))
    ax.yaxis.set_minor_locator(NullLocator())
    return ax


def back_through_time() -> Axes:
    """The way back through three steps
    Three boxes in a row, steps 1 to 3. Solid arrows carry the state from a0 through the boxes to a3. From each box an
    arrow leads up to its part of the loss, L1 to L3. Below, one weight w has an arrow to each box. Dashed arrows lead
    back: from each part of the loss down to its box, and from box 3 to box 2 and from there to box 1.
    """
    ax = canvas(7, 3.4)
    places, middle, width, height = (1.75, 3.6, 5.45), 1.75, 0.9, 0.75
    write(ax, 0.3, middle + 0.15, "$a_0$", size=13.5, color=HIDDEN.line)
    wire(ax, (0.5, middle + 0.15), (places[0] - width / 2, middle + 0.15), color=HIDDEN.line)
    box(ax, 3.6, 0.3, 0.5, 0.4, "$w$", hue=GREY, size=13)
    for k, x in enumerate(places, start=1):
        box(ax, x, middle, width, height, f"step {k}", hue=HIDDEN)
        box(ax, x, 3.08, 0.55, 0.4, f"$L_{k}$", hue=PREDICTION, size=12)
        wire(ax, (x - 0.12, middle + height / 2), (x - 0.12, 2.88), color=HIDDEN.line)
        wire(ax, (x + 0.12, 2.88), (x + 0.12, middle + height / 2), color=GRADIENT.line, style=DASHED)
        wire(ax, (3.6 + 0.16 * (k - 2), 0.5), (x, middle - height / 2), color=GREY.line)
        write(ax, x + width / 2 + 0.47, middle + 0.33, f"$a_{k}$", size=13.5, color=HIDDEN.line)
        end = x + width / 2 + 0.95 if k < 3 else x + width / 2 + 0.75
        wire(ax, (x + width / 2, middle + 0.15), (end, middle + 0.15), color=HIDDEN.line)
        if k < 3:
            wire(ax, (end, middle - 0.18), (x + width / 2, middle - 0.18), color=GRADIENT.line, style=DASHED)
    write(ax, 6.1, 2.5, "own term", color=GRADIENT.line)
    write(ax, 4.53, 1.32, "from later", color=GRADIENT.line)
    return ax


def curve(x: str, y: str) -> Axes:
    """Return axes with labels and a grid, and room at the right for the names of curves."""
    with matplotlib.rc_context(SETTINGS):
        ax = Figure(figsize=(6.4, 3.5), facecolor="white").add_axes((0.12, 0.16, 0.66, 0.78))
        ax.set_xlabel(x, fontsize=10.5, color=INK)
        ax.set_ylabel(y, fontsize=10.5, color=INK)
    ax.tick_params(colors=INK, labelsize=10)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(color="#e3e7ea", linewidth=0.7)
    return ax


FIGURES: dict[str, Callable[[], Axes]] = {
    "cell-by-hand": cell_by_hand,
    "gates-over-time": gates_over_time,
    "influence-by-distance": influence_by_distance,
    "back-through-time": back_through_time,
}
