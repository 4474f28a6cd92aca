"""The class report: its numbers add up, whatever the class; with names hidden nothing leads back to one."""

import json
import os
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder import demo
from autograder.course.course import Course
from autograder.model import (
    CellGrade,
    CellRun,
    Check,
    Diagnosis,
    Problem,
    Repair,
    Report,
    StudentGrade,
    Verdict,
)
from autograder.nbgrader_bridge import gradebook, release
from autograder.notebooks.submission import read_timestamp, submission_files
from autograder.pages.anonymity import labels_of, without_particulars
from autograder.pages.class_page import make_class_page
from autograder.pages.class_summary import summarise
from autograder.pages.kinds import GAPS, REPAIRS, TAMPERING, words_for_gap
from autograder.pages.statistics import discrimination, doubling_bins, equal_bins, percentile, spread
from tests.helpers.courses import NAME, ROOT, run
from tests.helpers.made_class import made_class, mended

# ---- classes ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def twelve(tmp_path_factory):
    """The demo's class, graded: reports and standings."""
    course = demo.make_course(Course(ROOT), tmp_path_factory.mktemp("report") / "course").root
    release.release_assignment(Course(course), NAME)
    demo.make_class(Course(course), NAME)
    run(course, "autograder", "grade", NAME)
    return Course(course).reports(NAME).load_all(), gradebook.read_grades(Course(course), NAME)


@pytest.fixture(scope="module")
def thousand():
    return made_class(1000)


TASKS = ("cell", "loop", "extra")
FAILED = [
    ("`a_next` is None.", "missing", "None"), ("ValueError: no (line 3)", "raised", "ValueError"),
    ("`a_next` has shape (); the task asks for (n_a, m) = (5, 10).", "shape", ""),
    ("`a_next[0, 0]` is 0.96804; expected 0.954423. 50 of 50 entries differ, by up to 1.", "value", ""),
    ("`cell` ran past 5 s.", "timed out", ""), ("`cell` sent what cannot be read.", "garbled", ""),
]  # fmt: skip
MENDED = [
    Repair("locked cell changed", "cell_tests", "cell `cell_tests` differed from the assignment's and is restored"),
    Repair("unknown name", None, "cell 4 said it was 'x' and is kept"),
]


@st.composite
def verdicts(draw, task):
    """A verdict on a task: right, mistaken, wrong without a diagnosis, or not begun."""
    share = draw(st.sampled_from([0.0, 0.4, 1.0]))
    passed = share == 1
    checks = (Check("a_next", passed, 0.0, 0.0, *draw(st.sampled_from(FAILED))),
              Check("arguments", passed, 0.0, 0.0, "Can be judged once an output is right.", "waiting"))  # fmt: skip
    mistake = None if passed else draw(st.sampled_from([None, "no_ba", "no_ba+twice"]))
    untouched = not share and draw(st.booleans())
    return Verdict(
        task, 10 * share, 10.0, checks, mistake and Diagnosis(mistake, "Something `is` so.", "Which?"),
        draw(st.sampled_from([None, "cell"])) if task == "loop" else None, draw(st.booleans()),
        untouched=untouched,
    )  # fmt: skip


@st.composite
def members(draw, student):
    """A student's report, or none, and standing, or none."""
    status = draw(st.sampled_from(["graded", "graded", "not graded", None]))
    found = tuple(draw(verdicts(task)) for task in TASKS) if status == "graded" else ()
    reason = None if status == "graded" else f"/{student}/x: 'no'"
    repairs, seconds = tuple(draw(st.lists(st.sampled_from(MENDED), max_size=2))), draw(st.floats(0, 100))
    report = status and Report(NAME, student, status, found, reason, repairs, seconds=seconds)
    cells = {f"{v.task}_tests": CellGrade(v.score, draw(st.sampled_from([None, 3.0])), None, 10.0, draw(st.booleans()))
             for v in found}  # fmt: skip
    standing = StudentGrade(student, "Firstname", student.upper(), None, None, None, None,
                        draw(st.sampled_from([0.0, 5.0])), 30.0, status is not None, cells)  # fmt: skip
    return report, draw(st.sampled_from([standing, standing, standing, None]))


