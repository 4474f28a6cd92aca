"""Cheating the test: patches, hooks, frames and lies, which all win where test and student share a process.

The defence is the judge: it runs in another process, and compares plain numbers. Without it the same notebook is graded
as nbgrader does by itself (`stock_points`): the instructor's test runs as its last cell.
"""

from dataclasses import dataclass

import numpy as np
import pytest

from autograder.sandbox.guest.codec import Foreign
from tests.helpers.sandbox import linux

from .harness import NOTHING, PRELUDE, TASK, Attack, points, stock_points

pytestmark = linux

#: The right shapes, and no right number.
ZEROS = f"""def {TASK}(xt, a_prev, parameters):
    zeros = np.zeros(a_prev.shape), np.zeros((parameters["Wya"].shape[0], xt.shape[1]))
    return *zeros, (zeros[0], a_prev, xt, parameters)"""


@dataclass(frozen=True)
class Cheat(Attack):
    """An attack on a test in the same process. ``test`` names the instructor's style (`harness.TESTS`)."""

    test: str = "allclose"


def cheat(name, code, functions=ZEROS, test="allclose"):
    return Cheat(name, code, frozenset({"judge"}), functions, test=test)


def returning(value):
    return f"def {TASK}(xt, a_prev, parameters):\n    return {value}"


