"""The checks that learners run: ``check(function)`` on the public case of its task.

It needs numpy 1.24 or newer, and runs on Python 3.9 or newer. A check never depends on what another cell left behind:
arguments and expected values come from ``public_cases.json`` beside this file or beside the notebook. The judge that
grades a class says what differs with the same functions, on arguments of its own.
"""

import copy
import importlib
import inspect
import json
import re
import sys
import textwrap
import traceback
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np

# An entry agrees within RELATIVE of its own size, or RELATIVE_TO_LARGEST of the largest entry beside it: room for
# float32 arithmetic and for another order of summation, not for a missing term.
RELATIVE, RELATIVE_TO_LARGEST, ABSOLUTE = 1e-4, 1e-5, 1e-9
CASES = "public_cases.json"
NUMBER = (np.ndarray, np.generic, int, float)


# ---- what differs ---------------------------------------------------------------------------------------


class Gap(NamedTuple):
    """The first thing in which an output differs from what is expected."""

    where: str  # for example ``a_next`` or ``cache[1]``
    kind: str  # "missing", "type", "length", "shape", "dtype" or "value"
    text: str
    question: str


class Layout(NamedTuple):
    """An output's shape in symbols and what the symbols stand for, so that a gap can name the axes."""

    symbols: tuple = ()  # ("n_a", "m", "T_x")
    sizes: dict = {}  # {"n_a": 5, ...}  # noqa: RUF012
    steps: str = ""  # the symbol that counts time steps, if there are any


def find_gap(name, expected, got, layout=None):
    """The first gap between two values, in this order: missing, type, shape, dtype, value; None within the tolerance.

    Values are arrays, numbers, texts, None, functions, and tuples, lists or dicts of these.
    """
    if expected is None or isinstance(expected, str) or callable(expected):
        return plain_gap(name, expected, got)
    if got is None:
        return Gap(name, "missing", f"`{name}` is None.", "Which line gives it its value?")
    if isinstance(expected, NUMBER):
        return array_gap(name, np.asarray(expected), got, layout or Layout())
    return dict_gap(name, expected, got) if isinstance(expected, dict) else sequence_gap(name, expected, got)


def sequence_gap(name, expected, got):
    if not isinstance(got, (tuple, list)):
        kind = type(expected).__name__
        text = f"`{name}` is {a_kind(got)}; a {kind} of {len(expected)} is asked for."
        return Gap(name, "type", text, "What is put into it, and how?")
    if len(got) != len(expected):
        text = f"`{name}` holds {len(got)} item{'' if len(got) == 1 else 's'}; {len(expected)} are asked for."
        return Gap(name, "length", text, "What is put in, how often, and what is left out?")
    gaps = (find_gap(f"{name}[{i}]", e, g) for i, (e, g) in enumerate(zip(expected, got)))
    return next((gap for gap in gaps if gap), None)


def dict_gap(name, expected, got):
    if not isinstance(got, dict):
        return Gap(name, "type", f"`{name}` is {a_kind(got)}; a dict is asked for.", "What is stored under that name?")
    missing = [key for key in expected if key not in got]
    if missing:
        return Gap(name, "missing", f"`{name}` has no entry {missing[0]!r}.", "Under which name is it stored?")
    gaps = (find_gap(f'{name}["{key}"]', expected[key], got[key]) for key in expected)
    return next((gap for gap in gaps if gap), None)


def plain_gap(name, expected, got):
    """Return the gap of a text, of None, or of a function, which is compared by its name."""
    if type(got) is type(expected) and got == expected:
        return None
    if callable(expected) and expected.__name__ in (getattr(got, "__name__", None), getattr(got, "name", None)):
        return None
    asked = f"the function {expected.__name__}" if callable(expected) else repr(expected)
    if type(got) is not type(expected):
        return Gap(name, "type", f"`{name}` is {a_kind(got)}; {asked} is asked for.", "What kind of thing is made?")
    return Gap(name, "value", f"`{name}` is {got!r:.80}; expected {asked}.", "Which line gives it its value?")


