"""Who marks: processes of this machine, or a Dask cluster."""

from __future__ import annotations

import multiprocessing
import sys
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Protocol

from .marking import Handed, Kit, mark, start_worker


class Workers(Protocol):
    """Marks submissions somewhere else; a context manager. ``in_flight`` is how many it should have at a time."""

    in_flight: int

    def submit(self, handed: Handed) -> Future: ...

    def restart(self) -> None:
        """Begin anew after a future raised BrokenExecutor."""

    def __enter__(self) -> Workers: ...

    def __exit__(self, *exc_info) -> None: ...


class LocalWorkers:
    """Processes of this machine, each with a warm jail of its own."""

    def __init__(self, kit: Kit, jobs: int):
        self._kit, self._jobs = kit, jobs
        self.in_flight = 2 * jobs  # one at work and one waiting, each
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self):
        self.restart()
        return self

    def submit(self, handed: Handed) -> Future:
        return self._pool.submit(mark, handed)

    def restart(self) -> None:
        self._stop()
        # A fork has everything imported already. It is safe here: this process has no thread of its own, and no
        # connection to the gradebook stays open between two transactions.
        context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
        self._pool = ProcessPoolExecutor(self._jobs, context, initializer=start_worker, initargs=(self._kit,))

    def __exit__(self, *exc_info):
        self._stop()

    def _stop(self):
        """End at once: what is in flight will be graded next time."""
        if self._pool is not None:
            for process in list((self._pool._processes or {}).values()):
                process.kill()
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None
