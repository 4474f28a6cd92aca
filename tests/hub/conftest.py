"""One hub for the tests of this folder."""

import pytest

from tests.hub.hub import MissingError, running_hub


@pytest.fixture(scope="session")
def hub():
    """A JupyterHub with an instructor and two students; without one the tests are skipped, and say why."""
    try:
        with running_hub(["teacher", "ada", "ben"]) as running:
            yield running
    except MissingError as reason:
        pytest.skip(f"no JupyterHub: {reason}")
