"""Inside the sandbox, before any student: the warm process. Imports everything once, then forks on request.

It reads from the trusted end alone, never from a student, and runs no student code: that happens in its forks,
each used for one session and thrown away. Imports nothing of ours but what lies beside it.
"""

import gc
import importlib.util
import json
import marshal
import os
import select
import signal
import socket
import struct
import sys
import threading
import time

import fence


def main(options):
    """Serve the control socket until the trusted end is gone.

    A request is one JSON object in one message, its answer likewise. ``{"files": count, "draws": flag}`` comes with a
    file that holds what forks will find in their folder, and the cells of the lesson, of which so many are to be run
    ahead; it is answered with the seconds that each took. ``{"fork": limits}`` comes with the student's socket and is
    answered with the process's number; ``{"end": number, "patience": seconds}`` kills it, with all it started, and is
    answered with its wait status and what it used.
    """
    control = socket.socket(fileno=options["control"])
    os.set_inheritable(control.fileno(), False)
    shell = _warm_up(options["draws"])
    fence.prepare(options)
    forks, files, begun = {}, {}, []
    _answer(control, {"warm": os.getpid()})
    while True:
        if not _waits(control, options["watch"]):
            break
        data, descriptors, _, _ = socket.recv_fds(control, 1 << 16, 1)
        if not data:
            break
        request = json.loads(data)
        if "files" in request:
            if request["draws"]:
                _rehearse_drawing(shell)
            files, lesson = _files(descriptors[0], shell)
            begun, seconds, files = _begin(shell, lesson[:request["files"]], files)
            if begun or request["draws"]:
                _settle()
            answer = {"begun": seconds}
        elif "fork" in request:
            answer = _fork(control, options, request["fork"], descriptors[0], shell, (files, begun), forks)
        elif request["end"] in forks:
            scratch = forks.pop(request["end"])
            answer = {"ended": fence.end(options, request["end"], scratch, forks, request["patience"])}
        else:
            answer = {"ended": None}
        _answer(control, answer)
    for number in list(forks):
        fence.end(options, number, forks.pop(number), forks, 0)
    fence.tidy(options)
    os._exit(0)


def _waits(control, watch):
    """Wait for the next request; false where the trusted process has died, whoever else may hold its socket."""
    poll = select.poll()
    poll.register(control, select.POLLIN)
    if watch is not None:
        poll.register(watch, select.POLLIN)
    ready = {descriptor for descriptor, _ in poll.poll()}
    return watch not in ready


def _answer(control, message):
    control.sendall(json.dumps(message).encode())


def _warm_up(draws):
    """The shell, with all that a notebook of ours imports; matplotlib, too, for one that draws."""
    import site

    import shell as notebook

    site.sethelper()
    shell = notebook.make_shell(1 << 20)
    import student  # noqa: F401 - imported before the fork

    if draws:
        _rehearse_drawing(shell)
    here = os.path.dirname(__file__)
    sys.path[:] = [entry for entry in sys.path if entry != here]
    _settle()
    return shell


def _files(descriptor, shell):
    """The files that were handed in, by name, and beside each module its bytecode, compiled once for all forks.

    So are the lesson's cells, which came with them.
    """
    import shell as notebook
    import wire

    with open(descriptor, "rb") as file:
        files, lesson = wire.decode(file.read())
    notebook.prepare(shell, lesson)
    files = {name: content.tobytes() for name, content in files.items()}
    for name, content in list(files.items()):
        if name.endswith(".py"):
            try:
                code = compile(content, name, "exec", dont_inherit=True)
            except Exception:
                continue  # who imports it will see
            # 3: to be used for just this source (PEP 552), so that a student's own of the same name is compiled
            head = importlib.util.MAGIC_NUMBER + struct.pack("<I", 3) + importlib.util.source_hash(content)
            files[importlib.util.cache_from_source(name)] = head + marshal.dumps(code)
    return files, lesson


def _begin(shell, sources, files):
    """Run the cells that a lesson begins with, in the place where forks will find themselves.

    What they showed, for forks to tell, how long they took, and the files that are there then. It ends where forks
    could not take over: after an error, and beside a thread.
    """
    import shell as notebook
    import student

    begun, seconds = [], []
    if not sources:
        return begun, seconds, files
    kept = {number: os.dup(number) for number in (1, 2)}
    os.chdir(fence.SCRATCH)
    outputs = fence.capture()
    student.lay(files)
    argv, sys.argv = sys.argv, ["notebook"]
    for number, source in enumerate(sources, 1):
        start = time.monotonic()
        shown, count = notebook.run_cell(shell, source, number, outputs)
        if any(output["output_type"] == "error" for output in shown) or threading.active_count() > 1:
            break
        begun.append((source, shown, count))
        seconds.append(time.monotonic() - start)
    files = student.laid()
    sys.argv = argv
    for number, descriptor in kept.items():
        os.dup2(descriptor, number, inheritable=True)
        os.close(descriptor)
    os.chdir("/")
    return begun, seconds, files


def _rehearse_drawing(shell):
    import shell as notebook

    notebook.rehearse(shell, notebook.DRAWING)


def _settle():
    """What is in memory now stays: no fork's collector touches its pages."""
    gc.collect()
    gc.freeze()
    fence.compact()
    fence.measure()


def _fork(control, options, limits, descriptor, shell, ready, forks):
    """Fork, and in the child serve one session; in the warm process, what to answer."""
    try:
        number, scratch = fence.fork(options, limits)
    except (OSError, RuntimeError) as error:
        os.close(descriptor)
        return {"error": f"{type(error).__name__}: {error}"}
    if number:
        os.close(descriptor)
        forks[number] = scratch
        return {"number": number}
    code = 1
    try:
        _serve(control, options, limits, descriptor, shell, ready, scratch)
        code = 0
    except (EOFError, BrokenPipeError):
        code = 0  # the trusted end is done with us
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(code)


def _serve(control, options, limits, descriptor, shell, ready, scratch):
    import student
    import wire

    sock = socket.socket(fileno=descriptor)
    control.close()
    try:
        outputs = fence.enter(options, limits, scratch, keep={descriptor})
    except Exception as error:
        wire.send(sock, wire.encode(("unfenced", f"{type(error).__name__}: {error}")))
        raise
    wire.send(sock, wire.encode(("fenced",)))
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, signal.SIG_DFL if signum == signal.SIGTERM else signal.default_int_handler)
    for name in ("student", "shell", "wire", "inside", "fence", "syscalls", "landlock", "explain", "tree"):
        sys.modules.pop(name, None)  # a student's own file of such a name is found instead
    sys.argv = ["notebook"]
    student.serve(sock, shell, outputs, *ready)
