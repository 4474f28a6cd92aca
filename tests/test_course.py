"""Adding a task takes one solution cell, one test cell and one Task; what is missing is named in one line."""

import shutil

import numpy as np
import pytest
from nbformat.v4 import new_code_cell

from autograder.course import TASKS
from autograder.course.assignment import load_assignment
from autograder.course.course import Course
from autograder.course.settings import Secret
from autograder.errors import CourseError
from autograder.fingerprints import public_cases
from autograder.judging.judge import judge
from autograder.model import Mistake, Task
from autograder.notebooks import finding, reading
from autograder.sandbox.local import LocalSession
from autograder.scaffold import scaffold_notebook
from tests.helpers.courses import NAME, ROOT

SOLUTION = '''def clip(gradients, max_value):
    """Limit every entry of the gradients to [-max_value, max_value]."""
    ### START CODE HERE ###
    clipped = np.clip(gradients, -max_value, max_value)
    ### END CODE HERE ###
    return (clipped,)
'''
TESTS = """check(clip)
### BEGIN HIDDEN TESTS
from autograder.grade import award

award(clip)
### END HIDDEN TESTS"""

CLIP = Task(
    name="clip",
    outputs={"clipped": ("n_a", "m")},
    shares={"clipped": 3, "arguments": 1, "repeatable": 1},
    public_sizes={"n_a": 2, "m": 3},
    public=lambda functions: {"gradients": np.arange(-3.0, 3.0).reshape(2, 3), "max_value": np.array(1.5)},
    sizes=tuple({"n_a": n_a, "m": m} for n_a, m in ((2, 3), (1, 1), (3, 3), (4, 1), (1, 5), (6, 2))),
    draw=lambda rng, sizes, functions: {
        "gradients": 3 * rng.standard_normal((sizes["n_a"], sizes["m"])), "max_value": np.array(rng.uniform(1, 2))},
    mistakes=(Mistake("from_below_only", (("np.clip(gradients, -max_value, max_value)",
                                           "np.maximum(gradients, -max_value)"),),
                      "`clipped` is limited from below only.", "The interval has two ends. Which one is missing?"),),
)


@pytest.fixture
def course(tmp_path):
    """A copy of the course whose source notebook has a ninth task."""
    shutil.copyfile(ROOT / "nbgrader_config.py", tmp_path / "nbgrader_config.py")
    path = tmp_path / "source" / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True)
    nb = reading.read_notebook(ROOT / "source" / NAME / f"{NAME}.ipynb")
    for name, source in (("clip", SOLUTION), ("clip_tests", TESTS)):
        model = finding.find_cell(nb, "lstm_backward" + name.removeprefix("clip"))
        cell = new_code_cell(source, id=name, metadata={"nbgrader": {**model.metadata.nbgrader, "grade_id": name}})
        nb.cells.append(cell)
    reading.write_notebook(nb, path)
    return tmp_path


def graded(assignment, source):
    namespace = {"np": np}
    exec(source, namespace)
    return judge(LocalSession(namespace), assignment)[-1]


def test_a_ninth_task_is_graded(course):
    """The new task is released, checked, judged and diagnosed like the others, with nothing else changed."""
    assignment = load_assignment(course / "source" / NAME, Secret(NAME, False), {**TASKS, "clip": CLIP})
    assert [*TASKS, "clip"] == sorted(assignment.tasks, key=[*TASKS, "clip"].index)
    assert 10 == graded(assignment, SOLUTION).score
    wrong = graded(assignment, SOLUTION.replace("np.clip(gradients, -max_value, max_value)",
                                                "np.maximum(gradients, -max_value)"))
    assert "from_below_only" == wrong.diagnosis.mistake
    assert 0 == wrong.score
    assert "clip" in public_cases(assignment)
    released = finding.find_cell(scaffold_notebook(assignment.notebook), "clip")
    assert "clipped = None" in released.source


def test_a_task_without_its_description_is_named(course):
    """A test cell that asks for a Task which does not exist: one line that says where to add it."""
    with pytest.raises(CourseError, match=r"task 'clip' is not known\. Add a Task to autograder/course/"):
        Course(course).assignment(NAME)


def test_a_test_cell_without_a_solution_is_named(course):
    """A test cell whose solution cell is missing: one line that names it."""
    path = course / "source" / NAME / f"{NAME}.ipynb"
    nb = reading.read_notebook(path)
    nb.cells = [cell for cell in nb.cells if cell.id != "clip"]
    reading.write_notebook(nb, path)
    with pytest.raises(CourseError, match="'clip' has no solution cell"):
        load_assignment(course / "source" / NAME, Secret(NAME, False), {**TASKS, "clip": CLIP})


def test_a_solution_that_does_not_run_is_named(course):
    """A syntax error in the instructor's own solution: one line, no traceback."""
    path = course / "source" / NAME / f"{NAME}.ipynb"
    nb = reading.read_notebook(path)
    finding.find_cell(nb, "clip").source = "def clip(:"
    reading.write_notebook(nb, path)
    with pytest.raises(CourseError, match="a solution does not run"):
        load_assignment(course / "source" / NAME, Secret(NAME, False), {**TASKS, "clip": CLIP})


def test_an_unknown_assignment_names_the_known_ones():
    """A misspelt assignment is answered with those that there are."""
    with pytest.raises(CourseError, match="This course has: rnn-step-by-step"):
        Course(ROOT).assignment("rnn-step-by-setp")


def test_every_task_has_six_hidden_cases_of_different_sizes(assignment):
    """Hidden sizes differ among each other and from the public ones, with m = 1, n_y = 1, n_a = n_x among them."""
    for name, task in assignment.tasks.items():
        sizes = [case.sizes for case in assignment.hidden_cases(name)]
        assert 6 <= len(sizes) == len({tuple(size.items()) for size in sizes})
        assert task.public_sizes not in sizes
        assert any(size["m"] == 1 for size in sizes)
        assert any(size["n_y"] == 1 for size in sizes)
        assert any(size["n_a"] == size["n_x"] for size in sizes)
        assert "T_x" not in sizes[0] or any(size["T_x"] == 1 for size in sizes)
    assert any(size["T_x"] < size["T"] for size in assignment.tasks["lstm_backward"].sizes)


def test_a_secret_of_ones_own_changes_the_hidden_arguments(assignment, monkeypatch):
    """Two courses with different secrets judge with different arguments; what may be shown stays the same."""
    monkeypatch.setenv("AUTOGRADER_SECRET", "another")
    other = Course(ROOT).assignment(NAME)
    one, two = (a.hidden_cases("rnn_cell_forward")[0].arguments["xt"] for a in (assignment, other))
    assert not np.allclose(one, two)
    one, two = (a.visible_cases("rnn_cell_forward")[1].arguments["xt"] for a in (assignment, other))
    assert np.array_equal(one, two)
