"""The feedback page: what a student is told, in which order, and what never stands on it."""

import base64
import os
import re
import signal
import stat
from dataclasses import replace
from datetime import datetime
from html import unescape
from itertools import pairwise

import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from autograder import demo
from autograder.batch import feedback
from autograder.course.course import Course
from autograder.errors import CourseError, FeedbackError
from autograder.model import CellGrade, Check, Diagnosis, Repair, Report, StudentGrade, Verdict
from autograder.nbgrader_bridge import feedback as bridge
from autograder.nbgrader_bridge import release
from autograder.nbgrader_bridge.feedback import FeedbackPage
from autograder.notebooks import reading
from autograder.pages import markup, sanitizer, student_page
from tests.helpers import pupils
from tests.helpers.courses import NAME, ROOT, change, run

PIXEL = base64.b64encode(b"\x89PNG, as far as anyone here looks").decode()
FOUND = re.compile(r"<h([1-6])\b")


# ---- a page made by hand ----------------------------------------------------------------------------------


def cell(source, kind="code", outputs=(), **nbgrader):
    made = {"cell_type": kind, "source": source, "metadata": {"nbgrader": nbgrader} if nbgrader else {}}
    return {**made, "outputs": list(outputs)} if kind == "code" else made


def check(name, passed=True, message="fine", points=1.0, kind="value"):
    return Check(name, passed, points * passed, points, message, "" if passed else kind)


def verdict(*checks, **more):
    return Verdict("f", sum(c.points for c in checks), sum(c.max_points for c in checks), checks, **more)


def mended(text):
    return Repair("cell missing", None, text)


def standing(comments=None, penalty=0.0, **grades):
    return StudentGrade("s1", "Ada", "Lovelace", None, None, datetime(2026, 11, 20, 12), datetime(2026, 11, 20, 10),
                    penalty, sum(grade.max_score for grade in grades.values()), True, grades, comments or {})


TASK = [cell("def f(): ...", grade_id="f", solution=True, grade=False),
        cell("check(f)\n### BEGIN HIDDEN TESTS\naward(f)\n### END HIDDEN TESTS", grade_id="f_tests", grade=True)]
WRONG = verdict(
    check("returns", points=0), check("a", False, "`a[0]` is 1; expected 2."), check("b"),
    check("arguments", False, "Can be judged once an output is right.", kind="waiting"),
    diagnosis=Diagnosis("no_ba", "`a` is what one gets without `ba`.", "Which term is missing?"),
    notes=("Seen on the arguments of the check cell.",), question="Which term is different?")  # fmt: skip


def made(notebook_cells=TASK, tasks=None, standing=None, find=lambda source: None, **report):
    verdicts = tuple(replace(each, task=task) for task, each in ({"f": WRONG} if tasks is None else tasks).items())
    report = Report(**{"assignment": "a1", "student": "s1", "status": "graded", "verdicts": verdicts, **report})
    nb = {"cells": notebook_cells} if notebook_cells is not None else None
    return student_page.make_page(nb, report, standing, find)


