"""Feedback pages go back to the students who handed in, by the platforms' own rules for file names."""

import json
import os
import shutil
import zipfile
from collections import Counter

import pytest
from click.testing import CliRunner
from dateutil import tz

from autograder import demo
from autograder.cli import main
from autograder.course.course import Course
from autograder.exports import feedback_zip
from autograder.model import Report
from autograder.nbgrader_bridge import release
from autograder.nbgrader_bridge.times import read_times
from autograder.platforms import Participant, PlatformRecord, Received
from autograder.roster import RosterEntry
from autograder.store import WORK, work_digest
from autograder.timestamps import parse_utc
from tests.helpers.collecting import write_zip
from tests.helpers.courses import NAME, ROOT, change
from tests.helpers.platforms import (
    ZONE,
    canvas_gradebook,
    canvas_name,
    canvas_receivers,
    make_people,
    moodle_folder,
    moodle_receivers,
    moodle_worksheet,
)

ADA = RosterEntry("ada", "Ada", "Lovelace")


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """Return the root of a course with a release and nobody in it."""
    course = demo.make_course(Course(ROOT), tmp_path_factory.mktemp("platforms") / "course").root
    release.release_assignment(Course(course), NAME)
    return course


@pytest.fixture
def course(released, tmp_path, monkeypatch):
    """Return a copy of that course, as the working folder."""
    root = shutil.copytree(released, tmp_path / "course", symlinks=True)
    monkeypatch.chdir(root)
    return root


def autograder(*words, code=0):
    """Run a command of the autograder in this process, check its exit code, and return its output."""
    result = CliRunner().invoke(main, list(map(str, words)))
    assert code == result.exit_code, result.output + repr(result.exception)
    return result.output


def hand_in(one, attempt=None):
    """Return a notebook with the student's login in it."""
    text = f"{one.login}, attempt {attempt or one.attempts}"
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
        {"id": "a", "cell_type": "markdown", "metadata": {}, "source": text}]}).encode()


def write_pages(course):
    """Write a page that names its student, for each submission, without grading it."""
    for folder in (course / "submitted").iterdir():
        page = course / "feedback" / folder.name / NAME / f"{NAME}.html"
        page.parent.mkdir(parents=True)
        page.write_text(f"<!doctype html><title>{folder.name}</title>")


def pages_by_receiver(course, platform, receivers, people):
    """Return the student whom each received page is about, by the login of the receiver."""
    with zipfile.ZipFile(course / "exports" / NAME / f"feedback-{platform}.zip") as archive:
        received, ignored = receivers(archive.namelist(), people)
        assert [] == ignored
        return {login: [archive.read(name).decode().partition("title>")[2].partition("<")[0] for name in names]
                for login, names in received.items()}


def make_canvas(folder, people):
    """Write Canvas's gradebook and download; of a second attempt the name is numbered."""
    canvas_gradebook(folder / "canvas.csv", people)
    write_zip(folder / "canvas.zip", {
        canvas_name(one, f"{NAME}{'-1' if one.attempts == 2 else ''}.ipynb"): hand_in(one)
        for one in people if one.handed_in})
    return "canvas.csv", "canvas.zip"


def make_moodle(folder, people):
    """Write Moodle's worksheet and download; browsers number a second file of one name."""
    moodle_worksheet(folder / "moodle.csv", people)
    write_zip(folder / "moodle.zip", {
        f"{moodle_folder(one)}/{NAME}{' (1)' if one.user % 2 else ''}.ipynb": hand_in(one)
        for one in people if one.handed_in})
    return "moodle.csv", "moodle.zip"


@pytest.mark.parametrize("make, receivers", [(make_canvas, canvas_receivers), (make_moodle, moodle_receivers)])
def test_everybody_of_a_class_gets_their_own_page(course, make, receivers):
    """Of 300 with odd names and twins, each who handed in gets one page, their own; times and late marks are kept."""
    people, platform = make_people(300), make.__name__.removeprefix("make_")
    assert any(count == 2 for count in Counter((one.first, one.last) for one in people).values())
    listed, download = make(course, people)
    assert "300 students: 300 new" in autograder("roster", listed, NAME, "--timezone", ZONE)
    assert "0 new, 0 changed, 300 unchanged" in autograder("roster", listed, NAME, "--timezone", ZONE)
    handed_in = {one.login: one for one in people if one.handed_in}
    assert f"{len(handed_in)} collected" in autograder("collect", NAME, download)
    for login, one in handed_in.items():
        folder = course / "submitted" / login / NAME
        assert hand_in(one) == (folder / f"{NAME}.ipynb").read_bytes()
        if platform == "moodle":
            expected = one.when.replace(tzinfo=tz.gettz(ZONE)).astimezone(tz.UTC).replace(tzinfo=None)
            assert expected == parse_utc((folder / "timestamp.txt").read_text())
        else:
            assert not (folder / "timestamp.txt").exists()
    record = json.loads((course / "collected" / f"{NAME}.json").read_bytes())
    late = {login for login, entry in record["received"].items() if entry["late"]}
    assert late == ({login for login, one in handed_in.items() if one.late} if platform == "canvas" else set())
    change(course, "UPDATE assignment SET duedate = '2026-11-27 16:00:00.000000'")
    times = read_times(Course(course), NAME, handed_in)
    by_time, unknown = [login for login, one in handed_in.items() if one.late], []
    if platform == "canvas":
        by_time, unknown = [], [*handed_in]
    assert (by_time, unknown, sorted(late)) == ([*times.late], [*times.unknown], sorted(times.marked_late))
    write_pages(course)
    assert f"{len(handed_in)} of {len(handed_in)} pages" in autograder("export", "feedback", "--for", platform, NAME)
    assert {login: [login] for login in handed_in} == pages_by_receiver(course, platform, receivers, people)
    assert f"{len(handed_in)} unchanged" in autograder("collect", NAME, download)


