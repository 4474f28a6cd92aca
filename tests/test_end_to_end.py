"""From the source notebook to the gradebook, with nbgrader's own commands and with ours, on real submissions."""

import json
import shutil

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook

from autograder import demo
from autograder.course.course import Course
from autograder.course.reference import mutate
from autograder.nbgrader_bridge import release
from autograder.notebooks import finding, reading
from tests.helpers.courses import NAME, ROOT, run, write

TASKS = ("rnn_cell_forward", "rnn_forward", "lstm_cell_forward", "lstm_forward",
         "rnn_cell_backward", "rnn_backward", "lstm_cell_backward", "lstm_backward")  # fmt: skip


def scores(course):
    """Each student's points by task, from nbgrader's gradebook."""
    found = {}
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for submission in gradebook.assignment_submissions(NAME):
            grades = submission.notebooks[0].grades
            found[submission.student.id] = {g.name.removesuffix("_tests"): g.auto_score for g in grades}
    return found


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A scratch course with a release and a class of honest and of mangled submissions."""
    course = demo.make_course(Course(ROOT), tmp_path_factory.mktemp("end-to-end") / "course").root
    release.release_assignment(Course(course), NAME)
    assignment = Course(course).assignment(NAME)
    released = course / "release" / NAME / f"{NAME}.ipynb"
    sources = assignment.reference.sources

    def filled(**changes):
        nb = reading.read_notebook(released)
        demo.fill(nb, {**sources, **changes})
        return nb

    no_ba = next(m for m in assignment.tasks["rnn_cell_forward"].mistakes if m.id == "no_ba")
    write(course, "honest", filled())
    write(course, "mistaken", filled(rnn_cell_forward=mutate(sources["rnn_cell_forward"], no_ba)))
    write(course, "untouched", reading.read_notebook(released))
    write(course, "zoe", filled())  # the last in order: graded whatever came before

    nb = filled()
    nb.cells.append(nbformat.from_dict(finding.find_cell(nb, "rnn_cell_forward_tests")))  # a copied test cell
    nb.cells.append(nbformat.from_dict(finding.find_cell(nb, "lstm_forward")))  # a copied solution
    write(course, "copied", nb)
    nb = filled()
    nb.cells = [cell for cell in nb.cells if not cell.metadata.get("nbgrader", {}).get("grade")]
    write(course, "deleted", nb)

    nb = reading.read_notebook(released)
    for cell in finding.test_cells(nb).values():
        cell.source, cell.metadata["tags"] = "100.0", ["skip-execution"]
        cell.metadata.nbgrader.points, cell.metadata.nbgrader.schema_version = 1000, 99
    nb.cells.insert(0, new_code_cell(
        "import numpy as np, IPython\nnp.allclose = lambda *a, **k: True\n"
        "IPython.get_ipython().input_transformers_cleanup.append(lambda lines: ['100.0'])"))
    write(course, "mallory", nb)

    nb = filled()
    for cell in nb.cells:
        cell.metadata.pop("nbgrader", None)  # saved by an editor that drops metadata
        cell.id = nbformat.v4.new_code_cell().id
    write(course, "stripped", nb)
    old = nbformat.convert(filled(), 3)
    (write(course, "old-format", b"") / f"{NAME}.ipynb").write_text(nbformat.v3.writes_json(old))
    write(course, "renamed", filled(), name="my solution (final)")
    write(course, "empty", b"")
    write(course, "not-json", b"this is no notebook")
    write(course, "a-list", b"[1, 2, 3]")
    return course


FULL = {"honest", "zoe", "copied", "deleted", "stripped", "old-format", "renamed"}
NOTHING = {"untouched", "mallory"}
NOT_GRADED = {"empty", "not-json", "a-list"}


@pytest.fixture(scope="module")
def reports(course):
    """What `autograder grade --json` says of the class, by student."""
    file = course / "reports.json"
    out = run(course, "autograder", "grade", NAME, "--json", str(file), "--jobs", "2", code=1)
    whole = json.loads(file.read_text())
    assert {"assignment", "isolation", "seconds", "submissions"} == whole.keys()
    assert NAME == whole["assignment"]
    found = {report["student"]: report for report in whole["submissions"]}
    for student in NOT_GRADED:
        assert student in out
    return found


def test_release_agrees_with_nbgrader_and_is_up_to_date(course):
    """nbgrader generate_assignment --force writes the release that autograder release wrote; the committed one too."""
    before = {path: path.read_bytes() for path in (course / "release").rglob("*") if path.is_file()}
    run(course, "nbgrader", "generate_assignment", NAME, "--force")
    assert before == {path: path.read_bytes() for path in (course / "release").rglob("*") if path.is_file()}
    for path, data in before.items():
        assert data == (ROOT / path.relative_to(course)).read_bytes(), path


def test_release_leaks_nothing(course):
    """No value of a solution, no hidden test and no name of the autograder is in the student's notebook."""
    text = (course / "release" / NAME / f"{NAME}.ipynb").read_text()
    assert "HIDDEN TESTS" not in text and "award" not in text and "autograder" not in text
    nb = reading.read_notebook(course / "release" / NAME / f"{NAME}.ipynb")
    for cell in finding.solution_cells(nb).values():
        region = cell.source[cell.source.index("### START") : cell.source.index("### END")]
        assert "np." not in region and "softmax(" not in region and "None" in region


