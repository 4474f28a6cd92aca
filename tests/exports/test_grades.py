"""The grade of each student: the gradebook's score, or no score and a reason."""

from autograder.exports import coursera, gradescope, tables
from autograder.exports.grades import combine_grades
from autograder.model import CellGrade
from tests.helpers.exporting import NAME, make_failure, make_grade, make_report


def test_the_score_is_the_gradebooks(klass):
    """Scores have manual points and penalties; a student without a submission or a graded one has None."""
    assert {"ada": 100.0, "bea": 60.5, "carl": None, "dora": None, "eve": 97.0} == {
        student: grade.score for student, grade in klass.items()}
    assert ("no submission", False) == (klass["carl"].reason, klass["carl"].submitted)
    assert ("not graded: the file is empty", True) == (klass["dora"].reason, klass["dora"].submitted)


def test_manual_points_replace_automatic_ones(klass):
    """The verdict of a cell with manual points has these points."""
    assert [72.0, 25.0] == [verdict.score for verdict in klass["eve"].verdicts]


def test_manual_points_count_after_a_failure():
    """A submission that was not graded has a score once a person has scored every cell."""
    first, second = CellGrade(None, 60.0, None, 75.0, False), CellGrade(None, 5.0, None, 25.0, False)
    whole = make_grade("dora", a_tests=first, b_tests=second)
    half = make_grade("dora", a_tests=first, b_tests=CellGrade(None, None, None, 25.0, True))
    reports = {"dora": make_failure("dora")}
    assert 65.0 == combine_grades({"dora": whole}, reports)["dora"].score
    assert combine_grades({"dora": half}, reports)["dora"].score is None


def test_a_submission_without_points_has_no_score():
    """A submission whose cells have no points yet is not graded, even without a report."""
    grade = make_grade("dora", rnn_forward_tests=CellGrade(None, None, None, 25.0, True))
    assert "not graded: no cell has points yet" == combine_grades({"dora": grade}, {})["dora"].reason


def test_a_report_without_a_gradebook_entry_has_no_score():
    """A student whom the gradebook does not know has no score, and every format notes the reason."""
    grades = combine_grades({}, {"ada": make_report("ada", 75.0)})
    assert "not graded: the gradebook does not know this student" == grades["ada"].reason
    for export in (gradescope.export, coursera.export, tables.export_csv, tables.export_json):
        assert "ada: not graded: the gradebook does not know this student" in export(grades, NAME).notes


def test_cells_that_wait_for_a_person_are_noted(klass):
    """The notes of an export name the students with cells to be graded by hand."""
    assert "a person has yet to grade a cell of (1): eve" in coursera.export(klass, NAME).notes


def test_a_score_without_a_report_is_noted():
    """A score without a report, as after an upgrade, is exported, and a note says how to get one."""
    grades = combine_grades({"ada": make_grade("ada", 75.0)}, {})
    assert 100.0 == grades["ada"].score
    assert any("run autograder grade with --all (1): ada" in note for note in coursera.export(grades, NAME).notes)
