"""Isolation: each layer stops what it should, what it stops gets through without it, and nothing is left behind."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.errors import SandboxError
from autograder.sandbox import Sandbox, doctor, isolation
from autograder.sandbox.guest import landlock
from public_tests import FILES
from tests.helpers.processes import processes, wait_until_gone
from tests.helpers.sandbox import EVERY_LEVEL, LIMITS, linux, notebook, texts

from ..attacks import machine

pytestmark = pytest.mark.user
ROOT = Path(__file__).parents[2]

#: Attempts, and the layers each of which stops them alone.
ATTEMPTS = {
    "start a process": ("pid = os.fork()\nif pid == 0: os._exit(0)\nos.waitpid(pid, 0)", {"syscalls"}),
    "start a program": ("import subprocess\nsubprocess.run(['/bin/true'], check=True)", {"syscalls"}),
    "become a program": ("os.execv('/bin/true', ['true'])", {"syscalls"}),
    "open a socket": ("socket.socket()", {"syscalls"}),
    "reach a server": ("socket.create_connection(('127.0.0.1', {port}), timeout=5)", {"syscalls", "namespaces"}),
    "read a process's memory": (
        "to, of = ctypes.create_string_buffer(1), ctypes.create_string_buffer(1)\n"
        "part = lambda b: (ctypes.c_size_t * 2)(ctypes.addressof(b), 1)\n"
        "assert libc.process_vm_readv(os.getpid(), part(to), 1, part(of), 1, 0) == 1", {"syscalls"}),
    "trace": ("assert libc.ptrace(0, 0, 0, 0) == 0", {"syscalls", "namespaces"}),
    "make namespaces": ("assert libc.unshare(0x10000000) == 0", {"syscalls"}),
    "signal the grader": ("os.kill({grader}, 0)", {"syscalls", "namespaces"}),
    "signal through a file": ("import fcntl\nfcntl.fcntl(0, fcntl.F_SETOWN, {grader})", {"syscalls", "namespaces"}),
    "read the grader's environment": ("open('/proc/{grader}/environ').read()", {"files", "namespaces"}),
    "read the course": ("open({course!r}).read()", {"files", "namespaces"}),
    "read a submission": ("open({secret!r}).read()", {"files", "namespaces"}),
    "write a gradebook": ("open({secret!r}, 'a').write('x')", {"files", "namespaces"}),
    "list the course": ("assert 'tests' in os.listdir({root!r})", {"files", "namespaces"}),
    "empty a gradebook": ("os.truncate({secret!r}, 0)", {"syscalls", "namespaces"}),
    "watch a folder": ("assert libc.inotify_add_watch(libc.inotify_init(), {secret!r}.encode(), 0x100) > 0",
                       {"syscalls", "namespaces"}),
    "mount": ("assert libc.mount(b'tmpfs', b'/tmp', b'tmpfs', 0, None) == 0", {"syscalls", "namespaces", "files"}),
    "map memory outside files": ("os.memfd_create('x')", {"syscalls"}),
    "keep a key": ("assert libc.syscall(248, b'user', b'k', b'v', 1, -3) > 0", {"syscalls"}),
}
#: The version of Landlock since which the layer "files" stops these too.
SINCE = {"empty a gradebook": 3, "reach a server": 4, "signal the grader": 6}
#: What every exercise may do, behind any layers.
HONEST = (
    "import threading\nt = threading.Thread(target=print)\nt.start()\nt.join()",
    "import asyncio\nasync def f(): await asyncio.sleep(0)\nawait f()",
    "import tempfile\nwith tempfile.TemporaryFile() as f: f.write(b'x')",
    "open('x.txt', 'w').write('x')\nos.rename('x.txt', 'y.txt')\nos.makedirs('d/e')",
    "import numpy as np\nnp.savez('z.npz', a=np.ones(3))\nassert np.load('z.npz')['a'].sum() == 3",
    "import matplotlib.pyplot as plt\nplt.plot([1])\nplt.savefig('p.png')",
    "import time, random, datetime, locale, platform\ntime.sleep(0.001); platform.platform(); random.random()",
    "np.linalg.svd(np.random.default_rng().normal(size=(50, 50))); np.fft.fft(np.ones(64))",
    "import sqlite3, ssl, decimal, lzma, pickle, csv, unittest, multiprocessing",
)
COMBINATIONS = {
    "process": (), "process+syscalls": ("syscalls",), "process+files": ("files",),
    "process+all": ("syscalls", "files"), "bubblewrap": ("namespaces",), "bubblewrap+all": ("syscalls", "namespaces"),
}


@pytest.fixture(scope="module", params=COMBINATIONS)
def partly_isolated(request, sandboxes):
    """A sandbox with some of the layers, and their names."""
    level, some = request.param.partition("+")[0], COMBINATIONS[request.param]
    problems = {"namespaces": isolation.bubblewrap_problem(), "syscalls": isolation.syscalls_problem(),
                "files": None if landlock.version() else "no Landlock"}
    for layer in some:
        if problems[layer]:
            pytest.skip(problems[layer])
    if {*isolation.BASIC, *some} == set(isolation.layers_of(level)):
        yield sandboxes[level], some
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(isolation, "layers_of", lambda level: (*isolation.BASIC, *some))
        with Sandbox(LIMITS, level) as sandbox:
            yield sandbox, some


@linux
@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_an_attempt_fails_exactly_where_a_layer_stops_it(partly_isolated, attempt, tmp_path):
    """With one of its layers an attempt fails with an ordinary error. With none it succeeds."""
    sandbox, some = partly_isolated
    source, stopped_by = ATTEMPTS[attempt]
    if attempt == "mount" and os.getuid() and not some:
        pytest.skip("an ordinary user cannot mount anyway")
    if attempt == "make namespaces" and "syscalls" not in some and (problem := machine.namespaces()):
        pytest.skip(problem)
    (tmp_path / "secret").write_text("x")
    with socket.create_server(("127.0.0.1", 0)) as server:
        values = {"port": server.getsockname()[1], "grader": os.getpid(), "course": __file__,
                  "secret": str(tmp_path / "secret"), "root": str(ROOT)}
        code = source.format(**values)
        code = "import ctypes, os, socket\nlibc = ctypes.CDLL(None)\n" + code + "\nprint('through')"
        if attempt == "mount":  # in a fork that may go wrong, since it would hide the host's /tmp
            code = code.replace("b'/tmp'", "os.getcwd().encode()").replace(
                "print('through')", "libc.umount2(os.getcwd().encode(), 2); print('through')")
        with sandbox.open(notebook(code, "print('on')")) as session:
            first, second = session.cells
    stopped_by = stopped_by | {"files"} if attempt in SINCE and landlock.version() >= SINCE[attempt] else stopped_by
    if attempt == "trace" and "namespaces" in some and "syscalls" not in some:
        pytest.skip("stopped where forks are nobody's and the zygote is root's")
    if stopped_by & set(some):
        assert "error" == first.outputs[-1]["output_type"]
        assert first.outputs[-1]["ename"] in ("PermissionError", "FileNotFoundError", "AssertionError", "OSError",
                                              "ConnectionRefusedError", "ProcessLookupError", "NotADirectoryError")
        assert "on\n" == texts(second)
    else:
        assert "through\n" == texts(first) or (attempt == "become a program" and first.problem.kind == "died")


def test_honest_cells_notice_no_layer(partly_isolated):
    """Threads, coroutines, files, figures, linear algebra and the standard library work behind all layers."""
    sandbox, _ = partly_isolated
    with sandbox.open(notebook("import os", *HONEST)) as session:
        failed = [run.outputs for run in session.cells if any(o["output_type"] == "error" for o in run.outputs)]
    assert [] == failed


@linux
def test_a_daemon_ends_with_its_session(partly_isolated):
    """A detached process, if it can start at all, is gone when the session is closed."""
    sandbox, some = partly_isolated
    before = set(processes(sandbox.pid))
    daemon = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True: time.sleep(1)
    os._exit(0)
time.sleep(0.2)
print('started')"""
    with sandbox.open(notebook(daemon)) as session:
        started = set(processes(sandbox.pid)) - before
        assert ("started\n" == texts(session.cells[0])) == ("syscalls" not in some)
    wait_until_gone(started)
    assert not started & set(processes(sandbox.pid))


