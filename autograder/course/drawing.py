"""Helpers for the ``tasks.py`` of any numpy course: arrays to draw, and facts about wrong outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from ..model import Sizes, Value


def draw_array(rng: np.random.Generator, sizes: Sizes, *symbols: str) -> np.ndarray:
    """Draw a standard normal array whose axes have the sizes of these symbols."""
    return rng.standard_normal(tuple(sizes[symbol] for symbol in symbols))


def draw_parameters(
    rng: np.random.Generator, shapes: Mapping[str, tuple[int, ...]], scale: float = 0.6
) -> dict[str, np.ndarray]:
    """Draw a normal array for each name. At the default scale squashing functions do not saturate."""
    return {name: scale * rng.standard_normal(shape) for name, shape in shapes.items()}


def seeded_randn(seed: int = 1) -> Callable[..., np.ndarray]:
    """Return ``randn`` of NumPy's legacy generator, whose numbers never change; each call draws one array."""
    return np.random.RandomState(seed).randn


def columns_sum_to_one(*outputs: str) -> Callable[[str, Value, Value, Sizes], str | None]:
    """Return a fact for `Task.facts`: the columns of these outputs should sum to 1."""

    def fact(output: str, got: Value, expected: Value, sizes: Sizes) -> str | None:
        if output not in outputs or np.shape(got) != np.shape(expected):
            return None
        totals = np.ravel(np.sum(got, axis=0))
        if not np.isfinite(totals).all() or np.allclose(totals, 1, atol=1e-4):
            return None
        worst = totals[np.abs(totals - 1).argmax()]
        return f"Not every column of `{output}` sums to 1: one sums to {worst:.6g}."

    return fact
