"""The sandbox: one zygote at a level of isolation, and a pool of its forks, each for one session."""

from __future__ import annotations

import contextlib
import hashlib
import math
import re
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from types import TracebackType
from typing import Self
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
from .recovery import CellTimes, Message, SandboxSession, Template
from .session import answer_call
from .zygote import Ended, Zygote

_DRAWS = re.compile("matplotlib|pylab|pyplot")


class Sandbox:
    """Runs notebooks of students, each in a fresh fork of one zygote; a context manager.

    Several threads may use one sandbox.

    Parameters
    ----------
    limits : Limits, optional
    level : str, optional
        One of `isolation.LEVELS`. The default is the strongest that this machine offers.

    Attributes
    ----------
    level : str

    Raises
    ------
    SandboxError
        If the level is not available, or the zygote does not start.
    """

    def __init__(self, limits: Limits | None = None, level: str | None = None) -> None:
        self.limits = limits or Limits()
        self.level = level or isolation.best_level()
        self.abandoned: list[tuple[Zygote, int]] = []  # forks that nobody ended
        self._lock = threading.RLock()
        self._zygote: Zygote | None = None
        self._installed: tuple[Mapping[str, bytes], Template] | None = None  # what the zygote has ready for forks
        self._draws = False  # whether the zygote has imported matplotlib
        self._times: dict[tuple[str, ...], CellTimes] = {}
        self._messages: BytesCache[Message] = BytesCache()
        self._replies: WeakKeyDictionary[Callable[..., Value], BytesCache[bytes]] = WeakKeyDictionary()
        self._start()

    def open(self, cells: Sequence[tuple[str, str]], files: Mapping[str, bytes] | None = None,
             template: Template = (), times: CellTimes | None = None) -> SandboxSession:
        """Return a session in which a notebook's code cells have run.

        Parameters
        ----------
        cells : sequence of (cell_id, source)
            In the notebook's order.
        files : dict of str to bytes
            Files by name for the working folder, which is private and importable.
        template : Template
            The cells as most notebooks have them. They are compiled once for all forks, where every student sees them.
        times : CellTimes, optional
            From `time_cells`, for the time limits of template cells.
        """
        return SandboxSession(self, cells, files or {}, tuple(template), times)

    def time_cells(self, cells: Sequence[tuple[str, str]], files: Mapping[str, bytes], template: Template
                   ) -> CellTimes:
        """Return how long each cell of the reference notebook takes, measured once in a fork of its own."""
        sources = tuple(source for _, source in cells)
        if sources not in self._times:
            with SandboxSession(self, cells, files, tuple(template), dict.fromkeys(sources, math.inf)) as session:
                pairs = zip(sources, session.seconds, strict=True)
                self._times[sources] = {source: seconds for source, seconds in pairs if seconds is not None}
        return self._times[sources]

    @property
    def pid(self) -> int | None:
        """The process that this sandbox started, with everything in it below; None if there is none."""
        return self._zygote.pid if self._zygote is not None else None

    def close(self) -> None:
        """End the zygote and all its forks."""
        with self._lock:
            self._stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # the interpreter may be shutting down
            self._stop()

    # ---- for sessions ---------------------------------------------------------------------------------

    def fork(self, files: Mapping[str, bytes], template: Template, sources: Iterable[str]) -> Fork:
        """Return a fresh fork that is confining itself. Start the zygote anew if it has died.

        ``sources`` are the cells that will run. If they draw, forks share one import of matplotlib from now on.
        """
        with self._lock:
            while self.abandoned:
                self._end(*self.abandoned.pop())
            for attempt in (1, 2):
                zygote = self._zygote if self._zygote is not None and self._zygote.is_usable() else self._start()
                ours, theirs = socket.socketpair()
                try:
                    self._prepare(zygote, files, template, sources)
                    answer = zygote.ask({"fork": asdict(self.limits)}, theirs.fileno())
                    break
                except SandboxError:
                    ours.close()
                    self._stop()
                    if attempt == 2:
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

    def _end(self, zygote: Zygote, pid: int, grace: float = 0) -> Ended | None:
        if zygote is not self._zygote:
            return None
        try:
            ended = zygote.ask({"end": pid, "grace": grace})["ended"]
        except SandboxError:
            self._stop()
            return None
        return Ended(**ended) if ended else None

    def _prepare(self, zygote: Zygote, files: Mapping[str, bytes], template: Template, sources: Iterable[str]) -> None:
        """Give the zygote what the next fork needs, unless it has it already."""
        if not self._draws and any(map(_DRAWS.search, sources)):
            zygote.ask({"preload": True})
            self._draws, self._installed = True, None
        if (files, template) != self._installed:
            arrays = {name: np.frombuffer(content, np.uint8) for name, content in files.items()}
            with tempfile.TemporaryFile() as file:
                file.write(encode((arrays, template)))
                file.seek(0)
                zygote.ask({"install": True}, file.fileno())
            self._installed = dict(files), template

    def _start(self) -> Zygote:
        self._stop()
        self._zygote = Zygote(self.level, self._layers())
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

    def __init__(self, sandbox: Sandbox, zygote: Zygote, sock: socket.socket, pid: int) -> None:
        self.sandbox, self.zygote, self.sock, self.pid = sandbox, zygote, sock, pid
        self.ended = False
        self.memory: int | None = None  # bytes at its peak, known once it has ended
        self.seconds = 0.0  # spent waiting for it

    def send(self, frame: bytes, seconds: float) -> None:
        """Send a frame within some seconds. See `guest.messages.send` for the errors."""
        send(self.sock, frame, time.monotonic() + seconds)

    def receive(self, deadline: float) -> Message:
        """Return the next message. See `Sandbox.read`, and `guest.messages.receive` for the errors."""
        return self.sandbox.read(receive(self.sock, self.sandbox.limits.message_bytes, deadline))

    def end(self, grace: float = 0) -> Ended | None:
        """End it, unless it ends by itself within the grace period. See `Sandbox.end`."""
        if self.ended:
            return None
        self.ended = True
        self.sock.close()
        ended = self.sandbox.end(self, grace)
        self.memory = ended.memory if ended else None
        return ended

    def __del__(self) -> None:
        # never `end`: the garbage collector may run in the middle of another request
        if not self.ended:
            self.sock.close()
            self.sandbox.abandoned.append((self.zygote, self.pid))
