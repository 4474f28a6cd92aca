"""The numbers behind the class report: lists in, plain numbers out."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

FEWEST = 10  # answers, for a correlation to mean anything
MANY = 200  # scores, for narrower bins

Bins = list[tuple[float, float, list[int]]]  # (from, to, places of the values), each with its lower edge


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return the lowest, quartiles, median, highest and mean of some numbers."""
    names = ("lowest", "lower_quartile", "median", "upper_quartile", "highest")
    found = dict(zip(names, np.percentile(values, [0, 25, 50, 75, 100]), strict=True)) | {"mean": np.mean(values)}
    return {name: neat(value) for name, value in found.items()}


def equal_bins(values: Sequence[float], maximum: float) -> Bins:
    """Return ten bins of one width from 0 to a maximum, or twenty for many values.

    Each bin holds its lower edge; the last one holds the maximum and larger values.
    """
    count = 20 if len(values) >= MANY else 10
    # a score is a sum of shares: 0.7 + 0.1 + 0.2 must not fall short of its edge
    places = [min(count - 1, max(0, math.floor(value / maximum * count + 1e-9))) for value in values]
    return [(neat(maximum * n / count), neat(maximum * (n + 1) / count), _at(places, n)) for n in range(count)]


def _at(places: Sequence[int], place: int) -> list[int]:
    return [position for position, own in enumerate(places) if own == place]


def discrimination(shares: Sequence[float], rests: Sequence[float]) -> tuple[float | None, str | None]:
    """Return how well a task tells strong work from weak: its correlation with the score in all other tasks.

    Parameters
    ----------
    shares, rests : sequences of float
        Each student's share of the task's points, and points in the other tasks.

    Returns
    -------
    value : float or None
        In [-1, 1]; None if it is not defined.
    reason : str or None
        A sentence on why it is not defined.
    """
    if len(shares) < FEWEST:
        return None, f"Not computed for fewer than {FEWEST} students."
    if np.ptp(shares) < 1e-9:
        return None, "Everyone has the same points here."
    if np.ptp(rests) < 1e-9:
        return None, "Everyone has the same points in all other tasks."
    with np.errstate(all="ignore"):
        value = float(np.corrcoef(shares, rests)[0, 1])
    if not math.isfinite(value):  # so close to constant that nothing is left of the difference
        return None, "Everyone has the same points here."
    return neat(value), None


def neat(number: float) -> float:
    """Return the number without the noise of adding up."""
    return round(float(number), 4) + 0.0
