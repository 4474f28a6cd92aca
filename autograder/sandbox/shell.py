"""The student's end, notebook semantics: an IPython shell whose outputs are nbformat dicts.

Runs inside the sandbox and imports nothing of ours. The shell is made once, before any fork, so that a fork finds
IPython, matplotlib and the machinery of tracebacks ready.
"""

import ast
import builtins
import getpass
import inspect
import io
import os
import re
import sys
import types
from typing import NamedTuple

from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

TRACEBACK_BYTES = 64 << 10  # of one traceback: deep recursion prints long ones
EACH = 200  # what an output takes beside its text


class Recorder:
    """A cell's outputs in the order in which they came, up to a number of bytes."""

    def __init__(self, limit):
        self.limit = limit
        self.start()

    def start(self):
        self.outputs, self.room, self.displays, self.clear_next = [], self.limit, {}, False

    def stream(self, name, text):
        text = self._fit(text)
        if not text:
            return
        self._clear_if_due()
        if self.outputs and self.outputs[-1].get("name") == name:
            self.outputs[-1]["text"].append(text)
        else:
            self.room -= EACH
            self.outputs.append({"output_type": "stream", "name": name, "text": [text]})

    def bundle(self, kind, data, metadata=None, count=None, display_id=None, update=False):
        size = EACH + sum(len(key) + len(_text(value)) for key, value in data.items())
        if size > self.room:
            self._fit("x" * size)
            return
        self.room -= size
        self._clear_if_due()
        data = {key: _jsonable(value) for key, value in data.items()}
        if update and display_id in self.displays:
            self.displays[display_id].update(data=data, metadata=_jsonable(metadata or {}))
            return
        output = {"output_type": kind, "data": data, "metadata": _jsonable(metadata or {})}
        if kind == "execute_result":
            output["execution_count"] = count
        if display_id is not None:
            self.displays[display_id] = output
        self.outputs.append(output)

    def error(self, name, value, lines):
        text = "\n".join(lines)
        if len(text) > TRACEBACK_BYTES:
            half = TRACEBACK_BYTES // 2
            text = text[:half] + "\n... (cut) ...\n" + text[-half:]
        self.room -= EACH + len(text)
        if self.room < -2 * TRACEBACK_BYTES:  # the first error is told even where the cell has printed too much
            return
        self._clear_if_due()
        self.outputs.append({"output_type": "error", "ename": str(name)[:200], "evalue": str(value)[:5000],
                             "traceback": text.split("\n")})

    def clear(self, wait):
        if wait:
            self.clear_next = True
        else:
            self.outputs.clear()

    def finish(self):
        outputs = [
            {**output, "text": "".join(output["text"])} if output["output_type"] == "stream" else output
            for output in self.outputs
        ]
        if self.room < 0:
            outputs.append({"output_type": "stream", "name": "stdout", "text": f"output cut at {_size(self.limit)}\n"})
        return outputs

    def _clear_if_due(self):
        if self.clear_next:
            self.clear_next = False
            self.outputs.clear()

    def _fit(self, text):
        """As much of a text as there is room for; what has been cut once stays cut."""
        if self.room < 0:
            return ""
        kept = text[: self.room]
        self.room -= len(text.encode("utf-8", "replace"))
        return kept


def _size(count):
    return f"{count / (1 << 20):g} MiB" if count >= 1 << 20 else f"{count / 1024:g} KiB"


def _text(value):
    return value if isinstance(value, str) else repr(value)


def _jsonable(value):
    """A plain copy: bytes, as figures are, become base64 as nbformat wants it."""
    if isinstance(value, bytes):
        import base64

        return base64.encodebytes(value).decode("ascii")
    if isinstance(value, dict):
        return {str(key): _jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(item) for item in value]
    return value


class Stream(io.TextIOBase):
    """sys.stdout or sys.stderr of a notebook."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, recorder, name):
        self.recorder, self.name = recorder, name

    def writable(self):
        return True

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self.recorder.stream(self.name, text)
        return len(text)


class Hook(DisplayHook):
    """The value of a cell's last expression."""

    def write_output_prompt(self):
        pass

    def write_format_data(self, format_dict, md_dict=None):
        self.shell.recorder.bundle("execute_result", format_dict, md_dict, self.shell.execution_count - 1)

    def finish_displayhook(self):
        self._is_active = False


