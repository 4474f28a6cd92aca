"""Forging messages: messages that nobody asked for, invalid frames, floods and silence.

A student can make the guest's end of the socket send anything. So no message about points exists, and frames are
measured before they are read. The demonstrations read as a more trusting grader would.
"""

import json
import math
import os
import pickle
import socket
import struct
import tracemalloc

import numpy as np
import pytest

from autograder.judging import judge_task
from autograder.judging.reference_callees import reference_callee
from autograder.model import Failed
from autograder.sandbox import Session, recovery
from autograder.sandbox.guest import codec, messages, values
from autograder.sandbox.guest.codec import CodecError
from autograder.sandbox.stopwatch import Stopwatch
from tests.helpers.sandbox import linux

from .harness import NOTHING, PRELUDE, TASK, notebook_of, points, with_limits

pytestmark = linux

#: How a student finds the guest's end of the socket in its own process.
GRAB = PRELUDE + """
import gc, json, struct, time
end = next(thing for thing in gc.get_objects() if type(thing).__name__ == 'Runner')
names, sock = type(end).reply.__globals__, end.sock
class Guest:
    def __getattr__(self, name): return names[name]
    def __setattr__(self, name, value): names[name] = value
guest = Guest()
def frame(header, body=b''):
    header = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack('<II', len(header), len(body)) + header + body
"""


def forged(body):
    """Return the attacker's notebook: a task's function with this body."""
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    return [("grab", GRAB), ("forge", f"def {TASK}(xt, a_prev, parameters):\n{lines}")]


# ---- messages ---------------------------------------------------------------------------------------------

MESSAGES = {
    "its own points": "guest.send(sock, guest.encode(('points', 15.0)))",
    "its own points, by a changed function": "guest.encode = lambda *a, **k: frame(['t', ['points', 15.0]])",
    "its own points, by a changed socket": "kept = guest.send\nguest.send = lambda sock, data, *a: kept(sock, "
                                           "frame(['t', ['points', 15.0]]))",
    "its own points, when the process ends": "import atexit\natexit.register(lambda: guest.send(sock, guest.encode("
                                             "('points', 15.0))))\natexit._run_exitfuncs()",
    "its own points, from a finalizer": "class Dying:\n"
                                        "    def __del__(self): guest.send(sock, guest.encode(('points', 15.0)))\n"
                                        "Dying()",
    "its own points, from a thread": "import threading\nt = threading.Thread(target=lambda: guest.send(sock, "
                                     "guest.encode(('points', 15.0))))\nt.start()\nt.join()",
    "its own points, from a signal": "import signal\nsignal.signal(signal.SIGALRM, lambda *a: guest.send(sock, "
                                     "guest.encode(('points', 15.0))))\nsignal.setitimer(signal.ITIMER_REAL, 0.001)\n"
                                     "time.sleep(0.05)",
    "its own points, as another task's answer": f"guest.send(sock, guest.encode(('points', 15.0, '{TASK}')))\n"
                                                "guest.send(sock, guest.encode(('returned', 15.0, ())))",
}  # fmt: skip


@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in MESSAGES.items()])
def test_nothing_said_about_points_counts(body, sandbox, assignment, harmless):
    """No message speaks of points. A student who sends one has sent an unreadable message, and gets 0."""
    with harmless(sandbox):
        assert 0 == points(sandbox, assignment, forged(body))[0]


@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in MESSAGES.items()])
def test_a_grader_that_takes_their_word_gives_full_marks(body, strongest, assignment):
    """If points were a message, as with tests in the student's process, each of these would get 15."""
    case = assignment.hidden_cases(TASK)[0]
    with strongest.open(notebook_of(assignment, *forged(body))) as session:
        session._fork.send(codec.encode(("call", TASK, tuple(case.arguments.values()), [])), 5)
        word, said, *_ = session._fork.receive(Stopwatch(session._fork, 5))
    assert ("points", 15.0) == (word, said)


