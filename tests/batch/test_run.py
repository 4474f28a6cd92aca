"""A class, graded in any order and by any number of workers, killed and resumed, has one gradebook."""

import os
import random
import shutil
import signal
import time

import pytest
from nbformat.v4 import new_code_cell

from autograder.batch import grader, workers, writing
from autograder.batch.workers import LocalWorkers
from autograder.course.course import Course
from autograder.course.students import students_of
from autograder.errors import CourseError
from autograder.notebooks import finding, reading
from tests.helpers.courses import LATE, NAME, change, rows, run, start
from tests.helpers.grading import Lenient, grade, penalty
from tests.helpers.processes import left_over


@pytest.fixture
def course(ungraded, tmp_path):
    """Return a copy of the ungraded course."""
    return shutil.copytree(ungraded, tmp_path / "course")


@pytest.mark.timeout(900)  # nbgrader grades the class twice, which takes long on a busy machine
def test_the_gradebook_is_row_by_row_what_nbgrader_autograde_makes(graded, course):
    """Scores, flags, comments, penalties and timestamps are equal, also after manual grading and for ungraded work."""
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
    assert [("dora", 3.5, 1.0, 0)] * 2 == [(student, m, extra, flag) for student, _, _, m, extra, flag in manual]
    assert {"see me"} == {row[3] for row in rows(ours)["comments"] if row[0] == "lisa"}


@pytest.mark.slow
def test_autograded_notebooks_are_what_nbgrader_writes(graded, course):
    """Each cell has the same source, metadata and kinds of output, and the same figures are beside the notebook."""
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


def test_a_second_run_does_nothing(graded):
    """A graded submission is skipped. One that could not be graded is tried again, and named again."""
    before = {path: path.stat().st_mtime_ns for path in (graded / "autograded").rglob("*.ipynb")}
    summary = grade(graded)
    assert (0, 1, 12) == (summary.graded, summary.not_graded, summary.unchanged)
    assert before == {path: path.stat().st_mtime_ns for path in (graded / "autograded").rglob("*.ipynb")}
    assert "JSON" in summary.failures["garbage"]


@pytest.mark.parametrize(
    "what", ["submission", "helper", "timestamp", "secret", "configuration", "record", "gradebook"])
def test_what_has_changed_is_graded_again(graded, course, what, monkeypatch):
    """A change of submission, time, secret or setting, or a lost report or row, leads to a new grade."""
    shutil.rmtree(course)
    shutil.copytree(graded, course)
    folder = course / "submitted" / "ada" / NAME
    expected = 1
    if what == "submission":
        nb = reading.read_notebook(folder / f"{NAME}.ipynb")
        finding.find_cell(nb, "rnn_cell_forward").source += "\n# once more"
        reading.write_notebook(nb, folder / f"{NAME}.ipynb")
    elif what == "helper":
        (folder / "helpers.py").write_text("x = 1")
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


def test_the_notebook_with_work_counts(course):
    """Beside an untouched notebook with the right name a solved one is graded, by our command and by nbgrader's."""
    folder = course / "submitted" / "ada" / NAME
    (folder / f"{NAME}.ipynb").rename(folder / f"{NAME} (1).ipynb")
    shutil.copy(course / "release" / NAME / f"{NAME}.ipynb", folder)
    for command in (("autograder", "grade", NAME, "--student", "ada"),
                    ("nbgrader", "autograde", NAME, "--force", "--student", "ada")):
        run(course, *command)
        report = Course(course).reports(NAME).load("ada")
        assert 100.0 == report.score
        assert [f"'{NAME} (1).ipynb' counts, since nothing is done in {NAME}.ipynb"] == [
            repair.text for repair in report.repairs]


