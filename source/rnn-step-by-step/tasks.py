"""The tasks of *Building a Recurrent Neural Network, step by step*: cell and loop, forward and backward.

Each task has a public case and several sizes at which fresh cases are drawn. The public cases are the seeds' own, so
that a learner sees the numbers that the lessons print.
"""

import numpy as np

from autograder.course.drawing import columns_sum_to_one, draw_array, draw_parameters, seeded_randn
from autograder.model import Task

# ---- sizes and shapes ------------------------------------------------------------------------------------------

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
#: Sizes for a backward pass over fewer steps (T_x) than the forward pass made, which left a cache for each of its own.
CACHED = "steps in caches"
SHORTER_SIZES = tuple(
    {**sizes, CACHED: sizes["T_x"] + more} for sizes, more in zip(SEQUENCE_SIZES, (0, 2, 1, 3, 0, 1), strict=True)
)
#: Sizes of the public cases.
PUBLIC_SIZES = {"n_x": 3, "n_a": 5, "n_y": 2, "m": 10}


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


# ---- the plain RNN ---------------------------------------------------------------------------------------------

FORWARD_ORDER = ("Waa", "Wax", "Wya", "ba", "by")
BACKWARD_ORDER = ("Wax", "Waa", "Wya", "ba", "by")


def public_rnn_parameters(randn, order):
    return {name: randn(*rnn_shapes(PUBLIC_SIZES)[name]) for name in order}


def public_rnn_cell_forward(functions):
    randn = seeded_randn()
    return {"xt": randn(3, 10), "a_prev": randn(5, 10), "parameters": public_rnn_parameters(randn, FORWARD_ORDER)}


def draw_rnn_cell_forward(rng, sizes, functions):
    return {
        "xt": draw_array(rng, sizes, "n_x", "m"),
        "a_prev": draw_array(rng, sizes, "n_a", "m"),
        "parameters": draw_parameters(rng, rnn_shapes(sizes)),
    }


def public_rnn_forward(functions):
    randn = seeded_randn()
    return {"x": randn(3, 10, 4), "a0": randn(5, 10), "parameters": public_rnn_parameters(randn, FORWARD_ORDER)}


def draw_rnn_forward(rng, sizes, functions):
    return {
        "x": draw_array(rng, sizes, "n_x", "m", "T_x"),
        "a0": draw_array(rng, sizes, "n_a", "m"),
        "parameters": draw_parameters(rng, rnn_shapes(sizes)),
    }


def public_rnn_cell_backward(functions):
    # The seed draws a bias `b` and uses the `ba` that the rnn_forward test left behind; we make that `ba` on purpose.
    leftover_ba = public_rnn_forward(functions)["parameters"]["ba"]
    randn = seeded_randn()
    xt, a_prev = randn(3, 10), randn(5, 10)
    parameters = public_rnn_parameters(randn, BACKWARD_ORDER) | {"ba": leftover_ba}
    cache = functions["rnn_cell_forward"](xt, a_prev, parameters)[-1]
    return {"da_next": randn(5, 10), "cache": cache}


def draw_rnn_cell_backward(rng, sizes, functions):
    cache = functions["rnn_cell_forward"](*draw_rnn_cell_forward(rng, sizes, functions).values())[-1]
    return {"da_next": draw_array(rng, sizes, "n_a", "m"), "cache": cache}


def public_rnn_backward(functions):
    randn = seeded_randn()
    x, a0 = randn(3, 10, 4), randn(5, 10)
    caches = functions["rnn_forward"](x, a0, public_rnn_parameters(randn, BACKWARD_ORDER))[-1]
    return {"da": randn(5, 10, 4), "caches": caches}


def draw_rnn_backward(rng, sizes, functions):
    caches = functions["rnn_forward"](*draw_rnn_forward(rng, sizes, functions).values())[-1]
    return {"da": draw_array(rng, sizes, "n_a", "m", "T_x"), "caches": caches}


RNN_GRADIENTS = {"dWax": ("n_a", "n_x"), "dWaa": ("n_a", "n_a"), "dba": ("n_a", 1)}


# ---- the LSTM --------------------------------------------------------------------------------------------------


def public_lstm_parameters(randn):
    return {name: randn(*shape) for name, shape in lstm_shapes(PUBLIC_SIZES).items()}


def public_lstm_cell_forward(functions):
    randn = seeded_randn()
    xt, a_prev, c_prev = randn(3, 10), randn(5, 10), randn(5, 10)
    return {"xt": xt, "a_prev": a_prev, "c_prev": c_prev, "parameters": public_lstm_parameters(randn)}


