"""Results are written in an order that a kill or a full disk cannot break."""

import json
import os
import resource
import shutil
from functools import partial

import pytest

from autograder.course.course import Course
from tests.helpers.courses import NAME, rows, run, start
from tests.helpers.grading import ODD_NAMES, Lenient, grade


@pytest.fixture
def course(ungraded, tmp_path):
    """Return a copy of the ungraded course."""
    return shutil.copytree(ungraded, tmp_path / "course")


@pytest.mark.parametrize("odd", ODD_NAMES[::2])
def test_an_id_that_cannot_be_written_costs_nobody_else(course, odd):
    """A student with such an id is not graded, with a printable reason. The others are graded."""
    shutil.copytree(course / "submitted" / "ada", course / "submitted" / odd)
    summary = grade(course, ["ada", odd, "dora"], Lenient)
    assert (2, 1) == (summary.graded, summary.not_graded)
    assert {"ada", "dora"} == set(Course(course).reports(NAME).load_all())
    reports = list(summary.reports(Course(course).reports(NAME), ["ada", "dora"]))
    assert ["graded", "graded", "not graded"] == [report.status for report in reports]
    assert all(json.dumps(report.to_dict()).isprintable() for report in reports) and reports[-1].student.isprintable()


@pytest.mark.parametrize("where", ["autograded/ada", "reports/{}/ada.json/x"])
def test_what_cannot_be_written_of_one_costs_one(course, where):
    """A file in place of a student's folder, or a folder in place of a file, costs that student alone."""
    path = course / where.format(NAME)
    path.parent.mkdir(parents=True)
    path.write_text("in the way")
    students = ["ada", "dora", "leo"]
    summary = grade(course, students, Lenient)
    assert (2, 1, ["ada"]) == (summary.graded, summary.not_graded, list(summary.failures))
    assert {"dora", "leo"} <= set(Course(course).reports(NAME).load_all())
    assert students == [report.student for report in summary.reports(Course(course).reports(NAME), students)]


@pytest.mark.slow
def test_a_full_disk_stops_with_a_line_and_the_rest_is_kept(graded, course):
    """A limit of 64 KiB a file, like a full disk, ends the run with one line. Without it the run goes on."""
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))
    runner = start(course, limit=limit)
    out, _ = runner.communicate(timeout=120)
    assert 2 == runner.returncode, out
    assert "Traceback" not in out and "autograder: " in out
    run(course, "autograder", "grade", NAME, code=1)
    assert rows(graded) == rows(course)


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_is_named(course):
    """A file in place of reports/ ends the command with exit code 2 and the path."""
    (course / "reports").write_text("in the way")
    out = run(course, "autograder", "grade", NAME, "--student", "ada", code=2)
    assert "reports" in out and "cannot be written" in out and "Traceback" not in out


def test_the_time_of_an_earlier_submission_goes(course):
    """A new submission without a time leaves no old time beside the autograded notebook."""
    grade(course, ["onno"], Lenient)
    beside = course / "autograded" / "onno" / NAME / "timestamp.txt"
    assert "2026-01-10 11:59:59 UTC" == beside.read_text()
    (course / "submitted" / "onno" / NAME / "timestamp.txt").unlink()
    grade(course, ["onno"], Lenient)
    assert not beside.exists()


def test_an_empty_autograded_notebook_is_graded_again(course):
    """An empty notebook, as a power cut may leave it, does not count as graded."""
    grade(course, ["ada"], Lenient)
    (course / "autograded" / "ada" / NAME / f"{NAME}.ipynb").write_bytes(b"")
    assert 1 == grade(course, ["ada"], Lenient).graded


def test_notebooks_are_on_the_disk_before_a_report_says_so(course, monkeypatch):
    """Each batch has one sync, after its notebooks and before its reports."""
    seen = []

    def look():
        seen.append([len(list((course / folder).rglob(f"*.{kind}")))
                     for folder, kind in (("autograded", "ipynb"), ("reports", "json"))])

    monkeypatch.setattr(os, "sync", look)
    grade(course, ["ada", "dora", "leo"], Lenient)
    assert [[3, 0]] == seen
