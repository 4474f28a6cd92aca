"""Which line is wrong: found by asking the reference's statements on the student's own values."""

import ast
import re
import warnings
from functools import cache

import pytest

from autograder.course.course import Course
from autograder.course.reference import mutate
from autograder.judging.line_audit import judge_lines
from autograder.judging.lines import adding
from autograder.judging.lines.adding import Solution, add_lines, add_lines_if_possible
from autograder.judging.lines.evaluate import Budget, Evaluator
from autograder.judging.lines.locate import locate
from autograder.judging.lines.passes import OtherFormError
from autograder.judging.lines.pointing import equations_of, follow_case, helpers_in, namespace_of, reference_call
from autograder.judging.lines.syntax import Lines, find_function, first_line
from autograder.judging.reference_callees import reference_callee
from autograder.judging.verdicts import judge_task
from autograder.model import Verdict
from autograder.sandbox.session import Definition
from tests.helpers.courses import ROOT
from tests.strangers.measure import VARIANTS, WRONG, read_answers


@pytest.fixture
def lines_of(assignment, session_with):
    """A function that returns the wrong lines of a task's source, each with the text that stands there."""
    def lines_of(task, source):
        session = session_with(**{task: source})
        verdict = judge_task(session, assignment, task)
        solutions = {task: Solution(source, 0, 0)}
        (verdict,) = add_lines(session, assignment, [verdict], solutions)
        text = source.split("\n")
        return [(text[line.line - 1].strip(), line) for line in verdict.lines]

    return lines_of


@pytest.mark.parametrize(("task", "old", "new", "kind", "name", "step"), [
    ("lstm_cell_forward", "it = sigmoid(Wi @ concat + bi)", "it = sigmoid(Wi @ concat + bf)", "value", "it", None),
    ("rnn_forward", "parameters)\n", "parameters)  # as given\n", "value", "a_next, yt_pred, cache", 1),
    ("rnn_forward", "a_next = a0", "a_next = np.zeros_like(a0)", "value", "a_next", None),
    ("lstm_backward", "dWf += gradients", "dWf = gradients", "value", "dWf", 2),
    ("lstm_backward", "reversed(range(T_x))", "reversed(range(1, T_x))", "loop", "t", None),
    ("rnn_backward", "        da_prevt = gradients[\"da_prev\"]\n", "", "missing", "da_prevt", 3),
    ("lstm_forward", "c_next = np.zeros((n_a, m))", "c_next = c[:, :, 0]", "alias", "cache", 0),
    ("lstm_forward", "y[:, :, t] = yt\n", "y[:, :, t] = yt\n        a_next = c_next\n", "overwritten", "a_next", 0),
    ("rnn_backward", "da[:, :, t] + da_prevt", "da[:, t] + da_prevt", "raised", "", 3),
])
def test_the_line_is_found(assignment, lines_of, task, old, new, kind, name, step):
    """A wrong line is found with the name that it gives, the kind, and the first time step."""
    source = assignment.reference.sources[task]
    if "as given" in new:
        source = source.replace("x[:, :, t], a_next, parameters", "x[:, :, t], a0, parameters")
    changed = source.replace(old, new)
    assert changed != assignment.reference.sources[task]
    found = lines_of(task, changed)
    assert [(kind, name, step)] == [(line.kind, line.name, line.step) for _, line in found]


def test_several_mistakes_are_found_each_at_its_line(assignment, lines_of):
    """What follows from an earlier mistake is not listed."""
    source = assignment.reference.sources["lstm_cell_forward"]
    for old, new in (("(Wf @ concat", "(Wi @ concat"), ("c_prev + it", "c_prev - it"), ("softmax(", "sigmoid(")):
        source = source.replace(old, new)
    found = lines_of("lstm_cell_forward", source)
    assert ["ft", "c_next", "yt_pred"] == [line.name for _, line in found]


def test_a_line_that_raised_is_not_shown_if_another_is_why(assignment, lines_of):
    """An array of the wrong shape raises far below the line that made it."""
    source = assignment.reference.sources["lstm_backward"].replace("dbf = np.zeros((n_a, 1))", "dbf = np.zeros(n_a)")
    assert ["dbf = np.zeros(n_a)"] == [text for text, _ in lines_of("lstm_backward", source)]


def test_a_condition_that_skips_a_line_is_shown(assignment, lines_of):
    """Where a line runs only at some steps, the condition is the wrong line."""
    source = assignment.reference.sources["rnn_backward"].replace(
        'dba += gradients["dba"]', 'if t:\n            dba += gradients["dba"]')
    ((text, line),) = lines_of("rnn_backward", source)
    assert ("if t:", "missing", 0) == (text, line.kind, line.step)


def test_a_changed_argument_is_found_where_it_is_written(assignment, lines_of):
    """An argument that is changed in place has a line, also where all outputs are right."""
    source = assignment.reference.sources["lstm_backward"].replace("da[:, :, t] + da_prevt", "da[:, :, t]").replace(
        "        gradients = lstm", "        da[:, :, t] += da_prevt\n        gradients = lstm")
    ((text, line),) = lines_of("lstm_backward", source)
    assert ("da[:, :, t] += da_prevt", "argument", "da") == (text, line.kind, line.name)


