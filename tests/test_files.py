"""Files are written all or nothing, with the mode that the umask leaves, and shared by many folders."""

import errno
import os
from pathlib import Path

import pytest
from nbformat.v4 import new_notebook

from autograder.files import SharedFile, write_file
from autograder.notebooks import reading


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "source.png"
    path.write_bytes(b"one")
    return path


def laid(file, *folders):
    """Lay a file into folders, in one run."""
    shared = SharedFile(file, "figures/a.png", file.stat())
    for folder in folders:
        shared.install(folder)
    return [folder / "figures" / "a.png" for folder in folders]


def test_a_file_lies_once_on_the_disk(tmp_path, file):
    """A thousand notebooks with their figures take the room of one set of figures; the source is not among them."""
    one, two = laid(file, tmp_path / "ann", tmp_path / "ben")
    assert b"one" == one.read_bytes() and one.samefile(two) and not one.samefile(file)


def test_what_changed_is_laid_anew_and_no_other_folder_changes(tmp_path, file):
    """A figure of the same size or another: where it is laid again it is the new one."""
    ann, ben = tmp_path / "ann", tmp_path / "ben"
    one, two = laid(file, ann, ben)
    for content in (b"other", b"OTHER"):
        later = one.stat().st_mtime + 10
        file.write_bytes(content)
        os.utime(file, (later, later))
        laid(file, ann)
        os.utime(one, (later, later))
        assert (content, b"one") == (one.read_bytes(), two.read_bytes())
    before = one.stat()
    laid(file, ann)
    assert before == one.stat(), "what is as it should be stays"


def test_without_links_it_is_copied(tmp_path, file, monkeypatch):
    """Some file systems have none, others only so many."""

    def refuse(*_):
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    one, two = laid(file, tmp_path / "ann", tmp_path / "ben")
    assert one.read_bytes() == two.read_bytes() == b"one" and not one.samefile(two)


def test_a_file_that_cannot_be_written_is_named_and_leaves_nothing(tmp_path):
    """The error names the target. The scratch file is gone."""
    (tmp_path / "x").mkdir()
    for target in (tmp_path / "x", tmp_path / "none" / "y"):
        with pytest.raises(OSError) as caught:
            write_file(target, b"content")
        assert str(target) == caught.value.filename
    assert [tmp_path / "x"] == list(tmp_path.iterdir())


@pytest.mark.parametrize("write", ["file", "notebook", "json"])
def test_a_files_mode_is_what_the_umask_leaves(tmp_path, write):
    """A report, a notebook and a page can be shared with the group that shares the course."""
    from autograder.cli.common import write_json

    path = tmp_path / "x"
    before = os.umask(0o002)
    try:
        {"file": lambda: write_file(path, b""), "json": lambda: write_json(path, {}),
         "notebook": lambda: reading.write_notebook(new_notebook(), path),
         }[write]()
    finally:
        os.umask(before)
    assert 0o664 == path.stat().st_mode & 0o777


def test_a_read_only_file_system_is_named_by_the_target(tmp_path, monkeypatch):
    """The error names the file that was to be written, even if the scratch file can be neither made nor removed."""

    def refuse(path, *args, **kwargs):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr("builtins.open", refuse)
    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(OSError) as caught:
        write_file(tmp_path / "grades.csv", b"x")
    assert (errno.EROFS, str(tmp_path / "grades.csv")) == (caught.value.errno, caught.value.filename)
