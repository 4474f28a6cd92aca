"""One submission graded on Gradescope, where the zip is unpacked as Gradescope unpacks it."""

import json
import os
import subprocess
import sys
import zipfile

import pytest

from autograder import demo
from autograder.course.course import Course
from autograder.errors import SandboxError
from autograder.exports import gradescope_zip, on_gradescope
from autograder.nbgrader_bridge import release
from autograder.notebooks import reading
from tests.helpers import k_means
from tests.helpers.courses import NAME, ROOT


def unpack(course, name, base):
    """Unpack the zip of an assignment into a folder like Gradescope's /autograder, and return it.

    The folder holds source/, run_autograder, the metadata and an empty results/.
    """
    base.mkdir()
    (base / "autograder.zip").write_bytes(gradescope_zip.export(course, name).files[gradescope_zip.FILE])
    with zipfile.ZipFile(base / "autograder.zip") as archive:
        archive.extractall(base / "source")
    subprocess.run(["chmod", "-R", "go-rwx", base / "source" / "source"], check=True)  # as setup.sh does
    (base / "results").mkdir()
    (base / "run_autograder").write_bytes((base / "source" / "run_autograder").read_bytes())
    metadata = {"id": 1, "users": [{"email": "ada@uni.example", "id": 7, "name": "Ada"}], "submission_method": "upload"}
    (base / "submission_metadata.json").write_text(json.dumps(metadata))
    return base


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """Return the unpacked zip of this course."""
    return unpack(Course(ROOT), NAME, tmp_path_factory.mktemp("autograder") / "autograder")


def run(base, files):
    """Return results.json and the text for staff, for a submission of these files."""
    submission = base / "submission"
    submission.mkdir(exist_ok=True)
    for old in submission.iterdir():
        old.unlink()
    for name, content in files.items():
        (submission / name).write_bytes(content)
    (base / "results" / "results.json").unlink(missing_ok=True)
    environment = {"PATH": os.environ["PATH"], "HOME": str(base), "AUTOGRADER_BASE": str(base),
                   "AUTOGRADER_PYTHON": sys.executable}
    done = subprocess.run(["bash", str(base / "run_autograder")], cwd=base, env=environment, capture_output=True,
                          text=True, timeout=300)
    assert 0 == done.returncode, done.stderr
    return json.loads((base / "results" / "results.json").read_bytes()), done.stdout


def submission(base, *mistakes):
    """Return a notebook made from the release, right but for these mistakes."""
    nb = reading.read_notebook(ROOT / "release" / NAME / f"{NAME}.ipynb")
    assignment = Course(ROOT).assignment(NAME)
    demo.mistaken(**dict(mistakes))(nb, dict(assignment.reference.sources), assignment)
    reading.write_notebook(nb, base / "made.ipynb")
    return (base / "made.ipynb").read_bytes()


def test_a_right_submission_under_any_name(base):
    """A right notebook has full marks in all tests, also under a name that a browser gave it."""
    results, staff = run(base, {"rnn (1).ipynb": submission(base), "notes.txt": b"x"})
    assert 100.0 == results["score"]
    assert {"passed"} == {test["status"] for test in results["tests"]} and 8 == len(results["tests"])
    assert "named 'rnn (1).ipynb'" in results["output"]
    assert "100 of 100" in staff


def test_the_students_own_module_is_there(base):
    """A cell may import a module that was handed in with the notebook."""
    nb = json.loads(submission(base))
    cell = next(cell for cell in nb["cells"] if "def rnn_cell_forward" in "".join(cell["source"]))
    cell["source"] = ["from helpers import x\n", *cell["source"]]
    results, _ = run(base, {f"{NAME}.ipynb": json.dumps(nb).encode(), "helpers.py": b"x = 1"})
    assert 100.0 == results["score"]


