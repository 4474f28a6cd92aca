"""Tell if a student's value is the one that an equation gives."""

from __future__ import annotations

import numpy as np

from ...model import Value
from ...sandbox.guest.codec import Foreign

VALUE = 1e-4  # of a computed value: room for float32
CLOSE = 1e-6  # of the value of a changed equation: the student computed the same


def is_number(value: Value) -> bool:
    """Tell if this is an array of numbers, or one number."""
    return isinstance(value, np.ndarray | np.generic | int | float) and not isinstance(value, bool | np.bool_)


def is_same(one: Value, other: Value, relative: float = VALUE, depth: int = 16) -> bool:
    """Tell if two values agree: shapes exactly, numbers within ``relative`` of the largest and of their own size."""
    if one is other:
        return True
    if type(one) is np.ndarray and type(other) is np.ndarray:
        return _is_same_array(one, other, relative)
    if isinstance(one, bool | np.bool_) and isinstance(other, bool | np.bool_):
        return bool(one) == bool(other)
    if is_number(one):
        return is_number(other) and _is_same_array(np.asarray(one), np.asarray(other), relative)
    if isinstance(one, tuple | list):
        return isinstance(other, tuple | list) and len(one) == len(other) and depth > 0 and all(
            is_same(a, b, relative, depth - 1) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict):
        return isinstance(other, dict) and one.keys() == other.keys() and depth > 0 and all(
            is_same(one[key], other[key], relative, depth - 1) for key in one)
    return type(one) is type(other) and not isinstance(one, Foreign) and bool(one == other)


def _is_same_array(one: np.ndarray, other: np.ndarray, relative: float) -> bool:
    if one.shape != other.shape or one.dtype.kind not in "fiub" or other.dtype.kind not in "fiub":
        return False
    if one.size == 0 or (one.dtype == other.dtype and one.tobytes() == other.tobytes()):
        return True
    a, b = np.asarray(one, float), np.asarray(other, float)
    size = np.abs(a)
    largest = size.max()
    with np.errstate(invalid="ignore"):
        if np.isfinite(largest):
            return bool((np.abs(a - b) <= 1e-12 + relative * (size + largest)).all())
        finite = np.isfinite(size)
        near = np.abs(a - b) <= 1e-12 + relative * (size + size.max(initial=0.0, where=finite))
    return bool((np.where(finite, near, a == b) | (np.isnan(a) & np.isnan(b))).all())


def holds_foreign(value: Value, depth: int = 16) -> bool:
    """Tell if a value has a part that is no plain data."""
    if isinstance(value, tuple | list | dict) and depth:
        items = value.values() if isinstance(value, dict) else value
        return any(holds_foreign(item, depth - 1) for item in items)
    return isinstance(value, Foreign | tuple | list | dict)
