"""The files that a student handed in beside the notebook: modules and data for its cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from public_tests import CASES, FILES

from ..errors import NotebookError
from ..model import Repair
from ..timestamps import SECRET_FILE, TIMESTAMP_FILE
from .choosing import list_names
from .reading import read_bytes
from .repair import shorten

MAX_OWN_FILES = 50
MAX_OWN_BYTES = 4_000_000  # of all together
#: Python may take compiled code for that of a module, whatever the module's source says.
COMPILED = (".pyc", ".pyo", ".so", ".pyd", ".dylib", ".dll")
#: What the check cells read. Grading does not, so that it does not matter whether they are as they were handed out.
OF_CHECKS = (*FILES, CASES)


def read_own_files(
    notebook: Path, files: Iterable[Path], ours: Mapping[str, bytes]
) -> tuple[dict[str, bytes], tuple[Repair, ...]]:
    """Return the student's own files beside or below a notebook, and a repair for those that its cells do not get.

    Parameters
    ----------
    notebook : Path
    files : iterable of Path
        The other files of the submission.
    ours : mapping of str to bytes
        The files that the assignment puts beside the notebook. The student's copies of them are not used.

    Returns
    -------
    dict of str to bytes
        By their paths beside the notebook.
    tuple of Repair
    """
    sizes: dict[str, int] = {}
    for path in files:
        if path.is_relative_to(notebook.parent) and path.name not in (TIMESTAMP_FILE, SECRET_FILE):
            sizes[path.relative_to(notebook.parent).as_posix()] = path.lstat().st_size
    kept: dict[str, bytes] = {}
    problems: list[str] = []
    too_many: list[str] = []
    room = MAX_OWN_BYTES
    for name in sorted(sizes, key=lambda name: (not name.endswith(".py"), sizes[name], name)):  # modules first
        try:
            if problem := find_clash(name, ours):
                if not is_copy(notebook.parent / name, sizes[name], ours.get(name)):
                    problems.append(f"{shorten(name)} is not used: {problem}")
            elif len(kept) == MAX_OWN_FILES or sizes[name] > room:
                too_many.append(name)
            else:
                kept[name] = read_bytes(notebook.parent / name, room)
                room -= len(kept[name])
        except NotebookError as error:
            problems.append(f"{shorten(name)} is not used: {error.args[1]}")
    if too_many:
        problems.append(f"not used, since a notebook gets {MAX_OWN_FILES} files and {MAX_OWN_BYTES:,} bytes of the "
                        f"student's own: {list_names(too_many)}")
    return kept, tuple(Repair("own file", None, problem) for problem in problems)


def find_clash(name: str, ours: Mapping[str, bytes]) -> str:
    """Return the reason why a file may not lie where the cells run, or ""."""
    if name.lower().endswith(COMPILED):
        return "it is compiled code"
    if name in ours:
        return "the assignment's own file of this name is"
    folder = name.partition("/")[0]
    if folder != name and f"{folder}.py" in ours:
        return f"it would hide the assignment's {folder}.py"
    return ""


def is_copy(path: Path, size: int, ours: bytes | None) -> bool:
    """Tell if a student's file is the assignment's, or a file of the check cells."""
    return path.name in OF_CHECKS or (ours is not None and size == len(ours) and read_bytes(path) == ours)
