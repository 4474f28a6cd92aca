"""What kind of thing a sentence of the judge, of the repairs or of a failure says: so that equals can be counted.

A gist is made of our own words and of names of the course alone. Nothing that a student wrote, and no path, is in it.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Set
from typing import NamedTuple

import numpy as np

#: A check's message where another check's gap has to be closed first.
WAITING = "Can be judged once"
#: Kinds of gaps at a limit of the machine, or beyond it.
LIMITS = frozenset({"limit", "died"})


class Gist(NamedTuple):
    """The kind of a sentence, and what all sentences of that kind say."""

    kind: str
    says: str
    sign: bool = False  # of something that no usual way of working leaves behind
    ours: bool = True  # whether all words are our own


# ---- gaps -------------------------------------------------------------------------------------------------

#: (kind, what the message holds, what to say of it); the first that fits counts.
GAPS = (
    ("died", r"cut itself off from the grader", "The process cut itself off from the grader.", True),
    ("unreadable", r"sent what cannot be read", "What came out of the process was no answer.", True),
    ("limit", r" called `.*` (?:more than|for more)", "It calls the function beneath it without end.", True),
    ("limit", r"ran past|of processor time|left its process unable to answer", "It does not come back in time."),
    ("died", r"ended the process|crashed its process|process killed|process had to be ended", "It ends its process."),
    ("unreadable", r"^What `.*` returned cannot be read", "It returns something else than numbers."),
    ("undefined", r"^`\w+` is not defined", "The function is not defined: its cell is empty, or does not run."),
    ("length", r"^the function returns .* values are asked for", "It returns another number of values."),
    ("type", r"^the function returns", "It returns another type of thing."),
    ("missing", r"^`\w+` is None\.", "`{}` is None."),
    ("missing", r"^`[^`]+` is None\.", "`{}` holds None."),
    ("missing", r"^The returned dict has no entry", "`{}` is not in the returned dict."),
    ("missing", r"^the returned dict has no entry", "The returned dict lacks an entry."),
    ("missing", r"^`.*` has no entry", "`{}` lacks an entry."),
    ("arguments", r"^An argument is changed", "The call changes one of its arguments."),
    ("repeatable", r"^A second call", "A second call gives another answer."),
    ("sizes", r"^Differs on arguments of other sizes", "`{}` differs on arguments of some sizes only."),
    ("shape", r"^`.*` has shape \(", "`{}` has another shape."),
    ("dtype", r"^`.*` holds entries of type", "`{}` holds something else than real numbers."),
    ("length", r"^`.*` holds \d+ items?;", "`{}` has another length."),
    ("type", r"^`.*` is .*asked for\.", "`{}` is another type of thing."),
    ("value", r"^`.*expected .*not finite", "`{}` has entries that are not finite."),
    ("value", r"^`.*expected .*wrong at every step after it", "`{}` is right at the first time step only."),
    ("value", r"^`.*expected .*wrong at every step before it", "`{}` is right at the last time step only."),
    ("value", r"^`.*expected ", "`{}` has other values."),
)  # fmt: skip
_GAPS = [(re.compile(pattern, re.DOTALL), Gist(kind, *said)) for kind, pattern, *said in GAPS]
_ERROR = re.compile(r"([A-Za-z_]\w*)(?:: |$| \(line )")
ERRORS = {
    name for module in (builtins, np.exceptions, np.linalg) for name, thing in vars(module).items()
    if isinstance(thing, type) and issubclass(thing, BaseException)
}


def gist_of_gap(check: str, message: str) -> Gist:
    """The kind of gap of which a failing check's message tells."""
    if error := _ERROR.match(message):
        name = f"`{error[1]}`" if error[1] in ERRORS else "an exception of its own"
        return Gist("raised", f"It stops with {name}.")
    for pattern, gist in _GAPS:
        if pattern.search(message):
            return gist._replace(says=gist.says.format(check))
    return Gist("other", f"`{check}` fails in another way.")


def is_waiting(message: str) -> bool:
    """Whether a check failed only because another one did."""
    return message.startswith(WAITING)


# ---- repairs ----------------------------------------------------------------------------------------------

