"""Tell from the sources alone which names a mistake may change first: to run every wrong version takes long."""

from __future__ import annotations

import ast
from collections import defaultdict

from public_lines import base_name, find_definition, names_of_targets, names_read
from public_tests import own_nodes

Given = dict[int, dict[str, set[str]]]  # names that the lines give values, each with the names that these are made of
Statement = ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr


def names_changed(right: str, wrong: str, name: str, known: set[str]) -> list[str]:
    """Return the names of which one is the first to differ between two versions of a function, as far as is seen.

    They are those to which the lines give values that only one version has. In the place of a name that nobody looks
    at, or that the wrong version gives no value, stand those that are computed from it.

    Parameters
    ----------
    right, wrong : str
        The sources. All other lines are equal.
    name : str
        The function's.
    known : set of str
        The names that are looked at while the function runs.

    Returns
    -------
    list of str
        Empty where that cannot be told: such a line gives no name a value, or a second name to an array that changes.
    """
    changed, lost, made_of = set[str](), set[str](), defaultdict[str, set[str]](set)
    for source, other in ((wrong, right), (right, wrong)):
        given, kept = values_given(source, name), {line.strip() for line in other.split("\n")}
        for values in given.values():
            for made, read in values.items():
                made_of[made] |= read
        differing = [line for line, text in enumerate(source.split("\n"), 1) if text.strip() not in {"", *kept}]
        if not all(given.get(line) for line in differing):
            return []
        lost = {made for line in differing for made in given[line]} - changed  # in the end: by the wrong version
        changed |= lost
    unseen = lost | (made_of.keys() - known)
    while new := {made for made, read in made_of.items() if read & changed & unseen} - changed:
        changed |= new
    return sorted(changed)


def values_given(source: str, name: str) -> Given:
    """Return the names to which each line of a function gives values.

    ``caches.append(cache)`` gives one to ``caches``. A line that may give an array a second name gives none.
    """
    nodes = list(own_nodes(find_definition(source, name)))
    statements = [node for node in nodes if isinstance(node, Statement)]
    filled = {base_name(node) for node in nodes if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)}
    rewritten = filled | {base_name(node.target) for node in nodes if isinstance(node, ast.AugAssign)}
    given: Given = defaultdict(dict)
    for statement in statements:
        names, value = names_of_targets(statement, statement.lineno), statement.value
        read = names_read(statement) - names | names_read(value)
        if isinstance(statement, ast.Expr) and isinstance(value, ast.Call):
            names = {base_name(value.func)}
        renames = isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name) and base_name(value)
        if read & filled or (renames and names & rewritten):
            continue
        for line in range(statement.lineno, (statement.end_lineno or statement.lineno) + 1):
            given[line].update(dict.fromkeys(names, read))
    return given
