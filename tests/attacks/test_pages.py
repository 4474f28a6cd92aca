"""Scripts on pages: what a notebook, its outputs or its author's names could make a reader's browser do.

Two pages show a student's work: Formgrader's, in the instructor's login, and the feedback page. Each attack is a
notebook that goes the whole way: run in the sandbox, judged, filled in, shown. The demonstration shows it as nbconvert
does by itself.
"""

import os
import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import nbgrader
import pytest
from bleach._vendor import html5lib  # nbconvert brings it along
from nbconvert.exporters import HTMLExporter
from nbconvert.filters import markdown2html as nbconvert_markdown2html
from nbformat import from_dict
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from traitlets.config import Config, PyFileConfigLoader

from autograder.grade import fill_notebook, judge_notebook
from autograder.model import Repair
from autograder.pages import student_page, verdicts, words
from autograder.pages.sanitizer import as_text, clean_html, markdown2html
from autograder.sandbox import pool
from tests.helpers.sandbox import linux

from .harness import NOTHING, TASK, without_cache

pytestmark = linux
ROOT = Path(__file__).parents[2]
TEMPLATES = os.path.join(os.path.dirname(nbgrader.__file__), "server_extensions", "formgrader", "templates")


@dataclass(frozen=True)
class Scripted:
    """A notebook that wants to run something where it is shown. ``held`` names defences beside the sanitizer."""

    name: str
    markdown: str = "Text"
    code: str = "1"
    functions: str = NOTHING
    held: str = "sanitize"


SHOW = "from IPython.display import *\n"
FORGE = "get_ipython().recorder.finish = lambda: "
ATTACKS = [
    Scripted("a script", "<script>alert(1)</script>"),
    Scripted("a script in a formula", "$$<script>alert(1)</script>$$", held="nbconvert"),
    Scripted("a picture that fails", "<img src=x onerror=alert(1)>"),
    Scripted("a handler without a quote", "<details open ontoggle=alert(1)>a</details>"),
    Scripted("a link that runs", "[a](javascript:alert(1)) <a href='javascript&colon;alert(1)'>b</a>"),
    Scripted("a link with a tab in it", "<a href='java&Tab;script:alert(1)'>b</a>"),
    Scripted("a link that is a page", "[a](data:text/html;base64,PHNjcmlwdD4=) <a href='data:text/html,x'>b</a>"),
    Scripted("a link that is a page, in entities", "<a href='data&#58;text/html,x'>b</a>"),
    Scripted("a picture from elsewhere", "![a](https://elsewhere.example/a.png)"),
    Scripted("a picture from elsewhere, in entities", "<img src='https&#58;//elsewhere.example/a.png'>"),
    Scripted("a picture from elsewhere, after a blank", "<img src=' //elsewhere.example/a.png'>"),
    Scripted("a picture that logs out", "![a](/hub/logout) <img src='&#47;hub/logout'>"),
    Scripted("a frame", "<iframe srcdoc='<script>alert(1)</script>'></iframe>"),
    Scripted("an object", "<object data='x.html'></object><embed src='x.html'>"),
    Scripted("a form", "<form action='/formgrader/api/grade'><button "
                       "formaction='javascript:alert(1)'>a</button></form>"),
    Scripted("another base", "<base href='https://elsewhere.example'><meta http-equiv='refresh' content='0;url=x'>"),
    Scripted("a style over the page", "<style>* {background: url(https://elsewhere.example)}</style>"
                                      "<div style='position: fixed; background: url(//elsewhere.example)'>a</div>"),
    Scripted("a drawing", "<svg onload=alert(1)><script>alert(1)</script><a xlink:href='javascript:alert(1)'/></svg>"),
    Scripted("a tangle of namespaces", "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x "
                                       "onerror=alert(1)&gt;'>"),
    Scripted("a comment that is none", "<!--><img src=x onerror=alert(1)>-->"),
    Scripted("markup in an output", code=SHOW + "HTML('<script>alert(1)</script><img src=x onerror=alert(1)>')"),
    Scripted("markup in a Markdown output", code=SHOW + "display(Markdown('<script>alert(1)</script>'))"),
    Scripted("a drawing in an output", code=SHOW + "SVG('<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\">"
                                                   "<script>alert(1)</script></svg>')", held="nbconvert"),
    Scripted("markup in a table", code=SHOW + "class T:\n"
                                              "    def _repr_html_(self): return '<table><td onclick=alert(1)>"
                                              "</table>'\nT()"),
    Scripted("a script as an output", code=FORGE + "[{'output_type': 'display_data', 'metadata': {}, 'data': "
             "{'application/javascript': 'alert(1)', 'text/plain': 'a'}}]", held="outputs"),
    Scripted("a picture that closes its tag", code=FORGE + "[{'output_type': 'display_data', 'metadata': {}, 'data': "
             "{'image/png': '\\\"><script>alert(1)</script>', 'text/plain': 'a'}}]", held="outputs"),
    Scripted("a picture of a script's width", code=FORGE + "[{'output_type': 'display_data', 'data': {'image/png': "
             "'aGFsbG8='}, 'metadata': {'image/png': {'width': '1 onerror=alert(1)'}}}]", held="outputs"),
    Scripted("printed markup", code="print('<script>alert(1)</script>\\x1b[31m<img src=x "
                                    "onerror=alert(1)>\\ud800\\x00')",
             held="nbconvert"),
    Scripted("markup in an error", code="raise type('<img src=x onerror=alert(1)>', (Exception,), "
                                        "{})('<script>alert(1)')",
             held="nbconvert"),
    Scripted("markup in what the judge quotes", functions=f"def {TASK}(*a):\n    raise ValueError('<script>alert(1)"
             "</script>`<img src=x onerror=alert(1)>`')", held="render"),
    Scripted("markup in a type's name", functions=f"def {TASK}(*a):\n    return (type('<script>alert(1)</script>', (), "
             "{})(),) * 3", held="render"),
    Scripted("markup in a function's name", functions="def f(*a):\n    raise KeyError\n"
             f"f.__name__ = f.__qualname__ = '<script>alert(1)</script>'\n{TASK} = f", held="judge"),
]  # fmt: skip
STUDENT = "mallory"


