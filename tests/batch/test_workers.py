"""Processes of this machine, killed at every moment: each costs a retry, and a culprit costs itself."""

import os
import signal
import time
from multiprocessing.connection import Connection
from types import SimpleNamespace

import pytest

from autograder.batch import workers
from autograder.batch.grader import Submission
from autograder.batch.workers import LocalWorkers
from autograder.cores import usable_cores

JOB = SimpleNamespace(digest="")


def submissions(*students, content=b"{}"):
    return [Submission(student, content, "", (), None, "") for student in students]


def results(pool, given):
    """Each student with the result: a mark, or the reason why there is none."""
    found = {}
    for result in filter(None, pool.grade(given)):
        student, mark = result if isinstance(result, tuple) else (result.student, result.report.reason)
        assert student not in found
        found[student] = mark
    return found


@pytest.fixture
def grades(monkeypatch):
    """Make workers grade with this function of a submission; they are forks, and have it, too."""
    monkeypatch.setattr(workers, "start_worker", lambda job: None)

    def use(function):
        monkeypatch.setattr(workers, "grade", lambda submission, digest: (submission.student, function(submission)))

    return use


def die():
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_every_submission_has_one_result(grades, jobs):
    """Any number of workers gives each submission its own result."""
    grades(lambda submission: submission.student.upper())
    students = "abcdefghijklm"
    with LocalWorkers(JOB, jobs) as pool:
        assert dict(zip(students, students.upper(), strict=True)) == results(pool, submissions(*students))
        assert {"z": "Z"} == results(pool, submissions("z"))
        assert {} == results(pool, [])


def test_as_many_workers_as_cores_keep_to_one_each(grades, monkeypatch):
    """Each has a core of its own, also the one that takes a dead worker's place. Fewer or more run anywhere."""
    cores = usable_cores()
    grades(lambda submission: usable_cores() if submission.student != "x" else die())

    def used(jobs, *students):
        with LocalWorkers(JOB, jobs) as pool:
            return {mark for mark in results(pool, submissions(*students)).values() if isinstance(mark, tuple)}

    many = [f"s{number}" for number in range(4 * len(cores))]
    assert {(core,) for core in cores} == used(len(cores), *many)
    assert {(core,) for core in cores} >= used(len(cores), "x", *many) != set()
    assert {cores} == used(len(cores) + 1, *many)
    monkeypatch.setattr(workers, "usable_cores", lambda: (*cores, max(cores) + 1))
    assert {cores} == used(len(cores), *many)


def test_a_system_that_forbids_the_choice_of_a_core_costs_nothing(grades, monkeypatch):
    """Where a container forbids the call, workers run anywhere and grade all the same."""
    def forbid(pid, cores):
        raise PermissionError

    monkeypatch.setattr(os, "sched_setaffinity", forbid)
    grades(lambda submission: len(submission.student))
    with LocalWorkers(JOB, len(usable_cores())) as pool:
        assert {"ada": 3, "bo": 2} == results(pool, submissions("ada", "bo"))


@pytest.mark.parametrize("jobs", [1, 2])
def test_large_submissions_and_results_pass(grades, jobs):
    """Both directions may carry megabytes at the same time; nobody waits for the other for ever."""
    grades(lambda submission: submission.content * 2)
    large = bytes(3_000_000)
    with LocalWorkers(JOB, jobs) as pool:
        assert dict.fromkeys("abcdef", large * 2) == results(pool, submissions(*"abcdef", content=large))


def test_no_more_is_read_than_workers_have_room_for(grades):
    """Submissions are taken as results come: memory does not grow with the class."""
    grades(lambda submission: None)
    taken, seen, most = 0, 0, 0

    def class_():
        nonlocal taken
        for submission in submissions(*map(str, range(40))):
            taken += 1
            yield submission

    with LocalWorkers(JOB, 2) as pool:
        for result in filter(None, pool.grade(class_())):
            most, seen = max(most, taken - seen), seen + bool(result)
    assert (40, 40) == (taken, seen)
    assert most <= 2 * workers.AHEAD + 2


def test_the_caller_is_told_that_nothing_comes(grades):
    """While a worker is at a long submission, None comes several times a second."""
    grades(lambda submission: time.sleep(1))
    with LocalWorkers(JOB, 1) as pool:
        assert 2 <= sum(result is None for result in pool.grade(submissions("ada")))


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_culprit_alone_is_not_graded(grades, jobs):
    """A submission that ends its worker is tried twice; those that the worker had ahead are graded."""

    def grade(submission):
        if submission.student == "c":
            die()
        return "graded"

    grades(grade)
    with LocalWorkers(JOB, jobs) as pool:
        found = results(pool, submissions(*"abcdefgh"))
    assert "grading it ended the grading process, twice" == found.pop("c")
    assert dict.fromkeys("abdefgh", "graded") == found


def test_a_worker_that_dies_once_costs_nothing(grades, tmp_path):
    """Killed from outside in the middle of a submission: the second try grades it."""

    def grade(submission):
        if submission.student == "b" and not (tmp_path / "dead").exists():
            (tmp_path / "dead").touch()
            die()
        return "graded"

    grades(grade)
    with LocalWorkers(JOB, 2) as pool:
        assert dict.fromkeys("abcd", "graded") == results(pool, submissions(*"abcd"))


def test_an_idle_worker_that_dies_costs_nothing(grades):
    """Killed while it waits: the next submission goes to a new one."""
    grades(lambda submission: "graded")
    with LocalWorkers(JOB, 1) as pool:
        results(pool, submissions("a"))
        os.kill(pool._workers[0].process.pid, signal.SIGKILL)
        assert {"b": "graded"} == results(pool, submissions("b"))


@pytest.mark.parametrize("jobs", [1, 2])
def test_half_a_result_is_not_waited_for(grades, tmp_path, jobs):
    """A worker killed while it sends a result, as one without memory is: the result of another one counts."""

    def half(self, buffer):
        os.write(self.fileno(), bytes(buffer)[: len(buffer) // 2])
        die()

    def grade(submission):
        if submission.student == "b" and not (tmp_path / "dead").exists():
            (tmp_path / "dead").touch()
            Connection._send = half
        return "graded"

    grades(grade)
    with LocalWorkers(JOB, jobs) as pool:
        assert dict.fromkeys("abcd", "graded") == results(pool, submissions(*"abcd"))


def test_leaving_ends_the_workers_at_once(grades):
    """Ctrl-C, or an error while a batch is written: no worker is waited for."""
    grades(lambda submission: time.sleep(60))
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt), LocalWorkers(JOB, 2) as pool:
        for _ in pool.grade(submissions(*"ab")):
            started = [worker.process for worker in pool._workers]
            raise KeyboardInterrupt
    assert time.monotonic() - start < 30
    assert 2 == len(started) and not any(process.is_alive() for process in started)
