"""What the check says of the lines of a wrong answer."""

import ast
import re

import numpy as np
import pytest

import public_lines
import public_tests
from autograder.course.course import Course
from autograder.course.public_cases import support_files
from public_lines import notice
from public_tests import Layout
from tests.helpers.courses import ROOT


@pytest.mark.parametrize(("new", "question"), [
    ("print(vector)", "prints: that shows values, and hands nothing back. Which word hands them back?"),
    ("return print(vector)", "prints: that shows values, and hands nothing back. Which word hands them back?"),
    ("return", "returns nothing. Which value should stand there?"),
    ("def show():\n        return vector", "No line of the function returns anything. Which word hands a value back?"),
    ("", "No line of the function returns anything. Which word hands a value back?"),
    ("return [].append(vector)", "`vector` is None. Which line gives it its value?"),
])
def test_a_return_that_is_missing_is_no_task_that_waits(examined, new, question):
    """A function with one output that hands back nothing is asked about its return, with no `None` in it."""
    text = examined("gradient-checking", "flatten", ("return vector", new))
    assert text.endswith(question) and "not done yet" not in text
    gap = "np.concatenate([array.ravel() for array in parameters.values()])"
    assert "is not done yet: the `None` in line" in examined("gradient-checking", "flatten", (gap, "None"),
                                                             ("return vector", new))


def test_a_catalogued_mistake_gets_its_hint(said, wrong_source, assignment):
    """A missing bias is named by its fingerprint, with the hint, in the check cell too."""
    mistake = next(m for m in assignment.tasks["rnn_cell_forward"].mistakes if m.id == "no_ba")
    _, err = said("rnn_cell_forward", wrong_source("rnn_cell_forward", "no_ba"))
    said_in_full = " ".join(err.split())  # lines are wrapped
    assert mistake.says in said_in_full and mistake.hint in said_in_full


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sizes-and-costs", "gradient-checking", "character-model"])
def test_every_catalogued_mistake_that_the_check_knows_gets_its_hint(examined, name, monkeypatch):
    """Such an answer goes wrong at a name that the catalogue gives for the mistake."""
    assignment = Course(ROOT).assignment(name)
    monkeypatch.syspath_prepend(str(ROOT / "release" / name))
    cases = public_tests.read_cases(support_files(assignment)[public_tests.CASES].decode())
    for task in assignment.tasks.values():
        catalogue = public_lines.known_mistakes(cases[task.name])
        known = {one["says"] for one in catalogue  # and whose numbers no other one has
                 if all(one["says"] == other["says"] for other in catalogue if one["prints"] == other["prints"])}
        assert [] == [mistake.id for mistake in task.mistakes if mistake.says in known
                      and mistake.hint not in examined(name, task.name, *mistake.replace)]


@pytest.mark.parametrize(("name", "task", "old", "new", "unsaid"), [
    ("gradient-checking", "numeric_gradient", "f(up) - f(down)", "f(down) - f(down)", "`up` and `down` are equal"),
    ("gradient-checking", "numeric_gradient", "gradient[i] =", "v[i] =", "`up` and `down` are equal"),
    ("sizes-and-costs", "multiplications_per_step", "return rnn, lstm", "return rnn, rnn", "One product is counted"),
    ("character-model", "inputs_and_targets", "np.array(targets, dtype=int)", "np.array(x_ids, dtype=int)",
     "begin with the sign"),
])
def test_another_mistake_with_the_same_numbers_does_not_get_the_hint(examined, name, task, old, new, unsaid):
    """The first value that differs is not one that the catalogued mistake changes."""
    assert unsaid not in examined(name, task, (old, new))


def test_an_unlisted_mistake_gets_the_gap_and_a_question(said, wrong_source):
    """A mistake in no catalogue gets the first differing entry and a question."""
    _, err = said("rnn_cell_forward", wrong_source("rnn_cell_forward", replace={"+ ba)": "+ 0.37 * ba)"}))
    assert "`a_next[0, 0]` is" in err and "expected" in err
    assert err.strip().endswith("?")


EXPECTED = np.arange(1.0, 7.0).reshape(2, 3)


