"""A class: graded in any order, by any number of workers, killed and resumed, it comes to the same gradebook."""

import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import threading
import time
from dataclasses import replace
from functools import partial

import pytest
from nbformat.v4 import new_code_cell, new_notebook
from sqlalchemy import create_engine

from autograder.batch import grader, workers, writing
from autograder.batch.job import make_job
from autograder.batch.run import grade_class
from autograder.batch.workers import LocalWorkers
from autograder.cli import grading
from autograder.course.course import Course
from autograder.course.students import misnamed, students_of
from autograder.errors import CourseError, GradebookError
from autograder.files import write_file
from autograder.model import Report
from autograder.nbgrader_bridge import gradebook
from autograder.notebooks import finding, reading
from tests.helpers.courses import LATE, NAME, change, rows, run, start
from tests.helpers.processes import left_over


@pytest.fixture
def course(ungraded, tmp_path):
    """A copy of that course to do with as one likes."""
    return shutil.copytree(ungraded, tmp_path / "course")


def grade(course, students=None, pool=LocalWorkers, **options):
    students = students or students_of(Course(course), NAME)
    return grade_class(Course(course), NAME, students, partial(pool, jobs=2), **options)


class Lenient:
    """Workers that give full marks without looking: for tests of what is written, and of what is not."""

    def __init__(self, job, jobs):
        self._job = job

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        pass

    def grade(self, submissions):
        return map(self.full_marks, submissions)

    def full_marks(self, submission):
        student, key, known = submission.student, submission.key, self._job.structure
        report = Report(NAME, student, "graded", repairs=submission.repairs)
        return grader.GradedSubmission(student, key, submission.timestamp, report, b"{}", dict(known.points),
                                       dict.fromkeys(known.commented))


def settings(course):
    """A course's assignment, what its gradebook knows of that, and its configuration."""
    known = gradebook.read_structure(create_engine(f"sqlite:///{course / 'gradebook.db'}"), NAME)
    return Course(course).assignment(NAME), known, Course(course).config


def penalty(course, student):
    return {row[0]: row[3] for row in rows(course)["submissions"]}[student]



# ---- the same truth ---------------------------------------------------------------------------------------


def test_the_gradebook_is_row_by_row_what_nbgrader_autograde_makes(graded, course):
    """Scores, flags, comments, penalties, timestamps, rows of the ungraded: equal, also after people graded on top."""
    # nbgrader cannot read this student's timestamp and fails; we take it as no timestamp
    shutil.rmtree(course / "submitted" / "odd")
    ours = shutil.copytree(course, course.parent / "ours")
    run(ours, "autograder", "grade", NAME, code=1)
    run(course, "nbgrader", "autograde", NAME, code=1)
    assert rows(course) == rows(ours)
    assert {0.0, 85.0, 100.0} <= {r.score for r in Course(ours).reports(NAME).load_all().values()}

    for each in (course, ours):
        mine = ("FROM grade g JOIN submitted_notebook n ON n.id = g.notebook_id JOIN submitted_assignment s "
                "ON s.id = n.assignment_id WHERE s.student_id = :student")
        change(each, f"UPDATE grade SET manual_score = 3.5, extra_credit = 1 WHERE id IN (SELECT g.id {mine} LIMIT 2)",
               student="dora")
        change(each, f"UPDATE comment SET manual_comment = 'see me' WHERE notebook_id IN (SELECT n.id {mine})",
               student="lisa")
        change(each, "UPDATE submitted_assignment SET extension = '1970-01-03 00:00:00.000000' "
                     "WHERE student_id = 'lisa'")
    run(ours, "autograder", "grade", NAME, "--all", code=1)
    run(course, "nbgrader", "autograde", NAME, "--force", code=1)
    assert rows(course) == rows(ours)
    manual = [row for row in rows(ours)["grades"] if row[3] is not None]
    assert [("dora", 3.5, 1.0, 1)] * 2 == [(student, m, extra, flag) for student, _, _, m, extra, flag in manual]
    assert {"see me"} == {row[3] for row in rows(ours)["comments"] if row[0] == "lisa"}


def test_late_work_loses_what_the_plugin_says(graded):
    """With penalty_method "zero" the late one ends with 0, those on time and without a time with all."""
    found = gradebook.read_grades(Course(graded), NAME)
    assert {"lisa": 0.0, "onno": 100.0, "ada": 100.0, "odd": 100.0} == {
        student: found[student].score for student in ("lisa", "onno", "ada", "odd")}
    assert (100.0, 100.0) == (found["lisa"].raw_score, found["lisa"].late_penalty)