# ---- pages --------------------------------------------------------------------------------------------------


def shown(attack, sandbox, assignment):
    """Return an attacker's notebook after grading, and its report."""
    assignment = replace(assignment, tasks={TASK: assignment.tasks[TASK]})
    metadata = {"nbgrader": {"grade_id": TASK, "solution": True, "grade": False, "locked": False, "task": False,
                             "schema_version": 3}}
    tests = {"nbgrader": {"grade_id": f"{TASK}_tests", "solution": False, "grade": True, "locked": True, "task": False,
                          "points": 15, "schema_version": 3}}
    cells = [new_markdown_cell(attack.markdown, id="a"), new_code_cell(attack.code, id="b"),
             new_code_cell(attack.functions, id="c", metadata=metadata), new_code_cell("", id="d", metadata=tests)]
    nb = new_notebook(cells=cells)
    report = judge_notebook(nb, assignment, sandbox, student=STUDENT)
    assert ("graded", 0) == (report.status, report.score)
    return fill_notebook(nb, report), report


@cache
def exporter(sanitized):
    config = Config(PyFileConfigLoader("nbgrader_config.py", str(ROOT)).load_config()) if sanitized else Config()
    return HTMLExporter(template_name="formgrade", extra_template_basedirs=[TEMPLATES], config=config)


def formgrader_page(nb, sanitized=True):
    """Return the page on which the instructor looks at one notebook."""
    resources = {"assignment_id": "a", "notebook_id": "a", "submission_id": "1", "index": 0, "total": 1, "base_url": "",
                 "student": STUDENT, "last_name": "", "first_name": "", "notebook_path": ""}
    return exporter(sanitized).from_notebook_node(nb, resources=resources)[0]


def page_of_feedback(nb, report):
    return student_page.make_page(nb, replace(report, assignment="a", student=STUDENT), None)


RUNS = {"script", "iframe", "object", "embed", "base", "form", "button", "input", "link", "meta", "style", "frame",
        "applet", "animate", "set"}
