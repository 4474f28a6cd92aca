"""The tasks of *Is the gradient right?*: a loss, its gradient at the outputs, and a checker of gradients.

Everything that is compared is far from rounding noise: differences are taken with a nudge of 0.1 or 0.01, and arrays
that differ do so by a percent or more of the threshold's size.
"""

import numpy as np

from autograder.course.drawing import draw_array, draw_parameters, seeded_randn
from autograder.model import Task
from examples import cubic, product, softmax_loss
from rnn_utils import softmax

# ---- sizes and shapes ------------------------------------------------------------------------------------------

#: All different in the first; then a single example, n_a = n_y, two answers, a single time step.
SIZES = (
    {"n_x": 2, "n_a": 3, "n_y": 4, "m": 5, "T_x": 6},
    {"n_x": 4, "n_a": 2, "n_y": 3, "m": 1, "T_x": 5},
    {"n_x": 3, "n_a": 4, "n_y": 4, "m": 3, "T_x": 2},
    {"n_x": 5, "n_a": 4, "n_y": 2, "m": 6, "T_x": 4},
    {"n_x": 1, "n_a": 5, "n_y": 3, "m": 4, "T_x": 1},
    {"n_x": 4, "n_a": 6, "n_y": 5, "m": 2, "T_x": 7},
)
#: Sizes of the public cases.
PUBLIC_SIZES = {"n_x": 3, "n_a": 5, "n_y": 2, "m": 10, "T_x": 4}


def pick(sizes, *symbols):
    """These symbols with their sizes."""
    return {symbol: sizes[symbol] for symbol in symbols}


def rnn_shapes(sizes):
    """Each RNN parameter's name with its shape, in an order that is not the alphabet's."""
    n_x, n_a, n_y = sizes["n_x"], sizes["n_a"], sizes["n_y"]
    return {"Wax": (n_a, n_x), "Waa": (n_a, n_a), "ba": (n_a, 1), "Wya": (n_y, n_a), "by": (n_y, 1)}


def lstm_shapes(sizes):
    """Each LSTM parameter's name with its shape."""
    n_x, n_a, n_y = sizes["n_x"], sizes["n_a"], sizes["n_y"]
    gates = {}
    for gate in "fico":
        gates |= {f"W{gate}": (n_a, n_a + n_x), f"b{gate}": (n_a, 1)}
    return {**gates, "Wy": (n_y, n_a), "by": (n_y, 1)}


# ---- the loss --------------------------------------------------------------------------------------------------


def draw_targets(rng, sizes):
    """The right answer of each example at each step, and a mask: every example counts somewhere, one not everywhere."""
    m, T_x = sizes["m"], sizes["T_x"]
    mask = (rng.random((m, T_x)) < 0.6).astype(float)
    counts = rng.integers(T_x, size=m)
    mask[0, counts[0] - 1] = 0  # the step before one that counts, or the last
    mask[np.arange(m), counts] = 1
    return {"targets": rng.integers(sizes["n_y"], size=(m, T_x)), "mask": mask}


def draw_cross_entropy(rng, sizes, functions):
    return {"y_pred": softmax(draw_array(rng, sizes, "n_y", "m", "T_x")), **draw_targets(rng, sizes)}


def draw_output_backward(rng, sizes, functions):
    a, Wy = np.tanh(draw_array(rng, sizes, "n_a", "m", "T_x")), draw_array(rng, sizes, "n_y", "n_a")
    y_pred = softmax(np.tensordot(Wy, a, 1) + draw_array(rng, sizes, "n_y")[:, None, None])
    return {"y_pred": y_pred, **draw_targets(rng, sizes), "a": a, "Wy": Wy}


def public(draw):
    """The public case of a task: what it draws at the lesson's sizes."""
    return lambda functions: draw(np.random.default_rng(3), PUBLIC_SIZES, functions)


# ---- measured slopes -------------------------------------------------------------------------------------------

PARAMETER_SIZES = tuple(pick(sizes, "n_x", "n_a", "n_y") for sizes in SIZES)
PUBLIC_PARAMETER_SIZES = pick(PUBLIC_SIZES, "n_x", "n_a", "n_y")


def shapes_of(sizes):
    """The shapes of an RNN if n_x is even, else of an LSTM."""
    return lstm_shapes(sizes) if sizes["n_x"] % 2 else rnn_shapes(sizes)