def shown(html):
    """What a reader of the page sees, roughly."""
    body = re.sub(r"<(style|head|title)\b.*?</\1>", "", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", body))


def test_first_the_gap_then_the_diagnosis_then_the_question():
    """Score, gap, fact, diagnosis, question, notebook: in this order, each once told."""
    text = shown(made())
    told = ["1 of 3 points", "a[0] is 1; expected 2.", "Seen on the arguments", "without ba", "Which term is missing?",
            "Your notebook", "def f(): ..."]  # fmt: skip
    assert told == sorted(told, key=text.index)


def test_what_cannot_be_judged_yet_is_not_told():
    """A check that waits for another, and the judge's general question where there is a hint, stay out."""
    text = shown(made())
    assert "Can be judged" not in text and "Which term is different?" not in text
    assert "Right already: b." in text


def test_a_call_that_does_not_come_back_is_all_there_is_to_say():
    """The outputs of such a call are not listed one by one."""
    stopped = verdict(check("returns", False, "`f` ran past 5 s.", 0),
                      check("a", False, "Can be judged", 1.0, "waiting"), question="What ends the loop?")  # fmt: skip
    text = shown(made(tasks={"f": stopped}))
    assert "nothing to compare yet" in text and "ran past 5 s" in text and "What ends the loop?" in text
    assert "Can be judged" not in text


def test_the_error_of_an_answers_cell_is_told_with_its_gap():
    """A function that is not defined, since its cell has a syntax error: that error stands beside the gap."""
    error = {"output_type": "error", "ename": "SyntaxError", "evalue": "'(' was never closed", "traceback": []}
    missing = verdict(check("returns", False, "`f` is not defined.", 0))
    text = shown(made([cell("def f(:", outputs=[error], grade_id="f", solution=True), TASK[1]], {"f": missing}))
    assert "f is not defined. Cell 1, your answer, stops with this error: SyntaxError: &#39;(&#39; was" in text


def test_a_task_that_is_not_done_needs_no_more_words():
    """Its row says "not done yet" and leads to its cell."""
    note = "`f` is not done yet: its cell is as it was released."
    html = made(tasks={"f": verdict(check("a", False, "`a` is None."), notes=(note,), untouched=True)})
    assert "not done yet" in shown(html) and '<a href="#cell-1"><code>f</code></a>' in html
    assert "is None" not in shown(html)


def test_the_gradebook_has_the_last_word_on_scores():
    """A person's points, extra credit, comment and the penalty are shown; the total is the gradebook's."""
    grade = CellGrade(1.0, 2.5, 0.5, 3.0, False)
    text = shown(made(standing=standing({"f": "Well *tried*."}, penalty=1.0, f_tests=grade)))
    assert "2 of 3 points" in text  # 2.5 + 0.5 - 1
    assert "A person gave 2.5 of 3 points, in place of the 1 given automatically, 0.5 points extra." in text
    assert "Well tried." in text
    assert "3 points; 1 is taken off: handed in 2 hours after the due date (20 November 2026, 10:00 UTC)" in text
    assert "Ada Lovelace (s1) · handed in 20 November 2026, 12:00 UTC" in text


def test_an_answer_that_waits_for_a_person_is_no_zero():
    """It is "not graded yet", and the total "so far"."""
    answer = cell("My answer", "markdown", grade_id="essay", solution=True, grade=True)
    text = shown(made([answer], {}, standing(essay=CellGrade(None, None, None, 5.0, True))))
    assert "0 of 5 points so far" in text and "not graded yet: a person will read it" in text


def test_no_response_is_said_in_our_words():
    """nbgrader's automatic comment is not shown as a person's."""
    grade = CellGrade(0.0, None, None, 3.0, False)
    assert "From your grader" not in shown(made(standing=standing({"f": "No response."}, f_tests=grade)))


def test_a_task_judged_apart_from_another_names_it():
    """A right loop over a wrong cell: right, judged with a correct one beneath."""
    over = verdict(check("a"), blamed_on="g", notes=("Judged with a correct `g` in place of yours.",))
    assert "✓ right, judged with a correct g beneath it" in shown(made(tasks={"f": over}))


def test_what_was_not_graded_has_no_score():
    """The reason instead, and neither points nor notebook."""
    text = shown(made(None, {}, status="not graded", reason="a1.ipynb: the file is empty"))
    assert "Not graded yet" in text and "a1.ipynb: the file is empty" in text
    assert not re.search(r"\d of \d", text) and "Your notebook" not in text


def test_repairs_are_told():
    """What had to be mended stands beside the score."""
    assert "The check cell `f_tests` was missing".replace("`", "") in shown(
        made(repairs=[mended("The check cell `f_tests` was missing and was put back.")]))


def test_many_gaps_open_on_demand():
    """Three are shown at once, the others behind "2 more"."""
    html = made(tasks={"f": verdict(*(check(f"d{i}", False, f"`d{i}` differs.") for i in range(5)))})
    assert "2 more" in shown(html) and "differ: d0, d1, d2 and 2 more" in shown(html)
    assert html.index("d2</code> differs") < html.index("<details") < html.index("d3</code> differs")


# ---- what graders see alone -------------------------------------------------------------------------------


def test_hidden_tests_are_not_on_the_page():
    """Neither the lines between nbgrader's marks nor the marks; what is left of the cell is there."""
    html = made()
    assert "award" not in html and "HIDDEN" not in html
    assert "check(f)" in shown(html)


@pytest.mark.parametrize("marks", [("BEGIN HIDDEN TESTS", "END HIDDEN TESTS"), ("BEGIN MARK SCHEME", "no end")])
def test_a_hidden_part_that_does_not_end_hides_the_rest(marks):
    """Whatever comes after an opening mark stays hidden until its own closing mark."""
    source = f"assert 1\n### {marks[0]}\nsecret\n### {marks[1]}"
    assert "secret" not in made([cell(source, grade_id="x", grade=True)], {})


def test_a_students_own_cell_is_shown_whole():
    """A mark in an answer hides nothing of it."""
    source = "# BEGIN HIDDEN TESTS\nmine = 1"
    assert "mine = 1" in shown(made([cell(source, grade_id="f", grade=True, solution=True), cell(source)], {}))


def test_the_traceback_of_a_hidden_test_is_not_shown():
    """nbgrader puts the hidden lines into it; the message alone is for the student."""
    error = {"output_type": "error", "ename": "AssertionError", "evalue": "too small",
             "traceback": ["----> 3 assert f(17) == 4711"]}  # fmt: skip
    source = "### BEGIN HIDDEN TESTS\nassert f(17) == 4711\n### END HIDDEN TESTS"
    html = made([cell(source, outputs=[error], grade_id="x", grade=True)], {})
    assert "4711" not in html and "AssertionError: too small" in shown(html)
    assert "4711" in made([cell("f(17)", outputs=[error])], {})


# ---- what must not run ------------------------------------------------------------------------------------

EVIL = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)></svg>",
    "[x](javascript:alert(1))", "<a href='JaVaScRiPt:alert(1)'>x</a>", "<a href='data:text/html,<script>1</script>'>x",
    "<iframe src=//evil></iframe>", "<meta http-equiv=refresh content='0;url=//evil'>", "<base href=//evil>",
    "<form action=//evil><button>x</button></form>", "<style>*{background:url(//evil)}</style>",
    "<p style='background:url(//evil);position:fixed'>x</p>", "<object data=//evil></object><embed src=//evil>",
    "<link rel=stylesheet href=//evil>", "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
    r"$\href{javascript:alert(1)}{x}$", r"$\text{<img src=x onerror=alert(1)>}$", "$<script>alert(1)</script>$",
    '![" onerror="alert(1)](figures/x.svg)', "![x](//evil/x.png)", "![<script>alert(1)</script>](x.png)",
    '![$"><script>alert(1)</script>$](x.png)', "`</code><script>alert(1)</script>`",
    "<details open ontoggle=alert(1)><summary>x</summary></details>", "<img src='data:text/html,<script>1</script>'>",
    "<template><script>1</script></template>", "<noscript><p title='</noscript><script>1</script>'>",
    "<h1 id=notebook onclick=alert(1)>x</h1>", "<textarea><script>alert(1)</script>", "<!--><script>1</script>-->",
    "```html\n<script>alert(1)</script>\n```", "<a href=x target=_top>x", "<input autofocus onfocus=alert(1)>",
]  # fmt: skip
NOT_ALLOWED = re.compile(
    r"<(?!/?(?:{})\b)[a-z/!]|<[^>]*\s(?:on\w+|target|srcset|action|formaction|data|id)\s*=|(?:src|href)=\"(?!data:image/|#|x\"|x\.|http)"
    .format("|".join([*sanitizer.TAGS, "math|m[a-z]+|semantics|annotation"])), re.IGNORECASE)  # fmt: skip


