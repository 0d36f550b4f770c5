"""Sorting, searching and sets beside NumPy and beside their definitions."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.testing import RaiseIfComputed, assert_matches_numpy, every_path

DTYPES = "?bHlqfdeFD"


def some(shape, dtype):
    """Return values of a dtype, many of them alike."""
    rng = np.random.default_rng(sum(shape) + 1)
    data = rng.integers(0, 4, shape)
    if np.dtype(dtype).kind == "c":
        return (data + 1j * rng.integers(0, 2, shape)).astype(dtype)
    return data.astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_sort_and_argsort(dtype):
    for shape in ((9,), (1,), (0,), (4, 5), (0, 3), (2, 3, 4)):
        data = some(shape, dtype)
        for axis in (-1, 0, None):
            assert_matches_numpy(
                lambda xp, data=data, axis=axis: xp.sort(xp.asarray(data), axis=axis)
            )
            assert_matches_numpy(
                lambda xp, data=data, axis=axis: xp.argsort(
                    xp.asarray(data), axis=axis, stable=True
                )
            )


MANY = {
    "different": lambda rng: rng.standard_normal(9_000),
    "a few alike": lambda rng: rng.integers(0, 9_000**2 // 40, 9_000),
    "many alike": lambda rng: rng.integers(0, 7, 9_000).astype("u4"),
    "all alike": lambda rng: np.ones(9_000, "f4"),
    "ascending": lambda rng: np.repeat(np.arange(3_000.0), 3),
    "zeros of both signs": lambda rng: rng.integers(-2, 3, 9_000) * -0.5,
    "one NaN": lambda rng: np.where(np.arange(9_000) == 4_321, np.nan, 1.0),
    "a few NaNs": lambda rng: np.where(
        np.arange(9_000) % 4_001 == 17, np.nan, rng.integers(0, 99, 9_000)
    ),
    "many NaNs": lambda rng: np.where(rng.random(9_000) < 0.5, np.nan, 1.0),
    "infinities": lambda rng: rng.choice([-np.inf, np.inf, 0.0, 1.0], 9_000),
}


@pytest.mark.parametrize("name", MANY)
def test_places_of_many_elements_are_stable(name):
    data = MANY[name](np.random.default_rng(5))
    for given in (data, data[::-1], data[::2]):
        found = la.argsort(la.asarray(given)).compute()
        assert found.dtype == np.intp
        np.testing.assert_array_equal(found, np.argsort(given, kind="stable"))


@pytest.mark.parametrize("dtype", DTYPES)
def test_descending_keeps_the_order_of_what_is_equal(dtype):
    data = some((40,), dtype)
    found = la.argsort(la.asarray(data), descending=True).compute()
    values = data.tolist()
    key = (
        (lambda k: (values[k].real, values[k].imag))
        if data.dtype.kind == "c"
        else (lambda k: values[k])
    )
    assert found.tolist() == sorted(range(40), key=key, reverse=True)
    ordered = la.sort(la.asarray(data), descending=True).compute()
    assert np.array_equal(ordered, data[found])
    square = data.reshape(8, 5)
    for axis in (0, 1):
        ordered = la.sort(square, axis=axis, descending=True).compute()
        assert np.array_equal(ordered, np.flip(np.sort(square, axis=axis), axis=axis))


def test_a_stable_sort_keeps_the_signs_of_zeros_in_order():
    data = np.array([1.0, -0.0, 0.0, -1.0, 0.0, -0.0] * 30)
    expected = data[np.argsort(data, kind="stable")]
    found = la.sort(la.asarray(data)).compute()
    assert found.tobytes() == expected.tobytes()
    down = la.sort(la.asarray(data), descending=True).compute()
    assert down.tobytes() == data[np.argsort(-data, kind="stable")].tobytes()


def test_numpy_names_of_algorithms():
    data = some((30,), "d")
    for kind in ("quicksort", "heapsort", "mergesort", "stable"):
        assert_matches_numpy(lambda xp, kind=kind: xp.sort(xp.asarray(data), kind=kind))
    for call in (
        lambda xp: xp.sort(xp.asarray(data), kind="bogo"),
        lambda xp: xp.sort(xp.asarray(data), order="x"),
        lambda xp: xp.sort(xp.asarray(data), axis=1),
        lambda xp: xp.argsort(xp.asarray(data), axis=-2),
    ):
        assert_matches_numpy(call)


def test_sorting_is_lazy():
    with RaiseIfComputed():
        x = la.ones((4, 5)) * 2
        order = la.argsort(x, axis=1)
        assert la.take_along_axis(x, order, axis=1).shape == (4, 5)
        assert x[la.argsort(x[:, 0])].shape == (4, 5)
        assert np.sort(x, axis=0).shape == (4, 5)


@pytest.mark.parametrize("side", ["left", "right"])
def test_searchsorted(side):
    data = np.array([3.0, 1.0, 2.0, 2.0])
    order = np.argsort(data)
    for values in (2, 2.5, [0, 2, 9], [[1.0, 2.0], [3.0, np.nan]], []):
        assert_matches_numpy(
            lambda xp, values=values: xp.searchsorted(
                xp.asarray(np.sort(data)), values, side=side
            )
        )
        assert_matches_numpy(
            lambda xp, values=values: xp.searchsorted(
                xp.asarray(data), xp.asarray(values), side=side, sorter=order
            )
        )
    with RaiseIfComputed():
        with pytest.raises(ValueError, match="vector"):
            la.searchsorted(la.ones((2, 2)), 1)
        with pytest.raises(ValueError, match="side"):
            la.searchsorted(la.ones(2), 1, side="middle")


@pytest.mark.parametrize("dtype", DTYPES)
def test_places_of_what_is_not_zero(dtype):
    for shape in ((9,), (0,), (4, 5), (2, 0), (2, 3, 4)):
        data = some(shape, dtype)
        for name in ("nonzero", "argwhere", "flatnonzero"):
            assert_matches_numpy(
                lambda xp, data=data, name=name: getattr(xp, name)(xp.asarray(data))
            )
    assert_matches_numpy(lambda xp: xp.nonzero(xp.asarray(3)))
    assert_matches_numpy(lambda xp: xp.argwhere(xp.asarray(3)))


@pytest.mark.parametrize("dtype", DTYPES)
def test_unique(dtype):
    for shape in ((9,), (0,), (), (4, 5), (2, 3, 4)):
        data = some(shape, dtype)
        for name in ("unique_all", "unique_counts", "unique_inverse"):
            assert_matches_numpy(
                lambda xp, data=data, name=name: getattr(xp, name)(xp.asarray(data))
            )
        found = la.unique_values(la.asarray(data)).compute()
        assert np.array_equal(found, np.unique(data))
    square = some((6, 2), dtype)
    for options in (
        {},
        {"return_index": True, "return_counts": True},
        {"return_inverse": True},
        {"axis": 0, "return_inverse": True},
    ):
        assert_matches_numpy(
            lambda xp, options=options: xp.unique(xp.asarray(square), **options)
        )


def test_every_nan_is_different_and_zeros_are_one():
    data = np.array([np.nan, 0.0, -0.0, np.nan])
    values, counts = la.compute(*la.unique_counts(la.asarray(data)))
    assert np.array_equal(values, [0, np.nan, np.nan], equal_nan=True)
    assert counts.tolist() == [2, 1, 1]
    assert la.unique_values(data).shape == (3,)
    assert la.unique(data).shape == (2,)


def test_results_have_names():
    found = la.unique_all(la.asarray([3, 1, 3]))
    assert found._fields == ("values", "indices", "inverse_indices", "counts")
    assert found.counts.compute().tolist() == [1, 2]


def test_isin():
    data = np.arange(6).reshape(2, 3)
    for among in ([1, 5], [], 4, [1.0, 2.5], [[5], [0]]):
        for invert in (False, True):
            assert_matches_numpy(
                lambda xp, among=among, invert=invert: xp.isin(
                    xp.asarray(data), among, invert=invert
                )
            )
    assert_matches_numpy(lambda xp: xp.isin(3, xp.asarray(data)))
    assert not la.isin(la.asarray([1], dtype=la.uint8), 257).compute().any()
    big = la.asarray([2**64 - 1, 2**64 - 2], dtype=la.uint64)
    assert la.isin(big, 2**64 - 1).compute().tolist() == [True, False]
    with RaiseIfComputed():
        assert la.isin(la.ones((2, 3)) * 2, la.ones(4)).shape == (2, 3)


def test_every_executor_sorts_and_searches():
    data = some((50, 3), "d")
    with every_path():
        assert_matches_numpy(lambda xp: xp.sort(xp.asarray(data) * 2, axis=0) + 1)
        assert_matches_numpy(lambda xp: xp.isin(xp.asarray(data) + 1, [2]))


@pytest.mark.parametrize("size", [3, 100_000])
@pytest.mark.parametrize("sort", [la.sort, la.argsort, la.Array.sort, la.Array.argsort])
def test_arguments_that_there_are_not_are_told(sort, size):
    x = la.array(np.arange(float(size)))
    with pytest.raises(TypeError, match="unexpected keyword argument 'ascending'"):
        sort(x, ascending=False)
