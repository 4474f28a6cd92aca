"""The first assignment: its trained networks speak, its lesson measures gradients, it says which files are missing."""

import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from autograder.notebooks import reading
from tests.helpers.courses import ROOT

PROMISE = ["megaralus", "xenosityx", "kentosaurus"]
SOURCES = sorted(ROOT.glob("source/*/*.ipynb"))


@pytest.fixture(scope="module")
def speaking(assignment):
    """The helper module that lets a cell speak."""
    return assignment.reference.modules.load("speaking")


# ---- trained networks ------------------------------------------------------------------------------------


def test_the_weights_are_small_and_plain(assignment):
    """15 to 30 kB of 16-bit numbers in an archive that needs no pickle."""
    path = assignment.folder / "weights.npz"
    assert 15_000 < path.stat().st_size < 30_000
    with np.load(path, allow_pickle=False) as arrays:
        assert {"float16"} == {array.dtype.name for array in arrays.values()}


@pytest.mark.parametrize("kind, bias", [("rnn", "ba"), ("lstm", "bf")])
def test_a_right_cell_invents_names_by_the_rules(assignment, speaking, kind, bias):
    """Of 200 names, nine in ten follow the rules; without a bias of the cell they do not."""
    follows_rules = assignment.reference.modules.load("corpus").follows_rules
    cell, weights = assignment.reference.functions[f"{kind}_cell_forward"], speaking.load_weights(kind)
    right, wrong = (sum(map(follows_rules, speaking.invent(cell, each, count=200)))
                    for each in (weights, {**weights, bias: 0 * weights[bias]}))
    assert 180 < right and wrong < right


def test_the_promise_is_kept(assignment, speaking):
    """The three names at the top are among the eight that the cell says after Task 1."""
    assert f"> *{', '.join(PROMISE)}*" in assignment.notebook.cells[0].source
    said = speaking.invent(assignment.reference.functions["rnn_cell_forward"], speaking.load_weights("rnn"))
    assert set(PROMISE) < set(said)


def test_the_script_makes_such_a_file(tmp_path, assignment):
    """A few steps of training give a file with the same names and shapes."""
    subprocess.run([sys.executable, "figures/train_weights.py", "--steps", "2", "--into", str(tmp_path / "few.npz")],
                   cwd=ROOT, check=True, capture_output=True)
    with np.load(tmp_path / "few.npz") as few, np.load(assignment.folder / "weights.npz") as shipped:
        assert {name: few[name].shape for name in few} == {name: shipped[name].shape for name in shipped}


# ---- the lesson ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lesson(assignment):
    """What the lesson's own cells define, with the solutions."""
    names = {"__name__": "lesson", "__builtins__": assignment.reference.modules.builtins}
    names |= {"check": lambda function: None, "attempt": lambda show, *needs: None}
    for cell in assignment.notebook.cells:
        if cell.cell_type == "code" and cell.id not in {"files"} and not cell.id.endswith("_tests"):
            source = re.sub(r"from public_tests import .*", "", cell.source)
            exec(source, names)
    return names


@pytest.mark.parametrize("task", ["rnn_cell", "rnn", "lstm_cell", "lstm"])
def test_measured_gradients_agree_with_right_ones(lesson, capsys, task):
    """Each gradient is within a hundredth of the target."""
    lesson[f"compare_{task}"]()
    errors = [float(error) for error in re.findall(r"relative error (\S+)  ok", capsys.readouterr().out)]
    assert {"rnn_cell": 5, "rnn": 5, "lstm_cell": 11, "lstm": 10}[task] == len(errors)
    assert max(errors) < 1e-8


