"""A class: a failure of ours on one submission is reported as such and does not stop the others."""

import pytest

from autograder import classroom


@pytest.mark.parametrize("error", [RuntimeError("a bug"), MemoryError(), KeyError("task")])
def test_our_failure_is_not_graded_and_the_class_goes_on(monkeypatch, tmp_path, error):
    """The submission at which we fail is "not graded" with the reason, without a score; the next one is graded."""

    def grade_student(root, name, student, isolation):
        if student == "bea":
            raise error
        return {"student": student, "status": "graded"}

    monkeypatch.setattr(classroom, "grade_student", grade_student)
    monkeypatch.setattr(classroom, "load_assignment", lambda root, name: None)
    monkeypatch.setattr(classroom, "ensure_in_gradebook", lambda root, name: None)
    seen = []
    reports = classroom.grade_class(tmp_path, "any", ["ada", "bea", "carl"], 1, seen.append)
    assert ["graded", "not graded", "graded"] == [report["status"] for report in reports]
    assert type(error).__name__ in reports[1]["reason"]
    assert {} == reports[1]["tasks"]
    assert reports == seen