def test_nobody_answers_for_a_task_that_is_being_judged(sandbox, assignment, harmless):
    """A forged reference call is answered only during a call with references. A trusting judge gives 15."""
    ask = forged(f"guest.send(sock, guest.encode(('asks', '{TASK}', (xt, a_prev, parameters), {{}})))\n"
                 "reply = guest.decode(guest.receive(sock), ((xt, a_prev, parameters), {}))\nreturn reply[1]")
    with harmless(sandbox):
        assert 0 == points(sandbox, assignment, ask)[0]

    class Believing(Session):
        def call(self, name, arguments, replacing=None):
            return session.call(name, arguments, {TASK: reference_callee(assignment, TASK)})

    with sandbox.open(notebook_of(assignment, *ask)) as session:
        assert 15 == judge_task(Believing(), assignment, TASK).score


@pytest.mark.parametrize("ahead", [1, 7, 40])
def test_answers_sent_ahead_are_answers_still(ahead, sandbox, assignment, harmless):
    """Answers sent before they are asked for are compared like any. They hold no correct number."""
    send = "guest.send(sock, guest.encode(('returned', (a_prev, a_prev, None), (xt, a_prev, parameters))))"
    body = f"for i in range({ahead}): {send}"
    with harmless(sandbox):
        assert 0 == points(sandbox, assignment, forged(body))[0]


@pytest.mark.parametrize("message", [("returned", 1), ("returned", 1, 5)], ids=str)
def test_a_message_of_another_form_is_refused(message, strongest, assignment, monkeypatch):
    """It is the call's failure. Without the check it would be a failure of the grader."""
    cells = notebook_of(assignment, *forged(f"guest.send(sock, guest.encode({message!r}))"))
    arguments = tuple(assignment.hidden_cases(TASK)[0].arguments.values())
    with strongest.open(cells) as session:
        assert "garbled" == session.call(TASK, arguments).kind
    monkeypatch.setattr(recovery, "_has_form", lambda message, word, *types: message[0] == word)
    with strongest.open(cells) as session, pytest.raises(AttributeError):
        session.call(TASK, arguments)


# ---- frames -----------------------------------------------------------------------------------------------


def unpickled(data):
    pickle.loads(bytes(data[8:]))


def parsed(data):
    header = struct.unpack("<II", data[:8])[0]
    return json.loads(bytes(data[8:8 + header]))


def too_deep(data):
    with pytest.raises(RecursionError):
        parsed(data)


def too_long(data):
    with pytest.raises(ValueError, match="4300"):
        parsed(data)


def too_many(data):
    tracemalloc.start()
    parsed(data)
    assert 25 << 20 < tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


def unfolds(data):
    """Return how many parts a walk through the value meets, computed without walking."""
    sizes = []

    def size(node):
        if node[0] == "r":
            return sizes[node[1]]
        sizes.append(0)
        place = len(sizes) - 1
        sizes[place] = 1 + sum(map(size, node[1]))
        return sizes[place]

    assert 2**25 < size(parsed(data))


def larger(data):
    assert 1 << 60 < math.prod(parsed(data)[2]) * 8


def raises(data):
    _, code, shape = parsed(data)
    with pytest.raises((ValueError, TypeError, OverflowError)):
        np.frombuffer(bytes(data[-8:]), code).reshape(shape)