@pytest.mark.parametrize("wrong, says", [
    (lambda right: 2 * right, "relative error 3e-01  LOOK HERE"),
    (lambda right: right[:, 0], r"has shape \(3,\), its array \(3, 1\)"),
])
def test_a_wrong_gradient_is_pointed_at(lesson, capsys, wrong, says):
    """A factor and a lost axis are both seen, and the others stay ok."""
    ba, at = lesson["small"]["ba"], [lesson[name] for name in ("xt", "a_prev", "small")]
    gradients = lesson["rnn_cell_backward"](lesson["G"], lesson["rnn_cell_forward"](*at)[2])
    for dba, expected in ((gradients["dba"], "ok"), (wrong(gradients["dba"]), says)):
        lesson["compare"]({"dba": dba}, {"dba": ba}, lambda: lesson["rnn_cell_forward"](*at)[0], lesson["G"])
        assert re.search(f"dba .*{expected}", capsys.readouterr().out)


def test_the_first_gap_comes_early(assignment):
    """Fewer than 500 words in plain sight come before the first function to write."""
    prose = []
    for cell in assignment.notebook.cells:
        if cell.id == "rnn_cell_forward":
            break
        prose += [cell.source] if cell.cell_type == "markdown" else []
    seen = re.sub(r"<details>.*?</details>|!\[.*?\]\(.*?\)", "", "\n".join(prose), flags=re.DOTALL)
    assert 300 < len(seen.split()) < 500


def test_each_prediction_has_a_folded_answer(assignment):
    """Whatever a cell asks to predict or to explain is answered out of sight, there or in the next prose."""
    prose = [cell.source for cell in assignment.notebook.cells if cell.cell_type == "markdown"]
    for place, text in enumerate(prose):
        asked = re.search(r"\*\*(Predict|Explain|Go on|Question)\b", text)
        if asked and "How this notebook works" not in text:
            assert "<summary>Answer</summary>" in text[asked.end():] + prose[place + 1], text


# ---- a notebook alone ------------------------------------------------------------------------------------


def first_cell(path):
    return next(cell.source for cell in reading.read_notebook(path).cells if cell.cell_type == "code")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_notebook_alone_says_which_files_are_missing(tmp_path, path):
    """Without its files, the first code cell names each of them; with those of the release, it is silent."""
    released = (ROOT / "release" / path.stem).glob("*.*")
    files = [file.name for file in released if file.suffix != ".ipynb" and "licence" not in file.name]
    run = [sys.executable, "-I", "-S", "-c", "import sys; sys.path.insert(0, '.')\n" + first_cell(path)]
    alone = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True)
    assert set(files) == set(re.search(r"Missing: ([^{}\n]*)\.\n", alone.stderr)[1].split(", "))
    assert "one zip" in alone.stderr and "Colab" in alone.stderr
    for name in files:
        shutil.copy(ROOT / "release" / path.stem / name, tmp_path)
    assert "" == subprocess.run(run, cwd=tmp_path, capture_output=True, text=True).stderr


def test_the_notebooks_say_it_in_the_same_words():
    """Apart from the names of the files, the first code cells are equal."""
    tails = {first_cell(path).partition("missing = ")[2] for path in SOURCES}
    assert 1 == len(tails)


def test_the_numbers_in_the_answers_are_those_of_the_experiments(lesson, assignment, speaking, capsys):
    """A thousandth after ten steps, rounding after fifty; four equal names; what three forget biases leave of dx."""
    change = lesson["changes"](53)
    assert change[:2].max() == 0 and change[12] == pytest.approx(1e-3, rel=0.2) and change[52] < 1e-14
    said = [set(speaking.invent(assignment.reference.functions[f"{kind}_cell_forward"], speaking.load_weights(kind)))
            for kind in ("rnn", "lstm")]
    assert 4 == len(said[0] & said[1])
    assert 4971 == sum(array.size for array in speaking.load_weights("rnn").values())
    left = []
    for bias in (0.0, 1.0, 5.0):
        lesson["show_distance"]("", lesson["lstm_forward"], lesson["lstm_backward"], lesson["lstm_weights"](bias))
        last, *_, first = re.findall(r"dx at t = \d+ +(\S+)", capsys.readouterr().out)
        left.append(float(first) / float(last))
    assert left[0] < 1e-7 and left[1] == pytest.approx(1e-3, rel=0.5) and left[2] == pytest.approx(1, rel=0.1)
    assert lesson["product"].shape == (20, 20) and lesson["norm"] == pytest.approx(2e-8, rel=0.5)
