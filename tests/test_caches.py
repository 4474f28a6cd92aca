"""Caches return the same results, stay within their bounds under threads, and keep no answer alive."""

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from autograder.caches import BytesCache, cached_by_answer
from autograder.model import Failed, Returned


@pytest.fixture
def about():
    """A cached function of a name and an outcome, with its calls."""
    calls = []

    @cached_by_answer
    def about(name, outcome):
        calls.append((name, outcome))
        return name, len(calls)

    about.calls = calls
    return about


def test_equal_digests_are_one_answer(about):
    """Two answers of the same digest are one. Another name or another digest is another question."""
    first = about("f", Returned(1, (), b"one"))
    assert first == about("f", Returned(1, (), b"one"))
    assert first != about("g", Returned(1, (), b"one"))
    assert first != about("f", Returned(2, (), b"two"))
    assert 3 == len(about.calls)


def test_failures_are_told_apart_by_what_they_say(about):
    """A failed call has no bytes. Its kind and its message identify it."""
    assert about("f", Failed("raised", "a")) == about("f", Failed("raised", "a")) != about("f", Failed("raised", "b"))
    assert 2 == len(about.calls)


def test_an_answer_without_a_digest_is_computed_each_time(about):
    """Answers of a session in this process have no digest, and equal no other."""
    for _ in range(2):
        about("f", (Returned(1, (), b"one"), Returned(1, ())))
    assert 2 == len(about.calls)


def test_no_answer_is_kept_alive():
    """The cache holds results: an answer of many megabytes goes when its submission is done."""
    value = np.ones(1000)
    gone = weakref.ref(value)
    assert 1000 == cached_by_answer(lambda outcome: outcome.value.sum())(Returned(value, (), b"one"))
    del value
    gc.collect()
    assert gone() is None


def test_threads_share_cached_answers():
    """More answers than the cache holds, from several threads at once: each gets its own result, and no error."""
    square = cached_by_answer(lambda number: number * number)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(square, [n % 6000 for n in range(24_000)]))
    assert [(n % 6000) ** 2 for n in range(24_000)] == found


def test_a_cache_is_bounded_by_bytes():
    """Large results are computed anew each time. Of the others those not used for the longest go first."""
    cache, made = BytesCache(max_bytes=8, max_item=4), []

    def get(key, size=0):
        return cache.get(key, lambda: made.append(key) or len(made), lambda result: size)

    assert 1 == get(b"aaaa") == get(b"aaaa")
    assert (2, 3) == (get(b"bb", 2), get(b"cc", 2))  # the room of a is taken by b and c
    assert [b"aaaa", b"bb", b"cc", b"aaaa"] == (get(b"cc", 2), get(b"aaaa"), made)[-1]
    for _ in range(2):
        get(b"eeeee"), get(b"f", 4), get(None)
    assert [b"eeeee", b"f", None] * 2 == made[4:]
    assert 4 == get(b"aaaa")


def test_a_failed_computation_is_tried_again():
    """An exception is not cached."""
    cache = BytesCache()
    with pytest.raises(ZeroDivisionError):
        cache.get(b"a", lambda: 1 // 0, lambda result: 0)
    assert 2 == cache.get(b"a", lambda: 2, lambda result: 0)


def test_threads_share_a_cache():
    """Several threads at once, with room for a few results: each gets its own, and the bound holds."""
    cache = BytesCache(max_bytes=16, max_item=8)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: cache.get(b"%d" % (n % 30), lambda: n % 30, lambda result: 1), range(20_000)))
    assert [n % 30 for n in range(20_000)] == found
    assert 16 >= cache._results.currsize == sum(size for _, size in cache._results.values())


def test_a_slow_computation_holds_up_no_other():
    """While one thread computes a result, another gets a different one."""
    cache, begun, go_on = BytesCache(), threading.Event(), threading.Event()

    def slow():
        begun.set()
        assert go_on.wait(30)
        return 1

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(cache.get, b"slow", slow, lambda result: 0)
        assert begun.wait(30)
        assert 2 == cache.get(b"fast", lambda: 2, lambda result: 0)
        go_on.set()
        assert 1 == first.result()
