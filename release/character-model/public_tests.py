"""The checks that learners run: ``check(function)`` on the public case of its task.

It needs numpy 1.24 or newer, and runs on Python 3.9 or newer. A check never depends on what another cell left behind:
arguments and expected values come from ``public_cases.json`` beside this file or beside the notebook. The judge that
grades a class says what differs with the same functions, on arguments of its own.
"""

import ast
import base64
import copy
import difflib
import dis
import importlib
import inspect
import io
import itertools
import json
import linecache
import re
import sys
import textwrap
import tokenize
import traceback
import warnings
import zlib
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple

try:
    import bz2
except ImportError:  # a Python without it knows no catalogue of mistakes, and has all else
    bz2 = None  # type: ignore[assignment]

import numpy as np

# An entry agrees within RELATIVE of its own size, or RELATIVE_TO_LARGEST of the largest entry beside it: room for
# float32 arithmetic and for another order of summation, not for a missing term.
RELATIVE, RELATIVE_TO_LARGEST, ABSOLUTE = 1e-4, 1e-5, 1e-9
CASES = "public_cases.json"
MOST_PRINTED = 400  # characters that a function prints while it is checked
DEEPEST = 20  # lists within lists that are followed
#: Raised where the source of a function cannot be read; from Python 3.12 on, `inspect` lets an error of its own pass.
NO_SOURCE = (OSError, TypeError, SyntaxError, ValueError, tokenize.TokenError)
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
    if contains_itself(got):
        return Gap(name, "type", f"`{name}` is {a_kind(got)} that contains itself.", "What is put into it, and when?")
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
    if contains_itself(got):
        return Gap(name, "type", f"`{name}` is a dict that contains itself.", "What is put into it, and when?")
    if not isinstance(got, dict):
        return Gap(name, "type", f"`{name}` is {a_kind(got)}; a dict is asked for.", "What is stored under that name?")
    missing = [key for key in expected if key not in got]
    if missing:
        partly = len(missing) < len(expected) and len(got) == len(expected) - len(missing)
        question = "Is an entry stored for every name?" if partly else "Under which name is it stored?"
        return Gap(name, "missing", f"`{name}` has no entry {missing[0]!r}.", question)
    gaps = (find_gap(f'{name}["{key}"]', expected[key], got[key]) for key in expected)
    return next((gap for gap in gaps if gap), None)


def contains_itself(value):
    """Whether a list or a dict has itself among its items, however deep."""
    seen, left = set(), [value]
    while left:
        held = left.pop()
        items = held.values() if isinstance(held, dict) else held if isinstance(held, (tuple, list)) else ()
        if any(item is value for item in items) and isinstance(value, (dict, tuple, list)):
            return True
        if id(held) not in seen:
            seen.add(id(held))
            left += items
    return False


def is_endless(value, above=()):
    """Whether a value contains itself or has a part that does; so has one that is nested too deep to be followed."""
    if not isinstance(value, (dict, tuple, list)):
        return False
    if len(above) > DEEPEST or any(value is other for other in above):
        return True
    return any(is_endless(item, (*above, value)) for item in (value.values() if isinstance(value, dict) else value))


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
        question = "What makes one array of the parts?" if isinstance(got, list) else "What kind of thing is made?"
        return Gap(name, "type", f"`{name}` is {a_kind(got)}; {asked} is asked for.", question)
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


#: Asked where nothing more is known of a wrong value.
WHICH_TERM = "Which term of the equation, or which index, is different?"


def value_gap(name, expected, got, layout):
    if got.dtype == expected.dtype and got.tobytes() == expected.tobytes():
        return None  # as most of a right cache is: no sum has to be made
    truth = expected.dtype.kind == "b"
    wrong = expected != got if truth else differs(expected, got)
    if not wrong.any():
        return None
    got = got.astype(float)
    bad = wrong & ~np.isfinite(got)
    # Point at what is not a number first, else at the first wrong entry in the order of time, then of the axes.
    points = np.argwhere(bad if bad.any() else wrong)
    time_axis = layout.symbols.index(layout.steps) if layout.steps in layout.symbols else None
    if time_axis is not None:
        points = points[np.argsort(points[:, time_axis], kind="stable")]
    first = tuple(int(i) for i in points[0])
    entry = f"{name}[{', '.join(map(str, first))}]" if first else name
    shown = [str(bool(value)) if truth else f"{value:.6g}" for value in (got[first], expected[first])]
    text = f"`{entry}` is {shown[0]}; expected {shown[1]}."
    if wrong.size == 1 and expected.dtype.kind in "iub" and not bad.any():
        return Gap(name, "value", text, number_question(name, expected[first], got[first], truth))
    count, total = int(wrong.sum()), wrong.size
    if bad.any():
        text += f" {int(bad.sum())} of {total} entries are not finite."
        return Gap(name, "value", text,
                   "Which step divides by zero, overflows, or takes the root or the logarithm of too small a number?")
    if total > 1:
        by = "" if truth or count == 1 else f", by up to {np.abs(got - expected)[wrong].max():.3g}"
        text += f" {count} of {total} entries {'differs' if count == 1 else 'differ'}{by}."
    asked = ""
    if time_axis is not None:
        steps, asked = steps_text(wrong, got, time_axis)
        text += steps
    return Gap(name, "value", text, asked or WHICH_TERM)


def number_question(name, expected, got, truth):
    """The question on a whole number or a truth value that is another one."""
    if truth:
        return WHEN_TRUE
    if name.endswith("]"):  # an item, such as a size in a shape
        return WHICH_ITEM
    return TOO_SMALL if got < expected else TOO_LARGE


#: Asked of a whole number, and of a truth value.
TOO_SMALL, TOO_LARGE, WHICH_ITEM = "What makes it too small?", "What makes it too large?", "What belongs in that place?"
WHEN_TRUE = "When should it be True, and when False?"


def is_changed(before, after):
    """Whether a call has changed its arguments, by more than rounding."""
    if isinstance(before, dict) and isinstance(after, dict):
        return before.keys() != after.keys() or any(is_changed(before[key], after[key]) for key in before)
    if isinstance(before, (tuple, list)) and isinstance(after, (tuple, list)):
        return len(before) != len(after) or any(map(is_changed, before, after))
    return find_gap("argument", before, after) is not None


def differs(expected, got):
    """Where two real arrays of one shape differ by more than the tolerance, as a boolean array.

    An infinite entry agrees with the same one alone, and NaN with NaN.
    """
    got = np.asarray(got, dtype=float)
    with np.errstate(invalid="ignore"):
        near = (np.abs(got - expected) <= room_of(expected)) & np.isfinite(expected)
    return ~(near | (got == expected) | (np.isnan(got) & np.isnan(expected)))


def room_of(expected):
    """How far each entry of an array may be from what is expected; infinite entries widen no other's room."""
    size = np.where(np.isfinite(expected), np.abs(expected), 0.0)
    return ABSOLUTE + RELATIVE_TO_LARGEST * size.max(initial=0.0) + RELATIVE * size


def steps_text(wrong, got, time_axis):
    """Which time steps are right, as a sentence, and the question that this leads to; empty where there is none."""
    others = tuple(axis for axis in range(wrong.ndim) if axis != time_axis)
    by_step, is_zero = wrong.any(axis=others), ~got.astype(bool).any(axis=others)
    right = [str(t) for t in np.flatnonzero(~by_step)]
    if not right:
        return ("" if len(by_step) == 1 else " No time step is right."), ""
    if is_zero[by_step].all():
        rest = "the other one is" if by_step.sum() == 1 else "all others are"
        return f" Right at time step t = {', '.join(right)}; {rest} 0.", "Is something stored at every step?"
    if len(right) == 1 and not by_step[-1]:
        return (" Right at the last time step, wrong at every step before it.",
                "What is carried back from each step to the one before it?")
    if len(right) == 1 and not by_step[0]:
        return (" Right at the first time step, wrong at every step after it.",
                "What is carried on from each step to the next?")
    return f" Right at time step t = {', '.join(right)}; wrong at the others.", ""


def notice(name, expected, got, layout=None):
    """What is certain about a wrong array without knowing the mistake, a sentence each; often nothing."""
    if type(got) is not np.ndarray or not isinstance(expected, np.ndarray) or got.dtype.kind not in "fiu":
        return []
    layout = layout or Layout()
    if got.shape == expected.shape[::-1] and got.ndim == 2 and not differs(expected, got.T).any():
        return [f"`{name}` is the transpose of what is expected."]
    if got.shape != expected.shape or not differs(expected, got).any():
        return []
    if loses_decimals(expected, got):
        return [f"`{name}` holds whole numbers, and real numbers are expected: decimals are lost."]
    if got.size > 1 and (got == got.flat[0]).all() and (not got.any() or (expected != expected.flat[0]).any()):
        return [f"Every entry of `{name}` is {got.flat[0] + 0.0:.6g}."]
    factor = constant_factor(expected, got)
    if factor is None:
        return another_order(name, expected, got, layout)
    # Only what the output counts, or what is summed over: examples and time steps.
    counted = {s: n for s, n in layout.sizes.items() if n > 1 and s in (*layout.symbols, "m", layout.steps)}
    sizes = [f" ({s} is {n})" for s, n in counted.items() if np.isclose(abs(factor), [n, 1 / n], rtol=1e-4).any()]
    return [f"Every entry of `{name}` is {factor:.4g} times the expected one{''.join(sizes[:1])}."]


def loses_decimals(expected, got):
    """Tell if an array holds whole numbers, of the shape of what is expected, where some have decimals."""
    if not isinstance(expected, np.ndarray) or type(got) is not np.ndarray or got.shape != expected.shape:
        return False
    return bool(got.dtype.kind in "iu" and expected.ndim and (expected != np.trunc(expected)).any())