def array_gap(name, expected, got, layout):
    if isinstance(got, NUMBER[1:]) and not isinstance(got, (str, bytes)):
        got = np.asarray(got)
    if type(got) is not np.ndarray:
        asked = "an array" if expected.ndim else "one number" if expected.dtype.kind != "b" else "True or False"
        return Gap(name, "type", f"`{name}` is {a_kind(got)}; {asked} is asked for.", "What kind of thing is made?")
    if got.ndim > expected.ndim == 0:
        text = f"`{name}` has shape {got.shape}; one number is asked for."
        return Gap(name, "shape", text, "What makes one number of these?")
    if got.shape != expected.shape:
        symbols = ", ".join(map(str, layout.symbols)) + ("," if len(layout.symbols) == 1 else "")
        asked = f"({symbols}) = {expected.shape}" if symbols else f"{expected.shape}"
        text = f"`{name}` has shape {got.shape}; the task asks for {asked}."
        return Gap(name, "shape", text, shape_question(expected.shape, got.shape, layout))
    if got.dtype.kind not in ("b" if expected.dtype.kind == "b" else "fiu"):
        asked = "True or False" if expected.dtype.kind == "b" else "real numbers"
        text = f"`{name}` holds entries of type {got.dtype}; {asked} are asked for."
        return Gap(name, "dtype", text, "Where does that type come from?")
    return value_gap(name, expected, got, layout)


def value_gap(name, expected, got, layout):
    if got.dtype == expected.dtype and got.tobytes() == expected.tobytes():
        return None  # as most of a right cache is: no sum has to be made
    truth = expected.dtype.kind == "b"
    wrong = expected != got if truth else differs(expected, got)
    if not wrong.any():
        return None
    got = got.astype(float)
    bad = ~np.isfinite(got)
    # Point at what is not a number first, else at the first wrong entry in the order of time, then of the axes.
    points = np.argwhere(bad if bad.any() else wrong)
    time_axis = layout.symbols.index(layout.steps) if layout.steps in layout.symbols else None
    if time_axis is not None:
        points = points[np.argsort(points[:, time_axis], kind="stable")]
    first = tuple(int(i) for i in points[0])
    entry = f"{name}[{', '.join(map(str, first))}]" if first else name
    shown = [str(bool(value)) if truth else f"{value:.6g}" for value in (got[first], expected[first])]
    text = f"`{entry}` is {shown[0]}; expected {shown[1]}."
    count, total = int(wrong.sum()), wrong.size
    if bad.any():
        text += f" {int(bad.sum())} of {total} entries are not finite."
        return Gap(name, "value", text, "Which step divides by zero, takes the logarithm of zero, or overflows?")
    if total > 1:
        by = "" if truth or count == 1 else f", by up to {np.abs(got - expected)[wrong].max():.3g}"
        text += f" {count} of {total} entries {'differs' if count == 1 else 'differ'}{by}."
    if time_axis is not None:
        text += steps_text(wrong, got, time_axis)
    return Gap(name, "value", text, "Which term of the equation, or which index, is different?")


def is_changed(before, after):
    """Whether a call has changed its arguments, by more than rounding."""
    if isinstance(before, dict) and isinstance(after, dict):
        return before.keys() != after.keys() or any(is_changed(before[key], after[key]) for key in before)
    if isinstance(before, (tuple, list)) and isinstance(after, (tuple, list)):
        return len(before) != len(after) or any(map(is_changed, before, after))
    return find_gap("argument", before, after) is not None


def differs(expected, got):
    """Where two real arrays of one shape differ by more than the tolerance, as a boolean array."""
    got = np.asarray(got, dtype=float)
    with np.errstate(invalid="ignore"):
        return ~(np.abs(got - expected) <= room_of(expected))


def room_of(expected):
    """How far each entry of an array may be from what is expected."""
    size = np.abs(expected)
    return ABSOLUTE + RELATIVE_TO_LARGEST * size.max(initial=0.0) + RELATIVE * size


def steps_text(wrong, got, time_axis):
    """Which time steps are right, as a sentence; nothing where none or where all are wrong."""
    others = tuple(axis for axis in range(wrong.ndim) if axis != time_axis)
    by_step, is_zero = wrong.any(axis=others), ~got.astype(bool).any(axis=others)
    right = [str(t) for t in np.flatnonzero(~by_step)]
    if not right:
        return "" if len(by_step) == 1 else " No time step is right."
    if is_zero[by_step].all():
        rest = "the other one is" if by_step.sum() == 1 else "all others are"
        return f" Right at time step t = {', '.join(right)}; {rest} 0: is something stored at every step?"
    if len(right) == 1 and not by_step[-1]:
        return " Right at the last time step, wrong at every step before it: is nothing carried back?"
    if len(right) == 1 and not by_step[0]:
        return " Right at the first time step, wrong at every step after it: is nothing carried on?"
    return f" Right at time step t = {', '.join(right)}; wrong at the others."


