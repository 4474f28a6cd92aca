"""The tasks of this assignment. CONTRIBUTING.md explains each part."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.course.drawing import draw_array, seeded_randn
from autograder.model import Functions, Sizes, Task

#: Sizes of hidden cases, all different in the first: a single row and a square array are among them.
SIZES = (
    {"n": 4, "d": 3},
    {"n": 2, "d": 5},
    {"n": 3, "d": 3},
    {"n": 1, "d": 2},
    {"n": 6, "d": 1},
    {"n": 5, "d": 4},
)
PUBLIC_SIZES = {"n": 5, "d": 2}


def make_public(functions: Functions) -> dict[str, Any]:
    """Return the arguments of the case that the learner's check shows. They must never change."""
    return {"x": 2 + seeded_randn()(5, 2)}


def draw(rng: np.random.Generator, sizes: Sizes, functions: Functions) -> dict[str, Any]:
    """Draw the arguments of a hidden case."""
    return {"x": 2 + 3 * draw_array(rng, sizes, "n", "d")}


TASKS = (
    Task(
        name="center_columns",
        outputs={"centered": ("n", "d")},  # each output with its shape
        returns_value=True,  # a single output, not in a tuple
        shares={"centered": 8, "arguments": 1, "repeatable": 1},  # how its points divide
        public_sizes=PUBLIC_SIZES,
        public=make_public,
        sizes=SIZES,
        draw=draw,
        printed=("centered[0]",),  # what the check prints
    ),
    Task(
        name="scale_columns",
        outputs={"scaled": ("n", "d"), "lengths": ("d",)},
        shares={"scaled": 5, "lengths": 3, "arguments": 1, "repeatable": 1},
        public_sizes=PUBLIC_SIZES,
        public=make_public,
        sizes=SIZES,
        draw=draw,
        calls=("center_columns",),  # judged with a right one, where the student's own is wrong
        printed=("scaled[0]", "lengths"),
    ),
)
