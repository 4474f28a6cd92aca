"""Folders and zips of submissions, and the submissions that were collected from them."""

import zipfile

from autograder.roster import Roster, RosterEntry
from tests.helpers.courses import NAME

ADA, BEA = b'{"cells": ["ada"]}', b'{"cells": ["bea"]}'
TIME = "2026-03-01 12:00:05.250000 UTC"
ROSTER = Roster([
    RosterEntry("ada", "Ada", "Lovelace", "ada@uni.example", "101"),
    RosterEntry("bea", "Bea", "Müller-Ünal", None, "102"), RosterEntry("a_b", "Al", "Bo"),
    RosterEntry("kim1", "Kim", "Lee"), RosterEntry("kim2", "Kim", "Lee"),
])  # fmt: skip


def write_folder(root, files):
    """Write the files, given by path, and return the folder."""
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


def write_zip(path, files):
    """Write a zip with the files, given by path; a pair gives the member's attributes, too."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            if isinstance(content, tuple):
                content, info.external_attr = content
            archive.writestr(info, content)
    return path


def read_submitted(course):
    """Return the files under submitted/ by path."""
    root = course / "submitted"
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def path_of(student, file=f"{NAME}.ipynb"):
    """Return the path of a student's file under submitted/."""
    return f"{student}/{NAME}/{file}"


def students_of(files):
    """Return the students of collected files."""
    return [file.student for file in files]


def paths_of(skipped):
    """Return the paths of files that were not collected."""
    return [path for path, _ in skipped]