def with_count(sizes, shapes):
    """The sizes, with the number N of all parameters."""
    return {**sizes, "N": sum(rows * columns for rows, columns in shapes.values())}


def public_flatten(functions):
    randn = seeded_randn()
    return {"parameters": {name: randn(*shape) for name, shape in rnn_shapes(PUBLIC_SIZES).items()}}


def draw_flatten(rng, sizes, functions):
    return {"parameters": draw_parameters(rng, shapes_of(sizes))}


def public_restore(functions):
    like = public_flatten(functions)["parameters"]
    return {"vector": np.random.default_rng(1).standard_normal(sum(map(np.size, like.values()))), "like": like}


def draw_restore(rng, sizes, functions):
    return {"vector": draw_array(rng, sizes, "N"), "like": draw_parameters(rng, shapes_of(sizes))}


def public_numeric_gradient(functions):
    return {"f": cubic, "v": np.array([2, -1, 3, 0, 1]), "epsilon": 0.1}


def draw_numeric_gradient(rng, sizes, functions):
    """One of three functions by N; every other vector holds integers."""
    f, epsilon = (softmax_loss, cubic, product)[sizes["N"] % 3], 0.1 + 0.1 * (sizes["N"] > 5)
    v = rng.integers(-3, 4, size=sizes["N"]) if sizes["N"] % 2 else rng.uniform(0.5, 2, sizes["N"])
    return {"f": f, "v": v, "epsilon": epsilon}


# ---- comparison ------------------------------------------------------------------------------------------------


def spoil(array, share):
    """A copy whose largest entry is off by this share of itself."""
    spoiled = array.copy()
    spoiled.flat[np.abs(array).argmax()] *= 1 + share
    return spoiled


def public_relative_error(functions):
    randn = seeded_randn()
    analytic = randn(5, 3)
    return {"analytic": analytic, "numeric": analytic + 0.2 * randn(5, 3)}


def draw_relative_error(rng, sizes, functions):
    """Arrays of one to four axes that differ by some percent; once, two arrays of zeros."""
    shape = tuple(sizes.values())
    analytic = rng.standard_normal(shape)
    if shape == (1, 4):
        return {"analytic": np.zeros(shape), "numeric": np.zeros(shape)}
    return {"analytic": analytic, "numeric": analytic + rng.uniform(0.05, 0.5) * rng.standard_normal(shape)}


def of_another_shape(array):
    """Return two arrays of different shapes whose difference is zero: in half of the cases with equal lengths."""
    if array.shape[-1] % 2:
        return array[None], array.copy()
    return np.repeat(array[..., :1], 2, axis=-1), array[..., :1].copy()


#: How a pair of arrays is made from one: (array, threshold) -> analytic, numeric.
PAIRS = (
    lambda array, threshold: (array, array.copy()),
    lambda array, threshold: (array, array * (1 + 0.1 * threshold)),
    lambda array, threshold: (array, array * (1 + 10 * threshold)),
    lambda array, threshold: (1e6 * array, 1e6 * array * (1 + 0.1 * threshold)),
    lambda array, threshold: (1e-6 * array, spoil(1e-6 * array, 0.8)),
    lambda array, threshold: (array, spoil(array, 0.5)),
    lambda array, threshold: of_another_shape(array),
)


def draw_failing(rng, sizes, functions):
    """Seven gradients of an RNN, each made into another kind of pair, in another order."""
    threshold = 10.0 ** -(2 + 2 * (sizes["n_a"] % 4))
    arrays = draw_parameters(rng, {**rnn_shapes(sizes), "x": (sizes["n_x"], 2, 3), "a0": (sizes["n_a"], 2)})
    pairs = {name: PAIRS[kind](array, threshold)
             for (name, array), kind in zip(arrays.items(), rng.permutation(len(PAIRS)), strict=True)}
    return {"analytic": {name: pair[0] for name, pair in pairs.items()},
            "numeric": {name: pair[1] for name, pair in pairs.items()}, "threshold": threshold}


# ---- the whole check -------------------------------------------------------------------------------------------


def draw_loss_of(rng, sizes, functions):
    like = draw_parameters(rng, shapes_of(sizes))
    return {
        "vector": 0.6 * rng.standard_normal(sum(map(np.size, like.values()))), "like": like,
        "x": draw_array(rng, sizes, "n_x", "m", "T_x"), "a0": draw_array(rng, sizes, "n_a", "m"),
        **draw_targets(rng, sizes),
    }


