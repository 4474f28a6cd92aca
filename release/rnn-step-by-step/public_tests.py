"""The checks that learners run: ``check(function)`` on the public case of its task.

It needs numpy 1.24 or newer, and runs on Python 3.9 or newer. A check never depends on what another cell left behind:
arguments and expected values come from ``public_cases.json`` beside this file or beside the notebook. The judge that
grades a class says what differs with the same functions, on arguments of its own.

``public_lines.py`` looks at the lines of a wrong answer, ``public_errors.py`` at what an error says. They are read when
they are needed. Without them a check says what differs, and names no line.
"""

import ast
import base64
import copy
import dis
import importlib
import inspect
import io
import json
import re
import sys
import textwrap
import tokenize
import warnings
import zlib
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple

import numpy as np

#: The files of the check. The same number in all of them shows that they were made to go together.
FILES = ("public_tests.py", "public_lines.py", "public_errors.py")
EDITION = 1

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
        question = f"What is put in, and how often?{' What is left out?' if len(got) < len(expected) else ''}"
        if isinstance(expected, tuple):
            question = f"What is each item, and which one is {'missing' if len(got) < len(expected) else 'too many'}?"
        return Gap(name, "length", text, question)
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
#: Asked of a whole number, and of a truth value.
TOO_SMALL, TOO_LARGE, WHICH_ITEM = "What makes it too small?", "What makes it too large?", "What belongs in that place?"
WHEN_TRUE = "When should it be True, and when False?"


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
            if callable(own) and not look(own, cases[helper]).passed:
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
            import traceback

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


# ---- what is seen, and what is said of it ------------------------------------------------------------------------


class Seen(NamedTuple):
    """What a function does with the arguments of a case."""

    function: object
    case: dict
    arguments: tuple = ()  # after the call
    changed: int = -1  # the first argument that the call has changed
    outputs: dict = {}  # by name  # noqa: RUF012
    gaps: dict = {}  # by the names of the wrong outputs  # noqa: RUF012
    problem: object = None  # a gap, where something else than the outputs is returned
    error: object = None  # what is raised
    endless: list = []  # what is said of a line for which the function is not called  # noqa: RUF012
    second: object = None  # the same of arguments of other sizes, if something is wrong there alone

    @property
    def passed(self):
        """Whether all is as expected."""
        wrong = self.gaps or self.problem or self.endless or self.second
        return not wrong and self.error is None and self.changed < 0


def look(function, case):
    """What a function does with a case, and with arguments of other sizes if that is right."""
    endless = endless_lines(function, case)
    if endless:
        return Seen(function, case, endless=endless)
    arguments = copy.deepcopy(case["arguments"])
    try:
        got = call(function, arguments, MOST_PRINTED)
    except Exception as error:
        return Seen(function, case, error=error)
    outputs, problem = split_outputs(case, got)
    if problem:
        return Seen(function, case, problem=problem)
    gaps = {output: find_gap(output, expected, outputs[output], layout_of(case, output))
            for output, expected in case["expected"].items()}
    changed = next((place for place, pair in enumerate(zip(case["arguments"], arguments)) if is_changed(*pair)), -1)
    seen = Seen(function, case, arguments, changed, outputs, {output: gap for output, gap in gaps.items() if gap})
    return seen._replace(second=look_again(function, case)) if seen.passed else seen


def layout_of(case, output):
    """The layout of an output."""
    return Layout(tuple(case["shapes"][output] or ()), case["sizes"], case["steps"])


def look_again(function, case):
    """What a function does with arguments of other sizes; None where nothing is wrong."""
    second = case.get("second")
    if not second:
        return None
    try:
        got = call(function, copy.deepcopy(second["arguments"]))
    except Exception as error:
        return Seen(function, case, error=error)
    outputs, problem = split_outputs(case, got)
    if problem:
        return Seen(function, case, problem=problem)
    gaps = {}
    for output, sums in second["expected"].items():
        mine = fingerprint(outputs[output])
        if mine is None or not same_fingerprint(mine, sums, room=RELATIVE):
            shape = [second["sizes"].get(symbol, symbol) for symbol in case["shapes"][output] or ()]
            mistaken = shape and not is_endless(outputs[output]) and np.shape(outputs[output]) != tuple(shape)
            gaps[output] = (f"`{output}` has shape {np.shape(outputs[output])} there; the task asks for "
                            f"{tuple(shape)}." if mistaken
                            else f"`{output}` has other values there than expected.")
    return Seen(function, case, outputs=outputs, gaps=gaps) if gaps else None


def examine(function, case, cases=None):
    """Whether a function passes a case, and the lines that say what is seen; ``cases`` has those of its helpers."""
    seen = look(function, case)
    if seen.passed:
        head = (f"{case['task']}: all outputs agree with the expected values ({sizes_of(case)}; tolerance {RELATIVE:g} "
                "of each entry).")
        return True, [head, *value_lines(case, seen.outputs), *leftover_lines(function)]
    line = waiting_line(function)
    return False, seen.endless or undone_lines(seen, line) or wrong_lines(seen, line, cases or {})


