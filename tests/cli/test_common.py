"""What all commands print fits the terminal, and stays whole in a file."""

import io

import pytest
from rich.console import Console

from autograder.cli import common

LONG = "s00042: rnn-step-by-step.ipynb: the file is no notebook: it begins with PK: is it a zip or a Word file? " * 3


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_long_line_is_broken_in_a_terminal_only(monkeypatch, is_terminal):
    """At most 80 characters a line, broken between words, later lines indented; one line in a file or a pipe."""
    out = io.StringIO()
    monkeypatch.setattr(common, "console", Console(file=out, force_terminal=is_terminal, width=80, color_system=None))
    common.print_line(LONG)
    lines = out.getvalue().splitlines()
    if is_terminal:
        assert len(lines) > 3 and all(len(line) <= 80 for line in lines)
        assert [True] * (len(lines) - 1) == [line.startswith("    ") for line in lines[1:]]
        assert LONG.split() == " ".join(lines).split()
    else:
        assert [LONG] == lines


def test_a_path_is_shown_as_it_is_shorter(monkeypatch, tmp_path):
    """Relative below the working folder, as given where that is shorter."""
    monkeypatch.chdir(tmp_path)
    assert "reports/x.html" == common.short_path(tmp_path / "reports" / "x.html")
    assert "/x.html" == common.short_path(common.Path("/x.html"))