@pytest.mark.parametrize("source", EVIL)
def test_no_prose_can_run(source):
    """Of hostile Markdown only harmless tags and attributes are left, also where it comes as an output."""
    html = str(markup.with_pictures(markup.prose_html(source), lambda source: None, 1))
    output = {"output_type": "display_data", "data": {"text/html": source, "text/plain": ""}, "metadata": {}}
    html += "".join(markup.with_pictures(piece, lambda source: None, 1) for piece in markup.outputs_html(
        {"outputs": [output]}, 1))
    html = html.replace(' class="', " ").replace(' tabindex="0"', "")
    tags = re.findall(r"<(?:\"[^\"]*\"|[^>\"])*>", html)
    assert [] == [tag for tag in tags if NOT_ALLOWED.search(tag)]
    assert "javascript:" not in "".join(tags).lower() and "evil" not in "".join(tags)


def test_every_word_from_outside_is_escaped():
    """Names, messages, reasons, comments, errors and text outputs are text."""
    evil = "<script>alert(1)</script>"
    error = {"output_type": "error", "ename": evil, "evalue": evil, "traceback": [evil]}
    stream = {"output_type": "stream", "text": evil}
    bad = verdict(check(evil, False, evil), notes=(evil,), question=evil)
    html = made([*TASK, cell(evil, outputs=[error, stream]), cell(evil, "raw"), cell(evil, "markdown")],
                {"f": bad, evil: bad}, standing({"f": evil}, f_tests=CellGrade(1, None, None, 1, False)),
                student=evil, assignment=evil, reason=evil, repairs=[mended(evil)])  # fmt: skip
    assert "<script" not in html
    assert html.count("&lt;script&gt;") > 12


