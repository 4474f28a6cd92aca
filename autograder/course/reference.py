"""The instructor's solution as functions, read from the source notebook, and the wrong versions derived from it.

The source notebook is the only place where a solution is written down; nothing here runs student code.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from nbformat import NotebookNode

from ..model import Mistake
from ..notebooks import finding

#: Modules that the source notebook imports for the learner's checks, and that no solution needs.
NOT_FOR_THE_ORACLE = {"public_tests", "autograder"}


@dataclass(frozen=True)
class Oracle:
    """The instructor's functions by name, and their sources."""

    sources: Mapping[str, str]
    imports: str

    @classmethod
    def from_notebook(cls, nb: NotebookNode) -> Oracle:
        """Read the solution cells, and the imports of all code cells that are not tests."""
        imports = []
        tests = {id(cell) for cell in finding.test_cells(nb).values()}
        for cell in nb.cells:
            if cell.cell_type == "code" and id(cell) not in tests:
                imports += [ast.unparse(node) for node in imports_of(cell.source)]
        return cls({name: cell.source for name, cell in finding.solution_cells(nb).items()}, "\n".join(imports))

    @cached_property
    def functions(self) -> dict[str, Callable]:
        """The right functions; each calls the others."""
        return {name: self._namespace[name] for name in self.sources}

    @cached_property
    def _namespace(self) -> dict:
        namespace: dict = {"__name__": "oracle"}
        exec(compile(self.imports, "<imports of the source notebook>", "exec"), namespace)
        for name, source in self.sources.items():
            exec(compile(source, f"<solution cell {name}>", "exec"), namespace)
        return namespace

    def wrong(self, task_name: str, *mistakes: Mistake) -> Callable:
        """The task's function with one or more mistakes put into its source; the functions it calls stay right.

        Raises
        ------
        ValueError
            Where a left side of a substitution does not stand exactly once in the source.
        SyntaxError
            Where the result is not Python.
        """
        source = self.sources[task_name]
        for mistake in mistakes:
            source = mutate(source, mistake)
        namespace = dict(self._namespace)
        exec(compile(source, f"<mistaken {task_name}>", "exec"), namespace)
        return namespace[task_name]


def mutate(source: str, mistake: Mistake) -> str:
    """The source with a mistake's substitutions made."""
    for old, new in mistake.replace:
        if source.count(old) != 1:
            raise ValueError(f"mistake {mistake.id!r}: {old!r} stands {source.count(old)} times in the solution")
        source = source.replace(old, new)
    return source


def imports_of(source: str) -> list[ast.stmt]:
    """The top-level imports of a cell that a solution may need."""
    try:
        nodes = ast.parse(source).body
    except SyntaxError:  # a cell with magics, say
        return []
    found = []
    for node in nodes:
        if isinstance(node, ast.Import):
            modules = {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules = {(node.module or "").split(".")[0]}
        else:
            continue
        if not modules & NOT_FOR_THE_ORACLE:
            found.append(node)
    return found
