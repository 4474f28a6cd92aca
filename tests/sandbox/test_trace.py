"""A call that is followed says what each line changed: one suite, with isolation and without."""

import sys

import numpy as np
import pytest

from autograder.sandbox.guest import tracer
from autograder.sandbox.guest.tracer import Tracer
from autograder.sandbox.local import LocalSession
from autograder.sandbox.session import Definition
from tests.helpers.sandbox import EVERY_LEVEL


@pytest.fixture(params=["local", *EVERY_LEVEL])
def follow(request, sandboxes):
    """A function that returns what was seen of a call of ``f``, which a source defines at a line."""
    opened = []

    def follow(source, *arguments, line=1, replacing=None, cell=1):
        if request.param == "local":
            namespace = {"np": np}
            exec(compile(source, "<cell>", "exec"), namespace)
            session = LocalSession(namespace)
        else:
            session = sandboxes[request.param].open([("a", "import numpy as np"), ("b", source)])
        opened.append(session)
        return session.trace(Definition("f", cell, line), arguments, replacing)

    yield follow
    for session in opened:
        session.close()


def lines_of(events):
    return [line for line, _, _ in events]


def test_each_line_shows_what_changed_before_it(follow):
    """A line's event holds the names that the line above gave a value, and the last one the returned value's line."""
    events, returned, error = follow("def f(x):\n    y = x + 1\n    y[0] = 7\n    return y", np.zeros(2))
    assert [2, 3, 4, -4] == lines_of(events)
    assert {"x", "@0"} == set(events[0][1])
    assert [1, 1] == events[1][1]["y"].tolist()
    assert [7, 1] == events[2][1]["y"].tolist()
    assert {} == events[3][1]
    assert [7, 1] == returned.tolist()
    assert error is None


def test_equal_values_are_one_object(follow):
    """Arrays and collections with the same content arrive once, so that the host compares them by identity."""
    events, *_ = follow("def f(x):\n    y = x.copy()\n    z = [x, y]\n    z = [y, x]\n    return z", np.ones(2))
    assert events[0][1]["x"] is events[1][1]["y"]
    assert events[2][1]["z"][0] is events[0][1]["x"]
    assert "z" not in events[3][1]


def test_names_of_one_memory_are_told(follow):
    """A view and its array share memory; a copy does not."""
    events, *_ = follow("def f(x):\n    y = x[:, 0]\n    z = y.copy()\n    return z", np.ones((2, 2)))
    assert (("x", "y"),) == events[-1][2]


def test_a_change_in_place_inside_a_collection_is_seen(follow):
    """What a later write changes in a list shows at that write."""
    events, *_ = follow("def f(x):\n    kept = [x]\n    x[0] = 5\n    return kept", np.zeros(1))
    assert [0] == events[1][1]["kept"][0].tolist()
    assert [5] == events[2][1]["kept"][0].tolist()


@pytest.mark.parametrize(("source", "expected"), [
    ("def f(x):\n    y = x @ x\n    return y", (2, "ValueError", "")),
    ("def f(x):\n    return z", (2, "NameError", "z")),
    ("def f(x):\n    g = lambda a: a[9]\n    return g(x)", (3, "IndexError", "")),
    ("def f(x):\n    try:\n        x[9]\n    except IndexError:\n        x = 1\n    return x", None),
])
def test_the_line_that_raised_is_told(follow, source, expected):
    """An exception has its line in the function, the type's name, and a missing name; none if caught."""
    *_, error = follow(source, np.ones((2, 3)))
    assert expected == error


def test_only_the_definition_that_was_asked_for_is_followed(follow):
    """A function of the same name at another line or in another cell is not followed."""
    source = "def f(x):\n    return 1\ndef f(x):\n    return 2"
    assert follow(source, 0, line=1) is None
    assert 2 == follow(source, 0, line=3)[1]


