"""Draw the figures of the gradient checker: a loss and its gradient, arrays in a row, slopes, errors."""

from collections.abc import Callable, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator
from style import (
    DASHED,
    DOTTED,
    GRADIENT,
    GREY,
    HIDDEN,
    INK,
    INPUT,
    MEMORY,
    PREDICTION,
    QUIET,
    SETTINGS,
    Hue,
    area,
    box,
    canvas,
    code,
    matrix,
    wire,
    write,
)

#: The first assignment's catalogued mistakes in backward passes: how many have their worst array's error in each half
#: decade, from 10**-4 on. Measured; a test measures again that none is near the threshold.
WRONG = (1, 0, 0, 0, 2, 41, 116, 599)
#: The span of the errors of right ones, over 20 networks and all arrays.
RIGHT = (4e-13, 3.2e-9)


def plane(x: str, y: str, place: tuple[float, float, float, float] = (0.125, 0.16, 0.845, 0.78)) -> Axes:
    """Return axes with labels, for a curve."""
    with matplotlib.rc_context(SETTINGS):
        ax = Figure(figsize=(6.4, 3.5), facecolor="white").add_axes(place)
        ax.set_xlabel(x, fontsize=10.5, color=INK)
        ax.set_ylabel(y, fontsize=10.5, color=INK)
    ax.tick_params(colors=INK, labelsize=10)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def minus_log() -> Axes:
    """The cost of a prediction
    The curve of minus log p over the probability p of the right answer, from 0 to 1. It falls from above 4 near p = 0
    through 2.3 at p = 0.1 and 0.69 at p = 0.5 to 0 at p = 1. Three points mark p = 0.1, 0.5 and 0.9.
    """
    ax = plane("probability $p$ of the right answer", r"cost $-\log\, p$")
    p = np.linspace(0.012, 1, 300)
    ax.plot(p, -np.log(p), color=PREDICTION.line, linewidth=2.2)
    for at, words in ((0.1, "2.30"), (0.5, "0.69"), (0.9, "0.11")):
        cost = -np.log(at)
        ax.plot([at], [cost], "o", color=PREDICTION.line, markersize=6)
        ax.text(at + 0.02, cost + 0.12, words, fontsize=11, color=INK)
    ax.set(xlim=(0, 1.02), ylim=(0, 4.5), xticks=(0, 0.2, 0.4, 0.6, 0.8, 1), yticks=range(5))
    ax.grid(color="#e3e7ea", linewidth=0.7)
    return ax


def prediction_minus_answer() -> Axes:
    """The gradient of five scores: prediction minus answer
    Three rows of bars over five answers. The prediction has bars of 0.1, 0.35, 0.3, 0.05 and 0.2. The right answer is
    a single bar of height 1 at the third answer. Their difference is positive at every answer but the third, where it
    is -0.7; its bars sum to zero.
    """
    ax = canvas(6.4, 3.7)
    y_pred = np.array([0.10, 0.35, 0.30, 0.05, 0.20])
    y = np.array([0.0, 0.0, 1.0, 0.0, 0.0])
    rows: Sequence[tuple[str, str, np.ndarray, Hue, str, float]] = (
        ("prediction", "y_pred", y_pred, PREDICTION, "", 2.72),
        ("right answer", "y", y, GREY, "////", 1.6),
        ("difference", "dz", y_pred - y, GRADIENT, "", 0.83),
    )
    for words, variable, heights, hue, hatch, base in rows:
        write(ax, 1.3, base + 0.36, words, size=10.5, ha="right")
        code(ax, 1.3, base + 0.12, variable, color=hue.line, ha="right")
        ax.plot([1.5, 6.2], [base, base], color=QUIET, linewidth=0.9, zorder=2)
        for k, height in enumerate(heights):
            left, tall = 1.75 + 0.9 * k, 0.72 * height
            area(ax, [(left, base), (left + 0.5, base), (left + 0.5, base + tall), (left, base + tall)], hue, lw=1.1,
                 hatch=hatch or None, z=3)
            above = base + max(tall, 0) + 0.13
            write(ax, left + 0.25, above, f"{height:.2f}".replace("-", "\N{MINUS SIGN}"), size=9.5)
    for k in range(5):
        write(ax, 2.0 + 0.9 * k, 0.13, f"answer {k}", size=9, color=QUIET)
    return ax


