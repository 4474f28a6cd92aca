"""The cores of this machine that this process may use."""

from __future__ import annotations

import os


def usable_cores() -> tuple[int, ...]:
    """Return their numbers. A container or ``taskset`` may have left some out."""
    if hasattr(os, "sched_getaffinity"):  # Linux
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 1))


def keep_to(core: int) -> None:
    """Have this process and all that it starts run on one core, where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})