def notice(name, expected, got, layout=None):
    """What is certain about a wrong array without knowing the mistake, a sentence each; often nothing."""
    if type(got) is not np.ndarray or not isinstance(expected, np.ndarray) or got.dtype.kind not in "fiu":
        return []
    layout = layout or Layout()
    if got.shape == expected.shape[::-1] and got.ndim == 2 and not differs(expected, got.T).any():
        return [f"`{name}` is the transpose of what is expected."]
    if got.shape != expected.shape or not differs(expected, got).any():
        return []
    if got.size > 1 and not got.any():
        return [f"Every entry of `{name}` is 0."]
    factor = constant_factor(expected, got)
    if factor is None:
        return another_order(name, expected, got, layout)
    # Only what the output counts, or what is summed over: examples and time steps.
    counted = {s: n for s, n in layout.sizes.items() if n > 1 and s in (*layout.symbols, "m", layout.steps)}
    sizes = [f" ({s} is {n})" for s, n in counted.items() if np.isclose(abs(factor), [n, 1 / n], rtol=1e-4).any()]
    return [f"Every entry of `{name}` is {factor:.4g} times the expected one{''.join(sizes[:1])}."]


def another_order(name, expected, got, layout):
    """That the entries are the expected ones, but not in their places; along which axis, where it is one."""
    if differs(np.sort(expected, axis=None), np.sort(got, axis=None)).any():
        return []
    axes = [axis for axis in range(got.ndim) if not differs(np.sort(expected, axis), np.sort(got, axis)).any()]
    if len(axes) != 1:
        return [f"`{name}` holds the expected entries, in another order."]
    symbol = f" ({layout.symbols[axes[0]]})" if len(layout.symbols) == got.ndim else ""
    return [f"`{name}` holds the expected entries, in another order along axis {axes[0]}{symbol}."]


def constant_factor(expected, got):
    """The one number by which every entry is multiplied, or None."""
    largest = np.unravel_index(np.abs(expected).argmax(), expected.shape)
    if got.size < 2 or expected[largest] == 0 or not np.isfinite(got).all():
        return None
    factor = float(got[largest] / expected[largest])
    return factor if factor and not differs(expected * factor, got).any() else None


def shape_question(expected, got, layout):
    if len(got) == len(expected) and got == expected[::-1]:
        return "Which axis comes first, and what does it count?"
    if tuple(n for n in expected if n != 1) == tuple(n for n in got if n != 1):
        return "Which option keeps an axis of length 1?"
    if len(got) == len(expected):
        axis = next(i for i, (g, e) in enumerate(zip(got, expected)) if g != e)
        return f"What should axis {axis} count, and from what does its length come?"
    if layout.steps in layout.symbols:
        return "How many axes does one time step have, how many a whole sequence?"
    return "How many axes are asked for, and what does each of them count?"


def a_kind(thing):
    """A thing's type with its article, for a sentence."""
    name = "array" if type(thing) is np.ndarray else type(thing).__name__
    name = getattr(thing, "type_name", name) if name == "Foreign" else name  # what could not leave its process
    return f"{'an' if name[:1] in 'aeiouAEIOU' else 'a'} {name}"


# ---- fingerprints: a mistake is recognised by a few sums, from which no solution can be read ------------------


def fingerprint(value):
    """Three weighted sums over all numbers of a value, then over their sizes, as a scale; None if any is not finite."""
    leaves = list(numbers_in(value))
    if any(leaf is None for leaf in leaves):
        return None
    numbers = np.concatenate([leaf.ravel() for leaf in leaves]) if leaves else np.zeros(0)
    if not np.isfinite(numbers).all():
        return None
    weights = np.cos(np.outer([1.0, 2.0, 3.0], np.arange(1, numbers.size + 1) * np.sqrt(2)))
    return np.concatenate([weights @ numbers, np.abs(weights) @ np.abs(numbers)])


def numbers_in(value):
    if isinstance(value, dict):
        value = [value[key] for key in sorted(value)]
    if isinstance(value, (tuple, list)):
        for item in value:
            yield from numbers_in(item)
    elif isinstance(value, str):
        yield np.array([ord(character) for character in value], dtype=float)
    elif isinstance(value, NUMBER) and np.asarray(value).dtype.kind in "fiub":
        array = np.asarray(value, dtype=float)
        yield array
        yield np.array(array.shape, dtype=float)
    else:
        yield None


def same_fingerprint(mine, sums):
    """Whether a fingerprint has these three sums, within a millionth of its scale."""
    return bool(np.all(np.abs(mine[:3] - np.asarray(sums)) <= 1e-9 + 1e-6 * mine[3:]))


# ---- the check --------------------------------------------------------------------------------------------------