def sizes_of(case):
    """The sizes of a case, and its arguments that are numbers, in a row."""
    return ", ".join(f"{name} = {value:g}" for name, value in case.get("given", case["sizes"]).items())


def undone_lines(seen, line):
    """What is said of a function with a ``None`` that waits, where this explains what is wrong; else nothing."""
    case, outputs = seen.case, seen.outputs
    if not line or seen.problem or (seen.error is None and not seen.gaps):
        return []
    if seen.error is not None:
        return undone(case, line) * (isinstance(seen.error, TypeError) and "None" in str(seen.error))
    named = [output for output, symbols in case["shapes"].items() if symbols is not None] or list(outputs)
    if all(outputs[output] is None for output in named):
        return undone(case, line)
    if any(fingerprint(outputs[output]) is None for output in seen.gaps):  # nan comes from the line that waits
        right = [f"`{output}`" for output in outputs if output not in seen.gaps]
        return [*undone(case, line), *([f"  Right so far: {', '.join(right)}."] if right else [])]
    return []


def undone(case, line):
    """The sentence on a ``None`` that waits in a line, if one does."""
    return [f"{case['task']} is not done yet: the `None` in line {line} of the function waits for its value."] * bool(
        line)


def wrong_lines(seen, line, cases):
    """What is said of a wrong answer; in plain words where the files that look at its lines do not go with this one.

    They use the functions of this file, and are looked up here by their names: so this one runs without them.
    """
    names = ["public_lines", "public_errors"][:1 if (seen.second or seen).error is None else 2]
    note = f"{listed(FILES)} do not fit together here. Take all of them from one release, and restart the kernel."
    try:
        modules = [importlib.import_module(name) for name in names]
        if all(getattr(module, "EDITION", 0) == EDITION for module in modules):
            note = ""
    except ModuleNotFoundError as missing:
        if f"{missing.name}.py" in FILES:
            note = f"{missing.name}.py is missing: it belongs beside this notebook. With it, the check says more."
    except Exception:  # made for another release, or damaged
        pass
    if not note:
        try:
            return modules[-1].explain(seen, line, cases)
        except Exception as error:  # a mistake of ours, which is no matter of the learner's
            note = f"More cannot be said here: {names[-1]}.py is stopped by {short_error(error)}"
    return [*plain_lines(seen, line), note]


def plain_lines(seen, line):
    """What is said of a wrong answer without a look at its lines."""
    task = seen.case["task"]
    if seen.error is not None:
        return [f"{task}: stopped by {short_error(seen.error)}", "  In which line is that, and what do its names hold?"]
    if seen.second:
        return second_lines(seen)
    if seen.problem:
        return [f"{task}: {seen.problem.text}", f"  {seen.problem.question}"]
    if seen.gaps:
        return undone(seen.case, line) + gap_lines(seen) + leftover_lines(seen.function)
    return changed_lines(seen)


def short_error(error):
    """An error's type and message, with a full stop."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}".rstrip(".: ") + "."


def second_lines(seen, said=(), typed=()):
    """What is wrong on arguments of other sizes alone; ``typed`` are sentences on sizes that stand in the code."""
    again, sizes = seen.second, sizes_of(seen.case["second"])
    if again.error is not None:
        said = said or [f"There it is stopped by {short_error(again.error)}"]
    else:
        said = [f"There {again.problem.text}"] if again.problem else again.gaps.values()
    question = ("Which number in the code fits one size only?" if typed
                else "How do those arguments differ from the public ones, and which line has to allow for that?")
    head = f"{seen.case['task']}: all is as expected on the sizes of the public case, and not on others ({sizes})."
    return [head, *(f"  {line}" for line in (*said, *typed, question))]


def changed_lines(seen, where=""):
    """What is said of a call that is right but for an argument that it changes; ``where`` is the line that does."""
    name = changed_name(seen)
    shown = f"`{name}`" if name else "an argument"
    lines = [f"{seen.case['task']}: all outputs are as expected, and the call changes {shown}, which is the caller's "
             "own."]
    return [*lines, *([f"  It is changed by {where}", f"  {WRITING_THERE}"] if where else [f"  {WRITING_IN}"])]


def changed_name(seen):
    """The name of the argument that a call has changed; empty where there is none or it has no name."""
    code = code_of(seen.function)
    return code.co_varnames[seen.changed] if code and 0 <= seen.changed < code.co_argcount else ""


#: Asked where a call changes an argument: in some line, or in one that has just been named.
WRITING_IN = "Which line writes into what was handed in, where a new array should be made?"
WRITING_THERE = "What should that line make, so that what was handed in stays as it was?"


def gap_lines(seen, said=(), facts=(), more=(), asked=""):
    """What differs in each wrong output: after what is ``said`` of lines, with facts on the first, and a question."""
    gap, *others = seen.gaps.values()
    right = [output for output in seen.case["expected"] if output not in seen.gaps]
    head = (f"{seen.case['task']}: {', '.join(f'`{o}`' for o in seen.gaps)} not yet as expected"
            + (f"; right: {', '.join(f'`{o}`' for o in right)}." if right else "."))
    place = f"(on the public case: {sizes_of(seen.case)})"
    return [head, *(f"  {line}" for line in (*said, place, gap.text, *facts, *(other.text for other in others),
                                             *more, asked or gap.question))]


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


def leftover_names(function):
    """The values of other cells that a function reads by name: in a fresh notebook they may not be there."""
    found, codes = [], [code_of(function)]
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
    which = ", ".join(f"`{name}`" for name in names[:4])
    are, them, they = ("is", "it", "it") if len(names) == 1 else ("are", "them", "they")
    return [f"  {which} {are} not made in this function: another cell left {them} behind. Where should {they} come "
            "from?"]


# ---- the text of a function ----------------------------------------------------------------------------------


def code_of(function):
    """The code of a function; None where it has none, as a function of numpy's."""
    return getattr(inspect.unwrap(function), "__code__", None)


