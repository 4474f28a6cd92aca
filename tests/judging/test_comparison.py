"""Values compared to the last bit."""

import numpy as np

from autograder.judging.comparison import is_identical


def test_what_is_identical():
    """Equal numbers are, zeros of either sign and not-a-numbers too; other shapes, types and keys are not."""
    one = np.array([0.0, np.nan, np.inf])
    same_numbers = one.copy()
    same_numbers[0] *= -1
    same_numbers.view(np.int64)[1] += 1  # another not-a-number
    assert is_identical(one, same_numbers) and is_identical(one, one[::-1][::-1])
    assert is_identical(np.ones((2, 3)), np.ones((3, 2)).T)
    assert is_identical(([one], {"a": 1}), [(same_numbers,), {"a": 1}])
    for other in (one[:, None], one[:2], one.astype(np.float32), -one, list(one), None):
        assert not is_identical(one, other) and not is_identical(other, one)
    assert not is_identical(np.zeros((0, 2)), np.zeros((2, 0)))
    assert not is_identical({"a": one}, {"b": one})
    assert not is_identical(1, True)
