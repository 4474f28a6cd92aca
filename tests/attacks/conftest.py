"""The range on which attacks are tried: a course, a home, servers and a process that nobody else uses."""

import ctypes
import json
import os
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from autograder.sandbox import isolation
from tests.helpers.sandbox import STRONGEST_FIRST

from .harness import (
    KEY,
    MARK,
    PRELUDE,
    Sandboxes,
    at_rest,
    honest_points,
    left_in_shared_folders,
    named,
    of_the_grader,
    points,
    tree,
)  # fmt: skip
from .machine import NUMBERS

ROOT = Path(__file__).parents[2]
VICTIM = """
import ctypes, sys
kept = ctypes.create_string_buffer(sys.argv[1].encode())
file = open(sys.argv[2])
print(ctypes.addressof(kept), file.fileno(), flush=True)
sys.stdin.read()
"""


class Range:
    """What an attacker would want, with a secret word that cannot be guessed."""

    def __init__(self, folder):
        self.folder = folder
        self.secret = "canary-" + secrets.token_hex(8)
        self.servers, self._victim, self.laid = {}, None, None
        self.lay()
        self._listen()

    def lay(self):
        """Write a fresh course and home, unless the last ones are unchanged."""
        if self.laid is not None and tree(self.folder) == self.laid:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        course, home = self.folder / "course", self.folder / "home"
        for name in ("submitted/zoe/ps", "source/ps", "../home/.ssh", "../home/.ipython/profile_default/startup"):
            os.makedirs(course / name)
        (course / "nbgrader_config.py").write_text("c = get_config()\n")
        (course / ".autograder-secret").write_text(self.secret)
        (home / ".ssh/id_rsa").write_text(self.secret)
        for name in ("submitted/zoe/ps/ps.ipynb", "source/ps/ps.ipynb"):
            (course / name).write_text(json.dumps({"cells": [], "metadata": {"said": self.secret}}))
        database = sqlite3.connect(course / "gradebook.db")
        database.execute("PRAGMA synchronous = OFF")
        database.execute("CREATE TABLE grade (student TEXT, manual_score REAL, note TEXT)")
        database.execute("INSERT INTO grade VALUES ('mallory', NULL, ?)", (self.secret,))
        database.commit()
        database.close()
        self.laid = tree(self.folder)

    def _listen(self):
        for name, family, kind, address in (
            ("tcp", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            ("udp", socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            ("log", socket.AF_UNIX, socket.SOCK_DGRAM, f"/tmp/mal{os.getpid()}.log"),  # a short path: 108 bytes at most
            ("abstract", socket.AF_UNIX, socket.SOCK_STREAM, f"\0{MARK}"),
        ):
            server = self.servers[name] = socket.socket(family, kind)
            server.bind(address)
            server.setblocking(False)
            if kind == socket.SOCK_STREAM:
                server.listen()
        os.chmod(self.servers["log"].getsockname(), 0o666)

    def heard(self, name):
        """Return what a server has received since the last call, or None if nobody came."""
        try:
            if self.servers[name].type == socket.SOCK_STREAM:
                self.servers[name].accept()[0].close()
                return b""
            return self.servers[name].recv(1000)
        except BlockingIOError:
            return None

    @property
    def victim(self):
        """A process of the grader's user, with the secret in its memory, its environment and an open file."""
        if self._victim is None or self._victim.poll() is not None:
            self._end_victim()
            self._victim = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", VICTIM, self.secret, str(self.folder / "home/.ssh/id_rsa")],
                env={"SECRET": self.secret}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )
            self.address, self.descriptor = self._victim.stdout.readline().split()
        return self._victim

    def _end_victim(self):
        if self._victim is not None:
            self._victim.kill()
            self._victim.wait()
            self._victim.stdin.close()
            self._victim.stdout.close()

    def values(self, sandbox=None):
        """Return the paths, addresses and numbers that attacks are told, so that only isolation stops them."""
        victim = self.victim.pid
        return {
            "course": str(self.folder / "course"), "home": str(self.folder / "home"), "mark": MARK, "key": KEY,
            "root": str(ROOT), **{f"sys_{name}": number for name, number in NUMBERS.items()},
            "tcp": self.servers["tcp"].getsockname()[1], "udp": self.servers["udp"].getsockname()[1],
            "log": self.servers["log"].getsockname(), "grader": os.getpid(), "victim": victim,
            "address": self.address, "descriptor": self.descriptor, "zygote": sandbox.pid if sandbox else 0,
        }

    def manual_score(self):
        """Return the points that mallory has in the gradebook's column for manual grading."""
        with closing(sqlite3.connect(self.folder / "course/gradebook.db")) as database:
            return database.execute("SELECT manual_score FROM grade").fetchone()[0]

    def state(self):
        return {"files": tree(self.folder), "shared": left_in_shared_folders(), "victim": self.victim.poll(),
                "heard": {name: self.heard(name) for name in self.servers}, "grader": of_the_grader()}

    def close(self):
        self._end_victim()
        for server in self.servers.values():
            server.close()
        os.unlink(f"/tmp/mal{os.getpid()}.log")


@pytest.fixture(scope="session")
def sandboxes():
    sandboxes = Sandboxes()
    yield sandboxes
    sandboxes.close()


@pytest.fixture(params=STRONGEST_FIRST)
def sandbox(request, sandboxes):
    """A sandbox with all layers of a level."""
    return sandboxes.full(request.param)


@pytest.fixture(scope="session")
def strongest(sandboxes):
    """A sandbox with all layers of the strongest level on this machine."""
    return sandboxes.full(isolation.best_level())


@pytest.fixture(scope="session")
def range_(tmp_path_factory):
    """The range. Closing it removes what attacks without isolation left."""
    range_ = Range(tmp_path_factory.mktemp("range"))
    yield range_
    range_.close()
    for path in left_in_shared_folders():
        os.unlink(path)


@pytest.fixture
def harmless(sandboxes, range_, assignment):
    """A context in which an attack must change nothing. The next student gets full marks, and no process is left."""

    @contextmanager
    def harmless(sandbox):
        sandboxes.full(sandbox.level)
        sandbox.open([("draws", "# matplotlib")]).close()  # imported before anything is measured
        range_.lay()
        before = range_.state()
        yield
        assert at_rest(sandboxes), "something is left running"
        assert assignment.points["rnn_cell_forward"] == honest_points(sandbox, assignment)
        assert before == range_.state()

    return harmless


@pytest.fixture
def tries(range_, assignment):
    """Try an attack in a sandbox. Return the attacker's points, and whether it worked. Remove what it left."""

    def clean():
        libc, queues = ctypes.CDLL(None), ctypes.CDLL("librt.so.1")
        if (number := libc.shmget(KEY, 0, 0)) >= 0:
            libc.shmctl(number, 0, None)
        queues.mq_unlink(f"/{MARK}".encode())
        for path in left_in_shared_folders():
            os.unlink(path)
        for server in range_.servers:
            range_.heard(server)
        range_.lay()

    def tries(sandbox, attack):
        cells = [("prelude", PRELUDE), *attack.cells(range_.values(sandbox))]
        score, runs = points(sandbox, assignment, cells)
        return score, attack.worked(runs[1:], range_)

    clean()
    yield tries
    clean()


def pytest_generate_tests(metafunc):
    """Make a test of each attack in a module's ATTACKS."""
    if "attack" in metafunc.fixturenames:
        metafunc.parametrize("attack", named(metafunc.module.ATTACKS))
