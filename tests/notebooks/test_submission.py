"""The notebook in a submission's folder is found, and nothing else there is trusted."""

import os
from pathlib import Path

import pytest

from autograder.errors import NotebookError
from autograder.notebooks import reading, submission
from tests.helpers.notebooks import put


def test_the_notebook_is_found_by_its_name(tmp_path):
    """The expected notebook among others, and the files beside it; checkpoints and hidden files are not looked at."""
    for name in ("a.ipynb", "b.ipynb", "data.csv", "timestamp.txt", ".DS_Store", "sub/x.csv",
                 ".ipynb_checkpoints/a-checkpoint.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        put(tmp_path, "{}", name)
    found = submission.submission_files(tmp_path, "a.ipynb")
    assert (tmp_path / "a.ipynb", ()) == (found.notebook, found.repairs)
    assert ["data.csv", "timestamp.txt", "sub/x.csv"] == [str(path.relative_to(tmp_path)) for path in found.files]


@pytest.mark.parametrize("name", ["a (1).ipynb", "A.IPYNB", "meins é.ipynb", "sub/a.ipynb"])
def test_a_renamed_notebook_is_found(tmp_path, name):
    """A single notebook is taken, whatever its name, and the report says so."""
    (tmp_path / "sub").mkdir()
    put(tmp_path, "{}", name)
    found = submission.submission_files(tmp_path, "a.ipynb")
    assert tmp_path / name == found.notebook
    assert [f"the notebook was named {name!r} instead of a.ipynb"] == [each.text for each in found.repairs]


def test_the_nearest_name_is_taken(tmp_path):
    """Of several notebooks the one that differs in case only."""
    put(tmp_path, "{}", "A.ipynb")
    put(tmp_path, "{}", "b.ipynb")
    assert tmp_path / "A.ipynb" == submission.submission_files(tmp_path, "a.ipynb").notebook


@pytest.mark.parametrize(("there", "says"), [
    ([], "what was found is nothing"), (["b.ipynb", "c.ipynb"], "'b.ipynb', 'c.ipynb'"), (["a.py"], "'a.py'"),
])
def test_without_a_notebook_it_says_what_was_found(tmp_path, there, says):
    """None, or more than one under other names: a NotebookError lists them."""
    for name in there:
        put(tmp_path, name, name)
    for count_work in (None, lambda content: None if there else 0):
        with pytest.raises(NotebookError, match=says):
            submission.submission_files(tmp_path, "a.ipynb", count_work)
    with pytest.raises(NotebookError, match="no such submission"):
        submission.submission_files(tmp_path / "none", "a.ipynb")


def test_links_and_odd_things_are_left_out(tmp_path, monkeypatch):
    """Links, fifos and odd names are not listed, and the report says so; a linked notebook is refused."""
    secret = put(tmp_path, "{}", "secret.ipynb")
    folder = tmp_path / "submitted"
    folder.mkdir()
    put(folder, "{}", "a.ipynb")
    (folder / "link.csv").symlink_to(secret)
    (folder / "up").symlink_to("..")
    os.mkfifo(folder / "fifo")
    deep = folder
    for _ in range(30):  # a path longer than the system takes
        os.mkdir(deep := deep / ("d" * 100))
    for _ in range(20):
        monkeypatch.chdir(deep)
        os.mkdir(deep := Path("d" * 100))
    monkeypatch.undo()
    for name in ("new\nline.csv", "-rf", "a\\b.csv", "c:x"):
        put(folder, "x", name)
    (folder / os.fsdecode(b"\xff.csv")).write_text("x")
    found = submission.submission_files(folder, "a.ipynb")
    assert any("cannot be listed" in each.text for each in found.repairs)
    assert ((), 9) == (found.files, len(found.repairs))
    assert all(each.text.isprintable() for each in found.repairs)
    (folder / "a.ipynb").unlink()
    (folder / "a.ipynb").symlink_to(secret)
    with pytest.raises(NotebookError, match="symbolic link"):
        reading.read_notebook(submission.submission_files(folder, "a.ipynb").notebook)
    (tmp_path / "linked").symlink_to(folder)
    with pytest.raises(NotebookError, match="no such submission"):
        submission.submission_files(tmp_path / "linked", "a.ipynb")


def test_many_and_large_files_do_not_hide_the_notebook(tmp_path):
    """Beyond 1,000 files or 100 MB the rest is left out; the notebook is found all the same."""
    put(tmp_path, "{}", "z.ipynb")
    with open(tmp_path / "a.bin", "wb") as file:
        file.truncate(200_000_000)
    found = submission.submission_files(tmp_path, "z.ipynb")
    assert ((), 1) == (found.files, len(found.repairs))
    for number in range(1001):
        (tmp_path / f"b{number}").touch()
    found = submission.submission_files(tmp_path, "z.ipynb")
    assert tmp_path / "z.ipynb" == found.notebook
    assert len(found.files) <= 1000
    assert "only the first 1,000 files of the submission were looked at" in [each.text for each in found.repairs]
