"""The student of each notebook, and the notebook that counts."""

import pytest

from autograder.collect import collect_submissions
from autograder.course.course import Course
from autograder.roster import Roster, RosterEntry
from tests.helpers.collecting import (
    ADA,
    BEA,
    NAME,
    ROSTER,
    path_of,
    paths_of,
    read_submitted,
    students_of,
    write_zip,
)


def test_a_closed_roster_accepts_no_other_id(source, course):
    """An id that is not in a closed roster is unmatched; with an open roster it is accepted and noted."""
    files = source({"ada_x.ipynb": ADA, "tom_x.ipynb": ADA})
    closed = Roster(ROSTER.entries.values(), closed=True)
    result = collect_submissions(Course(course), NAME, files, closed, "{student}_{anything}.ipynb", dry_run=True)
    assert ["ada"] == students_of(result.matched) and ["tom_x.ipynb"] == paths_of(result.unmatched)
    result = collect_submissions(Course(course), NAME, files, ROSTER, "{student}_{anything}.ipynb")
    assert [("ada", ""), ("tom", "not in the gradebook yet")] == [(file.student, file.note) for file in result.matched]


def test_several_notebooks_of_one_student_are_not_guessed(source, course):
    """The notebook with the assignment's name counts; if none has it, all are refused."""
    result = collect_submissions(Course(course), NAME, source({
        "Ada Lovelace_1_assignsubmission_file_/a.ipynb": BEA,
        "Ada Lovelace_1_assignsubmission_file_/RNN step by step.ipynb": ADA,
        "Al Bo_2_assignsubmission_file_/a.ipynb": ADA, "Al Bo_2_assignsubmission_file_/b.ipynb": BEA,
    }), ROSTER)  # fmt: skip
    assert {path_of("ada"): ADA} == read_submitted(course)
    assert 2 == len(result.refused) and "a_b has several notebooks: a.ipynb, b.ipynb" == result.refused[0][1]


def test_notebooks_that_do_not_count_are_noted(source, course):
    """A second notebook beside the one with the assignment's name is noted as left aside."""
    files = {f"lovelaceada_101_5001_{NAME}.ipynb": ADA, "lovelaceada_101_5002_extra.ipynb": BEA}
    result = collect_submissions(Course(course), NAME, source(files), ROSTER)
    assert {path_of("ada"): ADA} == read_submitted(course)
    assert [f"left aside: lovelaceada_101_5002_extra.ipynb: the submission of ada is {NAME}.ipynb"] == result.notes


@pytest.mark.parametrize("number, taken", [("101", {path_of("anna"): ADA}), (None, {})])
def test_two_users_of_canvas_are_not_one_student(source, course, number, taken):
    """A user with another number does not match by name; without a known number, none of two users does."""
    files = source({f"smithanna_101_5001_{NAME}.ipynb": ADA, f"smithanna_102_5002_{NAME}.ipynb": BEA})
    result = collect_submissions(
        Course(course), NAME, files, Roster([RosterEntry("anna", "Anna", "Smith", None, number)]))
    assert taken == read_submitted(course)
    assert 2 - len(taken) == len(result.unmatched)
    assert f"smithanna_102_5002_{NAME}.ipynb" == result.unmatched[-1][0]
    said = "looks like anna, whose lms_user_id is 101, not 102" if number else "the users 101 and 102 may both be anna"
    assert said in result.unmatched[-1][1]


@pytest.mark.parametrize("other", ["final.ipynb", f"{NAME}.ipynb", "report.pdf"])
def test_two_users_of_moodle_are_not_one_student(source, course, other):
    """Two user numbers with one known name are both unmatched, whatever they handed in."""
    files = {f"Anna Smith_7001_assignsubmission_file_/{NAME}.ipynb": ADA,
             f"Smith Anna_7002_assignsubmission_file_/{other}": BEA}
    result = collect_submissions(Course(course), NAME, source(files), Roster([RosterEntry("anna", "Anna", "Smith")]))
    assert {} == read_submitted(course)
    assert {*files} == set(paths_of(result.unmatched))
    assert all("the users 7001 and 7002 may both be anna" in reason for _, reason in result.unmatched)


@pytest.mark.parametrize("student", [
    "..", ".", ".hidden", "-rf", "a:b", "a\\b", "x" * 101, "\N{GRINNING FACE}" * 60, "a\nb", " a"])
def test_an_id_that_cannot_name_a_folder_is_refused(course, tmp_path, student):
    """An id from a pattern becomes a folder only if it is a plain name on any system."""
    files = write_zip(tmp_path / "x.zip", {f"f={student}=.ipynb": ADA})
    result = collect_submissions(Course(course), NAME, files, Roster(), r"f=(?P<student>(?s:.*))=\.ipynb", regex=True)
    assert [] == result.matched
    assert 1 == len(result.refused)
    assert not (course / "submitted").exists()
