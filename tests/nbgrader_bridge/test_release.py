"""A release takes the place of the former one when all has succeeded, and never before."""

import shutil
import zipfile

import pytest
from nbformat.v4 import new_raw_cell

from autograder.course.course import Course
from autograder.course.folder import zip_folder
from autograder.errors import AutograderError, CourseError
from autograder.nbgrader_bridge import record, release
from autograder.nbgrader_bridge.release import release_assignment
from tests.helpers import changing
from tests.helpers.changing import cell, fingerprint, table
from tests.helpers.courses import ROOT, call, run
from tests.helpers.k_means import NAME, write_assignment

TABLES = ("notebook", "base_cell", "grade_cells", "solution_cells", "task_cells", "source_cell")


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A course with a release."""
    root = tmp_path_factory.mktemp("release") / "course"
    root.mkdir()
    shutil.copyfile(ROOT / "nbgrader_config.py", root / "nbgrader_config.py")
    write_assignment(root)
    changing.change(root, add_other_cells)
    release_assignment(Course(root), NAME)
    return root


@pytest.fixture
def root(released, tmp_path):
    """Return a copy of that course."""
    return shutil.copytree(released, tmp_path / "course")


def add_other_cells(nb):
    """Add a cell of each kind that the assignment lacks: graded by hand, and a task."""
    task = changing.essay("task", 3)
    task.metadata.nbgrader.update(task=True, grade=False, solution=False)
    nb.cells += [changing.essay(), task]


def metadata(name, **values):
    return lambda nb: cell(nb, name).metadata.nbgrader.update(values)


def source(name, old, new):
    return lambda nb: cell(nb, name).update(source=cell(nb, name).source.replace(old, new))


def add_raw_cell(nb):
    raw = new_raw_cell("x", id="raw", metadata={"nbgrader": {**cell(nb, "look").metadata.nbgrader, "grade_id": "raw"}})
    nb.cells.append(raw)


WRONG = {
    "duplicate": (metadata("k_means", grade_id="nearest"), r"the cells 3 and 5 have the same ID, 'nearest'\. Give one"),
    "duplicate of a locked cell": (metadata("look", grade_id="imports"), r"the cells 1 and 2 have the same ID"),
    "no ID": (metadata("look", grade_id=""), r"cell 2 has no ID\. Give it one"),
    "negative points": (metadata("nearest_tests", points=-3), r"cell 'nearest_tests' has -3 points, where"),
    "truth": (metadata("essay", points=True), r"cell 'essay' has True points, where"),
    "no number": (metadata("essay", points="5"), r"cell 'essay' has '5' points, where"),
    "no points": (metadata("essay", points=None), r"cell 'essay' has no points"),
    "points of a task": (metadata("task", points=-1), r"cell 'task' has -1 points"),
    "raw": (add_raw_cell, r"cell 'raw' is a raw cell, which nbgrader can neither grade nor lock"),
    "test in words": (metadata("essay", solution=False), r"cell 'essay' is a Markdown cell and an autograder test"),
    "answer in words": (metadata("essay", grade=False), r"cell 'essay' is a Markdown cell and an autograded answer"),
    "task in code": (metadata("look", task=True, points=1), r"cell 'look' is a manually graded task, and a code cell"),
    "schema": (metadata("look", schema_version=1), r"cell 'look' cannot be released \(Outdated schema version: 1"),
    "no end of the solution": (source("nearest", "### END CODE HERE ###", ""), r"cell 'nearest'.*END"),
    "no end of hidden tests": (source("nearest_tests", "### END HIDDEN TESTS", ""), r"cell 'nearest_tests' cannot be "
                               r"released \(.*\)\. Mend it"),
    "autotest": (source("nearest_tests", "### BEGIN", "### AUTOTEST nearest\n### BEGIN"), r"nearest_tests|autotest"),
    "no Python": (source("nearest", "labels = lengths", "labels == = lengths"), r"a solution does not run"),
    "the catalogue": (source("nearest", "lengths.argmin(axis=1)", "np.argmin(lengths, 1)"), r"stands 0 times"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")  # of nbgrader, which starts a kernel for autotests
@pytest.mark.parametrize(("deed", "says"), WRONG.values(), ids=WRONG.keys())
def test_a_release_that_fails_leaves_the_former_one(root, deed, says):
    """Whatever is refused: one line with cell and remedy, and release, gradebook and history stay byte for byte."""
    changing.change(root, deed)
    before = fingerprint(root)
    with pytest.raises(AutograderError, match=says) as caught:
        release_assignment(Course(root), NAME)
    assert 1 == len(str(caught.value).splitlines())
    assert before == fingerprint(root)
    assert [] == list(root.glob(".release-*"))


@pytest.mark.parametrize("where", ["record_release", "write_file"])
def test_a_gradebook_or_disk_that_fails_leaves_the_former_release(root, monkeypatch, where):
    """After the folder is in place, the old one comes back, and the gradebook's transaction is undone."""
    changing.change(root, changing.points_of_a_test)
    before = fingerprint(root)

    def fail(*arguments):
        raise OSError(28, "No space left on device", str(root / "gradebook.db"))

    if where == "record_release":
        monkeypatch.setattr(record._Change, "_write_sources", fail)  # in the middle of the transaction
    else:
        monkeypatch.setattr(release, "write_file", fail)
    with pytest.raises(OSError, match="No space left"):
        release_assignment(Course(root), NAME)
    assert before == fingerprint(root)


