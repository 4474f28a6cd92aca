"""Run one session in one fork: first the cells, then calls, until the host hangs up.

This shares its process with student code, which may change anything here. The host trusts nothing that it sends.
"""

import importlib
import os
import socket
import sys
from collections.abc import Callable, Mapping
from typing import Any

from .codec import Value, decode, describe, encode
from .explain import explain
from .messages import receive, send, unwrap
from .recorder import Stream
from .settings import Limits
from .shell import Shell, run_cell
from .tracer import Tracer, no_tracing


def serve(sock: socket.socket, shell: Shell, descriptors: Mapping[str, int], files: Mapping[str, bytes],
          limits: Limits) -> None:
    """Serve one session on a socket: "files" to write, "run" messages with cells, "call" and "trace" messages.

    Parameters
    ----------
    sock : socket.socket
    shell : Shell
    descriptors : dict of str to int
        Files that collect what is written below Python, by stream.
    files : dict of str to bytes
        To write into the working folder.
    limits : Limits
    """
    runner = Runner(sock, shell, descriptors, limits)
    sys.setswitchinterval(1e-5)  # a thread that a cell leaves running must not take the time of the calls
    write_files(files)
    sys.path.append(os.getcwd())  # last, so that a file here shadows no library
    while True:
        try:
            message = decode(receive(sock), resolve=import_function)
        except EOFError:
            return
        if message[0] == "run":
            runner.run(message[1])
        elif message[0] == "trace":
            runner.reply(runner.trace(*message[1:]))
        elif message[0] == "files":
            write_files({name: content.tobytes() for name, content in message[1].items()})
        else:
            runner.reply(runner.call(*message[1:]))


def import_function(module: str, name: str) -> Callable[..., Value]:
    """Return a function of a module beside the notebook."""
    found: Callable[..., Value] = getattr(importlib.import_module(module), name)
    return found


def write_files(files: Mapping[str, bytes]) -> None:
    """Write files into the working folder."""
    for name, content in files.items():
        os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
        with open(name, "wb") as file:
            file.write(content)
    importlib.invalidate_caches()


class Runner:
    """The state of one session."""

    def __init__(self, sock: socket.socket, shell: Shell, descriptors: Mapping[str, int], limits: Limits) -> None:
        self.sock, self.shell, self.descriptors = sock, shell, descriptors
        self.cap = limits.message_bytes
        shell.recorder.limit = limits.cell_output_bytes

    def reply(self, message: tuple[Value, ...]) -> None:
        """Send a message, or a failure if it cannot be encoded."""
        try:
            frame = encode(message, cap=self.cap)
        except Exception as error:  # a value that another thread changes meanwhile, or no memory left
            frame = encode(("failed", "unreadable", f"what came back cannot be sent: {explain(error)}", ""))
        send(self.sock, frame)

    def run(self, cells: list[tuple[int, str]]) -> None:
        """Run cells, given with their places in the notebook, and send what each shows."""
        for index, source in cells:
            outputs, count = run_cell(self.shell, source, index + 1, self.descriptors)
            self.reply(("cell", index, outputs, count))
        self.reply(("ready",))

    def call(self, name: str, arguments: tuple[Value, ...], replacing: tuple[str, ...]) -> tuple[Value, ...]:
        """Call the student's function, with other functions replaced by reference functions of the host."""
        namespace: dict[str, Any] = self.shell.user_ns
        function = namespace.get(name)
        if not callable(function):
            return "failed", "missing", f"`{name}` is not defined.", ""
        replaced = {other: namespace[other] for other in replacing if other in namespace}
        recorder = self.shell.recorder
        recorder.start()
        streams = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = Stream(recorder, "stdout"), Stream(recorder, "stderr")
        namespace.update({other: self.reference(other) for other in replacing})
        try:
            value = function(*arguments)
        except BaseException as error:  # student code
            return "failed", "raised", explain(error, name), describe(error)
        finally:
            sys.stdout, sys.stderr = streams
            for other in replacing:
                namespace.pop(other, None)
            namespace.update(replaced)
        return "returned", value, arguments

    def trace(self, name: str, arguments: tuple[Value, ...], replacing: tuple[str, ...], line: int,
              file: str) -> tuple[Value, ...]:
        """Call the student's function as `call` does, and return what `Tracer` saw of it."""
        with Tracer(name, line, file) as tracer:
            self.call(name, arguments, replacing)
        return "traced", tracer.result()

    def reference(self, name: str) -> Callable[..., Value]:
        """Return a function that looks like the student's own, and that the host answers."""

        def ask(*arguments: Value, **keywords: Value) -> Value:
            with no_tracing():
                send(self.sock, encode(("asks", name, arguments, keywords), cap=self.cap))
                return unwrap(decode(receive(self.sock, self.cap), (arguments, keywords), self.cap))

        ask.__name__ = ask.__qualname__ = name
        return ask
