"""The levels of isolation: what stands between a student's code and the machine, and how to start behind it."""

from __future__ import annotations

import functools
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import SandboxError
from . import landlock, tree

#: From the weakest to the strongest. At each, a fork is a process of its own with limits, an empty environment and a
#: private working folder, and, where Linux gives them, a filter of system calls and Landlock; "bubblewrap" adds a file
#: system, a network and a table of processes of its own.
LEVELS = ("process", "bubblewrap")
#: Scratch folders' names start with it, and the number of the process they belong to.
PREFIX = "autograder-sandbox-"
HERE = Path(__file__).resolve().parent
#: What the student's end consists of; nothing else of ours is laid into the sandbox.
INSIDE = ("inside.py", "fence.py", "syscalls.py", "landlock.py", "student.py", "shell.py", "wire.py", "explain.py",
          "tree.py")
BOOT = (
    "import json, sys; options = json.loads(sys.argv[1]); sys.path[:0] = [options['here']]; "
    "sys.path += options['path']; import inside; inside.main(options)"
)
NOBODY = 65534
#: Tries inside bubblewrap what each fork does there.
TRIAL = """
import ctypes, json, os, sys
become, folders = json.loads(sys.argv[1])
if become is not None:
    os.setgroups([]), os.setresgid(*[become] * 3), os.setresuid(*[become] * 3)
for folder in folders:
    os.listdir(folder)
sys.exit("a second set of namespaces cannot be made" if ctypes.CDLL(None).unshare(0x7E020000) else 0)
"""


# ---- what this machine gives --------------------------------------------------------------------------


def level_of(isolation: str) -> str | None:
    """The level that a setting asks for; None for the strongest that this machine gives."""
    return {"best": None, "strict": LEVELS[-1]}.get(isolation, isolation)


def best_level() -> str:
    """The strongest level that this machine gives."""
    return "bubblewrap" if bubblewrap_problem() is None else "process"


def bubblewrap_problem() -> str | None:
    """Why there is no level "bubblewrap" here; None where there is."""
    return _bubblewrap_way()[1]


@functools.cache
def _bubblewrap_way() -> tuple[int | None, str | None]:
    """As which user a fork runs that bubblewrap's own user starts, if not as that; and why there is no such level.

    Where we are root, forks become nobody before they make their namespaces: the kernel exempts the machine's root
    from the limit on processes, by whatever name a namespace calls it.
    """
    if sys.platform != "linux":
        return None, "bubblewrap needs Linux"
    if shutil.which("bwrap") is None:
        return None, "bubblewrap (bwrap) is not installed"
    if problem := syscalls_problem():
        return None, problem
    for become in (NOBODY, None) if os.getuid() == 0 else (None,):
        given = json.dumps([become, visible_folders()])
        command = [*_bubblewrap("/warm", become), python(), "-I", "-S", "-c", TRIAL, given]
        try:
            tried = subprocess.run(command, capture_output=True, text=True, timeout=60)
        except (OSError, subprocess.TimeoutExpired) as error:
            return None, f"bwrap does not run: {error}"
        if tried.returncode == 0:
            return become, None
    said = tried.stderr.strip().splitlines() or ["no reason given"]
    return None, f"user namespaces are not to be had: {said[-1]}"


@functools.cache
def syscalls_problem() -> str | None:
    """Why system calls cannot be filtered here; None where they can."""
    if sys.platform != "linux":
        return "system calls are filtered on Linux only"
    try:
        import pyseccomp  # noqa: F401
    except (ImportError, OSError, RuntimeError) as error:
        return f"pyseccomp or libseccomp is missing: {error}"
    return None


def walls_of(level: str) -> tuple[str, ...]:
    """The walls, beside limits, that stand around a fork at a level on this machine."""
    filtered = ("syscalls",) if syscalls_problem() is None else ()
    if level == "bubblewrap":
        return (*filtered, "namespaces")
    return (*filtered, "files") if landlock.version() else filtered


# ---- how to start -------------------------------------------------------------------------------------


