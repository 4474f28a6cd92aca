"""The feedback page in a real browser: accessible in light and dark, wide and narrow; and nothing in it runs."""

import re
from dataclasses import replace

import pytest

from autograder import demo
from autograder.batch import feedback
from autograder.course.course import Course
from autograder.model import Line
from autograder.nbgrader_bridge import release
from autograder.pages import student_page
from tests.browser import lab
from tests.helpers import pupils
from tests.helpers.courses import NAME, ROOT, call
from tests.helpers.feedback import EVIL, TASK, WRONG, cell, made, repair_of, standing

pytestmark = pytest.mark.browser

#: Mistakes, everything right, nothing done.
PUPILS = ("fay", "ada", "leo")
#: axe needs seconds for a page; the notebook, most of it, is the same on all: one pupil's is looked at in every view.
VIEWS = [("light", 1280, PUPILS, "screen"), ("light", 320, PUPILS[:1], "screen"), ("dark", 1280, PUPILS[:1], "screen"),
         ("dark", 320, PUPILS, "screen"), ("light", 390, PUPILS[:1], "screen"), ("dark", 794, PUPILS, "print")]
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
       "resultTypes": ["violations"]}  # fmt: skip
OPEN = "all => all.forEach(details => { details.open = true })"
FLAT = "all => all.filter(f => f.checkVisibility() && f.getBoundingClientRect().height < 5).length"


@pytest.fixture(scope="module")
def pages(browser, tmp_path_factory):
    """The feedback pages of a small graded class, by student."""
    course = demo.make_course(Course(ROOT), tmp_path_factory.mktemp("feedback") / "course").root
    release.release_assignment(Course(course), NAME)
    demo.make_class(Course(course), NAME, {pupil: pupils.PUPILS[pupil] for pupil in PUPILS})
    call(course, "grade", NAME)
    assert dict.fromkeys(PUPILS) == feedback.write_feedback(Course(course), NAME, PUPILS)
    return {pupil: course / "feedback" / pupil / NAME / f"{NAME}.html" for pupil in PUPILS}


@pytest.fixture(scope="module")
def by_a_person(tmp_path_factory):
    """A page with everything that a person adds, a penalty, errors, a raw cell, and headings that skip levels."""
    from autograder.model import CellGrade

    error = {"output_type": "error", "ename": "NameError", "evalue": "name 'x' is not defined", "traceback": ["x"]}
    table = {"output_type": "display_data", "metadata": {}, "data": {"text/html": "<table><tr><th>a</th></tr></table>"}}
    essay = cell("##### Why\n\nBecause.", "markdown", grade_id="essay", solution=True, grade=True)
    grades = {"f_tests": CellGrade(1.0, 2.0, 0.5, 3.0, True), "essay": CellGrade(None, None, None, 5.0, True)}
    comments = {"f": "See *chapter 2*.\n\n# Well done", "essay": "Not yet."}
    html = made([*TASK, essay, cell("x", outputs=[error, table]), cell("raw", "raw")], {"f": WRONG},
                standing(comments, 1.0, **grades), repairs=[repair_of("A cell was put back.")])  # fmt: skip
    return written(tmp_path_factory, html)


@pytest.fixture(scope="module")
def not_graded(tmp_path_factory):
    return written(tmp_path_factory, made(None, {}, status="not graded", reason="The file is empty."))


def written(tmp_path_factory, html):
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(html, encoding="utf-8")
    return path


@pytest.mark.parametrize("scheme, width, pupils, media", VIEWS)
def test_every_page_is_accessible(browser, pages, by_a_person, not_graded, scheme, width, pupils, media):
    """axe-core finds no violation of WCAG A and AA, nor of its best practices; the page does not scroll sideways."""
    from axe_playwright_python.sync_playwright import Axe

    found = {}
    chosen = {pupil: pages[pupil] for pupil in pupils}
    for name, path in {**chosen, "by a person": by_a_person, "not graded": not_graded}.items():
        view = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
        with lab.watched_page(browser, **view) as (opened, wrong):
            opened.goto(path.as_uri())
            opened.emulate_media(media=media, color_scheme=scheme)
            opened.locator("details").evaluate_all(OPEN)
            result = Axe().run(opened, options=AXE).response
            found[name] = [(v["id"], [node["html"] for node in v["nodes"]][:3]) for v in result["violations"]]
            assert 15 < len(result["passes"])
            assert not opened.evaluate("document.documentElement.scrollWidth > innerWidth"), name
            assert [] == wrong
    assert {name: [] for name in found} == found


