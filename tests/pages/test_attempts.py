"""What became of the hints at the next attempt."""

from dataclasses import replace

import pytest

from autograder.model import Check, Diagnosis, Line, Report, Verdict
from autograder.pages.attempts import follow_hints, summarise_attempts
from autograder.pages.class_page import make_class_page
from autograder.pages.class_summary import summarise

RIGHT = Check("a", True, 10.0, 10.0, "agrees")
WRONG = Check("a", False, 0.0, 10.0, "differs", "value")


def verdict(task="f", passed=False, mistake=None, lines=(), **more):
    """Return a verdict of ten points with a diagnosis or wrong lines, by name."""
    check = RIGHT if passed else WRONG
    told = Diagnosis(mistake, f"It lacks <{mistake}>.", "Which term?") if mistake else None
    wrong = tuple(Line(3, name, "value", None, f"`{name}` is wrong.") for name in lines)
    return Verdict(task, check.points, 10.0, (check,), told, lines=wrong, question="Which axis?", **more)


def report(*verdicts, student="ada"):
    """Return a graded report."""
    return Report("lab", student, "graded", verdicts)


@pytest.mark.parametrize("before, after, expected", [
    (verdict(mistake="no_b"), verdict(passed=True), ("mistake", True, True, 10.0)),
    (verdict(mistake="no_b"), verdict(mistake="no_b"), ("mistake", False, False, 0.0)),
    (verdict(mistake="no_b"), verdict(mistake="sign"), ("mistake", True, False, 0.0)),
    (verdict(lines=["x"]), verdict(lines=["x", "y"]), ("line", False, False, 0.0)),
    (verdict(lines=["x"]), verdict(lines=["y"]), ("line", True, False, 0.0)),
    (verdict(lines=["x"]), verdict(passed=True), ("line", True, True, 10.0)),
    (verdict(), verdict(lines=["x"]), ("question", False, False, 0.0)),
    (verdict(), verdict(passed=True), ("question", True, True, 10.0)),
])  # fmt: skip
def test_a_hint_is_followed_to_the_next_attempt(before, after, expected):
    """A mistake is gone if it is not named again, a line if it is not wrong again, a question if the task is right."""
    (told,) = follow_hints([(report(before), report(after))])
    assert expected == (told.kind, told.gone, told.solved, told.points)


@pytest.mark.parametrize("before", [
    verdict(passed=True), verdict(untouched=True), verdict(blamed_on="g", mistake="x"), verdict(task="gone")])
def test_nobody_was_told_anything(before):
    """What was right, not begun, wrong because of another task, or dropped from the assignment, is no hint."""
    assert [] == follow_hints([(report(before), report(verdict()))])


def test_hints_are_summed_up_by_mistake():
    """Of three who were told of one mistake, two lost it and one solved the task."""
    earlier = verdict(mistake="no_b")
    pairs = [(report(earlier, student=student), report(later, student=student)) for student, later in (
        ("ada", verdict(passed=True)), ("bea", verdict(mistake="no_b")), ("carl", verdict(mistake="sign")))]
    found = summarise_attempts([*pairs, (report(verdict("g")), report(verdict("g", passed=True)))])
    assert (3, 4, 0.0, 5.0) == tuple(found[key] for key in ("students", "pairs", "before", "after"))
    assert {"mistake": {"given": 3, "gone": 2, "solved": 1, "points": 3.333},
            "question": {"given": 1, "gone": 1, "solved": 1, "points": 10.0}} == found["kinds"]
    assert [{"task": "f", "mistake": "no_b", "says": "It lacks <no_b>.", "given": 3, "gone": 2, "solved": 1,
             "points": 3.333}] == found["mistakes"]
    assert summarise_attempts([]) is None


def test_the_class_report_has_a_section_if_somebody_tried_again():
    """The page shows the hints with their texts escaped; without second attempts the section is left out."""
    before, after = report(verdict(mistake="no_b")), report(verdict(passed=True))
    summary = summarise({"ada": after}, {}, "lab")
    page = make_class_page({**summary, "attempts": summarise_attempts([(before, after)])})
    assert "Whether the hints help" in page and "It lacks &lt;no_b&gt;." in page and "1 (100 %)" in page
    for nothing in (summary, {**summary, "attempts": None}):
        assert "Whether the hints help" not in make_class_page(nothing)


def test_a_student_without_a_report_is_left_out():
    """A report of another version, which has no verdicts, tells nothing."""
    assert [] == follow_hints([(replace(report(), status="not graded"), report(verdict()))])
