"""The student's end: one session in one fork. Runs the cells it is sent, then answers calls until it is told to stop.

Runs inside the sandbox beside the student's code, which may do to it what it likes: nothing here is believed by the
other end. Imports nothing of ours but ``wire``, ``explain`` and ``shell``, which lie beside it.
"""

import os
import sys

import shell as notebook
import wire
from explain import explain


def serve(sock, shell, descriptors, files, begun):
    """Serve one session on a socket, beside some files: a "run" message, then "call" messages.

    ``begun`` holds the notebook's first cells with what they showed, where they have been run before the fork.
    """
    _, cells, limits = wire.decode(wire.receive(sock))
    end = StudentsEnd(sock, shell, descriptors, limits)
    lay(files)
    end.run(cells, begun)
    while True:
        try:
            message = wire.decode(wire.receive(sock, end.cap), cap=end.cap)
        except EOFError:
            return
        end.reply(end.call(*message[1:]))


def lay(files):
    """Put files, by name, into the working folder, from where they can be imported."""
    for name, content in files.items():
        if os.path.dirname(name):
            os.makedirs(os.path.dirname(name), exist_ok=True)
        with open(name, "wb") as file:
            file.write(content)
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())  # last, so that a file here shadows no library


def laid():
    """The files in the working folder, by name."""
    files = {}
    for folder, _, names in os.walk("."):
        for name in names:
            path = os.path.relpath(os.path.join(folder, name))
            with open(path, "rb") as file:
                files[path] = file.read()
    return files


class StudentsEnd:
    """The state of one session."""

    def __init__(self, sock, shell, descriptors, limits):
        self.sock, self.shell, self.descriptors = sock, shell, descriptors
        self.cap = limits["message_bytes"]
        shell.recorder.limit = limits["output_bytes"]

    def reply(self, message):
        try:
            frame = wire.encode(message, cap=self.cap)
        except Exception as error:  # a value that another thread changes while it is being written, no memory left
            frame = wire.encode(("failed", "unreadable", f"what came back cannot be sent: {explain(error)}", ""))
        wire.send(self.sock, frame)

    def run(self, cells, begun):
        for index, source in cells:
            if index < len(begun) and begun[index][0] == source:
                _, outputs, count = begun[index]
            else:
                outputs, count = notebook.run_cell(self.shell, source, index + 1, self.descriptors)
            self.reply(("cell", index, outputs, count))
        self.reply(("ready",))

    def call(self, name, arguments, replacing):
        space = self.shell.user_ns
        function = space.get(name)
        if not callable(function):
            return "failed", "missing", f"`{name}` is not defined.", ""
        kept = {other: space[other] for other in replacing if other in space}
        recorder = self.shell.recorder
        recorder.start()
        streams = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = notebook.Stream(recorder, "stdout"), notebook.Stream(recorder, "stderr")
        space.update({other: self.stand_in(other) for other in replacing})
        try:
            value = function(*arguments)
        except BaseException as error:
            return "failed", "raised", explain(error), wire.describe(error)
        finally:
            sys.stdout, sys.stderr = streams
            for other in replacing:
                space.pop(other, None)
            space.update(kept)
        return "returned", value, arguments

    def stand_in(self, name):
        """A function that looks like the student's own and is answered by the other end."""

        def ask(*arguments, **keywords):
            wire.send(self.sock, wire.encode(("asks", name, arguments, keywords), cap=self.cap))
            frame = wire.receive(self.sock, self.cap)
            reply = wire.decode(frame, (arguments, keywords), self.cap)
            if reply[0] == "answer":
                return reply[1]
            raise {"TypeError": TypeError}.get(reply[1], ValueError)(reply[2])

        ask.__name__ = ask.__qualname__ = name
        return ask
