"""The class report's words for each kind of gap and repair. They are the autograder's own, never a student's."""

from __future__ import annotations

#: Gaps at a limit of time, memory or processes.
LIMITS = frozenset({"timed out", "too many calls", "died", "cut off"})
#: Gaps that no usual way of working brings about.
SIGNS = frozenset({"too many calls", "cut off", "garbled"})

#: The words for a failed check, by `Check.kind`; ``{}`` is the check's name.
GAPS = {
    "missing": "`{}` lacks a part.", "type": "`{}` is another type of thing.", "length": "`{}` has another length.",
    "shape": "`{}` has another shape.", "dtype": "`{}` holds something else than real numbers.",
    "value": "`{}` has other values.", "sizes": "`{}` differs on arguments of some sizes only.",
    "raised": "It stops with an exception of its own.", "timed out": "It does not come back in time.",
    "too many calls": "It calls the function beneath it without end.", "died": "It ends its process.",
    "cut off": "The process cut itself off from the grader.", "unreadable": "It returns something else than numbers.",
    "garbled": "What came out of the process was no answer.",
    "arguments": "The call changes one of its arguments.", "repeatable": "A second call gives another answer.",
}  # fmt: skip
#: More exact words, by kind and `Check.detail`.
DETAILS = {
    ("missing", "None"): "`{}` is None.", ("missing", "no entry"): "`{}` is not in the returned dict.",
    ("value", "not finite"): "`{}` has entries that are not finite.",
    ("value", "first step"): "`{}` is right at the first time step only.",
    ("value", "last step"): "`{}` is right at the last time step only.",
}  # fmt: skip
#: The words for the check "returns".
RETURNS = {
    "missing": "The function is not defined: its cell is empty, or does not run.",
    "type": "It returns another type of thing.", "length": "It returns another number of values.",
}  # fmt: skip

#: The words for a wrong line, by `Line.kind`; ``{}`` is what it gives.
LINES = {
    "value": "The line that gives {} its value is wrong.", "missing": "{} does not get its value where it should.",
    "given": "{} is made from something that was changed before.", "overwritten": "{} is right, and is overwritten.",
    "alias": "{} changes through another name of the same array.", "argument": "The argument {} is changed.",
    "order": "{} gets its value before or after another line that should come first.",
    "rebound": "{} is made from an argument that was given another value.", "loop": "The loop takes other steps.",
    "raised": "A line stops the call.",
}  # fmt: skip


def words_for_line(kind: str, names: str, in_loop: bool) -> str:
    """Return one sentence about a wrong line, the same for all who give these names a wrong value in this way."""
    quoted = [f"`{name}`" for name in names.split(", ") if name]
    what = ", ".join(quoted[:3]) + " and more" * (len(quoted) > 3) if quoted else "what is returned"
    sentence = LINES.get(kind, "A line is wrong.").format(what + " in the loop" * in_loop)
    return sentence[0].upper() + sentence[1:]


def words_for_gap(check: str, kind: str, detail: str = "") -> str:
    """Return one sentence about a failed check, the same for all of its kind and detail."""
    if kind == "raised" and detail:
        return f"It stops with `{detail}`."
    words = RETURNS.get(kind) if check == "returns" else DETAILS.get((kind, detail))
    return (words or GAPS.get(kind, "`{}` fails in another way.")).format(check)


#: Repairs of what no usual way of working changes, by `Repair.kind`.
TAMPERING = {
    "locked cell changed": "A locked cell differed from the assignment's, and is restored.",
    "points changed": "The points of a cell were changed, and are set back.",
    "role changed": "What a cell is for (graded, locked, solution) was changed, and is set back.",
    "tagged not to run": "A cell was tagged not to be run, and runs all the same.",
    "link": "A symbolic link was left out.",
    "special file": "Something that is no regular file was left out.",
}  # fmt: skip
#: The words for all repairs, by `Repair.kind`.
REPAIRS = TAMPERING | {
    "metadata changed": "A note of nbgrader in a cell was changed, and is set back.",
    "metadata missing": "A note of nbgrader in a cell was missing, and is back.",
    "metadata lost": "A cell had lost nbgrader's notes, and has them back.",
    "cell type changed": "A cell had become one of another type, and is turned back.",
    "solution in a new cell": "A solution stood in a new cell, and counts.",
    "untouched copy": "An untouched copy of a solution cell, below it, is not run.",
    "unknown name": "A cell with a name that the assignment does not know is kept as an ordinary one.",
    "copy": "A copy of a cell is kept as an ordinary one.",
    "solution missing": "A missing solution cell was put back, empty.",
    "cell missing": "A missing cell was put back.",
    "cell added later": "A cell of a later release than the student's was put in.",
    "cell moved": "A cell had moved, and is back at its place.",
    "no time": "The time of a submission cannot be read: whether it was late is not known.",
    "odd time": "The time of a submission is written in an unusual way.",
    "another notebook": "Another notebook was handed in; functions were looked for by their names.",
    "notebook renamed": "The notebook had another file name.",
    "several notebooks": "Several notebooks were handed in; the report says which one counts.",
    "odd file name": "A file with an odd name was left out.",
    "own file": "A file beside the notebook is not used.",
    "too large": "A file was left out: the submission is too large.",
    "too many files": "The submission has too many files; some were not looked at.",
    "folder unreadable": "A folder of the submission cannot be read.",
    "not listed": "There were more repairs than are listed.",
}  # fmt: skip
