"""A feedback page made by hand."""

import re
from dataclasses import replace
from datetime import datetime

from autograder.model import Check, Diagnosis, Repair, Report, StudentGrade, Verdict
from autograder.pages import student_page


def cell(source, kind="code", outputs=(), **nbgrader):
    made = {"cell_type": kind, "source": source, "metadata": {"nbgrader": nbgrader} if nbgrader else {}}
    return {**made, "outputs": list(outputs)} if kind == "code" else made


def check(name, passed=True, message="fine", points=1.0, kind="value"):
    return Check(name, passed, points * passed, points, message, "" if passed else kind)


def verdict(*checks, **more):
    return Verdict("f", sum(c.points for c in checks), sum(c.max_points for c in checks), checks, **more)


def repair_of(text):
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


def made(notebook_cells=TASK, tasks=None, standing=None, find=lambda source: None, released=(), **report):
    verdicts = tuple(replace(each, task=task) for task, each in ({"f": WRONG} if tasks is None else tasks).items())
    report = Report(**{"assignment": "a1", "student": "s1", "status": "graded", "verdicts": verdicts, **report})
    nb = {"cells": notebook_cells} if notebook_cells is not None else None
    return student_page.make_page(nb, report, standing, find, released)


def shown(html):
    """Return the text that a reader of the page sees, roughly."""
    body = re.sub(r"<(style|head|title)\b.*?</\1>", "", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", body))

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
