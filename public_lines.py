"""What a wrong answer's own lines say: the first value that differs, and a question on the line that makes it.

``public_tests.py`` reads this file when an answer is wrong, and says less without it. It needs the same as that file.
"""

import ast
import copy
import itertools
import sys
import textwrap
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from public_tests import (
    DEEPEST,
    NUMBER,
    TOO_LARGE,
    TOO_SMALL,
    WHEN_TRUE,
    WHICH_ITEM,
    WHICH_TERM,
    WRITING_THERE,
    Layout,
    changed_lines,
    changed_name,
    code_of,
    differs,
    find_gap,
    fingerprint,
    gap_lines,
    inflate,
    is_blank,
    is_changed,
    layout_of,
    leftover_lines,
    listed,
    look_again,
    nodes_of,
    numbers_in,
    own_nodes,
    same_fingerprint,
    second_lines,
    source_of,
    trace,
    tree_of,
    undone,
    watch,
    with_article,
)

try:
    import bz2
except ImportError:  # a Python without it knows no catalogue of mistakes, and has all else
    bz2 = None  # type: ignore[assignment]

EDITION = 1  # see public_tests.py


def explain(seen, line, cases):
    """Return what is said of a wrong answer that raises nothing.

    Parameters
    ----------
    seen : public_tests.Seen
    line : int
        That of a ``None`` which waits for its value; 0 where there is none.
    cases : dict
        The cases of the notebook's functions.
    """
    function, case, task = seen.function, seen.case, seen.case["task"]
    if seen.second:
        return second_lines(seen, typed=typed_sizes(function, case))
    if seen.problem:
        asked = (return_question(function) or " ".join(early_return(function)) or exit_question(function, case)
                 or seen.problem.question)
        return [f"{task}: {seen.problem.text}", f"  {asked}"]
    if not seen.gaps:
        return changed_lines(seen, changed_where(seen))
    is_none = case.get("returns_value") and next(iter(seen.outputs.values())) is None
    if is_none and not line and (question := return_question(function)):
        return [f"{task}: the function returns None; a value is asked for.", f"  {question}"]
    first, said, asked = cause_lines(seen, cases)
    where = first.name.replace(shape_name(""), "") or first.idle or (RETURN if unread_lines(function) else "")
    mistake = recognise(seen, where)
    output = next(iter(seen.gaps))
    facts = notice(output, case["expected"][output], seen.outputs[output], layout_of(case, output))
    lines = gap_lines(seen, said, facts, [] if mistake else exchanged_lines(case, seen.outputs, seen.gaps), asked)
    if mistake:
        lines = [said for said in lines[:-1] if said.strip() != mistake["says"]] + [f"  {mistake['says']}",
                                                                                  f"  {mistake['hint']}"]
    return undone(case, line) + lines + leftover_lines(function)


def cause_lines(seen, cases):
    """Return the first value that differs, sentences on the lines, and a question on them, which may be empty."""
    function, case, outputs, gaps = seen.function, seen.case, seen.outputs, seen.gaps
    changed, where, source = changed_name(seen), changed_where(seen), source_of(function)
    first = first_difference(function, case, source, wrong=gaps, changed=changed)
    dropped, replaced = dropped_lines(function, cases), [] if first.lines else replaced_lines(function)
    early = early_return(function)
    asked = (early[-1] if early else first.question or loop_question(first, source, case["task"])
             or (WHICH_NAME if dropped else WHICH_PASS if replaced else line_question(first, seen)))
    is_known = (early or dropped) and not first.loop  # and may be the cause of what differs
    said = early[:-1] + dropped + ([] if is_known else first.lines) + replaced + unread_lines(function)
    lost, lines, question = lost_decimals(function, case) or whole_output(first, case["expected"], outputs, source)
    if lines:
        after = [f"`{first.name}`, the first value that differs, is made of it."] if lost in read_at(
            first.line, source) and lost != first.name else []
        is_told = after or lost in (first.name, first.idle)
        said, asked = lines + after + [line for line in said if not is_told or line not in first.lines[:1]], question
    if kind := kind_lines(function, case, next(iter(gaps.values()))):
        is_same = first.name in gaps or not first.name
        said = kind[:1] + [line for line in said if not is_same or line not in first.lines]
        asked = kind[1] if is_same and not dropped else asked
    if changed and (change := change_sentence(changed, where)) not in said:
        said.append(change)
    return first, said, asked


