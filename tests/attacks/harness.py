"""Attacks as data, sandboxes without some isolation layers, and what must not change."""

import hashlib
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from string import Template

import numpy as np
import pytest
from nbformat import from_dict
from nbformat.v4 import new_code_cell

from autograder.caches import BytesCache
from autograder.course.public_cases import support_files
from autograder.judging import judge_task
from autograder.sandbox import Limits, Sandbox, isolation
from autograder.sandbox.guest import landlock
from tests.helpers.processes import is_running, processes
from tests.helpers.sandbox import texts

#: Seconds are generous: an attack that is stopped fails at once, and a loaded machine must not fail an honest student.
LIMITS = Limits(cell_seconds=20.0, call_seconds=20.0, submission_seconds=60.0, patience=1.0)
TASK = "rnn_cell_forward"
NOTHING = f"def {TASK}(xt, a_prev, parameters):\n    return None"
#: An attack prints it when it has succeeded.
THROUGH = "through"
MARK = f"mallory-{os.getpid()}"  # starts the name of whatever an attack leaves
KEY = 0x6D000000 + os.getpid()  # of what it leaves with the kernel
#: Comes before every attack.
PRELUDE = """
import ctypes, os, socket, sys
get_ipython().InteractiveTB.set_mode('Minimal')  # long tracebacks take most of the time
libc = ctypes.CDLL(None, use_errno=True)
def must(result):
    if result < 0: raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
def shown(text):
    print('through' if 'canary-' in text else text)
"""


@dataclass(frozen=True)
class Attack:
    """One attack: a student's code, and the layers each of which stops it alone.

    Attributes
    ----------
    name : str
    code : str
        A cell. ``$names`` are replaced by `Range.values`.
    layers : frozenset of str
    functions : str
        The task's function as the attacker submits it: without a solution, as a rule.
    seen : callable, optional
        Whether the attack has worked, seen from outside: ``(texts, range) -> bool``. The default is the attack's word.
    needs : callable, optional
        Return why this machine stops the attack without any isolation layer, or None.
    limits : dict
        Limits that differ from `LIMITS`.
    """

    name: str
    code: str
    layers: frozenset = frozenset()
    functions: str = NOTHING
    seen: Callable | None = None
    needs: Callable | None = None
    limits: dict = field(default_factory=dict)

    def cells(self, values, *more):
        """Return the attacker's notebook: the attack, then the functions."""
        sources = [Template(self.code).safe_substitute(values), *more, self.functions]
        return [(f"cell-{i}", source) for i, source in enumerate(sources)]

    def worked(self, runs, range_):
        said = "".join(texts(run) for run in runs)
        return self.seen(said, range_) if self.seen else THROUGH in said


def attack(name, layers, code, **more):
    """Return an `Attack`, with its layers given as words."""
    return Attack(name, code, frozenset(layers.split()), **more)


def named(attacks):
    """Return parameters for pytest, each under its attack's name."""
    names = [one.name for one in attacks]
    assert len(set(names)) == len(names)
    return [pytest.param(one, id=one.name.replace(" ", "-")) for one in attacks]


# ---- sandboxes without some layers -- ----------------------------------------------------------------------------

class PartSandbox(Sandbox):
    """A sandbox with some isolation layers. A word in their environment marks all its processes.

    Parameters
    ----------
    level : str
    some : tuple of str
        Layers beside the basic ones.
    without : tuple of str
        Basic layers that are left out.
    """

    def __init__(self, level, some, without=()):
        self.some, self.without = some, without
        super().__init__(LIMITS, level)

    def _layers(self):
        return (*(layer for layer in isolation.BASIC if layer not in self.without), *self.some)

    def _start(self):
        command = isolation.zygote_command

        def marked(*arguments):
            line, environment = command(*arguments)
            return line, {**environment, "ATTACKS": MARK}

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(isolation, "zygote_command", marked)
            return super()._start()


class Sandboxes(dict):
    """Sandboxes by ``(level, layers, basic layers left out)``, started on first use."""

    def __missing__(self, key):
        self[key] = PartSandbox(*key)
        return self[key]

    def full(self, level):
        return self[level, layers_beside_basic(level), ()]

    def only(self, layer):
        """Return a sandbox with one layer, at the level that has it."""
        return self["bubblewrap" if layer == "namespaces" else "process", (layer,), ()]

    def bare(self):
        """Return a sandbox whose forks have no layer around them."""
        return self["process", (), ()]

    def close(self):
        for sandbox in self.values():
            sandbox.close()


def layers_beside_basic(level):
    """Return the layers at a level that machines may lack."""
    return tuple(layer for layer in isolation.layers_of(level) if layer not in isolation.BASIC)


def missing(layer):
    """Return why this machine lacks a layer, or None."""
    if layer == "syscalls":
        return isolation.syscalls_problem()
    if layer == "files":
        return None if landlock.version() else "no Landlock"
    return isolation.bubblewrap_problem()


def with_limits(sandbox, patch, **limits):
    """Give a sandbox other limits for the rest of a test."""
    patch.setattr(sandbox, "limits", replace(LIMITS, **limits))
    return sandbox


def without_cache(sandbox, patch):
    """Return a sandbox that forgets the messages it has read, for a test in which it reads them in another way."""
    patch.setattr(sandbox, "_messages", BytesCache())
    return sandbox


# ---- points -------------------------------------------------------------------------------------------------


