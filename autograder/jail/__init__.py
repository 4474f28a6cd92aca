"""Where student code runs: a warm process behind walls, a fresh fork of it for each notebook, plain values out.

The trusted end is `warm`, `salvage`, `session`, `local`, `outputs`, `walls` and `doctor`; the student's end, laid into the jail
without anything else of ours, is `inside` (the warm process), `fence`, `syscalls` and `landlock` (the walls around a fork), `student`, `shell` and
`explain`; both speak through `wire`.
"""

from .session import Session
from .walls import LEVELS
from .warm import Jail

__all__ = ["LEVELS", "Jail", "Session"]
