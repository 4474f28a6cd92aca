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

import public_errors
import public_lines
import public_tests
from autograder.course.course import Course
from autograder.course.drawing import columns_sum_to_one
from autograder.course.public_cases import ENOUGH_BITS, count_bits, pack, support_files
from autograder.course.reference import mutate
from public_tests import FILES, Layout, find_gap
from tests.helpers.courses import ROOT


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


def test_a_wrong_helper_is_named(said, wrong_source, assignment):
    """A right loop over a wrong cell gets the advice to begin at the cell."""
    source = wrong_source("rnn_cell_forward", "no_ba") + "\n" + assignment.reference.sources["rnn_forward"]
    _, err = said("rnn_forward", source)
    assert "`rnn_cell_forward`, on which this builds, does not pass its own check yet. Begin there." in err


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


def wrong_in(folder, source, name="rnn_cell_forward"):
    """Return what a check says in a folder, in a process of its own, with the modules of the check that it imports."""
    libraries = str(Path(np.__file__).parents[1])  # without the course's own modules
    code = (f"import sys, linecache; sys.path.append({libraries!r}); source = {source!r}\n"
            "linecache.cache['<cell>'] = len(source), None, source.splitlines(True), '<cell>'\n"
            "import numpy as np; from rnn_utils import *; from public_tests import check\n"
            f"exec(compile(source, '<cell>', 'exec')); check({name})\n"
            "print(*(name for name in ('public_lines', 'public_errors', 'difflib', 'bz2') if name in sys.modules))")
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1], " ".join(done.stderr.split())


def test_a_file_of_the_check_is_read_when_it_is_needed(release_folder, wrong_source):
    """A right answer needs no other file, a wrong one that of the lines, an error that of errors, too."""
    assert ("", "") == wrong_in(release_folder, wrong_source("rnn_cell_forward"))
    assert "public_lines bz2" == wrong_in(release_folder, wrong_source("rnn_cell_forward", "no_ba"))[0]
    source = wrong_source("rnn_cell_forward", replace={"Wax @ xt": "Wax @ xt.T"})
    assert "public_lines public_errors difflib bz2" == wrong_in(release_folder, source)[0]


@pytest.mark.parametrize(("missing", "note"), [
    (["public_lines.py"], "public_lines.py is missing"), (["public_lines.py", "public_errors.py"], "is missing"),
    (["public_errors.py"], "public_errors.py is missing"),
])
def test_without_its_other_files_the_check_says_what_differs(release_folder, wrong_source, missing, note):
    """A learner who has the notebook and public_tests.py alone reads the gap, and which file is missing."""
    for name in missing:
        (release_folder / name).unlink()
    raised, value = (wrong_in(release_folder, wrong_source("rnn_cell_forward", replace=change))[1]
                     for change in ({"Wax @ xt": "Wax @ xt.T"}, {"+ ba)": "+ 0.37 * ba)"}))
    assert "rnn_cell_forward: stopped by ValueError: matmul: " in raised and note in raised
    assert "`a_next[0, 0]` is" in value and ("public_lines.py" in missing) == ("py is missing" in value)
    assert "Traceback" not in raised + value


@pytest.mark.parametrize("content", [
    "EDITION = 0", "", "404: Not Found", "from public_tests import gone", "\0", "1 / 0",
])
@pytest.mark.parametrize("name", ["public_lines.py", "public_errors.py"])
def test_files_of_two_releases_do_no_harm(release_folder, wrong_source, name, content):
    """A file that is older, newer or damaged leads to plain words and a plain sentence."""
    (release_folder / name).write_text(content)
    source = wrong_source("rnn_cell_forward", replace={"Wax @ xt": "Wax @ xt.T"})
    assert ("do not fit together here. Take all of them from one release, and restart the kernel."
            in (text := wrong_in(release_folder, source)[1]))
    assert "stopped by ValueError" in text and "Traceback" not in text


def test_all_files_have_one_edition(monkeypatch, said, wrong_source):
    """They go together as they are; a mistake of ours in them costs the words on lines, and is said."""
    assert public_tests.EDITION == public_lines.EDITION == public_errors.EDITION
    monkeypatch.setattr(public_lines, "cause_lines", lambda *seen: 1 / 0)
    err = " ".join(said("rnn_cell_forward", wrong_source("rnn_cell_forward", "no_ba")).err.split())
    assert err.endswith("More cannot be said here: public_lines.py is stopped by ZeroDivisionError: division by zero.")
    assert "`a_next[0, 0]` is" in err


