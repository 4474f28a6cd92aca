"""Coursera's feedback.json and htmlFeedback.html."""

from autograder.exports import coursera
from tests.helpers.exporting import NAME, read_by_student


def test_coursera_gets_a_fraction_and_a_page(klass):
    """Each student with a score has a fraction in [0, 1] and a page; the others have neither."""
    export = coursera.export(klass, NAME)
    feedback = read_by_student(export, "feedback.json")
    assert {"ada": 1.0, "bea": 0.605, "eve": 0.97} == {
        student: content["fractionalScore"] for student, content in feedback.items()}
    assert all(content.keys() == {"fractionalScore", "feedback", "feedbackType"} for content in feedback.values())
    assert {"HTML"} == {content["feedbackType"] for content in feedback.values()}
    page = export.files["bea/htmlFeedback.html"].decode()
    assert "&lt;script&gt;" in page and "<script" not in page and "Which term is missing?" in page
