"""Arguments for the course's cases: the seeds' own draws, fresh draws, and the sizes at which they are made."""

import numpy as np

#: Sizes for one time step, all different in the first, then the odd ones: a single example, n_a = n_x, n_y = 1, ...
CELL_SIZES = (
    {"n_x": 2, "n_a": 3, "n_y": 4, "m": 5},
    {"n_x": 4, "n_a": 2, "n_y": 3, "m": 1},
    {"n_x": 3, "n_a": 3, "n_y": 2, "m": 4},
    {"n_x": 5, "n_a": 4, "n_y": 1, "m": 3},
    {"n_x": 1, "n_a": 5, "n_y": 2, "m": 2},
    {"n_x": 4, "n_a": 6, "n_y": 3, "m": 7},
)
#: Sizes for a sequence, a single time step among them.
SEQUENCE_SIZES = tuple({**sizes, "T_x": T_x} for sizes, T_x in zip(CELL_SIZES, (6, 3, 4, 1, 5, 2), strict=True))
#: Sizes for a backward pass over fewer steps (T_x) than the forward pass made (T).
SHORTER_SIZES = tuple(
    {**sizes, "T": sizes["T_x"] + more} for sizes, more in zip(SEQUENCE_SIZES, (0, 2, 1, 3, 0, 1), strict=True)
)


def rnn_shapes(sizes):
    """Each RNN parameter's name with its shape."""
    n_x, n_a, n_y = sizes["n_x"], sizes["n_a"], sizes["n_y"]
    return {"Waa": (n_a, n_a), "Wax": (n_a, n_x), "Wya": (n_y, n_a), "ba": (n_a, 1), "by": (n_y, 1)}


def lstm_shapes(sizes):
    """Each LSTM parameter's name with its shape, in the order in which the seeds draw them: f, i, o, c."""
    n_x, n_a, n_y = sizes["n_x"], sizes["n_a"], sizes["n_y"]
    gates = {}
    for gate in "fioc":
        gates |= {f"W{gate}": (n_a, n_a + n_x), f"b{gate}": (n_a, 1)}
    return {**gates, "Wy": (n_y, n_a), "by": (n_y, 1)}


def parameters(rng, shapes):
    """Fresh parameters of moderate size, so that tanh and the gates do not saturate and every term shows."""
    return {name: 0.6 * rng.standard_normal(shape) for name, shape in shapes.items()}


def array(rng, sizes, *symbols):
    """A fresh standard normal array of shape ``symbols``."""
    return rng.standard_normal(tuple(sizes[symbol] for symbol in symbols))


def seeded():
    """The seeds' generator: NumPy's legacy one, seed 1; each call draws one array of the given shape."""
    return np.random.RandomState(1).randn


def columns_sum_to_one(*predictions):
    """A fact about wrong predictions: whether each column is a distribution at all."""

    def fact(output, got, expected, sizes):
        if output not in predictions or np.shape(got) != np.shape(expected):
            return None
        totals = np.sum(got, axis=0)
        if np.allclose(totals, 1, atol=1e-4):
            return None
        return f"The columns of `{output}` do not sum to 1: the first sums to {np.ravel(totals)[0]:.4g}."

    return fact
