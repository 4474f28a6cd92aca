"""Fixtures of all tests: the assignment, sessions with a student's functions, a class before and after grading."""

import importlib
import linecache
import os
import shutil
import sys

import hypothesis
import pytest

import public_tests
from autograder import demo
from autograder.course.course import Course
from autograder.course.public_cases import support_files
from autograder.course.reference import mutate
from autograder.nbgrader_bridge import release
from autograder.notebooks import finding, reading
from autograder.sandbox.local import LocalSession
from tests.helpers.courses import LATE, NAME, ROOT, change, run, write

# the same examples on every run, however slow the machine: HYPOTHESIS_PROFILE=explore looks for new ones
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None,
                                     suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("explore", deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


@pytest.fixture(scope="session")
def assignment():
    """Return the first assignment of this course."""
    return Course(ROOT).assignment(NAME)


@pytest.fixture(scope="module")
def beside():
    """Import a module that is beside the lessons to read; assignments have modules of the same names."""
    folder = ROOT / "notebooks"
    names = {path.stem for path in folder.glob("*.py")}
    before = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    sys.path.insert(0, str(folder))
    yield importlib.import_module
    sys.path.remove(str(folder))
    for name in names:
        sys.modules.pop(name, None)
    sys.modules.update(before)


@pytest.fixture
def session_with(assignment):
    """Return a function that makes a session with these sources; the reference solution fills the other tasks."""

    def make(missing=(), **sources):
        namespace = assignment.reference.run_imports()
        for name, source in {**assignment.reference.sources, **sources}.items():
            if name not in missing:
                exec(compile(source, f"<cell {name}>", "exec"), namespace)
        return LocalSession(namespace)

    return make


@pytest.fixture
def wrong_source(assignment):
    """Return a function that gives the reference source of a task, with a catalogued mistake or a replacement."""

    def make(task, mistake=None, replace=None):
        source = assignment.reference.sources[task]
        if mistake:
            source = mutate(source, next(m for m in assignment.tasks[task].mistakes if m.id == mistake))
        for old, new in (replace or {}).items():
            assert old in source
            source = source.replace(old, new)
        return source

    return make


# ---- the learner's check -----------------------------------------------------------------------------------


@pytest.fixture
def release_folder(assignment, tmp_path, monkeypatch):
    """A folder with the files beside a student's notebook; the working directory."""
    for name, data in support_files(assignment).items():
        (tmp_path / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def said(assignment, release_folder, capsys):
    """Return the stdout and stderr of `check` on a function made from a source."""

    def check(task, source):
        namespace = {**assignment.reference.functions, **assignment.reference.run_imports()}
        linecache.cache["<cell>"] = (len(source), None, source.splitlines(keepends=True), "<cell>")  # as in a notebook
        exec(compile(source, "<cell>", "exec"), namespace)
        public_tests.check(namespace[task])
        return capsys.readouterr()

    return check


@pytest.fixture
def examined(monkeypatch):
    """Return what `examine` says of any assignment's task, its solution changed; white space is made even."""

    def examine(name, task, *changes):
        assignment, folder = Course(ROOT).assignment(name), ROOT / "release" / name
        source = assignment.reference.sources[task]
        for old, new in changes:
            assert old in source
            source = source.replace(old, new)
        monkeypatch.syspath_prepend(str(folder))
        cases = public_tests.read_cases((folder / public_tests.CASES).read_text(encoding="utf-8"))
        namespace = dict(assignment.reference.namespace)
        linecache.cache["<cell>"] = (len(source), None, source.splitlines(keepends=True), "<cell>")
        exec(compile(source, "<cell>", "exec"), namespace)
        passed, lines = public_tests.examine(namespace[task], cases[task], cases)
        assert not passed
        return " ".join(" ".join(lines).split())

    return examine


# ---- a class ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def ungraded(tmp_path_factory):
    """Return the root of a course with a release, a due date, and an ungraded class."""
    course = demo.make_course(Course(ROOT), tmp_path_factory.mktemp("classroom") / "course").root
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(LATE)
    release.release_assignment(Course(course), NAME)
    change(course, "UPDATE assignment SET duedate = '2026-01-10 12:00:00.000000'")
    assignment = Course(course).assignment(NAME)
    no_ba = next(m for m in assignment.tasks["rnn_cell_forward"].mistakes if m.id == "no_ba")
    sources = assignment.reference.sources

    def filled(**changes):
        nb = reading.read_notebook(course / "release" / NAME / f"{NAME}.ipynb")
        demo.fill(nb, {**sources, **changes})
        return nb

    write(course, "ada", filled())
    write(course, "dora", filled(rnn_cell_forward=mutate(sources["rnn_cell_forward"], no_ba)))
    write(course, "leo", reading.read_notebook(course / "release" / NAME / f"{NAME}.ipynb"))
    on_time = write(course, "onno", filled())
    (on_time / "timestamp.txt").write_text("2026-01-10 11:59:59 UTC")
    late = write(course, "lara", filled())
    (late / "timestamp.txt").write_text("2026-01-10 13:00:00 Europe/Berlin")
    (write(course, "lisa", filled()) / "timestamp.txt").write_text("2026-01-11 12:00:01 UTC")
    (write(course, "odd", filled()) / "timestamp.txt").write_text("the day before yesterday")
    nb = filled()
    nb.cells.append(finding.find_cell(nb, "rnn_cell_forward_tests"))
    write(course, "copied", nb)
    write(course, "garbage", b"this is no notebook")
    for i in range(4):
        write(course, f"more-{i}", filled())
    return course


@pytest.fixture(scope="session")
def graded(ungraded, tmp_path_factory):
    """Return the root of a copy of that course, graded in one run."""
    course = shutil.copytree(ungraded, tmp_path_factory.mktemp("graded") / "course")
    run(course, "autograder", "grade", NAME, code=1)  # 1: garbage is not graded
    return course