def draw_lstm_cell_forward(rng, sizes, functions):
    return {
        "xt": draw_array(rng, sizes, "n_x", "m"),
        "a_prev": draw_array(rng, sizes, "n_a", "m"),
        "c_prev": draw_array(rng, sizes, "n_a", "m"),
        "parameters": draw_parameters(rng, lstm_shapes(sizes)),
    }


def public_lstm_forward(functions):
    randn = seeded_randn()
    return {"x": randn(3, 10, 7), "a0": randn(5, 10), "parameters": public_lstm_parameters(randn)}


def draw_lstm_forward(rng, sizes, functions):
    return {
        "x": draw_array(rng, sizes, "n_x", "m", "T_x"),
        "a0": draw_array(rng, sizes, "n_a", "m"),
        "parameters": draw_parameters(rng, lstm_shapes(sizes)),
    }


def public_lstm_cell_backward(functions):
    randn = seeded_randn()
    xt, a_prev, c_prev = randn(3, 10), randn(5, 10), randn(5, 10)
    cache = functions["lstm_cell_forward"](xt, a_prev, c_prev, public_lstm_parameters(randn))[-1]
    return {"da_next": randn(5, 10), "dc_next": randn(5, 10), "cache": cache}


def draw_lstm_cell_backward(rng, sizes, functions):
    cache = functions["lstm_cell_forward"](*draw_lstm_cell_forward(rng, sizes, functions).values())[-1]
    da_next, dc_next = draw_array(rng, sizes, "n_a", "m"), draw_array(rng, sizes, "n_a", "m")
    return {"da_next": da_next, "dc_next": dc_next, "cache": cache}


def public_lstm_backward(functions):
    randn = seeded_randn()
    x, a0 = randn(3, 10, 7), randn(5, 10)
    weights = {name: randn(*shape) for name, shape in lstm_shapes(PUBLIC_SIZES).items() if name not in ("Wy", "by")}
    # Not drawn: a draw here would shift `da` away from the seeds' numbers, and no gradient depends on these two.
    weights |= {"Wy": np.zeros((2, 5)), "by": np.zeros((2, 1))}
    caches = functions["lstm_forward"](x, a0, weights)[-1]
    return {"da": randn(5, 10, 4), "caches": caches}  # 4 steps, though x has 7: T_x must come from da


def draw_lstm_backward(rng, sizes, functions):
    longer = {**sizes, "T_x": sizes[CACHED]}
    caches = functions["lstm_forward"](*draw_lstm_forward(rng, longer, functions).values())[-1]
    return {"da": draw_array(rng, sizes, "n_a", "m", "T_x"), "caches": caches}


LSTM_GRADIENTS = {}
for _gate in "fico":
    LSTM_GRADIENTS |= {f"dW{_gate}": ("n_a", "n_a+n_x"), f"db{_gate}": ("n_a", 1)}
GRADIENT_SHARES = {name: 2 if name.startswith("dW") else 1 for name in LSTM_GRADIENTS}
PRINTED_GRADIENTS = ("dWf[3][1]", "dWi[1][2]", "dWc[3][1]", "dWo[1][2]", "dbf[4]", "dbi[4]", "dbc[4]", "dbo[4]")


# ---- tasks -----------------------------------------------------------------------------------------------------