def test_honest_work_gets_full_marks_however_it_was_mangled(reports):
    """100 of 100 for right answers, copied, deleted, stripped, renamed or old notebooks included."""
    assert dict.fromkeys(sorted(FULL), 100.0) == {s: reports[s]["score"] for s in sorted(FULL)}
    assert all(reports[student]["status"] == "graded" for student in FULL)


def test_nobody_gains(reports):
    """An untouched release and one that only attacks get 0."""
    assert dict.fromkeys(NOTHING, 0.0) == {student: reports[student]["score"] for student in NOTHING}


def test_what_cannot_be_read_is_not_graded_and_says_why(reports):
    """A file that is no notebook is reported as not graded with a reason, never as zero points of a hundred."""
    for student in NOT_GRADED:
        assert "not graded" == reports[student]["status"]
        assert reports[student]["reason"]
        assert {} == reports[student]["tasks"]


def test_repairs_are_reported(reports):
    """What had to be mended is named for whom; an honest notebook needs nothing."""
    assert [] == reports["honest"]["repairs"] == reports["untouched"]["repairs"]
    for student in ("copied", "deleted", "mallory", "renamed"):
        assert reports[student]["repairs"], student


def test_one_mistake_costs_once(reports):
    """A missing bias costs its cell's 15 points, is named, and is blamed for the loop that builds on it."""
    report = reports["mistaken"]
    assert 85 == report["score"]
    assert "no_ba" == report["tasks"]["rnn_cell_forward"]["diagnosis"]["mistake"]
    assert "rnn_cell_forward" == report["tasks"]["rnn_forward"]["blamed_on"]


def test_the_gradebook_holds_the_reports_points(course, reports):
    """Cell by cell, nbgrader's gradebook says what the reports say."""
    kept = scores(course)
    for student, report in reports.items():
        if report["status"] == "graded":
            assert {name: task["score"] for name, task in report["tasks"].items()} == kept[student]


@pytest.mark.slow
def test_nbgrader_autograde_gives_the_same_points(course, reports, tmp_path):
    """`nbgrader autograde` on the same class: equal scores, cell by cell; the batch goes on past the unreadable."""
    other = tmp_path / "course"
    shutil.copytree(course, other, ignore=shutil.ignore_patterns("autograded", "reports", "gradebook.db", "feedback"))
    run(other, "nbgrader", "generate_assignment", NAME, "--force")
    run(other, "nbgrader", "autograde", NAME, code=1)  # 1: some files are no notebooks
    assert 85 == Course(other).reports(NAME).load_all()["mistaken"].score  # that way leaves its reports, too
    ours, theirs = scores(course), scores(other)
    for student in (FULL | NOTHING | {"mistaken"}) - {"renamed"}:
        assert ours[student] == theirs[student], student


