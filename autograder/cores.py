"""The cores of this machine that this process may use."""

from __future__ import annotations

import os
from contextlib import suppress


def usable_cores() -> tuple[int, ...]:
    """Return the numbers of the cores that this process may use; a container may have left some out."""
    if hasattr(os, "sched_getaffinity"):  # Linux
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 1))


def keep_to(core: int) -> None:
    """Have this process and all that it starts run on one core, if the system allows it."""
    if hasattr(os, "sched_setaffinity"):  # Linux
        with suppress(OSError):  # some containers forbid it; the work is the same without
            os.sched_setaffinity(0, {core})
