"""Classroom 50's result.json."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.exports import classroom50
from tests.helpers.exporting import NAME, read_by_student

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def assert_valid(result):
    """Assert the rules of Classroom 50's collector."""
    assert {"schema", "classroom", "assignment", "assignment_type", "owner", "submission", "commit", "release",
            "review", "datetime", "score", "max-score", "tests"} == result.keys()
    assert "classroom50/result/v1" == result["schema"]
    assert result["submission"].startswith("submit/")
    assert all(isinstance(result[key], str) and result[key] for key in ("commit", "release", "review", "datetime"))
    for part in (result, *result["tests"]):
        assert type(part["score"]) is int and type(part["max-score"]) is int
        assert 0 <= part["score"] <= part["max-score"]
    for test in result["tests"]:
        assert test.keys() == {"test-name", "passed", "score", "max-score"}
        assert test["test-name"] and isinstance(test["passed"], bool)


def test_results_pass_the_collectors_rules(klass):
    """Results have whole points, no other key and the submission's time; without a score there is no file."""
    results = read_by_student(classroom50.export(klass, NAME, "rnn", NOW), "result.json")
    assert ["ada", "bea", "eve"] == list(results)
    for result in results.values():
        assert_valid(result)
    assert (61, 100) == (results["bea"]["score"], results["bea"]["max-score"])  # 60.5, with the penalty
    assert [46, 25] == [test["score"] for test in results["bea"]["tests"]]
    assert ["rnn_cell_forward", "rnn_forward"] == [test["test-name"] for test in results["bea"]["tests"]]
    assert "2026-03-01T12:00:05Z" == results["bea"]["datetime"]
    assert "submit/manual-2026-03-04T05-06-07Z" == results["bea"]["submission"]


@given(st.lists(st.floats(0, 50), max_size=8))
def test_rounded_parts_add_up(parts):
    """Each whole number is next to its part, and their sum is the rounded sum."""
    whole = classroom50.round_parts(parts)
    assert classroom50.round_half_up(sum(parts)) == pytest.approx(sum(whole), abs=1e-9)
    assert all(abs(rounded - part) < 1 + 1e-9 for rounded, part in zip(whole, parts, strict=True))
