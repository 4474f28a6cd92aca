"""The third assignment: its names and its loss are what they say, a class is graded, the network learns to speak."""

import json
import re
import shutil

import numpy as np
import pytest
from nbclient import NotebookClient

from autograder import demo
from autograder.course.course import Course
from autograder.judging.running import student_cells
from autograder.nbgrader_bridge import release
from autograder.notebooks import reading
from tests.helpers.courses import ROOT, call

NAME = "character-model"
COURSE = Course(ROOT)
MODEL = COURSE.assignment(NAME)
TASKS = ("one_hot", "inputs_and_targets", "sample_next", "sample", "clip_by_norm", "optimise", "train")


def module(name):
    """Return a helper module of the assignment."""
    return MODEL.reference.modules.load(name)


# ---- what is given ---------------------------------------------------------------------------------------


def test_the_best_possible_loss_is_the_entropy_of_the_rules():
    """Each name is made in one way only, so its probability is known; the lesson's floor is their mean surprise."""
    corpus = module("corpus")
    starts, middles, ends = corpus.STARTS, corpus.MIDDLES, corpus.ENDS
    parts = {"": 1.0} | {a: 1 / len(middles) for a in middles}
    parts |= {a + b: 1 / len(middles) ** 2 for a in middles for b in middles}
    counts = {0: 1, 2: len(middles), 4: len(middles) ** 2}
    assert len(parts) == sum(counts.values())  # no two middles read like two others
    names = {a + b + c: share / (3 * len(starts) * len(ends))
             for a in starts for b, share in parts.items() for c in ends}
    assert len(names) == len(starts) * len(parts) * len(ends)
    shares, letters = np.array(list(names.values())), np.array([len(name) + 1 for name in names])
    assert 1 == pytest.approx(shares.sum())
    assert corpus.BEST_LOSS == pytest.approx(-(shares @ np.log(shares)) / (shares @ letters), abs=5e-5)
    assert all(map(corpus.follows_rules, list(names)[::97]))
    assert not any(map(corpus.follows_rules, ["", "aro", "arox", "rex", "arobabababarex", "arorexx"]))
    assert all(map(corpus.follows_rules, corpus.make_names(np.random.default_rng(2), 50)))


def test_real_names_have_letters_only_and_a_licence():
    """8,347 names of 3 to 10 letters, each once; the file beside them says whose they are."""
    names = module("corpus").real_names()
    assert 8347 == len(names) == len(set(names))
    assert all(re.fullmatch("[a-z]{3,10}", name) for name in names)
    assert "PDDL" in (MODEL.folder / "names-licence.txt").read_text()
    ids, lengths = module("corpus").encode(names[:20])
    assert names[:20] == [module("corpus").decode(row[:length]) for row, length in zip(ids, lengths, strict=True)]


@pytest.mark.parametrize("kind", ["rnn", "lstm"])
def test_the_gradients_are_right(kind):
    """The second assignment's own checker passes all of them; its loss is the same."""
    checker = COURSE.assignment("gradient-checking").reference.functions
    rng = np.random.default_rng(3)
    parameters = module("model").start_parameters(rng, 3, 4, 5, kind)
    x, a0 = rng.standard_normal((3, 2, 4)), rng.standard_normal((4, 2))
    targets, mask = rng.integers(5, size=(2, 4)), np.array([[1.0, 1, 1, 1], [1, 1, 0, 0]])
    loss, gradients = module("model").loss_and_gradients(x, targets, mask, a0, parameters)
    arguments = parameters, x, a0, targets, mask
    assert loss == pytest.approx(checker["loss_of"](checker["flatten"](parameters), *arguments))
    numeric = checker["restore"](checker["numeric_gradient"](
        lambda vector: checker["loss_of"](vector, *arguments), checker["flatten"](parameters), 1e-5), parameters)
    analytic = {name: gradients["d" + name] for name in parameters}
    assert not any(checker["failing"](analytic, numeric, 1e-7).values())


def test_a_step_is_one_of_the_forward_pass():
    """`rnn_step`, step after step, gives the hidden states and the predictions of `forward`."""
    rng = np.random.default_rng(4)
    parameters, x, a_next = module("model").start_parameters(rng, 3, 4, 3), rng.random((3, 1, 5)), np.zeros((4, 1))
    a, y_pred, _ = module("networks").forward(x, a_next, parameters)
    for t in range(5):
        a_next, scores = module("model").rnn_step(x[:, :, t], a_next, parameters)
        np.testing.assert_allclose(a_next, a[:, :, t])
        np.testing.assert_allclose(module("rnn_utils").softmax(scores), y_pred[:, :, t])


