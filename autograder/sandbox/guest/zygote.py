"""The zygote imports everything once, and forks a fresh process for each session.

It reads from the host alone, never from a student, and it runs no student code: its forks do.
"""

import contextlib
import importlib.util
import json
import marshal
import os
import select
import signal
import site
import socket
import sys
from typing import Any

from . import confine, runner
from .codec import decode, encode
from .messages import send
from .settings import Limits, Options
from .shell import DRAWING, make_shell, rehearse
from .tree import remove_tree

HASH_BASED = 3  # flags of bytecode that belongs to one source


def main(options: dict[str, Any]) -> None:
    """Serve the control socket until the host is gone."""
    Zygote(Options(**options)).serve()


def compile_module(name: str, source: bytes) -> bytes:
    """Return a module's bytecode for exactly this source (PEP 552). See benchmarks/README.md, "Shortcuts"."""
    code = compile(source, name, "exec", dont_inherit=True)
    head = importlib.util.MAGIC_NUMBER + HASH_BASED.to_bytes(4, "little") + importlib.util.source_hash(source)
    return head + marshal.dumps(code)


class Zygote:
    """The state of the zygote.

    A request is one JSON object in one message, and so is its answer:

    - ``{"install": true}``, with a file that holds the files that forks will need.
    - ``{"preload": true}``: import matplotlib.
    - ``{"fork": limits}``, with the session's socket: answered with ``pid`` or ``error``.
    - ``{"usage": pid}``: answered with the ``usage`` of a fork.
    - ``{"end": pid, "grace": seconds}``: kill a fork with all that it started; answered with ``ended``.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self.control = socket.socket(fileno=options.control)
        os.set_inheritable(self.control.fileno(), False)
        site.sethelper()
        self.shell = make_shell()
        self.files: dict[str, bytes] = {}
        self.forks: dict[int, str | None] = {}  # the scratch folder of each
        confine.prepare(options)
        confine.measure_memory()

    def serve(self) -> None:
        """Answer requests until the host is gone, then end all forks."""
        self.answer({"ready": os.getpid()})
        while self.wait():
            data, descriptors, _, _ = socket.recv_fds(self.control, 1 << 16, 1)
            if not data:
                break
            self.answer(self.handle(json.loads(data), descriptors))
        for pid in list(self.forks):
            self.end(pid, 0)
        remove_tree(self.options.root)
        os._exit(0)

    def wait(self) -> bool:
        """Wait for a request. Return False if the host has died, even if its socket is still open elsewhere."""
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        if self.options.watch is not None:
            poll.register(self.options.watch, select.POLLIN)
        return self.options.watch not in {descriptor for descriptor, _ in poll.poll()}

    def answer(self, message: dict[str, Any]) -> None:
        """Send an answer to the host."""
        self.control.sendall(json.dumps(message).encode())

    def handle(self, request: dict[str, Any], descriptors: list[int]) -> dict[str, Any]:
        """Do what a request asks, and return the answer."""
        if "install" in request:
            self.install(descriptors[0])
            return {}
        if "preload" in request:
            rehearse(self.shell, DRAWING)
            confine.measure_memory()
            return {}
        if "fork" in request:
            return self.fork(Limits(**request["fork"]), descriptors[0])
        if "usage" in request:
            return {"usage": confine.usage_of(request["usage"])}
        return {"ended": self.end(request["end"], request["grace"]) if request["end"] in self.forks else None}

    def install(self, descriptor: int) -> None:
        """Take the files for the working folder, and compile the modules among them."""
        with open(descriptor, "rb") as file:
            files = decode(file.read())
        self.files = {name: content.tobytes() for name, content in files.items()}
        for name, source in list(self.files.items()):
            if name.endswith(".py"):
                with contextlib.suppress(Exception):  # a module that does not compile says so where it is imported
                    self.files[importlib.util.cache_from_source(name)] = compile_module(name, source)

    def fork(self, limits: Limits, descriptor: int) -> dict[str, Any]:
        """Fork. In the child, serve one session and exit; in the zygote, return the answer."""
        try:
            pid, scratch = confine.fork(self.options)
        except (OSError, RuntimeError) as error:
            os.close(descriptor)
            return {"error": f"{type(error).__name__}: {error}"}
        if pid:
            os.close(descriptor)
            self.forks[pid] = scratch
            return {"pid": pid}
        code = 1
        try:
            assert scratch is not None
            self.serve_session(limits, descriptor, scratch)
            code = 0
        except (EOFError, BrokenPipeError):
            code = 0  # the host has hung up
        except BaseException as error:  # student code may have broken anything
            os.write(2, f"{type(error).__name__}: {error}\n".encode())
        finally:
            os._exit(code)

    def serve_session(self, limits: Limits, descriptor: int, scratch: str) -> None:
        """In a fork: confine this process, then run the session."""
        sock = socket.socket(fileno=descriptor)
        if "descriptors" in self.options.layers:
            self.control.close()
            del self.control
        try:
            outputs = confine.enter(self.options, limits, scratch, keep={descriptor})
        except Exception as error:  # report it to the host; no student code has run
            send(sock, encode(("unconfined", f"{type(error).__name__}: {error}")))
            raise
        send(sock, encode(("confined",)))
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.argv = ["notebook"]
        runner.serve(sock, self.shell, outputs, self.files, limits)

    def end(self, pid: int, grace: float) -> dict[str, Any]:
        """End a fork. See `confine.end_fork`."""
        scratch = self.forks.pop(pid)
        return confine.end_fork(self.options, pid, scratch, self.forks, grace)