class Publisher(DisplayPublisher):
    """What `display` shows."""

    def publish(self, data, metadata=None, *, transient=None, update=False, **kwargs):
        display_id = (transient or {}).get("display_id")
        self.shell.recorder.bundle("display_data", data, metadata, display_id=display_id, update=update)

    def clear_output(self, wait=False):
        self.shell.recorder.clear(wait)


class Compiled(NamedTuple):
    """A cell as most notebooks have it, compiled before the fork."""

    tree: ast.Module
    name: str  # of the cell, in tracebacks
    codes: list[types.CodeType]


class Compiler(CachingCompiler):
    """Parses a cell once, where `Transformer` has had to parse it already, or not at all where that is done."""

    parsed = (None, None)  # what was parsed, and the tree

    def __init__(self):
        super().__init__()
        self.compiled = {}  # by what was parsed

    def ast_parse(self, source, filename="<unknown>", symbol="exec"):
        wanted = source, symbol, self.flags
        (known, tree), self.parsed = self.parsed, (None, None)  # a tree is used once: who runs it may change it
        if known == wanted:
            return tree
        if wanted in self.compiled and self.compiled[wanted].name == filename:
            return self.compiled[wanted].tree
        return super().ast_parse(source, filename, symbol)

    def prepare(self, source, number):
        """Compile a cell that will be run under this number, if it compiles."""
        name = self.get_code_name(source, source, number)
        try:
            tree = self.ast_parse(source, name)
            last = len(tree.body) - isinstance(tree.body[-1], ast.Expr)
            parts = (ast.Module(tree.body[:last], []), "exec"), (ast.Interactive(tree.body[last:]), "single")
            codes = [self(part, name, mode) for part, mode in parts if part.body]
        except Exception:
            return
        self.compiled[source, "exec", self.flags] = Compiled(tree, name, codes)

    def code_of(self, nodes):
        """What was compiled of just these nodes; None where nothing was."""
        return next((found.codes for found in self.compiled.values() if found.tree.body is nodes), None)


class Transformer(TransformerManager):
    """IPython's own, but for one shortcut: it looks for magics only in what is not Python as it stands.

    To look for them IPython splits every cell into tokens, which takes longer than to run most cells.
    """

    #: Where IPython changes what could be Python: prompted and indented cells, line ends that only some know.
    PROMPTS = (">>>", "In [")
    UNUSUAL = re.compile(r"\A\s|\n[ \t]*(?:\.{3,}:|[!%?,;/])"), re.compile(r"[^\S \t\n]")
    BLANKS = re.compile(r"^[ \t]+$", re.MULTILINE)

    def __init__(self, shell):
        super().__init__()
        self.shell, self.usual = shell, self.steps()

    def steps(self):
        """What is done to a cell; a notebook may add steps of its own."""
        return [*self.cleanup_transforms, None, *self.line_transforms, None, *self.token_transformers]

    def transform_cell(self, cell):
        plain = self.BLANKS.sub("", cell if cell.endswith("\n") else cell + "\n")  # as textwrap.dedent does it
        unusual = any(prompt in plain for prompt in self.PROMPTS) or any(odd.search(plain) for odd in self.UNUSUAL)
        if self.steps() == self.usual and not unusual and self.is_python(plain):
            return plain
        return super().transform_cell(cell)

    def is_python(self, cell):
        compiler = self.shell.compile
        name = compiler.get_code_name(cell, cell, self.shell.execution_count)
        try:
            tree = compiler.ast_parse(cell, name)
        except Exception:
            return False
        compiler.parsed = (cell, "exec", compiler.flags), tree
        return True


