"""The second assignment: its networks are those of the first, its lesson runs, and a class goes all the way."""

import contextlib
import json
import shutil

import numpy as np
import pytest
from click.testing import CliRunner

from autograder import demo
from autograder.cli import main
from autograder.course.course import Course
from autograder.nbgrader_bridge import release
from autograder.notebooks import finding, reading
from tests.helpers.courses import NAME as FIRST
from tests.helpers.courses import ROOT, call

NAME = "gradient-checking"
CHECKER = Course(ROOT).assignment(NAME)
TASKS = ("cross_entropy", "output_backward", "flatten", "restore", "numeric_gradient", "relative_error", "failing",
         "loss_of")  # fmt: skip


def module(name):
    """Return a helper module of the assignment."""
    return CHECKER.reference.modules.load(name)


# ---- what is given ---------------------------------------------------------------------------------------


def test_shapes_are_more_than_lengths():
    """A comparison of lengths in place of shapes passes some hidden cases, and not all."""

    def by_length(analytic, numeric, threshold):
        error = CHECKER.reference.functions["relative_error"]
        return {name: len(analytic[name]) != len(numeric[name]) or error(analytic[name], numeric[name]) > threshold
                for name in analytic}

    right = [by_length(**case.arguments) == case.expected for case in CHECKER.hidden_cases("failing")]
    assert {True, False} == set(right)


@pytest.mark.parametrize("kind", ["rnn", "lstm"])
@pytest.mark.parametrize("place", range(6))
def test_the_networks_are_those_of_the_first_assignment(assignment, kind, place):
    """Forward and backward return the same as the solutions of the first assignment, also where da is shorter."""
    case = assignment.hidden_cases(f"{kind}_forward")[place]
    expected = assignment.reference.functions[f"{kind}_forward"](*case.arguments.values())
    got = getattr(module("networks"), f"{kind}_forward")(*case.arguments.values())
    for theirs, ours in zip(expected[:-1], got[:-1], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)
    a, y_pred, caches = module("networks").forward(*case.arguments.values())
    assert np.array_equal(got[0], a) and np.array_equal(got[1], y_pred)
    n_a, m, T_x = a.shape
    for steps in {1, T_x}:
        da = np.random.default_rng(place).standard_normal((n_a, m, steps))
        theirs = assignment.reference.functions[f"{kind}_backward"](da, expected[-1])
        ours = module("networks").backward(da, caches)
        assert theirs.keys() == ours.keys()
        for name in theirs:
            read = theirs[name][:, :, :steps] if name == "dx" else theirs[name]
            np.testing.assert_allclose(ours[name], read, rtol=1e-10, atol=1e-12, err_msg=name)


def lesson():
    """Return what the lesson's cells define, with the solutions; `check` and its like do nothing."""
    names = {"__name__": "lesson", "__builtins__": CHECKER.reference.modules.builtins}
    for cell in CHECKER.notebook.cells:
        if cell.cell_type == "code" and cell.id not in {f"{task}_tests" for task in TASKS} | {"files", "run-own-work"}:
            exec(cell.source, names)
    return names


@pytest.fixture(scope="module")
def names():
    """What the lesson's cells define."""
    return lesson()


@pytest.mark.parametrize("T_x, rows", [
    (4, {1: "Waa", 2: "ba", 3: "Wax Waa ba x a0", 4: "", 5: "Wax Waa ba x a0", 6: "x", 7: ""}),
    (1, {1: "Waa", 2: "ba", 3: "", 4: "", 5: "a0", 6: "x", 7: ""}),
])
def test_the_suspects_fail_where_the_lesson_says(names, T_x, rows):
    """Each suspect's wrong gradients, with four steps and with one; suspect 7 alone writes into da."""
    problem = names["make_problem"](names["RNN"], T_x=T_x)
    numeric, found = names["measure"](*problem), {}
    for number, suspect in names["suspects"].items():
        analytic = names["compute"](*problem, names["rnn_forward"], suspect)
        found[number] = " ".join(name for name, fails in names["failing"](analytic, numeric, 1e-6).items() if fails)
    assert rows == found
    *_, caches = names["rnn_forward"](*problem[1:3], problem[0])
    changed = []
    for number, suspect in names["suspects"].items():
        da = np.ones((5, 10, 4))[:, :, :T_x]
        suspect(da, caches)
        changed += [number] if (da != 1).any() else []
    assert ([7] if T_x > 1 else []) == changed


@pytest.mark.parametrize("kind", ["RNN", "LSTM"])
def test_the_checker_passes_what_is_right(names, kind):
    """Errors of right functions are below 1e-8, for several problems; a gradient that is 37 times too large shows."""
    run_it, back = (names[f"{kind.lower()}_{way}"] for way in ("forward", "backward"))
    for seed in range(3):
        problem = names["make_problem"](names[kind], seed)
        analytic, numeric = names["compute"](*problem, run_it, back), names["measure"](*problem)
        errors = {name: names["relative_error"](analytic[name], numeric[name]) for name in numeric}
        assert max(errors.values()) < 1e-8, errors
    assert 37 == problem[-1].sum()


