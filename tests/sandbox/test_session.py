"""A session runs cells as a notebook does, and answers calls with values: one suite, with isolation and without."""

import base64
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from autograder.course.public_cases import support_files
from autograder.judging.running import student_cells
from autograder.model import CellRun, Failed, Returned
from autograder.sandbox import isolation
from autograder.sandbox.guest.codec import Foreign
from autograder.sandbox.local import LocalSession
from tests.helpers.sandbox import EVERY_LEVEL, notebook, texts

# ---- calls: alike in every sandbox, and in this process ---------------------------------------------


@pytest.fixture(params=["local", *EVERY_LEVEL])
def define(request, sandboxes):
    """A function that returns a session with a student's source."""
    opened = []
    sandbox = None if request.param == "local" else sandboxes[request.param]

    def define(source):
        if sandbox is None:
            namespace = {"np": np}
            exec(compile(source, "<cell>", "exec"), namespace)
            session = LocalSession(namespace)
        else:
            session = sandbox.open([("a", "import numpy as np"), ("b", source)])
        opened.append(session)
        return session

    yield define
    for session in opened:
        session.close()


def test_a_call_returns_values(define):
    """Arrays arrive with their dtype, containers with their kind."""
    session = define("def f(x, n):\n    return x * n, {'k': [x.sum(), True, None, 'text']}, x.astype('f4')")
    outcome = session.call("f", (np.arange(6.0).reshape(2, 3), 2))
    assert isinstance(outcome, Returned)
    doubled, kept, single = outcome.value
    assert np.array_equal(np.arange(6.0).reshape(2, 3) * 2, doubled)
    assert {"k": [np.float64(15), True, None, "text"]} == kept
    assert np.float64 is type(kept["k"][0])
    assert np.float32 == single.dtype


def test_arguments_are_copies(define):
    """A function that writes into its argument changes the reported arguments, not the caller's."""
    session = define("def f(x):\n    x[0] = 7")
    x = np.zeros(2)
    assert np.array_equal([7, 0], session.call("f", (x,)).arguments[0])
    assert np.array_equal([0, 0], x)


def test_shared_arguments_stay_shared(define):
    """One array passed twice is one array for the function."""
    session = define("def f(x, y):\n    return x is y")
    x = np.ones(2)
    assert session.call("f", (x, x)).value is True
    assert session.call("f", (x, x.copy())).value is False


def test_an_exception_is_a_failure_with_its_line(define):
    """The failure names the exception's type, its message, and the line of the student's cell."""
    session = define("def f(x):\n    y = x\n    return y['a']")
    assert Failed("raised", "TypeError: 'int' object is not subscriptable (line 3 of the cell)",
                  "TypeError") == session.call("f", (1,))


def test_a_wrong_signature_is_a_failure(define):
    """A function with too few parameters is the student's TypeError."""
    outcome = define("def f(x):\n    return x").call("f", (1, 2))
    assert "raised" == outcome.kind
    assert "takes 1 positional argument but 2 were given" in outcome.message


@pytest.mark.parametrize("raised", ["SystemExit(1)", "Bad()", "RecursionError()", "MemoryError()"])
def test_odd_exceptions_are_failures(define, raised):
    """An exception that would end a process, or cannot be shown, is a failure like any other."""
    session = define(
        "class Bad(Exception):\n    def __str__(self):\n        raise ValueError\n"
        f"def f():\n    raise {raised}\ndef g():\n    return 1"
    )
    assert "raised" == session.call("f", ()).kind
    assert 1 == session.call("g", ()).value


@pytest.mark.parametrize("name", ["g", "x", "__import__", "f.__call__", ""])
def test_what_is_not_a_function_there_is_missing(define, name):
    """A name that the student did not define as a function is missing."""
    assert "missing" == define("x = 1\ndef f():\n    return 1").call(name, ()).kind


def test_what_may_not_pass_is_foreign(define):
    """An object that is no plain value arrives as its type's name."""
    session = define("class Mine:\n    __eq__ = lambda self, other: True\ndef f():\n    return Mine(), {1}, f")
    assert (Foreign("Mine"), Foreign("set"), Foreign("function")) == session.call("f", ()).value


def test_functions_find_each_other(define):
    """A task's function calls the student's own helper."""
    session = define("def f(x):\n    return g(x) + 1\ndef g(x):\n    return 2 * x")
    assert 7 == session.call("f", (3,)).value