@st.composite
def classes(draw):
    """A class of up to eight: reports and standings."""
    students = [f"qx{n}zk" for n in range(draw(st.integers(0, 8)))]
    drawn = {student: draw(members(student)) for student in students}
    return ({student: report for student, (report, _) in drawn.items() if report},
            {student: standing for student, (_, standing) in drawn.items() if standing})  # fmt: skip


def lists_of_students(summary):
    """Every list of students in a summary."""
    if isinstance(summary, dict):
        for key, value in summary.items():
            who = key in ("students", "waiting", "absent") and isinstance(value, list)
            yield from [value] if who else lists_of_students(value)
    elif isinstance(summary, list):
        for value in summary:
            yield from lists_of_students(value)


def with_verdict(reports, student, task, **changes):
    """The reports with one verdict of one student changed."""
    report = reports[student]
    changed = tuple(replace(verdict, **changes) if verdict.task == task else verdict for verdict in report.verdicts)
    return {**reports, student: replace(report, verdicts=changed)}


# ---- the numbers ----------------------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 100), max_size=300), st.sampled_from([1.0, 7.0, 100.0]))
def test_each_score_is_in_one_bin_and_between_its_edges(scores, maximum):
    """All positions, each once; ten bins, or twenty for many; what exceeds the maximum is in the last."""
    bins = equal_bins(scores, maximum)
    assert (20 if len(scores) >= 200 else 10) == len(bins)
    assert list(range(len(scores))) == sorted(place for *_, held in bins for place in held)
    for low, high, held in bins:
        for place in held:
            assert low - 1e-3 <= scores[place] and (scores[place] < high + 1e-3 or high == maximum)


@given(st.lists(st.floats(0, 1e9), max_size=50))
def test_doubling_bins_hold_everything_once(values):
    """Neighbours share an edge, and each value lies between its own."""
    bins = doubling_bins(values, 0.25)
    assert len(values) == sum(len(held) for *_, held in bins)
    assert all(one[1] == next[0] for one, next in pairwise(bins))
    assert all(low <= values[place] < high for low, high, held in bins for place in held)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 90)), min_size=2, max_size=40))
def test_discrimination_is_numpys_correlation(pairs):
    """Within [-1, 1], and equal to numpy's wherever it is defined; else a sentence says why not."""
    shares, rests = map(np.array, zip(*pairs, strict=True))
    value, why = discrimination(list(shares), list(rests))
    if len(pairs) < 10 or np.ptp(shares) < 1e-9 or np.ptp(rests) < 1e-9:
        assert value is None and why
    elif value is not None and np.ptp(shares) > 1e-3 and np.ptp(rests) > 1e-3:
        assert -1 <= value <= 1
        assert value == pytest.approx(np.corrcoef(shares, rests)[0, 1], abs=1e-3)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=50))
def test_spread_is_numpys_percentiles(scores):
    """Lowest, quartiles, median and highest as numpy has them; the 95th percentile is one of the values."""
    found = spread(scores)
    names = ("lowest", "lower_quartile", "median", "upper_quartile", "highest")
    np.testing.assert_allclose([found[name] for name in names], np.percentile(scores, [0, 25, 50, 75, 100]), atol=1e-3)
    assert percentile(scores, 0.95) == np.percentile(scores, 95, method="inverted_cdf")


def test_no_numbers_have_no_spread():
    """None, not a mean of nothing."""
    assert spread([]) is None


# ---- any class --------------------------------------------------------------------------------------------------


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(classes(), st.randoms(use_true_random=False))
def test_the_order_of_students_changes_nothing(members, random):
    """Reports and standings in another order give the same summary."""
    reports, standings = members
    mixed = [list(reports.items()), list(standings.items())]
    for items in mixed:
        random.shuffle(items)
    assert summarise(reports, standings) == summarise(*map(dict, mixed))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(classes())
