"""An assignment is changed after hand-in: grades, manual points, comments, due dates and extensions stay."""

import json
import shutil

import pytest

from autograder.course.course import Course
from autograder.nbgrader_bridge.release import release_assignment
from autograder.notebooks import finding, reading
from tests.helpers import changing, courses
from tests.helpers.changing import (
    FARTHEST,
    OTHER_CELLS,
    SAME_CELLS,
    a_cell_less,
    a_task_less,
    a_task_more,
    add_task,
    comments,
    fingerprint,
    grades,
    points_of_a_test,
    repairs,
    table,
)
from tests.helpers.courses import ROOT, call, run
from tests.helpers.k_means import NAME, submit, write_assignment

STUDENTS = ("ada", "dora", "leo")
MANUAL = {("ada", "essay"): 4.5, ("dora", "nearest_tests"): 6.0}
NO_TAMPERING = "Looks like tampering</span><b>none</b>"
COMMENTS = {("ada", "essay"): "Well said.", ("leo", "nearest"): "Ask me."}


def by_hand(root, kind, what, student, name):
    """Enter something for a student's cell, as Formgrader does."""
    courses.change(root, f"""UPDATE {kind} SET {what} WHERE notebook_id IN (
        SELECT n.id FROM submitted_notebook n JOIN submitted_assignment s ON s.id = n.assignment_id
        WHERE s.student_id = :student) AND cell_id IN (SELECT id FROM base_cell WHERE name = :name)""",
                   student=student, name=name)


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """A class of three that is graded, by hand too, with a due date and an extension."""
    root = tmp_path_factory.mktemp("changing") / "course"
    root.mkdir()
    shutil.copyfile(ROOT / "nbgrader_config.py", root / "nbgrader_config.py")
    write_assignment(root)
    changing.change(root, lambda nb: nb.cells.append(changing.essay()))
    course = Course(root)
    release_assignment(course, NAME)
    submit(course, "ada")
    submit(course, "dora", nearest=FARTHEST)
    untouched = course.submitted("leo", NAME)
    untouched.mkdir(parents=True)
    shutil.copyfile(course.release(NAME) / f"{NAME}.ipynb", untouched / f"{NAME}.ipynb")
    call(root, "grade", NAME)
    for (student, name), points in MANUAL.items():
        by_hand(root, "grade", f"manual_score = {points}, needs_manual_grade = 0", student, name)
    for (student, name), words in COMMENTS.items():
        by_hand(root, "comment", f"manual_comment = '{words}'", student, name)
    courses.change(root, "UPDATE assignment SET duedate = '2026-01-10 12:00:00.000000'")
    courses.change(root, "UPDATE submitted_assignment SET extension = '1970-01-03 00:00:00.000000' "
                         "WHERE student_id = 'leo'")
    return root


@pytest.fixture
def root(before, tmp_path):
    """Return a copy of that course."""
    return shutil.copytree(before, tmp_path / "course")


def kept(root):
    """Return what a change of the assignment must keep."""
    return ({key: row[1] for key, row in grades(root).items() if row[1] is not None}, comments(root),
            [row["duedate"] for row in table(root, "assignment")],
            {row["student_id"]: row["extension"] for row in table(root, "submitted_assignment")})


def change_and_release(root, deed):
    """Change the assignment, release it, and return the notes."""
    changing.change(root, deed)
    if deed is a_task_more:
        add_task(root)
    return release_assignment(Course(root), NAME, change_cells=deed in OTHER_CELLS).notes


def cells_now(root):
    """Return the grade_ids of graded cells, and of those in which students write."""
    found = [finding.nbgrader_metadata(cell) for cell in Course(root).assignment(NAME).notebook.cells]
    return [{given["grade_id"] for given in found if given.get(flag)} for flag in ("grade", "solution")]


