"""The concept questions beside the lessons: each is asked once, and each choice has its reply."""

import json
import re
import subprocess
import sys

import pytest
from nbformat.v4 import new_code_cell

from autograder import demo
from autograder.course.course import Course
from autograder.nbgrader_bridge import release
from autograder.notebooks import reading
from tests.helpers.courses import NAME, ROOT, run

FOLDER = ROOT / "notebooks"
QUESTIONS = json.loads((FOLDER / "quiz.json").read_text(encoding="utf-8"))
ASKED = [name for path in sorted(FOLDER.glob("*.ipynb")) for cell in json.loads(path.read_text())["cells"]
         for name in re.findall(r'^ask\("([\w-]+)"\)$', "".join(cell["source"]), re.MULTILINE)]


@pytest.fixture
def quiz(beside):
    """The module that the lessons import."""
    return beside("quiz")


def test_each_question_is_asked_once():
    """The lessons ask every question of the file, none twice, and no other."""
    assert sorted(QUESTIONS) == sorted(ASKED)


@pytest.mark.parametrize("name", QUESTIONS)
def test_one_choice_is_right_and_each_has_a_reply(quiz, name):
    """One of three or four choices is right; a reply gives a reason of its own, and does not begin with a verdict."""
    question = quiz.ask(name)
    verdicts = [question.answer(letter).startswith("Yes.") for letter in question.choices]
    assert 1 == sum(verdicts) and len(verdicts) in (3, 4)
    assert len({*question.replies.values()}) == len(verdicts) == len({*question.choices.values()})
    assert all(60 <= len(reply) <= 300 for reply in question.replies.values())
    assert not any(re.match(r"(yes|no|right|wrong)\b", reply, re.IGNORECASE) for reply in question.replies.values())


def test_the_right_choice_has_no_habit(quiz):
    """No letter is right in more than half of the questions, and the longest choice neither."""
    questions = [quiz.ask(name) for name in QUESTIONS]
    right = [next(x for x in q.choices if quiz.digest(q.name, x) == q.right) for q in questions]
    assert max(map(right.count, "abcd")) <= len(right) / 2 + 1
    longest = [max(q.choices, key=lambda x, q=q: len(q.choices[x])) for q in questions]
    assert sum(a == b for a, b in zip(right, longest, strict=True)) <= len(right) / 2 + 1


def test_a_page_folds_each_reply_and_escapes(quiz, monkeypatch, tmp_path):
    """As HTML each choice opens its reply, code is marked, and nothing of the text becomes a tag."""
    made = {"q": {"question": "Is `a < b`?", "right": quiz.digest("q", "b"), "choices": {
        "a": {"text": "<b>", "reply": "It is not."}, "b": {"text": "yes", "reply": "So it is."}}}}
    monkeypatch.setattr(quiz, "FILE", tmp_path / "quiz.json")
    quiz.FILE.write_text(json.dumps(made))
    page = quiz.ask("q")._repr_html_()
    assert 2 == page.count("<details") == page.count("</details>")
    assert "<code>a &lt; b</code>" in page and "&lt;b&gt;" in page and "<b>" not in page
    assert "Yes. So it is." in page and "Not this one. It is not." in page
    assert "Choose one of a, b." == quiz.ask("q").answer("x")
    assert repr(quiz.ask("q")).startswith("Is `a < b`?\n  a) <b>\n  b) yes\n")


@pytest.mark.slow
def test_an_assignment_can_have_questions(tmp_path):
    """With both files in its folder, an assignment's notebook asks: released, in the sandbox, and graded as before."""
    course = demo.make_course(Course(ROOT), tmp_path / "course")
    source = course.root / "source" / NAME
    for name in ("quiz.py", "quiz.json"):
        (source / name).write_bytes((FOLDER / name).read_bytes())
    nb = reading.read_notebook(source / f"{NAME}.ipynb")
    asking = f'from quiz import ask\n\nprint(ask("{min(QUESTIONS)}").answer("a"))'
    nb.cells.append(new_code_cell(asking, id="asking"))
    reading.write_notebook(nb, source / f"{NAME}.ipynb")
    release.release_assignment(course, NAME)
    assert {"quiz.py", "quiz.json"} < {path.name for path in (course.root / "release" / NAME).iterdir()}
    demo.make_class(course, NAME, {"ada": demo.rewritten(0)})
    run(course.root, "autograder", "grade", NAME, "--json", str(tmp_path / "all.json"))
    assert 100 == json.loads((tmp_path / "all.json").read_text())["submissions"][0]["score"]
    graded = reading.read_notebook(course.root / "autograded" / "ada" / NAME / f"{NAME}.ipynb")
    asked = next(cell for cell in graded.cells if 'from quiz import ask' in cell.source)
    said = "".join(output.get("text", "") for output in asked.outputs)
    assert said.startswith(("Yes.", "Not this one."))


def test_the_helper_needs_only_the_standard_library(tmp_path):
    """Both files alone, in an empty folder and without installed packages, ask and answer."""
    for name in ("quiz.py", "quiz.json"):
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    name = min(QUESTIONS)
    code = f"from quiz import ask; q = ask({name!r}); print(q, q.answer('a'))"
    said = subprocess.run([sys.executable, "-X", "utf8", "-S", "-c", code], cwd=tmp_path, check=True,
                          capture_output=True, encoding="utf-8").stdout
    assert QUESTIONS[name]["question"] in said


def test_authors_get_the_digest(quiz):
    """`python quiz.py NAME LETTER` prints what belongs into the file."""
    said = subprocess.run([sys.executable, str(FOLDER / "quiz.py"), "after-tanh", "b"], capture_output=True, check=True)
    assert quiz.digest("after-tanh", "b") == said.stdout.decode().strip() == QUESTIONS["after-tanh"]["right"]
