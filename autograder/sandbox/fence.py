"""Inside the sandbox: what stands around one fork, and how to end it for certain.

Runs in the warm process and, before any student code, in its forks. Imports nothing of ours but what lies beside it.
"""

import ctypes
import functools
import os
import resource
import signal
import sys
import tempfile
import time

import landlock
import syscalls
import tree

LINUX = sys.platform == "linux"
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 24, 36, 38
#: Unshared for each fork: user, process, mount, IPC, network, host name, cgroup.
NAMESPACES = 0x10000000 | 0x20000000 | 0x00020000 | 0x08000000 | 0x40000000 | 0x04000000 | 0x02000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 1 << 14, 1 << 18
SCRATCH = "/scratch"  # where there are namespaces
SHM_BYTES = 16 << 20
MADV_COLLAPSE, HUGE = 25, 2 << 20

_code = None  # of the filter of system calls
_mapped = 0  # bytes of address space that the warm process has, libraries above all: they are not the student's


def prepare(options):
    """Before the first fork: see to it that orphans of forks become ours, and have ready what every fork needs."""
    global _code
    if not LINUX:
        return
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    if "syscalls" in options["walls"]:
        _code, problem = syscalls.program()
        if problem:
            raise RuntimeError(problem)


def measure():
    """Look at how much address space this process has, which forks are to have beside their own."""
    global _mapped
    if LINUX:
        with open("/proc/self/statm") as file:
            _mapped = int(file.read().split()[0]) * resource.getpagesize()