def command(level: str, options: Mapping[str, Any]) -> tuple[list[str], dict[str, str]]:
    """The command line that starts the warm process at a level, and its environment.

    Parameters
    ----------
    level : str
    options : dict
        The descriptors ``control`` and ``watch``, and ``root``, a folder for scratch where the level has no own.

    Raises
    ------
    SandboxError
        Where the level is not to be had on this machine.
    """
    if level not in LEVELS:
        raise SandboxError(f"isolation {level!r} is not one of {', '.join(LEVELS)}")
    if not hasattr(os, "fork"):
        raise SandboxError("this system cannot fork a process. Use Linux, macOS, or WSL on Windows")
    folders = {"path": library_folders(), "visible": visible_folders(), "here": str(HERE)}
    for folder in (*folders["path"], sys.base_prefix, "/usr"):
        if HERE.is_relative_to(Path(folder).resolve()):  # its catalogue of mistakes quotes the solutions
            raise SandboxError(f"this package lies in {folder}, which students may read. "
                               "Install it where the course is: pip install -e .")
    options = {"walls": walls_of(level), **folders, **options}
    wrapped = []
    if level == "bubblewrap":
        if problem := bubblewrap_problem():
            raise SandboxError(f"isolation 'bubblewrap' is not to be had: {problem}")
        options.update(root="/warm", here="/sandbox", become=_bubblewrap_way()[0])
        wrapped = _bubblewrap(options["root"], options["become"])
    environment = {
        "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": options["root"], "TMPDIR": options["root"],
        # one thread each: forks are many, and to fork a process with threads is a gamble
        "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "VECLIB_MAXIMUM_THREADS": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline", "MPLCONFIGDIR": options["root"],
        "IPYTHONDIR": options["root"], "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
    }
    return [*wrapped, python(), "-I", "-S", "-c", BOOT, json.dumps(options)], environment


def python() -> str:
    """The interpreter itself, not the virtual environment's link to it: the environment's start-up is not run."""
    return os.path.realpath(sys.executable)


def library_folders() -> list[str]:
    """Where Python finds installed packages: the part of ``sys.path`` that the student's end gets.

    Neither the course's folder nor what an editable install adds is among them.
    """
    folders = [entry for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")]
    return [entry for entry in dict.fromkeys(folders) if Path(entry).is_dir()]


def visible_folders() -> list[str]:
    """The interpreter's folder and those of installed packages, for the student's end to read."""
    return list(dict.fromkeys([sys.base_prefix, sys.base_exec_prefix, *library_folders()]))


def _bubblewrap(root: str, become: int | None) -> list[str]:
    """The part of the command line that is bubblewrap's; ``root`` is where the warm process may write.

    The warm process is number 1 in there: when it ends, the kernel ends everything else.
    """
    arguments = [shutil.which("bwrap"), "--as-pid-1", "--new-session", "--unshare-ipc", "--unshare-pid",
                 "--unshare-net", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "sandbox", "--cap-drop", "ALL"]
    if become is None:
        arguments += ["--unshare-user", "--uid", str(NOBODY), "--gid", str(NOBODY)]
    else:  # what it takes to become another, and to end that one
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_KILL"):
            arguments += ["--cap-add", capability]
    arguments += ["--ro-bind", "/usr", "/usr"]
    for name in ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"):
        if os.path.islink(name):
            arguments += ["--symlink", os.readlink(name), name]
        elif os.path.isdir(name):
            arguments += ["--ro-bind", name, name]
    for name in ("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/fonts", "/etc/localtime", "/etc/alternatives"):
        arguments += ["--ro-bind-try", name, name]
    # the interpreter and the installed packages, but not the folders they lie in, one of which may be the course's
    bound = {folder: folder for folder in visible_folders() if not folder.startswith("/usr/")}
    bound |= {f"/sandbox/{name}": str(HERE / name) for name in INSIDE}
    parents = {str(parent) for path in bound for parent in Path(path).parents} - {"/"}
    for folder in sorted(parents):  # bubblewrap would make them too, but for its own user's eyes only
        arguments += ["--dir", folder]
    for path, source in bound.items():
        arguments += ["--ro-bind", os.path.realpath(source), path]
    if "/tmp" not in parents:
        arguments += ["--symlink", "/scratch", "/tmp"]
    return [
        *arguments, "--proc", "/proc", "--dev", "/dev", "--tmpfs", root, "--tmpfs", "/scratch",
        "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/",
    ]


# ---- what a killed grader leaves ------------------------------------------------------------------------


def sweep_abandoned() -> None:
    """Remove the scratch folders of graders that were killed before they could do so themselves."""
    for folder in Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        number = folder.name.removeprefix(PREFIX).partition("-")[0]
        try:
            found = folder.lstat()  # a link could lead to any folder of ours
            ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
            if ours and number.isdecimal() and not _alive(int(number)):
                tree.remove(folder)
        except (OSError, OverflowError):
            continue  # someone else was quicker, or it is no number of a process


def _alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