def flat_vector() -> Axes:
    """Arrays of parameters, laid out in one vector
    Three arrays with numbered entries: Wax with two rows and three columns, Waa with two rows and two columns, ba with
    two rows and one column. Below them, one row of twelve boxes holds entries 0 to 5 of Wax row by row, then 6 to 9 of
    Waa, then 10 and 11 of ba.
    """
    ax = canvas(6.6, 2.75)
    cell, first = 0.42, 0
    for name, rows, columns, hue, left in (
        ("Wax", 2, 3, INPUT, 0.95), ("Waa", 2, 2, HIDDEN, 3.05), ("ba", 2, 1, GREY, 4.75),
    ):
        matrix(ax, left, 1.5, rows, columns, cell, hue)
        code(ax, left + columns * cell / 2, 2.55, name, size=10.5, color=hue.line)
        for k in range(rows * columns):
            row, column = divmod(k, columns)
            write(ax, left + (column + 0.5) * cell, 1.5 + (rows - row - 0.5) * cell, str(first + k), size=10)
            write(ax, 0.8 + (first + k + 0.5) * cell, 0.56, str(first + k), size=10)
        matrix(ax, 0.8 + first * cell, 0.35, 1, rows * columns, cell, hue)
        wire(ax, (left + columns * cell / 2, 1.42), (0.8 + (first + rows * columns / 2) * cell, 0.85), color=hue.line)
        first += rows * columns
    code(ax, 0.8 + 6 * cell, 0.14, "vector", size=10.5)
    return ax


def central_difference() -> Axes:
    """A slope, and two ways to measure it
    A curve that bends upwards, and its tangent at v, a solid line. A dash-dotted chord from v to v plus epsilon is
    clearly steeper than the tangent. A dashed chord from v minus epsilon to v plus epsilon is parallel to it, to the
    eye.
    """
    with matplotlib.rc_context(SETTINGS):
        ax = Figure(figsize=(6.4, 3.6), facecolor="white").add_axes((0.05, 0.12, 0.93, 0.86))

    def f(z: float | np.ndarray) -> float | np.ndarray:
        return 0.35 + 0.32 * (z - 0.2) ** 2 + 0.015 * (z - 0.2) ** 3

    v, nudge = 1.4, 0.85
    z = np.linspace(0.1, 2.75, 200)
    ax.plot(z, f(z), color=INK, linewidth=2)
    low, mid, high = f(v - nudge), f(v), f(v + nudge)
    slope = 0.64 * (v - 0.2) + 0.045 * (v - 0.2) ** 2
    ends = np.array([-1.05, 1.1])
    ax.plot(v + ends, mid + slope * ends, color=HIDDEN.line, linewidth=1.6)
    ax.plot([v, v + nudge], [mid, high], color=GRADIENT.line, linewidth=1.8, linestyle="-.")
    ax.plot([v - nudge, v + nudge], [low, high], color=MEMORY.line, linewidth=1.8, linestyle=DASHED)
    for at, words in ((v - nudge, r"$v - \varepsilon$"), (v, "$v$"), (v + nudge, r"$v + \varepsilon$")):
        ax.plot([at, at], [-0.1, f(at)], color=QUIET, linewidth=0.8, linestyle=DOTTED)
        ax.plot([at], [f(at)], "o", color=INK, markersize=5)
        ax.text(at, -0.2, words, fontsize=12, color=INK, ha="center", va="top")
    ax.text(1.95, 0.72, "tangent: the slope", fontsize=10.5, color=HIDDEN.line)
    ax.text(2.3, 1.28, "one-sided", fontsize=10.5, color=GRADIENT.line)
    ax.text(0.72, 1.0, "central", fontsize=10.5, color=MEMORY.line)
    ax.set(xlim=(0.05, 2.95), ylim=(-0.12, 2.15))
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[["top", "right", "left"]].set_visible(False)
    return ax


