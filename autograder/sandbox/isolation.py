"""The levels of isolation: what this machine offers, and how to start a zygote at a level."""

from __future__ import annotations

import functools
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from ..errors import SandboxError
from .guest import landlock
from .guest.settings import Options
from .guest.tree import remove_tree

#: From the weakest to the strongest. At each level a fork is a process of its own with limits, an empty environment
#: and a private working folder. Linux adds a filter of system calls, and Landlock where it is available.
#: "bubblewrap" adds a file system, a network and a process table of its own.
LEVELS = ("process", "bubblewrap")
#: Names of scratch folders start with this and the pid of their process.
PREFIX = "autograder-sandbox-"
GUEST = Path(__file__).resolve().parent / "guest"
#: Where the guest package and its scratch folder are inside bubblewrap.
GUEST_IN_BUBBLEWRAP, ROOT_IN_BUBBLEWRAP = "/guest", "/zygote"
NOBODY = 65534
#: Isolation layers that every fork has.
BASIC = ("environment", "descriptors", "subreaper")
#: Does inside bubblewrap what each fork does there.
TRIAL = """
import ctypes, json, os, sys
become, folders = json.loads(sys.argv[1])
if become is not None:
    os.setgroups([]), os.setresgid(*[become] * 3), os.setresuid(*[become] * 3)
for folder in folders:
    os.listdir(folder)
sys.exit("a second set of namespaces cannot be made" if ctypes.CDLL(None).unshare(0x7E020000) else 0)
"""


# ---- what this machine offers -------------------------------------------------------------------------


def level_of(isolation: str) -> str | None:
    """Return the level for a setting: None for "best", which takes the strongest that this machine offers."""
    return {"best": None, "strict": LEVELS[-1]}.get(isolation, isolation)


def best_level() -> str:
    """Return the strongest level that this machine offers."""
    return "bubblewrap" if bubblewrap_problem() is None else "process"


class Lack(NamedTuple):
    """Why something is not available, and how to get it."""

    problem: str
    advice: str


_INSTALL = "Install it (apt install bubblewrap, dnf install bubblewrap)."
_ALLOW_NAMESPACES = (
    "Allow user namespaces: sysctl kernel.unprivileged_userns_clone=1 (Debian), "
    "kernel.apparmor_restrict_unprivileged_userns=0 or an AppArmor profile for bwrap (Ubuntu from 23.10 on), "
    "user.max_user_namespaces above 0; in Docker --security-opt seccomp=unconfined."
)


def bubblewrap_problem() -> str | None:
    """Return why the level "bubblewrap" is not available, or None if it is."""
    lack = bubblewrap_lack()
    return lack.problem if lack else None


def bubblewrap_lack() -> Lack | None:
    """Return why the level "bubblewrap" is not available, with advice, or None if it is."""
    return _try_bubblewrap()[1]


@functools.cache
def _try_bubblewrap() -> tuple[int | None, Lack | None]:
    """Return the user that forks must become, if any, and why bubblewrap does not work, if it does not.

    If the grader is root, forks become nobody before they make namespaces. The kernel exempts root from the limit on
    processes, whatever a namespace calls it.
    """
    if sys.platform != "linux":
        return None, Lack("bubblewrap needs Linux", "Linux only.")
    if shutil.which("bwrap") is None:
        return None, Lack("bubblewrap (bwrap) is not installed", _INSTALL)
    if problem := syscalls_problem():
        return None, Lack(problem, "Install libseccomp and pyseccomp first.")
    for become in (NOBODY, None) if os.getuid() == 0 else (None,):
        given = json.dumps([become, visible_folders()])
        command = [*_bubblewrap(become), python(), "-I", "-S", "-c", TRIAL, given]
        try:
            tried = subprocess.run(command, capture_output=True, text=True, timeout=60)
        except (OSError, subprocess.TimeoutExpired) as error:
            return None, Lack(f"bwrap does not run: {error}", _ALLOW_NAMESPACES)
        if tried.returncode == 0:
            return become, None
    lines = tried.stderr.strip().splitlines() or ["no reason given"]
    return None, Lack(f"user namespaces do not work: {lines[-1]}", _ALLOW_NAMESPACES)


@functools.cache
def syscalls_problem() -> str | None:
    """Return why system calls cannot be filtered, or None if they can."""
    if sys.platform != "linux":
        return "system calls are filtered on Linux only"
    try:
        import pyseccomp  # noqa: F401
    except (ImportError, OSError, RuntimeError) as error:
        return f"pyseccomp or libseccomp is missing: {error}"
    return None


def layers_of(level: str) -> tuple[str, ...]:
    """Return the isolation layers around a fork at a level on this machine, beside limits."""
    filtered = ("syscalls",) if syscalls_problem() is None else ()
    if level == "bubblewrap":
        return (*BASIC, *filtered, "namespaces")
    return (*BASIC, *filtered, *(("files",) if landlock.version() else ()))


