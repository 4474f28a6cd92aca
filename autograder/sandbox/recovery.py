"""A session behind walls: a cell or call that does not come back costs itself; the rest goes on in a fresh fork."""

from __future__ import annotations

import ast
import os
import re
import signal
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from itertools import accumulate
from typing import Any, NamedTuple

from ..errors import SandboxError, WireError
from ..model import Case, CellRun, Failed, Outcome, Problem, Returned, Value
from . import wire
from .explain import MAX_MESSAGE
from .outputs import clean_text, size_of
from .session import Replacing, Session, known_exception

FENCE_SECONDS = 20  # for a fork to put up its walls: it takes milliseconds, on a machine that is not on its knees
PATIENCE = 0.5  # seconds that a process which has hung up is given to end by itself
MAX_CELL = 100_000  # characters of a cell that ast may read here: parsed, each takes a thousand bytes
AHEAD_BYTES = 1 << 16  # of calls sent before the ones ahead of them are answered; a socket holds three times as much
PACES = 100  # times what a cell of the lesson's takes with right solutions: loops in Python for numpy's are as slow
FORKS_LOST = 3  # to causes that are not the student's, before we call it our failure


#: How long each cell of a lesson takes with right solutions, by its source.
Pace = Mapping[str, float]
#: A notebook's code cells as most students leave them, by place; None where they write.
Lesson = Sequence[str | None]


class Lost(NamedTuple):
    """Why a cell or call did not come back."""

    kind: str  # as in `Failed`
    says: str  # continues a sentence that starts with the cell or the function
    cause: str = "student"  # or "outside", which is to be doubted once; or "ours"