def test_students_cannot_harm_each_other(sandbox):
    """A student who signals every pid reaches nobody."""
    with sandbox.open(notebook("def f():\n    return 1")) as victim:
        kill = ("import os\nfor n in [0, -1, os.getppid(), *range(2, 70_000)]:\n"
                "    try: os.kill(n, 9)\n    except OSError: pass")
        with sandbox.open(notebook(kill, "2")) as attacker:
            assert "2" == texts(attacker.cells[1])
        assert 1 == victim.call("f", ()).value


def test_the_environment_is_empty(sandbox):
    """A fork has none of the grader's environment variables."""
    (cell,) = sandbox.open(notebook("import os\nsorted(os.environ)")).cells
    names = set(eval(texts(cell)))
    assert names <= {"HOME", "LANG", "PATH", "PWD", "TMPDIR", "MPLBACKEND"}


def test_one_descriptor_is_inherited(sandbox):
    """Beside the standard three a fork has the session's socket, and nothing of the zygote."""
    code = ("import os\nfound = []\nfor n in range(128):\n    try: os.fstat(n)\n    except OSError: continue\n"
            "    found.append(n)\nlen(found)")
    assert "4" == texts(sandbox.open(notebook(code)).cells[0])


def test_nothing_of_ours_can_be_imported(sandbox):
    """The engine, the course and the guest's modules are not on the path, nor the editable install."""
    names = ("autograder", "rnn_utils", "conftest", "guest", "confine", "zygote")
    cells = sandbox.open(notebook(*(f"import {name}" for name in names))).cells
    assert ["ModuleNotFoundError"] * len(names) == [cell.outputs[-1]["ename"] for cell in cells]


