"""The trusted end: one warm process at the best level this machine gives, and forks of it on request."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from itertools import takewhile
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from ..errors import SandboxError
from ..model import Limits, Returned
from ..remember import Memory
from . import isolation, tree, wire
from .outputs import clean_outputs
from .recovery import Lesson, Pace, SandboxSession
from .session import answer

START_SECONDS = 60  # a cold machine may have to build matplotlib's list of fonts
ANSWER_SECONDS = 60


class Sandbox:
    """Runs notebooks of students, each in a fresh fork of one warm process; a context manager.

    Parameters
    ----------
    limits : Limits
    level : str, optional
        One of `isolation.LEVELS`; the strongest that this machine gives where it is not named.
    lean : bool
        Be quick with what most of a class hands in: what a lesson begins with is run once, in the warm process, and
        matplotlib is left out where the lesson does not draw. Notebooks that begin otherwise, or draw, run elsewhere.

    Attributes
    ----------
    level : str
        The level it runs at.

    Raises
    ------
    SandboxError
        Where the level is not to be had, or the warm process does not start.
    """

    def __init__(self, limits: Limits | None = None, level: str | None = None, lean: bool = True):
        self.limits = limits or Limits()
        self.level = level or isolation.best_level()
        self._lean = lean
        self._ahead = lean and self.level == "bubblewrap"  # elsewhere each fork has another working folder
        self._other: Sandbox | None = None  # for what this one is too lean for
        self._unshareable: set[Lesson] = set()  # lessons that cannot be begun in the warm process
        self._lock = threading.RLock()
        self._process = self._control = self._errors = self._root = self._owner = None
        self._laid: tuple = {}, ()  # the files, and the lesson, that the warm process has ready for its forks
        self._begun: list[float] = []  # how long each cell took that the lesson begins with, where they have been run
        self._paces: dict[tuple[str, ...], Pace] = {}
        self._answers = Memory()
        self._replies: WeakKeyDictionary[Callable, Memory] = WeakKeyDictionary()  # by the stand-in
        self.generation = 0
        self.abandoned: list[tuple[int, int]] = []  # forks that nobody ended
        self._start()

    def open(self, cells: Sequence[tuple[str, str]], files: Mapping[str, bytes] | None = None,
             lesson: Lesson = (), pace: Pace | None = None) -> SandboxSession:
        """A session in which a notebook's code cells have run.

        Parameters
        ----------
        cells : sequence of (cell_id, source)
            In the notebook's order.
        files : dict of name to bytes
            Lie in the working folder of the cells, a private one, and can be imported from there.
        lesson : Lesson
            What most notebooks have in these places: compiled once, and shared by all forks. What they begin with, up
            to the first None, is run once, too, where the instructor's cells let it. For every student to see.
        pace : Pace, optional
            As `pace` gives it: the lesson's own cells get time by it.
        """
        lesson = tuple(lesson)  # a key
        sandbox = self._for([source for _, source in cells], lesson)
        return SandboxSession(sandbox, cells, files or {}, lesson, pace)

    def _for(self, sources, lesson):
        """The sandbox that suits a notebook: this one, or the other."""
        start = beginning(lesson)
        begins_so = not self._ahead or sources[:len(start)] == start
        if not self._lean or (begins_so and (draws(lesson) or not draws(sources))):
            return self
        with self._lock:
            if self._other is None:
                self._other = self._companion()
            self._other.limits = self.limits
            return self._other

    def _companion(self):
        return Sandbox(self.limits, self.level, lean=False)

    def pace(self, cells: Sequence[tuple[str, str]], files: Mapping[str, bytes], lesson: Lesson) -> Pace:
        """How long each cell of a notebook takes that is the instructor's own: measured once, in a fork of its own."""
        sources = tuple(source for _, source in cells)
        if sources not in self._paces:
            sandbox = self._for(list(sources), lesson)
            with SandboxSession(sandbox, cells, files, lesson, dict.fromkeys(sources, math.inf)) as session:
                took = [*sandbox._begun, *session.seconds[len(sandbox._begun):]]
            self._paces[sources] = {source: seconds for source, seconds in zip(sources, took, strict=True)
                                    if seconds is not None}
        return self._paces[sources]

    def close(self) -> None:
        """End the warm process and all its forks."""
        with self._lock:
            self._stop()
            if self._other is not None:
                self._other.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def __del__(self):
        with contextlib.suppress(Exception):
            self._stop()

    # ---- for sessions ---------------------------------------------------------------------------------

    def fork(self, files: Mapping[str, bytes], lesson: Lesson) -> Fork:
        """A fresh fork behind its walls, before any student code; the warm process is started anew if it died."""
        with self._lock:
            while self.abandoned:
                self._end(*self.abandoned.pop())
            for attempt in (1, 2):
                if self._process is None or self._owner != os.getpid() or self._process.poll() is not None:
                    self._start()
                ours, theirs = socket.socketpair()
                try:
                    self._lay(files, lesson)
                    answer = self._ask({"fork": asdict(self.limits)}, theirs.fileno())
                    return Fork(self, ours, answer["number"], self.generation)
                except SandboxError:
                    ours.close()
                    self._stop()
                    if attempt == 2:
                        raise
                except KeyError:
                    ours.close()
                    raise SandboxError(f"a fork of the warm process failed: {answer.get('error')}") from None
                finally:
                    theirs.close()

    def end(self, fork: Fork, patience: float = 0) -> dict | None:
        """Kill a fork and all it started; its wait status and what it used; None where the warm process is gone."""
        with self._lock:
            return self._end(fork.generation, fork.number, patience)

    def _end(self, generation, number, patience=0):
        if generation != self.generation or self._control is None:
            return None
        try:
            return self._ask({"end": number, "patience": patience})["ended"]
        except SandboxError:
            self._stop()
            return None

    def _lay(self, files, lesson):
        """Hand the files and the lesson to the warm process, once for all forks that want the same."""
        if (files, lesson) == self._laid:
            return
        if self._begun:  # another lesson, whose traces are all over it
            self._start()
        start = beginning(lesson) if self._ahead and lesson not in self._unshareable else []
        arrays = {name: np.frombuffer(content, np.uint8) for name, content in files.items()}
        try:
            with tempfile.TemporaryFile() as file:
                file.write(wire.encode((arrays, lesson)))
                file.seek(0)
                request = {"files": len(start), "draws": self._lean and draws(lesson)}
                self._begun = self._ask(request, file.fileno())["begun"]
        except SandboxError:
            if not start:
                raise
            with contextlib.suppress(ProcessLookupError):  # it may be in an endless loop
                os.killpg(self._process.pid, signal.SIGKILL)
        if len(self._begun) == len(start):
            self._laid = dict(files), lesson
        else:  # an error, a thread, an endless loop: each student's process will show it
            self._unshareable.add(lesson)
            self._start()
            self._lay(files, lesson)

    def read(self, frame: bytes) -> tuple:
        """A message of a student's; it starts with a word.

        What a call returned is a `Returned`, outputs are cleaned, and what asks for a stand-in has its frame with it. A
        class gives few different answers: those that were met before are not read again, and cannot be written into.

        Raises
        ------
        WireError
            Where the frame is not a message.
        """
        return self._answers.get(frame, lambda: self._read(frame))

    def _read(self, frame):
        message = wire.decode(frame, cap=self.limits.message_bytes, writable=False)
        if type(message) is not tuple or not message or type(message[0]) is not str:
            raise wire.WireError("a message does not say what it is")
        if message[0] == "returned" and len(message) == 3 and type(message[2]) is tuple:
            return "returned", Returned(*message[1:], hashlib.sha256(frame).digest())
        if message[0] == "asks" and len(message) == 4:
            return *message, frame
        if message[0] == "cell" and len(message) == 4:
            return "cell", message[1], clean_outputs(message[2], self.limits.output_bytes), message[3]
        return message

    def reply(self, function: Callable[..., Any], arguments: tuple, keywords: dict, frame: bytes) -> bytes:
        """What answers a call to a stand-in; ``frame`` is what asked, and students ask the same."""
        if function not in self._replies:
            self._replies[function] = Memory(all_=2 << 20)  # an answer may be several times what asked for it
        cap = self.limits.message_bytes
        return self._replies[function].get(frame, lambda: answer(function, (arguments, keywords), cap))

    # ---- the warm process -------------------------------------------------------------------------------

    def _start(self):
        self._stop()
        self._owner = os.getpid()
        self._laid, self._begun = ({}, ()), []
        self.generation += 1
        isolation.sweep_abandoned()
        if self.level == "process":  # at other levels scratch lies in the sandbox, and ends with it
            self._root = tempfile.mkdtemp(prefix=f"{isolation.PREFIX}{os.getpid()}-")
        ours, theirs = socket.socketpair()
        watch = os.pidfd_open(os.getpid()) if hasattr(os, "pidfd_open") else None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by _stop
        passed = [theirs.fileno()] + ([watch] if watch is not None else [])
        options = {"level": self.level, "root": self._root, "control": theirs.fileno(), "watch": watch,
                   "draws": not self._lean}
        try:
            command, environment = isolation.command(self.level, options)
            self._process = subprocess.Popen(
                command, env=environment, cwd="/", pass_fds=passed, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._errors,
            )
        except BaseException as error:
            ours.close()
            self._stop()
            if isinstance(error, OSError):
                raise SandboxError(f"the warm process cannot be started: {error}") from None
            raise
        finally:
            theirs.close()
            if watch is not None:
                os.close(watch)
        self._control = ours
        try:
            self._hear(START_SECONDS)
        except SandboxError as error:
            said = self._said()
            self._stop()
            raise SandboxError(f"the warm process does not start: {said or error}") from None

    def _stop(self):
        if self._owner != os.getpid():  # a copy, in a child of the process that started it
            self._process = self._control = self._errors = self._root = None
            return
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            try:
                self._process.wait(timeout=ANSWER_SECONDS if self._process.poll() is None else 0)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
            self._process = None
        if self._errors is not None:
            self._errors.close()
            self._errors = None
        if self._root is not None:
            tree.remove(self._root)
            self._root = None

    def _said(self):
        """The last line of what the warm process wrote before it failed."""
        self._errors.seek(0)
        lines = self._errors.read()[-2000:].decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else ""

    def _ask(self, request, descriptor=None):
        try:
            self._control.settimeout(ANSWER_SECONDS)
            data = json.dumps(request).encode()
            if descriptor is None:
                self._control.sendall(data)
            else:
                socket.send_fds(self._control, [data], [descriptor])
        except (OSError, AttributeError) as error:
            raise SandboxError(f"the warm process is gone: {error}") from None
        return self._hear(ANSWER_SECONDS)

    def _hear(self, seconds):
        try:
            self._control.settimeout(seconds)
            data = self._control.recv(1 << 16)
        except OSError as error:
            raise SandboxError(f"the warm process does not answer: {error or type(error).__name__}") from None
        if not data:
            raise SandboxError("the warm process has died")
        return json.loads(data)


