"""Functions of the C library that Python does not offer."""

import ctypes
import functools
import os


@functools.cache
def libc() -> ctypes.CDLL:
    """Return the C library, with ``errno`` kept for `check`."""
    return ctypes.CDLL(None, use_errno=True)


def check(result: int, action: str) -> int:
    """Return a result, or raise OSError with ``errno`` if it is negative."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{action}: {os.strerror(number)}")
    return result


def prctl(option: int, argument: int) -> None:
    """Set an attribute of this process."""
    padded = (option, argument, 0, 0, 0)
    check(libc().prctl(*map(ctypes.c_ulong, padded)), f"prctl {option}")
