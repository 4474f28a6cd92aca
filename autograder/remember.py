"""Results of pure functions, remembered by the bytes that they are about.

The notebooks of a class have most cells in common, and a class gives few different answers to a call. What has been
found out about one is not found out again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from threading import Lock
from typing import Any

from .model import Returned


class Memory:
    """Results by the bytes that they were made of; those not asked for the longest are forgotten first.

    Parameters
    ----------
    each, all_ : int
        How many bytes one result may take, and all.
    """

    def __init__(self, each: int = 1 << 16, all_: int = 8 << 20):
        self._each, self._room = each, all_
        self._known: OrderedDict[bytes, tuple[Any, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: bytes | None, make: Callable[[], Any], more: int = 0) -> Any:
        """What was made of these bytes, or what is made now: not kept where it is made of nothing that tells it apart.

        ``more`` is how many bytes the result takes that are not in its key.
        """
        size = more + len(key or b"")
        if key is None or size > self._each:
            return make()
        with self._lock:  # a sandbox may be used by several threads
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key][0]
        made = make()
        with self._lock:
            if key not in self._known:
                self._known[key] = made, size
                self._room -= size
                while self._room < 0:
                    self._room += self._known.popitem(last=False)[1][1]
        return made


def remembered(function: Callable) -> Callable:
    """The function with a memory for its last results, as `functools.lru_cache` has it; no answer is kept alive.

    A `Returned` among the arguments is told apart by its digest. Where one has none, or the arguments cannot be told
    apart, nothing is remembered.
    """
    known: OrderedDict[Hashable, Any] = OrderedDict()

    @wraps(function)
    def remembering(*arguments):
        key = key_of(arguments)
        if key is None:
            return function(*arguments)
        if key not in known:
            known[key] = function(*arguments)
            if len(known) > 4096:
                known.popitem(last=False)
        known.move_to_end(key)
        return known[key]

    return remembering


def key_of(value: Any) -> Hashable | None:
    """What tells a value apart; None where nothing does."""
    if isinstance(value, Returned):
        return value.digest
    if isinstance(value, tuple):
        keys = tuple(map(key_of, value))
        return None if None in keys else keys
    return value