@pytest.mark.parametrize(("task", "old", "new", "says"), [
    ("rnn_backward", "da[:, :, t] + da_prevt", "da[:, :, t]", "A part of this sum or difference is missing."),
    ("lstm_cell_forward", "Wi @ concat + bi", "Wi @ concat + bf", "`bf` stands there."),
    ("lstm_cell_forward", "ft = sigmoid(Wf @ concat + bf)", "ft = sigmoid(np.dot(Wf, concat))", "A part of this sum"),
    ("lstm_cell_forward", "it * cct", "cct", "A factor is missing."),
    ("lstm_cell_forward", "(a_prev, xt), axis=0", "(xt, a_prev), axis=0", "Two of the items stand in each"),
    ("lstm_backward", "dWf += gradients", "dWf = gradients", "replaced where it should be added to"),
    ("lstm_backward", 'dc_prevt = gradients["dc_prev"]', 'dc_prevt = gradients["da_prev"]', "The entry 'da_prev'"),
    ("rnn_cell_backward", "1 - a_next**2", "1 - np.tanh(a_next) ** 2", "`tanh` is one function too many."),
    ("rnn_cell_backward", "axis=1, keepdims=True", "axis=1", "Its shape is (5,)."),
    ("rnn_cell_backward", "Waa.T @ dtanh", "Waa @ dtanh", "One transpose is missing"),
    ("rnn_forward", "rnn_cell_forward(x[:, :, t]", "rnn_cell_forward(x[:, :, t - 1]", "the index with which `x`"),
    ("rnn_forward", "caches.append(cache)", "caches.append(None)", "still waits for its value"),
    ("rnn_forward", "rnn_cell_forward(x[:, :, t], a_next, parameters)", "None, None, None", "still waits for its"),
    ("rnn_forward", "        y_pred[:, :, t] = yt_pred\n", "", "No line of the loop gives `y_pred` its value."),
    ("rnn_backward", "reversed(range(T_x))", "reversed(range(1, T_x))", "The loop leaves out step 0."),
    ("rnn_backward", "dWax += gradients", "dWax @= gradients", "The call stops at this line: `dWax` has shape (5, 3)."),
    ("rnn_cell_backward", "dxt = Wax.T @ dtanh", "dxt = Wax.T @ (1 - a_next**2)", "A factor is missing."),
    ("rnn_cell_backward", "dxt = Wax.T @ dtanh", "dxt = 0 * (Wax.T @ dtanh)", "Every entry of it is 0."),
    ("lstm_cell_forward", "Wi @ concat + bi", "Wi[:, :n_a] @ a_prev + bi", "A part of this sum or difference is"),
    ("rnn_forward", "a_next = a0", "a_next = np.ones((n_a, m))", "Every entry of it is 1."),
    ("rnn_backward", "da0 = da_prevt", "da0 = da_prevt + da[:, :, 0]", "`da[:, :, 0]` is one part too many."),
    ("rnn_backward", "caches[t])", "caches[T_x - 1 - t])", "Look at the index with which `caches` is taken."),
    ("lstm_cell_backward", "Wf[:, :n_a].T @ dft", "Wf[:, n_x:].T @ dft", "Another part of `Wf` is taken than the one"),
    ("rnn_forward", "return a, y_pred", "return np.moveaxis(a, 2, 0), y_pred", "`moveaxis` is one function too many."),
    ("lstm_forward", "c_next, yt, cache = lstm", "c_next[:], yt, cache = lstm", "what `c_next` already has"),
    ("rnn_forward", "x[:, :, t], a_next", "x[:, :, (t + 1) % T_x], a_next", "index with which `x` is taken."),
    ("rnn_forward", "a_next, yt_pred, cache = rnn", "a_next, yt_pred = rnn", "The call stops at this line: `a_next` "
     "has shape (5, 10), `x` has shape (3, 10, 4). `rnn_cell_forward` returns 3 values, and here are 2 names"),
    ("rnn_forward", ", a_next, parameters)", ", a_next)", "Is each of them given, and nothing else?"),
    ("rnn_backward", "caches[t])", "caches[t] @ t)", "The call stops at this line: `da` has shape (5, 10, 4), "
     "`da_prevt` has shape (5, 10)."),
    ("rnn_backward", "    da_prevt = np.zeros((n_a, m))\n", "", "`da_prevt` has no value when this line runs."),
    ("lstm_backward", "dWo += gradients", "dW0 += gradients", "`dW0` has no value when this line runs."),
    ("rnn_backward", "    da0 = da_prevt\n", "", "No line after the loop gives `da0` a new value."),
    ("rnn_cell_forward", "a_next = np.tanh(Wax @ xt + Waa @ a_prev + ba)",
     "xt = Wax @ xt\n    a_prev = Waa @ a_prev\n    a_next = np.tanh(xt + a_prev + ba)",
     "`xt` gets another value here and `a_prev` in line 33 before they are used."),
])
def test_the_class_of_the_mistake_is_said(assignment, lines_of, task, old, new, says):
    """Where one small change of the equation explains the value, the sentence says of which class it is."""
    source = assignment.reference.sources[task]
    assert old in source
    ((_, line),) = lines_of(task, source.replace(old, new))
    assert says in line.says


