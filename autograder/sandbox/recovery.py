"""A session in a sandbox. A cell or call that times out or crashes fails alone; the rest goes on in a fresh fork."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from ..errors import SandboxError
from ..model import Case, CellRun, Failed, Outcome, Problem, Returned, Value
from .definitions import definitions
from .guest.codec import CodecError, encode
from .guest.explain import MAX_MESSAGE
from .guest.settings import Limits
from .outputs import clean_text, size_of
from .pool import Fork, Message, Pool, Template
from .session import Replacing, Session, is_lost, known_exception
from .zygote import Ended

CONFINE_SECONDS = 20  # for a fork to confine itself; it takes milliseconds, even on a busy machine
GRACE = 0.5  # seconds for a process that has hung up to end by itself
SLOWDOWN = 100  # of a template cell, because a student's loops in Python may be that much slower than numpy
FORKS_LOST = 3  # forks lost to our own failures before the submission is not graded

#: The seconds that each template cell takes with the reference solution, by its source.
CellTimes = Mapping[str, float]


class Loss(NamedTuple):
    """Why a fork was lost while a cell or call ran."""

    kind: str  # as in `Failed`
    text: str  # continues a sentence that starts with the cell or the function
    cause: str = "student"  # or "machine", which earns one retry, or "host"


class SandboxSession(Session):
    """A notebook in forks of a zygote; `Sandbox.open` makes it.

    A fork serves until a cell or call is lost. Then it is ended, and the next fork runs the same cells. Of a lost cell
    it runs only the definitions, and nothing if they are lost too. Each cell keeps the outputs that it showed first.
    """

    def __init__(self, pool: Pool, cells: Sequence[tuple[str, str]], files: Mapping[str, bytes],
                 template: Template = (), times: CellTimes | None = None) -> None:
        self._pool, self._limits = pool, pool.limits
        self._sources = [str(source) for _, source in cells]
        for name in files:
            if "\0" in name or not set(name.split("/")).isdisjoint(("", ".", "..")):
                raise ValueError(f"{name!r} is not the relative path of a file")
        self._files, self._template, self._times = files, template, times or {}
        self.seconds: list[float | None] = [None] * len(self._sources)  # that each cell took
        self._runs: list[CellRun | None] = [None] * len(self._sources)
        self._replaced: dict[int, str] = {}  # what runs instead of the lost cells
        self._room = self._limits.notebook_output_bytes
        self._timed_out = False  # whether a cell or call of this session has
        self._seconds = 0.0  # spent waiting for the student's code
        self._restarts = self._lost = 0
        self._retried: set[int | str | None] = set()  # cells and functions that the machine may have failed
        self._over: Failed | None = None  # why no further call is tried
        self._fork: Fork | None = None
        self._forks: list[Fork] = []
        self._place = len(self._sources)  # how many cells run before a call
        try:
            self._make_ready()
        except BaseException:
            self.close()
            raise

    @property
    def cells(self) -> tuple[CellRun, ...]:
        """The result of each cell."""
        return tuple(run or CellRun(problem=Problem("not run", "was not run")) for run in self._runs)

    @property
    def peak_memory(self) -> int | None:
        """The largest memory of a fork that has ended, in bytes, with what it shares with the zygote."""
        return max((fork.memory for fork in self._forks if fork.memory), default=None)

    def close(self) -> None:
        """End the fork."""
        if self._fork is not None:
            self._fork.end()
            self._fork = None
        self._over = self._over or Failed("died", "The session is closed.")

    # ---- cells ------------------------------------------------------------------------------------------

    def run_to(self, place: int) -> bool:
        """Have only the first cells run. See `Session.run_to`."""
        fork, self._fork = self._fork, None
        before, self._place = self._place, place
        if fork is not None and before <= place:
            self._go_on(fork, [i for i in self._indices() if i >= before])
        elif fork is not None:
            fork.end()
        self._make_ready()
        return self._fork is not None

    def _make_ready(self) -> None:
        """Have a fork in which the cells have run, or know why there is none."""
        while self._fork is None and self._over is None:
            if self._seconds >= self._limits.submission_seconds:
                self._give_up("timed out", f"the submission ran past {_seconds(self._limits.submission_seconds)}")
            elif self._restarts > self._limits.restarts + 1:
                self._give_up("died", f"the notebook's process had to be ended {self._restarts} times")
            else:
                self._run_cells()

    def _give_up(self, kind: str, reason: str) -> None:
        self._over = Failed(kind, f"Not tried: {reason}.")
        self._runs = [run or CellRun(problem=Problem("not run", f"was not run: {reason}")) for run in self._runs]

    def _run_cells(self) -> None:
        """Run the cells in a fresh fork. See `_go_on`."""
        try:
            fork = self._pool.fork(self._files, self._template, self._sources)
            self._forks.append(fork)
        except SandboxError as error:
            self._blame(Loss("died", f"could not be made: {error}", "host"), None)
            return
        if loss := self._confine(fork):
            self._blame(loss, None)
            return
        self._go_on(fork, self._indices())

    def _finished(self) -> set[int]:
        """Return the cells that have run to their end."""
        return {i for i, run in enumerate(self._runs) if run is not None and i not in self._replaced}

    def _indices(self) -> list[int]:
        """Return the cells that run before a call."""
        if self._restarts > self._limits.restarts:  # the last try: only cells that have finished before
            return [i for i in sorted(self._finished()) if i < self._place]
        return [i for i in range(self._place) if self._replaced.get(i) != ""]

    def _go_on(self, fork: Fork, indices: Sequence[int]) -> None:
        """Run these cells in a fork. Keep the fork if no cell is lost, else note the lost cell."""
        finished = self._finished()
        if loss := self._send_cells(fork, indices):
            self._blame(loss, None)
            return
        for index in indices:
            start = time.monotonic()
            message = self._next(fork, self._allowed_seconds(index, index in finished))
            if not isinstance(message, Loss) and not (_has_form(message, "cell", int, tuple, object)
                                                      and message[1] == index):
                message = _unreadable(fork)
            if isinstance(message, Loss):
                if self._blame(message, index):
                    self._note_lost_cell(index, message)
                return
            if self._runs[index] is None:
                count = message[3] if type(message[3]) is int and message[3] >= 0 else None
                self._runs[index] = CellRun(self._within_room(message[2]), count)
                self.seconds[index] = time.monotonic() - start
        message = self._next(fork, self._limits.cell_seconds)
        if not isinstance(message, Loss) and message[0] != "ready":
            message = _unreadable(fork)
        if isinstance(message, Loss):
            self._blame(message, None)
        else:
            self._fork = fork

    def _note_lost_cell(self, index: int, loss: Loss) -> None:
        """Replace a lost cell by its definitions, and these by nothing."""
        if index in self._replaced:
            self._replaced[index] = ""
            return
        self._replaced[index] = definitions(self._sources[index])
        run = self._runs[index] or CellRun()
        stopped = {"output_type": "error", "ename": "Stopped", "evalue": f"This cell {loss.text}.",
                   "traceback": [f"Stopped: this cell {loss.text}."]}
        self._runs[index] = replace(run, problem=Problem(loss.kind, loss.text), outputs=(*run.outputs, stopped))

    def _within_room(self, outputs: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
        """Return a cell's outputs, or a note if the notebook's outputs have become too large."""
        self._room -= size_of(outputs)
        if self._room >= 0 or not outputs:
            return outputs
        limit = self._limits.notebook_output_bytes
        text = f"not shown: the notebook's outputs are more than {limit:,} characters\n"
        return ({"output_type": "stream", "name": "stdout", "text": text},)

    def _confine(self, fork: Fork) -> Loss | None:
        """Wait until a fork has confined itself."""
        try:
            message = fork.receive(time.monotonic() + CONFINE_SECONDS)
            if message[0] != "confined":
                fork.end()
                raise SandboxError(f"an isolation layer does not work: {message[-1]}")
        except (TimeoutError, EOFError, OSError, CodecError):
            fork.end()
            return Loss("died", "could not be started", "host")
        return None

    def _send_cells(self, fork: Fork, indices: Sequence[int]) -> Loss | None:
        """Ask a fork to run cells."""
        try:
            cells = [(i, self._replaced.get(i, self._sources[i])) for i in indices]
            fork.send(encode(("run", cells)), CONFINE_SECONDS)
        except (TimeoutError, OSError):
            fork.end()
            return Loss("died", "could not be started", "host")
        return None

    def _allowed_seconds(self, index: int, finished: bool) -> float:
        """Return the time limit of a cell. A template cell gets a multiple of its time with the reference solution."""
        took = self._times.get(self._sources[index])
        limit = self._limits.cell_seconds
        if took is not None:
            limit = max(self._limits.template_cell_seconds, round(SLOWDOWN * took, 1))
        return limit if finished else self._shortened(limit, 2 * (took or 0))

    def _shortened(self, seconds: float, least: float = 0) -> float:
        """Return the time limit of code that has not finished once: shorter if this session has had a timeout."""
        return min(seconds, max(self._limits.retry_seconds, least)) if self._timed_out else seconds

    def _next(self, fork: Fork, limit: float, began: float | None = None) -> Message | Loss:
        """Return the next message within ``limit`` seconds. If there is none, end the fork and return why."""
        start = time.monotonic()
        deadline = (began or start) + limit
        last = start + self._limits.submission_seconds - self._seconds
        try:
            return fork.receive(min(deadline, last))
        except TimeoutError:
            used = fork.end()
            if used is None:
                return _loss_of(None, self._limits)
            if last < deadline:
                return Loss("timed out", f"ran past the submission's {_seconds(self._limits.submission_seconds)}")
            # a process that got little CPU has waited: for something, or, on a busy machine, for other processes
            waited = used.seconds < fork.seconds + limit / 2
            return Loss("timed out", f"ran past {_seconds(limit)}", "machine" if waited else "student")
        except (EOFError, OSError):
            return _loss_of(fork.end(GRACE), self._limits)
        except CodecError as error:
            fork.end()
            return Loss("garbled", f"sent what cannot be read: {error}")
        finally:
            fork.seconds += time.monotonic() - start
            self._seconds += time.monotonic() - start

    def _blame(self, loss: Loss, place: int | str | None) -> bool:
        """Count a loss against the student's budget of restarts, or against ours. Return whether it is the student's.

        ``place`` is the cell or function that ran. A loss that the machine may have caused is retried once.
        """
        if loss.cause == "machine" and place not in self._retried:
            self._retried.add(place)
            return False
        if loss.cause == "host":
            self._lost += 1
            if self._lost >= FORKS_LOST:
                raise SandboxError(f"a fork was lost {self._lost} times: it {loss.text}")
            return False
        self._restarts += 1
        self._timed_out |= loss.kind in ("timed out", "too many calls")
        return True

    # ---- calls ------------------------------------------------------------------------------------------

    def call(self, name: str, arguments: tuple[Value, ...], replacing: Replacing | None = None) -> Outcome:
        """Call the student's function. See `Session.call`."""
        frame = call_frame(name, arguments, tuple(sorted(replacing or {})), self._limits.message_bytes)
        return self._call(name, frame, len(arguments), replacing or {})

    def calls(self, name: str, cases: Sequence[Case], replacing: Replacing | None = None) -> list[Outcome]:
        """Call the function with the arguments of each case. See `Session.calls`."""
        outcomes: list[Outcome] = []
        for case in cases:
            frame = case_frame(name, case, tuple(sorted(replacing or {})), self._limits.message_bytes)
            outcomes.append(self._call(name, frame, len(case.arguments), replacing or {}))
            if is_lost(outcomes[-1]):
                break
        return outcomes

    def _call(self, name: str, frame: bytes, count: int, replacing: Replacing) -> Outcome:
        """Send a call with ``count`` arguments, and return its outcome."""
        while True:
            self._make_ready()
            if self._fork is None:
                assert self._over is not None
                return self._over
            result = self._send(self._fork, frame) or self._answer(self._fork, count, replacing)
            if not isinstance(result, Loss):
                return result
            self._fork = None
            if self._blame(result, name):
                return Failed(result.kind, f"`{name}` {result.text}.")

    def _send(self, fork: Fork, frame: bytes) -> Loss | None:
        """Send a frame. If that fails, end the fork and return why."""
        try:
            fork.send(frame, self._limits.call_seconds)
        except TimeoutError:
            fork.end()
            return Loss("timed out", "left its process unable to answer")
        except OSError:
            return _loss_of(fork.end(GRACE), self._limits)
        return None

    def _answer(self, fork: Fork, count: int, replacing: Replacing) -> Outcome | Loss:
        """Return the outcome of a call that was sent with ``count`` arguments. Answer reference calls meanwhile."""
        start, allowed = time.monotonic(), self._shortened(self._limits.call_seconds)
        asked = carried = 0
        while True:
            message = self._next(fork, allowed, start)
            if isinstance(message, Loss):
                return message
            if _has_form(message, "asks", str, tuple, dict, bytes) and message[1] in replacing:
                asked += 1
                if asked > self._limits.reference_calls:
                    fork.end()
                    times = self._limits.reference_calls
                    return Loss("too many calls", f"called `{message[1]}` more than {times} times")
                reply = self._pool.reply(replacing[message[1]], *message[2:])
                carried += len(reply)
                if carried > 4 * self._limits.message_bytes:
                    fork.end()
                    return Loss("too many calls", f"called `{message[1]}` for more numbers than may pass")
                if loss := self._send(fork, reply):
                    return loss
            elif _has_form(message, "returned", Returned) and len(message[1].arguments) == count:
                returned: Returned = message[1]
                return returned
            elif _has_form(message, "failed", str, str, str) and message[1] in ("missing", "raised", "unreadable"):
                _, kind, text, exception = message
                return Failed(kind, clean_text(text, 2 * MAX_MESSAGE), known_exception(exception))
            else:
                return _unreadable(fork)


