"""The class report in a real browser: wide, narrow, dark, printed; readable with every table and list opened."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from autograder.pages.attempts import summarise_attempts
from autograder.pages.class_page import make_class_page
from autograder.pages.class_summary import summarise
from autograder.pages.course_page import AssignmentRow, make_course_page
from autograder.pages.people import Beside
from tests.browser import lab
from tests.helpers.courses import NAME
from tests.helpers.made_class import made_class

pytestmark = pytest.mark.browser

SIZES = (0, 1, 12, 70, 1000)
VIEWS = {
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "narrow": {"viewport": {"width": 320, "height": 640}, "is_mobile": True},
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "color_scheme": "dark"},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
}
OPEN_ALL = "all => all.forEach(one => { one.open = true; })"
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
#: Texts of a picture that lie on one another, or leave the page; nested pictures are within their figure.
COLLIDING = """() => [...document.querySelectorAll('svg.chart')].flatMap(chart => {
    const shown = [...chart.querySelectorAll('text')].filter(text => getComputedStyle(text).display !== 'none')
        .map(text => ({words: text.textContent, box: text.getBoundingClientRect()}));
    const on = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 4 && b.top < a.bottom - 4;
    return shown.flatMap((one, i) => shown.slice(i + 1).filter(two => on(one.box, two.box))
        .map(two => `${one.words} on ${two.words}`))
        .concat(shown.filter(one => one.box.left < -1 || one.box.right > innerWidth + 1).map(one => one.words));
})"""


@pytest.fixture(scope="module")
def files(tmp_path_factory, browser, assignment):
    """The page of a class of each size, as a file."""
    folder, found = tmp_path_factory.mktemp("reports"), {}
    for size in SIZES:
        reports, grades = made_class(size, seed=size)
        beside = Beside(assignment.reference.sources, *({student: f"../{kind}/{student}" for student in reports}
                                                        for kind in ("feedback", "autograded")))
        summary = summarise(reports, grades, NAME, assignment.tasks, made="today", beside=beside)
        pairs = zip(reports.values(), made_class(size, seed=size + 1)[0].values(), strict=False)
        summary["attempts"] = summarise_attempts(pairs)
        found[size] = folder / f"{size}.html"
        found[size].write_text(make_class_page(summary), encoding="utf-8")
        rows = [AssignmentRow(NAME, found[size].name, summary), AssignmentRow("next", None, None, "not released yet")]
        found["index", size] = folder / f"index-{size}.html"
        found["index", size].write_text(make_course_page("numpy", rows, made="today"), encoding="utf-8")
    return found


@pytest.fixture(params=VIEWS)
def view(request):
    return VIEWS[request.param]


@pytest.mark.parametrize("size", [*SIZES, ("index", 12), ("index", 1000)])
def test_it_fits_every_screen_and_loads_nothing(browser, files, view, size):
    """No sideways scrolling, no words on words in a picture, no complaint of the browser, one request: the file."""
    with lab.watched_page(browser, **view) as (page, wrong):
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(files[size].as_uri())
        assert [] == page.evaluate(COLLIDING)
        page.locator("details").evaluate_all(OPEN_ALL)
        assert not page.evaluate(TOO_WIDE)
        assert [files[size].as_uri()] == asked
        assert [] == wrong


@pytest.mark.parametrize("look, media", [*[(look, "screen") for look in VIEWS], ("dark", "print")])
@pytest.mark.parametrize("size", [12, 70, ("index", 12)])  # from 61 on rows are folded; more only have more of them
def test_axe_finds_nothing(browser, files, look, size, media):
    """No violation of WCAG 2 A and AA, nor of axe's good practice, with all that can be opened open."""
    package = find_spec("axe_playwright_python")
    if package is None:
        pytest.skip("needs axe-playwright-python (requirements.in)")
    axe = (Path(package.origin).parent / "axe.min.js").read_text(encoding="utf-8")
    with lab.watched_page(browser, **VIEWS[look]) as (page, _):
        page.goto(files[size].as_uri())
        page.emulate_media(media=media)
        page.locator("details").evaluate_all(OPEN_ALL)
        page.evaluate(axe)
        found = page.evaluate("axe.run({resultTypes: ['violations']})")
        assert found["passes"]
        assert [] == [(broken["id"], broken["nodes"][0]["html"]) for broken in found["violations"]]


