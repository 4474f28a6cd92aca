"""Draw the course's figures, the same bytes on every run: python figures/draw.py [--check] [--into FOLDER]."""

import argparse
import sys
from functools import cache
from pathlib import Path

import counting
import course_map
import forgetting
import gradient_check
import invented_names
import lessons
import lstm
import lstm_backward
import rnn
import shapes
from style import svg

COURSE = Path(__file__).resolve().parents[1]
FIGURES = {
    "source/rnn-step-by-step/figures": {
        "rnn-cell": rnn.cell,
        "rnn-unrolled": rnn.unrolled,
        "forgetting": forgetting.forgetting,
        "lstm-cell": lstm.cell,
        "stacked-weights": shapes.stacked_weights,
        "lstm-unrolled": lstm.unrolled,
        "rnn-cell-backward": rnn.cell_backward,
        "two-gradients": rnn.two_gradients,
        "lstm-cell-backward": lstm_backward.cell_backward,
        "lstm-two-gradients": lstm_backward.through_time,
    },
    "source/gradient-checking/figures": gradient_check.FIGURES,
    "source/character-model/figures": invented_names.FIGURES,
    "source/sizes-and-costs/figures": counting.FIGURES,
    "notebooks/figures": {
        "map": course_map.course_map,
        "one-hot": shapes.one_hot,
        "batch": shapes.batch,
        "tensor-slices": shapes.tensor_slices,
        "hidden-and-prediction": shapes.hidden_and_prediction,
        **lessons.FIGURES,
    },
}


@cache
def drawings() -> dict[str, bytes]:
    """Return the figures as SVG, by their paths in the course."""
    return {
        f"{folder}/{name}.svg": svg(draw) for folder, figures in FIGURES.items() for name, draw in figures.items()
    }


def main(arguments: list[str] | None = None) -> int:
    """Write the figures, or with --check print which files differ; return the exit code."""
    parser = argparse.ArgumentParser(description="Draw the course's figures as SVG files.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is not up to date")
    parser.add_argument("--into", type=Path, default=COURSE, metavar="FOLDER",
                        help="the course to draw into (default: this one)")
    options = parser.parse_args(arguments)
    stale = []
    for path, new in drawings().items():
        file = options.into / path
        if file.is_file() and file.read_bytes() == new:
            continue
        stale.append(path)
        if not options.check:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(new)
        print(f"{'out of date' if options.check else 'drawn'}: {path}")
    if not stale:
        print("All figures are up to date.")
    elif options.check:
        print("Run: python figures/draw.py")
    return 1 if options.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