def test_sums_match(members):
    """Counts are the lengths of their lists, states add up to the class, a task's to its answers."""
    summary = summarise(*members)
    counts = summary["counts"]
    states = ("graded", "not_graded", "waiting", "absent")
    assert len({*members[0], *members[1]}) == counts["all"] == sum(counts[state] for state in states)
    assert counts["all"] - counts["absent"] == counts["handed_in"]
    graded = counts["graded"]
    assert graded == (summary["scores"] or {"count": 0})["count"]
    if summary["scores"]:
        bins = summary["scores"]["bins"]
        assert graded == sum(bin["count"] for bin in bins) == len({s for bin in bins for s in bin["students"]})
    for task in summary["tasks"]:
        assert task["count"] == task["full"] + task["partly"] + task["none"] + task["untouched"]
    for entry in summary["mistakes"] + summary["gaps"] + summary["repairs"] + summary["signs"] + summary["limits"]:
        assert 1 <= entry["count"] == len(set(entry["students"])) <= counts["all"]
    assert all(entry["alike"] <= entry["count"] for entry in summary["gaps"])
    assert all(list(dict.fromkeys(students)) == students for students in lists_of_students(summary))
    json.dumps(summary, allow_nan=False)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(classes(), st.booleans())
def test_any_class_has_a_page(members, hide_names):
    """Whatever came in, the page is made; hidden ids and names are nowhere in it, nor in the JSON."""
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
    assert summary["scores"] is summary["hardest"] is summary["time"] is None
    assert [] == summary["teach"]
    made = make_class_page(summary)
    assert expected in made
    assert "<figure>" not in made


def test_a_perfect_class_has_nothing_to_learn(twelve, assignment):
    """Three with full marks: no mistake, no hardest task, no discrimination, and a sentence that says so."""
    reports = {student: twelve[0][student] for student in ("ada", "bea", "carl")}
    summary = summarise(reports, {}, NAME, assignment.tasks)
    assert [] == summary["mistakes"] == summary["gaps"] == summary["teach"]
    assert summary["hardest"] is None
    assert 3 == summary["scores"]["full_marks"] == summary["scores"]["bins"][-1]["count"]
    assert "Nothing went wrong in this class" in make_class_page(summary)


# ---- the class of twelve ------------------------------------------------------------------------------------------


@pytest.fixture
def summary(twelve, assignment):
    return summarise(*twelve, NAME, assignment.tasks)


def test_each_mistake_of_the_demo_is_named_once(summary):
    """The seven mistakes that its pupils made, with who made them; the two that have no name are gaps."""
    assert {
        ("rnn_cell_forward", "no_ba", "dora"), ("rnn_forward", "a0_every_step", "emil"),
        ("lstm_forward", "c_view_of_first", "emil"), ("rnn_backward", "no_carry", "fay"),
        ("lstm_backward", "nothing_carried", "fay"), ("rnn_cell_backward", "tanh_twice", "gus"),
        ("lstm_cell_backward", "da_prev_dWf_for_Wf", "gus"),
    } == {(m["task"], m["mistake"], *m["students"]) for m in summary["mistakes"]}  # fmt: skip
    assert {("rnn_forward", "timed out", "jule"), ("lstm_cell_forward", "missing", "ivo")} == {
        (gap["task"], gap["kind"], *gap["students"]) for gap in summary["gaps"]}  # fmt: skip


def test_one_mistake_counts_once(summary):
    """The missing bias shows in the loop, too: there it is counted as carried, not as a mistake."""
    no_ba = next(mistake for mistake in summary["mistakes"] if mistake["mistake"] == "no_ba")
    assert {"rnn_forward": 1} == no_ba["carried"]
    assert 15 == no_ba["points_lost"]


def test_what_costs_most_is_taught_first(summary):
    """Among mistakes made by one each, those that cost most, in the notebook's order."""
    assert ["rnn_cell_forward", "rnn_forward", "rnn_cell_backward"] == [entry["task"] for entry in summary["teach"]]
    assert "`a_next` is what one gets without the bias `ba`." == summary["teach"][0]["says"]


def test_untouched_tasks_are_no_mistakes(summary):
    """Two who stopped early: not begun, neither wrong nor a gap."""
    untouched = {task["task"]: task["untouched"] for task in summary["tasks"]}
    assert (1, 2) == (untouched["rnn_cell_forward"], untouched["lstm_backward"])
    assert not {"leo", "hana"} & {s for e in summary["mistakes"] + summary["gaps"] for s in e["students"]}


