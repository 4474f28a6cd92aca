"""The class report's values add up, whatever the class."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.model import (
    Check,
    Repair,
    Report,
    StudentGrade,
)
from autograder.pages.class_page import make_class_page
from autograder.pages.class_summary import summarise
from tests.helpers.class_reports import classes, lists_of_students, with_verdict
from tests.helpers.courses import NAME


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(classes(), st.randoms(use_true_random=False))
def test_the_order_of_students_changes_nothing(members, random):
    """Reports and standings in another order give the same summary."""
    reports, standings = members
    mixed = [list(reports.items()), list(standings.items())]
    for items in mixed:
        random.shuffle(items)
    assert summarise(reports, standings) == summarise(*map(dict, mixed))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(classes())
def test_sums_match(members):
    """Counts are the lengths of their lists, states add up to the class, a task's to its answers."""
    summary = summarise(*members)
    counts = summary["counts"]
    states = ("graded", "not_graded", "waiting", "absent")
    assert len({*members[0], *members[1]}) == counts["all"] == sum(counts[state] for state in states)
    assert counts["all"] - counts["absent"] == counts["handed_in"]
    graded = counts["graded"]
    assert graded == (summary["scores"] or {"count": 0})["count"]
    if summary["scores"]:
        bins = summary["scores"]["bins"]
        assert graded == sum(column["count"] for column in bins)
        assert graded == len({student for column in bins for student in column["students"]})
    for task in summary["tasks"]:
        assert task["count"] == task["full"] + task["partly"] + task["none"] + task["untouched"]
    for entry in summary["mistakes"] + summary["gaps"] + summary["repairs"] + summary["signs"] + summary["limits"]:
        assert 1 <= entry["count"] == len(set(entry["students"])) <= counts["all"]
    assert all(entry["alike"] <= entry["count"] for entry in summary["gaps"])
    assert all(list(dict.fromkeys(students)) == students for students in lists_of_students(summary))
    json.dumps(summary, allow_nan=False)


def test_a_perfect_class_has_nothing_to_learn(twelve, assignment):
    """Three with full marks: no mistake, no hardest task, no discrimination, and a sentence that says so."""
    reports = {student: twelve[0][student] for student in ("ada", "bea", "carl")}
    summary = summarise(reports, {}, NAME, assignment.tasks)
    assert [] == summary["mistakes"] == summary["gaps"] == summary["teach"]
    assert summary["hardest"] is None
    assert 3 == summary["scores"]["full_marks"] == summary["scores"]["bins"][-1]["count"]
    assert "Nothing went wrong in this class" in make_class_page(summary)


def test_the_gradebook_is_the_truth(twelve, assignment):
    """A manual score counts in the task, a penalty in the score; who waits for a person is named."""
    reports, standings = twelve
    cells, cell = dict(standings["dora"].cells), "rnn_cell_forward_tests"
    cells[cell] = replace(cells[cell], manual_score=9.0, needs_manual_grade=True)
    changed = standings | {"dora": replace(standings["dora"], cells=cells, late_penalty=4.0)}
    found = summarise(reports, changed, NAME, assignment.tasks)
    lost = next(mistake for mistake in found["mistakes"] if mistake["mistake"] == "no_ba")["points_lost"]
    assert 6 == lost
    assert [{"cell": cell, "count": 1, "students": ["dora"]}] == found["by_hand"]
    assert 1 == found["counts"]["late"]
    assert 90 == next(column["from"] for column in found["scores"]["bins"] if "dora" in column["students"])


def test_a_submission_that_waits_is_not_absent(twelve):
    """Handed in and not graded: waiting, whether or not the gradebook has rows for it."""
    reports, standings = dict(twelve[0]), dict(twelve[1])
    del reports["ada"], reports["bea"], standings["ada"]
    cells = {name: replace(cell, auto_score=None) for name, cell in standings["bea"].cells.items()}
    standings["bea"] = replace(standings["bea"], cells=cells)
    found = summarise(reports, standings, NAME, handed_in=["ada", "bea", "carl"])
    assert ["ada", "bea"] == found["waiting"]
    assert (12, 10) == (found["counts"]["handed_in"], found["counts"]["graded"])


