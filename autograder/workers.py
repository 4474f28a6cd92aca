"""Who marks: processes of this machine, or the workers of a Dask cluster."""

from __future__ import annotations

import multiprocessing
import sys
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from multiprocessing.connection import wait
from typing import Protocol

from .errors import CourseError
from .marking import Handed, Kit, bring, mark, start_worker, versions


class Workers(Protocol):
    """Marks submissions somewhere else; a context manager. ``in_flight`` is how many it should have at a time."""

    in_flight: int

    def submit(self, handed: Handed) -> Future: ...

    def watch(self) -> None:
        """Called every moment: see to it that what is in flight comes to an end where a worker has died."""

    def restart(self) -> None:
        """Begin anew after a future raised BrokenExecutor."""

    def __enter__(self) -> Workers: ...

    def __exit__(self, *exc_info) -> None: ...


class LocalWorkers:
    """Processes of this machine, each with a warm jail of its own."""

    def __init__(self, kit: Kit, jobs: int):
        self._kit, self._jobs = kit, jobs
        self.in_flight = 4 * jobs  # one at work each, and enough waiting for while a batch is being written
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self):
        self.restart()
        return self

    def submit(self, handed: Handed) -> Future:
        return self._pool.submit(mark, handed, self._kit.digest)

    def watch(self) -> None:
        sentinels = [process.sentinel for process in list((self._pool._processes or {}).values())]
        if wait(sentinels, timeout=0):
            self._kill()

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
            self._kill()
            thread, calls = self._pool._executor_manager_thread, self._pool._call_queue
            self._pool.shutdown(wait=False, cancel_futures=True)
            if thread is not None:
                thread.join(1)
                if thread.is_alive():  # before Python 3.11.5 it waits for whoever would read (cpython's gh-94777)
                    calls._reader.close()
                thread.join()
            self._pool = None

    def _kill(self):
        """Kill all workers. Who dies while it hands over a result leaves half of it in the pipe, and a lock on it.

        The pool would wait for the other half for ever, as long as anybody, it itself included, could still write it.
        """
        for process in list((self._pool._processes or {}).values()):
            process.kill()
        with suppress(AttributeError):  # the pool has ended by itself
            self._pool._result_queue._writer.close()


class ClusterWorkers:
    """The workers of a Dask cluster, which may be on any number of machines.

    Dask hands the submissions of a worker that dies to another; one that ended several is given up.

    Parameters
    ----------
    kit : Kit
    address : str
        Of the scheduler, for example ``tcp://head-node:8786``.
    seconds : float
        How long scheduler and workers are waited for.
    """

    def __init__(self, kit: Kit, address: str, seconds: float = 20):
        self._kit, self._address, self._seconds = kit, address, seconds

    def __enter__(self):
        try:
            from distributed import Client
        except ImportError:
            raise CourseError(self._address, "needs Dask", "Install it: pip install -e '.[cluster]'.") from None
        try:
            self._client = Client(self._address, timeout=self._seconds, set_as_default=False)
        except (OSError, ValueError, ImportError) as error:
            raise CourseError(self._address, f"no scheduler answers ({error or type(error).__name__})",
                              "Start one: dask scheduler") from error
        try:
            self._see_to_workers()
            # the scheduler keeps it, and hands it to workers that join later, too
            self._client.register_plugin(plugin_for(self._kit), name=self._kit.digest)
            self._executor = self._client.get_executor(pure=False)
        except BaseException:
            self._client.close()
            raise
        return self

    def _see_to_workers(self) -> None:
        """Raise CourseError where there are no workers, or some with other versions of anything that matters."""
        try:
            self._client.wait_for_workers(1, timeout=self._seconds)
        except TimeoutError:
            raise CourseError(self._address, "the cluster has no workers",
                              f"Start some: dask worker {self._address} --nworkers auto --nthreads 1") from None
        try:
            found = self._client.run(versions)
        except Exception as error:  # whatever importing this package raises over there
            raise CourseError(self._address, f"a worker cannot load this package ({type(error).__name__}: {error})",
                              "Install the same version of this package on every worker.") from error
        for worker, theirs in found.items():
            for what, ours in versions().items():
                if theirs.get(what) != ours:
                    raise CourseError(
                        worker, f"this worker has another {what} ({theirs.get(what)} there, {ours} here)",
                        "Install the same on every worker: make setup, from the same commit.")
        self.in_flight = 2 * len(found)

    def submit(self, handed: Handed) -> Future:
        return self._executor.submit(mark, handed, self._kit.digest)

    def watch(self) -> None:
        """Nothing to do: Dask hands on what a worker had that died."""

    def restart(self) -> None:
        """Nothing to do: Dask begins anew by itself."""

    def __exit__(self, *exc_info):
        self._executor.shutdown(wait=False, cancel_futures=True)
        with suppress(Exception):  # a cluster that is gone has nothing to forget
            self._client.unregister_worker_plugin(self._kit.digest)
        self._client.close()


def plugin_for(kit: Kit):
    """What makes each worker of a cluster ready for a kit, those that join later included."""
    from distributed import WorkerPlugin

    class Bring(WorkerPlugin):
        def setup(self, worker):
            bring(kit)

    return Bring()
