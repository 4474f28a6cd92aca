"""The feedback pages of a class, written and released."""

import os
import re
import shutil
import signal
import stat
from html import unescape

import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from autograder import demo
from autograder.batch import feedback
from autograder.course.course import Course
from autograder.errors import CourseError, FeedbackError
from autograder.nbgrader_bridge import feedback as bridge
from autograder.nbgrader_bridge import release
from autograder.nbgrader_bridge.feedback import FeedbackPage
from autograder.notebooks import reading
from tests.helpers import pupils
from tests.helpers.courses import NAME, ROOT, call, change, run
from tests.helpers.feedback import shown

PUPILS = ("ada", "dora", "leo")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A graded class of three, as it came through the exchange, with its feedback written."""
    folder = demo.make_course(Course(ROOT), tmp_path_factory.mktemp("feedback") / "course").root
    release.release_assignment(Course(folder), NAME)
    demo.make_class(Course(folder), NAME, {pupil: pupils.PUPILS[pupil] for pupil in PUPILS})
    for pupil in PUPILS:
        (folder / "submitted" / pupil / NAME / "timestamp.txt").write_text("2026-11-20 12:00:00 UTC")
        (folder / "submitted" / pupil / NAME / "submission_secret.txt").write_text(f"secret of {pupil}")
    call(folder, "grade", NAME)
    problems = feedback.write_feedback(Course(folder), NAME, PUPILS)
    assert dict.fromkeys(PUPILS) == problems
    return folder


def resources_of(student, name):
    """Return the resources that nbgrader's converter gives an exporter."""
    return {"nbgrader": {"student": student, "assignment": name, "notebook": name}}


def written(course, student):
    return (course / "feedback" / student / NAME / f"{NAME}.html").read_text(encoding="utf-8")


def test_the_class_is_told_what_the_judge_found(course):
    """Points, the diagnosis for the one mistake, and nothing to mend for a right notebook."""
    assert "100 of 100 points" in shown(written(course, "ada")) and "Everything is right." in shown(
        written(course, "ada"))
    assert "85 of 100 points" in shown(written(course, "dora"))
    assert "a_next is what one gets without the bias ba." in shown(written(course, "dora"))
    assert "Nothing was filled in yet" in shown(written(course, "leo"))


def test_no_solution_and_no_hidden_test_is_handed_out(course, assignment):
    """The page of an untouched notebook has no line of a solution that is not in the release."""
    text = shown(written(course, "leo"))
    assert "award" not in text and "HIDDEN TESTS" not in text and "autograder" not in text
    nb = reading.read_notebook(course / "release" / NAME / f"{NAME}.ipynb")
    released = "\n".join(cell.source for cell in nb.cells)
    lines = {line.strip() for source in assignment.reference.sources.values() for line in source.splitlines()}
    secret = [line for line in lines if len(line) > 12 and line not in released]
    assert 40 < len(secret)
    assert [] == [line for line in secret if re.sub(r"\s+", " ", line) in unescape(text)]


