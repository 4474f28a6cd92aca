"""The numbers behind the class report: plain lists in, plain numbers out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import StatisticsError, correlation, fmean, quantiles

FEWEST = 10  # answers, for a correlation to say anything
MANY = 200  # scores, for narrower bins


def spread(values: Sequence[float]) -> dict | None:
    """How numbers are spread: lowest, quartiles, median, highest, mean; None for no numbers."""
    if not values:
        return None
    low, middle, high = quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
    return {"lowest": neat(min(values)), "lower_quartile": neat(low), "median": neat(middle),
            "upper_quartile": neat(high), "highest": neat(max(values)), "mean": neat(fmean(values))}  # fmt: skip


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def equal_bins(values: Sequence[float], maximum: float) -> list[tuple[float, float, list[int]]]:
    """Bins of one width from 0 to a maximum, each with the positions of its values: (from, to, positions).

    Each bin holds its lower edge; the last one holds the maximum, and whatever lies beyond. Ten bins, or twenty for
    many values.
    """
    count = 20 if len(values) >= MANY else 10
    bins: list[list[int]] = [[] for _ in range(count)]
    for position, value in enumerate(values):
        # a score is a sum of shares: 0.7 + 0.1 + 0.2 must not fall short of its edge
        bins[min(count - 1, max(0, math.floor(value / maximum * count + 1e-9)))].append(position)
    return [(neat(maximum * i / count), neat(maximum * (i + 1) / count), held) for i, held in enumerate(bins)]


def doubling_bins(values: Sequence[float], unit: float) -> list[tuple[float, float, list[int]]]:
    """Bins each twice as wide as the one before, from 0 to the largest value: (from, to, positions).

    Each bin holds its lower edge. Where the smaller bins are empty the first begins above them.
    """
    if not values:
        return []
    place = [max(0, math.floor(math.log2(value / unit)) + 1) if value > 0 else 0 for value in values]
    bins = []
    for number in range(min(place), max(place) + 1):
        edges = (unit * 2 ** (number - 1) if number else 0.0, unit * 2.0**number)
        bins.append((*edges, [position for position, at in enumerate(place) if at == number]))
    return bins


def discrimination(shares: Sequence[float], rests: Sequence[float]) -> tuple[float | None, str | None]:
    """How well a task tells strong work from weak: its correlation with the score in all other tasks.

    Parameters
    ----------
    shares, rests : sequences of float
        Each student's share of the task's points, and points in the other tasks.

    Returns
    -------
    float or None
        In [-1, 1]; None where it is not defined, and then why, as a sentence.
    """
    if len(shares) < FEWEST:
        return None, f"Not computed for fewer than {FEWEST} students."
    if max(shares) - min(shares) < 1e-9:
        return None, "Everyone has the same points here."
    if max(rests) - min(rests) < 1e-9:
        return None, "Everyone has the same points in all other tasks."
    try:
        return neat(min(1.0, max(-1.0, correlation(shares, rests)))), None
    except StatisticsError:  # so close to constant that nothing is left of the difference
        return None, "Everyone has the same points here."


def neat(number: float) -> float:
    """The number without the noise of adding up."""
    return round(number, 4) + 0.0