def test_autograded_notebooks_are_what_nbgrader_writes(graded, course):
    """Cell by cell: sources, metadata, outputs but for times and addresses; figures lie beside it."""
    run(course, "nbgrader", "autograde", NAME, "--student", "dora")
    ours, theirs = (
        reading.read_notebook(each / "autograded" / "dora" / NAME / f"{NAME}.ipynb") for each in (graded, course))
    assert [cell.source for cell in theirs.cells] == [cell.source for cell in ours.cells]
    assert [cell.metadata for cell in theirs.cells] == [cell.metadata for cell in ours.cells]
    assert theirs.metadata == ours.metadata
    for one, other in zip(theirs.cells, ours.cells, strict=True):
        if one.cell_type == "code":
            assert [o.output_type for o in one.outputs] == [o.output_type for o in other.outputs], one.id
    beside = {path.name for path in (graded / "autograded" / "dora" / NAME).rglob("*") if path.is_file()}
    assert {path.name for path in (course / "autograded" / "dora" / NAME).rglob("*") if path.is_file()} == beside


def test_our_tables_are_nbgraders():
    """Each table and column that we name is in nbgrader's own schema, with the type that we take it to have."""
    from nbgrader.api import Base

    for table in gradebook.TABLES:
        theirs = Base.metadata.tables[table.name].columns
        for column in table.columns:
            assert issubclass(type(theirs[column.name].type), type(column.type)) or (
                column.type.python_type == theirs[column.name].type.python_type), (table.name, column.name)


# ---- what is new or changed -------------------------------------------------------------------------------


def test_a_second_run_does_nothing(graded):
    """Everything graded is passed over; what could not be graded is tried again, and named again."""
    before = {path: path.stat().st_mtime_ns for path in (graded / "autograded").rglob("*.ipynb")}
    summary = grade(graded)
    assert (0, 1, 12) == (summary.graded, summary.not_graded, summary.unchanged)
    assert before == {path: path.stat().st_mtime_ns for path in (graded / "autograded").rglob("*.ipynb")}
    assert "JSON" in summary.failures["garbage"]


@pytest.mark.parametrize("what", ["submission", "timestamp", "secret", "configuration", "record", "gradebook"])
def test_what_has_changed_is_graded_again(graded, course, what, monkeypatch):
    """A new submission, time, secret or setting, a lost report or row of the gradebook: that one is graded again."""
    shutil.rmtree(course)
    shutil.copytree(graded, course)
    folder = course / "submitted" / "ada" / NAME
    expected = 1
    if what == "submission":
        nb = reading.read_notebook(folder / f"{NAME}.ipynb")
        finding.find_cell(nb, "rnn_cell_forward").source += "\n# once more"
        reading.write_notebook(nb, folder / f"{NAME}.ipynb")
    elif what == "timestamp":
        (folder / "timestamp.txt").write_text("2026-01-09 12:00:00 UTC")
    elif what == "secret":
        monkeypatch.setenv("AUTOGRADER_SECRET", "another one")
        expected = 2
    elif what == "configuration":
        config = (course / "nbgrader_config.py").read_text().replace(LATE, "")
        (course / "nbgrader_config.py").write_text(config)
        expected = 2
    elif what == "record":
        (course / "reports" / NAME / "ada.json").unlink()
    else:
        change(course, "DELETE FROM submitted_assignment WHERE student_id = 'ada'")
    assert expected == grade(course, ["ada", "onno"]).graded


def test_a_source_that_has_changed_must_be_released_first(course):
    """Points are never given by tests that students were not submission: one line says what to run."""
    path = course / "source" / NAME / f"{NAME}.ipynb"
    nb = reading.read_notebook(path)
    finding.find_cell(nb, "rnn_cell_forward_tests").metadata.nbgrader.points = 20
    reading.write_notebook(nb, path)
    with pytest.raises(CourseError, match=r"'rnn_cell_forward_tests' has changed .* autograder release"):
        grade(course)


# ---- killed, locked, full, broken -------------------------------------------------------------------------