# ---- facts on wrong values --------------------------------------------------------------------------------


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


def exchanged_lines(case, outputs, gaps):
    """A sentence on the first two wrong outputs that hold what is expected of each other; none where none do."""
    expected = case["expected"]
    for one, other in itertools.combinations(gaps, 2):
        if find_gap(one, expected[one], outputs[other]) is None and find_gap(
                other, expected[other], outputs[one]) is None:
            return [f"`{one}` holds what is expected of `{other}`, and `{other}` what is expected of `{one}`."]
    return []


#: In the place of the first name, where no value is seen to differ, and one is not read: then another is returned.
RETURN = "return"


def recognise(seen, first):
    """The catalogued mistake whose fingerprints all wrong outputs bear; None where there is none or no single one.

    Other mistakes may give the same numbers. So the ``first`` name that goes wrong must be one that the mistake
    changes, if that is known; and either both write into an argument, or none does.
    """
    mine = {output: fingerprint(seen.outputs[output]) for output in seen.gaps}
    right = {output: fingerprint(seen.case["expected"][output]) for output in seen.gaps}
    if any(print_ is None for print_ in (*mine.values(), *right.values())):
        return None
    found = []
    for mistake in known_mistakes(seen.case):
        sums, changed = mistake["prints"], mistake["changed"]  # an output without sums hardly differs
        if sums.keys() <= mine.keys() and mistake["writes"] == (seen.changed >= 0) and (
                not first or not changed or first in changed) and all(
                same_fingerprint(print_, sums.get(output, right[output][:3])) for output, print_ in mine.items()):
            found.append(mistake)
    return found[0] if len({mistake["says"] for mistake in found}) == 1 else None


def known_mistakes(case):
    """The catalogued mistakes of a task, with sums of the outputs that they make wrong."""
    packed = case["mistakes"] if bz2 else ""
    says, hints, *columns = inflate(packed, bz2)[case["task"]] if packed else [()] * 6
    return [{"says": said, "hint": hints[place], "prints": print_, "changed": names, "writes": writes}
            for said, place, print_, names, writes in zip(says, *columns)]


def typed_sizes(function, case):
    """The lines in which the sizes of the public case stand as numbers, in a sentence each; at most three."""
    tree = tree_of(function)
    sizes, found = {size for size in case["sizes"].values() if size > 2}, {}
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Constant) and type(node.value) is int and node.value in sizes:
            found.setdefault(node.lineno, []).append(str(node.value))
    return [f"Line {line} of the function holds the number{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}."
            for line, numbers in sorted(found.items())[:3]]


# ---- lines that are certain ---------------------------------------------------------------------------------


def kind_lines(function, case, gap):
    """A sentence on the line that makes an output something else than is asked for, and a question; or nothing."""
    if gap.kind not in ("missing", "type") or gap.where not in case["expected"]:
        return []
    tree = tree_of(function)
    seen, kinds, ends = [], [], []

    def visit(frame, line, event, argument):
        seen.append(line)
        kinds.append(type(frame.f_locals[gap.where]) if gap.where in frame.f_locals else None)
        if event == "return":
            ends.append(type(argument))

    watch(function, copy.deepcopy(case["arguments"]), visit)
    if not tree or not ends or (gap.kind == "missing" and type(None) not in (kinds[-1], ends[-1])):
        return []
    returns = [node for node in own_nodes(tree) if isinstance(node, ast.Return)]
    last = next((node for node in returns if node.lineno <= seen[-1] <= node.end_lineno), None)
    if last is not None and last is not max(returns, key=lambda node: node.lineno):
        says = f"It is returned by line {last.lineno} of the function{quoted(source_of(function), last.lineno)}"
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
    return [f"`{gap.where}` is {kind} from line {line} of the function on{quoted(source_of(function), line)}",
            f"What kind of thing should `{gap.where}` be after line {line}?"]


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
    stores, found, made, before = plain_stores(function), [], {}, [0]

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