def source_of(function):
    """The text of a function, or of its code; empty where there is none."""
    try:
        return textwrap.dedent(inspect.getsource(inspect.unwrap(function)))
    except NO_SOURCE:
        return ""


def tree_of(function):
    """The definition of a function, or of its code, as a syntax tree with lines from 1; None where there is none."""
    try:
        tree = ast.parse(source_of(function))
    except NO_SOURCE:
        return None
    return tree.body[0] if tree.body else None


def nodes_of(function):
    """The nodes of a function, without those of functions inside it; none where there is no source."""
    tree = tree_of(function)
    return list(own_nodes(tree)) if tree else []


def own_nodes(node, leave_out=()):
    """The nodes of a function, without those of functions inside it, and without the kinds to ``leave_out``."""
    left = list(ast.iter_child_nodes(node))[::-1]
    while left:
        child = left.pop()
        if not isinstance(child, leave_out):
            yield child
            if not isinstance(child, (ast.FunctionDef, ast.Lambda, ast.ClassDef)):
                left += list(ast.iter_child_nodes(child))[::-1]


def waiting_line(function):
    """The first line of a function, from 1, on which a ``None`` of the scaffold waits; 0 where there is none."""
    tree = tree_of(function)
    waiting = {node.lineno for node in (ast.walk(tree) if tree else ()) if isinstance(node, ast.stmt)
               and is_blank(getattr(node, "value", getattr(node, "iter", None)))}
    inside = False
    for number, line in enumerate(source_of(function).splitlines(), 1):
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


def trace(function, arguments, begin):
    """Call a function with a trace that is asked to ``begin(frame, event, argument)`` at each call."""
    before = sys.gettrace()
    try:
        sys.settrace(begin)
        call(function, arguments)
    except Exception:  # what has been seen counts
        pass
    finally:
        sys.settrace(before)


def watch(function, arguments, visit):
    """Call a function, and ``visit(frame, line, event, argument)`` before each of its lines, from 1, and at its end."""
    code = code_of(function)

    def local(frame, event, argument):
        if event in ("line", "return"):
            visit(frame, frame.f_lineno - code.co_firstlineno + 1, event, argument)
        return local

    trace(function, arguments, lambda frame, event, argument: local if frame.f_code is code else None)


class Stop(BaseException):
    """Ends a call that is watched; no ``except Exception`` of a learner's keeps it."""


def endless_lines(function, case):
    """Return sentences on a line that puts a list into itself; none where no line does.

    Of such a list numpy would make an array of as many axes as it can, which fills the memory: so the call is ended
    there. Functions without such a line are not called.
    """
    found, inside = [], lists_in_themselves(function)

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


def lists_in_themselves(function):
    """The calls that put a list into itself, such as ``a.append(a)``, by their lines."""
    return {node.lineno: node for node in nodes_of(function) if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("append", "insert") and isinstance(node.func.value, ast.Name)
            and any(name == node.func.value.id for part in node.args for name in items_named(part))}


def items_named(node):
    """The names that are the value of an expression, or items of it."""
    if isinstance(node, (ast.Tuple, ast.List)):
        return [name for part in node.elts for name in items_named(part)]
    return [node.id] if isinstance(node, ast.Name) else []


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
    """The cases in the text of their file: most of it is packed, since it is long. The mistakes stay packed."""
    plain = json.loads(text)
    packed, cases = plain.pop(""), {}
    values = inflate(packed["values"], zlib)
    for name, case in plain.items():
        data = values[name]
        cases[name] = {
            **case, "values": data["values"], "mistakes": packed["mistakes"],
            **{key: unpack(data[key], []) for key in ("arguments", "expected")},
            "second": data["second"] and {**data["second"], "arguments": unpack(data["second"]["arguments"], [])},
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
