"""Scratch courses for tests that run the real commands on them."""

import json
import os
import signal
import subprocess
import sys
from contextlib import chdir
from datetime import datetime
from pathlib import Path

from click.testing import CliRunner
from sqlalchemy import create_engine, text

from autograder.cli import main

#: The course in this repository, and its first assignment.
ROOT = Path(__file__).parents[2]
NAME = "rnn-step-by-step"

ENVIRONMENT = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])}

#: A line for a course's configuration: late submissions get no points.
LATE = "c.LateSubmissionPlugin.penalty_method = 'zero'\n"

#: Queries for the content of a gradebook, without the ids that each database generates.
ROWS = {
    "submissions": """
        SELECT s.student_id, s.timestamp, s.extension, n.late_submission_penalty, n.flagged
        FROM submitted_assignment s JOIN submitted_notebook n ON n.assignment_id = s.id""",
    "grades": """
        SELECT s.student_id, c.name, g.auto_score, g.manual_score, g.extra_credit, g.needs_manual_grade
        FROM grade g JOIN base_cell c ON c.id = g.cell_id JOIN submitted_notebook n ON n.id = g.notebook_id
        JOIN submitted_assignment s ON s.id = n.assignment_id""",
    "comments": """
        SELECT s.student_id, c.name, m.auto_comment, m.manual_comment
        FROM comment m JOIN base_cell c ON c.id = m.cell_id JOIN submitted_notebook n ON n.id = m.notebook_id
        JOIN submitted_assignment s ON s.id = n.assignment_id""",
    "students": "SELECT id, first_name, last_name, email FROM student",
}


def run(course, *command, code=0):
    """Run a command in a course, check its exit code, and return its output."""
    done = subprocess.run(command, cwd=course, env=ENVIRONMENT, capture_output=True, text=True, timeout=300)
    assert code == done.returncode, done.stdout + done.stderr
    return done.stdout + done.stderr


def call(course, *command, code=0):
    """Run a command of the autograder's in this process, which saves a second of CPU, and return its output."""
    with chdir(course):
        result = CliRunner().invoke(main, list(map(str, command)))
    assert code == result.exit_code, f"{result.output}\n{result.exception!r}"
    return result.output


def write(course, student, nb, name=NAME):
    """Write a submission, a notebook or any bytes, and return its folder."""
    folder = course / "submitted" / student / NAME
    folder.mkdir(parents=True, exist_ok=True)
    data = nb if isinstance(nb, bytes) else json.dumps(nb).encode()  # unchanged: nbformat would repair it
    (folder / f"{name}.ipynb").write_bytes(data)
    return folder


def rows(course, url=None):
    """Return the gradebook's rows on submissions, sorted, by table."""
    engine = create_engine(url or f"sqlite:///{course / 'gradebook.db'}")
    try:
        with engine.connect() as db:
            return {name: sorted((tuple(map(plain, row)) for row in db.execute(text(query))), key=repr)
                    for name, query in ROWS.items()}
    finally:
        engine.dispose()


def penalty_and_time(course, student):
    """Return a submission's late penalty and its time in the gradebook."""
    return next((row[3], row[1]) for row in rows(course)["submissions"] if row[0] == student)


def plain(value):
    """Return a value as SQLite stores it, for any database."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    return int(value) if isinstance(value, bool) else value


def change(course, statement, **values):
    """Change a course's gradebook directly, as Formgrader does."""
    engine = create_engine(f"sqlite:///{course / 'gradebook.db'}")
    with engine.begin() as db:
        assert db.execute(text(statement), values).rowcount
    engine.dispose()


def start(course, *options, limit=None):
    """Start `autograder grade` in the background. It accepts Ctrl-C, which a shell switches off for `&`."""

    def prepare():
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if limit:
            limit()

    return subprocess.Popen(
        ("autograder", "grade", NAME, *options), cwd=course, env=ENVIRONMENT, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=prepare)
