"""The tasks of *A network that invents names*: names as arrays, dice, one step of training, a training.

Chance enters as an argument, a number from 0 to 1. It is drawn far from where the choice changes, so that
neither float32 nor another order of summation changes a letter. Five steps of Adam drift by 1e-14, and are compared as
values.
"""

import numpy as np

from autograder.course.drawing import draw_array, draw_parameters
from autograder.model import Task
from corpus import encode
from model import loss_and_gradients, rnn_step, start_parameters
from rnn_utils import softmax

# ---- sizes -----------------------------------------------------------------------------------------------------

#: All different in the first; then a single example, n_a = n_x, a single time step.
SIZES = (
    {"n_x": 3, "n_a": 4, "n_y": 5, "m": 2, "T_x": 6},
    {"n_x": 4, "n_a": 2, "n_y": 3, "m": 1, "T_x": 5},
    {"n_x": 3, "n_a": 3, "n_y": 4, "m": 5, "T_x": 2},
    {"n_x": 2, "n_a": 4, "n_y": 2, "m": 6, "T_x": 4},
    {"n_x": 6, "n_a": 5, "n_y": 3, "m": 4, "T_x": 1},
    {"n_x": 5, "n_a": 6, "n_y": 7, "m": 3, "T_x": 3},
)
PUBLIC_SIZES = {"n_x": 3, "n_a": 5, "n_y": 2, "m": 10, "T_x": 4}


def pick(sizes, *symbols):
    """These symbols with their sizes."""
    return {symbol: sizes[symbol] for symbol in symbols}


def public(draw, sizes, seed=1):
    """The public case of a task: what it draws at these sizes."""
    return lambda functions: draw(np.random.default_rng(seed), sizes, functions)


# ---- names as arrays -------------------------------------------------------------------------------------------


def draw_ids(rng, sizes, functions):
    return {"ids": rng.integers(sizes["n_x"], size=(sizes["m"], sizes["T_x"])), "n_x": sizes["n_x"]}


def draw_one_hot(rng, sizes, functions):
    """Letters, of which the last one does not occur if n_x is odd: the largest number tells less than n_x."""
    return {**draw_ids(rng, {**sizes, "n_x": sizes["n_x"] - sizes["n_x"] % 2}, functions), "n_x": sizes["n_x"]}


def public_inputs_and_targets(functions):
    ids, lengths = encode(["ada", "bo", "cleo"])
    return {"ids": ids, "lengths": lengths}


def draw_inputs_and_targets(rng, sizes, functions):
    """Names of random letters, of which one is the longest."""
    m, longest = sizes["m"], sizes["L"]
    lengths = rng.integers(1, longest + 1, size=m)
    lengths[rng.integers(m)] = longest
    ids = rng.integers(1, 27, size=(m, longest)) * (np.arange(longest) < lengths[:, None])
    return {"ids": ids, "lengths": lengths}


# ---- dice ------------------------------------------------------------------------------------------------------


def draw_uniform(rng, p):
    """A number from 0 to 1, at least 0.005 from each place where the choice changes."""
    places = np.concatenate(([0], np.cumsum(p)))
    while True:
        u = rng.random()
        if np.abs(places - u).min() > 0.005:
            return float(u)


def draw_sample_next(rng, sizes, functions):
    """A throw in which the temperature decides: without it, or multiplied with it, other letters would come."""
    while True:
        scores, temperature = 1.5 * rng.standard_normal(sizes["n_y"]), float(rng.choice([0.4, 0.6, 1.8, 2.5]))
        u = draw_uniform(rng, softmax(scores / temperature))
        found = {int(np.searchsorted(np.cumsum(softmax(scores * factor)), u)) for factor in (
            1 / temperature, 1, temperature)}
        if len(found) == 3:
            return {"scores": scores, "temperature": temperature, "u": u}