def draws(sources: Lesson) -> bool:
    """Whether some cells say that they use matplotlib; it takes half a second to import."""
    return any(re.search("matplotlib|pylab|pyplot", source) for source in sources if source is not None)


def beginning(lesson: Lesson) -> list[str]:
    """The lesson's cells above the first in which students write."""
    return list(takewhile(lambda source: source is not None, lesson))


class Fork:
    """One process of a student's, as the trusted end sees it."""

    def __init__(self, sandbox: Sandbox, sock: socket.socket, number: int, generation: int):
        self.sandbox, self.sock, self.number, self.generation = sandbox, sock, number, generation
        self.ended, self.memory = False, None
        self.seconds = 0.0  # spent waiting for it

    def send(self, frame: bytes, seconds: float) -> None:
        wire.send(self.sock, frame, time.monotonic() + seconds)

    def receive(self, deadline: float):
        """The next message, see `Sandbox.read`; `wire.receive` tells what else it raises."""
        return self.sandbox.read(bytes(wire.receive(self.sock, self.sandbox.limits.message_bytes, deadline)))

    def end(self, patience: float = 0) -> dict | None:
        """Kill it, unless it ends by itself within so many seconds; see `Sandbox.end`."""
        if self.ended:
            return None
        self.ended = True
        self.sock.close()
        used = self.sandbox.end(self, patience)
        self.memory = used["memory"] if used else None
        return used

    def __del__(self):
        # not `end`: the collector may run in the middle of another request
        if not self.ended:
            self.sock.close()
            self.sandbox.abandoned.append((self.generation, self.number))


