"""What a command costs: wall, CPU of all the processes it started, peak memory of its first process.

CPU is user and system time of the command, its children, and theirs, also of those that outlive it: a process between
us and the command adopts orphans (a "subreaper") and waits until the last of them has ended. A grader's warm sandbox,
which ends a moment after the grader does, is counted whole. What is not counted: the command's own waiting, this
benchmark, and whatever the kernel does on behalf of nobody, such as writing files to disk later.
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

SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER
TICKS = os.sysconf("SC_CLK_TCK")
BIN = Path(sys.executable).parent
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL", "VECLIB_MAXIMUM")}
#: The same for every command: our programs first on PATH, one BLAS thread, no window.
ENVIRONMENT = {
    **os.environ, **ONE_THREAD, "MPLBACKEND": "agg", "PATH": os.pathsep.join([str(BIN), os.environ.get("PATH", "")]),
}


@dataclass(frozen=True)
class Cost:
    """What one run of a command cost."""

    wall: float  # seconds until the command came back
    cpu: float  # seconds, of all processes
    code: int  # its exit code
    peak: int = 0  # bytes, its first process alone
    largest: int = 0  # bytes, the largest of all its processes
    output: str = ""

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.wall - other.wall, self.cpu - other.cpu, self.code)

    def per(self, count: int) -> Cost:
        return Cost(self.wall / count, self.cpu / count, self.code)


def measure(
    cwd: Path, *command: str | Path, environment: Mapping[str, str] | None = None, codes: Sequence[int] = (0,),
) -> Cost:
    """Run a command and wait for all that it started.

    Raises
    ------
    RuntimeError
        Where it ends with a code that is not one of ``codes``; says the end of what it printed.
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
    """Run the command in a process that adopts whatever it leaves behind; what it cost."""
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
    """The largest resident set of this process alone; the kernel keeps the maximum, so looking seldom is enough."""
    peak, end = 0, select.poll()
    ends = os.pidfd_open(process.pid)
    end.register(ends, select.POLLIN)
    while True:
        peak = max(peak, status_bytes(process.pid, "VmHWM"))
        if end.poll(50):
            os.close(ends)
            process.wait()
            return peak


def adopt_orphans() -> None:
    ctypes.CDLL(None).prctl(SUBREAPER, 1)


def wait_for_orphans() -> None:
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return


# ---- what lives ------------------------------------------------------------------------------------------


def status_bytes(pid: int, field: str) -> int:
    """A line of /proc/PID/status, in bytes; 0 where it cannot be read."""
    return _field(f"/proc/{pid}/status", field)


def rollup(pid: int) -> dict[str, int]:
    """A process's memory in bytes: ``rss``, ``pss`` (shared pages by share), ``private``; empty where it is hidden."""
    path = f"/proc/{pid}/smaps_rollup"
    private = sum(_field(path, name) for name in ("Private_Clean", "Private_Dirty", "Private_Hugetlb"))
    found = {"rss": _field(path, "Rss"), "pss": _field(path, "Pss"), "private": private}
    return found if found["rss"] else {}


def _field(path: str, name: str) -> int:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            for line in file:
                if line.startswith(name + ":"):
                    return 1024 * int(line.split()[1])
    except OSError:
        pass
    return 0


def descendants(pid: int) -> dict[int, float]:
    """The living processes beneath this one, each with the CPU seconds of itself and of those it has waited for."""
    children: dict[int, list[int]] = {}
    seconds = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            fields = Path("/proc", entry, "stat").read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(entry))
        seconds[int(entry)] = sum(map(int, fields[11:15])) / TICKS
    found, todo = {}, list(children.get(pid, []))
    while todo:
        one = todo.pop()
        found[one] = seconds[one]
        todo += children.get(one, [])
    return found


def cpu_beneath(pid: int) -> float:
    """CPU seconds of all living processes beneath this one, and of the dead that they have waited for."""
    return sum(descendants(pid).values())