def test_killed_again_and_again_it_comes_to_the_same_gradebook(graded, course):
    """`kill -9` five times at random, then once to the end: row by row what one go gives, and nothing is left over."""
    chance = random.Random(5)
    for _ in range(5):
        runner = start(course)
        time.sleep(chance.uniform(2.0, 5.0))
        os.killpg(runner.pid, signal.SIGKILL)
        runner.communicate()
        assert [] == left_over(course)
    run(course, "autograder", "grade", NAME, code=1)
    assert rows(graded) == rows(course)
    scores = {student: report.score for student, report in Course(course).reports(NAME).load_all().items()}
    assert {student: report.score for student, report in Course(graded).reports(NAME).load_all().items()} == scores


def test_ctrl_c_stops_at_once_and_keeps_what_is_done(course):
    """One SIGINT to the command: exit code 1, a word on how to go on, and no process left."""
    slow = shutil.copytree(course / "submitted" / "ada", course / "submitted" / "zoe") / NAME / f"{NAME}.ipynb"
    nb = reading.read_notebook(slow)  # half a minute of it: the run is still going when the signal comes
    nb.cells += [new_code_cell("import time\ntime.sleep(1.5)") for _ in range(20)]
    reading.write_notebook(nb, slow)
    runner = start(course, "--jobs", "1")
    while not list((course / "reports").rglob("*.json")):
        time.sleep(0.05)
    os.kill(runner.pid, signal.SIGINT)
    out, _ = runner.communicate(timeout=20)
    assert (1, True) == (runner.returncode, "The same command goes on" in out), out
    assert "Traceback" not in out
    assert [] == left_over(course)
    assert "zoe" not in Course(course).reports(NAME).load_all()
    assert set(Course(course).reports(NAME).load_all()) <= {row[0] for row in rows(course)["submissions"]} | {"garbage"}


def test_a_submission_that_kills_its_worker_costs_itself_only(course, monkeypatch):
    """The culprit alone is not graded, after two tries; the submissions in flight beside it are graded."""

    def grade_unless_dora(submission, digest):
        if submission.student == "dora":  # as a bug in a library could end the process
            os.kill(os.getpid(), signal.SIGKILL)
        return grader.grade(submission, digest)

    monkeypatch.setattr(workers, "grade", grade_unless_dora)  # workers are forks: they have it, too
    summary = grade(course)
    assert (11, 2) == (summary.graded, summary.not_graded)
    assert "ended the grading process, twice" in summary.failures["dora"]


def test_a_killed_worker_costs_nothing(course, monkeypatch):
    """`kill -9` on one worker in mid-run: another one grades its submissions."""
    monkeypatch.setattr(writing, "BATCH_SECONDS", 0)  # so that each is counted as it comes
    pools = []

    class Watched(LocalWorkers):
        def __enter__(self):
            pools.append(self)
            return super().__enter__()

    def kill_one(summary, report):
        if summary.graded == 2 and pools:
            os.kill(pools.pop()._workers[0].process.pid, signal.SIGKILL)

    summary = grade(course, pool=Watched, progress=kill_one)
    assert (12, 1, []) == (summary.graded, summary.not_graded, pools)


def test_our_failure_is_not_graded_and_the_class_goes_on(course, monkeypatch):
    """A bug that one submission brings out: "not graded" with the reason and without a score; the others are graded."""
    real = grader.grade_submission

    def fail(content, *more, student, **options):
        if student == "ada":
            raise KeyError("a bug")
        return real(content, *more, student=student, **options)

    monkeypatch.setattr(grader, "grade_submission", fail)  # workers are forks: they have it, too
    assert 11 == grade(course).graded
    report = Course(course).reports(NAME).load_all()["ada"]
    assert ("not graded", ()) == (report.status, report.verdicts)
    assert "KeyError" in report.reason
    assert {None} == {row[2] for row in rows(course)["grades"] if row[0] == "ada"}


def test_two_graders_at_once_lose_nothing(graded, course):
    """Two commands on the same class at the same moment: both come through, the gradebook is as after one."""
    both = [start(course, "--all") for _ in range(2)]
    for runner in both:
        out, _ = runner.communicate(timeout=300)
        assert 1 == runner.returncode, out
    assert rows(graded) == rows(course)


def test_a_lock_is_waited_for(graded, course):
    """Someone else holds the database for seconds: the run waits, and grades."""
    lock = sqlite3.connect(course / "gradebook.db", check_same_thread=False)
    lock.execute("BEGIN EXCLUSIVE")
    threading.Timer(3, lock.rollback).start()
    assert 1 == grade(course, ["ada"]).graded


