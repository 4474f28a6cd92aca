"""Send and receive frames over a socket, before a deadline."""

import socket
import time

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


def receive(sock: socket.socket, cap: int = DEFAULT_CAP, deadline: float | None = None) -> bytes:
    """Return the bytes of the next frame.

    Raises
    ------
    TimeoutError
        If the deadline passes.
    EOFError, OSError
        If the peer is gone.
    CodecError
        If the frame is larger than ``cap`` allows.
    """
    lengths = _read(sock, LENGTHS.size, deadline)
    return lengths + _read(sock, sum(lengths_of(lengths, cap)), deadline)


def _read(sock: socket.socket, size: int, deadline: float | None) -> bytes:
    data = bytearray()
    while len(data) < size:
        if deadline is not None:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise TimeoutError
            sock.settimeout(remaining)
        part = sock.recv(min(size - len(data), CHUNK))  # a length alone takes no memory
        if not part:
            raise EOFError
        data += part
    return bytes(data)


def unwrap(reply: tuple[Value, ...]) -> Value:
    """Return the result in a reply to a reference call, or raise the exception that it carries."""
    if reply[0] == "answer":
        return reply[1]
    raise {"TypeError": TypeError}.get(reply[1], ValueError)(reply[2])
