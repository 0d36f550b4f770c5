"""Operands and arguments that programs seldom give, beside what NumPy makes of them."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Sized
from fractions import Fraction

import numpy as np
import pytest

import lazyarr as la
from lazyarr.api.element import Element
from lazyarr.api.small import Small

LONG = 100_000  # elements of what is not known


def long(xp, dtype=float):
    """Return an array that lazyarr has as an expression."""
    return xp.arange(LONG).astype(dtype) * xp.asarray([2], dtype)[0]


@pytest.mark.parametrize(
    "call",
    [
        lambda xp, x, e: xp.append(x, e),
        lambda xp, x, e: xp.kron(x, e),
        lambda xp, x, e: xp.trapezoid(x, dx=e),
        lambda xp, x, e: xp.unwrap(x, period=e),
    ],
    ids=["append", "kron", "trapezoid", "unwrap"],
)
def test_a_template_is_for_an_element_of_one_dtype(call):
    for _ in range(3):  # the template is drawn at the second call
        for dtype in (np.int8, np.int64, np.float32, np.float64):
            mine = call(la, long(la, np.float32), la.asarray([2, 3], dtype)[0])
            theirs = call(np, long(np, np.float32), np.asarray([2, 3], dtype)[0])
            assert mine.dtype == theirs.dtype
            np.testing.assert_allclose(np.asarray(mine), theirs, rtol=1e-5)


@pytest.mark.parametrize("arguments", [1, 4])
@pytest.mark.parametrize("name", ["dot", "matmul"])
def test_products_take_two_operands_or_three(name, arguments):
    given = [la.ones(3), la.ones(3), None, None][:arguments]
    with pytest.raises(TypeError):
        getattr(la, name)(*given)


@pytest.mark.parametrize("options", [{"n": 1.0}, {"axis": -1.0}])
def test_differences_are_counted_by_integers(options):
    with pytest.raises(TypeError):
        la.diff(la.arange(5), **options)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.complex64])
@pytest.mark.parametrize("name", ["nan", "posinf", "neginf"])
def test_numbers_in_the_place_of_nan_take_the_arrays_dtype(dtype, name):
    given = np.array([1, np.nan, np.inf, -np.inf] * 3, dtype)
    with la.config(small_bytes=0):
        made = la.nan_to_num(la.asarray(given), **{name: np.float64(0.1)})
    wanted = np.nan_to_num(given, **{name: np.float64(0.1)})
    assert made.dtype == wanted.dtype
    np.testing.assert_array_equal(np.asarray(made), wanted)


def test_no_complex_number_stands_for_nan_in_real_ones():
    with la.config(small_bytes=0), pytest.raises(TypeError):
        la.nan_to_num(la.asarray([1.0, np.nan]), nan=np.complex128(1j))


@pytest.mark.parametrize("name", ["dot", "matmul", "inner", "isclose", "vdot"])
@pytest.mark.parametrize("turned", [False, True])
def test_a_mask_meets_what_is_computed_later(name, turned):
    masked = np.ma.array([[1.0, 2.0], [3.0, 4.0]], mask=[[0, 1], [0, 0]])
    lazy, plain = (long(xp)[3:7].reshape(2, 2) for xp in (la, np))
    ours, theirs = getattr(la, name), getattr(np, name)
    made = ours(masked, lazy) if turned else ours(lazy, masked)
    wanted = theirs(masked, plain) if turned else theirs(plain, masked)
    if isinstance(wanted, np.ma.MaskedArray):
        assert isinstance(made, np.ma.MaskedArray)
        np.testing.assert_array_equal(made.mask, wanted.mask)
        wanted = wanted.filled(0)
        made = made.filled(0)
    np.testing.assert_array_equal(np.asarray(made), wanted)


def test_a_large_array_times_a_matrix_is_their_product():
    matrix = np.matrix([[1.0, 2.0], [3.0, 4.0]])
    lazy, plain = (long(xp)[3:7].reshape(2, 2) for xp in (la, np))
    for made, wanted in [
        (lazy * matrix, plain * matrix),
        (lazy @ matrix, plain @ matrix),
        (matrix @ lazy, matrix @ plain),
    ]:
        assert isinstance(made, np.matrix)
        np.testing.assert_array_equal(made, wanted)


def at(xp, target, indices, value, name="add"):
    """Return what a ufunc's ``at`` leaves in an array."""
    getattr(xp, name).at(target, indices, value)
    return np.asarray(target)


