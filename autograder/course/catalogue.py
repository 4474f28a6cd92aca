"""The catalogued mistakes of a task, read from ``mistakes/<task>.toml``.

Each table of the file is one mistake::

    [no_ba]
    replace = [["+ ba", ""]]        # in the instructor's solution; each left side stands there exactly once
    says = "`a_next` is what one gets without the bias `ba`."
    hint = "The sum inside tanh has three terms. Which of the three is missing?"
"""

import tomllib
from pathlib import Path

from autograder.model import Mistake

FOLDER = Path(__file__).parent / "mistakes"


def mistakes_of(task_name: str) -> tuple[Mistake, ...]:
    """The mistakes catalogued for a task, in the file's order; none where there is no file."""
    path = FOLDER / f"{task_name}.toml"
    if not path.exists():
        return ()
    entries = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(
        Mistake(id, tuple((old, new) for old, new in entry["replace"]), entry["says"], entry["hint"])
        for id, entry in entries.items()
    )
