"""What is said of an error: the learner's own line, what stands in it, the helper beneath, and a question.

``public_tests.py`` reads this file when a function raises, and says less without it. It needs the same as that file.
"""

import ast
import difflib
import inspect
import linecache
import re
import sys
import traceback

import numpy as np

from public_lines import first_difference, statement_at, typed_sizes, unread_names
from public_tests import (
    NUMBER,
    a_kind,
    code_of,
    is_cell,
    is_endless,
    leftover_lines,
    look,
    second_lines,
    source_of,
    tree_of,
)

EDITION = 1  # see public_tests.py


def explain(seen, line, cases):
    """What is said of a function that raises; see the same function in ``public_lines.py``."""
    function, case = seen.function, seen.case
    if seen.second:
        said = [said.strip() for said in error_lines(case, function, seen.second.error)[:-1]]
        return second_lines(seen, said, typed_sizes(function, case))
    first = first_difference(function, case, source_of(function), has_raised=True)
    *lines, question = error_lines(case, function, seen.error, cases, first)
    waits = [f"  The `None` in line {line} of the function still waits for its value."] if line else []
    return [*lines, *(f"  {line}" for line in first.lines), question, *waits, *leftover_lines(function)]


def error_lines(case, function, error, cases=None, differs=None):
    """An exception in sentences: the learner's own line, what stands in it, the helper beneath, and a question.

    Where the first value that ``differs`` is made in another line, the question is not on what this line hands on.
    """
    task = case["task"]
    code = code_of(function)
    calls = list(traceback.walk_tb(error.__traceback__))
    own = next(((frame, line) for frame, line in calls if frame.f_code is code), None)
    said = plain_words(" ".join(str(error).split()))
    name = type(error).__name__
    if own is None:
        return [f"{task}: stopped by {name}: {said}.".replace("..", "."), f"  {error_question(error, None, {}, None)}"]
    frame, line = own
    at = line - code.co_firstlineno + 1
    tree = tree_of(code)
    statement = statement_at(tree, at)
    lines = [f"{task}: stopped by {name}, at line {at} of the function: {said}.".replace("..", ".")]
    shows = isinstance(error, KeyError)
    lines += describe_line(statement, code, line, frame, shows)
    depth = [frame for frame, _ in calls].index(frame)
    beneath = [(f, n) for f, n in calls[depth + 1:] if is_learners(f.f_code.co_filename, code)
               and not f.f_code.co_name.startswith("<")]
    handed = handed_lines(case, beneath[0][0], function, cases or {}) if beneath else []
    if not beneath and len(calls) > depth + 1 and not shows:
        handed = helper_lines(frame, calls[depth + 1][0])
    begin = ""
    if differs and differs.line and differs.line != at:
        begin = f"  Begin at line {differs.line}. What should `{differs.name.replace('shape of ', '')}` be there?"
    if handed:
        return [*lines, *handed[:-1], begin or handed[-1]]
    if beneath:
        frame, line = beneath[-1]
        inner, at = frame.f_code, line - frame.f_code.co_firstlineno + 1
        tree = tree_of(inner)
        statement = statement_at(tree, at)
        lines.append(f"  This line calls `{inner.co_name}`, which stops at its line {at}:")
        lines += describe_line(statement, inner, line, frame, shows)
    asked = {name for values in (case.get("values") or {}).values() for name in values} if frame is own[0] else ()
    question = begin if begin and isinstance(error, (ValueError, IndexError)) else (
        f"  {error_question(error, statement, names_of(frame), tree, asked)}")
    return [*lines, question]


def plain_words(said):
    """A message with numpy's sentence on matrix products in plain words."""
    return re.sub(r"matmul: Input operand .{1,200}?\(size (\d+) is different from (\d+)\)",
                  r"the inner sizes of a matrix product differ: \2 and \1", said)


def handed_lines(case, frame, function, cases):
    """What a helper gets from the line that calls it, where it passes its own check; nothing where it does not."""
    name = frame.f_code.co_name
    own, known = getattr(function, "__globals__", {}).get(name), cases.get(name)
    if known is None or getattr(own, "__code__", None) is not frame.f_code or not look(own, known).passed:
        return []
    alike = all(known["sizes"].get(symbol, size) == size for symbol, size in case["sizes"].items())
    differ = []
    for argument, right in zip(frame.f_code.co_varnames, known["arguments"]):
        got = frame.f_locals.get(argument)
        if is_endless(got):
            differ.append(f"`{argument}` has a part that contains itself.")
        elif isinstance(right, np.ndarray) and not isinstance(got, NUMBER):
            differ.append(f"Its argument `{argument}` is {a_kind(got)} here, and an array there.")
        elif isinstance(right, np.ndarray) and np.shape(got) != right.shape and (alike or np.ndim(got) != right.ndim):
            differ.append(f"Its argument `{argument}` has shape {np.shape(got)} here, and {right.shape} there.")
        elif isinstance(right, dict) and isinstance(got, dict) and (missing := [k for k in right if k not in got]):
            differ.append(f"Its argument `{argument}` has no entry {missing[0]!r} here.")
    arguments = ", ".join(frame.f_code.co_varnames[:frame.f_code.co_argcount])
    question = f"Is `{name}` the function to call here?" if name not in case["calls"] else (
        f"It takes ({arguments}). What should stand in each place?")
    return [f"  This line calls `{name}`, which passes its own check. {' '.join(differ[:3])}".rstrip(), f"  {question}"]


def helper_lines(frame, beneath):
    """The arguments that an imported function takes, if a line stops inside of it, in sentences; else none."""
    code = beneath.f_code
    helper = frame.f_globals.get(code.co_name)
    if getattr(helper, "__code__", None) is not code:
        return []
    arguments = code.co_varnames[:code.co_argcount]
    return [f"  This line calls `{code.co_name}`, which takes ({', '.join(arguments)}).",
            "  What should stand in each place?"] if len(arguments) > 1 else []


def is_learners(filename, code):
    """Whether a file is the learner's: a cell, or the file of the function that is checked."""
    return is_cell(filename) or filename == code.co_filename


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


# ---- questions ----------------------------------------------------------------------------------------------


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
    if "operands could not be broadcast" in said and (meeting := entrywise(statement, names)):
        return f"`*` multiplies entry by entry, and {meeting[0]} and {meeting[1]} meet there. Is that product meant?"
    for sign, question in SIGNS:
        if sign in said:
            return question
    return "Of what kind is each thing in this line, and which one does not fit?"


def shapes_in(statement, names):
    """The shapes of the arrays in a line."""
    return {names[node.id].shape for node in ast.walk(statement) if isinstance(node, ast.Name)
            and isinstance(names.get(node.id), np.ndarray)}


def entrywise(statement, names):
    """The shapes of the two arrays of a line that ``*`` cannot multiply; none where there are none."""
    for node in ast.walk(statement or ast.Pass()):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            shapes = [names[side.id].shape for side in (node.left, node.right)
                      if isinstance(side, ast.Name) and isinstance(names.get(side.id), np.ndarray)]
            if len(shapes) == 2 and any(one != other and 1 not in (one, other)
                                        for one, other in zip(shapes[0][::-1], shapes[1][::-1])):
                return shapes
    return ()


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
