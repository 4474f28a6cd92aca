"""Describe an exception in one sentence, alike in the guest and on the host."""

from .codec import describe

MAX_MESSAGE = 500  # characters
MAX_FRAMES = 5000


def explain(error: BaseException) -> str:
    """Return an exception's type, its message, and the line of the cell that raised it.

    This runs the exception's own ``__str__``. Call it in the process that raised the exception.
    """
    name = describe(error)
    try:
        text = " ".join(str(error).split())
    except Exception:  # student code
        text = "(its message cannot be shown)"
    sentence = f"{name}: {text[:MAX_MESSAGE]}" if text else name
    line = error.lineno if isinstance(error, SyntaxError) else _line_of_cell(error)
    return f"{sentence} (line {line} of the cell)" if type(line) is int else sentence


def _line_of_cell(error: BaseException) -> int | None:
    """Return the line of the innermost frame that belongs to a cell."""
    line, frame = None, error.__traceback__
    for _ in range(MAX_FRAMES):
        if frame is None:
            break
        name = frame.tb_frame.f_code.co_filename
        if name.startswith(("<ipython-input", "<cell")) or "ipykernel_" in name:
            line = frame.tb_lineno
        frame = frame.tb_next
    return line
