"""The pool: what the zygote prepares for its forks."""

import pytest

from autograder.sandbox import Sandbox
from tests.helpers.sandbox import EVERY_LEVEL, LIMITS, notebook, texts


def test_a_notebook_leaves_nothing_to_the_next(sandbox):
    """Of two notebooks with other files in turn, neither finds the other's names, modules or files."""
    look = "import sys, os\n('mine' in globals(), 'helper' in sys.modules, sorted(os.listdir()))"

    def seen(source, files):
        with sandbox.open(notebook(source, look), files) as session:
            return texts(session.cells[-1])

    assert "(True, True, ['__pycache__', 'helper.py'])" == seen("import helper\nmine = 1", {"helper.py": b""})
    assert "(False, False, ['other.txt'])" == seen("import sys", {"other.txt": b""})


DRAW = ("import sys\nwas_there = 'matplotlib.pyplot' in sys.modules\nimport matplotlib.pyplot as plt\nplt.plot([1])\n"
        "was_there")


@pytest.mark.parametrize("level", EVERY_LEVEL)
def test_a_notebook_that_draws_finds_matplotlib_ready(level):
    """The zygote imports matplotlib before the first notebook that draws, and not before."""
    ready = "import sys\n'mat' 'plotlib' in sys.modules"
    with Sandbox(LIMITS, level) as sandbox:
        with sandbox.open(notebook("x = 1", ready)) as session:
            assert "False" == texts(session.cells[1])
        for source in (DRAW, "2 + 2", DRAW):
            with sandbox.open(notebook("x = 1", source)) as session:
                (_, drawn, *_), shown = session.cells, texts(session.cells[1])
            if source == DRAW:
                assert "True" in shown and "image/png" in drawn.outputs[-1]["data"]
        with sandbox.open(notebook("x = 1", ready)) as session:
            assert "True" == texts(session.cells[1])


def test_the_zygote_keeps_its_state_when_it_imports_matplotlib(sandbox):
    """A notebook after one that draws starts from a fresh state: no names, no history, count 1."""
    with sandbox.open(notebook(DRAW)) as session:
        session.call("f", ())
    with sandbox.open(notebook("sorted(n for n in globals() if not n.startswith('_')), len(In)")) as session:
        assert "(['In', 'Out', 'exit', 'get_ipython', 'open', 'quit'], 2)" == texts(session.cells[0])
        assert 1 == session.cells[0].execution_count