class Shell(InteractiveShell):
    """IPython as a notebook's kernel has it, without a kernel."""

    compiler_class = Type(Compiler)
    displayhook_class = Type(Hook)
    display_pub_class = Type(Publisher)
    recorder = None

    def should_run_async(self, raw_cell, *, transformed_cell=None, preprocessing_exc_tuple=None):
        """Whether a cell awaits something at its top level; IPython compiles it to find out."""
        if transformed_cell is not None and "await" not in transformed_cell and "async" not in transformed_cell:
            return False
        return super().should_run_async(
            raw_cell, transformed_cell=transformed_cell, preprocessing_exc_tuple=preprocessing_exc_tuple
        )

    async def run_ast_nodes(self, nodelist, cell_name, interactivity="last_expr", compiler=compile, result=None):
        """Run a cell's statements: those before the last compiled in one go, where IPython takes each by itself."""
        codes = self.compile.code_of(nodelist) if interactivity == "last_expr" and not self.ast_transformers else None
        if codes is not None:
            for code in codes:
                if await self.run_code(code, result):
                    return True
            return False
        code = None
        if interactivity == "last_expr" and len(nodelist) > 2:
            try:
                code = compiler(ast.Module(nodelist[:-1], []), cell_name, "exec")
            except Exception:
                code = None  # taken by itself each statement above the wrong one runs
        if code is not None and not code.co_flags & inspect.CO_COROUTINE:
            if await self.run_code(code, result):
                return True
            nodelist = nodelist[-1:]
        return await super().run_ast_nodes(nodelist, cell_name, interactivity, compiler, result)

    def init_io(self):
        pass

    def init_virtualenv(self):
        pass

    def enable_gui(self, gui=None):
        pass

    def ask_exit(self):
        pass

    def _showtraceback(self, etype, evalue, stb):
        try:
            text = str(evalue)
        except Exception:
            text = "(its message cannot be shown)"
        self.recorder.error(etype.__name__, text, stb)

    def system(self, command):
        """Say that shell commands are not run, and go on: ``!pip install`` is a common first line."""
        self.recorder.stream("stdout", f"Shell commands are not run while a notebook is graded: {command}\n")
        self.user_ns["_exit_code"] = 0

    def getoutput(self, command, split=True, depth=0):
        from IPython.utils.text import SList

        self.system(command)
        return SList([]) if split else ""


def make_shell(limit):
    """A shell with a fresh ``__main__``, everything it will need imported, and nothing of this shown to the student."""
    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    config.IPCompleter.use_jedi = False
    config.InteractiveShell.autoindent = False
    config.InteractiveShell.banner1 = ""
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    Shell.recorder = Recorder(limit)  # the display hook and publisher look for it while the shell is being made
    shell = Shell.instance(config=config, user_module=module)
    shell.input_transformer_manager = Transformer(shell)
    shell.display_formatter.active_types = shell.display_formatter.format_types
    builtins.input = _nobody_to_ask
    getpass.getpass = _nobody_to_ask
    rehearse(shell, REHEARSAL)
    return shell


def _nobody_to_ask(prompt=""):
    raise StdinNotImplementedError("input() has nobody to ask while a notebook is graded.")


REHEARSAL = (
    "import numpy as np\n{'a': np.eye(2)}",
    "def f(x):\n    return np.dot(x, np.ones((3, 3)))\nf(np.ones((2, 2)))",
    "np.random, np.linalg, np.fft, np.ma, np.polynomial, np.testing",  # numpy imports them when first asked
    "print('a'); %timeit -n1 -r1 1",
    "if True print",
)
#: For notebooks that draw. matplotlib doubles the memory that each fork shares, and with it what a fork costs.
DRAWING = (
    "import numpy as np, matplotlib.pyplot as plt\n%matplotlib inline",
    "plt.figure(); plt.plot([1, 2], label='a'); plt.title('a'); plt.xlabel('$x_1$'); plt.legend(); plt.show()",
    "plt.imshow(np.eye(3)); plt.colorbar()",
)


def rehearse(shell, sources):
    """Run what makes IPython and libraries import and cache, then forget it."""
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


def prepare(shell, lesson):
    """Compile, before any fork, the cells that most notebooks have unchanged; None stands for each of the others."""
    shell.compile.compiled.clear()
    for number, source in enumerate(lesson, 1):
        if source is not None:
            shell.compile.prepare(shell.transform_cell(source), number)


def run_cell(shell, source, number=1, descriptors=None):
    """Run the notebook's cell of this number; its outputs and its execution count."""
    recorder = shell.recorder
    recorder.start()
    kept = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = Stream(recorder, "stdout"), Stream(recorder, "stderr")
    shell.execution_count = number  # by place: a cell left out in a fresh fork does not shift the others'
    try:
        shell.run_cell(source, store_history=True)
    finally:
        sys.stdout, sys.stderr = kept
    for name, descriptor in (descriptors or {}).items():
        drain(recorder, name, descriptor)
    return recorder.finish(), number if source.strip() else None


def drain(recorder, name, descriptor):
    """Add what was written below Python, straight to descriptor 1 or 2."""
    size = os.fstat(descriptor).st_size
    if size:
        recorder.stream(name, os.pread(descriptor, recorder.limit + 1, 0).decode("utf-8", "replace"))
        os.ftruncate(descriptor, 0)
