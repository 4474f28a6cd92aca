"""A session in this process, without isolation: for the instructor's notebook, and for tests of the judge."""

from __future__ import annotations

import builtins
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ..model import Failed, Outcome, Returned, Value
from .guest.codec import CodecError, decode, describe, encode
from .guest.explain import explain
from .guest.messages import unwrap
from .guest.settings import Limits
from .guest.tracer import Tracer, no_tracing
from .session import Definition, Replacing, Session, answer_call, known_exception


class LocalSession(Session):
    """Functions of a namespace, called as a student's are, without limits on time and memory.

    Arguments and results are encoded and decoded, so that copies, sharing and what cannot be serialised are the same.

    Parameters
    ----------
    namespace : dict
        The functions by name: a notebook's globals.
    limits : Limits, optional
        Only the size of messages applies.
    """

    def __init__(self, namespace: dict[str, Any], limits: Limits | None = None) -> None:
        self.namespace = namespace
        self.cap = (limits or Limits()).message_bytes

    def call(self, name: str, arguments: tuple[Value, ...], replacing: Replacing | None = None) -> Outcome:
        """Call a function of the namespace. See `Session.call`."""
        function = self.namespace.get(name)
        if not callable(function):
            return Failed("missing", f"`{name}` is not defined.")
        arguments = self._copy(arguments)
        spaces = [self.namespace]
        if getattr(function, "__globals__", self.namespace) is not self.namespace:
            spaces.append(function.__globals__)
        replacing = replacing or {}
        replaced = [(space, {other: space[other] for other in replacing if other in space}) for space in spaces]
        try:
            for space in spaces:
                space.update({other: self._reference(reference) for other, reference in replacing.items()})
            with warnings.catch_warnings(), np.errstate():
                warnings.simplefilter("ignore")
                value = function(*arguments)
        except (Exception, SystemExit) as error:  # the notebook's code
            return Failed("raised", explain(error, name), known_exception(describe(error)))
        finally:
            for space, before in replaced:
                for other in replacing:
                    space.pop(other, None)
                space.update(before)
        try:
            value, arguments = self._copy((value, arguments))
        except CodecError as error:
            return Failed("unreadable", f"What `{name}` returned cannot be read: {error}.")
        return Returned(value, arguments)

    def trace(self, definition: Definition, arguments: tuple[Value, ...], replacing: Replacing | None = None) -> Value:
        """Follow a call of a function of the namespace. See `Session.trace`; the cell is not looked at."""
        with Tracer(definition.name, definition.line) as tracer:
            self.call(definition.name, arguments, replacing)
        try:
            return self._copy(tracer.result())
        except CodecError:
            return None

    def _copy(self, value: Value) -> Value:
        return decode(encode(value, cap=self.cap), cap=self.cap, resolve=self._import)

    def _import(self, module: str, name: str) -> Callable[..., Value]:
        """Return a function of a module that the notebook can import."""
        known = self.namespace.get("__builtins__", builtins)
        load = known["__import__"] if isinstance(known, dict) else known.__import__
        found: Callable[..., Value] = getattr(load(module, self.namespace), name)
        return found

    def _reference(self, function: Callable[..., Value]) -> Callable[..., Value]:
        def ask(*arguments: Value, **keywords: Value) -> Value:
            with no_tracing():
                asked, named = self._copy((arguments, keywords))
                reply = answer_call(function, asked, named, self.cap)
                return unwrap(decode(reply, (arguments, keywords), self.cap))

        return ask
