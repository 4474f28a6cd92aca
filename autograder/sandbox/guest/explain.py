"""Describe an exception in one sentence, alike in the guest and on the host."""

from collections.abc import Iterator
from opcode import opname
from types import TracebackType

from .codec import describe
from .values import printable

MAX_MESSAGE = 500  # characters
MAX_FRAMES = 5000


def explain(error: BaseException, function: str = "") -> str:
    """Return an exception's type, its message, and the line of the cell that raised it.

    This runs the exception's own ``__str__``. Call it in the process that raised the exception.

    Parameters
    ----------
    error : BaseException
    function : str, optional
        The function that was called: its line comes first, then the helper that it calls.
    """
    name = describe(error)
    try:
        text = " ".join(str(error).split())
    except Exception:  # student code
        text = "(its message cannot be shown)"
    sentence = f"{name}: {text[:MAX_MESSAGE]}" if text else name
    if isinstance(error, SyntaxError):
        return f"{sentence} (line {error.lineno} of the cell)" if type(error.lineno) is int else sentence
    lines = list(_lines_of_cells(error))
    if not lines:
        return sentence
    own = next((line for line in lines if line[0] == function), lines[-1])
    helper, _, at = lines[-1]
    if own[1] == lines[-1][1] or helper.startswith("<"):
        return f"{sentence} (line {own[2]} of the cell)"
    return f"{sentence} (line {own[2]} of the cell, in `{printable(helper)}` at line {at} of its cell)"


def _line_of(frame: TracebackType) -> int:
    """Return the line that raised in a frame.

    A warm function of CPython 3.11 stores a value and loads the next one in one step. If the next one has no value yet,
    the traceback has the line of the store, which cannot raise.
    """
    code, place = frame.tb_frame.f_code, frame.tb_lasti // 2
    if place >= 0 and opname[code.co_code[2 * place]] == "STORE_FAST":
        following = next((line for line, *_ in list(code.co_positions())[place + 1:place + 2]), None)
        return following or frame.tb_lineno
    return frame.tb_lineno


def _lines_of_cells(error: BaseException) -> Iterator[tuple[str, str, int]]:
    """Yield the function, the cell's name and the line of each frame that belongs to a cell, from the outside."""
    frame = error.__traceback__
    for _ in range(MAX_FRAMES):
        if frame is None:
            break
        code = frame.tb_frame.f_code
        if code.co_filename.startswith(("<ipython-input", "<cell")) or "ipykernel_" in code.co_filename:
            yield code.co_name, code.co_filename, _line_of(frame)
        frame = frame.tb_next
