"""Where student code runs: a warm process behind walls, a fresh fork of it for each notebook, plain values out.

The trusted end is `pool`, `recovery`, `session`, `local`, `outputs`, `isolation` and `doctor`. The student's end is
laid into the sandbox without anything else of ours: `inside`, the warm process; `fence`, `syscalls` and `landlock`, the
walls around a fork; `student` and `shell`. Both ends speak through `wire` and `explain`.
"""

from .isolation import LEVELS, level_of
from .pool import Sandbox
from .session import Session

__all__ = ["LEVELS", "Sandbox", "Session", "level_of"]