#: (how the sentence begins or ends, what to say of it, whether it is a sign); what a student named is in between.
REPAIRS = (
    (r"^cell `[^`]*` differed from the", "A locked cell differed from the assignment's, and is restored.", True),
    (r"^points of `[^`]*` said ", "The points of a cell were changed, and are set back.", True),
    (r"^(grade|solution|locked|task) of `[^`]*` said ",
     "What a cell is for (graded, locked, solution) was changed, and is set back.", True),
    (r"^cell \d+ was tagged skip-execution", "A cell was tagged not to be run, and runs all the same.", True),
    (r" is a symbolic link and was left out$", "A symbolic link was left out.", True),
    (r" is not a regular file and was left out$", "Something that is no regular file was left out.", True),
    (r"^\w+ of `[^`]*` said ", "A note of nbgrader in a cell was changed, and is set back."),
    (r"^\w+ of `[^`]*` (was|were) missing", "A note of nbgrader in a cell was missing, and is back."),
    (r"^cell `[^`]*` had lost its nbgrader", "A cell had lost nbgrader's notes, and has them back."),
    (r"^cell `[^`]*` was turned into", "A cell had become one of another type, and is turned back."),
    (r"^cell `[^`]*` is now the one", "A solution stood in a new cell, and counts."),
    (r"^an untouched copy of cell", "An untouched copy of a solution cell, below it, is not run."),
    (r"^cell \d+ said it was", "A cell with a name that the assignment does not know is kept as an ordinary one."),
    (r"^(a second copy|\d+ more copies) of cell", "A copy of a cell is kept as an ordinary one."),
    (r"^cell `[^`]*` was missing .*, empty$", "A missing solution cell was put back, empty."),
    (r"^cell `[^`]*` was missing ", "A missing cell was put back."),
    (r"^cell `[^`]*` (stood above|had moved)", "A cell had moved, and is back at its place."),
    (r"^timestamp\.txt says no time", "The time of a submission cannot be read: whether it was late is not known."),
    (r"^timestamp\.txt says .*, which is read as ", "The time of a submission is written in an unusual way."),
    (r"^the notebook was named", "The notebook had another file name."),
    (r" has an odd name and was left out$", "A file with an odd name was left out."),
    (r" was left out: a submission may have [\d,]+ bytes$", "A file was left out: the submission is too large."),
    (r"^only the first [\d,]+ files", "The submission has too many files; some were not looked at."),
    (r" cannot be listed: [\w ]+$", "A folder of the submission cannot be read."),
    (r"^\d+ more repairs are not listed$", "There were more repairs than are listed."),
)  # fmt: skip
_REPAIRS = [(re.compile(pattern, re.DOTALL), Gist("repair", *said)) for pattern, *said in REPAIRS]
_CELL = re.compile(r"^(?:cell|\w+ of|(?:a second|an untouched) copy of cell|\d+ more copies of cell) `([^`]+)`")


def gist_of_repair(sentence: str) -> Gist:
    """The kind of repair of which a sentence tells."""
    for pattern, gist in _REPAIRS:
        if pattern.search(sentence):
            return gist
    return Gist("repair", without_particulars(sentence), ours=False)


def cell_named(sentence: str) -> str | None:
    """The cell of the assignment that a repair is about."""
    found = _CELL.search(sentence)
    return found and found[1]


# ---- any other sentence -------------------------------------------------------------------------------------

_QUOTED = re.compile(r"""(?<!\w)(['"])(?:\\.|(?!\1)[^\\])*(?:\1|$)""", re.DOTALL)  # to the end, if it is cut short
_PATH = re.compile(r"\S*[/\\]\S*")
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d.,]*(?![\w])")
_WHERE = re.compile(r"^[^\s:]*[/\\][^:]*: ")


def without_particulars(sentence: str) -> str:
    """A sentence with … for paths, for numbers and for what stands between quotes."""
    plain = _QUOTED.sub("…", _WHERE.sub("", " ".join(sentence.split())))
    return _NUMBER.sub("…", _PATH.sub("…", plain))


def mentions(text: str, words: Set[str]) -> bool:
    """Whether one of these words, in small letters, is anywhere in a text; two Latin letters only as a word."""
    small = text.casefold()
    pairs = set(re.findall(r"(?<![^\W_])[^\W_]{2}(?![^\W_])", small))
    return any(word in (pairs if len(word) == 2 and word.isascii() else small) for word in words if word)