def test_a_lock_that_stays_is_named(course, monkeypatch):
    """After the bound the run ends with one line that says what it waited for; what is there stays."""
    monkeypatch.setattr(gradebook, "LOCK_SECONDS", 0.3)
    before = rows(course)
    lock = sqlite3.connect(course / "gradebook.db")
    lock.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(GradebookError, match=r"locked.*stayed locked for 0.3 s"):
            grade(course, ["ada"])
    finally:
        lock.rollback()
        lock.close()
    assert before == rows(course)


def test_a_full_disk_stops_with_a_line_and_the_rest_is_kept(graded, course):
    """No file may grow past 64 KiB, as on a full disk: exit code 2, one line; with room again the run goes on."""
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))
    runner = start(course, limit=limit)
    out, _ = runner.communicate(timeout=120)
    assert 2 == runner.returncode, out
    assert "Traceback" not in out and "autograder: " in out
    run(course, "autograder", "grade", NAME, code=1)
    assert rows(graded) == rows(course)


def test_a_folder_that_cannot_be_written_is_named(course):
    """A file where reports/ should be: exit code 2 and the path, no traceback."""
    (course / "reports").write_text("in the way")
    out = run(course, "autograder", "grade", NAME, "--student", "ada", code=2)
    assert "reports" in out and "cannot be written" in out and "Traceback" not in out


def test_the_reports_are_streamed_in_the_contracts_form(graded, tmp_path):
    """--json holds the whole class, also those that were unchanged, in the form that DESIGN.md gives."""
    file = tmp_path / "reports.json"
    run(graded, "autograder", "grade", NAME, "--json", str(file), code=1)
    whole = json.loads(file.read_text())
    assert {"assignment", "isolation", "seconds", "submissions"} == whole.keys()
    assert students_of(Course(graded), NAME) == [report["student"] for report in whole["submissions"]]
    task = whole["submissions"][0]["tasks"]["rnn_cell_forward"]
    assert {"score", "max_score", "passed", "checks", "diagnosis", "blamed_on", "public_passed"} <= task.keys()


# ---- one odd submission -------------------------------------------------------------------------------------

ODD_NAMES = [os.fsdecode(b"caf\xe9"), "new\nline", "x" * 252]  # of a zip that Windows made, of a slip, of a joke


@pytest.mark.parametrize("odd", ODD_NAMES)
def test_a_folder_whose_name_can_be_no_id_is_no_student(course, odd):
    """It is kept apart, to be named; the students are those that there were."""
    students = students_of(Course(course), NAME)
    shutil.copytree(course / "submitted" / "ada", course / "submitted" / odd)
    assert ([odd], students) == (misnamed(Course(course), NAME), students_of(Course(course), NAME))


@pytest.mark.parametrize("odd", ODD_NAMES[::2])
def test_an_id_that_cannot_be_written_costs_nobody_else(course, odd):
    """Given to the grader all the same, it is not graded, in words that can be printed; the others are graded."""
    shutil.copytree(course / "submitted" / "ada", course / "submitted" / odd)
    summary = grade(course, ["ada", odd, "dora"], Lenient)
    assert (2, 1) == (summary.graded, summary.not_graded)
    assert {"ada", "dora"} == set(Course(course).reports(NAME).load_all())
    reports = list(summary.reports(Course(course).reports(NAME), ["ada", "dora"]))
    assert ["graded", "graded", "not graded"] == [report.status for report in reports]
    assert all(json.dumps(report.to_dict()).isprintable() for report in reports) and reports[-1].student.isprintable()


def test_the_command_names_a_folder_that_can_be_no_id(course, tmp_path):
    """Exit code 1, a line with the reason, and it stands in the JSON; no page is made of it, and that is said."""
    for student in students_of(Course(course), NAME):
        if student != "ada":
            shutil.rmtree(course / "submitted" / student)
    shutil.copytree(course / "submitted" / "ada", course / "submitted" / ODD_NAMES[0])
    out = run(course, "autograder", "grade", NAME, "--json", str(tmp_path / "all.json"), code=1)
    assert "1 graded, 1 not graded of 2" in out and "rename this one" in out and "caf" in out
    assert ["graded", "not graded"] == [
        report["status"] for report in json.loads((tmp_path / "all.json").read_text())["submissions"]]
    out = run(course, "autograder", "feedback", NAME, code=1)
    assert "wrote 1 of 2 pages" in out and "caf" in out


