"""A session in a sandbox. A cell or call that times out or crashes fails alone; the rest goes on in a fresh fork."""

from __future__ import annotations

import math
import os
import signal
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from ..errors import SandboxError
from ..model import Case, CellRun, Failed, Outcome, Problem, Returned, Value
from .frames import call_frame, case_frame, trace_frame
from .guest.codec import CodecError, encode
from .guest.definitions import definitions
from .guest.explain import MAX_MESSAGE
from .guest.settings import Limits
from .outputs import clean_text, size_of
from .pool import Fork, Message, Pool, pack_files
from .session import Definition, Replacing, Session, is_lost, known_exception
from .stopwatch import Stopwatch
from .zygote import Ended

CONFINE_SECONDS = 20  # of CPU for a fork to confine itself; it takes milliseconds
GRACE = 0.5  # seconds for a process that has hung up to end by itself
SLOWDOWN = 100  # of a template cell, because a student's loops in Python may be that much slower than numpy
FORKS_LOST = 3  # forks lost to our own failures before the submission is not graded
TRACED = -1  # the number of arguments that stands for a call that is followed
FORK_SECONDS = 0.1  # that a lost fork counts, at least, so that crashes add up, too

#: The CPU seconds that each template cell takes with the reference solution, by its source.
CellTimes = Mapping[str, float]


class Loss(NamedTuple):
    """Why a fork was lost while a cell or call ran."""

    kind: str  # as in `Failed`
    text: str  # continues a sentence that starts with the cell or the function
    is_ours: bool = False  # or the machine's: then it is tried again, and costs the student nothing


