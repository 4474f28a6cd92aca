"""An exception in one sentence, said alike on both sides of the wall. Needs nothing of ours but ``wire``."""

from __future__ import annotations

if __package__:
    from .wire import describe
else:  # the student's end
    from wire import describe

MAX_MESSAGE = 500


def explain(error):
    """One sentence about an exception: its type, its message, and the line of the cell that raised it.

    Runs the exception's own ``__str__``: call it where the exception was raised, never with something received.
    """
    name = describe(error)
    try:
        text = " ".join(str(error).split())
    except Exception:
        text = "(its message cannot be shown)"
    sentence = f"{name}: {text[:MAX_MESSAGE]}" if text else name
    line = None
    if isinstance(error, SyntaxError):
        line = error.lineno
    else:
        frame, steps = error.__traceback__, 0
        while frame is not None and steps < 5000:
            if _is_cell(frame.tb_frame.f_code.co_filename):
                line = frame.tb_lineno
            frame, steps = frame.tb_next, steps + 1
    return f"{sentence} (line {line} of the cell)" if type(line) is int else sentence


def _is_cell(filename):
    return filename.startswith(("<ipython-input", "<cell")) or "ipykernel_" in filename
