"""What an attack leaves: poison for the next student, processes that live on, a dead grader.

The defence is the fork: each notebook has its own process, copied from one without student code, and killed with all
that it started. The demonstrations put two students into one process, as a reused kernel would.
"""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograder.course.public_cases import support_files
from autograder.sandbox import pool
from autograder.sandbox.zygote import Ended
from tests.helpers.processes import is_running, processes, wait_until_gone
from tests.helpers.sandbox import linux, texts

from .harness import (
    LIMITS,
    MARK,
    NOTHING,
    PRELUDE,
    TASK,
    PartSandbox,
    at_rest,
    attack,
    honest_points,
    notebook_of,
    points,
    with_limits,
)  # fmt: skip

pytestmark = linux
ROOT = Path(__file__).parents[2]

#: What a notebook finds when it starts.
STATE = """
import builtins, decimal, gc, locale, os, random, signal, sys, threading, time, warnings
import numpy as np
def is_open(n):
    try: return bool(os.fstat(n))
    except OSError: return False
x = np.linspace(-2, 2, 7)
umask = os.umask(0o22)
state = {
    "numbers": [float(np.tanh(x).sum()), float(np.dot(x, x)), float(np.exp(x).max()), float((x @ x[:, None])[0])],
    "numpy": (np.geterr(), np.get_printoptions()["precision"]),
    "random": (random.random() == random.Random(1).random(), np.random.rand() == np.random.RandomState(1).rand()),
    "builtins": [len("ab"), isinstance(1, int), sorted([2, 1]), float("1.5"), builtins.open.__module__],
    "python": (sys.getrecursionlimit(), sys.getswitchinterval(), gc.isenabled(), gc.get_threshold(), sys.gettrace(),
               decimal.getcontext().prec, len(warnings.filters), sys.excepthook.__name__),
    "modules": [name in sys.modules for name in ("mallory", "numpy", "json")], "finders": len(sys.meta_path),
    "path": sys.path[:-1], "process": (umask, os.getcwd() == os.environ.get("PWD"), sorted(os.environ)),
    "locale": locale.setlocale(locale.LC_ALL), "zone": time.tzname,
    "signals": [signal.getsignal(n) for n in (signal.SIGALRM, signal.SIGINT, signal.SIGUSR1)],
    "timers": signal.getitimer(signal.ITIMER_REAL), "threads": threading.active_count(),
    "descriptors": sum(is_open(n) for n in range(100)), "files": sorted(os.listdir(".")),
    "shell": (len(get_ipython().ast_transformers), len(get_ipython().input_transformers_cleanup),
              len(get_ipython().events.callbacks["pre_run_cell"]), sorted(n for n in dir() if n.startswith("mallory"))),
    "figures": __import__("matplotlib").rcParams["lines.linewidth"],
}
print(state)"""
POISONS = {
    "numpy's functions": "np.tanh = np.sin\nnp.dot = lambda a, b: 0.0",
    "numpy's memory": "loops = lambda ufunc: ctypes.c_void_p.from_address(id(ufunc) + 32)\n"
                      "loops(np.tanh).value = loops(np.sin).value",
    "numpy's manners": "np.seterr(all='raise')\nnp.set_printoptions(precision=1)",
    "random numbers": "import random\nrandom.seed(1)\nnp.random.seed(1)",
    "builtins": "import builtins\nreal = builtins.sorted\nbuiltins.sorted = lambda *a, **k: real(*a, **k)[::-1]",
    "modules": "import types\nsys.modules['mallory'] = types.ModuleType('mallory')",
    "what is imported": "class Finder:\n    def find_spec(self, *a): return None\nsys.meta_path.insert(0, Finder())",
    "where is imported from": "sys.path.insert(0, os.getcwd())\nopen('json.py', 'w').write('1 / 0')",
    "Python's settings": "import gc, decimal, warnings\nsys.setrecursionlimit(200)\nsys.setswitchinterval(9)\n"
                         "gc.disable()\ndecimal.getcontext().prec = 1\nwarnings.simplefilter('error')",
    "the trace": "sys.settrace(lambda *a: None)\nget_ipython().events.register('pre_run_cell', "
                 "lambda *a: sys.settrace(lambda *a: None))",
    "the process's settings": "os.umask(0o777)\nos.chdir('/')\nos.environ['MALLORY'] = '1'",
    "locale and time zone": "import time\nos.environ['TZ'] = 'XYZ-5'\ntime.tzset()",
    "signals and timers": "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\n"
                          "signal.setitimer(signal.ITIMER_REAL, 60)",
    "threads": "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
    "a thread that patches for ever": "import threading, time\ndef patch():\n    while True:\n"
                                      "        np.tanh = np.sin\n        time.sleep(0.001)\n"
                                      "threading.Thread(target=patch, daemon=True).start()\ntime.sleep(0.05)",
    "descriptors": "kept = [os.open('.', os.O_RDONLY) for i in range(5)]",
    "files": "for name in ('numpy.py', 'rnn_utils.py', 'matplotlibrc', 'sitecustomize.py'): open(name, 'w').write('x')",
    "hooks of the shell": "get_ipython().input_transformers_cleanup.append(lambda lines: lines)\n"
                          "get_ipython().events.register('pre_run_cell', lambda *a: None)\n"
                          "get_ipython().user_ns['mallory'] = 1",
    "figures": "import matplotlib\nmatplotlib.rcParams['lines.linewidth'] = 99",
}  # fmt: skip