def test_libraries_cannot_be_changed(sandbox):
    """The installed packages are read-only."""
    code = "import os, numpy\nopen(os.path.join(os.path.dirname(numpy.__file__), 'left.py'), 'w')"
    (cell,) = sandbox.open(notebook(code)).cells
    assert cell.outputs[-1]["ename"] in ("PermissionError", "OSError")


@pytest.mark.parametrize(("source", "error"), [
    ("open('big', 'wb').write(bytes(40 << 20))", "OSError"),
    ("files = [open('x', 'w') for i in range(1000)]", "OSError"),
    ("import numpy as np\narrays = [np.zeros(1 << 24) for i in range(100)]", "MemoryError"),
    ("import threading, time\nfor i in range(2000):\n"
     "    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()", "RuntimeError"),
])  # fmt: skip
def test_limits_are_ordinary_errors(sandbox, source, error):
    """Code that exceeds a limit gets Python's own error, and the notebook goes on."""
    with sandbox.open(notebook(source, "2", "def f():\n    return 3")) as session:
        first, second, _ = session.cells
        assert error in first.outputs[-1]["ename"]
        assert "2" == texts(second)


def test_threads_count_as_processes(sandboxes):
    """Threads are limited, however small their stacks are."""
    if problem := isolation.bubblewrap_problem():
        pytest.skip(problem)
    if os.getuid() == 0 and isolation._try_bubblewrap()[0] is None:
        pytest.skip("root cannot become nobody here, and the kernel exempts root")
    code = ("import threading, time\nthreading.stack_size(65536)\nn = 0\ntry:\n    while n < 1000:\n"
            "        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n        n += 1\n"
            "except RuntimeError: pass\nn")
    assert str(LIMITS.processes - 1) == texts(sandboxes["bubblewrap"].open(notebook(code)).cells[0])


