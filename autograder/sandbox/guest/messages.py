"""Send and receive frames over a socket, within some time."""

import socket
import time
from collections.abc import Callable

from .values import DEFAULT_CAP, LENGTHS, Value, lengths_of

CHUNK = 1 << 20  # bytes


def send(sock: socket.socket, frame: bytes, deadline: float | None = None) -> None:
    """Send a frame.

    Parameters
    ----------
    sock : socket.socket
    frame : bytes
    deadline : float, optional
        In seconds of `time.monotonic`.

    Raises
    ------
    TimeoutError, OSError
        If the deadline passes, or the peer is gone.
    """
    sock.settimeout(None if deadline is None else max(deadline - time.monotonic(), 0.001))
    sock.sendall(frame)


def receive(sock: socket.socket, cap: int = DEFAULT_CAP, wait: Callable[[], float] | None = None) -> bytes:
    """Return the bytes of the next frame.

    Parameters
    ----------
    sock : socket.socket
    cap : int, bytes
    wait : callable, optional
        Returns for how many seconds to wait until it is called again, or raises TimeoutError.

    Raises
    ------
    TimeoutError
        If ``wait`` raises it.
    EOFError, OSError
        If the peer is gone.
    CodecError
        If the frame is larger than ``cap`` allows.
    """
    lengths = _read(sock, LENGTHS.size, wait)
    return lengths + _read(sock, sum(lengths_of(lengths, cap)), wait)


def _read(sock: socket.socket, size: int, wait: Callable[[], float] | None) -> bytes:
    data = bytearray()
    while len(data) < size:
        if wait is not None:
            sock.settimeout(wait())
        try:
            part = sock.recv(min(size - len(data), CHUNK))  # a length alone takes no memory
        except TimeoutError:
            continue  # what has arrived is kept
        if not part:
            raise EOFError
        data += part
    return bytes(data)


def unwrap(reply: tuple[Value, ...]) -> Value:
    """Return the result in a reply to a reference call, or raise the exception that it carries."""
    if reply[0] == "answer":
        return reply[1]
    raise {"TypeError": TypeError}.get(reply[1], ValueError)(reply[2])