def test_pages_are_where_nbgrader_looks_for_them(course):
    """Readable by all and writable by the owner, with the two files that release_feedback reads beside them."""
    folder = course / "feedback" / "dora" / NAME
    assert {f"{NAME}.html", "timestamp.txt", "submission_secret.txt"} == {path.name for path in folder.iterdir()}
    assert {0o644} == {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert "secret of dora" == (folder / "submission_secret.txt").read_text()


def records(folder, student):
    """Return the content of the files beside a student's page."""
    beside = [folder / "feedback" / student / NAME / name for name in ("timestamp.txt", "submission_secret.txt")]
    return [path.read_text() if path.exists() else None for path in beside]


@pytest.fixture
def changed(course, tmp_path):
    """Return a copy of the course, and the folder of a student whose secret is gone."""
    copy = shutil.copytree(course, tmp_path / "course")
    folder = copy / "submitted" / "dora" / NAME
    (folder / "submission_secret.txt").unlink()
    return copy, folder


@pytest.mark.parametrize("secret", [None, b"", b" \n", b"\xff\xfe", b"x" * 1000, "link"])
def test_a_student_without_a_secret_gets_one_of_nobodys(changed, secret):
    """release_feedback finds a secret for each page of a class from the exchange: never that of an earlier attempt."""
    copy, folder = changed
    if secret == "link":
        (folder / "submission_secret.txt").symlink_to(copy / "submitted" / "ada" / NAME / "submission_secret.txt")
    elif secret is not None:
        (folder / "submission_secret.txt").write_bytes(secret)
    assert (True, {"dora"}) == bridge.outside_exchange(Course(copy), NAME)
    feedback.write_feedback(Course(copy), NAME, PUPILS)
    time, made = records(copy, "dora")
    assert "2026-11-20 12:00:00 UTC" == time
    assert 64 < len(made) < 100 and made.startswith("outside-the-exchange-")
    assert ["2026-11-20 12:00:00 UTC", "secret of ada"] == records(copy, "ada")
    feedback.write_feedback(Course(copy), NAME, PUPILS)
    assert made == records(copy, "dora")[1]  # so that the page released before is replaced


def test_a_class_without_an_exchange_gets_pages_alone(changed):
    """Nobody has a secret: no file is written beside the page, and one of an earlier attempt goes."""
    copy, _ = changed
    for path in (copy / "submitted").glob("*/*/submission_secret.txt"):
        path.unlink()
    assert (False, set(PUPILS)) == bridge.outside_exchange(Course(copy), NAME)
    feedback.write_feedback(Course(copy), NAME, PUPILS)
    assert [["2026-11-20 12:00:00 UTC", None]] * 3 == [records(copy, pupil) for pupil in PUPILS]


def test_nbgrader_releases_the_page(course, tmp_path):
    """nbgrader release_feedback puts each page into the exchange under the submission's checksum."""
    from nbgrader.utils import notebook_hash

    run(course, "nbgrader", "release_feedback", NAME, f"--Exchange.root={tmp_path}", "--Exchange.assignment_dir=.")
    for pupil in PUPILS:
        checksum = notebook_hash(secret=f"secret of {pupil}", notebook_id=NAME)
        released = tmp_path / "rnn" / "feedback" / f"{checksum}.html"
        assert written(course, pupil) == released.read_text(encoding="utf-8")


def test_nbgraders_own_command_leaves_the_same(course):
    """nbgrader generate_feedback, behind Formgrader's button too, writes our pages and what is released with them."""
    before = {path: path.read_bytes() for path in (course / "feedback").rglob("*") if path.is_file()}
    assert 3 * len(PUPILS) == len(before)
    run(course, "nbgrader", "generate_feedback", NAME, "--force")
    assert before == {path: path.read_bytes() for path in before}
    assert {0o644} == {stat.S_IMODE(path.stat().st_mode) for path in before}


def test_a_notebook_without_tasks_of_ours_gets_nbgraders_page(course, tmp_path, monkeypatch):
    """Another assignment of the course is exported as nbconvert does."""
    from nbconvert.exporters import HTMLExporter

    monkeypatch.chdir(course)
    path = tmp_path / "essay.ipynb"
    reading.write_notebook(new_notebook(cells=[new_markdown_cell("My *answer*", id="answer")]), path)
    pages = [exporter().from_filename(str(path), resources_of("ada", "essay"))[0]
             for exporter in (FeedbackPage, HTMLExporter)]  # fmt: skip
    assert "My <em>answer</em>" in pages[0]
    assert pages[0] == pages[1]


def test_writing_again_gives_the_same_bytes(course):
    """The page depends on nothing but what is known of the submission."""
    before = written(course, "dora")
    feedback.write_feedback(Course(course), NAME, ["dora"])
    assert before == written(course, "dora")


def test_a_persons_points_and_words_reach_the_page(course):
    """Manual points and comments are shown the next time the page is written."""
    one = """WHERE cell_id = (SELECT id FROM base_cell WHERE name = '{}') AND notebook_id = (
        SELECT n.id FROM submitted_notebook n JOIN submitted_assignment s ON s.id = n.assignment_id
        WHERE s.student_id = 'leo')"""
    change(course, f"UPDATE grade SET manual_score = 4 {one.format('rnn_forward_tests')}")
    change(course, f"UPDATE comment SET manual_comment = 'Ask *me*.' {one.format('rnn_forward')}")
    feedback.write_feedback(Course(course), NAME, ["leo"])
    text = shown(written(course, "leo"))
    assert "4 of 100 points" in text and "Ask me." in text
    assert "A person gave 4 of 15 points, in place of the 0 given automatically." in text


def test_a_newer_submission_waits_for_its_own_page(course, monkeypatch):
    """Handed in again and not graded again: no page goes out under the new submission's secret, by neither command."""
    monkeypatch.chdir(course)
    path = course / "autograded" / "ada" / NAME / f"{NAME}.ipynb"
    stamp = course / "submitted" / "ada" / NAME / "timestamp.txt"
    before = stamp.read_text()
    stamp.write_text("2026-11-21 12:00:00 UTC")
    try:
        assert {"ada": "handed in again since it was graded"} == feedback.write_feedback(Course(course), NAME, ["ada"])
        with pytest.raises(FeedbackError, match="handed in again"):
            FeedbackPage().from_filename(str(path), resources_of("ada", NAME))
    finally:
        stamp.write_text(before)


def test_one_page_that_fails_does_not_stop_the_others(course, monkeypatch):
    """The problem is named for whom; the next student's page is written."""
    seen, real = [], bridge.make_page

    def failing(nb, report, *more):
        if report.student == "ada":
            raise KeyError("unforeseen")
        return real(nb, report, *more)

    monkeypatch.setattr(bridge, "make_page", failing)
    problems = feedback.write_feedback(Course(course), NAME, ["ada", "dora", "nobody"], lambda *both: seen.append(both))
    assert {"ada": "the page failed: KeyError: 'unforeseen'", "dora": None, "nobody": "not graded yet"} == problems
    assert seen == list(problems.items())


def test_several_processes_write_the_same_pages(course, monkeypatch):
    """A large class is written by more than one process: the same bytes, reported in the same order."""
    students, seen = ["ada", "dora", "nobody"], []
    paths = [course / "feedback" / student / NAME / f"{NAME}.html" for student in students[:2]]
    feedback.write_feedback(Course(course), NAME, students)
    before = [(path.read_bytes(), path.unlink()) for path in paths]
    monkeypatch.setattr(feedback, "MANY", 2)
    problems = feedback.write_feedback(Course(course), NAME, students, lambda *both: seen.append(both), jobs=2)
    assert before == [(path.read_bytes(), None) for path in paths]
    assert seen == list(problems.items()) == [("ada", None), ("dora", None), ("nobody", "not graded yet")]


def test_a_killed_process_is_one_line(course, monkeypatch):
    """A killed process that writes pages ends the command, which names the fix."""
    monkeypatch.setattr(feedback, "MANY", 2)
    monkeypatch.setattr(bridge, "make_page", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(CourseError, match=r"was killed\. Run it again"):
        feedback.write_feedback(Course(course), NAME, ["ada", "dora"], jobs=2)
