"""Sums that tell two values apart."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from autograder.judging.wrong_versions import may_agree, total_of
from public_tests import find_gap, room_of


@given(st.integers(0, 2**32 - 1), st.sampled_from([1e-12, 1.0, 1e12]), st.floats(-0.99, 0.99))
def test_what_agrees_adds_up_to_the_same(seed, size, share):
    """Two values that agree, entry by entry, have totals that may agree."""
    rng = np.random.default_rng(seed)
    expected = ([(size * rng.standard_normal((3, 2)), np.float64(size))] * 2, np.arange(4), 7, np.empty((0, 2)))
    moved = [expected[0][0][0] + share * room_of(expected[0][0][0]), expected[0][0][1]]
    got = [[moved, expected[0][1]], np.arange(4.0), 7.0, np.empty((0, 2))]
    assert find_gap("value", expected, got) is None
    assert may_agree(total_of(expected), total_of(got))
    moved[0] = expected[0][0][0] + max(size, 1.0)
    assert not may_agree(total_of(expected), total_of(got))
