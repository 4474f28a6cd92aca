"""Make the student's notebook from the source notebook: between the markers, remove values and keep the rest.

One rule decides every form. An expression that Python evaluates for its value becomes ``None``. Whatever names,
declares or arranges stays. So the names in removed values never reach a student, and the result still parses.

=====================================  ===================================================================
in the region                          for the student
=====================================  ===================================================================
``a = f(x)``, ``a += f(x)``            ``a = None``, ``a += None``; a target stays with its subscripts
``a, (b, *c) = f(x)``                  ``a, (b, *c) = None, (None, None)``: one ``None`` for each name
``x: int = f()``                       ``x: int = None``
``caches.append(cache)``               ``None``, and so a bare string, an import, an IPython magic
``for t in range(steps):``             ``for t in range(None):``, also for ``reversed(range(steps))``
``for row in rows:``                   ``for row in None:``
``if``, ``while``, ``with``, ...       the keyword, ``as`` names and the block stay: ``with None as f:``
``return v``, ``yield v``, ``raise``   the keyword stays: ``return None``; a bare ``return`` stays as it is
``except E as e:``                     ``except None as e:``
``match v:``, ``case [0, x]:``         ``match None:``, ``case [None, x]:``; keys and class names stay
``@d``, ``def f(a, b=1) -> int:``      ``@None``, ``def f(a, b=None) -> int:``, then the docstring, then the body
``class C(B):``                        ``class C(None):``
``del``, ``global``, ``pass``, ...     unchanged
=====================================  ===================================================================

A comment stays unless it is inside a removed value, and a walrus target goes with its value. Code that students should
be given, such as an import, belongs above the region.
"""

from __future__ import annotations

import ast
import copy
import io
import re
import tokenize
import warnings
from bisect import bisect_left
from collections.abc import Iterator

from nbformat import NotebookNode

from ..errors import ScaffoldError

START = "### START CODE HERE ###"
END = "### END CODE HERE ###"

#: A possible marker. A misspelt one must not send a solution to the students.
_LIKE_A_MARKER = re.compile(r"#[#\s]*(start|end)\s+code\s+here\b", re.IGNORECASE)
#: IPython's syntax at the start of a statement: ``%time f()``, ``!ls``, ``?f``, ``files = !ls``, ``f?``.
_MAGIC = re.compile(
    r"""^[ \t]* (?: (?: [^\n=\#'"]* = [ \t]* )? (?P<magic> [%!?] (?: (?: \\\n | [^\n] )* [^\n\\] )? )
                  | (?P<help> %{0,2} [^\W\d] [\w.*\[\]-]* \?{1,2} ) [ \t]*$ )""",
    re.MULTILINE | re.VERBOSE,
)
_NEWLINE = re.compile(r"\r\n|\r|\n")
#: Tokens that may be between a value and its parentheses, or that have no text.
_LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT}
#: Fields of the syntax tree that name, declare or arrange; every other expression is a value.
_STAYS = {
    "target", "targets", "optional_vars",  # assigned to
    "annotation", "returns", "type_params", "name",  # declared
    "keys", "cls",  # the grammar of patterns does not allow None here
}  # fmt: skip

_Node = ast.expr | ast.stmt | ast.pattern
Position = tuple[int, int]  # line from 1, column in characters from 0


class _UnfitError(Exception):
    """A cell cannot be scaffolded: the problem, and the fix."""


# ---- for callers ---------------------------------------------------------------------------------------


def scaffold_notebook(nb: NotebookNode, *, name: str = "notebook") -> NotebookNode:
    """Return the notebook as students get it: a copy without values in its marked regions.

    Parameters
    ----------
    nb : NotebookNode
        It is not changed. Its solution cells are those that nbgrader's metadata names. Solution cells without a marker
        are left to nbgrader's own ClearSolutions.
    name : str
        The notebook's name in an error.

    Raises
    ------
    ScaffoldError
        A cell does not parse, has markers that are unclosed, nested, stray or misspelt, or is marked without being a
        solution cell.
    """
    nb = copy.deepcopy(nb)
    for number, cell in enumerate(nb.cells, start=1):
        if cell.cell_type != "code":
            continue
        nbgrader = cell.metadata.get("nbgrader") or {}
        cell_id = nbgrader.get("grade_id") or cell.get("id") or f"number {number}"
        if nbgrader.get("solution"):
            cell.source = scaffold_source(cell.source, notebook=name, cell_id=cell_id)
        elif has_region(cell.source, notebook=name, cell_id=cell_id):
            raise ScaffoldError(
                name, cell_id, "it holds a marked region but is no solution cell",
                "Make it an autograded answer in nbgrader's cell toolbar, or remove the markers",
            )  # fmt: skip
    return nb


