"""Earlier submissions are kept, with their times and reports; the last or the best one counts."""

import json
import os
import shutil

import pytest

from autograder.collect import collect_submissions
from autograder.collect.attempts import (
    counting_attempt,
    current_report,
    keep_attempt,
    list_attempts,
    put_best_in_place,
    report_pairs,
    students_with_attempts,
)
from autograder.course.course import Course
from autograder.course.students import students_of
from autograder.errors import CourseError
from autograder.exports import class_grades
from autograder.store import WORK, work_digest
from tests.helpers.collecting import ROSTER, write_folder
from tests.helpers.courses import NAME, call
from tests.helpers.exporting import make_failure, make_report

FILE = f"{NAME}.ipynb"


@pytest.fixture
def loaded(course):
    """Return the course."""
    return Course(course)


@pytest.fixture
def hand_in(loaded, tmp_path):
    """Return a function that collects one file of Ada's, with a time if it is given."""

    def collect(content, minute=None, **options):
        name = f"ada@2026-03-01 12:{minute:02}:00 UTC.ipynb" if minute is not None else "ada@.ipynb"
        pattern = "{student}@{timestamp}.ipynb" if minute is not None else "{student}@.ipynb"
        folder = write_folder(tmp_path / f"up{len(list(tmp_path.iterdir()))}", {name: content})
        return collect_submissions(loaded, NAME, folder, ROSTER, pattern, replace=True, **options)

    return collect


def grade(course, score, student="ada"):
    """Save a report of the submission that is in place, as grading does."""
    folder = course.autograded(student, NAME)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "timestamp.txt").unlink(missing_ok=True)
    if (time := course.submitted(student, NAME) / "timestamp.txt").exists():
        (folder / "timestamp.txt").write_bytes(time.read_bytes())
    course.reports(NAME).save(make_report(student, score))


def contents(course):
    """Return the number, the notebook, the score and whether it counts, of each attempt of Ada's."""
    return [(attempt.number, (attempt.folder / FILE).read_bytes(), attempt.report and attempt.report.score,
             attempt.counts) for attempt in list_attempts(course, "ada", NAME)]


def test_an_earlier_submission_is_kept_with_its_report(loaded, hand_in):
    """Three attempts: each keeps its bytes, its time and the score that it had."""
    for number, (content, score) in enumerate(((b"one", 30.0), (b"two", 75.0), (b"three", 45.0))):
        hand_in(content, number)
        grade(loaded, score)
    assert [(1, b"one", 55.0, False), (2, b"two", 100.0, False), (3, b"three", 70.0, True)] == contents(loaded)
    assert ["2026-03-01 12:00:00.000000 UTC", "2026-03-01 12:01:00.000000 UTC", "2026-03-01 12:02:00.000000 UTC"] == [
        attempt.timestamp for attempt in list_attempts(loaded, "ada", NAME)]
    assert b"three" == (loaded.submitted("ada", NAME) / FILE).read_bytes()
    assert ["ada"] == students_with_attempts(loaded, NAME)
    assert [(55.0, 100.0), (100.0, 70.0)] == [(one.score, two.score) for one, two in report_pairs(loaded, NAME)]


def test_an_attempt_that_was_not_graded_has_no_report(loaded, hand_in):
    """The report of the first attempt is not taken for that of the second, which nobody graded."""
    hand_in(b"one")
    grade(loaded, 30.0)
    hand_in(b"two")
    assert current_report(loaded, "ada", NAME) is None
    hand_in(b"three")
    assert [(1, b"one", 55.0, False), (2, b"two", None, False), (3, b"three", None, True)] == contents(loaded)
    assert [] == list(report_pairs(loaded, NAME))


def test_a_copy_with_an_old_date_is_not_taken_for_graded(loaded, hand_in):
    """nbgrader's collect keeps the file's own date: another time beside it shows that it was not graded."""
    hand_in(b"one", 0)
    grade(loaded, 30.0)
    folder = loaded.submitted("ada", NAME)
    (folder / FILE).write_bytes(b"two")
    (folder / "timestamp.txt").write_text("2026-03-01 12:09:00 UTC")
    os.utime(folder / FILE, (1, 1))
    assert current_report(loaded, "ada", NAME) is None


def test_the_key_of_a_report_tells_of_which_work_it_is(loaded, hand_in):
    """With a key, dates do not matter, as in a course that was copied: only the notebook and its time do."""
    hand_in(b"one", 0)
    folder = loaded.submitted("ada", NAME)
    time = (folder / "timestamp.txt").read_text()
    for work, is_current in (((b"one", time), True), ((b"two", time), False), ((b"one", None), False)):
        loaded.reports(NAME).save(make_report("ada", 30.0), f"key{WORK}{work_digest(*work)}")
        os.utime(folder / FILE, (9e9, 9e9))
        assert is_current == (current_report(loaded, "ada", NAME) is not None)