def test_the_page_needs_nothing_from_elsewhere():
    """No script, no link to a style, no picture by address; and a policy that would refuse them."""
    html = made([*TASK, cell("$x$ ![p](https://example.org/p.png)", "markdown")])
    assert not re.search(r"<script|<link|src=\"(?!data:)|@import|url\((?!\"data:)", html)
    assert "default-src 'none'" in html and "script-src" not in html
    assert "A picture that is not here: p" in html


@pytest.mark.parametrize("name", ["application/javascript", "application/vnd.jupyter.widget-view+json"])
def test_a_script_output_is_left_out_and_that_is_said(name):
    """A note stands in its place."""
    output = {"output_type": "display_data", "data": {name: "alert(1)", "text/plain": "<IPython.Javascript>"}}
    assert "A script or widget that this cell showed is left out" in "".join(markup.outputs_html({"outputs": [output]}, 1))


@pytest.mark.parametrize(
    "source", ["[" * 19_000, "**a" * 6_000, "> " * 9_000, "<div>" * 4_000, "$" + "{" * 5_000 + "$", "\\frac" * 3_000,
               "$" + r"\newcommand{\a}{\a\a}\a" + "$", "|a" * 9_000, "x\x00\x1b[31m\ud800", "- " * 9_000, "x" * 30_000]
)  # fmt: skip
def test_prose_beyond_reason_is_still_shown(source):
    """Deep, long or odd sources give some HTML; none stops the page."""
    assert markup.prose_html(source)


# ---- prose, pictures, outputs -----------------------------------------------------------------------------


def formulas():
    paths = [ROOT / "source" / NAME / f"{NAME}.ipynb", *(ROOT / "notebooks").glob("*.ipynb")]
    cells = [cell for path in paths for cell in reading.read_notebook(path).cells]
    prose = [cell.source for cell in cells if cell.cell_type == "markdown"]
    text = "\n\n".join(re.sub(r"```.*?```|`[^`]*`", "", source, flags=re.DOTALL) for source in prose)
    found = re.findall(r"\$\$(.+?)\$\$|(?<![\\$])\$(.+?)(?<![\\$])\$", text, flags=re.DOTALL)
    return sorted({block or inline for block, inline in found})


def test_every_formula_of_the_course_becomes_mathml():
    """None is left as it was written."""
    assert 100 < len(formulas())
    assert [] == [tex for tex in formulas() if "<math" not in markup.formula(tex.strip(), True)]


def test_a_formula_that_is_not_understood_stays_readable():
    """It is shown as it was written."""
    assert r"<p><code>\href{x}{y} &lt; z</code></p>" == markup.prose_html(r"$\href{x}{y} < z$").strip()


def test_headings_follow_one_another():
    """One h1, and below it no level is left out, whatever levels a notebook uses."""
    html = made([cell("#### deep\n\n# top\n\n###### deepest", "markdown"), cell("## next", "markdown")])
    levels = [int(level) for level in FOUND.findall(html)]
    assert 1 == levels.count(1) and 1 == levels[0]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_a_courses_figure_is_inside_the_page():
    """A file beside the source notebook becomes a data address, and its text stays its alternative."""
    find = bridge.picture_finder(Course(ROOT), NAME, "nobody")
    html = made([cell("![The cell.](figures/rnn-cell.svg)", "markdown")], {}, find=find)
    assert re.search(r'<img src="data:image/svg\+xml,[^"]+" alt="The cell\.">', html)


