"""The sandbox: opens sessions for notebooks of students."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from .guest.settings import Limits
from .pool import Pool
from .recovery import CellTimes, SandboxSession


class Sandbox(Pool):
    """Runs notebooks of students, each in a fresh fork of one zygote; a context manager.

    Several threads may use one sandbox.

    Parameters
    ----------
    limits : Limits, optional
    level : str, optional
        One of `LEVELS`. The default is the strongest that this machine offers.

    Attributes
    ----------
    level : str

    Raises
    ------
    SandboxError
        If the level is not available, or the zygote does not start.
    """

    def __init__(self, limits: Limits | None = None, level: str | None = None) -> None:
        super().__init__(limits, level)
        self._times: dict[tuple[str, ...], CellTimes] = {}

    def open(self, cells: Sequence[tuple[str, str]], files: Mapping[str, bytes] | None = None,
             times: CellTimes | None = None, own_files: Mapping[str, bytes] | None = None) -> SandboxSession:
        """Return a session in which a notebook's code cells have run.

        Parameters
        ----------
        cells : sequence of (cell_id, source)
            In the notebook's order.
        files : dict of str to bytes
            Files by name for the working folder, which is private and importable.
        times : CellTimes, optional
            From `time_cells`, for the time limits of template cells.
        own_files : dict of str to bytes, optional
            Further files for this session alone.
        """
        return SandboxSession(self, cells, files or {}, times or {}, own_files or {})

    def time_cells(self, cells: Sequence[tuple[str, str]], files: Mapping[str, bytes]) -> CellTimes:
        """Return the CPU time of each cell of the reference notebook, measured once in a fork of its own."""
        sources = tuple(source for _, source in cells)
        if sources not in self._times:
            with SandboxSession(self, cells, files, times=None, own_files={}) as session:
                pairs = zip(sources, session.seconds, strict=True)
                self._times[sources] = {source: seconds for source, seconds in pairs if seconds is not None}
        return self._times[sources]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        self.close()