TASKS = (
    Task(
        name="rnn_cell_forward",
        outputs={"a_next": ("n_a", "m"), "yt_pred": ("n_y", "m"), "cache": None},
        shares={"a_next": 12, "yt_pred": 10, "cache": 4, "arguments": 2, "repeatable": 2},
        steps="T_x",
        public_sizes=PUBLIC_SIZES,
        public=public_rnn_cell_forward,
        sizes=CELL_SIZES,
        draw=draw_rnn_cell_forward,
        printed=("a_next[4]", "yt_pred[1]"),
        facts=(columns_sum_to_one("yt_pred"),),
    ),
    Task(
        name="rnn_forward",
        outputs={"a": ("n_a", "m", "T_x"), "y_pred": ("n_y", "m", "T_x"), "caches": None},
        shares={"a": 12, "y_pred": 8, "caches": 6, "arguments": 2, "repeatable": 2},
        steps="T_x",
        public_sizes={**PUBLIC_SIZES, "T_x": 4},
        public=public_rnn_forward,
        sizes=SEQUENCE_SIZES,
        draw=draw_rnn_forward,
        calls=("rnn_cell_forward",),
        printed=("a[4][1]", "y_pred[1][3]", "caches[1][1][3]"),
        facts=(columns_sum_to_one("y_pred"),),
    ),
    Task(
        name="rnn_cell_backward",
        outputs={"dxt": ("n_x", "m"), "da_prev": ("n_a", "m"), **RNN_GRADIENTS},
        shares={"dxt": 4, "da_prev": 4, "dWax": 4, "dWaa": 4, "dba": 2, "arguments": 1, "repeatable": 1},
        returns_dict=True,
        steps="T_x",
        public_sizes=PUBLIC_SIZES,
        public=public_rnn_cell_backward,
        sizes=CELL_SIZES,
        draw=draw_rnn_cell_backward,
        printed=("dxt[1][2]", "da_prev[2][3]", "dWax[3][1]", "dWaa[1][2]", "dba[4]"),
    ),
    Task(
        name="rnn_backward",
        outputs={"dx": ("n_x", "m", "T_x"), "da0": ("n_a", "m"), **RNN_GRADIENTS},
        shares={"dx": 4, "da0": 4, "dWax": 4, "dWaa": 4, "dba": 2, "arguments": 1, "repeatable": 1},
        returns_dict=True,
        steps="T_x",
        public_sizes={**PUBLIC_SIZES, "T_x": 4},
        public=public_rnn_backward,
        sizes=SEQUENCE_SIZES,
        draw=draw_rnn_backward,
        calls=("rnn_cell_backward",),
        printed=("dx[1][2]", "da0[2][3]", "dWax[3][1]", "dWaa[1][2]", "dba[4]"),
    ),
    Task(
        name="lstm_cell_forward",
        outputs={"a_next": ("n_a", "m"), "c_next": ("n_a", "m"), "yt_pred": ("n_y", "m"), "cache": None},
        shares={"a_next": 8, "c_next": 8, "yt_pred": 6, "cache": 4, "arguments": 2, "repeatable": 2},
        steps="T_x",
        public_sizes=PUBLIC_SIZES,
        public=public_lstm_cell_forward,
        sizes=CELL_SIZES,
        draw=draw_lstm_cell_forward,
        printed=("a_next[4]", "c_next[2]", "yt_pred[1]", "cache[1][3]"),
        facts=(columns_sum_to_one("yt_pred"),),
    ),
    Task(
        name="lstm_forward",
        outputs={"a": ("n_a", "m", "T_x"), "y": ("n_y", "m", "T_x"), "c": ("n_a", "m", "T_x"), "caches": None},
        shares={"a": 7, "y": 5, "c": 7, "caches": 7, "arguments": 2, "repeatable": 2},
        steps="T_x",
        public_sizes={**PUBLIC_SIZES, "T_x": 7},
        public=public_lstm_forward,
        sizes=SEQUENCE_SIZES,
        draw=draw_lstm_forward,
        calls=("lstm_cell_forward",),
        printed=("a[4][3][6]", "y[1][4][3]", "caches[1][1][1]", "c[1][2][1]"),
        facts=(columns_sum_to_one("y"),),
    ),
    Task(
        name="lstm_cell_backward",
        outputs={"dxt": ("n_x", "m"), "da_prev": ("n_a", "m"), "dc_prev": ("n_a", "m"), **LSTM_GRADIENTS},
        shares={"dxt": 2, "da_prev": 2, "dc_prev": 2, **GRADIENT_SHARES, "arguments": 1, "repeatable": 1},
        returns_dict=True,
        steps="T_x",
        public_sizes=PUBLIC_SIZES,
        public=public_lstm_cell_backward,
        sizes=CELL_SIZES,
        draw=draw_lstm_cell_backward,
        printed=("dxt[1][2]", "da_prev[2][3]", "dc_prev[2][3]", *PRINTED_GRADIENTS),
    ),
    Task(
        name="lstm_backward",
        outputs={"dx": ("n_x", "m", "T_x"), "da0": ("n_a", "m"), **LSTM_GRADIENTS},
        shares={"dx": 2, "da0": 2, **GRADIENT_SHARES, "arguments": 2, "repeatable": 2},
        returns_dict=True,
        steps="T_x",
        public_sizes={**PUBLIC_SIZES, "T_x": 4, CACHED: 7},
        public=public_lstm_backward,
        sizes=SHORTER_SIZES,
        draw=draw_lstm_backward,
        calls=("lstm_cell_backward",),
        printed=("dx[1][2]", "da0[2][3]", *PRINTED_GRADIENTS),
    ),
)
