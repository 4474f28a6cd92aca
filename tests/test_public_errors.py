"""What the check says of an error."""

import pytest


def test_an_error_names_its_line(said, wrong_source):
    """An exception is shown in a sentence with the line of the function, not as a traceback."""
    source = wrong_source("rnn_cell_forward", replace={"Wax @ xt": "Wax @ xt.T"})
    _, err = said("rnn_cell_forward", source)
    line = next(i for i, text in enumerate(source.splitlines(), start=1) if "xt.T" in text)
    assert f"ValueError, at line {line} of the function" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(("task", "old", "new", "parts"), [
    ("rnn_forward", "caches.append(cache)", "caches = caches.append(cache)",
     ("`caches` is None. Line 47 gives it what `append` returns", "caches = caches.append(cache)")),
    ("rnn_forward", "(n_a, m, T_x)", "n_a, m, T_x", ("`n_a` is 5, `m` is 10", "Is the whole shape in brackets")),
    ("rnn_forward", "= a_next\n        # store the pred", "= a_nxt\n        # store the pred",
     ("`a_nxt` is not made in this function. Is `a_next` meant?",)),
    ("rnn_forward", "a_next = a0", "pass", ("Which line gives `a_next` its first value",)),
    ("rnn_cell_forward", 'parameters["Wax"]', 'parameters["Wxa"]', ("'Waa', 'Wax', 'Wya'", "Which of the entries")),
    ("rnn_cell_forward", "np.tanh", "np.tan_h", ("Is `tanh` meant?",)),
    ("rnn_cell_forward", "np.tanh", "tanh", ("numpy has a function of that name",)),
    ("rnn_cell_forward", "np.tanh", "math.tanh", ("It is a module of Python's: which line should import it?",)),
    ("rnn_cell_forward", "a_next = np", "a_nxt = np", ("Line 32 makes `a_nxt`, which nothing reads.",)),
    ("rnn_cell_forward", 'parameters["Wax"]', "parameters.Wax", ("How is an entry taken out of a dict",)),
    ("lstm_cell_backward", 'Wf, Wi = parameters["Wf"], parameters["Wi"]', "pass",
     ("`Wf` is not made in this function. Which line should give it its value?",)),
    ("rnn_backward", "in reversed(range(T_x))", "in reversed(T_x)", ("What does this line run over",)),
    ("rnn_cell_forward", "Waa @ a_prev", "Waa(a_prev)", ("What stands before the round brackets",)),
    ("lstm_cell_forward", "np.concatenate((a_prev, xt), axis=0)", "np.concatenate(a_prev, xt)",
     ("`a_prev` has shape (5, 10)", "put together in one tuple")),
    ("lstm_backward", "x1, parameters) = caches[0]", "x1) = caches[0]", ("How many values come from the right",)),
    ("lstm_backward", "dbf = np.zeros((n_a, 1))", "dbf = np.zeros(n_a)",
     ("The first value that differs is `dbf`, from line 36", "`dbf` has shape (5,)")),
    ("rnn_backward", "range(T_x)", "range(T_x + 1)", ("`t` is 4", "Begin at line 35. What should `t` be there?")),
    ("rnn_forward", "x[:, :, t], a_next, parameters", "a_next, x[:, :, t]", ("How many arguments does the function",)),
])
def test_an_exception_shows_what_stands_in_the_line(said, wrong_source, task, old, new, parts):
    """The text of the line, what its names hold, and a question of the exception's own kind."""
    _, err = said(task, wrong_source(task, replace={old: new}))
    text = " ".join(err.split())
    assert [] == [part for part in parts if part not in text]
    assert text.endswith("?")


