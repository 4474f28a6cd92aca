"""Real Dask schedulers and workers grade a class, one of them killed in mid-run, one of another version."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import Future
from contextlib import suppress
from types import SimpleNamespace

import pytest

from autograder.batch import grader
from autograder.batch.cluster import ClusterWorkers
from autograder.course.course import Course
from autograder.errors import WorkerError
from tests.helpers.courses import ENVIRONMENT, NAME, ROOT, rows, run

#: Where the scheduler and the grader are, and where the workers are; each may be a host of its own.
HERE = ()


class Cluster:
    """A scheduler, and workers on request."""

    def __init__(self, head="127.0.0.1", node="127.0.0.1", at_head=HERE, at_node=HERE):
        self.head, self.node, self.at_head, self.at_node = head, node, at_head, at_node
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        self.address = f"tcp://{head}:{port}"
        self.started = []
        self._start(at_head, "scheduler", "--host", head, "--port", port)

    def worker(self, count=1, **more):
        """Start workers, and return the process whose end ends them."""
        return self._start(self.at_node, "worker", self.address, "--host", self.node, "--nworkers", str(count),
                           "--nthreads", "1", "--local-directory", "/tmp", **more)

    def _start(self, where, kind, *options, **more):
        command = (*where, sys.executable, "-W", "ignore", "-m", f"distributed.cli.dask_{kind}", *options)
        process = subprocess.Popen((*command, "--no-dashboard"), env={**ENVIRONMENT, **more}, start_new_session=True,
                                   cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.started.append(process)
        return process

    def end(self):
        for process in self.started:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def cluster():
    """Yield a cluster on this machine."""
    found = Cluster()
    yield found
    found.end()


@pytest.fixture
def two_hosts():
    """Yield a cluster with workers on another host: two network namespaces with a cable between them."""
    head, node = f"head-{os.getpid()}", f"node-{os.getpid()}"
    made = [
        ("ip", "netns", "add", head), ("ip", "netns", "add", node),
        ("ip", "link", "add", "cable", "netns", head, "type", "veth", "peer", "name", "cable", "netns", node),
        *(("ip", "-n", host, *more) for host, address in ((head, "10.77.0.1/24"), (node, "10.77.0.2/24"))
          for more in (("addr", "add", address, "dev", "cable"), ("link", "set", "cable", "up"),
                       ("link", "set", "lo", "up"))),
    ]  # fmt: skip
    found = None
    try:
        for command in made:
            try:
                subprocess.run(command, check=True, capture_output=True)
            except (OSError, subprocess.CalledProcessError) as error:
                pytest.skip(f"no network namespaces here: {error}")
        enter = ("ip", "netns", "exec")
        found = Cluster("10.77.0.1", "10.77.0.2", (*enter, head), (*enter, node))
        yield found
    finally:
        if found:
            found.end()
        for host in (head, node):
            with suppress(OSError):  # no such program, and so no such host
                subprocess.run(("ip", "netns", "del", host), capture_output=True)


@pytest.fixture
def course(ungraded, tmp_path):
    return shutil.copytree(ungraded, tmp_path / "course")


def test_a_cluster_gives_the_same_gradebook(graded, course, cluster):
    """Two workers without the course's folder give the rows that this machine gives."""
    cluster.worker(2)
    run(course, "autograder", "grade", NAME, "--scheduler", cluster.address, code=1)
    assert rows(graded) == rows(course)


@pytest.mark.slow
def test_a_worker_killed_in_mid_run_costs_nothing(graded, course, cluster):
    """The submissions of a killed worker go to the other one, and no student is missing."""
    doomed = cluster.worker(1)
    runner = subprocess.Popen(("autograder", "grade", NAME, "--scheduler", cluster.address), cwd=course,
                              env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    while not list((course / "reports").rglob("*.json")):
        assert runner.poll() is None
        time.sleep(0.05)
    cluster.worker(1)
    os.killpg(doomed.pid, signal.SIGKILL)
    out, _ = runner.communicate(timeout=120)
    assert 1 == runner.returncode, out
    assert rows(graded) == rows(course)
    assert 12 == sum(report.is_graded for report in Course(course).reports(NAME).load_all().values())


@pytest.mark.slow
def test_workers_on_another_host(graded, course, two_hosts):
    """Workers on another host than scheduler and grader give the same gradebook."""
    two_hosts.worker(2)
    run(course, *two_hosts.at_head, "autograder", "grade", NAME, "--scheduler", two_hosts.address, code=1)
    assert rows(graded) == rows(course)


@pytest.mark.slow
def test_another_version_on_a_worker_is_refused(course, cluster, tmp_path):
    """A worker with another version of this package is named with exit code 2, and nothing is graded."""
    other = tmp_path / "other"
    shutil.copytree(ROOT / "autograder", other / "autograder")
    with (other / "autograder" / "judge.py").open("a") as file:
        file.write("\n# another version\n")
    cluster.worker(1, PYTHONPATH=str(other))
    out = run(course, "autograder", "grade", NAME, "--scheduler", cluster.address, code=2)
    assert re.search(r"tcp://127.0.0.1:\d+: this worker has another autograder", out)
    assert not (course / "reports").exists()


def test_no_scheduler_is_one_line(course):
    """An address without a scheduler leads to exit code 2 within the timeout, and to how to start one."""
    out = run(course, "autograder", "grade", NAME, "--scheduler", "tcp://127.0.0.1:9", code=2)
    assert "no scheduler answers" in out and "dask scheduler" in out and "Traceback" not in out


def test_a_worker_that_cannot_grade_is_no_fault_of_the_submission(monkeypatch):
    """A submission that came to a worker without the job is tried on others, five times in all."""
    with pytest.raises(WorkerError, match="another version"):
        grader.grade(None, "a digest that no worker has")

    refusals = {"ada": 2, "dora": 99, "leo": 0}

    def submit(grade, submission, digest):
        refusals[submission.student] -= 1
        future = Future()
        if refusals[submission.student] < 0:
            future.set_result(submission.student)
        else:
            future.set_exception(WorkerError("host", "this worker lacks what it needs", "Install it."))
        return future

    pool = ClusterWorkers(SimpleNamespace(digest=""), "address")
    monkeypatch.setattr(pool, "_executor", SimpleNamespace(submit=submit), raising=False)
    monkeypatch.setattr(pool, "_flying", 2, raising=False)
    submissions = [grader.Submission(student, b"{}", "", (), None, "") for student in refusals]
    dora, *others = sorted(pool.grade(submissions), key=str)
    assert (["ada", "leo"], "not graded") == (others, dora.report.status)
    assert 99 - 5 == refusals["dora"]
