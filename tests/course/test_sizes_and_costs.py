"""Sizes and costs: counts are those of real networks, a class is graded, the lesson's numbers hold."""

import json
import shutil

import numpy as np
import pytest
from nbclient import NotebookClient

from autograder import demo
from autograder.course.course import Course
from autograder.nbgrader_bridge import release
from autograder.notebooks import reading
from tests.helpers.courses import ROOT, call

NAME = "sizes-and-costs"
COURSE = Course(ROOT)
COSTS = COURSE.assignment(NAME)
TASKS = ("count_parameters", "multiplications_per_step", "gradient_shapes", "steps_until_forgotten", "forget_bias")
SOLVED = COSTS.reference.functions


@pytest.mark.parametrize("n_x, n_a, n_y", [(3, 5, 2), (4, 1, 4)])
def test_counts_are_those_of_the_networks(n_x, n_a, n_y):
    """The third assignment's networks hold as many numbers as the solution counts."""
    start = COURSE.assignment("character-model").reference.modules.load("model").start_parameters
    for kind, count in zip(("rnn", "lstm"), SOLVED["count_parameters"](n_x, n_a, n_y), strict=True):
        assert sum(array.size for array in start(np.random.default_rng(0), n_x, n_a, n_y, kind).values()) == count


def test_shapes_are_those_of_the_gradients():
    """The third assignment's backward pass gives gradients of the shapes that the solution gives."""
    modules = COURSE.assignment("character-model").reference.modules
    parameters = modules.load("model").start_parameters(np.random.default_rng(0), 3, 5, 2, "lstm")
    a, *_, caches = modules.load("networks").forward(np.ones((3, 10, 4)), np.ones((5, 10)), parameters)
    gradients = modules.load("networks").backward(np.ones(a.shape), caches)
    expected = SOLVED["gradient_shapes"](3, 5, 10, 4)
    assert expected == tuple(gradients[name].shape for name in ("dx", "da0", "dWf", "dbf"))


@pytest.mark.parametrize("bias", [0, 1, 3, 5])
def test_bias_and_steps_undo_each_other(bias):
    """At the last of the steps less than the share is left, and the bias for them is a little larger at most."""
    gate = 1 / (1 + np.exp(-bias))
    steps = SOLVED["steps_until_forgotten"](gate, 0.01)
    assert gate**steps < 0.01 <= gate ** (steps - 1)
    assert bias <= SOLVED["forget_bias"](steps, 0.01) < bias + 0.1


def test_steps_are_not_counted_up_to_a_hundred_only():
    """A loop that gives up after a hundred steps is right on five hidden cases, and not on the last."""

    def capped(f, share):
        return sum(f**k >= share for k in range(100))

    cases = COSTS.hidden_cases("steps_until_forgotten")
    assert [True] * 5 + [False] == [capped(**case.arguments) == case.expected for case in cases]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A graded class: right in two styles, with mistakes, with nothing done."""
    course = demo.make_course(COURSE, tmp_path_factory.mktemp("sizes") / "course")
    release.release_assignment(course, NAME)
    demo.make_class(course, NAME, {
        "ada": demo.rewritten(0), "bea": demo.rewritten(1), "leo": demo.only(0),
        "dora": demo.mistaken(count_parameters="three_layers", gradient_shapes="flat", forget_bias="sign")})
    call(course.root, "grade", NAME, "--json", str(course.root / "all.json"))
    return course.root


def test_a_class_is_graded(course):
    """Full marks in two styles; each mistake costs its own part alone, and is named."""
    reports = {report["student"]: report for report in json.loads((course / "all.json").read_text())["submissions"]}
    assert (20, 20, 0) == tuple(reports[student]["score"] for student in ("ada", "bea", "leo"))
    tasks = reports["dora"]["tasks"]
    assert (2, 4, 3, 4, 0) == tuple(tasks[name]["score"] for name in TASKS)
    assert ["three_layers", "flat", "sign"] == [
        tasks[name]["diagnosis"]["mistake"] for name in ("count_parameters", "gradient_shapes", "forget_bias")]


def executed(folder):
    """Return the texts of a folder's notebook by cell, after a run in a fresh kernel."""
    nb = reading.read_notebook(folder / f"{NAME}.ipynb")
    NotebookClient(nb, timeout=100, resources={"metadata": {"path": str(folder)}}).execute()
    return {cell.id: "".join(o.get("text", "") for o in cell.outputs) for cell in nb.cells if cell.cell_type == "code"}


def test_the_release_runs_untouched(course, tmp_path):
    """No error in a fresh kernel; each check says that its task is not done yet."""
    said = executed(shutil.copytree(course / "release" / NAME, tmp_path / "student"))
    assert all(said[f"{task}_tests"].startswith(f"{task} is not done yet") for task in TASKS)


def test_the_experiments_print_what_the_lesson_reads(course):
    """With the solutions, the factors and the biases of the prose come out."""
    said = executed(course / "source" / NAME)
    assert ["1.27", "3.29", "1.07"] == [line.split()[4] for line in said["run-double"].splitlines()]
    assert ["0.07", "1.02", "3.00", "5.00"] == [line.split()[-1] for line in said["run-both"].splitlines()]
