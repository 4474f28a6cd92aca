"""Patterns and regular expressions for the names of files."""

import pytest

from autograder.collect import collect_submissions
from autograder.course.course import Course
from autograder.errors import CourseError
from autograder.roster import Roster
from tests.helpers.collecting import ADA, NAME, ROSTER, TIME, path_of, paths_of, read_submitted, students_of


@pytest.mark.parametrize("pattern, path, student", [
    ("{student}_{anything}.ipynb", "a_b_lab_1.ipynb", "a_b"), ("lab1-{name}.ipynb", "x/lab1-Ada Lovelace.ipynb", "ada"),
    ("{anything}/{lms_user_id}/{anything}.ipynb", "x/102/y.ipynb", "bea"),
    ("{email}.ipynb", "ada@uni.example.ipynb", "ada"),
])  # fmt: skip
def test_a_pattern_identifies_the_student(source, course, pattern, path, student):
    """Each field of a pattern identifies a student; a known id may contain the pattern's separator."""
    result = collect_submissions(Course(course), NAME, source({path: ADA}), ROSTER, pattern)
    assert [student] == students_of(result.matched)


def test_a_pattern_reads_times(source, course):
    """The field {timestamp} is read, and the last of a student's files counts."""
    result = collect_submissions(Course(course), NAME, source({
        "ada 2026-03-01 10-00.ipynb": b"?", "ada@2026-03-01T12:00:05.25Z.ipynb": ADA,
        "ada@2026-02-01T12:00:00Z.ipynb": b"old",
    }), Roster(), "{student}@{timestamp}.ipynb")  # fmt: skip
    assert {path_of("ada"): ADA, path_of("ada", "timestamp.txt"): TIME.encode()} == read_submitted(course)
    assert ["ada 2026-03-01 10-00.ipynb"] == paths_of(result.unmatched)


def test_a_regular_expression_of_nbgrader_works(source, course):
    """An expression for nbgrader's zip_collect, with its group student_id, identifies the student."""
    path = "ps1_ada_attempt_2016-01-30-15-00-00_problem1.ipynb"
    expression = r".*_(?P<student_id>\w+)_attempt_(?P<when>[0-9\-]+)_(?P<file_id>\w+)"
    result = collect_submissions(Course(course), NAME, source({path: ADA}), ROSTER, expression, regex=True)
    assert ["ada"] == students_of(result.matched)


@pytest.mark.parametrize("pattern, regex, problem", [
    ("{anything}.ipynb", False, "names the student once"), ("{student}{student}", False, "names the student once"),
    ("{student}_{colour}.ipynb", False, "knows these fields"), ("(", True, "not a regular expression"),
    ("x", True, "no group that names a student"),
])  # fmt: skip
def test_a_bad_pattern_is_one_clear_line(source, course, pattern, regex, problem):
    """A pattern that is not valid is an error of one line."""
    with pytest.raises(CourseError, match=problem) as caught:
        collect_submissions(Course(course), NAME, source({"ada.ipynb": ADA}), ROSTER, pattern, regex)
    assert 1 == len(str(caught.value).splitlines())


@pytest.mark.parametrize("pattern, path, problem", [
    ("{lms_user_id}_{name}.ipynb", "999_Ada Lovelace.ipynb", "whose lms_user_id is 101"),
    ("{name}_{email}.ipynb", "Ada Lovelace_other@uni.example.ipynb", "whose email is ada@uni.example"),
    ("{student}_{name}.ipynb", "ada2_Ada Lovelace.ipynb", "may be any of ada, ada2"),
    ("{student}_{lms_user_id}.ipynb", "ada_102.ipynb", "may be any of ada, bea"),
])  # fmt: skip
def test_fields_of_two_students_match_neither(source, course, pattern, path, problem):
    """An id, number or address of another student overrules a name."""
    result = collect_submissions(Course(course), NAME, source({path: ADA}), ROSTER, pattern)
    assert {} == read_submitted(course)
    assert [True] == [problem in reason for _, reason in result.unmatched]
