"""The tasks of the LSTM: cell and loop, forward and backward."""

import numpy as np

from autograder.model import Task

from .catalogue import mistakes_of
from .draws import (
    CELL_SIZES,
    SEQUENCE_SIZES,
    SHORTER_SIZES,
    array,
    columns_sum_to_one,
    lstm_shapes,
    parameters,
    seeded,
)

SIZES = {"n_x": 3, "n_a": 5, "n_y": 2, "m": 10}


def public_parameters(randn):
    return {name: randn(*shape) for name, shape in lstm_shapes(SIZES).items()}


def public_cell_forward(functions):
    randn = seeded()
    xt, a_prev, c_prev = randn(3, 10), randn(5, 10), randn(5, 10)
    return {"xt": xt, "a_prev": a_prev, "c_prev": c_prev, "parameters": public_parameters(randn)}


def draw_cell_forward(rng, sizes, functions):
    return {
        "xt": array(rng, sizes, "n_x", "m"),
        "a_prev": array(rng, sizes, "n_a", "m"),
        "c_prev": array(rng, sizes, "n_a", "m"),
        "parameters": parameters(rng, lstm_shapes(sizes)),
    }


def public_forward(functions):
    randn = seeded()
    return {"x": randn(3, 10, 7), "a0": randn(5, 10), "parameters": public_parameters(randn)}


def draw_forward(rng, sizes, functions):
    return {
        "x": array(rng, sizes, "n_x", "m", "T_x"),
        "a0": array(rng, sizes, "n_a", "m"),
        "parameters": parameters(rng, lstm_shapes(sizes)),
    }


def public_cell_backward(functions):
    randn = seeded()
    xt, a_prev, c_prev = randn(3, 10), randn(5, 10), randn(5, 10)
    cache = functions["lstm_cell_forward"](xt, a_prev, c_prev, public_parameters(randn))[-1]
    return {"da_next": randn(5, 10), "dc_next": randn(5, 10), "cache": cache}


def draw_cell_backward(rng, sizes, functions):
    cache = functions["lstm_cell_forward"](*draw_cell_forward(rng, sizes, functions).values())[-1]
    return {"da_next": array(rng, sizes, "n_a", "m"), "dc_next": array(rng, sizes, "n_a", "m"), "cache": cache}


def public_backward(functions):
    randn = seeded()
    x, a0 = randn(3, 10, 7), randn(5, 10)
    weights = {name: randn(*shape) for name, shape in lstm_shapes(SIZES).items() if name not in ("Wy", "by")}
    # Not drawn: a draw here would shift `da` away from the seeds' numbers, and no gradient depends on these two.
    weights |= {"Wy": np.zeros((2, 5)), "by": np.zeros((2, 1))}
    caches = functions["lstm_forward"](x, a0, weights)[-1]
    return {"da": randn(5, 10, 4), "caches": caches}  # 4 steps, though x has 7: T_x must come from da


def draw_backward(rng, sizes, functions):
    longer = {**sizes, "T_x": sizes["T"]}
    caches = functions["lstm_forward"](*draw_forward(rng, longer, functions).values())[-1]
    return {"da": array(rng, sizes, "n_a", "m", "T_x"), "caches": caches}


GRADIENTS = {}
for _gate in "fico":
    GRADIENTS |= {f"dW{_gate}": ("n_a", "n_a+n_x"), f"db{_gate}": ("n_a", 1)}
GRADIENT_SHARES = {name: 2 if name.startswith("dW") else 1 for name in GRADIENTS}
PRINTED_GRADIENTS = ("dWf[3][1]", "dWi[1][2]", "dWc[3][1]", "dWo[1][2]", "dbf[4]", "dbi[4]", "dbc[4]", "dbo[4]")

TASKS = (
    Task(
        name="lstm_cell_forward",
        outputs={"a_next": ("n_a", "m"), "c_next": ("n_a", "m"), "yt_pred": ("n_y", "m"), "cache": None},
        shares={"a_next": 8, "c_next": 8, "yt_pred": 6, "cache": 4, "arguments": 2, "repeatable": 2},
        public_sizes=SIZES,
        public=public_cell_forward,
        sizes=CELL_SIZES,
        draw=draw_cell_forward,
        printed=("a_next[4]", "c_next[2]", "yt_pred[1]", "cache[1][3]"),
        mistakes=mistakes_of("lstm_cell_forward"),
        facts=(columns_sum_to_one("yt_pred"),),
    ),
    Task(
        name="lstm_forward",
        outputs={"a": ("n_a", "m", "T_x"), "y": ("n_y", "m", "T_x"), "c": ("n_a", "m", "T_x"), "caches": None},
        shares={"a": 7, "y": 5, "c": 7, "caches": 7, "arguments": 2, "repeatable": 2},
        public_sizes={**SIZES, "T_x": 7},
        public=public_forward,
        sizes=SEQUENCE_SIZES,
        draw=draw_forward,
        calls=("lstm_cell_forward",),
        printed=("a[4][3][6]", "y[1][4][3]", "caches[1][1][1]", "c[1][2][1]"),
        mistakes=mistakes_of("lstm_forward"),
        facts=(columns_sum_to_one("y"),),
    ),
    Task(
        name="lstm_cell_backward",
        outputs={"dxt": ("n_x", "m"), "da_prev": ("n_a", "m"), "dc_prev": ("n_a", "m"), **GRADIENTS},
        shares={"dxt": 2, "da_prev": 2, "dc_prev": 2, **GRADIENT_SHARES, "arguments": 1, "repeatable": 1},
        returns_dict=True,
        public_sizes=SIZES,
        public=public_cell_backward,
        sizes=CELL_SIZES,
        draw=draw_cell_backward,
        printed=("dxt[1][2]", "da_prev[2][3]", "dc_prev[2][3]", *PRINTED_GRADIENTS),
        mistakes=mistakes_of("lstm_cell_backward"),
    ),
    Task(
        name="lstm_backward",
        outputs={"dx": ("n_x", "m", "T_x"), "da0": ("n_a", "m"), **GRADIENTS},
        shares={"dx": 2, "da0": 2, **GRADIENT_SHARES, "arguments": 2, "repeatable": 2},
        returns_dict=True,
        public_sizes={**SIZES, "T_x": 4, "T": 7},
        public=public_backward,
        sizes=SHORTER_SIZES,
        draw=draw_backward,
        calls=("lstm_cell_backward",),
        printed=("dx[1][2]", "da0[2][3]", *PRINTED_GRADIENTS),
        mistakes=mistakes_of("lstm_backward"),
    ),
)