@pytest.mark.parametrize(
    "got, fact",
    [
        (EXPECTED * 3, "Every entry of `a` is 3 times the expected one (m is 3)."),
        (EXPECTED * 0, "Every entry of `a` is 0."),
        (-EXPECTED, "Every entry of `a` is -1 times the expected one."),
        (EXPECTED.T, "`a` is the transpose of what is expected."),
        (EXPECTED[:, ::-1], "`a` holds the expected entries, in another order along axis 1 (m)."),
        (np.sort(EXPECTED)[::-1, ::-1], "`a` holds the expected entries, in another order."),
    ],
)
def test_certain_facts_are_noticed(got, fact):
    """A constant factor, zeros and a transpose are said without any catalogue."""
    assert [fact] == notice("a", EXPECTED, got, Layout(("n_a", "m"), {"n_a": 2, "m": 3}))


def test_two_entries_in_another_order_are_no_fact():
    """Numbers that sum to zero change places when their signs do."""
    assert [] == notice("dby", np.array([[1.5], [-1.5]]), np.array([[-1.5], [1.5]]))


@pytest.mark.parametrize(("task", "old", "new", "first", "right"), [
    ("lstm_cell_forward", "Wi @ concat + bi", "Wi @ concat + bf", "`it`, from line 55", "`concat`, `ft`"),
    ("rnn_forward", "x[:, :, t], a_next", "x[:, :, t], a0", "`a_next`, from line 41 of the function, first at step 1",
     ""),
    ("rnn_backward", "da0 = da_prevt", "da0 = da_prevt * 2", "`da0`, from line 47", ""),
    ("rnn_forward", "y_pred = np.zeros((n_y, m, T_x))", "y_pred = np.zeros((n_y, m, T_x + 1))", "the shape of `y_pred`",
     ""),
])
def test_the_first_value_that_differs_is_named(said, wrong_source, task, old, new, first, right):
    """In the order of computing, with its line; what comes before it is right."""
    _, err = said(task, wrong_source(task, replace={old: new}))
    text = " ".join(err.split())
    assert f"The first value that differs is {first}" in text
    assert right in text


def test_a_mistake_that_nobody_listed_gets_a_question_on_its_line(said, wrong_source):
    """Where nothing more is known, the line is named last, too; the mistake that is known has its own question."""
    _, err = said("lstm_cell_forward", wrong_source("lstm_cell_forward", replace={"np.tanh(Wc": "np.tanh(0.5 * Wc"}))
    assert "Compare line 56 with the task" in err and "Which term" not in err
    _, err = said("lstm_cell_forward", wrong_source("lstm_cell_forward", replace={"it = sigmoid(": "it = np.tanh("}))
    assert "Which function has that range?" in " ".join(err.split()) and "Compare line" not in err


@pytest.mark.parametrize(("name", "task", "old", "new", "said", "unsaid"), [
    ("rnn-step-by-step", "lstm_cell_forward", "concat = np.concatenate((a_prev, xt), axis=0)",
     "concat = np.zeros((n_a + n_x, m))\n    concat[:n_a] = xt", "could not broadcast", "The first value that differs"),
    ("rnn-step-by-step", "rnn_backward", "    da0 = da_prevt\n", "", "No line after the loop gives `da0` a value.",
     "`gradients`, from"),
    ("rnn-step-by-step", "lstm_backward", 'dbo += gradients["dbo"]',
     'dbo += gradients["dbo"]\n        return gradients',
     "Line 58 stands inside the loop, and ends the function the first time that it runs.", "Under which name"),
    ("gradient-checking", "flatten", "    vector =", "    np.append([], 1)\n    vector = 2 *",
     "Line 15 makes a value, and no name gets it: np.append([], 1)", "Line 16 makes"),
    ("gradient-checking", "failing", "        fails[name] = not same_shape",
     "        if same_shape:\n            fails[name] = False",
     "Is an entry stored for every name?", "Under which name"),
    ("gradient-checking", "output_backward", "(y_pred - y) * mask /", "(y_pred - y) /", "Padded steps",
     "Every entry of `dby`"),
    ("character-model", "one_hot", "np.eye(n_x)[:, ids]", "np.ones((n_x, *ids.shape))", "Every entry of `x` is 1.",
     "is 0."),
    ("sizes-and-costs", "count_parameters", "return rnn, lstm", "return lstm, rnn",
     "`rnn` holds what is expected of `lstm`, and `lstm` what is expected of `rnn`.", "from line"),
])
def test_what_is_certain_is_said_and_no_right_line_blamed(examined, name, task, old, new, said, unsaid):
    """A fact holds for what the learner wrote, whatever mistake it is."""
    text = examined(name, task, (old, new))
    assert said in text and unsaid not in text


