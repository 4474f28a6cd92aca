"""An assignment is a folder. A task that is added there is graded; a missing part is named in one line."""

import shutil

import numpy as np
import pytest
from nbformat.v4 import new_code_cell

from autograder.course.assignment import load_assignment, unpack_assignment
from autograder.course.course import Course
from autograder.course.public_cases import parse_label, public_cases
from autograder.course.scaffold import scaffold_notebook
from autograder.course.settings import Secret
from autograder.errors import CourseError
from autograder.judging import judge
from autograder.notebooks import finding, reading
from autograder.sandbox.local import LocalSession
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

TASK = """
CLIP = Task(
    name="clip",
    outputs={"clipped": ("n_a", "m")},
    shares={"clipped": 3, "arguments": 1, "repeatable": 1},
    public_sizes={"n_a": 2, "m": 3},
    public=lambda functions: {"gradients": np.arange(-3.0, 3.0).reshape(2, 3), "max_value": np.array(1.5)},
    sizes=tuple({"n_a": n_a, "m": m} for n_a, m in ((2, 3), (1, 1), (3, 3), (4, 1), (1, 5), (6, 2))),
    draw=lambda rng, sizes, functions: {
        "gradients": 3 * rng.standard_normal((sizes["n_a"], sizes["m"])), "max_value": np.array(rng.uniform(1, 2))},
)
TASKS = (*TASKS, CLIP)
"""
MISTAKE = """
[[line]]
code = "np.clip(gradients, -max_value, max_value)"
a.hint = "The interval has two ends. Which one is missing?"
a.from_below_only = ["np.maximum(gradients, -max_value)", "`clipped` is limited from below only."]
"""


@pytest.fixture
def course(tmp_path):
    """A copy of the course whose source notebook has a ninth task."""
    shutil.copyfile(ROOT / "nbgrader_config.py", tmp_path / "nbgrader_config.py")
    folder = shutil.copytree(ROOT / "source" / NAME, tmp_path / "source" / NAME)
    nb = reading.read_notebook(folder / f"{NAME}.ipynb")
    for name, source in (("clip", SOLUTION), ("clip_tests", TESTS)):
        model = finding.find_cell(nb, "lstm_backward" + name.removeprefix("clip"))
        cell = new_code_cell(source, id=name, metadata={"nbgrader": {**model.metadata.nbgrader, "grade_id": name}})
        nb.cells.append(cell)
    reading.write_notebook(nb, folder / f"{NAME}.ipynb")
    with (folder / "tasks.py").open("a") as file:
        file.write(TASK)
    (folder / "mistakes" / "clip.toml").write_text(MISTAKE)
    return Course(tmp_path)


def change_notebook(course, change):
    """Change the source notebook of the course."""
    path = course.source(NAME) / f"{NAME}.ipynb"
    nb = reading.read_notebook(path)
    change(nb)
    reading.write_notebook(nb, path)


def graded(assignment, source):
    """Return the verdict on a solution of the ninth task."""
    namespace = {"np": np}
    exec(source, namespace)
    return judge(LocalSession(namespace), assignment)[-1]


def test_a_ninth_task_is_graded(course):
    """The new task is released, checked, judged and diagnosed like the others, with nothing else changed."""
    assignment = course.assignment(NAME)
    assert "clip" == list(assignment.tasks)[-1]
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
    path = course.source(NAME) / "tasks.py"
    path.write_text(path.read_text().replace("TASKS = (*TASKS, CLIP)", ""))
    with pytest.raises(CourseError, match=r"task 'clip' is not known\. Add a Task to .*tasks\.py"):
        course.assignment(NAME)


def test_a_missing_description_is_named(course):
    """Without tasks.py: one line that says where it belongs."""
    (course.source(NAME) / "tasks.py").unlink()
    with pytest.raises(CourseError, match=r"tasks\.py: is missing"):
        course.assignment(NAME)


@pytest.mark.parametrize("text, said", [
    ("1 / 0", "line 1: ZeroDivisionError"), ("TASKS =", "line 1: SyntaxError"), ("import nowhere", "line 1: ModuleNot"),
    ("raise SystemExit", "SystemExit"), ("TASKS = (1,)", "AttributeError"), ("", "AttributeError"),
])  # fmt: skip
def test_a_description_that_does_not_run_is_one_line(course, text, said):
    """The line of tasks.py is named, whatever it raises."""
    (course.source(NAME) / "tasks.py").write_text(text)
    with pytest.raises(CourseError, match=said) as error:
        course.assignment(NAME)
    assert "\n" not in str(error.value)


def test_a_test_cell_without_a_solution_is_named(course):
    """A test cell whose solution cell is missing: one line that names it."""
    change_notebook(course, lambda nb: nb.cells.remove(finding.find_cell(nb, "clip")))
    with pytest.raises(CourseError, match="'clip' has no solution cell"):
        course.assignment(NAME)


