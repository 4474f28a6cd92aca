"""The tasks of the plain RNN: cell and loop, forward and backward."""

from autograder.model import Task

from .catalogue import mistakes_of
from .draws import CELL_SIZES, SEQUENCE_SIZES, array, columns_sum_to_one, parameters, rnn_shapes, seeded

SIZES = {"n_x": 3, "n_a": 5, "n_y": 2, "m": 10}
FORWARD_ORDER = ("Waa", "Wax", "Wya", "ba", "by")
BACKWARD_ORDER = ("Wax", "Waa", "Wya", "ba", "by")


def public_parameters(randn, order):
    return {name: randn(*rnn_shapes(SIZES)[name]) for name in order}


def public_cell_forward(functions):
    randn = seeded()
    return {"xt": randn(3, 10), "a_prev": randn(5, 10), "parameters": public_parameters(randn, FORWARD_ORDER)}


def draw_cell_forward(rng, sizes, functions):
    return {
        "xt": array(rng, sizes, "n_x", "m"),
        "a_prev": array(rng, sizes, "n_a", "m"),
        "parameters": parameters(rng, rnn_shapes(sizes)),
    }


def public_forward(functions):
    randn = seeded()
    return {"x": randn(3, 10, 4), "a0": randn(5, 10), "parameters": public_parameters(randn, FORWARD_ORDER)}


def draw_forward(rng, sizes, functions):
    return {
        "x": array(rng, sizes, "n_x", "m", "T_x"),
        "a0": array(rng, sizes, "n_a", "m"),
        "parameters": parameters(rng, rnn_shapes(sizes)),
    }


def public_cell_backward(functions):
    # The seed draws a bias `b` and uses the `ba` that the rnn_forward test left behind; we make that `ba` on purpose.
    leftover_ba = public_forward(functions)["parameters"]["ba"]
    randn = seeded()
    xt, a_prev = randn(3, 10), randn(5, 10)
    parameters = public_parameters(randn, BACKWARD_ORDER) | {"ba": leftover_ba}
    cache = functions["rnn_cell_forward"](xt, a_prev, parameters)[-1]
    return {"da_next": randn(5, 10), "cache": cache}


def draw_cell_backward(rng, sizes, functions):
    cache = functions["rnn_cell_forward"](*draw_cell_forward(rng, sizes, functions).values())[-1]
    return {"da_next": array(rng, sizes, "n_a", "m"), "cache": cache}


def public_backward(functions):
    randn = seeded()
    x, a0 = randn(3, 10, 4), randn(5, 10)
    caches = functions["rnn_forward"](x, a0, public_parameters(randn, BACKWARD_ORDER))[-1]
    return {"da": randn(5, 10, 4), "caches": caches}


def draw_backward(rng, sizes, functions):
    caches = functions["rnn_forward"](*draw_forward(rng, sizes, functions).values())[-1]
    return {"da": array(rng, sizes, "n_a", "m", "T_x"), "caches": caches}


GRADIENTS = {"dWax": ("n_a", "n_x"), "dWaa": ("n_a", "n_a"), "dba": ("n_a", 1)}

TASKS = (
    Task(
        name="rnn_cell_forward",
        outputs={"a_next": ("n_a", "m"), "yt_pred": ("n_y", "m"), "cache": None},
        shares={"a_next": 12, "yt_pred": 10, "cache": 4, "arguments": 2, "repeatable": 2},
        public_sizes=SIZES,
        public=public_cell_forward,
        sizes=CELL_SIZES,
        draw=draw_cell_forward,
        printed=("a_next[4]", "yt_pred[1]"),
        mistakes=mistakes_of("rnn_cell_forward"),
        facts=(columns_sum_to_one("yt_pred"),),
    ),
    Task(
        name="rnn_forward",
        outputs={"a": ("n_a", "m", "T_x"), "y_pred": ("n_y", "m", "T_x"), "caches": None},
        shares={"a": 12, "y_pred": 8, "caches": 6, "arguments": 2, "repeatable": 2},
        public_sizes={**SIZES, "T_x": 4},
        public=public_forward,
        sizes=SEQUENCE_SIZES,
        draw=draw_forward,
        calls=("rnn_cell_forward",),
        printed=("a[4][1]", "y_pred[1][3]", "caches[1][1][3]"),
        mistakes=mistakes_of("rnn_forward"),
        facts=(columns_sum_to_one("y_pred"),),
    ),
    Task(
        name="rnn_cell_backward",
        outputs={"dxt": ("n_x", "m"), "da_prev": ("n_a", "m"), **GRADIENTS},
        shares={"dxt": 4, "da_prev": 4, "dWax": 4, "dWaa": 4, "dba": 2, "arguments": 1, "repeatable": 1},
        returns_dict=True,
        public_sizes=SIZES,
        public=public_cell_backward,
        sizes=CELL_SIZES,
        draw=draw_cell_backward,
        printed=("dxt[1][2]", "da_prev[2][3]", "dWax[3][1]", "dWaa[1][2]", "dba[4]"),
        mistakes=mistakes_of("rnn_cell_backward"),
    ),
    Task(
        name="rnn_backward",
        outputs={"dx": ("n_x", "m", "T_x"), "da0": ("n_a", "m"), **GRADIENTS},
        shares={"dx": 4, "da0": 4, "dWax": 4, "dWaa": 4, "dba": 2, "arguments": 1, "repeatable": 1},
        returns_dict=True,
        public_sizes={**SIZES, "T_x": 4},
        public=public_backward,
        sizes=SEQUENCE_SIZES,
        draw=draw_backward,
        calls=("rnn_cell_backward",),
        printed=("dx[1][2]", "da0[2][3]", "dWax[3][1]", "dWaa[1][2]", "dba[4]"),
        mistakes=mistakes_of("rnn_backward"),
    ),
)