SCORES = ("a_next = np.tanh(Wax @ xt + Waa @ a_prev + ba)",
          "one = Wax @ xt\n    two = Waa @ a_prev\n    both = one + 3 * two\n    a_next = np.tanh(both + ba)")


SUM = "    loss = -np.sum(mask * np.log(p)) / np.sum(mask)"


PART = "    loss = 0\n    for t in range(T_x):\n        loss = np.sum(mask[:, t] * np.log(p[:, t]))\n"


COLLECT = "    vector = np.concatenate([array.ravel() for array in parameters.values()])"


@pytest.mark.parametrize(("name", "task", "changes", "parts"), [
    ("rnn-step-by-step", "rnn_cell_forward", [SCORES],
     ["Line 35 uses `one` (line 32), `two` (line 33) and `both` (line 34), which may differ as well.",
      "Compare lines 32, 33, 34 and 35 with the task"]),
    ("rnn-step-by-step", "lstm_cell_forward",
     [("    ft = sigmoid(Wf @ concat + bf)",
       "    def gate(W):\n        return sigmoid(W @ concat)\n\n    ft = gate(Wf)")],
     ["Line 57 uses `gate` (line 54), which may differ as well."]),
    ("rnn-step-by-step", "lstm_backward", [("dbi = np.zeros((n_a, 1))", "dbi = dbf")],
     ["is as expected until line 55 of the function changes it, under another name"]),
    ("character-model", "optimise", [("clip_by_norm(gradients, max_norm)", "clip_by_norm(gradients, learning_rate)")],
     ["Line 29 uses `gradients` (line 27), which may differ as well.", "Compare lines 27 and 29 with the task"]),
    ("character-model", "optimise", [("gradients = clip_by_norm", "clip_by_norm")],
     ["Line 27 makes a value, and no name gets it", public_lines.WHICH_NAME]),
    ("character-model", "optimise", [("gradients = clip_by_norm", "clipped = clip_by_norm")],
     ["Line 27 makes `clipped`, which nothing reads."]),
    ("gradient-checking", "cross_entropy", [(SUM, f"{PART}    loss = -loss / np.sum(mask)")],
     ["Line 25 gives `loss` another value at each pass: only the last one is left.",
      "What should become of the values of the passes before?"]),
    ("gradient-checking", "flatten",
     [(COLLECT, "    vector = []\n    for name in parameters:\n        np.append(vector, parameters[name])")],
     ["Line 17 makes a value, and no name gets it", public_lines.WHICH_NAME]),
    ("sizes-and-costs", "gradient_shapes", [("(n_a, 1)", "(n_a)")], ["`dbf` is an int from line 22 of the function"]),
    ("rnn-step-by-step", "rnn_cell_forward", [("+ by)\n", "+ by)\n    return a_next, yt_pred\n")],
     ["The function ends at line 35, above its last line. What does each of the two return?"]),
])
def test_all_lines_that_may_be_wrong_are_said(examined, name, task, changes, parts):
    """A value that nothing compares may be the wrong one; so the line that uses it is not the only one to look at."""
    text = examined(name, task, *changes)
    assert [] == [part for part in parts if part not in text]


@pytest.mark.parametrize("body", [
    "    for i in v:\n        last = i\n        if i > 2:\n            break\n    return last",
    "    for i in v:\n        total = total + i\n    return total",
    "    for i in v:\n        one = i\n        total += one\n    return total",
    "    for i in v:\n        one = i\n    return total",
    "    return v",
])
def test_a_loop_that_uses_its_values_is_not_said_to_replace_them(body):
    """What is searched for, carried on, used or never read is no value that passes lose."""
    tree = ast.parse(f"def f(v):\n    total = 0\n{body}")
    assert [] == public_lines.replaced_in(tree.body[0])