def plain_stores(function):
    """The lines that give an entry of an array a value which is only computed: the array's name, and the value."""
    stores = {}
    for node in nodes_of(function):
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
    makers = [line for line, names in names_written(parse(source).body[0]).items() if first.name in names]
    return first.name, made_by(first.name, max([0, *(line for line in makers if line <= first.line)])), (
        WHICH_NUMBERS.format(first.name))


def return_question(function):
    """The question on a function that hands nothing back; empty where one of its lines returns a value."""
    definition = tree_of(function)
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


def early_return(function):
    """A sentence on a return that ends a loop in its first pass, under no condition, and a question; or nothing."""
    loops = [node for node in nodes_of(function) if isinstance(node, (ast.For, ast.While))]
    found = [node.lineno for loop in loops for node in loop.body if isinstance(node, ast.Return)]
    return [f"Line {found[0]} stands inside the loop, and ends the function the first time that it runs.",
            "When should the function end?"] if found else []


def exit_question(function, case):
    """The question on a return that is not the last one of the function's, and ends it; empty where it is the last."""
    lines = sorted(node.lineno for node in nodes_of(function) if isinstance(node, ast.Return))
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
    tree = tree_of(function)
    return [f"Line {node.lineno} makes a value, and no name gets it{quoted(source_of(function), node.lineno)}"
            for node in (dropped_in(tree, cases) if tree else ())][:2]


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