def test_a_hidden_folder_is_no_student(course):
    """A file manager's .trash with the assignment in it is not graded: nbgrader does not see it either."""
    shutil.copytree(course / "submitted" / "ada", course / "submitted" / ".trash")
    assert ".trash" not in students_of(Course(course), NAME) + misnamed(Course(course), NAME)


def test_a_folder_that_may_not_be_entered_is_named(course, monkeypatch):
    """It is somebody's: not graded, with the reason, instead of nobody's."""
    def refuse(path, **more):
        if path.parent.name == "ada" and path.name == NAME:
            raise PermissionError(13, "Permission denied", str(path))
        return os.stat(path, **more)

    monkeypatch.setattr("pathlib.Path.stat", refuse)  # a test that root runs is let in everywhere
    assert "ada" in students_of(Course(course), NAME)
    summary = grade(course, ["ada", "dora"], Lenient)
    assert (1, 1) == (summary.graded, summary.not_graded)
    assert "Permission denied" in summary.failures["ada"]


@pytest.mark.parametrize("where", ["autograded/ada", "reports/{}/ada.json/x"])
def test_what_cannot_be_written_of_one_costs_one(course, where):
    """A file where a student's folder should be, or the other way round: that one is not graded, the others are."""
    path = course / where.format(NAME)
    path.parent.mkdir(parents=True)
    path.write_text("in the way")
    students = ["ada", "dora", "leo"]
    summary = grade(course, students, Lenient)
    assert (2, 1, ["ada"]) == (summary.graded, summary.not_graded, list(summary.failures))
    assert {"dora", "leo"} <= set(Course(course).reports(NAME).load_all())
    assert students == [report.student for report in summary.reports(Course(course).reports(NAME), students)]


def test_a_plugin_for_late_work_that_fails_costs_the_late_one(course, tmp_path, monkeypatch):
    """The course's own code raises for one student: not graded with that reason, without a score; the others are."""
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


# ---- when it was submission in ------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [
    b"\xef\xbb\xbf2026-01-11 12:00:01 UTC", "2026-01-11 12:00:01 UTC".encode("utf-16"), b"2026-01-11 12:00:01 UTC\r\n",
])  # fmt: skip
def test_a_late_time_counts_in_whatever_encoding(course, content):
    """A byte order mark or UTF-16, as PowerShell writes: the penalty is taken, and the file beside it is plain."""
    (course / "submitted" / "ada" / NAME / "timestamp.txt").write_bytes(content)
    grade(course, ["ada"], Lenient)
    assert penalty(course, "ada") == 100
    assert () == Course(course).reports(NAME).load_all()["ada"].repairs
    assert b"2026-01-11 12:00:01 UTC" == (course / "autograded" / "ada" / NAME / "timestamp.txt").read_bytes()


@pytest.mark.parametrize(("content", "says"), [
    (b"the day before yesterday", "says no time ('the day before yesterday')"), (b"", "says no time ('')"),
    (b"\xff2026-01-11", "says no time"), (b"x" * 300, "says no time"), (None, "says no time"),
    (b"11/01/2026 12:00", "says '11/01/2026 12:00', which is read as 2026-11-01 12:00:00 UTC"),
    (b"2026-01-10 11:00:00 PDT", "says '2026-01-10 11:00:00 PDT', which is read as 2026-01-10 11:00:00 UTC"),
    (b"2026-01-10 11:00:00 +0100", "which is read as 2026-01-10 10:58:20 UTC"),
])  # fmt: skip
def test_a_time_that_nobody_can_be_sure_of_is_named(course, content, says):
    """Garbled, empty, a link, or read by nbgrader in a way that was hardly meant: the report says so."""
    path = course / "submitted" / "ada" / NAME / "timestamp.txt"
    path.symlink_to(course / "x") if content is None else path.write_bytes(content)
    grade(course, ["ada"], Lenient)
    repairs = Course(course).reports(NAME).load("ada")["repairs"]
    (said,) = [repair["text"] for repair in repairs if repair.text.startswith("timestamp.txt")]
    assert says in said


def test_a_time_that_has_become_unreadable_is_graded_again(course):
    """No time before and a garbled one now are not the same submission."""
    grade(course, ["ada"], Lenient)
    (course / "submitted" / "ada" / NAME / "timestamp.txt").write_text("garbled")
    assert 1 == grade(course, ["ada"], Lenient).graded


