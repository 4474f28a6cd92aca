"""The tasks of *How many, how far, how much?*: functions of sizes, so that another student's numbers do not help."""

import numpy as np

from autograder.model import Task

# ---- sizes -----------------------------------------------------------------------------------------------------

#: All different in the first; then a single example, n_a = n_x, a single step, a single hidden unit.
SIZES = tuple(
    {"n_x": n_x, "n_a": n_a, "n_y": n_y, "m": m, "T_x": T_x}
    for n_x, n_a, n_y, m, T_x in (
        (3, 4, 5, 2, 6), (4, 2, 3, 1, 5), (3, 3, 4, 5, 2), (2, 64, 7, 32, 1), (6, 1, 2, 4, 9), (27, 100, 27, 50, 12))
)
PUBLIC_SIZES = {"n_x": 3, "n_a": 5, "n_y": 2, "m": 10, "T_x": 4}


def pick(sizes, *symbols):
    """These symbols with their sizes."""
    return {symbol: sizes[symbol] for symbol in symbols}


def count(*symbols):
    """The parts of a task whose arguments are these sizes."""
    return {
        "public_sizes": pick(PUBLIC_SIZES, *symbols),
        "public": lambda functions: pick(PUBLIC_SIZES, *symbols),
        "sizes": tuple(pick(sizes, *symbols) for sizes in SIZES),
        "draw": lambda rng, sizes, functions: dict(sizes),
    }


# ---- memory ----------------------------------------------------------------------------------------------------


def draw_steps(rng, sizes, functions):
    """A gate and a share on which common wrong answers differ from the right one and from each other.

    In half of the cases rounding to the nearest number is one too few, and the rule of thumb differs from a linear
    loss. In the others a share that is dropped takes more than a step. The last one takes hundreds of steps. The steps
    are no whole number to within 0.02, so that rounding errors decide nothing.
    """
    first_half = sizes["case"] % 2 == 0
    gates, shares = ((0.98, 0.995), (0.01, 0.1)) if sizes["case"] == 6 else ((0.6, 0.97), (0.01, 0.6))
    while True:
        f, share = float(rng.uniform(*gates)), float(rng.uniform(*shares))
        steps = np.log(share) / np.log(f)
        others = [1, (1 - share) / (1 - f)]
        others += [1 / (1 - f), np.log(1 - share) / np.log(f)] if first_half else [np.log(share) / np.log(1 - f)]
        answers = {int(np.ceil(other)) for other in (*others, steps, steps - 1, steps + 1)}
        part = steps - np.floor(steps)
        if len(answers) == len(others) + 3 and 0.02 < part < 0.98 and (part < 0.5) == first_half:
            return {"f": f, "share": share}


def draw_bias(rng, sizes, functions):
    return {"steps": int(rng.integers(1, 300)), "share": float(rng.uniform(0.02, 0.95))}


#: Numbers have no sizes: each case is drawn with a seed of its own.
CASES = tuple({"case": case} for case in range(1, 7))

# ---- tasks -----------------------------------------------------------------------------------------------------

TASKS = (
    Task(
        name="count_parameters",
        outputs={"rnn": (), "lstm": ()},
        shares={"rnn": 2, "lstm": 2},
        **count("n_x", "n_a", "n_y"),
        printed=("rnn", "lstm"),
    ),
    Task(
        name="multiplications_per_step",
        outputs={"rnn": (), "lstm": ()},
        shares={"rnn": 2, "lstm": 2},
        **count("n_x", "n_a", "n_y", "m"),
        printed=("rnn", "lstm"),
    ),
    Task(
        name="gradient_shapes",
        outputs={"dx": None, "da0": None, "dWf": None, "dbf": None},
        shares={"dx": 1, "da0": 1, "dWf": 1, "dbf": 1},
        **count("n_x", "n_a", "m", "T_x"),
        printed=("dx", "da0", "dWf", "dbf"),
    ),
    Task(
        name="steps_until_forgotten",
        outputs={"steps": ()},
        returns_value=True,
        shares={"steps": 4},
        public_sizes={"case": 0},
        public=lambda functions: {"f": 0.9, "share": 0.02},
        sizes=CASES,
        draw=draw_steps,
        printed=("steps",),
    ),
    Task(
        name="forget_bias",
        outputs={"bias": ()},
        returns_value=True,
        shares={"bias": 4},
        public_sizes={"case": 0},
        public=lambda functions: {"steps": 40, "share": 0.3},
        sizes=CASES,
        draw=draw_bias,
        printed=("bias",),
    ),
)