def test_the_command_says_it_in_one_line(root):
    """No traceback and no class name; the former release stays."""
    changing.change(root, metadata("nearest_tests", points=-3))
    said = call(root, "release", NAME, code=2)
    assert 1 == said.count("\n") and said.startswith("autograder: ") and "'nearest_tests' has -3 points" in said
    assert said == call(root, "grade", NAME, code=2)  # no circle of commands


def test_the_gradebook_is_what_nbgrader_makes_of_it(root):
    """nbgrader generate_assignment writes the same rows and files, beside each other and one after the other."""
    def rows():
        skip = {"id", "notebook_id", "assignment_id"}
        return {name: sorted([{key: value for key, value in row.items() if key not in skip}
                              for row in table(root, name)], key=repr) for name in TABLES}

    before, files = rows(), fingerprint(root / "release")
    (root / "gradebook.db").unlink()
    shutil.rmtree(root / "history")
    run(root, "nbgrader", "generate_assignment", NAME, "--force")
    assert (before, files) == (rows(), fingerprint(root / "release"))
    assert fingerprint(root / "history")  # of nbgrader's command, too
    changing.change(root, changing.a_task_less)
    release_assignment(Course(root), NAME)
    ours = rows()
    run(root, "nbgrader", "generate_assignment", NAME, "--force")
    assert ours == rows()


def test_a_release_of_what_has_not_changed_changes_nothing(root):
    """Ids of the gradebook's rows stay, and the history has one version."""
    before = fingerprint(root)
    release_assignment(Course(root), NAME)
    assert {**before, "gradebook.db": ""} == {**fingerprint(root), "gradebook.db": ""}
    assert 1 == len(Course(root).assignment(NAME).history)


def test_a_history_that_cannot_be_read_says_what_to_do(root):
    """A garbled file: its name and the remedy."""
    (root / "history" / f"{NAME}.json").write_text("{")
    with pytest.raises(CourseError, match=r"history/k-means.json: cannot be read .* or delete it"):
        release_assignment(Course(root), NAME)


def test_a_list_without_save_cells_is_named(root):
    """Nothing would reach the gradebook."""
    with (root / "nbgrader_config.py").open("a") as config:
        config.write("c.GenerateAssignment.preprocessors = c.GenerateAssignment.preprocessors[:3]\n")
    with pytest.raises(CourseError, match="preprocessors lacks SaveCells"):
        release_assignment(Course(root), NAME)


# ---- several notebooks -----------------------------------------------------------------------------------------


def add_notebook(root, name="bonus.ipynb", old="nearest", new="nearest"):
    """Put a second notebook beside the assignment's, with a task renamed."""
    text = (root / "source" / NAME / f"{NAME}.ipynb").read_text().replace(old, new)
    (root / "source" / NAME / name).write_text(text)


@pytest.mark.parametrize("command", ["release", "grade", "audit", "report"])
def test_a_second_notebook_is_refused_in_one_line(root, command):
    """Nobody would grade it: each command names it and the remedy, and the former release stays."""
    add_notebook(root)
    (root / "submitted" / "ada" / NAME).mkdir(parents=True)
    before = fingerprint(root)
    said = call(root, command, NAME, code=2)
    assert 1 == said.count("\n")
    assert "it holds 2 notebooks, k-means.ipynb, bonus.ipynb. An assignment has one: move bonus.ipynb to" in said
    assert before == fingerprint(root)


@pytest.mark.parametrize("command", [("generate_assignment", NAME, "--force"), ("autograde", NAME)])
def test_nbgrader_refuses_a_second_notebook_too(root, command):
    """Its commands end with the same sentence, and not inside of nbgrader."""
    submitted = root / "submitted" / "ada" / NAME
    shutil.copytree(root / "release" / NAME, submitted)
    add_notebook(root)
    shutil.copyfile(submitted / f"{NAME}.ipynb", submitted / "bonus.ipynb")
    said = run(root, "nbgrader", *command, code=1)
    assert "it holds 2 notebooks, k-means.ipynb, bonus.ipynb" in said
    assert "MissingEntry" not in said


def test_notebooks_of_nbgraders_own_are_left_to_it(root):
    """An assignment without tasks for the judge may have several notebooks in nbgrader's commands."""
    for name in (NAME, "bonus"):
        add_notebook(root, f"{name}.ipynb", "award(", "print(")
    run(root, "nbgrader", "generate_assignment", NAME, "--force")
    assert {"k-means.ipynb", "bonus.ipynb"} <= {path.name for path in (root / "release" / NAME).iterdir()}
    assert {NAME, "bonus"} == {row["name"] for row in table(root, "notebook")}
    (root / "source" / NAME / "bonus.ipynb").unlink()
    release_assignment(Course(root), NAME)  # without submissions, the other goes from the gradebook
    assert [NAME] == [row["name"] for row in table(root, "notebook")]
    assert {row["notebook_id"] for row in table(root, "base_cell")} == {row["id"] for row in table(root, "notebook")}


def test_the_zip_is_what_a_student_downloads(root, tmp_path):
    """`release --zip` packs every file of the release into one folder, and the same bytes at every time."""
    said = call(root, "release", NAME, "--zip", str(tmp_path / "one.zip"))
    assert f"wrote {tmp_path / 'one.zip'}" in said
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert {f"{NAME}/{path.relative_to(root / 'release' / NAME).as_posix()}": path.read_bytes()
                for path in (root / "release" / NAME).rglob("*") if path.is_file()} == {
                    name: archive.read(name) for name in archive.namelist()}
    assert (tmp_path / "one.zip").read_bytes() == zip_folder(root / "release" / NAME)
    assert "--check writes nothing" in call(root, "release", NAME, "--check", "--zip", "two.zip", code=2)
