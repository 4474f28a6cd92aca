"""The sentence for a wrong line: what it gives, and where it is certain the class of the mistake.

It names only what stands in the student's own line: never the name that belongs there, and never a formula.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Mapping

import numpy as np

from public_lines import unread_names

from ...notebooks.waiting import WAITS
from .comparing import is_number
from .finding import Finding
from .loop_sentences import say_loop
from .passes import parts_read
from .quoting import pronoun, quote, verb
from .raising import say_raised
from .setting import Edit
from .syntax import RETURN, base_of, names_in, names_read, targets_in
from .values import Values, kind_of

#: By act: ``{x}`` is a name that stands in the line.
ACTS: Mapping[str, str] = {
    "name": "`{x}` stands there. Is it the one that belongs there?",
    "names": "{x} stand there. Are they the ones that belong there?",
    "swap": "Two parts stand in each other's place. Which?",
    "stale": "`{x}` is still the one from before this step. Which one is needed?",
    "left": "It is left as it was.",
    "missing term": "A part of this sum or difference is missing. Which?",
    "missing factor": "A factor is missing. Which?",
    "missing division": "A division is missing. By what?",
    "missing function": "A function is missing. Which?",
    "missing condition": "A condition is missing. Which?",
    "missing comparison": "A comparison is missing. With what?",
    "missing argument": "An argument of `{x}` is missing. Which?",
    "missing item": "Not all items are there. Which are asked for?",
    "extra function": "`{x}` is one function too many. What is it for?",
    "arguments": "Not all arguments of `{x}` are the ones that it needs.",
    "comparison": "`{x}` stands there. Is it the comparison that belongs there?",
    "condition": "Look at the condition. When should it be true?",
    "word": "`{x}` joins the conditions. Is it the word that belongs there?",
    "negated": "Look where this line takes True for False, or False for True.",
    "turned factor": "Does this line multiply with `{x}` or divide by it? Which of the two is asked for?",
    "extra": "`{x}` is one part too many. What is it for?",
    "extras": "{x} are parts too many. What are they for?",
    "more": "One part is too many.",
    "part": "`{x}` stands there. Is it what belongs there?",
    "constant": "`{x}` stands there, whatever the arguments are. On which should it depend?",
    "alone": "It depends on {x} alone. Should nothing else decide it?",
    "combined": "The parts are right. Is `{x}` what should be done with them?",
    "as a whole": "`{x}` is applied to the whole. Should it be applied to the whole, or to each part?",
    "each part": "`{x}` is applied to each part. Should it be applied to each part, or to the whole?",
    "done": "What is done with `{x}` is not what is asked for. What is?",
    "each": "Look at what is made of each `{x}`.",
    "source": "Look at where each `{x}` is taken from, and in which order.",
    "twice": "One part counts twice. Which?",
    "sign": "A sign is the other way round. Which?",
    "operation": "One operation is not the one that is asked for. Which?",
    "complement": "Look where this line takes 1 minus something, or should.",
    "turned": "`{x}` is read in the other direction.",
    "product": "Look at the product: is it one of entries, or of matrices?",
    "power": "Look at the power. Which is asked for?",
    "number": "Look at the numbers in this line. Where does each come from?",
    "slope": "The slope is that of another function. Of which is it needed?",
    "order": "Two parts stand in each other's place. Which?",
    "transpose": "One transpose is missing, or one is too many. Which shapes meet here?",
    "transposes": "Transposes are missing, or there are too many.",
    "brackets": "Look at the brackets: which parts does this line take together?",
    "axis": "Something runs along the wrong axis. Along which should it run?",
    "axes": "The axes of one item are not the ones that are asked for, or stand in another order.",
    "axis kept": "The axis that is summed over has to stay.",
    "all axes": "All entries should be taken together here, along every axis.",
    "case": "It is the value for another case. When should which of the two be taken?",
    "function": "`{x}` stands there. Is it the function that belongs there?",
    "index": "Look at the index with which `{x}` is taken. Which is needed?",
    "slice": "Another part of `{x}` is taken than the one that is needed. Which one is that?",
    "whole": "The whole `{x}` stands where a part of it is needed. Which part?",
    "new axis": "`{x}` has an axis too few here. Where should it have one?",
    "entry": "The entry {x!r} stands there. Is it the one that belongs there?",
    "argument": "One argument of `{x}` is not the one that it needs. Which?",
    "items": "Not all items are there, or not in the form that is asked for. Which are?",
    "items order": "Two of the items stand in each other's place. Which?",
    "shape": "Look at the shape: which sizes, and in which order?",
    "filled": "Look at the value with which the array is filled. Which should it be?",
    "zeros": "Zeros stand where values belong. Which values?",
    "size": "It is multiplied or divided by a number that does not belong there.",
    "whole numbers": "It holds whole numbers: the decimals are lost.",
    "unfilled": "It is changed as a whole, where one part of it should be. Which part?",
    "replaced": "What was there is replaced where it should be added to. How is something added to it?",
    "added": "What was there is added to where it should be replaced. Should anything of it be kept?",
    "nested": "The list is put into a pair at each step. How is an item added to a list?",
    "front": "Each item is put in front of the others. In which order should they be?",
    "apart": "The parts of the item are added one by one, not the item.",
}
#: Acts whose sentence says more than the shape that comes of them.
PLAIN = {"unfilled"}
FOLLOWS = "From what it reads, another value follows."
KEPT_NOWHERE = "The value of this line is kept nowhere."
REPLACED = "`{}` gets another value at each pass, and only the last one is left."
CHANGES = "The argument {} is changed from here on, for the caller, too."


def say(values: Values, finding: Finding, edit: Edit | None, question: str = "") -> str:
    """Return the sentences for a finding.

    Parameters
    ----------
    values : Values
    finding : Finding
    edit : Edit or None
        The change that explains a value.
    question : str, optional
        For a value that nothing explains.
    """
    if (waiting := say_waiting(values, finding)) is not None:
        return waiting
    if finding.kind == "value" and RETURN in finding.names and ends_without_return(values, finding):
        return "The function ends at this line and returns nothing. Which word hands values back?"
    if finding.kind == "value":
        start = "Something else than it should is returned." if RETURN in finding.names else (
            f"This line gives {quote(finding.names)} a wrong value.")
        return f"{start} {explain(values, finding, edit) or f'{FOLLOWS} {question}'.rstrip()}"
    if finding.kind == "raised":
        if finding.names:
            says = f"{quote(finding.names)} {verb(finding.names, 'has', 'have')} no value when this line runs."
            return f"{says} {say_misspelt(values, finding) or 'Where should it get one?'}"
        return say_raised(values, finding, say_edit(edit) if edit else None)
    return say_other(values, finding)


def say_misspelt(values: Values, finding: Finding) -> str:
    """Return the sentence on a name much like a missing one that a line makes and nothing reads; "" if none is."""
    unread = unread_names(values.student.lines.function)
    for name in finding.names:
        near = difflib.get_close_matches(name, unread.keys() - names_in(values.oracle.function), 1, 0.7)
        if near and name in names_in(values.oracle.function):
            return f"Line {unread[near[0]]} makes `{near[0]}`, which nothing reads."
    return ""


def explain(values: Values, finding: Finding, edit: Edit | None) -> str | None:
    """Return the sentence that says what is wrong with a value; None if nothing is certain."""
    form = say_form(values, finding) if edit is None or edit.act not in PLAIN else None
    return form or (say_edit(edit) if edit else say_target(finding, values))


def say_waiting(values: Values, finding: Finding) -> str | None:
    """Return the sentence for a line whose value is None, or holds nothing else."""
    line = values.student.lines.statement(finding.line) if finding.line else None
    value = line.value if isinstance(line, ast.Assign | ast.AugAssign | ast.Expr) else None
    parts = value.args if isinstance(value, ast.Call) else value.elts if isinstance(value, ast.Tuple | ast.List) else [
        value]
    # one None among other parts may be an option, as in np.clip(x, None, 1)
    is_waiting = bool(parts) and all(isinstance(part, ast.Constant) and part.value is None for part in parts)
    return WAITS if is_waiting else None


def say_edit(edit: Edit) -> str | None:
    """Return the sentence for the class of a change; None if it needs a name that does not stand in the line."""
    if edit.act in ("names", "extras", "alone"):
        return ACTS[edit.act].format(x=quote(edit.brought))
    text = edit.about if edit.act in ABOUT else next(iter(edit.brought), "")
    if not text and "{x" in ACTS[edit.act]:
        return WITHOUT_NAME.get(edit.act)
    return ACTS[edit.act].format(x=text)


#: Acts whose sentence is about a name of the statement, not about the one that is brought in.
ABOUT = {"index", "slice", "whole", "new axis", "argument", "extra", "stale", "turned", "constant", "done",
         "turned factor"}
WITHOUT_NAME = {"slice": "Another part is taken than the one that is needed.",
                "whole": "The whole of something stands where a part of it is needed.",
                "index": "Look at the index.", "turned": "Something is read in the other direction. What?"}


def say_target(finding: Finding, values: Values) -> str | None:
    """Return a sentence on a line that differs from the equation in that it writes into an array that is there."""
    line = values.student.lines.statement(finding.line) if finding.line else None
    right = finding.equation.statement if finding.equation else None
    if not (isinstance(line, ast.Assign) and isinstance(right, ast.Assign)) or ast.dump(line.value) != ast.dump(
            right.value):
        return None
    mine, theirs = (list(targets_in(s.targets[0])) for s in (line, right))
    parts = [base.id for node in ast.walk(line.targets[0]) if isinstance(node, ast.Subscript)
             and isinstance(base := base_of(node), ast.Name)]
    new = [name for name in parts if mine == theirs and not any(
        isinstance(node, ast.Subscript) for node in ast.walk(right.targets[0]))]
    has = verb(new, "has", "have")
    return f"It writes into what {quote(new)} already {has}, and makes no new array." if new else None


def say_form(values: Values, finding: Finding) -> str | None:
    """Return a sentence on the type, the shape or the kind of numbers of a wrong value."""
    if finding.equation is None or finding.part is None:
        return None
    found = values.ask(finding.equation, finding.part)
    if len(finding.names) > 1:
        is_whole = all(kind_of(found.get(name)) == "f" and kind_of(finding.part.end.get(name)) in ("i", "u")
                       for name in finding.names)
        return "They hold whole numbers: the decimals are lost." if is_whole else None
    (name,) = finding.names
    right, got = found.get(name), finding.part.end.get(name)
    if got is None:
        return "It is None."
    if isinstance(got, np.ndarray) and got.ndim and right is not None and is_number(right) and np.ndim(right) == 0:
        return f"Its shape is {got.shape}, and one number belongs there. What makes one number of many?"
    if not isinstance(right, np.ndarray) or not isinstance(got, np.ndarray):
        return None
    if right.shape != got.shape:
        return f"Its shape is {got.shape}. Which shape should it have?"
    if right.dtype.kind == "f" and got.dtype.kind in "iub":
        return ACTS["whole numbers"]
    ends = [part.end.get(name) for part in values.student.passes if part.block == finding.block]
    if got.size > 1 and got.dtype.kind != "b" and (right != right.flat[0]).any() and all(
            isinstance(end, np.ndarray) and end.shape == got.shape and (end == got.flat[0]).all() for end in ends):
        return f"Every entry of it is {got.flat[0] + 0.0:.6g}. What should they be?"
    return None


def ends_without_return(values: Values, finding: Finding) -> bool:
    """Tell if a call came to its end with None, at a line that is no ``return``."""
    line = values.student.lines.statement(finding.line) if finding.line else None
    return finding.part is not None and finding.part.end.get(RETURN) is None and not isinstance(line, ast.Return)


WHERE = {"before": " before the loop", "loop": " of the loop", "after": " after the loop"}


def say_missing(values: Values, finding: Finding) -> str:
    """Return the sentence for a name to which no line gives a value."""
    if own := own_names_read(values, finding):
        return f"{quote(finding.names)} should hold another value after this line. Look at {quote(own)} as well."
    if finding.lines and finding.line == finding.lines[0]:
        is_right = verb(finding.names, "is right", "are right")
        return f"{quote(finding.names)} {is_right} here, but a line below has to change {pronoun(finding.names)}."
    if finding.lines and finding.line is not None:
        kept = values.student.lines.written(finding.line)
        return f"No line uses {quote(kept)}." if kept else KEPT_NOWHERE
    if finding.line is not None:
        needs = verb(finding.names, "has to get a value", "have to get values")
        if isinstance(values.student.lines.statement(finding.line), ast.If):
            return f"{quote(finding.names)} {needs} at every step. Is this condition true at each?"
        return f"{quote(finding.names)} {needs} at every step. Does this line run at each?"
    where = WHERE[finding.block] if values.student.loop is not None else ""
    start, statement = finding.part.start if finding.part else {}, finding.equation and finding.equation.statement
    is_plain = isinstance(statement, ast.Assign) and not isinstance(statement.targets[0], ast.Subscript)
    if is_plain and all(name in start for name in finding.names):
        what = verb(finding.names, "a new value", "new values")
    else:
        what = verb(finding.names, "its value", "their values")
    return f"No line{where} gives {quote(finding.names)} {what}. Which should?"


def say_given(values: Values, finding: Finding) -> str:
    """Return the sentence for names that get another value before they are used, with the lines of the later ones."""
    pairs = list(zip((name for name, _ in finding.about), finding.lines, strict=True))
    here = [name for name, line in pairs if line == finding.line]
    later = "".join(f" and {quote([name])} in line {line}" for name, line in pairs if line != finding.line)
    number = here if not later else [name for name, _ in pairs]
    changes = f"{quote(here)} {verb(here, 'gets another value', 'get other values')} here"
    lines = {write.line for name in finding.names for write in values.student.writes(name, finding.part)
             if write.by_text} if finding.part else set()
    statement = values.student.lines.statement(max(lines)) if lines else None
    if not later and statement is not None and set(here) <= names_read(statement) and max(lines) != finding.line:
        return f"{changes}, before line {max(lines)} reads {pronoun(here)}."
    return f"{changes}{later} before {verb(number, 'it is', 'they are')} used."


def own_names_read(values: Values, finding: Finding) -> list[str]:
    """Return the names of the student's own that a line reads: from these it may have a value that is right so far."""
    if not finding.lines or finding.line != finding.lines[0]:
        return []
    statement, lines = values.student.lines.statement(finding.line), values.student.lines
    made = {name for line in lines.by_line for name in lines.written(line)}
    read = names_read(statement) if statement is not None else set()
    return sorted((read & made) - values.oracle.written - set(values.oracle.parameters) - set(values.oracle.header))


