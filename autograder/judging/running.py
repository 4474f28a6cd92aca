"""Choose the code cells of a notebook that run when it is graded, and the parts of them.

Tests of tasks do not run, since tasks are judged instead. Cells that the source notebook tags `no-grading` do not run
either, as long as no other cell needs what they leave behind: what was right in the student's notebook stays right.
"""

from __future__ import annotations

import ast
import re
import symtable
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from nbformat import NotebookNode

from ..caches import cached_by_text
from ..course.assignment import Assignment
from ..model import CellRun
from ..notebooks import finding
from ..sandbox.guest.definitions import MAX_CELL, definitions, is_kept, readable_statements, without_magics
from .later_cells import names_bound, symbols_below

NOT_RUN = "This cell is not needed for grading, and was not run."
ONLY_DEFINITIONS = "This cell is not needed for grading. Only what it defines was run."

MAX_PARSED = 1_000_000  # characters of one notebook whose names are looked up; of a longer one all cells run
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINES = (*FUNCTIONS, ast.ClassDef)


class Given(NamedTuple):
    """The names that a cell gives: by what `definitions` keeps of it, and by its other statements."""

    defined: frozenset[str]
    computed: frozenset[str]


def sources_to_run(nb: NotebookNode, assignment: Assignment) -> dict[str, str]:
    """Return what runs of each code cell, by its id, in the notebook's order; cells that do not run are left out.

    A cell is tagged in the source notebook, and the tags of a student count for nothing. If a student has edited a
    tagged cell, what it defines runs in any case.
    """
    judged = set(map(finding.tests_of, assignment.tasks))
    sources = {cell.id: cell.source for _, cell in finding.code_cells(nb)
               if finding.nbgrader_metadata(cell).get("grade_id") not in judged}
    unchanged = set(assignment.skipped.values())
    tagged = {id_: source for id_, source in sources.items() if id_ in assignment.skipped or source in unchanged}
    chosen = {id_: "" if source in unchanged else definitions(source) for id_, source in tagged.items()}
    names = {id_: names_given(source) for id_, source in tagged.items()}
    waiting = [source for id_, source in sources.items() if id_ not in tagged] + list(chosen.values())
    while waiting:
        wanted, waiting = names_wanted(waiting, frozenset().union(*(a | b for a, b in names.values()))), []
        for id_, given in list(names.items()):
            if given.computed & wanted:
                chosen[id_] = tagged[id_]
                del names[id_]
            elif given.defined & wanted and not chosen[id_]:
                chosen[id_] = definitions(tagged[id_])
            else:
                continue
            waiting.append(chosen[id_])
    return {id_: chosen.get(id_, source) for id_, source in sources.items() if chosen.get(id_, True)}


def names_wanted(sources: Sequence[str], known: frozenset[str]) -> frozenset[str]:
    """Return those of the known names that some of these cells may read without having given them themselves."""
    if sum(map(len, sources)) > MAX_PARSED:
        return known
    texts = (source for source in sources if not known.isdisjoint(re.findall(r"\w+", source)))
    return known & frozenset().union(*map(names_read, texts))


@cached_by_text
def names_read(source: str) -> frozenset[str]:
    """Return the global names that a cell may read from others: all of its words if it is no Python."""
    plain = without_magics(source)
    try:
        if len(plain) > MAX_CELL:
            raise ValueError
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in a student's strings
            nodes, table = ast.parse(plain).body, symtable.symtable(plain, "cell", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset(re.findall(r"\w+", source))
    given, read = set[str](), set[str]()
    for node in nodes:
        if isinstance(node, DEFINES):
            read |= set(names_loaded(node)) - given
            given.add(node.name)
            continue
        targets = [part.target for part in ast.walk(node) if isinstance(part, ast.For | ast.comprehension)]
        counters = {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}
        read |= set(names_loaded(node)) - given - counters
        given |= set(names_bound(node))
    # a function reads when it is called, by when the whole cell may have run
    inside = {symbol.get_name() for scope in table.get_children() for symbol in symbols_below(scope)
              if symbol.is_global() and symbol.is_referenced()}
    return frozenset(read | inside - given)


@lru_cache(256)
def names_given(source: str) -> Given:
    """Return the names that a cell gives."""
    defined, computed = set[str](), set[str]()
    for node in readable_statements(source):
        if isinstance(node, DEFINES):
            defined.add(node.name)
            computed.update(name for part in ast.walk(node) if isinstance(part, ast.Global) for name in part.names)
        else:
            (defined if is_kept(node) else computed).update(names_bound(node), names_changed(node))
    return Given(frozenset(defined), frozenset(computed))


def names_changed(node: ast.stmt) -> Iterator[str]:
    """Yield the names of what a statement changes in place, as ``weights["Wf"] = 0`` does."""
    for part in ast.walk(node):
        if isinstance(part, ast.Subscript | ast.Attribute) and not isinstance(part.ctx, ast.Load):
            yield from (name.id for name in ast.walk(part.value) if isinstance(name, ast.Name))


def names_loaded(node: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement reads at once: of a function, its decorators and defaults alone."""
    parts: list[ast.AST] = [node]
    if isinstance(node, FUNCTIONS):
        parts = [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
    for part in parts:
        for name in ast.walk(part):
            if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Load):
                yield name.id
            elif isinstance(name, ast.AugAssign) and isinstance(name.target, ast.Name):
                yield name.target.id


def student_cells(nb: NotebookNode, assignment: Assignment) -> list[NotebookNode]:
    """Return the code cells that run in the sandbox, whole or in part."""
    run = sources_to_run(nb, assignment)
    return [cell for _, cell in finding.code_cells(nb) if cell.id in run]


def note_skipped(nb: NotebookNode, assignment: Assignment, run: Mapping[str, str], runs: Mapping[str, CellRun]
                 ) -> dict[str, CellRun]:
    """Return the runs, with those of tagged cells that say what of them was not run."""
    noted, unchanged = dict(runs), set(assignment.skipped.values())
    for _, cell in finding.code_cells(nb):
        if (cell.id in assignment.skipped or cell.source in unchanged) and run.get(cell.id) != cell.source:
            text, kind = (ONLY_DEFINITIONS, "in part") if cell.id in run else (NOT_RUN, "not run")
            note = {"output_type": "display_data", "data": {"text/plain": text}, "metadata": {finding.SKIPPED: kind}}
            earlier = runs.get(cell.id, CellRun())
            noted[cell.id] = replace(earlier, outputs=(note, *earlier.outputs))
    return noted


@lru_cache(maxsize=16)
def reference_cells(assignment: Assignment) -> tuple[tuple[str, str], ...]:
    """Return the ids and sources of the code cells that run in the source notebook."""
    return tuple(sources_to_run(assignment.notebook, assignment).items())


@lru_cache(maxsize=16)
def handed_out_cells(assignment: Assignment) -> frozenset[str]:
    """Return the sources of the cells that run and that students leave as they are."""
    run = sources_to_run(assignment.notebook, assignment)
    metadata = {cell.id: finding.nbgrader_metadata(cell) for _, cell in finding.code_cells(assignment.notebook)}
    return frozenset(source for id_, source in run.items()
                     if not (metadata[id_].get("solution") or metadata[id_].get("grade")))
