"""A cell or call that hits a limit or crashes fails alone."""

import os
import signal
import threading
import time

import numpy as np
import pytest

from autograder.errors import SandboxError
from autograder.model import Failed, Problem
from autograder.sandbox import Limits, Sandbox
from autograder.sandbox.local import LocalSession
from autograder.sandbox.zygote import Zygote
from tests.helpers.processes import processes
from tests.helpers.sandbox import linux, notebook, texts

DEFINITION = "def f(x):\n    return x + 1"


@pytest.mark.parametrize(("source", "problem"), [
    ("while True: pass", "ran past 1 s"),
    ("import time\ntime.sleep(100)", "waited for 2 s"),
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


@pytest.mark.parametrize("above", [
    "import no_such_package_of_mine as n", "from no_such_package_of_mine import *\nimport another_one",
    "name = input('Who? ')", "open('/home/me/data.csv')", "1 / 0", "print(f'{x[\"a\"]!}')", "if True print",
    "data = np.loadtxt(", "%%time\nimport no_such_package_of_mine", "!pip install x\nimport no_such_package_of_mine",
    "raise SystemExit",
])
def test_what_a_cell_defines_below_an_error_is_kept(hasty_sandbox, above):
    """A right function below a line that fails here answers, with its own line numbers, and the cell says so."""
    source = f"{above}\nimport math\nONE = 1\n\n{DEFINITION} if x < 9 else ONE / 0\n\nprint(f(1))"
    with hasty_sandbox.open(notebook("import numpy as np", source, "print(f(2))")) as session:
        assert "3\n" == texts(session.cells[2])
        assert "So that no work is lost, we defined all the same: `f`." in texts(session.cells[1])
        assert "error" in {output["output_type"] for output in session.cells[1].outputs}
        line = source.split("\n").index("    return x + 1 if x < 9 else ONE / 0") + 1
        assert f"(line {line} of the cell)" in session.call("f", (9,)).message


@pytest.mark.parametrize("error, answer", [("1 / 0", 2), ("import no_such_package_of_mine", 3)])
def test_an_error_of_the_cell_s_own_keeps_the_older_function(hasty_sandbox, error, answer):
    """`f` stays what it was below `1 / 0`, as in Jupyter, and is the new one below a package that is missing here."""
    second = DEFINITION.replace("+ 1", "+ 2")
    with hasty_sandbox.open(notebook(DEFINITION, f"{error}\n{second}")) as session:
        assert answer == session.call("f", (1,)).value


def test_an_error_without_functions_below_says_nothing_more(hasty_sandbox):
    """A cell that stops and defines nothing shows its error alone."""
    with hasty_sandbox.open(notebook("import no_such_package_of_mine\nx = 1")) as session:
        assert ["error"] == [output["output_type"] for output in session.cells[0].outputs]


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


LOOP = "while True: pass"
BUSY = "import time\nend = time.process_time() + {}\nwhile time.process_time() < end: pass"


def test_cells_have_a_bounded_time_and_definitions_run_in_any_case(sandbox, limited):
    """After the last second of the cells only definitions run, and calls have their own time."""
    limited(sandbox, Limits(cell_seconds=2, call_seconds=1, submission_seconds=3))
    below = "import os\nprint('not shown')\nlimit = 2\ndef g():\n    return limit"
    with sandbox.open(notebook(DEFINITION, LOOP, LOOP, LOOP, below)) as session:
        assert [None, "ran past 2 s", "ran past the submission's 3 s", *["was not run: the submission ran past 3 s"] * 2
                ] == [cell.problem and cell.problem.text for cell in session.cells]
        assert (2, 2) == (session.call("f", (1,)).value, session.call("g", ()).value)
        assert "" == texts(session.cells[4])


def test_cells_that_take_long_are_not_run_again_for_ever(sandbox, limited):
    """Once the time is up a fresh fork runs the quick cells in full, and of the slow ones the definitions."""
    limited(sandbox, Limits(cell_seconds=0.5, call_seconds=0.5, submission_seconds=2.5))
    slow = [f"{BUSY.format(0.4)}\ndef f{i}():\n    return {i}" for i in range(8)]
    die = "import os\nleft = []\ndef die():\n    os._exit(1)\ndef keep():\n    return len(left)"
    with sandbox.open(notebook(die, "left.append(1)", *slow)) as session:
        assert [None, None, None] == [cell.problem for cell in session.cells[:3]]
        for i in range(5):
            assert "died" == session.call("die", ()).kind
            assert (i, 1) == (session.call(f"f{i}", ()).value, session.call("keep", ()).value)


@pytest.mark.parametrize("hostile", [
    LOOP, "import os\nos._exit(1)", "import os\nos.abort()", "import ctypes\nctypes.string_at(0)",
    "def g(x=[0 for _ in iter(int, 1)]): pass", "class A:\n    import os\n    os._exit(1)",
    "import os\nwhile True: os.fork()", "print('x' * 200_000_000)", "x = b'x' * (3 << 30)",
    "import os\nos.kill(os.getpid(), 9)\nos.kill(os.getpid(), 19)",
])
def test_no_function_is_lost_behind_others(sandbox, limited, hostile):
    """However many cells do not come back, each function of the notebook is answered."""
    limited(sandbox, Limits(cell_seconds=0.2, call_seconds=1.0, submission_seconds=2.0))
    functions = [f"def f{i}():\n    return {i}" for i in range(12)]
    cells = [source for function in functions for source in (hostile, function)]
    with sandbox.open(notebook(*cells)) as session:
        assert list(range(12)) == [session.call(f"f{i}", ()).value for i in range(12)]


def test_threads_in_the_background_take_no_time_of_calls(hasty_sandbox):
    """Threads that a cell leaves running do not take the processor from the calls."""
    spin = "import threading\ndef spin():\n    while True: pass\nfor _ in range(4):\n" \
           "    threading.Thread(target=spin, daemon=True).start()"
    busy = "import numpy as np\ndef f(n):\n    a = np.eye(300)\n    for _ in range(n): a = a @ a\n    return a[0, 0]"
    with hasty_sandbox.open(notebook(spin, busy)) as session:
        assert [1.0] * 4 == [session.call("f", (40,)).value for _ in range(4)]


def test_calls_of_one_function_have_a_bounded_time(sandbox, limited):
    """A function that takes long in each call is not tried for ever. Others have their own time."""
    limited(sandbox, Limits(call_seconds=0.5, task_seconds=1.0))
    slow = "import time\ndef slow():\n    end = time.process_time() + 0.4\n    while time.process_time() < end: pass"
    with sandbox.open(notebook(slow, DEFINITION)) as session:
        outcomes = [session.call("slow", ()) for _ in range(5)]
        assert Failed("timed out", "Not tried: calls of `slow` ran past 1 s.") == outcomes[-1]
        assert None is outcomes[0].value
        assert 2 == session.call("f", (1,)).value


@pytest.mark.parametrize("before", ["x = 1", LOOP, "import time\ntime.sleep(100)"])
def test_waiting_is_no_computing(hasty_sandbox, before):
    """A call that sleeps beyond its seconds of CPU is answered, whatever has happened before."""
    sleepy = "import time\ndef f(x):\n    time.sleep(1.2)\n    return x + 1"
    with hasty_sandbox.open(notebook(before, sleepy)) as session:
        assert [2, 3] == [session.call("f", (1,)).value, session.call("f", (2,)).value]


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
def test_who_did_not_get_the_processor_is_tried_again(hasty_sandbox):
    """A fork that is stopped from outside is tried again."""
    cells = notebook(DEFINITION, "import time\ntime.sleep(0.5)\nprint('slept')")
    thread = kill_soon(next_fork(), signal.SIGSTOP)
    with hasty_sandbox.open(cells) as session:
        thread.join()
        assert [None, None] == [cell.problem for cell in session.cells]
        assert "slept\n" == texts(session.cells[1])


@pytest.mark.parametrize(("state", "cpu", "expected"), [
    *(pytest.param(state, 0.0, SandboxError, marks=pytest.mark.slow) for state in "RDT"),
    ("S", 0.0, Problem("timed out", "waited for 2 s")), ("S", 1.0, Problem("timed out", "ran past 1 s")),
    ("R", 1.0, Problem("timed out", "ran past 1 s")),
])
def test_time_is_the_students_only_if_it_computes_or_waits(hasty_sandbox, monkeypatch, state, cpu, expected):
    """A fork that could run, and gets no processor, is not graded. One that computes or waits has timed out."""
    start = time.monotonic()
    monkeypatch.setattr("autograder.sandbox.stopwatch.STARVED", 1)
    monkeypatch.setattr(hasty_sandbox, "usage",
                        lambda fork: {"seconds": cpu * (time.monotonic() - start), "state": state})
    try:
        with hasty_sandbox.open(notebook(LOOP, DEFINITION)) as session:
            assert expected == session.cells[0].problem
            assert None is session.cells[1].problem
    except SandboxError as error:
        assert expected is SandboxError, error


def test_nobody_is_blamed_for_a_limit_that_only_we_could_tell(hasty_sandbox, monkeypatch):
    """If the zygote dies before it tells what a fork has used, the cells run again."""
    usage, asked = hasty_sandbox.usage, []

    def usage_untold(fork):
        asked.append(fork)
        if len(asked) == 1:
            hasty_sandbox.close()
        return usage(fork)

    monkeypatch.setattr(hasty_sandbox, "usage", usage_untold)
    with hasty_sandbox.open(notebook(DEFINITION, LOOP)) as session:
        assert Problem("timed out", "ran past 1 s") == session.cells[1].problem
        assert 1 == session._lost, "the first time counts as ours"


def test_a_fork_lost_again_and_again_is_our_failure(sandbox, monkeypatch):
    """If forks vanish through no fault of the student, the submission is not graded, rather than graded zero."""

    def vanish(*args):
        raise EOFError

    monkeypatch.setattr("autograder.sandbox.pool.receive", vanish)
    with pytest.raises(SandboxError, match="lost 3 times"):
        sandbox.open(notebook(DEFINITION))


@linux
def test_a_fork_killed_again_and_again_is_not_graded(sandbox):
    """Two kills in the same call are tried again. After the third the submission is not graded, rather than zero."""
    cells = notebook("import time\ndef f():\n    time.sleep(1)\n    return 1")
    for kills, expected in ((2, 1), (3, SandboxError)):
        with sandbox.open(cells) as session:
            answer = sandbox_answer(session, kills)
        assert expected == answer


def sandbox_answer(session, kills):
    """Return what ``f`` answers, or the kind of error, if its fork is killed this many times while it runs."""
    def kill():
        forks = set()
        while len(forks) < kills and not done.wait(0.05):
            fork = session._fork
            if fork is not None and fork not in forks and len(session._forks) == len(forks) + 1:
                time.sleep(0.3)
                os.kill(host_pid(), signal.SIGKILL)
                forks.add(fork)

    done = threading.Event()
    thread = threading.Thread(target=kill)
    thread.start()
    try:
        return session.call("f", ()).value
    except SandboxError:
        return SandboxError
    finally:
        done.set()
        thread.join()


def host_pid():
    """Return the pid of the youngest process below this one: the fork."""
    return processes(os.getpid())[-1]


@linux
def test_a_zygote_killed_while_it_starts_is_started_again(monkeypatch):
    """Two kills while a zygote starts cost nobody anything. After the third there is no sandbox."""
    start = Zygote._start
    for kills in (1, 2, 3):
        left = [kills]

        def start_and_kill(*given, left=left):
            process = start(*given)
            if left[0]:
                left[0] -= 1
                process.kill()
            return process

        monkeypatch.setattr(Zygote, "_start", start_and_kill)
        if kills == 3:
            with pytest.raises(SandboxError, match="does not start"):
                Sandbox(level="process")
            continue
        with Sandbox(level="process") as sandbox, sandbox.open(notebook(DEFINITION)) as session:
            assert 2 == session.call("f", (1,)).value


@linux
def test_no_code_inside_can_kill_or_stop_its_process(sandbox):
    """SIGKILL and SIGSTOP are refused, so that only the machine can have sent them. Others arrive."""
    code = """
import os, signal
got = []
signal.signal(signal.SIGUSR1, lambda *given: got.append('usr1'))
for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGUSR1, 0):
    try:
        os.kill(os.getpid(), number)
        print(int(number), end=' ')
    except OSError:
        pass
print(got)"""
    with sandbox.open(notebook(code)) as session:
        assert "10 0 ['usr1']\n" == texts(session.cells[0])


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
