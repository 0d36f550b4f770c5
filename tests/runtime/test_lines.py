"""Transforms that are spread over threads give what NumPy's one call gives."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import lazyarr as la

SHAPES = [(300, 200), (2, 30_000), (30_000, 3), (5, 90, 81)]


def numbers(shape, dtype):
    generator = np.random.default_rng(4)
    x = generator.standard_normal(shape)
    if np.dtype(dtype).kind == "c":
        x = x + 1j * generator.standard_normal(shape)
    return (x * 8).astype(dtype)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", ["d", "f", "D", "F", "i4"])
@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "irfft"])
def test_transforms_along_an_axis_have_numpys_bits(name, dtype, shape, runs):
    if name == "rfft" and np.dtype(dtype).kind == "c":
        pytest.skip("of real numbers")
    x = numbers(shape, dtype)
    for axis, n, norm in ((-1, None, None), (0, 70, "ortho"), (1, 75, "forward")):
        with la.config(threads=2):
            made = getattr(la.fft, name)(la.asarray(x), n=n, axis=axis, norm=norm)
            found = made.compute()
        expected = getattr(np.fft, name)(x, n=n, axis=axis, norm=norm)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)
    assert runs


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["fftn", "ifftn", "rfftn", "irfftn"])
def test_transforms_over_axes_have_numpys_bits(name, shape, runs):
    x = numbers(shape, "d" if name == "rfftn" else "D")
    for axes, s in ((None, None), ((1, 0), None), ((0, 1), (64, 50))):
        with la.config(threads=2):
            made = getattr(la.fft, name)(la.asarray(x), s=s, axes=axes)
            found = made.compute()
        expected = getattr(np.fft, name)(x, s=s, axes=axes)
        np.testing.assert_array_equal(found, expected)
    assert runs


def test_lines_of_transposed_and_of_small_arrays_are_transformed_at_once(runs):
    for x in (numbers((300, 200), "d").T, numbers((20, 30), "d"), numbers(40_000, "d")):
        with la.config(threads=2):
            found = la.fft.fft(la.asarray(x)).compute()
        np.testing.assert_array_equal(found, np.fft.fft(x))
    assert not runs


@pytest.mark.parametrize("row", [0, 250])
def test_an_overflow_is_told_once_as_numpys(row):
    x = np.zeros((300, 200))
    x[row] = 1e308
    told = []
    for xp in (np, la):
        with warnings.catch_warnings(record=True) as caught, la.config(threads=2):
            warnings.simplefilter("always")
            np.asarray(xp.fft.fft(xp.asarray(x)))
        told.append(sorted(str(one.message) for one in caught))
    assert any("overflow" in message for message in told[0])
    assert told[0] == told[1]