def quotient_errors(nudges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the relative errors of the central and of the one-sided quotient of z / (1 + z * z).

    The function needs +, * and / alone, which are rounded alike on every machine. Each error is the largest of twenty
    places, so that the curve does not hang on luck.
    """
    def f(z: float) -> float:
        return z / (1 + z * z)

    central, one_sided = [], []
    for nudge in map(float, nudges):
        errors = []
        for z in (0.2 + k / 97 for k in range(20)):
            exact = (1 - z * z) / (1 + z * z) ** 2
            errors.append((abs((f(z + nudge) - f(z - nudge)) / (2 * nudge) - exact) / exact,
                           abs((f(z + nudge) - f(z)) / nudge - exact) / exact))
        for kept, found in zip((central, one_sided), zip(*errors, strict=True), strict=True):
            kept.append(max(found))
    return np.array(central), np.array(one_sided)


def error_by_nudge() -> Axes:
    """How the error of a measured slope depends on the nudge
    Relative error over the nudge, both logarithmic, from 0.1 down to 1e-13. The error of the central difference falls
    with slope two to about 1e-11 at a nudge near 1e-5, and rises again as the nudge shrinks. The one-sided error falls
    with slope one to about 1e-8 at a nudge of 1e-8, and rises like the other.
    """
    nudges = np.array([float(f"1e-{k}") for k in range(1, 14)])
    central, one_sided = quotient_errors(nudges)
    ax = plane(r"nudge $\varepsilon$", "relative error")
    ax.set(xscale="log", yscale="log", xlim=(4e-14, 0.3), ylim=(1e-12, 30))
    for errors, hue, style, marker in ((one_sided, GRADIENT, "-.", "s"), (central, MEMORY, "-", "o")):
        ax.plot(nudges, [float(f"{error:.2g}") for error in errors], color=hue.line, linestyle=style, linewidth=1.8,
                marker=marker, markersize=4.5)
    ax.text(2e-5, 3e-3, "one-sided", fontsize=10.5, color=GRADIENT.line, ha="center")
    ax.text(1e-3, 3e-9, "central", fontsize=10.5, color=MEMORY.line, ha="left")
    ax.text(3e-13, 1e-2, "rounding", fontsize=10.5, color=QUIET)
    ax.text(4e-3, 1.5, "bending", fontsize=10.5, color=QUIET)
    ax.xaxis.set_major_locator(FixedLocator([10.0**k for k in range(-13, 0, 2)]))
    ax.yaxis.set_major_locator(FixedLocator([10.0**k for k in range(-12, 1, 2)]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_minor_locator(NullLocator())
    ax.grid(color="#e3e7ea", linewidth=0.7)
    return ax


def right_and_wrong() -> Axes:
    """The errors of right and of wrong backward passes
    A logarithmic axis of relative errors, from 1e-13 to 1. The arrays of right functions lie in a band at the left, up
    to 3e-9. Bars count wrong functions in each half decade: one near 1e-4, all others from 1e-2 to 1, most of them
    above 0.1. A dashed line at 1e-6 stands in the empty space between the two.
    """
    ax = plane("relative error", "wrong backward passes", (0.125, 0.16, 0.85, 0.78))
    ax.set(xscale="log", xlim=(3e-13, 1.5), ylim=(0, 690), yticks=range(0, 601, 100))
    for k, count in enumerate(WRONG):
        left, right = 10 ** (-4 + k / 2), 10 ** (-4 + (k + 1) / 2)
        if count:
            ax.bar(left, max(count, 5), width=right - left, align="edge", color=GRADIENT.fill, edgecolor=GRADIENT.line,
                   linewidth=1.1, hatch="////")
            ax.text(right, max(count, 5) + 14, str(count), fontsize=10, ha="right", color=INK)
    ax.axvspan(*RIGHT, ymax=0.2, facecolor=HIDDEN.fill, edgecolor=HIDDEN.line)
    ax.text(4e-11, 55, "right ones", fontsize=10.5, color=HIDDEN.line, ha="center")
    ax.axvline(1e-6, color=INK, linewidth=1.4, linestyle=DASHED)
    ax.text(7e-7, 520, "threshold", fontsize=10.5, color=INK, ha="right")
    ax.text(1e-2, 420, "wrong ones", fontsize=10.5, color=GRADIENT.line, ha="center")
    ax.xaxis.set_major_locator(FixedLocator([10.0**k for k in range(-12, 1, 2)]))
    ax.xaxis.set_minor_locator(NullLocator())
    return ax


def whole_check() -> Axes:
    """Two ways from the parameters to their gradients
    Above, flatten lays the parameters in a vector, and numeric_gradient calls loss_of many times; inside loss_of,
    restore, forward and cross_entropy follow each other. Below, forward runs once, then output_backward and backward.
    Both ways end in failing, which compares the two by name.
    """
    ax = canvas(6.9, 3.3)
    code(ax, 0.62, 1.95, "parameters", size=9)
    write(ax, 0.62, 1.7, "x, a0, ...", size=9, color=QUIET)
    box(ax, 1.75, 2.75, 0.85, 0.42, hue=GREY)
    code(ax, 1.75, 2.75, "flatten")
    box(ax, 4.02, 2.6, 3.05, 1.2, hue=Hue(QUIET, "#ffffff"), style=DASHED)
    code(ax, 4.02, 3.02, "numeric_gradient of loss_of")
    for x, width, words in ((2.95, 0.75, "restore"), (3.83, 0.75, "forward"), (4.87, 1.15, "cross_entropy")):
        box(ax, x, 2.45, width, 0.42, hue=GREY)
        code(ax, x, 2.45, words, size=9)
    for x, width, words in ((1.75, 0.85, "forward"), (3.2, 1.4, "output_backward"), (4.62, 0.9, "backward")):
        box(ax, x, 0.85, width, 0.42, hue=GRADIENT if words != "forward" else GREY)
        code(ax, x, 0.85, words, size=9)
    box(ax, 6.3, 1.8, 0.85, 0.46, hue=PREDICTION)
    code(ax, 6.3, 1.8, "failing")
    wire(ax, (0.62, 2.12), (0.62, 2.75), (1.3, 2.75))
    wire(ax, (0.62, 1.55), (0.62, 0.85), (1.3, 0.85))
    wire(ax, (2.18, 2.75), (2.47, 2.75))
    wire(ax, (2.18, 0.85), (2.48, 0.85))
    wire(ax, (3.91, 0.85), (4.15, 0.85), color=GRADIENT.line, style=DASHED)
    wire(ax, (5.55, 2.75), (6.3, 2.75), (6.3, 2.05), color=GRADIENT.line, style=DASHED)
    wire(ax, (5.08, 0.85), (6.3, 0.85), (6.3, 1.55), color=GRADIENT.line, style=DASHED)
    write(ax, 5.7, 2.25, "numeric", size=9.5, color=GRADIENT.line, ha="left")
    write(ax, 5.65, 1.2, "analytic", size=9.5, color=GRADIENT.line, ha="left")
    write(ax, 4.02, 1.7, "twice for each entry", size=9.5, color=QUIET)
    write(ax, 3.2, 0.4, "once", size=9.5, color=QUIET)
    return ax


FIGURES: dict[str, Callable[[], Axes]] = {
    "minus-log": minus_log,
    "prediction-minus-answer": prediction_minus_answer,
    "flat-vector": flat_vector,
    "central-difference": central_difference,
    "error-by-nudge": error_by_nudge,
    "right-and-wrong": right_and_wrong,
    "whole-check": whole_check,
}
