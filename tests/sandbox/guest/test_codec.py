"""The codec: values survive a round trip, other objects become names, and forged bytes are refused."""

import contextlib
import json
import math
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.sandbox.guest import codec, decoding, values
from autograder.sandbox.guest.codec import CodecError, Foreign, NamedFunction

ARRAYS = hnp.arrays(
    st.sampled_from(list(values.DTYPES.values())), hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)
)
PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**256) + 1, 2**256 - 1), st.floats(), ARRAYS,
    st.text(st.characters(exclude_categories=["Cs"]), max_size=80), ARRAYS.map(lambda a: a.flat[0] if a.size else None),
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=9), inner, max_size=4),
    ),
    max_leaves=12,
)


def same(a, b):
    """Return whether two values are equal in type, shape, dtype and bits, NaN included."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray | np.generic):
        return a.dtype == b.dtype and a.shape == b.shape and np.array_equal(
            a, b, equal_nan=a.dtype.kind in "fc")
    if isinstance(a, float):
        return a == b or (math.isnan(a) and math.isnan(b))
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    return a == b


def trip(value, **how):
    return codec.decode(codec.encode(value, **how), **how)


def frame(node, body=b""):
    """Return a frame as an attacker might forge it."""
    header = node if isinstance(node, bytes) else json.dumps(node).encode()
    return struct.pack("<II", len(header), len(body)) + header + body


@given(VALUES)
def test_values_arrive_as_they_were(value):
    """A round trip gives an equal value of the same types."""
    assert same(value, trip(value))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    """Garbage is a CodecError, never another exception."""
    with contextlib.suppress(CodecError):
        codec.decode(data)


@given(VALUES, st.data())
@settings(max_examples=300)
def test_any_corruption_is_read_or_refused(value, data):
    """A frame with some bytes changed, cut or doubled is a value or a CodecError."""
    good = bytearray(codec.encode(value))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(good) - 1))
        good[at:at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        if not good:
            return
    with contextlib.suppress(CodecError):
        codec.decode(good)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-3, 2**70), st.floats(allow_nan=False, allow_infinity=False),
              st.sampled_from([*decoding.READERS, *values.DTYPES, "", "x"])),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=20,
)


@given(JSON, st.binary(max_size=40))
@settings(max_examples=300)
def test_any_header_is_read_or_refused(node, body):
    """Well-formed JSON without a meaning is refused like garbage."""
    with contextlib.suppress(CodecError):
        codec.decode(frame(node, body), arguments=((np.ones(2),), {}))


def test_sharing_is_kept():
    """An array or container that occurs twice is one object on the other side."""
    a = np.arange(6.0).reshape(2, 3)
    d = {"W": a}
    cache, again, array = trip((d, d, a))
    assert cache is again
    assert cache["W"] is array


def test_arguments_come_back_as_themselves():
    """Where a reply contains an argument, or part of one, the receiver finds its own object."""
    c_prev, parameters = np.ones((2, 3)), {"Wf": np.ones((2, 2))}
    arguments = ((c_prev, parameters), {"k": [c_prev.copy()]})
    value = (c_prev, parameters, parameters["Wf"], arguments[1]["k"][0], c_prev + 1)
    back = trip(value, arguments=arguments)
    assert all(ours is theirs for ours, theirs in zip(value[:4], back[:4], strict=True))
    assert not np.shares_memory(back[4], c_prev)


def test_nobody_names_our_objects_uninvited():
    """A path into arguments is refused if the sender was given none."""
    with pytest.raises(CodecError):
        codec.decode(frame(["arg", [0]]))


@pytest.mark.parametrize("path", [[], [5], ["a"], [0, 0], [0, "shape"], [True], [-9], [None], [0] * 40])
def test_a_path_that_leads_nowhere_is_refused(path):
    """Paths lead through tuples, lists and dicts only."""
    with pytest.raises(CodecError):
        codec.decode(frame(["arg", path]), arguments=(np.ones(3), [1]))


class Liar:
    """Claims to be an array wherever it is asked."""

    __class__ = np.ndarray
    dtype, shape, nbytes = np.dtype("f8"), (2,), 16
    calls = 0

    def __getattribute__(self, name):
        Liar.calls += 1
        return object.__getattribute__(self, name)

    def __array__(self, *args, **kwargs):
        Liar.calls += 1
        return np.ones(2)

    def __eq__(self, other):
        Liar.calls += 1
        return True

    __hash__ = None


class Hidden(type):
    """A metaclass that computes its classes' names."""

    @property
    def __name__(cls):
        raise RuntimeError("do not look")