@pytest.mark.parametrize(("name", "task", "changes", "said", "unsaid"), [
    ("rnn-step-by-step", "lstm_forward", [("xt = x[:, :, t]", "xt = x[:, :, 0]")],
     "is `xt`, from line 46 of the function", "`a_next`, from"),
    ("character-model", "sample", [("scores[:, 0]", "scores[0]")],
     "is `index`, from line 26 of the function, first in pass 1", "can end the loop"),
    ("character-model", "clip_by_norm", [("gradient**2", "gradient")], "is `norm`, from line 18", "`factor`, from"),
    ("character-model", "optimise", [("loss, gradients = loss", "gradients, loss = loss")],
     "is `loss`, from line 25", "clipped"),
    ("character-model", "optimise", [("    gradients = clip", "    clipped = clip")],
     "is `parameters`, from line 29 of the function", "`gradients`, from"),
    ("gradient-checking", "numeric_gradient", [("/ (2 * epsilon)", "/ epsilon")],
     "is `gradient`, from line 28 of the function", "may differ as well"),
    ("rnn-step-by-step", "rnn_backward", [("da[:, :, t] + da_prevt", "da[:, :, t]")],
     "is `gradients`, from line 37 of the function", "at each pass"),
    ("rnn-step-by-step", "lstm_backward", [('dWc += gradients["dWc"]', 'dWo += gradients["dWc"]')],
     "is `dWo`, first at step 3; it gets values from lines 52 and 53.", "Compare line "),
    ("gradient-checking", "numeric_gradient", [("up[i] += epsilon", "up[i] -= epsilon")],
     "is `up`, first at step 0; it gets values from lines 23 and 25.", "Compare line "),
])
def test_a_right_line_is_not_blamed(examined, name, task, changes, said, unsaid):
    """Of a name that several lines give values to, all are said; nor is a first value compared with a second."""
    text = examined(name, task, *changes)
    assert f"The first value that differs {said}" in text and unsaid not in text


FORGET = "c_next = ft * c_prev + it * cct"


@pytest.mark.parametrize(("task", "old", "new", "said", "question"), [
    ("lstm_cell_forward", FORGET, "c_prev *= ft\n    c_next = c_prev + it * cct",
     "The call changes `c_prev`, which is the caller's own, in line 57 of the function: c_prev *= ft `cache`, the "
     "first value that differs, is made after that.", public_tests.WRITING_THERE),
    ("lstm_cell_forward", FORGET, "np.multiply(ft, c_prev, out=c_prev)\n    c_next = c_prev + it * cct",
     "in line 57 of the function: np.multiply(ft, c_prev, out=c_prev)", public_tests.WRITING_THERE),
    ("rnn_cell_forward", "a_next = np.tanh(", "a_next = a_prev\n    a_next[:] = np.tanh(",
     "changes `a_prev`, which is the caller's own, in line 33 of the function: a_next[:] =",
     "Which line writes into it, where a new array should be made?"),
    ("lstm_cell_forward", FORGET, "c_prev = c_prev * ft\n    c_next = c_prev + it * cct",
     "In line 57 of the function `c_prev` gets another value than the one handed in: c_prev = c_prev * ft",
     "Should `c_prev` still be what was handed in when line 67 reads it?"),
    ("lstm_cell_forward", FORGET, "ft *= c_prev\n    c_next = ft + it * cct",
     "is `ft`: it is as expected until line 57 of the function changes it: ft *= c_prev",
     "Should line 57 change `ft`, or does a later line need it as it was?"),
    ("lstm_cell_forward", "a_next = ot * np.tanh(c_next)", "a_next = ot\n    a_next *= np.tanh(c_next)",
     "is `ot`: it is as expected until line 60 of the function changes it, under another name: a_next *=",
     public_lines.TWO_NAMES.format(60, "ot")),
    ("rnn_forward", "a_next, yt_pred, cache = rnn_cell_forward(x[:, :, t], a_next, parameters)",
     "new, yt_pred, cache = rnn_cell_forward(x[:, :, t], a_next, parameters)\n        a_next[:] = new",
     "is `cache`, first at step 0: it is as expected until line 42 of the function changes it, under another name: "
     "a_next[:] = new", "Is a new array made at each step, or one array written over?"),
    ("lstm_cell_forward", "it = sigmoid(Wi @ concat + bi)", "it = sigmoid(Wi @ concat + bi)\n    it = it * 2",
     "until line 56 of the function changes it: it = it",
     "Should line 56 change `it`, or does a later line need it as it was?"),
])
def test_a_line_that_changes_what_another_one_needs_is_named(examined, task, old, new, said, question):
    """What was handed in, and a value that was right, are changed by a line of their own: no later line is blamed."""
    text = examined("rnn-step-by-step", task, (old, new))
    assert said in text and "differs is `cache`, from" not in text
    assert text.endswith(question)


