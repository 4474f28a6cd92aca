"""The folder of an assignment: the files that students get, the files that they must not get, and its own modules.

``source/<assignment>/`` holds the notebook, ``tasks.py``, ``mistakes/``, ``variants/`` and whatever students get beside
the notebook: data, helper modules, figures. A helper that several assignments share can be a link to one file.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from ..files import pack_zip

#: Not for students: the tasks with their hidden cases, and everything that quotes the solution.
PRIVATE = ("tasks.py", "mistakes", "variants")
#: Left out everywhere.
CACHES = ("__pycache__", ".ipynb_checkpoints", "*.pyc")


def list_files(folder: Path) -> Iterator[Path]:
    """Yield the files of an assignment relative to its folder, in order, without caches and hidden files."""
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        hidden = any(part.startswith(".") or part == "__pycache__" for part in relative.parts)
        if not hidden and relative.suffix != ".pyc" and path.is_file():
            yield relative


def list_student_files(folder: Path) -> Iterator[Path]:
    """Yield the files that lie beside a student's notebook, relative to the assignment's folder."""
    return (path for path in list_files(folder) if path.parts[0] not in PRIVATE and path.suffix != ".ipynb")


def zip_folder(folder: Path) -> bytes:
    """Return a release as students download it: a zip of one folder. Equal releases give equal bytes."""
    return pack_zip({f"{folder.name}/{path.as_posix()}": (folder / path).read_bytes() for path in list_files(folder)})


class Modules:
    """The Python modules of one assignment. Its own code can import them, and no other code can.

    Two assignments may have modules of the same name, so that neither `sys.path` nor the plain names in `sys.modules`
    will do.

    Parameters
    ----------
    folder : Path
        Each ``NAME.py`` in it is a module.

    Attributes
    ----------
    builtins : dict
        The ``__builtins__`` of code that is to import these modules.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loaded: dict[str, ModuleType] = {}
        self.builtins = {**vars(builtins), "__import__": self._import}

    def load(self, name: str) -> ModuleType:
        """Return a module of the folder, running it at the first call."""
        if name not in self._loaded:
            path = self._folder / f"{name}.py"
            module = ModuleType(name)
            module.__file__ = str(path)
            vars(module)["__builtins__"] = self.builtins
            self._loaded[name], before = module, sys.modules.get(name)
            sys.modules[name] = module  # while it runs: dataclasses look for their module there
            try:
                exec(compile(path.read_bytes(), path, "exec"), vars(module))
            except BaseException:
                del self._loaded[name]
                raise
            finally:
                del sys.modules[name]
                if before is not None:
                    sys.modules[name] = before
        return self._loaded[name]

    def _import(
        self, name: str, globals_: Mapping[str, Any] | None = None, locals_: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] = (), level: int = 0,
    ) -> ModuleType:
        if level == 0 and (self._folder / f"{name}.py").is_file():
            return self.load(name)
        return builtins.__import__(name, globals_, locals_, fromlist, level)
