"""Start a zygote, ask it for forks, and stop it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
from typing import Any, NamedTuple

from ..errors import SandboxError
from . import isolation
from .guest.tree import remove_tree

START_SECONDS = 60  # a cold machine may have to read every library from disk
ANSWER_SECONDS = 60
MAX_ANSWER = 1 << 16  # bytes


class Ended(NamedTuple):
    """How a fork ended, and what it used."""

    status: int  # as `os.wait` returns it
    seconds: float  # of CPU
    by_itself: bool
    memory: int  # bytes, at its peak


class Zygote:
    """A running zygote, as the host sees it.

    Parameters
    ----------
    level : str
    layers : tuple of str, optional
        Isolation layers of its forks, for tests that leave some out.

    Raises
    ------
    SandboxError
        If the level is not available, or the zygote does not start.
    """

    def __init__(self, level: str, layers: tuple[str, ...] | None = None) -> None:
        self._owner = os.getpid()
        self._root: str | None = None
        isolation.remove_abandoned()
        if level == "process":  # elsewhere the scratch folder is inside, and ends with the zygote
            self._root = tempfile.mkdtemp(prefix=f"{isolation.PREFIX}{os.getpid()}-")
        self._control, theirs = socket.socketpair()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop
        self._process: subprocess.Popen[bytes] | None = None
        watch = os.pidfd_open(os.getpid()) if hasattr(os, "pidfd_open") else None
        try:
            self._process = self._start(level, layers, theirs.fileno(), watch)
        except BaseException as error:
            self.stop()
            if isinstance(error, OSError):
                raise SandboxError(f"the zygote cannot be started: {error}") from None
            raise
        finally:
            theirs.close()
            if watch is not None:
                os.close(watch)
        try:
            self._receive(START_SECONDS)
        except SandboxError as error:
            reason = self._last_error_line() or error
            self.stop()
            raise SandboxError(f"the zygote does not start: {reason}") from None

    def _start(self, level: str, layers: tuple[str, ...] | None, control: int, watch: int | None
               ) -> subprocess.Popen[bytes]:
        command, environment = isolation.zygote_command(level, self._root, control, watch, layers)
        return subprocess.Popen(
            command, env=environment, cwd="/", pass_fds=[control] if watch is None else [control, watch],
            start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._errors,
        )

    @property
    def pid(self) -> int:
        """The process that was started: bubblewrap's, or the zygote itself."""
        assert self._process is not None
        return self._process.pid

    def is_usable(self) -> bool:
        """Return whether the zygote runs and this process started it, rather than its parent."""
        return self._process is not None and self._owner == os.getpid() and self._process.poll() is None

    def ask(self, request: dict[str, Any], descriptor: int | None = None) -> dict[str, Any]:
        """Send a request, maybe with a descriptor, and return the answer.

        Raises
        ------
        SandboxError
            If the zygote is gone, or does not answer.
        """
        try:
            self._control.settimeout(ANSWER_SECONDS)
            data = json.dumps(request).encode()
            if descriptor is None:
                self._control.sendall(data)
            else:
                socket.send_fds(self._control, [data], [descriptor])
        except OSError as error:
            raise SandboxError(f"the zygote is gone: {error}") from None
        return self._receive(ANSWER_SECONDS)

    def stop(self) -> None:
        """End the zygote with all its forks, and remove its scratch folder."""
        self._control.close()
        self._errors.close()
        if self._owner != os.getpid():  # a copy, in a child of the process that started it
            return
        if self._process is not None:
            try:
                self._process.wait(timeout=ANSWER_SECONDS)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
            self._process = None
        if self._root is not None:
            remove_tree(self._root)
            self._root = None

    def _receive(self, seconds: float) -> dict[str, Any]:
        try:
            self._control.settimeout(seconds)
            data = self._control.recv(MAX_ANSWER)
        except OSError as error:
            raise SandboxError(f"the zygote does not answer: {error or type(error).__name__}") from None
        if not data:
            raise SandboxError("the zygote has died")
        answer: dict[str, Any] = json.loads(data)
        return answer

    def _last_error_line(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read()[-2000:].decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else ""
