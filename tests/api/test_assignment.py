"""Writing through every kind of index key, and who sees it, beside NumPy."""

from __future__ import annotations

import operator
import warnings

import numpy as np
import pytest

import lazyarr as la
from lazyarr.testing import RaiseIfComputed, assert_matches_numpy

F = np.arange(12.0).reshape(3, 4)
MASK = F > 5
FIRST = np.array([0, 2, -1])
ALL = slice(None)
KEYS = [
    0,
    (0, 0),
    ALL,
    ...,
    (ALL, 0),
    None,
    (slice(1, 3), ALL),
    (ALL, slice(None, None, -2)),
    slice(0, 0),
    FIRST,
    (FIRST, ALL),
    (FIRST, FIRST),
    (FIRST, None),
    (0, FIRST),
    [0, 0, 1],
    np.array(1),
    MASK,
    MASK[:, 0],
    (ALL, MASK[0]),
    MASK[:2],
    True,
    False,
    [],
]
VALUES = [
    7,
    2.5,
    True,
    2**80,
    -(2**70),
    1j,
    np.nan,
    None,
    "a",
    [1, 2, 3, 4],
    [1, 2, 3],
    [[1], [2], [3]],
    [],
    np.arange(12).reshape(3, 4),
    np.ones((1, 1, 4)),
    np.ones((2, 4)),
    np.array([9]),
    np.array(3),
    np.arange(6),
    np.arange(7),
    np.float32(2.5),
    np.float64(np.nan),
    np.zeros(0),
]


@pytest.mark.parametrize("dtype", ["f8", "i8", "u1", "?", "f2", "c8"])
def test_what_a_key_and_a_value_write(dtype):
    for key in KEYS:
        for value in VALUES:

            def program(xp, key=key, value=value):
                x = xp.array(F.astype(dtype))
                x[key] = value
                return x

            assert_matches_numpy(program)


def test_lazy_keys_and_values():
    def program(xp):
        x = xp.array(F)
        x[x > 5] = -x[0, 1]
        x[xp.array([0, 2])] = x[1] * 2
        x[x[:, 0] < 0] += 1
        return x

    assert_matches_numpy(program)


PROGRAMS = []


def case(program):
    """Add a program to those that are run beside NumPy."""
    PROGRAMS.append(program)
    return program


@case
def _(xp):  # views of views see writes and write through
    x = xp.array(F)
    view, inner = x[1:], x[1:].T[::2]
    x += 1
    inner[...] = -1
    view[0, 1] = 9
    return x, view, inner


@case
def _(xp):  # a reshape of a contiguous array is a view
    x = xp.array(F)
    flat, turned = x.reshape(-1), x.T.reshape(-1)
    x[0, 0] = 100
    flat[1] = 200
    turned[2] = 300
    return x, flat, turned


@case
def _(xp):  # results keep the order of transposed operands, and so does reshape
    x = xp.array(F).T * 2
    flat, rows = x.reshape(-1), x.T.reshape(-1)
    flat[0] = 7
    rows[1] = 8
    return x, flat, rows


@case
def _(xp):  # what a slice leaves contiguous is a view
    x = xp.array(np.arange(24.0).reshape(4, 6))
    a, b, c = x[1:3].reshape(-1), x[:, :3].reshape(-1), x[::2].reshape(2, 2, 3)
    a[0], b[1], c[0, 0] = 100, 200, 300
    return x, a, b, c


@case
def _(xp):  # a write changes no strides: what was C stays C
    x = xp.array(F)
    x[:] = x[::-1]
    flat = x.reshape(-1)
    x[0] = -5
    return x, flat


@case
def _(xp):  # and what was F stays F
    x = xp.array(F).T + 1
    x += xp.array(F.T)
    flat, back = x.reshape(-1), x.T.reshape(-1)
    x[0] = -5
    return x, flat, back


@case
def _(xp):  # reading does not change strides either
    x = xp.array(F).T + 1
    np.asarray(x)
    list(x)
    flat, back = x.reshape(-1), x.T.reshape(-1)
    x[0] = -5
    return x, flat, back


