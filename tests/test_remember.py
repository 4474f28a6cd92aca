"""What is found out about an answer is found out once, and keeps no answer alive."""

import gc
import weakref

import numpy as np

from autograder.model import Failed, Returned
from autograder.remember import remembered


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