#: What is sent, and what it would do to a reader that does not measure first.
FRAMES = {
    "a pickle": ("import pickle\nclass Bomb:\n    def __reduce__(self):\n"
                 "        import pathlib; return pathlib.PurePath.__hash__, (1,)\n"
                 "data = b'cos\\nmkdir\\n(V$owned\\ntR.'\ndata = struct.pack('<II', len(data), 0) + data", unpickled),
    "a hundred thousand brackets": ("data = frame(b'[' * 100_000)", too_deep),
    "a number of a million digits": ("data = frame(b'9' * 1_000_000)", too_long),
    "half a million lists": ("data = frame(b'[' + b'[],' * 500_000 + b'1]')", too_many),
    "a list of lists of itself": ("node = ['l', []]\nfor i in range(25): node = ['t', [node, ['r', 25 - i]]]\n"
                                  "data = frame(node)", unfolds),
    "an array larger than its bytes": ("data = frame(['a', '<f8', [1 << 30] * 2], b'12345678')", larger),
    "an array of a negative shape": ("data = frame(['a', '<f8', [-1, -1]], b'12345678')", raises),
    "an array of objects": ("data = frame(['a', '|O', [1]], b'12345678')", raises),
    "an array whose empty shape overflows": ("data = frame(['a', '<f8', [0] + [2**31 - 1] * 4])", raises),
}  # fmt: skip


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_is_measured_before_it_is_read(name, sandbox, assignment, harmless, range_):
    """A frame that holds no value is refused, whatever it would do to a reader: 0 points, and the grader goes on."""
    with harmless(sandbox):
        source = FRAMES[name][0].replace("$owned", str(range_.folder / "course/owned"))
        assert 0 == points(sandbox, assignment, forged(source + "\nsock.sendall(data)\ntime.sleep(20)"))[0]


@pytest.mark.parametrize("name", FRAMES)
def test_who_reads_it_unmeasured_suffers(name, range_):
    """The same bytes crash, block or swell a reader that trusts them. The codec says that they hold no value."""
    source, harm = FRAMES[name]
    names = {}
    exec(GRAB[GRAB.index("def frame"):], {"json": json, "struct": struct}, names)
    space = {**names, "json": json, "struct": struct}
    space["frame"].__globals__.update(json=json, struct=struct)
    exec(source.replace("$owned", str(range_.folder / "course/owned")), space)
    with pytest.raises(CodecError):
        codec.decode(space["data"])
    harm(space["data"])
    assert (name == "a pickle") == (range_.folder / "course/owned").exists()
    range_.lay()


# ---- floods and silence -----------------------------------------------------------------------------------

SILENCE = {
    "half a frame": "sock.sendall(frame(['t', []])[:9])\ntime.sleep(60)",
    "a length and nothing": "sock.sendall(struct.pack('<II', 1000, 1 << 20))\ntime.sleep(60)",
    "one byte at a time": "for byte in struct.pack('<II', 100, 0) + b' ' * 99:\n"
                          "    sock.sendall(bytes([byte]))\n    time.sleep(0.05)\ntime.sleep(60)",
    "a stopped process": "import os, signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n"
                         "try: os.kill(os.getpid(), 19)\nexcept OSError: pass\n"
                         "time.sleep(60)",
}  # fmt: skip


@pytest.mark.parametrize("name", SILENCE)
def test_silence_is_ended_by_the_clock(name, sandbox, assignment, harmless, monkeypatch):
    """A call that never completes its message fails alone, at its time limit."""
    arguments = tuple(assignment.hidden_cases(TASK)[0].arguments.values())
    cells = notebook_of(assignment, *forged(SILENCE[name]))
    with harmless(sandbox):
        for seconds in (0.2, 0.4):
            with with_limits(sandbox, monkeypatch, call_seconds=seconds).open(cells) as session:
                outcome = session.call(TASK, arguments)
            assert Failed("timed out", f"`{TASK}` waited for {seconds} s.") == outcome
        with_limits(sandbox, monkeypatch)


LENGTHS = {"four gigabytes": (2**32 - 1, 2**32 - 1), "a header too long": (values.MAX_HEADER + 1, 0)}


@pytest.mark.parametrize("name", LENGTHS)
def test_a_length_too_large_is_refused_unread(name, sandbox, assignment, harmless, monkeypatch):
    """The message is refused at once. A reader without the check waits until the time limit."""
    header, body = LENGTHS[name]
    cells = notebook_of(assignment, *forged(f"sock.sendall(struct.pack('<II', {header}, {body}))\ntime.sleep(60)"))
    arguments = tuple(assignment.hidden_cases(TASK)[0].arguments.values())
    with harmless(sandbox):
        with sandbox.open(cells) as session:
            assert "garbled" == session.call(TASK, arguments).kind
        with monkeypatch.context() as patch:
            patch.setattr(messages, "lengths_of", lambda lengths, cap=0: struct.unpack("<II", lengths))
            with with_limits(sandbox, patch, call_seconds=0.3).open(cells) as session:
                assert "timed out" == session.call(TASK, arguments).kind


