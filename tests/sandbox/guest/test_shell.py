"""Template cells are prepared once, and come out as IPython runs them."""

import ast
from types import SimpleNamespace

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from autograder.sandbox.guest.shell import Compiler, Shell, Transformer


@pytest.fixture
def prepare():
    """Return a bare shell, without IPython's start-up, that has prepared a template."""

    def prepare(*template):
        shell = SimpleNamespace(input_transformer_manager=Transformer(), compile=Compiler())
        shell.transform_cell = shell.input_transformer_manager.transform_cell
        Shell.prepare(shell, template)
        return shell

    return prepare


CELLS = ["x = 1", "%matplotlib inline\nx = 1", "x = !ls", "def f():\n    return 1\n", "?print", "  x = 1\n  y = 2"]


@pytest.mark.parametrize("cell", CELLS)
def test_a_template_cell_is_transformed_as_ipython_does(prepare, cell):
    """The known result is IPython's own."""
    expected = TransformerManager().transform_cell(cell)
    assert expected == prepare(None, cell).transform_cell(cell)
    assert expected == prepare().transform_cell(cell)


def test_a_template_cell_is_not_split_into_tokens_again(prepare, monkeypatch):
    """Only cells that are not the template's go through IPython's transformation."""
    shell, seen = prepare("x = 1", None), []
    monkeypatch.setattr(TransformerManager, "transform_cell", lambda self, cell: seen.append(cell))
    for cell in ("x = 1", "y = 2"):
        shell.transform_cell(cell)
    assert ["y = 2"] == seen


def test_steps_that_a_notebook_adds_are_taken(prepare):
    """`get_ipython().input_transformers_cleanup.append(...)` works as in a kernel, for template cells too."""
    shell = prepare("x = 1")
    shell.input_transformer_manager.cleanup_transforms.append(lambda lines: [line.upper() for line in lines])
    assert "X = 1\n" == shell.transform_cell("x = 1")


def test_a_tree_belongs_to_its_source_place_and_flags(prepare):
    """A compiled cell serves only the same text under the same number, without new flags."""
    compiler = prepare(None, "x = 1").compile
    (known,) = compiler.known.values()
    assert known.tree is compiler.ast_parse("x = 1\n", known.name)
    assert known.codes is compiler.codes_of(known.tree.body)
    assert known.tree is not compiler.ast_parse("x = 1\n", compiler.get_code_name("x = 1\n", "x = 1\n", 1))
    assert known.tree is not compiler.ast_parse("x = 2\n", known.name)
    compiler.ast_parse("from __future__ import annotations")
    compiler("from __future__ import annotations", "<cell>", "exec")
    assert known.tree is not compiler.ast_parse("x = 1\n", known.name)
    assert compiler.codes_of(ast.parse("x = 1").body) is None


def test_cells_that_do_not_compile_are_not_prepared(prepare):
    """A syntax error, and a cell that awaits at its top level, run as IPython runs them."""
    assert {} == prepare("del", "await f()", "async for x in y: pass").compile.known


def test_another_template_replaces_the_first(prepare):
    """Nothing of the template before is kept."""
    shell = prepare("x = 1")
    Shell.prepare(shell, ("y = 2",))
    assert ["y = 2"] == list(shell.input_transformer_manager.known)
    assert ["y = 2\n"] == list(shell.compile.known)