def unread_names(tree):
    """The names that a function gives values to and never reads, with the lines."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Name)] if tree else []
    read = {node.id for node in nodes if not isinstance(node.ctx, ast.Store)}
    return {node.id: node.lineno for node in nodes if node.id not in read}


def own_lines(source):
    """The lines between the first and the last sign of what a learner fills in; all where there are none."""
    lines = source.splitlines()
    tags = [at for at, text in enumerate(lines, 1) if " CODE HERE" in text]
    return range(tags[0], tags[-1]) if len(tags) > 1 else range(1, len(lines) + 1)


#: Asked of a value that no name gets, and of one that each pass gives anew.
WHICH_NAME = "Which name should get the value that no name gets?"
WHICH_PASS = "What should become of the values of the passes before?"


def replaced_lines(function):
    """The first line that gives a name a value at each pass of a loop which has no use for it, in a sentence."""
    return [f"Line {node.lineno} gives `{node.targets[0].id}` another value at each pass: only the last one is left."
            for node in replaced_in(tree_of(function))[:1]]


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


def changed_where(seen):
    """The line that changes an argument, in words; empty where there is none or it is not known."""
    if seen.changed < 0 or code_of(seen.function) is None:
        return ""
    line, source = changing_line(seen.function, seen.case, seen.changed), source_of(seen.function)
    return f"line {line} of the function{quoted(source, line)}" if 0 < line <= len(source.splitlines()) else ""


def change_sentence(name, where):
    """The sentence on an argument that a call changes."""
    return f"The call changes `{name}`, which is the caller's own" + (f", in {where}" if where else ".")


def changing_line(function, case, which):
    """The line of a function, from 1, that first changes one of its arguments; 0 where none is seen to."""
    arguments, lines, is_done = copy.deepcopy(case["arguments"]), [0], []

    def visit(frame, line, event, argument):
        if not is_done and is_changed(case["arguments"][which], arguments[which]):
            is_done.append(True)
        if not is_done:
            lines.append(line)

    watch(function, arguments, visit)
    return lines[-1]


# ---- questions on lines -------------------------------------------------------------------------------------


#: Asked of a line of which nothing more is known.
WHICH_PART = "is a part missing, is there one too many or a wrong one, or is the order wrong?"


def line_question(first, seen):
    """The question on the line that differs first, where nothing more is known of a value; else empty."""
    gap = next(iter(seen.gaps.values()))
    lines = [str(line) for line in sorted({first.line, *first.others} - {0})]
    if not lines or gap.question not in (WHICH_TERM, TOO_SMALL, TOO_LARGE, WHICH_ITEM, WHEN_TRUE):
        return ""
    if len(lines) > 1:
        return f"Compare lines {listed(lines)} with the task: {WHICH_PART}"
    if gap.where.partition("[")[0] == first.name:
        if asked := count_question(gap, lines[0], seen):
            return asked
        ends = {TOO_SMALL: "too small", TOO_LARGE: "too large"}
        if gap.question in ends and gap.where == first.name:
            return f"What in line {lines[0]} makes `{first.name}` {ends[gap.question]}?"
        if gap.question == WHEN_TRUE:
            return f"When should line {lines[0]} give True, and when False?"
    return f"Compare line {lines[0]} with the task: {WHICH_PART}"


def count_question(gap, line, seen):
    """The question on a whole number that a line makes of sizes alone; empty where other arguments take part."""
    arguments, output = seen.case["arguments"], gap.where.partition("[")[0]
    expected, got = seen.case["expected"][output], seen.outputs[output]
    if gap.question == WHICH_ITEM:
        place = int(gap.where[len(output) + 1:-1])
        expected, got = expected[place], got[place]
    if not all(type(number) is int for number in (*arguments, expected)) or got != int(got) or expected == 1:
        return ""
    if gap.question == WHICH_ITEM:
        if expected not in arguments:
            return f"How do the sizes make {expected}?"
        return f"Which size is {expected}, and what does line {line} put there?"
    if factor := missing_size(output, seen):
        return f"It should be {factor} times as large. Which size is {factor}, and what does it count?"
    by = abs(expected - int(got))
    if got > expected:
        return f"It is {by} too large. Which part of line {line} is too many, or too large?"
    return f"It is {by} too small. Which part of line {line} is left out, or too small?"


def missing_size(output, seen):
    """The size with which a whole number has to be multiplied, here and on the second case; 0 where there is none."""
    case, again = seen.case, look_again(seen.function, seen.case)
    if again is None or output not in again.gaps or not isinstance(again.outputs[output], NUMBER[1:]):
        return 0
    second = case["second"]
    return next((size for symbol, size in case["sizes"].items()
                 if seen.outputs[output] * size == case["expected"][output] and same_fingerprint(
                     fingerprint(again.outputs[output] * second["sizes"][symbol]), second["expected"][output])), 0)


def loop_question(first, source, name):
    """The question on a loop that takes another number of steps, or leaves a name as it was; else empty."""
    if first.loop == IDLE:
        asked = idle_question(first.idle, source)
        return asked or f"Which line should change `{first.idle}`, and does that line stand inside the loop?"
    loop = loop_in(source, name)
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
    tree = parse(source)
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


def read_at(line, source):
    """The names that a line reads."""
    statement = statement_at(parse(source), line) if line else None
    return names_read(statement) if statement is not None else set()


# ---- what the lines of a call do --------------------------------------------------------------------------------

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
    code = code_of(function)
    node = find_definition(source, getattr(code, "co_name", ""))
    loops = [s for s in node.body if isinstance(s, (ast.For, ast.While))] if node else []
    if node is None or len(loops) > 1:
        return None
    shift = min([node.lineno, *(d.lineno for d in node.decorator_list)]) - code.co_firstlineno
    written, stored = names_written(node), names_written(node, parts=True)
    step = loops[0].target.id if loops and isinstance(getattr(loops[0], "target", None), ast.Name) else None
    events, known = [], {}

    def local(frame, event, argument):
        if event == "exception":
            unwrite(events)
        if event in ("line", "return"):
            if len(events) > MOST_EVENTS:
                sys.settrace(None)
                return None
            held = {name: sums_since(name, value, known) for name, value in frame.f_locals.items()
                    if (names is None or name in names) and not name.startswith(".")}
            held.update({shape_name(name): sums_of(np.zeros(frame.f_locals[name].shape)) for name in filled
                         if isinstance(frame.f_locals.get(name), np.ndarray)})
            line = frame.f_lineno + shift
            events.append(Event(line, str(frame.f_locals.get(step, "")), held, written.get(line, []),
                                stored.get(line, [])))
        return local

    def begin(frame, event, argument):
        return local if frame.f_code is code and not events else None

    trace(function, arguments, begin)
    return cut(events, loops[0] if loops else None) if events else None


def loop_in(source, name):
    """The first loop that stands in a function by itself; None where there is none."""
    definition = find_definition(source, name)
    return next((node for node in (definition.body if definition else ())
                 if isinstance(node, (ast.For, ast.While))), None)


def names_written(node, parts=False):
    """The names to which the statements of a function give values, or of which it gives parts one, by their lines."""
    written = {}
    for statement in own_nodes(node, leave_out=ast.expr):
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


@lru_cache(maxsize=8)
def parse(source):
    """The syntax tree of a text, which is asked for several times."""
    return ast.parse(source)


def find_definition(source, name):
    """The definition of a function in a text; None where there is none."""
    try:
        tree = parse(textwrap.dedent(source))
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


def statement_at(tree, line):
    """The innermost statement on a line of a tree."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.stmt) and node.lineno <= line <= node.end_lineno
             ] if tree else []
    return max(found, key=lambda node: (node.lineno, -node.end_lineno)) if found else None


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


