"""A cluster: real Dask schedulers and workers, one of them killed in mid-run, one of another version."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest

from autograder import records
from tests.conftest import NAME, ROOT
from tests.courses import ENVIRONMENT, rows, run
from tests.test_classroom import graded, left_over, ungraded  # noqa: F401

DASK = (sys.executable, "-m", "distributed.cli")


def dask(kind, *options, **more):
    command = (sys.executable, "-W", "ignore", "-m", f"distributed.cli.dask_{kind}", *options)
    return subprocess.Popen(command, env={**ENVIRONMENT, **more}, start_new_session=True, cwd="/",
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture
def cluster():
    """Starts a scheduler, and workers on request; ends what it started."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    started = [dask("scheduler", "--host", "127.0.0.1", "--port", address.rpartition(":")[2], "--no-dashboard")]

    def worker(count=1, **more):
        started.append(dask("worker", address, "--host", "127.0.0.1", "--nworkers", str(count), "--nthreads", "1",
                            "--no-dashboard", "--local-directory", "/tmp", **more))
        return started[-1]

    worker.address = address
    yield worker
    for process in started:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def course(ungraded, tmp_path):  # noqa: F811
    return shutil.copytree(ungraded, tmp_path / "course")


def test_a_cluster_gives_the_same_gradebook(graded, course, cluster):  # noqa: F811
    """Two workers without the course's folder: row by row what this machine gives."""
    cluster(2)
    run(course, "autograder", "grade", NAME, "--scheduler", cluster.address, code=1)
    assert rows(graded) == rows(course)


def test_a_worker_killed_in_mid_run_costs_nothing(graded, course, cluster):  # noqa: F811
    """`kill -9` on a worker at work: its submissions go to the other, and nobody is missing."""
    doomed = cluster(1)
    runner = subprocess.Popen(("autograder", "grade", NAME, "--scheduler", cluster.address), cwd=course,
                              env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    while not list((course / "reports").rglob("*.json")):
        assert runner.poll() is None
        time.sleep(0.05)
    cluster(1)
    os.killpg(doomed.pid, signal.SIGKILL)
    out, _ = runner.communicate(timeout=120)
    assert 1 == runner.returncode, out
    assert rows(graded) == rows(course)
    assert 12 == sum(report["status"] == "graded" for report in records.kept(course, NAME).values())


def test_another_version_on_a_worker_is_refused(course, cluster, tmp_path):
    """A worker with another line of this package: exit code 2, the worker named, nothing graded."""
    other = tmp_path / "other"
    shutil.copytree(ROOT / "autograder", other / "autograder")
    with (other / "autograder" / "judge.py").open("a") as file:
        file.write("\n# another version\n")
    cluster(1, PYTHONPATH=str(other))
    out = run(course, "autograder", "grade", NAME, "--scheduler", cluster.address, code=2)
    assert re.search(r"tcp://127.0.0.1:\d+: this worker has another autograder", out)
    assert not (course / "reports").exists()


def test_no_scheduler_is_one_line(course):
    """Nobody listens there: exit code 2 within the time-out, and how to start one."""
    out = run(course, "autograder", "grade", NAME, "--scheduler", "tcp://127.0.0.1:9", code=2)
    assert "no scheduler answers" in out and "dask scheduler" in out and "Traceback" not in out
