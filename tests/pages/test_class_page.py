"""The class report as a page: it needs nothing else, and every text on it is escaped."""

import json
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.model import (
    CellRun,
    Check,
    Problem,
    Repair,
    Report,
    StudentGrade,
)
from autograder.pages.class_page import make_class_page
from autograder.pages.class_summary import summarise
from tests.helpers.class_reports import classes, with_verdict
from tests.helpers.courses import NAME


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(classes(), st.booleans())
def test_any_class_has_a_page(members, hide_names):
    """Any reports and grades give a page; hidden ids and names are nowhere in it, nor in the JSON."""
    summary = summarise(*members, NAME, hide_names=hide_names)
    made = (make_class_page(summary) + json.dumps(summary)).casefold()
    assert made.count("<h1>") == 1
    if hide_names:
        assert not re.search(r"qx\dzk|firstname", made)
    else:
        assert all(student in made for student in {*members[0], *members[1]})


def nobody(status):
    return {"ada": Report(NAME, "ada", status, reason="the file is empty")}


@pytest.mark.parametrize(("reports", "expected"), [({}, "Nobody has been graded yet"),
                                                   (nobody("not graded"), "The file is empty.")])  # fmt: skip
def test_a_class_without_scores_says_so(reports, expected):
    """Nobody at all, or nobody graded: words, no picture of nothing."""
    summary = summarise(reports, {}, NAME)
    assert summary["scores"] is summary["hardest"] is None
    assert [] == summary["teach"]
    made = make_class_page(summary)
    assert expected in made
    assert "<figure>" not in made


def test_limits_are_told(twelve):
    """A limit that a cell hit as it ran, and one that a call hit; nothing is said where nothing was stopped."""
    ended = CellRun(problem=Problem("died", "ended the process"))
    reports = {student: replace(report, cells={"goodbye": ended} if student == "kim" else {})
               for student, report in twelve[0].items()}
    found = summarise(reports, twelve[1], NAME)
    assert {("a cell as it ran", "kim"), ("rnn_forward", "jule")} == {
        (entry["where"], *entry["students"]) for entry in found["limits"]}  # fmt: skip
    assert "Stopped at a limit" in make_class_page(found)
    assert "Stopped at a limit" not in make_class_page(summarise({}, twelve[1], NAME))


def test_a_page_for_a_thousand_stays_small(thousand, assignment):
    """Under two megabytes, named or not, and everyone is in it."""
    summary = summarise(*thousand, NAME, assignment.tasks)
    assert len(make_class_page(summary).encode()) < 2_000_000
    assert len(make_class_page(summarise(*thousand, NAME, assignment.tasks, hide_names=True)).encode()) < 2_000_000
    assert 1000 == summary["counts"]["all"]


def test_what_most_of_a_class_did_is_no_ones_tampering(twelve):
    """If more than a third have the same sign, the page names the likelier cause; if few have it, it does not."""
    likelier = "the likelier cause"
    repair = Repair("locked cell changed", "rnn_forward_tests", "cell `rnn_forward_tests` differed")
    for students, expected in ((4, False), (12, True)):
        reports = {student: replace(report, repairs=(repair,) * (place < students))
                   for place, (student, report) in enumerate(twelve[0].items())}
        assert expected == (likelier in make_class_page(summarise(reports, {}, NAME)))

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{ 7*7 }}\u202e"


def test_whatever_a_student_wrote_is_text(twelve):
    """Markup in ids, names, reasons, repairs and messages is escaped, in every place where it is shown."""
    checks = (Check("returns", False, 0.0, 0.0, f"ValueError: {EVIL}", "raised"),)
    reports = with_verdict(twelve[0], "dora", "rnn_cell_forward", diagnosis=None, checks=checks)
    repairs = (Repair("odd file name", EVIL, f"'{EVIL}' has an odd name"),)
    reports["ada"] = replace(reports["ada"], repairs=repairs)
    reports[EVIL] = Report(NAME, EVIL, "not graded", reason=EVIL, repairs=repairs)
    standing = StudentGrade(EVIL, EVIL, EVIL, None, None, None, None, 0.0, 100.0, True, {})
    made = make_class_page(summarise(reports, {EVIL: standing}, EVIL, made=EVIL))
    assert "<script" not in made and "<img" not in made and "{{" not in made.replace("{{ 7*7 }}", "")
    assert "&lt;script&gt;" in made
    assert not re.search(r"<[^>]*\son\w+=", made)


def test_the_page_needs_nothing_else(twelve, assignment):
    """No address, no script, no style outside the one whose digest the policy names."""
    made = make_class_page(summarise(*twelve, NAME, assignment.tasks))
    assert not re.search(r"https?:|\bsrc=|<script|<link|@import|style=", made)
    assert set() == {target for target in re.findall(r"url\(([^)]*)", made) if not target.startswith("#")}
    style = re.search(r"<style>(.*?)</style>", made, re.DOTALL)[1]
    assert f"style-src 'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'" in made
    assert "default-src 'none'" in made


def test_headings_are_in_order_and_links_lead_somewhere(twelve, assignment):
    """One h1, then h2 and h3 without a leap; every link within the page has its goal; no id twice."""
    made = make_class_page(summarise(*twelve, NAME, assignment.tasks))
    levels = [int(level) for level in re.findall(r"<h(\d)", made)]
    assert levels[0] == 1 and 1 not in levels[1:]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = re.findall(r'\sid="([^"]+)"', made)
    assert len(set(ids)) == len(ids)
    assert set(re.findall(r'href="#([^"]+)"', made)) <= set(ids)
