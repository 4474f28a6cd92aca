"""The checks that learners run: what they say, and that they depend on nothing but their files."""

import ast
import importlib
import json
import linecache
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import public_tests
from autograder.course.course import Course
from autograder.course.drawing import columns_sum_to_one
from autograder.course.public_cases import ENOUGH_BITS, count_bits, pack, support_files
from autograder.course.reference import mutate
from public_tests import Layout, find_gap, notice
from tests.helpers.courses import ROOT


@pytest.fixture
def release_folder(assignment, tmp_path, monkeypatch):
    """A folder with the files beside a student's notebook; the working directory."""
    for name, data in support_files(assignment).items():
        (tmp_path / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def said(assignment, release_folder, capsys):
    """Return the stdout and stderr of `check` on a function made from a source."""

    def check(task, source):
        namespace = {**assignment.reference.functions, **assignment.reference.run_imports()}
        linecache.cache["<cell>"] = (len(source), None, source.splitlines(keepends=True), "<cell>")  # as in a notebook
        exec(compile(source, "<cell>", "exec"), namespace)
        public_tests.check(namespace[task])
        return capsys.readouterr()

    return check


def test_right_solutions_pass(assignment, said):
    """Every solution of the instructor's passes: item, shape, yours and expected are shown, nothing on stderr."""
    for task, source in assignment.reference.sources.items():
        out, err = said(task, source)
        assert "" == err
        assert "all outputs agree" in out and "yours" in out and "expected" in out


def test_untouched_task_is_not_done_yet(assignment, said):
    """The scaffold as released gets one plain sentence, for each of the eight tasks."""
    from autograder.course.scaffold import scaffold_source

    for task, source in assignment.reference.sources.items():
        out, err = said(task, scaffold_source(source))
        assert "" == out
        scaffold = scaffold_source(source).splitlines()
        first = next(i for i, line in enumerate(scaffold, 1) if "None" in line and "START" in "".join(scaffold[:i]))
        assert [f"{task} is not done yet: the `None` in line {first} of the function waits for its value."] == (
            [" ".join(err.split())])


def test_half_done_task_names_the_line_that_waits(assignment, said):
    """One `None` left, where unpacking or a loop stops: its line is named, and not the error that it leads to."""
    source = assignment.reference.sources["rnn_forward"]
    for old, new in (("for t in range(T_x):", "for t in range(None):"), ("a_next = a0", "a_next = None"),
                     ("rnn_cell_forward(x[:, :, t], a_next, parameters)", "None, None, None")):
        half = source.replace(old, new)
        line = next(i for i, text in enumerate(half.splitlines(), 1) if new in text)
        assert re.search(rf"`None` in line {line} of the function (still )?waits for its value\.",
                         " ".join(said("rnn_forward", half).err.split()))


def test_none_of_a_learners_own_is_not_said_to_wait(said, wrong_source):
    """A `None` outside the markers, or in a comment, or a wrong value between them, is no line that waits."""
    source = wrong_source("rnn_cell_forward", replace={
        "    ### START": "    spare = None\n    ### START", "### END CODE HERE ###": "# None\n    a_next + spare"
        "\n    ### END CODE HERE ###"})
    err = said("rnn_cell_forward", source).err
    assert "not done yet" not in err and "TypeError" in err


@pytest.fixture
def examined(monkeypatch):
    """Return what `examine` says of any assignment's task, its solution changed; white space is made even."""

    def examine(name, task, *changes):
        assignment, folder = Course(ROOT).assignment(name), ROOT / "release" / name
        source = assignment.reference.sources[task]
        for old, new in changes:
            assert old in source
            source = source.replace(old, new)
        monkeypatch.syspath_prepend(str(folder))
        cases = public_tests.read_cases((folder / public_tests.CASES).read_text(encoding="utf-8"))
        namespace = dict(assignment.reference.namespace)
        linecache.cache["<cell>"] = (len(source), None, source.splitlines(keepends=True), "<cell>")
        exec(compile(source, "<cell>", "exec"), namespace)
        passed, lines = public_tests.examine(namespace[task], cases[task], cases)
        assert not passed
        return " ".join(" ".join(lines).split())

    return examine


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


def test_an_unlisted_mistake_gets_the_gap_and_a_question(said, wrong_source):
    """A mistake in no catalogue gets the first differing entry and a question."""
    _, err = said("rnn_cell_forward", wrong_source("rnn_cell_forward", replace={"+ ba)": "+ 0.37 * ba)"}))
    assert "`a_next[0, 0]` is" in err and "expected" in err
    assert err.strip().endswith("?")


def test_a_wrong_helper_is_named(said, wrong_source, assignment):
    """A right loop over a wrong cell gets the advice to begin at the cell."""
    source = wrong_source("rnn_cell_forward", "no_ba") + "\n" + assignment.reference.sources["rnn_forward"]
    _, err = said("rnn_forward", source)
    assert "`rnn_cell_forward`, on which this builds, does not pass its own check yet. Begin there." in err


def test_an_error_names_its_line(said, wrong_source):
    """An exception is shown in a sentence with the line of the function, not as a traceback."""
    source = wrong_source("rnn_cell_forward", replace={"Wax @ xt": "Wax @ xt.T"})
    _, err = said("rnn_cell_forward", source)
    line = next(i for i, text in enumerate(source.splitlines(), start=1) if "xt.T" in text)
    assert f"ValueError, at line {line} of the function" in err
    assert "Traceback" not in err


def test_a_warning_is_not_a_failure(said, wrong_source):
    """A right function that makes numpy warn passes without a word on stderr."""
    source = wrong_source("rnn_cell_forward", replace={"    # next hidden state": "    np.exp(np.array([1e4]))"})
    assert "" == said("rnn_cell_forward", source).err


def test_caches_are_compared(said, wrong_source):
    """A view of `c` as the first `c_next` shows in the cache alone, which the seeds' printed values miss."""
    source = wrong_source("lstm_forward", replace={"c_next = np.zeros((n_a, m))": "c_next = c[:, :, 0]"})
    _, err = said("lstm_forward", source)
    assert "`caches` not yet as expected; right: `a`, `y`, `c`." in err


def test_the_check_needs_numpy_alone(release_folder):
    """The check runs from the release folder, in a process that cannot import the autograder."""
    code = (
        "import sys; sys.modules['autograder'] = None\n"
        "import numpy as np\nfrom public_tests import check\n"
        "def rnn_cell_forward(xt, a_prev, parameters):\n    return None, None, None\n"
        "check(rnn_cell_forward)\n"
        "print(sorted(m for m in sys.modules if m.split('.')[0] in ('IPython', 'matplotlib', 'nbformat', 'scipy')))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=release_folder, capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()
    assert "`a_next` is None." in done.stderr


def test_the_files_run_on_python_3_9():
    """Neither syntax nor calls that came after 3.9: `match`, `zip(strict=)`, `isinstance(x, int | float)`."""
    root = Path(public_tests.__file__).parent
    beside = [path for path in root.glob("source/*/*.py") if path.name != "tasks.py"]
    assert beside
    for path in (root / "public_tests.py", *beside):
        tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = getattr(call.func, "id", "")
            assert not (name == "zip" and call.keywords), f"{path.name}, line {call.lineno}"
            assert not (name in ("isinstance", "issubclass") and isinstance(call.args[1], ast.BinOp)), path.name
        assert not any(isinstance(node, ast.Match | ast.TryStar) for node in ast.walk(tree))


@pytest.mark.parametrize("body, out, err", [
    ("    return None", "Fill in f first; then this cell shows its result.", ""),
    ("    return np.zero(2)", "", "This experiment is stopped by AttributeError in `f`, at line 2 of its cell: "),
    ("    return (1, 2)", "(1, 2)", ""),
])
def test_an_experiment_says_why_it_stops(capsys, body, out, err):
    """A task that waits for a value is to be filled in first; the error of an own edit is shown, and not raised."""
    namespace = {"np": np}
    gap = "### START CODE HERE ###\n    x = None\n    ### END CODE HERE ###\n    return x + 1"
    body = body.replace("return None", gap)
    for number, source in enumerate((f"def f():\n{body}", "def show():\n    print(f())")):
        name = f"<cell {number}>"
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        exec(compile(source, name, "exec"), namespace)
    public_tests.attempt(namespace["show"], "f")
    said = capsys.readouterr()
    assert said.out.strip() == out and said.err.startswith(err) and bool(err) == bool(said.err)
    assert not err or said.err.endswith("\n  the line: return np.zero(2)\n")


def test_an_experiment_names_what_is_not_there_yet(capsys):
    """Functions that no cell has defined are named, and those that are done are not."""
    namespace = {"done": lambda: 1}
    exec("def show():\n    return done() + missing() + other()", namespace)
    public_tests.attempt(namespace["show"], "done", "missing", "other")
    expected = "Run the cell of missing and other first: no function of that name is there yet.\n"
    assert expected == capsys.readouterr().out


def test_without_its_cases_the_check_says_what_is_missing(tmp_path, monkeypatch):
    """A notebook without its files gets an error that names the missing file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(public_tests, "__file__", str(tmp_path / "public_tests.py"))
    with pytest.raises(FileNotFoundError, match=r"public_cases\.json is missing"):
        public_tests.load_cases()


EXPECTED = np.arange(1.0, 7.0).reshape(2, 3)


@pytest.mark.parametrize(
    "got, kind, words",
    [
        (None, "missing", "is None"),
        ([[1, 2, 3], [4, 5, 6]], "type", "is a list; an array is asked for"),
        (np.ma.masked_array(EXPECTED), "type", "is a MaskedArray"),
        (EXPECTED.T, "shape", "has shape (3, 2); the task asks for (n_a, m) = (2, 3)"),
        (EXPECTED[:1], "shape", "has shape (1, 3)"),
        (3.0, "shape", "has shape ()"),
        (EXPECTED.astype(complex), "dtype", "complex128"),
        (EXPECTED.astype(object), "dtype", "object"),
        (EXPECTED.astype(bool), "dtype", "bool"),
        (EXPECTED + [[0, 0, 0], [0, 1, 0]], "value", "`a[1, 1]` is 6; expected 5. 1 of 6 entries differs"),
        (np.where(EXPECTED == 2, np.nan, EXPECTED), "value", "1 of 6 entries are not finite"),
    ],
)
def test_gap_of_an_array(got, kind, words):
    """Missing, type, shape, dtype and value are distinguished, in that order, in a sentence and with a question."""
    gap = find_gap("a", EXPECTED, got, Layout(("n_a", "m"), {"n_a": 2, "m": 3}))
    assert kind == gap.kind
    assert words in gap.text
    assert gap.question.endswith("?")


@pytest.mark.parametrize("got", [EXPECTED.astype(np.float32), EXPECTED.astype(int), EXPECTED * (1 + 1e-6)])
def test_no_gap_within_the_tolerance(got):
    """float32, integers of the same value and another order of summation agree."""
    assert find_gap("a", EXPECTED, got) is None


ENDLESS = np.array([1.0, np.inf, -np.inf, np.nan])


@pytest.mark.parametrize("got, words", [
    (ENDLESS.tolist(), None),
    ([1.0, np.inf, -np.inf, 5.0], "`a[3]` is 5; expected nan. 1 of 4"),
    ([1.0, 7.0, -np.inf, np.nan], "`a[1]` is 7; expected inf. 1 of 4"),
    ([1.0, -np.inf, -np.inf, np.nan], "`a[1]` is -inf; expected inf. 1 of 4 entries are not finite"),
    ([9.0, np.inf, -np.inf, np.nan], "`a[0]` is 9; expected 1. 1 of 4 entries differs."),
])
def test_an_endless_entry_agrees_with_its_like_alone(got, words):
    """Infinity and NaN agree with the same, and leave the other entries their tolerance."""
    gap = find_gap("a", ENDLESS, np.array(got))
    assert (gap is None) if words is None else (words in gap.text)


def test_gap_names_the_first_wrong_step():
    """Along time, the first wrong step is pointed at, and the right ones are listed."""
    expected = np.ones((2, 3, 4))
    got = expected.copy()
    got[0, 1, 2] = 5
    gap = find_gap("a", expected, got, Layout(("n_a", "m", "T_x"), {"n_a": 2, "m": 3, "T_x": 4}, "T_x"))
    assert "`a[0, 1, 2]` is 5" in gap.text
    assert "Right at time step t = 0, 1, 3; wrong at the others." in gap.text


@pytest.mark.parametrize("right, fill, words, question", [
    ((0,), 0, "Right at time step t = 0; all others are 0.", "Is something stored at every step?"),
    ((0, 1, 2), 0, "Right at time step t = 0, 1, 2; the other one is 0.", "Is something stored at every step?"),
    ((3,), 0, "Right at time step t = 3; all others are 0.", "Is something stored at every step?"),
    ((0,), 7, "Right at the first time step, wrong at every step after it.", "carried on from each step to the next?"),
    ((3,), 7, "Right at the last time step, wrong at every step before it.", "carried back from each step to the one"),
    ((1, 2), 7, "Right at time step t = 1, 2; wrong at the others.", "Which term of the equation"),
    ((), 0, "No time step is right.", "Which term of the equation"),
])
def test_steps_that_were_never_reached_are_not_laid_to_the_carry(right, fill, words, question):
    """Zeros, as a `return` inside the loop leaves them, are called that; other numbers lead to what is carried."""
    expected = np.ones((2, 3, 4))
    got = np.full((2, 3, 4), float(fill))
    got[:, :, right] = 1
    gap = find_gap("a", expected, got, Layout(("n_a", "m", "T_x"), {}, "T_x"))
    assert gap.text.endswith(words)
    assert question in gap.question


@pytest.mark.parametrize("columns, fact", [
    ([[1, 0], [0, 0]], "Not every column of `y` sums to 1: one sums to 0."),
    ([[1, 3], [0, -2.5]], "Not every column of `y` sums to 1: one sums to 0.5."),
    ([[1, 1.0003], [0, 0]], "Not every column of `y` sums to 1: one sums to 1.0003."),
    ([[1, 0.25], [0, 0.75]], None), ([[1, np.nan], [0, 1]], None),
])
def test_a_column_that_does_not_sum_to_one_is_shown(columns, fact):
    """The column that is furthest from 1 is shown, not the first one, which may be right."""
    assert fact == columns_sum_to_one("y")("y", np.array(columns), np.eye(2), {})


def test_gap_in_a_cache_says_where():
    """A wrong leaf deep in a cache is found by its path."""
    expected = ([(np.ones(2), {"Wf": np.ones((2, 2))})], np.zeros(3))
    got = ([(np.ones(2), {"Wf": np.zeros((2, 2))})], np.zeros(3))
    assert 'caches[0][0][1]["Wf"]' == find_gap("caches", expected, got).where


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


@pytest.mark.parametrize("value", [
    np.arange(3), np.array([[1], [2]], np.int32), np.array([True, False]), np.array([1.5, -2], np.float32),
    np.array(3), np.array(2.5), np.zeros((0, 4)), np.int64(7), np.float32(1.5), np.float64(2.5), np.bool_(True),
    7, 2.5, 1e-8, True, None, "text", (1, 2.0), [np.arange(2), {"a": (3, np.uint8(4))}],
])
def test_packing_keeps_types(value):
    """Integers stay integers, and numbers numbers: an array of indices can index, in the check as in the judge."""
    back = public_tests.unpack(json.loads(json.dumps(pack(value, []))), [])

    def describe(value):
        if isinstance(value, dict | list | tuple):
            items = value.items() if isinstance(value, dict) else enumerate(value)
            return type(value), [(key, describe(item)) for key, item in items]
        kind = float if type(value) is np.float64 else type(value)  # numpy's is one of Python's
        return kind, getattr(value, "dtype", None) if kind is not float else None, np.asarray(value).tolist()

    assert describe(value) == describe(back)


@pytest.mark.parametrize("got, said", [
    (3.0, "`loss` is 3; expected 2."),
    (np.float64(2.1), "`loss` is 2.1; expected 2."),
    (None, "`loss` is None."),
    (np.full((2, 3), 2.0), "`loss` has shape (2, 3); one number is asked for."),
    ((2.0,), "`loss` is a tuple; one number is asked for."),
])  # fmt: skip
def test_a_task_that_returns_one_number(got, said):
    """A wrong number is a gap, and so is None."""
    case = {"task": "task", "sizes": {}, "steps": "", "returns_dict": False, "returns_value": True, "calls": [],
            "shapes": {"loss": []}, "printed": [], "arguments": (1.0,), "expected": {"loss": np.array(2.0)},
            "mistakes": []}
    passed, lines = public_tests.examine(lambda number: got, case)
    assert not passed and any(said in line for line in lines), lines
    assert public_tests.examine(lambda number: 2, case)[0]


@pytest.mark.parametrize("task", ["rnn_forward", "lstm_forward"])
@pytest.mark.parametrize("times", [1, 4])
def test_a_list_that_contains_itself_is_called_that(examined, task, times):
    """Its own list appended instead of the cache is a sentence, once or at each of four steps."""
    new = "caches.append(caches)" + "\n        caches.append(caches)" * (times - 1)
    assert "of the function puts the list `caches` into itself: caches.append(caches) What should" in examined(
        "rnn-step-by-step", task, ("caches.append(cache)", new))
    new = "same = caches\n        " + new.replace("(caches)", "(same)")
    assert "`caches[0]` is a list that contains itself." in examined(
        "rnn-step-by-step", task, ("caches.append(cache)", new))


@pytest.mark.parametrize("new", ["losses.append(losses)", "losses.append((t, losses))", "losses.insert(0, [losses])"])
def test_a_call_ends_before_numpy_makes_an_array_of_a_list_in_itself(examined, new):
    """numpy would fill the memory: the line that puts the list into itself is said, and nothing after it runs."""
    text = examined("character-model", "train", ("losses.append(loss)", f"{new}\n        raise MemoryError"))
    assert text.startswith("train: line 29 of the function puts the list `losses` into itself: losses.")
    assert "MemoryError" not in text and text.endswith("What should be put into `losses` there?")


def test_a_list_that_is_put_into_another_one_passes():
    """Lines that only look so, or do not run, end nothing."""
    source = ("def f(x):\n    rows, row = [], []\n    rows.append(row)\n    if not x:\n        rows.append(rows)\n"
              "    return rows")
    linecache.cache["<rows>"] = (len(source), None, source.splitlines(keepends=True), "<rows>")
    exec(compile(source, "<rows>", "exec"), namespace := {})
    assert [] == public_tests.endless_lines(namespace["f"], {"task": "f", "arguments": (1,)})
    assert [] != public_tests.endless_lines(namespace["f"], {"task": "f", "arguments": (0,)})


def test_what_contains_itself_has_an_end():
    """Lists and dicts that contain themselves, and lists that are nested deep, are compared and have no sums."""
    one, two, deep = {}, [], []
    one["a"] = two.append(one) or two
    for _ in range(5000):
        deep = [deep]
    for got in (one, two, deep, [one, two] * 3, {1: 2, "a": one}):
        assert public_tests.fingerprint(got) is None
        for expected in (EXPECTED, [EXPECTED], {"a": [EXPECTED]}, ([[EXPECTED]], 1)):
            assert find_gap("a", expected, got) and public_tests.is_changed(expected, got)
    assert find_gap("a", {"a": [EXPECTED]}, one).text == "`a` is a dict that contains itself."
    assert public_tests.fingerprint([[1.0], (2.0, {"a": 3.0})]) is not None


def test_truth_values_are_said_in_words():
    """True and False, and no distance between them."""
    gap = find_gap("fails", {"W": True, "b": False}, {"W": True, "b": True})
    assert '`fails["b"]` is True; expected False.' == gap.text
    gap = find_gap("fails", np.array([True, True, False]), np.zeros(3, dtype=bool))
    assert "`fails[0]` is False; expected True. 2 of 3 entries differ." == gap.text


def test_packing_keeps_sharing_and_values():
    """Packed values come back equal, shared arrays shared."""
    shared = np.arange(3.0)
    value = ([(shared, {"W": np.ones((2, 2))}), (shared, {"W": np.zeros((2, 2))})], shared)
    back = public_tests.unpack(json.loads(json.dumps(pack(value, []))), [])
    assert find_gap("value", value, back) is None
    assert back[0][0][0] is back[0][1][0] is back[1]


def test_the_file_of_cases_holds_no_source(assignment):
    """Neither a line of a solution nor a substitution of a mistake is in what students get."""
    text = support_files(assignment)[public_tests.CASES].decode()
    text += str(public_tests.read_cases(text))
    assert all(mistake.says in text for mistake in assignment.tasks["rnn_forward"].mistakes[:3])  # else it is not read
    for name, task in assignment.tasks.items():
        source = assignment.reference.sources[name]
        region = source[source.index("### START") : source.index("### END")]
        for line in region.splitlines():
            code = line.split("#")[0].strip()
            if "=" in code and len(code) > 12:
                assert code not in text
        assert not any(new in text for mistake in task.mistakes for _, new in mistake.replace if len(new) > 12)


def test_release_carries_the_one_source():
    """rnn_utils.py and public_tests.py in the release are byte for byte those of the course."""
    root = Path(public_tests.__file__).parent
    for name in ("rnn_utils.py", "public_tests.py"):
        for copy in (root / "release").glob(f"*/{name}"):
            assert (root / name).read_bytes() == copy.read_bytes()


# ---- exceptions, and the first value that differs ---------------------------------------------------------------


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
    ("rnn_backward", "range(T_x)", "range(T_x + 1)", ("`t` is 4", "Which index is asked for", "is `t`, from line 35")),
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
     "Of which type is each index, and which types can an index have?"),
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
     "This line calls `forward`, which takes (x, a0, parameters). Which part of what belongs in which place?"),
    ("character-model", "inputs_and_targets", "np.zeros((m, 1), dtype=int)", "np.zeros(m, dtype=int)",
     "How many axes does each array in this line have, and which axis is asked for?"),
    ("character-model", "inputs_and_targets", "np.concatenate((sign, ids), axis=1)",
     "np.concatenate(sign, ids, axis=1)",
     "Which arguments belong together, in one tuple, and which one is given twice?"),
    ("character-model", "sample_next", "np.searchsorted(np.cumsum(p), u)", "np.cumsum(p) > u",
     "Where is one number needed, and where is a whole array?"),
])
def test_a_question_fits_what_happened(examined, name, task, old, new, question):
    """What is asked about is in the code: a number, an operator, an index, a function of the notebook."""
    assert examined(name, task, (old, new)).endswith(question)


@pytest.mark.parametrize(("old", "new"), [
    ("rnn_cell_forward(x[:, :, t], a_next, parameters)", "None, None, None"),
    ("a[:, :, t] = a_next", "a[:, :, t] = None"), ("caches.append(cache)", "caches.append(None)"),
    ("y_pred[:, :, t] = yt_pred", "spare = None"),
])
def test_a_none_that_waits_comes_first(examined, old, new):
    """A line that waits is said before what it leads to; of nan, which it leads to, nothing else is said."""
    text = examined("rnn-step-by-step", "rnn_forward", (old, new))
    assert re.match(r"rnn_forward is not done yet: the `None` in line \d+ of the function waits for its value\.", text)
    assert "not finite" not in text and "divides by zero" not in text


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
    assert ("This line calls `rnn_cell_forward`, which passes its own check. `xt` has shape (5, 10) here, and (3, 10) "
            "there. It takes (xt, a_prev, parameters).") in text


def test_prints_of_a_function_are_cut(said, wrong_source):
    """A check is not lost among what the function prints, and nothing is printed twice."""
    source = wrong_source("rnn_cell_forward", replace={"+ ba)": ")\n    print('z' * 1000)"})
    out, err = said("rnn_cell_forward", source)
    assert ("z" * public_tests.MOST_PRINTED) + "... (and 601 characters more)" == out.strip()
    assert "z" * 9 not in err


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
     ["Line 27 makes a value, and no name gets it", "Which name should get that value?"]),
    ("character-model", "optimise", [("gradients = clip_by_norm", "clipped = clip_by_norm")],
     ["Line 27 makes `clipped`, which nothing reads."]),
    ("gradient-checking", "cross_entropy", [(SUM, f"{PART}    loss = -loss / np.sum(mask)")],
     ["Line 25 gives `loss` another value at each pass: only the last one is left.",
      "What should become of the values of the passes before?"]),
    ("gradient-checking", "flatten",
     [(COLLECT, "    vector = []\n    for name in parameters:\n        np.append(vector, parameters[name])")],
     ["Line 17 makes a value, and no name gets it", "Which name should get that value?"]),
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
    assert [] == public_tests.replaced_in(tree.body[0])


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
     "first value that differs, is made after that.", public_tests.WRITING_IN),
    ("lstm_cell_forward", FORGET, "np.multiply(ft, c_prev, out=c_prev)\n    c_next = c_prev + it * cct",
     "in line 57 of the function: np.multiply(ft, c_prev, out=c_prev)", public_tests.WRITING_IN),
    ("rnn_cell_forward", "a_next = np.tanh(", "a_next = a_prev\n    a_next[:] = np.tanh(",
     "changes `a_prev`, which is the caller's own, in line 33 of the function: a_next[:] =", public_tests.WRITING_IN),
    ("lstm_cell_forward", FORGET, "c_prev = c_prev * ft\n    c_next = c_prev + it * cct",
     "In line 57 of the function `c_prev` gets another value than the one handed in: c_prev = c_prev * ft",
     "Should `c_prev` still be what was handed in when line 67 reads it?"),
    ("lstm_cell_forward", FORGET, "ft *= c_prev\n    c_next = ft + it * cct",
     "is `ft`: it is as expected until line 57 of the function changes it: ft *= c_prev",
     "Should line 57 change `ft`, or does a later line need it as it was?"),
    ("lstm_cell_forward", "a_next = ot * np.tanh(c_next)", "a_next = ot\n    a_next *= np.tanh(c_next)",
     "is `ot`: it is as expected until line 60 of the function changes it, under another name: a_next *=",
     "Should line 60 change `ot`, or does a later line need it as it was?"),
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
     "is `up`, first at step 0; it gets values from lines 23 and 25.", "Compare lines 23 and 25 with the task: which"),
    ("gradient-checking", "numeric_gradient", [("    gradient =", "    epsilon = 1e-5\n    gradient =")],
     "In line 19 of the function `epsilon` gets another value than the one handed in: epsilon = 1e-5 `up`, the first",
     "Should `epsilon` still be what was handed in when line 26 reads it?"),
    ("character-model", "optimise", [("    gradients = clip_by_norm(gradients, max_norm)\n", "    pass\n"),
                                     ("learning_rate)\n", "2 * learning_rate)\n")],
     "is `parameters`, from line 29", "Compare lines 25 and 29 with the task: which part is missing, too many, or"),
    ("character-model", "sample", [("        ids.append", "            ids.append")],
     "The loop leaves `ids` as it was.", "Line 31 is there to change `ids`. When does it run?"),
    ("sizes-and-costs", "count_parameters", [("+ n_a + output", "+ output")], "`rnn` is 52; expected 57.",
     "What in line 18 makes `rnn` too small?"),
    ("sizes-and-costs", "count_parameters", [("return rnn", "return rnn + 1")], "`rnn` is 58; expected 57.",
     "What makes it too large?"),
    ("sizes-and-costs", "gradient_shapes", [("(n_x, m, T_x)", "(m, m, T_x)")], "`dx[0]` is 10; expected 3.",
     "Compare line 18 with the task: which part of it is missing, too many, or another one?"),
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


def test_a_loop_that_stops_early_is_said_to(said, wrong_source):
    """Where all values so far are right, the number of steps is the finding."""
    source = wrong_source("rnn_forward", replace={"range(T_x)": "range(T_x - 1)"})
    assert "The loop takes 3 of 4 steps." in said("rnn_forward", source).err


@pytest.mark.parametrize(("name", "task", "old", "new", "parts"), [
    ("rnn-step-by-step", "rnn_forward", "caches.append(cache)", "caches.append(cache)\n        break",
     ("The loop takes 1 of 4 steps.",)),
    ("character-model", "train", "losses.append(loss)", "losses.append(loss)\n        break",
     ("The loop takes 1 of 5 steps.", "can end the loop. When does it run, and when should it?")),
    ("gradient-checking", "restore", "start = end", "start = end\n        return parameters",
     ("The loop takes 1 of 5 steps.", "can end the loop. When does it run, and when should it?")),
    ("gradient-checking", "restore", "start = end", "return parameters",
     ("The loop takes 1 of 5 steps.", "can end the loop. When does it run, and when should it?")),
    ("character-model", "sample", "ids.append(index)", "ids.append(index)\n        break",
     ("The loop takes 1 of 9 steps.", "can end the loop. When do they run, and when should they?")),
    ("character-model", "train", "enumerate(batches, start=1)", "enumerate(batches[:3], start=1)",
     ("The loop takes 3 of 5 steps.", "What does the loop run over, and how many items does that have?")),
    ("gradient-checking", "output_backward", "range(T_x)", "range(T_x - 1)",
     ("The loop takes 3 of 4 steps.", "At which number does the loop begin, and at which does it end?")),
    ("gradient-checking", "restore", "start = end", "pass", ("The loop leaves `start` as it was.",)),
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
    assert public_tests.Difference([]) == public_tests.first_difference(namespace["f"], case, form)


def test_no_value_can_be_read_from_the_sums(assignment, release_folder):
    """The file holds three sums for a name, never a part of the value."""
    for case in public_tests.load_cases().values():
        for values in case["values"].values():
            assert all(3 == len(sums) for sums in values.values())


def test_names_that_other_cells_left_are_told(said, wrong_source):
    """A function that reads a value of another cell is told so, whether it passes or not."""
    source = wrong_source("rnn_cell_forward", replace={'ba = parameters["ba"]': "pass"})
    out, err = said("rnn_cell_forward", f"{source}\n\nba = np.zeros((5, 1))")
    assert "`ba` is not made in this function: another cell left it behind." in " ".join((out + err).split())
    out, err = said("rnn_cell_forward", wrong_source("rnn_cell_forward") + "\n\nspare = np.zeros(3)")
    assert "another cell" not in out + err


def test_progress_counts_the_checks_that_passed(assignment, said, wrong_source, monkeypatch):
    """A check that passes says how many are done and which comes next; one that fails again is not done."""
    monkeypatch.setattr(public_tests, "DONE", set())
    tasks, sources = list(assignment.tasks), assignment.reference.sources
    assert f"1 of 8 done; next: {tasks[1]}." in said(tasks[0], sources[tasks[0]]).out
    assert f"2 of 8 done; next: {tasks[1]}." in said(tasks[2], sources[tasks[2]]).out
    assert "done; next" not in "".join(said(tasks[0], wrong_source(tasks[0], replace={"+ ba": ""})))
    for task in tasks[1:]:
        said(task, sources[task])
    assert "All 8 are done." in said(tasks[0], sources[tasks[0]]).out


@pytest.mark.parametrize(("task", "old", "new", "parts"), [
    ("rnn_forward", "np.zeros((n_a, m, T_x))", "np.zeros((5, 10, 4))", ("could not broadcast", "line 43")),
    ("rnn_forward", "range(T_x)", "range(4)", ("`a` has other values there than expected.",)),
    ("rnn_cell_backward", "dxt = Wax.T @ dtanh", "dxt = (Wax.T @ dtanh)[:3]", ()),
    ("lstm_cell_backward", "dWf = dft @ concat.T", "dWf = (dft @ concat.T)[:, :8][:5]", ()),
    ("rnn_backward", "dba = np.zeros((n_a, 1))", "dba = np.zeros((5, 1))", ("`dba` has shape (5, 1)",)),
])
def test_sizes_that_are_written_into_the_code_are_seen(said, wrong_source, task, old, new, parts):
    """What is right on the public case alone does not pass; a slice that cuts off nothing on a smaller one does."""
    out, err = said(task, wrong_source(task, replace={old: new}))
    text = " ".join(err.split())
    if new.endswith("[:3]") or new.endswith("[:5]"):
        assert "" == err and "all outputs agree" in out
    else:
        assert "on the sizes of the public case, and not on others (n_x = 2" in text
        assert text.endswith("Which number in the code fits one size only?")
        assert [] == [part for part in parts if part not in text]


@pytest.mark.parametrize("change", [("(f(up) - f(down))", "(f(up[i]) - f(down[i]))"), ("(2 * epsilon)", "0.2")])
def test_the_second_case_has_another_function(examined, change):
    """What fits one function or one nudge alone does not pass; the public one is a sum over entries."""
    text = examined("gradient-checking", "numeric_gradient", change)
    assert "all is as expected on the sizes of the public case, and not on others (N = 6)" in text


@pytest.mark.parametrize("name", Course(ROOT).assignments)
def test_right_variants_pass_and_the_file_is_small(name, monkeypatch):
    """Right functions written in other ways pass on both sets of sizes; the file has fewer than 150 kB."""
    assignment = Course(ROOT).assignment(name)
    text = support_files(assignment)[public_tests.CASES].decode()
    assert len(text) < 150_000
    monkeypatch.syspath_prepend(str(ROOT / "release" / name))
    cases = public_tests.read_cases(text)
    for task in assignment.tasks:
        for variant in assignment.variants(task):
            namespace = dict(assignment.reference.namespace)
            exec(compile(mutate(assignment.reference.sources[task], variant), "<cell>", "exec"), namespace)
            passed, lines = public_tests.examine(namespace[task], cases[task])
            assert passed, (task, variant.id, lines)


def test_without_bz2_only_the_catalogue_is_missing(assignment, monkeypatch):
    """A Python without bz2 reads all but the sentences on known mistakes."""
    text = support_files(assignment)[public_tests.CASES].decode()
    whole = public_tests.read_cases(text)
    monkeypatch.setattr(public_tests, "bz2", None)
    assert whole.keys() == public_tests.read_cases(text).keys()
    assert {0} == {len(case["mistakes"]) for case in public_tests.read_cases(text).values()}
    assert all(case["mistakes"] for case in whole.values())


def test_a_single_index_names_no_mistake():
    """Whole numbers and truth values tell little: others would be taken for the mistake that has them, too."""
    assert count_bits(5) < count_bits([True] * 7) < ENOUGH_BITS
    assert ENOUGH_BITS < count_bits(np.array([0, 1, 2, 2, 0, 1])) < count_bits(0.31)


@pytest.mark.parametrize(("line", "waits"), [
    ("p = None", True), ("a, b = None", True), ("d['x'] = None", True), ("caches.append(None)", True),
    ("for t in reversed(range(None)): pass", True), ("for t in None: pass", True), ("pair = (None, None)", True),
    ("p = y[t, np.arange(m)[:, None]]", False), ("p = y[..., None]", False), ("s = np.sum(y, axis=None)", False),
    ("s = np.clip(y, None, 1)", False), ("s = f(y, None)", False), ("s = () if y is None else y", False),
])
def test_only_a_none_in_place_of_a_value_waits(tmp_path, monkeypatch, line, waits):
    """An index, a limit or an option may be None: nothing waits there."""
    source = f"def f(y, t, m):\n    ### START CODE HERE ###\n    {line}\n    ### END CODE HERE ###\n    return y\n"
    (tmp_path / f"blank_{abs(hash(line))}.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module(f"blank_{abs(hash(line))}")
    assert (3 if waits else 0) == public_tests.waiting_line(module.f)
