"""The benchmarks: their substitute for workers grades through the real program."""

import json
import shutil
import sys

from tests.helpers.courses import ENVIRONMENT, NAME, ROOT, run


def test_the_stub_for_workers_grades_a_class(ungraded, tmp_path, monkeypatch):
    """Every student gets a copy of one real result, written by the real program."""
    course = shutil.copytree(ungraded, tmp_path / "course")
    monkeypatch.setitem(ENVIRONMENT, "PYTHONPATH", str(ROOT))
    counts = json.loads(run(course, sys.executable, "-m", "benchmarks.stub", str(course), NAME).splitlines()[-1])
    handed_in = len(list((course / "submitted").glob(f"*/{NAME}/{NAME}.ipynb")))
    assert (handed_in, 0) == (counts["graded"], counts["not_graded"])
    assert handed_in == len(list((course / "reports").rglob("*.json")))