def test_pictures_and_formulas_show_without_a_network(browser, pages):
    """Each figure has a width and words, each formula a height and the page's own font; nothing is asked for."""
    with lab.watched_page(browser) as (opened, wrong):
        asked = asked_by(opened)
        opened.goto(pages["ada"].as_uri())
        opened.locator("details").evaluate_all(OPEN)  # a font is loaded once a formula is seen
        images = opened.locator("img")
        assert 9 <= images.count()
        assert [] == images.evaluate_all("all => all.filter(i => !i.naturalWidth || !i.alt).map(i => i.alt)")
        assert 200 < opened.locator("math").count()
        assert 0 == opened.locator("math").evaluate_all(FLAT)
        opened.wait_for_function("document.fonts.check('16px \"Feedback Math\"')")
        assert [pages["ada"].as_uri()] == asked and [] == wrong


def test_links_lead_to_what_they_name(browser, pages, by_a_person):
    """Every link within a page has its target, and a task leads to its gap and from there to its cell."""
    with lab.watched_page(browser) as (opened, wrong):
        for path in (*pages.values(), by_a_person):
            opened.goto(path.as_uri())
            dead = "all => all.filter(a => !document.getElementById(a.hash.slice(1))).map(a => a.outerHTML)"
            assert [] == opened.locator("a[href^='#']").evaluate_all(dead)
        opened.goto(pages["fay"].as_uri())
        opened.get_by_role("row", name="rnn_backward 0 of 10").get_by_role("link").click()
        task = opened.locator(":target")
        assert "Which of them is missing?" in task.inner_text()
        task.get_by_role("link", name="Your answer").click()
        assert "def rnn_backward(" in opened.locator(":target").inner_text()
        assert [] == wrong


def test_without_a_mouse_the_notebook_is_one_key_away(browser, pages):
    """The first stop of the Tab key is a link to the notebook."""
    with lab.watched_page(browser) as (opened, _):
        opened.goto(pages["ada"].as_uri())
        opened.keyboard.press("Tab")
        assert "Skip to your notebook" == opened.evaluate("document.activeElement.textContent")
        opened.keyboard.press("Enter")
        assert opened.url.endswith("#notebook")


# ---- what must not run ------------------------------------------------------------------------------------

RUNS = "window.ran=1"
VECTORS = [
    *(source.replace("alert(1)", RUNS).replace("//evil", "http://127.0.0.1:9/evil") for source in EVIL),
    f"<svg><script>{RUNS}</script></svg>", f"<svg/onload='{RUNS}'>", f"<body onload='{RUNS}'>",
    f"<img src='data:image/svg+xml,<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"{RUNS}\"/>'>",
    f"<video><source onerror='{RUNS}'></video><audio src=x onerror='{RUNS}'></audio>",
    "<img srcset='http://127.0.0.1:9/a 1x'><input type=image src=http://127.0.0.1:9/b><body background=http://127.0.0.1:9>",
    f"<marquee onstart='{RUNS}'>x</marquee><svg><animate onbegin='{RUNS}' attributeName=x dur=1s></svg>",
    f"<svg><foreignObject><iframe srcdoc='<script>parent.ran=1</script>'></iframe></foreignObject></svg><script>{RUNS}",
]


def hostile():
    """A notebook in which every place that a student can write to holds every vector."""
    bundles = [{"text/html": vector, "text/markdown": vector, "text/latex": vector, "text/plain": vector} for vector in
               VECTORS]  # fmt: skip
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg" onload="{RUNS}"><script>{RUNS}</script></svg>'
    bundles += [{"image/svg+xml": drawing}, {"application/javascript": RUNS}, {"image/png": f'"><script>{RUNS}'},
                {"image/svg+xml": drawing.replace("</svg>", '<image href="http://127.0.0.1:9/x"/></svg>')}]  # fmt: skip
    shown = [{"output_type": "display_data", "data": {kind: content}, "metadata": {kind: {"alt": VECTORS[0]}}}
             for bundle in bundles for kind, content in bundle.items()]  # fmt: skip
    said = [{"output_type": "stream", "name": "stdout", "text": vector} for vector in VECTORS]
    raised = [{"output_type": "error", "ename": vector, "evalue": vector, "traceback": [vector]} for vector in VECTORS]
    attached = cell('![x](attachment:a"><script>) ![y](attachment:b)', "markdown")
    attached["attachments"] = {'a"><script>': {"image/png": VECTORS[0]}, "b": {"text/html": VECTORS[0]}}
    prose = [cell(vector, kind) for vector in VECTORS for kind in ("markdown", "raw", "code")]
    outputs = [cell("x", outputs=[output]) for output in [*shown, *said, *raised]]
    return [*TASK, *prose, attached, *outputs, {**TASK[0], "cell_type": VECTORS[0]}]


