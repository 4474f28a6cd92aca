"""Tell when a fork has used up its time: its own CPU time, however busy the machine is."""

from __future__ import annotations

import time
from contextlib import suppress

from ..errors import SandboxError
from .pool import Fork

FIRST_LOOK = 0.05  # seconds; most cells and calls come back sooner, and are never looked at
NEXT_LOOK = 1.0  # seconds between two looks, at most
STARVED = 10  # times the seconds that a fork may wait, after which the machine is too busy to grade


class Stopwatch:
    """The time of one cell or call: how many seconds to wait until the next look, as `guest.messages.receive` asks.

    Two times have limits: the CPU time of the fork, and the time in which it waits, for example in ``time.sleep``.
    The time in which it could run but gets no processor has none, so that a busy machine costs nobody points. Where
    the system does not tell CPU time (not Linux), all time counts as CPU time.

    Parameters
    ----------
    fork : Fork
    limit : float, seconds
        Of CPU time. It may wait `Limits.patience` times as long.
    exact : bool
        Look at once, rather than after a moment that counts as CPU time.
    """

    def __init__(self, fork: Fork, limit: float, exact: bool = False) -> None:
        self._fork, self.limit, self.patience = fork, limit, fork.pool.limits.patience
        self.used = self.idle = 0.0
        self.is_stopped = False  # by a signal: by nothing that a student can send
        self._cpu: float | None = None  # of the fork, at the last look
        self._began = self._seen = time.monotonic()
        self._next = self._seen + (0.0 if exact else FIRST_LOOK)

    def __call__(self) -> float:
        """Return the seconds until the next look.

        Raises
        ------
        TimeoutError
            If a limit is reached.
        SandboxError
            If the zygote is gone.
        """
        if time.monotonic() >= self._next:
            self.look()
            left = min(self.limit - self.used, self.patience * self.limit - self.idle)
            if left <= 0 or self._seen - self._began > STARVED * self.patience * self.limit:
                raise TimeoutError
            self._next = self._seen + min(max(left, FIRST_LOOK / 5), NEXT_LOOK)
        return max(self._next - time.monotonic(), 0.001)

    def look(self) -> None:
        """Add what the fork has used since the last look."""
        usage, now = self._fork.usage(), time.monotonic()
        elapsed, self._seen = now - self._seen, now
        cpu, state = (usage["seconds"], usage["state"]) if usage else ((self._cpu or 0.0) + elapsed, "R")
        self.is_stopped = state in "Tt"
        if self._cpu is None:
            self.used += min(elapsed, FIRST_LOOK)
        else:
            self.used += cpu - self._cpu
            if state not in "RD":  # neither running, nor ready to, nor waiting for the disk
                self.idle += max(0.0, elapsed - (cpu - self._cpu))
        self._cpu = cpu

    def finish(self) -> None:
        """Add what the fork has used until now, if it was slow enough to be looked at."""
        if self._cpu is not None:
            with suppress(SandboxError):
                self.look()

    def skip(self, seconds: float) -> None:
        """Leave out some seconds in which the fork waited for the host."""
        self._began += seconds
        self._seen += seconds

    @property
    def spent(self) -> float:
        """The seconds to count: of CPU, and a part of those that it waited."""
        if self._cpu is None:
            return min(time.monotonic() - self._began, FIRST_LOOK)
        return self.used + self.idle / self.patience

    @property
    def has_waited(self) -> bool:
        """Whether the limit that was reached is that of waiting."""
        return self.used < self.limit <= self.idle / self.patience

    @property
    def is_ours(self) -> bool:
        """Whether a timeout is the machine's fault."""
        return self.is_stopped or (self.used < self.limit and not self.has_waited)
