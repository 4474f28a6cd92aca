"""The findings of a class, counted by kind."""

from autograder.model import (
    Diagnosis,
    Line,
)
from autograder.pages.class_summary import summarise
from tests.helpers.class_reports import with_verdict
from tests.helpers.courses import NAME


def test_each_mistake_of_the_demo_is_named_once(summary, assignment):
    """The seven mistakes that its pupils made, each the first of its task; the two that have no name are gaps."""
    made = {"dora": [0], "emil": [1, 3], "fay": [5, 7], "gus": [4, 6]}
    tasks = list(assignment.tasks.values())
    assert {
        (tasks[place].name, tasks[place].mistakes[0].id, student) for student, places in made.items()
        for place in places
    } == {(m["task"], m["mistake"], *m["students"]) for m in summary["mistakes"]}
    assert {("rnn_forward", "timed out", "jule"), ("lstm_cell_forward", "missing", "ivo")} == {
        (gap["task"], gap["kind"], *gap["students"]) for gap in summary["gaps"]}  # fmt: skip


def test_one_mistake_counts_once(summary):
    """The missing bias shows in the loop, too: there it is counted as carried, not as a mistake."""
    no_ba = next(mistake for mistake in summary["mistakes"] if mistake["mistake"] == "no_ba")
    assert {"rnn_forward": 1} == no_ba["carried"]
    assert 15 == no_ba["points_lost"]


def test_what_costs_most_is_taught_first(summary):
    """Among mistakes made by one each, those that cost most, in the notebook's order."""
    assert [["rnn_cell_forward"], ["rnn_forward"], ["lstm_forward"]] == [entry["tasks"] for entry in summary["teach"]]
    assert "`a_next` is what one gets without the bias `ba`." == summary["teach"][0]["says"]


def test_untouched_tasks_are_no_mistakes(summary):
    """Two who stopped early: not begun, neither wrong nor a gap."""
    untouched = {task["task"]: task["untouched"] for task in summary["tasks"]}
    assert (1, 2) == (untouched["rnn_cell_forward"], untouched["lstm_backward"])
    assert not {"leo", "hana"} & {s for e in summary["mistakes"] + summary["gaps"] for s in e["students"]}


def test_half_done_tasks_are_no_gaps(twelve, assignment):
    """A cell with a line that waits for its value counts as not done yet, half done, and is nothing to teach."""
    gap = next(gap for gap in summarise(twelve[0], {}, NAME, assignment.tasks)["gaps"] if gap["students"] == ["ivo"])
    reports = with_verdict(twelve[0], "ivo", gap["task"], waiting=(30,))
    summary = summarise(reports, {}, NAME, assignment.tasks)
    row = next(row for row in summary["tasks"] if row["task"] == gap["task"])
    assert 1 == row["half_done"] <= row["untouched"]
    assert row["count"] == row["full"] + row["partly"] + row["none"] + row["untouched"]
    assert "ivo" not in {student for entry in summary["gaps"] for student in entry["students"]}


def test_two_mistakes_in_one_answer_count_once_each(twelve, assignment):
    """A diagnosis joined of two is two mistakes where the course knows their sentences, else one."""
    two = Diagnosis("no_ba+prediction_class_numbers", "Both.", "Which?")
    reports = with_verdict(twelve[0], "dora", "rnn_cell_forward", diagnosis=two)
    found = summarise(reports, {}, NAME, assignment.tasks)["mistakes"]
    assert {"no_ba", "prediction_class_numbers"} <= {entry["mistake"] for entry in found}
    found = summarise(reports, {}, NAME)["mistakes"]
    assert "Both." in {entry["says"] for entry in found}


def test_changed_points_and_tests_are_signs_and_lost_metadata_are_not(thousand):
    """Metadata that another editor dropped is a repair; changed points and tests are signs."""
    summary = summarise(*thousand, NAME)
    assert {"The points of a cell were changed, and are set back.",
            "A locked cell differed from the assignment's, and is restored."} == {
        entry["says"] for entry in summary["signs"]}  # fmt: skip
    assert "A cell had lost nbgrader's notes, and has them back." in {entry["says"] for entry in summary["repairs"]}


def test_students_with_the_same_mistakes_are_grouped(thousand, assignment):
    """Each group shares at least two findings, and its members have no other."""
    summary = summarise(*thousand, NAME, assignment.tasks)
    assert summary["combinations"]
    for group in summary["combinations"]:
        shared = [(each["list"], each["place"]) for each in group["findings"]]
        assert len(shared) >= 2 and len(group["students"]) >= 2
        for student in group["students"]:
            own = [(which, place) for which in ("mistakes", "gaps")
                   for place, entry in enumerate(summary[which]) if student in entry["students"]]  # fmt: skip
            assert shared == own


def test_wrong_lines_are_counted_by_what_they_give(twelve, assignment):
    """Each student counts once for each statement of the solution, whatever the mistake; a student's names stay out."""
    lines = (Line(40, "a_next, cache", "value", 0, "One."), Line(41, "a_next, cache", "value", 1, "Another."),
             Line(33, "a", "missing", None, None), Line(50, "Ada", "raised", 2, "It stops."))
    reports = with_verdict(twelve[0], "ivo", "rnn_forward", lines=lines, checks=())
    found = [entry for entry in summarise(reports, {}, NAME, assignment.tasks)["lines"] if entry["students"] == ["ivo"]]
    assert {"The line that gives `a_next`, `cache` in the loop its value is wrong.",
            "`a` does not get its value where it should.", "A line stops the call."} == {
                entry["says"] for entry in found if entry["task"] == "rnn_forward"}
