"""Formgrader in a real browser on a class that `autograder grade` graded: a person's points on top, graded again."""

import pytest
from nbformat.v4 import new_markdown_cell

from autograder import demo
from autograder.batch import feedback
from autograder.course.course import Course
from autograder.nbgrader_bridge import release
from autograder.nbgrader_bridge.gradebook import read_grades
from autograder.notebooks import finding, reading
from tests.browser import lab
from tests.browser.test_lab import reads_well
from tests.helpers import pupils
from tests.helpers.courses import NAME, ROOT, call, rows

pytestmark = pytest.mark.browser

PUPILS = ("ada", "dora", "emil")
TESTS = "rnn_cell_forward_tests"  # dora's mistake is in this task
ESSAY = {"grade_id": "essay", "grade": True, "solution": True, "locked": False, "task": False, "points": 5,
         "schema_version": 3}  # fmt: skip
#: What the fields of the grading page come to: a person's points, else the autograder's, and extra credit.
SUM = """fields => fields.map(f => Number(f.value || (f.matches('.score') ? f.placeholder : 0)))
    .reduce((one, two) => one + two)"""


@pytest.fixture(scope="module")
def course(browser, tmp_path_factory):
    """A graded class of three; dora also answered a question that only a person can grade."""
    folder = demo.make_course(Course(ROOT), tmp_path_factory.mktemp("formgrader") / "course").root
    source = folder / "source" / NAME / f"{NAME}.ipynb"
    nb = reading.read_notebook(source)
    nb.cells.append(new_markdown_cell("What does the state carry?", id="essay", metadata={"nbgrader": ESSAY}))
    reading.write_notebook(nb, source)
    release.release_assignment(Course(folder), NAME)
    demo.make_class(Course(folder), NAME, {pupil: pupils.PUPILS[pupil] for pupil in PUPILS})
    hand_in(folder, "dora", essay="What was seen so far.")
    call(folder, "grade", NAME)
    return folder


@pytest.fixture(scope="module")
def formgrader(course, tmp_path_factory):
    """The address of Formgrader's list of submissions, by way of the login."""
    with lab.jupyter_lab(course, tmp_path_factory.mktemp("home")) as address:
        yield f"{address.format('login')}&next=/formgrader/manage_submissions/{NAME}"


def hand_in(course, student, **sources):
    """Change cells of what a student handed in."""
    path = course / "submitted" / student / NAME / f"{NAME}.ipynb"
    nb = reading.read_notebook(path)
    for cell_id, source in sources.items():
        finding.find_cell(nb, cell_id).source = source
    reading.write_notebook(nb, path)


def submission(page, formgrader, student):
    """A student's row in the list of submissions."""
    page.goto(formgrader)
    return page.locator("#main-table tr", has_text=student)


def type_in(page, field, text):
    """Write into a field of the grading page, leave it, and wait until it is saved."""
    with page.expect_response(lambda answer: answer.request.method == "PUT") as saved:
        page.locator(f"#{field}").fill(text)
        page.keyboard.press("Tab")
    assert saved.value.ok


def press(page, row, button):
    """Press a button of a row, and what it answers away."""
    row.locator(f"{button} a").click()
    page.locator(".modal.in", has_text="Success").get_by_role("button", name="OK").click()


def test_the_list_shows_what_the_gradebook_holds(page, course, formgrader):
    """Each student's points, and who waits for a person."""
    from playwright.sync_api import expect

    standing = read_grades(Course(course), NAME)
    assert {"ada": 100, "dora": 85, "emil": 81.5} == {pupil: standing[pupil].raw_score for pupil in PUPILS}
    for pupil in PUPILS:
        row = submission(page, formgrader, pupil)
        expect(row.locator(".score")).to_have_text(f"{standing[pupil].raw_score:g} / 105")
        expect(row.locator(".status")).to_have_text("needs manual grading" if pupil == "dora" else "graded")


def test_a_persons_points_and_words_outlive_a_regrade(page, course, formgrader, assignment):
    """Points for code and prose, extra credit and comments stay; the autograder's score and table are fresh.

    Formgrader is open all the while, and the page as it was before still saves.
    """
    from playwright.sync_api import expect

    submission(page, formgrader, "dora").locator(".student-name a").click()
    page.locator("tbody").get_by_role("link", name=NAME).click()
    reads_well(page.locator("body"), "rnn_cell_forward", "is what one gets without the bias", "0 of 6")
    expect(page.locator(f"#{TESTS}")).to_have_attribute("placeholder", "0")
    typed = {TESTS: "3.5", f"{TESTS}_extra_credit": "1.5", "rnn_cell_forward-comment": "Where is *ba*?",
             "essay": "4", "essay-comment": "And for how long?"}  # fmt: skip
    for field, text in typed.items():
        type_in(page, field, text)
    assert 85 + 3.5 + 1.5 + 4 == read_grades(Course(course), NAME)["dora"].raw_score

    hand_in(course, "dora", rnn_cell_forward=assignment.reference.sources["rnn_cell_forward"], rnn_forward="pass")
    call(course, "grade", NAME, "--all", "--student", "dora")
    type_in(page, "lstm_forward_tests_extra_credit", "2")
    page.reload()
    expect(page.locator(f"#{TESTS}")).to_have_attribute("placeholder", "15")
    expect(page.locator("#rnn_forward_tests")).to_have_attribute("placeholder", "0")
    for field, text in {**typed, "lstm_forward_tests_extra_credit": "2"}.items():
        expect(page.locator(f"#{field}")).to_have_value(text)
    expect(page.locator(".output_html", has_text="is what one gets without the bias")).to_have_count(0)
    standing = read_grades(Course(course), NAME)["dora"]
    assert 85 - 15 + 3.5 + 1.5 + 4 + 2 == standing.raw_score
    assert standing.raw_score == page.locator(".score, .extra-credit").evaluate_all(SUM)
    expect(submission(page, formgrader, "dora").locator(".score")).to_have_text(f"{standing.raw_score:g} / 105")


def test_formgraders_own_buttons_agree_with_ours(page, course, formgrader):
    """Autograde changes no row of the gradebook, generate feedback writes the page of `autograder feedback`."""
    row, before = submission(page, formgrader, "dora"), rows(course)
    press(page, row, ".autograde")
    assert before == rows(course)
    press(page, row, ".generate-feedback")
    path = course / "feedback" / "dora" / NAME / f"{NAME}.html"
    by_button = path.read_bytes()
    path.unlink()
    assert {"dora": None} == feedback.write_feedback(Course(course), NAME, ["dora"])
    assert path.read_bytes() == by_button
    page.goto(path.as_uri())
    assert f"{read_grades(Course(course), NAME)['dora'].raw_score:g} of 105 points" in page.locator("main").inner_text()
