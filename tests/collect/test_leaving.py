"""A student who leaves the class: everything moves to dropped/, and nothing is lost."""

import errno
import json
import shutil

import pytest
from click.testing import CliRunner
from nbgrader.api import Gradebook

from autograder import exports
from autograder.cli import main
from autograder.collect import leaving
from autograder.course.course import Course
from autograder.platforms import Participant, PlatformRecord, Received, load_record, save_record
from tests.helpers.courses import NAME, change, rows


@pytest.fixture
def course(graded, tmp_path, monkeypatch):
    """Return the root of a copy of the graded class, as the working folder."""
    root = shutil.copytree(graded, tmp_path / "course", symlinks=True)
    monkeypatch.chdir(root)
    return root


def autograder(*words, code=0, typed=None):
    """Run a command of the autograder in this process, check its exit code, and return its output."""
    result = CliRunner().invoke(main, list(map(str, words)), input=typed)
    assert code == result.exit_code, result.output + repr(result.exception)
    return result.output


def traces(course, student):
    """Return the files and folders, outside of dropped/, that have a student's name."""
    found = [path.relative_to(course).as_posix() for path in course.rglob(f"{student}*")]
    return [path for path in found if not path.startswith("dropped/")]


def test_a_dropped_student_is_nowhere_and_everything_is_kept(course):
    """Folders, report, record and gradebook row are gone; the work, the grade and a manual score are in dropped/."""
    change(course, "UPDATE grade SET manual_score = 3.5 WHERE id IN (SELECT g.id FROM grade g "
           "JOIN submitted_notebook n ON n.id = g.notebook_id "
           "JOIN submitted_assignment s ON s.id = n.assignment_id WHERE s.student_id = 'dora')")
    participants = {"dora": Participant("7001"), "ada": Participant("7002")}
    save_record(course, NAME, PlatformRecord(participants, {"dora": Received("moodle", "7001")}))
    shutil.copytree(course / "submitted" / "dora", course / "attempts" / "dora")
    work = (course / "submitted" / "dora" / NAME / f"{NAME}.ipynb").read_bytes()
    before = rows(course)
    autograder("drop", "dora", "--yes")
    assert [] == traces(course, "dora")
    assert {"ada"} == load_record(course, NAME).participants.keys() and {} == load_record(course, NAME).received
    for table, kept in rows(course).items():
        assert [row for row in before[table] if row[0] != "dora"] == kept
    dropped = course / "dropped" / "dora"
    assert work == (dropped / "submitted" / NAME / f"{NAME}.ipynb").read_bytes()
    assert work == (dropped / "attempts" / NAME / f"{NAME}.ipynb").read_bytes()
    assert (dropped / "autograded" / NAME / f"{NAME}.ipynb").is_file()
    assert NAME == json.loads((dropped / "reports" / f"{NAME}.json").read_bytes())["assignment"]
    person = json.loads((dropped / "student.json").read_bytes())
    assert {3.5} == {cell["manual_score"] for cell in person["grades"][NAME]["cells"].values()}
    assert "7001" == person["platforms"][NAME]["participant"]["number"]
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:  # nbgrader finds no loose ends
        assert "dora" not in [student.id for student in gradebook.students]
        assert all(submission.student.id for submission in gradebook.assignment_submissions(NAME))
    grades, gone = exports.class_grades(Course(course), NAME)
    assert "dora" not in grades and [] == gone


def test_nothing_changes_without_a_yes(course):
    """The command says what would move, and asks; no, or no answer, changes nothing."""
    before = rows(course)
    output = autograder("drop", "dora", code=1, typed="n\n")
    assert "dora: submitted, autograded; rnn-step-by-step: 85" in output and "nothing was changed" in output
    autograder("drop", "dora", code=1, typed="")
    assert before == rows(course) and (course / "submitted" / "dora").is_dir() and not (course / "dropped").exists()


@pytest.mark.parametrize("student", ["nobody", "..", "", "../course", "*"])
def test_nobody_is_dropped_by_a_wrong_id(course, student):
    """An unknown id, and one that is a path, are refused before anybody else is dropped."""
    assert "nobody is called" in autograder("drop", "ada", student, "--yes", code=2)
    assert (course / "submitted" / "ada").is_dir() and not (course / "dropped").exists()


def test_a_student_who_came_back_and_left_again_has_two_folders(course):
    """A second folder takes what came later; a drop-out of whom only a report is left can be dropped, too."""
    autograder("drop", "dora", "leo", "--yes")
    shutil.copytree(course / "dropped" / "dora" / "submitted", course / "submitted" / "dora")
    shutil.rmtree(course / "submitted" / "ada")
    shutil.rmtree(course / "autograded" / "ada")
    change(course, "DELETE FROM student WHERE id = 'ada'")
    autograder("drop", "dora", "ada", "--yes")
    assert ["ada", "dora", "dora-2", "leo"] == sorted(path.name for path in (course / "dropped").iterdir())
    assert [] == [trace for student in ("dora", "ada", "leo") for trace in traces(course, student)]


def test_a_drop_that_is_stopped_goes_on(course, monkeypatch):
    """A full disk at the second folder stops it in one line; the same command moves the rest, and nothing is lost."""
    work = (course / "submitted" / "dora" / NAME / f"{NAME}.ipynb").read_bytes()
    real, calls = shutil.move, []

    def fail_once(source, target):
        calls.append(source)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "No space left on device", str(target))
        return real(source, target)

    monkeypatch.setattr(leaving.shutil, "move", fail_once)
    assert "Make room, then run it again." in autograder("drop", "dora", "--yes", code=2)
    autograder("drop", "dora", "--yes")
    assert [] == traces(course, "dora")
    assert work == (course / "dropped" / "dora" / "submitted" / NAME / f"{NAME}.ipynb").read_bytes()
    assert (course / "dropped" / "dora-2" / "autograded").is_dir()
    assert 85.0 == json.loads((course / "dropped" / "dora" / "student.json").read_bytes())["grades"][NAME]["score"]