def test_the_gradebook_is_the_truth(twelve, assignment):
    """A manual score counts in the task, a penalty in the score; who waits for a person is named."""
    reports, standings = twelve
    cells, cell = dict(standings["dora"].cells), "rnn_cell_forward_tests"
    cells[cell] = replace(cells[cell], manual_score=9.0, needs_manual_grade=True)
    changed = standings | {"dora": replace(standings["dora"], cells=cells, late_penalty=4.0)}
    found = summarise(reports, changed, NAME, assignment.tasks)
    lost = next(mistake for mistake in found["mistakes"] if mistake["mistake"] == "no_ba")["points_lost"]
    assert 6 == lost
    assert [{"cell": cell, "count": 1, "students": ["dora"]}] == found["by_hand"]
    assert 1 == found["counts"]["late"]
    assert 90 == next(bin["from"] for bin in found["scores"]["bins"] if "dora" in bin["students"])


def test_a_submission_that_waits_is_not_absent(twelve):
    """Handed in and not graded: waiting, whether or not the gradebook has rows for it."""
    reports, standings = dict(twelve[0]), dict(twelve[1])
    del reports["ada"], reports["bea"], standings["ada"]
    cells = {name: replace(cell, auto_score=None) for name, cell in standings["bea"].cells.items()}
    standings["bea"] = replace(standings["bea"], cells=cells)
    found = summarise(reports, standings, NAME, handed_in=["ada", "bea", "carl"])
    assert ["ada", "bea"] == found["waiting"]
    assert (12, 10) == (found["counts"]["handed_in"], found["counts"]["graded"])


def test_two_mistakes_in_one_answer_count_once_each(twelve, assignment):
    """A diagnosis joined of two is two mistakes where the course knows their sentences, else one."""
    two = Diagnosis("no_ba+prediction_class_numbers", "Both.", "Which?")
    reports = with_verdict(twelve[0], "dora", "rnn_cell_forward", diagnosis=two)
    found = summarise(reports, {}, NAME, assignment.tasks)["mistakes"]
    assert {"no_ba", "prediction_class_numbers"} <= {entry["mistake"] for entry in found}
    found = summarise(reports, {}, NAME)["mistakes"]
    assert "Both." in {entry["says"] for entry in found}


def test_what_passes_in_public_only_is_told(twelve):
    """Right in the check cell and wrong on hidden arguments, by task; not where another function is to blame."""
    reports = with_verdict(twelve[0], "dora", "rnn_cell_forward", public_passed=True)
    found = {task["task"]: task["public_only"]["students"] for task in summarise(reports, {}, NAME)["tasks"]}
    assert ["dora"] == found.pop("rnn_cell_forward")
    assert not any(found.values())


def test_what_the_sandbox_measured_is_told(twelve):
    """Memory and limits hit by cells, where reports have them; else nothing is claimed."""
    reports = {student: replace(report, peak_memory=None) for student, report in twelve[0].items()}
    assert summarise(reports, twelve[1], NAME)["memory"] is None
    assert "was not measured" in make_class_page(summarise(reports, twelve[1], NAME))
    reports = {student: replace(report, peak_memory=(place + 1) * 40 * 2**20, cells={})
               for place, (student, report) in enumerate(reports.items())}
    ended = CellRun(problem=Problem("died", "ended the process"))
    reports["kim"] = replace(reports["kim"], cells={"goodbye": ended})
    found = summarise(reports, twelve[1], NAME)
    assert 480 * 2**20 == found["memory"]["highest"]
    assert {"student": "leo", "value": 480 * 2**20} == found["memory"]["most"][0]
    assert {("a cell as it ran", "kim"), ("rnn_forward", "jule")} == {
        (entry["where"], *entry["students"]) for entry in found["limits"]}  # fmt: skip
    made = make_class_page(found)
    assert "480 MiB" in made and "Memory for one submission" in made


# ---- a class of a thousand --------------------------------------------------------------------------------------


