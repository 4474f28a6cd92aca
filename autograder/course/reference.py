"""The instructor's solution as functions, read from the source notebook, and wrong versions derived from it.

The source notebook is the only place where a solution is written. Nothing here runs student code.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from nbformat import NotebookNode

from public_tests import FILES

from ..model import Mistake
from ..notebooks import finding
from .folder import Modules

#: Modules that the source notebook imports for the learner's checks. No solution needs them.
CHECKS = {*(name.removesuffix(".py") for name in FILES), "autograder"}


@dataclass(frozen=True)
class Reference:
    """The instructor's functions by name, with their sources.

    Parameters
    ----------
    sources : mapping of str to str
        The source of each solution cell.
    imports : str
        The imports of the notebook.
    modules : Modules
        The helper modules beside the notebook.
    """

    sources: Mapping[str, str]
    imports: str
    modules: Modules

    @classmethod
    def from_notebook(cls, nb: NotebookNode, modules: Modules) -> Reference:
        """Read the solution cells, and the imports of all code cells that are not tests."""
        imports = []
        tests = {id(cell) for cell in finding.test_cells(nb).values()}
        for cell in nb.cells:
            if cell.cell_type == "code" and id(cell) not in tests:
                imports += [ast.unparse(node) for node in find_imports(cell.source)]
        sources = {name: cell.source for name, cell in finding.solution_cells(nb).items()}
        return cls(sources, "\n".join(imports), modules)

    def run_imports(self) -> dict[str, Any]:
        """Return new names in which the notebook's imports have run; they find the helper modules."""
        namespace: dict[str, Any] = {"__name__": "reference", "__builtins__": self.modules.builtins}
        exec(compile(self.imports, "<imports of the source notebook>", "exec"), namespace)
        return namespace

    @cached_property
    def functions(self) -> dict[str, Callable[..., Any]]:
        """The right functions; each calls the others."""
        return {name: self.namespace[name] for name in self.sources}

    @cached_property
    def namespace(self) -> dict[str, Any]:
        """The names that the right functions use: imports, helpers, and each other."""
        namespace = self.run_imports()
        for name, source in self.sources.items():
            exec(compile(source, f"<solution cell {name}>", "exec"), namespace)
        return namespace

    def wrong(self, task_name: str, *mistakes: Mistake) -> Callable[..., Any]:
        """Return the task's function with mistakes put into its source; the functions it calls stay right.

        Raises
        ------
        ValueError
            The left side of a substitution does not occur exactly once in the source.
        SyntaxError
            The result is not Python.
        """
        source = self.sources[task_name]
        for mistake in mistakes:
            source = mutate(source, mistake)
        namespace = dict(self.namespace)
        exec(compile(source, f"<mistaken {task_name}>", "exec"), namespace)
        return namespace[task_name]


def mutate(source: str, mistake: Mistake) -> str:
    """Return the source with a mistake's substitutions made.

    Raises
    ------
    ValueError
        A left side does not occur exactly once.
    """
    for old, new in mistake.replace:
        if source.count(old) != 1:
            raise ValueError(f"mistake {mistake.id!r}: {old!r} stands {source.count(old)} times in the solution")
        source = source.replace(old, new)
    return source


def find_imports(source: str) -> list[ast.stmt]:
    """Return the top-level imports of a cell that a solution may need."""
    try:
        nodes = ast.parse(source).body
    except SyntaxError:  # a cell with magics, for example
        return []
    found: list[ast.stmt] = []
    for node in nodes:
        if isinstance(node, ast.Import):
            modules = {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules = {(node.module or "").split(".")[0]}
        else:
            continue
        if not modules & CHECKS:
            found.append(node)
    return found
