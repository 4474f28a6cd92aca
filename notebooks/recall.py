"""Flagged recall: read symbols, one of them flagged, and say the flagged one at the end."""

import time

import numpy as np

from model import loss_and_gradients, start_parameters
from networks import forward
from rnn_utils import initialize_adam, update_parameters_with_adam

SYMBOLS = 4


def draw_sequences(rng, m, T_x):
    """Draw m sequences of symbols with one flag each.

    Returns
    -------
    x : (n_x, m, T_x) ndarray
        Rows 0 to 3 hold a symbol at every step but the last. Row 4 is 1 where the symbol is flagged, at one step of the
        first half. Row 5 is 1 at the last step: now say it.
    answers : (m,) ndarray of int
        The flagged symbol of each sequence.
    """
    symbols, flags = rng.integers(SYMBOLS, size=(m, T_x)), rng.integers(T_x // 2, size=m)
    x = np.zeros((SYMBOLS + 2, m, T_x))
    x[symbols, np.arange(m)[:, None], np.arange(T_x)] = 1
    x[SYMBOLS, np.arange(m), flags] = 1
    x[:SYMBOLS, :, -1], x[SYMBOLS + 1, :, -1] = 0, 1
    return x, symbols[np.arange(m), flags]


def share_right(parameters, T_x, m=200):
    """Return which share of m fresh sequences a network answers rightly; guessing gives 0.25."""
    x, answers = draw_sequences(np.random.default_rng(99), m, T_x)
    y_pred = forward(x, start_state(parameters, m), parameters)[1]
    return float(np.mean(y_pred[:, :, -1].argmax(axis=0) == answers))


def start_state(parameters, m):
    """Return an empty hidden state of m examples."""
    return np.zeros((len(parameters["Wax" if "Wax" in parameters else "Wf"]), m))


def train(kind, T_x, steps, forget_bias=1.0, learning_rate=0.01, n_a=24, m=32, seed=0):
    """Train a network on flagged recall, show how it goes, and return its parameters.

    It stops when 99 of 100 answers are right, and after `steps` steps in any case.
    """
    rng, began = np.random.default_rng(seed), time.process_time()
    parameters = start_parameters(rng, SYMBOLS + 2, n_a, SYMBOLS, kind, forget_bias)
    v, s = initialize_adam(parameters)
    a0, mask = start_state(parameters, m), np.zeros((m, T_x))
    mask[:, -1] = 1
    for step in range(1, steps + 1):
        x, answers = draw_sequences(rng, m, T_x)
        targets = np.tile(answers[:, None], T_x)
        loss, gradients = loss_and_gradients(x, targets, mask, a0, parameters)
        parameters, v, s = update_parameters_with_adam(parameters, gradients, v, s, step, learning_rate)
        if step % 50 == 0:
            right = share_right(parameters, T_x)
            print(f"step {step:4}  loss {loss:.3f}  right {right:4.0%}  {'█' * round(40 * right)}")
            if right >= 0.99:
                break
    print(f"{time.process_time() - began:.1f} s of CPU")
    return parameters
