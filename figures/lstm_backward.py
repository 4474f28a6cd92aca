"""Figures of the way back through the LSTM: one cell, and the steps of a sequence."""

from matplotlib.axes import Axes
from style import (
    DASHED,
    GRADIENT,
    GREY,
    HIDDEN,
    MEMORY,
    PREDICTION,
    box,
    canvas,
    code,
    dot,
    knot,
    name,
    wire,
    write,
)

BACK = {"color": GRADIENT.line, "style": DASHED, "lw": 1.5}
CARRIED = {"color": MEMORY.line, "style": DASHED, "lw": 2.4}


def cell_backward() -> Axes:
    """One step backward through the LSTM cell
    All arrows are dashed and run against the forward pass. On top, along the line of the cell state, dc_next enters
    from the right, meets a plus sign, becomes dc, is multiplied by the forget gate ft and leaves to the left as
    dc_prev. From below, da_next reaches the plus sign by way of ot times 1 minus tanh of c_next squared. From dc three
    arrows go down to dft, dit and dcct; dot comes from da_next alone. The four meet on a line that feeds two boxes: the
    transposed weights, which give da_prev and dxt, and the stacked input, which gives the gradients of the parameters.
    """
    ax = canvas(7, 4)
    top, slope, rail, low = 3.35, 2.45, 1.24, 0.72
    forget, update, candidate, output = 1.65, 2.72, 3.78, 5.1
    box(ax, 3.5, 2.03, 4.9, 3.2, hue=GREY, lw=1.8, z=1)

    # along the cell state
    name(ax, 6.55, top + 0.12, r"$dc_{\mathrm{next}}$", "dc_next", MEMORY.line)
    wire(ax, (6.2, top), (output + 0.13, top), **CARRIED)
    knot(ax, output, top, "+", MEMORY)
    wire(ax, (output - 0.13, top), (forget - 0.17, top), **CARRIED)
    write(ax, 4.4, top + 0.16, r"$dc^{\langle t \rangle}$", size=12, color=MEMORY.line)
    knot(ax, forget - 0.3, top, "x", MEMORY)
    code(ax, forget - 0.3, top - 0.25, "ft")
    wire(ax, (forget - 0.43, top), (0.8, top), **CARRIED)
    name(ax, 0.45, top + 0.12, r"$dc^{\langle t{-}1 \rangle}$", "dc_prev", MEMORY.line)

    # from the hidden state
    name(ax, 6.55, slope + 0.12, r"$da^{\langle t \rangle}$", "da_next", GRADIENT.line)
    wire(ax, (6.2, slope), (5.75, slope), tip=False, **BACK)
    dot(ax, 5.75, slope, GRADIENT.line)
    wire(ax, (5.75, slope), (5.75, 2.9), (output, 2.9), (output, top - 0.13), **BACK)
    write(ax, 5.0, 2.72, r"$\Gamma_o \odot (1 - \tanh^2 c^{\langle t \rangle})$", size=10)

    # to the four arguments
    for x, factor, variable, source in (
        (forget, r"$c^{\langle t{-}1 \rangle} \odot \sigma'_f$", "dft", top),
        (update, r"$\tilde c^{\langle t \rangle} \odot \sigma'_i$", "dit", top),
        (candidate, r"$\Gamma_i \odot \tanh'_c$", "dcct", top),
        (output, r"$\tanh c^{\langle t \rangle} \odot \sigma'_o$", "dot", slope),
    ):
        if source == top:
            dot(ax, x, top, MEMORY.line)
            wire(ax, (x, top), (x, 2.14), **BACK)
        else:
            wire(ax, (5.75, slope), (5.75, 1.95), (x + 0.55, 1.95), **BACK)
        box(ax, x, 1.95, 0.98 if source == top else 1.1, 0.38, factor, hue=HIDDEN, size=10.5)
        wire(ax, (x, 1.76), (x, rail), tip=False, **BACK)
        dot(ax, x, rail, GRADIENT.line)
        code(ax, x + 0.07, 1.5, variable, color=GRADIENT.line, ha="left")

    # through the weights
    wire(ax, (forget, rail), (output, rail), tip=False, **BACK)
    for x in (2.4, 4.6):
        wire(ax, (x, rail), (x, low + 0.2), **BACK)
    box(ax, 2.4, low, 2.3, 0.4, r"$W_{s,a}^{\top}\,\cdot$ , $W_{s,x}^{\top}\,\cdot$ ; sum over $s$", size=11)
    box(ax, 4.75, low, 2.0, 0.4, r"$\cdot\; (u^{\langle t \rangle})^{\top}$ ; sum over $m$", size=11)
    wire(ax, (1.25, low), (0.8, low), **BACK)
    name(ax, 0.45, low + 0.12, r"$da^{\langle t{-}1 \rangle}$", "da_prev", GRADIENT.line)
    wire(ax, (2.4, low - 0.2), (2.4, 0.28), **BACK)
    write(ax, 2.4, 0.14, r"$dx^{\langle t \rangle}$", size=13, color=GRADIENT.line)
    code(ax, 2.68, 0.14, "dxt", color=GRADIENT.line, ha="left")
    wire(ax, (5.75, low), (6.2, low), **BACK)
    name(ax, 6.55, low + 0.12, r"$dW_s,\, db_s$", "dWf, ...", GRADIENT.line)
    return ax


def through_time() -> Axes:
    """Two gradients flow back through the LSTM, from step to step
    The cells of steps t-1, t and t+1 stand in a row. Above the cells, a loss sends a gradient da[:, :, t] down to a
    plus sign at each hidden state. Two dashed lines run from right to left through all cells: the gradient of the cell
    state, which goes straight from cell to cell as dc_prevt, and the gradient of the hidden state, da_prevt, which
    meets the plus sign first.
    """
    ax = canvas(7, 3.4)
    memory, hidden, line = 1.72, 1.1, 1.41
    places = (1.05, 3.15, 5.25)
    for x, step, index in zip(places, ("t-1", "t", "t+1"), ("t - 1", "t", "t + 1"), strict=True):
        box(ax, x, line, 1.0, 1.3, hue=GREY, lw=1.8)
        code(ax, x, line + 0.1, "lstm_cell")
        code(ax, x, line - 0.1, "_backward")
        wire(ax, (x, line - 0.65), (x, 0.42), **BACK)
        write(ax, x, 0.22, rf"$dx^{{\langle {step} \rangle}}$", size=13, color=GRADIENT.line)
        plus, right = x + 0.8, min(x + 1.6, 6.95)
        box(ax, plus, 3.1, 0.96, 0.36, f"loss at ${step}$", hue=PREDICTION)
        wire(ax, (plus, 2.92), (plus, hidden + 0.13), **BACK)
        code(ax, plus - 0.08, 2.45, f"da[:, :, {index}]", color=GRADIENT.line, ha="right")
        knot(ax, plus, hidden, "+", HIDDEN)
        wire(ax, (right, memory), (x + 0.5, memory), **CARRIED)
        wire(ax, (right, hidden), (plus + 0.13, hidden), **BACK)
        wire(ax, (plus - 0.13, hidden), (x + 0.5, hidden), **BACK)
        if x != places[-1]:
            code(ax, plus + 0.06, memory + 0.17, "dc_prevt", color=MEMORY.line, ha="left")
            code(ax, plus + 0.15, hidden - 0.2, "da_prevt", color=GRADIENT.line, ha="left")
    wire(ax, (places[0] - 0.5, memory), (0.12, memory), **CARRIED)
    wire(ax, (places[0] - 0.5, hidden), (0.12, hidden), **BACK)
    return ax
