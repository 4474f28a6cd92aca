"""A course of another subject, added without touching the engine: k-means, with a helper module and data.

Its tasks take integers, booleans, texts, None and a function of the helper module, and return a bare array or a tuple.
"""

import io
import json
import shutil
import zipfile

import numpy as np
import pytest

from autograder.course.assignment import unpack_assignment
from autograder.course.course import Course
from autograder.errors import CourseError
from autograder.exports import gradescope_zip
from autograder.judging.audit import audit
from autograder.notebooks import reading
from public_tests import FILES
from tests.helpers.courses import ROOT, call, run
from tests.helpers.k_means import K_MEANS, NAME, NEAREST, submit, write_assignment

PRIVATE = ("tasks.py", "mistakes", "variants", "__pycache__")

@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course with two assignments that have tasks and helpers of the same names."""
    root = tmp_path_factory.mktemp("subject") / "course"
    root.mkdir()
    shutil.copyfile(ROOT / "nbgrader_config.py", root / "nbgrader_config.py")
    write_assignment(root)
    other = shutil.copytree(root / "source" / NAME, root / "source" / "k-medians")
    (other / f"{NAME}.ipynb").rename(other / "k-medians.ipynb")
    helper = (other / "helpers.py").read_text().replace("np.abs(points", "2 * np.abs(points")
    (other / "helpers.py").write_text(helper)
    call(root, "release", NAME)
    return Course(root)


def files(folder):
    """Return the files below a folder, relative to it."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


PUBLIC = {"k-means.ipynb", "helpers.py", "data/points.csv", *FILES, "public_cases.json"}


@pytest.mark.parametrize("command", [("autograder", "release", NAME),
                                     ("nbgrader", "generate_assignment", NAME, "--force")])
def test_students_get_helpers_and_data_and_no_solution(course, command):
    """Both commands release notebook, helper, data and check; tasks, mistakes and caches stay with the instructor."""
    shutil.rmtree(course.release(NAME), ignore_errors=True)
    run(course.root, *command)
    assert files(course.release(NAME)) == PUBLIC


def test_nbgrader_releases_nothing_private_without_the_setting(course, tmp_path):
    """A configuration without the list of what stays: the release is refused, and nothing of it is left."""
    root = shutil.copytree(course.root, tmp_path / "course", ignore=shutil.ignore_patterns("release"))
    text = (root / "nbgrader_config.py").read_text()
    (root / "nbgrader_config.py").write_text(text + "\ndel c.CourseDirectory.ignore\n")
    assert "mistakes, tasks.py, variants" in run(root, "nbgrader", "generate_assignment", NAME, "--force", code=1)
    assert not Course(root).release(NAME).exists()
    assert "c.CourseDirectory.ignore lacks" in call(root, "release", NAME, code=2)
    assert not Course(root).release(NAME).exists()


@pytest.fixture(scope="module")
def reports(course, tmp_path_factory):
    """The graded submissions, by student."""
    farthest, sums = NEAREST.replace("argmin", "argmax"), K_MEANS.replace(".mean(", ".sum(")
    submit(course, "right")
    submit(course, "callee", nearest=farthest)
    submit(course, "caller", k_means=sums)
    submit(course, "tuple", nearest=NEAREST.replace("return labels", "return (labels,)"))
    submit(course, "text", k_means=K_MEANS.replace("ties to the", "ties for the"))
    submit(course, "writes", nearest=NEAREST.replace("lengths = distance", "centers *= 1.5; lengths = distance"))
    call(course.root, "grade", NAME, "--json", str(course.root / "all.json"))
    whole = json.loads((course.root / "all.json").read_text())
    return {report["student"]: report["tasks"] for report in whole["submissions"]}


def test_right_answers_get_full_marks(reports):
    """A right submission has all points, in the sandbox with functions, data and helpers beside it."""
    assert [10, 10] == [task["score"] for task in reports["right"].values()]
    assert all(task["public_passed"] for task in reports["right"].values())


def test_a_wrong_callee_costs_once(reports):
    """The mistake is named, and the caller is judged with a right callee, to which functions cross by name."""
    assert [0, 10] == [task["score"] for task in reports["callee"].values()]
    assert "farthest" == reports["callee"]["nearest"]["diagnosis"]["mistake"]
    assert "nearest" == reports["callee"]["k_means"]["blamed_on"]


def test_a_wrong_caller_is_named(reports):
    """The caller's own mistake is named, and costs the callee nothing."""
    assert "sums" == reports["caller"]["k_means"]["diagnosis"]["mistake"]
    assert 10 == reports["caller"]["nearest"]["score"]


@pytest.mark.parametrize("student, task, check, kind", [
    ("tuple", "nearest", "labels", "type"), ("text", "k_means", "found", "value"),
    ("writes", "nearest", "arguments", "arguments"),
])  # fmt: skip
def test_what_differs_is_named(reports, student, task, check, kind):
    """A tuple in place of a bare value, a different text, a changed argument: each check has its kind."""
    failed = {entry["name"]: entry["kind"] for entry in reports[student][task]["checks"] if not entry["passed"]}
    assert failed[check] == kind


def test_the_learners_check_passes_and_names(course, tmp_path, monkeypatch, capsys):
    """The released check imports the helper, loads functions by name, passes what is right and names a mistake."""
    shutil.copytree(course.release(NAME), tmp_path / "work")
    out = run(tmp_path / "work", "python", "-c", "\n".join((
        "import numpy as np", "from helpers import *", "from public_tests import check", NEAREST, K_MEANS,
        "check(nearest); check(k_means)", NEAREST.replace("argmin", "argmax"), "check(nearest)")))
    assert 2 == out.count("all outputs agree")
    assert "farthest centers" in out and "3 steps" not in out


