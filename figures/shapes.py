"""Figures about shapes: words as columns, batches, tensors and their slices, stacked weights."""

from matplotlib.axes import Axes
from style import (
    DASHED,
    GREY,
    HIDDEN,
    INK,
    INPUT,
    PREDICTION,
    QUIET,
    bits,
    box,
    canvas,
    code,
    matrix,
    measure,
    tensor,
    wire,
    write,
)

WORDS = ("and", "cat", "dog", "ran", "sat", "the")


def one_hot() -> Axes:
    """Three words as one-hot columns
    A vocabulary of six words stands in a column: and, cat, dog, ran, sat, the, with indices 0 to 5. Beside it the
    words of "the cat sat" stand as three columns of six numbers. Each column holds zeros and a single 1, in the row
    of its word.
    """
    ax = canvas(6, 3.5)
    cell, bottom = 0.34, 0.8
    write(ax, 1.0, 3.15, "vocabulary")
    for index, word in enumerate(WORDS):
        y = bottom + (len(WORDS) - 0.5 - index) * cell
        code(ax, 0.42, y, str(index), size=10, color=QUIET)
        box(ax, 1.0, y, 0.74, cell - 0.06, hue=GREY, lw=0.8)
        code(ax, 1.0, y, word, size=10)
    for t, word in enumerate(("the", "cat", "sat")):
        x = 2.1 + t * 0.9
        code(ax, x + cell / 2, 3.15, word, size=10.5)
        bits(ax, x, bottom, len(WORDS), WORDS.index(word), cell, INPUT)
        write(ax, x + cell / 2, 0.5, rf"$x^{{\langle {t + 1} \rangle}}$", size=13.5)
        code(ax, x + cell / 2, 0.22, f"t = {t}", color=QUIET)
    measure(ax, (4.55, bottom), (4.55, bottom + 6 * cell))
    middle = bottom + 3 * cell
    write(ax, 4.7, middle + 0.22, r"$n_x = 6$ units,", ha="left", size=11)
    write(ax, 4.7, middle - 0.02, "one for each", ha="left")
    write(ax, 4.7, middle - 0.22, "known word", ha="left")
    return ax


def batch() -> Axes:
    """The examples of a batch, side by side
    On the left four sentences of three words, the second word of each framed: cat, dog, and, cat. An arrow leads to
    a matrix of six rows, one per word of the vocabulary, and four columns, one per sentence. Each column holds a
    single 1, in the row of the framed word: the matrix has shape (n_x, m) = (6, 4).
    """
    ax = canvas(6.6, 3.5)
    sentences = ("the cat sat", "the dog ran", "cat and dog", "the cat ran")
    cell, left, bottom = 0.34, 4.15, 0.72
    write(ax, 1.42, 2.95, r"$m = 4$ examples")
    for example, sentence in enumerate(sentences):
        y = 2.5 - example * 0.42
        write(ax, 0.35, y, f"({example + 1})", color=QUIET)
        for place, word in enumerate(sentence.split()):
            x = 0.85 + place * 0.58
            if place == 1:
                box(ax, x, y, 0.46, 0.29, hue=INPUT, lw=1.2)
            code(ax, x, y, word, size=10)
    wire(ax, (1.43, 0.72), (1.43, 1.02), color=INPUT.line)
    write(ax, 1.43, 0.56, r"all at time step $t$", color=INPUT.line)
    wire(ax, (2.5, 1.87), (3.4, 1.87))
    write(ax, 2.92, 2.03, "side by side")
    for example, sentence in enumerate(sentences):
        x = left + example * cell
        bits(ax, x, bottom, len(WORDS), WORDS.index(sentence.split()[1]), cell, INPUT)
        write(ax, x + cell / 2, bottom + 6 * cell + 0.15, f"({example + 1})", color=QUIET)
    for index, word in enumerate(WORDS):
        code(ax, left - 0.1, bottom + (len(WORDS) - 0.5 - index) * cell, word, size=10, ha="right", color=QUIET)
    right, middle = left + 4 * cell, bottom + 3 * cell
    measure(ax, (right + 0.13, bottom), (right + 0.13, bottom + 6 * cell))
    write(ax, right + 0.26, middle + 0.12, "$n_x$", size=13.5, ha="left")
    write(ax, right + 0.26, middle - 0.12, "units", ha="left")
    measure(ax, (left, bottom - 0.13), (right, bottom - 0.13))
    write(ax, left + 2 * cell, bottom - 0.34, "$m$ examples", size=11)
    write(ax, left + 2 * cell, 3.24, r"$x^{\langle t \rangle}$: shape $(n_x, m)$", size=12.5)
    return ax


