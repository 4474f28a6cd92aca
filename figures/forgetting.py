"""Compute and draw how gradients fade on their way back, in networks with random weights."""

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator
from style import GRADIENT, INK, MEMORY, QUIET, SETTINGS

from rnn_utils import sigmoid

N_X, N_A, M, T_X = 16, 32, 20, 51


def rnn_norms(seed: int = 1, n_x: int = N_X, n_a: int = N_A, m: int = M, steps: int = T_X) -> np.ndarray:
    """Return how much of a change in a⟨t⟩ is left in a⟨T⟩, in a tanh RNN.

    Returns
    -------
    (steps, m) ndarray
        Norm of the gradient of a⟨T⟩ with respect to a⟨t⟩; row T - t, one column per example.
    """
    rng = np.random.default_rng(seed)
    W = rng.standard_normal((n_a, n_a + n_x)) / np.sqrt(n_a + n_x)
    a, states = np.zeros((n_a, m)), []
    for _ in range(steps):
        a = np.tanh(W @ np.concatenate((a, rng.standard_normal((n_x, m)))))
        states.append(a)
    total, norms = np.broadcast_to(np.eye(n_a), (m, n_a, n_a)), []
    for a in reversed(states):
        norms.append(_norm(total))
        total = total @ (_rows(1 - a**2) * W[:, :n_a])
    return np.array(norms)


def lstm_norms(bf: float, seed: int = 1, n_x: int = N_X, n_a: int = N_A, m: int = M,
               steps: int = T_X) -> tuple[np.ndarray, float]:
    """Return how much of a change in c⟨t⟩ is left in c⟨T⟩, in an LSTM, along the cell state and through the gates.

    Parameters
    ----------
    bf : float
        Bias of the forget gate.

    Returns
    -------
    norms : (steps, m) ndarray
        Norm of the gradient of c⟨T⟩ with respect to c⟨t⟩; row T - t, one column per example.
    ft : float
        The forget gate's mean.
    """
    rng = np.random.default_rng(seed)
    W = rng.standard_normal((4, n_a, n_a + n_x)) / np.sqrt(n_a + n_x)
    a, c, past = np.zeros((n_a, m)), np.zeros((n_a, m)), []
    for _ in range(steps):
        f, i, g, o = W @ np.concatenate((a, rng.standard_normal((n_x, m))))
        ft, it, cct, ot, c_prev = sigmoid(f + bf), sigmoid(i), np.tanh(g), sigmoid(o), c
        c = ft * c_prev + it * cct
        a = ot * np.tanh(c)
        past.append((ft, it, cct, ot, c_prev, c))
    Wf, Wi, Wc, Wo = W[:, :, :n_a]
    by_a = np.zeros((m, n_a, n_a))  # c⟨T⟩ by a⟨t⟩, c⟨t⟩ held
    by_c = np.broadcast_to(np.eye(n_a), (m, n_a, n_a))  # c⟨T⟩ by c⟨t⟩, a⟨t⟩ held
    norms = []
    for ft, it, cct, ot, c_prev, c in reversed(past):
        by_c = by_c + by_a * _columns(ot * (1 - np.tanh(c) ** 2))  # c⟨T⟩ by c⟨t⟩, a⟨t⟩ following it
        norms.append(_norm(by_c))
        c_by_a = (_rows(c_prev * ft * (1 - ft)) * Wf + _rows(cct * it * (1 - it)) * Wi
                  + _rows(it * (1 - cct**2)) * Wc)
        by_a = by_c @ c_by_a + by_a @ (_rows(np.tanh(c) * ot * (1 - ot)) * Wo)
        by_c = by_c * _columns(ft)
    return np.array(norms), float(np.mean([step[0] for step in past]))


def _rows(values: np.ndarray) -> np.ndarray:
    """Return for every example the column that scales a matrix's rows: (n_a, m) becomes (m, n_a, 1)."""
    return values.T[:, :, None]


def _columns(values: np.ndarray) -> np.ndarray:
    """Return for every example the row that scales a matrix's columns: (n_a, m) becomes (m, 1, n_a)."""
    return values.T[:, None, :]


def _norm(jacobians: np.ndarray) -> np.ndarray:
    """Return the Frobenius norm over the square root of n_a: 1 where nothing is lost, so for the identity."""
    return np.sqrt(np.sum(jacobians**2, axis=(1, 2)) / jacobians.shape[-1])


def forgetting() -> Axes:
    """How the gradient fades with distance, in a plain RNN and in an LSTM
    Three curves over the distance T - t from 0 to 50 time steps; the vertical axis, logarithmic, is the norm of the
    gradient of the last state with respect to the state at step t. For the plain RNN the curve falls steeply and
    steadily. For an LSTM whose forget gate lies near one half it falls a little less fast; for an LSTM whose forget
    gate lies near 1 it stays between 0.8 and 4.
    """
    open_norms, open_gate = lstm_norms(bf=3.0)
    half_norms, half_gate = lstm_norms(bf=0.0)
    curves = (
        (open_norms, MEMORY.line, "-", 2.2, f"LSTM, forget gate near {open_gate:.2f}", (20, 8)),
        (half_norms, MEMORY.line, "--", 1.6, f"LSTM, forget gate near {half_gate:.2f}", (28, 2e-5)),
        (rnn_norms(), GRADIENT.line, "-.", 1.8, "plain RNN", (29, 3e-10)),
    )
    with matplotlib.rc_context(SETTINGS):
        ax = Figure(figsize=(6.4, 3.7), facecolor="white").add_axes((0.125, 0.15, 0.845, 0.77))
        ax.set(yscale="log", xlim=(0, T_X - 1), ylim=(1e-12, 1e2))
        ax.axhline(1, color=QUIET, linewidth=0.8, linestyle=":", zorder=1)
        for norms, color, style, lw, words, at in curves:
            # rounded: the last bits, which differ between machines, leave the picture alone
            level = np.round(np.median(np.log10(norms), axis=1), 2)
            ax.plot(np.arange(T_X), 10**level, color=color, linestyle=style, linewidth=lw)
            ax.text(*at, words, color=color, fontsize=10.5)
        ax.set_xlabel("distance $T - t$, in time steps", fontsize=10.5, color=INK)
        ax.set_ylabel("norm of the gradient", fontsize=10.5, color=INK)
        ax.yaxis.set_major_locator(FixedLocator([10.0**k for k in range(-12, 3, 2)]))
        ax.yaxis.set_minor_locator(NullLocator())
        ax.tick_params(colors=INK, labelsize=10)
        ax.grid(axis="y", color="#e3e7ea", linewidth=0.7)
        ax.spines[["top", "right"]].set_visible(False)
    return ax