@pytest.mark.parametrize("source", [
    "../../.autograder-secret", "/etc/passwd", "rnn-step-by-step.ipynb", "../../docs/check-cell.png", "figures", "",
    "figures/../../../docs/check-cell.png", "%2e%2e/%2e%2e/docs/check-cell.png", "no-such.png", "x\0.png", "a" * 5000,
])  # fmt: skip
def test_only_pictures_beside_the_notebook_are_shown(source):
    """No other file and no other folder is opened for a name in a student's notebook."""
    assert bridge.picture_finder(Course(ROOT), NAME, "nobody")(source) is None


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    """A symbolic link to a picture elsewhere shows nothing."""
    folder = tmp_path / "autograded" / "s1" / "a1"
    folder.mkdir(parents=True)
    (tmp_path / "elsewhere.png").write_bytes(b"png")
    (folder / "x.png").symlink_to(tmp_path / "elsewhere.png")
    (folder / "y.png").write_bytes(b"png")
    find = bridge.picture_finder(Course(tmp_path), "a1", "s1")
    assert find("x.png") is None and "data:image/png;base64,cG5n" == find("y.png")


def test_figures_have_words():
    """A figure without its own text is named by its cell; an attachment is shown by its own."""
    figure = {"output_type": "display_data", "data": {"image/png": PIXEL, "text/plain": "<Figure>"}, "metadata": {}}
    own = {**figure, "metadata": {"image/png": {"alt": "a \"loss\" that falls"}}}
    attached = cell("![mine](attachment:a.png) <img src='attachment:a.png'>", "markdown")
    attached["attachments"] = {"a.png": {"image/png": PIXEL}}
    html = made([cell("plot()", outputs=[figure, own]), attached], {})
    assert 1 == html.count('alt="Figure drawn by cell 1"') == html.count('alt="a &#34;loss&#34; that falls"')
    assert 1 == html.count('alt="mine"') == html.count('alt="Picture in cell 2"')
    assert 4 == html.count(f"data:image/png;base64,{PIXEL}")


def test_text_is_shown_as_a_terminal_leaves_it():
    """Colours go, a progress bar keeps its last state, and of a flood head and tail are kept."""
    assert "error at 100 %\n" == clean_text("\x1b[31merror\x1b[0m at 1 %\rerror at 100 %\n")
    flood = clean_text("a" * 50_000 + "z")
    assert len(flood) < 21_000 and flood.startswith("aaa") and flood.endswith("az") and "left out" in flood


def test_a_notebook_without_end_is_cut(monkeypatch):
    """Beyond a bound the page says that it stops."""
    monkeypatch.setattr(student_page, "MAX_PAGE", 1000)
    html = made([cell("print()", outputs=[{"output_type": "stream", "text": "x" * 900}] * 9) for _ in range(50)], {})
    assert len(html) < 40_000 and "too long to be shown" in html


def test_code_is_marked_by_kind():
    """Keywords, strings of several lines, comments and numbers have their classes; nothing is lost."""
    source = 'def f(x):\n    """Two\n    lines."""\n    return x < 2  # small\n'
    html = markup.code_html(source)
    assert source == unescape(re.sub(r"<[^>]*>", "", html))
    for kind, word in (("k", "def"), ("f", "f"), ("s", '&#34;&#34;&#34;Two\n    lines.&#34;&#34;&#34;'), ("m", "2"),
                       ("c", "# small")):  # fmt: skip
        assert f'<span class="{kind}">{word}</span>' in html


# ---- a class ----------------------------------------------------------------------------------------------

PUPILS = ("ada", "dora", "leo")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A graded class of three, as it came through the exchange, with its feedback written."""
    folder = demo.make_course(Course(ROOT), tmp_path_factory.mktemp("feedback") / "course").root
    release.release_assignment(Course(folder), NAME)
    demo.make_class(Course(folder), NAME, {pupil: pupils.PUPILS[pupil] for pupil in PUPILS})
    for pupil in PUPILS:
        (folder / "submitted" / pupil / NAME / "timestamp.txt").write_text("2026-11-20 12:00:00 UTC")
        (folder / "submitted" / pupil / NAME / "submission_secret.txt").write_text(f"secret of {pupil}")
    run(folder, "autograder", "grade", NAME)
    problems = feedback.write_feedback(Course(folder), NAME, PUPILS)
    assert dict.fromkeys(PUPILS) == problems
    return folder


def resources_of(student, name):
    """What nbgrader's converter tells an exporter."""
    return {"nbgrader": {"student": student, "assignment": name, "notebook": name}}


