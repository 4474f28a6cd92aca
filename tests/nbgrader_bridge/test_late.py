"""nbgrader's plugin sets the penalties for late submissions."""

import shutil

import pytest

from autograder.collect import collect_submissions
from autograder.course.course import Course
from autograder.nbgrader_bridge import gradebook
from autograder.roster import Roster, RosterEntry
from tests.helpers.courses import NAME, penalty_and_time, rows, run
from tests.helpers.grading import Lenient, grade


@pytest.fixture
def course(ungraded, tmp_path):
    """Return a copy of the ungraded course."""
    return shutil.copytree(ungraded, tmp_path / "course")


def test_late_work_loses_what_the_plugin_says(graded):
    """With penalty_method "zero" a late submission has 0 points. On time, or without a time, it has all."""
    found = gradebook.read_grades(Course(graded), NAME)
    assert {"lisa": 0.0, "onno": 100.0, "ada": 100.0, "odd": 100.0} == {
        student: found[student].score for student in ("lisa", "onno", "ada", "odd")}
    assert (100.0, 100.0) == (found["lisa"].raw_score, found["lisa"].late_penalty)


def test_a_plugin_for_late_work_that_fails_costs_the_late_one(course, tmp_path, monkeypatch):
    """A plugin that raises for one student makes that one not graded, with the reason and without a score."""
    (tmp_path / "of_the_course.py").write_text(
        "from nbgrader.plugins import LateSubmissionPlugin\n\n\nclass Strict(LateSubmissionPlugin):\n"
        "    def late_submission_penalty(self, student, score, seconds):\n        return {}[student]\n")
    monkeypatch.syspath_prepend(tmp_path)
    with (course / "nbgrader_config.py").open("a") as config:
        config.write("c.AssignLatePenalties.plugin_class = 'of_the_course.Strict'\n")
    summary = grade(course, ["ada", "lisa", "onno"], Lenient)
    assert (2, 1) == (summary.graded, summary.not_graded)
    assert "the plugin for late penalties failed: KeyError: 'lisa'" in summary.failures["lisa"]
    assert {None} == {row[2] for row in rows(course)["grades"] if row[0] == "lisa"}


@pytest.mark.parametrize("command", [("autograder", "grade", NAME, "--student", "lisa"),
                                     ("nbgrader", "autograde", NAME, "--student", "lisa", "--force")])
def test_a_submission_without_a_time_is_not_late_by_an_older_one(course, tmp_path, command):
    """Replaced from a source without times, it loses the late one's time and penalty, and the command says so."""
    run(course, *command)
    before = penalty_and_time(course, "lisa")
    assert (100.0, "2026-01-11 12:00:01.000000") == before
    files = tmp_path / "files"
    files.mkdir()
    newer = (course / "submitted" / "lisa" / NAME / f"{NAME}.ipynb").read_bytes() + b"\n"
    (files / "lisa.ipynb").write_bytes(newer)
    roster = Roster([RosterEntry("lisa")])
    result = collect_submissions(Course(course), NAME, files, roster, replace=True)
    assert ["no time is known of it: no late penalty"] == [file.note for file in result.replaced]
    assert not (course / "submitted" / "lisa" / NAME / "timestamp.txt").exists()
    run(course, *command)
    assert (None, None) == penalty_and_time(course, "lisa")
    assert not (course / "autograded" / "lisa" / NAME / "timestamp.txt").exists()
    assert 100.0 == gradebook.read_grades(Course(course), NAME)["lisa"].score


@pytest.mark.parametrize("setting", ["c.AssignLatePenalties.plugin_class = 'late_rules.Rules'",
                                     "from late_rules import Rules\nc.AssignLatePenalties.plugin_class = Rules"])
def test_a_plugin_beside_the_configuration_is_found(course, setting):
    """By name or by import, from a folder inside the course as well, as in nbgrader's own command."""
    (course / "late_rules.py").write_text(
        "from nbgrader.plugins import BasePlugin\n\n\nclass Rules(BasePlugin):\n"
        "    def late_submission_penalty(self, student, score, seconds):\n        return 3.0\n")
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(setting + "\n")
    run(course / "source", "autograder", "grade", NAME, "--student", "lisa")
    assert 3.0 == penalty_and_time(course, "lisa")[0]
    run(course, "nbgrader", "autograde", NAME, "--student", "lisa", "--force")
    assert 3.0 == penalty_and_time(course, "lisa")[0]
