"""The course's own nbgrader_config.py, read."""

from __future__ import annotations

import traceback
from pathlib import Path

from traitlets.config import Config, PyFileConfigLoader

from .errors import CourseError

CONFIG = "nbgrader_config.py"


def course_config(root: Path, **directories: str) -> Config:
    """nbgrader's configuration as the course's file sets it, for this root and assignment.

    Raises
    ------
    CourseError
        Whatever running the file raised, in one line.
    """
    try:
        config = Config(PyFileConfigLoader(CONFIG, path=str(root)).load_config())
    except (Exception, SystemExit) as error:
        raise CourseError(root / CONFIG, problem_of(error, CONFIG), "Mend that line.") from error
    config.CourseDirectory.root = str(root)
    for name, value in directories.items():
        config.CourseDirectory[name] = value
    return config


def problem_of(error: BaseException, file: str) -> str:
    """An exception in one line, with the line of the file where it came from."""
    if isinstance(error, SyntaxError):
        line, said = error.lineno, error.msg
    else:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).name == file]
        line, said = frames[-1].lineno if frames else None, " ".join(str(error).split())
    return (f"line {line}: " if line else "") + f"{type(error).__name__}: {said}"
