"""Values compared to the last bit, and arguments before and after a call."""

import numpy as np

from autograder.judging.comparison import find_gaps, is_identical, leaves_arguments
from autograder.model import Case, Failed, Returned


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


def test_arguments_are_left_as_the_check_cell_sees_it():
    """A nudge that is taken back leaves rounding, which is no change; other numbers, entries and keys are changes."""
    case = Case("public", {}, {"v": np.array([0.3]), "parameters": {"W": np.ones(2)}})
    rounded = np.array([0.3 + 0.1 - 0.2 + 0.1])
    assert rounded[0] != 0.3

    def leaves(*arguments):
        return leaves_arguments(case, Returned(None, arguments))

    assert leaves(rounded, {"W": np.ones(2)}) and leaves_arguments(case, Failed("raised", "no"))
    assert not leaves(np.array([0.4]), {"W": np.ones(2)})
    assert not leaves(np.array([0.3]), {"W": np.array([1.0, 2.0])})
    assert not leaves(np.array([0.3]), {"W": np.ones(2), "b": 0})
    assert not leaves(np.array([0.3]), {})


def test_numpys_sentence_on_matrix_products_is_put_in_plain_words(assignment):
    """The sizes that differ are said, in the order of the product; other messages stay as they are."""
    said = ("ValueError: matmul: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature "
            "(n?,k),(k,m?)->(n?,m?) (size 5 is different from 3) (line 32 of the cell)")
    task = assignment.tasks["rnn_cell_forward"]
    for message, expected in (
        (said, "ValueError: the inner sizes of a matrix product differ: 3 and 5 (line 32 of the cell)"),
        ("ValueError: matmul is my own word", "ValueError: matmul is my own word"),
    ):
        gaps = find_gaps(task, assignment.visible_cases(task.name)[0], Failed("raised", message, "ValueError"))
        assert expected == gaps["returns"].text