@case
def _(xp):  # reductions, scans and joins keep the order of axes
    x = xp.array(np.arange(24.0).reshape(2, 3, 4)).T
    results = [
        xp.sum(x, axis=0),
        xp.max(x, axis=1),
        xp.argmax(x, axis=0),
        xp.cumsum(x, axis=0),
        xp.concatenate([x, x]),
        xp.concatenate([x, x], axis=2),
        x.astype("f4"),
        x.astype("f8"),
        x[::2].astype("f8"),
        xp.array(x),
        xp.array(x[:, ::2]),
        x.copy(),
        x[:, ::2].copy(),
        xp.where(x > 3, x, 0),
        xp.diff(x, axis=0),
        xp.matmul(x, xp.ones((2, 5))),
        *xp.modf(x),
        *xp.frexp(x),
        xp.ldexp(x, 2),
        xp.fft.fft(x, axis=0),
        xp.fft.irfft(x, n=7, axis=2),
        xp.fft.fftn(x),
    ]
    views = []
    for one in results:
        views += [one.reshape(-1), one.T.reshape(-1)]
        one[0] = -5
    return results, views


@case
def _(xp):  # what need not be stretched is the array itself
    x, y = xp.array(F), xp.array(F[0])
    both = xp.broadcast_arrays(x, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy announces that it will not be
        both[0][1] = 7
    return x, both


@case
def _(xp):
    x = xp.array(F)
    x[1:] = x[:-1]
    return x


@case
def _(xp):
    x = xp.array(F)
    x[:, 1:] += x[:, :-1]
    return x


@case
def _(xp):
    x = xp.array(F)
    x[:] = x[::-1, ::-1]
    x.T[:] = x.T[::-1]
    return x


@case
def _(xp):  # an expression keeps the values that it was built from
    x = xp.array(F)
    before, view = x * 2, x[0]
    x[0] = -1
    return before, view, x


@case
def _(xp):  # the last of equal indices wins; in-place operators count once
    x = xp.array(F[0])
    x[[0, 0, 1]] = [5, 6, 7]
    x[[2, 2]] += 1
    return x


@case
def _(xp):
    x = xp.array(F)
    x[MASK] = np.arange(6) * 10
    x[MASK] *= 2
    return x


@case
def _(xp):
    x = xp.array(F)
    x[:, [0, 2]] = x[:, [2, 0]]
    x[[0, 1], ::-1] = x[[1, 0]]
    return x


@case
def _(xp):  # swaps of elements and of rows by tuple
    x = xp.array(F)
    x[0, 0], x[1, 1] = x[1, 1], x[0, 0]
    x[0], x[1] = x[1].copy(), x[0].copy()
    return x


@case
def _(xp):
    x = xp.array(F)
    stretched = xp.broadcast_to(x[0], (2, 4))
    x[0, 0] = 50
    return stretched


@case
def _(xp):
    stretched = xp.broadcast_to(xp.array(F[0]), (2, 4))
    stretched[0] = 1
    return stretched


@case
def _(xp):
    stretched = xp.broadcast_to(xp.array(F[0]), (2, 4)).T[1:]
    stretched += 1
    return stretched


@case
def _(xp):
    x = xp.array(F[:, :3])
    x.diagonal()[0] = 1
    return x


@case
def _(xp):
    z = xp.array(F + 1j)
    z.real[0] = z.imag[1]
    z.imag[:, 1:] *= 2
    z[2].imag[::2] = -0.0
    z.T.real.reshape(-1)[1] = 7
    return z, z.real, z.imag


@case
def _(xp):
    z = xp.array([complex(np.nan, -0.0), complex(-0.0, np.inf)])
    z.real = z.imag
    z.imag = [1, np.nan]
    return z


@case
def _(xp):
    x = xp.array(F)
    x.real[0] = 9
    return x, x.imag


@case
def _(xp):
    xp.array(F).imag[0] = 9


@case
def _(xp):
    xp.array(F).imag = 9


@case
def _(xp):  # a scalar is replaced, an array of no axes is changed
    total = xp.array(F).sum()
    kept, zero = total, xp.zeros(())
    alias, total = zero, total + 0
    total += 5
    zero += 2.5
    zero[()] = zero * 2
    zero[...] += 1
    return kept, total, zero, alias


@case
def _(xp):
    x = xp.array(5.0)
    x[None] = 1
    x.reshape(1)[0] += 2
    return x


@case
def _(xp):
    x = xp.zeros((0, 3))
    x[:] = 5
    return x


@case
def _(xp):
    x = xp.array(F)
    x[None, 0, 0][:0] = 4
    return x


@case
def _(xp):
    x = xp.array(F, dtype="u1")
    x += 200
    x -= 250
    x *= 3
    x //= 2
    x %= 7
    x <<= 1
    x >>= 1
    x |= 1
    x &= 5
    x ^= 3
    x **= 2
    return x


@case
def _(xp):
    x = xp.array(F)
    for row in x:
        row *= 2
    return x


@case
def _(xp):
    first, second = xp.unstack(xp.array(F)[:2])
    first += second
    return first, second


@case
def _(xp):
    x, y = xp.array(F), xp.array(F)
    y[0] = x[0]
    x[0] = 1
    return x, y


@case
def _(xp):  # nothing is written into nothing, whatever its axes
    x = xp.zeros((4, 3))
    x[[]] = xp.zeros((2, 0, 3))
    y = xp.zeros((0, 0))
    y[[]] = xp.zeros((2, 1, 0))
    return x, y


@case
def _(xp):
    stretched = xp.broadcast_to(xp.array(F[0]), (2, 4))
    stretched[stretched > 99] = xp.zeros(0)
    return stretched


@case
def _(xp):  # Sieve of Eratosthenes
    prime = xp.ones(50, dtype=bool)
    prime[:2] = False
    for k in range(2, 8):
        if prime[k]:
            prime[k * k :: k] = False
    return prime


@case
def _(xp):  # a recurrence over slices
    x = xp.zeros((6, 5))
    x[0] = 1.0
    for t in range(5):
        x[t + 1, 1:-1] = x[t, 1:-1] + 0.1 * (x[t, 2:] - 2 * x[t, 1:-1] + x[t, :-2])
        x[t + 1, 0] = x[t, -1]
    return x


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_does_what_numpy_does(program):
    assert_matches_numpy(program)


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    "options", [{"fusion": False, "rules": False}, {"tile_elements": 4}], ids=str
)
def test_it_does_so_whatever_the_options(program, options):
    with la.config(small_path=False, **options):
        assert_matches_numpy(program)


