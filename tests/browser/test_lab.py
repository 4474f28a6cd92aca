"""JupyterLab in a real browser: a student at work, the Validate button, Formgrader."""

import re

import pytest

from autograder import demo
from autograder.notebooks import reading
from tests.browser import lab
from tests.browser.lab import copy_release
from tests.helpers.courses import NAME

pytestmark = pytest.mark.browser

FIGURE = re.compile(r"!\[[^\]]+\]\([^)]+\)|<img [^>]+>")
BROKEN_PICTURES = "images => images.filter(i => !(i.complete && i.naturalWidth > 0)).map(i => i.src)"
MARKUP = re.compile(r"</?(table|tbody|tr|td|div|strong|code)\b")


def test_every_picture_of_the_release_loads(student):
    """As many pictures as the prose names, each with a width; none is left blank."""
    from playwright.sync_api import expect

    named = sum(len(FIGURE.findall(cell.source)) for cell in student.nb.cells if cell.cell_type == "markdown")
    assert named
    pictures = student.page.locator(".jp-MarkdownOutput img")
    expect(pictures).to_have_count(named)
    for picture in pictures.all():
        expect(picture).to_have_js_property("complete", True)
    assert [] == pictures.evaluate_all(BROKEN_PICTURES)


def test_a_student_fills_in_the_first_task(student, assignment):
    """Untouched, the check says that the task is not done yet; filled in and run, that all outputs agree."""
    task, check = "rnn_cell_forward", "rnn_cell_forward_tests"
    student.run_above(check)
    assert f"{task} is not done yet" in student.run(check)
    student.write(task, assignment.reference.sources[task])
    student.run(task)
    assert f"{task}: all outputs agree with the expected values" in student.run(check)


def test_locked_cells_refuse_typing(student):
    """Typing changes the solution cell, and not the check cell below it."""
    from playwright.sync_api import expect

    student.write("rnn_forward_tests", "# mine")
    student.write("rnn_forward", "# mine")
    expect(student.editor("rnn_forward")).to_have_text("# mine")
    expect(student.editor("rnn_forward_tests")).to_have_text("check(rnn_forward)")


def test_validate_names_what_is_not_done(page, address, course, assignment):
    """With one task left, nbgrader's Validate button shows that one, in the check's own words."""
    left = "lstm_backward"
    path = copy_release(course, "nearly-done", NAME)
    nb = reading.read_notebook(path)
    demo.fill(nb, {task: source for task, source in assignment.reference.sources.items() if task != left})
    reading.write_notebook(nb, path)
    lab.NotebookPage(page, address, course, path)
    page.get_by_role("button", name="Validate").click()
    said = page.locator(".jp-Dialog", has_text="Validation Results").inner_text()
    assert 1 == said.count("The following cell failed")
    assert f"{left} is not done yet" in said
    assert "Traceback" not in said


def test_formgrader_autogrades_and_shows_the_feedback(page, address):
    """Formgrader's button gives the score of our judge, and its grading page our table of checks."""
    from playwright.sync_api import expect

    page.goto(address.format("lab"))
    page.get_by_role("menuitem", name="Nbgrader").click()
    page.get_by_role("menuitem", name="Formgrader", exact=True).click()
    grader = page.frame_locator("iframe")
    grader.locator("tr", has_text=NAME).locator(".num-submissions a").click()
    row = grader.locator("tr", has_text="dora")
    row.locator(".autograde a").click()
    answer = grader.locator(".modal.in")
    expect(answer).to_contain_text(f"Successfully autograded '{NAME}' for student 'dora'")
    answer.get_by_role("button", name="OK").click()
    expect(row.locator(".score")).to_have_text("85 / 100")

    grader.get_by_role("link", name="Manual Grading").click()
    grader.locator("tbody").get_by_role("link", name=NAME).click()
    grader.locator("tbody").get_by_role("link", name=NAME).click()
    row = grader.locator("tr", has_text="dora")
    expect(row.locator(".score").first).to_have_text("85 / 100")
    row.get_by_role("link", name="Submission #").click()
    reads_well(grader.locator("body"), "rnn_cell_forward", "is what one gets without the bias", "0 of 6")


def reads_well(body, task, diagnosis, points):
    """A page shows a task's feedback: a table with its head, the gap, the points, the diagnosis; no bare markup."""
    from playwright.sync_api import expect

    feedback = body.locator(".output_html", has_text=f"{task}: ").first
    expect(feedback).to_be_visible()
    assert ["check", "result", "points", "what was seen"] == [
        cell.inner_text() for cell in feedback.locator("tr").first.locator("td, th").all()
    ]
    expect(feedback.locator("th").first).not_to_have_css("padding-right", "0px")  # columns do not touch
    row = feedback.locator("tr", has_text="not yet").first
    expect(row).to_contain_text("expected")
    expect(row).to_contain_text(points)
    expect(feedback).to_contain_text(diagnosis)
    assert not MARKUP.search(feedback.inner_text()), "markup is shown as text"