def test_a_page_for_a_thousand_stays_small(thousand, assignment):
    """Under two megabytes, named or not, and everyone is in it."""
    summary = summarise(*thousand, NAME, assignment.tasks)
    assert len(make_class_page(summary).encode()) < 2_000_000
    assert len(make_class_page(summarise(*thousand, NAME, assignment.tasks, hide_names=True)).encode()) < 2_000_000
    assert 1000 == summary["counts"]["all"]


def test_every_sentence_of_the_judge_has_a_kind(thousand, assignment):
    """Each gap of real answers and each repair of a mangled notebook has a kind for which there are words."""
    summary = summarise(*thousand, NAME, assignment.tasks)
    assert {"raised", "value", "missing", "length"} <= {gap["kind"] for gap in summary["gaps"]} <= set(GAPS)
    kinds = {repair.kind for found in mended(assignment) for repair in found}
    assert kinds and kinds <= set(REPAIRS)


def test_changed_points_and_tests_are_signs_and_lost_metadata_are_not(thousand):
    """What another editor leaves behind is a repair; what it takes intent to leave behind is a sign."""
    summary = summarise(*thousand, NAME)
    assert {"The points of a cell were changed, and are set back.",
            "A locked cell differed from the assignment's, and is restored."} == {
        entry["says"] for entry in summary["signs"]}  # fmt: skip
    assert "A cell had lost nbgrader's notes, and has them back." in {entry["says"] for entry in summary["repairs"]}


def test_what_most_of_a_class_did_is_no_ones_tampering(twelve):
    """Where more than a third have the same sign, the page names the likelier cause; where few have it, it does not."""
    likelier = "the likelier cause"
    repair = Repair("locked cell changed", "rnn_forward_tests", "cell `rnn_forward_tests` differed")
    for students, expected in ((4, False), (12, True)):
        reports = {student: replace(report, repairs=(repair,) * (place < students))
                   for place, (student, report) in enumerate(twelve[0].items())}
        assert expected == (likelier in make_class_page(summarise(reports, {}, NAME)))


def test_students_with_the_same_mistakes_are_grouped(thousand, assignment):
    """Each group shares at least two findings, and its members have no other."""
    summary = summarise(*thousand, NAME, assignment.tasks)
    assert summary["combinations"]
    for group in summary["combinations"]:
        shared = [(each["list"], each["place"]) for each in group["findings"]]
        assert len(shared) >= 2 and len(group["students"]) >= 2
        for student in group["students"]:
            own = [(which, place) for which in ("mistakes", "gaps")
                   for place, entry in enumerate(summary[which]) if student in entry["students"]]  # fmt: skip
            assert shared == own


# ---- hidden names -------------------------------------------------------------------------------------------------


def test_hidden_names_are_nowhere(thousand, assignment):
    """No id, name or part of an address of a thousand students, neither on the page nor in the JSON."""
    reports, standings = thousand
    summary = summarise(reports, standings, NAME, assignment.tasks, hide_names=True)
    made = (make_class_page(summary) + json.dumps(summary)).casefold()
    words = set(re.findall(r"\w+", made))
    known = {standing.first_name for standing in standings.values()} | {s.last_name for s in standings.values()}
    assert not {*standings, *(name.casefold() for name in known)} & words
    assert "example.org" not in made and "/srv/course" not in made
    labels = {student for students in lists_of_students(summary) for student in students}
    assert labels == {f"student {n}" for n in range(1, 1001)}


def test_hidden_numbers_are_the_same(thousand, assignment):
    """Hiding names changes no count, no score and no sentence of ours."""
    shown, hidden = (summarise(*thousand, NAME, assignment.tasks, hide_names=hide) for hide in (False, True))
    for key in ("counts", "hardest"):
        assert shown[key] == hidden[key]
    for one, other in zip(shown["scores"]["bins"], hidden["scores"]["bins"], strict=True):
        assert one["count"] == other["count"]
    assert [(m["says"], m["count"]) for m in shown["mistakes"]] == [(m["says"], m["count"]) for m in hidden["mistakes"]]


