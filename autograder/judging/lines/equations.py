"""The reference's function as equations: each statement, with the names it gives and those that it reads.

A name that a statement reads is *fresh* if an earlier statement of the same block gives it, else it is from before the
block. The blocks are what comes before the loop, each pass through it, and what comes after it.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Literal

from .evaluate import names_written_inside
from .syntax import RETURN, base_of, find_function, names_read, names_written, parameters_of, targets_in

Block = Literal["before", "loop", "after"]
BLOCKS: tuple[Block, ...] = ("before", "loop", "after")


@dataclass(eq=False)
class Equation:
    """One statement of the reference."""

    statement: ast.stmt
    targets: tuple[str, ...]
    block: Block
    fresh: dict[str, Equation] = field(default_factory=dict)  # the equation that gives each name
    start: set[str] = field(default_factory=set)  # names from before the block

    @property
    def reads(self) -> set[str]:
        """Return all names that it reads."""
        return self.fresh.keys() | self.start


class Equations:
    """The statements of a function, by block.

    Parameters
    ----------
    source : str
        The solution cell.
    name : str
        The function.
    """

    def __init__(self, source: str, name: str) -> None:
        function = find_function(source, name)
        if function is None:
            raise ValueError(f"no function {name!r} in its solution cell")
        self.function = function
        self.parameters = parameters_of(function)
        body = [s for s in function.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
        loops = [s for s in body if isinstance(s, ast.For)]
        self.loop = loops[0] if loops else None
        self.loops = len(loops) + sum(isinstance(s, ast.While) for s in body)
        cut = body.index(self.loop) if self.loop else len(body)
        self.blocks: dict[Block, list[ast.stmt]] = {
            "before": body[:cut], "loop": self.loop.body if self.loop else [], "after": body[cut + 1:]}
        self.by_block: dict[Block, list[Equation]] = {block: [] for block in BLOCKS}
        self.last: dict[tuple[Block, str], Equation] = {}  # that gives a name in a block
        self._ends: list[tuple[Equation, int]] = []
        for block, statements in self.blocks.items():
            self._read_block(block, statements)
        #: The conditions that end the loop, each with the equations below it.
        self.exits = [(condition, self.by_block["loop"][place:]) for condition, place in self._ends]
        self.written = {target for equations in self.by_block.values() for e in equations for target in e.targets}
        self.loop_name = self.loop.target.id if self.loop and isinstance(self.loop.target, ast.Name) else None
        #: The names of a loop that gives several at each pass.
        self.header = tuple(targets_in(self.loop.target)) if self.loop and not self.loop_name else ()
        self.in_iterable = names_read(self.loop.iter) if self.loop else set()

    @property
    def end(self) -> Block:
        """The block in which the function returns."""
        return "after" if self.loop is not None else "before"

    def _read_block(self, block: Block, statements: list[ast.stmt]) -> None:
        for statement in statements:
            targets = (RETURN,) if isinstance(statement, ast.Return) else tuple(sorted(
                names_written_inside(statement))) if hasattr(statement, "body") else names_written(statement)
            is_end = block == "loop" and is_exit(statement)
            if not targets and not is_end:
                continue
            equation = Equation(statement, targets, block)
            for name in reads_of(statement):
                if (block, name) in self.last:
                    equation.fresh[name] = self.last[block, name]
                else:
                    equation.start.add(name)
            if is_end:
                self._ends.append((equation, len(self.by_block[block])))
                continue
            self.by_block[block].append(equation)
            for target in targets:
                self.last[block, target] = equation

    def has(self, statement: ast.stmt) -> bool:
        """Tell if the reference has this very statement."""
        text = ast.dump(statement)
        return any(text == ast.dump(equation.statement) for block in self.by_block.values() for equation in block)

    def is_filled(self, name: str) -> bool:
        """Tell if the loop fills this array piece by piece, so that only its form counts before."""
        return any(isinstance(target, ast.Subscript) and name in equation.targets
                   for equation in self.by_block["loop"] if isinstance(equation.statement, ast.Assign)
                   for target in equation.statement.targets)

    def is_ignored(self, equation: Equation, name: str) -> bool:
        """Tell if what a name holds after the first block does not matter: it is written anew before it is read."""
        if equation.block != "before" or self.loop is None:
            return False
        for block in BLOCKS[1:]:
            if any(name in later.start for later in self.by_block[block]):
                return False
            if (block, name) in self.last:
                return True
        if name in self.in_iterable:
            return False
        return not any(name in later.fresh for later in self.by_block["before"])

    def reach(self, names: set[str]) -> set[str]:
        """Return the names that depend on any of these."""
        reached, grows = set(names), True
        while grows:
            grows = False
            for equations in self.by_block.values():
                for equation in equations:
                    if equation.reads & reached and not set(equation.targets) <= reached:
                        reached |= set(equation.targets)
                        grows = True
        return reached


def is_exit(statement: ast.stmt) -> bool:
    """Tell if a statement ends the loop under a condition, and does nothing else."""
    return (isinstance(statement, ast.If) and not statement.orelse and len(statement.body) == 1
            and isinstance(statement.body[0], ast.Break))


def reads_of(statement: ast.stmt) -> set[str]:
    """Return the names whose values a statement needs, also those that it writes into."""
    reads = names_read(statement)
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    for target in targets:
        base = base_of(target)
        if base is not target and isinstance(base, ast.Name):
            reads.add(base.id)
    if isinstance(statement, ast.AugAssign) or hasattr(statement, "body"):
        reads |= names_written_inside(statement)
    return reads
