"""A cell or call that hits a limit or crashes fails alone."""

import os
import signal
import threading
import time

import numpy as np
import pytest

from autograder.errors import SandboxError
from autograder.model import Failed, Problem
from autograder.sandbox import Limits
from autograder.sandbox.local import LocalSession
from tests.helpers.processes import processes
from tests.helpers.sandbox import linux, notebook, texts

DEFINITION = "def f(x):\n    return x + 1"


@pytest.mark.parametrize(("source", "problem"), [
    ("while True: pass", "ran past 1 s"),
    ("import time\ntime.sleep(100)", "ran past 1 s"),
    ("import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True: pass", "ran past 1 s"),
    ("try:\n    while True: pass\nfinally:\n    while True: pass", "ran past 1 s"),
    ("10 ** 10 ** 9", "ran past 1 s"),
    ("import os\nos._exit(0)", "ended the process"),
    ("import ctypes\nctypes.string_at(0)", "crashed its process (SIGSEGV)"),
    ("import os, time\nos.closerange(3, 1 << 16)\ntime.sleep(100)", "cut itself off"),
    ("import faulthandler\nfaulthandler._sigabrt()", "crashed its process"),
    ("import socket, gc\n[s.sendall(b'x' * 100) for s in gc.get_objects() if isinstance(s, socket.socket)]",
     "sent what cannot be read"),
    ("import sys\nsys.modules['gc'] = None\nraise SystemExit", None),
    ("import threading\nthreading.Thread(target=lambda: [0 for _ in iter(int, 1)], daemon=True).start()", None),
])  # fmt: skip
def test_a_cell_that_does_not_come_back_costs_itself(hasty_sandbox, source, problem):
    """A lost cell is named with its limit. The cells before and after it keep their results and definitions."""
    with hasty_sandbox.open(notebook("print('before')", source, DEFINITION, "print('after')")) as session:
        before, culprit, _, after = session.cells
        assert ("before\n", "after\n") == (texts(before), texts(after))
        assert [None, None] == [before.problem, after.problem]
        if problem is None:
            assert culprit.problem is None
        else:
            assert culprit.problem.text.startswith(problem)
            assert f"This cell {culprit.problem.text}." == culprit.outputs[-1]["evalue"]
        assert 2 == session.call("f", (1,)).value


@pytest.mark.parametrize("below", [
    "while True: pass", "%timeit -r 100 f(1)", "import os\nos._exit(0)", "f(1); input.x",
])
def test_what_a_cell_defines_outlives_it(hasty_sandbox, below):
    """A function above a lost statement is answered, with its own line numbers. The cell is still named."""
    source = f"import math\n\n{DEFINITION} if x < 9 else 1 / 0\n\n{below}"
    with hasty_sandbox.open(notebook(source, "print('after')")) as session:
        assert ("after\n", None) == (texts(session.cells[1]), session.cells[1].problem)
        assert ("input.x" in below) == (session.cells[0].problem is None)
        assert 2 == session.call("f", (1,)).value
        assert "(line 4 of the cell)" in session.call("f", (9,)).message


def test_definitions_that_do_not_come_back_are_left_out(hasty_sandbox):
    """A cell whose definitions loop by themselves fails alone, and is named once."""
    source = "def g(x=[0 for _ in iter(int, 1)]):\n    return x"
    with hasty_sandbox.open(notebook(source, DEFINITION)) as session:
        assert (Problem("timed out", "ran past 1 s"), 1) == (session.cells[0].problem, len(session.cells[0].outputs))
        assert 2 == session.call("f", (1,)).value
        assert "missing" == session.call("g", ()).kind


def test_memory_is_a_cell_s_own_error(hasty_sandbox):
    """A cell that exceeds the limit gets a MemoryError, and the next cell runs."""
    first, second = hasty_sandbox.open(notebook("import numpy as np\nx = np.ones(1 << 30)", "print('on')")).cells
    assert "MemoryError" in first.outputs[-1]["ename"]
    assert "on\n" == texts(second)


