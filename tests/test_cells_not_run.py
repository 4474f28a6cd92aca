"""Cells that the source tags as not needed for grading, and lesson cells that take long with a student's functions."""

import shutil

import pytest
from nbformat.v4 import new_code_cell

from autograder.course.course import Course
from autograder.errors import CourseError
from autograder.grade import grade_submission
from autograder.judging.running import NOT_RUN, ONLY_DEFINITIONS
from autograder.notebooks import reading
from autograder.pages.student_page import make_page
from autograder.sandbox import Sandbox
from tests.helpers import changing
from tests.helpers.courses import ROOT
from tests.helpers.k_means import NEAREST, write_assignment

TRAINING = "training = 1\nwhile True:\n    pass"
LESSON = "points = load_points()\nfor _ in range(1000):\n    labels = nearest(points, points[:3], euclidean)"
SLOW = NEAREST.replace("labels = lengths", "for _ in range(1_000_000):\n        pass\n    labels = lengths")


def make_assignment(root, *cells):
    """Return the k-means assignment with more cells at its end."""
    shutil.copyfile(ROOT / "nbgrader_config.py", root / "nbgrader_config.py")
    write_assignment(root)
    changing.change(root, lambda nb: nb.cells.extend(cells))
    return Course(root).assignment("k-means")


def tagged(source):
    return new_code_cell(source, id="training", metadata={"tags": ["no-grading"]})


def grade(assignment, deed=lambda nb: None, nearest=NEAREST):
    """Return the report and the graded notebook of a submission made from the source."""
    nb = reading.read_notebook(assignment.path)
    changing.cell(nb, "nearest").source = nearest
    deed(nb)
    with Sandbox() as sandbox:
        graded = grade_submission(reading.serialise_notebook(nb), assignment, sandbox)
    return graded.report, {cell.id: cell for cell in graded.notebook.cells}, graded.notebook


def texts_of(cell):
    """Return the texts of a cell's outputs."""
    return [output.get("text") or output.data["text/plain"] for output in cell.outputs]


def copy_without_tag(nb):
    nb.cells[-1].metadata = {}


def copy_with_another_id(nb):
    nb.cells[-1].id = "another"


@pytest.mark.parametrize("deed", [lambda nb: None, copy_without_tag, copy_with_another_id])
def test_a_cell_that_the_source_tags_is_not_run(tmp_path, deed):
    """An endless training cell: full points, no limit, and the notebook and the page say that it was not run."""
    report, cells, nb = grade(make_assignment(tmp_path, tagged(TRAINING)), deed)
    assert (20, {}) == (report.score, report.limits)
    (training,) = [cell for cell in cells.values() if cell.source == TRAINING]
    assert [NOT_RUN] == texts_of(training)
    assert "· not run</p>" in make_page(nb, report, None, lambda source: None)


def test_the_page_says_once_what_is_not_needed(tmp_path):
    """Three cells that are not run have a short mark each, and one sentence says why; without any, there is none."""
    reason = "are not needed for grading"
    report, _, nb = grade(make_assignment(tmp_path, *LESSON_CELLS), nearest=use("assert largest(lengths) >= 0"))
    page = make_page(nb, report, None, lambda source: None)
    assert (1, 1, 1) == (page.count(reason), page.count("· not run<"), page.count("· run in part<"))
    assert NOT_RUN not in page and ONLY_DEFINITIONS not in page
    nb.cells = nb.cells[:-3]
    assert reason not in make_page(nb, report, None, lambda source: None)


def test_an_edited_copy_runs_what_it_defines(tmp_path):
    """A student's function in a tagged cell is kept; the cell's own work is not run."""

    def edit(nb):
        nb.cells[-1].source = "def pick(lengths):\n    return lengths.argmin(axis=1)\n\nprint('run')\n" + TRAINING

    report, cells, _ = grade(make_assignment(tmp_path, tagged(TRAINING)), edit,
                             NEAREST.replace("lengths.argmin(axis=1)", "pick(lengths)"))
    assert (20, {}) == (report.score, report.limits)
    assert [ONLY_DEFINITIONS] == texts_of(cells["training"])


def test_a_students_tag_is_none(tmp_path):
    """Cells that the student alone has tagged are run: definitions count, and nothing is skipped."""

    def tag(nb):
        for cell in nb.cells:
            cell.metadata["tags"] = ["no-grading"]
        nb.cells.insert(1, tagged("print('run')"))

    report, cells, _ = grade(make_assignment(tmp_path), tag)
    assert 20 == report.score
    assert "run\n" == cells["training"].outputs[0].text