@pytest.mark.parametrize("source", [
    "import functools\ndef twice(g):\n    @functools.wraps(g)\n    def h(x):\n        return 2 * g(x)\n    return h\n"
    "@twice\ndef f(x):\n    return x + 1",
    "\n" * 6 + "def f(x):\n    return x + 1 if x < 9 else f(x - 1)",
])
def test_decorated_and_recursive_functions_are_followed_once(follow, source):
    """The function inside of a decorator counts, and of a recursion the outermost call."""
    assert 2 == follow("pass\n" + source if source[0] == "\n" else source, 1, line=8 if source[0] == "\n" else 7)[1]


def test_reference_callees_stand_beneath(follow):
    """A callee that the host replaces answers while a call is followed, too."""
    events, returned, _ = follow("def g(x):\n    return x\ndef f(x):\n    y = g(x)\n    return y", 3, line=3,
                                 replacing={"g": lambda x: 10 * x})
    assert 30 == events[1][1]["y"]
    assert 30 == returned


@pytest.mark.parametrize("source", [
    "def f(x):\n    for i in range(10**6):\n        x = i\n    return x",
    "def f(x):\n    y = []\n    for i in range(700):\n        y = [np.full(9, i)] + y[:60]\n    return y",
    "def f(x):\n    y = np.zeros(0)\n    for i in range(60):\n        y = np.full(20000, i)\n    return y",
])
def test_too_much_is_not_followed(follow, source):
    """Beyond some lines, values or bytes there is nothing, and the call goes on without the tracer."""
    assert follow(source, 1) is None


def test_objects_of_any_kind_are_named_by_their_type(follow):
    """What is no plain data crosses as a placeholder, also where its own code raises."""
    source = ("def f(x):\n    class A:\n        def __eq__(self, other):\n            raise ValueError\n"
              "    y = [A(), np.array([A()]), {1: 2}, 1j]\n    return x")
    events, returned, error = follow(source, 1)
    assert ["A", "ndarray of dtype object_", "dict", "complex"] == [
        getattr(part, "type_name", part) for part in events[-2][1]["y"]]
    assert (1, None) == (returned, error)


def test_a_debugger_is_put_back():
    """The trace function that was set before is set again, also after an exception and after too much."""
    before = sys.gettrace()

    def mine(frame, event, argument):
        return None

    sys.settrace(mine)
    try:
        with Tracer("f", 1):
            pass
        assert mine is sys.gettrace()
        with pytest.raises(ZeroDivisionError), Tracer("f", 1):
            1 / 0  # noqa: B018
        assert mine is sys.gettrace()
    finally:
        sys.settrace(before)


def test_a_tracer_stops_within_its_bounds(monkeypatch):
    """Each bound is one of its own."""
    def f(x):
        y = [x] * 4
        z = y + [2]
        return z

    line = f.__code__.co_firstlineno
    for bound, enough, few in (
            ("MAX_EVENTS", 4, 3), ("MAX_NAMES", 3, 2), ("MAX_PARTS", 99, 9), ("MAX_BYTES", 8, 7)):
        monkeypatch.setattr(tracer, bound, enough)
        with Tracer("f", line) as complete:
            f(np.zeros(1))
        monkeypatch.setattr(tracer, bound, few)
        with Tracer("f", line) as cut:
            f(np.zeros(1))
        monkeypatch.undo()
        assert complete.result() is not None, bound
        assert cut.result() is None, bound


def test_what_changes_deep_inside_is_seen_and_the_rest_is_the_same_object(follow):
    """A write into an array changes all collections around it; the others arrive once."""
    events, *_ = follow(
        "def f(x):\n    deep = {'a': [(x,)]}\n    other = [x.copy(), {'k': 1}]\n    x[0] = 5\n    deep['a'].append(0)\n"
        "    return deep", np.zeros(2))
    assert [{"deep"}, {"other"}, {"x", "@0", "deep"}, {"deep"}] == [set(changed) for _, changed, _ in events[1:5]]
    before, after, longer = (events[i][1]["deep"]["a"] for i in (1, 3, 4))
    assert [0, 5, 0] == [before[0][0][0], after[0][0][0], longer[1]]
    assert longer[0] is after[0]
