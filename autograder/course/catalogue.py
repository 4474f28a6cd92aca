"""The catalogued mistakes of a task, and the right answers written in other ways.

Each is one or more substitutions in the instructor's solution. Each left side occurs there exactly once.
``mistakes/<task>.toml`` has a table for each part of the solution that may be wrong. In it, mistakes that share a hint
share a letter::

    [[line]]
    theme = "the sum inside tanh"
    code = "+ ba)"
    a.hint = "The sum inside tanh has three terms. Which of the three is missing?"
    a.no_ba = [")", "`a_next` is what one gets without the bias `ba`."]
    a.no_biases = [")", "Both are what one gets without their biases.", ["+ by)", ")"]]

A row holds the new code, the sentence, and any further substitutions. A theme holds until the next one. A table of
``variants/<task>.toml`` is one right answer::

    [bias_first]
    replace = [["Wax @ xt + Waa @ a_prev + ba", "ba + Wax @ xt + Waa @ a_prev"]]
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, overload

from ..errors import CourseError
from ..model import Mistake


class Catalogue(Sequence[Mistake]):
    """The entries of one file, in its order. The file is parsed when it is first needed.

    Parsing takes longer than judging a right submission, which needs no catalogue.

    Parameters
    ----------
    path : Path
        A missing file is an empty catalogue.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @cached_property
    def _mistakes(self) -> tuple[Mistake, ...]:
        try:
            return tuple(parse_catalogue(tomllib.loads(self._path.read_text(encoding="utf-8"))))
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
        """Return an entry by its place."""
        return self._mistakes[index]

    def __len__(self) -> int:
        """Return the number of entries."""
        return len(self._mistakes)


def parse_catalogue(content: dict[str, Any]) -> Iterator[Mistake]:
    """Yield the entries of a file: mistakes by the code that is wrong, or variants."""
    seen, theme = set(), ""
    for line in content.pop("line", ()):
        code, theme = line.pop("code"), line.pop("theme", theme)
        for group in line.values():
            hint = group.pop("hint")
            for name, (new, says, *more) in group.items():
                if name in seen:
                    raise ValueError(f"{name} is there twice")
                seen.add(name)
                yield Mistake(name, ((code, new), *((old, other) for old, other in more)), says, hint, theme)
    for name, entry in content.items():
        yield Mistake(name, tuple((old, new) for old, new in entry["replace"]), says="", hint="")
