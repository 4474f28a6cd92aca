"""Inside the sandbox, where there are no namespaces: Landlock keeps a fork from files that are not its own.

A rule can only be added to a process, never taken away. Imports nothing of ours.
"""

import ctypes
import functools
import os
import struct
import sys

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same numbers on every processor
EXECUTE, WRITE, READ, LIST = 1, 2, 4, 8
EVERYTHING = (1 << 13) - 1  # what the first version of Landlock knows of files
SINCE = {2: 1 << 13, 3: 1 << 14}  # moving between folders, truncating
TCP, SCOPES = 3, 3  # binding and connecting; signals and abstract sockets
DEVICES = (1 << 6) | (1 << 11)
SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/fonts", "/etc/localtime",
          "/etc/alternatives")


@functools.cache
def version():
    """The version of Landlock that this kernel has; 0 where it has none."""
    if sys.platform != "linux":
        return 0
    return max(0, _libc().syscall(CREATE_RULESET, None, ctypes.c_size_t(0), 1))


def restrict(readable, own):
    """Let this process read below some folders and do as it likes below one; all other files are out of reach.

    Newer versions keep it from TCP, and from signalling processes that are not so restricted, as well.
    """
    handled = EVERYTHING | sum(right for since, right in SINCE.items() if version() >= since)
    attributes = struct.pack("=Q", handled)
    if version() >= 4:
        attributes += struct.pack("=Q", TCP)
    if version() >= 6:
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


def _allow(ruleset, path, rights):
    try:
        descriptor = os.open(path, os.O_PATH)
    except OSError:
        return  # what is not there needs no rule
    try:
        if not os.path.isdir(path):
            rights &= READ | WRITE | EXECUTE
        _call(ADD_RULE, ruleset, 1, struct.pack("=Qi", rights, descriptor), 0)
    finally:
        os.close(descriptor)


def _call(number, *arguments):
    result = _libc().syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), "Landlock refuses")
    return result


@functools.cache
def _libc():
    return ctypes.CDLL(None, use_errno=True)
