"""The sandbox: how long template cells may take."""

from autograder.sandbox import Limits, Sandbox
from tests.helpers.sandbox import notebook, texts

SLOW = "import time\nstart = time.process_time()\nwhile time.process_time() < start + 0.3: pass\nprint('slow')"
SHOW = "print(f())"
RIGHT, ENDLESS = "def f(): return 1", "def f():\n    while True: pass"


def test_a_slow_template_cell_gets_its_time():
    """A template cell may take a multiple of its time with the reference solution; a student's cell may not."""
    limits = Limits(cell_seconds=0.1, template_cell_seconds=0.1, submission_seconds=60.0)
    with Sandbox(limits) as sandbox:
        other = "x = 1\n" + SLOW
        times = sandbox.time_cells(notebook(SLOW, RIGHT, other), {})
        assert {SLOW, RIGHT, other} == times.keys() and times[SLOW] > 0.2 < times[other]
        for first in (SLOW, SLOW + "\n# mine"):
            with sandbox.open(notebook(first, RIGHT, other, SLOW + " "), {}, times) as session:
                one, _, three, own = session.cells
            assert [first != SLOW, False, True] == [bool(cell.problem) for cell in (one, three, own)]
            assert "slow\n" == texts(three)


def test_a_template_cell_that_loops_is_stopped_soon():
    """A cell that takes milliseconds with the reference solution times out sooner than a student's own cell."""
    limits = Limits(cell_seconds=30.0, template_cell_seconds=0.2, submission_seconds=120.0)
    with Sandbox(limits) as sandbox:
        times = sandbox.time_cells(notebook(RIGHT, SHOW), {})
        with sandbox.open(notebook(ENDLESS, SHOW, "2 + 2"), {}, times) as session:
            _, shown, own = session.cells
    allowed = max(0.2, round(100 * times[SHOW], 1))
    assert ("timed out", f"ran past {allowed:g} s") == (shown.problem.kind, shown.problem.text)
    assert "4" == texts(own)


def test_cells_are_timed_once(sandbox, monkeypatch):
    """The reference notebook runs once for a class. A cell that does not finish has no time."""
    forks, fork = [], sandbox.fork
    monkeypatch.setattr(sandbox, "fork", lambda *given: forks.append(given) or fork(*given))
    cells = notebook(RIGHT, "import os\nos._exit(0)", SHOW)
    first = sandbox.time_cells(cells, {})
    assert {RIGHT, SHOW} == first.keys()
    made = len(forks)
    assert first is sandbox.time_cells(list(cells), {})
    assert made == len(forks)


def test_another_notebooks_times_are_its_own(sandbox):
    """Times belong to the cells that ran, and to no cells of another notebook."""
    slow = SLOW + "\ny = 7"
    times = sandbox.time_cells(notebook(slow, "print(y)"), {})
    assert times[slow] > 0.1
    with sandbox.open(notebook("y = 1", "print(y)"), {}, times) as session:
        assert "1\n" == texts(session.cells[1])


def test_a_students_own_files_are_in_every_fork_of_that_session_alone(sandbox):
    """Modules can be imported and data read, also after a fork was lost; a library of the same name stays."""
    own = {"helpers.py": b"def f(): return 2", "data/x.txt": b"3", "package/__init__.py": b"", "json.py": b"1 / 0"}
    cells = notebook("import os, helpers, package, json", "os._exit(1)",
                     "def g(): return helpers.f() + int(open('data/x.txt').read())")
    with sandbox.open(cells, {"ours.py": b"x = 1"}, own_files=own) as session:
        assert [False, True, False] == [bool(cell.problem) for cell in session.cells]
        assert 5 == session.call("g", ()).value
    with sandbox.open(notebook("import ours\nimport helpers"), {"ours.py": b"x = 1"}) as session:
        assert "No module named 'helpers'" in texts(session.cells[0])