def asked_by(opened):
    """The addresses that a page asks for, as they come; what it holds itself does not count."""
    asked = []
    opened.on("request", lambda request: None if request.url.startswith("data:") else asked.append(request.url))
    return asked


@pytest.mark.parametrize("policy", [True, False], ids=["with the policy", "without the policy"])
def test_nothing_that_a_student_wrote_runs(browser, tmp_path_factory, policy):
    """No script runs, no address is asked for, no dialog opens and the page stays: with and without its policy."""
    checks = tuple(replace(WRONG.checks[1], name=vector, message=vector) for vector in VECTORS)
    bad = replace(WRONG, checks=checks, notes=tuple(VECTORS))
    html = made(hostile(), {"f": bad}, standing({"f": "\n\n".join(VECTORS)}), student=VECTORS[0], assignment=VECTORS[1],
                reason=VECTORS[0], repairs=[*map(repair_of, VECTORS)], find=lambda source: None)  # fmt: skip
    if not policy:
        html = html.replace("Content-Security-Policy", "no-policy")
    path = written(tmp_path_factory, html)
    with lab.watched_page(browser) as (opened, wrong):
        dialogs, asked = [], asked_by(opened)
        opened.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        opened.goto(path.as_uri())
        opened.wait_for_load_state("networkidle")
        for link in opened.locator("a:not([href^='#'])").all():
            assert link.get_attribute("href") in (None, "x"), link.get_attribute("href")
        opened.locator("details").evaluate_all(OPEN)
        assert opened.evaluate("window.ran") is None
        assert 0 == opened.locator("script, iframe, object, embed, form, input, link, base, svg, style ~ style").count()
        assert [path.as_uri()] == asked and [] == dialogs
        # a refusal is logged as an error: there was not even something to refuse
        assert [] == wrong
    assert len(VECTORS) > 30 and RUNS in html and student_page.MAX_PAGE > len(html)


def test_it_prints_without_the_lesson(page, pages, tmp_path_factory):
    """On paper, eight tasks with thirteen gaps each take at most six pages, and right work takes one."""
    gaps = [replace(WRONG.checks[1], name=f"d{n}", message=f"`d{n}[0, 0]` is 1; expected 2. " * 3) for n in range(13)]
    wrong = replace(WRONG, checks=tuple(gaps), diagnosis=replace(WRONG.diagnosis, hint="Which term is missing? " * 9))
    worst = written(tmp_path_factory, made(TASK * 40, {f"f{n}": wrong for n in range(8)}))
    for path, most in ((worst, 6), (pages["ada"], 1), (pages["leo"], 1), (pages["fay"], 3)):
        page.goto(path.as_uri())
        assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) <= most


def test_paper_has_no_fold_and_the_code_of_each_line(page, tmp_path_factory):
    """Printed, the further gaps are counted in words, and a wrong line is quoted, since the notebook is not there."""
    gaps = tuple(replace(WRONG.checks[1], name=f"d{n}") for n in range(5))
    wrong = replace(WRONG, checks=gaps, lines=(Line(1, "y", "value", None, "`y` is wrong."),))
    page.goto(written(tmp_path_factory, made(TASK, {"f": wrong})).as_uri())
    assert page.get_by_text("2 more", exact=True).is_visible() and 0 == page.locator(".paper:visible").count()
    page.emulate_media(media="print")
    assert 0 == page.locator("summary:visible").count()
    quoted, more = page.locator(".lines .paper"), page.get_by_text("2 more, which")
    assert more.is_visible() and quoted.is_visible() and TASK[0]["source"].split("\n")[0] in quoted.inner_text()