def test_a_stand_in_takes_the_place_of_a_function(define):
    """During a call the reference replaces the student's helper. Afterwards the helper is back."""
    session = define("def f(x):\n    return g(x)\ndef g(x):\n    return 'own'")
    seen = []

    def ours(x):
        seen.append(x)
        return x + 1

    assert 4 == session.call("f", (3,), {"g": ours}).value
    assert [3] == seen
    assert "own" == session.call("f", (3,)).value


def test_a_stand_in_for_what_is_not_defined_goes_again(define):
    """A reference for a helper that the student never wrote exists during the call only."""
    session = define("def f(x):\n    return g(x)")
    assert 6 == session.call("f", (3,), {"g": lambda x: 2 * x}).value
    assert "NameError: name 'g' is not defined (line 2 of the cell)" == session.call("f", (3,)).message


def test_a_stand_in_takes_keywords(define):
    """A reference can be called by keyword."""
    session = define("def f(x):\n    return g(y=x, x=1)")
    assert (1, 5) == session.call("f", (5,), {"g": lambda x, y: (x, y)}).value


def test_a_stand_in_returns_the_very_object_it_was_given(define):
    """A view that the student passes is in the cache as that view, so later writes show in it."""
    session = define("""
def f(parameters):
    c = np.zeros((2, 3))
    caches, c_next = [], c[:, 0]
    for t in range(3):
        c_next, cache = g(c_next, parameters)
        c[:, t] = c_next
        c_next = c[:, t]
        caches.append(cache)
        mine = cache[1] is parameters, cache[2] is parameters['W'], cache[3] is c_next
    c[:] = -1
    return caches, mine""")

    def ours(c_prev, parameters):
        return c_prev + 1, (c_prev, parameters, parameters["W"], c_prev * 2)

    caches, mine = session.call("f", ({"W": np.ones(2)},), {"g": ours}).value
    assert (True, True, False) == mine
    assert all(np.array_equal([-1, -1], cache[0]) for cache in caches)
    assert [0, 2, 4] == [cache[3][0] for cache in caches]


def test_a_stand_in_keeps_sharing_in_its_result(define):
    """An output that is also in the cache is one object for the student."""
    session = define("def f():\n    a, cache = g()\n    return a is cache[0]")

    def ours():
        a = np.ones(2)
        return a, (a,)

    assert session.call("f", (), {"g": ours}).value is True


def test_what_a_stand_in_refuses_is_a_value_error(define):
    """A ValueError of the reference carries its message. The student's code may catch it."""
    session = define("def f():\n    return g(1)\ndef h():\n    try:\n        g(1)\n    except ValueError as e:\n"
                     "        return str(e)")

    def ours(x):
        raise ValueError("x has the wrong shape")

    assert "ValueError: x has the wrong shape (line 2 of the cell)" == session.call("f", (), {"g": ours}).message
    assert "x has the wrong shape" == session.call("h", (), {"g": ours}).value


def test_what_breaks_a_stand_in_tells_nothing_of_it(define):
    """Any other exception of the reference is a ValueError without its message."""
    session = define("def f():\n    return g({1})")

    def ours(x):
        return x.secret

    assert "ValueError: ours() cannot work with these arguments (line 2 of the cell)" == session.call(
        "f", (), {"g": ours}).message


def test_a_stand_in_with_wrong_arguments_is_a_type_error(define):
    """Wrong arguments raise what the student's own function would raise."""
    message = define("def f():\n    return g(1, 2, 3)").call("f", (), {"g": lambda x: x}).message
    assert message.startswith("TypeError: <lambda>() too many positional arguments")


#: Names that a student's files may share with modules of the guest package, and with the package's folder.
GUEST_MODULES = ["wire", "guest", *sorted(path.stem for path in isolation.GUEST.glob("[a-z]*.py"))]

# ---- cells ------------------------------------------------------------------------------------------------


def run(sandbox, *sources, files=None):
    with sandbox.open(notebook(*sources), files or {}) as session:
        return session.cells


def test_cells_show_what_a_notebook_shows(sandbox):
    """Printed text, the last expression's value, and its number become nbformat outputs."""
    first, second, third, fourth = run(sandbox, "x = 3", "print('a', end='')\nprint('b')\nx", "x;", "  ")
    assert CellRun((), 1) == first
    assert ({"output_type": "stream", "name": "stdout", "text": "ab\n"},
            {"output_type": "execute_result", "data": {"text/plain": "3"}, "metadata": {}, "execution_count": 2}
            ) == second.outputs
    assert CellRun((), 3) == third
    assert CellRun((), None) == fourth


