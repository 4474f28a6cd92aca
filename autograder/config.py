"""The course's own nbgrader_config.py, read."""

from __future__ import annotations

from pathlib import Path

from traitlets.config import Config, PyFileConfigLoader

CONFIG = "nbgrader_config.py"


def course_config(root: Path, **directories: str) -> Config:
    """nbgrader's configuration as the course's file sets it, for this root and assignment."""
    config = Config(PyFileConfigLoader(CONFIG, path=str(root)).load_config())
    config.CourseDirectory.root = str(root)
    for name, value in directories.items():
        config.CourseDirectory[name] = value
    return config
