"""Notebook semantics: an IPython shell without a kernel, whose outputs are nbformat dicts.

The zygote makes the shell, so that forks find IPython and the machinery of tracebacks imported.
"""

import ast
import builtins
import getpass
import os
import re
import sys
import types
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from .recorder import Recorder, Stream
from .salvage import describe, run_definitions

ERRORS = ("error_before_exec", "error_in_exec")  # of a result, which a cell may have replaced by anything


class Hook(DisplayHook):
    """Shows the value of a cell's last expression."""

    shell: Any  # a Shell

    def write_output_prompt(self) -> None:
        """Write nothing."""

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        """Record the value's representations."""
        self.shell.recorder.bundle("execute_result", format_dict, md_dict, self.shell.execution_count - 1)

    def finish_displayhook(self) -> None:
        """Write nothing after a value."""
        self._is_active = False


class Publisher(DisplayPublisher):
    """Shows the arguments of ``display``."""

    shell: Any  # a Shell

    def publish(self, data: dict[str, Any], metadata: dict[str, Any] | None = None, source: Any = None, *,
                transient: dict[str, Any] | None = None, update: bool = False, **kwargs: Any) -> None:
        """Record a display, or update the one with the same id."""
        display_id = (transient or {}).get("display_id")
        self.shell.recorder.bundle("display_data", data, metadata, display_id=display_id, update=update)

    def clear_output(self, wait: bool = False) -> None:
        """Clear the cell's outputs."""
        self.shell.recorder.clear(wait)


class Transformer(TransformerManager):
    """IPython's own, which looks for magics only in cells that are not plain Python.

    To look for them IPython splits a cell into tokens, which takes longer than to run most cells. See
    benchmarks/README.md, "Shortcuts".
    """

    #: Where IPython changes what could be Python: prompts, indented cells, and line ends that only some parsers know.
    PROMPTS = (">>>", "In [")
    UNUSUAL = re.compile(r"\A\s|\n[ \t]*(?:\.{3,}:|[!%?,;/])"), re.compile(r"[^\S \t\n]")
    BLANKS = re.compile(r"^[ \t]+$", re.MULTILINE)

    def __init__(self, shell: "Shell") -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.shell, self.usual = shell, self.steps()

    def steps(self) -> list[Any]:
        """Return the steps of a transformation. A notebook may add its own."""
        return [*self.cleanup_transforms, None, *self.line_transforms, None, *self.token_transformers]

    def transform_cell(self, cell: str) -> str:
        """Return the Python of a cell, as IPython does."""
        plain = self.BLANKS.sub("", cell if cell.endswith("\n") else cell + "\n")  # as textwrap.dedent does it
        unusual = any(prompt in plain for prompt in self.PROMPTS) or any(odd.search(plain) for odd in self.UNUSUAL)
        compiler, number = self.shell.compile, self.shell.execution_count
        if self.steps() == self.usual and not unusual and compiler.is_python(plain, number):
            return plain
        return super().transform_cell(cell)


class Compiler(CachingCompiler):
    """IPython's own, which parses a cell once. See benchmarks/README.md, "Shortcuts"."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.parsed: tuple[tuple[str, str, int], ast.Module] | None = None  # by `is_python`

    def ast_parse(self, source: str, filename: str = "<unknown>", symbol: str = "exec") -> ast.Module:
        """Return the syntax tree of a cell."""
        wanted = source, symbol, self.flags
        parsed, self.parsed = self.parsed, None  # a tree is used once, because code may change it
        if parsed is not None and parsed[0] == wanted:
            return parsed[1]
        tree: ast.Module = super().ast_parse(source, filename, symbol)  # type: ignore[assignment]
        return tree

    def is_python(self, source: str, number: int) -> bool:
        """Return whether a cell parses as Python. Keep its tree for the next call of `ast_parse`."""
        try:
            tree = self.ast_parse(source, self.get_code_name(source, source, number))
        except Exception:  # whatever a parser raises for student code
            return False
        self.parsed = (source, "exec", self.flags), tree
        return True


class Shell(InteractiveShell):
    """IPython as in a notebook's kernel, without the kernel."""

    compiler_class = Type(Compiler)
    displayhook_class = Type(Hook)
    display_pub_class = Type(Publisher)
    recorder: Recorder
    compile: Compiler
    input_transformer_manager: Any
    display_formatter: Any
    displayhook: Any
    history_manager: Any

    def should_run_async(self, raw_cell: str, *, transformed_cell: str | None = None,
                         preprocessing_exc_tuple: Any = None) -> bool:
        """Return whether a cell awaits at its top level. IPython compiles it to find out."""
        if transformed_cell is not None and "await" not in transformed_cell and "async" not in transformed_cell:
            return False
        return bool(super().should_run_async(
            raw_cell, transformed_cell=transformed_cell, preprocessing_exc_tuple=preprocessing_exc_tuple
        ))

    def init_io(self) -> None:
        """Leave the streams alone."""

    def init_virtualenv(self) -> None:
        """Add no folder to ``sys.path``."""

    def enable_gui(self, gui: Any = None) -> None:
        """Start no event loop."""

    def ask_exit(self) -> None:
        """Go on after ``exit()``."""

    def _showtraceback(self, etype: type[BaseException], evalue: BaseException, stb: list[str]) -> None:
        try:
            text = str(evalue)
        except Exception:  # student code
            text = "(its message cannot be shown)"
        self.recorder.error(etype.__name__, text, stb)

    def system(self, command: str) -> None:
        """Say that shell commands are not run, and go on. ``!pip install`` is a common first line."""
        self.recorder.stream("stdout", f"Shell commands are not run while a notebook is graded: {command}\n")
        self.user_ns["_exit_code"] = 0

    def getoutput(self, command: str, split: bool = True, depth: int = 0) -> Any:
        """Return no output. See `system`."""
        from IPython.utils.text import SList

        self.system(command)
        return SList([]) if split else ""


