"""Bombs: endless time, memory, files, threads, processes and output.

Each runs under a small limit, and again with that one limit raised, where it gets through. A bomb that a file system
stops runs with and without that file system.
"""

import os

import numpy as np
import pytest

from autograder.judging import judge_task
from autograder.sandbox import Session, isolation, pool
from autograder.sandbox.guest import recorder
from tests.helpers.sandbox import linux, texts

from .harness import NOTHING, PRELUDE, TASK, THROUGH, attack, missing, notebook_of, points, with_limits, without_cache

pytestmark = linux
MIB = 1 << 20
BUSY = "import time\nend = time.process_time() + 0.5\nwhile time.process_time() < end: pass\nprint('through')"


def bomb(name, limit, small, large, code):
    """Return an attack that one limit stops, with a value of the limit that stops it and one that does not."""
    return attack(name, f"limits.{limit}", code, limits={limit: (small, large)})


ATTACKS = [
    bomb("a long loop", "cell_seconds", 0.2, 9, BUSY),
    bomb("a loop that catches everything", "cell_seconds", 0.2, 9,
         f"from time import process_time as now\nend = now() + 0.5\nwhile now() < end:\n"
         f"    try:\n        while now() < end: pass\n    except BaseException: pass\nprint('{THROUGH}')"),
    bomb("a loop deaf to signals", "cell_seconds", 0.2, 9,
         "import signal\nfor n in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM, signal.SIGXCPU, signal.SIGHUP):\n"
         "    signal.signal(n, signal.SIG_IGN)\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n" + BUSY),
    bomb("a loop in C that no signal interrupts", "cell_seconds", 0.2, 60,
         "from time import process_time as now\nstart = now()\nwhile now() < start + 0.5: 3 ** 300_000\n"
         "print('through')"),
    bomb("a pattern that never ends", "cell_seconds", 0.2, 60,
         "import re, time\nstart, n = time.process_time(), 18\nwhile time.process_time() < start + 0.5:\n"
         "    re.match('(a+)+$', 'a' * n + 'b')\n    n += 1\nprint('through')"),
    bomb("sleep", "cell_seconds", 0.2, 9, "import time\ntime.sleep(0.5)\nprint('through')"),
    bomb("wait for a thread", "cell_seconds", 0.2, 9,
         "import threading, time\nt = threading.Thread(target=time.sleep, args=(0.5,))\nt.start()\nt.join()\n"
         "print('through')"),
    bomb("a display that never ends", "cell_seconds", 0.2, 9,
         "class Slow:\n    def __repr__(self):\n        import time\n        time.sleep(0.5)\n"
         "        return 'through'\nSlow()"),
    bomb("arrays", "memory_bytes", 200 * MIB, 2048 * MIB,
         "kept = [np.ones(1 << 22) for i in range(10)]\nprint('through')"),
    bomb("bytes", "memory_bytes", 200 * MIB, 2048 * MIB, "kept = b'x' * (300 << 20)\nprint('through')"),
    bomb("mapped memory", "memory_bytes", 200 * MIB, 2048 * MIB,
         "import mmap\nkept = mmap.mmap(-1, 300 << 20)\nprint('through')"),
    bomb("memory past Python", "memory_bytes", 200 * MIB, 2048 * MIB,
         "libc.malloc.restype = ctypes.c_void_p\n"
         "print('through' if libc.malloc(ctypes.c_size_t(300 << 20)) else 'no')"),
    bomb("a large file", "file_bytes", MIB, 32 * MIB, "open('x', 'wb').write(bytes(2 << 20))\nprint('through')"),
    bomb("a file full of holes", "file_bytes", MIB, 32 * MIB,
         "with open('x', 'wb') as f: f.truncate(30 << 20)\nprint('through')"),
    bomb("many open files", "open_files", 32, 256, "kept = [open('x', 'w') for i in range(100)]\nprint('through')"),
    bomb("a flood of text", "cell_output_bytes", 10_000, MIB,
         "for i in range(3000): print('flooded')\nprint('through')"),
    bomb("a flood past Python", "cell_output_bytes", 10_000, MIB,
         "os.write(1, b'flooded' * 10_000)\nos.write(2, b'through')"),
    bomb("one large value", "cell_output_bytes", 10_000, MIB, "'flooded' * 10_000 + 'through'"),
    bomb("a flood of displays", "cell_output_bytes", 10_000, MIB,
         "from IPython.display import display\nfor i in range(200): display('flooded')\ndisplay('through')"),
    bomb("a flood of updates", "cell_output_bytes", 10_000, MIB,
         "from IPython.display import display\nh = display('x', display_id=True)\n"
         "for i in range(200): h.update('flooded' * 20)\nh.update('through')"),
    bomb("a flood of both streams", "cell_output_bytes", 10_000, MIB,
         "for i in range(500):\n    print(i)\n    print(i, file=sys.stderr)\nprint('through')"),
    bomb("outputs that add up", "notebook_output_bytes", 10_000, 64 * MIB,
         "get_ipython().run_cell('1')\nprint('flooded' * 2000)\nprint('through')"),
]  # fmt: skip