def tensor_slices() -> Axes:
    """A 3-D tensor and one of its 2-D slices
    The tensor x of shape (n_x, m, T_x) is a block: units downwards, examples across, time steps backwards. One slab
    of it, at time step t, is hatched. An arrow pulls it out as a matrix of shape (n_x, m), in code xt = x[:, :, t],
    in which every column is one example.
    """
    ax = canvas(6.6, 3.5)
    cell, x, y, step, steps = 0.25, 0.95, 0.75, (0.17, 0.12), 6
    width, height = 6 * cell, 5 * cell
    tensor(ax, x, y, 5, 6, steps, cell, INPUT, step, marked=(2,))
    write(ax, x + 1.28, 3.15, "$x$: shape $(n_x, m, T_x)$", size=12.5)
    measure(ax, (x - 0.13, y), (x - 0.13, y + height))
    write(ax, x - 0.26, y + height / 2 + 0.12, "$n_x$", size=13.5, ha="right")
    write(ax, x - 0.26, y + height / 2 - 0.12, "units", ha="right")
    measure(ax, (x, y - 0.13), (x + width, y - 0.13))
    write(ax, x + width / 2, y - 0.34, "$m$ examples", size=11)
    low = (x + width + 0.1, y - 0.1)
    measure(ax, low, (low[0] + steps * step[0], low[1] + steps * step[1]))
    write(ax, low[0] + 0.55, low[1] + 0.16, "$T_x$ time steps", size=11, ha="left")

    left, bottom = 4.75, 0.95
    slab = (x + width + 2.5 * step[0], y + height * 0.62 + 2.5 * step[1])
    wire(ax, slab, (left - 0.06, slab[1]), color=INPUT.line, style=DASHED, lw=1.5, z=5)
    matrix(ax, left, bottom, 5, 6, cell, INPUT, marked=(4,))
    write(ax, left + width / 2, 3.15, r"$x^{\langle t \rangle}$: shape $(n_x, m)$", size=12.5)
    code(ax, left + width / 2, bottom + height + 0.2, "xt = x[:, :, t]", size=9.5)
    wire(ax, (left + 4.5 * cell, bottom - 0.32), (left + 4.5 * cell, bottom - 0.05), color=QUIET, lw=1)
    write(ax, left + width / 2, bottom - 0.46, "one column, one example", color=QUIET)
    return ax


def hidden_and_prediction() -> Axes:
    """Hidden states and predictions of all time steps, with their slices
    Above, the tensor a of shape (n_a, m, T_x) with two neighbouring slabs hatched; they are pulled out as a_prev and
    a_next, each of shape (n_a, m). Below, the flatter tensor y_pred of shape (n_y, m, T_x) with one slab hatched,
    pulled out as yt_pred of shape (n_y, m).
    """
    ax = canvas(7, 3.95)
    cell, step, steps, x, columns = 0.17, (0.15, 0.085), 5, 0.75, 6
    width, before, now = columns * cell, 3.55, 5.45
    blocks = (
        (2.2, 5, "n_a", r"$a$", HIDDEN, (2, 3)),
        (0.5, 2, "n_y", r"$\hat y$, $\mathtt{y\_pred}$", PREDICTION, (3,)),
    )
    for y, rows, units, symbol, hue, marked in blocks:
        height = rows * cell
        tensor(ax, x, y, rows, columns, steps, cell, hue, step, marked=marked)
        write(ax, x, y + height + 0.69, f"{symbol}: shape $({units}, m, T_x)$", size=12, ha="left")
        measure(ax, (x - 0.12, y), (x - 0.12, y + height))
        write(ax, x - 0.22, y + height / 2, f"${units}$", size=13.5, ha="right")
        measure(ax, (x, y - 0.12), (x + width, y - 0.12))
        write(ax, x + width / 2, y - 0.28, "$m$", size=12.5)
        low = (x + width + 0.09, y - 0.09)
        measure(ax, low, (low[0] + steps * step[0], low[1] + steps * step[1]))
        write(ax, low[0] + 0.5, low[1] + 0.1, "$T_x$", size=12.5, ha="left")

    y, height = 2.2, 5 * cell
    for left, steps_on, variable in ((before, "t{-}1", "a_prev"), (now, "t", "a_next")):
        matrix(ax, left, y, 5, columns, cell, HIDDEN)
        write(ax, left + width / 2, y - 0.21, rf"$a^{{\langle {steps_on} \rangle}}$: $(n_a, m)$", size=12)
        code(ax, left + width / 2, y - 0.45, variable)
    pull = {"color": HIDDEN.line, "style": DASHED, "lw": 1.5, "z": 5}
    wire(ax, (x + width + 2.5 * step[0], y + height / 2), (before - 0.06, y + height / 2), **pull)
    high = y + height + 0.22
    wire(ax, (x + width + 3.5 * step[0], high), (now + width / 2, high), (now + width / 2, y + height + 0.05), **pull)

    middle = 0.5 + cell + 3.5 * step[1]
    matrix(ax, now, middle - cell, 2, columns, cell, PREDICTION)
    wire(ax, (x + width + 3.5 * step[0], middle), (now - 0.06, middle), color=PREDICTION.line, style=DASHED, lw=1.5,
         z=5)
    write(ax, now + width / 2, middle - 0.4, r"$\hat y^{\langle t \rangle}$: $(n_y, m)$", size=12)
    code(ax, now + width / 2, middle - 0.64, "yt_pred")
    return ax


