"""Fixtures of collecting."""

import pytest

from tests.helpers.collecting import write_folder, write_zip


@pytest.fixture(params=["folder", "zip"])
def source(request, tmp_path):
    """Return a function that puts the same files into a folder and into a zip."""

    def make(files):
        if request.param == "folder":
            return write_folder(tmp_path / "source", files)
        return write_zip(tmp_path / "source.zip", files)

    return make


@pytest.fixture
def course(tmp_path):
    """Return the folder of an empty course."""
    (tmp_path / "course").mkdir()
    return tmp_path / "course"
