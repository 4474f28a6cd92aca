"""Grade submissions on the workers of a Dask cluster, which may be on any number of machines."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from contextlib import suppress
from typing import TYPE_CHECKING

from ..errors import AutograderError, CourseError, WorkerError, reason_of
from .grader import GradedSubmission, Submission, grade, not_graded, register_job
from .job import Job, versions
from .workers import TICK

if TYPE_CHECKING:
    from distributed import WorkerPlugin

TRIES = 5  # of a submission that came to workers which cannot grade
FLYING = 2  # submissions at a time for each worker


class ClusterWorkers:
    """The workers of a Dask cluster.

    Dask gives the submissions of a dead worker to another one, and gives up a submission that ended several workers.

    Parameters
    ----------
    job : Job
    address : str
        The scheduler's, for example ``tcp://head-node:8786``.
    seconds : float
        Timeout for the scheduler's and the workers' first answer.
    """

    def __init__(self, job: Job, address: str, seconds: float = 20) -> None:
        self._job, self._address, self._seconds = job, address, seconds

    def __enter__(self) -> ClusterWorkers:
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
            self._flying = FLYING * self._count_workers()
            # the scheduler keeps the plugin, and gives it to workers that join later, too
            self._client.register_plugin(plugin_for(self._job), name=self._job.digest)
            self._executor = self._client.get_executor(pure=False)
        except BaseException:
            self._client.close()
            raise
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)
        with suppress(Exception):  # Dask's own errors: the cluster may be gone already
            self._client.unregister_worker_plugin(self._job.digest)
        self._client.close()

    def grade(self, submissions: Iterable[Submission]) -> Iterator[GradedSubmission | None]:
        """Yield each result as it comes. See `Workers.grade`."""
        waiting, again = iter(submissions), deque[Submission]()
        flying: dict[Future, Submission] = {}
        refusals: Counter[str] = Counter()
        while True:
            while len(flying) < self._flying and (one := again.popleft() if again else next(waiting, None)) is not None:
                flying[self._executor.submit(grade, one, self._job.digest)] = one
            if not flying:
                return
            done, _ = wait(flying, timeout=TICK, return_when=FIRST_COMPLETED)
            if not done:
                yield None
            for future in done:
                submission = flying.pop(future)
                try:
                    yield result_of(future, submission)
                except WorkerError as error:
                    refusals[submission.student] += 1
                    if refusals[submission.student] < TRIES:
                        again.append(submission)
                    else:
                        yield not_graded(submission, reason_of(error))

    def _count_workers(self) -> int:
        """Return the number of workers.

        Raises
        ------
        CourseError
            There are none, or one has another version of a package that matters.
        """
        try:
            self._client.wait_for_workers(1, timeout=self._seconds)
        except TimeoutError:
            raise CourseError(self._address, "the cluster has no workers",
                              f"Start some: dask worker {self._address} --nworkers auto --nthreads 1") from None
        try:
            found = self._client.run(versions)
        except Exception as error:  # importing this package over there may raise anything
            raise CourseError(self._address, f"a worker cannot load this package ({type(error).__name__}: {error})",
                              "Install the same version of this package on every worker.") from error
        here = versions()
        for worker, there in found.items():
            for what, version in here.items():
                if there.get(what) != version:
                    raise CourseError(
                        worker, f"this worker has another {what} ({there.get(what)} there, {version} here)",
                        "Install the same on every worker: make setup, from the same commit.")
        return len(found)


def result_of(future: Future, submission: Submission) -> GradedSubmission:
    """Return the result of a future that is done.

    Raises
    ------
    CourseError
        The scheduler is gone.
    WorkerError
        The worker could not grade anything.
    """
    try:
        return future.result()
    except CancelledError:
        raise CourseError("cluster", "the scheduler is gone", "The same command goes on from here.") from None
    except WorkerError:
        raise
    except AutograderError as error:
        return not_graded(submission, reason_of(error))
    except Exception as error:  # Dask's own: it gives up a submission that ended several workers
        return not_graded(submission, f"grading it failed: {type(error).__name__}: {reason_of(error)}")


def plugin_for(job: Job) -> WorkerPlugin:
    """Return the plugin that makes workers ready for a job, those that join later included."""
    from distributed import WorkerPlugin

    class Register(WorkerPlugin):
        def setup(self, worker: object) -> None:
            register_job(job)

    return Register()