def written(course, student):
    return (course / "feedback" / student / NAME / f"{NAME}.html").read_text(encoding="utf-8")


def test_the_class_is_told_what_the_judge_found(course):
    """Points, the diagnosis for the one mistake, and nothing to mend for a right notebook."""
    assert "100 of 100 points" in shown(written(course, "ada")) and "Everything is right." in shown(
        written(course, "ada"))
    assert "85 of 100 points" in shown(written(course, "dora"))
    assert "a_next is what one gets without the bias ba." in shown(written(course, "dora"))
    assert "Nothing was filled in yet" in shown(written(course, "leo"))


def test_no_solution_and_no_hidden_test_is_handed_out(course, assignment):
    """On the page of an untouched notebook stands no line of a solution that is not in the release."""
    text = shown(written(course, "leo"))
    assert "award" not in text and "HIDDEN TESTS" not in text and "autograder" not in text
    nb = reading.read_notebook(course / "release" / NAME / f"{NAME}.ipynb")
    released = "\n".join(cell.source for cell in nb.cells)
    lines = {line.strip() for source in assignment.reference.sources.values() for line in source.splitlines()}
    secret = [line for line in lines if len(line) > 12 and line not in released]
    assert 40 < len(secret)
    assert [] == [line for line in secret if re.sub(r"\s+", " ", line) in unescape(text)]