FLOOD = "data = guest.encode(('hello',)) * 1000\nfor i in range(20): sock.sendall(data)"


@pytest.mark.parametrize("where", ["cell", "call"])
def test_a_flood_of_frames_ends_with_the_first(where, sandbox, assignment, harmless):
    """Of twenty thousand small frames one is read."""
    cells = forged(FLOOD) if where == "call" else [("flood", GRAB + FLOOD), ("nothing", NOTHING)]
    with harmless(sandbox):
        assert 0 == points(sandbox, assignment, cells)[0]


def test_a_lenient_reader_is_kept_busy(strongest, assignment, monkeypatch):
    """A reader that skips what it did not ask for reads the whole flood."""
    passed_over, next_ = [], recovery.SandboxSession._next

    def lenient(self, fork, watch):
        while (message := next_(self, fork, watch)) == ("hello",):
            passed_over.append(message)
        return message

    monkeypatch.setattr(recovery.SandboxSession, "_next", lenient)
    with strongest.open(notebook_of(assignment, *forged(FLOOD))) as session:
        session.call(TASK, tuple(assignment.hidden_cases(TASK)[0].arguments.values()))
    assert 20_000 == len(passed_over)


def test_a_message_too_large_does_not_pass(sandbox, assignment, harmless, monkeypatch):
    """Two megabytes arrive as a type's name under a limit of one, and as an array under a larger limit."""
    cells = notebook_of(assignment, ("big", f"def {TASK}(xt, a_prev, parameters):\n    return np.ones(1 << 18)"))
    arguments = tuple(assignment.hidden_cases(TASK)[0].arguments.values())
    with harmless(sandbox):
        with with_limits(sandbox, monkeypatch, message_bytes=1 << 20).open(cells) as session:
            assert "ndarray of 2097152 bytes" == session.call(TASK, arguments).value.type_name
        with with_limits(sandbox, monkeypatch).open(cells) as session:
            assert 1 << 18 == session.call(TASK, arguments).value.size


def test_a_message_too_large_by_force_is_refused(sandbox, assignment, harmless, monkeypatch):
    """A large message that bypasses the guest's check is refused unread. Under a larger limit it is read."""
    body = "sock.sendall(frame(['t', ['failed', 'raised', ['u', 2 << 20], 'E']], b'x' * (2 << 20)))"
    arguments = tuple(assignment.hidden_cases(TASK)[0].arguments.values())
    cells = notebook_of(assignment, *forged(body))
    with harmless(sandbox):
        with with_limits(sandbox, monkeypatch, message_bytes=1 << 16).open(cells) as session:
            assert "garbled" == session.call(TASK, arguments).kind
        with with_limits(sandbox, monkeypatch).open(cells) as session:
            assert "raised" == session.call(TASK, arguments).kind


def test_descriptors_sent_along_do_not_arrive(sandbox, assignment, harmless, monkeypatch):
    """A frame with descriptors attached leaves none in the grader. A reader that accepts them has them."""
    body = ("import os\nfd = os.open('.', os.O_RDONLY)\n"
            "socket.send_fds(sock, [guest.encode(('returned', None, (xt, a_prev, parameters)))], [fd] * 50)")
    arguments = tuple(assignment.hidden_cases(TASK)[0].arguments.values())
    taken = []

    def taking(sock, size, deadline):
        data = bytearray()
        while len(data) < size:
            part, fds, _, _ = socket.recv_fds(sock, size - len(data), 100)
            taken.extend(fds)
            data += part
        return bytes(data)

    with harmless(sandbox):
        assert 0 == points(sandbox, assignment, forged(body))[0]
    with sandbox.open(notebook_of(assignment, *forged(body))) as session:
        monkeypatch.setattr(messages, "_read", taking)
        session.call(TASK, arguments)
    assert 50 == len(taken)
    for descriptor in taken:
        os.close(descriptor)