def test_a_test_cell_without_points_is_named(course):
    """A test cell that nbgrader has no points for: one line that names it."""
    change_notebook(course, lambda nb: finding.find_cell(nb, "clip_tests").metadata.nbgrader.pop("points"))
    with pytest.raises(CourseError, match="cell 'clip_tests' has no points"):
        course.assignment(NAME)


def test_a_solution_that_does_not_run_is_named(course):
    """A syntax error in the instructor's own solution: one line, no traceback."""
    change_notebook(course, lambda nb: finding.find_cell(nb, "clip").update(source="def clip(:"))
    with pytest.raises(CourseError, match="a solution does not run"):
        course.assignment(NAME)


def test_a_mistake_that_fits_no_longer_is_named_by_release_and_audit(course):
    """A left side that the solution has not: `verify_catalogue` names the mistake; grading goes on without it."""
    path = course.source(NAME) / "mistakes" / "clip.toml"
    path.write_text(MISTAKE.replace("np.clip(gradients", "np.clip(grads"))
    assignment = course.assignment(NAME)
    with pytest.raises(CourseError, match=r"clip, mistake 'from_below_only': 'np\.clip\(grads"):
        assignment.verify_catalogue()
    assert 10 == graded(assignment, SOLUTION).score
    assert graded(assignment, SOLUTION.replace("-max_value, ", "")).diagnosis is None


@pytest.mark.parametrize("label, keys", [
    ("a", ["a"]), ("cache[1][30]", ["cache", 1, 30]), ('parameters["ba"][2]', ["parameters", "ba", 2])])
def test_a_label_leads_to_a_part_of_an_output(label, keys):
    """Indices and names in brackets are keys."""
    assert keys == parse_label(label)
    with pytest.raises(ValueError, match="not an output with indices"):
        parse_label(label + "[")


@pytest.mark.parametrize("text", [
    "[x", "[x]\nsays = 3", "x = 3", "[x]\nreplace = 5", "[[line]]", "[[line]]\ncode = 'x'\na.b = ['y', 'z']",
    "[[line]]\ncode = 'x'\na.hint = '?'\na.b = ['y']", "[[line]]\ncode = 'x'\na.hint = '?'\na.b = ['y', 'z']\n" * 2])
def test_a_catalogue_that_cannot_be_read_is_one_line(course, text):
    """The file is named."""
    (course.source(NAME) / "mistakes" / "clip.toml").write_text(text)
    with pytest.raises(CourseError, match=r"clip\.toml: cannot be read"):
        len(course.assignment(NAME).tasks["clip"].mistakes)


def test_an_unknown_assignment_names_the_known_ones():
    """The error for a misspelt assignment lists the course's assignments."""
    with pytest.raises(CourseError, match=f"This course has: .*{NAME}"):
        Course(ROOT).assignment("rnn-step-by-setp")


def test_a_bundle_is_the_same_assignment(assignment):
    """A bundle gives the same cases on another machine, and has the same digest there."""
    other = unpack_assignment(assignment.bundle)
    assert other.folder != assignment.folder
    assert assignment.bundle.digest == other.bundle.digest
    assert str(public_cases(assignment)["rnn_forward"]) == str(public_cases(other)["rnn_forward"])
    one, two = (a.hidden_cases("lstm_backward")[2].expected["dx"] for a in (assignment, other))
    assert np.array_equal(one, two)


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
    assert any(size["T_x"] < size["steps in caches"] for size in assignment.tasks["lstm_backward"].sizes)


def test_a_courses_own_secret_changes_the_hidden_arguments(assignment, monkeypatch):
    """Courses with different secrets have different hidden arguments, and the same visible ones."""
    monkeypatch.setenv("AUTOGRADER_SECRET", "another")
    other = Course(ROOT).assignment(NAME)
    one, two = (a.hidden_cases("rnn_cell_forward")[0].arguments["xt"] for a in (assignment, other))
    assert not np.allclose(one, two)
    one, two = (a.visible_cases("rnn_cell_forward")[1].arguments["xt"] for a in (assignment, other))
    assert np.array_equal(one, two)


def test_the_default_secret_is_the_assignments_name(assignment):
    """A course without a secret draws hidden arguments from the public name of the assignment."""
    assert Secret(NAME, False) == load_assignment(ROOT / "source" / NAME, Course(ROOT).secret_for(NAME)).secret


def test_a_link_to_nothing_is_named(tmp_path):
    """After a copy without the files that links lead to, the error names the link, not the cell that imports it."""
    folder = tmp_path / "source" / "sizes"
    folder.mkdir(parents=True)
    (folder / "rnn_utils.py").symlink_to("../../rnn_utils.py")
    with pytest.raises(CourseError, match=r"rnn_utils\.py: is a link to a file that is not there.*cp -rL"):
        load_assignment(folder, Secret("x", True))
