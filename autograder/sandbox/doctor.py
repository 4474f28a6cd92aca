"""What this machine gives to keep student code apart, and how to get more; for ``autograder doctor``."""

from __future__ import annotations

import os
import sys
from typing import NamedTuple

from . import isolation, landlock


class Wall(NamedTuple):
    """One wall, whether it stands on this machine, and what to do where it does not."""

    name: str
    stands: bool
    stops: str
    more: str  # how to get it, or why it is not needed; empty where it stands


def examine() -> tuple[Wall, ...]:
    """The walls that this machine gives, from the weakest to the strongest."""
    forks = hasattr(os, "fork")
    unix = "" if forks else "Use Linux, macOS, or WSL on Windows."
    filtered, bubblewrap = isolation.syscalls_problem(), isolation.bubblewrap_problem()
    return (
        Wall("process", forks, "one student's variables and patches from reaching another, and loops that never end",
             unix),
        Wall("limits", forks, "memory, files, output and time from running out", unix),
        Wall("system calls", filtered is None, "programs, processes, network and traces from being started",
             _how(filtered, "Install libseccomp (apt install libseccomp2) and pyseccomp (pip install pyseccomp).")),
        Wall("files", bubblewrap is None or landlock.version() > 0,
             "the course, the gradebook and other submissions from being read or written",
             "" if bubblewrap is None or landlock.version() else _how(
                 "no Landlock", "Get bubblewrap, or a Linux kernel from 5.13 on with Landlock switched on.")),
        Wall("bubblewrap", bubblewrap is None,
             "everything of the machine from being seen: a file system, process table and network of its own",
             _how(bubblewrap, _bubblewrap_advice(bubblewrap or ""))),
    )


def _how(problem: str | None, advice: str) -> str:
    if problem is None:
        return ""
    if sys.platform != "linux":
        return "Linux only."
    return f"{problem[0].upper()}{problem[1:]}. {advice}"


def _bubblewrap_advice(problem: str) -> str:
    if "not installed" in problem:
        return "Install it (apt install bubblewrap, dnf install bubblewrap)."
    if "namespaces" in problem or "does not run" in problem:
        return (
            "Allow user namespaces: sysctl kernel.unprivileged_userns_clone=1 (Debian), "
            "kernel.apparmor_restrict_unprivileged_userns=0 or an AppArmor profile for bwrap (Ubuntu from 23.10 on), "
            "user.max_user_namespaces above 0; in Docker --security-opt seccomp=unconfined."
        )
    return "Install libseccomp and pyseccomp first."