PATCHES = [
    cheat("make allclose say yes", "np.allclose = lambda *a, **k: True"),
    cheat("make numpy's test helpers say nothing", "np.testing.assert_allclose = lambda *a, **k: None", test="testing"),
    cheat("change the code of a function that others hold", "inner = getattr(np.allclose, '__wrapped__', np.allclose)\n"
          "inner.__code__ = (lambda *a, **k: True).__code__"),
    cheat("put another module in numpy's place",
          "import sys, types\nfake = types.ModuleType('numpy')\nfake.__dict__.update(np.__dict__)\n"
          "fake.allclose = lambda *a, **k: True\nsys.modules['numpy'] = fake"),
    cheat("import what one likes", "import builtins\nreal, array = builtins.__import__, np.array\n"
          "class Yes:\n    __getattr__ = lambda self, name: array if name == 'array' else lambda *a, **k: True\n"
          "builtins.__import__ = lambda name, *a, **k: Yes() if name == 'numpy' else real(name, *a, **k)"),
    cheat("make len say four", "import builtins\nreal = len\n"
          "builtins.len = lambda thing: 4 if type(thing) is int else real(thing)", returning("expected_a, 0, 0"),
          "numbers"),
    cheat("make the public checks say nothing", "import public_tests\npublic_tests.check = lambda *a, **k: None",
          test="helpers"),
    cheat("write a check of one's own beside the notebook",
          "open('public_tests.py', 'w').write('def check(*a): pass')", test="helpers"),
    cheat("swap what numpy computes in its own memory", "import ctypes\n"
          "loops = lambda ufunc: ctypes.c_void_p.from_address(id(ufunc) + 32)\n"
          "loops(np.less_equal).value = loops(np.greater_equal).value"),
]
HOOKS = [
    cheat("empty later cells by a transformer",
          "get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'])"),
    cheat("empty later cells by their syntax tree",
          "import ast\nclass Empty(ast.NodeTransformer):\n    def visit_Module(self, node):\n"
          "        return node if 'def rnn' in ast.unparse(node) else ast.Module([], [])\n"
          "get_ipython().ast_transformers.append(Empty())"),
    cheat("drop assertions by a syntax tree",
          "import ast\nclass Drop(ast.NodeTransformer):\n    def visit_Assert(self, node): return ast.Pass()\n"
          "get_ipython().ast_transformers.append(Drop())"),
    cheat("show a result before each cell",
          "get_ipython().events.register('pre_run_cell', lambda *a: get_ipython().displayhook(15.0))"),
    cheat("show nothing of errors", "get_ipython()._showtraceback = lambda *a: None"),
    cheat("handle every exception", "get_ipython().set_custom_exc((Exception,), lambda *a, **k: None)"),
    cheat("run no further cell", "import types\nshell = get_ipython()\nkept = shell.run_cell\n"
          "shell.run_cell = lambda source, **k: kept(source, **k) if 'def rnn' in source else None"),
    cheat("compile other code", "shell = get_ipython()\nkept = shell.compile.ast_parse\n"
          "shell.compile.ast_parse = lambda source, *a, **k: kept(source if 'def rnn' in source else 'pass', *a, **k)"),
    cheat("display full points", "hook = type(get_ipython().displayhook)\nkept = hook.__call__\n"
          "hook.__call__ = lambda self, result=None: kept(self, 15.0)", test="partial"),
    cheat("format every number as full points",
          "get_ipython().display_formatter.formatters['text/plain'].for_type(float, lambda x, p, c: p.text('15.0'))",
          test="partial"),
]
LOOKING = [
    cheat("take the answers from the caller's frame", "import sys", returning(
        "(lambda g: (g.get('expected_a'), g.get('expected_y'), None))(sys._getframe(1).f_globals)")),
    cheat("take the answers from a traceback", "", f"""def {TASK}(xt, a_prev, parameters):
    try:
        raise ValueError
    except ValueError as error:
        names = error.__traceback__.tb_frame.f_back.f_globals
        return names.get('expected_a'), names.get('expected_y'), None"""),
    cheat("search all objects for the answers", "import gc", f"""def {TASK}(xt, a_prev, parameters):
    gc.unfreeze()
    for thing in gc.get_objects():
        if type(thing) is dict and 'expected_a' in thing:
            return thing['expected_a'], thing['expected_y'], None"""),
    cheat("read the test in the shell's history", "", f"""def {TASK}(xt, a_prev, parameters):
    source = get_ipython().user_ns['In'][-1].partition('a_next')[0]
    names = {{'np': np}}
    exec(source, names)
    return names.get('expected_a'), names.get('expected_y'), None"""),
    cheat("change the answers by a trace", "import sys\ndef trace(frame, event, arg):\n"
          "    names = frame.f_globals\n    if 'a_next' in names and 'expected_a' in names:\n"
          "        names['expected_a'], names['expected_y'] = names['a_next'], names['yt_pred']\n    return trace\n"
          "sys.settrace(trace)"),
    cheat("change the answers by a profiler", "import sys\ndef profile(frame, event, arg):\n"
          "    names = frame.f_globals\n    if 'a_next' in names and 'expected_a' in names:\n"
          "        names['expected_a'], names['expected_y'] = names['a_next'], names['yt_pred']\n"
          "sys.setprofile(profile)", test="slow"),
    cheat("change the answers from a thread", "import threading, time\nspace = get_ipython().user_ns\ndef wait():\n"
          "    end = time.monotonic() + 3\n    while time.monotonic() < end:\n"
          "        if 'a_next' in space and 'expected_a' in space: space['expected_a'] = space['a_next']\n"
          "        time.sleep(0.001)\nthreading.Thread(target=wait, daemon=True).start()", test="slow"),
    cheat("change the answers by a signal", "import signal\nspace = get_ipython().user_ns\ndef handler(*a):\n"
          "    if 'a_next' in space and 'expected_a' in space: space['expected_a'] = space['a_next']\n"
          "signal.signal(signal.SIGALRM, handler)\nsignal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)", test="slow"),
    cheat("change what was returned from a thread", "import threading, time\nspace, given = get_ipython().user_ns, []\n"
          "def wait():\n    end = time.monotonic() + 3\n    while time.monotonic() < end:\n"
          "        if given and 'expected_a' in space: given[-1][:] = space['expected_a']\n"
          "        time.sleep(0.001)\nthreading.Thread(target=wait, daemon=True).start()",
          f"def {TASK}(xt, a_prev, parameters):\n    given.append(np.zeros(a_prev.shape))\n"
          "    return given[-1], None, None", "slow"),
    cheat("change the answers when a value dies", "import weakref\nspace = get_ipython().user_ns\nclass Dying:\n"
          "    def __del__(self):\n        if 'a_next' in space: space['expected_a'] = space['a_next'] = np.zeros(1)\n"
          "        else: space['np'].allclose = lambda *a, **k: True",
          returning("np.zeros(1), np.zeros(1), [Dying() for i in range(1)] and None")),
]
LIES = [
    cheat("an object that equals everything", "class Yes:\n    shape = property(lambda self: Yes())\n"
          "    __eq__ = lambda self, other: self\n"
          "    __getattr__ = lambda self, name: lambda *a, **k: self", returning("Yes(), Yes(), Yes()"), "equality"),
    cheat("an object that answers for numpy", "class Yes:\n"
          "    def __array_function__(self, *a, **k): return True", returning("Yes(), Yes(), Yes()")),
    cheat("an array that computes as it likes", "class Yes(np.ndarray):\n"
          "    def __array_ufunc__(self, ufunc, method, *inputs, **k): return np.True_\n"
          "    def __array_function__(self, *a, **k): return True",
          returning("(lambda y: (y, y, y))(np.zeros((5, 10)).view(Yes))")),
    cheat("numbers that lie in an array of objects", "class Yes:\n    __eq__ = lambda self, other: np.True_\n"
          "    __round__ = rint = lambda self, *a: self\n    __mul__ = __rmul__ = __truediv__ = lambda self, o: self",
          returning("*[np.array([[Yes()] * 10] * n, object) for n in (5, 2)], ()"), "equality"),
    cheat("a float that equals everything", "class Yes(float):\n    __eq__ = lambda self, other: True\n"
          "    round = lambda self, n: self\nclass Sums:\n    sum = lambda self: Yes()",
          returning("Sums(), None, (1, 2, 3, 4)"), "numbers"),
    cheat("a dict with keys that lie", "class Key(str):\n    __eq__ = lambda self, other: True\n"
                                       "    __hash__ = str.__hash__\n"
          "class Yes(dict):\n    sum = lambda self: self\n    round = lambda self, n: self\n"
          "    __eq__ = lambda self, other: True", returning("Yes({Key('a'): 1}), None, {1: 1, 2: 2, 3: 3, 4: 4}"),
          "numbers"),
    cheat("an array that is made when it is asked for", "import sys\nclass Late:\n"
          "    def __array__(self, *a, **k):\n        return sys.modules['__main__'].expected_a if 'expected_a' in "
          "get_ipython().user_ns else np.zeros(1)", returning("Late(), None, None"), "slow"),
    cheat("an answer that remembers the last", "kept = []",
          f"def {TASK}(xt, a_prev, parameters):\n    kept.append(get_ipython().user_ns.get('expected_a'))\n"
          "    return kept[0], None, None", "repeated"),
    cheat("an object that unpickles to code", "class Bomb:\n"
          "    def __reduce__(self): return exec, ('import os; os._exit(0)',)\n"
          "    __array_function__ = lambda self, *a, **k: True", returning("Bomb(), Bomb(), Bomb()")),
    cheat("a generator of three", "class Yes:\n    __array_function__ = lambda self, *a, **k: True",
          f"def {TASK}(xt, a_prev, parameters):\n    yield Yes()\n    yield Yes()\n    yield Yes()"),
]
ATTACKS = [*PATCHES, *HOOKS, *LOOKING, *LIES]