def test_a_limit_holds_it(attack, sandbox, assignment, harmless, monkeypatch):
    """Under the limit the bomb fails alone: no points, and the next student has the usual resources."""
    (limit, (small, _)), = attack.limits.items()
    with harmless(sandbox):
        with_limits(sandbox, monkeypatch, **{limit: small})
        score, runs = points(sandbox, assignment, [("prelude", PRELUDE), *attack.cells({})])
        assert (0, False) == (score, THROUGH in "".join(map(texts, runs[1:2])))
        assert 100_000 > len(str(runs[1].outputs))
        with_limits(sandbox, monkeypatch)


def test_without_the_limit_it_gets_through(attack, strongest, assignment, monkeypatch):
    """With this one limit raised, and nothing else changed, the bomb gets through."""
    (limit, (_, large)), = attack.limits.items()
    sandbox = with_limits(strongest, monkeypatch, **{limit: large})
    _, runs = points(sandbox, assignment, [("prelude", PRELUDE), *attack.cells({})])
    assert THROUGH in texts(runs[1])


# ---- what calls and whole submissions may take ----------------------------------------------------------------


def test_a_call_has_its_limit(sandbox, assignment, harmless, monkeypatch):
    """A function that takes too long times out, and is not called again on the other cases."""
    cells = notebook_of(assignment, ("a", f"def {TASK}(*a):\n    " + BUSY.replace("\n", "\n    ")))
    arguments = tuple(assignment.hidden_cases(TASK)[0].arguments.values())
    with harmless(sandbox):
        with with_limits(sandbox, monkeypatch, call_seconds=0.2).open(cells) as session:
            assert "timed out" == session.call(TASK, arguments).kind
        with with_limits(sandbox, monkeypatch).open(cells) as session:
            assert session.call(TASK, arguments).value is None


def test_loops_do_not_add_up(sandbox, assignment, harmless, monkeypatch):
    """Many slow cells end with the submission's limit. With a larger limit all of them run."""
    busy = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end:\n    pass\nprint('through')"
    cells = [(str(i), busy) for i in range(4)]
    with harmless(sandbox):
        for seconds, through in ((0.5, False), (30, True)):
            with with_limits(sandbox, monkeypatch, submission_seconds=seconds).open(cells) as session:
                assert through == all(THROUGH in texts(run) for run in session.cells)
        with_limits(sandbox, monkeypatch)


def test_answers_do_not_add_up(strongest, assignment, harmless, monkeypatch):
    """The grader holds a fraction of a student's memory in answers to one task. With a larger limit it holds more."""
    cells = notebook_of(assignment, ("a", f"big = np.ones(15 << 17)\ndef {TASK}(*a): return big, big, None"))

    def held():
        sizes = []
        with strongest.open(cells) as session:
            judge_task(Counting(session, sizes), assignment, TASK)
        return sum(sizes)

    with harmless(strongest):
        assert 10 * MIB > held()
    with_limits(strongest, monkeypatch, message_bytes=16 * MIB)
    assert 100 * MIB < held()


class Counting(Session):
    """A session that records how large its answers are."""

    def __init__(self, session, sizes):
        self.session, self.sizes = session, sizes

    def call(self, *arguments):
        outcome = self.session.call(*arguments)
        self.sizes.append(sum(part.nbytes for part in outcome.value if isinstance(part, np.ndarray)))
        return outcome