@pytest.mark.parametrize("small_bytes", [0, None], ids=["planned", "known"])
def test_at_writes_what_is_made_of_objects(small_bytes):
    options = {} if small_bytes is None else {"small_bytes": small_bytes}
    half = Fraction(1, 2)
    with la.config(**options):
        np.testing.assert_array_equal(at(la, la.ones(2), [0], half), [1.5, 1.0])


@pytest.mark.parametrize("value", [300, -1, 1.5])
@pytest.mark.parametrize("indices", [..., 0, (0, 1), slice(0, 2), [0, 0]], ids=str)
@pytest.mark.parametrize("name", ["add", "multiply", "maximum"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.float32])
def test_a_number_that_at_is_given_is_not_weak(value, indices, name, dtype):
    wanted = at(np, np.ones((3, 2), dtype), indices, value, name)
    with la.config(small_bytes=0):
        made = at(la, la.ones((3, 2), dtype=dtype), indices, value, name)
    np.testing.assert_array_equal(made, wanted)


def test_methods_of_ufuncs_take_objects_and_masked_arrays():
    objects = np.array([Fraction(1, 2), Fraction(3)], object)
    made = la.add.outer(la.ones(2), objects)
    np.testing.assert_array_equal(made, np.add.outer(np.ones(2), objects))
    masked = np.ma.array([1, 2], mask=[False, True])
    wanted = np.add.reduce(masked)
    np.testing.assert_array_equal(
        np.ma.getdata(la.add.reduce(masked)), np.ma.getdata(wanted)
    )


def held_by(xp):
    """Return a class whose objects give their elements as xp's arrays."""

    class Held:
        def __init__(self, value):
            self.value = value

        def __array__(self, dtype=None, copy=None):
            return xp.array(self.value)

    return Held


def filled(x, value):
    x[...] = value
    return x


@pytest.mark.parametrize("value", [2, [1.5, 2.0, 4.0]])
@pytest.mark.parametrize(
    "call",
    [
        lambda xp, x, held: x * held,
        lambda xp, x, held: x[1] + held,
        lambda xp, x, held: x > held,
        lambda xp, x, held: xp.exp(held),
        lambda xp, x, held: xp.array(held, dtype="f4"),
        lambda xp, x, held: xp.asarray(held, order="F"),
        lambda xp, x, held: xp.where(x > 1, held, x),
        lambda xp, x, held: xp.mean(held),
        lambda xp, x, held: filled(x, held),
    ],
)
@pytest.mark.parametrize("size", [3, 300_000])
def test_objects_that_give_arrays_of_ours(call, value, size):
    value = value if value == 2 or size == 3 else np.resize(value, size)
    made, wanted = (
        call(xp, xp.arange(size * 1.0), held_by(xp)(value)) for xp in (la, np)
    )
    assert made.dtype == wanted.dtype
    np.testing.assert_array_equal(made, wanted)


@pytest.mark.parametrize(
    "call",
    [
        lambda xp, x, held: x[held],
        lambda xp, x, held: x[None, held],
        lambda xp, x, held: xp.take(x, held),
        lambda xp, x, held: increased(x, held),
    ],
)
def test_keys_that_give_arrays_of_ours(call):
    made, wanted = (call(xp, xp.arange(5.0), held_by(xp)([3, 1])) for xp in (la, np))
    np.testing.assert_array_equal(made, wanted)