def check(function):
    """Compare a function with the expected values of its task's public case, and say what is seen.

    What passes is printed with yours beside the expected values; what does not goes to the error stream (the tinted
    box), so that nbgrader's Validate button sees it too. Nothing is raised: the notebook runs on.
    """
    name = getattr(function, "__name__", str(function))
    cases = load_cases()
    if name not in cases:
        print(f"There is no check for {name!r}; there is one for each of {', '.join(cases)}.", file=sys.stderr)
        return
    passed, lines = examine(function, cases[name])
    if not passed:
        for helper in cases[name]["calls"]:
            own = getattr(function, "__globals__", {}).get(helper)
            if callable(own) and not examine(own, cases[helper])[0]:
                lines.append(f"`{helper}`, on which this builds, does not pass its own check yet. Begin there.")
    if not passed:  # a notebook's narrow cell must not break lines inside words
        lines = [textwrap.fill(line, 88, subsequent_indent="    ") for line in lines]
    print("\n".join(lines), file=sys.stdout if passed else sys.stderr)


def attempt(show, *needs):
    """Run an experiment, ``show()``. While a function that it needs still waits for a value, say so instead.

    An error goes to the error stream and is not raised: the notebook runs on.
    """
    try:
        show()
    except Exception as error:
        names = show.__globals__
        waiting = [name for name in needs if name not in names or waiting_line(names[name])]
        if waiting:
            print(f"Fill in {' and '.join(waiting)} first; then this cell shows its result.")
        else:
            ours = [part for part in traceback.extract_tb(error.__traceback__) if is_cell(part.filename)]
            place = f" in `{ours[-1].name}`, at line {ours[-1].lineno} of its cell" if ours else ""
            print(f"This experiment is stopped by {type(error).__name__}{place}: {error}", file=sys.stderr)


def is_cell(filename):
    """Whether a traceback's name of a file is that of a notebook's cell."""
    return filename.startswith(("<ipython-input", "<cell")) or "ipykernel_" in filename


def examine(function, case):
    """Whether a function passes a case, and the lines that say what is seen."""
    task, sizes = case["task"], ", ".join(f"{symbol} = {size}" for symbol, size in case["sizes"].items())
    line = waiting_line(function)
    where = f"the `None` in line {line} of the function" if line else "a `None` between START and END"
    undone = [f"{task} is not done yet: {where} waits for its value."]
    waits = [f"  The `None` in line {line} of the function still waits for its value."] if line else []
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            arguments = copy.deepcopy(case["arguments"])
            got = function(*arguments)
    except Exception as error:
        is_undone = line and isinstance(error, TypeError) and "None" in str(error)
        return False, undone if is_undone else error_lines(task, function, error) + waits
    outputs, problem = split_outputs(case, got)
    if problem:
        return False, [f"{task}: {problem.text}", f"  {problem.question}"]
    gaps = {}
    for output, expected in case["expected"].items():
        symbols = tuple(case["shapes"][output] or ())
        layout = Layout(symbols, case["sizes"], case["steps"])
        gap = find_gap(output, expected, outputs[output], layout)
        if gap:
            gaps[output] = (gap, notice(output, expected, outputs[output], layout))
    if not gaps:
        if is_changed(case["arguments"], arguments):
            text = f"{task}: all outputs are as expected, and an argument is changed by the call."
            return False, [text, "  Which line writes into what was handed in?"]
        head = f"{task}: all outputs agree with the expected values ({sizes}; tolerance {RELATIVE:g} of each entry)."
        return True, [head, *value_lines(case, outputs)]
    named = [output for output, symbols in case["shapes"].items() if symbols is not None] or list(outputs)
    if all(outputs[output] is None for output in named):
        return False, undone
    return False, gap_lines(case, outputs, gaps, sizes) + waits


def split_outputs(case, got):
    """The outputs by name, or a gap where the function returned something else."""
    names = list(case["expected"])
    if case.get("returns_value"):
        return {names[0]: got}, None
    if case["returns_dict"]:
        if not isinstance(got, dict):
            text = f"the function returns {a_kind(got)}; a dict of {len(names)} entries is asked for."
            return None, Gap("returns", "type", text, "What does the last line return?")
        missing = [name for name in names if name not in got]
        if missing:
            text = f"the returned dict has no entry {missing[0]!r}."
            return None, Gap("returns", "missing", text, "Under which name is it stored?")
        return {name: got[name] for name in names}, None
    if not isinstance(got, (tuple, list)) or len(got) != len(names):
        what = f"{len(got)} values" if isinstance(got, (tuple, list)) else a_kind(got)
        text = f"the function returns {what}; {len(names)} values are asked for: {', '.join(names)}."
        return None, Gap("returns", "length", text, "What does the last line return?")
    return dict(zip(names, got)), None


