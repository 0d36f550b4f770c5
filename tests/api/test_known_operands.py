"""What holds numbers is evaluated on the spot, whatever holds them, and prints them."""

from __future__ import annotations

import array
import collections

import numpy as np
import pytest

import lazyarr as la
from lazyarr.api.handle import ELEMENT, SMALLS

# Numbers and sequences of Python's alone: there is no array among the operands.
CALLS = {
    "a mean of a list": lambda xp: xp.mean([1, 2.5]),
    "a mean of a number": lambda xp: xp.mean(3.5),
    "a sum": lambda xp: xp.sum([[1, 2], [3, 4]], axis=0),
    "a largest": lambda xp: xp.max([1, 2]),
    "a median": lambda xp: xp.median([1, 3, 2]),
    "a product": lambda xp: xp.prod([1, 2, 3]),
    "a deviation": lambda xp: xp.std([1, 2], ddof=1),
    "truth": lambda xp: xp.any([[True], [False]], axis=1),
    "sorting": lambda xp: xp.sort([3, 1]),
    "rounding": lambda xp: xp.round(2.675, 2),
    "a choice": lambda xp: xp.where(True, 1, 2),
    "a sign": lambda xp: xp.sign(-3.0),
    "a tangent": lambda xp: xp.tanh(0.5),
    "a division": lambda xp: xp.floor_divide(7, 2.0),
    "a small power": lambda xp: xp.expm1(1e-10),
    "bessel": lambda xp: xp.i0(1.0),
    "dot": lambda xp: xp.dot([1, 2], [3, 4]),
    "a list times a matrix": lambda xp: [1, 2] @ xp.ones((2, 3)),
    "a matrix times a list": lambda xp: xp.ones((4, 2)) @ [1, 2],
    "the largest of elements": lambda xp: xp.max(
        [xp.arange(3.0)[1], xp.arange(3.0)[2]]
    ),
    "complex eigenvalues": lambda xp: xp.linalg.eigvals(
        xp.asarray([[0.0, 1], [-1, 0]])
    ),
    "eigenvectors": lambda xp: xp.linalg.eig(xp.asarray([[0.0, 1], [-1, 0]]))[1],
    "other bytes first": lambda xp: xp.asarray(np.arange(3, dtype=">i4")) * 2,
}


@pytest.mark.parametrize("call", CALLS)
def test_it_prints_what_numpy_prints(call):
    found, wanted = CALLS[call](la), CALLS[call](np)
    assert str(found) == str(wanted)
    assert np.asarray(found).dtype == wanted.dtype.newbyteorder("=")


@pytest.mark.usefixtures("planned")
@pytest.mark.parametrize("call", CALLS)
def test_it_is_the_same_when_it_is_planned(call):
    np.testing.assert_array_equal(CALLS[call](la), CALLS[call](np))


SEQUENCES = {
    "range": range(3),
    "array": array.array("d", [1, 2, 3]),
    "memory": memoryview(b"abc"),
    "deque": collections.deque([4, 5, 6]),
}


@pytest.mark.parametrize("name", SEQUENCES)
def test_sequences_of_all_kinds(name):
    given = SEQUENCES[name]
    for xp in (np, la):
        x = xp.zeros((2, 3))
        x[0] = given
        x[:, 1:] = list(given)[1:]
        whole = xp.arange(3) + given
        other = given - xp.arange(3.0) if name != "deque" else xp.negative(whole)
        np.testing.assert_array_equal(x[0], list(given))
        np.testing.assert_array_equal(whole, np.arange(3) + list(given))
        assert np.asarray(other).shape == (3,)
        np.testing.assert_array_equal(xp.sum(given), sum(given))


Point = collections.namedtuple("Point", "x y z")


class Row(list):
    """A list with more to it, as an individual of a population is."""


KNOWN = {
    "a sum": lambda xp, x: xp.sum(x, 0),
    "an order": lambda xp, x: xp.argsort(x),
    "a product": lambda xp, x: xp.dot(xp.arange(3.0), x),
    "an operand": lambda xp, x: xp.arange(3.0) - x,
    "the larger": lambda xp, x: xp.maximum(x, 1),
    "an array": lambda xp, x: xp.asarray(x),
    "a copy in float": lambda xp, x: xp.array(x, float),
}


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("kind", [Row, tuple, Point._make])
def test_what_is_made_of_sequences_of_elements_is_known(kind, name):
    (found, wanted) = (KNOWN[name](xp, kind(xp.arange(3.0) ** 0.5)) for xp in (la, np))
    assert type(found) in (*SMALLS, *ELEMENT)
    np.testing.assert_array_equal(found, wanted)
    rows = [kind(row) for row in la.ones((3, 3))]
    assert type(KNOWN[name](la, rows)) in (*SMALLS, *ELEMENT)


