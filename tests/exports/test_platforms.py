"""Gradescope, Coursera, Classroom 50 and the tables: what their formats ask for, and no zero that is not one."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.exports import classroom50, coursera, gradescope, tables
from autograder.exports.grades import grades
from autograder.model import CellGrade
from tests.helpers.courses import NAME
from tests.helpers.export_rows import report, rows, standing

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
TOP = {"score", "execution_time", "output", "output_format", "visibility", "stdout_visibility", "extra_data", "tests",
       "leaderboard"}  # fmt: skip
TEST = {"score", "max_score", "status", "name", "name_format", "number", "output", "output_format", "tags",
        "visibility", "extra_data"}  # fmt: skip


def by_student(made, file):
    return {path.split("/")[0]: json.loads(data) for path, data in made.files.items() if path.endswith("/" + file)}


def test_gradescope_results_are_of_its_format(klass):
    """Known keys with known values; the score is the gradebook's, and every test has its own."""
    found = by_student(gradescope.export(klass, NAME), "results.json")
    assert ["ada", "bea", "dora", "eve"] == list(found)
    for student in ("ada", "bea", "eve"):
        result = found[student]
        assert result.keys() <= TOP
        assert klass[student].score == result["score"]
        for test in result["tests"]:
            assert test.keys() <= TEST
            assert test["status"] in ("passed", "failed") and test["visibility"] == "visible"
            assert 0 <= test["score"] <= test["max_score"]
    assert 1.25 == found["bea"]["execution_time"]
    assert "10 points are taken off for being late" in found["bea"]["output"]
    assert [72.0, 25.0] == [test["score"] for test in found["eve"]["tests"]]


def test_gradescope_shows_the_gap_the_diagnosis_and_the_question(klass):
    """In Markdown; what a student's code said is text in it, neither markup nor HTML."""
    test = by_student(gradescope.export(klass, NAME), "results.json")["bea"]["tests"][0]
    assert "md" == test["output_format"]
    assert "&lt;script" in test["output"] and "<script" not in test["output"]
    assert r"\*first\* \[3\]" in test["output"]
    assert "- `a_next` is what one gets without the bias `ba`" in test["output"]
    assert "Which term is missing?" in test["output"]


def test_not_graded_on_gradescope_is_no_zero(klass):
    """The reason, and neither a score nor a test; who handed in nothing has no file."""
    found = by_student(gradescope.export(klass, NAME), "results.json")
    assert {"score", "tests"}.isdisjoint(found["dora"])
    assert "Not graded: the file is empty." == found["dora"]["output"]
    assert "carl" not in found


@given(st.text(max_size=30))
def test_markdown_holds_no_html(line):
    """Whatever is said, no tag stands outside of code, and code ends where it should."""
    text = gradescope.markdown(line)
    assert "<" not in "".join(text.replace("\\`", "").split("`")[::2])
    assert "\n" not in text


def test_coursera_gets_a_fraction_and_a_page(klass):
    """fractionalScore in [0, 1], HTML beside it; neither file for who has no score."""
    made = coursera.export(klass, NAME)
    found = by_student(made, "feedback.json")
    fractions = {student: said["fractionalScore"] for student, said in found.items()}
    assert {"ada": 1.0, "bea": 0.605, "eve": 0.97} == fractions
    assert all(said.keys() == {"fractionalScore", "feedback", "feedbackType"} for said in found.values())
    assert {"HTML"} == {said["feedbackType"] for said in found.values()}
    page = made.files["bea/htmlFeedback.html"].decode()
    assert "&lt;script&gt;" in page and "<script" not in page and "Which term is missing?" in page


def valid_result(result):
    """The rules of Classroom 50's own collector."""
    assert {"schema", "classroom", "assignment", "assignment_type", "owner", "submission", "commit", "release",
            "review", "datetime", "score", "max-score", "tests"} == result.keys()
    assert "classroom50/result/v1" == result["schema"]
    assert result["submission"].startswith("submit/")
    assert all(isinstance(result[key], str) and result[key] for key in ("commit", "release", "review", "datetime"))
    for said in (result, *result["tests"]):
        assert type(said["score"]) is int and type(said["max-score"]) is int
        assert 0 <= said["score"] <= said["max-score"]
    for test in result["tests"]:
        assert test.keys() == {"test-name", "passed", "score", "max-score"}
        assert test["test-name"] and isinstance(test["passed"], bool)


