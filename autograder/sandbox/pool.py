"""A pool of forks of one zygote, each for one session."""

from __future__ import annotations

import contextlib
import hashlib
import re
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from ..caches import BytesCache
from ..errors import SandboxError
from ..model import Returned
from . import isolation
from .guest.codec import CodecError, Value, decode, encode
from .guest.messages import receive, send
from .guest.settings import Limits
from .outputs import clean_outputs
from .session import answer_call
from .zygote import Ended, Zygote

#: A message of the guest: a word that says its kind, and parts of any type.
Message = tuple[Any, ...]

TRIES = 3  # of a zygote that dies while it starts or makes a fork

_DRAWS = re.compile("matplotlib|pylab|pyplot")


def pack_files(files: Mapping[str, bytes]) -> dict[str, np.ndarray]:
    """Return files by name as values that can be sent."""
    return {name: np.frombuffer(content, np.uint8) for name, content in files.items()}


class Pool:
    """Forks of one zygote at a level of isolation, for `Sandbox`. Several threads may use one pool."""

    def __init__(self, limits: Limits | None = None, level: str | None = None) -> None:
        self.limits = limits or Limits()
        self.level = level or isolation.best_level()
        self.abandoned: list[tuple[Zygote, int]] = []  # forks that nobody ended
        self._lock = threading.RLock()
        self._zygote: Zygote | None = None
        self._installed: Mapping[str, bytes] | None = None  # the files that the zygote has ready for forks
        self._draws = False  # whether the zygote has imported matplotlib
        self._messages: BytesCache[Message] = BytesCache()
        self._replies: WeakKeyDictionary[Callable[..., Value], BytesCache[bytes]] = WeakKeyDictionary()
        self._start()

    @property
    def pid(self) -> int | None:
        """The process that this pool started, with everything in it below; None if there is none."""
        return self._zygote.pid if self._zygote is not None else None

    def close(self) -> None:
        """End the zygote and all its forks."""
        with self._lock:
            self._stop()

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # the interpreter may be shutting down
            self._stop()

    def fork(self, files: Mapping[str, bytes], sources: Iterable[str]) -> Fork:
        """Return a fresh fork that is confining itself. Start the zygote anew if it has died.

        ``sources`` are the cells that will run. If they draw, forks share one import of matplotlib from now on.
        """
        with self._lock:
            while self.abandoned:
                self._end(*self.abandoned.pop())
            for attempt in range(1, TRIES + 1):
                zygote = self._zygote if self._zygote is not None and self._zygote.is_usable() else self._start()
                ours, theirs = socket.socketpair()
                try:
                    self._prepare(zygote, files, sources)
                    answer = zygote.ask({"fork": asdict(self.limits)}, theirs.fileno())
                    break
                except SandboxError:
                    ours.close()
                    self._stop()
                    if attempt == TRIES:
                        raise
                finally:
                    theirs.close()
            if "pid" not in answer:
                ours.close()
                raise SandboxError(f"a fork of the zygote failed: {answer.get('error')}")
            return Fork(self, zygote, ours, answer["pid"])

    def end(self, fork: Fork, grace: float = 0) -> Ended | None:
        """Kill a fork and all that it started. Return how it ended, or None if its zygote is gone.

        ``grace`` is how many seconds it has to end by itself.
        """
        with self._lock:
            return self._end(fork.zygote, fork.pid, grace)

    def usage(self, fork: Fork) -> dict[str, Any] | None:
        """Return a fork's CPU ``seconds`` so far and its ``state``, or None if this system does not tell.

        Raises
        ------
        SandboxError
            If its zygote is gone.
        """
        with self._lock:
            if fork.zygote is not self._zygote:
                raise SandboxError("the zygote is gone")
            try:
                usage: dict[str, Any] | None = fork.zygote.ask({"usage": fork.pid})["usage"]
            except SandboxError:
                self._stop()  # else its late answer would be taken for that to another question
                raise
            return usage

    def _end(self, zygote: Zygote, pid: int, grace: float = 0) -> Ended | None:
        if zygote is not self._zygote:
            return None
        try:
            ended = zygote.ask({"end": pid, "grace": grace})["ended"]
        except SandboxError:
            self._stop()
            return None
        return Ended(**ended) if ended else None

    def _prepare(self, zygote: Zygote, files: Mapping[str, bytes], sources: Iterable[str]) -> None:
        """Give the zygote what the next fork needs, unless it has it already."""
        if not self._draws and any(map(_DRAWS.search, sources)):
            zygote.ask({"preload": True})
            self._draws = True
        if files != self._installed:
            with tempfile.TemporaryFile() as file:
                file.write(encode(pack_files(files)))
                file.seek(0)
                zygote.ask({"install": True}, file.fileno())
            self._installed = dict(files)

    def _start(self) -> Zygote:
        self._stop()
        for attempt in range(1, TRIES + 1):
            try:
                self._zygote = Zygote(self.level, self._layers())
                break
            except SandboxError:
                if attempt == TRIES:
                    raise
        assert self._zygote is not None
        return self._zygote

    def _layers(self) -> tuple[str, ...]:
        """Return the isolation layers of forks. Tests leave some out."""
        return isolation.layers_of(self.level)

    def _stop(self) -> None:
        if self._zygote is not None:
            self._zygote.stop()
        self._zygote, self._installed, self._draws = None, None, False

    def read(self, frame: bytes) -> Message:
        """Return a message of a student's process: a word, and parts.

        The result of a call becomes a `Returned`, outputs are cleaned, and a reference call carries its frame. A class
        gives few different answers, so messages are cached. Nobody can write into them.

        Raises
        ------
        CodecError
            If the frame is not a message.
        """
        return self._messages.get(frame, lambda: self._read(frame), lambda message: len(frame))

    def _read(self, frame: bytes) -> Message:
        message = decode(frame, cap=self.limits.message_bytes, writable=False)
        if type(message) is not tuple or not message or type(message[0]) is not str:
            raise CodecError("a message does not say what it is")
        if message[0] == "returned" and len(message) == 3 and type(message[2]) is tuple:
            return "returned", Returned(message[1], message[2], hashlib.sha256(frame).digest())
        if message[0] == "asks" and len(message) == 4:
            return *message, frame
        if message[0] == "cell" and len(message) == 4:
            return "cell", message[1], clean_outputs(message[2], self.limits.cell_output_bytes), message[3]
        return message

    def reply(self, function: Callable[..., Value], arguments: tuple[Value, ...], keywords: Mapping[str, Value],
              frame: bytes) -> bytes:
        """Return the reply to a reference call. ``frame`` is the call; students make the same calls."""
        if function not in self._replies:
            self._replies[function] = BytesCache(2 << 20)
        cap = self.limits.message_bytes
        return self._replies[function].get(frame, lambda: answer_call(function, arguments, keywords, cap), len)


