"""What is counted, sorted or added by the digits of integers has NumPy's bits."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.ops import distinct, integers, scattered
from tests.cases import every

INTEGERS = "bhilqBHILQ"
RANGES = {
    "few": (0, 5),
    "signed": (-100, 100),
    "bytes": (-128, 128),
    "narrow": (7, 60_000),
    "wide": (-(2**62), 2**62),
}
WANTED = [
    *((), ("index",), ("inverse",), ("counts",)),
    ("index", "inverse", "counts"),
]
MANY = 6000


def numbers(char, name, count=MANY):
    low, high = RANGES[name]
    return np.random.default_rng(5).integers(low, high, count).astype(char)


def asked(wanted):
    return {f"return_{part}": True for part in wanted}


def same(found, expected):
    assert len(found) == len(expected)
    for x, y in zip(found, expected, strict=True):
        assert (x.dtype, x.shape, x.strides) == (y.dtype, y.shape, y.strides)
        assert x.tobytes() == y.tobytes()


def test_unique():
    def check(char, name, wanted):
        x = numbers(char, name)
        expected = np.unique(x, **asked(wanted))
        same(distinct.unique(x, wanted), expected if wanted else (expected,))

    every(check, [*INTEGERS, "f", "d"], RANGES, WANTED)


def test_unique_along_an_axis():
    def check(char, name, wanted, axis):
        x = numbers(char, name).reshape(-1, 4) // 3
        x = x if axis == 0 else np.asfortranarray(x.reshape(15, 100, 4))
        expected = np.unique(x, axis=axis, **asked(wanted))
        same(distinct.unique(x, wanted, axis), expected if wanted else (expected,))

    every(check, INTEGERS, ["few", "bytes", "wide"], WANTED, [0, 1])


def test_unique_numbers_that_are_equal_and_differ():
    x = np.random.default_rng(6).choice([0.0, -0.0, 1.0, np.nan], MANY)
    for equal in (True, False):
        made = distinct.unique(x, (), equal_nan=equal)
        same(made, (np.unique(x, equal_nan=equal),))
    same(distinct.unique(np.abs(x), ()), (np.unique(np.abs(x)),))


def test_isin():
    def check(char, name, others, invert):
        x, among = numbers(char, name), numbers(char, others, 5000)
        found = distinct.isin(x.reshape(10, -1), among, invert)
        same([found], [np.isin(x.reshape(10, -1), among, invert=invert)])

    every(check, INTEGERS, RANGES, RANGES, [True, False])


def test_isin_of_other_dtypes():
    def check(char, other, count, invert):
        x, among = (
            odd(numbers("q", "signed", n), c) for n, c in ((MANY, char), (count, other))
        )
        for one in (x, x.reshape(2, -1).T, x[:9]):
            found = distinct.isin(one, among, invert)
            # NumPy's sort of float16 with AVX-512 leaves signalling NaN, and warns of them.
            with np.errstate(invalid="ignore"):
                expected = np.isin(one, among, invert=invert)
            same([found], [expected])

    every(check, "?bHiQefdgFD", "?bHiqefdD", [0, 1, 20, 5000], [True, False])


def odd(x, char):
    """Return numbers of a dtype, with what is unlike others, if there is any."""
    x = x.astype(char)
    if char in "efdgFD" and len(x):
        x[::7] = np.tile([np.nan, np.inf, -0.0, 0.0], len(x))[: len(x[::7])]
        x[::11] = 1 / 3
    if char in "FD" and len(x):
        x[::13] = complex(np.nan, 1)
    return x


@pytest.mark.parametrize("name", RANGES)
def test_places_in_order(name):
    x, y = numbers("q", name), numbers("i", "few")
    assert (la.argsort(la.array(x)).compute() == np.argsort(x, kind="stable")).all()
    apart = (x[::2], np.repeat(y, 2)[: len(x) : 2], x[len(x) // 2 :][::-1])
    for keys in ((x, y), (y, x), (x.reshape(4, -1), y.reshape(4, -1)), apart):
        for axis in (0, -1):
            found = la.lexsort([la.array(key) for key in keys], axis=axis).compute()
            assert (found == np.lexsort(keys, axis=axis)).all()


def test_places_in_order_with_a_few_nans():
    x = numbers("d", "few", 20_000)
    x[3::700] = np.nan  # not where it is looked at first
    for part in (x, x[::-1]):
        found = la.argsort(la.array(part)).compute()
        assert (found == np.argsort(part, kind="stable")).all()


def test_counts():
    for char in "bhiBHIq":
        x = np.abs(numbers("q", "signed", 100_000)).astype(char)
        for least in (0, 3, 500):
            same([integers.tallied(x, least)], [np.bincount(x, minlength=least)])
    for wrong, least in ((-x.astype("i"), 0), (x.astype("i"), -1)):
        with pytest.raises(ValueError, match="negative"):
            la.bincount(la.array(wrong), minlength=least)


def test_histograms():
    def check(char, name, bins, limits, density):
        x = numbers(char, name, 50_000)
        with np.errstate(all="ignore"):
            expected = np.histogram(x, bins, limits, density=density)
            found = la.histogram(la.array(x), bins, limits, density=density)
            same([one.compute() for one in found], expected)

    limits = [None, (0, 50), (-7, 9.5)]
    every(
        check,
        "bhBqQ",
        ["few", "signed", "narrow"],
        [10, 7, [0, 1, 3, 40]],
        limits,
        [None, True],
    )


def test_at():
    rng = np.random.default_rng(7)
    rows, columns = rng.integers(-4, 4, MANY), rng.integers(0, 5, (1, MANY))

    def check(ufunc, char, given, rows):
        x = np.abs(numbers(char, "few", 20).reshape(4, 5))
        for value in (numbers(given, "few", MANY), np.asarray(3, given), 1, 300, 2.5):
            table, expected, errors = x.copy(), x.copy(), []
            for array, call in ((table, scattered.at), (expected, type(ufunc).at)):
                try:
                    call(ufunc, array, (rows, columns), value)
                except TypeError as error:
                    errors.append(str(error))
            same([table], [expected])
            assert len(errors) in (0, 2)
            assert errors[:1] == errors[1:]

    chars = "bBiqQfdD"
    with np.errstate(all="ignore"):
        ufuncs = [np.add, np.multiply, np.power, np.maximum]
        every(check, ufuncs, chars, "bqdf", [rows, np.abs(rows) % 4])


def test_at_tells_what_is_wrong():
    places, table = np.zeros(MANY, int), np.zeros((4, 5))
    for wrong in (places + 4, places - 5):
        with pytest.raises(IndexError, match="out of bounds for axis 0 with size 4"):
            scattered.at(np.add, table, (wrong, places), 1)
    with pytest.raises(IndexError, match="could not be broadcast"):
        scattered.at(np.add, table, (places, places[:-1]), 1)
    assert not table.any()
    scattered.at(np.add, table.T, (places, places), 1)  # which is in Fortran's order
    assert table[0, 0] == len(places)
    scattered.at(np.negative, table, (places[:-1], places[:-1]))
    assert table[0, 0] == -len(places)
