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
from functools import partial

import pytest

from autograder import classroom, gradebook, marking, notebook, records
from autograder.errors import CourseError, GradebookError
from autograder.submission import students_of
from autograder.workers import LocalWorkers
from tests.conftest import NAME
from tests.courses import LATE, change, left_over, rows, run, start


@pytest.fixture
def course(ungraded, tmp_path):
    """A copy of that course to do with as one likes."""
    return shutil.copytree(ungraded, tmp_path / "course")


def grade(course, students=None, crew=LocalWorkers, **options):
    students = students or students_of(course, NAME)
    return classroom.grade_class(course, NAME, students, partial(crew, jobs=2), **options)



# ---- the same truth ---------------------------------------------------------------------------------------


def test_the_gradebook_is_row_by_row_what_nbgrader_autograde_makes(graded, course):
    """Scores, flags, comments, penalties, timestamps, rows of the ungraded: equal, also after people graded on top."""
    # nbgrader cannot read this student's timestamp and fails; we take it as no timestamp
    shutil.rmtree(course / "submitted" / "odd")
    ours = shutil.copytree(course, course.parent / "ours")
    run(ours, "autograder", "grade", NAME, code=1)
    run(course, "nbgrader", "autograde", NAME, code=1)
    assert rows(course) == rows(ours)
    assert {0.0, 85.0, 100.0} <= {r["score"] for r in records.kept(ours, NAME).values()}

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
    found = gradebook.standings(graded, NAME)
    assert {"lisa": 0.0, "onno": 100.0, "ada": 100.0, "odd": 100.0} == {
        student: found[student].score for student in ("lisa", "onno", "ada", "odd")}
    assert (100.0, 100.0) == (found["lisa"].raw_score, found["lisa"].late_penalty)


def test_autograded_notebooks_are_what_nbgrader_writes(graded, course):
    """Cell by cell: sources, metadata, outputs but for times and addresses; figures lie beside it."""
    run(course, "nbgrader", "autograde", NAME, "--student", "dora")
    ours, theirs = (
        notebook.read(each / "autograded" / "dora" / NAME / f"{NAME}.ipynb") for each in (graded, course))
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
    tally = grade(graded)
    assert (0, 1, 12) == (tally.graded, tally.not_graded, tally.unchanged)
    assert before == {path: path.stat().st_mtime_ns for path in (graded / "autograded").rglob("*.ipynb")}
    assert "JSON" in tally.unwell["garbage"]


@pytest.mark.parametrize("what", ["submission", "timestamp", "secret", "configuration", "record", "gradebook"])
def test_what_has_changed_is_graded_again(graded, course, what, monkeypatch):
    """A new submission, time, secret or setting, a lost report or row of the gradebook: that one is graded again."""
    shutil.rmtree(course)
    shutil.copytree(graded, course)
    folder = course / "submitted" / "ada" / NAME
    expected = 1
    if what == "submission":
        nb = notebook.read(folder / f"{NAME}.ipynb")
        notebook.find(nb, "rnn_cell_forward").source += "\n# once more"
        notebook.write(nb, folder / f"{NAME}.ipynb")
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
    """Points are never given by tests that students were not handed: one line says what to run."""
    path = course / "source" / NAME / f"{NAME}.ipynb"
    nb = notebook.read(path)
    notebook.find(nb, "rnn_cell_forward_tests").metadata.nbgrader.points = 20
    notebook.write(nb, path)
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
    scores = {student: report["score"] for student, report in records.kept(course, NAME).items()}
    assert {student: report["score"] for student, report in records.kept(graded, NAME).items()} == scores


def test_ctrl_c_stops_at_once_and_keeps_what_is_done(course):
    """One SIGINT to the command: exit code 1, a word on how to go on, and no process left."""
    runner = start(course, "--jobs", "1")
    while not list((course / "reports").rglob("*.json")):
        time.sleep(0.05)
    os.kill(runner.pid, signal.SIGINT)
    out, _ = runner.communicate(timeout=20)
    assert (1, True) == (runner.returncode, "The same command goes on" in out), out
    assert "Traceback" not in out
    assert [] == left_over(course)
    assert set(records.kept(course, NAME)) <= {row[0] for row in rows(course)["submissions"]} | {"garbage"}


class Deadly(LocalWorkers):
    """Workers in which one student's submission ends the process, as a bug in a library of ours could."""

    def submit(self, handed):
        return self._pool.submit(end_if, "dora", handed, self._kit.digest)


def end_if(student, handed, digest):
    if handed.student == student:
        os.kill(os.getpid(), signal.SIGKILL)
    return marking.mark(handed, digest)


def test_a_submission_that_kills_its_worker_costs_itself_only(course):
    """It is named as not graded; whoever was in flight beside it is graded."""
    tally = grade(course, crew=Deadly)
    assert (11, 2) == (tally.graded, tally.not_graded)
    assert "ended the grading process, twice" in tally.unwell["dora"]


@pytest.mark.parametrize("seen", [False, True])
def test_a_killed_worker_costs_nothing(course, seen):
    """`kill -9` on one worker in mid-run: its submissions are graded by another, whenever its pool notices."""
    crews = []

    class Watched(LocalWorkers):
        def __enter__(self):
            crews.append(self)
            return super().__enter__()

    def kill_one(tally, report):
        if tally.graded == 2 and crews:
            pool = crews.pop()._pool
            os.kill(next(iter(pool._processes)), signal.SIGKILL)
            while seen and not pool._broken:
                time.sleep(0.01)

    tally = grade(course, crew=Watched, progress=kill_one)
    assert (12, 1, []) == (tally.graded, tally.not_graded, crews)


def test_our_failure_is_not_graded_and_the_class_goes_on(course, monkeypatch):
    """A bug that one submission brings out: "not graded" with the reason and without a score; the others are graded."""
    real = marking.grade

    def fail(nb, student, *more):
        if student == "ada":
            raise KeyError("a bug")
        return real(nb, student, *more)

    monkeypatch.setattr(marking, "grade", fail)  # workers are forks: they have it, too
    assert 11 == grade(course).graded
    report = records.kept(course, NAME)["ada"]
    assert ("not graded", {}) == (report["status"], report["tasks"])
    assert "KeyError" in report["reason"]
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
    runner = start(course, preexec_fn=limit)
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
    assert students_of(graded, NAME) == [report["student"] for report in whole["submissions"]]
    task = whole["submissions"][0]["tasks"]["rnn_cell_forward"]
    assert {"score", "max_score", "passed", "checks", "diagnosis", "blamed_on", "public_passed"} <= task.keys()
