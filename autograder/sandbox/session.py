"""What a session is: the student's functions, to be called with values, behind a wall or without one."""

from __future__ import annotations

import builtins
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import AutograderError
from ..model import Case, CellRun, Failed, Outcome, Value
from . import wire
from .explain import MAX_MESSAGE

#: Functions on the trusted side that stand for the student's own, by name; asked the same, they answer the same.
Replacing = Mapping[str, Callable[..., Any]]


class Session(ABC):
    """A student's notebook after its cells have run; a context manager.

    Attributes
    ----------
    cells : tuple of CellRun
        What running each cell gave, in the notebook's order.
    """

    cells: tuple[CellRun, ...] = ()

    @abstractmethod
    def call(self, name: str, arguments: tuple[Value, ...], replacing: Replacing | None = None) -> Outcome:
        """What the student's function ``name`` gives for these arguments.

        Parameters
        ----------
        name : str
        arguments : tuple of Value
            Copies of them are handed over, in the order of the function's signature.
        replacing : dict, optional
            While this call runs, the student's own functions of these names are out of the way: their calls come to
            the trusted side, which calls these instead. What raises ValueError here raises it there.

        Returns
        -------
        Returned or Failed
            Whatever the student's code does, this is a value.

        Raises
        ------
        SandboxError
            Where the process fails through no fault of the student's.
        """

    def calls(self, name: str, cases: Sequence[Case], replacing: Replacing | None = None) -> list[Outcome]:
        """What the function gives for each of these cases; after one that does not come back, no more.

        See `call`, which is this for one set of arguments.
        """
        outcomes: list[Outcome] = []
        for case in cases:
            outcomes.append(self.call(name, tuple(case.arguments.values()), replacing))
            if is_end(outcomes[-1]):
                break
        return outcomes

    def close(self) -> None:
        """End the process behind the session, if there is one, and everything it started."""
        return None

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()


#: The names of Python's own exceptions and numpy's.
EXCEPTIONS = frozenset(
    name for module in (builtins, np.exceptions, np.linalg) for name, thing in vars(module).items()
    if isinstance(thing, type) and issubclass(thing, BaseException)
)


def known_exception(name: str) -> str:
    """Return the name of an exception if it is one of Python's or numpy's own, else ""."""
    return name if name in EXCEPTIONS else ""


def is_end(outcome: Outcome) -> bool:
    """Whether a call has not come back: its process died, or ran past a limit."""
    return isinstance(outcome, Failed) and outcome.kind in ("timed out", "died", "cut off", "too many calls")


def answer(function: Callable[..., Any], asked: Value, cap: int) -> bytes:
    """The frame that answers a student's call to a stand-in.

    Where the result contains one of the arguments, or an object inside them, the student gets back the very object
    that was passed: code that writes into an array which a cache still holds must see its own mistake.

    Parameters
    ----------
    function : callable
        The trusted side's.
    asked : (tuple, dict)
        Positional and keyword arguments, as decoded: plain values, possibly with a `Foreign` among them.
    cap : int, bytes
    """
    arguments, keywords = asked
    name = getattr(function, "__name__", "this function")
    try:
        inspect.signature(function).bind(*arguments, **keywords)
    except TypeError as error:
        return wire.encode(("refused", "TypeError", f"{name}() {error}"), cap=cap)
    except ValueError:
        pass  # no signature to be had: the call itself will tell
    try:
        result = function(*arguments, **keywords)
    except AutograderError:
        raise
    except ValueError as error:
        return wire.encode(("refused", "ValueError", str(error)[: MAX_MESSAGE]), cap=cap)
    except Exception:
        # The arguments are the student's choice: what they make our function raise is theirs too, its words are not.
        return wire.encode(("refused", "ValueError", f"{name}() cannot work with these arguments"), cap=cap)
    return wire.encode(("answer", result), arguments=(arguments, keywords), cap=cap)


def opened(reply: Value) -> Any:
    """What the student's code gets from an answer: its value, or the exception it carries."""
    if reply[0] == "answer":
        return reply[1]
    raise {"TypeError": TypeError}.get(reply[1], ValueError)(reply[2])