def another_order(name, expected, got, layout):
    """That the entries are the expected ones, but not in their places; along which axis, where it is one."""
    if got.size < 3:  # two entries may agree by chance
        return []
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
    if got.size < 3 or expected[largest] == 0 or not np.isfinite(got).all():  # two entries may agree by chance
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
    if thing is None:
        return "None"
    name = "array" if type(thing) is np.ndarray else type(thing).__name__
    name = getattr(thing, "type_name", name) if name == "Foreign" else name  # what could not leave its process
    return with_article(name)


def with_article(name):
    """A word with "a" or "an" before it."""
    return f"{'an' if name[:1] in 'aeiouAEIOU' else 'a'} {name}"


# ---- fingerprints: a mistake is recognised by a few sums, from which no solution can be read ------------------


def fingerprint(value):
    """Three weighted sums over all numbers of a value, then over their sizes, as a scale; None if any is not finite."""
    leaves = [None] if is_endless(value) else list(numbers_in(value))
    if any(leaf is None for leaf in leaves):
        return None
    numbers = np.concatenate([leaf.ravel() for leaf in leaves]) if leaves else np.zeros(0)
    if not np.isfinite(numbers).all():
        return None
    weights = np.cos(np.outer([1.0, 2.0, 3.0], np.arange(1, numbers.size + 1) * np.sqrt(2)))
    return np.concatenate([weights @ numbers, np.abs(weights) @ np.abs(numbers)])


def numbers_in(value):
    if isinstance(value, dict):
        value = [value[key] for key in sorted(value, key=str)]
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


def same_fingerprint(mine, sums, room=1e-6):
    """Whether a fingerprint has these first sums, within a millionth of its scale."""
    count = len(sums)
    return bool(np.all(np.abs(mine[:count] - np.asarray(sums)) <= 1e-9 + room * mine[3:3 + count]))


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
    passed, lines = examine(function, cases[name], cases)
    DONE.discard(name)
    if is_outdated(function):
        passed = False
        lines.insert(0, f"This is an earlier {name}: the last cell that was to define it has stopped. What does its "
                        "error say?")
    if not passed:
        for helper in cases[name]["calls"]:
            own = getattr(function, "__globals__", {}).get(helper)
            if callable(own) and not examine(own, cases[helper])[0]:
                lines.append(f"`{helper}`, on which this builds, does not pass its own check yet. Begin there.")
    else:
        lines.append(progress(name, cases))
    if not passed:  # a notebook's narrow cell must not break lines inside words
        lines = [textwrap.fill(line, 88, subsequent_indent="    ") for line in lines]
    print("\n".join(lines), file=sys.stdout if passed else sys.stderr)


#: The functions whose last check has passed.
DONE: "set[str]" = set()


def progress(name, cases):
    """How many functions of the notebook have passed their checks, and which comes next."""
    DONE.add(name)
    done = [other for other in cases if other in DONE]
    if len(done) == len(cases):
        return f"All {len(cases)} are done."
    return f"{len(done)} of {len(cases)} done; next: {next(other for other in cases if other not in DONE)}."


def attempt(show, *needs):
    """Run an experiment, ``show()``. While a function that it needs still waits for a value, say so instead.

    An error goes to the error stream, with the line that raises it, and is not raised: the notebook runs on.
    """
    try:
        show()
    except Exception as error:
        names = show.__globals__
        absent = [name for name in needs if name not in names]
        waiting = [name for name in needs if name in names and waiting_line(names[name])]
        if absent:
            print(f"Run the cell of {listed(absent)} first: no function of that name is there yet.")
        elif waiting:
            print(f"Fill in {listed(waiting)} first; then this cell shows its result.")
        else:
            ours = [part for part in traceback.extract_tb(error.__traceback__) if is_cell(part.filename)]
            place = f" in `{ours[-1].name}`, at line {ours[-1].lineno} of its cell" if ours else ""
            said = f"This experiment is stopped by {type(error).__name__}{place}: {error}"
            print(*[said, *(f"  the line: {part.line}" for part in ours[-1:])], sep="\n", file=sys.stderr)


def listed(names):
    """Names in a row: "a", "a and b", "a, b and c"."""
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def is_cell(filename):
    """Whether a traceback's name of a file is that of a notebook's cell."""
    return filename.startswith(("<ipython-input", "<cell")) or "ipykernel_" in filename


def call(function, arguments, room=0):
    """Call a function, and return its value. Of what it prints, ``room`` characters are shown."""
    shown = FirstCharacters(sys.stdout, room)
    with redirect_stdout(shown), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return function(*arguments)
        finally:
            shown.finish()


class FirstCharacters(io.TextIOBase):
    """A stream that hands on the first characters to another one, so that a check is not lost among prints."""

    def __init__(self, stream, room):
        self.stream, self.room, self.is_shown = stream, room, room > 0

    def write(self, text):
        """Hand on what there is room for."""
        self.stream.write(text[:max(self.room, 0)])
        self.room -= len(text)
        return len(text)

    def finish(self):
        """Say how much is left out."""
        if self.is_shown and self.room < 0:
            print(f"... (and {-self.room} characters more)", file=self.stream)


def is_outdated(function):
    """Whether a later cell was to define this function, and did not come to it; IPython keeps the cells in ``In``."""
    cells, source = getattr(function, "__globals__", {}).get("In"), without_trailing(source_of(function)).strip()
    head = re.compile(rf"^def {getattr(function, '__name__', '')}\(", re.MULTILINE)
    latest = [cell for cell in cells if isinstance(cell, str) and head.search(cell)] if isinstance(cells, list) else []
    return bool(source and latest) and source not in without_trailing(latest[-1])


def without_trailing(text):
    """A text without the blanks at the ends of its lines."""
    return "\n".join(line.rstrip() for line in text.splitlines())


def examine(function, case, cases=None):
    """Whether a function passes a case, and the lines that say what is seen; ``cases`` has those of its helpers."""
    endless = endless_lines(function, case)
    return (False, endless) if endless else compare(function, case, cases)


def compare(function, case, cases):
    """The same as `examine`, of a function that puts no list into itself."""
    task, sizes = case["task"], ", ".join(f"{symbol} = {size}" for symbol, size in case["sizes"].items())
    line = waiting_line(function)
    undone = [f"{task} is not done yet: the `None` in line {line} of the function waits for its value."]
    waits = [f"  The `None` in line {line} of the function still waits for its value."] if line else []
    arguments = copy.deepcopy(case["arguments"])
    try:
        got = call(function, arguments, MOST_PRINTED)
    except Exception as error:
        is_undone = line and isinstance(error, TypeError) and "None" in str(error)
        if is_undone:
            return False, undone
        first = first_difference(function, case, source_of(function), has_raised=True)
        *lines, question = error_lines(case, function, error, cases, first)
        return False, [*lines, *(f"  {line}" for line in first.lines), question, *waits, *leftover_lines(function)]
    outputs, problem = split_outputs(case, got)
    if got is None and not line and not problem and (question := return_question(function)):
        return False, [f"{task}: the function returns None; a value is asked for.", f"  {question}"]
    if problem:
        asked = (return_question(function) or early_question(function) or exit_question(function, case)
                 or problem.question)
        return False, [f"{task}: {problem.text}", f"  {asked}"]
    gaps = {}
    for output, expected in case["expected"].items():
        symbols = tuple(case["shapes"][output] or ())
        layout = Layout(symbols, case["sizes"], case["steps"])
        gap = find_gap(output, expected, outputs[output], layout)
        if gap:
            gaps[output] = (gap, notice(output, expected, outputs[output], layout))
    if not gaps:
        if is_changed(case["arguments"], arguments):
            return False, changed_lines(function, case, arguments)
        head = f"{task}: all outputs agree with the expected values ({sizes}; tolerance {RELATIVE:g} of each entry)."
        other = second_lines(function, case)
        if other:
            return False, other
        return True, [head, *value_lines(case, outputs), *leftover_lines(function)]
    named = [output for output, symbols in case["shapes"].items() if symbols is not None] or list(outputs)
    if line and all(outputs[output] is None for output in named):
        return False, undone
    if line and any(fingerprint(outputs[output]) is None for output in gaps):  # nan comes from the line that waits
        right = [f"`{output}`" for output in outputs if output not in gaps]
        return False, [*undone, *([f"  Right so far: {', '.join(right)}."] if right else [])]
    said, asked = cause_lines(function, case, cases or {}, arguments, outputs, gaps)
    return False, undone * bool(line) + gap_lines(case, outputs, gaps, sizes, said, asked) + leftover_lines(function)


def cause_lines(function, case, cases, arguments, outputs, gaps):
    """Return sentences on the lines that make outputs wrong, and a question on them, which may be empty.

    The ``arguments`` are those after the call.
    """
    changed, where = changed_argument(function, case, arguments)
    source = source_of(function)
    first = first_difference(function, case, source, wrong=gaps, changed=changed)
    dropped, replaced = dropped_lines(function, cases), [] if first.lines else replaced_lines(function)
    asked = (first.question or loop_question(first, source, case["task"]) or early_question(function)
             or (WHICH_NAME if dropped else WHICH_PASS if replaced else line_question(first, gaps)))
    said = first.lines + dropped + replaced + unread_lines(function)
    lost, lines, question = lost_decimals(function, case) or whole_output(first, case["expected"], outputs, source)
    if lines:
        after = [f"`{first.name}`, the first value that differs, is made of it."] if lost in read_at(
            first.line, source) and lost != first.name else []
        is_told = after or lost in (first.name, first.idle)
        said, asked = lines + after + (said[1:] if is_told else said), question
    if kind := kind_lines(function, case, next(iter(gaps.values()))[0]):
        is_same = first.name in gaps or not first.name
        said = kind[:1] + [line for line in said if not is_same or line not in first.lines]
        asked = kind[1] if is_same and not dropped else asked
    if changed and (change := change_sentence(changed, where)) not in said:
        said.append(change)
    return said, asked


