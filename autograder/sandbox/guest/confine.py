"""Confine a fork, and end it with everything that it started.

This runs in the zygote and, before any student code, in its forks.
"""

import contextlib
import ctypes
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Container, Iterable
from typing import Any

from . import landlock, seccomp
from .libc import check, libc, prctl
from .settings import Limits, Options
from .tree import remove_tree

LINUX = sys.platform == "linux"
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 24, 36, 38
#: What each fork unshares: user, process, mount, IPC, network, host name, cgroup.
NAMESPACES = 0x10000000 | 0x20000000 | 0x00020000 | 0x08000000 | 0x40000000 | 0x04000000 | 0x02000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 1 << 14, 1 << 18
SCRATCH = "/scratch"  # each fork's working folder, with namespaces
SHARED_MEMORY_BYTES = 16 << 20
PF_EXITING = 4  # a flag of the kernel

_filter = b""  # of system calls
_zygote_bytes = 0  # address space of the zygote, mostly libraries; RLIMIT_AS of a fork is raised by it


def prepare(options: Options) -> None:
    """Adopt orphans of forks, and build what every fork needs."""
    global _filter
    if LINUX and "subreaper" in options.layers:
        prctl(PR_SET_CHILD_SUBREAPER, 1)
    if "syscalls" in options.layers:
        _filter = seccomp.build_filter()


def measure_memory() -> None:
    """Record this process's address space. The limit of each fork is raised by it."""
    global _zygote_bytes
    if LINUX:
        with open("/proc/self/statm") as file:
            _zygote_bytes = int(file.read().split()[0]) * resource.getpagesize()


# ---- one fork -----------------------------------------------------------------------------------------


def fork(options: Options) -> tuple[int, str | None]:
    """Fork. Return the child's pid, or 0 in the child, and the child's scratch folder.

    With namespaces this forks twice: a process that unshares the pid namespace stays outside it, and its next child
    is inside, with pid 1. The first child ends at once, and this process adopts the second. When the second ends, the
    kernel ends all that it started.

    Raises
    ------
    OSError, RuntimeError
        If the fork or its namespaces fail.
    """
    if "namespaces" not in options.layers:
        scratch = tempfile.mkdtemp(dir=options.root, prefix="fork-")
        return os.fork(), scratch
    receiver, sender = os.pipe()
    first = os.fork()
    if first == 0:
        try:
            os.close(receiver)
            _change_user(options.become)
            _unshare()
            second = os.fork()
            if second == 0:
                os.close(sender)
                return 0, SCRATCH
            os.write(sender, str(second).encode())
        except BaseException as error:  # the parent reports it
            os.write(sender, f"{type(error).__name__}: {error}".encode())
        finally:
            if os.getpid() != 1:
                os._exit(0)
    os.close(sender)
    with open(receiver, "rb") as pipe:
        answer = pipe.read().decode()
    os.waitpid(first, 0)
    if not answer.isdigit():
        raise RuntimeError(answer or "the namespaces of a fork failed")
    return int(answer), None


def enter(options: Options, limits: Limits, scratch: str, keep: Iterable[int]) -> dict[str, int]:
    """Put this process behind all isolation layers, for good.

    Parameters
    ----------
    options, limits
        As the host sent them.
    scratch : str
        The working folder.
    keep : iterable of int
        Descriptors that stay open, beside 0, 1 and 2.

    Returns
    -------
    dict of str to int
        ``stdout`` and ``stderr``: descriptors of files that collect what is written below Python.
    """
    os.setsid()
    if "namespaces" in options.layers:
        _mount_private_folders(options, limits)
    elif LINUX:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.chdir(scratch)
    if "environment" in options.layers:
        os.environ.clear()
    os.environ.update(HOME=scratch, TMPDIR=scratch, PWD=scratch, LANG="C.UTF-8", PATH="/usr/bin:/bin")
    tempfile.tempdir = None
    outputs = {name: _redirect(descriptor) for descriptor, name in ((1, "stdout"), (2, "stderr"))}
    if "descriptors" in options.layers:
        _close_all_but({0, 1, 2, *keep})
    _set_limits(options, limits)
    if LINUX:
        prctl(PR_SET_NO_NEW_PRIVS, 1)
    if "namespaces" in options.layers:
        _drop_capabilities()
    if "files" in options.layers:
        landlock.restrict(options.visible_folders, scratch, options.landlock)
    if "syscalls" in options.layers:
        seccomp.load_filter(_filter)
    return outputs


def _change_user(user: int | None) -> None:
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        prctl(PR_SET_DUMPABLE, 1)  # else the files in /proc/self, such as uid_map, still belong to root


