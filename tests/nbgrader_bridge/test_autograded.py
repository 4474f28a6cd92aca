"""Scores, comments and metadata are those of nbgrader's autograde, and a course's own steps run, too."""

import shutil

import pytest
from nbformat import from_dict
from traitlets.config import Config

from autograder.batch.run import grade_class
from autograder.batch.workers import LocalWorkers
from autograder.course.course import Course
from autograder.errors import CourseError
from autograder.model import Report
from autograder.nbgrader_bridge.autograded import auto_comments, auto_scores, extra_steps, limit_output
from autograder.notebooks import finding, reading
from tests.helpers.courses import NAME, rows, run
from tests.helpers.notebooks import honest, nbgrader, released, trusted

#: A module of a course's own: one step for each of autograde's passes.
STEPS = '''
from nbgrader.preprocessors import NbGraderPreprocessor


class Mend(NbGraderPreprocessor):
    """Before the notebook is graded: a name that the course misspelt."""

    def preprocess_cell(self, cell, resources, index):
        cell.source = cell.source.replace("np.tanhh", "np.tanh")
        return cell, resources


class Lower(NbGraderPreprocessor):
    """After the notebook is graded: each test gives at most 10 points, and the notebook is stamped."""

    def preprocess(self, nb, resources):
        nb.metadata["stamp"] = resources["nbgrader"]["student"]
        return super().preprocess(nb, resources)

    def preprocess_cell(self, cell, resources, index):
        for output in cell.get("outputs", []):
            if cell.metadata.get("nbgrader", {}).get("grade") and output.output_type == "execute_result":
                output.data["text/plain"] = str(min(10.0, float(output.data["text/plain"])))
        return cell, resources
'''
LISTS = '''
c.Autograde.sanitize_preprocessors.append("steps_of_the_course.Mend")
c.Autograde.autograde_preprocessors.insert(1, "steps_of_the_course.Lower")
'''


def test_a_courses_own_steps_run_in_both_commands(ungraded, tmp_path):
    """A step of the first pass changes what is graded, one of the second the result: the same rows from nbgrader."""
    course = shutil.copytree(ungraded, tmp_path / "course")
    (course / "steps_of_the_course.py").write_text(STEPS)
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(LISTS)
    path = course / "submitted" / "ada" / NAME / f"{NAME}.ipynb"
    nb = reading.read_notebook(path)
    cell = finding.find_cell(nb, "rnn_cell_forward")
    assert "np.tanh" in cell.source
    cell.source = cell.source.replace("np.tanh", "np.tanhh")
    reading.write_notebook(nb, path)
    by_nbgrader = shutil.copytree(course, tmp_path / "nbgrader")
    run(course, "autograder", "grade", NAME, "--student", "ada")
    run(by_nbgrader, "nbgrader", "autograde", NAME, "--student", "ada")
    assert rows(by_nbgrader) == rows(course)
    assert {10.0} == {row[2] for row in rows(course)["grades"] if row[0] == "ada"}
    for each in (course, by_nbgrader):
        graded = reading.read_notebook(each / "autograded" / "ada" / NAME / f"{NAME}.ipynb")
        assert "ada" == graded.metadata.stamp


def test_a_step_that_fails_costs_nobody_a_zero(ungraded, tmp_path, monkeypatch):
    """A course's own step raises: not graded, with the step's words, and without a score."""
    course = shutil.copytree(ungraded, tmp_path / "course")
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "failing_steps.py").write_text(
        "from nbgrader.preprocessors import NbGraderPreprocessor\n\n\nclass Fail(NbGraderPreprocessor):\n"
        "    def preprocess(self, nb, resources):\n        raise KeyError('a slip')\n")
    with (course / "nbgrader_config.py").open("a") as config:
        config.write("c.Autograde.autograde_preprocessors.append('failing_steps.Fail')\n")
    summary = grade_class(Course(course), NAME, ["ada"], lambda job: LocalWorkers(job, 1))
    assert "KeyError: 'a slip'" in summary.failures["ada"]
    assert {None} == {row[2] for row in rows(course)["grades"] if row[0] == "ada"}