def second_lines(function, case):
    """What is wrong on arguments of other sizes, in sentences; none where nothing is."""
    second = case.get("second")
    if not second:
        return []
    sizes = ", ".join(f"{symbol} = {size}" for symbol, size in second["sizes"].items())
    head = f"{case['task']}: all is as expected on the sizes of the public case, and not on others ({sizes})."
    typed = typed_sizes(function, case)
    question = ("  Which number in the code fits one size only?" if typed
                else "  How do those arguments differ from the public ones, and which line has to allow for that?")
    try:
        got = call(function, copy.deepcopy(second["arguments"]))
    except Exception as error:
        lines = error_lines(case, function, error)[:-1]
        return [head, *(f"  {line.strip()}" for line in lines), *typed, question]
    outputs, problem = split_outputs(case, got)
    if problem:
        return [head, f"  There {problem.text}", *typed, question]
    wrong = []
    for output, sums in second["expected"].items():
        mine = fingerprint(outputs[output])
        if mine is None or not same_fingerprint(mine, sums, room=RELATIVE):
            shape = [second["sizes"].get(symbol, symbol) for symbol in case["shapes"][output] or ()]
            mistaken = shape and not is_endless(outputs[output]) and np.shape(outputs[output]) != tuple(shape)
            wrong.append(f"  `{output}` has shape {np.shape(outputs[output])} there; the task asks for "
                         f"{tuple(shape)}." if mistaken
                         else f"  `{output}` has other values there than expected.")
    return [head, *wrong, *typed, question] if wrong else []


def typed_sizes(function, case):
    """The lines in which the sizes of the public case stand as numbers, in a sentence each; at most three."""
    tree, _ = source_tree(getattr(inspect.unwrap(function), "__code__", None))
    sizes, found = {size for size in case["sizes"].values() if size > 2}, {}
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Constant) and type(node.value) is int and node.value in sizes:
            found.setdefault(node.lineno, []).append(str(node.value))
    return [f"  Line {line} of the function holds the number{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}."
            for line, numbers in sorted(found.items())[:3]]


def line_question(first, gaps):
    """The question on the line that differs first, where nothing more is known of a value; else empty."""
    gap, _ = next(iter(gaps.values()))
    lines = [str(line) for line in sorted({first.line, *first.others} - {0})]
    if not lines or gap.question not in (WHICH_TERM, TOO_SMALL, TOO_LARGE, WHICH_ITEM, WHEN_TRUE):
        return ""
    if len(lines) > 1:
        return f"Compare lines {listed(lines)} with the task: which part is missing, too many, or another one?"
    ends = {TOO_SMALL: "too small", TOO_LARGE: "too large"}
    if gap.question in ends and gap.where == first.name:
        return f"What in line {lines[0]} makes `{first.name}` {ends[gap.question]}?"
    if gap.question == WHEN_TRUE and gap.where.partition("[")[0] == first.name:
        return f"When should line {lines[0]} give True, and when False?"
    return f"Compare line {lines[0]} with the task: which part of it is missing, too many, or another one?"


def read_at(line, source):
    """The names that a line reads."""
    statement = statement_at(ast.parse(source), line) if line else None
    return names_read(statement) if statement is not None else set()


def kind_lines(function, case, gap):
    """A sentence on the line that makes an output something else than is asked for, and a question; or nothing."""
    if gap.kind not in ("missing", "type") or gap.where not in case["expected"]:
        return []
    tree, _ = source_tree(getattr(inspect.unwrap(function), "__code__", None))
    seen, kinds, ends = [], [], []

    def visit(frame, line, event, argument):
        seen.append(line)
        kinds.append(type(frame.f_locals[gap.where]) if gap.where in frame.f_locals else None)
        if event == "return":
            ends.append(type(argument))

    watch(function, copy.deepcopy(case["arguments"]), visit)
    if not tree or not ends or (gap.kind == "missing" and type(None) not in (kinds[-1], ends[-1])):
        return []
    returns = [node for node in own_nodes(tree.body[0]) if isinstance(node, ast.Return)]
    last = next((node for node in returns if node.lineno <= seen[-1] <= node.end_lineno), None)
    if last is not None and last is not max(returns, key=lambda node: node.lineno):
        says = f"It is returned by line {last.lineno} of the function: {ast.unparse(last)}"
        nothing = last.value is None or is_blank(last.value)
        asked = f"Line {last.lineno} returns nothing. Which value should stand there?" if nothing else gap.question
        return [says, asked]
    place = next((i for i in range(len(kinds) - 1, 0, -1) if kinds[i] is not kinds[i - 1]), 0)
    if not place or kinds[-1] is None or (case.get("returns_value") and kinds[-1] is not ends[-1]):
        return []
    statement = statement_at(tree, seen[place - 1])
    if statement is None or hasattr(statement, "body"):
        return []
    line = statement.lineno
    name = "array" if kinds[-1] is np.ndarray else kinds[-1].__name__
    kind = "None" if kinds[-1] is type(None) else with_article(name)
    return [f"`{gap.where}` is {kind} from line {line} of the function on: {ast.unparse(statement)}",
            f"What kind of thing should `{gap.where}` be after line {line}?"]


class Stop(BaseException):
    """Ends a call that is watched; no ``except Exception`` of a learner's keeps it."""


def endless_lines(function, case):
    """Return sentences on a line that puts a list into itself; none where no line does.

    Of such a list numpy would make an array of as many axes as it can, which fills the memory: so the call is ended
    there. Functions without such a line are not called.
    """
    tree, _ = source_tree(getattr(inspect.unwrap(function), "__code__", None))
    found, inside = [], lists_in_themselves(tree)

    def visit(frame, line, event, argument):
        found.extend(held for held in inside.items() if contains_itself(frame.f_locals.get(held[1].func.value.id)))
        if found:
            raise Stop

    try:
        if inside:
            watch(function, copy.deepcopy(case["arguments"]), visit)
    except Stop:
        line, made = found[0]
        name = made.func.value.id
        return [f"{case['task']}: line {line} of the function puts the list `{name}` into itself: {ast.unparse(made)}",
                f"  What should be put into `{name}` there?"]
    return []


def lists_in_themselves(tree):
    """The calls that put a list into itself, such as ``a.append(a)``, by their lines."""
    calls = [node for node in own_nodes(tree.body[0]) if isinstance(node, ast.Call)] if tree else []
    return {node.lineno: node for node in calls if isinstance(node.func, ast.Attribute)
            and node.func.attr in ("append", "insert") and isinstance(node.func.value, ast.Name)
            and any(name == node.func.value.id for part in node.args for name in items_named(part))}


def items_named(node):
    """The names that are the value of an expression, or items of it."""
    if isinstance(node, (ast.Tuple, ast.List)):
        return [name for part in node.elts for name in items_named(part)]
    return [node.id] if isinstance(node, ast.Name) else []


#: Parts of an expression that does nothing but compute.
HARMLESS = (ast.Name, ast.Constant, ast.BinOp, ast.UnaryOp, ast.Subscript, ast.Slice, ast.Tuple, ast.operator,
            ast.unaryop, ast.expr_context)


def lost_decimals(function, case):
    """Find the first line that puts a number with decimals into an array of whole numbers.

    Returns
    -------
    tuple
        The array's name, sentences and a question; empty where there is no such line.
    """
    tree, _ = source_tree(getattr(inspect.unwrap(function), "__code__", None))
    stores, found, made, before = plain_stores(tree), [], {}, [0]

    def visit(frame, line, event, argument):
        for name, _ in stores.values():
            if made.get(name, (None,))[0] is not frame.f_locals.get(name):
                made[name] = (frame.f_locals.get(name), before[-1])
        before.append(line)
        name, value = stores.get(line, ("", ""))
        array = frame.f_locals.get(name)
        if found or event != "line" or not isinstance(array, np.ndarray) or array.dtype.kind not in "iu":
            return
        try:
            value = np.asarray(eval(value, {}, dict(frame.f_locals)))
        except Exception:  # the line itself will say so
            return
        if value.dtype.kind == "f" and np.isfinite(value).all() and (value != np.trunc(value)).any():
            found.append((line, name, f"{value[value != np.trunc(value)].flat[0]:.6g}", made[name][1]))

    if stores:
        watch(function, copy.deepcopy(case["arguments"]), visit)
    if not found:
        return ()
    line, name, number, maker = found[0]
    said = f"Line {line} of the function puts {number} into `{name}`, which holds whole numbers: the decimals are lost."
    return name, [said, *made_by(name, maker)], WHICH_NUMBERS.format(name)


#: Asked of an array of whole numbers.
WHICH_NUMBERS = "Which kind of numbers should `{}` hold, and what decides it?"


def made_by(name, line):
    """A sentence on the line that makes an array, where it is known."""
    return [f"`{name}` is made by line {line}."] if line > 0 else []


def plain_stores(tree):
    """The lines that give an entry of an array a value which is only computed: the array's name, and the value."""
    stores = {}
    for node in own_nodes(tree.body[0]) if tree else ():
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if not isinstance(target, ast.Subscript) or not isinstance(target.value, ast.Name):
            continue
        value = ast.BinOp(target, node.op, node.value) if isinstance(node, ast.AugAssign) else getattr(node, "value", 0)
        if isinstance(value, ast.AST) and all(isinstance(part, HARMLESS) for part in ast.walk(value)):
            stores[node.lineno] = (target.value.id, ast.unparse(value))
    return stores


