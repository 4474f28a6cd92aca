"""Where student code runs: in a fresh fork of a prepared process (the zygote), behind isolation layers.

This folder is the host side. `Sandbox` starts a zygote and hands out sessions, which run cells and answer calls.
`LocalSession` (in `local`) answers calls in this process, for code of the instructor. The folder `guest` holds what
runs on the other side.
"""

from .guest.settings import Limits
from .isolation import LEVELS, level_of
from .sandbox import Sandbox
from .session import Session

__all__ = ["LEVELS", "Limits", "Sandbox", "Session", "level_of"]