@pytest.mark.parametrize(("lists", "problem"), [
    ({}, "lack autograder.nbgrader_bridge.hooks.Restore"),
    ({"sanitize_preprocessors": ["autograder.hooks.Restore"]}, "lack autograder.nbgrader_bridge.hooks.Judge"),
    ({"sanitize_preprocessors": ["autograder.hooks.Restore", "no.such.Step"],
      "autograde_preprocessors": ["autograder.hooks.Judge"]}, "'no.such.Step', which cannot be imported"),
])  # fmt: skip
def test_lists_without_our_steps_are_refused(lists, problem):
    """Without them student code would run outside the sandbox; one that is missing is named."""
    with pytest.raises(CourseError, match=problem):
        extra_steps(Config({"Autograde": lists}))


def test_nbgraders_own_steps_are_not_run_again():
    """The lists that come with a course add nothing but the limit on outputs."""
    config = Config({"Autograde": {
        "sanitize_preprocessors": ["nbgrader.preprocessors.ClearOutput", "autograder.hooks.Restore",
                                   "nbgrader.preprocessors.OverwriteCells"],
        "autograde_preprocessors": ["autograder.nbgrader_bridge.hooks.Judge", "nbgrader.preprocessors.LimitOutput",
                                    "nbgrader.preprocessors.SaveAutoGrades"]}})
    before, after = extra_steps(config)
    assert ([], 1) == (before, len(after))


# ---- what nbgrader computes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [trusted, lambda: released(trusted()), honest])
def test_checksums_are_nbgraders(make):
    """Each graded, solution and locked cell has the checksum that nbgrader computes."""
    from nbgrader.utils import compute_checksum

    for cell in make().cells:
        if cell.metadata.get("nbgrader"):
            assert compute_checksum(cell) == finding.compute_checksum(cell)


def test_scores_of_cells_without_a_verdict_are_nbgraders():
    """A test cell that nobody judged, an answer by hand, an untouched answer: nbgrader's own rule."""
    nb = released(trusted())
    nb.cells[5].outputs = [from_dict({"output_type": "execute_result", "metadata": {}, "execution_count": 1,
                                      "data": {"text/plain": "2.5"}})]
    assert {"double_tests": 2.5, "triple_tests": 10.0, "essay": 0} == auto_scores(nb, Report("a", "ada", "graded"))
    finding.find_cell(nb, "essay").source = "Because it is so."
    assert auto_scores(nb, Report("a", "ada", "graded"))["essay"] is None


def test_an_untouched_answer_is_commented_on():
    """nbgrader says "No response." of a solution that is as it was released, and nothing of another one."""
    nb = released(trusted())
    finding.find_cell(nb, "triple").source += "\n# mine"
    assert {"double": "No response.", "triple": None, "essay": "No response."} == auto_comments(nb)


@pytest.mark.parametrize("outputs", [
    [{"output_type": "stream", "name": "stdout", "text": "x\n" * 998}],
    [{"output_type": "stream", "name": "stdout", "text": "x\n" * 999}],
    [{"output_type": "stream", "name": "stdout", "text": "x\n" * 1200}],
    [{"output_type": "stream", "name": "stdout", "text": "x"}] * 1001,
    [{"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["x"] * 101}],
    [],
])  # fmt: skip
def test_outputs_are_limited_as_nbgrader_limits_them(outputs):
    """Long outputs end where LimitOutput ends them, short ones are left alone."""
    from nbgrader.preprocessors import LimitOutput

    def notebook():
        cell = {"cell_type": "code", "metadata": nbgrader("f", solution=True), "source": "", "outputs": outputs,
                "execution_count": None}
        return from_dict({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})

    assert LimitOutput().preprocess(notebook(), {})[0] == limit_output(notebook(), {}, Config())[0]