def whole_output(first, expected, outputs, source):
    """The same of an output that holds whole numbers where others are expected; see `lost_decimals`."""
    if first.name not in expected or not loses_decimals(expected[first.name], outputs[first.name]) or not source:
        return "", [], ""
    makers = [line for line, names in names_written(ast.parse(source).body[0]).items() if first.name in names]
    return first.name, made_by(first.name, max([0, *(line for line in makers if line <= first.line)])), (
        WHICH_NUMBERS.format(first.name))


def watch(function, arguments, visit):
    """Call a function, and ``visit(frame, line, event, argument)`` before each of its lines, from 1, and at its end."""
    code, before = getattr(inspect.unwrap(function), "__code__", None), sys.gettrace()

    def local(frame, event, argument):
        if event in ("line", "return"):
            visit(frame, frame.f_lineno - code.co_firstlineno + 1, event, argument)
        return local

    try:
        sys.settrace(lambda frame, event, argument: local if frame.f_code is code else None)
        call(function, arguments)
    except Exception:  # what has been seen counts
        pass
    finally:
        sys.settrace(before)


def return_question(function):
    """The question on a function that hands nothing back; empty where one of its lines returns a value."""
    tree, _ = source_tree(getattr(inspect.unwrap(function), "__code__", None))
    definition = tree.body[0] if tree and tree.body else None
    if not isinstance(definition, ast.FunctionDef):
        return ""
    own = [node for node in own_nodes(definition) if isinstance(node, (ast.Return, ast.Call))]
    returns = [node for node in own if isinstance(node, ast.Return)]
    printing = [node for node in own if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"]
    empty = [node for node in returns if node.value is None or is_blank(node.value) or node.value in printing]
    if len(empty) < len(returns):
        return ""
    if printing:
        line = max(node.lineno for node in printing)
        return f"Line {line} prints: that shows values, and hands nothing back. Which word hands them back?"
    if empty:
        return f"Line {empty[-1].lineno} returns nothing. Which value should stand there?"
    return "No line of the function returns anything. Which word hands a value back?"


def early_question(function):
    """The question on a return that ends a loop in its first pass, under no condition; empty where there is none."""
    tree, _ = source_tree(getattr(inspect.unwrap(function), "__code__", None))
    loops = [node for node in own_nodes(tree.body[0]) if isinstance(node, (ast.For, ast.While))] if tree else []
    found = [node.lineno for loop in loops for node in loop.body if isinstance(node, ast.Return)]
    return (f"Line {found[0]} stands inside the loop, and ends the function the first time that it runs. When should "
            "the function end?") if found else ""


def exit_question(function, case):
    """The question on a return that is not the last one of the function's, and ends it; empty where it is the last."""
    tree, _ = source_tree(getattr(inspect.unwrap(function), "__code__", None))
    lines = sorted(node.lineno for node in own_nodes(tree.body[0]) if isinstance(node, ast.Return)) if tree else []
    line = returning_line(function, copy.deepcopy(case["arguments"])) if len(lines) > 1 else 0
    above = [number for number in lines if number <= line]
    if not above or above[-1] == lines[-1]:
        return ""
    return f"The function ends at line {above[-1]}, above its last line. What does each of the two return?"


def returning_line(function, arguments):
    """The line of a function, from 1, at which a call ends; 0 where it is not seen."""
    lines = [0]
    watch(function, arguments, lambda frame, line, event, argument: lines.append(line))
    return lines[-1]


#: Functions of numpy's whose call is of use without its value.
WRITING = {"copyto", "fill_diagonal", "place", "put", "put_along_axis", "putmask", "save", "savez", "seterr"}


def dropped_lines(function, cases):
    """The lines that make a value and keep it nowhere, in a sentence each; at most two."""
    tree, _ = source_tree(getattr(inspect.unwrap(function), "__code__", None))
    return [f"Line {node.lineno} makes a value, and no name gets it: {ast.unparse(node)}"
            for node in (dropped_in(tree.body[0], cases) if tree else ())][:2]


def dropped_in(definition, names):
    """The statements of a function that call numpy, or one of these functions, and keep the value nowhere."""
    found = []
    for node in own_nodes(definition):
        made = node.value if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else None
        target = getattr(made, "func", None)
        numpys = isinstance(target, ast.Attribute) and getattr(target.value, "id", "") == "np" and (
            target.attr not in WRITING and all(keyword.arg != "out" for keyword in made.keywords))
        if numpys or getattr(target, "id", "") in names:
            found.append(node)
    return found


def unread_lines(function):
    """The first line of the learner's own that makes one name which nothing reads, in a sentence."""
    source = source_of(function)
    tree, own = find_definition(source, getattr(function, "__name__", "")), own_lines(source)
    unread = unread_names(tree) if tree else {}
    return [f"Line {node.lineno} makes `{node.targets[0].id}`, which nothing reads."
            for node in (own_nodes(tree) if tree else ()) if isinstance(node, ast.Assign) and len(node.targets) == 1
            and isinstance(node.targets[0], ast.Name) and node.targets[0].id in unread and node.lineno in own][:1]


def own_lines(source):
    """The lines between the first and the last sign of what a learner fills in; all where there are none."""
    lines = source.splitlines()
    tags = [at for at, text in enumerate(lines, 1) if " CODE HERE" in text]
    return range(tags[0], tags[-1]) if len(tags) > 1 else range(1, len(lines) + 1)


#: Asked of a value that no name gets, and of one that each pass gives anew.
WHICH_NAME = "Which name should get that value?"
WHICH_PASS = "What should become of the values of the passes before?"


def replaced_lines(function):
    """The first line that gives a name a value at each pass of a loop which has no use for it, in a sentence."""
    tree, _ = source_tree(getattr(inspect.unwrap(function), "__code__", None))
    return [f"Line {node.lineno} gives `{node.targets[0].id}` another value at each pass: only the last one is left."
            for node in replaced_in(tree.body[0] if tree else None)[:1]]


def replaced_in(definition):
    """The statements of a function's loops that give a name a value at each pass, and that no pass uses.

    A loop that something may end is left out: there the last value may be what is searched for.
    """
    found = []
    for loop in own_nodes(definition) if definition else ():
        if not isinstance(loop, (ast.For, ast.While)):
            continue
        nodes = list(ast.walk(loop))
        names = [node for node in nodes if isinstance(node, ast.Name)]
        if any(isinstance(node, (ast.Break, ast.Return, ast.Continue)) for node in nodes):
            continue
        for node in loop.body:
            target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
            if isinstance(target, ast.Name) and [other for other in names if other.id == target.id] == [target] and any(
                    isinstance(other, ast.Name) and other.id == target.id and other.lineno > loop.end_lineno
                    for other in own_nodes(definition)):
                found.append(node)
    return found


def own_nodes(node):
    """The nodes of a function, without those of functions inside it."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, (ast.FunctionDef, ast.Lambda, ast.ClassDef)):
            yield from own_nodes(child)


def changed_lines(function, case, arguments):
    """What a call that is right but for its arguments changes, and the line that does, in sentences."""
    name, where = changed_argument(function, case, arguments)
    shown = f"`{name}`" if name else "an argument"
    lines = [f"{case['task']}: all outputs are as expected, and the call changes {shown}, which is the caller's own."]
    return [*lines, *([f"  It is changed by {where}"] if where else []), f"  {WRITING_IN}"]


def changed_argument(function, case, arguments):
    """The first argument that a call has changed, and the line that does, in words.

    The name is empty where there is none; so are the words for a line that is not known.
    """
    which = next((place for place, pair in enumerate(zip(case["arguments"], arguments)) if is_changed(*pair)), -1)
    code = getattr(inspect.unwrap(function), "__code__", None)
    if which < 0 or code is None:
        return "", ""
    line = changing_line(function, code, copy.deepcopy(case["arguments"]), which)
    name, source = code.co_varnames[which] if which < code.co_argcount else "", source_of(function)
    return name, f"line {line} of the function{quoted(source, line)}" if 0 < line <= len(source.splitlines()) else ""


def change_sentence(name, where):
    """The sentence on an argument that a call changes."""
    return f"The call changes `{name}`, which is the caller's own" + (f", in {where}" if where else ".")


def changing_line(function, code, arguments, which):
    """The line of a function, from 1, that first changes one of its arguments; 0 where none is seen to."""
    was, lines, before = copy.deepcopy(arguments[which]), [0], sys.gettrace()

    def local(frame, event, argument):
        if is_changed(was, arguments[which]):
            return None
        lines.append(frame.f_lineno - code.co_firstlineno + 1)
        return local

    try:
        sys.settrace(lambda frame, event, argument: local if frame.f_code is code else None)
        call(function, arguments)
    except Exception:  # it was right before: so it is silent here
        return 0
    finally:
        sys.settrace(before)
    return lines[-1]


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


def waiting_line(function):
    """The first line of a function, from 1, on which a ``None`` of the scaffold waits; 0 where there is none."""
    try:
        source = textwrap.dedent(inspect.getsource(function))
        statements = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]
    except NO_SOURCE:
        return 0
    waiting = {node.lineno for node in statements if is_blank(getattr(node, "value", getattr(node, "iter", None)))}
    inside = False
    for number, line in enumerate(source.splitlines(), 1):
        if "START CODE HERE" in line or "END CODE HERE" in line:
            inside = "START CODE HERE" in line
        elif inside and number in waiting:
            return number
    return 0


def is_blank(node):
    """Tell if an expression is ``None``, or has nothing else in it: not ``x[:, None]``, nor ``f(x, None)``."""
    if isinstance(node, ast.Constant):
        return node.value is None
    parts = node.args if isinstance(node, ast.Call) else node.elts if isinstance(node, (ast.Tuple, ast.List)) else []
    return bool(parts) and all(is_blank(part) for part in parts)


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


def gap_lines(case, outputs, gaps, sizes, first, asked=""):
    right = [output for output in case["expected"] if output not in gaps]
    lines = [f"{case['task']}: {', '.join(f'`{o}`' for o in gaps)} not yet as expected"
             + (f"; right: {', '.join(f'`{o}`' for o in right)}." if right else "."),
             *(f"  {line}" for line in first), f"  (on the public case: {sizes})"]
    gap, facts = next(iter(gaps.values()))
    lines += [f"  {gap.text}", *(f"  {fact}" for fact in facts)]
    lines += [f"  {other.text}" for other, _ in list(gaps.values())[1:]]
    mistake = recognise(case, outputs, gaps)
    if not mistake:
        lines += exchanged_lines(case, outputs, gaps)
    if mistake:
        return [line for line in lines if line.strip() != mistake["says"]] + [f"  {mistake['says']}",
                                                                              f"  {mistake['hint']}"]
    return [*lines, f"  {asked or gap.question}"]


def exchanged_lines(case, outputs, gaps):
    """A sentence on the first two wrong outputs that hold what is expected of each other; none where none do."""
    expected = case["expected"]
    for one, other in itertools.combinations(gaps, 2):
        if find_gap(one, expected[one], outputs[other]) is None and find_gap(
                other, expected[other], outputs[one]) is None:
            return [f"  `{one}` holds what is expected of `{other}`, and `{other}` what is expected of `{one}`."]
    return []


def loop_question(first, source, name):
    """The question on a loop that takes another number of steps, or leaves a name as it was; else empty."""
    if first.loop == IDLE:
        asked = idle_question(first.idle, source)
        return asked or "Which line should change it, and does that line stand inside the loop?"
    definition = find_definition(source, name)
    body = definition.body if definition else []
    loop = next((node for node in body if isinstance(node, (ast.For, ast.While))), None)
    if loop is None or not first.loop:
        return ""
    ends = [str(line) for line in sorted(ending_lines(loop))]
    if len(ends) > 1:
        return f"Lines {listed(ends)} can end the loop. When do they run, and when should they?"
    if ends:
        return f"Line {ends[0]} can end the loop. When does it run, and when should it?"
    if isinstance(loop, ast.While):
        return "Until when does the loop run, and what changes at each step?"
    if any(isinstance(node, ast.Name) and node.id == "range" for node in ast.walk(loop.iter)):
        return "At which number does the loop begin, and at which does it end?"
    if first.loop == MANY_STEPS:
        return "When should the loop end, and which line ends it then?"
    return "What does the loop run over, and how many items does that have?"


def idle_question(left, source):
    """The question on a line of a loop that would change what the loop leaves as it was; empty where there is none."""
    tree = ast.parse(source)
    loops = [node for node in ast.walk(tree) if isinstance(node, (ast.For, ast.While))]
    for node in (part for loop in loops for part in own_nodes(loop) if isinstance(part, ast.stmt)):
        made = getattr(node, "value", None)
        on_it = isinstance(node, ast.Expr) and isinstance(made, ast.Call) and isinstance(made.func, ast.Attribute) and (
            getattr(made.func.value, "id", "") == left)
        if on_it or (not hasattr(node, "body") and left in names_of_targets(tree, node.lineno)):
            return f"Line {node.lineno} is there to change `{left}`. When does it run?"
    return ""


def ending_lines(loop):
    """The lines of a loop that can end it: what returns, and what breaks off this loop, not one inside it."""
    within = list(own_nodes(loop))
    inner = {node for other in within if isinstance(other, (ast.For, ast.While)) for node in own_nodes(other)
             if isinstance(node, ast.Break)}
    return {node.lineno for node in within if isinstance(node, (ast.Return, ast.Break)) and node not in inner}


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


# ---- exceptions ------------------------------------------------------------------------------------------------


def error_lines(case, function, error, cases=None, differs=None):
    """An exception in sentences: the learner's own line, what stands in it, the helper beneath, and a question.

    Where the first value that ``differs`` is made in another line, the question is not on what this line hands on.
    """
    task = case["task"]
    code = getattr(inspect.unwrap(function), "__code__", None)
    calls = list(traceback.walk_tb(error.__traceback__))
    own = next(((frame, line) for frame, line in calls if frame.f_code is code), None)
    said = plain_words(" ".join(str(error).split()))
    name = type(error).__name__
    if own is None:
        return [f"{task}: stopped by {name}: {said}.".replace("..", "."), f"  {error_question(error, None, {}, None)}"]
    frame, line = own
    tree, first = source_tree(code)
    statement = statement_at(tree, line - first + 1)
    lines = [f"{task}: stopped by {name}, at line {line - first + 1} of the function: {said}.".replace("..", ".")]
    shows = isinstance(error, KeyError)
    lines += describe_line(statement, code, line, frame, shows)
    depth = [frame for frame, _ in calls].index(frame)
    beneath = [(f, n) for f, n in calls[depth + 1:] if is_learners(f.f_code.co_filename, code)
               and not f.f_code.co_name.startswith("<")]
    handed = handed_lines(case, beneath[0][0], function, cases or {}) if beneath else []
    if not beneath and len(calls) > depth + 1 and not shows:
        handed = helper_lines(frame, calls[depth + 1][0])
    if handed and differs and differs.line and differs.line != line - first + 1:
        name = differs.name.replace("shape of ", "")
        handed[-1] = f"  Begin at line {differs.line}. What should `{name}` be there?"
    if handed:
        return lines + handed
    if beneath:
        inner, at = beneath[-1]
        tree, first = source_tree(inner.f_code)
        lines.append(f"  This line calls `{inner.f_code.co_name}`, which stops at its line {at - first + 1}:")
        lines += describe_line(statement_at(tree, at - first + 1), inner.f_code, at, inner, shows)
        frame, statement = inner, statement_at(tree, at - first + 1)
    asked = {name for values in (case.get("values") or {}).values() for name in values} if frame is own[0] else ()
    return [*lines, f"  {error_question(error, statement, names_of(frame), tree, asked)}"]


def plain_words(said):
    """A message with numpy's sentence on matrix products in plain words."""
    return re.sub(r"matmul: Input operand .{1,200}?\(size (\d+) is different from (\d+)\)",
                  r"the inner sizes of a matrix product differ: \2 and \1", said)


def handed_lines(case, frame, function, cases):
    """What a helper gets from the line that calls it, where it passes its own check; nothing where it does not."""
    name = frame.f_code.co_name
    own, known = getattr(function, "__globals__", {}).get(name), cases.get(name)
    if known is None or getattr(own, "__code__", None) is not frame.f_code or not examine(own, known)[0]:
        return []
    alike = all(known["sizes"].get(symbol, size) == size for symbol, size in case["sizes"].items())
    differ = []
    for argument, right in zip(frame.f_code.co_varnames, known["arguments"]):
        got = frame.f_locals.get(argument)
        if is_endless(got):
            differ.append(f"`{argument}` has a part that contains itself.")
        elif isinstance(right, np.ndarray) and not isinstance(got, NUMBER):
            differ.append(f"`{argument}` is {a_kind(got)} here, and an array there.")
        elif isinstance(right, np.ndarray) and np.shape(got) != right.shape and (alike or np.ndim(got) != right.ndim):
            differ.append(f"`{argument}` has shape {np.shape(got)} here, and {right.shape} there.")
        elif isinstance(right, dict) and isinstance(got, dict) and (missing := [k for k in right if k not in got]):
            differ.append(f"`{argument}` has no entry {missing[0]!r} here.")
    arguments = ", ".join(frame.f_code.co_varnames[:frame.f_code.co_argcount])
    question = f"Is `{name}` the function to call here?" if name not in case["calls"] else (
        f"It takes ({arguments}). Which part of what belongs in which place?")
    return [f"  This line calls `{name}`, which passes its own check. {' '.join(differ[:3])}".rstrip(), f"  {question}"]


def helper_lines(frame, beneath):
    """The arguments that an imported function takes, if a line stops inside of it, in sentences; else none."""
    code = beneath.f_code
    helper = frame.f_globals.get(code.co_name)
    if getattr(helper, "__code__", None) is not code:
        return []
    arguments = code.co_varnames[:code.co_argcount]
    return [f"  This line calls `{code.co_name}`, which takes ({', '.join(arguments)}).",
            "  Which part of what belongs in which place?"] if len(arguments) > 1 else []


def is_learners(filename, code):
    """Whether a file is the learner's: a cell, or the file of the function that is checked."""
    return is_cell(filename) or filename == code.co_filename


def source_tree(code):
    """A function's syntax tree, with lines from 1, and its first line; the tree is None where there is no source."""
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(code))), code.co_firstlineno
    except NO_SOURCE:
        return None, code.co_firstlineno