def increased(x, key):
    x[key] += 1
    return x


def test_a_list_of_objects_that_give_arrays_of_ours():
    held = [held_by(la)([1.0, 2.0])] * 2
    assert la.array(held).tolist() == [[1, 2], [1, 2]]


@pytest.mark.parametrize("of", [la, np])
def test_small_objects_that_give_arrays_are_computed_with_at_once(of):
    class Counted(held_by(of)):
        asked = 0

        def __array__(self, dtype=None, copy=None):
            type(self).asked += 1
            return super().__array__(dtype, copy)

    x, held = la.arange(3.0), Counted([1.5, 2.0, 4.0])
    calls = [
        lambda: x @ held,
        lambda: x + held,
        lambda: held - x,
        lambda: x[1] * held,
        lambda: la.maximum(x, held),
        lambda: la.dot(held, x),
        lambda: la.cross(x, held),
        lambda: la.exp(held),
        lambda: la.linalg.norm(held),
    ]
    made = [call() for call in calls]
    assert {type(one) for one in made} == {Small, Element}
    assert Counted.asked <= 2 * len(calls)  # NumPy is refused a lazy array first
    y, own = np.arange(3.0), np.array([1.5, 2.0, 4.0])
    assert made[0] == y @ own
    assert np.array_equal(made[2], own - y)
    assert np.array_equal(made[6], np.cross(y, own))


def test_an_object_that_gives_no_array_is_told_of():
    held = held_by(la)(0)
    type(held).__array__ = lambda self, dtype=None, copy=None: "none"
    with pytest.raises(ValueError, match="not producing an array"):
        la.asarray(held)


def test_a_class_with_its_own_word_gets_lazy_arrays_first():
    class Told:
        __array_priority__ = 100

        def __rsub__(self, other):
            return type(other) is la.Array or NotImplemented

        __rmatmul__ = __rsub__
        __gt__ = __rsub__

    x = long(la)
    assert x - Told() is True
    assert x @ Told() is True
    assert (x < Told()) is True
    with pytest.raises(TypeError):
        x + Told()


def test_an_integer_of_an_array_makes_a_fraction():
    assert Fraction(la.arange(4)[3], la.arange(4)[2]) == Fraction(3, 2)
    assert not hasattr(la.arange(4.0)[3], "numerator")


def test_an_element_is_no_collection():
    x = la.arange(3.0)[1]
    for kind in (Sized, Iterable, Container):
        assert not isinstance(x, kind)
    for read in (len, iter, list, lambda x: 1.0 in x):
        with pytest.raises(TypeError):
            read(x)
    assert x == pytest.approx(x)
    assert la.arange(3.0)[1] == pytest.approx(1.0)
    assert la.stack([x, x]).tolist() == [1, 1]


@pytest.mark.parametrize(
    "call",
    [
        lambda xp, x, held: xp.repeat(x, held),
        lambda xp, x, held: xp.bincount(held),
        lambda xp, x, held: flatly_written(x, held),
        lambda xp, x, held: x.put(held, held) or x,
    ],
)
@pytest.mark.parametrize("size", [3, 30])
def test_counts_and_values_that_come_as_arrays_of_ours(call, size):
    held = [np.arange(size)[::-1].copy() for _ in range(2)]
    made, wanted = (
        call(xp, xp.arange(size), held_by(xp)(x))
        for xp, x in zip((la, np), held, strict=True)
    )
    np.testing.assert_array_equal(made, wanted)


def flatly_written(x, values):
    x.flat[:] = values
    return x


def test_counts_of_repeats_are_read_at_the_call():
    counts = np.array([1, 2, 0])
    x = la.repeat(la.arange(3), counts)
    counts[:] = 3
    assert x.tolist() == [0, 1, 1]