def test_what_passes_in_public_only_is_told(twelve):
    """Right in the check cell and wrong on hidden arguments, by task; not where another function is to blame."""
    reports = with_verdict(twelve[0], "dora", "rnn_cell_forward", public_passed=True)
    found = {task["task"]: task["public_only"]["students"] for task in summarise(reports, {}, NAME)["tasks"]}
    assert ["dora"] == found.pop("rnn_cell_forward")
    assert not any(found.values())


def test_hidden_names_are_nowhere(thousand, assignment):
    """No id, name or part of an address of a thousand students, neither on the page nor in the JSON."""
    reports, standings = thousand
    summary = summarise(reports, standings, NAME, assignment.tasks, hide_names=True)
    made = (make_class_page(summary) + json.dumps(summary)).casefold()
    words = set(re.findall(r"\w+", made))
    known = {standing.first_name for standing in standings.values()} | {s.last_name for s in standings.values()}
    assert not {*standings, *(name.casefold() for name in known)} & words
    assert "example.org" not in made and "/srv/course" not in made
    labels = {student for students in lists_of_students(summary) for student in students}
    assert labels == {f"student {n}" for n in range(1, 1001)}


def test_hidden_numbers_are_the_same(thousand, assignment):
    """Hiding names changes no count, no score and no sentence of the catalogue."""
    shown, hidden = (summarise(*thousand, NAME, assignment.tasks, hide_names=hide) for hide in (False, True))
    for key in ("counts", "hardest"):
        assert shown[key] == hidden[key]
    for one, other in zip(shown["scores"]["bins"], hidden["scores"]["bins"], strict=True):
        assert one["count"] == other["count"]
    assert [(m["says"], m["count"]) for m in shown["mistakes"]] == [(m["says"], m["count"]) for m in hidden["mistakes"]]


@pytest.mark.parametrize("where", ["reason", "repair", "message"])
def test_a_name_in_a_sentence_stays_hidden(twelve, where):
    """A student named in a path, in a file's name, in an exception of their own or in a sentence nobody foresaw."""
    reports = dict(twelve[0])
    if where == "reason":
        reason = "/home/of dora smith/x: KeyError: 'dora', said Dora"
        reports["dora"] = Report(NAME, "dora", "not graded", reason=reason)
    elif where == "repair":
        reports["dora"] = replace(reports["dora"], repairs=(
            Repair("odd file name", None, "'of dora.ipynb' has an odd name and was left out"),
            Repair("notebook renamed", None, "the notebook was named 'dora.ipynb'")))
    else:
        checks = (Check("returns", False, 0.0, 0.0, "DoraError: I am dora (line 2 of the cell)", "raised"),)
        reports = with_verdict(reports, "dora", "rnn_cell_forward", diagnosis=None, checks=checks)
    summary = summarise(reports, {}, NAME, hide_names=True)
    assert "dora" not in (make_class_page(summary) + json.dumps(summary)).casefold()
    assert "dora" in json.dumps(summarise(reports, {}, NAME)).casefold()


@pytest.mark.parametrize("name", ["Li", "Wu", "Åx", "李"])
def test_a_short_name_stays_hidden(name):
    """Two letters, or one that is a word by itself; it is a word of its own that counts, not part of another."""
    reports = {"s1": Report(NAME, "s1", "not graded", reason=f"{name} left early"),
               "s2": Report(NAME, "s2", "not graded", reason="the files were split, Wulf")}  # fmt: skip
    standings = {"s1": StudentGrade("s1", "Ada", name, None, None, None, None, 0.0, 1.0, True, {})}
    reasons = {entry["reason"] for entry in summarise(reports, standings, hide_names=True)["not_graded"]}
    assert {"In words that are not shown while names are hidden.", "the files were split, Wulf"} == reasons