def statement_at(tree, line):
    """The innermost statement on a line of a tree."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.stmt) and node.lineno <= line <= node.end_lineno
             ] if tree else []
    return max(found, key=lambda node: (node.lineno, -node.end_lineno)) if found else None


def describe_line(statement, code, line, frame, shows_entries):
    """The text of a line, and what its names hold when it runs; of a dict the entries, if these matter."""
    text = linecache.getline(code.co_filename, line).strip()
    lines = [f"    {text}"] if text else []
    part = getattr(statement, "iter", getattr(statement, "test", None)) if hasattr(statement, "body") else statement
    found = [node for node in ast.walk(part) if isinstance(node, ast.Name)] if part is not None else []
    names = [node.id for node in sorted(found, key=lambda node: (node.lineno, node.col_offset))]
    held = [f"`{name}` {holds}" for name in dict.fromkeys(names) if name in frame.f_locals
            for holds in [describe_value(frame.f_locals[name], shows_entries)] if holds]
    return [*lines, f"  There {', '.join(held[:6])}."] if held else lines


def describe_value(value, shows_entries):
    """What a name holds, in a few words; nothing of a function or a module."""
    if isinstance(value, np.ndarray):
        return f"has shape {value.shape}" + ("" if value.dtype.kind == "f" else f" and holds {value.dtype} entries")
    if value is None or isinstance(value, (bool, int, float, np.generic)):
        return f"is {value}"
    if isinstance(value, str):
        return f"is the text {value[:30]!r}"
    if isinstance(value, dict) and not shows_entries:
        return ""
    if isinstance(value, dict):
        keys = ", ".join(repr(key) for key in list(value)[:8])
        return f"is a dict with the entries {keys}" + (", ..." if len(value) > 8 else "")
    if isinstance(value, (tuple, list)):
        return f"is {a_kind(value)} of {len(value)} item{'' if len(value) == 1 else 's'}"
    return ""


def names_of(frame):
    """What the names of a call hold; of those that hide a name of the notebook's, that one as ``global name``."""
    hidden = {f"global {name}": frame.f_globals[name] for name in frame.f_locals if name in frame.f_globals}
    return {**frame.f_globals, **frame.f_locals, **hidden}


