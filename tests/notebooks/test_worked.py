"""What a notebook shows of the way in which it was done: check cells that ran, and the form of wrong cells."""

from dataclasses import replace

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from autograder.model import Report, Work
from autograder.notebooks.worked import MAX_CELL, checks_run, describe_work, take_form

SOLUTION = '''def step(x, W):
    """Return one step."""
    total = W @ x
    return np.tanh(total)
'''


def notebook(outputs=(), count=None):
    """Return a notebook with the task `step`, whose check cell has these outputs and this number."""
    own = new_code_cell("def step(x, W):\n    return W", metadata={"nbgrader": {"grade_id": "step", "solution": True}})
    check = new_code_cell("check(step)", outputs=list(outputs), execution_count=count, metadata={"nbgrader": {
        "grade_id": "step_tests", "grade": True, "solution": False}})
    return new_notebook(cells=[own, check, new_code_cell("1 + 1")])


@pytest.mark.parametrize("outputs, count", [([new_output("stream", text="wrong")], None), ([], 3)])
def test_a_check_cell_with_an_output_or_a_number_ran(outputs, count):
    """True for each, whatever is in the output."""
    assert {"step": True} == checks_run(notebook(outputs, count))


def test_a_check_cell_without_them_did_not_run_if_another_cell_did():
    """False where another cell has a number; nothing is known where none has: a tool may have removed them."""
    nb = notebook()
    assert {} == checks_run(nb)
    nb.cells[2].execution_count = 1
    assert {"step": False} == checks_run(nb)
    del nb.cells[1]
    assert {} == checks_run(nb)


@pytest.mark.parametrize("source", [
    SOLUTION.replace('"""Return one step."""', "# in my own words\n"),
    SOLUTION.replace("W @ x", "np.dot(W, x)"),
    SOLUTION.replace("W @ x", "W.dot(x)").replace("    ", "  "),
])  # fmt: skip
def test_layout_and_dots_do_not_change_the_form(source):
    """The form is the solution's, without a statement of the student's own."""
    assert take_form(SOLUTION, SOLUTION) == take_form(source, SOLUTION) and 0 == take_form(source, SOLUTION)[1]


def test_a_students_own_names_do_not_change_the_form():
    """A name that the solution does not have counts by its place alone; one that it has counts as it is."""
    mine, other = (SOLUTION.replace("total", name) for name in ("mine", "other"))
    assert take_form(mine, SOLUTION) == take_form(other, SOLUTION)
    assert take_form(mine, SOLUTION)[0] != take_form(SOLUTION, SOLUTION)[0]


def test_other_code_has_another_form():
    """A missing tanh is another form, with one statement that the solution does not have."""
    form, own = take_form(SOLUTION.replace("np.tanh(total)", "total"), SOLUTION)
    assert 1 == own and form != take_form(SOLUTION, SOLUTION)[0]


UNREADABLE = ["def step(:", "x = 1\n" * MAX_CELL, "-" * 15_000 + "x", "(" * 15_000, "\0", "%%time"]


@pytest.mark.parametrize("source", UNREADABLE, ids=range(len(UNREADABLE)))
def test_what_cannot_be_read_has_no_form(source):
    """No Python, too long, nested too deep: no form, and no error."""
    assert ("", 0) == take_form(source, SOLUTION)


def test_work_is_kept_in_the_report():
    """A report that was written and read again has the same work."""
    work = describe_work(notebook(), {"step": SOLUTION}, {"step"}, {"step": False})
    assert Work(False, work["step"].form, 1) == work["step"] and work["step"].form
    assert Work() == describe_work(notebook(), {"step": SOLUTION}, (), {})["step"]
    report = replace(Report("a", "ada", "graded"), work=work)
    assert report == Report.from_dict(report.to_dict())


def test_a_report_of_before_is_still_read():
    """A report that an earlier version wrote has no work: it is read, since earlier attempts are kept for long."""
    report = Report("a", "ada", "graded")
    content = report.to_dict()
    del content["work"]
    assert report == Report.from_dict(content)
