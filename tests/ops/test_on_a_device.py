"""What stands for functions of NumPy's that CuPy has not: by NumPy it is what these compute."""

from __future__ import annotations

import tracemalloc
import warnings

import numpy as np
import pytest

from lazyarr.ops import bins, library
from lazyarr.ops.family import ElementsError
from lazyarr.ops.functions import FUNCTIONS
from lazyarr.ops.quantiles import quantiles
from lazyarr.ops.segments import (
    accumulated,
    applied,
    is_applied,
    is_folded,
    reduced,
    summed,
    totals,
    whole,
)

RNG = np.random.default_rng(0)
DTYPES = [np.dtype(c) for c in "?bBhHiIlLefdD"]
UFUNCS = (
    *("add", "multiply", "gcd", "maximum", "minimum", "fmax", "fmin"),
    *("logical_and", "logical_or", "logical_xor"),
    *("bitwise_and", "bitwise_or", "bitwise_xor"),
)
ROWS = {op.name: op for op in (*FUNCTIONS, *library.LIBRARY)}


def drawn(shape, dtype, scale=9):
    return (RNG.standard_normal(shape) * scale).astype(dtype)


def folds():
    """Yield the ufuncs that are folded, by name and the dtype they keep."""
    for name in UFUNCS:
        for dtype in DTYPES:
            try:
                loop = getattr(np, name).resolve_dtypes((dtype, dtype, None))
            except TypeError:
                continue
            if set(loop) == {dtype} and is_folded(name, dtype):
                yield name, dtype


def near(mine, theirs):
    assert mine.dtype == theirs.dtype
    assert mine.shape == theirs.shape
    if mine.dtype.kind in "fc":
        tolerance = 1e-5 if mine.dtype.char == "f" else 1e-13
        np.testing.assert_allclose(mine, theirs, tolerance, 40 * tolerance)
    else:
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize(("name", "dtype"), [*folds()])
def test_folds_are_numpys(name, dtype):
    limited = name == "multiply" and dtype.kind in "fc"
    ufunc, x = getattr(np, name), drawn((37, 5), dtype, 1 if limited else 9)
    indices = np.array([0, 3, 1, 4, 4, 2])
    for axis in (0, 1):
        near(accumulated(np, x, name, axis), ufunc.accumulate(x, axis, dtype))
        near(
            reduced(np, x, indices, name, axis),
            ufunc.reduceat(x, indices, axis, dtype),
        )
        near(reduced(np, x, indices[:0], name, axis), x.take(indices[:0], axis))
        near(whole(np, x, name, (axis,)), ufunc.reduce(x, axis, dtype))
    both = whole(np, x, name, (0, 1))
    near(np.asarray(both), np.asarray(ufunc.reduce(x, (0, 1), dtype)))


@pytest.mark.parametrize(("name", "dtype"), [*folds(), ("subtract", np.dtype("i4"))])
def test_what_is_applied_at_places_is_numpys(name, dtype):
    x, values = drawn((37, 5), dtype), drawn(60, dtype)
    line, column = RNG.integers(-37, 37, 60), RNG.integers(-5, 5, 60)
    for array, key, value in (
        (x[:, 0], (line,), values),
        (x[:, 0], (line.astype(np.int8),), values[:1]),
        (np.zeros(300, dtype), (line.astype(np.int8),), values),
        (x, (line, column), values),
        (x, (slice(1, 30, 2), column[:9]), values[:9]),
        (x, (None, line[:0]), values[0]),
        (x.T, (column,), values[:37]),
    ):
        expected = array.copy()
        getattr(np, name).at(expected, key, value)
        before = array.copy()
        near(applied(np, array, value, key, name), expected)
        np.testing.assert_array_equal(array, before)


