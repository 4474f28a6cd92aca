"""The sandbox: what the zygote prepares for forks, and how long template cells may take."""

import pytest

from autograder.sandbox import Limits, Sandbox
from tests.helpers.sandbox import EVERY_LEVEL, LIMITS, notebook, texts

LOOK = "print(x, 'thread' in globals() and thread.is_alive())"


@pytest.mark.parametrize("odd", [
    "1 / 0",
    "import os\nos._exit(1)",
    "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "import threading, time\nthread = threading.Thread(target=time.sleep, args=(60,), daemon=True)\nthread.start()",
    "import sys\nsys.exit()",
])
def test_a_template_cell_runs_as_a_cell_of_the_student(sandbox, odd):
    """A template cell that fails, ends its process or starts a thread shows the same as a student's cell."""
    cells = notebook("x = 1", odd, LOOK)

    def run(template):
        with sandbox.open(cells, template=template) as session:
            return session.cells

    plain = run(())
    assert plain == run(("x = 1", odd, None)) == run(("x = 1", odd, LOOK))
    assert f"1 {'thread' in odd}\n" == texts(plain[2])


def test_a_template_leaves_nothing_to_the_next(sandbox):
    """Of two templates in turn, neither finds the other's names, modules or files."""
    look = "import sys, os\n('mine' in globals(), 'helper' in sys.modules, sorted(os.listdir()))"

    def seen(template, files):
        with sandbox.open(notebook(*template), files, template) as session:
            return texts(session.cells[-1])

    assert "(True, True, ['__pycache__', 'helper.py'])" == seen(("import helper\nmine = 1", look), {"helper.py": b""})
    assert "(False, False, ['other.txt'])" == seen(("import sys", look), {"other.txt": b""})


SLOW = "import time\nstart = time.process_time()\nwhile time.process_time() < start + 0.3: pass\nprint('slow')"
SHOW = "print(f())"
RIGHT, ENDLESS = "def f(): return 1", "def f():\n    while True: pass"


def test_a_slow_template_cell_gets_its_time():
    """A template cell may take a multiple of its time with the reference solution; a student's cell may not."""
    limits = Limits(cell_seconds=0.1, template_cell_seconds=0.1, retry_seconds=0.1, submission_seconds=60.0)
    with Sandbox(limits) as sandbox:
        template = (SLOW, None, "x = 1\n" + SLOW)
        times = sandbox.time_cells(notebook(SLOW, RIGHT, template[2]), {}, template)
        assert {SLOW, RIGHT, template[2]} == times.keys() and times[SLOW] > 0.2 < times[template[2]]
        for first in (SLOW, SLOW + "\n# mine"):
            with sandbox.open(notebook(first, RIGHT, template[2], SLOW + " "), {}, template, times) as session:
                one, _, three, own = session.cells
            assert [first != SLOW, False, True] == [bool(cell.problem) for cell in (one, three, own)]
            assert "slow\n" == texts(three)


def test_a_template_cell_that_loops_is_stopped_soon():
    """A cell that takes milliseconds with the reference solution times out sooner than a student's own cell."""
    limits = Limits(cell_seconds=30.0, template_cell_seconds=0.2, submission_seconds=120.0)
    with Sandbox(limits) as sandbox:
        times = sandbox.time_cells(notebook(RIGHT, SHOW), {}, (None, SHOW))
        with sandbox.open(notebook(ENDLESS, SHOW, "2 + 2"), {}, (None, SHOW), times) as session:
            _, shown, own = session.cells
    allowed = max(0.2, round(100 * times[SHOW], 1))
    assert ("timed out", f"ran past {allowed:g} s") == (shown.problem.kind, shown.problem.text)
    assert "4" == texts(own)


def test_cells_are_timed_once(sandbox, monkeypatch):
    """The reference notebook runs once for a class. A cell that does not finish has no time."""
    forks, fork = [], sandbox.fork
    monkeypatch.setattr(sandbox, "fork", lambda *given: forks.append(given) or fork(*given))
    cells = notebook(RIGHT, "import os\nos._exit(0)", SHOW)
    first = sandbox.time_cells(cells, {}, (None,))
    assert {RIGHT, SHOW} == first.keys()
    made = len(forks)
    assert first is sandbox.time_cells(list(cells), {}, (None,))
    assert made == len(forks)


def test_another_notebooks_times_are_its_own(sandbox):
    """Times belong to the cells that ran, whatever the template is."""
    slow = "import time\ntime.sleep(0.2)\ny = 7"
    template = ("y = 1", None)
    times = sandbox.time_cells(notebook(slow, "print(y)"), {}, template)
    assert times[slow] > 0.1
    with sandbox.open(notebook("y = 1", "print(y)"), {}, template, times) as session:
        assert "1\n" == texts(session.cells[1])


DRAW = ("import sys\nwas_there = 'matplotlib.pyplot' in sys.modules\nimport matplotlib.pyplot as plt\nplt.plot([1])\n"
        "was_there")


@pytest.mark.parametrize("level", EVERY_LEVEL)
@pytest.mark.parametrize("template", [("x = 1", None), ("x = 1", None, "import matplotlib")], ids=["plain", "drawing"])
def test_a_notebook_that_draws_finds_matplotlib_ready(level, template):
    """The zygote imports matplotlib before the first notebook that draws, and not before."""
    ready = "import sys\n'mat' 'plotlib' in sys.modules"
    with Sandbox(LIMITS, level) as sandbox:
        with sandbox.open(notebook(template[0], ready), {}, template) as session:
            assert "False" == texts(session.cells[1])
        for source in (DRAW, "2 + 2", DRAW):
            with sandbox.open(notebook(template[0], source, *template[2:]), {}, template) as session:
                (_, drawn, *_), shown = session.cells, texts(session.cells[1])
            if source == DRAW:
                assert "True" in shown and "image/png" in drawn.outputs[-1]["data"]
        with sandbox.open(notebook(template[0], ready), {}, template) as session:
            assert "True" == texts(session.cells[1])


def test_the_zygote_keeps_its_state_when_it_imports_matplotlib(sandbox):
    """A notebook after one that draws starts from a fresh state: no names, no history, count 1."""
    with sandbox.open(notebook(DRAW)) as session:
        session.call("f", ())
    with sandbox.open(notebook("sorted(n for n in globals() if not n.startswith('_')), len(In)")) as session:
        assert "(['In', 'Out', 'exit', 'get_ipython', 'open', 'quit'], 2)" == texts(session.cells[0])
        assert 1 == session.cells[0].execution_count
