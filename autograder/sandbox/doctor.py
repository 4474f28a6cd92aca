"""The isolation that this machine offers, and how to get more, for ``autograder doctor``."""

from __future__ import annotations

import os
import sys
from typing import NamedTuple

from . import isolation
from .guest import landlock

UNIX = "Use Linux, macOS, or WSL on Windows."
SECCOMP = "Install libseccomp (apt install libseccomp2) and pyseccomp (pip install pyseccomp)."
LANDLOCK = "No Landlock. Get bubblewrap, or a Linux kernel from 5.13 on with Landlock switched on."


class Layer(NamedTuple):
    """One isolation layer."""

    name: str
    available: bool
    stops: str
    advice: str  # how to get it; empty if it is available


def examine() -> tuple[Layer, ...]:
    """Return the isolation layers, from the weakest to the strongest, and whether this machine has them."""
    forks = hasattr(os, "fork")
    filtered, lack = isolation.syscalls_problem(), isolation.bubblewrap_lack()
    files = lack is None or landlock.version() > 0
    return (
        _layer("process", forks, "one student's variables and patches from reaching another, and loops that never end",
               UNIX),
        _layer("limits", forks, "memory, files, output and time from running out", UNIX),
        _layer("system calls", filtered is None, "programs, processes, network and traces from being started",
               _linux(f"{filtered}. {SECCOMP}")),
        _layer("files", files, "the course, the gradebook and other submissions from being read or written",
               _linux(LANDLOCK)),
        _layer("bubblewrap", lack is None,
               "everything of the machine from being seen: a file system, process table and network of its own",
               _linux(f"{lack.problem}. {lack.advice}" if lack else "")),
    )


def _layer(name: str, available: bool, stops: str, advice: str) -> Layer:
    return Layer(name, available, stops, "" if available else f"{advice[0].upper()}{advice[1:]}")


def _linux(advice: str) -> str:
    return advice if sys.platform == "linux" else "Linux only."
