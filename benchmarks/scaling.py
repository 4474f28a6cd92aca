"""Grade the same part of a class with more processes, and on a real Dask cluster on this machine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import psutil

from . import courses
from .courses import GRADED, NAME
from .meter import ENVIRONMENT, Cost, cpu_beneath, cpu_of, measure
from .tables import megabytes, progress, ratio, table

SECONDS = 60  # how long the cluster may take to come up


def run(course: Path, students: Sequence[str], cores: int) -> dict[str, dict]:
    """Grade a part of the class with more and more processes, then on the workers of a Dask cluster."""
    some = courses.copy_of(course, course.parent / "part", {student: student for student in students})
    command = "autograder", "grade", NAME, "--all"
    found = {}
    for jobs in sorted({1, 2, cores}):
        progress(f"scaling: --jobs {jobs}")
        found[f"--jobs {jobs}"] = entry(measure(some, *command, "--jobs", jobs, codes=GRADED))
    for workers in (1, 2) if find_spec("distributed") else ():
        progress(f"scaling: a Dask cluster, {workers} worker{'s' * (workers > 1)}")
        with Cluster(workers, some.parent) as cluster:
            before = cluster.cpu()
            cost = measure(some, *command, "--scheduler", cluster.address, codes=GRADED)
            name = f"Dask, {workers} worker{'s' * (workers > 1)}"
            found[name] = entry(cost) | {"cpu": cost.cpu + cluster.cpu() - before}
    show(found, len(students))
    return found


def entry(cost: Cost) -> dict:
    """Return the numbers of one run."""
    return {"wall": cost.wall, "cpu": cost.cpu, "peak": cost.peak}


def show(scaling: dict[str, dict], part: int) -> None:
    """Print the runs, beside that of one process."""
    first = scaling["--jobs 1"]
    rows = [[what, one["wall"], one["cpu"], part / one["wall"], ratio(first["wall"], one["wall"]),
             ratio(one["cpu"], first["cpu"]), megabytes(one["peak"])] for what, one in scaling.items()]
    table(f"more hands: {part} submissions, start included",
          ("", "wall, s", "CPU, s", "a second", "x speed", "x CPU", "parent, MB"), rows,
          ["Dask: a real scheduler and workers on this machine; their CPU counts, their start does not." if
           find_spec("distributed") else "Dask is left out: it is not installed (pip install '.[cluster]')."])


class Cluster:
    """A scheduler and workers on this machine, as a context manager; ``address`` is the scheduler's.

    Workers write into ``folder``.
    """

    def __init__(self, workers: int, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address, self._workers, self._folder = f"tcp://127.0.0.1:{port}", workers, folder
        self._started: list[subprocess.Popen] = []

    def __enter__(self) -> Cluster:
        port = self.address.rpartition(":")[2]
        self._start("scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard")
        self._start("worker", self.address, "--host", "127.0.0.1", "--nworkers", str(self._workers), "--nthreads", "1",
                    "--no-dashboard", "--local-directory", str(self._folder))
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self, kind: str, *options: str) -> None:
        command = (sys.executable, "-W", "ignore", "-m", f"distributed.cli.dask_{kind}", *options)
        self._started.append(subprocess.Popen(
            command, env=ENVIRONMENT, cwd="/", start_new_session=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ))

    def _wait(self) -> None:
        """Wait until all workers have joined."""
        from distributed import Client

        deadline = time.monotonic() + SECONDS
        while True:
            try:
                with Client(self.address, timeout=SECONDS, set_as_default=False) as client:
                    client.wait_for_workers(self._workers, timeout=SECONDS)
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    def cpu(self) -> float:
        """Return the CPU seconds of scheduler, workers, and all beneath them, up to now."""
        return sum(cpu_of(psutil.Process(process.pid)) + cpu_beneath(process.pid) for process in self._started)

    def __exit__(self, *exc_info: object) -> None:
        for process in self._started:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