# ---- tasks -----------------------------------------------------------------------------------------------------

TASKS = (
    Task(
        name="cross_entropy",
        outputs={"loss": ()},
        returns_value=True,
        shares={"loss": 8, "arguments": 1, "repeatable": 1},
        public_sizes=pick(PUBLIC_SIZES, "n_y", "m", "T_x"),
        public=public(draw_cross_entropy),
        sizes=tuple(pick(sizes, "n_y", "m", "T_x") for sizes in SIZES),
        draw=draw_cross_entropy,
        printed=("loss",),
    ),
    Task(
        name="output_backward",
        outputs={"da": ("n_a", "m", "T_x"), "dWy": ("n_y", "n_a"), "dby": ("n_y", 1)},
        shares={"da": 7, "dWy": 6, "dby": 4, "arguments": 2, "repeatable": 1},
        steps="T_x",
        public_sizes=pick(PUBLIC_SIZES, "n_a", "n_y", "m", "T_x"),
        public=public(draw_output_backward),
        sizes=tuple(pick(sizes, "n_a", "n_y", "m", "T_x") for sizes in SIZES),
        draw=draw_output_backward,
        printed=("da[4][1]", "dWy[1]", "dby[0]"),
    ),
    Task(
        name="flatten",
        outputs={"vector": ("N",)},
        returns_value=True,
        shares={"vector": 8, "arguments": 1, "repeatable": 1},
        public_sizes=with_count(PUBLIC_PARAMETER_SIZES, rnn_shapes(PUBLIC_SIZES)),
        public=public_flatten,
        sizes=tuple(with_count(sizes, shapes_of(sizes)) for sizes in PARAMETER_SIZES),
        draw=draw_flatten,
        printed=("vector",),
    ),
    Task(
        name="restore",
        outputs={"parameters": None},
        returns_value=True,
        shares={"parameters": 8, "arguments": 1, "repeatable": 1},
        public_sizes=with_count(PUBLIC_PARAMETER_SIZES, rnn_shapes(PUBLIC_SIZES)),
        public=public_restore,
        sizes=tuple(with_count(sizes, shapes_of(sizes)) for sizes in PARAMETER_SIZES),
        draw=draw_restore,
        printed=('parameters["Wax"]', 'parameters["ba"]', 'parameters["by"]'),
    ),
    Task(
        name="numeric_gradient",
        outputs={"gradient": ("N",)},
        returns_value=True,
        shares={"gradient": 17, "arguments": 2, "repeatable": 1},
        public_sizes={"N": 5},
        public=public_numeric_gradient,
        sizes=tuple({"N": N} for N in (4, 6, 8, 1, 3, 7)),
        draw=draw_numeric_gradient,
        printed=("gradient",),
    ),
    Task(
        name="relative_error",
        outputs={"error": ()},
        returns_value=True,
        shares={"error": 8, "arguments": 1, "repeatable": 1},
        public_sizes={"rows": 5, "columns": 3},
        public=public_relative_error,
        sizes=({"rows": 2, "columns": 3}, {"rows": 4, "columns": 1}, {"rows": 1, "columns": 4}, {"entries": 7},
               {"n_x": 2, "m": 3, "T_x": 4}, {"n_x": 2, "n_a": 3, "m": 2, "T_x": 2}),
        draw=draw_relative_error,
        printed=("error",),
    ),
    Task(
        name="failing",
        outputs={"fails": None},
        returns_value=True,
        shares={"fails": 12, "arguments": 2, "repeatable": 1},
        public_sizes=PUBLIC_PARAMETER_SIZES,
        public=lambda functions: draw_failing(np.random.default_rng(1), PUBLIC_PARAMETER_SIZES, functions),
        sizes=PARAMETER_SIZES,
        draw=draw_failing,
        printed=tuple(f'fails["{name}"]' for name in ("Wax", "Waa", "ba", "Wya", "by", "x", "a0")),
        calls=("relative_error",),
    ),
    Task(
        name="loss_of",
        outputs={"loss": ()},
        returns_value=True,
        shares={"loss": 12, "arguments": 2, "repeatable": 1},
        public_sizes=PUBLIC_SIZES,
        public=public(draw_loss_of),
        sizes=SIZES,
        draw=draw_loss_of,
        calls=("restore", "cross_entropy"),
        printed=("loss",),
    ),
)
