"""Activations and the Adam optimiser for the course's networks. Needs numpy alone; every release carries a copy."""

import numpy as np


def softmax(x):
    """Turn each column of scores into probabilities.

    The largest score of each column is taken off before ``exp``: it cancels in the quotient, and no
    entry overflows. (Taking off the largest score of the whole array would leave 0/0 in a column far
    below it.)

    Parameters
    ----------
    x : (n_y, m) ndarray
        One column of scores per example; further axes after the first are treated as examples too.

    Returns
    -------
    (n_y, m) ndarray
        Entries in [0, 1]; each column sums to 1.
    """
    e_x = np.exp(x - np.max(x, axis=0, keepdims=True))
    return e_x / np.sum(e_x, axis=0, keepdims=True)


def sigmoid(x):
    """Squash each entry to the interval (0, 1): 1 / (1 + exp(-x)).

    ``exp`` only ever sees ``-|x|``, so that nothing overflows and small results keep their digits.

    Parameters
    ----------
    x : ndarray or float

    Returns
    -------
    ndarray or float
        Same shape as ``x``.
    """
    e_x = np.exp(-np.abs(x))
    return np.where(np.asarray(x) >= 0, 1, e_x) / (1 + e_x)


def initialize_adam(parameters):
    """Start Adam's two moving averages at zero.

    Parameters
    ----------
    parameters : dict
        Each parameter's name with its array.

    Returns
    -------
    v, s : dict, dict
        ``v["d" + name]`` averages the gradient, ``s["d" + name]`` its square; zeros of the parameter's shape.
    """
    v = {"d" + name: np.zeros_like(value) for name, value in parameters.items()}
    s = {"d" + name: np.zeros_like(value) for name, value in parameters.items()}
    return v, s


def update_parameters_with_adam(
    parameters, grads, v, s, t, learning_rate=0.01, beta1=0.9, beta2=0.999, epsilon=1e-8
):
    """Take one step of Adam (Kingma and Ba, 2015, algorithm 1).

    Parameters
    ----------
    parameters : dict
        Each parameter's name with its array.
    grads : dict
        ``grads["d" + name]``, the gradient of the cost, shaped like the parameter.
    v, s : dict
        Moving averages, from `initialize_adam` or the last step.
    t : int
        Number of this step, counted from 1: it corrects the averages' start at zero.
    learning_rate, beta1, beta2, epsilon : float
        Step size; decay of the two averages; what keeps the quotient finite.

    Returns
    -------
    parameters, v, s : dict, dict, dict
        New dictionaries with new arrays; the arguments stay as they were.
    """
    if t < 1:
        raise ValueError(f"t counts steps from 1, and is {t}")
    new_parameters, new_v, new_s = {}, {}, {}
    for name, value in parameters.items():
        grad = grads["d" + name]
        new_v["d" + name] = beta1 * v["d" + name] + (1 - beta1) * grad
        new_s["d" + name] = beta2 * s["d" + name] + (1 - beta2) * grad**2
        v_corrected = new_v["d" + name] / (1 - beta1**t)
        s_corrected = new_s["d" + name] / (1 - beta2**t)
        new_parameters[name] = value - learning_rate * v_corrected / (np.sqrt(s_corrected) + epsilon)
    return new_parameters, new_v, new_s
