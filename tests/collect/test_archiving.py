"""A course is archived in one zip, from which it comes back."""

import os
import shutil
import zipfile

import pytest

from autograder.collect.archiving import archive_course
from autograder.course.course import Course
from autograder.errors import CourseError
from public_tests import FILES
from tests.helpers.courses import NAME, call, rows


@pytest.fixture
def course(graded, tmp_path):
    """Return a copy of the graded class, with a secret, a page, an attempt, a drop-out, and a link that leads out."""
    root = shutil.copytree(graded, tmp_path / "course", symlinks=True)
    (root / ".autograder-secret").write_text("ours\n")
    for path in (f"feedback/ada/{NAME}/{NAME}.html", f"attempts/ada/{NAME}/1/{NAME}.ipynb", "dropped/zed/student.json",
                 f"source/{NAME}/__pycache__/x.pyc"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("x")
    os.symlink("/etc/hostname", root / "submitted" / "ada" / NAME / "link.txt")
    return root


def test_an_archive_holds_the_course(course, tmp_path):
    """It is unpacked elsewhere: the same gradebook and submissions, no pages, no caches, nothing from outside."""
    made = archive_course(Course(course), tmp_path / "kept.zip")
    with zipfile.ZipFile(tmp_path / "kept.zip") as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "again")
    assert {"gradebook.db", ".autograder-secret", "nbgrader_config.py", *FILES, "dropped/zed/student.json",
            f"attempts/ada/{NAME}/1/{NAME}.ipynb", f"reports/{NAME}/ada.json"} <= names
    assert [] == [name for name in names if "__pycache__" in name or "link.txt" in name or name.startswith("feedback")]
    assert 13 <= made.folders["submitted"] and not made.other_database
    assert rows(course) == rows(tmp_path / "again")
    assert "wrote" in call(tmp_path / "again", "export", "csv", NAME, code=1)  # garbage is not graded


def test_an_archive_in_itself_is_refused(course):
    """A place below a folder that is archived is refused; an older zip elsewhere is replaced."""
    with pytest.raises(CourseError, match="part of what is archived"):
        archive_course(Course(course), course / "submitted" / "kept.zip")
    (course / "exports").mkdir()
    (course / "exports" / "kept.zip").write_text("old")
    archive_course(Course(course), course / "exports" / "kept.zip")
    assert zipfile.is_zipfile(course / "exports" / "kept.zip")
