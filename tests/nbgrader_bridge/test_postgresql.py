"""A gradebook in PostgreSQL, on a real server that the tests start, equals one in SQLite."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from autograder.notebooks import finding, reading
from tests.helpers.changing import essay
from tests.helpers.courses import NAME, call, rows, run, start

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
#: Debian keeps it in a folder that is not on every PATH.
RUNUSER = shutil.which("runuser", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"]))
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not BINARIES, reason="no PostgreSQL server here: apt-get install postgresql"),
    pytest.mark.skipif(os.getuid() == 0 and RUNUSER is None, reason="root needs the program runuser (util-linux)"),
]


@pytest.fixture(scope="module")
def server():
    """Start an empty PostgreSQL server and yield its address."""
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))  # pytest's own folder is closed to other users
    as_user = ()
    if os.getuid() == 0:  # the server refuses to run as root
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        as_user = (RUNUSER, "-u", "postgres", "--")
    subprocess.run([*as_user, BINARIES[-1] / "initdb", "-D", folder / "data", "-U", "grader", "-A", "trust"],
                   check=True, capture_output=True, cwd="/")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = subprocess.Popen(
        [*as_user, BINARIES[-1] / "postgres", "-D", folder / "data", "-p", str(port), "-k", folder, "-h", "127.0.0.1"],
        cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(100):
        ready = subprocess.run([BINARIES[-1] / "pg_isready", "-h", "127.0.0.1", "-p", str(port)], capture_output=True)
        if ready.returncode == 0:
            break
        time.sleep(0.1)
    yield f"postgresql+psycopg://grader@127.0.0.1:{port}/"
    running.terminate()
    running.wait(timeout=30)
    shutil.rmtree(folder)


@pytest.fixture
def course(ungraded, server, tmp_path):
    """Return the ungraded class with a new database on that server, and the address of the database."""
    import psycopg

    course = shutil.copytree(ungraded, tmp_path / "course", ignore=shutil.ignore_patterns("gradebook.db"))
    name = f"course_{tmp_path.name}"
    with psycopg.connect(server.replace("+psycopg", "") + "postgres", autocommit=True) as db:
        db.execute(f'CREATE DATABASE "{name}"')
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(f"c.CourseDirectory.db_url = {server + name!r}\n")
    call(course, "release", NAME)
    with psycopg.connect(server.replace("+psycopg", "") + name) as db:
        db.execute("UPDATE assignment SET duedate = '2026-01-10 12:00:00'")
    return course, server + name


def test_the_gradebook_is_row_by_row_that_of_sqlite(graded, course):
    """The same class, the same rows: scores, flags, comments, penalties, timestamps."""
    folder, url = course
    call(folder, "grade", NAME, code=1)
    assert rows(graded) == rows(folder, url)
    assert not (folder / "gradebook.db").exists()


def test_a_second_run_does_nothing_and_nbgrader_goes_on_from_there(course):
    """A second run finds everything unchanged; nbgrader's own autograde works on the same database."""
    folder, url = course
    call(folder, "grade", NAME, "--student", "ada", "--student", "dora")
    assert "2 unchanged" in call(folder, "grade", NAME, "--student", "ada", "--student", "dora")
    before = rows(folder, url)
    run(folder, "nbgrader", "autograde", NAME, "--student", "dora", "--force")
    assert before == rows(folder, url)


def test_two_graders_at_once_lose_nothing(graded, course):
    """Two commands that add the same students at once both succeed, with the rows of one run."""
    folder, url = course
    both = [start(folder, "--all") for _ in range(2)]
    for runner in both:
        out, _ = runner.communicate(timeout=300)
        assert 1 == runner.returncode, out
    assert rows(graded) == rows(folder, url)


def test_cells_change_after_hand_in(course):
    """A task dropped and a question added: the rows are there, and both commands grade with them."""
    folder, url = course
    call(folder, "grade", NAME, "--student", "ada")
    path = folder / "source" / NAME / f"{NAME}.ipynb"
    nb = reading.read_notebook(path)
    nb.cells = [cell for cell in nb.cells if finding.nbgrader_metadata(cell).get("grade_id") not in (
        "lstm_backward", "lstm_backward_tests")]
    nb.cells.append(essay())
    reading.write_notebook(nb, path)
    assert "cell 'essay' added" in call(folder, "release", NAME, code=2)
    call(folder, "release", NAME, "--change-cells")
    call(folder, "grade", NAME, "--student", "ada")
    before = rows(folder, url)
    names = {row[1] for row in before["grades"]}
    assert "essay" in names and "lstm_backward_tests" not in names and len(names) == len(before["grades"])
    run(folder, "nbgrader", "autograde", NAME, "--student", "ada", "--force")
    assert before == rows(folder, url)


def test_a_server_that_is_not_there_is_one_line(course):
    """Exit code 2, the address without its password, and no traceback."""
    folder, _ = course
    with (folder / "nbgrader_config.py").open("a") as config:
        config.write("c.CourseDirectory.db_url = 'postgresql+psycopg://grader:geheim@127.0.0.1:9/course'\n")
    out = call(folder, "grade", NAME, code=2)
    assert "127.0.0.1:9" in out and "geheim" not in out and "Traceback" not in out