def compact():
    """Have the kernel put this process's memory into huge pages, where it knows how: forks then copy far fewer."""
    if not LINUX:
        return
    with open("/proc/self/maps") as file:
        regions = [line.split() for line in file]
    for span, rights, _, _, _, *name in regions:
        if rights == "rw-p" and name in ([], ["[heap]"]):
            start, end = (int(place, 16) for place in span.split("-"))
            for place in range(-(-start // HUGE) * HUGE, end - HUGE + 1, HUGE):
                # what is not in use, or an older kernel, is answered with an error, and stays as it is
                _libc().madvise(ctypes.c_void_p(place), ctypes.c_size_t(HUGE), MADV_COLLAPSE)


def fork(options, limits):
    """Fork; the number of the child, or 0 in the child, and the child's scratch folder.

    With namespaces there are two forks, since who unshares the namespace of processes is not in it, its next child
    is. The first child ends at once, and the second, number 1 in there, falls to us: when it ends, the kernel ends
    all that it started.
    """
    if "namespaces" not in options["walls"]:
        scratch = tempfile.mkdtemp(dir=options["root"], prefix="fork-")
        return os.fork(), scratch
    ours, theirs = os.pipe()
    first = os.fork()
    if first == 0:
        try:
            os.close(ours)
            _become(options.get("become"))
            _unshare()
            second = os.fork()
            if second == 0:
                os.close(theirs)
                return 0, SCRATCH
            os.write(theirs, str(second).encode())
        except BaseException as error:
            os.write(theirs, f"{type(error).__name__}: {error}".encode())
        finally:
            if os.getpid() != 1:
                os._exit(0)
    os.close(theirs)
    with open(ours, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(first, 0)
    if not said.isdigit():
        raise RuntimeError(said or "its namespaces cannot be made")
    return int(said), None


def enter(options, limits, scratch, keep):
    """Put the walls up around this process; descriptors 1 and 2 become files, which are returned by stream's name."""
    walls = options["walls"]
    os.setsid()
    if "namespaces" in walls:
        _furnish(options, limits)
    elif LINUX:
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.chdir(scratch)
    os.environ.clear()
    os.environ.update(HOME=scratch, TMPDIR=scratch, PWD=scratch, LANG="C.UTF-8", PATH="/usr/bin:/bin")
    tempfile.tempdir = None
    outputs = capture()
    close_all_but({0, 1, 2, *keep})
    _limit(limits, walls)
    if LINUX:
        _prctl(PR_SET_NO_NEW_PRIVS, 1)
    if "namespaces" in walls:
        _drop_capabilities()
    if "files" in walls:
        landlock.restrict(options["visible"], scratch)
    if "syscalls" in walls:
        syscalls.load(_code)
    return outputs


def _become(user):
    """Change to another user and group, for good, where we are asked to."""
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        _prctl(PR_SET_DUMPABLE, 1)  # else our own entries in /proc, which say who is who in a namespace, stay root's


def _unshare():
    uid, gid = os.getuid(), os.getgid()
    if _libc().unshare(NAMESPACES):
        raise OSError(ctypes.get_errno(), "unshare failed")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def _furnish(options, limits):
    """In a mount namespace of our own: a private scratch folder and shared memory, and no /proc."""
    safe = MS_NOSUID | MS_NODEV | MS_NOEXEC
    _mount(None, "/", None, MS_REC | MS_PRIVATE, None)
    _mount("tmpfs", SCRATCH, "tmpfs", safe, f"size={2 * limits['file_bytes']},nr_inodes=4096,mode=0700")
    _mount("tmpfs", "/dev/shm", "tmpfs", safe, f"size={SHM_BYTES},nr_inodes=256,mode=0700")
    for hidden in ("/proc", options["root"]):
        _mount("tmpfs", hidden, "tmpfs", safe | MS_RDONLY, "size=4096,nr_inodes=1,mode=0555")


def _mount(source, target, kind, flags, data):
    encoded = [None if text is None else text.encode() for text in (source, target, kind)]
    if _libc().mount(*encoded, ctypes.c_ulong(flags), None if data is None else data.encode()):
        raise OSError(ctypes.get_errno(), f"mounting {target} failed")


def _drop_capabilities():
    for capability in range(64):
        if _libc().prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0):
            break  # past the last that this kernel knows
    header, nothing = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    if _libc().capset(header, nothing):
        raise OSError(ctypes.get_errno(), "capabilities cannot be dropped")


def end(options, number, scratch, others, patience):
    """Kill a fork and everything it started, and wait until it is gone; its wait status and what it used.

    ``patience`` is how many seconds it is given to end by itself: who has hung up is as a rule about to.
    """
    deadline = time.monotonic() + patience
    while not (ended := os.wait4(number, os.WNOHANG))[0] and time.monotonic() < deadline:
        time.sleep(0.001)
    by_itself = ended[0] == number
    # behind these walls it cannot have started a process that outlives it
    alone = "syscalls" in options["walls"] or "namespaces" in options["walls"]
    descendants = () if alone else _descendants(number)
    if not (by_itself and alone):
        _kill(number, group=not alone)
    for other in descendants:
        _kill(other)
    _, status, used = ended if by_itself else os.wait4(number, 0)
    if not alone:
        _sweep(set(others))
    if scratch is not None:
        tree.remove(scratch)
    return {"status": status, "seconds": used.ru_utime + used.ru_stime, "by_itself": by_itself,
            "memory": used.ru_maxrss * (1024 if LINUX else 1)}


def tidy(options):
    tree.remove(options["root"])


def _sweep(known):
    """End orphans that fell to us: what a fork started and cut loose."""
    for _ in range(100):
        found = _children(os.getpid()) - known
        if not found:
            return
        for number in found:
            for other in _descendants(number):
                _kill(other)
            _kill(number)
        for number in found:
            try:
                os.waitpid(number, 0)
            except ChildProcessError:
                continue


def _kill(number, group=False):
    try:
        if group:
            os.killpg(number, signal.SIGKILL)
        os.kill(number, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        try:
            os.kill(number, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return


def _children(parent):
    return {number for number, other in _parents().items() if other == parent}


def _descendants(ancestor):
    parents, found = _parents(), {ancestor}
    while True:
        more = {number for number, parent in parents.items() if parent in found} - found
        if not more:
            return found - {ancestor}
        found |= more


def _parents():
    """Each process's parent, as far as /proc tells."""
    parents = {}
    try:
        numbers = [name for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return parents
    for number in numbers:
        try:
            with open(f"/proc/{number}/stat", "rb") as file:
                parents[int(number)] = int(file.read().rpartition(b")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
    return parents


def capture():
    """Make descriptors 1 and 2 files in the working folder, which are returned by stream's name."""
    return {name: _unnamed_file(number) for number, name in ((1, "stdout"), (2, "stderr"))}


def _unnamed_file(number):
    """Make a descriptor write to the end of a fresh unnamed file in the scratch folder."""
    name = f".{number}"
    descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
    os.unlink(name)
    os.dup2(descriptor, number)
    os.close(descriptor)
    return number


def close_all_but(keep):
    """Close every descriptor that is not named: none of the warm process's reaches a student."""
    first = 0
    for number in sorted(keep):
        if first < number:  # an empty range would be read as all
            os.closerange(first, number)
        first = number + 1
    os.closerange(first, 1 << 16)


def _limit(limits, walls):
    values = {
        "RLIMIT_AS": limits["memory_bytes"] + _mapped,
        "RLIMIT_CPU": int(2 * limits["submission_seconds"]) + 1,
        "RLIMIT_NOFILE": limits["open_files"],
        "RLIMIT_FSIZE": limits["file_bytes"],
        "RLIMIT_CORE": 0,
    }
    if "namespaces" in walls:  # without, everything else that this user runs would count
        values["RLIMIT_NPROC"] = limits["processes"]
    for name, value in values.items():
        which = getattr(resource, name, None)
        if which is not None:
            hard = resource.getrlimit(which)[1]
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(which, (value, value))


def _prctl(option, argument):
    padded = (option, argument, 0, 0, 0)
    if _libc().prctl(*(ctypes.c_ulong(argument) for argument in padded)):
        raise OSError(ctypes.get_errno(), "prctl failed")


@functools.cache
def _libc():
    return ctypes.CDLL(None, use_errno=True)