@pytest.mark.parametrize(("name", "task", "old", "new", "question"), [
    ("character-model", "clip_by_norm", " if norm > max_norm else 1.0", "",
     "How do those arguments differ from the public ones, and which line has to allow for that?"),
    ("rnn-step-by-step", "rnn_cell_forward", "= softmax(", "= np.softmax(",
     "The notebook has a function `softmax` that is not numpy's. Is that one meant?"),
    ("rnn-step-by-step", "rnn_cell_forward", "np.tanh(", "np.tan_h(", "Is `tanh` meant?"),
    ("rnn-step-by-step", "rnn_cell_backward", "a_next**2", "a_next^2",
     "`^` raises to no power in Python. Which operator does?"),
    ("sizes-and-costs", "forget_bias", "share **", "share ^",
     "`^` raises to no power in Python. Which operator does?"),
    ("gradient-checking", "cross_entropy", "np.arange(m)[:, None]", "np.arange(m)",
     "Which shape does each of these indices have, and along which axes do they have to go together?"),
    ("gradient-checking", "cross_entropy", "np.arange(m)[:, None]", "np.arange(m + 1)[:-1, None] + 1",
     "Which index is asked for, how long is its axis, and at which number does counting begin?"),
    ("gradient-checking", "cross_entropy", "np.log(p))", "np.log(p[mask]))",
     "Of which type are the entries of each index, and which types can an index have?"),
    ("gradient-checking", "cross_entropy", "y_pred[targets, ", "y_pred[targets, 0, ",
     "How many axes has the thing before the square brackets, and how many indices stand in them?"),
    ("gradient-checking", "numeric_gradient", "in range(v.size)", "in v / 2",
     "Begin at line 21. What should `i` be there?"),
    ("gradient-checking", "flatten", "array.ravel()", "array.ravel",
     "Is each of these parts an array with an axis, and is each function called?"),
    ("gradient-checking", "flatten", "[array.ravel() for array in parameters.values()]", "parameters.values()",
     "Is a list or a tuple of arrays handed in?"),
    ("gradient-checking", "restore", "parameters[name] =", "parameters[array] =",
     "Of what kind is the key, and of which kinds can a key be?"),
    ("gradient-checking", "relative_error", "analytic - numeric)", "analytic, numeric)",
     "Where is one True or False needed, and where is a whole array?"),
    ("gradient-checking", "relative_error", "np.linalg.norm(analytic - ", "np.norm(analytic - ",
     "numpy has nothing of that name. How is it called there, or in which part of numpy is it?"),
    ("gradient-checking", "loss_of", "forward(x, a0, parameters)", "forward(x, parameters, a0)",
     "This line calls `forward`, which takes (x, a0, parameters). What should stand in each place?"),
    ("character-model", "inputs_and_targets", "np.zeros((m, 1), dtype=int)", "np.zeros(m, dtype=int)",
     "Begin at line 24. What should `sign` be there?"),
    ("character-model", "inputs_and_targets", "np.concatenate((sign, ids), axis=1)",
     "np.concatenate(sign, ids, axis=1)",
     "Which arguments belong together, in one tuple, and which one is given twice?"),
    ("character-model", "sample_next", "np.searchsorted(np.cumsum(p), u)", "np.cumsum(p) > u",
     "Where is one number needed, and where is a whole array?"),
])
def test_a_question_fits_what_happened(examined, name, task, old, new, question):
    """What is asked about is in the code: a number, an operator, an index, a function of the notebook."""
    assert examined(name, task, (old, new)).endswith(question)


def test_an_exception_in_a_helper_names_both_lines(said, wrong_source):
    """The line of the function that is checked comes first, then the helper's with what stands there."""
    helper = wrong_source("rnn_cell_forward", replace={"Waa @ a_prev": "a_prev @ Waa"})
    _, err = said("rnn_forward", f"{helper}\n\n{wrong_source('rnn_forward')}")
    text = " ".join(err.split())
    assert text.index("at line 41 of the function") < text.index("calls `rnn_cell_forward`, which stops at its line 32")
    assert "the inner sizes of a matrix product differ: 10 and 5." in text
    assert text.endswith("does not pass its own check yet. Begin there.")


def test_the_question_is_on_the_line_where_what_is_handed_on_is_made(said, wrong_source):
    """A helper stops on a value that an earlier line has made wrong: that line is asked about, not the call."""
    source = wrong_source("lstm_forward", replace={"c_next = np.zeros((n_a, m))": "c_next = np.zeros((n_x, m))"})
    text = " ".join(said("lstm_forward", f"{source}\n\n{wrong_source('lstm_cell_forward')}").err.split())
    assert text.endswith("Begin at line 41. What should `c_next` be there?")


def test_a_tuple_that_is_handed_on_is_said_to_be_one(said, wrong_source):
    """A ragged tuple has no shape: that it is no array is the finding, and the check goes on."""
    source = wrong_source("rnn_forward", replace={"x[:, :, t], a_next, parameters": "(x, a0), a_next, parameters"})
    text = " ".join(said("rnn_forward", f"{source}\n\n{wrong_source('rnn_cell_forward')}").err.split())
    assert "`xt` is a tuple here, and an array there." in text


def test_a_helper_that_is_right_is_not_blamed(said, wrong_source):
    """What the line hands to a helper that passes its own check is the finding."""
    source = wrong_source("rnn_forward", replace={"x[:, :, t], a_next, parameters": "a_next, a_next, parameters"})
    text = " ".join(said("rnn_forward", f"{source}\n\n{wrong_source('rnn_cell_forward')}").err.split())
    assert ("This line calls `rnn_cell_forward`, which passes its own check. Its argument `xt` has shape (5, 10) "
            "here, and (3, 10) there. It takes (xt, a_prev, parameters).") in text
