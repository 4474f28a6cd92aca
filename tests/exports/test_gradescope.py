"""Gradescope's results.json."""

from hypothesis import given
from hypothesis import strategies as st

from autograder.exports import gradescope
from tests.helpers.exporting import NAME, make_failure, make_report, read_by_student

TOP = {"score", "execution_time", "output", "output_format", "visibility", "stdout_visibility", "extra_data", "tests",
       "leaderboard"}  # fmt: skip
TEST = {"score", "max_score", "status", "name", "name_format", "number", "output", "output_format", "tags",
        "visibility", "extra_data"}  # fmt: skip


def test_results_have_the_format_of_gradescope(klass):
    """All keys and values are of the format; the score is the gradebook's, and each test has its own."""
    results = read_by_student(gradescope.export(klass, NAME), "results.json")
    assert ["ada", "bea", "dora", "eve"] == list(results)
    for student in ("ada", "bea", "eve"):
        result = results[student]
        assert result.keys() <= TOP
        assert klass[student].score == result["score"]
        for test in result["tests"]:
            assert test.keys() <= TEST
            assert test["status"] in ("passed", "failed") and test["visibility"] == "visible"
            assert 0 <= test["score"] <= test["max_score"]
    assert 1.25 == results["bea"]["execution_time"]
    assert "10 points are taken off for being late" in results["bea"]["output"]
    assert [72.0, 25.0] == [test["score"] for test in results["eve"]["tests"]]


def test_the_gap_the_diagnosis_and_the_question_are_shown(klass):
    """The output is Markdown, in which text from a student's code is neither markup nor HTML."""
    test = read_by_student(gradescope.export(klass, NAME), "results.json")["bea"]["tests"][0]
    assert "md" == test["output_format"]
    assert "&lt;script" in test["output"] and "<script" not in test["output"]
    assert r"\*first\* \[3\]" in test["output"]
    assert "- `a_next` is what one gets without the bias `ba`" in test["output"]
    assert "Which term is missing?" in test["output"]


def test_not_graded_is_no_zero(klass):
    """A submission that was not graded has the reason, and neither score nor tests; a missing one has no file."""
    results = read_by_student(gradescope.export(klass, NAME), "results.json")
    assert {"score", "tests"}.isdisjoint(results["dora"])
    assert "Not graded: the file is empty." == results["dora"]["output"]
    assert "carl" not in results


def test_a_report_alone_gives_results():
    """Without a gradebook, the score is that of the report; a report without a grade has no score."""
    assert 100.0 == gradescope.report_results(make_report("ada", 75.0))["score"]
    assert {"score", "tests"}.isdisjoint(gradescope.report_results(make_failure("dora")))


@given(st.text(max_size=30))
def test_markdown_has_no_html(line):
    """For any line, no tag is outside of code, and the result is one line."""
    text = gradescope.to_markdown(line)
    assert "<" not in "".join(text.replace("\\`", "").split("`")[::2])
    assert "\n" not in text