@pytest.mark.usefixtures("planned")
def test_writing_computes_nothing():
    with RaiseIfComputed():
        x = la.ones((4, 5)) * 3
        x[1:] = x[:-1]
        x[x > 2] = 0
        x[:, ::2] += la.arange(3)
        x.T[...] *= 2
        x.reshape(-1)[3] = 7


def test_read_only_views_say_what_to_do():
    with pytest.raises(ValueError, match=r"read-only \(test_assignment.py:\d+\).*copy"):
        la.broadcast_to(la.ones(3), (2, 3))[0] = 1


def test_a_loop_of_writes_is_linear_in_memory():
    x = la.zeros((300, 50))
    for k in range(300):
        x[k] = x[k - 1] + k
    expected = np.zeros((300, 50))
    for k in range(300):
        expected[k] = expected[k - 1] + k
    assert np.array_equal(x.compute(), expected)


@pytest.mark.parametrize("shape", [(4, 0), (1, 1), (2, 1), (0, 1), (3, 1, 0), (0, 0)])
@pytest.mark.parametrize("key", [[], ([], slice(0, 0)), (slice(None), [])])
def test_values_without_elements_fit_where_they_fit_in_numpy(shape, key):
    outcomes = []
    for xp in (np, la):
        x = xp.zeros((6, 4)) if isinstance(key, tuple) else xp.zeros(6)
        try:
            x[key] = np.zeros(shape)
        except ValueError:
            outcomes.append("refused")
        else:
            outcomes.append("taken")
    assert outcomes[0] == outcomes[1]


def test_nothing_does_not_fit_where_something_is_written():
    for xp in (np, la):
        with pytest.raises(ValueError, match="broadcast"):
            xp.zeros(6)[[0, 0, 0, 0]] = np.zeros((0, 4))


@pytest.mark.parametrize("options", [{}, {"small_bytes": 0}], ids=["small", "all"])
@pytest.mark.parametrize(
    ("kind", "number"),
    [("i8", np.inf), ("i8", np.nan), ("i4", 1e300), ("i1", 300)],
)
def test_an_element_takes_no_computed_number_that_does_not_fit(options, kind, number):
    for size in (6, 70_000):
        x = np.arange(size).astype(kind) % 5
        with pytest.raises((OverflowError, ValueError)) as theirs:
            x[1] = x.astype(type(number))[0] + number
        with pytest.raises(theirs.type):
            x[1:4] = x.astype(type(number))[0] + number
        with la.config(**options):
            y = la.asarray(x).copy()
            with pytest.raises(theirs.type):
                y[1] = (y.astype(type(number)) + number)[0]
            with pytest.raises(theirs.type):
                y[1:4] = (y.astype(type(number)) + number)[0]
            np.testing.assert_array_equal(y.compute(), x)