def test_no_training_runs_when_grading():
    """Of the lesson's cells that train, none is among those that are run."""
    ran = {cell.id for cell in student_cells(MODEL.notebook, MODEL)}
    assert not ran & {"overfit", "train-rules", "run-rules", "count-rules", "run-real", "run-clipping", "run-recall"}
    assert set(TASKS) < ran


# ---- a class ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A graded class: right in two styles, with mistakes, with nothing done."""
    course = demo.make_course(COURSE, tmp_path_factory.mktemp("names") / "course")
    release.release_assignment(course, NAME)
    demo.make_class(course, NAME, {
        "ada": demo.rewritten(0), "bea": demo.rewritten(1), "leo": demo.only(0),
        "dora": demo.mistaken(inputs_and_targets="no_shift", sample_next="no_temperature", optimise="not_clipped")})
    call(course.root, "grade", NAME, "--json", str(course.root / "all.json"))
    return course.root


def test_a_class_is_graded(course):
    """Full marks in two styles; each mistake is named and costs its own task alone."""
    reports = {report["student"]: report for report in json.loads((course / "all.json").read_text())["submissions"]}
    assert (100, 100, 0) == tuple(reports[student]["score"] for student in ("ada", "bea", "leo"))
    tasks = reports["dora"]["tasks"]
    assert TASKS == tuple(tasks)
    assert ["no_shift", "no_temperature", "not_clipped"] == [
        tasks[name]["diagnosis"]["mistake"] for name in ("inputs_and_targets", "sample_next", "optimise")]
    assert {"one_hot": 10, "sample": 15, "clip_by_norm": 10, "train": 15} == {
        name: tasks[name]["score"] for name in ("one_hot", "sample", "clip_by_norm", "train")}
    # `sample` speaks at temperature 1, so that its callee's mistake does not show
    assert (None, "optimise") == (tasks["sample"]["blamed_on"], tasks["train"]["blamed_on"])


def executed(folder):
    """Return the outputs of a folder's notebook by cell, after a run in a fresh kernel."""
    nb = reading.read_notebook(folder / f"{NAME}.ipynb")
    NotebookClient(nb, timeout=300, allow_errors=True, resources={"metadata": {"path": str(folder)}}).execute()
    outputs = {cell.id: cell.outputs for cell in nb.cells if cell.cell_type == "code"}
    assert [] == [cell for cell, found in outputs.items() if any(o.output_type == "error" for o in found)]
    return outputs


def test_the_release_runs_untouched(course, tmp_path):
    """No error in a fresh kernel; each check says that its task is not done yet."""
    outputs = executed(shutil.copytree(course / "release" / NAME, tmp_path / "student"))
    assert all(outputs[f"{task}_tests"][0].text.startswith(f"{task} is not done yet") for task in TASKS)


@pytest.mark.slow
def test_the_network_learns_to_speak(course, monkeypatch):
    """With the solutions every task has its points, and the experiments come out as the lesson reads them."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # small products: more threads only wait for each other
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    outputs = executed(course / "source" / NAME)
    for task in TASKS:
        assert MODEL.points[task] == float(outputs[f"{task}_tests"][-1].data["text/plain"])
    said = {cell: "".join(o.get("text", "") for o in found) for cell, found in outputs.items()}
    eight = said["overfit"].splitlines()[-1].split()
    assert set(eight) <= {"ada", "bea", "cleo", "dora", "emil", "finn", "gus", "hana"}
    assert 0.78 < float(re.findall(r"loss (\d\.\d+)", said["run-rules"])[-1]) < 0.85
    good = [int(count) for count in re.findall(r"(\d+) of 200 by the rules", said["count-rules"])]
    assert good[0] >= 195 and good[1] >= 175 and good[0] >= good[1] > good[2]
    tables = dict(re.findall(r"(\d)-gram (\d\.\d+)", said["run-real"]))
    assert 2.0 < float(re.search(r"of the RNN: (\d\.\d+)", said["run-real"])[1]) < float(tables["3"])
    plain, clipped = map(float, re.findall(r"50 steps (\d+\.\d+)", said["run-clipping"]))
    assert clipped < 3.0 < plain
    lstm, rnn = (re.findall(r"\d\.\d\d", line) for line in said["run-recall"].splitlines())
    assert float(lstm[-2]) < 0.3 < 1.2 < float(rnn[-2])  # the last number is that of guessing
