"""`autograder collect` prints each file, in a table if it fits."""

import pytest

from autograder.cli import collecting
from autograder.collect import CollectedFile, CollectResult

SOURCE = "Ada Lovelace_7001_assignsubmission_file_/rnn-step-by-step.ipynb"


@pytest.mark.parametrize("width", [80, 140])
def test_a_files_name_is_in_one_piece(width, capsys, monkeypatch):
    """A long name of Moodle's is neither broken nor cut, at 80 columns or more."""
    monkeypatch.setattr(collecting.console, "_width", width)
    collecting.show_result(CollectResult("moodle.zip", [CollectedFile("ada", SOURCE, "the last of 3")]), dry_run=False)
    out = capsys.readouterr().out
    assert 1 == sum(SOURCE in line for line in out.splitlines())
    assert "ada" in out and "collected" in out and "the last of 3" in out and "moodle.zip" in out