def make_shell() -> Shell:
    """Return a shell with a fresh ``__main__``, and everything imported that cells will need."""
    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    config.IPCompleter.use_jedi = False
    config.InteractiveShell.autoindent = False
    config.InteractiveShell.banner1 = ""
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    Shell.recorder = Recorder(limit=1 << 20)  # the display hook and the publisher use it from their start
    shell: Shell = Shell.instance(config=config, user_module=module)
    shell.input_transformer_manager = Transformer(shell)
    shell.display_formatter.active_types = shell.display_formatter.format_types
    builtins.input = getpass.getpass = _refuse_input
    rehearse(shell, REHEARSAL)
    return shell


def _refuse_input(prompt: object = "", stream: object = None) -> NoReturn:
    raise StdinNotImplementedError("input() has nobody to ask while a notebook is graded.")


REHEARSAL = (
    "import numpy as np\n{'a': np.eye(2)}",
    "def f(x):\n    return np.dot(x, np.ones((3, 3)))\nf(np.ones((2, 2)))",
    "np.random, np.linalg, np.fft, np.ma, np.polynomial, np.testing",  # numpy imports them when they are used
    "import io\nfile = io.BytesIO()\nnp.savez(file, a=np.eye(2))\nfile.seek(0)\nnp.load(file)['a']",  # a zip
    "print('a'); %timeit -n1 -r1 1",
    "if True print",
)
#: For notebooks that draw. matplotlib doubles the memory that each fork shares, and with it the cost of a fork.
DRAWING = (
    "import numpy as np, matplotlib.pyplot as plt\n%matplotlib inline",
    "plt.figure(); plt.plot([1, 2], label='a'); plt.title('a'); plt.xlabel('$x_1$'); plt.legend(); plt.show()",
    "plt.imshow(np.eye(3)); plt.colorbar()",
)


def rehearse(shell: Shell, sources: Iterable[str]) -> None:
    """Run cells to make IPython and libraries import and cache things, then forget the cells."""
    names, hidden = set(shell.user_ns), dict(shell.user_ns_hidden)
    for source in sources:
        run_cell(shell, source)
    for name in set(shell.user_ns) - names:
        del shell.user_ns[name]
    shell.history_manager.reset()
    shell.history_manager.outputs.clear()
    shell.history_manager.exceptions.clear()
    shell.displayhook.flush()
    shell.user_ns_hidden.clear()
    shell.user_ns_hidden.update(hidden)  # else `_` would count as set by the student
    shell.execution_count = 1
    shell.compile._filename_map.clear()
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        if hasattr(sys, name):
            delattr(sys, name)


def run_cell(shell: Shell, source: str, number: int = 1, descriptors: Mapping[str, int] | None = None
             ) -> tuple[list[dict[str, Any]], int | None]:
    """Run the notebook's cell of this number. Return its outputs and its execution count."""
    recorder = shell.recorder
    recorder.start()
    streams = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = Stream(recorder, "stdout"), Stream(recorder, "stderr")
    shell.execution_count = number  # by place: a cell that is left out does not shift the others
    try:
        result = shell.run_cell(source, store_history=True)  # type: ignore[no-untyped-call]
        error = next(filter(None, (getattr(result, name, None) for name in ERRORS)), None)
        if isinstance(error, BaseException) and (functions := run_definitions(shell, source, number, error)):
            recorder.stream("stderr", describe(functions))
    finally:
        sys.stdout, sys.stderr = streams
    for name, descriptor in (descriptors or {}).items():
        if size := os.fstat(descriptor).st_size:  # text written below Python, straight to descriptor 1 or 2
            recorder.stream(name, os.pread(descriptor, min(size, recorder.limit + 1), 0).decode("utf-8", "replace"))
            os.ftruncate(descriptor, 0)
    return recorder.finish(), number if source.strip() else None