def test_feedback_shows_the_gap_and_no_hidden_test(course, reports):
    """The feedback page has the score, the gap and the diagnosis; neither hidden source nor a traceback of ours."""
    run(course, "nbgrader", "generate_feedback", NAME, "--student", "mistaken")
    page = (course / "feedback" / "mistaken" / NAME / f"{NAME}.html").read_text()
    assert "is what one gets without the bias" in page
    assert "award(" not in page and "HIDDEN TESTS" not in page and "Traceback (most" not in page


def test_the_autograded_notebook_shows_the_points(course, reports):
    """Every judged cell of the autograded notebook ends with its points."""
    nb = nbformat.read(course / "autograded" / "mistaken" / NAME / f"{NAME}.ipynb", as_version=4)
    for name, cell in finding.test_cells(nb).items():
        assert repr(reports["mistaken"]["tasks"][name]["score"]) == cell.outputs[-1].data["text/plain"]


def test_export_lists_the_class(course, reports):
    """nbgrader export writes a row for each graded student."""
    run(course, "nbgrader", "export")
    rows = (course / "grades.csv").read_text().splitlines()
    assert any("honest" in row and "100.0" in row for row in rows)


def test_the_source_notebook_runs_with_full_marks(course, tmp_path):
    """Executed from top to bottom in a fresh kernel, every test cell of the source notebook ends with its points."""
    nb = executed(course / "source" / NAME, course)
    for name, cell in finding.test_cells(nb).items():
        value = cell.outputs[-1]
        assert "execute_result" == value.output_type, value
        assert float(cell.metadata.nbgrader.points) == float(value.data["text/plain"]), name
    assert not any(o.output_type == "error" for cell in nb.cells if cell.cell_type == "code" for o in cell.outputs)


def test_the_release_runs_untouched_and_says_what_is_not_done(course, tmp_path):
    """From top to bottom without an error; each of the eight checks says in one sentence that it is not done yet."""
    folder = tmp_path / "student"
    shutil.copytree(course / "release" / NAME, folder)
    nb = executed(folder, folder)
    assert not any(o.output_type == "error" for cell in nb.cells if cell.cell_type == "code" for o in cell.outputs)
    said = [cell.outputs[0].text for cell in finding.test_cells(nb).values()]
    assert list(TASKS) == [text.split(" is not done yet")[0] for text in said]


def executed(folder, root):
    """A folder's notebook after a run from top to bottom in a fresh kernel."""
    from nbclient import NotebookClient

    nb = reading.read_notebook(folder / f"{NAME}.ipynb")
    NotebookClient(nb, timeout=120, allow_errors=True, resources={"metadata": {"path": str(folder)}}).execute()
    return nb


def test_validate_tells_the_student(course, tmp_path):
    """nbgrader validate fails the untouched tasks and shows the check's own words."""
    folder = tmp_path / "student"
    shutil.copytree(course / "release" / NAME, folder)
    assert "rnn_cell_forward is not done yet" in run(folder, "nbgrader", "validate", f"{NAME}.ipynb")


@pytest.mark.parametrize(
    "arguments, said",
    [
        (("grade", "nothing-here"), "no such assignment"),
        (("grade", NAME, "--student", "nobody"), "no submission matches 'nobody'"),
        (("grade", NAME, "--json", "no/such/folder/x.json"), "cannot be written"),
        (("release", "nothing-here"), "no such assignment"),
        (("frobnicate",), "No such command"),
    ],
)
def test_bad_usage_is_one_clear_line(course, arguments, said):
    """Exit code 2 and a sentence, without a traceback."""
    out = run(course, "autograder", *arguments, code=2)
    assert said in out
    assert "Traceback" not in out


def test_outside_a_course_the_way_back_is_named(tmp_path):
    """In a folder without nbgrader_config.py: exit code 2 and where to go."""
    assert "not inside a course" in run(tmp_path, "autograder", "grade", NAME, code=2)
