"""The catalogued mistakes of a task, and the right answers written in other ways.

Both are substitutions in the instructor's solution. Each left side occurs there exactly once. A table of
``mistakes/<task>.toml`` is one mistake::

    [no_ba]
    replace = [["+ ba", ""]]
    says = "`a_next` is what one gets without the bias `ba`."
    hint = "The sum inside tanh has three terms. Which of the three is missing?"

A table of ``variants/<task>.toml`` is one right answer, with ``replace`` alone.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import overload

from ..errors import CourseError
from ..model import Mistake


class Catalogue(Sequence[Mistake]):
    """The mistakes of one file, in its order. The file is parsed when it is first needed.

    Parsing takes longer than judging a right submission, which needs no catalogue.

    Parameters
    ----------
    path : Path
        A missing file is an empty catalogue.
    """

    def __init__(self, path: Path):
        self._path = path

    @cached_property
    def _mistakes(self) -> tuple[Mistake, ...]:
        try:
            entries = tomllib.loads(self._path.read_text(encoding="utf-8"))
            return tuple(
                Mistake(id, tuple((old, new) for old, new in entry["replace"]), entry.get("says", ""),
                        entry.get("hint", ""))
                for id, entry in entries.items()
            )
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            problem = f"cannot be read ({type(error).__name__}: {error})"
            raise CourseError(self._path, problem, "CONTRIBUTING.md shows an entry.") from error

    @overload
    def __getitem__(self, index: int) -> Mistake: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Mistake]: ...
    def __getitem__(self, index: int | slice) -> Mistake | Sequence[Mistake]:
        return self._mistakes[index]

    def __len__(self) -> int:
        return len(self._mistakes)