def nested(depth):
    value = 1
    for _ in range(depth):
        value = [value]
    return value


def circle():
    value = []
    value.append(value)
    return value


@pytest.mark.parametrize(("value", "name"), [
    ({1, 2}, "set"), (print, "builtin_function_or_method"), (np, "module"), ((i for i in ()), "generator"),
    (b"x", "bytes"), (1j, "complex"), (np.str_("x"), "str_"), (np.datetime64("2020"), "datetime64"),
    (np.ones(2).view(np.recarray), "recarray"), (np.ma.array([1]), "MaskedArray"),
    (np.array(["x"]), "ndarray of dtype str_"),
    (np.array([object()]), "ndarray of dtype object_"), (np.zeros(2, "i4,f4"), "ndarray of dtype void"),
    (np.longdouble(1), "longdouble"), (Liar(), "Liar"), (Hidden("Named", (), {})(), "Named"),
    (type("a\n\x1b[31m" + "x" * 500, (), {})(), "a??[31m" + "x" * 73), ({1: 2}, "dict with a key of type int"),
    (2**300, "int of 301 bits"), ("x" * (5 << 20), "str of 5242880 characters"),
    ([0] * 200_000, "list of 200000 entries"), (np.broadcast_to(1.0, (1 << 20,) * 2), f"ndarray of {8 << 40} bytes"),
    (Foreign("module"), "module"), (type("L", (list,), {})(), "L"), ({"x" * 300: 1}, "dict with an unreadable key"),
])  # fmt: skip
def test_what_may_not_pass_is_named(value, name):
    """Any other object becomes a Foreign in its place, and none of its code runs."""
    before = Liar.calls
    assert [Foreign(name), 1] == trip([value, 1])
    assert before == Liar.calls


def test_circles_and_depth_are_cut():
    """A list inside itself and a deep nest become a Foreign at the place where they go too far."""
    assert [Foreign("list that contains itself")] == trip(circle())
    value = trip(nested(60))
    while type(value) is list:
        value = value[0]
    assert Foreign("list nested deeper than 32") == value


def test_shared_halves_do_not_explode():
    """Shared parts count as often as a walk through the value meets them."""
    value = [1]
    for _ in range(28):
        value = [value, value]

    def count(value):
        return 1 + sum(map(count, value)) if type(value) is list else 1

    assert count(trip(value)) <= values.MAX_NODES


NODES = {
    "a reference forward": ["r", 3],
    "a reference to what is being read": ["l", [["r", 0]]],
    "a negative reference": ["r", -1],
    "a Boolean for a number": ["r", True],
    "a dtype of objects": ["a", "|O", [1]],
    "a dtype of text": ["a", "<U4", [1]],
    "a structured dtype": ["a", "i4,i4", [1]],
    "an unknown kind": ["q", 1],
    "a method's name for a kind": ["node", 1],
    "a kind too long": ["f", "nan", 1],
    "a side below zero": ["a", "<f8", [-1]],
    "a side beyond counting": ["a", "<f8", [2**62, 4]],
    "sides whose product is zero": ["a", "<f8", [2**40, 0]],
    "a side that is a fraction": ["a", "<f8", [1.0]],
    "a side that is a Boolean": ["a", "<f8", [True]],
    "a hundred axes": ["a", "<f8", [1] * 100],
    "more bytes than there are": ["a", "<f8", [2]],
    "a text longer than there is": ["u", 100],
    "a text of negative length": ["u", -1],
    "a key twice": ["d", ["a", 1, "a", 2]],
    "a key without a value": ["d", ["a"]],
    "a key that is a number": ["d", [1, 1]],
    "an object": {"a": 1},
    "an empty list": [],
    "a long text in the header": "x" * 100,
    "half a character": "\ud800",
    "a large int": 2**300,
    "bytes that nothing mentions": None,
}


