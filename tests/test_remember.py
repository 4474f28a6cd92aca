"""What is found out about an answer is found out once, and keeps no answer alive."""

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from autograder.model import Failed, Returned
from autograder.remember import Memory, remembered


def counted():
    """A remembered function, and the list of what it has been called with."""
    calls = []

    @remembered
    def about(name, outcome):
        calls.append((name, outcome))
        return name, len(calls)

    return about, calls


def test_the_same_bytes_are_looked_at_once():
    """Two answers of the same digest are one; another name or another digest is another question."""
    about, calls = counted()
    first = about("f", Returned(1, (), b"one"))
    assert first == about("f", Returned(1, (), b"one"))
    assert first != about("g", Returned(1, (), b"one"))
    assert first != about("f", Returned(2, (), b"two"))
    assert 3 == len(calls)


def test_failures_are_told_apart_by_what_they_say():
    """A failed call has no bytes; its kind and its sentence tell it apart."""
    about, calls = counted()
    assert about("f", Failed("raised", "a")) == about("f", Failed("raised", "a")) != about("f", Failed("raised", "b"))
    assert 2 == len(calls)


def test_an_answer_without_a_digest_is_looked_at_each_time():
    """As from a session in this very process: nothing says that two such answers are the same."""
    about, calls = counted()
    for _ in range(2):
        about("f", (Returned(1, (), b"one"), Returned(1, ())))
    assert 2 == len(calls)


def test_no_answer_is_kept_alive():
    """What is remembered is the result: an answer of many megabytes goes when its submission is done."""
    value = np.ones(1000)
    gone = weakref.ref(value)
    assert 1000 == remembered(lambda outcome: outcome.value.sum())(Returned(value, (), b"one"))
    del value
    gc.collect()
    assert gone() is None


def test_a_memory_is_bounded_by_bytes():
    """What takes too much is made anew each time; of the others those not asked for the longest are forgotten."""
    memory, made = Memory(each=4, all_=8), []

    def get(key, more=0):
        return memory.get(key, lambda: made.append(key) or len(made), more)

    assert 1 == get(b"aaaa") == get(b"aaaa")
    assert (2, 3) == (get(b"bb", more=2), get(b"cc", more=2))  # a's room is b's and c's now
    assert [b"aaaa", b"bb", b"cc", b"aaaa"] == (get(b"cc", more=2), get(b"aaaa"), made)[-1]
    for _ in range(2):
        get(b"eeeee"), get(b"f", more=4), get(None)
    assert [b"eeeee", b"f", None] * 2 == made[4:]
    assert get(b"aaaa") == 4


def test_what_could_not_be_made_is_tried_again():
    """An exception is nobody's result."""
    memory = Memory()
    with pytest.raises(ZeroDivisionError):
        memory.get(b"a", lambda: 1 // 0)
    assert 2 == memory.get(b"a", lambda: 2)


def test_threads_share_a_memory():
    """Several at once, with room for a few: each gets what it asked for, and the bound is kept."""
    memory = Memory(each=8, all_=16)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: memory.get(b"%d" % (n % 30), lambda: n % 30), range(20_000)))
    assert [n % 30 for n in range(20_000)] == found
    assert 0 <= memory._room and 16 - memory._room == sum(size for _, size in memory._known.values())
