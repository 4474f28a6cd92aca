"""The check of the lesson "Find the bug": it runs a function on a small network, and says how far it is from right.

What is right comes from `networks`, which does the same things in another way.
"""

import numpy as np

import networks
from rnn_utils import sigmoid, softmax

SIZES = {"n_x": 3, "n_a": 4, "n_y": 2, "m": 5, "T_x": 6}


def make_problem():
    """Return a small RNN and LSTM with everything that their forward and backward pass make, by name."""
    rng = np.random.default_rng(0)
    n_x, n_a, n_y, m, T_x = SIZES.values()

    def draw(*shape):
        return 0.7 * rng.standard_normal(shape)

    x, a0, da = draw(n_x, m, T_x), np.tanh(draw(n_a, m)), draw(n_a, m, T_x)
    rnn = {"Wax": draw(n_a, n_x), "Waa": draw(n_a, n_a), "ba": draw(n_a, 1), "Wya": draw(n_y, n_a), "by": draw(n_y, 1)}
    lstm = {kind + gate: draw(n_a, n_a + n_x if kind == "W" else 1) for gate in "fico" for kind in "Wb"}
    lstm |= {"Wy": draw(n_y, n_a), "by": draw(n_y, 1)}
    a, y_pred, caches = networks.rnn_forward(x, a0, rnn)
    read = np.concatenate((a0, x[:, :, 0]))
    return {"x": x, "a0": a0, "da": da, "rnn": rnn, "lstm": lstm, "a": a, "y_pred": y_pred,
            "gradients": networks.rnn_backward(da, caches), "states": np.array([a0, *np.moveaxis(a, 2, 0)]),
            "arriving": rnn["Wax"] @ np.moveaxis(x, 2, 0) + rnn["ba"], "read": read,
            "opened": [(np.tanh if gate == "c" else sigmoid)(lstm["W" + gate] @ read + lstm["b" + gate])
                       for gate in "fico"]}


def cases(p):
    """Return, for each function of the lesson, its arguments and what it should return."""
    rnn, lstm, states = p["rnn"], p["lstm"], p["states"]
    after, slopes = states[1:], 1 - states[1:] ** 2
    da = np.moveaxis(p["da"], 2, 0)
    ds = score_gradients(da, slopes, rnn["Waa"])
    ft, it, cct, _ = p["opened"]
    c0 = 2 * p["a0"]
    scores = rnn["Wya"] @ after[0] + rnn["by"]
    side_by_side = np.concatenate((rnn["Wax"], rnn["Waa"]), axis=1)
    W, b = (np.concatenate([lstm[kind + gate] for gate in "fico"]) for kind in "Wb")
    return {
        "new_state": ((p["x"][:, :, 0], p["a0"], side_by_side, rnn["ba"]), after[0]),
        "shares": ((scores,), softmax(scores)),
        "all_states": ((p["arriving"], p["a0"], rnn["Waa"]), after),
        "four_gates": ((p["read"], W, b), np.array(p["opened"])),
        "remember": ((c0, [(ft, it, cct), (it, ft, cct)]),
                     np.array([ft * c0 + it * cct, it * (ft * c0 + it * cct) + ft * cct])),
        "pairs": ((p["arriving"], p["a0"], rnn["Waa"]), np.array([states[:-1], after])),
        "before_tanh": ((after, da), slopes * da),
        "flow_back": ((da, slopes, rnn["Waa"]), ds),
        "for_weights": ((ds, states[:-1]), p["gradients"]["dWaa"]),
        "for_bias": ((ds,), p["gradients"]["dba"]),
    }


def score_gradients(da, slopes, Waa):
    """Return the gradient inside tanh at each step, from the last step to the first."""
    found = [slopes[-1] * da[-1]]
    for t in range(len(da) - 2, -1, -1):
        found.insert(0, slopes[t] * (da[t] + Waa.T @ found[0]))
    return np.array(found)


def check_bug(function):
    """Print whether a function is right, and else how its result differs; arguments must stay as they are."""
    name = function.__name__
    arguments, expected = cases(make_problem())[name]
    try:
        got = np.array(function(*arguments), dtype=float)
    except Exception as error:  # a learner's function may raise anything
        print(f"{name} stops: {type(error).__name__}: {error}")
        return
    if got.shape != expected.shape:
        print(f"{name}: the shape is {got.shape}, expected {expected.shape}.")
        return
    wrong = np.argwhere(~np.isclose(got, expected))
    if not len(wrong):
        print(f"{name}: right. All {expected.size} entries agree.")
        return
    place = tuple(int(index) for index in wrong[0])
    print(f"{name}: {len(wrong)} of {expected.size} entries differ, first at {list(place)}:",
          f"{got[place]:.4f}, expected {expected[place]:.4f}.")