def test_a_sentence_names_only_what_stands_in_the_line(assignment, lines_of):
    """No name that belongs there and no formula is given away."""
    for task in ("rnn_forward", "lstm_cell_forward"):
        reference = assignment.reference.sources[task]
        for answer in read_answers(WRONG, task):
            source = answer.written(reference)
            function = find_function(source, task)
            for _, line in lines_of(task, source) if function else []:
                known = line.name.split(", ") + ([ast.unparse(shown)] if (shown := Lines(function).statement(
                    line.line)) else [])
                quoted = re.findall(r"`([^`]+)`", line.says)
                assert all(any(text.removesuffix(" ...") in part for part in known) for text in quoted), answer.id
                assert not re.search(r"[@*+=]", re.sub(r"`[^`]+`", "", line.says)), (answer.id, line)


@pytest.mark.parametrize("change", [
    lambda source: source.replace("def rnn_forward", "def other"),
    lambda source: source.replace("    for t in", "    for u in range(2):\n        pass\n    for t in"),
    lambda source: source + "\nrnn_forward = lambda *arguments: None",
])
def test_another_form_is_silent(assignment, lines_of, change):
    """A function that does not follow the scaffold, or that is not the one of its cell, has no lines."""
    source = change(assignment.reference.sources["rnn_forward"].replace("a[:, :, t] = a_next", "a[:, :, t] = 0"))
    assert [] == lines_of("rnn_forward", source)


def test_right_work_has_no_lines(assignment, session_with):
    """A verdict that has all points keeps none, and nothing is called."""
    verdict = Verdict("rnn_forward", 15, 15, ())
    solutions = {"rnn_forward": Solution(assignment.reference.sources["rnn_forward"], 0, 0)}
    assert (verdict,) == add_lines(None, assignment, [verdict], solutions)


def test_right_variants_are_silent(assignment, session_with):
    """No line of a right function written in another way is flagged, even if all its outputs were called wrong."""
    flagged = []
    for name, task in assignment.tasks.items():
        for answer in read_answers(VARIANTS, name):
            source = answer.written(assignment.reference.sources[name])
            session, function = session_with(**{name: source}), find_function(source, name)
            if function is None:
                continue
            replacing = {callee: reference_callee(assignment, callee) for callee in task.calls}
            definition, case = Definition(name, 0, first_line(function)), assignment.visible_cases(name)[0]
            followed = follow_case(assignment, task, case, lambda case, s=session, d=definition, r=replacing: s.trace(
                d, tuple(case.arguments.values()), r))
            if followed is None:
                continue
            evaluator = Evaluator(namespace_of(assignment, task), Budget())
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    located = locate(equations_of(assignment, name), evaluator, Lines(function), followed.trace,
                                     list(task.outputs), list(task.outputs), reference_call(assignment, name, case))
                except OtherFormError:
                    continue
            flagged += [(name, answer.id, finding.kind, finding.line) for finding in located.findings]
    assert [] == flagged


def test_strangers_lines_are_right(assignment, lines_of):
    """In answers of strangers at least 95 of 100 lines are the changed ones."""
    right = other = 0
    for name in ("lstm_cell_forward", "rnn_backward"):
        reference = assignment.reference.sources[name]
        for answer in read_answers(WRONG, name):
            source = answer.written(reference)
            if find_function(source, name) is None:
                continue
            same = set(reference.split("\n"))
            for text, line in lines_of(name, source):
                # a changed line does not stand in the solution; a missing one cannot be shown
                is_new = not any(text == known.strip() for known in same)
                right += is_new or line.kind in ("missing", "alias", "overwritten")
                other += not (is_new or line.kind in ("missing", "alias", "overwritten"))
    assert right > 100
    assert right >= 0.95 * (right + other)


def test_a_bug_of_ours_costs_words_alone(assignment, session_with, monkeypatch, caplog):
    """Where the search for lines fails, the verdicts stay as they are, and the failure is logged."""
    source = assignment.reference.sources["rnn_forward"].replace("a_next = a0", "a_next = 2 * a0")
    session = session_with(rnn_forward=source)
    verdicts = [judge_task(session, assignment, "rnn_forward")]
    monkeypatch.setattr(adding, "find_lines", lambda *given: 1 / 0)
    solutions = {"rnn_forward": Solution(source, 0, 0)}
    assert tuple(verdicts) == add_lines_if_possible(session, assignment, verdicts, solutions)
    assert "ZeroDivisionError" in caplog.text


