"""Figures of the LSTM: its cell with the gates, and the cell repeated."""

from matplotlib.axes import Axes
from style import (
    DASHED,
    GREY,
    HIDDEN,
    INK,
    INPUT,
    MEMORY,
    PLAIN,
    PREDICTION,
    QUIET,
    box,
    canvas,
    code,
    dot,
    knot,
    name,
    wire,
    write,
)


def cell() -> Axes:
    """The LSTM cell with its gates
    Inside a dashed box, lstm_cell_forward. On top the line of the cell state: c_prev is multiplied by the forget gate
    ft, then the product of update gate it and candidate cct is added, which gives c_next. Below, a_prev and xt are
    stacked into concat, which feeds four boxes: forget gate, update gate and output gate with sigmoid, candidate with
    tanh. The tanh of c_next times the output gate ot gives a_next, which leaves to the right and, through softmax,
    gives yt_pred at the bottom.
    """
    ax = canvas(7, 4)
    top, bus, gate, middle = 3.1, 0.92, 1.55, 2.35
    forget, update, candidate, output, out = 2.16, 3.16, 4.16, 5.16, 5.83
    box(ax, 3.54, 2.07, 5.44, 3.1, hue=PLAIN, style=DASHED, lw=1.3, z=1)
    code(ax, 0.83, 3.77, "lstm_cell_forward", ha="left")

    # the cell state, on top
    name(ax, 0.37, top + 0.12, r"$c^{\langle t{-}1 \rangle}$", "c_prev", MEMORY.line)
    wire(ax, (0.66, top), (forget - 0.13, top), color=MEMORY.line, lw=2.4)
    wire(ax, (forget + 0.13, top), (candidate - 0.13, top), color=MEMORY.line, lw=2.4)
    wire(ax, (candidate + 0.13, top), (6.44, top), color=MEMORY.line, lw=2.4)
    name(ax, 6.72, top + 0.12, r"$c^{\langle t \rangle}$", "c_next", MEMORY.line)
    knot(ax, forget, top, "x", MEMORY)
    knot(ax, candidate, top, "+", MEMORY)

    # a_prev on top of xt feeds the gates
    box(ax, 1.36, bus, 0.7, 0.5, hue=GREY, lw=1.2)
    code(ax, 1.36, bus, "concat")
    name(ax, 0.37, bus + 0.12, r"$a^{\langle t{-}1 \rangle}$", "a_prev", HIDDEN.line)
    wire(ax, (0.66, bus), (1.01, bus), color=HIDDEN.line)
    name(ax, 1.36, 0.2, r"$x^{\langle t \rangle}$", color=INPUT.line)
    code(ax, 1.56, 0.2, "xt", color=INPUT.line, ha="left")
    wire(ax, (1.36, 0.36), (1.36, bus - 0.25), color=INPUT.line)
    ax.plot([1.71, output], [bus, bus], color=INK, linewidth=1.3, zorder=2)
    for x, words, formula in (
        (forget, "forget", r"$\sigma(W_f\cdot{+}\,b_f)$"),
        (update, "update", r"$\sigma(W_i\cdot{+}\,b_i)$"),
        (candidate, "candidate", r"$\tanh(W_c\cdot{+}\,b_c)$"),
        (output, "output", r"$\sigma(W_o\cdot{+}\,b_o)$"),
    ):
        wire(ax, (x, bus), (x, gate - 0.28))
        if x != output:
            dot(ax, x, bus)
        box(ax, x, gate, 0.93, 0.56, hue=GREY)
        write(ax, x, gate + 0.12, words)
        write(ax, x, gate - 0.12, formula, size=9)

    # what the gates do
    wire(ax, (forget, gate + 0.28), (forget, top - 0.13))
    code(ax, forget - 0.08, middle, "ft", size=10, ha="right")
    wire(ax, (update, gate + 0.28), (update, middle), (candidate - 0.13, middle))
    code(ax, update - 0.08, middle - 0.25, "it", size=10, ha="right")
    wire(ax, (candidate, gate + 0.28), (candidate, middle - 0.13))
    code(ax, candidate + 0.08, middle - 0.32, "cct", size=10, ha="left")
    knot(ax, candidate, middle, "x")
    wire(ax, (candidate, middle + 0.13), (candidate, top - 0.13))

    # the hidden state and the prediction
    low = 2.2
    dot(ax, output, top, MEMORY.line)
    wire(ax, (output, top), (output, 2.87), color=MEMORY.line)
    box(ax, output, 2.72, 0.6, 0.3, "tanh", hue=HIDDEN, size=10)
    wire(ax, (output, 2.57), (output, low + 0.13))
    wire(ax, (output, gate + 0.28), (output, low - 0.13))
    code(ax, output - 0.12, low - 0.25, "ot", size=10, ha="right")
    knot(ax, output, low, "x", HIDDEN)
    wire(ax, (output + 0.13, low), (6.44, low), color=HIDDEN.line)
    name(ax, 6.72, low + 0.12, r"$a^{\langle t \rangle}$", "a_next", HIDDEN.line)
    dot(ax, out, low, HIDDEN.line)
    wire(ax, (out, low), (out, bus + 0.25), color=HIDDEN.line)
    box(ax, out, bus, 0.72, 0.5, hue=PREDICTION)
    write(ax, out, bus + 0.1, "softmax", size=9.5)
    write(ax, out, bus - 0.12, r"$W_y\,\cdot + b_y$", size=9)
    wire(ax, (out, bus - 0.25), (out, 0.34), color=PREDICTION.line)
    name(ax, out, 0.19, r"$\hat y^{\langle t \rangle}$", color=PREDICTION.line)
    code(ax, out + 0.2, 0.19, "yt_pred", color=PREDICTION.line, ha="left")
    return ax