def test_no_error_is_near_the_threshold(names, assignment):
    """What the figure right-and-wrong shows: of the first assignment's mistakes, none errs by 1e-8 to 1e-4."""
    errors = []
    for kind in ("rnn", "lstm"):
        problem = names["make_problem"](names[kind.upper()])
        numeric, solution = names["measure"](*problem), assignment.reference.sources[f"{kind}_backward"]
        for task in (f"{kind}_cell_backward", f"{kind}_backward"):
            for mistake in assignment.tasks[task].mistakes:
                wrong = dict(assignment.reference.wrong(task, mistake).__globals__)
                if "cell" in task:
                    exec(solution, wrong)  # so that it calls the wrong cell
                with np.errstate(all="ignore"), contextlib.suppress(ValueError, IndexError):
                    analytic = names["compute"](*problem, wrong[f"{kind}_forward"], wrong[f"{kind}_backward"])
                    if all(analytic[name].shape == numeric[name].shape for name in numeric):
                        errors.append(max(names["relative_error"](analytic[name], numeric[name]) for name in numeric))
    assert len(errors) > 700
    assert [] == [error for error in errors if 1e-8 < error < 1e-4]
    assert sum(error < 1e-8 for error in errors) < 0.02 * len(errors)


def test_functions_are_taken_out_of_a_notebook(tmp_path, capsys):
    """The first assignment's source gives its eight functions; no notebook gives none; a broken cell is named."""
    load_functions = module("your_work").load_functions
    assert {} == load_functions(tmp_path / "no.ipynb")
    nb = reading.read_notebook(ROOT / "source" / FIRST / f"{FIRST}.ipynb")
    finding.find_cell(nb, "rnn_forward").source = "def rnn_forward(:"
    reading.write_notebook(nb, tmp_path / "mine.ipynb")
    own = load_functions(tmp_path / "mine.ipynb")
    assert {"rnn_cell_forward", "rnn_backward", "lstm_forward", "lstm_backward"} < own.keys()
    assert "rnn_forward" not in own and "rnn_forward: SyntaxError" in capsys.readouterr().out


# ---- a class ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A graded class: right in three styles, two mistakes, nothing done."""
    course = demo.make_course(Course(ROOT), tmp_path_factory.mktemp("checking") / "course")
    release.release_assignment(course, NAME)
    demo.make_class(course, NAME, {
        "ada": demo.rewritten(0), "bea": demo.rewritten(1), "carl": demo.rewritten(3),
        "dora": demo.mistaken(restore="by_columns", output_backward="written_in_place"), "leo": demo.only(0)})
    call(course.root, "grade", NAME, "--json", str(course.root / "all.json"))
    return course.root


@pytest.fixture(scope="module")
def reports(course):
    """The reports by student."""
    return {report["student"]: report for report in json.loads((course / "all.json").read_text())["submissions"]}


def test_slow_but_right_functions_get_full_marks(reports):
    """100 points for the instructor's functions, for loops over entries, and for others; 0 for nothing."""
    assert {"ada": 100, "bea": 100, "carl": 100, "leo": 0} == {
        student: report["score"] for student, report in reports.items() if student != "dora"}
    assert TASKS == tuple(reports["ada"]["tasks"])


def test_mistakes_are_named_and_cost_once(reports):
    """Both are diagnosed; writing into an argument costs its share; `loss_of` is judged with a right `restore`."""
    tasks = reports["dora"]["tasks"]
    assert "by_columns" == tasks["restore"]["diagnosis"]["mistake"]
    assert "written_in_place" == tasks["output_backward"]["diagnosis"]["mistake"]
    assert (0, 18, "restore", 15) == (tasks["restore"]["score"], tasks["output_backward"]["score"],
                                      tasks["loss_of"]["blamed_on"], tasks["loss_of"]["score"])
    assert 88 == reports["dora"]["score"]


def test_feedback_report_and_exports_work(course, monkeypatch):
    """Pages and files are written, with the diagnosis and the points of this assignment."""
    monkeypatch.chdir(course)
    commands = [["feedback"], ["report"], *(["export", form] for form in ("csv", "json", "canvas", "gradescope-zip"))]
    for command in commands:
        result = CliRunner().invoke(main, [*command, NAME])
        assert 0 == result.exit_code, (command, result.output)
    page = (course / "feedback" / "dora" / NAME / f"{NAME}.html").read_text()
    assert "The arrays are filled column by column, not row by row." in page
    assert "HIDDEN TESTS" not in page and "award(" not in page
    assert "numeric_gradient" in next((course / "reports").rglob("*.html")).read_text()
    exported = json.loads((course / "exports" / NAME / "grades.json").read_text())["students"]
    assert 88 == {grade["student"]: grade["score"] for grade in exported}["dora"]


@pytest.mark.parametrize("where", ["source", "release"])
def test_the_notebook_runs_from_top_to_bottom(course, tmp_path, where):
    """No error in a fresh kernel; with the solutions each test cell ends with its points, without them it says so."""
    from nbclient import NotebookClient

    folder = course / "source" / NAME
    if where == "release":
        folder = shutil.copytree(course / "release" / NAME, tmp_path / "student")
    nb = reading.read_notebook(folder / f"{NAME}.ipynb")
    NotebookClient(nb, timeout=120, allow_errors=True, resources={"metadata": {"path": str(folder)}}).execute()
    outputs = {cell.id: cell.outputs for cell in nb.cells if cell.cell_type == "code"}
    assert [] == [cell for cell, found in outputs.items() if any(o.output_type == "error" for o in found)]
    for task in TASKS:
        said = outputs[f"{task}_tests"]
        if where == "source":
            assert CHECKER.points[task] == float(said[-1].data["text/plain"])
        else:
            assert said[0].text.startswith(f"{task} is not done yet")
    if where == "source":
        assert [] == [cell for cell, found in outputs.items() if any(o.get("name") == "stderr" for o in found)]
