"""Feedback on one line of HTML, and notes for the person who exports."""

from autograder.exports.words import MAX_NAMES, list_students, summary_html
from tests.helpers.exporting import NAME


def test_a_summary_is_one_line_without_markup_of_a_student(klass):
    """The summary has the score, the gap and the question; text from a student's code is escaped."""
    html = summary_html(NAME, klass["bea"])
    assert html.startswith(f"<p><strong>{NAME}: 60.5 of 100 points (10 taken off for being late)</strong></p><ul>")
    assert "&lt;script&gt;" in html and "<script" not in html
    assert "Which term is missing?" in html and "\n" not in html


def test_a_summary_without_a_report_is_its_headline(klass):
    """A student who handed in nothing has a summary of one sentence."""
    assert f"<p><strong>{NAME}: no submission</strong></p>" == summary_html(NAME, klass["carl"])


def test_a_note_counts_all_students_and_names_the_first():
    """A note names at most twenty students; there is no note without students."""
    assert [] == list_students("late", [])
    assert ["late (2): a, b"] == list_students("late", ["a", "b"])
    (line,) = list_students("late", [f"s{number}" for number in range(MAX_NAMES + 3)])
    assert line.startswith("late (23): s0, s1") and line.endswith("s19, and 3 more")