LISTED = ("fails[name] = not same_shape or relative_error(analytic[name], numeric[name]) > threshold",
          "if not same_shape:\n            fails.append(name)")


@pytest.mark.parametrize(("name", "task", "changes", "said", "question"), [
    ("gradient-checking", "failing", [("fails = {}", "fails = []"), LISTED],
     "`fails` is a list from line 16 of the function on: fails = []", "What kind of thing should `fails` be after"),
    ("gradient-checking", "failing", [("fails = {}", "fails = {}\n    fails = []"), LISTED],
     "`fails` is a list from line 17 of the function on: fails = []", "What kind of thing should `fails` be after"),
    ("character-model", "sample", [("break", "return ids")],
     "It is returned by line 29 of the function: return ids", "What makes one array of the parts?"),
    ("character-model", "sample", [("break", "return")], "It is returned by line 29 of the function: return",
     "Line 29 returns nothing. Which value should stand there?"),
    ("gradient-checking", "numeric_gradient", [("v.astype(float), v", "v.copy(), v")],
     "Line 25 of the function puts 2.1 into `up`, which holds whole numbers: the decimals are lost. `up` is made by "
     "line 23.", "Which kind of numbers should `up` hold, and what decides it?"),
    ("gradient-checking", "numeric_gradient", [("np.zeros(v.size)", "np.zeros_like(v)"), ("(2 * eps", "(3 * eps")],
     "`gradient` is made by line 19.", "Which kind of numbers should `gradient` hold, and what decides it?"),
    ("gradient-checking", "numeric_gradient", [
        ("up, down = v.astype(float), v.astype(float)",
         "e = 0 * v\n        e[i] = epsilon\n        up, down = v + e, v - e"),
        ("        up[i] += epsilon\n", ""), ("        down[i] -= epsilon\n", "")],
     "Line 24 of the function puts 0.1 into `e`, which holds whole numbers: the decimals are lost. `e` is made by line "
     "23. `down`, the first value that differs, is made of it.", ""),
    ("gradient-checking", "numeric_gradient", [("up[i] += epsilon", "up[i] = int(up[i] + epsilon)")],
     "is `up`, first at step 0; it gets values from lines 23 and 25.", "Compare lines 23 and 25 with the task: "),
    ("gradient-checking", "numeric_gradient", [("    gradient =", "    epsilon = 1e-5\n    gradient =")],
     "In line 19 of the function `epsilon` gets another value than the one handed in: epsilon = 1e-5 `up`, the first",
     "Should `epsilon` still be what was handed in when line 26 reads it?"),
    ("character-model", "optimise", [("    gradients = clip_by_norm(gradients, max_norm)\n", "    pass\n"),
                                     ("learning_rate)\n", "2 * learning_rate)\n")],
     "is `parameters`, from line 29", f"Compare lines 25 and 29 with the task: {public_lines.WHICH_PART}"),
    ("character-model", "sample", [("        ids.append", "            ids.append")],
     "of the function leaves `ids` as it was.", "Line 31 is there to change `ids`. When does it run?"),
    ("sizes-and-costs", "count_parameters", [("+ n_a + output", "+ output")], "`rnn` is 52; expected 57.",
     "It is 5 too small. Which part of line 18 is left out, or too small?"),
    ("sizes-and-costs", "count_parameters", [("return rnn", "return rnn + 1")], "`rnn` is 58; expected 57.",
     "What makes it too large?"),
    ("sizes-and-costs", "count_parameters", [("output = n_y * n_a", "output = 2 * n_y * n_a")], "`rnn` is 67",
     "Compare line 16 with the task"),
    ("sizes-and-costs", "count_parameters", [("+ n_a + output", "+ 2 * n_a + output")], "`rnn` is 62; expected 57.",
     "It is 5 too large. Which part of line 18 is too many, or too large?"),
    ("sizes-and-costs", "multiplications_per_step", [("rnn = m * (", "rnn = (")], "`rnn` is 50; expected 500.",
     "It should be 10 times as large. Which size is 10, and what does it count?"),
    ("sizes-and-costs", "multiplications_per_step", [("m * (n_a * n_a + ", "m * (")],  # half of it only by chance
     "`rnn` is 250; expected 500.", "It is 250 too small. Which part of line 18 is left out, or too small?"),
    ("sizes-and-costs", "multiplications_per_step", [("n_x) + n_y * n_a", "n_x) + n_y * n_x")],  # nothing is left out
     "`lstm` is 1660; expected 1700.", "It is 40 too small. Which part of line 20 is left out, or too small?"),
    ("sizes-and-costs", "gradient_shapes", [("(n_x, m, T_x)", "(m, m, T_x)")], "`dx[0]` is 10; expected 3.",
     "Which size is 3, and what does line 18 put there?"),
    ("sizes-and-costs", "gradient_shapes", [("(n_a, n_a + n_x)", "(n_a, n_a)")], "`dWf[1]` is 5; expected 8.",
     "How do the sizes make 8?"),
    ("sizes-and-costs", "gradient_shapes", [("(n_a, 1)", "(n_a, m)")], "`dbf[1]` is 10; expected 1.",
     f"Compare line 22 with the task: {public_lines.WHICH_PART}"),
    ("sizes-and-costs", "gradient_shapes", [("(n_x, m, T_x)", "(n_x, m)")], "`dx` holds 2 items; 3 are asked for.",
     "What is each item, and which one is missing?"),
    ("sizes-and-costs", "steps_until_forgotten", [("np.ceil", "np.floor")],
     "(on the public case: f = 0.9, share = 0.02) `steps` is 37; expected 38.",
     "What in line 16 makes `steps` too small?"),
    ("gradient-checking", "failing", [("> threshold", "> 2 * threshold + 1")], "; expected True.",
     "When should line 23 give True, and when False?"),
])
def test_the_line_at_the_root_is_named(examined, name, task, changes, said, question):
    """The line that makes a thing of another kind is said, and a line that uses it rightly is not asked about."""
    text = examined(name, task, *changes)
    assert said in text and question in text