def error_question(error, statement, names, tree, asked=()):
    """The question that leads on from an exception, by its kind; ``asked`` are the names that the task gives."""
    said = str(error)
    if isinstance(error, NameError):
        return name_question(error, said, names, tree, asked)
    signs = INDEX_SIGNS if isinstance(error, IndexError) else ()
    for question in [question for sign, question in signs if sign in said] + [
            question for kind, question in KINDS if isinstance(error, kind)]:
        return question
    if "NoneType" in said:
        return none_question(statement, names, tree)
    hidden = hidden_name(statement, names, tree)
    if hidden:
        return hidden
    if isinstance(error, AttributeError):
        return attribute_question(error, said, names)
    if "unpack" in said:
        return "How many values come from the right, and how many names stand on the left?"
    if "matmul: " in said and statement is not None and len(shapes_in(statement, names)) == 1:
        return "All of these have one shape. Is a product of matrices meant, or one of entries?"
    for sign, question in SIGNS:
        if sign in said:
            return question
    return "Of what kind is each thing in this line, and which one does not fit?"


def shapes_in(statement, names):
    """The shapes of the arrays in a line."""
    return {names[node.id].shape for node in ast.walk(statement) if isinstance(node, ast.Name)
            and isinstance(names.get(node.id), np.ndarray)}


KINDS = (
    (KeyError, "Which of the entries is meant, and is it spelt alike in both places?"),
    (IndexError, "Which index is asked for, how long is its axis, and at which number does counting begin?"),
    (RecursionError, "The function calls itself. Which other function is meant?"),
    (ZeroDivisionError, "What is divided by, and when is it 0?"),
)

#: The same as `SIGNS`, of an index.
INDEX_SIGNS = (
    ("could not be broadcast",
     "Which shape does each of these indices have, and along which axes do they have to go together?"),
    ("integer (or boolean) type", "Of which type are the entries of each index, and which types can an index have?"),
    ("only integers, slices", "Of which type is each index, and which types can an index have?"),
    ("too many indices", "How many axes has the thing before the square brackets, and how many indices stand in them?"),
    ("scalar variable", "Is there an array before the square brackets, or one number?"),
    ("for array of dimension", "How many axes does each array in this line have, and which axis is asked for?"),
)

#: Parts of Python's and numpy's messages, with the question that each leads to; the first that is found counts.
SIGNS = (
    ("bitwise_xor", "`^` raises to no power in Python. Which operator does?"),
    ("type(s) for ^", "`^` raises to no power in Python. Which operator does?"),
    ("positional argument", "How many arguments does the function take, and in which order?"),
    ("unexpected keyword", "Which names do the function's arguments have?"),
    ("not callable", "What stands before the round brackets, and are square ones meant?"),
    ("not subscriptable", "What stands before the square brackets, and are round ones meant?"),
    ("not iterable", "What does this line run over, and what makes a row of numbers of one number?"),
    ("data type", "Is the whole shape in brackets of its own, as one argument?"),
    ("cannot interpret", "Is the whole shape in brackets of its own, as one argument?"),
    ("only integer scalar arrays", "Are the arrays put together in one tuple, and is each index a whole number?"),
    ("only length-1 arrays", "Where is one number needed, and where is a whole array?"),
    ("only 0-dimensional arrays", "Where is one number needed, and where is a whole array?"),
    ("zero-dimensional arrays cannot", "Is each of these parts an array with an axis, and is each function called?"),
    ("truth value of an array", "Where is one True or False needed, and where is a whole array?"),
    ("not reversible", "What does this line run over, and what makes a row of numbers of one number?"),
    ("multiple values for", "Which arguments belong together, in one tuple, and which one is given twice?"),
    ("needs to be a sequence", "Is a list or a tuple of arrays handed in?"),
    ("unhashable", "Of what kind is the key, and of which kinds can a key be?"),
    ("setting an array element", "What is stored there, and does it have the shape of its place?"),
    ("could not broadcast", "Which shape does the place have, and which one is put into it?"),
    ("broadcast", "Which two of these shapes meet, and along which axis do they differ?"),
    ("mismatch", "Which two of these shapes meet, and in which order does the product need them?"),
    ("not aligned", "Which two of these shapes meet, and in which order does the product need them?"),
    ("dimension", "Which two of these shapes meet, and on which axis do they have to agree?"),
    ("shape", "Which of these shapes does not fit, and what should each axis count?"),
)


def hidden_name(statement, names, tree):
    """The question on a module or a function whose name a line gives another value; empty where there is none."""
    used = [node.id for node in ast.walk(statement) if isinstance(node, ast.Name)] if statement is not None else []
    for name in used:
        before = names.get(f"global {name}")
        if (inspect.ismodule(before) or callable(before)) and not callable(names[name]):
            lines = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == name
                     and isinstance(node.ctx, ast.Store)] if tree else []
            if lines:
                kind = "a module" if inspect.ismodule(before) else "a function"
                return f"`{name}` is the name of {kind}, and line {min(lines)} gives it another value. Which is meant?"
    return ""


def name_question(error, said, names, tree, asked=()):
    """The question on a name without a value."""
    found = re.search(r"'(\w+)'", said)
    name = getattr(error, "name", None) or (found.group(1) if found else "")
    unread = unread_names(tree) if name in asked else {}  # the name is right: is it spelt so where it is made?
    near = difflib.get_close_matches(name, unread.keys() - set(asked), 1, 0.7)
    if near:
        return (f"`{name}` has no value here. Line {unread[near[0]]} makes `{near[0]}`, which nothing reads. Are the "
                "two meant to be one?")
    if isinstance(error, UnboundLocalError):
        return f"Which line gives `{name}` its first value, and does it run before this one?"
    return f"`{name}` is not made in this function. {origin_question(name, names, tree, asked)}"


def unread_names(tree):
    """The names that a function gives values to and never reads, with the lines."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Name)] if tree else []
    read = {node.id for node in nodes if not isinstance(node.ctx, ast.Store)}
    return {node.id: node.lineno for node in nodes if node.id not in read}


def origin_question(name, names, tree, asked):
    """The question on a name that nothing makes: a module, a function of numpy's, or a slip in writing."""
    if name in getattr(sys, "stdlib_module_names", ("math", "random")):
        return "It is a module of Python's: which line should import it?"
    called = {getattr(node.func, "id", "") for node in ast.walk(tree) if isinstance(node, ast.Call)} if tree else ()
    if name in called and name not in names and callable(getattr(np, name, None)):
        return "numpy has a function of that name. How do other lines call numpy's functions?"
    near = difflib.get_close_matches(name, [other for other in names if not other.startswith("_") and other != name],
                                     1, 0.7)
    return f"Is `{near[0]}` meant?" if near and name not in asked else "Which line should give it its value?"


def attribute_question(error, said, names):
    """The question on an attribute that is not there; a function of the notebook's that has its name comes first."""
    found = re.search(r"attribute '(\w+)'", said)
    thing = np if said.startswith("module 'numpy'") else getattr(error, "obj", None)
    if found and thing is np and callable(names.get(found.group(1))):
        return f"The notebook has a function `{found.group(1)}` that is not numpy's. Is that one meant?"
    alike = difflib.get_close_matches(found.group(1), dir(thing), 1, 0.7) if found and thing is not None else []
    if alike:
        return f"Is `{alike[0]}` meant?"
    if thing is np:
        return "numpy has nothing of that name. How is it called there, or in which part of numpy is it?"
    if said.startswith("'dict' object"):
        return "A dict stands before the dot. How is an entry taken out of a dict, or put into one?"
    return "Of what kind is the thing before the dot, and what can it do?"


def none_question(statement, names, tree):
    """The question on a None where a value is needed; the line that made it, where that is certain."""
    used = [node.id for node in ast.walk(statement) if isinstance(node, ast.Name)] if statement is not None else []
    empty = [name for name in dict.fromkeys(used) if name in names and names[name] is None]
    for node in ast.walk(tree) if tree and empty else ():
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and isinstance(
                node.value.func, ast.Attribute) and node.value.func.attr in ("append", "extend", "insert", "sort"):
            for target in node.targets:
                if isinstance(target, ast.Name) and target.id in empty:
                    return (f"`{target.id}` is None. Line {node.lineno} gives it what `{node.value.func.attr}` "
                            "returns: what does that do, and what does it return?")
    if empty:
        return f"`{empty[0]}` is None. Which line should give it its value?"
    return "Something in this line gives None. Does each function that it calls end with a return?"


