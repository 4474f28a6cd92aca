"""The feedback page: its sentences in order, and no hidden part."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest

from autograder.model import CellGrade, Line
from autograder.pages import student_page
from autograder.pages.words import sentences
from tests.helpers.feedback import TASK, WRONG, cell, check, made, repair_of, shown, standing, verdict

FOUND = re.compile(r"<h([1-6])\b")


def test_first_the_gap_then_the_diagnosis_then_the_question():
    """Score, gap, fact, diagnosis, question, notebook: in this order, each once."""
    text = shown(made())
    told = ["1 of 3 points", "a[0] is 1; expected 2.", "Seen on the arguments", "without ba", "Which term is missing?",
            "Your notebook", "def f(): ..."]  # fmt: skip
    assert told == sorted(told, key=text.index)


def test_a_fact_that_is_the_diagnosis_too_is_said_once():
    """What a note says and the catalogue repeats is one sentence."""
    says = WRONG.diagnosis.says
    assert 1 == sentences(replace(WRONG, notes=(*WRONG.notes, says))).count(says)


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


def test_cells_are_named_by_their_places():
    """Errors and warnings name cells by the numbers on the page, not by IPython's of the cells that ran."""
    error = {"output_type": "error", "ename": "SyntaxError", "evalue": "invalid (<ipython-input-1-0a9f>, line 2)",
             "traceback": ["Cell \x1b[32mIn[1]\x1b[39m, line 2", "Cell In[7], line 1"]}
    warning = {"output_type": "stream", "name": "stderr", "text": "<ipython-input-1-0a9f>:3: UserWarning: x"}
    text = shown(made([cell("Words", "markdown"), {**cell("f()", outputs=[error, warning]), "execution_count": 1}], {}))
    assert "invalid (cell 2, line 2)" in text and "cell 2:3: UserWarning" in text
    assert "cell 2, line 2 a cell, line 1" in text
    assert "ipython" not in text and "In[" not in text


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
    """The repairs are shown beside the score."""
    assert "The check cell `f_tests` was missing".replace("`", "") in shown(
        made(repairs=[repair_of("The check cell `f_tests` was missing and was put back.")]))


def test_many_gaps_open_on_demand():
    """Three are shown at once, the others behind "2 more"."""
    html = made(tasks={"f": verdict(*(check(f"d{i}", False, f"`d{i}` differs.") for i in range(5)))})
    assert "2 more" in shown(html) and "differ: d0, d1, d2 and 2 more" in shown(html)
    assert html.index("d2</code> differs") < html.index("<details") < html.index("d3</code> differs")


def test_hidden_tests_are_not_on_the_page():
    """Neither the lines between nbgrader's marks nor the marks; what is left of the cell is there."""
    html = made()
    assert "award" not in html and "HIDDEN" not in html
    assert "check(f)" in shown(html)


@pytest.mark.parametrize("marks", [("BEGIN HIDDEN TESTS", "END HIDDEN TESTS"), ("BEGIN MARK SCHEME", "no end")])
def test_a_hidden_part_that_does_not_end_hides_the_rest(marks):
    """The lines after an opening mark stay hidden until its own closing mark."""
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


def test_every_word_from_outside_is_escaped():
    """Names, messages, reasons, comments, errors and text outputs are text."""
    evil = "<script>alert(1)</script>"
    error = {"output_type": "error", "ename": evil, "evalue": evil, "traceback": [evil]}
    stream = {"output_type": "stream", "text": evil}
    bad = verdict(check(evil, False, evil), notes=(evil,), question=evil)
    html = made([*TASK, cell(evil, outputs=[error, stream]), cell(evil, "raw"), cell(evil, "markdown")],
                {"f": bad, evil: bad}, standing({"f": evil}, f_tests=CellGrade(1, None, None, 1, False)),
                student=evil, assignment=evil, reason=evil, repairs=[repair_of(evil)])  # fmt: skip
    assert "<script" not in html
    assert html.count("&lt;script&gt;") > 12


def test_the_page_needs_nothing_from_elsewhere():
    """No script, no link to a style, no picture by address; and a policy that would refuse them."""
    html = made([*TASK, cell("$x$ ![p](https://example.org/p.png)", "markdown")])
    assert not re.search(r"<script|<link|src=\"(?!data:)|@import|url\((?!\"data:)", html)
    assert "default-src 'none'" in html and "script-src" not in html
    assert "A picture that is not here: p" in html


