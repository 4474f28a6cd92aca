"""What the tests share: the course, its assignment, and sessions that hold a student's functions."""

from pathlib import Path

import pytest

from autograder.jail.local import LocalSession
from autograder.oracle import load_assignment, mutate

ROOT = Path(__file__).parent.parent
NAME = "rnn-step-by-step"


@pytest.fixture(scope="session")
def assignment():
    return load_assignment(ROOT, NAME)


@pytest.fixture
def session_with(assignment):
    """A session whose student wrote these sources; the instructor's stand for the tasks not named."""

    def make(missing=(), **sources):
        namespace = {}
        exec(assignment.oracle.imports, namespace)
        for name, source in {**assignment.oracle.sources, **sources}.items():
            if name not in missing:
                exec(compile(source, f"<cell {name}>", "exec"), namespace)
        return LocalSession(namespace)

    return make


@pytest.fixture
def wrong_source(assignment):
    """The instructor's source of a task with a catalogued mistake in it, or with a replacement made."""

    def make(task, mistake=None, replace=None):
        source = assignment.oracle.sources[task]
        if mistake:
            source = mutate(source, next(m for m in assignment.tasks[task].mistakes if m.id == mistake))
        for old, new in (replace or {}).items():
            assert old in source
            source = source.replace(old, new)
        return source

    return make