def draw_sample(rng, sizes, functions):
    """An RNN over n_x letters and dice for at most `dice` of them; the name ends with the dice, or before."""
    n_x = sizes["n_x"]
    while True:
        parameters = {name: 1.5 * array for name, array in draw_parameters(rng, {
            "Wax": (sizes["n_a"], n_x), "Waa": (sizes["n_a"], sizes["n_a"]), "ba": (sizes["n_a"], 1),
            "Wya": (n_x, sizes["n_a"]), "by": (n_x, 1)}).items()}
        a, index, uniforms = np.zeros((sizes["n_a"], 1)), 0, []
        letters = 0
        for _ in range(sizes["dice"]):
            a, scores = rnn_step(np.eye(n_x)[:, [index]], a, parameters)
            p = softmax(scores[:, 0])
            uniforms.append(draw_uniform(rng, p))
            index = int(np.searchsorted(np.cumsum(p), uniforms[-1]))
            if index == 0:
                break
            letters += 1
        if letters >= 3 and (index == 0 or sizes["dice"] % 2):
            rest = sizes["dice"] - len(uniforms)
            return {"parameters": parameters, "uniforms": np.array([*uniforms, *rng.uniform(0.1, 0.9, rest)])}


# ---- training --------------------------------------------------------------------------------------------------


def shapes_of(sizes):
    """The parameters of an RNN or, if n_x is even, of an LSTM."""
    kind = "rnn" if sizes["n_x"] % 2 else "lstm"
    start = start_parameters(np.random.default_rng(0), sizes["n_x"], sizes["n_a"], sizes["n_y"], kind)
    return {name: array.shape for name, array in start.items()}


def draw_batch(rng, sizes):
    m, T_x = sizes["m"], sizes["T_x"]
    mask = (rng.random((m, T_x)) < 0.7).astype(float)
    mask[:, 0] = 1
    return draw_array(rng, sizes, "n_x", "m", "T_x"), rng.integers(sizes["n_y"], size=(m, T_x)), mask


def norm_of(gradients):
    return float(np.sqrt(sum(np.sum(gradient**2) for gradient in gradients.values())))


def draw_clip_by_norm(rng, sizes, functions):
    """Gradients of a network, longer than allowed in most cases, once shorter, once of zeros."""
    gradients = {"d" + name: array for name, array in draw_parameters(rng, shapes_of(sizes)).items()}
    share = {2: 1.6, 3: 0.2, 4: 0.1}.get(sizes["n_a"], 0.15)
    if sizes["n_a"] == 6:
        gradients, share = {name: 0 * gradient for name, gradient in gradients.items()}, 0.5
    return {"gradients": gradients, "max_norm": share * (norm_of(gradients) or 2.0)}


def draw_optimise(rng, sizes, functions):
    """A step at t = 1 or at t = 7, with gradients that are too long in half of the cases."""
    parameters, (x, targets, mask) = draw_parameters(rng, shapes_of(sizes)), draw_batch(rng, sizes)
    a0, t = draw_array(rng, sizes, "n_a", "m"), 1 if sizes["n_a"] % 2 else 7
    gradients = loss_and_gradients(x, targets, mask, a0, parameters)[1]
    size = norm_of(gradients)
    v = {name: (t > 1) * 0.1 * size * rng.standard_normal(gradient.shape) for name, gradient in gradients.items()}
    s = {name: (t > 1) * (0.1 * size * rng.random(gradient.shape)) ** 2 for name, gradient in gradients.items()}
    return {
        "x": x, "targets": targets, "mask": mask, "a0": a0, "parameters": parameters, "v": v, "s": s, "t": t,
        "learning_rate": 0.05, "max_norm": (0.3 if sizes["m"] != 5 else 1.7) * size,
    }


def public_optimise(functions):
    """At t = 7, since at t = 1 Adam does not feel the length of a gradient."""
    return draw_optimise(np.random.default_rng(1), {**PUBLIC_SIZES, "n_a": 4}, functions)


def draw_train(rng, sizes, functions):
    """Five batches of one shape."""
    parameters = draw_parameters(rng, shapes_of(sizes))
    batches = [draw_batch(rng, sizes) for _ in range(5)]
    return {"batches": batches, "parameters": parameters, "learning_rate": 0.05, "max_norm": 0.4}


# ---- tasks -----------------------------------------------------------------------------------------------------

