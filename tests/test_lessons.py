"""The lessons' prose: links lead somewhere, formulas parse, names in it exist; and the lessons without tasks run."""

import builtins
import json
import keyword
import re

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


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_links_lead_to_files(path):
    """A relative link in the prose names a file of the course."""
    links = [link for text in prose_of(path).values() for link in LINK.findall(text) if "://" not in link]
    assert [] == [link for link in links if not (path.parent / link).exists()]


@pytest.mark.parametrize("path", READ, ids=lambda path: path.stem)
def test_lessons_to_read_run(path, tmp_path):
    """Executed from top to bottom in a fresh kernel, a lesson without tasks raises nothing."""
    from nbclient import NotebookClient

    nb = reading.read_notebook(path)
    NotebookClient(nb, timeout=120, allow_errors=True, resources={"metadata": {"path": str(path.parent)}}).execute()
    errors = [(cell.id, output.ename, output.evalue) for cell in nb.cells if cell.cell_type == "code"
              for output in cell.outputs if output.output_type == "error"]
    assert [] == errors