def test_what_is_not_folded():
    half, double, integer = map(np.dtype, ("e", "d", "l"))
    assert not is_folded("add", half)
    assert not is_folded("multiply", half)
    assert not is_folded("subtract", integer)
    assert not is_folded("gcd", double)
    assert is_applied("add", double, integer)
    assert is_applied("subtract", double, double)
    assert not is_applied("subtract", np.dtype("?"), np.dtype("?"))
    assert not is_applied("add", np.dtype("f"), double)  # it computes in doubles
    assert not is_applied("logical_and", double, double)
    assert not is_applied("divide", double, double)
    assert not is_applied("negative", double, double)


@pytest.mark.parametrize("name", ["maximum", "minimum", "fmax", "fmin"])
def test_the_first_complex_nan_is_the_one(name):
    """With both of its parts, of which CuPy's extremes keep neither."""
    parts = np.array([0, 1, -1, np.inf, np.nan, -np.inf])
    x = np.array([complex(a, b) for a in parts for b in parts])
    places = RNG.integers(0, 20, 300)
    values = RNG.choice(x, 300)
    ufunc, expected = getattr(np, name), np.zeros(20, complex)
    with np.errstate(invalid="ignore"):
        ufunc.at(expected, places, values)
        made = applied(np, np.zeros(20, complex), values, (places,), name)
        np.testing.assert_array_equal(made.real, expected.real)
        np.testing.assert_array_equal(made.imag, expected.imag)
        for array in (x, x[::-1], values.reshape(20, 15)):
            total, theirs = whole(np, array, name, (0,)), ufunc.reduce(array)
            np.testing.assert_array_equal(total.real, theirs.real)
            np.testing.assert_array_equal(total.imag, theirs.imag)


@pytest.mark.parametrize("count", [1, 7, 300, 100_000])
def test_sums_by_places_are_numpys(count):
    places, values = RNG.integers(0, count, 5000), RNG.standard_normal(5000)
    made = summed(np, places, values, count + 2)
    np.testing.assert_allclose(
        made, np.bincount(places, values, count + 2), 1e-13, 1e-13
    )
    zeros = summed(np, np.zeros(3, int), np.full(3, -0.0), 2)
    assert not np.signbit(zeros).any()


def test_sums_are_as_exact_as_numpys():
    x = np.full(1 << 17, 0.1, "f4")
    (total,) = reduced(np, x, np.array([0]), "add", 0)
    assert abs(total - 13107.2) < 0.01  # one after the other, it would be 13108.6
    assert applied(np, np.zeros(2), x, (np.ones(x.size, int),), "add")[1] == total


# --- histograms ---------------------------------------------------------------------------

LIMITS = (None, (0, 9.5), (-1, 1), (2, 2), (-5, 300))
EDGES = (np.array([-3.0, 0, 0.5, 4, 9]), np.array([-2, 0, 3, 3, 10]))


def histograms(x):
    for limits in LIMITS:
        for count in (1, 37):
            yield {"bins": count, "range": limits}
    for edges in EDGES:
        yield {"bins": edges}


@pytest.mark.parametrize(
    ("char", "weights"),
    [*((char, None) for char in "?bHilLefd"), *zip("dfidI", "dflDf", strict=True)],
)
def test_histograms_are_numpys(char, weights):
    for scale in (0, 0.01, 1, 300):
        x = drawn((40, 50), char, scale)
        for options in histograms(x):
            if weights is not None:
                options["weights"] = (RNG.random(x.shape) * 5).astype(weights)
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore", RuntimeWarning)  # of booleans
                try:
                    counts, edges = np.histogram(x, **options)
                except ValueError:  # more bins than numbers
                    continue
                share, _ = np.histogram(x, density=True, **options)
            made = bins.histogram(np, x, 1, options)
            assert made.dtype == edges.dtype
            np.testing.assert_array_equal(made, edges)
            try:
                got = bins.histogram(np, x, 0, options)
            except ElementsError:
                assert char == "e"
                continue
            with np.errstate(all="ignore"):
                density = bins.histogram(np, x, 0, {**options, "density": True})
            assert (got.dtype, density.dtype) == (counts.dtype, share.dtype)
            # NumPy takes sums of floats from one another.
            tolerance = 1e-2 if weights == "f" else 1e-9
            if weights in (None, "l"):
                np.testing.assert_array_equal(got, counts)
                np.testing.assert_array_equal(density, share)
            else:
                np.testing.assert_allclose(got, counts, tolerance, 1e-3)


