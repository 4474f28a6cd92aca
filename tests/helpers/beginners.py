"""Ways in which beginners misunderstand the tasks, as functions that are wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Beginner(NamedTuple):
    """A wrong function, and the essential facts that its learner must read.

    Attributes
    ----------
    name : str
    task : str
    replace : mapping of str to str
        New code by the solution's code that it replaces, each of which occurs once.
    check : str
        What the check cell has to say.
    lines : list of str
        How the lines begin at which the graded notebook points; none where it needs no line.
    """

    name: str
    task: str
    replace: Mapping[str, str]
    check: str
    lines: list[str]

    def write(self, solution: str) -> str:
        """Return the cell that the beginner writes."""
        for old, new in self.replace.items():
            assert solution.count(old) == 1, (self.name, old)
            solution = solution.replace(old, new)
        return solution


BEGINNERS = (
    Beginner("swapped arguments", "rnn_forward", {
        "x[:, :, t], a_next, parameters": "a_next, x[:, :, t], parameters",
    }, "`xt` has shape (5, 10) here, and (3, 10) there",
       ["a_next, yt_pred, cache = rnn_cell_forwar"]),
    Beginner("the whole x", "rnn_forward", {
        "x[:, :, t], a_next, parameters": "x, a_next, parameters",
    }, "`xt` has shape (3, 10, 4) here, and (3, 10) there",
       ["a_next, yt_pred, cache = rnn_cell_forwar"]),
    Beginner("x[t]", "rnn_forward", {
        "x[:, :, t], a_next": "x[t], a_next",
    }, "`xt` has shape (10, 4) here, and (3, 10) there",
       ["a_next, yt_pred, cache = rnn_cell_forwar"]),
    Beginner("the notebook's x", "rnn_cell_forward", {
        "Wax @ xt": "Wax @ x",
    }, "`x` is not made in this function",
       ["a_next = np.tanh(Wax @ x + Waa @ a_prev "]),
    Beginner("joined along axis 1", "lstm_cell_forward", {
        "np.concatenate((a_prev, xt), axis=0)": "np.concatenate((a_prev, xt), axis=1)",
    }, "`a_prev` has shape (5, 10), `xt` has shape (3, 10). Which two of these shapes meet",
       ["concat = np.concatenate((a_prev, xt), ax"]),
    Beginner("joined in the other order", "lstm_cell_forward", {
        "np.concatenate((a_prev, xt), axis=0)": "np.concatenate((xt, a_prev))",
    }, "a stack with `xt` on top of `a_prev`",
       ["concat = np.concatenate((xt, a_prev))"]),
    Beginner("return in the loop", "rnn_forward", {
        "        caches.append(cache)\n    ### END CODE HERE ###\n\n    # Keep what the backward pass needs\n    "
        "caches = (caches, x)\n\n    return a, y_pred, caches":
        "        caches.append(cache)\n    ### END CODE HERE ###\n\n        # Keep what the backward pass needs\n  "
        "      caches = (caches, x)\n\n        return a, y_pred, caches",
    }, "What ends the loop, or the function, after one step?",
       ["caches = (caches, x)",
        "return a, y_pred, caches"]),
    Beginner("print for return", "rnn_cell_forward", {
        "return a_next, yt_pred, cache": "print(a_next, yt_pred, cache)",
    }, "Line 40 prints: that shows values, and hands nothing back",
       ["print(a_next, yt_pred, cache)"]),
    Beginner("np becomes a number", "lstm_forward", {
        "n_x, m, T_x = x.shape": "np, m, T_x = x.shape",
    }, "`np` is the name of a module, and line 31 gives it another value",
       ["np, m, T_x = x.shape"]),
    Beginner("* for @", "rnn_cell_forward", {
        "Wax @ xt + Waa @ a_prev": "Wax * xt + Waa * a_prev",
    }, "np.tanh(Wax * xt + Waa * a_prev + ba)",
       ["a_next = np.tanh(Wax * xt + Waa * a_prev"]),
    Beginner("@ for *", "lstm_cell_forward", {
        "ft * c_prev + it * cct": "ft @ c_prev + it @ cct",
    }, "Is a product of matrices meant, or one of entries?",
       ["c_next = ft @ c_prev + it @ cct"]),
    Beginner("the other cell is called", "lstm_forward", {
        "a_next, c_next, yt, cache = lstm_cell_forward(xt, a_next, c_next, parameters)":
        "a_next, yt, cache = rnn_cell_forward(xt, a_next, parameters)",
    }, "Is `rnn_cell_forward` the function to call here?",
       ["a_next, yt, cache = rnn_cell_forward(xt,"]),
    Beginner("a and c in each other's place", "lstm_forward", {
        "a[:, :, t] = a_next": "a[:, :, t] = c_next",
        "c[:, :, t] = c_next": "c[:, :, t] = a_next",
    }, "`a` holds the cell states and `c` the hidden states",
       ["a[:, :, t] = c_next",
        "c[:, :, t] = a_next"]),
    Beginner("a_next from c_prev", "lstm_cell_forward", {
        "ot * np.tanh(c_next)": "ot * np.tanh(c_prev)",
    }, "`a_next` is computed from the old cell state `c_prev`",
       ["a_next = ot * np.tanh(c_prev)"]),
    Beginner("softmax over all", "rnn_cell_forward", {
        "yt_pred = softmax(Wya @ a_next + by)": "e = np.exp(Wya @ a_next + by)\n    yt_pred = e / np.sum(e)",
    }, "divides by the sum over all entries",
       ["yt_pred = e / np.sum(e)"]),
    Beginner("softmax over the examples", "rnn_cell_forward", {
        "yt_pred = softmax(Wya @ a_next + by)":
        "e = np.exp(Wya @ a_next + by)\n    yt_pred = e / np.sum(e, axis=1, keepdims=True)",
    }, "softmax runs over the examples (axis 1)",
       ["yt_pred = e / np.sum(e, axis=1, keepdims"]),
    Beginner("sizes typed in", "rnn_forward", {
        "np.zeros((n_a, m, T_x))": "np.zeros((5, 10, 4))",
        "np.zeros((n_y, m, T_x))": "np.zeros((2, 10, 4))",
    }, "Line 32 of the function holds the numbers 5, 10, 4.",
       ["a = np.zeros((5, 10, 4))",
        "y_pred = np.zeros((2, 10, 4))"]),
    Beginner("for t in T_x", "rnn_forward", {
        "range(T_x)": "T_x",
    }, "for t in T_x: There `T_x` is 4. What does this line run over",
       ["for t in T_x:"]),
    Beginner("whole numbers", "rnn_forward", {
        "np.zeros((n_a, m, T_x))": "np.zeros((n_a, m, T_x), dtype=int)",
    }, "can it hold fractions?",
       ["a = np.zeros((n_a, m, T_x), dtype=int)"]),
    Beginner("a = c", "lstm_forward", {
        "    a = np.zeros((n_a, m, T_x))\n    c = np.zeros((n_a, m, T_x))": "    a = c = np.zeros((n_a, m, T_x))",
    }, "are they two names of one array?",
       ["a = c = np.zeros((n_a, m, T_x))"]),
    Beginner("c_next is a view", "lstm_forward", {
        "c_next = np.zeros((n_a, m))": "c_next = c[:, :, 0]",
    }, "A slice of an array is a view",
       ["c_next = c[:, :, 0]"]),
    Beginner("an argument is changed", "rnn_cell_backward", {
        "dtanh = (1 - a_next**2) * da_next": "da_next *= 1 - a_next**2\n    dtanh = da_next",
    }, "changed by line 29 of the function: da_next *=",
       ["da_next *= 1 - a_next**2"]),
    Beginner("written into a0", "rnn_forward", {
        "a_next, yt_pred, cache = rnn": "a_next[:], yt_pred, cache = rnn",
    }, "Is a new array made at each step, or one array written over?",
       ["a_next[:], yt_pred, cache = rnn_cell_for"]),
    Beginner("caches = caches.append", "rnn_forward", {
        "caches.append(cache)": "caches = caches.append(cache)",
    }, "Line 47 gives it what `append` returns",
       ["caches = caches.append(cache)"]),
    Beginner("append after the loop", "rnn_forward", {
        "        caches.append(cache)": "    caches.append(cache)",
    }, "The loop in line 39 of the function leaves `caches` as it was.",
       ["caches.append(cache)"]),
    Beginner("a = a_next in the loop", "rnn_forward", {
        "a[:, :, t] = a_next": "a = a_next",
    }, "differs is `a`, from line 43 of the function, first at step 0: a = a_next",
       ["a = a_next"]),
    Beginner("a[t] = a_next", "rnn_forward", {
        "a[:, :, t] = a_next\n        # store the prediction of step t (≈1 line)\n        y_pred[:, :, t] = yt_pred":
        "a[t] = a_next\n        # store the prediction of step t (≈1 line)\n        y_pred[t] = yt_pred",
    }, "a[t] = a_next There `a` has shape (5, 10, 4), `t` is 0",
       ["a[t] = a_next"]),
    Beginner("xt @ Wax", "rnn_cell_forward", {
        "Wax @ xt": "np.dot(xt, Wax)",
    }, "`xt` has shape (3, 10), `Wax` has shape (5, 3)",
       ["a_next = np.tanh(np.dot(xt, Wax) + Waa @"]),
    Beginner("not reversed", "rnn_backward", {
        "reversed(range(T_x))": "range(T_x)",
    }, "The steps are taken first to last.",
       ["for t in range(T_x):"]),
    Beginner("two: = for +=, nothing carried", "rnn_backward", {
        "dWax += gr": "dWax = gr",
        "dWaa += gr": "dWaa = gr",
        "dba += gr": "dba = gr",
        "da[:, :, t] + da_prevt": "da[:, :, t]",
    }, "differs is `gradients`, from line 37 of the function, first at step 2",
       ["gradients = rnn_cell_backward(da[:, :, t",
        "dWax = gradients[\"dWax\"]",
        "dWaa = gradients[\"dWaa\"]",
        "dba = gradients[\"dba\"]"]),
    Beginner("da_prevt +=", "rnn_backward", {
        "da_prevt = gradients[\"da_prev\"]": "da_prevt += gradients[\"da_prev\"]",
    }, "differs is `da_prevt`, from line 39",
       ["da_prevt += gradients[\"da_prev\"]"]),
    Beginner("two: tanh twice, no keepdims", "rnn_cell_backward", {
        "(1 - a_next**2)": "(1 - np.tanh(a_next)**2)",
        "dba = np.sum(dtanh, axis=1, keepdims=True)": "dba = np.sum(dtanh, axis=1)",
    }, "differs is `dtanh`, from line 29",
       ["dtanh = (1 - np.tanh(a_next)**2) * da_ne",
        "dba = np.sum(dtanh, axis=1)"]),
    Beginner("three in the LSTM cell", "lstm_cell_backward", {
        "dc_next + da_next * ot * (1 - np.tanh(c_next) ** 2)": "dc_next",
        "dc * c_prev * ft * (1 - ft)": "dc * c_prev",
        "dbo = np.sum(": "dbo = np.mean(",
    }, "differs is `dc`, from line 28",
       ["dc = dc_next",
        "dft = dc * c_prev",
        "dbo = np.mean(dot, axis=1, keepdims=True"]),
    Beginner("rows for columns", "lstm_cell_backward", {
        "Wf[:, :n_a].T @ dft": "Wf[:n_a, :].T @ dft",
        "Wf[:, n_a:].T @ dft": "Wf[n_a:, :].T @ dft",
    }, "`Wf` has shape (5, 8), `n_a` is 5, `dft` has shape (5, 10)",
       ["da_prev = Wf[:n_a, :].T @ dft + Wi[:, :n"]),
    Beginner("T_x from x", "lstm_backward", {
        "n_a, m, T_x = da.shape\n": "n_a, m, T_d = da.shape\n    T_x = x.shape[2]\n",
    }, "differs is `T_x`, from line 25",
       ["T_x = x.shape[2]"]),
    Beginner("da_prevt for dc_prevt", "lstm_backward", {
        "+ da_prevt, dc_prevt, ": "+ da_prevt, da_prevt, ",
    }, "differs is `gradients`, from line 44 of the function, first at step 2",
       ["gradients = lstm_cell_backward(da[:, :, "]),
    Beginner("two: copied and pasted", "lstm_cell_forward", {
        "(Wi @ concat + bi)": "(Wf @ concat + bi)",
        "(Wo @ concat + bo)": "(Wo @ concat + bi)",
    }, "differs is `it`, from line 55",
       ["it = sigmoid(Wf @ concat + bi)",
        "ot = sigmoid(Wo @ concat + bi)"]),
    Beginner("two: candidate and gates", "lstm_cell_forward", {
        "cct = np.tanh(": "cct = sigmoid(",
        "ft * c_prev + it * cct": "it * c_prev + ft * cct",
    }, "differs is `cct`, from line 56",
       ["cct = sigmoid(Wc @ concat + bc)",
        "c_next = it * c_prev + ft * cct"]),
    Beginner("half done", "rnn_cell_forward", {
        "yt_pred = softmax(Wya @ a_next + by)": "yt_pred = None",
    }, "the `None` in line 34 of the function waits for its value. Right so far: `a_next`, `cache`.",
       ["yt_pred = None"]),
    Beginner("two in the prediction", "rnn_cell_forward", {
        "softmax(Wya @ a_next + by)": "softmax(Wya @ a_prev)",
    }, "differs is `yt_pred`, from line 34",
       ["yt_pred = softmax(Wya @ a_prev)"]),
    Beginner("softmax of the transpose", "rnn_cell_forward", {
        "softmax(Wya @ a_next + by)": "softmax((Wya @ a_next + by).T).T",
    }, "softmax runs over the examples (axis 1)",
       ["yt_pred = softmax((Wya @ a_next + by).T)"]),
    Beginner("the order of the cell", "lstm_forward", {
        "return a, y, c, caches": "return a, c, y, caches",
    }, "`y` and `c` are returned in each other's place",
       ["return a, c, y, caches"]),
    Beginner("range(1, T_x)", "rnn_forward", {
        "range(T_x)": "range(1, T_x)",
    }, "Step 0 is left out",
       ["for t in range(1, T_x):"]),
    Beginner("range(T_x - 1)", "rnn_forward", {
        "range(T_x)": "range(T_x - 1)",
    }, "The loop in line 39 of the function takes 3 of 4 steps.",
       ["for t in range(T_x - 1):"]),
    Beginner("x[:, t, :]", "rnn_forward", {
        "x[:, :, t], a_next": "x[:, t, :], a_next",
    }, "`xt` has shape (3, 4) here, and (3, 10) there",
       ["a_next, yt_pred, cache = rnn_cell_forwar"]),
    Beginner("a[:, :, t + 1]", "rnn_forward", {
        "a[:, :, t] =": "a[:, :, t + 1] =",
    }, "differs is `a`, from line 43 of the function, first at step 0",
       ["a[:, :, t + 1] = a_next"]),
    Beginner("range(m)", "rnn_forward", {
        "range(T_x)": "range(m)",
    }, "The loop in line 39 of the function takes more steps than the 4 that are needed.",
       ["for t in range(m):"]),
    Beginner("dx without index", "rnn_backward", {
        "dx[:, :, t] = gr": "dx = gr",
    }, "differs is `dx`, from line 41",
       ["dx = gradients[\"dxt\"]"]),
    Beginner("argmax", "rnn_cell_forward", {
        "softmax(Wya @ a_next + by)": "np.argmax(softmax(Wya @ a_next + by), axis=0)",
    }, "Are probabilities asked for, or decisions?",
       ["yt_pred = np.argmax(softmax(Wya @ a_next"]),
    Beginner("prediction from c_next", "lstm_cell_forward", {
        "softmax(Wy @ a_next + by)": "softmax(Wy @ c_next + by)",
    }, "`yt_pred` is computed from the cell state",
       ["yt_pred = softmax(Wy @ c_next + by)"]),
    Beginner("c_next reset", "lstm_forward", {
        "        xt = x[:, :, t]": "        xt = x[:, :, t]\n        c_next = np.zeros((n_a, m))",
    }, "Every step begins from a cell state of zeros",
       ["c_next = np.zeros((n_a, m))"]),
    Beginner("tanh in the gates", "lstm_cell_forward", {
        "ft = sigmoid": "ft = np.tanh",
        "it = sigmoid": "it = np.tanh",
        "ot = sigmoid": "ot = np.tanh",
    }, "`ft`, `it` and `ot` are what one gets with tanh",
       ["ft = np.tanh(Wf @ concat + bf)",
        "it = np.tanh(Wi @ concat + bi)",
        "ot = np.tanh(Wo @ concat + bo)"]),
    Beginner("bias over axis 0", "rnn_cell_backward", {
        "dba = np.sum(dtanh, axis=1, keepdims=True)": "dba = np.sum(dtanh, axis=0, keepdims=True)",
    }, "summed over the hidden units (axis 0)",
       ["dba = np.sum(dtanh, axis=0, keepdims=Tru"]),
    Beginner("sum of all", "rnn_cell_backward", {
        "dba = np.sum(dtanh, axis=1, keepdims=True)": "dba = np.sum(dtanh)",
    }, "one single number, the sum over units and examples",
       ["dba = np.sum(dtanh)"]),
    Beginner("ba.T", "rnn_cell_forward", {
        "+ ba)": "+ ba.T)",
    }, "np.tanh(Wax @ xt + Waa @ a_prev + ba.T)",
       ["a_next = np.tanh(Wax @ xt + Waa @ a_prev"]),
    Beginner("lists with append", "rnn_forward", {
        "a = np.zeros((n_a, m, T_x))": "a = []",
        "y_pred = np.zeros((n_y, m, T_x))": "y_pred = []",
        "a[:, :, t] = a_next\n        # store the prediction of step t (≈1 line)\n        y_pred[:, :, t] = yt_pred":
        "a.append(a_next)\n        # store the prediction of step t (≈1 line)\n        y_pred.append(yt_pred)",
    }, "`a` is a list; an array is asked for.",
       []),
    Beginner("two: no forget gate, no tanh", "lstm_cell_forward", {
        "ft * c_prev + it": "c_prev + it",
        "ot * np.tanh(c_next)": "ot * c_next",
    }, "differs is `c_next`, from line 57",
       ["c_next = c_prev + it * cct",
        "a_next = ot * c_next"]),
    Beginner("two: no da_next, dWax turned", "rnn_cell_backward", {
        "(1 - a_next**2) * da_next": "1 - a_next**2",
        "dWax = dtanh @ xt.T": "dWax = (dtanh @ xt.T).T",
    }, "differs is `dtanh`, from line 29",
       ["dtanh = 1 - a_next**2",
        "dWax = (dtanh @ xt.T).T"]),
)
