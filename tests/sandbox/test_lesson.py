"""The lesson's own cells: what it begins with is run once, and nobody can tell; how long they take is known."""

import pytest

from autograder.model import Limits
from autograder.sandbox import Sandbox, isolation
from tests.helpers.sandbox import EVERY_LEVEL, LIMITS, notebook, texts


@pytest.fixture(scope="module")
def ahead():
    """A sandbox that runs lessons' beginnings once, and one that never does: the same must come out."""
    if isolation.bubblewrap_problem():
        pytest.skip("forks have no folder in common at level process")
    with Sandbox(LIMITS) as ahead, Sandbox(LIMITS, lean=False) as never:
        yield ahead, never


BEGINNING = ("import os, helper\nstamp = os.urandom(8)\nnp_like = [1]",
             "open('made.txt', 'w').write('made')\nos.write(1, b'below Python ')\nprint(stamp.hex())\nhelper.x")


def test_what_a_lesson_begins_with_is_run_once_for_all(ahead):
    """Notebooks that begin as the lesson does go on from there, each for itself; others run their own cells."""
    lesson = (*BEGINNING, None)
    theirs = ("np_like.append(helper.x)\nhelper.x = 2\nprint(open('made.txt').read(), np_like, os.getcwd())\n"
              "open('made.txt', 'w').write('changed')", "In[2][:4], _2, len(Out)")

    def cells(*sources):
        with ahead[0].open(notebook(*sources), {"helper.py": b"x = 1"}, lesson) as session:
            return session.cells

    first, second = cells(*BEGINNING, *theirs), cells(*BEGINNING, *theirs)
    assert first == second, "one stamp for both, and nothing of the first is seen by the second"
    assert "made [1, 1] /scratch\n" in texts(first[2])
    assert "below Python" in texts(first[1])
    assert "('open', 1, 2)" == texts(first[3])
    changed = cells(BEGINNING[0] + "\n", *BEGINNING[1:], *theirs)
    assert texts(changed[1]) != texts(first[1]) and changed[2:] == first[2:]
    assert cells(*BEGINNING) == first[:2]
    assert cells(BEGINNING[0])[0] == first[0]


LOOK = "print(x, 'thread' in globals() and thread.is_alive())"


@pytest.mark.parametrize("odd", [
    "1 / 0",
    "import os\nos._exit(1)",
    "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "import threading, time\nthread = threading.Thread(target=time.sleep, args=(60,), daemon=True)\nthread.start()",
    "import sys\nsys.exit()",
])
def test_a_beginning_that_cannot_be_shared_is_run_for_each(ahead, odd):
    """What a lesson begins with may fail, end the process or leave a thread: all students see what they would."""
    lesson, cells = ("x = 1", odd, None), notebook("x = 1", odd, LOOK)

    def came_out(sandbox):
        with sandbox.open(cells, lesson=lesson) as session:
            return session.cells

    one, other = map(came_out, ahead)
    assert one == other == came_out(ahead[0])
    assert f"1 {'thread' in odd}\n" == texts(one[2])


def test_a_lesson_leaves_nothing_to_the_next(ahead):
    """Two lessons in turn: neither finds the other's names, modules or files."""
    look = "import sys, os\n('mine' in globals(), 'helper' in sys.modules, sorted(os.listdir()))"

    def seen(lesson, files):
        with ahead[0].open(notebook(*lesson), files, lesson) as session:
            return texts(session.cells[-1])

    assert "(True, True, ['__pycache__', 'helper.py'])" == seen(("import helper\nmine = 1", look), {"helper.py": b""})
    assert "(False, False, ['other.txt'])" == seen(("import sys", look), {"other.txt": b""})


SLOW = "import time\nstart = time.process_time()\nwhile time.process_time() < start + 0.3: pass\nprint('slow')"
SHOW = "print(f())"
RIGHT, ENDLESS = "def f(): return 1", "def f():\n    while True: pass"