def test_classroom50_results_pass_its_collectors_rules(klass):
    """Whole numbers, no other key, the time of the submission; no file without a score."""
    found = by_student(classroom50.export(klass, NAME, "rnn", NOW), "result.json")
    assert ["ada", "bea", "eve"] == list(found)
    for result in found.values():
        valid_result(result)
    assert (61, 100) == (found["bea"]["score"], found["bea"]["max-score"])  # 60.5, the penalty taken off
    assert [46, 25] == [test["score"] for test in found["bea"]["tests"]]
    assert ["rnn_cell_forward", "rnn_forward"] == [test["test-name"] for test in found["bea"]["tests"]]
    assert "2026-03-01T12:00:05Z" == found["bea"]["datetime"]
    assert "submit/manual-2026-03-04T05-06-07Z" == found["bea"]["submission"]


@given(st.lists(st.floats(0, 50), max_size=8))
def test_rounded_tests_add_up(parts):
    """Each is next to its part, and their sum is the rounded sum."""
    found = classroom50.rounded(parts)
    assert classroom50.round_half_up(sum(parts)) == pytest.approx(sum(found), abs=1e-9)
    assert all(abs(whole - part) < 1 + 1e-9 for whole, part in zip(found, parts, strict=True))


def test_csv_has_nbgraders_columns_and_numbers(klass):
    """0.0 for who handed in nothing, as with nbgrader; blanks for who was not graded; quoted where it must be."""
    found = rows(tables.export_csv(klass, NAME).files["grades.csv"])
    head = "assignment,duedate,timestamp,student_id,last_name,first_name,email,raw_score,late_submission_penalty,score"
    assert [*head.split(","), "max_score"] == found[0]
    by_id = {row[3]: row for row in found[1:]}
    assert [NAME, "2026-03-02 00:00:00", "2026-03-01 12:00:05", "bea", "Ünal, Jr.", "Bea", "bea@uni.example", "70.5",
            "10.0", "60.5", "100.0"] == by_id["bea"]
    assert ["0.0", "0.0", "0.0", "100.0"] == by_id["carl"][7:] and "" == by_id["carl"][2]
    assert ["", "", "", "100.0"] == by_id["dora"][7:]
    assert "'=cmd|' /C calc'!A0" == by_id["dora"][4]


def test_json_says_all_that_is_known(klass):
    """A score or null with the reason, cells, words."""
    whole = json.loads(tables.export_json(klass, NAME).files["grades.json"])
    found = {student["student"]: student for student in whole["students"]}
    assert NAME == whole["assignment"]

    def of(student, *keys):
        return [found[student][key] for key in keys]

    assert [60.5, 10.0, "2026-03-01T12:00:05Z"] == of("bea", "score", "late_penalty", "timestamp")
    assert [None, "not graded: the file is empty"] == of("dora", "score", "why_no_score")
    assert [None, "no submission", False] == of("carl", "score", "why_no_score", "submitted")
    assert 70.0 == found["eve"]["cells"]["rnn_cell_forward_tests"]["manual_score"]
    assert "no_ba" == found["bea"]["tasks"]["rnn_cell_forward"]["diagnosis"]["mistake"]


def test_a_persons_word_counts_where_we_failed():
    """A submission that was not graded has a score once a person has given every cell its points."""
    first, second = CellGrade(None, 60.0, None, 75.0, False), CellGrade(None, 5.0, None, 25.0, False)
    by_hand = standing("dora", a_tests=first, b_tests=second)
    half = standing("dora", a_tests=first, b_tests=CellGrade(None, None, None, 25.0, True))
    failed = {"dora": report("dora", 0, status="not graded")}
    assert 65.0 == grades({"dora": by_hand}, failed)["dora"].score
    assert grades({"dora": half}, failed)["dora"].score is None


def test_who_waits_for_a_person_is_named(klass):
    """Every export says whose cells are still to be graded by hand."""
    assert "a person has yet to grade a cell of (1): eve" in coursera.export(klass, NAME).notes


def test_a_report_of_whom_the_gradebook_knows_nothing():
    """No score, and the reason; no export fails over it."""
    found = grades({}, {"ada": report("ada", 75.0)})
    assert "not graded: the gradebook does not know this student" == found["ada"].why
    for export in (gradescope.export, coursera.export, tables.export_csv, tables.export_json):
        assert "ada: not graded: the gradebook does not know this student" in export(found, NAME).notes