def test_the_judge_gives_nothing(attack, sandbox, assignment, harmless):
    """The judge compares elsewhere: no points, and the next student is graded as usual."""
    with harmless(sandbox):
        assert 0 == points(sandbox, assignment, [("prelude", PRELUDE), *attack.cells({})])[0]


def test_a_test_in_the_same_process_gives_full_marks(attack, strongest, assignment):
    """With the test in the student's process, as nbgrader runs it, the same notebook gets all 15 points."""
    assert 15 == stock_points(strongest, assignment, attack.cells({}), attack.test)


@pytest.mark.parametrize("test", ["allclose", "testing", "equality", "numbers", "slow", "partial", "helpers"])
def test_the_stock_test_is_a_fair_one(test, strongest, assignment):
    """The demonstration's test gives full marks to a correct solution, and none to an honest empty one."""
    assert 15 == stock_points(strongest, assignment, [("solution", assignment.reference.sources[TASK])], test)
    for functions in (NOTHING, ZEROS):
        assert 0 == stock_points(strongest, assignment, [("solution", functions)], test)


# ---- values that could mislead the judge itself -------------------------------------------------------------

VALUES = {
    "nothing": "None", "not a number": "np.full(shape, np.nan)", "infinity": "np.full(shape, np.inf)",
    "the largest number": "np.full(shape, 1.7e308)", "the smallest number": "np.full(shape, 5e-324)",
    "true": "np.ones(shape, bool)", "complex": "np.full(shape, 1j)", "objects": "np.full(shape, None, object)",
    "text": "np.full(shape, 'a')", "dates": "np.zeros(shape, 'M8[s]')", "records": "np.zeros(shape, [('a', 'f8')])",
    "half precision": "np.full(shape, 65504, 'f2')", "long double": "np.full(shape, 1, np.longdouble)",
    "tiny data, huge shape": "np.broadcast_to(0.0, (10**6, 10**6))", "empty": "np.zeros((0, 2**30))",
    "many axes": "np.ones((1,) * 32)", "negative strides": "np.arange(70.0).reshape(7, 10)[::-1, ::-1]",
    "a masked array": "np.ma.masked_all(shape)", "a matrix": "np.asmatrix(np.zeros(shape))",
    "a read-only view of the arguments": "np.broadcast_to(a_prev[:1], shape)", "an argument itself": "a_prev",
    "a list in a list in itself": "loop", "a thousand lists deep": "deep", "a million lists": "[[]] * 10**6",
    "an int of a million digits": "1 << 3_000_000", "a text of a surrogate": "'\\ud800'", "the function itself": TASK,
    "a dict of strange keys": "{1: 2, None: 3, 'a\\0b': 4, '<script>': 5}", "a class": "type('<b>', (), {})",
    "bytes": "b'x'", "a set": "{1}", "a slice": "slice(1)", "a memory view": "memoryview(b'x')",
    "a dict with not a number": "{'nan': np.nan}",
}  # fmt: skip
MAKE = f"""
loop = []
loop.append(loop)
deep = []
for i in range(1000): deep = [deep]
def {TASK}(xt, a_prev, parameters):
    shape = a_prev.shape
    return $made"""


@pytest.mark.parametrize("form", ["({0}, {0}, {0})", "(xt, {0}, (a_prev, {0}, xt, parameters))", "{0}"])
def test_odd_values_are_worth_nothing(sandbox, form, assignment, harmless):
    """Any value that a function returns, alone or among correct parts, is a verdict with 0 points."""
    with harmless(sandbox), np.errstate(all="ignore"):
        for name, value in VALUES.items():
            source = MAKE.replace("$made", form.format(value))
            assert (name, 0) == (name, points(sandbox, assignment, [("a", source)])[0])


def test_what_lies_arrives_as_a_name(strongest):
    """An object of the student's own class arrives on the host as the name of its type."""
    code = "import numpy as np\n" + LIES[2].code + "\ndef f():\n    return np.zeros(2).view(Yes), [Yes], len"
    with strongest.open([("a", code)]) as session:
        assert (Foreign("Yes"), [Foreign("type")], Foreign("builtin_function_or_method")) == session.call("f", ()).value
