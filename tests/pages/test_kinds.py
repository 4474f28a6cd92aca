"""Every kind of gap and repair has words."""

import os

import pytest

from autograder.notebooks.submission import read_timestamp, submission_files
from autograder.pages.class_summary import summarise
from autograder.pages.kinds import GAPS, REPAIRS, TAMPERING, words_for_gap
from tests.helpers.courses import NAME
from tests.helpers.made_class import repairs_of_mangled


def test_every_sentence_of_the_judge_has_a_kind(thousand, assignment):
    """Each gap of real answers and each repair of a mangled notebook has a kind for which there are words."""
    summary = summarise(*thousand, NAME, assignment.tasks)
    assert {"raised", "value", "missing", "length"} <= {gap["kind"] for gap in summary["gaps"]} <= set(GAPS)
    kinds = {repair.kind for found in repairs_of_mangled(assignment) for repair in found}
    assert kinds and kinds <= set(REPAIRS)


@pytest.mark.parametrize(("check", "kind", "detail", "says"), [
    ("x", "value", "", "`x` has other values."),
    ("x", "value", "first step", "`x` is right at the first time step only."),
    ("x", "missing", "None", "`x` is None."),
    ("x", "missing", "", "`x` lacks a part."),
    ("returns", "missing", "", "The function is not defined: its cell is empty, or does not run."),
    ("returns", "raised", "LinAlgError", "It stops with `LinAlgError`."),
    ("returns", "raised", "", "It stops with an exception of its own."),
    ("returns", "timed out", "", "It does not come back in time."),
    ("x", "something new", "", "`x` fails in another way."),
])  # fmt: skip
def test_a_gap_is_said_by_its_kind(check, kind, detail, says):
    """The kind, narrowed by the detail, has a sentence in our own words."""
    assert says == words_for_gap(check, kind, detail)


def test_odd_files_have_a_kind(tmp_path):
    """The repairs of links, pipes and odd names have words; links and pipes are signs."""
    (tmp_path / "of dora.ipynb").write_text("{}")
    (tmp_path / "link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "a:b").write_text("")
    kinds = [repair.kind for repair in submission_files(tmp_path, "x.ipynb").repairs]
    assert ["link", "notebook renamed", "odd file name", "special file"] == sorted(kinds)
    assert {"link", "special file"} == {*kinds} & {*TAMPERING}


@pytest.mark.parametrize("content", ["the day before yesterday", "01/03/2026 12:00"])
def test_an_odd_time_has_a_kind(tmp_path, content):
    """The repair of a submission's time has words, and is no sign of tampering."""
    (tmp_path / "timestamp.txt").write_text(content)
    kind = read_timestamp(tmp_path)[1].kind
    assert "time of a submission" in REPAIRS[kind] and kind not in TAMPERING
