"""The pool: what the zygote prepares for its forks."""

import pytest

from autograder.sandbox import Sandbox
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