def scaffold_source(source: str, *, notebook: str = "notebook", cell_id: str = "cell") -> str:
    """Return a cell's source without the values between its markers. Outside of them every byte stays.

    Parameters
    ----------
    source : str
        Python, IPython magics allowed, with any line ends. Without a marker it is returned as it is.
    notebook, cell_id : str
        The place in an error.

    Raises
    ------
    ScaffoldError
        Markers are unclosed, nested, stray or misspelt, or the source does not parse.
    """
    if not _LIKE_A_MARKER.search(source):
        return source
    try:
        code = _Code(source)
        scaffold = _replace(source, code.edits())
        _Code(scaffold)  # the scaffold must parse
    except _UnfitError as unfit:
        raise ScaffoldError(notebook, cell_id, *unfit.args) from None
    return scaffold


def has_region(source: str, *, notebook: str = "notebook", cell_id: str = "cell") -> bool:
    """Return whether the source has a marked region; raise `ScaffoldError` as `scaffold_source` does."""
    if not _LIKE_A_MARKER.search(source):
        return False
    try:
        return bool(_Code(source).regions)
    except _UnfitError as unfit:
        raise ScaffoldError(notebook, cell_id, *unfit.args) from None


# ---- positions -----------------------------------------------------------------------------------------


class _Code:
    """A cell's source, parsed: its marked regions, and the edits that empty them.

    Magics are masked and line ends unified, without moving a character's line and column.
    """

    def __init__(self, source: str) -> None:
        self._line_starts = [0, *(newline.end() for newline in _NEWLINE.finditer(source))]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the author's strings: "\d"
            text = _mask_magics(_NEWLINE.sub("\n", source))
            self._tree, tokens = _parse(text)
        self._lines = text.split("\n")
        self.regions = _regions(tokens)
        self._tokens = [token for token in tokens if token.type not in _LAYOUT]
        self._starts = [token.start for token in self._tokens]
        self._ends = [token.end for token in self._tokens]

    def edits(self) -> Iterator[tuple[int, int, str]]:
        """Yield each part of the source to replace, as offsets, with its replacement; in no order."""
        for node, blank in _values(self._tree) if self.regions else ():
            start, end = self._extent(node)
            if any(opens < start and end <= closes for opens, closes in self.regions):
                yield self._offset(start), self._offset(end), blank

    def _extent(self, node: _Node) -> tuple[Position, Position]:
        """Return the start and the end of a value, with the parentheses around it."""
        assert node.end_lineno is not None and node.end_col_offset is not None  # the parser sets them
        first = bisect_left(self._starts, self._position(node.lineno, node.col_offset))
        last = bisect_left(self._ends, self._position(node.end_lineno, node.end_col_offset))
        while self._in_parentheses(first, last):
            first, last = first - 1, last + 1
        return self._starts[first], self._ends[last]

    def _in_parentheses(self, first: int, last: int) -> bool:
        """Return whether these tokens have parentheses of their own; those of ``class C(B)`` are the statement's."""
        match [token.string for token in self._tokens[max(first - 3, 0) : first]]:
            case ["class", _, "("] | [*_, "]", "("]:
                return False
            case [*_, "("]:
                return self._tokens[last + 1].string == ")"
        return False

    def _position(self, line: int, utf8_column: int) -> Position:
        """Return a position in characters, from a column in bytes as `ast` counts it."""
        return line, len(self._lines[line - 1].encode()[:utf8_column].decode())

    def _offset(self, position: Position) -> int:
        line, column = position
        return self._line_starts[line - 1] + column


def _parse(text: str) -> tuple[ast.Module, list[tokenize.TokenInfo]]:
    try:
        return ast.parse(text), _tokens(text)
    except (SyntaxError, tokenize.TokenError, ValueError, RecursionError, MemoryError) as error:
        where = f" (line {error.lineno}: {error.msg})" if isinstance(error, SyntaxError) and error.lineno else ""
        raise _UnfitError(
            f"it holds a marker and does not parse as Python{where}", "Mend the code, or remove the markers"
        ) from None


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    return list(tokenize.generate_tokens(io.StringIO(text).readline))


def _mask_magics(text: str) -> str:
    """Return the text with IPython's syntax replaced by names of the same extent."""
    masked, end = "", 0
    for match in _MAGIC.finditer(text):
        masked += text[end : match.start()]
        end = match.end()
        kind = match.lastgroup or "magic"
        before, magic, after = text[match.start() : match.start(kind)], match[kind], text[match.end(kind) : end]
        if not _is_whole(masked):  # % inside a string or a bracket is an operator
            masked += match[0]
        elif "\n" in magic:
            masked += before + "(_" + re.sub(r"[^\n]", " ", magic[2:-1]) + ")" + after
        else:
            masked += before + "_" * len(magic) + after
    return masked + text[end:]


