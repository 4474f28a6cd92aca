"""Convert values to bytes and back, without pickle.

A frame is two lengths, a header of that many bytes (JSON), and a body: the bytes of texts and arrays, in the order in
which the header mentions them. The encoder replaces what it cannot serialise by a `Foreign`. The decoder believes
nothing, and raises `CodecError` for every departure from the format.

Sharing survives: an array or container that occurs twice in a value is sent once, and occurs twice in the result. An
answer may also contain "the very object that you sent" (`arguments`).

Both sides use it. It needs numpy and the standard library alone.
"""

from .decoding import decode
from .encoding import encode
from .values import CodecError, Foreign, NamedFunction, Value, describe

__all__ = ["CodecError", "Foreign", "NamedFunction", "Value", "decode", "describe", "encode"]