def test_a_later_download_updates_numbers_and_adds_times(course):
    """A second attempt has another number in Canvas: its page goes back by the new one."""
    people = make_people(40)
    listed, download = make_canvas(course, people)
    autograder("roster", listed)
    autograder("collect", NAME, download)
    later = [type(one)(**{**vars(one), "attachment": one.attachment + 5000, "attempts": 3}) for one in people]
    autograder("collect", NAME, make_canvas(course, later)[1], "--replace")
    write_pages(course)
    autograder("export", "feedback", "--for", "canvas", NAME)
    found = pages_by_receiver(course, "canvas", canvas_receivers, later)
    assert {one.login: [one.login] for one in people if one.handed_in} == found


def test_times_that_become_known_later_are_added(course):
    """Collecting again after the worksheet was imported adds the times, without --replace."""
    people = make_people(6)
    listed, download = make_moodle(course, people)
    autograder("collect", NAME, download, "--roster", make_canvas(course, people)[0])
    assert not list(course.glob("submitted/*/*/timestamp.txt"))
    autograder("roster", make_canvas(course, people)[0])
    assert "0 new, 6 changed" in autograder("roster", listed, "--dry-run")
    assert "6 participants' numbers, 6 times" in autograder("roster", listed, NAME, "--timezone", ZONE)
    assert "6 given a time" in autograder("collect", NAME, download)
    assert 6 == len(list(course.glob("submitted/*/*/timestamp.txt")))


def test_most_unknown_is_one_line(course):
    """Without a class list, one line says what to do, and not one a file."""
    _, download = make_moodle(course, make_people(50))
    output = autograder("collect", NAME, download, code=1)
    assert ["nothing collected", "48 of 48 files belong to nobody in the gradebook"] == [
        line.partition(",")[0] for line in output.splitlines()]
    assert "autograder roster FILE" in output


def test_who_left_is_named_and_stays(course):
    """A newer list without two students names them, and they stay in the gradebook."""
    people = make_people(10)
    autograder("roster", canvas_gradebook(course / "all.csv", people))
    output = autograder("roster", canvas_gradebook(course / "fewer.csv", people[2:]), "--dry-run")
    assert "0 new, 0 changed, 8 unchanged; nothing was written" in output
    assert "in the gradebook, but not in this file; they stay" in output and "(2): s000, s001" in output
    assert "10 unchanged" in autograder("roster", "all.csv")


def test_a_group_hands_in_for_each_member(course):
    """Moodle's folder of a group becomes a submission of each member, whose page is not sent back by number."""
    people = make_people(3)
    moodle_worksheet(course / "moodle.csv", people)
    rows = (course / "moodle.csv").read_text(encoding="utf-8").replace(",Status,", ",Gruppe,")
    (course / "moodle.csv").write_text(rows.replace(",x,", ",Team_A,"), encoding="utf-8")
    autograder("roster", "moodle.csv", NAME)
    write_zip(course / "moodle.zip", {f"Team A_12_assignsubmission_file/{NAME}.ipynb": hand_in(people[0])})
    assert "of the group Team A" in autograder("collect", NAME, "moodle.zip")
    assert ["s000", "s001", "s002"] == sorted(path.name for path in (course / "submitted").iterdir())
    write_pages(course)
    output = autograder("export", "feedback", "--for", "moodle", NAME, code=1)
    assert "handed in by a group (3): s000, s001, s002" in output