@pytest.mark.parametrize("node", NODES.values(), ids=NODES)
def test_a_forged_node_is_refused(node):
    """Each departure from the format is a CodecError."""
    with pytest.raises(CodecError):
        codec.decode(frame(node, b"\0" * 8 if node is None else b"\0" * 4))


HEADERS = {
    "NaN": b"NaN", "infinity": b"-Infinity", "a float that overflows": b"1e999", "ten thousand digits": b"1" * 10_000,
    "a million brackets": b"[" * 1_000_000, "a deep nest": b"[" * 90_000 + b"]" * 90_000, "not UTF-8": b'"\xff"',
    "two values": b"1 2", "nothing": b"",
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_a_forged_header_is_refused(header):
    """JSON that Python would read, or fail on, is a CodecError if it is not in the format."""
    with pytest.raises(CodecError):
        codec.decode(frame(header))


@pytest.mark.parametrize("lengths", [(1 << 31, 0), (0, 1 << 31), (2**32 - 1, 2**32 - 1), (9 << 20, 0)])
def test_length_is_capped_before_anything_is_read(lengths):
    """The lengths alone decide."""
    with pytest.raises(CodecError):
        values.lengths_of(struct.pack("<II", *lengths))


def test_a_forged_bool_is_true_or_false():
    """A byte of 2 in an array of bool is True, and adds up like True."""
    array = codec.decode(frame(["a", "|b1", [2]], b"\x02\x00"))
    assert 1 == int(array.sum())


def test_arrays_come_as_fresh_copies():
    """A received array is writable, and shares no memory."""
    data = bytearray(codec.encode(np.zeros(3)))
    array = codec.decode(data)
    array[:] = 1
    assert np.array_equal(np.zeros(3), codec.decode(data))


def test_big_endian_and_strided_arrays_are_made_plain():
    """Byte order and strides of the sender do not matter."""
    value = np.arange(12, dtype=">i4").reshape(3, 4)[::2, ::-1].T
    back = trip(value)
    assert np.array_equal(value, back)
    assert back.dtype == np.int32
    assert back.flags.c_contiguous


def test_a_function_crosses_by_its_name():
    """Module and name cross; the receiver looks the function up, or keeps the name."""
    assert NamedFunction("json", "dumps") == trip(json.dumps)
    assert json.dumps is codec.decode(codec.encode((json.dumps,)), resolve=lambda module, name: vars(json)[name])[0]
    assert NamedFunction("m", "f") == trip(NamedFunction("m", "f"))


@pytest.mark.parametrize("function", [
    lambda: 0, trip.__get__(0), abs, json.JSONEncoder.encode, NamedFunction("a.b", "c"), NamedFunction("a", "c" * 99),
    NamedFunction("a", "c d"),
])  # fmt: skip
def test_a_function_without_a_plain_name_does_not_cross(function):
    """Lambdas, methods, built-in ones and odd names become a placeholder."""
    assert isinstance(trip(function), Foreign)


@pytest.mark.parametrize("node", [
    ["n", "os"], ["n", "os", 3], ["n", "os.path", "join"], ["n", "", "f"], ["n", "m", "é"], ["n", "m", "f" * 99],
])  # fmt: skip
def test_a_forged_name_is_refused(node):
    """Only two plain names are a function."""
    with pytest.raises(CodecError):
        codec.decode(frame(node))
