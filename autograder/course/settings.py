"""The settings of a course: its nbgrader_config.py, run once, and its secret."""

from __future__ import annotations

import os
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path

from traitlets.config import Config, PyFileConfigLoader

from ..errors import CourseError

CONFIG = "nbgrader_config.py"
SECRET_VARIABLE = "AUTOGRADER_SECRET"
SECRET_FILE = ".autograder-secret"


@dataclass(frozen=True)
class Secret:
    """The text from which hidden arguments are drawn."""

    text: str
    own: bool  # the course set it; otherwise it is the public default


def read_secret(root: Path) -> str:
    """Return the course's own secret, or "" if it has none.

    Raises
    ------
    CourseError
        The file cannot be read as text.
    """
    if os.environ.get(SECRET_VARIABLE):
        return os.environ[SECRET_VARIABLE]
    try:
        return (root / SECRET_FILE).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        problem = getattr(error, "strerror", None) or "it is not UTF-8"
        raise CourseError(root / SECRET_FILE, f"cannot be read ({problem})", "It is one line of text.") from error


def read_config(root: Path) -> Config:
    """Run the course's nbgrader_config.py and return its settings, with `root` as the course's folder.

    Raises
    ------
    CourseError
        The file raised an exception, described in one line.
    """
    find_modules(root)
    try:
        config = Config(PyFileConfigLoader(CONFIG, path=str(root)).load_config())
    except (Exception, SystemExit) as error:  # the file is arbitrary Python
        raise CourseError(root / CONFIG, describe_error(error, CONFIG), "Mend that line.") from error
    config.CourseDirectory.root = str(root)
    return config


def find_modules(root: Path | str) -> None:
    """Let Python find modules beside nbgrader_config.py, as nbgrader does for its own commands.

    The folder comes last, so that a file in it shadows no library.
    """
    if str(root) not in sys.path:
        sys.path.append(str(root))


def describe_error(error: BaseException, file: str) -> str:
    """Describe an exception in one line, with the line number of `file` at which it was raised."""
    if isinstance(error, SyntaxError):
        line, text = error.lineno, error.msg
    else:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).name == file]
        line, text = frames[-1].lineno if frames else None, " ".join(str(error).split())
    return (f"line {line}: " if line else "") + f"{type(error).__name__}: {text}"
