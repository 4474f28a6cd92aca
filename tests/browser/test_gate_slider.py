"""The slider of the lesson on gates, on a page that nbconvert made: without a kernel and without a network."""

import pytest
from nbconvert import HTMLExporter

from autograder.notebooks import reading
from tests.helpers.courses import ROOT
from tests.test_lessons import run_notebook

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    """The lesson's page, executed, in a browser that is offline."""
    lesson = ROOT / "notebooks" / "03-gates.ipynb"
    nb = reading.read_notebook(lesson)
    run_notebook(nb, lesson.parent)
    file = tmp_path_factory.mktemp("gates") / "gates.html"
    file.write_text(HTMLExporter().from_notebook_node(nb)[0], encoding="utf-8")
    context = browser.new_context(offline=True)
    opened = context.new_page()
    opened.goto(file.as_uri(), wait_until="domcontentloaded")
    yield opened
    context.close()


def test_moving_a_slider_changes_lines_and_words(page):
    """Each slider has a label; the arrow keys move it, and the curve, the number and the sentence follow."""
    said = page.locator(".gates output")
    assert "At step 20 the cell state is 0.150, and the hidden state shows 0.074." in said.text_content()
    line = page.locator(".gates polyline").first
    before = line.get_attribute("points")
    page.get_by_label("forget gate").press("End")
    assert "the cell state is 1.000, and the hidden state shows 0.381." in said.text_content()
    assert line.get_attribute("points") != before
    page.get_by_label("output gate").press("Home")
    assert "the hidden state shows 0.000." in said.text_content()
    page.get_by_label("update gate").press("ArrowLeft")
    assert "Written at step 2: 0.99." in said.text_content()


def test_a_question_opens_the_reply_to_a_choice(page):
    """A choice shows its reply once it is opened, and not before."""
    choice = page.get_by_text("a) Nothing: what was not shown is lost.")
    reply = page.get_by_text("Not this one. The output gate comes after the memory")
    assert not reply.is_visible()
    choice.click()
    assert reply.is_visible()


def test_slider_and_questions_have_no_axe_violations(page):
    """axe-core finds nothing at the levels A and AA in the slider and in the questions."""
    from axe_playwright_python.sync_playwright import Axe

    for part in (".gates", ".jp-OutputArea-output details"):
        found = Axe().run(page, context=part, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
        assert found.response["passes"]
        assert [] == [violation["id"] for violation in found.response["violations"]]