@pytest.mark.parametrize("options", [{}, {"small_bytes": 0}], ids=["small", "all"])
@pytest.mark.parametrize(
    ("kind", "number", "word"),
    [("f4", 1j, "Casting complex"), ("i8", np.nan, "invalid"), ("f4", 1e300, "over")],
)
def test_copyto_casts_numbers_if_it_is_told_to(options, kind, number, word):
    x = np.zeros(3, kind)
    with pytest.warns(Warning, match=word):
        np.copyto(x, number, casting="unsafe")
    with la.config(**options):
        y = la.zeros(3, dtype=kind)
        with pytest.warns(Warning, match=word) as met:
            la.copyto(y, number, casting="unsafe")
        assert [one.filename for one in met] == [__file__]
        np.testing.assert_array_equal(y.compute(), x)


MASKS = {
    "ones and zeros": lambda xp, x: [[0], [1]],
    "a tuple of numbers": lambda xp, x: (0.0, 2.5, 1),
    "rows": lambda xp, x: [x[1] > 3, np.array([0, 1, 2])],
    "objects": lambda xp, x: [None, "text", ""],
    "a range": lambda xp, x: range(3),
    "nothing": lambda xp, x: None,
    "a number": lambda xp, x: 2,
    "a number of NumPy's": lambda xp, x: np.float64(3),
    "an element": lambda xp, x: x[0, 0],
    "a sum": lambda xp, x: x.sum(),
    "an array of numbers": lambda xp, x: np.array([0, 1, 1]),
    "an array of one number": lambda xp, x: xp.array(1),
    "ragged lists": lambda xp, x: [[1], [1, 2]],
    "a list that is too long": lambda xp, x: [0, 1, 0, 1],
    "an empty list": lambda xp, x: [],
    "too many axes": lambda xp, x: [[[1]]],
    "too many axes of an array": lambda xp, x: xp.array([[[True]]]),
}


@pytest.mark.parametrize("options", [{}, {"small_bytes": 0}], ids=["small", "all"])
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_copyto_takes_the_masks_that_numpys_takes(options, mask):
    x = np.arange(6.0).reshape(2, 3)
    with la.config(**options):
        y = la.asarray(x.copy()) * 1
        try:
            np.copyto(x, 9, where=mask(np, x * 1))
        except (TypeError, ValueError) as error:
            with pytest.raises(type(error)):
                la.copyto(y, 9, where=mask(la, y * 1))
        else:
            la.copyto(y, 9, where=mask(la, y * 1))
        np.testing.assert_array_equal(y.compute(), x)


@pytest.mark.parametrize("size", [6, 70_000])
def test_a_negative_power_of_integers_leaves_the_array_as_it_is(size):
    x = la.asarray(np.arange(size) - 3)
    y = x * 1
    for program in (lambda: y.__ipow__(y), lambda: la.power(y, y, out=y)):
        with pytest.raises(ValueError, match="negative integer powers"):
            program()
        np.testing.assert_array_equal(y.compute(), np.arange(size) - 3)


def test_views_can_be_written_to_when_the_array_has_been_locked():
    for xp in (np, la):
        x = xp.zeros((3, 4))
        whole, part, turned = x.view(), x[1:], x.T
        x.setflags(write=False)
        later = x[1:]
        whole[0] = 1
        part[0] = 2
        turned[:, 2] = 3
        for locked in (x, later, x.T):
            with pytest.raises(ValueError, match="read-only"):
                locked[0] = 9
        assert np.asarray(x)[:, 0].tolist() == [1, 2, 3]


def test_a_negative_power_under_a_mask_leaves_the_array_as_it_is():
    x = la.asarray(np.arange(70_000) - 3)
    out = x * 1
    with pytest.raises(ValueError, match="negative integer powers"):
        la.power(x, x, out=out, where=x < 0)
    np.testing.assert_array_equal(out.compute(), np.arange(70_000) - 3)
    la.power(x, x, out=out, where=(x >= 0) & (x < 5))
    assert out[:9].compute().tolist() == [-3, -2, -1, 1, 1, 4, 27, 256, 5]


@pytest.mark.parametrize("key", [9, (0, 0, 0), (slice(None), 7), [1, 9], "x", 1.5])
@pytest.mark.parametrize("size", [3, 200_000])
def test_errors_of_a_key_name_the_write(key, size):
    x = la.zeros((4, 3)) if size == 3 else la.zeros((4, size)).T[:3].T
    with pytest.raises(IndexError, match=r"^\[getitem\] .*test_assignment.py"):
        x[key].compute()
    with pytest.raises(IndexError, match=r"^\[setitem\] .*test_assignment.py"):
        x[key] = 1