class SandboxSession(Session):
    """A notebook in forks of a zygote; `Sandbox.open` makes it.

    A fork serves until a cell or call is lost. Then it is ended, and the next fork runs the same cells. Of a lost cell
    it runs only the definitions, and nothing if they are lost too. Each cell keeps the outputs that it showed first.

    Once the cells have used up their time, the cells that have not run, or that take long, are replaced by their
    definitions, too. So no function of the notebook is lost to another cell.
    """

    def __init__(self, pool: Pool, cells: Sequence[tuple[str, str]], files: Mapping[str, bytes],
                 times: CellTimes | None, own_files: Mapping[str, bytes]) -> None:
        self._pool, self._limits = pool, pool.limits
        self._sources = [str(source) for _, source in cells]
        for name in (*files, *own_files):
            if "\0" in name or not set(name.split("/")).isdisjoint(("", ".", "..")):
                raise ValueError(f"{name!r} is not the relative path of a file")
        self._files, self._times = files, times
        self._own_files = encode(("files", pack_files(own_files))) if own_files else b""
        self.seconds: list[float | None] = [None] * len(self._sources)  # of CPU that each cell took
        self._runs: list[CellRun | None] = [None] * len(self._sources)
        self._replaced: dict[int, str] = {}  # what runs instead of the lost cells
        self._room = self._limits.notebook_output_bytes
        self._cells_spent, self._calls_spent = 0.0, defaultdict[str, float](float)  # seconds, the latter by function
        self._is_hurried = False  # whether the cells have used up their time
        self._lost = 0  # forks, to our own failures
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
        limit = self._limits.submission_seconds
        while self._fork is None and self._over is None:
            if self._cells_spent >= limit and not self._is_hurried:
                self._hurry()
            elif self._cells_spent >= 3 * limit:  # the definitions, too, take for ever
                self._over = Failed("timed out", f"Not tried: the submission ran past {_seconds(limit)}.")
            else:
                self._run_cells()

    def _hurry(self) -> None:
        """Keep only the definitions of the cells that have not run, and of those that take long."""
        self._is_hurried = True
        reason = f"was not run: the submission ran past {_seconds(self._limits.submission_seconds)}"
        total = 0.0
        for index in sorted(range(len(self._sources)), key=lambda index: self.seconds[index] or 0.0):
            total += self.seconds[index] or 0.0
            if self._runs[index] is None:
                self._runs[index] = CellRun(problem=Problem("not run", reason))
            elif total <= self._limits.cell_seconds:
                continue
            self._replaced.setdefault(index, definitions(self._sources[index]))

    def _run_cells(self) -> None:
        """Run the cells in a fresh fork. See `_go_on`."""
        try:
            fork = self._pool.fork(self._files, self._sources)
            self._forks.append(fork)
        except SandboxError as error:
            self._is_students(Loss("died", f"could not be made: {error}", is_ours=True))
            return
        if loss := self._confine(fork):
            self._is_students(loss)
            return
        self._go_on(fork, self._indices())

    def _indices(self) -> list[int]:
        """Return the cells that run before a call."""
        return [i for i in range(self._place) if self._replaced.get(i) != ""]

    def _go_on(self, fork: Fork, indices: Sequence[int]) -> None:
        """Run these cells in a fork. Keep the fork if no cell is lost, else note the lost cell."""
        if loss := self._send_cells(fork, indices):
            self._is_students(loss)
            return
        for index in indices:
            message, seconds = self._run_cell(fork, index)
            if isinstance(message, Loss):
                if self._is_students(message):
                    self._note_lost_cell(index, message)
                return
            if self._runs[index] is None:
                count = message[3] if type(message[3]) is int and message[3] >= 0 else None
                self._runs[index] = CellRun(self._within_room(message[2]), count)
                self.seconds[index] = seconds
        message = self._next(fork, Stopwatch(fork, self._limits.cell_seconds))
        if not isinstance(message, Loss) and message[0] != "ready":
            message = _unreadable(fork)
        if isinstance(message, Loss):
            self._is_students(message)
        else:
            self._fork = fork

    def _run_cell(self, fork: Fork, index: int) -> tuple[Message | Loss, float]:
        """Return what a fork says of the next cell, and the seconds that it took."""
        limits, whole = self._limits, self._limits.submission_seconds
        left = (3 if self._is_hurried else 1) * whole - self._cells_spent
        allowed = self._allowed_seconds(index)
        watch = Stopwatch(fork, max(0.0, min(allowed, left)), exact=self._times is None)
        message = self._next(fork, watch)
        self._cells_spent += watch.spent
        if isinstance(message, Loss):
            if left < allowed and message.kind == "timed out" and not message.is_ours:
                message = message._replace(text=f"ran past the submission's {_seconds(limits.submission_seconds)}")
        elif not (_has_form(message, "cell", int, tuple, object) and message[1] == index):
            message = _unreadable(fork)
        return message, watch.spent

    def _note_lost_cell(self, index: int, loss: Loss) -> None:
        """Replace a lost cell by its definitions, and these by nothing."""
        if index in self._replaced:
            self._replaced[index] = ""
            return
        self._replaced[index] = definitions(self._sources[index])
        run = self._runs[index] or CellRun()
        self.seconds[index] = None
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
            message = fork.receive(Stopwatch(fork, CONFINE_SECONDS))
            if message[0] != "confined":
                fork.end()
                raise SandboxError(f"an isolation layer does not work: {message[-1]}")
            if self._own_files:
                fork.send(self._own_files, CONFINE_SECONDS * self._limits.patience)
        except (TimeoutError, EOFError, OSError, CodecError):
            fork.end()
            return Loss("died", "could not be started", is_ours=True)
        return None

    def _send_cells(self, fork: Fork, indices: Sequence[int]) -> Loss | None:
        """Ask a fork to run cells."""
        try:
            cells = [(i, self._replaced.get(i, self._sources[i])) for i in indices]
            fork.send(encode(("run", cells)), CONFINE_SECONDS * self._limits.patience)
        except (TimeoutError, OSError):
            fork.end()
            return Loss("died", "could not be started", is_ours=True)
        return None

    def _allowed_seconds(self, index: int) -> float:
        """Return the time limit of a cell. A template cell gets a multiple of its time with the reference solution."""
        if self._times is None:
            return math.inf
        took = self._times.get(self._sources[index])
        if took is None:
            return self._limits.cell_seconds
        return max(self._limits.template_cell_seconds, round(SLOWDOWN * took, 1))

    def _next(self, fork: Fork, watch: Stopwatch) -> Message | Loss:
        """Return the next message. If the time is up or the fork has ended, end it and return why."""
        try:
            message = fork.receive(watch)
            watch.finish()
            if watch.used >= watch.limit:  # a busy machine let it come back all the same
                raise TimeoutError
            return message
        except TimeoutError:
            fork.end()
            if watch.is_ours:
                return Loss("timed out", "got no processor time", is_ours=True)
            if watch.has_waited:
                return Loss("timed out", f"waited for {_seconds(watch.patience * watch.limit)}")
            return Loss("timed out", f"ran past {_seconds(watch.limit)}")
        except (EOFError, OSError, SandboxError):
            return _loss_of(fork.end(GRACE), self._limits)
        except CodecError as error:
            fork.end()
            return Loss("garbled", f"sent what cannot be read: {error}")

    def _is_students(self, loss: Loss) -> bool:
        """Count a lost fork. Return whether the student's code lost it, rather than us.

        Raises
        ------
        SandboxError
            If we have lost too many. Points must not depend on the machine, so there are none.
        """
        if loss.is_ours:
            self._lost += 1
            if self._lost >= FORKS_LOST:
                raise SandboxError(f"a fork was lost {self._lost} times: it {loss.text}")
            return False
        self._cells_spent += FORK_SECONDS
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

    def trace(self, definition: Definition, arguments: tuple[Value, ...], replacing: Replacing | None = None) -> Value:
        """Follow a call of the student's function. See `Session.trace`. Its time is its own."""
        replacing = replacing or {}
        frame = trace_frame(definition, arguments, tuple(sorted(replacing)), self._limits.message_bytes)
        outcome = self._call(f"trace of {definition.name}", frame, TRACED, replacing)
        return outcome.value if isinstance(outcome, Returned) else None

    def _call(self, name: str, frame: bytes, count: int, replacing: Replacing) -> Outcome:
        """Send a call with ``count`` arguments, and return its outcome."""
        if self._calls_spent[name] >= self._limits.task_seconds:
            return Failed("timed out", f"Not tried: calls of `{name}` ran past {_seconds(self._limits.task_seconds)}.")
        while True:
            self._make_ready()
            if self._fork is None:
                assert self._over is not None
                return self._over
            watch = Stopwatch(self._fork, self._limits.call_seconds)
            result = self._send(self._fork, frame) or self._answer(self._fork, watch, count, replacing)
            self._calls_spent[name] += watch.spent
            if not isinstance(result, Loss):
                return result
            self._fork = None
            if self._is_students(result):
                return Failed(result.kind, f"`{name}` {result.text}.")

    def _send(self, fork: Fork, frame: bytes) -> Loss | None:
        """Send a frame. If that fails, end the fork and return why."""
        try:
            fork.send(frame, self._limits.patience * self._limits.call_seconds)
        except TimeoutError:
            fork.end()
            return Loss("timed out", "left its process unable to answer")
        except OSError:
            return _loss_of(fork.end(GRACE), self._limits)
        return None

    def _answer(self, fork: Fork, watch: Stopwatch, count: int, replacing: Replacing) -> Outcome | Loss:
        """Return the outcome of a call that was sent with ``count`` arguments. Answer reference calls meanwhile."""
        asked = carried = 0
        while True:
            message = self._next(fork, watch)
            if isinstance(message, Loss):
                return message
            if _has_form(message, "asks", str, tuple, dict, bytes) and message[1] in replacing:
                asked += 1
                if asked > self._limits.reference_calls:
                    fork.end()
                    times = self._limits.reference_calls
                    return Loss("too many calls", f"called `{message[1]}` more than {times} times")
                start = time.monotonic()
                reply = self._pool.reply(replacing[message[1]], *message[2:])
                watch.skip(time.monotonic() - start)
                carried += len(reply)
                if carried > 4 * self._limits.message_bytes:
                    fork.end()
                    return Loss("too many calls", f"called `{message[1]}` for more numbers than may pass")
                if loss := self._send(fork, reply):
                    return loss
            elif count == TRACED and _has_form(message, "traced", object):
                return Returned(message[1], ())
            elif _has_form(message, "returned", Returned) and len(message[1].arguments) == count:
                returned: Returned = message[1]
                return returned
            elif _has_form(message, "failed", str, str, str) and message[1] in ("missing", "raised", "unreadable"):
                _, kind, text, exception = message
                return Failed(kind, clean_text(text, 2 * MAX_MESSAGE), known_exception(exception))
            else:
                return _unreadable(fork)


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
        return Loss("died", "was running when the sandbox died", is_ours=True)
    if ended.seconds >= limits.fork_seconds - 1:
        return Loss("timed out", f"used up {_seconds(limits.fork_seconds)} of processor time")
    if not ended.by_itself:
        return Loss("cut off", "cut itself off from the grader")
    if os.WIFSIGNALED(ended.status):
        number = os.WTERMSIG(ended.status)
        if number == signal.SIGKILL:  # the filter of system calls lets no code inside send it
            return Loss("died", "had its process killed from outside, perhaps for want of memory", is_ours=True)
        return Loss("died", f"crashed its process ({signal.Signals(number).name})")
    return Loss("died", "ended the process")


def _seconds(seconds: float) -> str:
    return f"{seconds:g} s"
