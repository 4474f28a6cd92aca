"""rnn_utils: stable activations, and Adam as published."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rnn_utils import initialize_adam, sigmoid, softmax, update_parameters_with_adam

scores = arrays(float, st.tuples(st.integers(1, 4), st.integers(1, 5)), elements=st.floats(-1e6, 1e6))


@given(scores)
def test_each_column_of_softmax_is_a_distribution(x):
    """Entries are in [0, 1] and columns sum to 1, for large and for far-apart scores."""
    y = softmax(x)
    assert x.shape == y.shape
    assert ((y >= 0) & (y <= 1)).all()
    np.testing.assert_allclose(y.sum(axis=0), 1)


def test_softmax_of_a_column_far_below_another():
    """A column a thousand below its neighbour is a distribution of its own, not 0/0."""
    np.testing.assert_allclose([[0.5, 0.5], [0.5, 0.5]], softmax(np.array([[1000.0, 0.0], [1000.0, 0.0]])))


@given(scores)
def test_sigmoid_is_stable_and_symmetric(x):
    """sigmoid(x) + sigmoid(-x) = 1, without a warning, at any size."""
    np.testing.assert_allclose(1, sigmoid(x) + sigmoid(-x))


@pytest.mark.parametrize("x, expected", [(0.0, 0.5), (-700.0, np.exp(-700)), (-50.0, np.exp(-50)), (1e9, 1.0)])
def test_sigmoid_keeps_the_digits_of_small_results(x, expected):
    """Far below zero sigmoid is exp(x), to full precision."""
    np.testing.assert_allclose(expected, sigmoid(x), rtol=1e-12)


def test_first_step_of_adam():
    """The first step goes by the learning rate against the gradient's sign."""
    parameters = {"W": np.array([[1.0, -2.0]]), "b": np.array([[0.5]])}
    grads = {"dW": np.array([[0.3, -4.0]]), "db": np.array([[1e-3]])}
    v, s = initialize_adam(parameters)
    new, v, s = update_parameters_with_adam(parameters, grads, v, s, t=1, learning_rate=0.1, epsilon=0)
    np.testing.assert_allclose([[0.9, -1.9]], new["W"])
    np.testing.assert_allclose([[0.4]], new["b"])
    np.testing.assert_allclose(0.1 * grads["dW"], v["dW"])
    np.testing.assert_allclose(1e-3 * grads["dW"] ** 2, s["dW"])
    np.testing.assert_array_equal([[1.0, -2.0]], parameters["W"])


def test_adam_finds_a_minimum():
    """Some hundred steps bring a quadratic's minimum within a hundredth."""
    parameters = {"w": np.array([5.0, -3.0])}
    v, s = initialize_adam(parameters)
    for t in range(1, 801):
        parameters, v, s = update_parameters_with_adam(
            parameters, {"dw": 2 * (parameters["w"] - 1)}, v, s, t, learning_rate=0.05
        )
    np.testing.assert_allclose([1, 1], parameters["w"], atol=1e-2)


def test_adam_counts_steps_from_one():
    """Step 0, which would divide by zero, is refused with a sentence."""
    with pytest.raises(ValueError, match="counts steps from 1"):
        update_parameters_with_adam({}, {}, {}, {}, t=0)
