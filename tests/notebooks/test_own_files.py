"""The student's own files beside the notebook: which ones its cells get."""

import pytest

from autograder.notebooks.own_files import MAX_OWN_BYTES, MAX_OWN_FILES, read_own_files
from autograder.notebooks.submission import submission_files
from public_tests import FILES
from tests.helpers.collecting import write_folder

OURS = {"rnn_utils.py": b"ours", **dict.fromkeys(FILES, b"checks"), "public_cases.json": b"{}", "names.txt": b"names",
        "figures/cell.svg": b"<svg/>"}


@pytest.fixture
def read(tmp_path):
    """Return a function that reads the own files of a submission with these files."""

    def read(files, notebook="a.ipynb"):
        write_folder(tmp_path, {notebook: b"{}", **files})
        found = submission_files(tmp_path, "a.ipynb")
        return read_own_files(found.notebook, found.files, OURS)

    return read


def test_modules_and_data_are_taken(read):
    """Files beside and below the notebook are taken; nbgrader's and other notebooks are not."""
    files = {"helpers.py": b"x = 1", "data/a.csv": b"1,2", "empty.txt": b""}
    more = {"timestamp.txt": b"2026-01-01", "submission_secret.txt": b"s", "a (1).ipynb": b"{}", ".hidden.py": b""}
    assert (files, ()) == read({**files, **more})


def test_files_beside_a_notebook_in_a_folder(read):
    """The paths are those beside the notebook, wherever it lies."""
    kept, repairs = read({"work/helpers.py": b"1", "work/deep/b.txt": b"2", "outside.py": b"3"}, "work/a.ipynb")
    assert {"helpers.py": b"1", "deep/b.txt": b"2"} == kept
    assert () == repairs


def test_copies_of_the_assignments_files_are_silent(read):
    """The assignment's files lie in every folder that nbgrader submits. The check's may be of an earlier release."""
    assert ({}, ()) == read({**OURS, "public_cases.json": b"older", **dict.fromkeys(FILES, b"older")})


@pytest.mark.parametrize(("name", "reason"), [
    ("rnn_utils.py", "the assignment's own file of this name is"),
    ("names.txt", "the assignment's own file of this name is"),
    ("rnn_utils/__init__.py", "it would hide the assignment's rnn_utils.py"),
    ("rnn_utils/sub/x.py", "it would hide the assignment's rnn_utils.py"),
    ("helpers.so", "it is compiled code"), ("cache/rnn_utils.cpython-311.pyc", "it is compiled code"),
])
def test_no_file_takes_the_place_of_the_assignments(read, name, reason):
    """A file of the student's in the place of one of ours is not used, which is said."""
    kept, repairs = read({name: b"mine"})
    assert {} == kept
    assert [("own file", f"{name!r} is not used: {reason}")] == [(repair.kind, repair.text) for repair in repairs]


def test_few_files(read):
    """Files beyond a number are left out: data first."""
    many = {f"{number:03}.txt": b"1" for number in range(MAX_OWN_FILES)}
    kept, (repair,) = read({**many, "helpers.py": b"x = 1"})
    assert MAX_OWN_FILES == len(kept) and "helpers.py" in kept and "049.txt" in repair.text


def test_small_files(read):
    """Files beyond a size are left out: data first, the largest first."""
    kept, (repair,) = read({"large.csv": b"1" * MAX_OWN_BYTES, "small.csv": b"1"})
    assert {"small.csv": b"1"} == kept and "large.csv" in repair.text


def test_links_are_not_followed(read, tmp_path):
    """A link beside the notebook is left out, as everywhere in a submission."""
    (tmp_path / "passwords.txt").symlink_to("/etc/passwd")
    assert ({}, ()) == read({})