def test_headings_follow_one_another():
    """One h1, and below it no level is left out, whatever levels a notebook uses."""
    html = made([cell("#### deep\n\n# top\n\n###### deepest", "markdown"), cell("## next", "markdown")])
    levels = [int(level) for level in FOUND.findall(html)]
    assert 1 == levels.count(1) and 1 == levels[0]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_a_notebook_without_end_is_cut(monkeypatch):
    """Beyond a bound the page says that it stops."""
    monkeypatch.setattr(student_page, "MAX_PAGE", 1000)
    html = made([cell("print()", outputs=[{"output_type": "stream", "text": "x" * 900}] * 9) for _ in range(50)], {})
    assert len(html) < 40_000 and "too long to be shown" in html


def test_prose_that_takes_long_is_text_from_some_cell_on():
    """Hundreds of cells, or outputs, of emphasis: the first are prose, and the lesson's own beneath them are text."""
    source = "*a " * 200 + " a*" * 200
    output = {"output_type": "display_data", "data": {"text/markdown": source, "text/plain": "plain"}, "metadata": {}}
    for many in ([cell(f"{number}{source}", "markdown") for number in range(100)],
                 [cell("x", outputs=[output] * 20) for _ in range(10)]):
        html = made([*many, cell("A *word*.", "markdown")], {})
        assert "<em>a" in html and "A *word*." in html and "<em>word" not in html
        assert ("plain" in html) == ("outputs" in many[0])
    assert "<em>word" in made([cell("A *word*.", "markdown")] * 300, {})


def test_a_wrong_line_is_marked_in_the_answer():
    """The line of the answer has a mark and the sentence beneath it, and the task's words lead there."""
    says = "This line gives `b` a wrong value. `<ba>` stands there."
    lines = (Line(2, "b", "value", 1, says), Line(3, "c", "value", None, None), Line(99, "d", "value", 0, "Elsewhere."))
    source = cell('def f():\n    b = "<&"\n    c = 2', grade_id="f", solution=True, grade=False)
    html = made([source, TASK[1]], {"f": replace(WRONG, diagnosis=None, lines=lines)})
    (mark,) = re.findall("<mark.*", html)
    assert mark.startswith('<mark id="task-1-line-2">    b ')
    assert "&lt;&amp;" in mark and '</mark><span class="remark">▲ This line gives <code>b</code>' in mark
    assert html.count("<mark ") == 1
    assert '<a href="#task-1-line-2">Line 2</a>, first at step 1: This line gives <code>b</code>' in html
    assert "<ba>" not in html and "None" not in shown(html)
    assert "Which term is different?" not in shown(html)


def test_a_line_that_begins_or_ends_a_text_is_not_marked():
    """A mark would cut the colour of a text of several lines in two."""
    source = cell('def f():\n    """A\n    b = 1\n    """', grade_id="f", solution=True, grade=False)
    html = made([source, TASK[1]], {"f": replace(WRONG, lines=(
        Line(2, "b", "value", None, "Wrong."), Line(4, "b", "value", None, "Wrong.")))})
    assert "<mark " not in html and "Line 2" in shown(html)


def test_what_is_as_released_is_folded():
    """Neighbouring cells of the lesson are in one fold with their heading; changed, own and stopped cells are not."""
    error = {"output_type": "error", "ename": "NameError", "evalue": "x", "traceback": ["x"]}
    lesson = [cell("## The `cell`, *forward*\n\nIt steps.", "markdown"), cell("x = 1")]
    own = [cell("My notes.", "markdown"), cell("y = 1", outputs=[error])]
    released = {("markdown", lesson[0]["source"]), ("code", "x = 1"), ("code", "y = 1"), ("code", TASK[0]["source"])}
    html = made([*lesson, *TASK, *own, cell("x = 1")], released=released)
    assert ["The lesson, cells 1 to 2: The cell, forward", "The lesson, cell 7"] == re.findall(
        r'<details class="lesson"><summary>(.*?)</summary>', html)
    folded = "".join(re.findall(r'<details class="lesson">.*?</details>', html, re.DOTALL))
    assert "It steps." in folded and 2 == folded.count("x = ")
    assert not {"My notes.", "y = ", "def"} & set(re.findall("My notes.|y = |def", folded))
    assert 'class="lesson"' not in made([*lesson, *TASK])
