"""Caches of results, bounded and safe under threads.

The notebooks of a class share most cells, and a class gives few different answers to a call.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import suppress
from functools import lru_cache, wraps
from threading import Lock
from typing import Generic, ParamSpec, TypeVar

from cachetools import LRUCache, cached

from .model import Returned

P = ParamSpec("P")
T = TypeVar("T")

SHORT = 5_000  # characters of a text that is worth keeping


class BytesCache(Generic[T]):
    """Results by the bytes they were computed from. Those not used for the longest go first.

    Parameters
    ----------
    max_bytes : int
        The size of all keys and results.
    max_item : int
        The size of one key with its result.
    """

    def __init__(self, max_bytes: int = 8 << 20, max_item: int = 1 << 17) -> None:
        self._max_item = max_item
        self._results: LRUCache[bytes, tuple[T, int]] = LRUCache(max_bytes, getsizeof=lambda pair: pair[1])
        self._lock = Lock()

    def get(self, key: bytes | None, compute: Callable[[], T], size_of: Callable[[T], int]) -> T:
        """Return the cached result for a key, computing it if absent. With ``key=None`` compute and do not cache.

        ``size_of`` returns the bytes that a result takes.
        """
        if key is None or len(key) > self._max_item:
            return compute()
        with self._lock:
            if key in self._results:
                return self._results[key][0]
        result = compute()
        size = len(key) + size_of(result)
        if size <= self._max_item:
            with self._lock, suppress(ValueError):  # larger than the cache
                self._results[key] = result, size
        return result


def cached_by_answer(function: Callable[P, T]) -> Callable[P, T]:
    """Cache a function's last results without keeping any answer alive.

    A `Returned` among the arguments is identified by its digest. One without a digest equals no other.
    """
    found: Callable[P, T] = cached(LRUCache(4096), key=_key_of, lock=Lock())(function)
    return found


def cached_by_text(function: Callable[[str], T]) -> Callable[[str], T]:
    """Cache what a function finds in short texts, such as the cells of a class, which are much the same."""
    short = lru_cache(4096)(function)

    @wraps(function)
    def found(text: str) -> T:
        return short(text) if len(text) <= SHORT else function(text)

    return found


def _key_of(*arguments: object) -> Hashable:
    return tuple(map(_identify, arguments))


def _identify(value: object) -> object:
    if isinstance(value, Returned):
        return value.digest or object()
    if isinstance(value, tuple):
        return tuple(map(_identify, value))
    return value