def test_a_mistake_is_named_and_costs_once(base):
    """A mistake costs the points of one task, and the test's output names it."""
    results, _ = run(base, {f"{NAME}.ipynb": submission(base, ("rnn_cell_forward", "no_ba"))})
    assert 85.0 == results["score"] == sum(test["score"] for test in results["tests"])
    assert "without the bias `ba`" in results["tests"][0]["output"]
    assert "no_ba" == results["extra_data"]["mistakes"]["rnn_cell_forward"]


@pytest.mark.parametrize("files, problem", [
    ({f"{NAME}.ipynb": b"no notebook"}, "the file is not JSON"), ({}, "holds no rnn-step-by-step.ipynb"),
    ({"report.pdf": b"x"}, "what was found is 'report.pdf'"),
])  # fmt: skip
def test_a_submission_without_a_notebook_gets_a_reason_and_no_score(base, files, problem):
    """The output says what to do, without the folders of Gradescope's machine; there is neither score nor test."""
    results, staff = run(base, files)
    assert {"score", "tests"}.isdisjoint(results)
    assert problem in results["output"] and f"Submit the notebook {NAME}.ipynb again" in results["output"]
    assert str(base) not in results["output"]
    assert "not graded" in staff.lower()


@pytest.mark.parametrize("setting, level", [("", None), ('c.Judge.isolation = "strict"', "bubblewrap"),
                                            ('c.Judge.isolation = "process"', "process")])
def test_the_courses_isolation_level_holds(tmp_path, monkeypatch, setting, level):
    """The sandbox gets the level in the zip's nbgrader_config.py; without one, the strongest that there is."""
    levels = []

    def sandbox(level):
        levels.append(level)
        raise SandboxError("no further")

    (tmp_path / "submission").mkdir()
    (tmp_path / "submission" / f"{NAME}.ipynb").write_bytes(
        (ROOT / "release" / NAME / f"{NAME}.ipynb").read_bytes())
    (tmp_path / "nbgrader_config.py").write_text(f"c = get_config()\n{setting}\n")
    (tmp_path / "source").symlink_to(ROOT / "source")
    monkeypatch.setattr(on_gradescope, "Sandbox", sandbox)
    content, staff = on_gradescope.make_results(Course(tmp_path), NAME, tmp_path)
    assert [level] == levels
    assert "score" not in content and "SandboxError" in staff


def test_a_failure_of_the_autograder_gets_no_score(base):
    """If the course cannot be loaded, the student reads that it is not their fault, and staff the traceback."""
    source = base / "source" / "source" / NAME / f"{NAME}.ipynb"
    whole = source.read_bytes()
    source.write_bytes(b"{}")
    try:
        results, staff = run(base, {f"{NAME}.ipynb": submission(base)})
    finally:
        source.write_bytes(whole)
    assert {"score", "tests"}.isdisjoint(results)
    assert "through no fault of yours" in results["output"] and "Traceback" not in results["output"]
    assert "CourseError" in staff


def test_helpers_and_data_are_there(tmp_path):
    """An assignment whose tasks need a helper module and data is graded from the zip alone, with full marks."""
    root = tmp_path / "course"
    root.mkdir()
    (root / "nbgrader_config.py").write_bytes((ROOT / "nbgrader_config.py").read_bytes())
    k_means.write_assignment(root)
    course = Course(root)
    release.release_assignment(course, k_means.NAME)
    k_means.submit(course, "ada")
    base = unpack(course, k_means.NAME, tmp_path / "autograder")
    notebook = (course.submitted("ada", k_means.NAME) / "k-means.ipynb").read_bytes()
    root.rename(tmp_path / "elsewhere")
    results, staff = run(base, {"k-means.ipynb": notebook})
    assert 20.0 == results["score"], staff
    (base / "source" / "source" / k_means.NAME / "data" / "points.csv").unlink()
    results, staff = run(base, {"k-means.ipynb": notebook})
    assert "score" not in results and "points.csv" in staff
