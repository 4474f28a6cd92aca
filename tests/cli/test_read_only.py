"""Commands on a disk that cannot be written say what and why in one line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.courses import ROOT
from tests.helpers.k_means import NAME, write_assignment

MOUNT = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c")
READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" "$0" && cd "$0" && exec "$@"'


def run_read_only(root, *command):
    return subprocess.run([*MOUNT, READ_ONLY, root, *command], capture_output=True, text=True,
                          env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"})


@pytest.fixture
def root(tmp_path):
    """Return a course with one assignment, which its commands see on a read-only file system."""
    root = tmp_path / "course"
    root.mkdir()
    if shutil.which("unshare") is None or run_read_only(root, "true").returncode:
        pytest.skip("needs unshare, and leave to mount in a namespace")
    shutil.copyfile(ROOT / "nbgrader_config.py", root / "nbgrader_config.py")
    write_assignment(root)
    return root


@pytest.mark.parametrize("words, names", [
    (("release", NAME), f"release/{NAME}: cannot be written (Read-only file system). Nothing has changed."),
    (("new", "other"), "source/other: Read-only file system."),
])
def test_one_line_names_the_folder_the_reason_and_the_remedy(root, words, names):
    """No scratch file is named, and the line ends with what to do."""
    done = run_read_only(root, "autograder", *words)
    (line,) = done.stderr.splitlines()
    assert (2, "") == (done.returncode, done.stdout)
    assert names in line and line.endswith("Mount it for writing, or copy the course to a folder where you may write.")