def test_labels_are_drawn_by_lot():
    """Every number once, and another order each time: neither the alphabet nor a score is in it."""
    students = [f"s{number}" for number in range(100)]
    first, second = labels_of(students), labels_of(students)
    assert {f"student {n}" for n in range(1, 101)} == set(first.values())
    assert first != second
    assert [f"student {n}" for n in range(1, 101)] != list(first.values())
    assert {"ada": "student 2", "bea": "student 1"} == labels_of(["ada", "bea"], list.reverse)


@pytest.mark.parametrize("where", ["reason", "repair", "message"])
def test_a_name_in_a_sentence_stays_hidden(twelve, where):
    """A student named in a path, in a file's name, in an exception of their own or in a sentence nobody foresaw."""
    reports = dict(twelve[0])
    if where == "reason":
        reason = "/home/of dora smith/x: KeyError: 'dora', said Dora"
        reports["dora"] = Report(NAME, "dora", "not graded", reason=reason)
    elif where == "repair":
        reports["dora"] = replace(reports["dora"], repairs=(
            Repair("odd file name", None, "'of dora.ipynb' has an odd name and was left out"),
            Repair("notebook renamed", None, "the notebook was named 'dora.ipynb'")))
    else:
        checks = (Check("returns", False, 0.0, 0.0, "DoraError: I am dora (line 2 of the cell)", "raised"),)
        reports = with_verdict(reports, "dora", "rnn_cell_forward", diagnosis=None, checks=checks)
    summary = summarise(reports, {}, NAME, hide_names=True)
    assert "dora" not in (make_class_page(summary) + json.dumps(summary)).casefold()
    assert "dora" in json.dumps(summarise(reports, {}, NAME)).casefold()


@pytest.mark.parametrize("name", ["Li", "Wu", "Åx", "李"])
def test_a_short_name_stays_hidden(name):
    """Two letters, or one that is a word by itself; it is a word of its own that counts, not part of another."""
    reports = {"s1": Report(NAME, "s1", "not graded", reason=f"{name} left early"),
               "s2": Report(NAME, "s2", "not graded", reason="the files were split, Wulf")}  # fmt: skip
    standings = {"s1": StudentGrade("s1", "Ada", name, None, None, None, None, 0.0, 1.0, True, {})}
    reasons = {entry["reason"] for entry in summarise(reports, standings, hide_names=True)["not_graded"]}
    assert {"In words that are not shown while names are hidden.", "the files were split, Wulf"} == reasons


# ---- the page -------------------------------------------------------------------------------------------------------

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


# ---- words for kinds ----------------------------------------------------------------------------------------


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
    """What `submission_files` says of links, pipes and odd names has words; links and pipes are signs."""
    (tmp_path / "of dora.ipynb").write_text("{}")
    (tmp_path / "link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "a:b").write_text("")
    kinds = [repair.kind for repair in submission_files(tmp_path, "x.ipynb").repairs]
    assert ["link", "notebook renamed", "odd file name", "special file"] == sorted(kinds)
    assert {"link", "special file"} == {*kinds} & {*TAMPERING}


@pytest.mark.parametrize("content", ["the day before yesterday", "01/03/2026 12:00"])
def test_an_odd_time_has_a_kind(tmp_path, content):
    """What is said of a submission's time has words, and is no sign of anything."""
    (tmp_path / "timestamp.txt").write_text(content)
    kind = read_timestamp(tmp_path)[1].kind
    assert "time of a submission" in REPAIRS[kind] and kind not in TAMPERING


@pytest.mark.parametrize(("sentence", "expected"), [
    ("/srv/submitted/dora/x: it holds no x.ipynb; what was found is 'a b.txt'",
     "it holds no x.ipynb; what was found is …"),
    ("the file has 1,234 bytes; at most 500 are read", "the file has … bytes; at most … are read"),
    ("the autograder failed: KeyError: 'it\\'s'", "the autograder failed: KeyError: …"),
    ("cell 3 said it was 'cut short…", "cell … said it was …"),
    ("the assignment's own words", "the assignment's own words"),
])  # fmt: skip
def test_particulars_are_left_out(sentence, expected):
    """Paths, numbers and what is quoted; an apostrophe quotes nothing."""
    assert expected == without_particulars(sentence)
