"""A course is found from any folder in it, and read once by each command."""

import pickle
import shutil

import pytest
from click.testing import CliRunner

from autograder.cli import main
from autograder.course import course as module
from autograder.course.course import Course
from autograder.course.settings import Secret
from autograder.errors import CourseError
from tests.helpers.courses import NAME, ROOT


@pytest.fixture
def counts(graded, tmp_path, monkeypatch):
    """How often this process runs the settings and loads an assignment, in a copy of a graded course."""
    counts = {"read_config": 0, "load_assignment": 0}

    def count(name):
        original = getattr(module, name)

        def counting(*arguments):
            counts[name] += 1
            return original(*arguments)

        monkeypatch.setattr(module, name, counting)

    for name in counts:
        count(name)
    monkeypatch.chdir(shutil.copytree(graded, tmp_path / "course"))
    return counts


@pytest.mark.parametrize("command", [
    ("release", NAME), ("grade", NAME, "--student", "ada", "--all", "--jobs", "1"), ("feedback", NAME),
    ("report", NAME), ("export", "json", NAME), ("export", "gradescope-zip", NAME),
])  # fmt: skip
def test_a_command_reads_the_course_once(counts, command):
    """The settings run at most once, and the assignment is loaded at most once."""
    result = CliRunner().invoke(main, command)
    assert result.exit_code in (0, 1), result.output
    assert counts["read_config"] <= 1 and counts["load_assignment"] <= 1
    assert any(counts.values())


def test_a_course_is_found_from_below(tmp_path):
    """The nearest folder upwards with nbgrader_config.py is the course."""
    (tmp_path / "nbgrader_config.py").touch()
    below = tmp_path / "source" / "a"
    below.mkdir(parents=True)
    assert Course.find(below).root == tmp_path.resolve()


def test_outside_of_a_course_is_said(tmp_path):
    """Without that file upwards: one line that names it."""
    with pytest.raises(CourseError, match=r"Go to the folder that holds nbgrader_config\.py"):
        Course.find(tmp_path)


@pytest.mark.parametrize("name", ["a?b", "[x]", "st*r"])
def test_a_path_that_is_a_pattern_is_refused(tmp_path, name):
    """nbgrader takes these characters for a pattern, and SQLite's address ends at a question mark."""
    (tmp_path / name).mkdir()
    (tmp_path / name / "nbgrader_config.py").touch()
    with pytest.raises(CourseError, match="Rename the folder"):
        Course.find(tmp_path / name)


def test_a_course_travels_as_its_root():
    """A pickled course is its root; the other process reads it for itself."""
    course = Course(ROOT)
    course.assignment(NAME)
    assert len(pickle.dumps(course)) < 200
    assert ROOT == pickle.loads(pickle.dumps(course)).root


def test_the_secret_is_the_environments_the_files_or_the_assignments_name(tmp_path, monkeypatch):
    """Looked for in this order."""
    monkeypatch.delenv("AUTOGRADER_SECRET", raising=False)
    assert Secret("a1", False) == Course(tmp_path).secret_for("a1")
    (tmp_path / ".autograder-secret").write_text("mine\n")
    assert Secret("mine", True) == Course(tmp_path).secret_for("a1")
    monkeypatch.setenv("AUTOGRADER_SECRET", "other")
    assert Secret("other", True) == Course(tmp_path).secret_for("a1")


def test_places_are_nbgraders(tmp_path):
    """Folders are where nbgrader looks for them."""
    course = Course(tmp_path)
    places = [course.source("a"), course.release("a"), course.submitted("s", "a"), course.autograded("s", "a"),
              course.feedback("s", "a"), course.reports("a").folder]
    assert ["source/a", "release/a", "submitted/s/a", "autograded/s/a", "feedback/s/a", "reports/a"] == [
        str(place.relative_to(tmp_path.resolve())) for place in places]


@pytest.mark.parametrize("name", ["hw+1", "hw[1]", "hw*", "hw?", "../x", ".hidden", "hw\n1"])
def test_a_name_that_nbgrader_cannot_take_is_one_line(tmp_path, name):
    """An assignment's folder that was named by hand: one sentence with the remedy, from each command."""
    course = Course(tmp_path)
    with pytest.raises(CourseError, match=r"nbgrader cannot work with the name.* Rename the folder and its notebook"):
        course.assignment(name)


def test_a_module_beside_the_configuration_can_be_imported(tmp_path):
    """nbgrader finds modules in the course's folder; so does this, whatever the working folder is."""
    (tmp_path / "rules_of_this_course.py").write_text("LIMIT = 7\n")
    (tmp_path / "nbgrader_config.py").write_text(
        "from rules_of_this_course import LIMIT\nc = get_config()\nc.Execute.timeout = LIMIT\n")
    assert 7 == Course(tmp_path).config.Execute.timeout