def test_the_time_of_an_earlier_submission_goes(course):
    """Submission in again without a time: none is left beside the autograded notebook."""
    grade(course, ["onno"], Lenient)
    beside = course / "autograded" / "onno" / NAME / "timestamp.txt"
    assert "2026-01-10 11:59:59 UTC" == beside.read_text()
    (course / "submitted" / "onno" / NAME / "timestamp.txt").unlink()
    grade(course, ["onno"], Lenient)
    assert not beside.exists()


# ---- what is written, and how -----------------------------------------------------------------------------------


def test_an_empty_autograded_notebook_is_graded_again(course):
    """What a power cut may have left of a file does not count as graded."""
    grade(course, ["ada"], Lenient)
    (course / "autograded" / "ada" / NAME / f"{NAME}.ipynb").write_bytes(b"")
    assert 1 == grade(course, ["ada"], Lenient).graded


def test_notebooks_are_on_the_disk_before_a_report_says_so(course, monkeypatch):
    """One sync a batch, after its notebooks and before its reports."""
    seen = []

    def look():
        seen.append([len(list((course / folder).rglob(f"*.{kind}")))
                     for folder, kind in (("autograded", "ipynb"), ("reports", "json"))])

    monkeypatch.setattr(os, "sync", look)
    grade(course, ["ada", "dora", "leo"], Lenient)
    assert [[3, 0]] == seen


def test_a_file_that_cannot_be_written_is_named_and_leaves_nothing(tmp_path):
    """The error names the target, not the scratch file, which is gone."""
    (tmp_path / "x").mkdir()
    for target in (tmp_path / "x", tmp_path / "none" / "y"):
        with pytest.raises(OSError) as caught:
            write_file(target, b"content")
        assert str(target) == caught.value.filename
    assert [tmp_path / "x"] == list(tmp_path.iterdir())


@pytest.mark.parametrize("write", ["file", "notebook", "json"])
def test_a_files_mode_is_what_the_umask_leaves(tmp_path, write):
    """A report can be shared with a group that shares the course, a notebook as well as a page."""
    from autograder.cli.common import write_json

    path = tmp_path / "x"
    before = os.umask(0o002)
    try:
        {"file": lambda: write_file(path, b""), "json": lambda: write_json(path, {}),
         "notebook": lambda: reading.write_notebook(new_notebook(), path),
         }[write]()
    finally:
        os.umask(before)
    assert 0o664 == path.stat().st_mode & 0o777


def test_after_ctrl_c_the_json_holds_what_this_run_came_to(course, tmp_path):
    """Reports of an earlier run on students not reached are not among them, and the file says that it was stopped."""
    students = ["ada", "dora", "leo"]
    grade(course, students, Lenient)

    def stop(summary, report):
        if report is not None:
            raise KeyboardInterrupt

    (course / "submitted" / "leo" / NAME / "timestamp.txt").write_text("2026-01-10 11:00:00 UTC")
    summary = grade(course, students, Lenient, progress=stop)
    assert summary.stopped
    grading.write_reports(tmp_path / "all.json", Course(course), NAME, students, summary)
    whole = json.loads((tmp_path / "all.json").read_text())
    assert (["ada"], True) == ([report["student"] for report in whole["submissions"]], whole["stopped"])


def test_an_id_in_brackets_is_shown(course, capsys):
    """What a table could take for a style is part of the id."""
    report = Report(NAME, "ada [late] :smile:", "not graded", reason="no [bold] :smile:")
    grading.show_table(NAME, [], [report])
    assert 2 == capsys.readouterr().out.count("ada [late] :smile:")


# ---- what goes to the workers -------------------------------------------------------------------------------------


def test_the_address_of_the_database_stays_here(course):
    """A worker gets no password; what is graded does not depend on the address."""
    assignment, known, config = settings(course)
    before = make_job(assignment, known, config)
    config.CourseDirectory.db_url = "postgresql://ada:geheim@host/course"
    job = make_job(assignment, known, config)
    assert "geheim" not in repr(job.config) and before.digest == job.digest
    assert "geheim" in config.CourseDirectory.db_url


def test_the_order_of_rows_grades_nothing_again(course):
    """Databases give rows in any order: what is graded already does not depend on it, but on what is in them."""
    assignment, known, config = settings(course)
    turned = replace(known, **{name: dict(reversed(held.items())) for name, held in vars(known).items()
                               if isinstance(held, dict)})  # fmt: skip
    digests = [make_job(assignment, each, config).digest
               for each in (known, turned, replace(known, points=dict.fromkeys(known.points, 1.0)))]
    assert digests[0] == digests[1] != digests[2]