# ---- how to start -------------------------------------------------------------------------------------


def zygote_command(level: str, root: str | None, control: int, watch: int | None,
                   layers: tuple[str, ...] | None = None) -> tuple[list[str], dict[str, str]]:
    """Return the command line that starts a zygote, and its environment.

    Parameters
    ----------
    level : str
    root : str or None
        A scratch folder, for levels without a file system of their own.
    control, watch : int
        Descriptors, as in `guest.settings.Options`.
    layers : tuple of str, optional
        The isolation layers, for tests that leave some out.

    Raises
    ------
    SandboxError
        If the level is not available on this machine.
    """
    if level not in LEVELS:
        raise SandboxError(f"isolation {level!r} is not one of {', '.join(LEVELS)}")
    if not hasattr(os, "fork"):
        raise SandboxError("this system cannot fork a process. Use Linux, macOS, or WSL on Windows")
    for folder in (*library_folders(), sys.base_prefix, "/usr"):
        if GUEST.is_relative_to(Path(folder).resolve()):  # students could read the whole package
            raise SandboxError(f"this package lies in {folder}, which students may read. "
                               "Install it where the course is: pip install -e .")
    wrapper, guest, become = [], str(GUEST), None
    if level == "bubblewrap":
        if problem := bubblewrap_problem():
            raise SandboxError(f"isolation 'bubblewrap' is not available: {problem}")
        become, guest, root = _try_bubblewrap()[0], GUEST_IN_BUBBLEWRAP, ROOT_IN_BUBBLEWRAP
        wrapper = _bubblewrap(become)
    assert root is not None
    options = Options(layers_of(level) if layers is None else layers, root, control, watch, tuple(library_folders()),
                      tuple(visible_folders()), landlock.version(), become)
    environment = {
        "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": root, "TMPDIR": root,
        # one thread each: forks are many, and a process with threads cannot be forked safely
        "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "VECLIB_MAXIMUM_THREADS": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline", "MPLCONFIGDIR": root,
        "IPYTHONDIR": root, "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
    }
    return [*wrapper, python(), "-I", "-S", f"{guest}/__main__.py", json.dumps(asdict(options))], environment


def python() -> str:
    """Return the interpreter itself, rather than the virtual environment's link, whose start-up files would run."""
    return os.path.realpath(sys.executable)


def library_folders() -> list[str]:
    """Return the folders of installed packages: the part of ``sys.path`` that the guest gets.

    Neither the course's folder nor what an editable install adds is among them.
    """
    folders = [entry for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")]
    return [entry for entry in dict.fromkeys(folders) if Path(entry).is_dir()]


def visible_folders() -> list[str]:
    """Return the folders that the guest may read: the interpreter's, and those of installed packages."""
    return list(dict.fromkeys([sys.base_prefix, sys.base_exec_prefix, *library_folders()]))


def _bubblewrap(become: int | None) -> list[str]:
    """Return bubblewrap's part of the command line.

    The zygote has pid 1 inside. When it ends, the kernel ends everything else.
    """
    arguments = [shutil.which("bwrap") or "bwrap", "--as-pid-1", "--new-session", "--unshare-ipc", "--unshare-pid",
                 "--unshare-net", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "sandbox", "--cap-drop", "ALL"]
    if become is None:
        arguments += ["--unshare-user", "--uid", str(NOBODY), "--gid", str(NOBODY)]
    else:  # to become another user, and to end its processes
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
    # the interpreter and the installed packages, without their parent folders, one of which may be the course's
    bound = {folder: folder for folder in visible_folders() if not folder.startswith("/usr/")}
    bound[GUEST_IN_BUBBLEWRAP] = str(GUEST)
    parents = {str(parent) for path in bound for parent in Path(path).parents} - {"/"}
    for folder in sorted(parents):  # bubblewrap would make them too, readable by its own user alone
        arguments += ["--dir", folder]
    for path, source in bound.items():
        arguments += ["--ro-bind", os.path.realpath(source), path]
    if "/tmp" not in parents:
        arguments += ["--symlink", "/scratch", "/tmp"]
    return [
        *arguments, "--proc", "/proc", "--dev", "/dev", "--tmpfs", ROOT_IN_BUBBLEWRAP, "--tmpfs", "/scratch",
        "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/",
    ]


# ---- what a killed grader leaves ------------------------------------------------------------------------


def remove_abandoned() -> None:
    """Remove the scratch folders of graders that were killed before they could do so."""
    for folder in Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        pid = folder.name.removeprefix(PREFIX).partition("-")[0]
        try:
            found = folder.lstat()  # never follow a link
            own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
            if own and pid.isdecimal() and not _is_alive(int(pid)):
                remove_tree(folder)
        except (OSError, OverflowError):
            continue  # another grader removed it, or the number is no pid


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
