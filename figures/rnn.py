"""Figures of the plain RNN: its cell, the cell repeated, and the way back through both."""

from matplotlib.axes import Axes
from style import (
    DASHED,
    DOTTED,
    GRADIENT,
    GREY,
    HIDDEN,
    INK,
    INPUT,
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
    """The RNN cell inside rnn_cell_forward
    In an inner box with a solid border, the RNN cell: a_prev enters from the left and is multiplied by Waa, xt enters
    from below and is multiplied by Wax, both are added to ba, and tanh gives a_next, which leaves to the right. An
    outer box with a dashed border, rnn_cell_forward, also holds the prediction: a_next goes up through Wya and by to
    softmax, and yt_pred leaves at the top. The cache leaves at the bottom: a_next, a_prev, xt, parameters.
    """
    ax = canvas(7, 4)
    line = 1.75
    box(ax, 3.45, 1.99, 4.7, 2.68, hue=PLAIN, style=DASHED, lw=1.3, z=1)
    code(ax, 1.25, 3.17, "rnn_cell_forward", ha="left")
    box(ax, 2.85, 1.62, 3.1, 1.6, hue=GREY, lw=1.8, z=1)
    write(ax, 1.42, 2.24, "RNN cell", ha="left")

    name(ax, 0.5, line + 0.12, r"$a^{\langle t{-}1 \rangle}$", "a_prev", HIDDEN.line)
    wire(ax, (0.84, line), (1.55, line), color=HIDDEN.line)
    box(ax, 1.85, line, 0.6, 0.38, r"$W_{aa}\,\cdot$", size=12)
    wire(ax, (2.15, line), (2.62, line))
    name(ax, 2.75, 0.36, r"$x^{\langle t \rangle}$", "xt", INPUT.line)
    wire(ax, (2.75, 0.53), (2.75, 1.03), color=INPUT.line)
    box(ax, 2.75, 1.22, 0.6, 0.38, r"$W_{ax}\,\cdot$", size=12)
    wire(ax, (2.75, 1.41), (2.75, line - 0.13))
    write(ax, 2.75, 2.23, "$b_a$", size=13)
    wire(ax, (2.75, 2.12), (2.75, line + 0.13))
    knot(ax, 2.75, line, "+")
    wire(ax, (2.88, line), (3.45, line))
    box(ax, 3.78, line, 0.66, 0.38, "tanh", hue=HIDDEN, size=10.5)
    wire(ax, (4.11, line), (6.1, line), color=HIDDEN.line)
    name(ax, 6.45, line + 0.12, r"$a^{\langle t \rangle}$", "a_next", HIDDEN.line)

    dot(ax, 5.1, line, HIDDEN.line)
    wire(ax, (5.1, line), (5.1, 2.13), color=HIDDEN.line)
    box(ax, 5.1, 2.32, 1.0, 0.38, r"$W_{ya}\,\cdot\; +\; b_y$", size=12)
    wire(ax, (5.1, 2.51), (5.1, 2.77))
    box(ax, 5.1, 2.96, 1.0, 0.38, "softmax", hue=PREDICTION, size=10.5)
    wire(ax, (5.1, 3.15), (5.1, 3.6), color=PREDICTION.line)
    name(ax, 5.1, 3.78, r"$\hat y^{\langle t \rangle}$", color=PREDICTION.line)
    code(ax, 5.32, 3.78, "yt_pred", color=PREDICTION.line, ha="left")

    wire(ax, (5.1, 0.65), (5.1, 0.36), style=DOTTED, lw=1.5)
    code(ax, 5.1, 0.2, "cache: a_next, a_prev, xt, parameters")
    return ax


def unrolled() -> Axes:
    """The same RNN cell at every time step
    The cell rnn_cell_forward stands in a row for t = 0, 1, 2 and, after dots, T_x - 1. Into each comes its input from
    below; out of each goes a prediction at the top and a hidden state to the next cell on the right. The first hidden
    state, a0, comes from outside. A dashed line joins all cells to one set of parameters.
    """
    ax = canvas(7, 3.9)
    line, low = 2.15, 0.98
    name(ax, 0.38, line + 0.12, r"$a^{\langle 0 \rangle}$", "a0", HIDDEN.line)
    places = ((1.3, "1", "0"), (2.7, "2", "1"), (4.1, "3", "2"), (5.84, "T_x", "T_x - 1"))
    for (x, step, t), start in zip(places, (0.6, 1.76, 3.16, 5.08), strict=True):
        wire(ax, (start, line), (x - 0.46, line), color=HIDDEN.line)
        box(ax, x, line, 0.92, 0.78, hue=GREY, lw=1.8)
        code(ax, x, line + 0.1, "rnn_cell")
        code(ax, x, line - 0.1, "_forward")
        wire(ax, (x, low + 0.3), (x, line - 0.39), color=INPUT.line)
        write(ax, x, low + 0.14, rf"$x^{{\langle {step} \rangle}}$", size=13.5, color=INPUT.line)
        wire(ax, (x, line + 0.39), (x, line + 0.84), color=PREDICTION.line)
        write(ax, x, line + 1.02, rf"$\hat y^{{\langle {step} \rangle}}$", size=13.5, color=PREDICTION.line)
        write(ax, x, 3.62, f"$t = {t}$", size=11, color=QUIET)
    for x, step in ((1.99, "1"), (3.39, "2"), (4.78, "3")):
        write(ax, x, line + 0.26, rf"$a^{{\langle {step} \rangle}}$", size=13, color=HIDDEN.line)
    wire(ax, (4.56, line), (4.85, line), color=HIDDEN.line)
    write(ax, 4.97, line, r"$\cdots$", size=15, color=HIDDEN.line)
    wire(ax, (6.3, line), (6.88, line), color=HIDDEN.line)
    write(ax, 6.61, line + 0.26, r"$a^{\langle T_x \rangle}$", size=13, color=HIDDEN.line)

    rail = 0.62
    ax.plot([0.95, 5.49], [rail, rail], color=INK, linewidth=1.2, linestyle=DASHED)
    for x, _, _ in places:
        wire(ax, (x - 0.35, rail), (x - 0.35, line - 0.39), style=DASHED, lw=1.2)
    write(ax, 3.5, 0.3, r"one set of parameters for all steps:  $W_{ax},\ W_{aa},\ W_{ya},\ b_a,\ b_y$", size=11)
    return ax


def cell_backward() -> Axes:
    """One step backward through the RNN cell
    All arrows are dashed and run against the forward pass. The gradient da_next enters from the right and meets the
    derivative of tanh, 1 minus a_next squared: the product is dtanh. From dtanh five gradients follow: da_prev leaves
    to the left through Waa transposed, dxt leaves downwards through Wax transposed; dWaa (with a_prev), dWax (with
    xt) and dba (summed over the examples) leave at the top.
    """
    ax = canvas(7, 4)
    line, spread, rail, top = 1.87, 3.1, 2.2, 2.7
    back = {"color": GRADIENT.line, "style": DASHED, "lw": 1.5}
    box(ax, 3.45, 1.96, 4.7, 2.2, hue=GREY, lw=1.8, z=1)
    code(ax, 1.25, 1.03, "rnn_cell_backward", ha="left")

    name(ax, 6.45, line + 0.12, r"$da^{\langle t \rangle}$", "da_next", GRADIENT.line)
    wire(ax, (6.1, line), (5.4, line), **back)
    box(ax, 4.8, line, 1.2, 0.44, r"$(1 - (a^{\langle t \rangle})^2)\; \odot$", hue=HIDDEN, size=11)
    wire(ax, (4.2, line), (spread, line), tip=False, **back)
    code(ax, 3.68, line - 0.17, "dtanh", color=GRADIENT.line)
    dot(ax, spread, line, GRADIENT.line)

    wire(ax, (spread, line), (2.25, line), **back)
    box(ax, 1.9, line, 0.7, 0.42, r"$W_{aa}^{\top}\,\cdot$", size=12)
    wire(ax, (1.55, line), (0.84, line), **back)
    name(ax, 0.46, line + 0.12, r"$da^{\langle t{-}1 \rangle}$", "da_prev", GRADIENT.line)
    wire(ax, (spread, line), (spread, 1.46), **back)
    box(ax, spread, 1.25, 0.7, 0.42, r"$W_{ax}^{\top}\,\cdot$", size=12)
    wire(ax, (spread, 1.04), (spread, 0.56), **back)
    name(ax, spread, 0.4, r"$dx^{\langle t \rangle}$", "dxt", GRADIENT.line)

    wire(ax, (spread, line), (spread, top - 0.21), **back)
    columns = (
        (1.85, r"$\cdot\;(a^{\langle t{-}1 \rangle})^{\top}$", "$dW_{aa}$", "dWaa"),
        (spread, r"$\cdot\;(x^{\langle t \rangle})^{\top}$", "$dW_{ax}$", "dWax"),
        (4.35, "sum over $m$", "$db_a$", "dba"),
    )
    for x, words, symbol, variable in columns:
        if x != spread:
            wire(ax, (spread, rail), (x, rail), (x, top - 0.21), **back)
        box(ax, x, top, 1.06, 0.42, words, size=11)
        wire(ax, (x, top + 0.21), (x, 3.37), **back)
        name(ax, x, 3.78, symbol, variable, GRADIENT.line)
    dot(ax, spread, rail, GRADIENT.line)

    wire(ax, (4.8, 0.42), (4.8, 0.84), style=DOTTED, lw=1.5)
    code(ax, 4.8, 0.26, "cache: a_next, a_prev, xt,")
    code(ax, 4.8, 0.09, "parameters")
    return ax


def two_gradients() -> Axes:
    """The two gradients that meet at one hidden state
    Two cells stand side by side, step t and step t+1; solid arrows show the forward pass, which carries the hidden
    state a at step t to the loss of step t above and to the next cell. Dashed arrows show the way back: da[:, :, t]
    comes down from the loss of step t, da_prevt comes back from step t+1. They meet at a plus sign, and the sum goes
    on, as da_next, into the backward pass of step t.
    """
    ax = canvas(7, 3.9)
    forward, back = 1.5, 2.15
    gradient = {"color": GRADIENT.line, "style": DASHED, "lw": 1.6}
    for x, step in ((1.6, "t"), (5.55, "t+1")):
        box(ax, x, 1.82, 1.1, 1.2, hue=GREY, lw=1.8)
        write(ax, x, 1.95, "cell of", size=10)
        write(ax, x, 1.72, f"step ${step}$", size=11)
        wire(ax, (x, 0.66), (x, 1.22), color=INPUT.line)
        write(ax, x, 0.48, rf"$x^{{\langle {step} \rangle}}$", size=13.5, color=INPUT.line)
    wire(ax, (0.35, forward), (1.05, forward), color=HIDDEN.line)
    wire(ax, (2.15, forward), (5.0, forward), color=HIDDEN.line)
    wire(ax, (6.1, forward), (6.75, forward), color=HIDDEN.line)
    write(ax, 3.3, forward - 0.24, r"$a^{\langle t \rangle}$", size=13.5, color=HIDDEN.line)
    dot(ax, 3.82, forward, HIDDEN.line)
    box(ax, 3.45, 3.4, 1.7, 0.42, "loss at step $t$", hue=PREDICTION, size=10.5)
    wire(ax, (3.82, forward), (3.82, 3.19), color=HIDDEN.line)
    wire(ax, (3.15, 3.19), (3.15, back + 0.15), **gradient)
    knot(ax, 3.15, back, "+", GRADIENT, radius=0.15)
    wire(ax, (5.0, back), (3.9, back), tip=False, **gradient)  # a gap where the forward arrow crosses
    wire(ax, (3.74, back), (3.3, back), **gradient)
    wire(ax, (3.0, back), (2.15, back), **gradient)
    wire(ax, (6.75, back), (6.1, back), **gradient)
    wire(ax, (1.05, back), (0.35, back), **gradient)
    write(ax, 3.03, 2.87, "from the loss", color=GRADIENT.line, ha="right")
    code(ax, 3.03, 2.67, "da[:, :, t]", color=GRADIENT.line, ha="right", size=9.5)
    write(ax, 4.45, back + 0.4, "from step $t+1$", color=GRADIENT.line)
    code(ax, 4.45, back + 0.19, "da_prevt", color=GRADIENT.line, size=9.5)
    code(ax, 2.55, back - 0.2, "da_next", color=GRADIENT.line, size=9.5)
    write(ax, 1.85, 3.5, "solid: forward", ha="right", color=HIDDEN.line)
    write(ax, 1.85, 3.27, "dashed: backward", ha="right", color=GRADIENT.line)
    return ax
