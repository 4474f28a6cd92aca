"""A finding: one wrong line, or one value that no line gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from ...model import Value
from .equations import Block, Equation
from .passes import Pass

Kind = Literal["value", "missing", "given", "order", "overwritten", "alias", "argument", "rebound", "loop", "raised"]


@dataclass(eq=False)
class Finding:
    """One wrong line, or one value that no line gives."""

    kind: Kind
    names: list[str]
    line: int | None
    block: Block
    number: int = 0  # of the pass in which it shows first
    equation: Equation | None = None
    part: Pass | None = None
    lines: list[int] = field(default_factory=list)  # others that take part
    about: tuple[tuple[str, Value], ...] = ()  # names that were changed before they were used, with their new values
    steps: tuple[Sequence[Value], Sequence[Value]] | None = None  # of a loop: the student's, and the reference's
    ends: bool | None = None  # a loop ends in this pass, and should go on; or it should end, and goes on
