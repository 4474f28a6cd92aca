"""The numbers of the class report, beside numpy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.pages.statistics import discrimination, equal_bins, spread


@given(st.lists(st.floats(0, 100), max_size=300), st.sampled_from([1.0, 7.0, 100.0]))
def test_each_score_is_in_one_bin_and_between_its_edges(scores, maximum):
    """All positions, each once; ten bins, or twenty for many; what exceeds the maximum is in the last."""
    bins = equal_bins(scores, maximum)
    assert (20 if len(scores) >= 200 else 10) == len(bins)
    assert list(range(len(scores))) == sorted(place for *_, held in bins for place in held)
    for low, high, held in bins:
        for place in held:
            assert low - 1e-3 <= scores[place] and (scores[place] < high + 1e-3 or high == maximum)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 90)), min_size=2, max_size=40))
def test_discrimination_is_numpys_correlation(pairs):
    """Within [-1, 1], and equal to numpy's wherever it is defined; else a sentence says why not."""
    shares, rests = map(np.array, zip(*pairs, strict=True))
    value, why = discrimination(list(shares), list(rests))
    if len(pairs) < 10 or np.ptp(shares) < 1e-9 or np.ptp(rests) < 1e-9:
        assert value is None and why
    elif value is not None and np.ptp(shares) > 1e-3 and np.ptp(rests) > 1e-3:
        assert -1 <= value <= 1
        assert value == pytest.approx(np.corrcoef(shares, rests)[0, 1], abs=1e-3)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=50))
def test_spread_is_numpys_percentiles(scores):
    """Lowest, quartiles, median and highest as numpy has them."""
    found = spread(scores)
    names = ("lowest", "lower_quartile", "median", "upper_quartile", "highest")
    np.testing.assert_allclose([found[name] for name in names], np.percentile(scores, [0, 25, 50, 75, 100]), atol=1e-3)