def state_of(run):
    """Return what a notebook found, without the addresses of objects."""
    text = texts(run)
    assert text.startswith("{'numbers'"), text[-2000:]
    return text


def poisoned(code):
    return [("numpy", "import numpy as np"), ("prelude", PRELUDE), ("poison", code)]


@pytest.mark.parametrize("name", POISONS)
def test_the_next_student_finds_all_as_it_was(name, sandbox, assignment, harmless):
    """A notebook after the poisoned one finds the same state as one before it, and gets full marks."""
    with harmless(sandbox):
        before = state_of(sandbox.open([("state", STATE)]).cells[-1])
        score, runs = points(sandbox, assignment, [*poisoned(POISONS[name]), ("nothing", NOTHING)])
        assert (0, []) == (score, [o for run in runs for o in run.outputs if o["output_type"] == "error"])
        assert before == state_of(sandbox.open([("state", STATE)]).cells[-1])


@pytest.mark.parametrize("name", [name for name in POISONS if "matplotlib" not in POISONS[name].partition("\n")[0]])
def test_what_is_prepared_stays_as_it_was(name, strongest, assignment):
    """A notebook changes nothing that the zygote has ready for its forks, such as the modules beside the notebook."""
    files = support_files(assignment)

    def last(*cells):
        with strongest.open(notebook_of(assignment, *cells), files) as session:
            return session.cells[-1]

    state = re.sub('\n    "figures".*', "", STATE)
    before, zygote = state_of(last(("state", state))), strongest.pid
    last(*poisoned(POISONS[name]))
    assert before == state_of(last(("state", state)))
    assert zygote == strongest.pid, "all of it in forks of one process"


@pytest.mark.parametrize("name", POISONS)
def test_in_one_process_the_next_student_finds_the_poison(name, strongest):
    """In one process the second notebook finds another state, or cannot even start."""
    before = state_of(strongest.open([*poisoned(""), ("state", STATE)]).cells[-1])
    assert before != texts(strongest.open([*poisoned(POISONS[name]), ("state", STATE)]).cells[-1])


# ---- ends -----------------------------------------------------------------------------------------------------

ENDS = {
    "leave": "import os\nos._exit(0)",
    "abort": "import os\nos.abort()",
    "read from nowhere": "import ctypes\nctypes.string_at(0)",
    "recurse without end": "import sys, threading\nsys.setrecursionlimit(10**9)\nthreading.stack_size(1 << 20)\n"
                           "def f(): return eval('f()')\nf()",
    "close all descriptors": "import os\nos.closerange(0, 1000)\nos._exit(1)",
}  # fmt: skip


@pytest.mark.parametrize("name", ENDS)
def test_an_end_costs_the_cell_that_made_it(name, sandbox, assignment, harmless):
    """The process ends. The function in another cell still earns its points, and so does the next student's."""
    with harmless(sandbox):
        cells = [("end", ENDS[name]), ("solution", assignment.reference.sources[TASK])]
        score, runs = points(sandbox, assignment, cells)
        assert 15 == score
        assert runs[0].problem or runs[0].error  # Python 3.12 and later stop the recursion themselves, as a rule


