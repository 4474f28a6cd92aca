"""`autograder demo` shows a whole course."""

import pytest

from tests.helpers.courses import NAME, ROOT, run


@pytest.mark.slow
def test_it_makes_reports_on_two_assignments(tmp_path):
    """Feedback, a class report of each of two assignments and the index; no line has more than 80 characters."""
    said = run(ROOT, "autograder", "demo", NAME, "--folder", str(tmp_path / "d"))
    assert "mean 76.46 of 100 points, 4 with full marks" in said
    assert [] == [line for line in said.splitlines() if len(line) > 80 and tmp_path.name not in line]
    assert (tmp_path / "d" / "feedback" / "dora" / NAME / f"{NAME}.html").is_file()
    index = (tmp_path / "d" / "reports" / "index.html").read_text(encoding="utf-8")
    assert 24 == index.count("/feedback/") and 3 == len([*(tmp_path / "d" / "reports").glob("*.html")])
