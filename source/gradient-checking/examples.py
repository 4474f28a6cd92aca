"""Three functions of a vector, to measure slopes of."""

import numpy as np


def cubic(v):
    """Half the sum of the cubes; its slope in entry i is 1.5 v[i]**2."""
    return np.sum(v * v * v) / 2


def product(v):
    """Product of all entries; its slope in entry i is the product of the others."""
    return np.prod(v)


def softmax_loss(v):
    """-log of what softmax gives to the first entry; its slopes are softmax(v), minus 1 at the first."""
    shifted = v - np.max(v)
    return np.log(np.sum(np.exp(shifted))) - shifted[0]