@pytest.mark.parametrize("name", [*SEQUENCES, "mask"])
@pytest.mark.parametrize("make", [la.array, la.asarray])
def test_small_arrays_of_whatever_holds_numbers_are_known(make, name):
    given = SEQUENCES.get(name, np.ma.array([1, 2, 3]))
    assert type(make(given)) in SMALLS
    np.testing.assert_array_equal(make(given, float), np.array(given, float))


@pytest.mark.parametrize("count", [3, 100_000])
@pytest.mark.parametrize("dtype", [None, float, np.float32])
def test_an_array_is_a_snapshot_of_what_has_memory_to_show(count, dtype):
    class Held:
        pass

    memory = array.array("d", range(count))
    for given in (memory, memoryview(memory)):
        x = la.array(given, dtype)
        memory[1] = -1
        assert float(x[1]) == 1
        memory[1] = 1
    held, shown = Held(), np.arange(float(count))
    held.__array_interface__ = shown.__array_interface__
    x = la.array(held, dtype)
    shown[1] = -1
    assert float(x[1]) == 1


@pytest.mark.parametrize("count", [3, 100_000])
@pytest.mark.parametrize("order", "KACF")
def test_a_copy_is_a_snapshot_of_what_is_anothers(count, order):
    memory = np.arange(2.0 * count).reshape(2, count).T
    for given in (memory, memoryview(memory)):
        x = la.copy(given, order)
        memory[1] = -1
        assert x[1].compute().tolist() == [1, count + 1]
        assert x.strides == np.copy(given, order).strides
        memory[1] = [1, count + 1]
        x[0] = 9
        assert memory[0, 0] == 0


def test_what_is_small_of_a_derived_class_is_cast_when_it_is_given():
    memory = np.arange(3.0)
    x = la.asarray(np.ma.array(memory, copy=False), "f4")
    memory[1] = -1
    assert x.compute().tolist() == [0, 1, 2]


def test_only_what_needs_a_copy_is_refused_without_one():
    memory = array.array("d", [1, 2])
    for given in (memory, memoryview(memory), np.arange(2.0)):
        x = la.asarray(given, copy=False)
        np.testing.assert_array_equal(x, given)
        with pytest.raises(ValueError, match="copy"):
            la.asarray(given, "f4", copy=False)
    for given in ([1, 2], (1.0,), 5, range(3), collections.deque([1])):
        with pytest.raises(ValueError, match="copy"):
            la.asarray(given, copy=False)


def test_numbers_in_any_sequence_must_fit():
    for given in (collections.deque([300]), collections.UserList([300]), Row([300])):
        with pytest.raises(OverflowError):
            la.array(given, np.uint8)


@pytest.mark.parametrize("value", ["1", b"12", "abc", {1: 2}, None])
def test_what_is_no_sequence_is_converted_as_numpys(value):
    kept = []
    for xp in (np, la):
        x = xp.zeros(3)
        try:
            x[:] = value
        except (TypeError, ValueError) as error:
            kept.append(str(error))
        else:
            kept.append(str(x))
    assert kept[0] == kept[1]


def test_mapped_files_that_are_small(tmp_path):
    mapped = np.memmap(tmp_path / "x", dtype="f4", mode="w+", shape=(2, 3))
    mapped[:] = [[1, 4, 9], [16, 25, 36]]
    for found in (
        la.sqrt(mapped),
        np.sqrt(la.asarray(mapped)),
        la.asarray(mapped) ** 0.5,
    ):
        assert str(found) == "[[1. 2. 3.]\n [4. 5. 6.]]"
    x = la.asarray(mapped)
    x[0] = 0
    assert mapped.sum() == 91  # it is not written to


def test_bytes_are_not_written_to():
    for xp in (np, la):
        x = xp.frombuffer(b"\x01\x02\x03\x04", dtype=">u2")
        assert not x.flags.writeable
        assert str(x * 2) == "[ 516 1544]"
        with pytest.raises(ValueError, match="read-only"):
            x[0] = 1
        y = xp.frombuffer(bytearray(4), dtype="u1")
        y[0] = 7
        assert int(y.sum()) == 7


@pytest.mark.parametrize("small", [0, 1 << 18])
def test_bytes_in_the_order_that_is_asked_for(small):
    calls = (
        lambda xp: xp.arange(3).astype(">u4"),
        lambda xp: xp.arange(6).reshape(2, 3).astype(">u4", order="F"),
        lambda xp: xp.array([3, 4], ">u4"),
        lambda xp: xp.array([[1.0], [2.0]], dtype=">f8", ndmin=3),
        lambda xp: xp.asarray(xp.arange(3.0) + 1, dtype=">f4"),
        lambda xp: xp.astype(xp.arange(3), np.dtype(">i2")),
    )
    for call in calls:
        with la.config(small_bytes=small):
            found, wanted = call(la), call(np)
        assert found.dtype == wanted.dtype
        assert found.tobytes("A") == wanted.tobytes("A")