@pytest.mark.parametrize("deed", [*SAME_CELLS, *OTHER_CELLS])
def test_nothing_that_a_person_entered_is_lost(root, deed):
    """Released and graded again: manual points and comments of cells that stay, due date and extensions are kept."""
    (manual, words, *rest), scores = kept(root), grades(root)
    assert (MANUAL, COMMENTS) == (manual, words)
    change_and_release(root, deed)
    graded, written = cells_now(root)
    expected = ({key: points for key, points in manual.items() if key[1] in graded},
                {key: text for key, text in words.items() if key[1] in written}, *rest)
    assert expected == kept(root)
    call(root, "grade", NAME)
    assert expected == kept(root)
    now = grades(root)
    assert {(student, name) for student in STUDENTS for name in graded} == now.keys()
    same = {key for key in now.keys() & scores.keys() if deed is not points_of_a_test or key[1] != "nearest_tests"}
    assert {key: scores[key] for key in same} == {key: now[key] for key in same}
    assert set() == {kind for kinds in repairs(root).values() for kind in kinds} - {"cell added later"}


@pytest.mark.parametrize("deed", OTHER_CELLS)
def test_other_cells_need_a_word(root, deed):
    """Cells added or dropped since hand-in: one sentence with cell and remedy, and nothing changes."""
    changing.change(root, deed)
    if deed is a_task_more:
        add_task(root)
    before = fingerprint(root)
    said = call(root, "release", NAME, code=2)
    assert 1 == said.count("\n") and "since 3 students handed in. To change their grades too, run" in said
    assert "release k-means --change-cells" in said
    assert before == fingerprint(root)
    assert "since the assignment was released" in call(root, "grade", NAME, code=2)


@pytest.mark.parametrize(("deed", "dropped"), [(a_cell_less, "essay"), (a_task_less, "k_means")])
def test_what_is_dropped_is_kept_in_a_file(root, deed, dropped):
    """Manual scores and comments of a dropped cell are in history/, and the release says so."""
    notes = change_and_release(root, deed)
    assert any("dropped from 3 submissions" in note and dropped in note for note in notes)
    path = root / "history" / f"{NAME}-dropped.json"
    if deed is a_task_less:
        assert not path.exists()
        return
    found = json.loads(path.read_bytes())
    assert [("ada", "essay", 4.5, None), ("ada", "essay", None, "Well said.")] == [
        (row["student"], row["cell"], row.get("manual_score"), row.get("manual_comment")) for row in found]
    assert "2 manual scores and comments of dropped cells are kept in history/k-means-dropped.json" in notes


def test_a_manual_score_above_the_maximum_is_named(root):
    """Points below what a person gave: the release says of how many."""
    changing.change(root, lambda nb: changing.cell(nb, "essay").metadata.nbgrader.update(points=3))
    notes = release_assignment(Course(root), NAME).notes
    assert ["1 manual score of cell 'essay' above its new maximum, 3: see them in Formgrader"] == list(notes)


@pytest.mark.parametrize(("deed", "says"), [
    (points_of_a_test, ["ada: 24.5 -> 14.5  (nearest_tests 10 -> 0)", "1 of 3 would change; nothing was written"]),
    (changing.typo_in_a_scaffold, ["0 of 3 would change; nothing was written"]),
    (a_cell_less, ["ada: 24.5 -> 20  (essay 0 -> none)"]),
    (a_task_less, ["ada: 24.5 -> 14.5  (k_means_tests 10 -> none)", "dora: 16 -> 6  (k_means_tests 10 -> none)"]),
    (a_task_more, ["ada: 24.5 -> 24.5  (double_tests none -> 0)", "3 of 3 would change"]),
])  # fmt: skip
def test_a_dry_run_lists_whose_points_would_change(root, deed, says):
    """Before and after the release, the list is the same, and no byte of the course changes."""
    changing.change(root, deed)
    if deed is a_task_more:
        add_task(root)
    before = fingerprint(root)
    said = call(root, "grade", NAME, "--dry-run")
    assert before == fingerprint(root)
    assert "these are the points after autograder release k-means" in said or deed is changing.typo_in_a_scaffold
    for line in says:
        assert line in said
    release_assignment(Course(root), NAME, change_cells=deed in OTHER_CELLS)
    before = fingerprint(root)
    again = call(root, "grade", NAME, "--dry-run", "--all")
    assert before == fingerprint(root)
    if deed in SAME_CELLS:
        assert said.splitlines()[-len(says):] == again.splitlines()[-len(says):]
    call(root, "grade", NAME)
    assert "0 of 3 would change" in call(root, "grade", NAME, "--dry-run", "--all")


