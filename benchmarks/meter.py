"""Measure a command: wall, CPU of all the processes it started, peak memory of its first process.

CPU is user and system time of the command, its children, and theirs, also of those that outlive it: a process between
us and the command adopts orphans (a "subreaper") and waits until the last of them has ended. So a grader's sandbox,
which ends a moment after the grader, is counted whole. Not counted are waiting, this benchmark, and work of the kernel
for no process, such as writing files to disk later.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER
BIN = Path(sys.executable).parent
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL", "VECLIB_MAXIMUM")}
#: The same for every command: our programs first on PATH, one BLAS thread, no window.
ENVIRONMENT = {
    **os.environ, **ONE_THREAD, "MPLBACKEND": "agg", "PATH": os.pathsep.join([str(BIN), os.environ.get("PATH", "")]),
}


@dataclass(frozen=True)
class Cost:
    """The cost of one run of a command."""

    wall: float  # seconds until the command came back
    cpu: float  # seconds, of all processes
    code: int  # its exit code
    peak: int = 0  # bytes, its first process alone
    largest: int = 0  # bytes, the largest of all its processes
    output: str = ""

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.wall - other.wall, self.cpu - other.cpu, self.code)

    def per(self, count: int) -> Cost:
        """Return the cost of one of ``count`` equal parts."""
        return Cost(self.wall / count, self.cpu / count, self.code)


def measure(
    cwd: Path, *command: str | Path | int, environment: Mapping[str, str] | None = None, codes: Sequence[int] = (0,),
) -> Cost:
    """Run a command and wait for all that it started.

    Raises
    ------
    RuntimeError
        If it ends with a code that is not one of ``codes``; the message has the end of its output.
    """
    log, ours, theirs = tempfile.TemporaryFile(), *os.pipe()  # noqa: SIM115 - closed below
    keeper = os.fork()
    if keeper == 0:
        status = 1
        try:
            os.close(ours)
            everything = {**ENVIRONMENT, **(environment or {})}
            found = _keep(Path(cwd), [str(part) for part in command], everything, log.fileno())
            os.write(theirs, json.dumps(found).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(theirs)
    with open(ours, "rb") as pipe:
        said = pipe.read()
    os.waitpid(keeper, 0)
    with log:
        log.seek(0)
        output = log.read().decode(errors="replace")
    cost = Cost(**json.loads(said), output=output)
    if cost.code not in codes:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {cost.code}:\n{output[-3000:]}")
    return cost


def _keep(cwd: Path, command: list[str], environment: Mapping[str, str], log: int) -> dict:
    """Run the command in a process that adopts its orphans, and return the cost."""
    adopt_orphans()
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=log,
                               stderr=subprocess.STDOUT)
    peak = _peak_until_it_ends(process)
    wall = time.perf_counter() - start
    wait_for_orphans()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"wall": wall, "cpu": used.ru_utime + used.ru_stime, "code": process.returncode, "peak": peak,
            "largest": 1024 * used.ru_maxrss}


def _peak_until_it_ends(process: subprocess.Popen) -> int:
    """Wait for the process and return its largest resident set: the kernel keeps the maximum, so few looks suffice."""
    peak, end = 0, select.poll()
    ends = os.pidfd_open(process.pid)
    end.register(ends, select.POLLIN)
    while True:
        peak = max(peak, peak_of(process.pid))
        if end.poll(50):
            os.close(ends)
            process.wait()
            return peak


def adopt_orphans() -> None:
    """Become the parent of orphans among the descendants."""
    ctypes.CDLL(None).prctl(SUBREAPER, 1)


def wait_for_orphans() -> None:
    """Wait until no child is left."""
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return


# ---- living processes -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Memory:
    """Bytes of one process: resident, resident with shared pages by share, and private."""

    rss: int = 0
    pss: int = 0
    private: int = 0


def memory_of(process: psutil.Process) -> Memory:
    """Return a process's memory, or zeros where it has ended or the kernel hides it."""
    try:
        found = process.memory_full_info()
    except psutil.Error:
        return Memory()
    return Memory(found.rss, found.pss, found.uss)


def peak_of(pid: int) -> int:
    """Return the largest resident set that a process has had, in bytes: psutil does not tell it.

    Returns 0 once the process has ended.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text(errors="replace")
    except OSError:
        return 0
    return 1024 * int(status.partition("VmHWM:")[2].split()[0]) if "VmHWM:" in status else 0


def descendants(pid: int | None = None) -> list[psutil.Process]:
    """Return the living processes beneath one, or beneath this one."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def cpu_of(process: psutil.Process) -> float:
    """Return the CPU seconds of a process and of the dead children that it has waited for."""
    try:
        return sum(process.cpu_times()[:4])  # user, system, children's user, children's system
    except psutil.NoSuchProcess:
        return 0.0


def cpu_beneath(pid: int | None = None) -> float:
    """Return the CPU seconds of all living processes beneath one, and of the dead that they have waited for."""
    return sum(map(cpu_of, descendants(pid)))