def test_streams_keep_their_order(sandbox):
    """stdout and stderr alternate as they were written."""
    (cell,) = run(sandbox, "import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c')")
    assert ["stdout", "stderr", "stdout"] == [output["name"] for output in cell.outputs]


def test_what_is_written_below_python_is_shown(sandbox):
    """Text that goes straight to descriptor 1 is in the cell's outputs."""
    first, second = run(sandbox, "import os\nos.write(1, b'low')", "1")
    assert "low" in texts(first)
    assert "1" == texts(second)


def test_a_failing_cell_does_not_stop_the_others(sandbox):
    """A traceback is an error output, and the next cell runs."""
    first, second = run(sandbox, "def f():\n    return 1 / 0\nf()", "print('on')")
    (error,) = first.outputs
    assert ("error", "ZeroDivisionError", "division by zero") == (error["output_type"], error["ename"], error["evalue"])
    assert any("Cell" in line for line in error["traceback"])
    assert first.problem is None
    assert "on\n" == texts(second)


@pytest.mark.parametrize("source", ["if True print", "  x = 1\n y = 2", "%nothing", "%%nothing\n1", "exit()", "del"])
def test_a_cell_that_cannot_run_is_no_problem_of_the_process(sandbox, source):
    """Syntax errors and unknown magics are the cell's own errors."""
    first, second = run(sandbox, source, "2")
    assert first.problem is None
    assert "2" == texts(second)


def test_figures_are_pictures(sandbox):
    """A figure is a PNG below the cell that drew it, and closed afterwards."""
    cells = run(sandbox, "%matplotlib inline\nimport matplotlib.pyplot as plt", "plt.plot([1, 2])\nplt.title('$x$');",
                "len(plt.get_fignums())", "plt.plot([3])\nplt.show()\nprint('after')")
    (figure,) = cells[1].outputs
    assert base64.b64decode(figure["data"]["image/png"]).startswith(b"\x89PNG")
    assert "0" == texts(cells[2])
    assert ["display_data", "stream"] == [output["output_type"] for output in cells[3].outputs]


def test_rich_displays_are_kept_and_scripts_are_not(sandbox):
    """HTML and Markdown are kept. JavaScript, which a feedback page would run, is not."""
    (cell,) = run(sandbox, "from IPython.display import HTML, Javascript, Markdown, display\n"
                        "display(HTML('<b>x</b>'), Markdown('*x*'), Javascript('alert(1)'))")
    kinds = [sorted(output["data"]) for output in cell.outputs]
    assert [["text/html", "text/plain"], ["text/markdown", "text/plain"], ["text/plain"]] == kinds


def test_displays_can_be_updated_and_cleared(sandbox):
    """display_id and clear_output work as in a notebook."""
    updated, cleared = run(
        sandbox, "from IPython.display import clear_output, display\nh = display('a', display_id=True)\nh.update('b')",
        "print('a')\nclear_output(wait=True)\nprint('b')")
    assert "'b'" == texts(updated)
    assert "b\n" == texts(cleared)


def test_input_fails_with_one_sentence(sandbox):
    """input() raises an error that says why."""
    (cell,) = run(sandbox, "name = input('Your name? ')")
    assert "input() has nobody to ask while a notebook is graded." == cell.outputs[-1]["evalue"]


def test_shell_commands_are_named_and_not_run(sandbox):
    """``!pip install`` does nothing, says so, and does not fail the cell."""
    (cell,) = run(sandbox, "!pip install numpy\nfiles = !ls\nprint(len(files))")
    assert "Shell commands are not run while a notebook is graded: pip install numpy" in texts(cell)
    assert texts(cell).endswith("0\n")


def test_magics_and_await_work(sandbox):
    """Magics, history, help and top-level await work as in IPython."""
    cells = run(sandbox, "%timeit -n1 -r1 1", "%%time\nx = 2", "import asyncio\nawait asyncio.sleep(0)\nx", "?print",
                "_ + In[1].count('-')", "%%capture c\nprint('a')", "c.stdout", "%who int")
    assert not [run for run in cells if any(output["output_type"] == "error" for output in run.outputs)]
    assert "4" == texts(cells[4])
    assert "'a\\n'" == texts(cells[6])