@pytest.mark.parametrize("command", [("autograder", "grade", NAME, "--all"),
                                     ("nbgrader", "autograde", NAME, "--force")])
def test_a_second_look_is_asked_for_only_where_the_automatic_score_changed(root, command):
    """A manual score stays settled when its cell is graded again as before, by either command."""
    run(root, *command)
    assert ({"ada": (4.5, False)}, {"dora": (6.0, False)}) == (manual(root, "essay"), manual(root, "nearest_tests"))
    submit(Course(root), "dora")
    run(root, *command)
    assert ({"ada": (4.5, False)}, {"dora": (6.0, True)}) == (manual(root, "essay"), manual(root, "nearest_tests"))
    run(root, *command)
    assert {"dora": (6.0, True)} == manual(root, "nearest_tests")  # until a person has looked


def manual(root, cell):
    """Return the manual scores of a cell by student, and whether a person is to look at them."""
    return {student: (row[1], row[3]) for (student, name), row in grades(root).items()
            if name == cell and row[1] is not None}


def test_a_students_own_change_is_still_named(root):
    """What no release handed out is a change of the student's, also after the instructor's own changes."""
    changing.change(root, points_of_a_test)
    changing.change(root, changing.typo_in_a_locked_cell)
    release_assignment(Course(root), NAME)
    nb = reading.read_notebook(Course(root).submitted("ada", NAME) / f"{NAME}.ipynb")
    changing.cell(nb, "look").source = "print('mine')"
    changing.cell(nb, "nearest_tests").metadata.nbgrader.points = 1000
    changing.cell(nb, "k_means_tests").metadata.nbgrader.locked = False
    reading.write_notebook(nb, Course(root).submitted("ada", NAME) / f"{NAME}.ipynb")
    call(root, "grade", NAME)
    assert ["locked cell changed", "points changed", "role changed"] == sorted(repairs(root)["ada"])
    assert [] == repairs(root)["dora"] == repairs(root)["leo"]


def test_an_untouched_older_scaffold_is_not_begun(root):
    """A scaffold of an earlier release is no work: the report says so, and another notebook with work counts."""
    changing.change(root, changing.typo_in_a_scaffold)
    release_assignment(Course(root), NAME)
    call(root, "grade", NAME)
    report = Course(root).reports(NAME).load("leo")
    assert [True, True] == [verdict.untouched for verdict in report.verdicts]
    untouched = Course(root).submitted("leo", NAME) / f"{NAME}.ipynb"
    assert 0 == Course(root).assignment(NAME).count_work(untouched.read_bytes())


def test_a_class_released_before_there_was_a_history(root):
    """The gradebook knows the release before: a change of the instructor's is laid to nobody."""
    shutil.rmtree(root / "history")
    changing.change(root, points_of_a_test)
    changing.change(root, changing.source_of_a_test)
    release_assignment(Course(root), NAME)
    call(root, "grade", NAME)
    assert {"ada": [], "dora": [], "leo": []} == repairs(root)


def test_a_task_that_comes_later_is_not_missing(root):
    """The new cell is put in with a neutral word, no student deleted it, and nothing counts as tampering."""
    change_and_release(root, a_task_more)
    call(root, "grade", NAME)
    assert {student: ["cell added later"] * 2 for student in STUDENTS} == repairs(root)
    assert NO_TAMPERING in report_page(root)


def report_page(root):
    """Return the text of the class report."""
    call(root, "report", NAME)
    return (root / "reports" / f"{NAME}.html").read_text(encoding="utf-8")


def test_nobody_is_told_of_a_change_of_points(root):
    """Points of a test set to 0, released and graded: neither the class report nor a page speaks of it."""
    change_and_release(root, points_of_a_test)
    call(root, "grade", NAME)
    call(root, "feedback", NAME)
    assert NO_TAMPERING in report_page(root)
    pages = [report_page(root), *(path.read_text(encoding="utf-8") for path in (root / "feedback").rglob("*.html"))]
    assert 4 == len(pages)
    assert [] == [word for page in pages for word in ("said 10", "set back", "restored") if word in page]