@pytest.mark.parametrize(("changes", "said", "unsaid"), [
    ([("a = np.zeros((n_a, m, T_x))", "a = []"), ("a[:, :, t] = a_next", "a.append(a_next)"),
      ("    ### END", "    a = np.stack(a)\n    ### END")], "`a` has its time axis first in place of last.", "line 43"),
    ([("a = np.zeros((n_a, m, T_x))", "a = []"), ("a[:, :, t] = a_next", "a.append(a_next)")],
     "`a` is a list from line 32 of the function on: a = []", "line 43"),
    ([("a = np.zeros((n_a, m, T_x))", "a = np.zeros((n_a, m, T_x), dtype=int)")],
     "into `a`, which holds whole numbers: the decimals are lost. `a` is made by line 32.", "The loop leaves"),
])
def test_a_line_that_gathers_steps_is_not_blamed(examined, changes, said, unsaid):
    """A list of steps is no array that is filled, and is right so far; nor does a loop leave what holds no decimals."""
    text = examined("rnn-step-by-step", "rnn_forward", *changes)
    assert said in text and unsaid not in text


def test_an_output_that_fails_is_not_called_right_so_far(examined):
    """An output that is right at the first step alone is in the list of what is wrong, and in no other."""
    text = examined("rnn-step-by-step", "rnn_forward", ("x[:, :, t], a_next", "x[:, :, t], a0"))
    assert "`a`, `y_pred`, `caches` not yet as expected" in text
    right = re.search(r"Right so far: ([^.]*)\.", text).group(1)
    assert "`t`" in right and not {"`a`", "`y_pred`", "`caches`"} & set(right.split(", "))


@pytest.mark.parametrize(("task", "old", "new", "right"), [
    ("lstm_cell_forward", "Wi @ concat + bi", "Wi @ concat + bf", "Right so far: `concat`, `ft`. ("),
    ("lstm_cell_forward", "concat = np.concatenate((a_prev, xt), axis=0)", "concat = np.concatenate((xt, a_prev))", ""),
    ("lstm_forward", "x[:, :, t]", "x[:, :, t] * 2", ""),
])
def test_what_is_taken_out_of_the_arguments_is_not_called_right(examined, task, old, new, right):
    """Parameters and sizes that a function unpacks are right, and of no use: they hide what it has computed."""
    text = examined("rnn-step-by-step", task, (old, new))
    assert right in text
    for name in ("Wf", "Wo", "bo", "n_x", "n_a", "m", "T_x"):
        assert name not in re.findall(r"`(\w+)`", text.partition("Right so far:")[2].partition(".")[0])