ADDRESSES = {"href", "src", "srcset", "action", "formaction", "data", "poster", "background", "srcdoc"}
PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[a-z0-9+/=]*$|data:image/svg\+xml[;,]|[\w.-][^:\\]*$")


def found_in(page):
    """Count what in a page runs, or loads something unasked, parsed as browsers do."""
    found = Counter()
    for element in html5lib.parse(page, treebuilder="etree", namespaceHTMLElements=False).iter():
        tag = str(element.tag).rpartition("}")[2]
        if tag in RUNS:
            found[tag, str(sorted(element.items())), (element.text or "")[:40]] += 1
        for name, value in element.items():
            name, address = name.rpartition("}")[2], re.sub(r"[\x00-\x20]", "", value).lower()
            if name in ADDRESSES and tag == "a":
                bad = re.match(r"(javascript|vbscript|data|file):", address)
            elif name in ADDRESSES:
                bad = not (tag == "img" and PICTURE.match(address))
            else:
                bad = name.startswith("on") or (name == "style" and re.search(r"url\(|position|expression", address))
            found[tag, name, address] += bool(bad)
    return +found


PAGES = {
    "formgrader": lambda nb, report: formgrader_page(nb),
    "feedback": page_of_feedback,
    "nbconvert": lambda nb, report: formgrader_page(nb, sanitized=False),
}


@pytest.fixture(scope="module")
def dangers(strongest, assignment):
    """Return what a notebook's page has of these that a harmless notebook's page has not."""
    plain = shown(Scripted("plain"), strongest, assignment)
    plain = {kind: found_in(make(*plain)) for kind, make in PAGES.items()}
    return lambda kind, nb, report: found_in(PAGES[kind](nb, report)) - plain[kind]


# ---- tests ----------------------------------------------------------------------------------------------------


def test_no_page_runs_anything(attack, strongest, assignment, dangers, harmless):
    """On the instructor's and the student's page nothing runs, loads, or covers the page."""
    with harmless(strongest):
        nb, report = shown(attack, strongest, assignment)
        assert not dangers("formgrader", nb, report)
        assert not dangers("feedback", nb, report)


def test_without_its_defence_it_is_on_the_page(attack, strongest, assignment, dangers, monkeypatch):
    """nbconvert alone shows it once the other defences are off. nbconvert itself escapes some."""
    if attack.held == "outputs":
        monkeypatch.setattr(pool, "clean_outputs", lambda found, limit: tuple(found))
        without_cache(strongest, monkeypatch)
    if attack.held == "render":
        monkeypatch.setattr(words, "escape", lambda text: text)
        monkeypatch.setattr("autograder.grade.outputs_of", verdicts.outputs_of.__wrapped__)
    nb, report = shown(attack, strongest, assignment)
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs = [from_dict(output) for output in cell.outputs]
    assert (attack.held in ("nbconvert", "judge")) == (not dangers("nbconvert", nb, report))


@pytest.mark.parametrize("piece", ["<b>", "<div>\n", "``` \n", "\\begin{a}"])
def test_what_is_too_long_is_shown_as_text(piece):
    """Markdown takes quadratic time. A text longer than a person writes is shown as it is."""
    assert markdown2html(piece * 10_000).startswith("<pre>")
    assert as_text(piece * 100) != nbconvert_markdown2html(piece * 100)


@pytest.mark.parametrize("piece", ["<b>", "<b>a</b><i>", "<b></i>", "<i a=b></x>"])
def test_what_is_nested_too_deep_is_shown_as_text(piece):
    """nh3 takes quadratic time in the depth. Deeper nesting than a page needs is shown as text."""
    assert clean_html(piece * 1000).startswith("<pre>")
    assert not clean_html(piece * 10).startswith("<pre>")


def test_names_and_repairs_are_text(strongest, assignment):
    """A name, a repair and a reason are text on the feedback page, whatever they say."""
    nb, report = shown(Scripted("plain"), strongest, assignment)
    script = "<script>alert(1)</script>"
    repairs = (Repair("unknown name", None, f"cell 3 said it was {script}"),)
    report = replace(report, assignment=script, student=script, repairs=repairs)
    assert "script" not in {tag for tag, *_ in found_in(student_page.make_page(nb, report, None))}