@pytest.mark.parametrize("name", ENDS)
def test_in_the_grader_s_process_it_is_the_grader_s_end(name):
    """The same cell in the grader's own process ends the grader."""
    done = subprocess.run([sys.executable, "-I", "-S", "-c", ENDS[name] + "\nprint('graded')"], capture_output=True)
    assert b"graded" not in done.stdout


KILL = "import os\ntry: os.kill($number, 9)\nexcept OSError as error: print(error)\nelse: print('through')"


@pytest.mark.parametrize("whom", ["zygote", "sibling", "victim"])
def test_nobody_else_is_killed(whom, sandbox, sandboxes, range_):
    """Parent, sibling and stranger live on behind the layers. With the layers off each of them dies."""
    if not {"syscalls", "namespaces"} & set(sandbox.some):
        pytest.skip("what would hold it does not stand here")
    for place in (sandbox, sandboxes.bare()):
        with place.open([("a", "def f():\n    return 1")]) as other:
            pids = processes(place.pid)
            number = {"zygote": place.pid, "sibling": pids[-1], "victim": range_.victim.pid}[whom]
            with place.open([("kill", KILL.replace("$number", str(number)))]) as attack:
                said = texts(attack.cells[0])
            if place is sandbox:
                assert "through" not in said and is_running(number)
            else:
                wait_until_gone([number])
            assert 1 == other.call("f", ()).value, "who was killed from outside is begun anew"


# ---- what lives on ----------------------------------------------------------------------------------------------

DAEMON = """
import os, signal, time
if os.fork() == 0:
    os.setsid()
    for n in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT): signal.signal(n, signal.SIG_IGN)
    if os.fork() == 0:
        while True: time.sleep(0.1)
    os._exit(0)
time.sleep(0.2)
print('through')"""
HOLDING = DAEMON.replace("while True:", "import gc, socket\n"
                                        "        kept = [os.dup(s.fileno()) for s in gc.get_objects() "
                         "if type(s) is socket.socket]\n        while True:")
CHAIN = """
import os, time
def run():  # each makes the next before it ends: whoever is looked for is gone
    while True:
        if os.fork(): os._exit(0)
        time.sleep(0.02)
if os.fork() == 0:
    os.setsid()
    run()
time.sleep(0.2)
print('through')"""


@pytest.mark.parametrize("code", [pytest.param(code, id=name) for name, code in {
    "a daemon": DAEMON, "a daemon that holds the socket": HOLDING, "a chain of daemons": CHAIN}.items()])
def test_no_daemon_is_left(code, sandbox, sandboxes, tries, harmless):
    """Behind the filter no daemon starts. Without it one starts, and ends with the session, however it hides."""
    one = attack("daemon", "syscalls", code)
    if "syscalls" in sandbox.some:
        with harmless(sandbox):
            assert (0, False) == tries(sandbox, one)
    unfiltered = sandboxes.bare() if sandbox.level == "process" else sandboxes.only("namespaces")
    with harmless(unfiltered):
        assert (0, True) == tries(unfiltered, one)


def test_without_a_keeper_of_orphans_a_daemon_is_left(sandboxes):
    """With all layers off, and a zygote that does not adopt orphans, the daemon outlives the session."""
    sandbox = PartSandbox("process", (), ("subreaper",))
    try:
        with sandbox.open([("daemon", DAEMON)]) as session:
            assert "through\n" == texts(session.cells[0])
            folder = sandbox._zygote._root
        left = [int(process.name) for process in Path("/proc").glob("[0-9]*") if works_in(process, folder)]
        assert left
        for number in left:
            os.kill(number, signal.SIGKILL)
        wait_until_gone(left)
    finally:
        sandbox.close()


def works_in(process, folder):
    """Return whether a process works somewhere in a folder, which may have been removed."""
    try:
        return os.readlink(process / "cwd").startswith(folder) and process.name != "self"
    except OSError:
        return False