@pytest.mark.parametrize(("name", "task", "old", "new", "parts"), [
    ("rnn-step-by-step", "rnn_cell_forward", "return a_next, yt_pred, cache", "return a_next",
     ("the function returns an array; 3 values are asked for",)),
    ("rnn-step-by-step", "rnn_forward", "np.zeros((n_a, m, T_x))", "np.zeros((5, 10, 4))",
     ("and not on others (n_x = 2", "There it is stopped by ValueError: ")),
    ("rnn-step-by-step", "rnn_forward", "range(T_x)", "range(4)", ("`a` has other values there than expected.",)),
    ("gradient-checking", "cross_entropy", "    return loss", "    mask[:] = 0\n    return loss",
     ("all outputs are as expected, and the call changes `mask`, which is the caller's own. Which line writes",)),
])
def test_in_plain_words_all_is_said_that_differs(monkeypatch, examined, name, task, old, new, parts):
    """What is returned, what a call changes and what other sizes show needs no file but one."""
    monkeypatch.setitem(sys.modules, "public_lines", None)
    text = examined(name, task, (old, new))
    assert [] == [part for part in (*parts, "? public_lines.py is missing") if part not in text]


def test_the_files_run_on_python_3_9():
    """Neither syntax nor calls that came after 3.9: `match`, `zip(strict=)`, `isinstance(x, int | float)`."""
    root = Path(public_tests.__file__).parent
    beside = [path for path in root.glob("source/*/*.py") if path.name != "tasks.py"]
    assert beside
    for path in (*map(root.joinpath, FILES), *beside):
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
            "mistakes": ""}
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
    cases = public_tests.read_cases(text)
    text += str(cases) + str([public_lines.known_mistakes(case) for case in cases.values()])
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
    """rnn_utils.py and the files of the check in the release are byte for byte those of the course."""
    root = Path(public_tests.__file__).parent
    for name in ("rnn_utils.py", *FILES):
        for copy in (root / "release").glob(f"*/{name}"):
            assert (root / name).read_bytes() == copy.read_bytes()


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


def test_prints_of_a_function_are_cut(said, wrong_source):
    """A check is not lost among what the function prints, and nothing is printed twice."""
    source = wrong_source("rnn_cell_forward", replace={"+ ba)": ")\n    print('z' * 1000)"})
    out, err = said("rnn_cell_forward", source)
    assert ("z" * public_tests.MOST_PRINTED) + "... (and 601 characters more)" == out.strip()
    assert "z" * 9 not in err


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
        assert "on the sizes of the public case, and not on others (n_x = " in text
        assert text.endswith("Which number in the code fits one size only?")
        assert [] == [part for part in parts if part not in text]


@pytest.mark.parametrize(("name", "task", "old", "new", "words"), [
    ("rnn-step-by-step", "rnn_backward", "= caches[0]\n", "= caches[1]\n", "is stopped by IndexError"),
    ("character-model", "one_hot", "np.eye(n_x)", "np.eye(ids.max() + 1)", "`x` has shape (4, 3, 3) there; the task"),
])
def test_the_second_case_shows_what_the_first_happens_to_fit(examined, name, task, old, new, words):
    """A fixed index of a list, and a size taken from the values, fit the public case."""
    text = examined(name, task, (old, new))
    assert "all is as expected on the sizes of the public case, and not on others" in text
    assert words in text.replace("stopped by IndexError, at", "is stopped by IndexError, at")


@pytest.mark.parametrize("change", [("(f(up) - f(down))", "(f(up[i]) - f(down[i]))"), ("(2 * epsilon)", "0.2")])
def test_the_second_case_has_another_function(examined, change):
    """What fits one function or one nudge alone does not pass; the public one is a sum over entries."""
    text = examined("gradient-checking", "numeric_gradient", change)
    assert "all is as expected on the sizes of the public case, and not on others (N = 6, epsilon = 0.2)" in text


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
