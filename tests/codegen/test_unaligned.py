"""Rows that do not start at 16 bytes: wide accesses, shifted, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la

TYPES = ("int8", "uint16", "float32", "float64", "complex64", "complex128")


def values(shape, dtype):
    rng = np.random.default_rng(5)
    numbers = rng.integers(-50, 50, shape).astype(dtype)
    return numbers + 1j * numbers[::-1] if numbers.dtype.kind == "c" else numbers


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("columns", [281, 286])
def test_neighbours(cupy, dtype, columns):
    a = values((5, columns), dtype)

    def stencil(x):
        return x[:-2, 1:-1] + x[2:, 1:-1] + x[1:-1, :-2] - x[1:-1, 2:]

    result = stencil(la.asarray(a)).compute(device="gpu")
    np.testing.assert_array_equal(result, stencil(a))
    (name,) = cupy.launches
    # uint16 has two to a pack in even rows; int8 would have less than four bytes.
    packed = np.dtype(dtype).itemsize * (2 if columns % 2 == 0 else 1) >= 4
    assert ("stencil" if packed else "map") in name


def around(x):
    inner = x[1:-1, 1:-1, 1:-1] * 7
    across = x[1:-1, 1:-1, :-2] - x[1:-1, 1:-1, 2:] * 2
    down = x[1:-1, :-2, 1:-1] * 3 - x[1:-1, 2:, 1:-1]
    return inner + across + down + x[:-2, 1:-1, 1:-1] * 5 - x[2:, 1:-1, 1:-1]


def corners(x):
    return x[2:, 2:] - x[:-2, :-2] * 2 + x[2:, :-2] * 3 - x[:-2, 2:] * 5


def upwards(x):
    return x[::-1][:-3] * 2 - x[::-1][3:] + x[::-1][1:-2, ::1] * 3


def with_rows_and_columns(x):
    return x[:, 1:] * x[0, 1:] - x[:, :-1] * x[:, :1] + x[:1, 1:]


def far(x):
    return x[9:] - x[:-9] + x[5:-4]


@pytest.mark.parametrize("dtype", ["int16", "float32", "float64"])
@pytest.mark.parametrize("columns", [6, 34, 37, 66])
@pytest.mark.parametrize("f", [corners, upwards, with_rows_and_columns, far])
def test_neighbourhoods(cupy, f, columns, dtype):
    for rows in (10, 11, 40):
        a = values((rows, columns), dtype)
        np.testing.assert_array_equal(f(la.asarray(a)).compute(device="gpu"), f(a))


@pytest.mark.parametrize("shape", [(4, 12, 18), (5, 7, 35)])
def test_neighbourhoods_in_space(cupy, shape):
    a = values(shape, "float32")
    result = around(la.asarray(a)).compute(device="gpu")
    np.testing.assert_array_equal(result, around(a))
    assert "stencil" in cupy.launches[0]


def test_a_neighbourhood_is_read_before_it_is_written(cupy):
    a = values((12, 34), "float64")
    x = la.asarray(a.copy()) + 0
    for y in (x, a):
        y[1:-1, 1:-1] = y[:-2, 1:-1] + y[2:, 1:-1] - y[1:-1, :-2] * 2
    np.testing.assert_array_equal(x.compute(device="gpu"), a)


@pytest.mark.parametrize("shift", [1, 2, 3])
def test_mixed_widths(cupy, shift):
    a, b = values((3, 300), "float32"), values((3, 300), "int8")
    x, y = la.asarray(a), la.asarray(b)
    result = (x[:, shift:] * y[:, :-shift]).compute(device="gpu")
    np.testing.assert_array_equal(result, a[:, shift:] * b[:, :-shift])


@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_folds(cupy, axis, dtype):
    a = values((40, 301), dtype)
    x = la.asarray(a)[1:, 2:]
    got = la.compute(x.sum(axis), x.var(axis), x.max(axis), device="gpu")
    part = a[1:, 2:]
    expected = part.sum(axis), part.var(axis), part.max(axis)
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_allclose(
            one, other, rtol=1e-5 if dtype == "float32" else 1e-13
        )


def test_rows(cupy):
    a = values((7, 4003), "float64")
    x = la.asarray(a)[:, 1:]
    centred = (x - la.mean(x, axis=1, keepdims=True)).compute(device="gpu")
    part = a[:, 1:]
    np.testing.assert_allclose(centred, part - part.mean(1, keepdims=True), atol=1e-12)


@pytest.mark.parametrize("first", [1e6, -1e3, np.inf, np.nan])
def test_variance_after_an_outlier(cupy, first):
    a = np.random.default_rng(3).random(40_000) + 100
    a[0] = first
    got = la.asarray(a).var().compute(device="gpu")
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(got, a.var(), rtol=1e-13)


@pytest.mark.parametrize("where", [0, 777, 39_999])
def test_extremes_find_one_nan(cupy, where):
    a = np.random.default_rng(3).random(40_000)
    x = la.asarray(a)
    assert x.max().compute(device="gpu") == a.max()
    a[where] = np.nan
    assert np.isnan(la.asarray(a).max().compute(device="gpu"))
    assert np.isnan(la.asarray(a).min().compute(device="gpu"))


def test_what_a_library_returns_may_start_anywhere(cupy, monkeypatch):
    a, b = values((4, 30), "float64"), values((30, 50), "float64")
    taken = []

    def product(x, y):
        """Return a part of a larger result, as CuPy's convolve does."""
        whole = cupy.ndarray((x.shape[0] * y.shape[1] + 1,), np.float64)
        moved = whole.host[1:].reshape(x.shape[0], y.shape[1])
        moved[...] = x.host @ y.host
        pointer = type(whole.data)(whole.data.mem, moved.ctypes.data)
        return cupy.ndarray(moved.shape, moved.dtype, pointer, moved.strides)

    def put(memory, number, array):
        taken.append(array.data.ptr % 16)
        memory.held[number] = array
        memory.addresses[number] = array.data.ptr

    monkeypatch.setattr(cupy, "matmul", product, raising=False)
    monkeypatch.setattr("lazyarr.runtime.device_stage._put", put)
    result = (la.matmul(la.asarray(a), la.asarray(b)) * 2).compute(device="gpu")
    np.testing.assert_array_equal(result, (a @ b) * 2)
    part = la.reshape(la.asarray(a) + 1, (-1,))[1:]
    got = (la.reshape(part, (7, 17)) * 2).compute(device="gpu")
    np.testing.assert_array_equal(got, (a + 1).reshape(-1)[1:].reshape(7, 17) * 2)
    assert taken
    assert not any(taken)
