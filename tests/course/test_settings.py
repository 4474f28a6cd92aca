"""Settings, secrets and files that cannot be used cause one line and exit code 2, and nothing is graded."""

import os
import shutil
import sys

import pytest
from click.testing import CliRunner

from autograder.cli import common, main
from autograder.cli.common import must_be_writable
from autograder.course.course import Course
from tests.helpers.courses import NAME


@pytest.fixture
def course(ungraded, tmp_path, monkeypatch):
    """A copy of the ungraded class, as the working folder."""
    course = shutil.copytree(ungraded, tmp_path / "course")
    monkeypatch.chdir(course)
    return course


def refused(*command):
    """Return the output of a command that is refused."""
    result = CliRunner().invoke(main, [*map(str, command)])
    assert (2, SystemExit) == (result.exit_code, type(result.exception)), result.exception
    return result.output


SETTINGS = {
    "c.CourseDirectory.db_url = 'ada:geheim@host'": "c.CourseDirectory.db_url: it is no address of a database",
    "c.CourseDirectory.db_url = 3": "c.CourseDirectory.db_url: it is no address of a database",
    "c.CourseDirectory.db_url = 'mysqll://ada:geheim@h/x'": "c.CourseDirectory.db_url: it is no address",
    "c.CourseDirectory.db_url = 'postgresql+pg8000://ada:geheim@h/x'": "its driver is missing (No module named 'pg80",
    "c.CourseDirectory.db_url = 'x": "nbgrader_config.py: line {}: SyntaxError: unterminated string",
    "nobody.knows = 1": "nbgrader_config.py: line {}: NameError: name 'nobody' is not defined",
    "raise SystemExit": "nbgrader_config.py: line {}: SystemExit",
    "c.AssignLatePenalties.plugin_class = 'of.nobody.Late'": "c.AssignLatePenalties.plugin_class cannot be used",
    "c.AssignLatePenalties.plugin_class = 'autograder.hooks.Judge'": "c.AssignLatePenalties.plugin_class cannot be",
    "c.Autograde.autograde_preprocessors = ['autograder.hooks.Judge', 'no.such.Step']":
        "c.Autograde.autograde_preprocessors names 'no.such.Step', which cannot be imported (No module named 'no')",
    "c.LimitOutput.max_lines = 'many'": "LimitOutput cannot be made (TraitError",
    "c.Judge.isolation = 'strickt'": "c.Judge.isolation is 'strickt'. It is one of best, strict, process, bubblewrap",
    "c.Judge.isolation = 3": "c.Judge.isolation is 3",
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_bad_setting_is_one_line(course, setting):
    """The line names the setting or its place and quotes no password. No submission is graded."""
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(setting + "\n")
    lines = len((course / "nbgrader_config.py").read_text().splitlines())
    out = refused("grade", NAME)
    (said,) = [line for line in out.splitlines() if line.startswith("autograder: ")]
    assert SETTINGS[setting].format(lines) in said
    assert "geheim" not in out and "Traceback" not in out and {} == Course(course).reports(NAME).load_all()


def test_a_level_that_this_machine_has_not_is_one_line(course, monkeypatch):
    """A level in the configuration is refused at once, as the option is, not once for each submission."""
    with (course / "nbgrader_config.py").open("a") as config:
        config.write("c.Judge.isolation = 'strict'\n")
    monkeypatch.setattr("autograder.sandbox.isolation.bubblewrap_problem", lambda: "it is not here")
    assert "isolation 'bubblewrap' is not available: it is not here" in refused("grade", NAME)
    assert {} == Course(course).reports(NAME).load_all()


@pytest.mark.parametrize("content", [b"\xff\xfes\0", None])
def test_a_secret_that_cannot_be_read_is_one_line(course, monkeypatch, content):
    """A secret in UTF-16, or a folder of that name, is named in one line."""
    monkeypatch.delenv("AUTOGRADER_SECRET", raising=False)
    path = course / ".autograder-secret"
    path.mkdir() if content is None else path.write_bytes(content)
    out = refused("grade", NAME)
    assert ".autograder-secret: cannot be read" in out and 1 == len(out.splitlines())


@pytest.mark.parametrize(("name", "option"), [
    ("grade", "--json"), ("report", "--json"), ("report", "--output"), ("audit", "--json"),
])  # fmt: skip
def test_a_file_that_could_not_be_written_is_refused_first(course, name, option):
    """A file that cannot be written is refused before anything is graded."""
    (course / "file").write_text("")
    for target in (course / "none" / "x.json", course / "file" / "x.json"):
        assert option in refused(name, NAME, option, target)
    assert {} == Course(course).reports(NAME).load_all()


def test_a_folder_that_takes_no_file_is_found_out(tmp_path, monkeypatch):
    """Whether a folder takes files is tried, not read from its mode, as on a read-only disk."""
    def refuse(*args, **more):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(common.tempfile, "TemporaryFile", refuse)
    with pytest.raises(Exception, match=r"cannot be written \(Read-only file system\)"):
        must_be_writable("--json", tmp_path / "x.json")


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes")
def test_a_stream_is_written_to_and_not_replaced(tmp_path):
    """With --json /dev/stdout, or a named pipe, the stream stays and gets the whole file."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    must_be_writable("--json", pipe)
    common.write_json(pipe, {"a": 1})
    assert (b'{\n "a": 1\n}', True) == (os.read(reader, 100), pipe.is_fifo())
    os.close(reader)


def test_an_error_of_a_file_is_one_line(course, monkeypatch):
    """A path that cannot be read or written is named, without a traceback."""
    def fail(*args):
        raise PermissionError(13, "Permission denied", "/etc/shadow")

    monkeypatch.setattr("autograder.course.course.load_assignment", fail)
    assert "autograder: /etc/shadow: Permission denied." in refused("collect", NAME, course)