def test_pages_are_where_nbgrader_looks_for_them(course):
    """Readable by all and writable by the owner, with the two files that release_feedback reads beside them."""
    folder = course / "feedback" / "dora" / NAME
    assert {f"{NAME}.html", "timestamp.txt", "submission_secret.txt"} == {path.name for path in folder.iterdir()}
    assert {0o644} == {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert "secret of dora" == (folder / "submission_secret.txt").read_text()


def test_nbgrader_releases_the_page(course, tmp_path):
    """nbgrader release_feedback puts each page into the exchange under the submission's checksum."""
    from nbgrader.utils import notebook_hash

    run(course, "nbgrader", "release_feedback", NAME, f"--Exchange.root={tmp_path}", "--Exchange.assignment_dir=.")
    for pupil in PUPILS:
        checksum = notebook_hash(secret=f"secret of {pupil}", notebook_id=NAME)
        released = tmp_path / "rnn" / "feedback" / f"{checksum}.html"
        assert written(course, pupil) == released.read_text(encoding="utf-8")


def test_nbgraders_own_command_leaves_the_same(course):
    """nbgrader generate_feedback, behind Formgrader's button too, writes our pages and what is released with them."""
    before = {path: path.read_bytes() for path in (course / "feedback").rglob("*") if path.is_file()}
    assert 3 * len(PUPILS) == len(before)
    run(course, "nbgrader", "generate_feedback", NAME, "--force")
    assert before == {path: path.read_bytes() for path in before}
    assert {0o644} == {stat.S_IMODE(path.stat().st_mode) for path in before}


def test_a_notebook_without_tasks_of_ours_gets_nbgraders_page(course, tmp_path, monkeypatch):
    """Another assignment of the course is exported as nbconvert does."""
    from nbconvert.exporters import HTMLExporter

    monkeypatch.chdir(course)
    path = tmp_path / "essay.ipynb"
    reading.write_notebook(new_notebook(cells=[new_markdown_cell("My *answer*", id="answer")]), path)
    pages = [exporter().from_filename(str(path), resources_of("ada", "essay"))[0]
             for exporter in (FeedbackPage, HTMLExporter)]  # fmt: skip
    assert "My <em>answer</em>" in pages[0]
    assert pages[0] == pages[1]


def test_writing_again_gives_the_same_bytes(course):
    """The page depends on nothing but what is known of the submission."""
    before = written(course, "dora")
    feedback.write_feedback(Course(course), NAME, ["dora"])
    assert before == written(course, "dora")


def test_a_persons_points_and_words_reach_the_page(course):
    """What Formgrader writes into the gradebook is shown the next time the page is written."""
    one = """WHERE cell_id = (SELECT id FROM base_cell WHERE name = '{}') AND notebook_id = (
        SELECT n.id FROM submitted_notebook n JOIN submitted_assignment s ON s.id = n.assignment_id
        WHERE s.student_id = 'leo')"""
    change(course, f"UPDATE grade SET manual_score = 4 {one.format('rnn_forward_tests')}")
    change(course, f"UPDATE comment SET manual_comment = 'Ask *me*.' {one.format('rnn_forward')}")
    feedback.write_feedback(Course(course), NAME, ["leo"])
    text = shown(written(course, "leo"))
    assert "4 of 100 points" in text and "Ask me." in text
    assert "A person gave 4 of 15 points, in place of the 0 given automatically." in text


def test_a_newer_submission_waits_for_its_own_page(course, monkeypatch):
    """Handed in again and not graded again: no page goes out under the new submission's secret, by neither command."""
    monkeypatch.chdir(course)
    path = course / "autograded" / "ada" / NAME / f"{NAME}.ipynb"
    stamp = course / "submitted" / "ada" / NAME / "timestamp.txt"
    before = stamp.read_text()
    stamp.write_text("2026-11-21 12:00:00 UTC")
    try:
        assert {"ada": "handed in again since it was graded"} == feedback.write_feedback(Course(course), NAME, ["ada"])
        with pytest.raises(FeedbackError, match="handed in again"):
            FeedbackPage().from_filename(str(path), resources_of("ada", NAME))
    finally:
        stamp.write_text(before)


@pytest.mark.parametrize(("submitted", "graded", "newer"), [
    (b"2026-11-20 12:00:00 UTC", b"2026-11-20 12:00:00 UTC", False), (None, None, False), (b"garbled", None, False),
    (b"\xef\xbb\xbf2026-11-20 12:00:00 UTC", b"2026-11-20 12:00:00 UTC", False),
    (b"20/11/2026 12:00", b"2026-11-20 12:00:00 UTC", False),
    (b"2026-11-21 12:00:00 UTC", b"2026-11-20 12:00:00 UTC", True), (b"2026-11-21 12:00:00 UTC", None, True),
    (None, b"2026-11-20 12:00:00 UTC", True),
])  # fmt: skip
def test_only_another_time_is_another_submission(tmp_path, submitted, graded, newer):
    """How a time is written, or one that says nothing, does not hold a page back for ever."""
    for folder, content in (("submitted", submitted), ("graded", graded)):
        (tmp_path / folder).mkdir()
        if content is not None:
            (tmp_path / folder / "timestamp.txt").write_bytes(content)
    assert newer == bridge.is_newer(tmp_path / "submitted", tmp_path / "graded")


def test_one_page_that_fails_does_not_stop_the_others(course, monkeypatch):
    """The problem is named for whom; the next student's page is written."""
    seen, real = [], bridge.make_page

    def failing(nb, report, *more):
        if report.student == "ada":
            raise KeyError("unforeseen")
        return real(nb, report, *more)

    monkeypatch.setattr(bridge, "make_page", failing)
    problems = feedback.write_feedback(Course(course), NAME, ["ada", "dora", "nobody"], lambda *both: seen.append(both))
    assert {"ada": "the page failed: KeyError: 'unforeseen'", "dora": None, "nobody": "not graded yet"} == problems
    assert seen == list(problems.items())


def test_several_processes_write_the_same_pages(course, monkeypatch):
    """A large class is written by more than one process: the same bytes, told in the same order."""
    students, seen = ["ada", "dora", "nobody"], []
    paths = [course / "feedback" / student / NAME / f"{NAME}.html" for student in students[:2]]
    feedback.write_feedback(Course(course), NAME, students)
    before = [(path.read_bytes(), path.unlink()) for path in paths]
    monkeypatch.setattr(feedback, "MANY", 2)
    problems = feedback.write_feedback(Course(course), NAME, students, lambda *both: seen.append(both), jobs=2)
    assert before == [(path.read_bytes(), None) for path in paths]
    assert seen == list(problems.items()) == [("ada", None), ("dora", None), ("nobody", "not graded yet")]


def test_a_killed_process_is_one_line(course, monkeypatch):
    """Whoever kills a process that writes pages ends the command with what to do."""
    monkeypatch.setattr(feedback, "MANY", 2)
    monkeypatch.setattr(bridge, "make_page", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(CourseError, match=r"was killed\. Run it again"):
        feedback.write_feedback(Course(course), NAME, ["ada", "dora"], jobs=2)
