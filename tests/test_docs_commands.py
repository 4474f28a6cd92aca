"""The documents for instructors: every command of them is run as it is written, on files as the platforms make them."""

import csv
import shlex
import shutil
import subprocess
import zipfile
from contextlib import chdir

import pytest
from click.testing import CliRunner

from autograder import demo
from autograder.cli import main
from autograder.course.course import Course
from tests.helpers import pupils
from tests.helpers.collecting import write_zip
from tests.helpers.courses import ENVIRONMENT, NAME, ROOT
from tests.helpers.docs import commands_of, files_of
from tests.helpers.platforms import (
    Person,
    canvas_gradebook,
    canvas_name,
    canvas_receivers,
    moodle_folder,
    moodle_receivers,
    moodle_worksheet,
    write_csv,
)

pytestmark = pytest.mark.slow

#: Of the class of each platform: the last is late.
CLASS = [Person("ada", "Ada", "Lovelace", 101, 7001, 5001),
         Person("dora", "Dora", "O'Neil", 102, 7002, 5002, late=True)]


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A course with nothing but source/ and settings, and the notebooks of two students by their names."""
    course = demo.make_course(Course(ROOT), tmp_path_factory.mktemp("docs") / "course").root
    for other in course.glob("source/*"):
        if other.name != NAME:
            shutil.rmtree(other)
    made = shutil.copytree(course, tmp_path_factory.mktemp("made") / "course")
    run(made, f"autograder release {NAME}")
    demo.make_class(Course(made), NAME, {one.login: pupils.PUPILS[one.login] for one in CLASS})
    notebooks = {one.login: (made / "submitted" / one.login / NAME / f"{NAME}.ipynb").read_bytes() for one in CLASS}
    return course, notebooks


@pytest.fixture
def course(empty, tmp_path):
    """A copy of that course."""
    return shutil.copytree(empty[0], tmp_path / "course")


@pytest.fixture
def notebooks(empty):
    """What the students hand in."""
    return empty[1]


def run(course, commands):
    """Run a block of commands as it is written, and return what they print.

    The autograder's commands run in this process, which saves two seconds each. Other blocks run in bash.
    """
    lines = [line for line in commands.splitlines() if line]
    if not all(line.startswith("autograder ") for line in lines):
        done = subprocess.run(
            ["bash", "-e"], input=commands, cwd=course, env=ENVIRONMENT, capture_output=True, text=True)
        assert 0 == done.returncode, f"{commands}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr
    said = ""
    with chdir(course):
        for line in lines:
            result = CliRunner().invoke(main, shlex.split(line)[1:])
            assert 0 == result.exit_code, f"{line}\n{result.output}\n{result.exception!r}"
            said += result.output
    return said


def run_section(course, heading, document="instructors.md"):
    """Run all commands below a heading; return what they print."""
    blocks = commands_of(document, heading)
    assert blocks
    return "".join(run(course, block) for block in blocks)


def names_in(path):
    """Return the names in a zip."""
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def grades_of(path, key, score):
    """Return the scores in a CSV file by student."""
    with path.open(encoding="utf-8-sig") as file:
        return {row[key]: row[score] for row in csv.DictReader(file)}


def test_canvas(course, notebooks):
    """With Canvas's gradebook and download, each student gets the page and the points."""
    gradebook = canvas_gradebook(course / "canvas-gradebook.csv", CLASS)
    gradebook.write_text(gradebook.read_text(encoding="utf-8").replace("Lab (77)", f"{NAME} (77)"), encoding="utf-8")
    write_zip(course / "canvas-submissions.zip", {
        canvas_name(one, f"{NAME}.ipynb"): notebooks[one.login] for one in CLASS})
    said = run_section(course, "Canvas")
    assert "late, says Canvas, but not by how much (1): dora" in said
    received, ignored = canvas_receivers(names_in(course / f"exports/{NAME}/feedback-canvas.zip"), CLASS)
    assert ({"ada", "dora"}, []) == (set(received), ignored)
    filled = grades_of(course / f"exports/{NAME}/canvas.csv", "SIS Login ID", f"{NAME} (77)")
    assert ("100", "85") == (filled["ada"], filled["dora"])
    assert f"{NAME}/{NAME}.ipynb" in names_in(course / f"{NAME}.zip")


def test_moodle(course, notebooks):
    """With Moodle's worksheet and download, each student gets the page and the points, and times are known."""
    moodle_worksheet(course / "moodle-worksheet.csv", CLASS)
    write_zip(course / "moodle-submissions.zip", {
        f"{moodle_folder(one)}/{NAME}.ipynb": notebooks[one.login] for one in CLASS})
    run_section(course, "Moodle")
    received, ignored = moodle_receivers(names_in(course / f"exports/{NAME}/feedback-moodle.zip"), CLASS)
    assert ({"ada", "dora"}, []) == (set(received), ignored)
    filled = grades_of(course / f"exports/{NAME}/moodle.csv", "E-Mail-Adresse", "Bewertung")
    assert [100.0, 85.0] == [float(filled[one.address].replace(",", ".")) for one in CLASS]
    assert "2026" in (course / "submitted/ada" / NAME / "timestamp.txt").read_text()


def test_gradescope(course):
    """The two zips are written: one for students, one for Gradescope."""
    run_section(course, "Gradescope")
    assert not [name for name in names_in(course / f"{NAME}.zip") if "tasks.py" in name]
    assert "run_autograder" in names_in(course / f"exports/{NAME}/gradescope-autograder.zip")


def test_a_plain_folder(course, notebooks):
    """With a CSV file and a folder of notebooks, pages and grades are where the document says."""
    write_csv(course / "class.csv", [["id", "first_name", "last_name", "email"], ["ada", "Ada", "Lovelace", ""],
                                     ["dora", "", "", ""]])
    (course / "inbox/dora").mkdir(parents=True)
    (course / "inbox/ada.ipynb").write_bytes(notebooks["ada"])
    (course / f"inbox/dora/{NAME}.ipynb").write_bytes(notebooks["dora"])
    run_section(course, "A plain folder")
    assert {"ada": "100.0", "dora": "85.0"} == grades_of(course / f"exports/{NAME}/grades.csv", "student_id", "score")
    assert (course / f"feedback/dora/{NAME}/{NAME}.html").is_file()
    assert (course / f"reports/{NAME}.html").is_file()


def test_deadlines(course, notebooks):
    """A due date, the plugin of the document, and an extension: points come back for the one who has it."""
    for one in CLASS:
        folder = course / "submitted" / one.login / NAME
        folder.mkdir(parents=True)
        (folder / f"{NAME}.ipynb").write_bytes(notebooks[one.login])
        (folder / "timestamp.txt").write_text("2026-11-27 18:30:00 UTC\n")
    run(course, f"autograder release {NAME}")
    run_section(course, "A due date", "deadlines.md")
    _, plugin, setting = files_of("deadlines.md", "A late penalty")
    (course / "late_rules.py").write_text(plugin)
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(setting)
    run_section(course, "A late penalty", "deadlines.md")

    def scores():
        run(course, f"autograder export csv {NAME}")
        return grades_of(course / f"exports/{NAME}/grades.csv", "student_id", "score")

    assert {"ada": "90.0", "dora": "76.5"} == scores()
    assert "1 graded, 1 unchanged" in run_section(course, "An extension for one student", "deadlines.md")
    assert {"ada": "100.0", "dora": "76.5"} == scores()
