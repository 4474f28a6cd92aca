"""Grade submissions in processes of this machine, each behind a pipe of its own.

A pool with one shared queue cannot tell which submission ended a worker, and waits for ever for the second half of a
result. With one pipe a worker both questions have an answer: the pipe ends, and the worker's first submission did it.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import sys
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector
from typing import Any, Protocol

from ..cores import keep_to, usable_cores
from .grader import GradedSubmission, Submission, grade, not_graded, start_worker
from .job import Job

AHEAD = 3  # submissions a worker has at a time, so that it goes on while a batch is being written
TICK = 0.2  # seconds without a result, after which the caller is told so
TRIES = 2  # a submission that ends this many workers is not graded


class Workers(Protocol):
    """Grades submissions somewhere else. A context manager; leaving it ends all work at once."""

    def grade(self, submissions: Iterable[Submission]) -> Iterator[GradedSubmission | None]:
        """Yield each result as it comes, and `None` when nothing has come for a moment.

        Submissions are taken from the iterable only as workers have room for them.
        """
        ...

    def __enter__(self) -> Workers: ...

    def __exit__(self, *exc_info: object) -> None: ...


class LocalWorkers:
    """Processes of this machine, started as they are needed.

    If there are as many as cores, each keeps to a core of its own. A worker and its sandbox take turns, and on two
    cores each would find the other's data missing from its cache. See benchmarks/README.md, "Shortcuts".

    Parameters
    ----------
    job : Job
    jobs : int
        The largest number of processes.
    """

    def __init__(self, job: Job, jobs: int) -> None:
        self._job, self._jobs = job, jobs
        self._workers: list[Worker] = []
        cores = usable_cores()
        self._cores = cores if len(cores) == jobs else ()  # fewer would leave the choice to the system

    def __enter__(self) -> LocalWorkers:
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Kill all workers. Submissions that they have are graded by the next run."""
        for worker in self._workers:
            worker.kill()
        self._workers.clear()

    def grade(self, submissions: Iterable[Submission]) -> Iterator[GradedSubmission | None]:
        """Yield each result as it comes. See `Workers.grade`.

        The submission that a worker is at when it ends is tried once more. The ones that it had ahead are not blamed.
        """
        waiting, again = iter(submissions), deque[Submission]()
        deaths: Counter[str] = Counter()
        while True:
            self._feed(waiting, again)
            if not any(worker.submissions for worker in self._workers):
                return
            results = self._wait()
            if not results:
                yield None
            for worker in results:
                try:
                    yield worker.receive()
                except (EOFError, OSError):
                    self._workers.remove(worker)
                    worker.kill()
                    if not worker.submissions:
                        continue
                    blamed = worker.submissions.popleft()
                    again.extend(worker.submissions)
                    deaths[blamed.student] += 1
                    if deaths[blamed.student] < TRIES:
                        again.append(blamed)
                    else:
                        yield not_graded(blamed, "grading it ended the grading process, twice")

    def _wait(self) -> list[Worker]:
        """Wait for a moment, and return the workers that have sent a result or have ended."""
        with DefaultSelector() as selector:
            for worker in self._workers:
                selector.register(worker.results, EVENT_READ, worker)
                if worker.unsent:
                    selector.register(worker.pipe, EVENT_WRITE, worker)
            ready = selector.select(TICK)
        for key, events in ready:
            if events & EVENT_WRITE:
                key.data.send()
        return [key.data for key, events in ready if events & EVENT_READ]

    def _feed(self, waiting: Iterator[Submission], again: deque[Submission]) -> None:
        """Hand out submissions until every worker has enough of them."""
        while len(self._workers) < self._jobs or any(len(worker.submissions) < AHEAD for worker in self._workers):
            submission = again.popleft() if again else next(waiting, None)
            if submission is None:
                return
            worker = min(self._workers, key=lambda worker: len(worker.submissions), default=None)
            if worker is None or (worker.submissions and len(self._workers) < self._jobs):
                taken = {worker.core for worker in self._workers}
                worker = Worker(self._job, next((core for core in self._cores if core not in taken), None))
                self._workers.append(worker)
            worker.give(submission)


class Worker:
    """One process, with a pipe for submissions and a pipe for results.

    Both directions carry more than a pipe holds. The parent therefore never waits to send: were it to wait while the
    worker waits to send a result, both would wait for ever.
    """

    def __init__(self, job: Job, core: int | None) -> None:
        # A fork has everything imported already. It is safe here: this process has no thread of its own, and no
        # connection to the gradebook stays open between two transactions.
        context: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
        self.core = core  # to which it keeps
        self.results, results = context.Pipe()
        submissions, self.pipe = context.Pipe()
        self.submissions: deque[Submission] = deque()  # first the one that it is at
        self.unsent = bytearray()
        self.process = context.Process(target=work, args=(job, core, submissions, results), daemon=True)
        self.process.start()
        submissions.close()
        results.close()  # now the worker alone holds this end, and the pipe ends when the worker does
        os.set_blocking(self.pipe.fileno(), False)

    def give(self, submission: Submission) -> None:
        """Let the worker grade a submission after those that it has."""
        self.submissions.append(submission)
        self.unsent += pickle.dumps(submission)
        self.send()

    def send(self) -> None:
        """Send as much of what is unsent as the pipe takes now."""
        with suppress(BlockingIOError, BrokenPipeError):  # full; or the worker has ended, as `receive` will say
            while self.unsent:
                del self.unsent[: os.write(self.pipe.fileno(), self.unsent)]

    def receive(self) -> GradedSubmission:
        """Return the result for the first submission.

        A result is unpickled: workers are our own processes. Student code runs in a sandbox beneath them and reaches
        no pipe of theirs.

        Raises
        ------
        EOFError, OSError
            The worker has ended, perhaps in the middle of a result.
        """
        result = self.results.recv()
        self.submissions.popleft()
        return result

    def kill(self) -> None:
        """End the process, whatever it does."""
        self.process.kill()
        self.process.join()
        self.results.close()
        self.pipe.close()


def work(job: Job, core: int | None, submissions: Connection, results: Connection) -> None:
    """Grade submissions from one pipe into the other until the first one ends."""
    if core is not None:
        keep_to(core)
    start_worker(job)
    with open(submissions.fileno(), "rb", closefd=False) as stream, suppress(EOFError):
        while True:
            results.send(grade(pickle.load(stream), job.digest))