def say_alias(values: Values, finding: Finding) -> str:
    """Return the sentence for a value that changes through another name."""
    if finding.lines and finding.line != finding.lines[0]:
        changes = verb(finding.names, "changes", "change")
        statement = values.student.lines.statement(finding.line) if finding.line else None
        parts = sorted(parts_read(statement) & set(values.student.lines.written(finding.lines[0]))) if statement else []
        does = f"takes a part of {quote(parts)}, and no copy." if parts else "makes one array with two names."
        return f"{quote(finding.names)} {changes} later, when line {finding.lines[0]} writes: this line {does}"
    return (f"{quote(finding.names)} {verb(finding.names, 'is', 'are')} changed by this line, which does not name "
            f"{pronoun(finding.names)}: one array has two names.")


def say_order(finding: Finding) -> str:
    """Return the sentence for a line that stands below, or above, one to which it belongs the other way round."""
    if finding.ends:
        return (f"This line runs in the last pass, too, which line {finding.lines[0]} ends. Which of the two should "
                "come first?")
    return (f"Line {finding.lines[0]} reads {quote(finding.names)} before this line changes "
            f"{pronoun(finding.names)}. Which of the two should come first?")


def say_other(values: Values, finding: Finding) -> str:
    """Return the sentence for a finding of another kind."""
    names, changed = quote(finding.names), quote([name for name, _ in finding.about])
    if finding.kind == "missing":
        return say_missing(values, finding)
    if finding.kind == "alias":
        return say_alias(values, finding)
    if finding.kind == "loop":
        return say_loop(values, finding)
    if finding.kind == "order":
        return say_order(finding)
    if finding.kind == "overwritten":
        return (f"{names} {verb(finding.names, 'was', 'were')} right, and this line writes over "
                f"{pronoun(finding.names)}. Should it?")
    if finding.kind == "argument":
        if finding.lines and finding.lines[0] != finding.line:
            return (f"The argument {names} is changed, for the caller, too, when line {finding.lines[0]} writes: this "
                    f"line gives {pronoun(finding.names)}, or a part of {pronoun(finding.names)}, another name.")
        return CHANGES.format(names)
    if finding.kind == "given":
        return say_given(values, finding)
    if finding.about[0][0] not in values.oracle.parameters:
        return f"{changed} is the name of a module or function, and gets another value here."
    return f"The argument {changed} gets another value here."