def error_lines(task, function, error):
    """An exception as a sentence with the line of the learner's own code where it happened."""
    where, frame = "", error.__traceback__
    while frame is not None:
        code = frame.tb_frame.f_code
        if code is getattr(function, "__code__", None):
            where = f", at line {frame.tb_lineno - code.co_firstlineno + 1} of the function"
        frame = frame.tb_next
    text = str(error).strip().splitlines()
    said = f": {text[0]}" if text else ""
    return [f"{task}: stopped by {type(error).__name__}{where}{said}.".replace("..", "."),
            "  Which two things meet in that line, and what are their shapes?"]


def waiting_line(function):
    """The first line of a function, from 1, on which a ``None`` of the scaffold waits; 0 where there is none."""
    try:
        lines = inspect.getsource(function).splitlines()
    except (OSError, TypeError):
        return 0
    inside = False
    for number, line in enumerate(lines, 1):
        if "START CODE HERE" in line or "END CODE HERE" in line:
            inside = "START CODE HERE" in line
        elif inside and re.search(r"(^|[=(,])\s*None\b", line.partition("#")[0]):
            return number
    return 0


def value_lines(case, outputs):
    """A small table: item, shape, yours, expected."""
    rows = [("item", "shape", "yours", "expected")]
    for label, path in case["printed"]:
        yours, expected = outputs, case["expected"]
        for key in path:
            yours, expected = yours[key], expected[key]
        rows.append((label, str(np.shape(yours)), brief(yours), brief(expected)))
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    return ["  " + "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[3]])
            for row in rows]


def brief(value):
    """A value or the first entries of an array; real numbers have eight decimals."""
    entries = [f"{entry:.8f}" if isinstance(entry, float) else str(entry) for entry in np.ravel(value)[:3].tolist()]
    text = " ".join(entries) + (" ..." if np.size(value) > 3 else "")
    return f"[{text}]" if np.ndim(value) else text


def gap_lines(case, outputs, gaps, sizes):
    right = [output for output in case["expected"] if output not in gaps]
    lines = [f"{case['task']}: {', '.join(f'`{o}`' for o in gaps)} not yet as expected"
             + (f"; right: {', '.join(f'`{o}`' for o in right)}." if right else "."),
             f"  (on the public case: {sizes})"]
    gap, facts = next(iter(gaps.values()))
    lines += [f"  {gap.text}", *(f"  {fact}" for fact in facts)]
    mistake = recognise(case, outputs, gaps)
    return [*lines, f"  {mistake['says']}", f"  {mistake['hint']}"] if mistake else [*lines, f"  {gap.question}"]


def recognise(case, outputs, wrong):
    """The catalogued mistake whose fingerprints all wrong outputs bear; None where there is none or no single one."""
    mine = {output: fingerprint(outputs[output]) for output in wrong}
    if any(print_ is None for print_ in mine.values()):
        return None
    found = [
        mistake for mistake in case["mistakes"]
        if set(mistake["prints"]) == set(mine)
        and all(same_fingerprint(mine[output], print_) for output, print_ in mistake["prints"].items())
    ]
    return found[0] if len({mistake["says"] for mistake in found}) == 1 else None


# ---- the file of cases ----------------------------------------------------------------------------------------------


def load_cases():
    """The public cases by task name, from beside the notebook or this file; for a source notebook, its release's."""
    cwd = Path.cwd()
    for folder in (cwd, Path(__file__).parent, cwd.parent.parent / "release" / cwd.name):
        path = folder / CASES
        if path.exists():
            cases = json.loads(path.read_text(encoding="utf-8"))
            return {name: {**case, **{key: unpack(case[key], []) for key in ("arguments", "expected")}}
                    for name, case in cases.items()}
    raise FileNotFoundError(f"{CASES} is missing: it belongs beside this notebook, as in the release folder")


def unpack(packed, seen):
    """A value from its JSON form; what occurs again in a case is stored once and referred to by number."""
    if "again" in packed:
        return seen[packed["again"]]
    if "function" in packed:
        module, name = packed["function"]
        return getattr(importlib.import_module(module), name)
    if "plain" in packed:
        return packed["plain"]
    if "array" in packed:
        value = np.array(packed["array"], dtype=packed.get("dtype", float)).reshape(packed["shape"])
        value = value[()] if packed.get("scalar") else value
    elif "dict" in packed:
        value = {key: unpack(item, seen) for key, item in packed["dict"].items()}
    else:
        items = [unpack(item, seen) for item in packed["items"]]
        value = tuple(items) if packed["tuple"] else items
    seen.append(value)
    return value
