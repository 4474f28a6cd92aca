"""The index of a course: a row for each assignment and each student, linked to what is there."""

import re

import pytest

from autograder.model import Report, StudentGrade, Verdict
from autograder.pages.class_summary import summarise
from autograder.pages.course_page import AssignmentRow, list_students, make_course_page
from autograder.pages.people import Beside

EVIL = "<script>alert(1)</script>{{ 7*7 }}"


def summary_of(scores, pages=None):
    """Return the summary of a class with these scores of ten; None is a student who handed in nothing."""
    reports = {student: Report("a", student, "graded", (Verdict("f", score, 10, ()),))
               for student, score in scores.items() if score is not None}  # fmt: skip
    grades = {student: StudentGrade(student, "Ann", student.title(), None, None, None, None, 0.0, 10.0, False)
              for student, score in scores.items() if score is None}  # fmt: skip
    return summarise(reports, grades, "a", beside=Beside(pages=pages or {}))


def course():
    """Return two assignments with students in common, and one without submissions."""
    return [AssignmentRow("one", "one.html", summary_of({"ada": 10, "bob": 4, "cid": None}, {"ada": "../ada.html"})),
            AssignmentRow("two", "two.html", summary_of({"ada": 6, "dan": 8})),
            AssignmentRow("three", None, None, "no submissions")]  # fmt: skip


def test_each_student_has_a_result_for_each_assignment():
    """Scores add up over the assignments that have one; who is missing or under half is counted and marked."""
    rows = {row.student: row for row in list_students(course())}
    assert ["ada", "bob", "cid", "dan"] == list(rows)
    assert (16, 20, 0) == (rows["ada"].score, rows["ada"].max_score, rows["ada"].open)
    assert ["graded", ""] == [result.status for result in rows["bob"].results]
    assert rows["bob"].results[0].needs_help and not rows["ada"].results[0].needs_help
    assert (0, 1) == (rows["cid"].max_score, rows["cid"].open)


def test_the_page_leads_to_the_reports():
    """One link a class report and a feedback page; an assignment without submissions says so; no script."""
    made = make_course_page("numpy", course(), made="today")
    assert ["one.html", "two.html", "../ada.html"] == re.findall(r'href="([^"]+)"', made)
    assert "no submissions" in made and "80 %" in made and "not handed in" in made
    assert "<script" not in made and not re.search(r"https?:|\bsrc=|<link|style=", made)


@pytest.mark.parametrize("score, words", [(9.65, "96.5 %"), (9.9999, "99.9 %"), (10, "100 %"), (0, "0 %"), (8, "80 %")])
def test_a_share_is_shown_to_a_tenth(score, words):
    """96.5 of 100 points is 96.5 %, and nobody has 100 % who lacks a point."""
    assert f">{words}</td>" in make_course_page("numpy", [AssignmentRow("one", None, summary_of({"ada": score}))])


def test_hidden_names_are_nowhere():
    """Numbers by lot in their order, no name, no id, and no link to a student's page."""
    made = make_course_page("numpy", course(), hide_names=True)
    assert not re.search(r"ada|bob|cid|dan|Ann", made)
    assert ["student 1", "student 2", "student 3", "student 4"] == re.findall(r'<th scope="row">.*?(student \d)', made)


def test_every_text_is_escaped():
    """Markup in a course's title, an assignment's name, an id or a name is text."""
    made = make_course_page(EVIL, [AssignmentRow(EVIL, "x.html", summary_of({EVIL: 3, "b": None})),
                                   AssignmentRow("b", None, None, EVIL)])  # fmt: skip
    assert "<script" not in made and "49" not in made and "&lt;script&gt;" in made


def test_an_empty_course_has_a_page():
    """No assignment and no student: a sentence."""
    assert "Nobody has handed in yet." in make_course_page("numpy", [])