@pytest.mark.parametrize("small", [0, 1 << 18])
@pytest.mark.parametrize("key", [..., (), 0, None, (..., None), True])
def test_an_element_takes_no_assignment(key, small):
    with la.config(small_bytes=small):
        x = la.arange(5.0) * 1
        known = (x[3], x[3].T, x.sum()) if small else ()
        for one in known:
            with pytest.raises(TypeError, match="does not support item assignment"):
                one[key] = 2
        assert x.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("small", [0, 1 << 18])
def test_objects_with_items_and_a_length_are_assigned(small):
    class Row:
        def __len__(self):
            return 3

        def __getitem__(self, place):
            return [1.5, 2.5, 4.5][place]

    with la.config(small_bytes=small):
        x = la.zeros((2, 3)) + 1
        x[0] = Row()
        x[:, 1:] += Row()[2]
    assert x.tolist() == [[1.5, 7.0, 9.0], [1.0, 5.5, 5.5]]


FOREIGN = {
    "texts": np.array(["1.5", "2", "3"]),
    "bytes": np.array([b"1", b"2", b"3"]),
    "objects": np.array([1, 2.5, 3], dtype=object),
    "long doubles": np.arange(3, dtype=np.longdouble),
    "durations": np.arange(3).astype("m8[s]"),
    "no numbers": np.array(["a", "b", "c"]),
}
WRITES = {
    "slice": lambda xp, x, v: x.__setitem__(slice(0, 3), v),
    "mask": lambda xp, x, v: x.__setitem__(xp.arange(x.size) < 3, v),
    "integers": lambda xp, x, v: x.__setitem__([2, 0, 1], v),
    "all": lambda xp, x, v: x.reshape(-1, 3).__setitem__(..., v),
    "flat": lambda xp, x, v: x.flat.__setitem__(slice(0, 3), v),
    "put": lambda xp, x, v: xp.put(x, [0, 1, 2], v),
    "copyto": lambda xp, x, v: xp.copyto(x[:3], v, casting="unsafe"),
    "copyto by rule": lambda xp, x, v: xp.copyto(x[:3], v),
    "putmask": lambda xp, x, v: xp.putmask(x[:3], [True, False, True], v),
    "in place": lambda xp, x, v: operator.iadd(x[:3], v),
    "in place by all": lambda xp, x, v: operator.imul(x.reshape(-1, 3), v),
    "power in place": lambda xp, x, v: operator.ipow(x[:3], v),
    "power in place of one": lambda xp, x, v: operator.ipow(x, v[2]),
}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("values", FOREIGN)
@pytest.mark.parametrize("size", [6, 60_000])
def test_arrays_of_no_numbers_are_written_as_numpy_casts_them(write, values, size):
    def written(xp, dtype):
        x = xp.ones(size, dtype=dtype)
        try:
            WRITES[write](xp, x, FOREIGN[values])
        except (TypeError, ValueError) as error:
            return [k for k in (TypeError, ValueError) if isinstance(error, k)]
        x = np.asarray(x)
        return x.dtype, x.tolist()

    for dtype in (np.float64, np.int32, np.float32):
        assert written(la, dtype) == written(np, dtype)


@pytest.mark.parametrize("size", [4, 60_000])
def test_nothing_that_is_written_to_flat_elements_changes_none(size):
    x = la.ones((2, size // 2))
    for key in (slice(None), slice(0, 0), ..., [0, 1], []):
        x.flat[key] = np.zeros((0, 3))
        x.flat[key] = la.zeros(0)
    np.testing.assert_array_equal(x, np.ones(x.shape))
    with pytest.raises(ValueError, match="setting single item"):
        x.flat[1] = []


@pytest.mark.parametrize("order", ["C", "F"])
def test_what_is_written_in_another_shape_of_all_replaces_it(order):
    start = np.array(np.random.default_rng(4).random((300, 250)), order=order)
    places = np.random.default_rng(5).integers(0, start.size, 900)

    def written(xp):
        x = xp.array(start, order=order) * 2
        line, rows = x.reshape(-1), x[:2]
        line[places] = xp.sqrt(x[0, 0]) + xp.arange(900)
        return x, rows

    lazy, rows = written(la)
    kinds = [stage["kind"] for stage in lazy.explain().to_dict()["stages"]]
    assert order == "F" or kinds[-2:] == ["library", "view"]  # neither is a copy
    expected = written(np)
    for x, y in zip((lazy, rows), expected, strict=True):
        np.testing.assert_array_equal(x, y)
    assert lazy.compute().strides == expected[0].strides