def test_no_element_at_the_last_edge_is_lost():
    # From 2**24 on, floats are more than one apart.
    x = np.array([1.0, 2.0**24, 2.0**25, 2.0**25], "f4")
    np.testing.assert_array_equal(
        bins.histogram(np, x, 0, {"bins": 4}), np.histogram(x, 4)[0]
    )
    beyond = np.array([1, 5, 10])
    for options in (
        {"bins": np.array([0.0, 4.5, 9.5])},
        {"bins": 3, "range": (0, 9.5)},
    ):
        np.testing.assert_array_equal(
            bins.histogram(np, beyond, 0, options), np.histogram(beyond, **options)[0]
        )
    endless = np.array([0.0, np.inf, np.inf, np.nan])
    edges = np.array([0, 1, np.inf])
    assert bins.histogram(np, endless, 0, {"bins": edges}).tolist() == [1, 2]


def test_bins_that_rounding_decides_are_numpys():
    x = np.float32(1e8) + 8 * np.arange(5, dtype="f4")
    with pytest.raises(ElementsError):
        bins.histogram(np, x, 0, {"bins": 4})
    assert bins.histogram(np, x.astype("d"), 0, {"bins": 4}).sum() == 5


def test_what_is_not_finite_has_no_edges():
    for lost in (np.nan, np.inf):
        x = np.array([1.0, lost])
        with pytest.raises(ValueError, match="is not finite"):
            bins.histogram(np, x, 0, {"bins": 3})
        assert bins.histogram(np, x, 0, {"bins": 3, "range": (0, 2)}).sum() == 1
    assert bins.histogram(np, np.zeros(0), 1, {"bins": 2}).tolist() == [0, 0.5, 1]


# --- quantiles ----------------------------------------------------------------------------

METHODS = (
    *("inverted_cdf", "averaged_inverted_cdf", "closest_observation", "hazen"),
    *("interpolated_inverted_cdf", "weibull", "linear", "median_unbiased"),
    *("normal_unbiased", "lower", "higher", "midpoint", "nearest"),
)
SHARES = (
    *(0.3, 0, 1, 0.5, np.array([0.0, 0.1, 0.25, 1]), np.array([0.2, 0.7], "f4")),
    *(np.array([0, 1]), np.array([False, True])),
)


@pytest.mark.parametrize("char", "bLefd")
@pytest.mark.parametrize("method", METHODS)
def test_quantiles_are_numpys(char, method):
    for shape in ((41,), (7, 9), (3, 4, 5)):
        x = drawn(shape, char, 30)
        if x.dtype.kind == "f":
            x[RNG.random(shape) < 0.3] = np.nan
            x[..., 0] = np.inf
            x[-1] = np.nan
        for name in ("quantile", "nanquantile", "percentile", "nanpercentile"):
            for share in SHARES:
                q = share * 100 if "percentile" in name else share
                for axis in (None, 0, -1, (0, 2))[: 3 + (len(shape) > 2)]:
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore", RuntimeWarning)
                        options = {"axis": axis, "method": method}
                        expected = np.asarray(getattr(np, name)(x, q, **options))
                        made = quantiles(np, name, x, q, options)
                    assert made.dtype == expected.dtype
                    np.testing.assert_array_equal(made, expected)


@pytest.mark.parametrize("method", METHODS)
def test_the_ends_of_large_integers_are_numpys(method):
    """Which doubles round: NumPy computes in integers where shares are an array of such."""
    x = np.array([3, 2**60 + 1, 2**61 + 3])
    for q in (np.array([0, 1]), 1):
        options = {"axis": 0, "method": method}
        expected = np.asarray(np.quantile(x, q, **options))
        made = quantiles(np, "quantile", x, q, options)
        np.testing.assert_array_equal(made, expected, strict=True)