class Fork:
    """One process of a student, as the host sees it."""

    def __init__(self, pool: Pool, zygote: Zygote, sock: socket.socket, pid: int) -> None:
        self.pool, self.zygote, self.sock, self.pid = pool, zygote, sock, pid
        self.ended = False
        self.memory: int | None = None  # bytes at its peak, known once it has ended

    def send(self, frame: bytes, seconds: float) -> None:
        """Send a frame within some seconds. See `guest.messages.send` for the errors."""
        send(self.sock, frame, time.monotonic() + seconds)

    def receive(self, wait: Callable[[], float]) -> Message:
        """Return the next message. See `Pool.read`, and `guest.messages.receive` for ``wait`` and the errors."""
        return self.pool.read(receive(self.sock, self.pool.limits.message_bytes, wait))

    def usage(self) -> dict[str, Any] | None:
        """Return what it has used. See `Pool.usage`."""
        return self.pool.usage(self)

    def end(self, grace: float = 0) -> Ended | None:
        """End it, unless it ends by itself within the grace period. See `Pool.end`."""
        if self.ended:
            return None
        self.ended = True
        self.sock.close()
        ended = self.pool.end(self, grace)
        self.memory = ended.memory if ended else None
        return ended

    def __del__(self) -> None:
        # never `end`: the garbage collector may run in the middle of another request
        if not self.ended:
            self.sock.close()
            self.pool.abandoned.append((self.zygote, self.pid))
