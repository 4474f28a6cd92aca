"""A session in this very process, without walls: for the instructor's own notebook, and for tests of the judge."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..errors import WireError
from ..model import Failed, Limits, Outcome, Returned, Value
from . import wire
from .explain import explain
from .session import Replacing, Session, answer, known_exception, opened


class LocalSession(Session):
    """Functions of a namespace of ours, called as those of a student are.

    Arguments and results make the same trip through the wire's form, so that copies, sharing and what may not pass
    are the same; limits on time and memory there are none.

    Parameters
    ----------
    namespace : dict
        The functions by name: a notebook's globals.
    """

    def __init__(self, namespace: dict[str, Any], limits: Limits | None = None):
        self.namespace = namespace
        self.cap = (limits or Limits()).message_bytes

    def call(self, name: str, arguments: tuple[Value, ...], replacing: Replacing | None = None) -> Outcome:
        function = self.namespace.get(name)
        if not callable(function):
            return Failed("missing", f"`{name}` is not defined.")
        arguments = self._sent(arguments)
        spaces = [self.namespace]
        if getattr(function, "__globals__", self.namespace) is not self.namespace:
            spaces.append(function.__globals__)
        replacing = replacing or {}
        kept = [(space, {other: space[other] for other in replacing if other in space}) for space in spaces]
        try:
            for space in spaces:
                space.update({other: self._stand_in(stand_in) for other, stand_in in replacing.items()})
            with warnings.catch_warnings(), np.errstate():
                warnings.simplefilter("ignore")
                value = function(*arguments)
        except (Exception, SystemExit) as error:
            return Failed("raised", explain(error), known_exception(wire.describe(error)))
        finally:
            for space, before in kept:
                for other in replacing:
                    space.pop(other, None)
                space.update(before)
        try:
            value, arguments = self._sent((value, arguments))
        except WireError as error:
            return Failed("unreadable", f"What `{name}` returned cannot be read: {error}.")
        return Returned(value, arguments)

    def _sent(self, value: Value, arguments=()) -> Value:
        return wire.decode(wire.encode(value, arguments, self.cap), arguments, self.cap)

    def _stand_in(self, function):
        def stand_in(*arguments, **keywords):
            asked = wire.decode(wire.encode((arguments, keywords), cap=self.cap), cap=self.cap)
            return opened(wire.decode(answer(function, asked, self.cap), (arguments, keywords), self.cap))

        return stand_in