#: Ways of writing in which an exception or a value arises elsewhere than in a line of the function itself. By each, the
#: text of the line that is right to show; None for silence.
BLIND = {
    "in a lambda": ("np.tanh(Wax @ xt + Waa @ a_prev + ba)", "(lambda z: z / np.zeros(9))(Wax @ xt)",
                    "a_next = (lambda"),
    "in a comprehension": ("np.tanh(Wax @ xt + Waa @ a_prev + ba)", "np.array([row[99] for row in Wax @ xt])",
                           "a_next = np.array([row"),
    "in a nested function": ("    a_next = np.tanh(Wax @ xt + Waa @ a_prev + ba)",
                             "    def state(z):\n        return np.tanh(z)[:, 99]\n    a_next = state(Wax @ xt)",
                             "a_next = state(Wax"),
    "wrong in a nested function": ("    a_next = np.tanh(Wax @ xt + Waa @ a_prev + ba)",
                                   "    def state(z):\n        return np.tanh(z) + 1\n"
                                   "    a_next = state(Wax @ xt + Waa @ a_prev + ba)", "a_next = state(Wax"),
    "vectorized": ("np.tanh(Wax @ xt + Waa @ a_prev + ba)", "np.vectorize(lambda z: z / 2)(Wax @ xt)",
                   "a_next = np.vectorize"),
    "decorated": ("def rnn_cell_forward", "import functools\n\ndef plain(f):\n    @functools.wraps(f)\n"
                  "    def g(*args):\n        return f(*args)\n    return g\n\n@plain\ndef rnn_cell_forward",
                  "yt_pred = "),
    "defined twice": ("def rnn_cell_forward", "def rnn_cell_forward(xt, a_prev, parameters):\n    return None\n\n"
                      "def rnn_cell_forward", "yt_pred = "),
    "a generator": ("    return a_next", "    yield a_next", None),
    "recursion": ("    a_next = np", "    if xt is None:\n        return rnn_cell_forward(a_prev, xt, parameters)\n"
                  "    a_next = np", "yt_pred = "),
    "a method": ("def rnn_cell_forward", "class Cell:\n    def rnn_cell_forward(self):\n        pass\n\n"
                 "def rnn_cell_forward", "yt_pred = "),
    "a default that keeps state": ("xt, a_prev, parameters)", "xt, a_prev, parameters, kept=[])", "yt_pred = "),
    "in a try": ("    yt_pred =", "    try:\n        xt[99]\n    except IndexError:\n        pass\n    yt_pred =",
                 "yt_pred = "),
    "in a with": ("    yt_pred =", "    with np.errstate(all='ignore'):\n        z = 1\n    yt_pred =", "yt_pred = "),
}


@pytest.mark.parametrize("way", BLIND)
def test_where_a_line_is_hard_to_see_it_is_right_or_silent(assignment, lines_of, way):
    """Whatever way it is written in, the line is the right one, or there is none."""
    old, new, text = BLIND[way]
    source = assignment.reference.sources["rnn_cell_forward"]
    assert old in source
    source = source.replace(old, new, 1)
    if text == "yt_pred = ":
        source = source.replace("softmax(Wya @ a_next + by)", "softmax(Wya @ a_next - by)")
    found = lines_of("rnn_cell_forward", source)
    assert ([] if text is None else [text]) == [line[:len(text or "")] for line, _ in found]


#: Ways of writing a loop that the equations do not have, as a task and its changes.
LOOPS = {
    "lists that are stacked after the loop": ("rnn_forward", {
        "a = np.zeros((n_a, m, T_x))": "a = []", "a[:, :, t] = a_next": "a.append(a_next)",
        "    ### END CODE": "    a = np.stack(a, axis=2)\n    ### END CODE"}),
    "a loop over slices": ("rnn_forward", {
        "for t in range(T_x):": "for t, xt in enumerate(np.moveaxis(x, 2, 0)):", "x[:, :, t], a_next": "xt, a_next"}),
    "a loop over the slices alone": ("rnn_forward", {
        "for t in range(T_x):": "t = -1\n    for xt in np.moveaxis(x, 2, 0):\n        t += 1",
        "x[:, :, t], a_next": "xt, a_next"}),
    "two loops": ("rnn_forward", {
        "        # store the prediction of step t (≈1 line)\n        y_pred[:, :, t] = yt_pred\n": "",
        "    ### END CODE": "    for t in range(T_x):\n        y_pred[:, :, t] = softmax(parameters[\"Wya\"] @ "
                            "a[:, :, t] + parameters[\"by\"])\n    ### END CODE"}),
    "a loop with while": ("rnn_forward", {
        "for t in range(T_x):": "t = 0\n    while t < T_x:",
        "caches.append(cache)": "caches.append(cache)\n        t += 1"}),
    "the cell written out": ("rnn_forward", {
        "a_next, yt_pred, cache = rnn_cell_forward(x[:, :, t], a_next, parameters)":
        "a_prev = a_next\n        a_next = np.tanh(parameters[\"Wax\"] @ x[:, :, t] + parameters[\"Waa\"] @ a_prev + "
        "parameters[\"ba\"])\n        yt_pred = softmax(parameters[\"Wya\"] @ a_next + parameters[\"by\"])\n"
        "        cache = (a_next, a_prev, x[:, :, t], parameters)"}),
    "a view without a name": ("lstm_forward", {
        "c_next = np.zeros((n_a, m))": "c_next = None",
        "(xt, a_next, c_next, parameters)": "(xt, a_next, c[:, :, t - 1], parameters)"}),
    "state in a default": ("rnn_forward", {
        "x, a0, parameters)": "x, a0, parameters, kept=[])", "    caches = []\n": "    caches = kept\n"}),
}


@pytest.mark.parametrize("way", LOOPS)
def test_loops_of_other_forms_are_right_or_silent(assignment, way):
    """A right loop has no line, whatever its form; a wrong line before it is found, or there is silence."""
    task, changes = LOOPS[way]
    source = assignment.reference.sources[task]
    for old, new in changes.items():
        assert source.count(old) == 1
        source = source.replace(old, new)
    view = ["a_next, c_next, yt, cache = lstm_cell_forward(xt, a_next, c[:, :, t - 1], parameters)"]
    for wrong, lines in ((source, []), (source.replace("a_next = a0", "a_next = 2 * a0"), ["a_next = 2 * a0"])):
        found, _ = judge_lines(assignment, task, wrong)
        texts = [wrong.split("\n")[one.line.line - 1].strip() for one in found]
        assert ([] if way == "two loops" else lines + view if "view" in way else lines) == texts