def test_a_lesson_that_takes_its_time_is_given_it():
    """A cell of the lesson's may take as long as it does with right solutions, and longer; a student's own may not."""
    with Sandbox(Limits(cell_seconds=0.1, lesson_seconds=0.1, later_seconds=0.1, submission_seconds=60.0)) as sandbox:
        lesson = (SLOW, None, "x = 1\n" + SLOW)
        pace = sandbox.pace(notebook(SLOW, RIGHT, lesson[2]), {}, lesson)
        assert {SLOW, RIGHT, lesson[2]} == pace.keys() and pace[SLOW] > 0.2 < pace[lesson[2]]
        for first in (SLOW, SLOW + "\n# mine"):
            with sandbox.open(notebook(first, RIGHT, lesson[2], SLOW + " "), {}, lesson, pace) as session:
                one, _, three, own = session.cells
            assert [first != SLOW, False, True] == [bool(cell.problem) for cell in (one, three, own)]
            assert "slow\n" == texts(three)


def test_a_cell_of_the_lessons_that_loops_is_stopped_soon():
    """What takes thousandths with right solutions is not waited for as long as a student's own cell."""
    with Sandbox(Limits(cell_seconds=30.0, lesson_seconds=0.2, submission_seconds=120.0)) as sandbox:
        pace = sandbox.pace(notebook(RIGHT, SHOW), {}, (None, SHOW))
        with sandbox.open(notebook(ENDLESS, SHOW, "2 + 2"), {}, (None, SHOW), pace) as session:
            _, shown, own = session.cells
    assert shown.problem.text == "ran past 0.2 s" or float(shown.problem.text.split()[2]) == round(100 * pace[SHOW], 1)
    assert "4" == texts(own)


def test_how_long_a_lesson_takes_is_measured_once(monkeypatch):
    """For a class the instructor's notebook is run once; what does not come back there has no pace."""
    with Sandbox(LIMITS) as sandbox:
        forks, fork = [], sandbox.fork
        monkeypatch.setattr(sandbox, "fork", lambda *given: forks.append(given) or fork(*given))
        cells = notebook(RIGHT, "import os\nos._exit(0)", SHOW)
        first = sandbox.pace(cells, {}, (None,))
        assert {RIGHT, SHOW} == first.keys()
        made = len(forks)
        assert first is sandbox.pace(list(cells), {}, (None,))
        assert made == len(forks)


DRAW = ("import sys\nwas_there = 'matplotlib.pyplot' in sys.modules\nimport matplotlib.pyplot as plt\nplt.plot([1])\n"
        "was_there")


@pytest.mark.parametrize("level", EVERY_LEVEL)
@pytest.mark.parametrize("lesson", [("x = 1", None), ("x = 1", None, "import matplotlib")], ids=["plain", "drawing"])
def test_who_draws_finds_matplotlib_ready(level, lesson):
    """A lesson that does not draw has forks without matplotlib; a student who does is not made to wait for it."""
    with Sandbox(LIMITS, level) as sandbox:
        for source in (DRAW, "2 + 2", DRAW):
            with sandbox.open(notebook(lesson[0], source, *lesson[2:]), {}, lesson) as session:
                (_, drawn, *_), says = session.cells, texts(session.cells[1])
            if source == DRAW:
                assert "True" in says and "image/png" in drawn.outputs[-1]["data"]
        with sandbox.open(notebook(lesson[0], "import sys\n'mat' 'plotlib' in sys.modules"), {}, lesson) as session:
            assert str(len(lesson) == 3) == texts(session.cells[1])


def test_another_notebooks_pace_is_its_own(ahead):
    """What is measured is what runs: a notebook that begins otherwise is not taken for the lesson."""
    slow = "import time\ntime.sleep(0.2)\ny = 7"
    lesson = ("y = 1", None)
    pace = ahead[0].pace(notebook(slow, "print(y)"), {}, lesson)
    assert pace[slow] > 0.1
    with ahead[0].open(notebook(*lesson[:1], "print(y)"), {}, lesson, pace) as session:
        assert "1\n" == texts(session.cells[1])