def _is_whole(text: str) -> bool:
    """Return whether a statement may begin where the text ends."""
    try:
        return bool(_tokens(text))
    except (tokenize.TokenError, SyntaxError, UnicodeEncodeError):  # from Python 3.12 on, of a lone surrogate
        return False


def _regions(tokens: list[tokenize.TokenInfo]) -> list[tuple[Position, Position]]:
    """Return the start and the end of each marked region."""
    regions: list[tuple[Position, Position]] = []
    opened: tokenize.TokenInfo | None = None
    depth = 0
    for token in tokens:
        if token.type == tokenize.OP:
            depth += (token.string in "([{") - (token.string in ")]}")
        if token.type != tokenize.COMMENT or not _LIKE_A_MARKER.match(token.string):
            continue
        line = token.start[0]
        if not token.string.startswith((START, END)):
            raise _UnfitError(f"line {line} has {token.string!r}, almost a marker", f"Write `{START}` or `{END}`")
        if depth:
            raise _UnfitError(f"line {line} has a marker inside a statement", "Put markers between whole statements")
        if token.string.startswith(START):
            if opened:
                raise _UnfitError(
                    f"line {line} starts a region inside the one of line {opened.start[0]}",
                    f"Put `{END}` between them",
                )
            opened = token
        elif opened is None:
            problem = f"line {line} ends a region that was not started"
            raise _UnfitError(problem, f"Put `{START}` before it, or remove it")
        else:
            regions.append((opened.end, token.start))
            opened = None
    if opened:
        raise _UnfitError(f"the region of line {opened.start[0]} is not closed", f"Put `{END}` after its last line")
    return regions


# ---- replacements --------------------------------------------------------------------------------------


def _values(tree: ast.Module) -> Iterator[tuple[_Node, str]]:
    """Yield each node that is evaluated for its value, with its replacement."""
    nodes: list[ast.AST] = [tree]
    while nodes:
        node = nodes.pop()
        match node:
            case ast.Import() | ast.ImportFrom() | ast.MatchSingleton():
                yield node, "None"
            case ast.Expr(value=ast.Yield() | ast.YieldFrom()):
                node = node.value
        for field, children in ast.iter_fields(node):
            if field in _STAYS:
                continue
            for child in children if isinstance(children, list) else [children]:
                if isinstance(child, ast.expr):
                    yield child, _blank(node)
                elif isinstance(child, ast.AST) and not _is_docstring(child, node):
                    nodes.append(child)


def _is_docstring(child: ast.AST, parent: ast.AST) -> bool:
    return (
        isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and child is parent.body[0]
        and ast.get_docstring(parent, clean=False) is not None
    )


def _blank(node: ast.AST) -> str:
    """Return the replacement for a value that belongs to this node."""
    match node:
        case ast.Assign(targets=targets):
            names = next((target for target in targets if isinstance(target, ast.Tuple | ast.List)), None)
            return _nones(names, bare=True) if names else "None"
        case ast.For(iter=iterable) | ast.AsyncFor(iter=iterable):
            return "range(None)" if _is_range(iterable) else "None"
    return "None"


def _nones(target: ast.expr, bare: bool = False) -> str:
    """Return one ``None`` for each name in a target, grouped as the names are."""
    if not isinstance(target, ast.Tuple | ast.List):
        return "None"
    nones = [_nones(name) for name in _names(target)]
    text = ", ".join(nones) + ("," if len(nones) == 1 else "")
    return text if bare and text else f"({text})"


def _names(group: ast.Tuple | ast.List) -> Iterator[ast.expr]:
    """Yield a target's members. A starred group takes the remaining values, so its own members count."""
    for name in group.elts:
        match name:
            case ast.Starred(value=ast.Tuple() | ast.List() as inner):
                yield from _names(inner)
            case _:
                yield name


def _is_range(iterable: ast.expr) -> bool:
    """Return whether a loop runs over a range, in either direction: the direction is for students to find."""
    match iterable:
        case ast.Call(func=ast.Name(id="reversed"), args=[inner]):
            return _is_range(inner)
        case ast.Call(func=ast.Name(id="range")):
            return True
    return False


def _replace(source: str, edits: Iterator[tuple[int, int, str]]) -> str:
    """Return the source after the edits, with a space where one would touch a word: ``return(x)``."""
    for start, end, text in sorted(edits, reverse=True):
        before = " " if _is_word(source[:start][-1:]) else ""
        after = " " if _is_word(source[end : end + 1]) else ""
        source = source[:start] + before + text + after + source[end:]
    return source


def _is_word(character: str) -> bool:
    return character != "" and f"_{character}".isidentifier()