def test_what_a_break_leaves_out_is_not_missing():
    """A pass that the reference leaves early has no line for what stands below; the wrong line above is found."""
    assignment = Course(ROOT).assignment("character-model")
    source = assignment.reference.sources["sample"]
    mistake = next(mistake for mistake in assignment.tasks["sample"].mistakes if mistake.id == "softmax_twice")
    found, verdict = judge_lines(assignment, "sample", mutate(source, mistake))
    assert ("right", ["index"]) == (verdict, [explained.line.name for explained in found])


@pytest.mark.parametrize(("name", "task", "old", "new", "says"), [
    ("gradient-checking", "restore", "in like.items()", "in sorted(like.items())", "takes the steps in another order"),
    ("gradient-checking", "restore", "in like.items()", "in reversed(like.items())", "in the other direction"),
    ("character-model", "train", "enumerate(batches, start=1)", "enumerate(batches, start=2)", "`t` is 2 in the first"),
    ("character-model", "train", "enumerate(batches, start=1)", "enumerate(batches[:-1], start=1)", "makes 4 passes"),
    ("character-model", "sample", "in uniforms:", "in uniforms[::-1]:", "in the other direction"),
])
def test_a_loop_over_other_items_is_found(name, task, old, new, says):
    """A loop over items of any kind is wrong where it takes others, and no line in it is."""
    assignment = Course(ROOT).assignment(name)
    changed = assignment.reference.sources[task].replace(old, new)
    assert changed != assignment.reference.sources[task]
    ((explained,), verdict) = judge_lines(assignment, task, changed)
    assert ("right", "loop") == (verdict, explained.line.kind)
    assert says in explained.line.says


def test_a_loop_that_ends_early_may_be_right():
    """Where a loop may break off, to take the first items alone is no mistake of the loop: the condition is wrong."""
    assignment = Course(ROOT).assignment("character-model")
    changed = assignment.reference.sources["sample"].replace("index == 0", "index >= 0")
    ((explained,), verdict) = judge_lines(assignment, "sample", changed)
    assert ("right", "        if index >= 0:") == (verdict, changed.split("\n")[explained.line.line - 1])


def test_a_whole_number_that_fits_by_chance_names_no_change():
    """Rounded up to a whole number, many changes give what the student has: none is named."""
    assignment = Course(ROOT).assignment("sizes-and-costs")
    source = assignment.reference.sources["steps_until_forgotten"]
    changed = source.replace("np.ceil(np.log(share) / np.log(f))", "1 + int(share // f)")
    assert changed != source
    ((explained,), verdict) = judge_lines(assignment, "steps_until_forgotten", changed)
    assert ("right", None, False) == (verdict, explained.edit, explained.is_named)


def test_a_none_among_other_arguments_does_not_wait(assignment, lines_of):
    """An option may be None: the line has its value, if a wrong one."""
    source = assignment.reference.sources["lstm_cell_forward"]
    changed = source.replace("it = sigmoid(Wi @ concat + bi)", "it = np.clip(sigmoid(Wi @ concat + bf), None, 1)")
    assert changed != source
    ((_, line),) = lines_of("lstm_cell_forward", changed)
    assert "it" == line.name and "waits" not in line.says


@pytest.mark.parametrize(("name", "task", "old", "new", "kind", "says"), [
    ("character-model", "optimise", "    gradients = clip", "    clipped = clip", "missing",
     "No line uses `clipped`."),
    ("character-model", "sample", "ids.append(index)", "ids.append(index)\n        return np.array(ids)", "loop",
     "This line leaves the loop in its first pass. Should the loop go on?"),
    ("gradient-checking", "restore", "start = end", "start = end\n        return parameters", "loop",
     "This line leaves the loop in its first pass. Should the loop go on?"),
    ("gradient-checking", "failing", "not same_shape or", "not same_shape |", "raised",
     "The call stops at this line. What in it does not go with these types?"),
])
def test_a_right_line_is_not_said_to_be_wrong(name, task, old, new, kind, says):
    """A value that is to be changed once more is right, and a loop over names has an end, too."""
    assignment = Course(ROOT).assignment(name)
    source = assignment.reference.sources[task]
    assert old in source
    found, _ = judge_lines(assignment, task, source.replace(old, new))
    assert [(kind, says)] == [(explained.line.kind, explained.line.says) for explained in found]


def test_a_change_in_a_condition_is_not_named():
    """A condition has two outcomes, and many changes of it fit by chance: its other outcome is named alone."""
    assignment = Course(ROOT).assignment("character-model")
    source = assignment.reference.sources["clip_by_norm"]
    changed = source.replace(" if norm > max_norm else 1.0", "")
    assert changed != source
    ((explained,), verdict) = judge_lines(assignment, "clip_by_norm", changed)
    assert ("right", "case") == (verdict, explained.edit.act)


@pytest.mark.parametrize(("task", "old", "new", "says"), [
    ("cross_entropy", "np.log(p)) /", "np.log(p), axis=1) /", "Its shape is (10,), and one number belongs there."),
    ("cross_entropy", " / np.sum(mask)", "", "A division is missing."),
    ("sample_next", "scores / temperature", "scores", "A division is missing."),
    ("forget_bias", "f / (1 - f)", "f", "A division is missing."),
    ("clip_by_norm", " if norm > max_norm else 1.0", "", "It is the value for another case."),
    ("numeric_gradient", "gradient[i] =", "gradient =", "It is changed as a whole, where one part of it should be."),
    ("failing", "fails[name] =", "fails =", "It is changed as a whole, where one part of it should be."),
])
def test_the_class_fits_the_kind_of_line(task, old, new, says):
    """What is divided by, an axis of one number, a case and an entry that is set have sentences of their own."""
    ((explained,), _) = judge_changed(task, {old: new})
    assert says in explained.line.says