def test_who_hangs_up_and_goes_on_is_ended(sandbox, assignment, harmless, monkeypatch):
    """A process that closes the socket is ended. Without that it goes on."""
    code = ("import gc, os, socket, time\nfor s in gc.get_objects():\n"
            "    if type(s) is socket.socket: os.close(s.fileno())\nwhile True: time.sleep(0.1)")
    with harmless(sandbox):
        assert 0 == points(sandbox, assignment, [("a", code), ("b", NOTHING)])[0]
    before, ended = set(processes(sandbox.pid)), []
    with monkeypatch.context() as patch:
        patch.setattr(pool.Fork, "end", lambda self, grace=0: ended.append(self) or Ended(0, 0, True, 0))
        with with_limits(sandbox, patch).open([("a", code)]) as session:
            assert session.cells[0].problem
        assert set(processes(sandbox.pid)) - before
    for fork in ended:
        fork.end()


FOLDERS = {
    "deep": "for i in range(1200):\n    os.mkdir('d')\n    os.chdir('d')\nprint('through')",
    "locked": "os.umask(0)\nos.makedirs('a/b', mode=0)\nprint('through')",
    "full of links": "for i in range(50): os.symlink('$home', str(i))\nprint('through')",
}  # fmt: skip


@pytest.mark.parametrize("name", FOLDERS)
def test_folders_of_any_kind_are_removed(name, sandbox, assignment, tries, harmless, sandboxes, range_):
    """Scratch folders are removed however deep, locked or linked they are."""
    with harmless(sandbox):
        tries(sandbox, attack(name, "", FOLDERS[name]))
        if sandbox.level == "process":
            assert [] == list(Path(sandbox._zygote._root).glob("fork-*"))


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="rmtree no longer recurses")
def test_a_plain_rmtree_fails_on_a_deep_folder(tmp_path):
    """`remove_tree` exists because rmtree recurses once for each level, up to Python 3.12."""
    code = ("import os, shutil, sys\nos.chdir(sys.argv[1])\nos.mkdir('x')\nos.chdir('x')\n"
            "for i in range(1200):\n    os.mkdir('d')\n    os.chdir('d')\nos.chdir(sys.argv[1])\n"
            "try: shutil.rmtree('x', ignore_errors=True)\nexcept RecursionError: print('stopped')\n"
            "print('left' if os.path.exists('x') else 'removed')")
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code, str(tmp_path)], capture_output=True, text=True)
    assert "left" in done.stdout
    subprocess.run(["rm", "-rf", str(tmp_path / "x")], check=True)


# ---- what a fork inherits -----------------------------------------------------------------------------------------

INHERITED = {
    "descriptors": "found = []\nfor n in range(3, 100):\n    try: os.fstat(n)\n    except OSError: continue\n"
                   "    found.append(n)\nprint('through' if len(found) > 1 else found)",
    "environment": "print('through' if 'MPLCONFIGDIR' in os.environ else sorted(os.environ))",
}  # fmt: skip


@pytest.mark.parametrize("seam", INHERITED)
def test_nothing_of_the_zygote_is_inherited(seam, sandbox, sandboxes, tries, harmless):
    """A fork has its own socket and an empty environment. Without one basic layer it has more."""
    one = attack(seam, seam, INHERITED[seam])
    with harmless(sandbox):
        assert (0, False) == tries(sandbox, one)
    assert (0, True) == tries(sandboxes[sandbox.level, sandbox.some, (seam,)], one)


def test_the_grader_s_own_environment_never_gets_there(sandboxes, tries, harmless, monkeypatch):
    """The zygote has none of the grader's variables, even if forks keep the zygote's environment."""
    monkeypatch.setenv("MALLORY_WANTS", "canary-1")
    one = attack("environment", "", "shown(str(dict(os.environ)))")
    assert (0, False) == tries(sandboxes["process", (), ("environment",)], one)


def test_everything_is_at_rest(sandboxes, assignment):
    """After all of these tests only the zygotes run, and each of them still grades."""
    assert at_rest(sandboxes)
    for sandbox in sandboxes.values():
        sandbox.limits = LIMITS
        assert 15 == honest_points(sandbox, assignment)
    assert not [path for path in Path("/tmp").glob(f"{MARK}*")]
    assert time.monotonic()
