"""Draw the figures of the character model: names as rows, dice, a network that hears itself, a gradient cut short."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle
from style import (
    DASHED,
    GRADIENT,
    GREY,
    HIDDEN,
    INK,
    INPUT,
    PREDICTION,
    QUIET,
    area,
    box,
    canvas,
    code,
    measure,
    wire,
    write,
)

from rnn_utils import softmax


def shifted() -> Axes:
    """What is read and what is to be said, for the name ada
    Three rows of six boxes. Inputs: sign, a, d, a, pad, pad. Targets: a, d, a, sign, pad, pad. Mask: 1, 1, 1, 1, 0, 0.
    An arrow leads from each of the first four inputs down to the target below it. The padded boxes are hatched.
    """
    ax = canvas(6.4, 2.75)
    rows = (("x_ids", ("sign", "a", "d", "a", "", ""), INPUT, 2.25),
            ("targets", ("a", "d", "a", "sign", "", ""), PREDICTION, 1.2),
            ("mask", ("1", "1", "1", "1", "0", "0"), GREY, 0.42))
    for name, cells, hue, y in rows:
        code(ax, 1.15, y, name, size=10, color=hue.line, ha="right")
        for k, words in enumerate(cells):
            x = 1.75 + 0.8 * k
            box(ax, x, y, 0.66, 0.46, hue=hue, hatch="////" if k > 3 and name != "mask" else None)
            if words:
                write(ax, x, y, words, size=9.5 if words == "sign" else 11)
            if name == "x_ids" and k < 4:
                wire(ax, (x, y - 0.26), (x, 1.46), color=QUIET)
    return ax


def temperature() -> Axes:
    """The same scores at three temperatures
    Three groups of bars for five letters with the scores 2, 1, 0, -1 and -2. At temperature 0.5 the first letter has
    0.86. At temperature 1 it has 0.64. At temperature 2 it has 0.43, and all others have bars that can be seen.
    """
    ax = canvas(6.6, 2.7)
    for group, tau in enumerate((0.5, 1.0, 2.0)):
        left = 0.35 + 2.1 * group
        p = softmax(np.array([2.0, 1.0, 0.0, -1.0, -2.0]) / tau)
        ax.plot([left - 0.1, left + 1.75], [0.6, 0.6], color=QUIET, linewidth=0.9)
        for k, share in enumerate(p):
            x, tall = left + 0.34 * k, 1.55 * float(share)
            area(ax, [(x, 0.6), (x + 0.26, 0.6), (x + 0.26, 0.6 + tall), (x, 0.6 + tall)], PREDICTION, lw=1.1, z=3)
        write(ax, left + 0.13, 0.6 + 1.55 * float(p[0]) + 0.14, f"{p[0]:.2f}", size=9.5)
        write(ax, left + 0.82, 0.3, f"temperature {tau:g}", size=10, color=QUIET)
    return ax


def dice() -> Axes:
    """How a number from 0 to 1 chooses a letter
    A line from 0 to 1 is cut into pieces of the lengths 0.5, 0.3, 0.15 and 0.05, for the letters 0 to 3. The cumulative
    sums 0.5, 0.8, 0.95 and 1 stand below the ends of the pieces. An arrow at u = 0.62 points into the piece of
    letter 1.
    """
    ax = canvas(6.6, 2.1)
    left, long, start = 0.35, 5.8, 0.0
    for k, (share, hue) in enumerate(zip((0.5, 0.3, 0.15, 0.05), (INPUT, PREDICTION, HIDDEN, GREY), strict=True)):
        x0, x1 = left + long * start, left + long * (start + share)
        area(ax, [(x0, 0.75), (x1, 0.75), (x1, 1.15), (x0, 1.15)], hue, lw=1.2)
        write(ax, (x0 + x1) / 2, 0.95, f"{k}" if share < 0.2 else f"letter {k}", size=10)
        start += share
        write(ax, x1, 0.5 if k != 2 else 0.24, f"{start:g}", size=9.5, color=QUIET)
        ax.plot([x1, x1], [0.6 if k != 2 else 0.36, 0.75], color=QUIET, linewidth=0.8)
    write(ax, left, 0.5, "0", size=9.5, color=QUIET)
    at = left + long * 0.62
    write(ax, at, 1.87, "$u = 0.62$", size=12, color=GRADIENT.line)
    wire(ax, (at, 1.7), (at, 1.17), color=GRADIENT.line)
    return ax


def speaking() -> Axes:
    """A network that reads what it says
    Three cells in a row. The first reads the sign and says z, the second reads z and says e, the third reads e and says
    the sign. A dashed arrow leads from each output to the next input; the hidden state passes to the right, from zeros.
    """
    ax = canvas(6.8, 3.1)
    reads, says = ("sign", "z", "e"), ("z", "e", "sign")
    write(ax, 0.45, 1.55, "zeros", size=10, color=HIDDEN.line)
    wire(ax, (0.75, 1.55), (1.08, 1.55), color=HIDDEN.line)
    for k in range(3):
        x = 1.6 + 1.95 * k
        box(ax, x, 1.55, 1.0, 0.6, hue=HIDDEN)
        code(ax, x, 1.55, "rnn_step")
        box(ax, x, 0.4, 0.66, 0.42, reads[k], hue=INPUT, size=10)
        box(ax, x, 2.7, 0.66, 0.42, says[k], hue=PREDICTION, size=10)
        wire(ax, (x, 0.62), (x, 1.23))
        wire(ax, (x, 1.87), (x, 2.47))
        write(ax, x + 0.12, 2.15, "dice", size=9.5, color=QUIET, ha="left")
        if k < 2:
            wire(ax, (x + 0.52, 1.55), (x + 1.43, 1.55), color=HIDDEN.line)
            turns = (x + 0.35, 2.7), (x + 0.98, 2.7), (x + 0.98, 0.4), (x + 1.6, 0.4)
            wire(ax, *turns, color=GRADIENT.line, style=DASHED)
    return ax


def clipping() -> Axes:
    """A gradient that is too long, and two ways to shorten it
    A plane with a circle and a square around the origin. A long arrow leaves both. Its shortened version ends on the
    circle and has the same direction. A dashed arrow, cut entry by entry, ends in the corner of the square and has
    another direction. A short arrow inside the circle stays as it is.
    """
    ax = canvas(6.4, 3.6)
    x0, y0, radius = 1.6, 1.2, 1.0
    ax.add_patch(Circle((x0, y0), radius, facecolor="none", edgecolor=QUIET, linewidth=1.1, zorder=2))
    ax.plot([x0 - 1, x0 + 1, x0 + 1, x0 - 1, x0 - 1], [y0 - 1, y0 - 1, y0 + 1, y0 + 1, y0 - 1], color=QUIET,
            linewidth=0.9, linestyle=DASHED, zorder=2)
    gradient = np.array([3.9, 1.5])
    short = radius * gradient / np.linalg.norm(gradient)
    wire(ax, (x0, y0), (x0 + gradient[0], y0 + gradient[1]), color=GRADIENT.line, lw=1.4)
    wire(ax, (x0, y0), (x0 + short[0], y0 + short[1]), color=HIDDEN.line, lw=3, z=4)
    wire(ax, (x0, y0), (x0 + 1, y0 + 1), color=GRADIENT.line, style=DASHED, lw=1.6)
    wire(ax, (x0, y0), (x0 - 0.55, y0 + 0.3), color=INK, lw=1.6)
    measure(ax, (x0, y0), (x0, y0 - radius))
    write(ax, x0 + 0.1, y0 - 0.5, "max_norm", size=9.5, color=QUIET, ha="left")
    write(ax, 4.75, 2.95, "the gradient", size=10.5, color=GRADIENT.line)
    write(ax, x0 + 1.12, y0 + 0.05, "shortened", size=10.5, color=HIDDEN.line, ha="left")
    write(ax, x0 + 1.1, y0 + 1.2, "cut entry by entry", size=10.5, color=GRADIENT.line, ha="left")
    write(ax, 0.12, 2.5, "short enough", size=10, color=INK, ha="left")
    wire(ax, (0.75, 2.36), (x0 - 0.48, y0 + 0.42), color=QUIET, lw=0.8, tip=False)
    return ax


FIGURES: dict[str, Callable[[], Axes]] = {
    "shifted": shifted,
    "temperature": temperature,
    "dice": dice,
    "speaking": speaking,
    "clipping": clipping,
}