def leftover_names(function):
    """The values of other cells that a function reads by name: in a fresh notebook they may not be there."""
    found, codes = [], [getattr(inspect.unwrap(function), "__code__", None)]
    names = getattr(function, "__globals__", {})
    while codes:
        code = codes.pop()
        if code is None:
            continue
        codes += [part for part in code.co_consts if inspect.iscode(part)]
        found += [step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL"]
    return [name for name in dict.fromkeys(found) if not name.isupper()
            and isinstance(names.get(name), (np.ndarray, int, float, dict, list, tuple))]


def leftover_lines(function):
    """A sentence on values that other cells left behind; none where there are none."""
    names = leftover_names(function)
    if not names:
        return []
    if len(names) == 1:
        return [f"  `{names[0]}` is not made in this function: another cell left it behind. Where should it come from?"]
    listed = ", ".join(f"`{name}`" for name in names[:4])
    return [f"  {listed} are not made in this function: another cell left them behind. Where should they come from?"]


# ---- the first value that differs -----------------------------------------------------------------------------

MOST_EVENTS = 2000  # lines of one call that are followed


class Pass(NamedTuple):
    """One run of a function's loop, or of what is before or after it."""

    key: str  # "before", "0", "1", ..., "after"
    step: str  # what the loop's variable holds, for a sentence
    begin: dict  # what each name holds before it, as sums
    end: dict  # what each name holds in the end
    writers: list  # (name, line) in the order in which the names got these values
    again: dict  # names that got values from several lines, with these: which value is meant cannot be told
    changes: dict  # by name: (line, the sums from then on), in their order
    before: dict  # by name: what all names held before the line that gave it its value
    stored: dict  # by name: the last line that stores something in a part of it


class Event(NamedTuple):
    """A line of a call that is followed."""

    line: int
    step: str
    held: dict  # what the names hold before it, as sums
    written: list  # the names to which it gives values
    stored: list  # the names of which it gives a part a value


def follow(function, arguments, source, names=None, filled=()):
    """What a function's names hold after each pass through its loop, as sums from which no value can be read.

    Parameters
    ----------
    function : callable
    arguments : tuple
    source : str
        The text that defines the function.
    names : iterable of str, optional
        All names of the function, unless some are given.
    filled : collection of str
        Arrays that the loop fills, of which the shape counts before it. It gets a name of its own.

    Returns
    -------
    list of Pass, or None for a function that cannot be followed, as one with two loops.
    """
    code = getattr(inspect.unwrap(function), "__code__", None)
    node = find_definition(source, getattr(code, "co_name", ""))
    loops = [s for s in node.body if isinstance(s, (ast.For, ast.While))] if node else []
    if node is None or len(loops) > 1:
        return None
    shift = min([node.lineno, *(d.lineno for d in node.decorator_list)]) - code.co_firstlineno
    written, stored = names_written(node), names_written(node, parts=True)
    step = loops[0].target.id if loops and isinstance(getattr(loops[0], "target", None), ast.Name) else None
    events, before = [], sys.gettrace()

    def local(frame, event, argument):
        if event == "exception":
            unwrite(events)
        if event in ("line", "return"):
            if len(events) > MOST_EVENTS:
                sys.settrace(before)
                return None
            held = {name: sums_of(value) for name, value in frame.f_locals.items()
                    if (names is None or name in names) and not name.startswith(".")}
            held.update({shape_name(name): sums_of(np.zeros(frame.f_locals[name].shape)) for name in filled
                         if isinstance(frame.f_locals.get(name), np.ndarray)})
            line = frame.f_lineno + shift
            events.append(Event(line, str(frame.f_locals.get(step, "")), held, written.get(line, []),
                                stored.get(line, [])))
        return local

    def begin(frame, event, argument):
        return local if frame.f_code is code and not events else None

    try:
        sys.settrace(begin)
        call(function, arguments)
    except Exception:  # the values up to there count
        pass
    finally:
        sys.settrace(before)
    return cut(events, loops[0] if loops else None) if events else None


def names_written(node, parts=False):
    """The names to which the statements of a function give values, or of which it gives parts one, by their lines."""
    written = {}
    for statement in own_nodes(node):
        if isinstance(statement, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
            targets = getattr(statement, "targets", None) or [statement.target]
            names = [base_name(part) if parts else part.id for target in targets for part in ast.walk(target)
                     if isinstance(part, ast.Subscript if parts else ast.Name) and isinstance(part.ctx, ast.Store)]
            written.update(dict.fromkeys(range(statement.lineno, statement.end_lineno + 1), names))
    return written


def base_name(node):
    """The name of which a node such as ``a[0][:, t]`` is a part; empty where there is none."""
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    return getattr(node, "id", "")


def unwrite(events):
    """Note that the statement of the last event has given no name a value, since it was stopped."""
    names = events[-1].written if events else ()
    for place in range(len(events) - 1, -1, -1):
        if events[place].written is not names:
            return
        events[place] = events[place]._replace(written=[], stored=[])


def find_definition(source, name):
    """The definition of a function in a text; None where there is none."""
    try:
        tree = ast.parse(textwrap.dedent(source))
    except (SyntaxError, ValueError):
        return None
    return next((node for node in tree.body[::-1] if isinstance(node, ast.FunctionDef) and node.name == name), None)


def cut(events, loop):
    """The passes that some events make up."""
    passes, start, key = [], 0, "before"
    if loop is not None:
        head = range(loop.lineno, loop.body[0].lineno)
        inside = range(loop.body[0].lineno, loop.body[-1].end_lineno + 1)
        count = 0
        for i, (line, *_) in enumerate(events[:-1]):
            if line in head and key != "after":
                passes.append(make_pass(key, events[start:i + 1]))
                key, start = str(count), i
                count += 1
            elif key != "before" and key != "after" and line not in inside and line not in head:
                if any(other in inside for other, *_ in events[start:i]):  # a break has ended this pass
                    passes.append(make_pass(key, events[start:i + 1]))
                key, start = "after", i  # else what the head began was no pass
    if key in ("before", "after") or any(line in inside for line, *_ in events[start:]):
        passes.append(make_pass(key, events[start:]))
    return passes


def shape_name(name):
    """The name under which an array's shape is kept."""
    return f"shape of {name}"


def make_pass(key, events):
    """One pass from its events."""
    last, again, changes, stored = {}, {}, {}, {}
    for place, event in enumerate(events[:-1]):
        was, now = event.held, events[place + 1].held
        changed = [name for name in now if now[name] != was.get(name, 0)]
        for name in changed:
            if last.get(name, (0, event.line))[1] != event.line:
                again.setdefault(name, {last[name][1]}).add(event.line)
        # a line may give a name the value that it had
        last.update({name: (place, event.line) for name in (*changed, *event.written) if name in now})
        stored.update(dict.fromkeys(event.stored, event.line))
        for name in changed:
            changes.setdefault(name, []).append((event.line, now[name]))
    writers = sorted((place, name, line) for name, (place, line) in last.items())
    before = {name: events[place].held for place, name, _ in writers}
    return Pass(key, events[-1].step, events[0].held, events[-1].held,
                [(name, line) for _, name, line in writers], again, changes, before, stored)


class Difference(NamedTuple):
    """The first value that differs: sentences on it, its name and its line; empty where there is none."""

    lines: list
    name: str = ""
    line: int = 0
    question: str = ""  # on what is certain of it
    others: tuple = ()  # lines that may be wrong as well, or in its place
    loop: str = ""  # what is wrong with the loop: FEW_STEPS, MANY_STEPS or IDLE
    idle: str = ""  # the name that it leaves as it was


FEW_STEPS, MANY_STEPS, IDLE = "few steps", "many steps", "idle"


def difference(name, line, part, source, right, expected, wrong=()):
    """The first value that differs, in sentences; ``right`` are the names that agree, in their order.

    Of these, the outputs that are ``wrong`` in the end are not mentioned.
    """
    tree = ast.parse(source)
    where = f", first at step {part.step}" if part.key.isdigit() and part.step else ""
    if where and "." in part.step:  # a loop over numbers that count nothing
        where = f", first in pass {int(part.key) + 1}"
    what = f"the {name.replace('of ', 'of `')}`" if name.startswith("shape of ") else f"`{name}`"
    last = dict.fromkeys([other for other in right if other not in wrong][-3:])
    before = [f"`{other}`" for other in last if other != name and "shape of" not in other]
    more = [f"Right so far: {', '.join(before)}."] if before else []
    question = ""
    changing = line_that_spoils(name, part, tree, expected)
    if changing:
        line, sign = changing, "" if name in names_of_targets(tree, changing) else ", under another name"
        origin = f"{where}: it is as expected until line {line} of the function changes it{sign}"
        question = f"Should line {line} change `{name}`, or does a later line need it as it was?"
    elif name in part.again or part.stored.get(name, line) != line:
        several = sorted({*part.again.get(name, ()), part.stored.get(name, line), line})
        lines = listed([str(at) for at in several[:4]])
        text = f"The first value that differs is {what}{where}; it gets values from lines {lines}."
        return Difference([text, *more], name, others=tuple(several))
    else:
        origin = f", from line {line} of the function{where}"
    sentence = f"The first value that differs is {what}{origin}{quoted(source, line)}"
    return Difference([sentence, *more], name, line, question)


def quoted(source, line):
    """The text of a line, behind a colon; a full stop where there is none."""
    lines = source.splitlines()
    return f": {lines[line - 1].strip()}" if 0 < line <= len(lines) else "."


def line_that_spoils(name, part, tree, expected):
    """The line that changes a value of a pass which was as expected; 0 where none was, or perhaps by chance."""
    changes = part.changes.get(name, [])
    right = [place for place, (_, sums) in enumerate(changes) if sums is not None and agrees(sums, expected)]
    if not right or right[-1] + 1 == len(changes):
        return 0
    line, (*_, count) = changes[right[-1] + 1][0], changes[right[-1]][1]
    statement = statement_at(tree, line)
    is_new = isinstance(statement, ast.Assign) and name in names_of_targets(tree, line) and name not in names_read(
        statement)
    return 0 if is_new and count < MANY else line


#: So many numbers do not agree with others by chance.
MANY = 4


def names_of_targets(tree, line):
    """The names that a line gives values to, whole or in part."""
    statement = statement_at(tree, line)
    targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
    parts = [part for target in targets if target is not None for part in ast.walk(target)
             if isinstance(part, (ast.Name, ast.Subscript)) and isinstance(part.ctx, ast.Store)]
    return {base_name(part) for part in parts}


def names_read(statement):
    """The names that a statement reads; a loop or a condition reads those of its head."""
    heads = [getattr(statement, field) for field in ("iter", "test") if hasattr(statement, field)]
    parts = heads if hasattr(statement, "body") else [statement]
    read = {node.id for part in parts for node in ast.walk(part or ast.Pass())
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return read | ({base_name(statement.target)} if isinstance(statement, ast.AugAssign) else set())


def with_lines_above(first, made):
    """A difference with the lines above it that have ``made`` what its line uses, and that nothing compares."""
    if not made or not first.line or first.question:
        return first
    lines = sorted(set(made.values()))
    which = listed([f"{listed([f'`{other}`' for other in made if made[other] == at])} (line {at})" for at in lines])
    said = f"Line {first.line} uses {which}, which may differ as well."
    return first._replace(lines=[first.lines[0], said, *first.lines[1:]], others=tuple(lines))


def made_before(line, name, part, source, known, right):
    """The names that a line uses and that nothing compares, with the lines above it that make them; at most three.

    Names that are ``right`` so far are compared, unless they get a value again.
    """
    tree, own = ast.parse(source), own_lines(source)
    written, made, left = names_written(tree.body[0]), {}, [(line, statement_at(tree, line))]
    written.update({node.lineno: [node.name] for node in own_nodes(tree.body[0]) if isinstance(node, ast.FunctionDef)})
    while left:
        at, statement = left.pop(0)
        if hasattr(statement, "body"):
            continue
        for read in dict.fromkeys(node.id for node in ast.walk(statement) if isinstance(node, ast.Name)):
            lines = [other for other, names in written.items() if read in names and other < at and other in own]
            # else another value is compared than the one that is read
            is_last = all(other < at for other in part.again.get(read, ()))
            is_compared = is_last and (read in right or any(read in names for names in known.values()))
            if read != name and read not in made and lines and not is_compared:
                made[read] = max(lines)
                left.append((made[read], statement_at(tree, made[read])))
    return made if len(made) <= 3 else {}


#: What `sums_of` returns where a number is infinite or none at all.
NOT_FINITE = "not finite"


def sums_of(value):
    """Three sums of a value, their scales and how many there are; None where it holds something else than numbers."""
    print_ = fingerprint(value)
    if print_ is not None:
        return (*print_, sum(map(np.size, numbers_in(value))))
    return NOT_FINITE if isinstance(value, NUMBER) and np.asarray(value).dtype.kind == "f" else None


def agrees(mine, expected):
    """Tell whether the sums of a value are the expected ones."""
    return mine != NOT_FINITE and same_fingerprint(np.array(mine), expected)


def first_difference(function, case, source, has_raised=False, wrong=(), changed=""):
    """The first value, in the order of computing, that is not as expected; an empty `Difference` where all are.

    The outputs that are ``wrong`` in the end are not called right on the way. ``changed`` is the argument that the
    call changes for its caller, if it does.
    """
    known = case.get("values")
    if not known or not source:
        return Difference([])
    names = {name for values in known.values() for name in values}
    filled = [name for name in names if shape_name(name) in names]
    moved = {changed, *arguments_rebound(function, source)} - {""} - names
    passes = follow(function, copy.deepcopy(case["arguments"]), source, names | moved, filled)
    if passes is None or any(part.key != "before" for part in passes) != (len(known) > 1):
        return Difference([])
    right = []
    steps, taken = sum(key.isdigit() for key in known), sum(part.key.isdigit() for part in passes)
    too_few = Difference([f"The loop takes {taken} of {steps} steps."], loop=FEW_STEPS)
    for part in passes:
        if part.key == "after" and taken < steps:
            return too_few
        if part.key not in known:
            return Difference([f"The loop takes more steps than the {steps} that are needed."], loop=MANY_STEPS)
        if part.key == "after" and (left := left_after(part, known["after"], wrong)):
            return Difference([f"No line after the loop gives `{left}` a value."])
        for name, line in part.writers:
            expected = known[part.key].get(name)
            gathers = name in filled and shape_name(name) not in part.end  # steps in a list, which is stacked later
            if expected is None or gathers or (has_raised and is_filled_after(name, line, source)):
                continue
            mine = part.end.get(name)
            if mine is not None and agrees(mine, expected):
                right.append(name)
            elif mine is not None or part.key != "before":
                made = made_before(line, name, part, source, known, right)
                agreeing = [other for other in right if other not in made]
                first = difference(name, line, part, source, agreeing, expected, wrong)
                argument = after_argument(first, passes[:passes.index(part) + 1], source, moved, changed)
                return argument or with_lines_above(first, made)
        left = left_as_it_was(part, passes, known) if part.key.isdigit() else ""
        ends_early = taken < steps and part.key == str(taken - 1)  # what follows in this pass may not have run
        if left and not has_raised and not ends_early:
            return Difference([f"The loop leaves `{left}` as it was."], loop=IDLE, idle=left)
    return too_few if taken < steps and not has_raised else Difference([])


def arguments_rebound(function, source):
    """The arguments to which a function gives other values."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    node = find_definition(source, getattr(code, "co_name", ""))
    written = {name for names in names_written(node).values() for name in names} if node else set()
    return written & set(getattr(code, "co_varnames", ())[:getattr(code, "co_argcount", 0)])


def after_argument(first, passes, source, moved, changed):
    """The first value that differs, if its line reads an argument that is not any more what was handed in; else None.

    Then the line that changes the argument is named, and no word on the other line says that it is wrong.
    """
    tree, part = ast.parse(source), passes[-1]
    statements = [statement_at(tree, line) for line in (first.others or [first.line])]
    if first.name not in part.before:
        return None
    read = {name for statement in statements if statement is not None for name in names_read(statement)}
    for name in sorted(moved & read - names_of_targets(tree, first.line)):
        start = passes[0].begin.get(name)
        if part.before[first.name].get(name, start) == start:
            continue
        line = next((line for other in passes for line, sums in other.changes.get(name, ()) if sums != start), 0)
        if 0 < line != first.line:
            where = f"line {line} of the function"
            says = (change_sentence(name, f"{where}{quoted(source, line)}") if name == changed else
                    f"In {where} `{name}` gets another value than the one handed in{quoted(source, line)}")
            reading = first.line or first.others[-1]
            question = (WRITING_IN if name == changed else
                        f"Should `{name}` still be what was handed in when line {reading} reads it?")
            after = f"`{first.name}`, the first value that differs, is made after that."
            return Difference([says, after, *first.lines[1:]], name, line, question)
    return None


#: Asked where a call changes an argument.
WRITING_IN = "Which line writes into what was handed in, where a new array should be made?"


def is_filled_after(name, line, source):
    """Tell whether a later line fills the array that a line makes: a call that stopped may not have come so far."""
    parts = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Subscript)]
    return any(isinstance(part.ctx, ast.Store) and part.lineno > line and getattr(part.value, "id", "") == name
               for part in parts)


def left_as_it_was(part, passes, known):
    """The first name that a pass should change, and that no pass changes; empty where there is none."""
    before, loop = passes[passes.index(part) - 1], [other for other in passes if other.key.isdigit()]
    for name, expected in known[part.key].items():
        mine = part.end.get(name)
        if (mine is not None and mine == before.end.get(name) and not agrees(mine, expected)
                and all(name not in dict(other.writers) for other in loop)):
            return name
    return ""


def left_after(part, known, wrong):
    """The first wrong output that should get a value after the loop, and gets none; empty where there is none."""
    written = dict(part.writers)
    return next((name for name, expected in known.items() if name in wrong and name not in written
                 and part.end.get(name) is not None and not agrees(part.end[name], expected)), "")


def source_of(function):
    """The text of a function; empty where there is none."""
    try:
        return textwrap.dedent(inspect.getsource(inspect.unwrap(function)))
    except NO_SOURCE:
        return ""


# ---- the file of cases ----------------------------------------------------------------------------------------------


def load_cases():
    """The public cases by task name, from beside the notebook or this file; for a source notebook, its release's."""
    cwd = Path.cwd()
    for folder in (cwd, Path(__file__).parent, cwd.parent.parent / "release" / cwd.name):
        path = folder / CASES
        if path.exists():
            return read_cases(path.read_text(encoding="utf-8"))
    raise FileNotFoundError(f"{CASES} is missing: it belongs beside this notebook, as in the release folder")


def read_cases(text):
    """The cases in the text of their file: most of it is packed, since it is long."""
    plain = json.loads(text)
    packed, cases = plain.pop(""), {}
    values, mistakes = inflate(packed["values"], zlib), inflate(packed["mistakes"], bz2) if bz2 else {}
    for name, case in plain.items():
        data = values[name]
        says, hints, places, prints = mistakes.get(name, ((), (), (), ()))
        cases[name] = {
            **case, "values": data["values"],
            **{key: unpack(data[key], []) for key in ("arguments", "expected")},
            "second": data["second"] and {**data["second"], "arguments": unpack(data["second"]["arguments"], [])},
            "mistakes": [{"says": said, "hint": hints[place], "prints": print_}
                         for said, place, print_ in zip(says, places, prints)],
        }
    return cases


def inflate(packed, module):
    """The content of a packed text: JSON, compressed by a module, in letters and digits."""
    return json.loads(module.decompress(base64.b85decode(packed)))


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