CLIP = "    # gradients that are not too long (≈1 line)\n    gradients = clip_by_norm(gradients, max_norm)\n"
COLLECT = "    vector = np.concatenate([array.ravel() for array in parameters.values()])"
HEAD = "for t, (x, targets, mask) in enumerate(batches, start=1):"

#: By task: changes of its solution, with the line that is shown and what is said on it. An empty line is the head of
#: the function's loop.
SAID = [
    # two lines change what a later one reads
    ("rnn_cell_forward", {"    a_next = np.tanh(Wax @ xt + Waa @ a_prev + ba)":
                          "    xt = Wax @ xt\n    a_prev = Waa @ a_prev\n    a_next = np.tanh(xt + a_prev + ba)"},
     "xt = Wax @ xt", "`xt` gets another value here and `a_prev` in line 33 before they are used."),
    ("rnn_cell_forward", {"    a_next = np.tanh": "    a_prev *= 1.0\n    a_prev += 0.1\n    a_next = np.tanh"},
     "a_prev += 0.1", "`a_prev` gets another value here, before line 34 reads it."),
    ("lstm_cell_forward", {"    c_next = ft * c_prev": "    c_prev *= ft\n    c_next = c_prev"}, "c_prev *= ft",
     "`c_prev` gets another value here, before line 67 reads it."),
    # one of two parts is taken, and both are there
    ("relative_error", {"np.linalg.norm(analytic) + np.linalg.norm(numeric)":
                        "max(np.linalg.norm(analytic), np.linalg.norm(numeric))"}, "total = max",
     "The parts are right. Is `max` what should be done with them?"),
    # a function of the whole, or of each part
    ("relative_error", {"np.linalg.norm(analytic) + np.linalg.norm(numeric)": "np.linalg.norm(analytic + numeric)"},
     "total =", "`norm` is applied to the whole. Should it be applied to the whole, or to each part?"),
    ("relative_error", {"np.linalg.norm(analytic - numeric)":
                        "abs(np.linalg.norm(analytic) - np.linalg.norm(numeric))"}, "difference =",
     "`norm` is applied to each part. Should it be applied to each part, or to the whole?"),
    ("forget_bias", {"np.log(f / (1 - f))": "np.log(f) / np.log(1 - f)"}, "bias =",
     "`log` is applied to each part. Should it be applied to each part, or to the whole?"),
    # the part of a line that raised, and a line that is wrong on the last case alone
    ("output_backward", {"Wy.T @ dz": "Wy @ dz"}, "da[:, :, t] =",
     "dz` has shape (2, 10, 4). One transpose is missing, or one is too many. Which shapes meet here?"),
    ("output_backward", {"dz[:, :, t] @ a[:, :, t].T": "a[:, :, t] @ dz[:, :, t].T"}, "dWy +=",
     "Which of these shapes meet, and do they fit?"),
    ("output_backward", {"np.sum(dz[:, :, t], axis=1, keepdims=True)": "np.sum(dz[:, :, t])"}, "dby +=",
     "An argument of `sum` is missing. Which?"),
    ("failing", {"analytic[name].shape == numeric[name].shape": "len(analytic[name]) == len(numeric[name])"},
     "same_shape =", "This line gives `same_shape` a wrong value."),
    ("inputs_and_targets", {"<= lengths[:, None]": "<= lengths"}, "mask =",
     "`lengths` has an axis too few here. Where should it have one?"),
    # what decides the value is not read; a function that is called is
    ("sample_next", {"np.searchsorted(np.cumsum(p), u)": "np.argmax(p)"}, "index =",
     "It depends on `p` alone. Should nothing else decide it?"),
    ("sample_next", {"np.searchsorted(np.cumsum(p), u)": "int(u * len(scores))"}, "index =",
     "It depends on `u` and `scores` alone. Should nothing else decide it?"),
    ("numeric_gradient", {"(f(up) - f(down)) / (2 * epsilon)": "(f(up) - f(v)) / epsilon"}, "gradient[i] =",
     "Look at `v`. Is it what belongs there?"),
    # an argument has a second name
    ("lstm_cell_backward", {"    dc = dc_next + da_next": "    dc = dc_next\n    dc += da_next"}, "dc = dc_next",
     "The argument `dc_next` is changed, for the caller, too, when line 29 writes: this line"),
    # arrays of whole numbers
    ("numeric_gradient", {"v.astype(float), v.astype(float)": "v.copy(), np.array(v)"}, "up, down =",
     "This line gives `up` and `down` a wrong value. They hold whole numbers: the decimals are lost."),
    ("numeric_gradient", {"up, down = v.astype(float), v.astype(float)":
                          "up = v.astype(int)\n        down = v.astype(float)"}, "up = v.astype(int)",
     "This line gives `up` a wrong value. It holds whole numbers: the decimals are lost."),
    ("numeric_gradient", {
        "up, down = v.astype(float), v.astype(float)":
        "e = 0 * v\n        e[i] = epsilon\n        up, down = v + e, v - e",
        "        up[i] += epsilon\n": "", "        down[i] -= epsilon\n": ""}, "up, down = v + e, v - e",
     "`down` should hold another value after this line. Look at `e` as well."),
    ("numeric_gradient", {"up[i] += epsilon": "up[i] += 1e-5"}, "up[i] += 1e-5",
     "This line gives `up` a wrong value. `1e-05` stands there, whatever the arguments are."),
    # loops of the student's own, in a function that has none
    ("clip_by_norm", {
        "clipped = {name: factor * gradient for name, gradient in gradients.items()}":
        "for gradient in gradients.values():\n        gradient *= factor\n    clipped = gradients"},
     "gradient *= factor", "The argument `gradients` is changed from here on, for the caller, too."),
    # a name has a value from before
    ("rnn_backward", {"    da0 = da_prevt\n": ""}, "for t in", "No line after the loop gives `da0` a new value."),
    ("sample", {"a_next, scores = rnn_step": "a, scores = rnn_step"}, "for u in",
     "No line of the loop gives `a_next` a new value."),
    # of two lines that give a name, the second is missing
    ("optimise", {CLIP: ""}, "loss, gradients =", "`gradients` is right here, but a line below has to change it."),
    ("optimise", {"gradients = clip_by_norm": "clip_by_norm"}, "clip_by_norm(", "The value of this line is kept"),
    ("optimise", {"gradients = clip_by_norm": "clipped = clip_by_norm"}, "clipped =", "No line uses `clipped`."),
    # the loop gives other values
    ("train", {"start=1": "start=0"}, "for t, (x", "`t` is 0 in the first pass. Which value should it have there?"),
    ("train", {"(x, targets, mask)": "(x, mask, targets)"}, "for t, (x", "`targets` and `mask` stand in each other's"),
    ("train", {HEAD: "for t in range(1, len(batches)):\n        x, targets, mask = batches[t]"}, "for t in",
     "The loop makes 4 passes where 5 are needed."),
    ("failing", {"for name in analytic:": "for name in list(analytic)[1:]:"}, "for name in", "The loop makes"),
    # a call that raises is asked about what can be the cause
    ("loss_of", {"a, y_pred, caches = forward": "a, y_pred = forward"}, "a, y_pred = forward",
     "The call stops at this line: `x` has shape (3, 10, 4), `a0` has shape (5, 10). `forward` returns 3 values, and"),
    ("loss_of", {"(y_pred, targets, mask)\n": "(y_pred, targets)\n"}, "loss =", "Is each of them given, and nothing"),
    ("loss_of", {"(x, a0, parameters)": "(x, a0, vector)"}, "a, y_pred", "Does each value stand in its place?"),
    ("optimise", {"clip_by_norm(gradients,": "clip_by_norm(parameters,"}, "gradients = clip",
     "`clip_by_norm` takes (gradients, max_norm), and gets something else here. Does each value"),
    ("sample", {"(xt, a_next, param": "(a_next, xt, param"}, "a_next, scores", "What shape does each of them need?"),
    ("rnn_backward", {"da[:, :, t] + da_prevt": "da + da_prevt"}, "gradients =",
     "The call stops at this line: `da` has shape (5, 10, 4), `da_prevt` has shape (5, 10)."),
    ("rnn_backward", {"    da_prevt = np.zeros((n_a, m))\n": ""}, "gradients =", "`da_prevt` has no value when this"),
    ("lstm_backward", {"dWo += gradients": "dW0 += gradients"}, "dW0 +=", "`dW0` has no value when this line runs."),
    # what the text of a line does not show is not said to stand there
    ("rnn_cell_forward", {"Wax @ xt + Waa @ a_prev": "np.dot(Wax, xt, Waa @ a_prev)"}, "a_next =",
     "`np.dot(Wax, xt, Waa @ a_prev) + ba` stands there. Is it what belongs there?"),
    ("relative_error", {"np.linalg.norm(analytic) + np.linalg.norm(numeric)":
                        "max(np.linalg.norm(analytic), np.linalg.norm(numeric))"}, "total =",
     "The parts are right. Is `max` what should be done with them?"),
    ("lstm_forward", {"(xt, a_next, c_next, p": "(xt, a_next, np.zeros((n_a, m)), p"}, "a_next, c_next",
     "Zeros stand where values belong."),
    ("lstm_backward", {"dc_prevt, caches[t]": "0 * dc_prevt, caches[t]"}, "gradients =", "`0` is one part too many."),
    # the text alone says what is wrong, in whatever form
    ("flatten", {COLLECT: "    vector = np.array([])\n    for name in parameters:\n"
                 "        np.append(vector, parameters[name])"}, "np.append(",
     "The value of this line is kept nowhere."),
    ("flatten", {COLLECT: "    for name in parameters:\n        vector = parameters[name].ravel()"}, "vector =",
     "`vector` gets another value at each pass, and only the last one is left."),
    ("rnn_cell_forward", {"yt_pred = softmax": "yt_perd = softmax"}, "return",
     "`yt_pred` has no value when this line runs. Line 34 makes `yt_perd`, which nothing reads."),
    # an array is written to where the step has no place, or the targets stand in another order
    ("rnn_forward", {"y_pred[:, :, t] = yt_pred": "y_pred[:, :] = yt_pred[:, :, None]"}, "y_pred[:, :] =",
     "Look at the index with which `y_pred` is taken."),
    ("optimise", {"loss, gradients = loss": "gradients, loss = loss"}, "gradients, loss",
     "Two of the items stand in each other's place."),
    # a name that the loop should make anew, or does not hand on
    ("rnn_forward", {"a_next, yt_pred, c": "a_new, yt_pred, c", "t] = a_next": "t] = a_new"}, "for t in",
     "No line of the loop gives `a_next` a new value."),
    ("failing", {"fails[name] = not": "if same_shape:\n            fails[name] = not"}, "if same_shape:",
     "`fails` has to get a value at every step. Is this condition true at each?"),
    # a loop is left in its first pass
    ("restore", {"        start = end\n": "        start = end\n        return parameters\n"}, "return parameters",
     "This line leaves the loop in its first pass."),
    ("failing", {"> threshold\n": "> threshold\n        break\n"}, "break", "This line leaves the loop in its first"),
    ("one_hot", {"    x = np.eye(n_x)[:, ids]": "    x = np.zeros((n_x, *ids.shape))\n    for i in range(len(ids)):\n"
                 "        for t in range(ids.shape[1]):\n            x[ids[i, t], i, t] = 1\n            return x"},
     "return x", "This line leaves the loop in its first pass."),
]