class SandboxSession(Session):
    """A notebook in forks of a sandbox's warm process; made by `Sandbox.open`.

    A fork is used until something in it does not come back. Then it is ended, and the next one runs the same cells; of
    one that did not come back what it defines alone, and where that does not come back either, nothing. What the other
    cells showed the first time is kept.
    """

    def __init__(self, sandbox, cells: Sequence[tuple[str, str]], files: Mapping[str, bytes],
                 lesson: Lesson = (), pace: Pace | None = None):
        self._sandbox, self._limits = sandbox, sandbox.limits
        self._sources = [str(source) for _, source in cells]
        for name in files:
            if not name or "/" in name or "\0" in name or name in (".", ".."):
                raise ValueError(f"{name!r} is not the name of a file")
        self._files, self._lesson, self._pace = files, lesson, pace or {}
        self.seconds: list[float | None] = [None] * len(self._sources)  # that each cell took
        self._runs: list[CellRun | None] = [None] * len(self._sources)
        self._instead: dict[int, str] = {}  # what is run of the cells that did not come back
        self._room = self._limits.outputs_bytes  # for what the cells have yet to show
        self._late = False  # whether a cell or call does not come back
        self._seconds = 0.0  # spent waiting for the student's code
        self._restarts = self._lost = 0
        self._doubted: set[int | str | None] = set()  # cells and functions that may have failed for no fault of theirs
        self._over: Failed | None = None  # why no further call is tried
        self._fork, self._forks = None, []
        try:
            self._make_ready()
        except BaseException:
            self.close()
            raise

    @property
    def cells(self) -> tuple[CellRun, ...]:
        return tuple(run or CellRun(problem=Problem("not run", "was not run")) for run in self._runs)

    @property
    def peak_memory(self) -> int | None:
        """The most memory that a fork had which has ended, in bytes, what it shares with the warm process included."""
        return max((fork.memory for fork in self._forks if fork.memory), default=None)

    def close(self) -> None:
        if self._fork is not None:
            self._fork.end()
            self._fork = None
        self._over = self._over or Failed("died", "The session is closed.")

    # ---- cells ------------------------------------------------------------------------------------------

    def _make_ready(self) -> None:
        """See to it that there is a fork in which the cells have run, or that it is known why there is none."""
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
        """Run the cells in a fresh fork; it is kept where all came back, else the one that did not is noted."""
        known = {i for i, run in enumerate(self._runs) if run is not None and i not in self._instead}
        indices = [i for i in range(len(self._sources)) if self._instead.get(i) != ""]
        if self._restarts > self._limits.restarts:  # the last try: only what is known to come back
            indices = sorted(known)
        try:
            fork = self._sandbox.fork(self._files, self._lesson)
            self._forks.append(fork)
        except SandboxError as error:
            self._blame(Lost("died", f"could not be made: {error}", "ours"), None)
            return
        if problem := self._start(fork, indices):
            self._blame(problem, None)
            return
        for index in indices:
            start = time.monotonic()
            message, problem = self._next(fork, self._allowed(index, index in known), "cell")
            if problem is None and (len(message) != 4 or message[1] != index):
                problem = _unreadable(fork)
            if problem is None:
                if self._runs[index] is None:
                    count = message[3] if type(message[3]) is int and message[3] >= 0 else None
                    self._runs[index] = CellRun(self._shown(message[2]), count)
                    self.seconds[index] = time.monotonic() - start
                continue
            if self._blame(problem, index):
                if index in self._instead:
                    self._instead[index] = ""
                    return
                self._instead[index] = definitions(self._sources[index])
                run = self._runs[index] or CellRun()
                self._runs[index] = replace(run, problem=Problem(problem.kind, problem.says),
                                            outputs=(*run.outputs, _stopped(problem.says)))
            return
        _, problem = self._next(fork, self._limits.cell_seconds, "ready")
        if problem is None:
            self._fork = fork
        else:
            self._blame(problem, None)

    def _shown(self, outputs: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
        """A cell's outputs, as long as the notebook's fill no more than their share."""
        self._room -= size_of(outputs)
        if self._room >= 0 or not outputs:
            return outputs
        text = f"not shown: the notebook's outputs are more than {self._limits.outputs_bytes:,} characters\n"
        return ({"output_type": "stream", "name": "stdout", "text": text},)

    def _start(self, fork, indices: Sequence[int]) -> Lost | None:
        """Hand the cells to a fork that has put up its walls."""
        try:
            message = fork.receive(time.monotonic() + FENCE_SECONDS)
            if message[0] != "fenced":
                fork.end()
                raise SandboxError(f"a wall cannot be put up: {message[-1]}")
            cells = [(i, self._instead.get(i, self._sources[i])) for i in indices]
            frame = wire.encode(("run", cells, asdict(self._limits)))
            fork.send(frame, FENCE_SECONDS)
        except (TimeoutError, EOFError, OSError, WireError):
            fork.end()
            return Lost("died", "could not be started", cause="ours")
        return None

    def _allowed(self, index: int, is_known: bool) -> float:
        """How long a cell may take: one of the lesson's own not much longer than it does with right solutions."""
        took = self._pace.get(self._sources[index])
        limit = self._limits.cell_seconds if took is None else max(self._limits.lesson_seconds, round(PACES * took, 1))
        return limit if is_known else self._patience(limit, 2 * (took or 0))

    def _patience(self, seconds: float, least: float = 0) -> float:
        """How long a cell or call may take that has not come back before: what loops as a rule loops again."""
        return min(seconds, max(self._limits.later_seconds, least)) if self._late else seconds

    def _next(self, fork, limit: float, word: str | None, began: float | None = None) -> tuple[tuple, Lost | None]:
        """The next message, of a kind, within ``limit`` seconds, or why there is none; then the fork has been ended."""
        start = time.monotonic()
        deadline = (began or start) + limit
        last = start + self._limits.submission_seconds - self._seconds
        try:
            message = fork.receive(min(deadline, last))
            if word is None or message[0] == word:
                return message, None
            return message, _unreadable(fork)
        except TimeoutError:
            used = fork.end()
            if used is None:
                return (), _death(None, self._limits)
            if last < deadline:
                says = f"ran past the submission's {_seconds(self._limits.submission_seconds)}"
                return (), Lost("timed out", says)
            # who has been without the processor has waited: for something, or, on a busy machine, for the others
            waited = used["seconds"] < fork.seconds + limit / 2
            return (), Lost("timed out", f"ran past {_seconds(limit)}", "outside" if waited else "student")
        except (EOFError, OSError):
            return (), _death(fork.end(PATIENCE), self._limits)
        except WireError as error:
            fork.end()
            return (), Lost("garbled", f"sent what cannot be read: {error}")
        finally:
            fork.seconds += time.monotonic() - start
            self._seconds += time.monotonic() - start

    def _blame(self, problem: Lost, place: int | str | None) -> bool:
        """Whether the student's code at a place is why a fork is gone; their budget of restarts pays, or ours."""
        if problem.cause == "outside" and place not in self._doubted:
            self._doubted.add(place)  # an operator's kill, or a busy machine: the same again would be no chance
            return False
        if problem.cause == "ours":
            self._lost += 1
            if self._lost >= FORKS_LOST:
                raise SandboxError(f"a fork was lost {self._lost} times: it {problem.says}")
            return False
        self._restarts += 1
        self._late |= problem.kind in ("timed out", "too many calls")
        return True

    # ---- calls ------------------------------------------------------------------------------------------

    def call(self, name: str, arguments: tuple[Value, ...], replacing: Replacing | None = None) -> Outcome:
        names = tuple(sorted(replacing or {}))
        frame = call_frame(name, tuple(arguments), names, self._limits.message_bytes)
        return self._outcomes(name, [frame], [len(arguments)], replacing or {})[0]

    def calls(self, name: str, cases: Sequence[Case], replacing: Replacing | None = None) -> list[Outcome]:
        names = tuple(sorted(replacing or {}))
        frames = [case_frame(name, case, names, self._limits.message_bytes) for case in cases]
        return self._outcomes(name, frames, [len(case.arguments) for case in cases], replacing or {})

    def _outcomes(self, name: str, frames: Sequence[bytes], counts: Sequence[int], replacing: Replacing
                  ) -> list[Outcome]:
        """What comes back for each frame, a call each; after a call that does not come back there are no more.

        Several are sent at a time: the student's end goes on to the next while we read what came of the last.
        """
        outcomes: list[Outcome] = []
        ahead = 0  # how many are sent and not answered
        while len(outcomes) < len(frames):
            self._make_ready()
            if self._over is not None:
                return [*outcomes, self._over]
            start, problem, place = time.monotonic(), None, len(outcomes)
            if not ahead:
                # where the student's end asks back, our answer must be the next that it reads
                ahead = 1 if replacing else fitting(frames[place:])
                problem = self._send(b"".join(frames[place:place + ahead]))
            outcome = problem or self._answer(name, counts[place], replacing, start)
            if not isinstance(outcome, Lost):
                outcomes.append(outcome)
                ahead -= 1
                continue
            self._fork, ahead = None, 0
            if self._blame(outcome, name):
                return [*outcomes, Failed(outcome.kind, f"`{name}` {outcome.says}.")]
        return outcomes

    def _send(self, frame: bytes) -> Lost | None:
        """Hand something to the fork, or say why it cannot be; then the fork has been ended."""
        try:
            self._fork.send(frame, self._limits.call_seconds)
        except TimeoutError:
            self._fork.end()
            return Lost("timed out", "left its process unable to answer")
        except OSError:
            return _death(self._fork.end(PATIENCE), self._limits)
        return None

    def _answer(self, name: str, count: int, replacing: Replacing, start: float) -> Outcome | Lost:
        """What comes back for a call that was sent, or that began, at ``start``."""
        fork, limits, patience = self._fork, self._limits, self._patience(self._limits.call_seconds)
        asked = carried = 0
        while True:
            message, problem = self._next(fork, patience, None, start)
            if problem is not None:
                return problem
            if message[0] == "asks" and _is_form(message, str, tuple, dict, bytes) and message[1] in replacing:
                asked += 1
                if asked > limits.stand_in_calls:
                    fork.end()
                    return Lost("too many calls", f"called `{message[1]}` more than {limits.stand_in_calls} times")
                reply = self._sandbox.reply(replacing[message[1]], *message[2:])
                carried += len(reply)
                if carried > 4 * limits.message_bytes:
                    fork.end()
                    return Lost("too many calls", f"called `{message[1]}` for more numbers than may pass")
                if problem := self._send(reply):
                    return problem
            elif message[0] == "returned" and _is_form(message, Returned) and len(message[1].arguments) == count:
                return message[1]
            elif message[0] == "failed" and _is_form(message, str, str, str) and message[1] in ("missing", "raised",
                                                                                                "unreadable"):
                _, kind, said, exception = message
                return Failed(kind, clean_text(said, 2 * MAX_MESSAGE), known_exception(exception))
            else:
                return _unreadable(fork)


def definitions(source: str) -> str:
    """The functions, classes and imports at a cell's top level, on the lines where they stand; "" where there are none.

    A cell with an endless loop below a right function costs the student what it shows, and not the function.
    """
    if len(source) > MAX_CELL:
        return ""
    plain = re.sub(r"^[%!?].*$", "", source, flags=re.MULTILINE)  # what IPython adds to Python
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in a student's strings
            nodes = ast.parse(plain).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    lines, kept = plain.split("\n"), set()
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
            first = min(part.lineno for part in (node, *getattr(node, "decorator_list", ())))
            kept |= set(range(first - 1, node.end_lineno))
    return "\n".join(line if number in kept else "" for number, line in enumerate(lines)) if kept else ""


def fitting(frames: Sequence[bytes]) -> int:
    """How many of these frames can be sent at once: one, or as many as wait in a socket and hold up nobody."""
    return max(1, sum(size <= AHEAD_BYTES for size in accumulate(map(len, frames))))


def call_frame(name: str, arguments: tuple[Value, ...], replaced: tuple[str, ...], cap: int) -> bytes:
    """What asks a student's end for a call."""
    return wire.encode(("call", name, arguments, replaced), cap=cap)


@lru_cache(maxsize=1024)
def case_frame(name: str, case: Case, replaced: tuple[str, ...], cap: int) -> bytes:
    """What asks for a call with a case's arguments: the same for every student."""
    return call_frame(name, tuple(case.arguments.values()), replaced, cap)


def _is_form(message: tuple, *types: type) -> bool:
    return len(message) == len(types) + 1 and all(
        kind is object or type(part) is kind for part, kind in zip(message[1:], types, strict=True)
    )


def _unreadable(fork) -> Lost:
    fork.end()
    return Lost("garbled", "sent what cannot be read")


def _death(end: Mapping[str, Any] | None, limits) -> Lost:
    """What a process's end means; ``end`` is what `Sandbox.end` gives."""
    if end is None:
        return Lost("died", "was running when the warm process died", cause="ours")
    status, seconds = end["status"], end["seconds"]
    if seconds >= 2 * limits.submission_seconds:
        return Lost("timed out", f"used up {_seconds(2 * limits.submission_seconds)} of processor time")
    if not end["by_itself"]:
        return Lost("cut off", "cut itself off from the grader")
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == signal.SIGKILL:  # nobody inside can do that to it
            return Lost("died", "had its process killed", cause="outside")
        return Lost("died", f"crashed its process ({signal.Signals(number).name})")
    return Lost("died", "ended the process")


def _stopped(says: str) -> dict[str, Any]:
    """What the notebook shows below a cell that did not come back."""
    return {"output_type": "error", "ename": "Stopped", "evalue": f"This cell {says}.",
            "traceback": [f"Stopped: this cell {says}."]}


def _seconds(seconds: float) -> str:
    return f"{seconds:g} s"