def call_frame(name: str, arguments: tuple[Value, ...], replaced: tuple[str, ...], cap: int) -> bytes:
    """Return the message that asks for a call."""
    return encode(("call", name, tuple(arguments), replaced), cap=cap)


@lru_cache(maxsize=256)
def case_frame(name: str, case: Case, replaced: tuple[str, ...], cap: int) -> bytes:
    """Return the message that asks for a call with a case's arguments. It is the same for every student.

    See benchmarks/README.md, "Shortcuts".
    """
    return call_frame(name, tuple(case.arguments.values()), replaced, cap)


def _has_form(message: Message, word: str, *types: type) -> bool:
    return message[0] == word and len(message) == len(types) + 1 and all(
        kind is object or type(part) is kind for part, kind in zip(message[1:], types, strict=True)
    )


def _unreadable(fork: Fork) -> Loss:
    fork.end()
    return Loss("garbled", "sent what cannot be read")


def _loss_of(ended: Ended | None, limits: Limits) -> Loss:
    """Return why a process ended. ``ended`` is None if the zygote is gone."""
    if ended is None:
        return Loss("died", "was running when the sandbox died", "host")
    if ended.seconds >= 2 * limits.submission_seconds:
        return Loss("timed out", f"used up {_seconds(2 * limits.submission_seconds)} of processor time")
    if not ended.by_itself:
        return Loss("cut off", "cut itself off from the grader")
    if os.WIFSIGNALED(ended.status):
        number = os.WTERMSIG(ended.status)
        if number == signal.SIGKILL:  # no code inside can send it
            return Loss("died", "had its process killed", "machine")
        return Loss("died", f"crashed its process ({signal.Signals(number).name})")
    return Loss("died", "ended the process")


def _seconds(seconds: float) -> str:
    return f"{seconds:g} s"