@pytest.mark.parametrize(("task", "changes", "text", "says"), SAID)
def test_the_sentence_is_true_at_its_line(task, changes, text, says):
    """The one line that is shown is the one that the sentence is about."""
    assignment, source = changed_source(task, changes)
    ((explained,), _) = judge_lines(assignment, task, source)
    assert source.split("\n")[explained.line.line - 1].strip().startswith(text)
    assert says in explained.line.says


GATE = "    def gate(W, b):\n        return 1 / (1 + np.exp({}W @ concat + b))\n\n    ft = gate({}, bf)"


@pytest.mark.parametrize(("sign", "weights", "says"), [
    ("", "Wf", "It calls `gate`, which line 54 defines. What does that give?"),
    ("", "Wi", "It calls `gate`, which line 54 defines. What does that give?"),
])
def test_a_line_that_calls_a_helper_is_not_said_to_do_what_that_does(sign, weights, says):
    """The line that calls may be right: the question is on the function which the student has made."""
    ((explained,), _) = judge_changed("lstm_cell_forward", {
        "    ft = sigmoid(Wf @ concat + bf)": GATE.format(sign, weights)})
    assert says in explained.line.says


def test_helpers_are_found_beside_magics():
    """A line for IPython beside the functions is no reason to say nothing."""
    assert {"gate": 2} == helpers_in("%matplotlib inline\ndef gate(x):\n    return x\ndef f(x):\n    return x\n", "f")


