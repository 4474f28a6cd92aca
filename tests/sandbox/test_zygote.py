"""The zygote: it starts anew if it dies, and leaves nothing when it or the grader ends."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

from autograder.errors import SandboxError
from autograder.sandbox import Sandbox
from tests.helpers.processes import processes, stable_tree, wait_until_gone
from tests.helpers.sandbox import EVERY_LEVEL, LIMITS, linux, notebook

pytestmark = pytest.mark.user
DEFINITION = "def f(x): return x + 1"


@linux
@pytest.mark.parametrize("which", [0, 1])
def test_a_zygote_killed_from_outside_loses_nothing(sandbox, which):
    """The zygote, or bubblewrap before it, starts anew. An open session goes on, and nothing is left."""
    if which == 1 and sandbox.level == "process":
        pytest.skip("there is one process only")
    with sandbox.open(notebook(DEFINITION)) as session:
        everything = processes(sandbox.pid)
        os.kill(everything[which], signal.SIGKILL)
        sandbox._zygote._process.wait(timeout=60)
        returned = session.call("f", (1,))
        assert (2, (1,)) == (returned.value, returned.arguments)
        with sandbox.open(notebook(DEFINITION)) as another:
            assert 2 == another.call("f", (1,)).value
        wait_until_gone(everything)


@linux
@pytest.mark.parametrize("level", EVERY_LEVEL)
def test_a_grader_killed_leaves_nothing(level, tmp_path):
    """After kill -9 of the grader no process and no file of it is left, even if a student's loop was running."""
    script = textwrap.dedent(f"""
        from autograder.sandbox import Limits, Sandbox
        sandbox = Sandbox(Limits(cell_seconds=60.0), {level!r})
        print("ready", flush=True)
        input()
        sandbox.open([("a", "open('x', 'w').write('x')"), ("b", "while True: pass")])
    """)
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                          env={**os.environ, "TMPDIR": str(tmp_path)}) as grader:
        assert "ready\n" == grader.stdout.readline()
        idle = stable_tree(grader.pid)
        grader.stdin.write("\n")
        grader.stdin.flush()
        everything = stable_tree(grader.pid, more_than=len(idle))  # the loop runs for a minute
        grader.kill()
    wait_until_gone(everything)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("level", EVERY_LEVEL)
def test_closing_leaves_nothing(level, tmp_path, monkeypatch):
    """After close no process and no file is left, even if a session was never closed."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    sandbox = Sandbox(LIMITS, level)
    session = sandbox.open(notebook("import time\nopen('x', 'w').write('x')", DEFINITION))
    everything = processes(sandbox.pid) if sys.platform == "linux" else ()
    sandbox.close()
    wait_until_gone(everything)
    assert [] == list(tmp_path.iterdir())
    session.close()


def test_an_unknown_level_is_our_failure():
    """The error names the known levels."""
    with pytest.raises(SandboxError, match="process, bubblewrap"):
        Sandbox(level="strict")
