"""The notebook that counts, where a student handed in several."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from ..errors import NotebookError
from .finding import defined_functions, nbgrader_metadata
from .reading import parse_notebook
from .repair import shorten

NAMED = 3  # notebooks that a sentence lists
MAX_COMPARED = 20  # notebooks of one student that are read to find the one with work
#: What nbgrader writes in place of a solution without START CODE HERE.
STUBS = ("raise NotImplementedError()", "YOUR ANSWER HERE")

#: Returns the work in a notebook's file, as `count_work` does.
CountWork = Callable[[bytes], int | None]


@dataclass(frozen=True)
class Choice:
    """The notebook that counts, or None if nothing decides, and the reason in a few words."""

    index: int | None
    reason: str = ""


def count_work(content: bytes, released: Mapping[str, Collection[str]]) -> int | None:
    """Return how many solution cells a student has changed in a notebook; None if it is no notebook.

    A cell is known by its grade_id, or by the function that it defines.

    Parameters
    ----------
    content : bytes
        The notebook's file.
    released : mapping of str to collection of str
        The solution cells as students got them, in each release, by grade_id.
    """
    try:
        cells = parse_notebook(content).cells
    except NotebookError:
        return None
    changed = set()
    for cell in cells:
        claim = nbgrader_metadata(cell).get("grade_id")
        names = {claim} if isinstance(claim, str) else set()
        if cell.cell_type == "code":
            names |= defined_functions(cell.source, exact=False)
        changed |= {name for name in names & released.keys() if is_changed(cell.source, released[name])}
    return len(changed)


def is_changed(source: str, released: Collection[str]) -> bool:
    """Tell if a solution cell differs from its released forms by more than spaces, and is neither empty nor a stub."""
    text = "".join(source.split())
    return bool(text) and all(text != "".join(form.split()) for form in released) and not any(
        stub in source for stub in STUBS)


def choose_notebook(
    names: Sequence[str], contents: Iterable[bytes], wanted: str, count_work: CountWork, named: int = 1,
) -> Choice:
    """Return which of several notebooks counts.

    The one with the assignment's name counts, unless nothing has been done in it and something in another one. Among
    the others, the one with the most work counts.

    Parameters
    ----------
    names : sequence of str
    contents : iterable of bytes
        Taken one at a time: all of them may not fit into the memory.
    wanted : str
        The assignment's name for it.
    count_work : callable
    named : int
        How many of the first notebooks have the assignment's name.
    """
    digests, work = list[bytes](), list[int]()
    for content in contents:
        digests.append(sha256(content).digest())
        work.append(count_work(content) or 0)
    if len(set(digests)) == 1:
        return Choice(0, f"{list_names(names[1:])} {'is' if len(names) == 2 else 'are'} the same")
    others = [name for name, done in zip(names[1:], work[1:], strict=True) if done]
    if named == 1 and (work[0] or not any(work)):
        return Choice(0, f"{list_names(others)} {'has' if len(others) == 1 else 'have'} work, too, but {wanted} is the "
                      "name that was asked for" if others else "")
    best = max(work)
    leading = [index for index, done in enumerate(work) if done == best]
    if not best or len({digests[index] for index in leading}) > 1:
        return Choice(None, list_names([names[index] for index in leading]))
    index = leading[0]
    rest = [name for number, name in enumerate(names) if work[number] and number != index]
    reason = f"{shorten(names[index])} counts, since nothing is done in {wanted}" if named == 1 else (
        f"{shorten(names[index])} counts, since it has the most work")
    return Choice(index, reason + (f"; {list_names(rest)} {'has' if len(rest) == 1 else 'have'} work, too" if rest
                                   else ""))


def list_names(names: Sequence[str]) -> str:
    """Return the first names, with the number of the others."""
    text = ", ".join(map(shorten, names[:NAMED]))
    return text if len(names) <= NAMED else f"{text} and {len(names) - NAMED:,} more"
