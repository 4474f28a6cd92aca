"""A trace is forged, at every field: the points stay, and nothing large is computed or kept."""

import tracemalloc

import numpy as np
import pytest

from autograder.judging.lines.adding import Solution, add_lines
from autograder.judging.verdicts import judge_task
from autograder.sandbox.guest.codec import Foreign
from autograder.sandbox.local import LocalSession

HUGE = 10**7
MEMORY = 48 << 20  # bytes on the host, at the most; a forged T_x of ten million took 1.7 GB
TASKS = {"rnn_forward": ("a[:, :, t] = a_next", "a[:, :, t] = a_next + 1"),
         "lstm_cell_forward": ("it * cct", "cct")}

deep = []
for _ in range(900):
    deep = [deep]
ring = []
ring.append(ring)

#: What may stand in place of a value of the trace.
VALUES = {
    "a huge integer": HUGE, "a negative one": -HUGE, "one of many digits": 2**255, "a huge float": 1e300,
    "no number": float("nan"), "None": None, "True": True, "a text": "x" * 100_000, "an empty list": [],
    "deep nesting": deep[0], "a ring": ring, "another kind": Foreign("Trap"), "a long list": [0] * 50_000,
    "shared parts": (lambda part: [part] * 60)([[1.0] * 60] * 60),
    "many axes": np.zeros((1,) * 32), "a long axis": np.zeros((1, 1, 200_000)), "no entries": np.zeros((0, 5, 10)),
    "a column and many rows": np.zeros((700, 1)), "another dtype": np.zeros((3, 10, 4), "c16"),
    "whole numbers": np.full((3, 10, 4), 2**62), "a function": np.ones, "a dict": {"Wax": HUGE, "Wya": HUGE},
}
#: What may stand in place of a trace, an event, or a part of one.
SHAPES = [None, 0, "trace", [], (), {}, (1, 2), (1, 2, 3), ([], None, None), ([(1, {}, ())] * 5_000, None, None),
          ([(0, {}, ())], None, None), ([(2**70, {}, ())], None, None), ([(True, {}, ())], None, None),
          ([(5, {"a b": 1, "": 2}, ())], None, None), ([(5, {f"a{i}": 1 for i in range(5_000)}, ())], None, None),
          ([(5, {}, (("a",) * 5_000,) * 50)], None, None), ([(5, {}, ((1, 2),))], None, None),
          ([(5, {}, ())], None, (5, "Trap", "x" * 9_000)), ([(5, {}, ())], None, (-5, "ValueError", "")),
          ([(40, {}, ()), (-40, {}, ())] * 700, None, None), ([(-1, {}, ())] * 900, 1, None)]


class Forger(LocalSession):
    """A session whose traces are forged."""

    def trace(self, definition, arguments, replacing=None):
        """Return the trace as ``forge`` changes it."""
        return self.forge(super().trace(definition, arguments, replacing))


@pytest.fixture
def words_on(assignment):
    """A function that judges a task and adds lines from forged traces; it checks the points and the memory."""
    def words_on(task, forge):
        old, new = TASKS[task]
        source = assignment.reference.sources[task].replace(old, new)
        namespace = assignment.reference.run_imports()
        for name, text in {**assignment.reference.sources, task: source}.items():
            exec(compile(text, f"<cell {name}>", "exec"), namespace)
        session = Forger(namespace)
        session.forge = forge
        before = judge_task(session, assignment, task)
        tracemalloc.start()
        try:
            (after,) = add_lines(session, assignment, [before], {task: Solution(source, 0, 0)})
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert (before.score, before.checks) == (after.score, after.checks)
        assert after.diagnosis in (before.diagnosis, None)  # a forger may lose a hint, and gets no other one
        assert peak < MEMORY
        for line in after.lines:
            assert 0 < line.line < 1_000_000
            assert len(line.says) < 400
        return after.lines

    return words_on


@pytest.mark.parametrize("task", TASKS)
def test_without_a_forgery_there_is_a_line(words_on, task):
    """The same session with a true trace has the line: else the tests below could not fail."""
    assert 1 == len(words_on(task, lambda content: content))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("value", VALUES)
def test_a_forged_value_costs_little(words_on, assignment, task, value):
    """Every name at every line, and what is returned, may hold anything."""
    for only in (None, *names_of(assignment, task)):
        def forge(content, only=only):
            events, returned, error = content
            return ([(line, {name: VALUES[value] if only in (None, name) else held for name, held in changed.items()},
                      groups) for line, changed, groups in events],
                    VALUES[value] if only is None else returned, error)

        words_on(task, forge)


@pytest.mark.parametrize("content", SHAPES, ids=range(len(SHAPES)))
def test_a_forged_form_is_no_trace(words_on, content):
    """What has not the form of a trace gives no words, or only harmless ones."""
    words_on("rnn_forward", lambda true: content)


def test_forged_lines_and_steps_end(words_on):
    """Lines in any order, endless passes through the loop, and made-up shared memory come to an end."""
    def jump(content):
        events, returned, error = content
        return [(events[i % len(events)][0], changed, (("a", "x", "caches", "y_pred"),))
                for i, (_, changed, _) in enumerate(events * 60)][:1900], returned, error

    words_on("rnn_forward", jump)
    words_on("rnn_forward", lambda content: (content[0][::-1], *content[1:]))
    words_on("rnn_forward", lambda content: ([(abs(line) or 1, *rest) for line, *rest in content[0]], *content[1:]))
    for exception in ("NameError", "Trap", "ValueError"):
        words_on("rnn_forward", lambda content, e=exception: (content[0], None, (39, e, "caches")))


@pytest.mark.parametrize("source", [
    "def rnn_forward(x, a0, parameters):\n    return " + "(" * 150 + "x" + ")" * 150,
    "def rnn_forward(x, a0, parameters):\n    return " + "-" * 5_000 + "1",
    "def rnn_forward(x, a0, parameters):\n" + "\n".join(" " * i + "if x:" for i in range(4, 90)) + "1",
    "def rnn_forward(x, a0, parameters):\n    a = " + "+".join(["x"] * 4_000) + "\n    return a",
    "def rnn_forward(x, a0, parameters):\n    a" + "[0]" * 4_000 + " = 1",
    "\0", "def rnn_forward(", "x = 1\n" * 30_000,
])
def test_a_source_is_parsed_and_never_run(assignment, words_on, source):
    """A source as no parser likes it has no words, and no exception."""
    session = Forger({"rnn_forward": lambda *arguments: None})
    session.forge = lambda content: ([(2, {"x": 1.0, "a": 2.0}, ()), (-2, {}, ())], (1, 2, 3), None)
    verdict = judge_task(session, assignment, "rnn_forward")
    (after,) = add_lines(session, assignment, [verdict], {"rnn_forward": Solution(source, 0, 0)})
    assert (verdict.score, verdict.checks) == (after.score, after.checks)


def names_of(assignment, task):
    """Return some names of a task's reference solution."""
    return {"rnn_forward": ("T_x", "a", "caches", "t"),
            "lstm_cell_forward": ("concat", "m", "parameters")}[task]