def test_an_anonymous_download_of_canvas_is_refused(course):
    """Nobody can tell whose files they are: one line says so, and what to do."""
    write_zip(course / "canvas.zip", {f"anon_aB0x{n}_9001{n}0_{NAME}.ipynb": b"{}" for n in range(3)}
              | {f"LATE_anon_q7_900190_{NAME}.ipynb": b"{}"})
    output = autograder("collect", NAME, "canvas.zip", code=2)
    assert "Canvas hides whose files these are (4 named anon_...)" in output and "Anonymous Grading off" in output


# ---- single names --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("downloaded, expected", [
    ("lovelaceada_101_5001_x.ipynb", "lovelaceada_101_5001_feedback-lab-1.html"),
    ("lovelaceada_LATE_101_5001_my_link.ipynb", "lovelaceada_101_5001_feedback-lab-1.html"),
    ("anon_101_5001_x.ipynb", "student_101_5001_feedback-lab-1.html"),
    ("__101_5001_x.ipynb", "student_101_5001_feedback-lab-1.html"), ("x.ipynb", None), ("", None),
])  # fmt: skip
def test_a_name_for_canvas_has_two_numbers(downloaded, expected):
    """User and attachment are the only parts that are numbers, whatever the student called the file."""
    assert expected == feedback_zip.name_in_canvas(Received("canvas", "101", downloaded), "lab_1")


@pytest.mark.parametrize("first, last, expected", [
    ("Ada", "Love_lace", "Ada Love lace"), ("../..", None, "Participant"), (None, None, "Participant"),
    ("Seán", "O'Neil/7", "Seán O Neil 7"), ("李", "王", "李 王"),
])  # fmt: skip
def test_a_name_for_moodle_has_the_number_second(first, last, expected):
    """No underscore, slash or other odd character of a name is in the folder's."""
    name = feedback_zip.name_in_moodle(RosterEntry("a", first, last), "7001", "lab_1")
    assert f"{expected}_7001_assignfeedback_file_/lab_1.html" == name


def test_who_cannot_get_a_page_is_left_out_with_the_reason(course):
    """No page, a page older than the grade, no number of this platform: each has its reason; a listed number is one."""
    loaded = Course(course)
    for student in ("ada", "old", "gym", "none", "eve"):
        page = feedback_zip.page_of(loaded, student, NAME)
        page.parent.mkdir(parents=True)
        page.write_text(student)
    loaded.reports(NAME).save(Report(NAME, "old", "graded"))
    os.utime(feedback_zip.page_of(loaded, "old", NAME), (1, 1))
    participants = {"ada": Participant("7001"), "eve": Participant("7005")}
    record = PlatformRecord(participants, {"gym": Received("canvas", "1", "x"), "eve": Received("canvas", "2", "y")})
    students = [ADA, *map(RosterEntry, ("old", "gym", "none", "no-page", "eve"))]
    plan = feedback_zip.plan_zip(loaded, NAME, "moodle", students, record)
    assert {"ada": f"Ada Lovelace_7001_assignfeedback_file_/{NAME}.html",
            "eve": f"Participant_7005_assignfeedback_file_/{NAME}.html"} == plan.pages
    unknown = "not collected from a download of Moodle, so the number is not known"
    left_out = {feedback_zip.OLD_PAGE: ["old"], unknown: ["gym", "none"], feedback_zip.NO_PAGE: ["no-page"]}
    assert left_out == plan.left_out


def test_a_page_of_earlier_work_is_left_out(course):
    """Who handed in again since grading gets no page of the earlier work under the new work's number."""
    loaded = Course(course)
    folder, page = loaded.submitted("ada", NAME), feedback_zip.page_of(loaded, "ada", NAME)
    record = PlatformRecord({}, {"ada": Received("canvas", "101", "lovelaceada_101_5001_x.ipynb")})
    for path in (folder, page.parent):
        path.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").write_bytes(b"first")
    loaded.reports(NAME).save(Report(NAME, "ada", "graded"), f"key{WORK}{work_digest(b'first', None)}")
    page.write_text("ada")
    assert {"ada"} == feedback_zip.plan_zip(loaded, NAME, "canvas", [ADA], record).pages.keys()
    (folder / f"{NAME}.ipynb").write_bytes(b"second")
    plan = feedback_zip.plan_zip(loaded, NAME, "canvas", [ADA], record)
    assert ({}, {feedback_zip.NEW_WORK: ["ada"]}) == (plan.pages, plan.left_out)


def test_a_damaged_record_is_one_line_with_the_remedy(course):
    """A file of ours that cannot be read stops the command, and says what to do."""
    (course / "collected").mkdir()
    (course / "collected" / f"{NAME}.json").write_text("{")
    write_zip(course / "canvas.zip", {canvas_name(make_people(1)[0], f"{NAME}.ipynb"): b"{}"})
    output = autograder("collect", NAME, "canvas.zip", code=2)
    assert "Move it away, then run autograder roster and collect again." in output