@pytest.mark.parametrize(("body", "kind", "says"), [
    ("while True: pass", "timed out", "`bad` ran past 1 s."),
    ("import os; os._exit(1)", "died", "`bad` ended the process."),
    ("import ctypes; ctypes.string_at(0)", "died", "`bad` crashed its process (SIGSEGV)."),
    ("SOCK.sendall(b'\\xff' * 99)", "garbled", "`bad` sent what cannot be read"),
    ("import wire", "raised", "ModuleNotFoundError: No module named 'wire'"),
])
def test_a_call_that_does_not_come_back_costs_itself(hasty_sandbox, body, kind, says):
    """A lost call fails with one sentence. A fresh fork with the same cells answers the next call."""
    sock = "import gc, socket\nSOCK = [s for s in gc.get_objects() if isinstance(s, socket.socket)][0]"
    with hasty_sandbox.open(notebook(sock, f"def bad():\n    {body}", DEFINITION)) as session:
        outcome = session.call("bad", ())
        assert kind == outcome.kind
        assert outcome.message.startswith(says)
        assert 2 == session.call("f", (1,)).value
        assert all(cell.problem is None for cell in session.cells)


@pytest.mark.parametrize("message", [
    ("returned", 1), ("returned", 1, (1,)), ("returned", 1, [1]), ("failed", "timed out", "x", ""),
    ("failed", "raised", 7, ""), ("failed", "raised", "x"),
    ("asks", "g", (), {}), ("asks", "bad", (), {}), ("ready",), ("unknown",), (), [1], None, ("returned",) * 50,
], ids=str)
def test_a_forged_answer_is_unreadable(hasty_sandbox, message):
    """A message that is no answer is refused, whatever it is."""
    forge = f"""
import gc, sys
serve = [o for o in gc.get_objects() if type(o).__name__ == 'Runner'][0]
names = type(serve).reply.__globals__
def bad():
    names['send'](serve.sock, names['encode']({message!r}))
    while True: pass"""
    with hasty_sandbox.open(notebook(forge, DEFINITION)) as session:
        outcome = session.call("bad", ())
        assert "garbled" == outcome.kind
        assert outcome.message.startswith("`bad` sent what cannot be read")
        assert 2 == session.call("f", (1,)).value


def test_a_stand_in_is_called_a_bounded_number_of_times(hasty_sandbox):
    """Reference calls up to the limit are answered. One more ends the call."""
    with hasty_sandbox.open(notebook("def f(n):\n    for i in range(n): y = g(i)\n    return y")) as session:
        assert 249 == session.call("f", (250,), {"g": lambda x: x}).value
        assert Failed("too many calls", "`f` called `g` more than 250 times.") == session.call(
            "f", (251,), {"g": lambda x: x})


def test_a_stand_in_carries_a_bounded_number_of_bytes(sandbox, limited):
    """Large answers of a reference add up to a limit."""
    limited(sandbox, Limits(message_bytes=1 << 20))
    with sandbox.open(notebook("def f():\n    while True: g()")) as session:
        assert Failed("too many calls", "`f` called `g` for more numbers than may pass.") == session.call(
            "f", (), {"g": lambda: np.ones(100_000)})


def test_an_answer_too_large_is_named(sandbox, limited):
    """An array beyond the limit arrives as its type's name."""
    limited(sandbox, Limits(message_bytes=1 << 20))
    with sandbox.open(notebook("import numpy as np\ndef f():\n    return np.ones(1 << 18)")) as session:
        assert "ndarray of 2097152 bytes" == session.call("f", ()).value.type_name