BOMBS = {
    "disk": "for i in range(10_000):\n    with open(str(i), 'wb') as f: f.write(bytes(1 << 20))",
    "inodes": "for i in range(100_000): open(str(i), 'w').close()",
    "shared memory": "for i in range(100):\n    with open(f'/dev/shm/{i}', 'wb') as f: f.write(bytes(1 << 20))",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_scratch_is_small_and_private(sandboxes, bomb):
    """A fork can fill its own file system. The next fork finds it empty."""
    if problem := isolation.bubblewrap_problem():
        pytest.skip(problem)
    first, second = sandboxes["bubblewrap"].open(notebook(BOMBS[bomb], "print('on')")).cells
    assert "OSError" == first.outputs[-1]["ename"]
    assert "No space left on device" in first.outputs[-1]["evalue"]
    assert "on\n" == texts(second)
    (cell,) = sandboxes["bubblewrap"].open(notebook("import os\nos.listdir('.'), os.listdir('/dev/shm')")).cells
    assert "([], [])" == texts(cell)


def test_inside_bubblewrap_there_is_little_to_see(sandboxes):
    """Inside there are no processes, no network, no home, and only the interpreter's and the system's files."""
    if problem := isolation.bubblewrap_problem():
        pytest.skip(problem)
    # the parents of library folders exist, maybe in a home with a course, and hold nothing else
    libraries = [Path(folder) for folder in isolation.visible_folders()]
    ways = {str(parent): sorted({path.relative_to(parent).parts[0] for path in libraries if parent in path.parents})
            for folder in libraries if not folder.is_relative_to("/usr") for parent in folder.parents[:-1]}
    _, first, second, third = sandboxes["bubblewrap"].open(notebook(
        "import os, socket",
        "[os.listdir(folder) for folder in ('/proc', '/scratch', '/zygote', '/dev/shm')], os.getcwd()",
        f"[path for path in ('/sys', '/run', '/var', '/home', '/etc/passwd', {str(ROOT / 'tests')!r}) "
        f"if os.path.exists(path) and path not in {ways!r}], "
        f"[way for way, names in {ways!r}.items() if way != '/usr' and sorted(os.listdir(way)) != names]",
        "os.getuid(), os.getpid(), os.uname().nodename",
    )).cells
    assert "([[], [], [], []], '/scratch')" == texts(first)
    assert "([], [])" == texts(second)
    assert "(65534, 1, 'sandbox')" == texts(third)


@pytest.mark.parametrize("level", EVERY_LEVEL)
def test_what_lies_outside_stays_as_it_was(sandboxes, level, tmp_path):
    """Files that a notebook tries to leave in /tmp, /var/tmp and /dev/shm are not there afterwards."""
    name = f"autograder-left-{os.getpid()}"
    code = f"""
for folder in ('/tmp', '/var/tmp', '/dev/shm', {str(tmp_path)!r}):
    try: open(folder + '/{name}', 'w').write('x')
    except OSError: pass"""
    if level == "process" and not landlock.version():
        pytest.skip("nothing stops it without Landlock")
    sandboxes[level].open(notebook(code)).close()
    assert not [folder for folder in ("/tmp", "/var/tmp", "/dev/shm", tmp_path) if (Path(folder) / name).exists()]


#: Ways to harm a file without a right to write it.
TO_EMPTY = (
    "os.truncate(path, 0)", "os.close(os.open(path, os.O_RDONLY | os.O_TRUNC))", "open(path, 'w').close()",
    "how = (ctypes.c_uint64 * 3)(os.O_TRUNC, 0, 0)\nlibc.syscall(437, -100, path.encode(), how, 24)",
    "libc.creat(path.encode(), 0o600)", "os.rename(path, 'taken')", "os.link(path, 'x')\nopen('x', 'w').close()",
    "os.symlink(path, 'y')\nopen('y', 'w').close()", "os.remove(path)", "os.chmod(path, 0)",
    "import mmap\nmmap.mmap(os.open(path, os.O_RDONLY), 0, mmap.MAP_SHARED, mmap.PROT_WRITE)[0] = 0",
)


@linux
@pytest.mark.parametrize("version", range(1, 8))
def test_every_version_of_landlock_keeps_files_whole(version, tmp_path, monkeypatch):
    """On older kernels, too, no cell can empty, move or change a file that it may read, or one that it may not."""
    if landlock.version() < version or isolation.syscalls_problem():
        pytest.skip("this machine lacks it")
    files = [tmp_path / "library" / "module.py", tmp_path / "course" / "gradebook.db"]
    for path in files:
        path.parent.mkdir()
        path.write_text("x")
    folders = [*isolation.visible_folders(), str(files[0].parent)]
    monkeypatch.setattr(isolation, "visible_folders", lambda: folders)
    monkeypatch.setattr(landlock, "version", lambda: version)
    cells = [f"path = {str(path)!r}\n{how}" for path in files for how in TO_EMPTY]
    with Sandbox(LIMITS, "process") as sandbox:
        with sandbox.open(notebook("import ctypes, os\nlibc = ctypes.CDLL(None)", *cells)) as session:
            assert not any(run.problem for run in session.cells)
        with sandbox.open(notebook(f"open({str(files[0])!r}).read()", f"open({str(files[1])!r})")) as session:
            assert "'x'" == texts(session.cells[0]) and "Permission denied" in texts(session.cells[1])
    assert ["x", "x"] == [path.read_text() for path in files]
    assert {"course", "library"} == {path.name for path in tmp_path.iterdir()}
    assert [0o644 & ~0o022] * 2 == [path.stat().st_mode & 0o644 & ~0o022 for path in files]


def test_a_sweep_follows_no_link(tmp_path, monkeypatch):
    """A link in /tmp with the name of a dead grader's folder is not followed, and stops nothing."""
    elsewhere, scratch = tmp_path / "elsewhere", tmp_path / "scratch"
    (elsewhere / "inner").mkdir(parents=True)
    (elsewhere / "inner").chmod(0o500)
    scratch.mkdir()
    (scratch / f"{isolation.PREFIX}4194304-x").symlink_to(elsewhere)
    for odd in ("²-x", "9" * 40 + "-x"):
        (scratch / f"{isolation.PREFIX}{odd}").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    isolation.remove_abandoned()
    assert 0o500 == (elsewhere / "inner").stat().st_mode & 0o777
    (elsewhere / "inner").chmod(0o700)


def test_a_dead_grader_s_scratch_is_swept(tmp_path, monkeypatch):
    """The next grader removes the folders of one that was killed with its zygote."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        pass
    kept = [tmp_path / f"autograder-sandbox-{os.getpid()}-abc", tmp_path / "autograder-sandbox-notes"]
    for folder in (tmp_path / f"autograder-sandbox-{dead.pid}-abc", *kept):
        folder.mkdir()
    isolation.remove_abandoned()
    assert kept == sorted(tmp_path.iterdir())


# ---- what the machine offers ---------------------------------------------------------------------------------


def test_without_bubblewrap_the_next_best_level_is_used(monkeypatch):
    """The level is "process", the doctor says what to install, and "bubblewrap" is refused."""
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr(isolation, "_try_bubblewrap", isolation._try_bubblewrap.__wrapped__)
    assert "process" == isolation.best_level()
    if sys.platform == "linux":
        assert "Bubblewrap (bwrap) is not installed. Install it" in doctor.examine()[-1].advice
    with pytest.raises(SandboxError, match="is not available"):
        Sandbox(level="bubblewrap")


def test_a_layer_that_fails_is_our_failure(monkeypatch):
    """No student code runs if a layer that should be there fails."""
    if not landlock.version():
        pytest.skip("no Landlock")
    folders = isolation.visible_folders()
    monkeypatch.setattr(isolation, "visible_folders", lambda: [*folders, ["no path"]])
    with Sandbox(LIMITS, "process") as sandbox, pytest.raises(SandboxError, match="layer does not work: TypeError"):
        sandbox.open(notebook("1"))


@pytest.mark.parametrize("level", isolation.LEVELS)
def test_a_package_among_the_libraries_is_refused(tmp_path, level):
    """Students could read this package if it were installed among the libraries."""
    libraries = tmp_path / "site-packages"
    shutil.copytree(ROOT / "autograder", libraries / "autograder")
    for name in (*FILES, "rnn_utils.py"):
        shutil.copy(ROOT / name, libraries)
    code = (f"import sys; sys.path.insert(0, {str(libraries)!r}); from autograder.sandbox import Sandbox\n"
            f"try: Sandbox(level={level!r})\nexcept Exception as error: print(error)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert "students may read" in done.stdout, done.stderr