def unrolled() -> Axes:
    """The same LSTM cell at every time step, with two lines between the cells
    The cell lstm_cell_forward stands in a row for t = 0, 1, 2 and, after dots, T_x - 1. Two lines run through all of
    them: above, drawn thick, the cell state, which starts as zeros; below, the hidden state, which starts as a0. Into
    each cell comes its input from below, and out of each goes a prediction at the top.
    """
    ax = canvas(7, 3.8)
    line, memory, low = 2.05, 2.28, 0.62
    hidden = 2 * line - memory
    name(ax, 0.36, memory + 0.3, r"$c^{\langle 0 \rangle} = 0$", color=MEMORY.line, size=13)
    name(ax, 0.36, hidden - 0.28, r"$a^{\langle 0 \rangle}$", "a0", HIDDEN.line)
    places = ((1.36, "1", "0"), (2.74, "2", "1"), (4.12, "3", "2"), (5.84, "T_x", "T_x - 1"))
    for (x, step, t), start in zip(places, (0.2, 1.83, 3.21, 5.08), strict=True):
        wire(ax, (start, memory), (x - 0.47, memory), color=MEMORY.line, lw=2.4)
        wire(ax, (start, hidden), (x - 0.47, hidden), color=HIDDEN.line)
        box(ax, x, line, 0.94, 1.0, hue=GREY, lw=1.8)
        code(ax, x, line + 0.1, "lstm_cell")
        code(ax, x, line - 0.1, "_forward")
        wire(ax, (x, low + 0.18), (x, line - 0.5), color=INPUT.line)
        write(ax, x, low, rf"$x^{{\langle {step} \rangle}}$", size=13.5, color=INPUT.line)
        wire(ax, (x, line + 0.5), (x, line + 0.92), color=PREDICTION.line)
        write(ax, x, line + 1.1, rf"$\hat y^{{\langle {step} \rangle}}$", size=13.5, color=PREDICTION.line)
        write(ax, x, 3.55, f"$t = {t}$", size=11, color=QUIET)
    for x, step in ((2.04, "1"), (3.42, "2"), (4.81, "3")):
        write(ax, x, memory + 0.24, rf"$c^{{\langle {step} \rangle}}$", size=13, color=MEMORY.line)
        write(ax, x, hidden - 0.26, rf"$a^{{\langle {step} \rangle}}$", size=13, color=HIDDEN.line)
    for y, hue, lw, symbol, shift in ((memory, MEMORY, 2.4, "c", 0.23), (hidden, HIDDEN, 1.3, "a", -0.25)):
        wire(ax, (4.59, y), (4.86, y), color=hue.line, lw=lw)
        write(ax, 4.97, y, r"$\cdots$", size=15, color=hue.line)
        wire(ax, (6.31, y), (6.88, y), color=hue.line, lw=lw)
        write(ax, 6.62, y + shift, rf"${symbol}^{{\langle T_x \rangle}}$", size=13, color=hue.line)
    write(ax, 3.6, 0.22, "thick: cell state $c$, the memory;   thin: hidden state $a$", size=10)
    return ax