def test_the_notebook_is_main(sandbox):
    """Classes and functions belong to a fresh __main__, which holds nothing of the guest."""
    cells = run(sandbox, "class A: pass\n(A.__module__, __name__)", "[n for n in dir() if not n.startswith('_')]",
                "import sys\n'__main__' in sys.modules and sys.modules['__main__'].A is A")
    assert "('__main__', '__main__')" == texts(cells[0])
    assert "['A', 'In', 'Out', 'exit', 'get_ipython', 'open', 'quit']" == texts(cells[1])
    assert "True" == texts(cells[2])


def test_files_lie_beside_the_notebook(sandbox):
    """Files can be read and imported, shadow no library, and may have the names of the guest's own modules."""
    files = {"rnn_utils.py": b"def softmax(x):\n    return 'ours'", "cases.json": b"[1]", "numpy.py": b"1 / 0",
             "json.py": b"1 / 0", **{f"{name}.py": b"x = 'theirs'" for name in GUEST_MODULES}}
    cells = run(sandbox, "from rnn_utils import softmax\nsoftmax(1)", "import json\njson.load(open('cases.json'))",
                "import numpy\nnumpy.ones(1)",
                f"import importlib\n{{importlib.import_module(name).x for name in {GUEST_MODULES!r}}}", files=files)
    assert ["'ours'", "[1]", "array([1.])", "{'theirs'}"] == [texts(cell) for cell in cells]


def test_modules_are_compiled_once_for_all(sandbox):
    """A fork imports the bytecode made before it. A module that does not compile fails where it is imported."""
    files = {"helper.py": b"def f(): return 1 / 0", "broken.py": b"def"}
    made = "os.listdir('__pycache__')"
    cells = run(sandbox, f"import os\nbefore = {made}\nimport helper", f"before == {made}", "helper.f()",
                "import broken", files=files)
    assert "True" == texts(cells[1])
    assert any("/helper.py:1" in line for line in cells[2].outputs[0]["traceback"])
    assert "SyntaxError" == cells[3].outputs[0]["ename"]


def test_a_fork_finds_all_libraries_imported(sandbox, assignment):
    """The template's cells import only the files beside the notebook."""
    files = support_files(assignment)
    cells = [cell.source for cell in student_cells(assignment.notebook, assignment)]
    *_, new = run(sandbox, "import sys\nbefore = set(sys.modules)", *cells, "sorted(set(sys.modules) - before)",
                  files=files)
    assert "['public_tests', 'rnn_utils']" == texts(new)


def test_a_students_own_module_is_used(sandbox):
    """A file that a cell writes over one of the course is what it imports."""
    (cell,) = run(sandbox, "open('helper.py', 'w').write('x = 2')\nimport helper\nhelper.x",
                  files={"helper.py": b"x = 1"})
    assert "2" == texts(cell)


def test_files_are_fresh_in_each_fork(sandbox):
    """A change to a file, or to its bytecode, is visible to no other notebook."""
    files = {"helper.py": b"x = 1", "data.txt": b"ours"}
    spoil = ("import os\nfor folder, _, names in os.walk('.'):\n    for name in names:\n"
             "        open(os.path.join(folder, name), 'r+b').write(b'spoiled')")
    look = "import helper\nhelper.x, open('data.txt').read()"
    assert all(not cell.outputs for cell in run(sandbox, spoil, files=files))
    assert "(1, 'ours')" == texts(run(sandbox, look, files=files)[0])
    assert "(1, 'theirs')" == texts(run(sandbox, look, files={**files, "data.txt": b"theirs"})[0])
    assert "[]" == texts(run(sandbox, "import os\nos.listdir('.')")[0])


@pytest.mark.parametrize("name", ["../x", "/etc/x", "", "a//b", "a/../../b", "..", "a\0b"])
def test_odd_file_names_are_refused(sandbox, name):
    """A path that leads out of the working folder is our own mistake."""
    with pytest.raises(ValueError):
        sandbox.open([], {name: b""})


def test_files_may_be_in_folders(sandbox):
    """A file's folder is made, and belongs to the student's copy."""
    (cell,) = run(sandbox, "open('data/deep/x.txt').read()", files={"data/deep/x.txt": b"here"})
    assert "'here'" == texts(cell)