SAMPLE_SIZES = tuple({"n_x": n_x, "n_a": n_a, "dice": dice} for n_x, n_a, dice in (
    (5, 3, 9), (3, 4, 8), (6, 2, 7), (4, 4, 10), (7, 5, 11), (2, 6, 12)))

TASKS = (
    Task(
        name="one_hot",
        outputs={"x": ("n_x", "m", "T_x")},
        returns_value=True,
        shares={"x": 8, "arguments": 1, "repeatable": 1},
        steps="T_x",
        public_sizes=pick(PUBLIC_SIZES, "n_x", "m", "T_x"),
        public=public(draw_ids, PUBLIC_SIZES),
        sizes=tuple(pick(sizes, "n_x", "m", "T_x") for sizes in SIZES),
        draw=draw_one_hot,
        printed=("x[1][2]",),
    ),
    Task(
        name="inputs_and_targets",
        outputs={"x_ids": ("m", "T_x"), "targets": ("m", "T_x"), "mask": ("m", "T_x")},
        shares={"x_ids": 4, "targets": 4, "mask": 5, "arguments": 1, "repeatable": 1},
        steps="T_x",
        public_sizes={"m": 3, "L": 4, "T_x": 5},
        public=public_inputs_and_targets,
        sizes=tuple({"m": m, "L": L, "T_x": L + 1} for m, L in ((4, 6), (1, 3), (5, 2), (6, 1), (3, 7), (2, 5))),
        draw=draw_inputs_and_targets,
        printed=("x_ids[0]", "targets[0]", "mask[0]"),
    ),
    Task(
        name="sample_next",
        outputs={"index": ()},
        returns_value=True,
        shares={"index": 13, "arguments": 1, "repeatable": 1},
        public_sizes={"n_y": 8},
        public=lambda functions: {
            "scores": np.array([-1.7, 1.2, 1.7, 1.1, 2.2, 0.0, -2.1, -0.1]), "temperature": 2.0, "u": 0.9},
        sizes=tuple({"n_y": n_y} for n_y in (5, 9, 12, 7, 15, 20, 6, 10)),
        draw=draw_sample_next,
        printed=("index",),
    ),
    Task(
        name="sample",
        outputs={"ids": None},
        returns_value=True,
        shares={"ids": 13, "arguments": 1, "repeatable": 1},
        public_sizes={"n_x": 8, "n_a": 5, "dice": 12},
        public=public(draw_sample, {"n_x": 8, "n_a": 5, "dice": 12}, seed=49),
        sizes=SAMPLE_SIZES,
        draw=draw_sample,
        calls=("one_hot", "sample_next"),
        printed=("ids",),
    ),
    Task(
        name="clip_by_norm",
        outputs={"clipped": None},
        returns_value=True,
        shares={"clipped": 7, "arguments": 2, "repeatable": 1},
        public_sizes=pick(PUBLIC_SIZES, "n_x", "n_a", "n_y"),
        public=public(draw_clip_by_norm, PUBLIC_SIZES),
        sizes=tuple(pick(sizes, "n_x", "n_a", "n_y") for sizes in SIZES),
        draw=draw_clip_by_norm,
        printed=('clipped["dWax"][1]', 'clipped["dba"][2]'),
    ),
    Task(
        name="optimise",
        outputs={"loss": (), "parameters": None, "v": None, "s": None},
        shares={"loss": 4, "parameters": 9, "v": 2, "s": 2, "arguments": 2, "repeatable": 1},
        public_sizes={**PUBLIC_SIZES, "n_a": 4},
        public=public_optimise,
        sizes=SIZES,
        draw=draw_optimise,
        calls=("clip_by_norm",),
        printed=("loss", 'parameters["Wax"][1]', 'v["dba"][2]', 's["dba"][2]'),
    ),
    Task(
        name="train",
        outputs={"losses": ("steps",), "parameters": None},
        shares={"losses": 9, "parameters": 4, "arguments": 1, "repeatable": 1},
        public_sizes={**PUBLIC_SIZES, "steps": 5},
        public=public(draw_train, PUBLIC_SIZES),
        sizes=tuple({**sizes, "steps": 5} for sizes in SIZES),
        draw=draw_train,
        calls=("optimise",),
        printed=("losses", 'parameters["Wax"][1]'),
    ),
)