def test_a_line_that_has_been_named_is_not_asked_for(examined):
    """What should stand in the line is asked, not which line it is."""
    text = examined("gradient-checking", "cross_entropy", ("    return loss", "    mask[:] = 0\n    return loss"))
    assert "It is changed by line 26 of the function: mask[:] = 0 " + public_tests.WRITING_THERE in text
    assert public_tests.WRITING_IN not in text


def test_a_loop_that_stops_early_is_said_to(said, wrong_source):
    """Where all values so far are right, the number of steps is the finding, with the loop's line."""
    source = wrong_source("rnn_forward", replace={"range(T_x)": "range(T_x - 1)"})
    assert "The loop in line 39 of the function takes 3 of 4 steps." in said("rnn_forward", source).err


@pytest.mark.parametrize(("name", "task", "old", "new", "parts"), [
    ("rnn-step-by-step", "rnn_forward", "caches.append(cache)", "caches.append(cache)\n        break",
     ("of the function takes 1 of 4 steps.",)),
    ("character-model", "train", "losses.append(loss)", "losses.append(loss)\n        break",
     ("of the function takes 1 of 5 steps.", "can end the loop. When does it run, and when should it?")),
    ("gradient-checking", "restore", "start = end", "start = end\n        return parameters",
     ("of the function takes 1 of 5 steps.", "ends the function the first time", "should the function end?")),
    ("gradient-checking", "restore", "start = end", "return parameters",
     ("of the function takes 1 of 5 steps.", "ends the function the first time", "should the function end?")),
    ("character-model", "sample", "ids.append(index)", "ids.append(index)\n        break",
     ("of the function takes 1 of 9 steps.", "can end the loop. When do they run, and when should they?")),
    ("character-model", "train", "enumerate(batches, start=1)", "enumerate(batches[:3], start=1)",
     ("of the function takes 3 of 5 steps.", "What does the loop run over, and how many items does that have?")),
    ("gradient-checking", "output_backward", "range(T_x)", "range(T_x - 1)",
     ("of the function takes 3 of 4 steps.", "At which number does the loop begin, and at which does it end")),
    ("gradient-checking", "restore", "start = end", "pass", ("of the function leaves `start` as it was.",)),
])
def test_a_loop_that_ends_early_is_asked_about_in_its_own_form(examined, name, task, old, new, parts):
    """The pass that breaks is counted; the question fits a loop over numbers, over items, or one that a line ends."""
    text = examined(name, task, (old, new))
    assert [] == [part for part in parts if part not in text]


@pytest.mark.parametrize("change", [(" or ", " and "), ("not same_shape or", "False and")])
def test_a_loop_that_stores_zeros_is_not_said_to_leave_things(examined, change):
    """A dict that a loop fills with False alone is not one that it leaves as it was."""
    assert "The loop leaves" not in examined("gradient-checking", "failing", change)


@pytest.mark.parametrize("form", ["def f(x):\n    return 1", "f = len", "f = 3", "class f:\n    pass", "def f(x):\n    "
                                  "for i in x:\n        pass\n    for i in x:\n        pass\n    return x"])
def test_what_cannot_be_followed_gives_no_words(form):
    """Another form is followed or not, and raises nothing."""
    namespace = {}
    exec(form, namespace)
    case = {"values": {"before": {"y": [1, 2, 3]}, "0": {}}, "arguments": (np.ones(3),)}
    assert public_lines.Difference([]) == public_lines.first_difference(namespace["f"], case, form)


def test_no_value_can_be_read_from_the_sums(assignment, release_folder):
    """The file holds three sums for a name, never a part of the value."""
    for case in public_tests.load_cases().values():
        for values in case["values"].values():
            assert all(3 == len(sums) for sums in values.values())


def test_without_bz2_only_the_catalogue_is_missing(assignment, monkeypatch):
    """A Python without bz2 reads all but the sentences on known mistakes."""
    cases = public_tests.read_cases(support_files(assignment)[public_tests.CASES].decode())
    assert all(map(public_lines.known_mistakes, cases.values()))
    monkeypatch.setattr(public_lines, "bz2", None)
    assert not any(map(public_lines.known_mistakes, cases.values()))