#: What `sums_of` returns where a number is infinite or none at all.
NOT_FINITE = "not finite"


def sums_of(value):
    """Three sums of a value, their scales and how many there are; None where it holds something else than numbers."""
    print_ = fingerprint(value)
    if print_ is not None:
        return (*print_, sum(map(np.size, numbers_in(value))))
    return NOT_FINITE if isinstance(value, NUMBER) and np.asarray(value).dtype.kind == "f" else None


def sums_since(name, value, known):
    """The sums of a value; those that are ``known`` of the name where it holds the same as before."""
    now = content_of(value)
    if known.get(name, (None,))[0] != now or now is None:
        known[name] = now, sums_of(value)
    return known[name][1]


def content_of(value, above=()):
    """What tells a value from others, in less time than its sums take; None where nothing does."""
    if type(value) is np.ndarray:
        return (value.dtype.str, value.shape, value.tobytes()) if value.dtype.kind in "fiub" else None
    if type(value) in (int, float, bool, str):
        return type(value), repr(value)
    if type(value) not in (dict, tuple, list) or len(above) > DEEPEST or any(value is other for other in above):
        return None
    content = [type(value), tuple(value) if type(value) is dict else ()]
    for item in value.values() if type(value) is dict else value:
        content.append(content_of(item, (*above, value)))
        if content[-1] is None:
            return None
    return content


def agrees(mine, expected):
    """Tell whether the sums of a value are the expected ones."""
    return mine != NOT_FINITE and same_fingerprint(np.array(mine), expected)


# ---- the first value that differs -----------------------------------------------------------------------------


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


#: Asked of a value that a line changes under another name.
TWO_NAMES = "Line {} writes into an array that `{}` holds too. Where does one array get two names?"


def difference(name, line, part, source, right, expected, wrong=()):
    """The first value that differs, in sentences; ``right`` are the names that agree, in their order.

    Of these, the outputs that are ``wrong`` in the end are not mentioned.
    """
    tree = parse(source)
    where = f", first at step {part.step}" if part.key.isdigit() and part.step else ""
    if where and "." in part.step:  # a loop over numbers that count nothing
        where = f", first in pass {int(part.key) + 1}"
    what = f"the {name.replace('of ', 'of `')}`" if name.startswith("shape of ") else f"`{name}`"
    question, several = "", set()
    changing = line_that_spoils(name, part, tree, expected)
    if changing:
        line, sign = changing, "" if name in names_of_targets(tree, changing) else ", under another name"
        origin = f"{where}: it is as expected until line {line} of the function changes it{sign}"
        question = TWO_NAMES.format(line, name) if sign else (
            f"Should line {line} change `{name}`, or does a later line need it as it was?")
    elif name in part.again or part.stored.get(name, line) != line:
        several = sorted({*part.again.get(name, ()), part.stored.get(name, line), line})
        lines = listed([str(at) for at in several[:4]])
        origin, line = f"{where}; it gets values from lines {lines}.", 0
    else:
        origin = f", from line {line} of the function{where}"
    left_out = {name, *wrong, *names_unpacked(tree), *(names_of_targets(tree, line) if line else ())}
    last = dict.fromkeys([f"`{other}`" for other in right if other not in left_out and "shape of" not in other][-3:])
    more = [f"Right so far: {', '.join(last)}."] if last else []
    sentence = f"The first value that differs is {what}{origin}{quoted(source, line) if line else ''}"
    return Difference([sentence, *more], name, line, question, tuple(several))


