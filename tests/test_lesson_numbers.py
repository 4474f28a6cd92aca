"""What the lessons to read say in numbers and draw, measured again by their own functions."""

import contextlib
import importlib
import io
import os
import subprocess
import sys

import numpy as np
import pytest

from tests.helpers.courses import ROOT
from tests.test_lessons import cells_of

FOLDER = ROOT / "notebooks"

def run_cells(lesson, *ids):
    """Return what some of a lesson's cells define."""
    cells, names = cells_of(FOLDER / f"{lesson}.ipynb", "code"), {}
    with contextlib.redirect_stdout(io.StringIO()):
        for id_ in ids:
            exec(cells[id_], names)
    return names


@pytest.fixture(scope="module")
def drawn():
    """The module of figures/ that draws for these lessons."""
    sys.path.insert(0, str(ROOT / "figures"))
    try:
        return importlib.import_module("lessons")
    finally:
        sys.path.remove(str(ROOT / "figures"))


@pytest.mark.parametrize("name", ["rnn", "lstm 0", "lstm 1", "lstm 3"])
def test_the_influence_drawn_is_that_of_the_lesson(beside, drawn, name):
    """Each curve is the median of five networks, by the lesson's own function."""
    names = run_cells("04-why-rnns-forget", "imports", "influence")
    kind, _, bias = name.partition(" ")
    starts = [names["start_parameters"](np.random.default_rng(seed), 16, 32, 2, kind, float(bias or 0))
              for seed in range(5)]
    found = [names["influence"](parameters) for parameters in starts]
    np.testing.assert_allclose(drawn.INFLUENCE[name], np.median(found, axis=0)[list(drawn.DISTANCES)], rtol=0.06)


def test_each_sequence_has_one_flag_in_its_first_half(beside):
    """One symbol a step but the last, one flag in the first half, then a question; the answer is the flagged one."""
    x, answers = beside("recall").draw_sequences(np.random.default_rng(0), m=50, T_x=11)
    assert (6, 50, 11) == x.shape
    assert (x[:4, :, :-1].sum(axis=0) == 1).all() and not x[:4, :, -1].any()
    assert (x[4].sum(axis=1) == 1).all() and not x[4, :, 5:].any()
    assert (x[5, :, -1] == 1).all() and not x[5, :, :-1].any()
    assert np.array_equal(answers, [x[:4, k, x[4, k].argmax()].argmax() for k in range(50)])


@pytest.mark.slow
def test_the_table_of_flagged_recall_holds():
    """Over 30 steps, LSTMs with forget bias 3 learn within 600 steps, nearly all; plain RNNs stay at chance."""
    code = ("import recall\n"
            "for kind, seeds in (('lstm', 10), ('rnn', 3)):\n"
            "    for seed in range(seeds):\n"
            "        parameters = recall.train(kind, T_x=30, steps=600, forget_bias=3.0, seed=seed)\n"
            "        print('share', kind, recall.share_right(parameters, 30))\n")
    one_thread = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"}
    said = subprocess.run([sys.executable, "-c", code], cwd=FOLDER, env=one_thread, capture_output=True, check=True,
                          encoding="utf-8").stdout
    shares = [line.split()[1:] for line in said.splitlines() if line.startswith("share")]
    assert 8 <= sum(kind == "lstm" and float(share) > 0.95 for kind, share in shares)
    assert max(float(share) for kind, share in shares if kind == "rnn") < 0.4
