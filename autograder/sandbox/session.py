"""Sessions: a student's functions, ready to be called with values, with isolation or without."""

from __future__ import annotations

import builtins
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np

from ..errors import AutograderError
from ..model import Case, CellRun, Failed, Outcome, Value
from .guest.codec import encode
from .guest.explain import MAX_MESSAGE

#: Reference functions of the host that replace the student's own, by name. The same arguments give the same result.
Replacing = Mapping[str, Callable[..., Value]]
#: The names of Python's own exceptions and numpy's.
EXCEPTIONS = frozenset(
    name for module in (builtins, np.exceptions, np.linalg) for name, thing in vars(module).items()
    if isinstance(thing, type) and issubclass(thing, BaseException)
)


class Definition(NamedTuple):
    """Where a function is defined: its name, its cell's place among the session's cells, its first line there."""

    name: str
    cell: int
    line: int


class Session(ABC):
    """A student's notebook after its cells have run; a context manager.

    Attributes
    ----------
    cells : tuple of CellRun
        The result of each cell, in the notebook's order.
    """

    @property
    def cells(self) -> tuple[CellRun, ...]:
        """The result of each cell."""
        return ()

    @abstractmethod
    def call(self, name: str, arguments: tuple[Value, ...], replacing: Replacing | None = None) -> Outcome:
        """Call the student's function.

        Parameters
        ----------
        name : str
        arguments : tuple of Value
            In the order of the function's signature. The function gets copies.
        replacing : dict, optional
            During this call, calls to the student's own functions of these names come to the host, which calls these
            functions. A ValueError raised here is raised there.

        Returns
        -------
        Returned or Failed
            A value, whatever the student's code does.

        Raises
        ------
        SandboxError
            If the process fails through no fault of the student.
        """

    def calls(self, name: str, cases: Sequence[Case], replacing: Replacing | None = None) -> list[Outcome]:
        """Call the function with the arguments of each case, until a call times out or crashes. See `call`."""
        outcomes: list[Outcome] = []
        for case in cases:
            outcomes.append(self.call(name, tuple(case.arguments.values()), replacing))
            if is_lost(outcomes[-1]):
                break
        return outcomes

    def trace(self, definition: Definition, arguments: tuple[Value, ...], replacing: Replacing | None = None) -> Value:
        """Call a student's function, and return what its names held at each line.

        Returns
        -------
        Value
            What `guest.tracer.Tracer.result` gives, if nobody has forged it; None if there is nothing to return, as
            when the function that is called is not the one of this definition.
        """
        return None

    def run_to(self, place: int) -> bool:
        """Have the notebook as it was when only its first ``place`` code cells had run.

        A place further down goes on from the state that calls have left. Return whether calls can be made.
        """
        return False

    def close(self) -> None:
        """End the process behind the session, if there is one, and everything it started."""
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        self.close()


def known_exception(name: str) -> str:
    """Return the name of an exception if it is one of Python's or numpy's own, else ""."""
    return name if name in EXCEPTIONS else ""


def is_lost(outcome: Outcome) -> bool:
    """Return whether a call timed out, crashed, or cost the session its process in another way."""
    return isinstance(outcome, Failed) and outcome.kind in ("timed out", "died", "cut off", "too many calls")


def answer_call(function: Callable[..., Value], arguments: tuple[Value, ...], keywords: Mapping[str, Value],
                cap: int) -> bytes:
    """Call a reference function for a student's process, and return the reply as a frame.

    Where the result contains one of the arguments, or an object inside them, the student's process gets back its own
    object. A student who writes into an array that a cache still holds must see the same mistake as without the host.

    Parameters
    ----------
    function : callable
    arguments, keywords : tuple, dict
        As decoded: values, possibly with a `Foreign` among them.
    cap : int, bytes
        The largest frame.
    """
    name = getattr(function, "__name__", "this function")
    try:
        inspect.signature(function).bind(*arguments, **keywords)
    except TypeError as error:
        return encode(("refused", "TypeError", f"{name}() {error}"), cap=cap)
    except ValueError:
        pass  # no signature is known: the call itself will show
    try:
        result = function(*arguments, **keywords)
    except AutograderError:
        raise
    except ValueError as error:
        return encode(("refused", "ValueError", str(error)[:MAX_MESSAGE]), cap=cap)
    except Exception:  # the student chose the arguments; our own message could reveal the reference
        return encode(("refused", "ValueError", f"{name}() cannot work with these arguments"), cap=cap)
    return encode(("answer", result), arguments=(arguments, keywords), cap=cap)
