"""Run the definitions below the statement at which a cell stopped.

A student's computer has other packages, a newer Python, and somebody who answers `input()`. There the cell went on.
"""

from __future__ import annotations

import ast
from contextlib import suppress

from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import InteractiveShell

from .definitions import first_line, is_kept, readable_statements

#: Errors that the student's own computer may not have raised: a package, a file, a connection, an answer is missing
#: here, or the syntax is newer. For other errors a name keeps the definition that it had.
ELSEWHERE = (ImportError, OSError, EOFError, StdinNotImplementedError, SyntaxError)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
MAX_NAMES = 5


def run_definitions(shell: InteractiveShell, source: str, number: int, error: BaseException) -> list[str]:
    """Run what a cell defines below the statement that raised an error. Return the names of its functions.

    Parameters
    ----------
    shell : InteractiveShell
    source : str
        The cell.
    number : int
        Its place in the notebook, from 1.
    error : BaseException
    """
    name = shell.compile.get_code_name(source, source, number)
    stopped = 0 if isinstance(error, SyntaxError) else _line_of(error)
    functions = []
    for node in readable_statements(source):
        if first_line(node) <= stopped or not is_kept(node):
            continue
        if not isinstance(error, ELSEWHERE) and not names_of(node).isdisjoint(shell.user_ns):
            continue
        with suppress(Exception):  # student code: a second package that is missing, a default that fails
            exec(compile(ast.Module([node], []), name, "exec"), shell.user_ns)
            functions += [node.name] if isinstance(node, FUNCTIONS) else []
    if functions:
        shell.compile.cache(source, number)  # for the lines of tracebacks
    return functions


def names_of(node: ast.stmt) -> set[str]:
    """Return the names that a definition binds."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    return {node.name} if isinstance(node, (ast.ClassDef, *FUNCTIONS)) else set()


def describe(functions: list[str]) -> str:
    """Return the note that a cell shows below its error."""
    shown = ", ".join(f"`{name}`" for name in functions[:MAX_NAMES])
    more = f" and {len(functions) - MAX_NAMES} more" if len(functions) > MAX_NAMES else ""
    return f"The error above stopped this cell. So that no work is lost, we defined all the same: {shown}{more}.\n"


def _line_of(error: BaseException) -> int:
    """Return the line of the cell's own statement that raised an error: the outermost in a cell; 0 if there is none."""
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename.startswith("<ipython-input"):
            return traceback.tb_lineno
        traceback = traceback.tb_next
    return 0