def test_nothing_is_left_for_the_next(sandbox):
    """The next notebook sees nothing that one patches or writes."""
    run(sandbox, "import builtins, numpy as np, sys\nnp.dot = builtins.len = None\nsys.modules['json'] = None\n"
              "open('left.py', 'w').write('x = 1')\nget_ipython().ast_transformers.append(1)")
    (cell,) = run(sandbox, "import json, os, numpy as np\nnp.dot(1, 2), len('ab'), sorted(os.listdir('.'))")
    assert "(2, 2, [])" == texts(cell).replace("np.int64(2)", "2")


def test_long_output_is_cut_with_a_note(sandbox):
    """A flood of text is cut. The cell goes on, and its error is still shown."""
    (cell,) = run(sandbox, "for i in range(300_000): print('flood')\n1 / 0")
    assert "output cut at 1 MiB\n" == cell.outputs[-1]["text"]
    assert (1 << 20) + 1000 > len(texts(cell))
    assert "ZeroDivisionError" in [output.get("ename") for output in cell.outputs]


@pytest.mark.parametrize("source", [
    "import sys\nfor i in range(20_000):\n    print(i)\n    print(i, file=sys.stderr)",
    "for i in range(3000): get_ipython().showtraceback((ValueError, ValueError('x' * 1000), None))",
    "from IPython.display import display\nfor i in range(6_000): display(i)",
    "import os\nfor i in range(40): os.write(1, b'x' * (1 << 16))",
    "'x' * 3_000_000",
])
def test_many_outputs_are_cut(sandbox, source):
    """A cell's outputs of any kind stay near the limit."""
    (cell,) = run(sandbox, source)
    assert cell.problem is None
    assert 4 << 20 > len(str(cell.outputs))
    assert "output cut at 1 MiB" in texts(cell)


def test_sessions_run_side_by_side(sandbox):
    """Several threads of the grader share one zygote. Each gets its own notebook's answers."""

    def grade(i):
        with sandbox.open(notebook(f"def f(x):\n    return g(x) + {i}")) as session:
            return [session.call("f", (x,), {"g": lambda x: 10 * x}).value for x in range(5)]

    with ThreadPoolExecutor(4) as pool:
        assert [[i, 10 + i, 20 + i, 30 + i, 40 + i] for i in range(12)] == list(pool.map(grade, range(12)))


def test_the_same_answer_is_read_once_and_cannot_be_written_into(sandbox):
    """Equal bytes of two students become one read-only object."""
    with sandbox.open([("f", "import numpy as np\ndef f(n):\n    return np.ones(n)")]) as session:
        one, two, three = (session.call("f", (n,)) for n in (2, 2, 3))
    assert one is two is not three
    assert one.digest != three.digest
    with pytest.raises(ValueError, match="read-only"):
        one.value[0] = 7


def test_a_stand_in_that_is_asked_the_same_answers_once(sandbox):
    """Equal reference calls are answered from a cache, and each gets arrays of its own."""
    asked = []

    def g(x):
        asked.append(x.shape)
        return 2 * x

    body = "import numpy as np\ndef f(n):\n    y = g(np.ones(n))\n    y += 1\n    return y, g(np.ones(n))"
    for _ in range(2):
        with sandbox.open([("f", body)]) as session:
            for n in (2, 3):
                changed, again = session.call("f", (n,), {"g": g}).value
                assert [[3.0] * n, [2.0] * n] == [changed.tolist(), again.tolist()]
    assert [(2,), (3,)] == asked


def test_large_answers_are_not_kept(sandbox):
    """The cache of answers is bounded: a class of large ones does not fill the grader's memory."""
    with sandbox.open([("f", "import numpy as np\ndef f(n, x):\n    return np.full(n, x)")]) as session:
        assert session.call("f", (9000, 1.0)) is not session.call("f", (9000, 1.0))
        first = session.call("f", (8000, 0.0))
        assert first is session.call("f", (8000, 0.0))
        for x in range(1, 300):
            session.call("f", (8000, float(x)))
        assert first is not session.call("f", (8000, 0.0))


def test_an_exception_in_a_helper_has_both_lines(sandbox):
    """The line of the function that was called comes first, then the helper's in its own cell."""
    cells = notebook("def g(x):\n    y = x\n    return y[3]", "def f(x):\n    return g(x)",
                     "def h(x):\n    return [x[i] for i in (7,)]")
    with sandbox.open(cells) as session:
        assert session.call("f", (3,)).message.endswith("(line 2 of the cell, in `g` at line 3 of its cell)")
        assert session.call("h", (3,)).message.endswith("(line 2 of the cell)")