def notebook_of(assignment, *cells):
    """Return cells after the imports that every notebook starts with."""
    return [("imports", assignment.reference.imports), *cells]


def points(sandbox, assignment, cells, task=TASK, files=None):
    """Return the points of a notebook for one task, and the results of its cells."""
    with sandbox.open(notebook_of(assignment, *cells), files or support_files(assignment)) as session:
        verdict = judge_task(session, assignment, task)
        return verdict.score, session.cells[1:]


def honest_points(sandbox, assignment):
    """Return the points of a correct solution: full marks, whoever came before."""
    return points(sandbox, assignment, [("solution", assignment.reference.sources[TASK])])[0]


#: An instructor's test in the student's process, as nbgrader runs it by itself: full marks unless it raises.
STOCK = """
import numpy as np
xt, a_prev, parameters = {arguments}
expected_a, expected_y = {expected}
a_next, yt_pred, cache = rnn_cell_forward(xt, a_prev, parameters)
{test}
"""
TESTS = {
    "allclose": "assert np.allclose(a_next, expected_a)\nassert np.allclose(yt_pred, expected_y)",
    "testing": "np.testing.assert_allclose(a_next, expected_a)\nnp.testing.assert_allclose(yt_pred, expected_y)",
    "equality": "assert a_next.shape == expected_a.shape\nassert (a_next.round(6) == expected_a.round(6)).all()\n"
                "assert yt_pred.shape == expected_y.shape\nassert (yt_pred.round(6) == expected_y.round(6)).all()",
    "numbers": "assert a_next.sum().round(6) == expected_a.sum().round(6)\nassert len(cache) == 4",
    "slow": "import time\ntime.sleep(0.2)\nassert np.allclose(a_next, expected_a)",
    "partial": "score = 7.5 * np.allclose(a_next, expected_a) + 7.5 * np.allclose(yt_pred, expected_y)\nfloat(score)",
    "helpers": "from public_tests import check\ncheck(rnn_cell_forward)",
    "repeated": "again = rnn_cell_forward(xt, a_prev, parameters)\nassert np.allclose(a_next, again[0])\n"
                "assert np.allclose(a_next, expected_a)",
}  # fmt: skip


def stock_points(sandbox, assignment, cells, test="allclose"):
    """Return the points of the same notebook if the test runs in the student's process, by nbgrader's own rule."""
    case = assignment.visible_cases(TASK)[0]
    with np.printoptions(threshold=10**6, floatmode="unique", precision=None):
        arguments = repr(tuple(case.arguments.values())).replace("array(", "np.array(")
        expected = repr(tuple(case.expected[:2])).replace("array(", "np.array(")
    source = STOCK.format(arguments=arguments, expected=expected, test=TESTS[test])
    with sandbox.open(notebook_of(assignment, *cells, ("test", source)), support_files(assignment)) as session:
        run = session.cells[-1]
    return graded_by_nbgrader(run)


def graded_by_nbgrader(run, points_=15):
    """Return the points that nbgrader reads from a test cell's outputs, or None if the cell did not finish."""
    from nbgrader.utils import determine_grade  # takes seconds

    cell = new_code_cell(metadata={"nbgrader": {"grade": True, "solution": False, "points": points_, "grade_id": "t",
                                                "locked": True, "schema_version": 3, "task": False}})
    cell.outputs = [from_dict(output) for output in run.outputs]
    return None if run.problem else determine_grade(cell)[0]


# ---- what must not change -----------------------------------------------------------------------------------


def tree(folder):
    """Return each file below a folder with its mode, owner, times and content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        try:
            content = hashlib.sha1(path.read_bytes()).hexdigest() if path.is_file() else None
        except PermissionError:  # locked away from all but root, as its mode says
            content = None
        found[str(path.relative_to(folder))] = status.st_mode, status.st_uid, status.st_mtime_ns, content
    return found


def left_in_shared_folders():
    """Return what attacks have left in folders where everybody may write."""
    folders = [Path(name) for name in ("/tmp", "/var/tmp", "/dev/shm")]
    return sorted(str(path) for folder in folders if folder.is_dir() for path in folder.glob(f"{MARK}*"))


def marked_processes():
    """Return the pids of all processes that a sandbox started, wherever they have moved."""
    found = set()
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            environment = Path(f"/proc/{name}/environ").read_bytes()
        except OSError:
            continue
        if f"ATTACKS={MARK}".encode() in environment and is_running(name):
            found.add(int(name))
    return found


def at_rest(sandboxes):
    """Return whether only the sandboxes' zygotes run. Wait for processes that are just ending."""
    deadline = time.monotonic() + 60
    while True:
        alive = [sandbox for sandbox in sandboxes.values() if sandbox._zygote and sandbox._zygote.is_usable()]
        expected = {pid for sandbox in alive for pid in processes(sandbox.pid)}
        idle = sum(2 if sandbox.level == "bubblewrap" else 1 for sandbox in alive)
        if marked_processes() <= expected and len({pid for pid in expected if is_running(pid)}) == idle:
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)


def of_the_grader():
    """Return what an attack could change in the grader itself."""
    umask = os.umask(0o22)
    os.umask(umask)
    return {
        "descriptors": len(os.listdir("/proc/self/fd")), "threads": sorted(t.name for t in threading.enumerate()),
        "environment": dict(os.environ), "folder": os.getcwd(), "umask": umask, "numpy": np.geterr(),
        "patched": [np.allclose.__module__, np.dot.__module__, np.ndarray.__module__, len.__module__],
    }