def _unshare() -> None:
    uid, gid = os.getuid(), os.getgid()
    check(libc().unshare(NAMESPACES), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def _mount_private_folders(options: Options, limits: Limits) -> None:
    """Mount an empty scratch folder and shared memory, and hide /proc and the zygote's folder."""
    safe = MS_NOSUID | MS_NODEV | MS_NOEXEC
    _mount(None, "/", None, MS_REC | MS_PRIVATE, None)
    _mount("tmpfs", SCRATCH, "tmpfs", safe, f"size={2 * limits.file_bytes},nr_inodes=4096,mode=0700")
    _mount("tmpfs", "/dev/shm", "tmpfs", safe, f"size={SHARED_MEMORY_BYTES},nr_inodes=256,mode=0700")
    for hidden in ("/proc", options.root):
        _mount("tmpfs", hidden, "tmpfs", safe | MS_RDONLY, "size=4096,nr_inodes=1,mode=0555")


def _mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None) -> None:
    source_, target_, kind_, data_ = (None if text is None else text.encode() for text in (source, target, kind, data))
    check(libc().mount(source_, target_, kind_, ctypes.c_ulong(flags), data_), f"mount {target}")


def _drop_capabilities() -> None:
    for capability in range(64):
        if libc().prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0):
            break  # beyond the last capability of this kernel
    header, nothing = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    check(libc().capset(header, nothing), "capset")


def _redirect(descriptor: int) -> int:
    """Make a descriptor append to a fresh unnamed file in the working folder."""
    name = f".{descriptor}"
    opened = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
    os.unlink(name)
    os.dup2(opened, descriptor)
    os.close(opened)
    return descriptor


def _close_all_but(keep: Iterable[int]) -> None:
    first = 0
    for descriptor in sorted(keep):
        if first < descriptor:  # closerange takes an empty range for everything
            os.closerange(first, descriptor)
        first = descriptor + 1
    os.closerange(first, 1 << 16)


def _set_limits(options: Options, limits: Limits) -> None:
    values = {
        "RLIMIT_AS": limits.memory_bytes + _zygote_bytes,
        "RLIMIT_CPU": limits.fork_seconds,
        "RLIMIT_NOFILE": limits.open_files,
        "RLIMIT_FSIZE": limits.file_bytes,
        "RLIMIT_CORE": 0,
    }
    if "namespaces" in options.layers:  # elsewhere all processes of this user would count
        values["RLIMIT_NPROC"] = limits.processes
    for name, value in values.items():
        which = getattr(resource, name, None)
        if which is not None:
            hard = resource.getrlimit(which)[1]
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(which, (value, value))


# ---- the end of a fork --------------------------------------------------------------------------------


def end_fork(options: Options, pid: int, scratch: str | None, others: Container[int], grace: float) -> dict[str, Any]:
    """Kill a fork and everything it started. Return its wait status and what it used.

    Parameters
    ----------
    options : Options
    pid : int
    scratch : str, optional
        The fork's folder, to remove.
    others : container of int
        Pids of forks that must live on.
    grace : float, seconds
        How long to wait for the fork to end by itself.
    """
    deadline = time.monotonic() + grace
    while not (ended := os.wait4(pid, os.WNOHANG))[0] and (time.monotonic() < deadline or _is_exiting(pid)):
        time.sleep(0.001)
    by_itself = ended[0] == pid
    # with either layer no process that the fork started can outlive it
    alone = "syscalls" in options.layers or "namespaces" in options.layers
    descendants = () if alone else _descendants(pid)
    if not (by_itself and alone):
        _kill(pid, group=not alone)
    for other in descendants:
        _kill(other)
    _, status, used = ended if by_itself else os.wait4(pid, 0)
    if not alone:
        _end_orphans(others)
    if scratch is not None:
        remove_tree(scratch)
    return {"status": status, "seconds": used.ru_utime + used.ru_stime, "by_itself": by_itself,
            "memory": used.ru_maxrss * (1024 if LINUX else 1)}


def _end_orphans(known: Container[int]) -> None:
    """End processes that forks started and detached, and that this process has adopted."""
    for _ in range(100):
        found = [pid for pid, parent in _parents().items() if parent == os.getpid() and pid not in known]
        if not found:
            return
        for pid in found:
            for other in _descendants(pid):
                _kill(other)
            _kill(pid)
        for pid in found:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _kill(pid: int, group: bool = False) -> None:
    for kill in (os.killpg, os.kill) if group else (os.kill,):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def _descendants(ancestor: int) -> set[int]:
    parents, found = _parents(), {ancestor}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {ancestor}


def _parents() -> dict[int, int]:
    """Return each process's parent, as far as /proc shows them."""
    parents = {}
    with contextlib.suppress(OSError):
        for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
            if fields := _stat(pid):
                parents[pid] = int(fields[1])
    return parents


def usage_of(pid: int) -> dict[str, Any] | None:
    """Return the CPU seconds of all threads of a process, and its state, if /proc shows them."""
    fields = _stat(pid)
    if fields is None:
        return None
    return {"seconds": (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), "state": fields[0]}


def _is_exiting(pid: int) -> bool:
    """Return whether a process is on its way out, which takes a while on a busy machine."""
    fields = _stat(pid)
    return fields is not None and bool(int(fields[6]) & PF_EXITING)


def _stat(pid: int) -> list[str] | None:
    """Return what /proc tells of a process, from its state on."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].decode().split()  # a student chooses the name before it
    except OSError:
        return None
