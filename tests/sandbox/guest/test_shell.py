"""The shell runs cells as IPython does, to the letter."""

import ast
import inspect
import textwrap
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager

import public_tests
from autograder.notebooks import reading
from autograder.notebooks.reading import read_notebook
from autograder.sandbox.guest.shell import Compiler, Shell, Transformer
from tests.helpers.courses import ROOT

CELLS = [cell.source for path in sorted((ROOT / "source").glob("*/*.ipynb"))
         for cell in read_notebook(path).cells if cell.cell_type == "code"]
MODULES = [inspect.getsource(module) for module in (public_tests, reading, textwrap, inspect)]
ODD = [
    "", "\n", " ", "\n\nx = 1", "  x = 1\n  y = 2", "  x = 1\n y = 2", "x = 1;", "plt.plot([1]);\n", "x = 1\n\n\n",
    "%matplotlib inline\nx = 1", "x = 1\n%time y = x", "%%time\nx = 1", "%%writefile a.py\nx = 1\n    \n", "%nothing",
    "x?", "x??", "?x", "np.d*?", "%time?", "x = 1  # is it?", "x = 'is it?'", "a = !ls", "!ls", "!!ls", "a = %who",
    "a = b = %who", "/f 1 2", ",f 1 2", ";f 1 2", "f 1 2", "await f()", "async def f():\n    await g()",
    ">>> x = 1\n... y = 2", "    >>> x = 1", "'''\n>>> x\n'''", "def f():\n    '''\n    >>> f()\n    ...\n    '''",
    "In [1]: x = 1", "In [1]: x = 1\n   ...: y = 2", "[ins] In [3]: x", "In [2]: int", "x[0,\n...: 1]", "x[\n...:]",
    "def f():\n    ...", "def f():\n    \n    return 1", "s = '''\n   \n\t\n%time\n!ls\nx?\n'''", "s = '''a\n   '''",
    "x = (1\n% 2)", "x = (1\n/ 2)", "x = 5 \\\n% 3", "x = 5 \\\n  % 3\n", "x = [1\n, 2]", "if x:\n    %time y",
    "if True print", "del", "(" * 300, "x = '\\d'", "x = 1\r\ny = 2\r\n", "x = 1\ry = 2", "x = '\u2028% 3'",
    "x = 1\f\ny = 2", "\fx = 1", "x = '\x0c'", "x\xa0= 1", "\ufeffx = 1", "é = 1", "x = 1 # \x85 %time", "x = '\0'",
    "x = 1\n\\\n", "x = 1 \\", "'''", "ls", "exit", "from __future__ import annotations\nx: int = 1", "lambda: (yield)",
    "f'{x = }'", "f'{x!r}'", "f'''{\nx\n}'''", "return 1", "x = 1\n# %time\n#%%\ny = 2", "class A:\n\n  \n    x = 1",
]
PIECES = ["x", "y", " ", "    ", "\n", "\n", "\n\n", "\t", "=", " = ", "==", "%", "%%", "!", "!!", "?", "??", "'", '"',
          "'''", "\\", "\\\n", "(", ")", "[", "]", ":", "...", "...:", ">>>", ">>> ", "In [1]: ", "#", ",", ";", "/",
          "1", "f", "def f():\n", "if x:\n", "return x", "time", "\r", "\f", "\u2028", "\xa0", ".", "*", "{", "}"]


def ipython(cell):
    """Return IPython's transformation of a cell, or the type of its exception."""
    return outcome(TransformerManager(), cell)


def guest(cell):
    return outcome(bare_shell().input_transformer_manager, cell)


def outcome(manager, cell):
    try:
        return manager.transform_cell(cell)
    except Exception as error:
        return type(error)


def bare_shell():
    """Return a shell without IPython's start-up."""
    shell = SimpleNamespace(compile=Compiler(), execution_count=1)
    shell.input_transformer_manager = Transformer(shell)
    shell.transform_cell = shell.input_transformer_manager.transform_cell
    return shell


@pytest.mark.parametrize("cell", [*CELLS, *MODULES, *ODD])
def test_a_cell_is_transformed_as_ipython_does(cell):
    """Whole cells, magics, prompts, blank lines in strings, and line ends of all kinds give IPython's text."""
    assert ipython(cell) == guest(cell)
    assert ipython(textwrap.indent(cell, "  ")) == guest(textwrap.indent(cell, "  "))


@given(st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=25).map("".join),
    st.lists(st.sampled_from([*ODD, *"\n".join(CELLS).split("\n")]), max_size=6).map("\n".join),
))
def test_any_text_is_transformed_as_ipython_does(cell):
    """Lines and scraps of Python and of IPython in any order give IPython's text."""
    assert ipython(cell) == guest(cell)


def test_python_is_not_split_into_tokens(monkeypatch):
    """Of the source notebook's cells, only those with magics go through IPython's own transformer."""
    seen = []
    monkeypatch.setattr(TransformerManager, "transform_cell", lambda self, cell: seen.append(cell))
    for cell in CELLS:
        bare_shell().transform_cell(cell)
    assert [cell for cell in CELLS if "\n%" in "\n" + cell] == seen


def test_steps_that_a_notebook_adds_are_taken():
    """`get_ipython().input_transformers_cleanup.append(...)` works as in a kernel."""
    shell = bare_shell()
    shell.input_transformer_manager.cleanup_transforms.append(lambda lines: [line.upper() for line in lines])
    assert "X = 1\n" == shell.transform_cell("x = 1")


def test_a_tree_is_used_once_and_for_its_own_source_only():
    """A change that one cell's run makes to its tree shows in no other cell."""
    compiler = Compiler()
    tree = ast.parse("x = 1")
    compiler.parsed = ("x = 1", "exec", compiler.flags), tree
    assert tree is compiler.ast_parse("x = 1")
    assert tree is not compiler.ast_parse("x = 1")
    compiler.parsed = ("x = 1", "exec", compiler.flags), tree
    assert "y" == compiler.ast_parse("y").body[0].value.id
    assert tree is not compiler.ast_parse("x = 1")


@pytest.mark.parametrize("cell", ["x = 1", "await f()", "async for x in y: pass", "def f():\n    return 1", "'await'"])
def test_cells_that_await_are_found_as_ipython_finds_them(cell):
    """Cells without the words are not compiled for it."""
    shell = SimpleNamespace(autoawait=True)
    expected = super(Shell, Shell).should_run_async(shell, cell, transformed_cell=cell)
    bare = Shell.__new__(Shell)
    bare.autoawait = True
    assert expected == bare.should_run_async(cell, transformed_cell=cell)