@pytest.mark.parametrize("name", ["nearest", "nearest_tests"])
def test_a_graded_cell_cannot_be_tagged(tmp_path, name):
    """A test that is not run would give all points, and a solution none: the source is refused."""
    make_assignment(tmp_path)
    changing.change(tmp_path, lambda nb: changing.cell(nb, name).metadata.update(tags=["no-grading"]))
    with pytest.raises(CourseError, match=f"cell '{name}' is graded, or students write in it: it cannot have the tag"):
        Course(tmp_path).assignment("k-means")


def test_a_lesson_cell_takes_no_time_of_the_calls(tmp_path):
    """A lesson that is quick with the reference solution and runs out of time with a right, slow one: full points."""
    report, _, _ = grade(make_assignment(tmp_path, new_code_cell(LESSON, id="lesson")), nearest=SLOW)
    assert ["lesson"] == list(report.limits)
    assert 20 == report.score
    assert {"nearest", "k_means"} == {verdict.task for verdict in report.verdicts if verdict.passed}


LESSON_CELLS = (
    new_code_cell("scale = np.float64(2) / 2", id="scale", metadata={"tags": ["no-grading"]}),
    new_code_cell("table = [scale * 3]\n\n\ndef largest(values):\n    return values.max() * scale", id="table",
                  metadata={"tags": ["no-grading"]}),
    new_code_cell("print('not needed')", id="alone", metadata={"tags": ["no-grading"]}),
)


def use(line):
    """Return a right solution in which this line comes before the last."""
    return NEAREST.replace("    labels = lengths", f"    {line}\n    labels = lengths")


@pytest.mark.parametrize("line, whole, in_part", [
    ("assert scale == 1", ["scale"], []),  # computed by a lesson cell
    ("assert largest(lengths) >= 0", ["scale"], ["table"]),  # defined by one, with a name of another
    ("assert table[0] == 3", ["scale", "table"], []),  # a chain of two
    ("scale = 1", [], []),  # a name of its own
])
def test_a_lesson_cell_runs_if_the_student_needs_it(tmp_path, line, whole, in_part):
    """What was right in the student's notebook stays right, and no other cell of the lesson is run."""
    report, cells, _ = grade(make_assignment(tmp_path, *LESSON_CELLS), nearest=use(line))
    assert 20 == report.score
    texts = {cell.id: "".join(texts_of(cells[cell.id])) for cell in LESSON_CELLS}
    assert whole == [id_ for id_, text in texts.items() if "not needed" not in text]
    assert in_part == [id_ for id_, text in texts.items() if ONLY_DEFINITIONS in text]


def test_an_edited_lesson_cell_runs_if_the_student_needs_it(tmp_path):
    """A student computes in a lesson's cell what the solution reads."""

    def edit(nb):
        next(cell for cell in nb.cells if cell.id == "alone").source = "largest_label = np.arange(9).max()"

    report, cells, _ = grade(make_assignment(tmp_path, *LESSON_CELLS), edit, use("assert largest_label == 8"))
    assert (20, []) == (report.score, cells["alone"].outputs)


def test_a_cell_of_the_students_own_keeps_its_lesson(tmp_path):
    """An own cell that uses a lesson's names before it defines a helper does not stop at a missing name."""
    own = "print(table)\n\n\ndef double(x):\n    return 2 * x"

    def insert(nb):
        nb.cells.insert(-1, new_code_cell(own, id="own"))

    lesson = new_code_cell("table = np.zeros(3)", id="table", metadata={"tags": ["no-grading"]})
    assignment = make_assignment(tmp_path, lesson, new_code_cell("", id="last"))
    report, cells, _ = grade(assignment, insert, use("assert double(2) == 4"))
    assert 20 == report.score
    assert "[0. 0. 0.]\n" == cells["own"].outputs[0].text


def test_a_huge_cell_costs_no_lookup(tmp_path):
    """Of a notebook too long to be looked through, all cells run."""

    def insert(nb):
        nb.cells.insert(-1, new_code_cell("text = '''" + "word " * 250_000 + "'''", id="long"))

    lesson = new_code_cell("print('run')", id="lesson", metadata={"tags": ["no-grading"]})
    named = new_code_cell("width = np.zeros(1)\nprint('run')", id="named", metadata={"tags": ["no-grading"]})
    report, cells, _ = grade(make_assignment(tmp_path, lesson, named, new_code_cell("", id="last")), insert)
    assert 20 == report.score
    assert "run\n" == cells["named"].outputs[0].text
    assert [NOT_RUN] == texts_of(cells["lesson"])  # it gives no names
