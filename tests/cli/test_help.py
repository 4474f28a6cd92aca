"""The help of all commands fits a terminal of 80 columns."""

import click
import pytest
from click.testing import CliRunner

from autograder.cli import main


def commands(group=main, words=()):
    """Yield each command with the words that call it."""
    yield words
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))
        else:
            yield (*words, name)


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_no_line_is_cut_or_too_long(words):
    """No line has more than 80 characters, and no command's sentence in a list ends in dots."""
    result = CliRunner().invoke(main, [*words, "--help"], terminal_width=80)
    lines = [line for line in result.output.splitlines() if not line.startswith("Usage:")]
    assert (0, []) == (result.exit_code, [line for line in lines if len(line) > 80 or line.endswith("...")])