def test_a_submission_has_a_bounded_time(sandbox, limited, monkeypatch):
    """After its last second no cell runs and every call fails at once, with the reason."""
    end = sandbox.end
    monkeypatch.setattr(sandbox, "end", lambda *args: end(*args)._replace(seconds=3.0))  # never short of CPU
    limited(sandbox, Limits(cell_seconds=3, call_seconds=1, retry_seconds=3, submission_seconds=5))
    with sandbox.open(notebook(DEFINITION, *["while True: pass"] * 3, "x = 1")) as session:
        assert ["ran past 3 s", "ran past the submission's 5 s", "was not run: the submission ran past 5 s"] == [
            cell.problem.text for cell in session.cells[1:4]]
        assert Failed("timed out", "Not tried: the submission ran past 5 s.") == session.call("f", (1,))


def test_restarts_are_bounded(hasty_sandbox):
    """After the last restart only cells that have finished run. Their functions are answered."""
    with hasty_sandbox.open(notebook(DEFINITION, *["import os\nos._exit(1)"] * 9)) as session:
        assert 4 == sum(cell.problem == Problem("died", "ended the process") for cell in session.cells)
        assert 5 == sum((cell.problem is not None and cell.problem.kind == "not run") for cell in session.cells)
        assert 2 == session.call("f", (1,)).value


# ---- kill -9, from outside --------------------------------------------------------------------------------


def kill_soon(find, number=signal.SIGKILL):
    """Signal the pid that ``find`` returns as soon as it returns one, while the test goes on."""
    def kill():
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if found := find():
                os.kill(found, number)
                return
            time.sleep(0.02)

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


def next_fork():
    """Return a function that finds the next fork, once two looks find the same process."""
    before, seen = set(processes(os.getpid())), [None]

    def find():
        seen.append(next((number for number in processes(os.getpid())[::-1] if number not in before), None))
        return seen[-1] if seen[-1] == seen[-2] else None

    return find


@linux
def test_a_fork_killed_from_outside_loses_nothing(sandbox):
    """The cells run again in a fresh fork, and nobody is blamed."""
    thread = kill_soon(next_fork())
    with sandbox.open(notebook(DEFINITION, "import time\ntime.sleep(1)\nprint('slept')")) as session:
        thread.join()
        assert [None, None] == [cell.problem for cell in session.cells]
        assert "slept\n" == texts(session.cells[1])
        assert 2 == session.call("f", (1,)).value


@linux
def test_who_did_not_get_the_processor_is_tried_again(hasty_sandbox, monkeypatch):
    """A fork that got no CPU, as on a busy machine, is tried again. A fork that loops is not."""
    cells = notebook(DEFINITION, "import time\ntime.sleep(0.5)\nprint('slept')")
    thread = kill_soon(next_fork(), signal.SIGSTOP)
    with hasty_sandbox.open(cells) as session:
        thread.join()
        assert [None, None] == [cell.problem for cell in session.cells]
        assert "slept\n" == texts(session.cells[1])
    end = hasty_sandbox.end
    for seconds, forks in ((0.4, 3), (0.6, 2)):  # what it is said to have used of its second
        monkeypatch.setattr(hasty_sandbox, "end", lambda *args, used=seconds: end(*args)._replace(seconds=used))
        with hasty_sandbox.open(notebook("while True: pass", DEFINITION)) as session:
            assert forks == len(session._forks)


def test_nobody_is_blamed_for_a_limit_that_only_we_could_tell(hasty_sandbox, monkeypatch):
    """If the zygote dies before it tells what a fork used, the cells run again."""
    end, asked = hasty_sandbox.end, []

    def end_untold(*args):
        asked.append(end(*args))
        return asked[-1] if len(asked) > 1 else None

    monkeypatch.setattr(hasty_sandbox, "end", end_untold)
    slow = "import os, time\nwhile not os.path.exists('/nowhere'): time.sleep(0.1)"
    with hasty_sandbox.open(notebook(DEFINITION, slow)) as session:
        assert Problem("timed out", "ran past 1 s") == session.cells[1].problem
        assert 1 == session._lost, "the first time counts as ours"