def test_output_forged_past_its_limit_is_cut_again(strongest, assignment, harmless, monkeypatch):
    """The host cuts outputs that the guest did not cut. Without that cut it keeps all of them."""
    sandbox = with_limits(strongest, monkeypatch, cell_output_bytes=10_000, message_bytes=8 * MIB)
    code = ("recorder = get_ipython().recorder\nrecorder.finish = lambda: [{'output_type': 'stream', 'name': 'stdout', "
            "'text': 'flooded' * 10_000}] * 20")
    with harmless(sandbox):
        score, runs = points(sandbox, assignment, [("flood", code), ("nothing", NOTHING)])
        assert (0, True) == (score, 300_000 > len(str(runs[0].outputs)))
    monkeypatch.setattr(pool, "clean_outputs", lambda outputs, limit: tuple(outputs))
    _, runs = points(without_cache(sandbox, monkeypatch), assignment, [("flood", code), ("nothing", NOTHING)])
    assert 1_000_000 < len(str(runs[0].outputs))


def test_a_long_traceback_is_cut(strongest, assignment, harmless, monkeypatch):
    """An error with a message of ten megabytes keeps its two ends, and is still shown."""
    with harmless(strongest):
        score, runs = points(strongest, assignment, [("a", "raise ValueError('flooded' * 1_500_000)"), ("b", NOTHING)])
        assert (0, "ValueError") == (score, runs[0].outputs[-1]["ename"])
        assert 10 * recorder.TRACEBACK_BYTES > len(str(runs[0].outputs))


# ---- what a file system or a table of processes of its own holds ------------------------------------------------

FILES = {
    "a full disk": "for i in range(20):\n    with open(str(i), 'wb') as f: f.write(bytes(1 << 20))\nprint('through')",
    "a million files": "for i in range(4200): os.symlink('x', str(i))\nprint('through')",
    "full shared memory": "for i in range(20):\n"
                          "    with open(f'/dev/shm/$mark-{i}', 'wb') as f: f.write(bytes(1 << 20))\n"
                          "print('through')",
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_file_system_of_its_own_is_small(name, sandboxes, tries, harmless, monkeypatch):
    """Behind namespaces a student fills a private file system. Without, the student fills the machine's."""
    if problem := missing("namespaces"):
        pytest.skip(problem)
    sandbox = with_limits(sandboxes.full("bubblewrap"), monkeypatch, file_bytes=4 * MIB)
    one = attack(name, "namespaces", FILES[name])
    with harmless(sandbox):
        assert (0, False) == tries(sandbox, one)
        with_limits(sandbox, monkeypatch)
    assert (0, True) == tries(sandboxes.bare(), one)


THREADS = """
threading.stack_size(65536)
for i in range(40): threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
print('through')"""
FORKS = """
for i in range(40):
    if os.fork() == 0:
        try: time.sleep(30)
        finally: os._exit(0)
print('through')"""
SPREADING = "for i in range(9): os.fork()\ntime.sleep(30)\nprint('through')"


@pytest.mark.parametrize("code", [pytest.param(code, id=name) for name, code in {
    "threads": THREADS, "processes": FORKS, "processes that make processes": SPREADING}.items()])
def test_processes_are_counted(code, sandboxes, tries, harmless, monkeypatch):
    """Two layers hold: no process can start, and threads and processes are limited."""
    if problem := missing("namespaces"):
        pytest.skip(problem)
    if os.getuid() == 0 and isolation._try_bubblewrap()[0] is None:
        pytest.skip("the kernel exempts root from the limit")
    one = attack("x", "syscalls limits.processes", "import threading, time\n" + code)
    small = {"processes": 16, "cell_seconds": 2}
    sandbox = with_limits(sandboxes.full("bubblewrap"), monkeypatch, **small)
    with harmless(sandbox):
        assert (0, False) == tries(sandbox, one)
        with_limits(sandbox, monkeypatch)
    unfiltered = sandboxes.only("namespaces")
    with harmless(with_limits(unfiltered, monkeypatch, **small)):
        assert (0, False) == tries(unfiltered, one)
        with_limits(unfiltered, monkeypatch)
    if code is not SPREADING:
        with harmless(with_limits(unfiltered, monkeypatch, processes=100)):
            assert (0, True) == tries(unfiltered, one)
            with_limits(unfiltered, monkeypatch)
