"""Results of pure functions, remembered by the bytes of the answers that they are about.

A class gives few different answers to a call. What has been found out about one is not found out again, and nothing
here keeps an answer itself alive, whatever its size.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any

from .model import Returned


def remembered(function: Callable) -> Callable:
    """The function with a memory for its last results, as `functools.lru_cache` has it.

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
