"""The class report with hidden names: labels drawn by lot, and sentences without what could name a student."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from random import SystemRandom
from typing import TypeVar

from ..model import StudentGrade

T = TypeVar("T")
NOT_SHOWN = "In words that are not shown while names are hidden."
shuffle_by_lot = SystemRandom().shuffle  # an order that nobody can draw again

_QUOTED = re.compile(r"""(?<!\w)(['"])(?:\\.|(?!\1)[^\\])*(?:\1|$)""", re.DOTALL)  # to the end, if it is cut short
_PATH = re.compile(r"\S*[/\\]\S*")
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d.,]*(?![\w])")
_WHERE = re.compile(r"^[^\s:]*(?:[/\\][^:]*|\.ipynb): ")


def without_particulars(sentence: str) -> str:
    """Return a sentence with … for paths, numbers and quoted words."""
    plain = _QUOTED.sub("…", _WHERE.sub("", " ".join(sentence.split())))
    return _NUMBER.sub("…", _PATH.sub("…", plain))


def without_names(sentence: str, words: Set[str]) -> str:
    """Return a sentence without particulars, or one that tells nothing if a name is left in it."""
    plain = without_particulars(sentence)
    return NOT_SHOWN if mentions(plain, words) else plain


def mentions(text: str, words: Set[str]) -> bool:
    """Search a text for any of these casefolded words; a word of two Latin letters must stand alone."""
    small = text.casefold()
    pairs = set(re.findall(r"(?<![^\W_])[^\W_]{2}(?![^\W_])", small))
    return any(word in (pairs if len(word) == 2 and word.isascii() else small) for word in words if word)


def words_in_names(students: Iterable[str], grades: Iterable[StudentGrade]) -> frozenset[str]:
    """Return ids, names and their parts, casefolded, without single Latin letters and digits."""
    names = set(students)
    for grade in grades:
        names |= {name or "" for name in (grade.first_name, grade.last_name, grade.email, grade.lms_user_id)}
    parts = {part for name in names for part in (name, *re.split(r"[\W_]+", name))}
    return frozenset(part.casefold() for part in parts if len(part) > 1 or not part.isascii())


def labels_of(students: Sequence[str], shuffle: Callable[[list[int]], None] = shuffle_by_lot) -> dict[str, str]:
    """Return a label for each student, which tells nothing about the student."""
    numbers = list(range(1, len(students) + 1))
    shuffle(numbers)
    return {student: f"student {number}" for student, number in zip(students, numbers, strict=True)}


def relabel(things: Mapping[str, T], labels: Mapping[str, str]) -> dict[str, T]:
    """Return the same things under the students' labels."""
    return {labels[student]: thing for student, thing in things.items()}
