"""The files of one student's feedback."""

import re

import pytest

from autograder.course.course import Course
from autograder.nbgrader_bridge import feedback as bridge
from tests.helpers.courses import NAME, ROOT
from tests.helpers.feedback import cell, made


def test_a_courses_figure_is_inside_the_page():
    """A file beside the source notebook becomes a data address, and its text stays its alternative."""
    find = bridge.picture_finder(Course(ROOT), NAME, "nobody")
    html = made([cell("![The cell.](figures/rnn-cell.svg)", "markdown")], {}, find=find)
    assert re.search(r'<img src="data:image/svg\+xml,[^"]+" alt="The cell\.">', html)


@pytest.mark.parametrize("source", [
    "../../.autograder-secret", "/etc/passwd", "rnn-step-by-step.ipynb", "../../docs/check-cell.png", "figures", "",
    "figures/../../../docs/check-cell.png", "%2e%2e/%2e%2e/docs/check-cell.png", "no-such.png", "x\0.png", "a" * 5000,
])  # fmt: skip
def test_only_pictures_beside_the_notebook_are_shown(source):
    """No other file and no other folder is opened for a name in a student's notebook."""
    assert bridge.picture_finder(Course(ROOT), NAME, "nobody")(source) is None


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    """A symbolic link to a picture elsewhere shows nothing."""
    folder = tmp_path / "autograded" / "s1" / "a1"
    folder.mkdir(parents=True)
    (tmp_path / "elsewhere.png").write_bytes(b"png")
    (folder / "x.png").symlink_to(tmp_path / "elsewhere.png")
    (folder / "y.png").write_bytes(b"png")
    find = bridge.picture_finder(Course(tmp_path), "a1", "s1")
    assert find("x.png") is None and "data:image/png;base64,cG5n" == find("y.png")


@pytest.mark.parametrize(("submitted", "graded", "newer"), [
    (b"2026-11-20 12:00:00 UTC", b"2026-11-20 12:00:00 UTC", False), (None, None, False), (b"garbled", None, False),
    (b"\xef\xbb\xbf2026-11-20 12:00:00 UTC", b"2026-11-20 12:00:00 UTC", False),
    (b"20/11/2026 12:00", b"2026-11-20 12:00:00 UTC", False),
    (b"2026-11-21 12:00:00 UTC", b"2026-11-20 12:00:00 UTC", True), (b"2026-11-21 12:00:00 UTC", None, True),
    (None, b"2026-11-20 12:00:00 UTC", True),
])  # fmt: skip
def test_only_another_time_is_another_submission(tmp_path, submitted, graded, newer):
    """A time in another form, or an unreadable one, does not hold a page back for ever."""
    for folder, content in (("submitted", submitted), ("graded", graded)):
        (tmp_path / folder).mkdir()
        if content is not None:
            (tmp_path / folder / "timestamp.txt").write_bytes(content)
    assert newer == bridge.is_newer(tmp_path / "submitted", tmp_path / "graded")
