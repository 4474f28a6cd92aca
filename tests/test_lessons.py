"""The lessons' prose: links lead somewhere, formulas parse, names in it exist; and the lessons without tasks run."""

import builtins
import json
import keyword
import re
from functools import cache

import numpy as np
import pytest
from math_core import LatexToMathML

from autograder.notebooks import reading
from tests.helpers.courses import ROOT

READ = sorted(ROOT.glob("notebooks/*.ipynb"))
LESSONS = sorted([*ROOT.glob("source/*/*.ipynb"), *READ])
FENCED, INLINE = re.compile(r"```.*?```", re.DOTALL), re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
FORMULA = re.compile(r"\$\$(.+?)\$\$|\$(?!\s)([^$\n]+?)(?<!\s)\$", re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s#]+)(?:#[^)]*)?\)")
NAME = re.compile(r"[A-Za-z_]\w*")
#: What is typed in a terminal, and not in a cell.
COMMAND = re.compile(r"(make|autograder|nbgrader|jupyter|pip|python|\.) ")
#: Names that stand for any array: "the gradient of U is called dU".
ANY_ARRAY = {"U", "dU"}


def cells_of(path, kind):
    """Return the sources of a notebook's cells of a kind, by their ids."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return {cell["id"]: "".join(cell["source"]) for cell in cells if cell["cell_type"] == kind}


def prose_of(path):
    """Return the prose of a notebook by cell, without code blocks."""
    return {id_: FENCED.sub("", text) for id_, text in cells_of(path, "markdown").items()}


def words_of_the_course():
    """Return every name in code cells, helper modules and names of files, and those of Python and numpy."""
    sources = [source for path in LESSONS for source in cells_of(path, "code").values()]
    modules = [*ROOT.glob("*.py"), *ROOT.glob("source/*/*.py"), *ROOT.glob("notebooks/*.py")]
    sources += [path.read_text(encoding="utf-8") for path in modules]
    files = [path.name for folder in ("source", "release", "notebooks") for path in (ROOT / folder).rglob("*")]
    known = {name for thing in (builtins, np, np.linalg, np.ndarray, list, dict, str) for name in dir(thing)}
    return known | set(keyword.kwlist) | ANY_ARRAY | set(NAME.findall("\n".join(sources + files)))


WORDS = words_of_the_course()


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_names_in_the_prose_exist_in_the_code(path):
    """A name in backticks occurs in the course's code, is Python's or numpy's, or is part of a file's name."""
    missing = [(id_, code, name) for id_, text in prose_of(path).items() for code in INLINE.findall(text)
               if not COMMAND.match(code) and "/" not in code for name in NAME.findall(code) if name not in WORDS]
    assert [] == missing


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_formulas_parse(path):
    """Every formula is LaTeX that a strict parser turns into MathML."""
    parser = LatexToMathML()
    prose = INLINE.sub("", "\n\n".join(prose_of(path).values()))
    formulas = [one or other for one, other in FORMULA.findall(prose)]
    assert all(parser.convert_with_local_state(formula, displaystyle=True).startswith("<math") for formula in formulas)
    assert path.stem.startswith("0") or len(formulas) > 20


@pytest.mark.parametrize("path", READ, ids=lambda path: path.stem)
def test_cells_are_short(path):
    """In a lesson to read, a cell of prose has 20 to 80 words in plain sight, and a code cell fewer than 15 lines."""
    prose = cells_of(path, "markdown")
    assert {} == {id_: count for id_, text in prose.items() if (count := words_seen(text)) > 80}
    assert {} == {id_: len(text.split()) for id_, text in prose.items() if len(text.split()) < 20}
    code = cells_of(path, "code").items()
    assert [] == [id_ for id_, source in code if len(source.splitlines()) >= 15]


def words_seen(text):
    """Count the words of a cell of prose, without what is folded, tables, figures and displayed formulas."""
    for pattern in (r"<details>.*?</details>", r"```.*?```", r"\$\$.*?\$\$", r"!\[.*?\]\(.*?\)", r"^\|.*?$"):
        text = re.sub(pattern, "", text, flags=re.DOTALL | re.MULTILINE)
    return len(re.findall(r"[\w’'-]+", re.sub(r"\$[^$]+\$", "formula", text)))


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_links_lead_to_files(path):
    """A relative link in the prose names a file of the course."""
    links = [link for text in prose_of(path).values() for link in LINK.findall(text) if "://" not in link]
    assert [] == [link for link in links if not (path.parent / link).exists()]


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    """Let kernels compute on one thread: for small products, more threads only wait for each other."""
    for name in ("OMP", "OPENBLAS"):
        monkeypatch.setenv(f"{name}_NUM_THREADS", "1")


def run_notebook(nb, folder):
    """Execute a notebook in a folder, in a fresh kernel."""
    from nbclient import NotebookClient

    NotebookClient(nb, timeout=120, allow_errors=True, resources={"metadata": {"path": str(folder)}}).execute()


@cache
def executed(path, answers=()):
    """Return the cells of a notebook after a run in a fresh kernel, with pieces of them replaced by answers."""
    nb = reading.read_notebook(path)
    for id_, old, new, _ in answers:
        cell = next(cell for cell in nb.cells if cell.id == id_)
        assert 1 == cell.source.count(old), (id_, old)
        cell.source = cell.source.replace(old, new)
    run_notebook(nb, path.parent)
    return [cell for cell in nb.cells if cell.cell_type == "code"]


@pytest.mark.parametrize("path", READ, ids=lambda path: path.stem)
def test_lessons_to_read_run(path):
    """Executed from top to bottom in a fresh kernel, a lesson without tasks raises nothing."""
    errors = [(cell.id, output.ename, output.evalue) for cell in executed(path) for output in cell.outputs
              if output.output_type == "error"]
    assert [] == errors


def test_the_lstm_learns_to_look_at_the_flag():
    """In the lesson on forgetting, training ends before its last step, and the longest bar is at the flag."""
    shown = {cell.id: "".join(output.get("text", "") for output in cell.outputs)
             for cell in executed(ROOT / "notebooks" / "04-why-rnns-forget.ipynb")}
    assert "step  600" not in shown["train-lstm-run"] and "step  600" in shown["train-rnn-run"]
    assert "flag " + 40 * "█" in shown["looked-at-run"]


#: Lines that lessons and solutions share, and that give nothing away: sizes, loops, a call of what is given.
SHARED = {"a=np.zeros((n_a,m,T_x))", "fortinreversed(range(T_x)):", "a,y_pred,caches=forward(x,a0,parameters)",
          "loss,gradients=loss_and_gradients(x,targets,mask,a0,parameters)"}


def test_lessons_give_no_graded_line_away():
    """Neither a lesson to read nor a module beside it has a line that a student must write for points."""
    def lines(source):
        return {"".join(line.split("#")[0].split()) for line in source.splitlines()} - {""}

    shown = [source for path in READ for source in cells_of(path, "code").values()]
    shown += [path.read_text(encoding="utf-8") for path in ROOT.glob("notebooks/*.py")]
    graded = [re.findall(r"### START CODE HERE ###[^\n]*\n(.*?)### END CODE HERE ###", source, re.DOTALL)
              for path in ROOT.glob("source/*/*.ipynb") for source in cells_of(path, "code").values()]
    asked = {line for pieces in graded for piece in pieces for line in lines(piece) if len(line) > 8}
    assert len(asked) > 100
    assert asked & lines("\n".join(shown)) <= SHARED


#: The exercises of the lessons to read: cell, what is given, the answer, and what the check then says.
ANSWERS = {
    "02-one-cell-by-hand": [
        ("exercise-bias-try", "[[-0.5], [0.5]]", "[[-1.0], [0.5]]", "Unit 0 is silent."),
    ],
    "03-gates": [
        ("latch-second-flag", "more_flags[5] = 0.0", "more_flags[5] = 1.0", "t = 7: reads  0.7         holds -0.716"),
        ("exercise-try", "forget=(-20.0, 10.0), update=(20.0, -10.0)", "forget=(0.0, 10.0), update=(0.0, 10.0)",
         "It counts: three flags, and about 3 at the end."),
    ],
    "04-why-rnns-forget": [
        ("looked-at-rnn", "# looked_at(rnn)", "looked_at(rnn)", "29      " + 40 * "█"),
    ],
    "07-from-step-by-step-to-fast": [
        ("own-run", "../release/", "../source/", "yours takes"),
    ],
}


@pytest.mark.parametrize("name", ANSWERS)
def test_exercises_can_be_solved(name):
    """A check passes with the answer that the lesson folds away, and not as given."""
    path = ROOT / "notebooks" / f"{name}.ipynb"
    given, solved = (json.dumps([cell.outputs for cell in executed(path, answers)], ensure_ascii=False)
                     for answers in ((), tuple(ANSWERS[name])))
    for *_, says in ANSWERS[name]:
        assert says in solved
        assert says not in given
