"""Feedback on one line of HTML, and notes for the person who exports."""

from dataclasses import replace

from autograder.exports.words import MAX_NAMES, feedback_lines, list_students, summary_html
from autograder.model import Check, Repair, Verdict
from autograder.pages.verdicts import to_summary
from tests.helpers.exporting import NAME


def test_a_summary_is_one_line_without_markup_of_a_student(klass):
    """The summary has the score, the gap and the question; text from a student's code is escaped."""
    html = summary_html(NAME, klass["bea"])
    assert html.startswith(f"<p><strong>{NAME}: 60.5 of 100 points (10 taken off for being late)</strong></p><ul>")
    assert "&lt;script&gt;" in html and "<script" not in html
    assert "Which term is missing?" in html and "\n" not in html


def test_what_was_not_begun_takes_a_line(assignment):
    """A task as it was released has its points and one sentence, in HTML and in lines, and no row for each output."""
    for task in assignment.tasks:
        checks = (Check("returns", True, 0, 0, "It comes back."), *(
            Check(name, False, 0, 1, f"`{name}` is None.", "missing") for name in assignment.tasks[task].outputs))
        verdict = Verdict(task, 0, 10, checks, notes=("It is not done yet.",), question="Which line?", untouched=True)
        assert ["It is not done yet."] == feedback_lines(verdict)
        assert 1 == to_summary(verdict).count("<br>")


def test_what_waits_for_another_check_is_not_told():
    """Where the call fails, the lines say that alone."""
    waits = Check("a", False, 0, 1, "Can be judged.", "waiting")
    checks = (Check("returns", False, 0, 0, "It raises.", "raised"), waits)
    lines = feedback_lines(Verdict("f", 0, 10, checks, question="Why?"))
    assert ["comes back: It raises.", "Why?"] == lines
    assert "Can be judged" not in to_summary(Verdict("f", 0, 10, checks))


def test_a_summary_without_a_report_is_its_headline(klass):
    """A student who handed in nothing has a summary of one sentence."""
    assert f"<p><strong>{NAME}: no submission</strong></p>" == summary_html(NAME, klass["carl"])


def test_a_note_counts_all_students_and_names_the_first():
    """A note names at most twenty students; there is no note without students."""
    assert [] == list_students("late", [])
    assert ["late (2): a, b"] == list_students("late", ["a", "b"])
    (line,) = list_students("late", [f"s{number}" for number in range(MAX_NAMES + 3)])
    assert line.startswith("late (23): s0, s1") and line.endswith("s19, and 3 more")


def test_a_summary_names_the_first_repairs(klass):
    """Of 48 repairs five are told, and how many more there are."""
    repairs = tuple(Repair("cell missing", None, f"cell {number} was missing") for number in range(48))
    html = summary_html(NAME, replace(klass["bea"], report=replace(klass["bea"].report, repairs=repairs)))
    assert 5 == html.count("was missing") and "43 more repairs were made" in html
