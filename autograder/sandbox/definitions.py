"""Find what a cell defines, to run that alone."""

from __future__ import annotations

import ast
import re
import warnings

MAX_CELL = 100_000  # characters of a cell that is parsed here; its syntax tree takes a thousand times as many bytes


def definitions(source: str) -> str:
    """Return the functions, classes and imports at a cell's top level, each on its own line number, or "".

    A correct function above an endless loop survives that way, and the student loses only what the loop showed.
    """
    if len(source) > MAX_CELL:
        return ""
    plain = re.sub(r"^[%!?].*$", "", source, flags=re.MULTILINE)  # what IPython adds to Python
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in a student's strings
            nodes = ast.parse(plain).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    lines, kept = plain.split("\n"), set()
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
            first = min(part.lineno for part in (node, *getattr(node, "decorator_list", ())))
            kept |= set(range(first - 1, node.end_lineno or first))
    return "\n".join(line if number in kept else "" for number, line in enumerate(lines)) if kept else ""
