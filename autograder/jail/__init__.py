"""Where student code runs: a warm process behind walls, a fresh fork of it for each notebook, plain values out.

The trusted end is `warm`, `salvage`, `session`, `local`, `outputs`, `walls` and `doctor`. The student's end is laid
into the jail without anything else of ours: `inside`, the warm process; `fence`, `syscalls` and `landlock`, the walls
around a fork; `student` and `shell`. Both ends speak through `wire` and `explain`.
"""

from .session import Session
from .walls import LEVELS, level_of
from .warm import Jail

__all__ = ["LEVELS", "Jail", "Session", "level_of"]