def names_unpacked(tree):
    """The names that a function only takes out of its arguments, such as a parameter or a size."""
    arguments = {argument.arg for argument in ast.walk(tree) if isinstance(argument, ast.arg)}
    taken, made = set(arguments), set()
    for node in own_nodes(tree.body[0]):
        value = getattr(node, "value", None)
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.For, ast.NamedExpr)):
            targets = getattr(node, "targets", None) or [node.target]
            names = {base_name(part) for target in targets for part in ast.walk(target)}
            is_taken = isinstance(node, ast.Assign) and all(
                isinstance(part, TAKING) for part in ast.walk(value)) and {
                    part.id for part in ast.walk(value) if isinstance(part, ast.Name)} <= taken
            (taken if is_taken else made).update(names)
    return taken - made - {""}


#: Parts of an expression that takes something out of something else, at a place that does not change.
TAKING = (ast.Name, ast.Attribute, ast.Subscript, ast.Constant, ast.Tuple, ast.expr_context)


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
    tree, own = parse(source), own_lines(source)
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
    loop = loop_in(source, case["task"])
    which = f"The loop in line {loop.lineno} of the function" if loop is not None else "The loop"
    too_few = Difference([f"{which} takes {taken} of {steps} steps."], loop=FEW_STEPS)
    for part in passes:
        if part.key == "after" and taken < steps:
            return too_few
        if part.key not in known:
            return Difference([f"{which} takes more steps than the {steps} that are needed."], loop=MANY_STEPS)
        if part.key == "after" and (left := left_after(part, known["after"], wrong)):
            return Difference([f"No line after the loop gives `{left}` a value."])
        written = {name for name, _ in part.writers}
        right = [name for name in right if name not in written]  # what was right in the pass before
        for name, line in part.writers:
            expected = known[part.key].get(name)
            gathers = name in filled and shape_name(name) not in part.end  # steps in a list, which is stacked later
            is_right = wrong and name in case["expected"] and name not in wrong  # in the end
            if expected is None or gathers or is_right or (has_raised and is_filled_after(name, line, source)):
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
            return Difference([f"{which} leaves `{left}` as it was."], loop=IDLE, idle=left)
    return too_few if taken < steps and not has_raised else Difference([])


def arguments_rebound(function, source):
    """The arguments to which a function gives other values."""
    code = code_of(function)
    node = find_definition(source, getattr(code, "co_name", ""))
    written = {name for names in names_written(node).values() for name in names} if node else set()
    return written & set(getattr(code, "co_varnames", ())[:getattr(code, "co_argcount", 0)])


def after_argument(first, passes, source, moved, changed):
    """The first value that differs, if its line reads an argument that is not any more what was handed in; else None.

    Then the line that changes the argument is named, and no word on the other line says that it is wrong.
    """
    tree, part = parse(source), passes[-1]
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
            question = (WRITING_THERE if name == changed else
                        f"Should `{name}` still be what was handed in when line {reading} reads it?")
            after = f"`{first.name}`, the first value that differs, is made after that."
            return Difference([says, after, *first.lines[1:]], name, line, question)
    return None


def is_filled_after(name, line, source):
    """Tell whether a later line fills the array that a line makes: a call that stopped may not have come so far."""
    parts = [node for node in ast.walk(parse(source)) if isinstance(node, ast.Subscript)]
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
