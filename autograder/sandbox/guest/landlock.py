"""Landlock restricts a process to files of its own, on levels without namespaces.

Rules can be added to a process, and never removed.
"""

import ctypes
import functools
import os
import struct
import sys
from collections.abc import Iterable

from .libc import check, libc

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same numbers on every processor
EXECUTE, WRITE, READ, LIST = 1, 2, 4, 8
EVERYTHING = (1 << 13) - 1  # file rights of the first version of Landlock
SINCE = {2: 1 << 13, 3: 1 << 14}  # move between folders, truncate
TCP, SCOPES = 3, 3  # bind and connect; signals and abstract sockets
DEVICES = (1 << 6) | (1 << 11)
SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/fonts", "/etc/localtime",
          "/etc/alternatives")


@functools.cache
def version() -> int:
    """Return the kernel's version of Landlock, or 0 if there is none."""
    if sys.platform != "linux":
        return 0
    found: int = libc().syscall(CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    return max(0, found)


def restrict(readable: Iterable[str], own: str, version: int) -> None:
    """Allow reading below some folders and anything below one. Deny all other files.

    Newer versions of Landlock also deny to cut files short, for which `seccomp.build_filter` stands in, TCP, and
    signals to processes outside.
    """
    handled = EVERYTHING | sum(right for since, right in SINCE.items() if version >= since)
    attributes = struct.pack("=Q", handled)
    if version >= 4:
        attributes += struct.pack("=Q", TCP)
    if version >= 6:
        attributes += struct.pack("=Q", SCOPES)
    ruleset = _call(CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    try:
        for path in (*SYSTEM, *readable):
            _allow(ruleset, path, READ | LIST | EXECUTE)
        for path in ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random"):
            _allow(ruleset, path, READ | WRITE)
        _allow(ruleset, own, handled & ~DEVICES & ~EXECUTE)
        _call(RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH)
    except OSError:
        return  # a missing path needs no rule
    try:
        if not os.path.isdir(path):
            rights &= READ | WRITE | EXECUTE
        _call(ADD_RULE, ruleset, 1, struct.pack("=Qi", rights, descriptor), 0)
    finally:
        os.close(descriptor)


def _call(number: int, *arguments: object) -> int:
    return check(libc().syscall(number, *arguments), "Landlock")