def test_the_first_screen_says_what_to_teach(browser, files):
    """At 1280 by 900, without scrolling: the three sentences, the picture of the scores, who is not graded."""
    with lab.watched_page(browser) as (page, _):
        page.goto(files[1000].as_uri())
        for shown in (page.locator(".teach > li").nth(2), page.locator("#scores-picture-title").locator(".."),
                      page.get_by_text("Not graded", exact=True).first):  # fmt: skip
            box = shown.bounding_box()
            assert box["y"] + box["height"] <= 900


def test_who_made_a_mistake_is_a_key_away(browser, files):
    """Tab reaches the list of names, Enter opens it."""
    with lab.watched_page(browser) as (page, _):
        page.goto(files[12].as_uri())
        who = page.locator("#mistakes-0 details")
        names = who.locator("bdi")
        assert not names.first.is_visible()
        while not who.locator("summary").evaluate("one => one === document.activeElement"):
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert names.first.is_visible()


def test_on_paper_tables_are_open_and_names_are_not(browser, files, tmp_path):
    """Printed, black on white even from a dark screen: the table behind each picture, and no list of names."""
    with lab.watched_page(browser, **VIEWS["dark"]) as (page, _):
        page.goto(files[12].as_uri())
        page.emulate_media(media="print")
        assert "rgb(255, 255, 255)" == page.locator("body").evaluate("one => getComputedStyle(one).backgroundColor")
        assert page.get_by_role("table", name="Tasks, hardest first").is_visible()
        assert 0 == page.locator("bdi:visible").count()
        pdf = page.pdf(path=tmp_path / "report.pdf", format="A4")
        assert pdf.startswith(b"%PDF")


def test_names_are_on_no_paper_and_the_paper_says_so(browser, files):
    """One rule for the class report and the index: no name and no link to a student when printed, and a line why."""
    for size in (12, ("index", 12)):
        with lab.watched_page(browser) as (page, _):
            page.goto(files[size].as_uri())
            assert not page.get_by_text("Names are not printed").is_visible()
            page.emulate_media(media="print")
            assert page.get_by_text("Names are not printed").is_visible()
            assert 0 == page.locator("bdi:visible").count() == page.locator("table.students:visible").count()


def test_names_can_be_hidden_while_others_look(browser, files):
    """One box hides every name, every link to a page and every quotation; numbers stand in their place."""
    with lab.watched_page(browser) as (page, _):
        page.goto(files[12].as_uri())
        page.locator("details").evaluate_all(OPEN_ALL)
        names = page.locator("bdi[data-as] > *")
        assert 20 < names.count() and names.first.is_visible()
        page.get_by_label("Hide names").check()
        assert 0 == page.locator("bdi[data-as] > *:visible").count() == page.locator(".own:visible").count()
        label = page.locator(".students bdi").first.evaluate("one => getComputedStyle(one, '::before').content")
        assert label.startswith('"student ')


def test_a_name_leads_to_the_row(browser, files):
    """A student who needs help is a link to the row with the marks."""
    with lab.watched_page(browser) as (page, _):
        page.goto(files[70].as_uri())
        page.locator("details").evaluate_all(OPEN_ALL)
        link = page.locator("#students ~ ul bdi a").first
        link.click()
        assert link.text_content() == page.locator("tr:target bdi").text_content()


def test_the_pictures_have_words(browser, files):
    """Each picture is an image with a title and a description, for those who do not see it."""
    with lab.watched_page(browser) as (page, _):
        page.goto(files[12].as_uri())
        pictures = page.locator("svg[role=img]").all()
        assert 2 == len(pictures)
        for picture in pictures:
            assert picture.locator("> title").text_content()
            assert len(picture.locator("> desc").text_content()) > 20


def test_summary_and_page_agree(browser, files, assignment):
    """The counts that the page shows are those of the JSON."""
    summary = json.loads(json.dumps(summarise(*made_class(12, seed=12), NAME, assignment.tasks)))
    with lab.watched_page(browser) as (page, _):
        page.goto(files[12].as_uri())
        shown = page.locator("#scores-picture-title").locator("..").locator("text:not(.quiet)").all_text_contents()
        assert [str(column["count"]) for column in summary["scores"]["bins"] if column["count"]] == shown
        graded, handed_in = (summary["counts"][name] for name in ("graded", "handed_in"))
        assert f"{graded} of {handed_in}" in page.locator(".facts").inner_text()
