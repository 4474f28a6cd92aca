"""The course's RNN and LSTM over whole sequences, forward and backward: given here, built in the first assignment.

They are written for speed: products of all time steps at once, the four LSTM weight matrices as one, and each step's
values written into arrays that were made before the loop. Time comes first inside, so that ``states[t]`` is a matrix;
arguments and results have it last, as everywhere in the course.
"""

import numpy as np

from rnn_utils import softmax

GATES = "fico"
#: For each of them: a gate is (1 + tanh(score / 2)) / 2, the candidate tanh(score). One call of tanh makes all four.
HALF = np.array([0.5, 0.5, 1.0, 0.5])[:, None, None]


def forward(x, a0, parameters):
    """Run the network that the parameters belong to: an LSTM if there is a ``Wf``, else a plain RNN.

    Parameters
    ----------
    x : (n_x, m, T_x) ndarray
    a0 : (n_a, m) ndarray
    parameters : dict

    Returns
    -------
    a : (n_a, m, T_x) ndarray
        Hidden state after every time step.
    y_pred : (n_y, m, T_x) ndarray
        Prediction at every time step; each column sums to 1.
    caches : tuple
        What `backward` needs.
    """
    a, y_pred, *_, caches = (lstm_forward if "Wf" in parameters else rnn_forward)(x, a0, parameters)
    return a, y_pred, caches


def backward(da, caches):
    """Carry gradients back through the network that made the caches.

    Parameters
    ----------
    da : (n_a, m, T_x) ndarray
        Gradient of the loss with respect to each hidden state, as it arrives from the outputs.
    caches : tuple
        From `forward`.

    Returns
    -------
    gradients : dict
        ``dx`` (n_x, m, T_x), ``da0`` (n_a, m), and ``"d" + name`` for each parameter inside the cell.
    """
    return (lstm_backward if "Wf" in caches[-1] else rnn_backward)(da, caches)


def rnn_forward(x, a0, parameters):
    """Run a tanh RNN; returns ``a``, ``y_pred``, ``caches``, as in the first assignment."""
    Waa, from_x = parameters["Waa"], parameters["Wax"] @ time_first(x) + parameters["ba"]
    states = room_for_states(a0, len(from_x))
    for t, arriving in enumerate(from_x):
        np.tanh(arriving + Waa @ states[t], out=states[t + 1])
    a = time_last(states[1:].copy())  # the caches keep their own
    return a, predictions(a, parameters["Wya"], parameters["by"]), (x, states, parameters)


def rnn_backward(da, caches):
    """Carry gradients back through a tanh RNN; returns a dict, as in the first assignment."""
    x, states, parameters = caches
    T_x, back, flowing = da.shape[2], parameters["Waa"].T, np.zeros_like(states[0])
    ds = 1 - states[1 : T_x + 1] ** 2  # the slopes of tanh
    for t in reversed(range(T_x)):
        ds[t] *= da[:, :, t] + flowing
        flowing = back @ ds[t]
    return {"dx": time_last(parameters["Wax"].T @ ds), "da0": flowing, "dba": ds.sum(axis=(0, 2))[:, None],
            "dWax": over_examples_and_steps(ds, time_first(x)[:T_x]), "dWaa": over_examples_and_steps(ds, states[:T_x])}


def lstm_forward(x, a0, parameters):
    """Run an LSTM from an empty cell state; returns ``a``, ``y``, ``c``, ``caches``, as in the first assignment."""
    n_a = len(a0)
    W, b = (np.concatenate([parameters[kind + gate] for gate in GATES]) for kind in "Wb")
    opened = (W[:, n_a:] @ time_first(x) + b).reshape(-1, 4, *a0.shape)  # now what arrives from x, soon the gates
    states, memories = room_for_states(a0, len(opened)), room_for_states(np.zeros_like(a0), len(opened))
    for t, values in enumerate(opened):
        values += (W[:, :n_a] @ states[t]).reshape(values.shape)
        np.tanh(values * HALF, out=values)
        values *= HALF
        values += 1 - HALF
        ft, it, cct, ot = values
        memories[t + 1] = ft * memories[t] + it * cct
        states[t + 1] = ot * np.tanh(memories[t + 1])
    a, c = time_last(states[1:].copy()), time_last(memories[1:].copy())
    caches = (x, states, memories, opened, W, parameters)
    return a, predictions(a, parameters["Wy"], parameters["by"]), c, caches


def lstm_backward(da, caches):
    """Carry gradients back through an LSTM; returns a dict, as in the first assignment."""
    x, states, memories, opened, W, _ = caches
    T_x, n_a = da.shape[2], len(da)
    ds, flowing_a, flowing_c = np.empty((T_x, 4 * n_a, da.shape[1])), np.zeros_like(states[0]), np.zeros_like(states[0])
    for t in reversed(range(T_x)):
        (ft, it, cct, ot), shown = opened[t], np.tanh(memories[t + 1])
        arriving = da[:, :, t] + flowing_a
        through = flowing_c + arriving * ot * (1 - shown**2)
        ds[t] = np.concatenate((through * memories[t] * ft * (1 - ft), through * cct * it * (1 - it),
                                through * it * (1 - cct**2), arriving * shown * ot * (1 - ot)))
        flowing_a, flowing_c = W[:, :n_a].T @ ds[t], through * ft
    read = np.concatenate((states[:T_x], time_first(x)[:T_x]), axis=1)
    dW, db = over_examples_and_steps(ds, read), ds.sum(axis=(0, 2))[:, None]
    gradients = {"dx": time_last(W[:, n_a:].T @ ds), "da0": flowing_a}
    for k, gate in enumerate(GATES):
        rows = slice(k * n_a, (k + 1) * n_a)
        gradients |= {"dW" + gate: dW[rows], "db" + gate: db[rows]}
    return gradients


def room_for_states(start, steps):
    """Return an array for a state before and after each step; the first is filled in."""
    room = np.empty((steps + 1, *start.shape))
    room[0] = start
    return room


def time_first(x):
    """(rows, m, T_x) as (T_x, rows, m)."""
    return x.transpose(2, 0, 1)


def time_last(x):
    """(T_x, rows, m) as (rows, m, T_x)."""
    return x.transpose(1, 2, 0)


def predictions(a, W, b):
    """Softmax of W a + b at every time step, (n_y, m, T_x)."""
    return softmax(np.tensordot(W, a, 1) + b[:, :, None])


def over_examples_and_steps(ds, read):
    """Sum of ds times the transpose of what was read, over all examples and steps: the gradient of a weight matrix."""
    return np.tensordot(ds, read, axes=((0, 2), (0, 2)))
