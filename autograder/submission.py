"""Who handed in, and what lies in a submission's folder, found without trusting a name in it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from .errors import CourseError, NotebookError
from .notebook import bounded, short

MAX_FILES = 1_000
MAX_FOLDER_BYTES = 100_000_000


def students_of(root: Path, name: str, patterns: Sequence[str] = ()) -> list[str]:
    """The students who submitted an assignment, in order; only those that match one of the patterns, if any.

    Raises
    ------
    CourseError
        Where nobody submitted, or a pattern matches nobody.
    """
    submitted = root / "submitted"
    everyone = sorted(folder.parent.name for folder in submitted.glob(f"*/{name}") if folder.is_dir())
    if not everyone:
        raise CourseError(submitted, f"no submissions for {name!r}", f"Each belongs into submitted/STUDENT/{name}/.")
    for pattern in patterns:
        if not any(fnmatchcase(student, pattern) for student in everyone):
            raise CourseError(submitted, f"no submission matches {pattern!r}", f"There are {len(everyone)}.")
    return [s for s in everyone if not patterns or any(fnmatchcase(s, pattern) for pattern in patterns)]


@dataclass(frozen=True)
class Submission:
    """What a student handed in: the notebook, the other files beside it, and what was odd about them."""

    notebook: Path
    files: tuple[Path, ...]
    repairs: tuple[str, ...] = ()


def submission_files(folder, name: str) -> Submission:
    """The notebook and the other plain files of a submission folder; links and odd names are left out.

    Parameters
    ----------
    folder : path
    name : str
        The notebook's expected file name; a single notebook with another name is taken for it.

    Raises
    ------
    NotebookError
        There is no notebook to grade; says what was found instead.
    """
    folder = Path(folder)
    if folder.is_symlink() or not folder.is_dir():
        raise NotebookError(folder, "there is no such submission folder")
    files, repairs = _listed(folder)
    notebooks = [path for path in files if path.suffix.lower() == ".ipynb"]
    if os.path.lexists(folder / name):
        chosen = folder / name  # read() refuses what is not a regular file
    else:
        near = [path for path in notebooks if path.parent == folder] or notebooks
        near = [path for path in near if path.name.lower() == name.lower()] or near
        if len(near) != 1:
            found = ", ".join(short(str(path.relative_to(folder))) for path in (near or files)[:5]) or "nothing"
            raise NotebookError(folder, f"it holds no {name}; what was found is {found}")
        chosen = near[0]
        repairs.append(f"the notebook was named {short(str(chosen.relative_to(folder)))} instead of {name}")
    return Submission(chosen, tuple(path for path in files if path not in notebooks), tuple(bounded(repairs)))


def _listed(folder: Path) -> tuple[list[Path], list[str]]:
    """Regular files with plain names, in order, few and small enough; and a note for what was left out."""
    files, repairs, size, folders, seen = [], [], 0, [folder], 0
    while folders:
        here = folders.pop(0)
        try:
            with os.scandir(here) as listing:
                entries = sorted(itertools.islice(listing, MAX_FILES + 1), key=lambda entry: entry.name)
        except OSError as error:  # no permission, or a path that is too long
            repairs.append(f"{short(os.path.relpath(here, folder))} cannot be listed: {error.strerror}")
            continue
        for entry in entries:
            seen += 1
            if seen > MAX_FILES:
                repairs.append(f"only the first {MAX_FILES:,} files of the submission were looked at")
                return files, repairs
            if entry.name.startswith("."):
                continue  # checkpoints, version control, what file managers leave
            what = short(os.path.relpath(entry.path, folder))
            if entry.is_symlink():
                repairs.append(f"{what} is a symbolic link and was left out")
            elif not entry.name.isprintable() or set(entry.name) & set('\\:*?"<>|') or entry.name[0] == "-":
                repairs.append(f"{what} has an odd name and was left out")
            elif entry.is_dir():
                folders.append(Path(entry.path))
            elif not entry.is_file():
                repairs.append(f"{what} is not a regular file and was left out")
            elif size + (bytes_ := entry.stat(follow_symlinks=False).st_size) > MAX_FOLDER_BYTES:
                repairs.append(f"{what} was left out: a submission may have {MAX_FOLDER_BYTES:,} bytes")
            else:
                size += bytes_
                files.append(Path(entry.path))
    return files, repairs