@pytest.mark.parametrize("read", [la.asarray, la.bincount, lambda x: la.asarray([x])])
def test_an_object_that_fails_is_asked_once(read):
    class Failing:
        asked = 0

        def __array__(self, dtype=None, copy=None):
            self.asked += 1
            raise ValueError("broken")

    held = Failing()
    with pytest.raises(ValueError, match="broken"):
        read(held)
    assert held.asked == 1


def test_elements_have_the_methods_of_their_kind():
    assert la.arange(8)[7].bit_count() == 3
    assert not hasattr(la.ones(2)[0], "bit_count")
    assert math.trunc(la.asarray([-1.5])[0]) == -1
    with pytest.raises(TypeError, match="__trunc__"):
        math.trunc(la.arange(2)[1])


def test_a_python_number_times_a_float_is_pythons_as_in_numpy():
    x, y = la.asarray([2.0, 3.0]), la.asarray([1.5, 2], np.float32)
    root = 1j * x[0]
    assert type(root) is type(1j * np.float64(2.0)) is complex
    assert (root * y).dtype == np.complex64  # it is weak
    assert abs(root + x[1]) == abs(3 + 2j)
    assert type(1j + x[1]) is type(1j ** x[0]) is complex
    assert (1j * y[0]).dtype == np.complex64


def test_a_complex_number_by_a_zero_is_pythons_error_as_in_numpy():
    for xp in (np, la):
        x = xp.asarray([0.0, 1.0])
        for wrong in (
            lambda x: 1j / x[0],
            lambda x: 0j ** -x[1],
            lambda x: 1j / x.min(),
        ):
            with pytest.raises(ZeroDivisionError):
                wrong(x)
        with pytest.raises(OverflowError):
            (1e300 + 0j) ** (x[1] + 1)
        with pytest.warns(RuntimeWarning, match="divide by zero|invalid value"):
            assert np.isinf((1j / x.astype(np.float32)[0]).imag)
        with pytest.warns(RuntimeWarning, match="divide by zero"):
            assert 1 / x[0] == np.inf


def test_functions_of_objects_that_give_lazy_arrays_and_take_ufuncs():
    class Held:
        def __array__(self, dtype=None, copy=None):
            return la.asarray([3.0, 1.0, 2.0])

        def __array_ufunc__(self, ufunc, method, *operands, **options):
            return "theirs"

    for name, wanted in (("sort", [1, 2, 3]), ("argsort", [1, 2, 0]), ("median", 2)):
        np.testing.assert_array_equal(getattr(la, name)(Held()), wanted)
    np.testing.assert_array_equal(la.lexsort((Held(), [1, 1, 0])), [2, 1, 0])
    np.testing.assert_array_equal(la.diff(Held()), [-2, 1])
    assert la.sqrt(Held()) == "theirs"


def test_the_order_of_an_object_that_gives_a_lazy_array():
    assert la.argsort(held_by(la)([3, 1, 2])).tolist() == [1, 2, 0]


def test_lists_of_long_numbers_are_operands_in_place_as_in_numpy():
    found = la.asarray([5.0, 7.0])
    found //= [np.longdouble(2), np.longdouble(3)]
    np.testing.assert_array_equal(found, [2.0, 2.0], strict=True)
    whole = la.asarray([5, 7])
    with pytest.raises(TypeError, match="Cannot cast"):
        whole += [np.longdouble(2), np.longdouble(3)]


@pytest.mark.parametrize("xp", [np, la])
def test_what_is_written_into_says_itself_what_a_ufunc_does(xp):
    class Log:
        def __array_ufunc__(self, ufunc, method, *operands, out):
            return ufunc.__name__, method, len(operands), out == (self,)

    for x in (xp.ones(3), xp.ones(LONG) * 2):
        assert xp.sqrt(x, out=Log()) == ("sqrt", "__call__", 1, True)
        assert xp.sqrt(x, Log()) == ("sqrt", "__call__", 1, True)
        assert xp.add(x, 1, out=(Log(),)) == ("add", "__call__", 2, True)