@pytest.mark.parametrize("minute", [None, 0])
def test_the_same_submission_is_kept_once(loaded, hand_in, minute):
    """Keeping twice, and collecting what is in place, adds no attempt; a dry run keeps nothing."""
    hand_in(b"one", minute)
    hand_in(b"one", minute)
    assert [] == students_with_attempts(loaded, NAME)
    assert 1 == keep_attempt(loaded, "ada", NAME)
    assert keep_attempt(loaded, "ada", NAME) is None
    hand_in(b"two", 7, dry_run=True)
    assert [(1, b"one", None, False), (2, b"one", None, True)] == contents(loaded)
    assert keep_attempt(loaded, "nobody", NAME) is None


def test_the_best_attempt_is_put_in_place(loaded, hand_in):
    """The attempt with most points counts; the later of equal ones; one without a report does not."""
    for content, score in ((b"one", 30.0), (b"two", 75.0), (b"three", 75.0), (b"four", 45.0)):
        hand_in(content)
        grade(loaded, score)
    assert ["ada"] == put_best_in_place(loaded, NAME, ["ada", "bea"])
    assert b"three" == (loaded.submitted("ada", NAME) / FILE).read_bytes()
    assert current_report(loaded, "ada", NAME) is None  # it is to be graded again
    assert [] == put_best_in_place(loaded, NAME, ["ada"])
    grade(loaded, 75.0)
    assert [(1, b"one", 55.0, False), (2, b"two", 100.0, False), (3, b"three", 100.0, True),
            (4, b"four", 70.0, False)] == contents(loaded)
    assert [] == put_best_in_place(loaded, NAME, ["ada"])


def test_a_worse_attempt_is_not_collected_again(loaded, hand_in):
    """Where the best counts, the download with the worse last attempt changes nothing; a new attempt does."""
    for content, score in ((b"one", 75.0), (b"two", 45.0)):
        hand_in(content)
        grade(loaded, score)
    put_best_in_place(loaded, NAME, ["ada"])
    result = hand_in(b"two", best_counts=True)
    assert ["attempt 2; a better one counts"] == [file.note for file in result.unchanged]
    assert b"one" == (loaded.submitted("ada", NAME) / FILE).read_bytes()
    hand_in(b"three", best_counts=True)
    assert [1, 2, 3] == [number for number, *_ in contents(loaded)]
    assert (3, b"three", None, True) == contents(loaded)[-1]


def test_a_submission_that_could_not_be_graded_is_kept_with_its_reason(loaded, hand_in):
    """The report "not graded" goes with its attempt, which has no score to be the best."""
    hand_in(b"one")
    loaded.reports(NAME).save(make_failure("ada"))
    hand_in(b"two")
    first, _ = list_attempts(loaded, "ada", NAME)
    assert first.report.reason == "the file is empty" and [] == put_best_in_place(loaded, NAME, ["ada"])


def test_the_setting_is_last_or_best(course):
    """Without a setting the last attempt counts; another word is refused with the choice."""
    config = course / "nbgrader_config.py"
    config.write_text("c = get_config()\n")
    assert "last" == counting_attempt(Course(course))
    config.write_text("c = get_config()\nc.Attempts.counts = 'best'\n")
    assert "best" == counting_attempt(Course(course))
    config.write_text("c = get_config()\nc.Attempts.counts = 'first'\n")
    with pytest.raises(CourseError, match="It is 'last' or 'best'"):
        counting_attempt(Course(course))


@pytest.mark.slow
def test_the_commands_keep_attempts_and_let_the_best_count(graded, tmp_path):
    """Dora mends her work, then spoils it: the second of three attempts counts, and the report follows the hint."""
    course = shutil.copytree(graded, tmp_path / "course", symlinks=True)
    with (course / "nbgrader_config.py").open("a") as config:
        config.write("c.Attempts.counts = 'best'\n")
    for student in students_of(Course(course), NAME):
        if student not in ("ada", "dora", "leo"):
            shutil.rmtree(course / "submitted" / student)
    for attempt, other in enumerate(("ada", "leo"), 2):
        work = (graded / "submitted" / other / NAME / FILE).read_bytes()
        folder = write_folder(tmp_path / f"up{attempt}", {"dora_x.ipynb": work})
        assert "1 replaced" in call(course, "collect", NAME, str(folder), "--replace")
        output = call(course, "grade", NAME)
    assert "an earlier attempt counts, since it has more points (1): dora" in output
    assert [(1, 85.0, False), (2, 100.0, True), (3, 0.0, False)] == [
        (attempt.number, attempt.report.score, attempt.counts)
        for attempt in list_attempts(Course(course), "dora", NAME)]
    grades, _ = class_grades(Course(course), NAME)
    assert 100.0 == grades["dora"].score
    call(course, "report", NAME, "--json", "report.json")
    hints = json.loads((course / "report.json").read_bytes())["attempts"]
    assert (2, 1) == (hints["pairs"], hints["kinds"]["mistake"]["gone"])
    assert "attempt 3; a better one counts" in call(course, "collect", NAME, str(folder), "--replace")