def test_the_audit_passes(course):
    """Each mistake is caught, by the public check too, and named."""
    audits = audit(course.assignment(NAME))
    assert [] == [problem for task in audits for problem in task.problems]
    assert [1, 1] == [task.unique for task in audits]


def test_the_bundle_has_helpers_and_data(course):
    """A worker on another machine draws the same public case from the data file."""
    one, two = course.assignment(NAME), unpack_assignment(course.assignment(NAME).bundle)
    first, second = (a.visible_cases("k_means")[0].expected[0] for a in (one, two))
    assert np.array_equal(first, second)


def test_gradescopes_zip_has_helpers_data_and_cases(course):
    """Everything that grading needs is in the zip, the cases of the release among it."""
    (content,) = gradescope_zip.export(course, NAME).files.values()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = set(archive.namelist())
    parts = (f"{NAME}.ipynb", "tasks.py", "helpers.py", "data/points.csv", "mistakes/nearest.toml")
    assert {f"source/{NAME}/{part}" for part in parts} | {f"release/{NAME}/public_cases.json"} <= names


def test_equal_names_in_two_assignments_do_not_meet(course):
    """Two assignments with tasks, helpers and mistakes of the same names use their own."""
    one, two = (course.assignment(name).reference.functions["nearest"] for name in (NAME, "k-medians"))
    points = np.ones((1, 2))
    distances = [function.__globals__["manhattan"](points, 0 * points) for function in (one, two)]
    assert [2, 4] == [float(value[0, 0]) for value in distances]


def test_award_knows_the_folder_it_runs_in(course):
    """In the source notebook's folder `award` and `check` work, with helpers and data beside them."""
    lines = ("import numpy as np", "from helpers import *", NEAREST, K_MEANS, "from autograder.grade import award",
             "from public_tests import check", "print(award(nearest), award(k_means))", "check(k_means)")
    out = run(course.source(NAME), "python", "-c", "\n".join(lines))
    assert "10.0 10.0" in out and "all outputs agree" in out


def test_a_new_assignment_works_as_it_is(course):
    """The skeleton of `autograder new` is released, passes its audit, and its solution gets full marks."""
    call(course.root, "new", "fresh")
    call(course.root, "release", "fresh")
    call(course.root, "audit", "fresh")
    nb = reading.read_notebook(course.source("fresh") / "fresh.ipynb")
    course.submitted("ada", "fresh").mkdir(parents=True)
    reading.write_notebook(nb, course.submitted("ada", "fresh") / "fresh.ipynb")
    assert "20/20" in call(course.root, "grade", "fresh")
    with pytest.raises(CourseError, match="is there already"):
        from autograder.course.new import new_assignment

        new_assignment(course, "fresh")
    assert "cannot be the name" in call(course.root, "new", "../x", code=2)


def test_the_demo_is_of_the_courses_own_assignment(course):
    """Twelve pupils come from any assignment: its variants, its mistakes, and what goes wrong everywhere."""
    call(course.root, "new", "a-demo")  # the first by name
    rows = call(course.root, "demo").splitlines()
    totals = {row.split()[0]: row.split()[-1] for row in rows if row.rstrip().endswith("/20")}
    assert 12 == len(totals)
    assert {"20/20"} == {totals[pupil] for pupil in ("ada", "bea", "carl", "kim")}
    assert {"10/20"} == {totals[pupil] for pupil in ("dora", "emil", "fay", "gus", "hana", "ivo", "jule")}
    assert "0/20" == totals["leo"]
    assert "no such assignment" in call(course.root, "demo", "no-such", code=2)


@pytest.fixture
def copy(course, tmp_path):
    """Return a copy of the course."""
    return Course(shutil.copytree(course.root, tmp_path / "course"))


def test_one_value_by_itself_needs_no_flag(copy):
    """A task that returns one bare array or number, not described so: it is released, checked and graded."""
    path = copy.source(NAME) / "tasks.py"
    path.write_text(path.read_text().replace(" returns_value=True,", "", 1))
    call(copy.root, "release", NAME)
    assert Course(copy.root).assignment(NAME).tasks["nearest"].returns_value
    cases = json.loads((copy.release(NAME) / "public_cases.json").read_bytes())
    assert (True, None) == tuple(cases[name].get("returns_value") for name in ("nearest", "k_means"))
    submit(copy, "ada")
    submit(copy, "dora", nearest=NEAREST.replace("argmin", "argmax"))
    call(copy.root, "grade", NAME)
    scores = {student: report.score for student, report in copy.reports(NAME).load_all().items()}
    assert 20 == scores["ada"] > scores["dora"]


@pytest.mark.parametrize(("old", "new", "says"), [
    ('{"labels": ("n",)}, {"labels": 8,', '{"labels": ("n",), "far": ("n",)}, {"labels": 8,', "task 'nearest' cannot"),
    ('"centers": ("k", "d"), ', "", "task 'k_means' cannot"),
    ('public(functions) | {"weights": None}', 'public(functions) | {"weights": None / 1}', "TypeError"),
])  # fmt: skip
def test_a_task_that_does_not_fit_its_solution_is_one_line(copy, old, new, says):
    """Outputs or cases that the solution does not have: the release names the task and the remedy."""
    path = copy.source(NAME) / "tasks.py"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(" returns_value=True,", "", 1).replace(old, new))
    said = call(copy.root, "release", NAME, code=2)
    assert 1 == said.count("\n") and says in said and "Traceback" not in said
    assert "Compare the task's cases and outputs there with what the solution takes and returns." in said