def test_a_fork_lost_again_and_again_is_our_failure(sandbox, monkeypatch):
    """If forks vanish through no fault of the student, the submission is not graded, rather than graded zero."""

    def vanish(*args):
        raise EOFError

    monkeypatch.setattr("autograder.sandbox.pool.receive", vanish)
    with pytest.raises(SandboxError, match="lost 3 times"):
        sandbox.open(notebook(DEFINITION))


def test_a_slow_cell_that_came_back_keeps_its_time(hasty_sandbox):
    """After a timeout limits are shorter, but not for a cell that has finished before."""
    slow = f"import time\ntime.sleep(0.7)\n{DEFINITION}"
    with hasty_sandbox.open(notebook(slow, "while True: pass", "g = f")) as session:
        assert [None, True, None] == [run.problem and run.problem.kind == "timed out" for run in session.cells]
        assert 2 == session.call("f", (1,)).value


# ---- earlier states -----------------------------------------------------------------------------------------------


def test_an_earlier_state_is_exact(sandbox):
    """A call after the first cells sees what they left: names, modules and objects that later cells change."""
    later = "f = None\nstore.append(9)\nnp.tanh = np.sinh\ndel g\nnp.seterr(all='raise')"
    cells = notebook("import numpy as np\nstore = []", "def f():\n    return len(store), np.tanh(0.0), np.exp(9e9)",
                     "def g():\n    return f()", later)
    with sandbox.open(cells) as session:
        shown = session.cells
        assert ["missing", "missing"] == [session.call(name, ()).kind for name in "fg"]
        assert session.run_to(2)
        assert (0, 0.0, np.inf) == session.call("f", ()).value
        assert "missing" == session.call("g", ()).kind
        assert session.run_to(3)
        assert (0, 0.0, np.inf) == session.call("g", ()).value
        assert session.run_to(1)
        assert "missing" == session.call("f", ()).kind
        assert shown == session.cells


def test_going_on_keeps_what_calls_left(sandbox):
    """A place further down is reached in the same process, as in the student's own kernel."""
    cells = notebook("seen = []\ndef f():\n    seen.append(1)\n    return len(seen)", "seen.append(2)")
    with sandbox.open(cells) as session:
        assert session.run_to(1)
        assert [1, 2] == [session.call("f", ()).value for _ in range(2)]
        assert session.run_to(2)
        assert 4 == session.call("f", ()).value


def test_a_lost_cell_leaves_its_definitions_in_an_earlier_state_too(hasty_sandbox):
    """A cell that was lost is not run again, and one that a new state loses is replaced as ever."""
    cells = notebook(f"{DEFINITION}\n\nwhile True: pass", "import os\nos._exit(0)", "f = None")
    with hasty_sandbox.open(cells) as session:
        assert session.run_to(1)
        assert 2 == session.call("f", (1,)).value
        assert session.run_to(2)
        assert 2 == session.call("f", (1,)).value
        assert session.run_to(3)
        assert "missing" == session.call("f", (1,)).kind
        assert ["timed out", "died", None] == [run.problem and run.problem.kind for run in session.cells]


def test_a_call_that_is_lost_is_followed_by_the_same_state(hasty_sandbox):
    """After a call that ends its process, the next one finds the state of the same place."""
    cells = notebook(DEFINITION, "import os\ndef g():\n    os._exit(0)", "f = g = None")
    with hasty_sandbox.open(cells) as session:
        assert session.run_to(2)
        assert "died" == session.call("g", ()).kind
        assert 2 == session.call("f", (1,)).value


def test_no_earlier_state_is_had_once_the_session_is_over(sandbox):
    """run_to says that no calls can be made, and a session without a process of its own never can."""
    session = sandbox.open(notebook(DEFINITION))
    session.close()
    assert not session.run_to(1)
    assert not LocalSession({}).run_to(0)