def test_a_value_that_the_last_pass_left_is_said_to_be_one():
    """Copies that are made before the loop keep the nudges of the passes before."""
    copies = "up, down = v.astype(float), v.astype(float)\n"
    found, _ = judge_changed("numeric_gradient", {
        f"        {copies}": "", "    for i in range(v.size):": f"    {copies}    for i in range(v.size):"})
    assert ["up", "down"] == [explained.finding.names[0] for explained in found]
    assert all("is still the one from before this step." in explained.line.says for explained in found)


def test_a_loop_variable_that_gets_another_value_is_found_where_it_does():
    """The line below, which takes that index, is not said to be wrong."""
    found, _ = judge_changed("rnn_forward", {
        "        a[:, :, t] = a_next": "        t = t + 1\n        a[:, :, t - 1] = a_next"})
    assert "`t` gets another value here, before line 46 reads it." == found[0].line.says
    assert not any("gives" in explained.line.says for explained in found)


@pytest.mark.parametrize(("task", "changes"), [
    ("train", {"start=1": "start=0", ", t, learning": ", t + 1, learning"}),
    ("train", {HEAD: "for t in range(len(batches)):\n        x, targets, mask = batches[t]",
               ", t, learning": ", t + 1, learning"}),
    ("restore", {"for name, array in like.items():": "for name in like:\n        array = like[name]"}),
    ("optimise", {"gradients = clip": "clipped = clip", "(parameters, gradients,": "(parameters, clipped,"}),
])
def test_only_the_wrong_line_is_shown_beside_another_way_of_counting(task, changes):
    """Where a right answer counts or names otherwise, no line is shown, and another wrong line is found."""
    assignment, source = changed_source(task, changes)
    assert [] == judge_lines(assignment, task, source)[0]
    wrong = {"train": ("np.zeros(", "np.ones("), "restore": ("start = end", "start = end - 1"),
             "optimise": ("clipped, v, s,", "clipped, s, v,")}[task]
    assert wrong[0] in source
    ((explained,), _) = judge_lines(assignment, task, source.replace(*wrong))
    assert wrong[1] in source.replace(*wrong).split("\n")[explained.line.line - 1]


def judge_changed(task, changes):
    """Return what `judge_lines` gives for the solution of a task of any assignment, with changes of its text."""
    assignment, source = changed_source(task, changes)
    return judge_lines(assignment, task, source)


def changed_source(task, changes):
    """Return the assignment of a task, and its solution with changes of its text."""
    assignment = assignments()[task]
    source = assignment.reference.sources[task]
    for old, new in changes.items():
        assert old in source
        source = source.replace(old, new)
    return assignment, source


@cache
def assignments():
    """Return the assignment of each task."""
    course = Course(ROOT)
    return {task: assignment for assignment in map(course.assignment, course.assignments) for task in assignment.tasks}