def test_a_helper_that_was_handed_in_is_there(course):
    """A task that imports the student's own module gets its points, from our command and from nbgrader's."""
    folder = course / "submitted" / "ada" / NAME
    nb = reading.read_notebook(folder / f"{NAME}.ipynb")
    cell = finding.find_cell(nb, "rnn_cell_forward")
    cell.source = "from helpers import unpack\n" + cell.source
    reading.write_notebook(nb, folder / f"{NAME}.ipynb")
    (folder / "helpers.py").write_text("def unpack(p):\n    return p\n")
    (folder / "rnn_utils.py").write_text("softmax = sigmoid = None\n")
    grade(course, ["ada"])
    report = Course(course).reports(NAME).load("ada")
    assert 100.0 == report.score
    assert ["'rnn_utils.py' is not used: the assignment's own file of this name is"] == [
        repair.text for repair in report.repairs if repair.kind == "own file"]
    run(course, "nbgrader", "autograde", NAME, "--force", "--student", "ada")
    again = Course(course).reports(NAME).load("ada")
    assert (report.score, report.repairs) == (again.score, again.repairs)


def test_a_source_that_has_changed_must_be_released_first(course):
    """Tests that students did not get give no points. One line says what to run."""
    path = course / "source" / NAME / f"{NAME}.ipynb"
    nb = reading.read_notebook(path)
    finding.find_cell(nb, "rnn_cell_forward_tests").metadata.nbgrader.points = 20
    reading.write_notebook(nb, path)
    with pytest.raises(CourseError, match=r"'rnn_cell_forward_tests' has changed .* autograder release"):
        grade(course)


@pytest.mark.slow
def test_killed_again_and_again_it_comes_to_the_same_gradebook(graded, course):
    """Five kills at random moments and one full run give the rows of a single run, and leave no process."""
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
    """One SIGINT ends the command with exit code 1, says how to go on, and leaves no process."""
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


@pytest.mark.slow
def test_a_killed_worker_costs_nothing(course, monkeypatch):
    """Another worker grades the submissions of one that was killed."""
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


@pytest.mark.slow
def test_our_failure_is_not_graded_and_the_class_goes_on(course, monkeypatch):
    """A bug that one submission triggers makes that one "not graded", with the reason and without a score."""
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


def test_a_folder_that_may_not_be_entered_is_named(course, monkeypatch):
    """Its student is not graded, with the reason, and not left out."""
    def refuse(path, **more):
        if path.parent.name == "ada" and path.name == NAME:
            raise PermissionError(13, "Permission denied", str(path))
        return os.stat(path, **more)

    monkeypatch.setattr("pathlib.Path.stat", refuse)  # a test that root runs is let in everywhere
    assert "ada" in students_of(Course(course), NAME)
    summary = grade(course, ["ada", "dora"], Lenient)
    assert (1, 1) == (summary.graded, summary.not_graded)
    assert "Permission denied" in summary.failures["ada"]


@pytest.mark.parametrize("content", [
    b"\xef\xbb\xbf2026-01-11 12:00:01 UTC", "2026-01-11 12:00:01 UTC".encode("utf-16"), b"2026-01-11 12:00:01 UTC\r\n",
])  # fmt: skip
def test_a_late_time_counts_in_whatever_encoding(course, content):
    """A time with a byte order mark or in UTF-16, as PowerShell writes it, leads to the penalty and a plain file."""
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
    """The report names a time that is garbled, empty, a link, or hardly meant as nbgrader reads it."""
    path = course / "submitted" / "ada" / NAME / "timestamp.txt"
    path.symlink_to(course / "x") if content is None else path.write_bytes(content)
    grade(course, ["ada"], Lenient)
    repairs = Course(course).reports(NAME).load("ada").repairs
    (said,) = [repair.text for repair in repairs if repair.text.startswith("timestamp.txt")]
    assert says in said


def test_a_time_that_has_become_unreadable_is_graded_again(course):
    """A submission whose time became unreadable is another submission."""
    grade(course, ["ada"], Lenient)
    (course / "submitted" / "ada" / NAME / "timestamp.txt").write_text("garbled")
    assert 1 == grade(course, ["ada"], Lenient).graded
