"""What the earlier assignments built, put together: a step of the network, its loss with all gradients, a start."""

import numpy as np

from networks import backward, forward


def rnn_step(xt, a_prev, parameters):
    """Advance an RNN by one time step.

    Returns
    -------
    a_next : (n_a, m) ndarray
    scores : (n_y, m) ndarray
        What softmax turns into the prediction.
    """
    a_next = np.tanh(parameters["Wax"] @ xt + parameters["Waa"] @ a_prev + parameters["ba"])
    return a_next, parameters["Wya"] @ a_next + parameters["by"]


def loss_and_gradients(x, targets, mask, a0, parameters):
    """Run a network forward and backward.

    Parameters
    ----------
    x : (n_x, m, T_x) ndarray
    targets, mask : (m, T_x) ndarray
    a0 : (n_a, m) ndarray
    parameters : dict
        Of an RNN, or of an LSTM.

    Returns
    -------
    loss : float
        Mean cross-entropy over the steps that the mask counts.
    gradients : dict
        ``"d" + name`` for each parameter.
    """
    output = "Wya" if "Wya" in parameters else "Wy"
    a, y_pred, caches = forward(x, a0, parameters)
    right, weights = np.eye(len(y_pred))[:, targets], mask / mask.sum()
    dz = (y_pred - right) * weights
    gradients = backward(np.tensordot(parameters[output].T, dz, 1), caches)
    gradients["d" + output] = np.tensordot(dz, a, axes=((1, 2), (1, 2)))
    gradients["dby"] = dz.sum(axis=(1, 2))[:, None]
    loss = -np.sum(weights * np.log((y_pred * right).sum(axis=0)))
    return loss, {"d" + name: gradients["d" + name] for name in parameters}


def start_parameters(rng, n_x, n_a, n_y, kind="rnn", forget_bias=1.0):
    """Draw the parameters that training starts from."""
    def draw(rows, columns):
        return rng.standard_normal((rows, columns)) / np.sqrt(columns)

    if kind == "rnn":
        return {"Wax": draw(n_a, n_x), "Waa": draw(n_a, n_a), "ba": np.zeros((n_a, 1)),
                "Wya": draw(n_y, n_a), "by": np.zeros((n_y, 1))}
    gates = {}
    for gate in "fico":
        bias = forget_bias if gate == "f" else 0.0
        gates |= {"W" + gate: draw(n_a, n_a + n_x), "b" + gate: np.full((n_a, 1), bias)}
    return {**gates, "Wy": draw(n_y, n_a), "by": np.zeros((n_y, 1))}
