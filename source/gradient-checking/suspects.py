"""Seven backward functions of the plain RNN for the quiz in part 4. Read on only after it: the answers are here.

Each is `networks.rnn_backward` with one piece of its text replaced; one of them has nothing replaced.
"""

import inspect

import networks

REPLACED = {
    1: ("states[:T_x])}", "states[1 : T_x + 1])}"),
    2: ("ds.sum(axis=(0, 2))", "ds.mean(axis=2).sum(axis=0)"),
    3: ("da[:, :, t] + flowing", "da[:, :, t]"),
    4: ("", ""),
    5: ('parameters["Waa"].T', 'parameters["Waa"]'),
    6: ('parameters["Wax"].T @ ds', 'parameters["Wax"].T @ time_first(da)'),
    7: ("ds[t] *= da[:, :, t] + flowing", "da[:, :, t] += flowing; ds[t] *= da[:, :, t]"),
}


def build(old, new):
    """`networks.rnn_backward`, with a piece of its text replaced."""
    namespace = dict(vars(networks))
    exec(inspect.getsource(networks.rnn_backward).replace(old, new), namespace)
    return namespace["rnn_backward"]


suspects = {number: build(*change) for number, change in REPLACED.items()}
