"""The zip for Gradescope: what it holds, and what it does not."""

import stat
import subprocess
import zipfile

import pytest

from autograder.course import settings
from autograder.course.course import Course
from autograder.exports import gradescope_zip
from public_tests import FILES
from tests.helpers.courses import NAME, ROOT

SECRET = "a secret of the course's own"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return the zip of a course with a secret, and the notes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(settings.SECRET_VARIABLE, SECRET)
        export = gradescope_zip.export(Course(ROOT), NAME)
    path = tmp_path_factory.mktemp("zip") / gradescope_zip.FILE
    path.write_bytes(export.files[gradescope_zip.FILE])
    return path, export.notes


def test_the_zip_has_what_gradescope_looks_for(made):
    """The zip has executable scripts at its root, the course and its secret, and nothing of the class."""
    path, notes = made
    with zipfile.ZipFile(path) as archive:
        modes = {info.filename: info.external_attr >> 16 for info in archive.infolist()}
        names = archive.namelist()
        for script in ("setup.sh", "run_autograder"):
            assert modes[script] & stat.S_IXUSR
            assert 0 == subprocess.run(["bash", "-n"], input=archive.read(script)).returncode
        assert SECRET == archive.read(".autograder-secret").decode().strip()
    assert 0o600 == stat.S_IMODE(modes[".autograder-secret"])
    parts = (f"{NAME}.ipynb", "tasks.py", "rnn_utils.py", "mistakes/rnn_forward.toml")
    assert {f"source/{NAME}/{part}" for part in parts} | {f"release/{NAME}/public_cases.json"} <= {*names}
    assert {*FILES, "nbgrader_config.py", "requirements.lock", "autograder/grade.py"} <= {*names}
    of_the_class = ("submitted", "autograded", "gradebook", "reports", "/", "..")
    assert not [name for name in names if "__pycache__" in name or name.startswith(of_the_class)]
    assert any("solutions" in note for note in notes) and any("secret" in note for note in notes)


def test_the_zip_is_the_same_every_time(monkeypatch):
    """Equal courses give equal bytes; a course without its own secret has none in the zip."""
    monkeypatch.delenv(settings.SECRET_VARIABLE, raising=False)
    monkeypatch.setattr(settings, "SECRET_FILE", "no-such-file")
    one, two = gradescope_zip.export(Course(ROOT), NAME), gradescope_zip.export(Course(ROOT), NAME)
    assert one.files == two.files
    assert not any("secret" in note for note in one.notes)