def stacked_weights() -> Axes:
    """The stacked weight matrix and its two blocks of columns
    The matrix Wf of shape (n_a, n_a + n_x) has two blocks of columns: the first n_a, Wf[:, :n_a], hatched, meet
    a_prev; the last n_x, Wf[:, n_a:], meet xt. It multiplies the column stack of a_prev on top of xt, of shape
    (n_a + n_x, m), and gives a matrix of shape (n_a, m).
    """
    ax = canvas(7, 3.9)
    cell, n_a, n_x, m, gap = 0.235, 5, 3, 4, 0.12
    middle = 2.0
    low, left = middle - n_a * cell / 2, 0.8
    split = left + n_a * cell + gap
    matrix(ax, left, low, n_a, n_a, cell, HIDDEN, hatch="////")
    matrix(ax, split, low, n_a, n_x, cell, INPUT)
    right, top = split + n_x * cell, low + n_a * cell
    measure(ax, (left - 0.12, low), (left - 0.12, top))
    write(ax, left - 0.22, middle, "$n_a$", size=13.5, ha="right")
    measure(ax, (left, top + 0.12), (left + n_a * cell, top + 0.12))
    write(ax, left + n_a * cell / 2, top + 0.3, "$n_a$", size=13.5)
    measure(ax, (split, top + 0.12), (right, top + 0.12))
    write(ax, split + n_x * cell / 2, top + 0.3, "$n_x$", size=13.5)
    write(ax, (left + right) / 2, 3.58, "$W_f$: shape $(n_a, n_a + n_x)$", size=12)
    code(ax, left + n_a * cell / 2, low - 0.2, "Wf[:, :n_a]", color=HIDDEN.line)
    write(ax, left + n_a * cell / 2, low - 0.42, r"meets $a^{\langle t{-}1 \rangle}$", color=HIDDEN.line, size=10.5)
    code(ax, split + n_x * cell / 2 + 0.1, low - 0.2, "Wf[:, n_a:]", color=INPUT.line)
    write(ax, split + n_x * cell / 2 + 0.1, low - 0.42, r"meets $x^{\langle t \rangle}$", color=INPUT.line, size=10.5)

    stack = 3.6
    write(ax, (right + stack) / 2 + 0.05, middle, "@", size=13)
    foot = middle - ((n_a + n_x) * cell + gap) / 2
    seam = foot + n_x * cell + gap
    matrix(ax, stack, foot, n_x, m, cell, INPUT)
    matrix(ax, stack, seam, n_a, m, cell, HIDDEN, hatch="////")
    edge = stack + m * cell
    measure(ax, (edge + 0.12, foot), (edge + 0.12, foot + n_x * cell))
    write(ax, edge + 0.24, foot + n_x * cell / 2, "$n_x$", size=13.5, ha="left")
    measure(ax, (edge + 0.12, seam), (edge + 0.12, seam + n_a * cell))
    write(ax, edge + 0.24, seam + n_a * cell / 2, "$n_a$", size=13.5, ha="left")
    patch = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
    write(ax, stack + m * cell / 2, seam + n_a * cell / 2, r"$a^{\langle t{-}1 \rangle}$", size=13.5, bbox=patch)
    write(ax, stack + m * cell / 2, foot + n_x * cell / 2, r"$x^{\langle t \rangle}$", size=13.5, bbox=patch)
    write(ax, stack + m * cell / 2, 3.58, "stack: $(n_a + n_x, m)$", size=12)
    code(ax, stack + m * cell / 2, 3.3, "concat")
    measure(ax, (stack, foot - 0.12), (edge, foot - 0.12))
    write(ax, stack + m * cell / 2, foot - 0.28, "$m$", size=13)

    last = 5.75
    write(ax, (edge + 0.45 + last) / 2 + 0.04, middle, "=", size=14)
    matrix(ax, last, low, n_a, m, cell, GREY)
    measure(ax, (last, low - 0.12), (last + m * cell, low - 0.12))
    write(ax, last + m * cell / 2, low - 0.28, "$m$", size=13)
    write(ax, last + m * cell / 2, top + 0.3, "$(n_a, m)$", size=12, color=INK)
    return ax