def test_a_slice_that_is_all_nan_is_told():
    x = np.array([[np.nan, np.nan], [1, np.nan]])
    with pytest.warns(RuntimeWarning, match="All-NaN slice encountered"):
        made = quantiles(np, "nanquantile", x, 0.5, {"axis": 1})
    np.testing.assert_array_equal(made, [np.nan, 1])


# --- the rows -----------------------------------------------------------------------------


class Other:
    """An array module that is not NumPy, and computes what NumPy does."""

    def __getattr__(self, name):
        own = getattr(np, name)
        if name in ("sort", "argsort"):  # CuPy's are stable
            return lambda x, axis=-1: own(x, axis, kind="stable")
        return own


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_several_keys_sort_one_after_the_other(axis):
    keys = [drawn((30, 20), char, 2) for char in "dbf"]
    keys[0][::3] = np.nan
    got = ROWS["lexsort"].numpy(Other(), *keys, axis)
    np.testing.assert_array_equal(got, np.lexsort(keys, axis=axis))


def test_rows_say_what_they_leave_to_numpy():
    d, e, i, c = map(np.dtype, "deiD")
    given = ("bins", "weights")
    assert not ROWS["histogram"].absent((0, given, ()), (d, d, d))
    assert ROWS["histogram"].absent((0, given, ()), (d, d, e))
    assert ROWS["histogram"].absent((0, (), ()), (c,))
    assert not ROWS["ufunc_reduce"].absent(("fmax", (0, 1)), (d,))
    assert ROWS["ufunc_reduce"].absent(("hypot", (0,)), (d,)) == "hypot.reduce"
    assert ROWS["ufunc_accumulate"].absent(("hypot", 0), (d,)) == "hypot.accumulate"
    assert not ROWS["ufunc_reduceat"].absent(("add", 0), (d,))
    assert ROWS["ufunc_at"].absent(("add", (("array", 0),)), (i, d, i)) == "add.at"
    assert not ROWS["ufunc_at"].absent(("add", (("array", 0),)), (i, i, i))
    apart = (("array", 0), ("apart",), ("array", 1))
    assert ROWS["ufunc_at"].absent(("add", apart), (i, i, i, i)) == "add.at"


def paired(x):
    """Return the sum of neighbours, of these sums' neighbours, and so on."""
    while len(x) > 1:
        whole = len(x) // 2 * 2
        x = np.concatenate((x[:whole:2] + x[1:whole:2], x[whole:]))
    return x[0]


@pytest.mark.parametrize("longest", [1, 2, 3, 8, 9, 70, 1000])
def test_segments_are_summed_in_pairs_whatever_lies_around_them(longest):
    rng = np.random.default_rng(longest)
    lengths = np.append(rng.integers(1, longest + 1, 40), longest)
    starts = np.cumsum(lengths) - lengths
    x = rng.standard_normal((int(lengths.sum()), 2)).astype("f4")
    x[::7] = -0.0
    found = totals(np, "add", x, starts, lengths)
    wanted = [paired(x[a : a + n]) for a, n in zip(starts, lengths, strict=True)]
    assert found.tobytes() == np.array(wanted).tobytes()


def test_folds_of_overlapping_segments_need_no_more_than_of_others():
    x = np.random.default_rng(3).integers(-9, 9, (50_000, 2))
    apart = np.arange(0, 50_000, 500)
    over = np.tile([0, 40_000, 10, 7], 25)

    def peak(indices):
        tracemalloc.start()
        found = reduced(np, x, indices, "add", 0)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        np.testing.assert_array_equal(found, np.add.reduceat(x, indices, axis=0))
        return most

    peak(apart)  # what is made once
    assert peak(over) < 1.1 * peak(apart)
