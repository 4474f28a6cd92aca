"""Draw the figures of sizes and costs: parameters as areas, and how long a memory lasts."""

from collections.abc import Callable

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from style import DASHED, GREY, HIDDEN, INK, INPUT, MEMORY, PREDICTION, QUIET, SETTINGS, Hue, area, canvas, code, write


def parameter_areas() -> Axes:
    """Parameters of an RNN and of an LSTM as areas
    Rectangles drawn to scale for 27 inputs, 64 hidden units and 27 outputs. Above, the RNN: Waa with 64 rows and 64
    columns, Wax with 64 rows and 27 columns, Wya with 27 rows and 64 columns, 7,643 numbers with their biases. Below,
    the LSTM: Wf, Wi, Wc and Wo, each with 64 rows and 64 + 27 columns, and Wy with 27 rows and 64 columns, 25,307
    numbers. Each bias is a line at the right edge of its matrix.
    """
    ax = canvas(7, 3.95)
    unit = 0.0134

    def block(x: float, top: float, rows: int, columns: int, hue: Hue) -> float:
        right, low = x + columns * unit, top - rows * unit
        area(ax, [(x, low), (right, low), (right, top), (x, top)], hue, lw=1.1)
        return right

    def layer(x: float, top: float, rows: int, parts: tuple[tuple[str, int, Hue], ...]) -> float:
        """Draw the matrices of a layer side by side, and its bias as a line."""
        for name, columns, hue in parts:
            middle, right = x + columns * unit / 2, block(x, top, rows, columns, hue)
            code(ax, middle, top - rows * unit / 2, name, color=hue.line, size=10)
            x = right
        ax.plot([x + 0.04] * 2, [top - rows * unit, top], color=INK, linewidth=1.6)
        return x + 0.3

    top = 3.55
    write(ax, 0.25, top + 0.22, "RNN: 7,643 numbers", ha="left", size=11)
    x = layer(0.25, top, 64, (("Waa", 64, HIDDEN), ("Wax", 27, INPUT)))
    layer(x, top, 27, (("Wya", 64, PREDICTION),))
    top = 1.85
    write(ax, 0.25, top + 0.22, "LSTM: 25,307 numbers", ha="left", size=11)
    x = 0.25
    for gate in "fico":
        x = layer(x, top, 64, ((f"W{gate}", 64, HIDDEN), ("", 27, INPUT))) - 0.13
    layer(x, top, 27, (("Wy", 64, PREDICTION),))
    for x0, words, hue in ((0.25, "reads a", HIDDEN), (1.65, "reads x", INPUT), (3.05, "predicts", PREDICTION)):
        area(ax, [(x0, 0.32), (x0 + 0.2, 0.32), (x0 + 0.2, 0.48), (x0, 0.48)], hue)
        write(ax, x0 + 0.3, 0.4, words, ha="left", color=hue.line)
    ax.plot([4.45] * 2, [0.3, 0.5], color=INK, linewidth=1.6)
    write(ax, 4.55, 0.4, "bias", ha="left")
    return ax


def memory_left() -> Axes:
    """What is left of a memory
    Four falling straight lines over 100 steps, on a logarithmic axis from 1 to 0.0001. A gate of 0.5 falls below 0.01
    after 7 steps, a gate of 0.73 after 15, a gate of 0.95 after 95. A gate of 0.993 still keeps a half after 100 steps.
    A dashed line marks 0.01.
    """
    with matplotlib.rc_context(SETTINGS):
        ax = Figure(figsize=(6.4, 3.5), facecolor="white").add_axes((0.14, 0.16, 0.83, 0.78))
        ax.set_xlabel("steps $k$", fontsize=10.5, color=INK)
        ax.set_ylabel("what is left, $f^k$", fontsize=10.5, color=INK)
    steps = np.arange(101)
    places = ((0, GREY, "-", 11.5), (1, INPUT, "--", 24), (3, HIDDEN, "-.", 62), (5, MEMORY, "-", 62))
    for bias, hue, style, place in places:
        gate = 1 / (1 + np.exp(-bias))
        ax.plot(steps, gate**steps, color=hue.line, linewidth=2.2, linestyle=style)
        words = f"bias {bias}:{' ' if bias else chr(10)}f = {gate:.3g}"
        ax.text(place + 2, gate**place * (1.2 if bias else 0.6), words, fontsize=10, color=hue.line)
    ax.axhline(0.01, color=QUIET, linewidth=1, linestyle=DASHED)
    ax.text(45, 0.0112, "0.01", fontsize=10, color=QUIET)
    ax.set(yscale="log", ylim=(1e-4, 1.6), yticks=(1, 0.1, 0.01, 0.001, 0.0001))
    ax.set(xlim=(0, 101), xticks=range(0, 101, 20))
    ax.set_yticklabels(("1", "0.1", "0.01", "0.001", "0.0001"))
    ax.minorticks_off()
    ax.tick_params(colors=INK, labelsize=10)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


FIGURES: dict[str, Callable[[], Axes]] = {"parameter-areas": parameter_areas, "memory-left": memory_left}
